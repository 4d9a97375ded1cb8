/* Writes a backup. */
#include "base/hex.h"
#include "store/backup/internal.h"
#include "store/migrate.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define TELL_ROWS 5000

void backup_head_free(struct backup_head *head)
{
    free(head->tables);
    head->tables = NULL;
    head->n_tables = 0;
}

/* ---- One table ----------------------------------------------------------------------------------------------- */

struct reading {
    struct backup_table *table;
    struct backup_out *out;
    const struct backup_watch *watch;
    uint64_t done, total; /* before this table; of all */
    struct backup_error *error;
};

static int put_row(const struct store_value *v, unsigned n, void *ctx)
{
    struct reading *r = ctx;

    for (unsigned i = 0; i < n; i++)
        backup_put(&r->out->line, v[i].type == STORE_NULL ? NULL : v[i].text, v[i].len);
    if (backup_out_line(r->out, r->table->digest, r->error) != 0)
        return 1;
    if (++r->table->rows % TELL_ROWS == 0 && r->watch && r->watch->tell &&
        r->watch->tell(r->table->name, r->done + r->table->rows, r->total, r->watch->ctx))
        return backup_fail(r->error, "stopped"), 1;
    return 0;
}

/* In the order of the primary key, as the rows lie. */
static void make_select(const char *table, const struct backup_form *form, struct bytes *sql)
{
    bytes_add(sql, "SELECT ", 7);
    for (unsigned i = 0; i < form->n_columns; i++) {
        char name[BACKUP_NAME + 4];
        int n = snprintf(name, sizeof name, "%s`%s`", i > 0 ? "," : "", form->columns[i].name);
        bytes_add(sql, name, (size_t)n);
    }
    char from[BACKUP_NAME + 40];
    int n = snprintf(from, sizeof from, " FROM `%s` FORCE INDEX (PRIMARY)", table);
    bytes_add(sql, from, (size_t)n + 1); /* with its terminator */
}

int backup_read(struct store_conn *conn, struct backup_table *table, const struct backup_form *form,
                struct backup_out *out, const struct backup_watch *watch, uint64_t done, uint64_t total,
                struct backup_error *error)
{
    struct reading reading = {table, out, watch, done, total, error};
    struct bytes sql = {.data = NULL};

    make_select(table->name, form, &sql);
    table->rows = 0;
    memset(table->digest, 0, sizeof table->digest);
    int rc = store_stream(conn, sql.data, NULL, 0, put_row, &reading);
    bytes_free(&sql);
    return rc < 0 ? backup_fail_db(error, conn) : rc > 0 ? -1 : 0;
}

static int write_table(struct store_conn *conn, struct backup_out *out, struct backup_table *table, uint64_t done,
                       uint64_t total, const struct backup_watch *watch, struct backup_error *error)
{
    struct backup_form form;
    char hex[2 * BACKUP_DIGEST + 1];
    uint64_t counted = table->rows;

    if (backup_form(conn, table->name, &form, error) != 0)
        return -1;
    backup_put_text(&out->line, "data");
    backup_put_text(&out->line, table->name);
    for (unsigned i = 0; i < form.n_columns; i++)
        backup_put_text(&out->line, form.columns[i].name);
    if (backup_out_line(out, NULL, error) != 0 || backup_read(conn, table, &form, out, watch, done, total, error) != 0)
        return -1;
    assert(table->rows == counted); /* both were read from one snapshot */
    hex_text(table->digest, sizeof table->digest, hex);
    backup_put_text(&out->line, "end");
    backup_put_text(&out->line, table->name);
    backup_put_text(&out->line, hex);
    return backup_out_line(out, NULL, error);
}

/* ---- The whole ----------------------------------------------------------------------------------------------- */

static int put_pair(struct backup_out *out, const char *name, const char *value, struct backup_error *error)
{
    backup_put_text(&out->line, name);
    backup_put_text(&out->line, value);
    return backup_out_line(out, NULL, error);
}

static int write_head(struct backup_out *out, const struct backup_head *head, struct backup_error *error)
{
    char schema[16], tables[16];

    snprintf(schema, sizeof schema, "%u", head->schema);
    snprintf(tables, sizeof tables, "%u", head->n_tables);
    bytes_add(&out->line, BACKUP_FORM "\t", sizeof BACKUP_FORM);
    if (backup_out_line(out, NULL, error) != 0 || put_pair(out, "schema", schema, error) != 0 ||
        put_pair(out, "program", head->program, error) != 0 || put_pair(out, "time", head->time, error) != 0 ||
        put_pair(out, "node", head->node, error) != 0 || put_pair(out, "tables", tables, error) != 0)
        return -1;
    for (unsigned i = 0; i < head->n_tables; i++) {
        backup_put_text(&out->line, "table");
        backup_put_text(&out->line, head->tables[i].name);
        backup_put_number(&out->line, head->tables[i].rows);
        backup_put_number(&out->line, head->tables[i].next_id);
        if (backup_out_line(out, NULL, error) != 0)
            return -1;
    }
    return 0;
}

static int keep_time(const struct store_value *v, unsigned n, void *ctx)
{
    struct backup_head *head = ctx;

    (void)n;
    snprintf(head->time, sizeof head->time, "%sZ", v[0].text);
    return 0;
}

static int read_head(struct store_conn *conn, struct backup_head *head, struct backup_error *error)
{
    if (store_schema_read(conn, &head->schema) != 0 ||
        store_query(conn, "SELECT DATE_FORMAT(UTC_TIMESTAMP(3), '%Y-%m-%dT%H:%i:%s')", NULL, 0, keep_time, head) != 0)
        return backup_fail_db(error, conn);
    if (head->schema == 0)
        return backup_fail(error, "the database has no tables of priceforge");
    head->rows = 0;
    int rc = backup_tables(conn, head->schema, head, error);
    for (unsigned i = 0; rc == 0 && i < head->n_tables; i++) {
        rc = backup_count(conn, head->tables[i].name, &head->tables[i].rows, error);
        head->rows += head->tables[i].rows;
    }
    return rc;
}

static int write_all(struct store_conn *conn, struct backup_out *out, struct backup_head *head,
                     const struct backup_watch *watch, struct backup_error *error)
{
    uint64_t done = 0;

    if (read_head(conn, head, error) != 0 || write_head(out, head, error) != 0)
        return -1;
    for (unsigned i = 0; i < head->n_tables; i++) {
        struct backup_table *table = &head->tables[i];
        if (watch && watch->tell && watch->tell(table->name, done, head->rows, watch->ctx))
            return backup_fail(error, "stopped");
        if (write_table(conn, out, table, done, head->rows, watch, error) != 0)
            return -1;
        done += table->rows;
    }
    return backup_out_close(out, error);
}

int backup_write(struct store_conn *conn, int fd, struct backup_head *head, const struct backup_watch *watch,
                 struct backup_error *error)
{
    struct backup_out out;

    if (store_ensure(conn) != 0)
        return backup_fail_db(error, conn);
    if (backup_out_open(&out, fd, error) != 0) {
        backup_out_free(&out);
        return -1;
    }
    /* A reader behind a pipe may be slow. */
    int rc = store_exec(conn, "SET SESSION net_write_timeout=3600", NULL) != 0 || store_begin_snapshot(conn) != 0
                 ? backup_fail_db(error, conn)
                 : write_all(conn, &out, head, watch, error);
    if (conn->in_transaction)
        store_rollback(conn);
    backup_out_free(&out);
    return rc;
}
