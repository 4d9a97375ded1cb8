/* Statements of the catalogue import. */
#include "handlers/catalog_import_sql.h"

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
        abort(); /* the descriptions are ours */
    sql->n += (size_t)n;
}

/* The SQL columns that are staged: those of the file that the table has, then what is worked out. */
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

/* Compared as bytes: a name that changes only its case is a change, though its collation says it is equal. */
static int update_known(struct catalog_stage *stage, const char *const *names, size_t n, uint64_t *updated)
{
    struct sql sql = {.n = 0};
    const char *set = "";
    add(&sql, "UPDATE catalog_stage s STRAIGHT_JOIN %s t ON ", stage->table->target);
    add_join(&sql, stage->table);
    add(&sql, " SET ");
    for (size_t i = 0; i < n; i++)
        if (!is_key(stage->table, names[i])) {
            add(&sql, "%st.%s = s.%s", set, names[i], names[i]);
            set = ", ";
        }
    add(&sql, " WHERE NOT (1");
    for (size_t i = 0; i < n; i++)
        if (!is_key(stage->table, names[i]))
            add(&sql, " AND BINARY t.%s <=> BINARY s.%s", names[i], names[i]);
    add(&sql, ")");
    *updated = 0;
    return *set ? store_exec(stage->db, sql.text, updated) : 0;
}

static int insert_new(struct catalog_stage *stage, const char *const *names, size_t n, uint64_t *inserted)
{
    struct sql sql = {.n = 0};
    add(&sql, "INSERT INTO %s (", stage->table->target);
    add_list(&sql, "", names, n);
    add(&sql, ") SELECT ");
    add_list(&sql, "s.", names, n);
    add(&sql, " FROM catalog_stage s LEFT JOIN %s t ON ", stage->table->target);
    add_join(&sql, stage->table);
    add(&sql, " WHERE t.%s IS NULL ORDER BY s.row_no", stage->table->key[0]);
    return store_exec(stage->db, sql.text, inserted);
}

int catalog_stage_write(struct catalog_stage *stage, uint64_t *inserted, uint64_t *updated)
{
    const char *names[STAGED_MAX];
    size_t n = staged(stage, names);
    bool keyed = true;
    for (int i = 0; stage->table->columns[i].name; i++)
        keyed &= stage->present[i] || !is_key(stage->table, stage->table->columns[i].name);
    if (!keyed) { /* quotes without references: all are new */
        struct sql sql = {.n = 0};
        add(&sql, "INSERT INTO %s (", stage->table->target);
        add_list(&sql, "", names, n);
        add(&sql, ") SELECT ");
        add_list(&sql, "", names, n);
        add(&sql, " FROM catalog_stage ORDER BY row_no");
        return store_exec(stage->db, sql.text, inserted);
    }
    if (!stage->table->keep_known && update_known(stage, names, n, updated) != 0)
        return -1;
    return insert_new(stage, names, n, inserted);
}

/* ---- Waiting rows ---------------------------------------------------------------------------------------------- */

/* The map's row for a waiting stock item, in the order of the import's own look-up: the vendor's, the one for any
 * vendor, the only lot that all rows of the number name. */
#define ONE_LOT(pn)                                                                                                    \
    "(SELECT MIN(o.id) FROM part_number_map o WHERE o.pn_norm = " pn                                                   \
    " HAVING MIN(o.component_id) = MAX(o.component_id))"
#define ANY_VENDOR(pn) "(SELECT a.id FROM part_number_map a WHERE a.pn_norm = " pn " AND a.vendor_norm = '')"
#define STOCK_MAP_ROW                                                                                                  \
    "COALESCE((SELECT v.id FROM part_number_map v WHERE v.pn_norm = t.pn_norm AND v.vendor_norm = "                    \
    "t.vendor_norm), " ANY_VENDOR("t.pn_norm") ", " ONE_LOT("t.pn_norm") ")"
#define NOT_MAPPED(pn) "NOT EXISTS (SELECT 1 FROM part_number_map n WHERE n.pn_norm = " pn ")"
#define UNITS_AGREE    "(t.unit = 'm') = (c.unit = 'm')"

/* A matched item has the key of its map row; IGNORE leaves those whose place in the warehouse is taken. */
static const char rekey_stock[] =
    "UPDATE IGNORE stock_item t STRAIGHT_JOIN part_number_map m ON m.id = " STOCK_MAP_ROW
    " STRAIGHT_JOIN component c ON c.id = m.component_id SET t.vendor_norm = m.vendor_norm "
    "WHERE t.component_id IS NULL AND t.vendor_norm <> m.vendor_norm AND " UNITS_AGREE;
static const char link_stock[] = "UPDATE stock_item t STRAIGHT_JOIN part_number_map m ON m.id = " STOCK_MAP_ROW
                                 " STRAIGHT_JOIN component c ON c.id = m.component_id SET t.component_id = c.id, "
                                 "t.lot_qty = m.lot_qty, t.unit = c.unit "
                                 "WHERE t.component_id IS NULL AND " UNITS_AGREE;
static const char link_stock_by_lot[] = "UPDATE stock_item t STRAIGHT_JOIN component c ON c.lot_norm = t.pn_norm SET "
                                        "t.component_id = c.id, t.unit = c.unit "
                                        "WHERE t.component_id IS NULL AND " UNITS_AGREE " AND " NOT_MAPPED("t.pn_norm");
static const char link_quotes[] =
    "UPDATE price_quote q STRAIGHT_JOIN part_number_map m ON m.id = COALESCE(" ANY_VENDOR("q.pn_norm") ", " ONE_LOT(
        "q.pn_norm") ") SET q.component_id = m.component_id WHERE q.component_id IS NULL AND q.pn_norm <> ''";
static const char link_quotes_by_lot[] =
    "UPDATE price_quote q STRAIGHT_JOIN component c ON c.lot_norm = q.pn_norm SET q.component_id = c.id "
    "WHERE q.component_id IS NULL AND q.pn_norm <> '' AND " NOT_MAPPED("q.pn_norm");

int catalog_relink(struct store_conn *db, uint64_t *stock, uint64_t *quotes)
{
    uint64_t by_lot = 0, quotes_by_lot = 0;
    if (store_run(db, rekey_stock, NULL, 0, NULL, NULL) != 0 || store_run(db, link_stock, NULL, 0, stock, NULL) != 0 ||
        store_run(db, link_stock_by_lot, NULL, 0, &by_lot, NULL) != 0 ||
        store_run(db, link_quotes, NULL, 0, quotes, NULL) != 0 ||
        store_run(db, link_quotes_by_lot, NULL, 0, &quotes_by_lot, NULL) != 0)
        return -1;
    *stock += by_lot;
    *quotes += quotes_by_lot;
    return 0;
}
