/* Statements of the catalogue import. */
#include "handlers/catalog/sql.h"

#include "base/json.h"
#include "handlers/catalog/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SQL_BYTES  4096
#define STAGED_MAX (CATALOG_COLUMNS + CATALOG_EXTRAS)

/* Text of one statement being built from fixed parts. */
struct sql {
    char text[SQL_BYTES];
    size_t n;
};

static void add(struct sql *sql, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct sql *sql, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(sql->text + sql->n, sizeof sql->text - sql->n, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof sql->text - sql->n)
        abort(); /* the descriptions are our own */
    sql->n += (size_t)n;
}

/* The SQL columns that are staged: those that both file and table have, then the derived ones. */
static size_t staged(const struct catalog_stage *stage, const char *names[STAGED_MAX])
{
    const struct catalog_table *table = stage->table;
    size_t n = 0;
    for (size_t i = 0; table->columns[i].name; i++)
        if (stage->present[i] && !table->columns[i].used_only)
            names[n++] = table->columns[i].name;
    for (size_t i = 0; table->extras[i]; i++)
        names[n++] = table->extras[i];
    return n;
}

static bool is_key(const struct catalog_table *table, const char *name)
{
    for (size_t i = 0; i < 3 && table->key[i]; i++)
        if (strcmp(table->key[i], name) == 0)
            return true;
    return false;
}

static void add_list(struct sql *sql, const char *prefix, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        add(sql, "%s%s%s", i ? ", " : "", prefix, names[i]);
}

static void add_join(struct sql *sql, const struct catalog_table *table)
{
    for (size_t i = 0; i < 3 && table->key[i]; i++)
        add(sql, "%st.%s = s.%s", i ? " AND " : "", table->key[i], table->key[i]);
}

/* ---- Stage ----------------------------------------------------------------------------------------------------- */

int catalog_stage_init(struct catalog_stage *stage, struct store_conn *db, const struct catalog_table *table,
                       const bool *present)
{
    struct sql create = {.n = 0}, insert = {.n = 0};
    const char *names[STAGED_MAX];
    *stage = (struct catalog_stage){.db = db, .table = table, .present = present};
    size_t n = staged(stage, names);
    add(&create, "CREATE TEMPORARY TABLE catalog_stage (row_no INT UNSIGNED NOT NULL DEFAULT 0 PRIMARY KEY) "
                 "ENGINE=InnoDB SELECT ");
    add_list(&create, "", names, n);
    add(&create, " FROM %s LIMIT 0", table->target);
    add(&insert, "INSERT INTO catalog_stage (row_no, ");
    add_list(&insert, "", names, n);
    add(&insert, ") VALUES (?");
    for (size_t i = 0; i < n; i++)
        add(&insert, ",?");
    add(&insert, ")");
    if (store_exec(db, "DROP TEMPORARY TABLE IF EXISTS catalog_stage", NULL) != 0 ||
        store_exec(db, create.text, NULL) != 0)
        return -1;
    stage->server_thread = db->server_thread;
    stage->bulk = store_bulk_new(db, insert.text, (unsigned)n + 1, 0);
    return stage->bulk ? 0 : -1;
}

int catalog_stage_row(struct catalog_stage *stage, uint32_t row_no, const struct catalog_row *row)
{
    const struct catalog_table *table = stage->table;
    struct store_value v[STAGED_MAX + 1];
    size_t n = 0;
    v[n++] = STORE_U(row_no);
    for (size_t i = 0; table->columns[i].name; i++)
        if (stage->present[i] && !table->columns[i].used_only)
            v[n++] = row->value[i].null ? STORE_N : STORE_SN(row->value[i].text, row->value[i].n);
    for (size_t i = 0; table->extras[i]; i++)
        v[n++] = row->extra[i].null ? STORE_N : STORE_SN(row->extra[i].text, row->extra[i].n);
    return store_bulk_add(stage->bulk, v);
}

int catalog_stage_flush(struct catalog_stage *stage)
{
    return store_bulk_flush(stage->bulk);
}

bool catalog_stage_alive(const struct catalog_stage *stage)
{
    return stage->server_thread != 0 && stage->db->mysql && stage->db->server_thread == stage->server_thread;
}

void catalog_stage_fini(struct catalog_stage *stage)
{
    store_bulk_free(&stage->bulk);
    if (stage->db && catalog_stage_alive(stage) && !stage->db->in_transaction)
        store_exec(stage->db, "DROP TEMPORARY TABLE IF EXISTS catalog_stage", NULL);
    stage->db = NULL;
}

/* ---- Carrying over --------------------------------------------------------------------------------------------- */

static void add_from(struct sql *sql, const struct catalog_table *table)
{
    add(sql, "catalog_stage s STRAIGHT_JOIN %s t FORCE INDEX (%s) ON ", table->target, table->key_index);
    add_join(sql, table);
}

/* Compared as bytes: a name that changes only its case is a change, though its collation says it is equal. Returns
 * whether there is anything to compare. */
static bool add_differs(struct sql *sql, const struct catalog_table *table, const char *const *names, size_t n)
{
    bool any = false;
    add(sql, " WHERE NOT (1");
    for (size_t i = 0; i < n; i++)
        if (!is_key(table, names[i])) {
            add(sql, " AND BINARY t.%s <=> BINARY s.%s", names[i], names[i]);
            any = true;
        }
    add(sql, ")");
    return any;
}

static int update_known(struct catalog_stage *stage, const char *const *names, size_t n, uint64_t *updated)
{
    struct sql sql = {.n = 0};
    const char *set = "";
    add(&sql, "UPDATE ");
    add_from(&sql, stage->table);
    add(&sql, " SET ");
    for (size_t i = 0; i < n; i++)
        if (!is_key(stage->table, names[i])) {
            add(&sql, "%st.%s = s.%s", set, names[i], names[i]);
            set = ", ";
        }
    return add_differs(&sql, stage->table, names, n) ? store_exec(stage->db, sql.text, updated) : 0;
}

/* Quotes without references have no key in the file, so all are new. */
static bool is_keyed(const struct catalog_stage *stage)
{
    const struct catalog_table *table = stage->table;
    for (size_t i = 0; table->columns[i].name; i++)
        if (!stage->present[i] && is_key(table, table->columns[i].name))
            return false;
    return true;
}

static int on_renamed(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    json_raw(ctx, v[0].text, v[0].len);
    return 0;
}

/* The components whose names will change, as a JSON array. */
static int find_renamed(struct catalog_stage *stage, struct json_out *ids)
{
    json_array(ids);
    int rc = store_query(stage->db,
                         "SELECT t.id FROM catalog_stage s STRAIGHT_JOIN component t FORCE INDEX (uq_lot) ON "
                         "t.lot_code = s.lot_code WHERE NOT BINARY t.name <=> BINARY s.name",
                         NULL, 0, on_renamed, ids);
    json_array_end(ids);
    return rc;
}

static int update_components(struct catalog_stage *stage, const char *const *names, size_t n, uint64_t *updated)
{
    struct json_out renamed;
    json_out_init(&renamed);
    int rc = find_renamed(stage, &renamed);
    char *ids = json_out_copy(&renamed);
    bool some = strcmp(ids, "[]") != 0;
    if (rc == 0 && some)
        rc = words_forget(stage->db, ids);
    if (rc == 0)
        rc = update_known(stage, names, n, updated);
    if (rc == 0 && some)
        rc = words_learn(stage->db, ids);
    free(ids);
    json_out_fini(&renamed);
    return rc;
}

int catalog_stage_update(struct catalog_stage *stage, uint64_t *updated)
{
    const char *names[STAGED_MAX];
    size_t n = staged(stage, names);
    *updated = 0;
    if (stage->table->keep_known || !is_keyed(stage))
        return 0;
    return stage->table->searched ? update_components(stage, names, n, updated)
                                  : update_known(stage, names, n, updated);
}

static int on_last(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(uint32_t *)ctx = v[0].type == STORE_NULL ? 0 : (uint32_t)strtoul(v[0].text, NULL, 10);
    return 0;
}

/* The import holds the lease of the catalogue: nobody else makes components meanwhile. */
static int insert_components(struct catalog_stage *stage, const char *statement, uint64_t *inserted)
{
    uint32_t last;
    if (store_query(stage->db, "SELECT MAX(id) FROM component", NULL, 0, on_last, &last) != 0 ||
        store_exec(stage->db, statement, inserted) != 0)
        return -1;
    return *inserted ? words_learn_new(stage->db, last) : 0;
}

/* The rows that are new, in file order. */
static void add_new(struct sql *sql, const struct catalog_stage *stage)
{
    const struct catalog_table *table = stage->table;
    add(sql, " FROM catalog_stage s");
    if (!is_keyed(stage))
        return;
    add(sql, " LEFT JOIN %s t FORCE INDEX (%s) ON ", table->target, table->key_index);
    add_join(sql, table);
    add(sql, " WHERE t.%s IS NULL", table->key[0]);
}

int catalog_stage_insert(struct catalog_stage *stage, uint64_t *inserted)
{
    struct sql sql = {.n = 0};
    const char *names[STAGED_MAX];
    size_t n = staged(stage, names);
    add(&sql, "INSERT INTO %s (", stage->table->target);
    add_list(&sql, "", names, n);
    add(&sql, ") SELECT ");
    add_list(&sql, "s.", names, n);
    add_new(&sql, stage);
    add(&sql, " ORDER BY s.row_no");
    return stage->table->searched ? insert_components(stage, sql.text, inserted)
                                  : store_exec(stage->db, sql.text, inserted);
}

static int on_count(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(uint64_t *)ctx = strtoull(v[0].text, NULL, 10);
    return 0;
}

int catalog_stage_count(struct catalog_stage *stage, uint64_t *updated, uint64_t *inserted)
{
    struct sql differs = {.n = 0}, fresh = {.n = 0};
    const char *names[STAGED_MAX];
    size_t n = staged(stage, names);
    *updated = 0;
    add(&differs, "SELECT COUNT(*) FROM ");
    add_from(&differs, stage->table);
    bool compared = add_differs(&differs, stage->table, names, n);
    if (compared && !stage->table->keep_known && is_keyed(stage) &&
        store_query(stage->db, differs.text, NULL, 0, on_count, updated) != 0)
        return -1;
    add(&fresh, "SELECT COUNT(*)");
    add_new(&fresh, stage);
    return store_query(stage->db, fresh.text, NULL, 0, on_count, inserted);
}
