/* Which tables and columns a backup has: the database says it, and here stands only what is left out. */
#include "store/backup/internal.h"
#include "store/migrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* schema_version is in the head. The others belong to daemons that run, or to clients that wait for an answer. A table that
 * is not named here is kept. */
static const char *const left_out[] = {"schema_version", "lease", "node", "idem_key"};
static const char *const blank_columns[] = {"task.idem_scope", "task.idem_payload"};

bool backup_kept(const char *table)
{
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
        if (strcmp(left_out[i], table) == 0)
            return false;
    return true;
}

static bool is_blank(const char *table, const char *column)
{
    char name[2 * BACKUP_NAME];

    snprintf(name, sizeof name, "%s.%s", table, column);
    for (size_t i = 0; i < sizeof blank_columns / sizeof *blank_columns; i++)
        if (strcmp(blank_columns[i], name) == 0)
            return true;
    return false;
}

/* ---- Tables -------------------------------------------------------------------------------------------------- */

/* Names of tables and columns come from the server's own list; the schema has no sign in them that needs quoting. */
static int copy_name(char out[BACKUP_NAME], const struct store_value *v)
{
    if (!v->text || v->len == 0 || v->len >= BACKUP_NAME || strchr(v->text, '`'))
        return -1;
    memcpy(out, v->text, v->len + 1);
    return 0;
}

struct is_ours {
    const char *name;
};

static int same_name(const char *name, void *ctx)
{
    return strcmp(name, ((struct is_ours *)ctx)->name) == 0;
}

static bool ours(const char *name, unsigned schema)
{
    return store_schema_tables(schema, same_name, &(struct is_ours){name}) != 0;
}

struct listing {
    struct backup_head *head;
    unsigned schema;
};

static int add_table(const struct store_value *v, unsigned n, void *ctx)
{
    const struct listing *listing = ctx;
    struct backup_head *head = listing->head;
    struct backup_table table = {.next_id = v[1].text ? strtoull(v[1].text, NULL, 10) : 0};

    (void)n;
    if (copy_name(table.name, &v[0]) != 0 || !ours(table.name, listing->schema) || !backup_kept(table.name))
        return 0;
    head->tables = xrealloc(head->tables, (head->n_tables + 1) * sizeof *head->tables);
    head->tables[head->n_tables++] = table;
    return 0;
}

/* The ids are read after the snapshot was taken, so they are never too small. */
int backup_tables(struct store_conn *conn, unsigned schema, struct backup_head *head, struct backup_error *error)
{
    struct listing listing = {head, schema};
    int rc =
        store_query(conn,
                    "SELECT table_name, auto_increment FROM information_schema.tables WHERE table_schema = DATABASE() "
                    "AND table_type = 'BASE TABLE' ORDER BY table_name",
                    NULL, 0, add_table, &listing);
    return rc == 0 ? 0 : backup_fail_db(error, conn);
}

struct filling {
    struct backup_form *form;
    const char *table;
};

static int add_column(const struct store_value *v, unsigned n, void *ctx)
{
    const struct filling *filling = ctx;
    struct backup_form *form = filling->form;
    struct backup_column column = {.binary = v[1].text[0] == '1'};

    (void)n;
    if (copy_name(column.name, &v[0]) != 0 || form->n_columns == BACKUP_COLUMNS)
        return 1;
    if (!is_blank(filling->table, column.name))
        form->columns[form->n_columns++] = column;
    return 0;
}

int backup_form(struct store_conn *conn, const char *table, struct backup_form *form, struct backup_error *error)
{
    struct filling filling = {form, table};
    struct store_value name = STORE_S(table);

    form->n_columns = 0;
    int rc =
        store_query(conn,
                    "SELECT column_name, data_type LIKE '%binary' OR data_type LIKE '%blob' FROM "
                    "information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? AND is_generated = "
                    "'NEVER' ORDER BY column_name",
                    &name, 1, add_column, &filling);
    if (rc > 0)
        return backup_fail(error, "the table %s has columns that a backup cannot hold", table);
    return rc == 0 ? 0 : backup_fail_db(error, conn);
}

static int keep_number(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(uint64_t *)ctx = v[0].text ? strtoull(v[0].text, NULL, 10) : 0;
    return 0;
}

int backup_count(struct store_conn *conn, const char *table, uint64_t *rows, struct backup_error *error)
{
    char sql[128];

    snprintf(sql, sizeof sql, "SELECT COUNT(*) FROM `%s`", table);
    return store_query(conn, sql, NULL, 0, keep_number, rows) == 0 ? 0 : backup_fail_db(error, conn);
}

/* ---- Looking at a database that is to be restored ------------------------------------------------------------ */

struct look {
    struct store_conn *conn;
    struct backup_target *target;
    struct backup_error *error;
    bool newer; /* of a schema with tables that we do not know */
};

static int look_at(const struct store_value *v, unsigned n, void *ctx)
{
    struct look *look = ctx;
    uint64_t rows = 0;
    char name[BACKUP_NAME];

    (void)n;
    if (copy_name(name, &v[0]) != 0 || (!look->newer && !ours(name, store_schema_version()))) {
        snprintf(look->target->stranger, BACKUP_NAME, "%s", v[0].text);
        return 0;
    }
    look->target->tables++;
    if (!backup_kept(name))
        return 0;
    if (backup_count(look->conn, name, &rows, look->error) != 0)
        return -1;
    look->target->rows += rows;
    return 0;
}

static int keep_versions(const struct store_value *v, unsigned n, void *ctx)
{
    struct look *look = ctx;

    (void)n;
    look->newer = strtoul(v[0].text, NULL, 10) > store_schema_version();
    look->target->unfinished = v[1].text[0] == '0';
    return 0;
}

static int look_at_versions(struct look *look)
{
    static const char ask[] = "SELECT COALESCE(MAX(version), 0), COALESCE(MIN(version), 1) FROM schema_version";
    int rc = store_query(look->conn, ask, NULL, 0, keep_versions, look);

    return rc == 0 || look->conn->error.cls == STORE_CONFIG ? 0 : rc; /* no such table */
}

int backup_look(struct store_conn *conn, struct backup_target *target, struct backup_error *error)
{
    struct look look = {.conn = conn, .target = target, .error = error};

    *target = (struct backup_target){.tables = 0};
    error->text[0] = '\0';
    int rc = look_at_versions(&look);
    if (rc == 0)
        rc = store_query(conn,
                         "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY "
                         "table_name",
                         NULL, 0, look_at, &look);
    return rc == 0 ? 0 : error->text[0] ? -1 : backup_fail_db(error, conn);
}
