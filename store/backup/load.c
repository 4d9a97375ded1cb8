/* Makes a database from a backup. */
#include "store/backup/internal.h"
#include "store/backup/references.h"
#include "store/bulk.h"
#include "store/journal.h"
#include "store/migrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows of one transaction. */
#define COMMIT_ROWS 20000

struct load {
    struct store_conn *conn;
    struct backup_form form; /* in the order of the file */
    struct store_bulk *bulk;
    unsigned uncommitted;
};

/* ---- The old tables go, the new ones come -------------------------------------------------------------------- */

static int keep_drop(const struct store_value *v, unsigned n, void *ctx)
{
    struct bytes *sql = ctx;

    (void)n;
    bytes_add(sql, sql->len ? ", `" : "DROP TABLE `", sql->len ? 3 : 12);
    bytes_add(sql, v[0].text, v[0].len);
    bytes_add_char(sql, '`');
    return 0;
}

/* All but the one with the mark. The caller has made sure that they are ours. */
static int drop_tables(struct store_conn *conn)
{
    struct bytes sql = {.data = NULL};
    int rc =
        store_query(conn,
                    "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name "
                    "<> 'schema_version'",
                    NULL, 0, keep_drop, &sql);

    if (rc == 0 && sql.len > 0) {
        bytes_add_char(&sql, '\0');
        rc = store_exec(conn, sql.data, NULL);
    }
    bytes_free(&sql);
    return rc;
}

static int make_tables(struct store_conn *conn, unsigned schema)
{
    static const char settings[] = "SET SESSION foreign_key_checks = 0, sql_mode = CONCAT(@@sql_mode, "
                                   "',NO_AUTO_VALUE_ON_ZERO'), max_statement_time = 0";

    if (store_exec(conn, settings, NULL) != 0 || store_schema_mark(conn) != 0 || drop_tables(conn) != 0)
        return -1;
    return store_schema_build(conn, schema, STORE_SCHEMA_TABLES);
}

/* The same tables in the file and in the schema. */
static int compare_tables(struct store_conn *conn, const struct backup_head *head, struct backup_error *error)
{
    struct backup_head made = {.schema = head->schema};
    int rc = backup_tables(conn, head->schema, &made, error);

    if (rc == 0 && made.n_tables != head->n_tables)
        rc = backup_fail(error, "the backup has %u tables where schema %u has %u", head->n_tables, head->schema,
                         made.n_tables);
    for (unsigned i = 0; rc == 0 && i < made.n_tables; i++)
        if (strcmp(made.tables[i].name, head->tables[i].name) != 0)
            rc = backup_fail(error, "the backup has the table %s where schema %u has %s", head->tables[i].name,
                             head->schema, made.tables[i].name);
    backup_head_free(&made);
    return rc;
}

/* ---- One table ----------------------------------------------------------------------------------------------- */

static const struct backup_column *find_column(const struct backup_form *form, const struct store_value *name)
{
    for (unsigned i = 0; i < form->n_columns; i++)
        if (name->text && strlen(form->columns[i].name) == name->len &&
            memcmp(form->columns[i].name, name->text, name->len) == 0)
            return &form->columns[i];
    return NULL;
}

/* The columns in the order of the file; each that the table has, once. */
static int order_columns(struct load *load, const char *table, const struct store_value *columns, unsigned n,
                         struct backup_error *error)
{
    struct backup_form made;

    if (backup_form(load->conn, table, &made, error) != 0)
        return -1;
    load->form.n_columns = 0;
    for (unsigned i = 0; i < n && n == made.n_columns; i++) {
        const struct backup_column *column = find_column(&made, &columns[i]);
        if (!column || find_column(&load->form, &columns[i]))
            break;
        load->form.columns[load->form.n_columns++] = *column;
    }
    if (load->form.n_columns == made.n_columns)
        return 0;
    return backup_fail(error, "the backup's table %s has other columns than its schema", table);
}

static void make_insert(const char *table, const struct backup_form *form, struct bytes *sql)
{
    char part[BACKUP_NAME + 40];

    bytes_add(sql, part, (size_t)snprintf(part, sizeof part, "INSERT INTO `%s` (", table));
    for (unsigned i = 0; i < form->n_columns; i++)
        bytes_add(sql, part, (size_t)snprintf(part, sizeof part, "%s`%s`", i ? "," : "", form->columns[i].name));
    bytes_add(sql, ") VALUES (", 10);
    for (unsigned i = 0; i < form->n_columns; i++)
        bytes_add(sql, i ? ",?" : "?", i ? 2 : 1);
    bytes_add(sql, ")", 2); /* with its terminator */
}

static int begin_table(struct backup_table *table, const struct store_value *columns, unsigned n, void *ctx,
                       struct backup_error *error)
{
    struct load *load = ctx;
    struct bytes sql = {.data = NULL};

    if (order_columns(load, table->name, columns, n, error) != 0)
        return -1;
    make_insert(table->name, &load->form, &sql);
    load->bulk = store_bulk_new(load->conn, sql.data, n, 1000);
    bytes_free(&sql);
    load->uncommitted = 0;
    return load->bulk && store_begin(load->conn) == 0 ? 0 : backup_fail_db(error, load->conn);
}

static int commit_rows(struct load *load)
{
    load->uncommitted = 0;
    return store_bulk_flush(load->bulk) != 0 ? -1 : store_commit(load->conn);
}

static int add_row(const struct store_value *values, unsigned n, void *ctx, struct backup_error *error)
{
    struct load *load = ctx;
    struct store_value row[BACKUP_COLUMNS];

    memcpy(row, values, n * sizeof *row);
    for (unsigned i = 0; i < n; i++)
        if (load->form.columns[i].binary && row[i].type == STORE_TEXT)
            row[i].type = STORE_BLOB;
    if (store_bulk_add(load->bulk, row) != 0)
        return backup_fail_db(error, load->conn);
    if (++load->uncommitted < COMMIT_ROWS)
        return 0;
    return commit_rows(load) == 0 && store_begin(load->conn) == 0 ? 0 : backup_fail_db(error, load->conn);
}

/* What the database gives back must be what the file has. */
static int compare_rows(struct load *load, const struct backup_table *table, struct backup_error *error)
{
    struct backup_table stored = {.rows = 0};
    struct backup_out nowhere;

    memcpy(stored.name, table->name, sizeof stored.name);
    int rc = backup_out_open(&nowhere, -1, error);
    if (rc == 0)
        rc = backup_read(load->conn, &stored, &load->form, &nowhere, NULL, 0, 0, error);
    backup_out_free(&nowhere);
    if (rc == 0 && (stored.rows != table->rows || memcmp(stored.digest, table->digest, sizeof stored.digest) != 0))
        rc = backup_fail(error, "the rows of %s are not stored as they are in the backup", table->name);
    return rc;
}

static int set_next_id(struct store_conn *conn, const struct backup_table *table)
{
    char sql[160];

    if (table->next_id == 0)
        return 0;
    snprintf(sql, sizeof sql, "ALTER TABLE `%s` AUTO_INCREMENT = %llu", table->name,
             (unsigned long long)table->next_id);
    return store_exec(conn, sql, NULL);
}

static int end_table(struct backup_table *table, void *ctx, struct backup_error *error)
{
    struct load *load = ctx;
    int rc = commit_rows(load);

    store_bulk_free(&load->bulk);
    if (rc != 0)
        return backup_fail_db(error, load->conn);
    if (compare_rows(load, table, error) != 0)
        return -1;
    return set_next_id(load->conn, table) == 0 ? 0 : backup_fail_db(error, load->conn);
}

/* ---- The whole ----------------------------------------------------------------------------------------------- */

static bool note_fault(const char *table, const char *key, const char *what, void *ctx)
{
    backup_fail(ctx, "the backup is damaged: %s %s: %s", table, key, what);
    return true;
}

static int check_references(struct store_conn *conn, struct backup_error *error)
{
    error->text[0] = '\0';
    if (references_check(conn, 1, note_fault, error) != 0)
        return backup_fail_db(error, conn);
    return error->text[0] ? -1 : 0;
}

/* No work of another time starts by itself. */
static int end_tasks(struct store_conn *conn, uint64_t *ended)
{
    struct journal_end end = {.message = "restored from a backup"};

    end.error_code = "restored";
    end.error_message = "The backup was taken while this task was not finished; start it again.";
    struct store_value v[] = {STORE_S(end.error_code), STORE_S(end.message), STORE_S(end.error_message)};
    return store_run(conn,
                     "UPDATE task SET status = 'failed', outcome = 'interrupted', error_code = ?, message = ?, "
                     "error_message = ?, finished_at = GREATEST(UTC_TIMESTAMP(3), created_at), live_key = NULL "
                     "WHERE status IN ('queued', 'running')",
                     v, 3, ended, NULL);
}

static int load_rows(struct store_conn *conn, struct backup_in *in, struct backup_head *head,
                     const struct backup_watch *watch, struct backup_error *error)
{
    struct load load = {.conn = conn};
    struct backup_sink sink = {begin_table, add_row, end_table, &load};
    int rc = backup_walk(in, head, &sink, watch, error);

    store_bulk_free(&load.bulk);
    if (conn->in_transaction)
        store_rollback(conn);
    return rc;
}

static int load_all(struct store_conn *conn, struct backup_in *in, struct backup_head *head, uint64_t *ended,
                    const struct backup_watch *watch, struct backup_error *error)
{
    if (backup_read_head(in, head, error) != 0)
        return -1;
    if (head->schema > store_schema_version())
        return backup_fail(error, "the backup is of schema %u, this program knows %u: install the newer package",
                           head->schema, store_schema_version());
    if (make_tables(conn, head->schema) != 0)
        return backup_fail_db(error, conn);
    if (compare_tables(conn, head, error) != 0 || load_rows(conn, in, head, watch, error) != 0 ||
        check_references(conn, error) != 0)
        return -1;
    if (store_schema_build(conn, head->schema, STORE_SCHEMA_TRIGGERS) != 0 || (ended && end_tasks(conn, ended) != 0) ||
        store_schema_record(conn, head->schema) != 0)
        return backup_fail_db(error, conn);
    return 0;
}

/* With a session of its own: the load's has other settings. */
static int bring_up(const struct store_config *config, struct backup_error *error)
{
    struct store_conn conn;

    store_conn_init(&conn, config);
    int rc = store_migrate(&conn, NULL);
    if (rc != 0)
        backup_fail_db(error, &conn);
    store_conn_fini(&conn);
    return rc;
}

int backup_load(struct store_conn *conn, int fd, struct backup_head *head, uint64_t *ended,
                const struct backup_watch *watch, struct backup_error *error)
{
    struct backup_in in;

    if (store_ensure(conn) != 0)
        return backup_fail_db(error, conn);
    int rc = backup_in_open(&in, fd, error);
    if (rc == 0)
        rc = load_all(conn, &in, head, ended, watch, error);
    backup_in_free(&in);
    return rc == 0 ? bring_up(conn->config, error) : rc;
}
