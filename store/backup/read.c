/* Goes through a backup from its first line to its last, and knows nothing of a database. */
#include "base/hex.h"
#include "store/backup/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TELL_ROWS  5000
#define TABLES_MAX 1000

static bool is(const struct store_value *v, const char *text)
{
    return v->text && v->len == strlen(text) && memcmp(v->text, text, v->len) == 0;
}

static int damaged(struct backup_error *error, const char *what)
{
    return backup_fail(error, "the backup is damaged: %s", what);
}

static int copy(char *out, size_t size, const struct store_value *v)
{
    if (!v->text || v->len >= size || memchr(v->text, '\0', v->len))
        return -1;
    memcpy(out, v->text, v->len);
    out[v->len] = '\0';
    return 0;
}

static int number(const struct store_value *v, uint64_t *out)
{
    char text[24], *end;

    if (copy(text, sizeof text, v) != 0 || text[0] < '0' || text[0] > '9')
        return -1;
    *out = strtoull(text, &end, 10);
    return *end ? -1 : 0;
}

/* ---- Head ---------------------------------------------------------------------------------------------------- */

static int read_pair(struct backup_in *in, const char *name, char *out, size_t size, struct backup_error *error)
{
    struct store_value v[2];

    if (backup_in_line(in, error) != 0)
        return -1;
    if (backup_cut(&in->line, v, 2) != 2 || !is(&v[0], name) || copy(out, size, &v[1]) != 0)
        return damaged(error, "its head cannot be read");
    return 0;
}

static int read_table(struct backup_in *in, struct backup_head *head, struct backup_error *error)
{
    struct backup_table *table = &head->tables[head->n_tables];
    struct store_value v[4];

    if (backup_in_line(in, error) != 0)
        return -1;
    if (backup_cut(&in->line, v, 4) != 4 || !is(&v[0], "table") || copy(table->name, sizeof table->name, &v[1]) != 0 ||
        number(&v[2], &table->rows) != 0 || number(&v[3], &table->next_id) != 0)
        return damaged(error, "its list of tables cannot be read");
    head->rows += table->rows;
    head->n_tables++;
    return 0;
}

static int read_tables(struct backup_in *in, struct backup_head *head, uint64_t n, struct backup_error *error)
{
    head->tables = xalloc((n + 1) * sizeof *head->tables);
    memset(head->tables, 0, (n + 1) * sizeof *head->tables);
    head->n_tables = 0;
    head->rows = 0;
    int rc = 0;
    for (uint64_t i = 0; i < n && rc == 0; i++)
        rc = read_table(in, head, error);
    return rc;
}

int backup_read_head(struct backup_in *in, struct backup_head *head, struct backup_error *error)
{
    char schema[16], tables[16];
    uint64_t version, n;

    if (backup_in_line(in, error) != 0)
        return -1;
    if (strcmp(in->line.data, BACKUP_FORM) != 0)
        return backup_fail(error,
                           strncmp(in->line.data, BACKUP_FORM, sizeof BACKUP_FORM - 2) == 0
                               ? "the backup is of a form that this program does not know: install the newer package"
                               : "the file is not a backup of priceforge");
    if (read_pair(in, "schema", schema, sizeof schema, error) != 0 ||
        read_pair(in, "program", head->program, sizeof head->program, error) != 0 ||
        read_pair(in, "time", head->time, sizeof head->time, error) != 0 ||
        read_pair(in, "node", head->node, sizeof head->node, error) != 0 ||
        read_pair(in, "tables", tables, sizeof tables, error) != 0)
        return -1;
    if (number(&STORE_S(schema), &version) != 0 || version == 0 || version > 100000 ||
        number(&STORE_S(tables), &n) != 0 || n > TABLES_MAX)
        return damaged(error, "its head cannot be read");
    head->schema = (unsigned)version;
    return read_tables(in, head, n, error);
}

/* ---- Tables -------------------------------------------------------------------------------------------------- */

static int walk_rows(struct backup_in *in, struct backup_table *table, unsigned n_columns,
                     const struct backup_sink *sink, const struct backup_watch *watch, const uint64_t place[2],
                     struct backup_error *error)
{
    struct store_value v[BACKUP_COLUMNS];

    for (uint64_t row = 0; row < table->rows; row++) {
        if (backup_in_line(in, error) != 0)
            return -1;
        backup_sum(table->digest, &in->line);
        if (backup_cut(&in->line, v, BACKUP_COLUMNS) != n_columns)
            return damaged(error, "a row has another number of values than its table has columns");
        if (sink && sink->row(v, n_columns, sink->ctx, error) != 0)
            return -1;
        if ((row + 1) % TELL_ROWS == 0 && watch && watch->tell &&
            watch->tell(table->name, place[0] + row + 1, place[1], watch->ctx))
            return backup_fail(error, "stopped");
    }
    return 0;
}

static int walk_end(struct backup_in *in, const struct backup_table *table, struct backup_error *error)
{
    char hex[2 * BACKUP_DIGEST + 1];
    struct store_value v[3];

    if (backup_in_line(in, error) != 0)
        return -1;
    hex_text(table->digest, sizeof table->digest, hex);
    if (backup_cut(&in->line, v, 3) != 3 || !is(&v[0], "end") || !is(&v[1], table->name))
        return damaged(error, "a table has another number of rows than its head says");
    return is(&v[2], hex) ? 0 : damaged(error, "the digest of a table is another one");
}

static int walk_table(struct backup_in *in, struct backup_table *table, const struct backup_sink *sink,
                      const struct backup_watch *watch, const uint64_t place[2], struct backup_error *error)
{
    struct store_value v[BACKUP_COLUMNS + 2];

    if (backup_in_line(in, error) != 0)
        return -1;
    unsigned n = backup_cut(&in->line, v, BACKUP_COLUMNS + 2);
    if (n < 3 || n > BACKUP_COLUMNS + 2 || !is(&v[0], "data") || !is(&v[1], table->name))
        return damaged(error, "a table is not where its head says");
    memset(table->digest, 0, sizeof table->digest);
    if (sink && sink->begin(table, &v[2], n - 2, sink->ctx, error) != 0)
        return -1;
    if (walk_rows(in, table, n - 2, sink, watch, place, error) != 0 || walk_end(in, table, error) != 0)
        return -1;
    return sink ? sink->end(table, sink->ctx, error) : 0;
}

int backup_walk(struct backup_in *in, struct backup_head *head, const struct backup_sink *sink,
                const struct backup_watch *watch, struct backup_error *error)
{
    uint64_t place[2] = {0, head->rows};

    for (unsigned i = 0; i < head->n_tables; i++) {
        struct backup_table *table = &head->tables[i];
        if (watch && watch->tell && watch->tell(table->name, place[0], place[1], watch->ctx))
            return backup_fail(error, "stopped");
        if (walk_table(in, table, sink, watch, place, error) != 0)
            return -1;
        place[0] += table->rows;
    }
    return backup_in_end(in, error);
}

int backup_check_file(int fd, struct backup_head *head, const struct backup_watch *watch, struct backup_error *error)
{
    struct backup_in in;
    int rc = backup_in_open(&in, fd, error);

    if (rc == 0)
        rc = backup_read_head(&in, head, error);
    if (rc == 0)
        rc = backup_walk(&in, head, NULL, watch, error);
    backup_in_free(&in);
    return rc;
}
