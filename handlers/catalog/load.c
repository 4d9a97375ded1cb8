/* Reading the catalogue into memory, in pages by key. */
#include "handlers/catalog/load.h"

#include "handlers/values/partnum.h"

#include <stdlib.h>
#include <string.h>

#define PAGE      20000 /* rows of a statement: what the client buffers at once */
#define PAGE_TEXT "20000"

int64_t column_decimal(const struct store_value *value, unsigned scale, int64_t otherwise)
{
    dec128 number;
    bool lost;
    if (value->type == STORE_NULL)
        return otherwise;
    if (dec_parse(value->text, value->len, scale, &number, &lost) != 0)
        abort(); /* our own column */
    return (int64_t)number;
}

uint64_t column_u64(const struct store_value *value)
{
    return value->type == STORE_NULL ? 0 : strtoull(value->text, NULL, 10);
}

enum unit column_unit(const struct store_value *value)
{
    return value->text[0] == 'm' ? UNIT_M : value->text[0] == 's' ? UNIT_SET : UNIT_PCS;
}

struct value_date column_date(const struct store_value *value)
{
    struct value_date date = {0, 0, 0};
    if (value->type != STORE_NULL && value_date_text(value->text, value->len, &date) != 0)
        date.year = 0;
    return date;
}

struct loading {
    struct catalog_map *catalog;
    uint64_t last; /* id of the last row of the page */
    uint32_t rows;
};

static int on_warehouse(const struct store_value *v, unsigned n, void *ctx)
{
    struct loading *loading = ctx;
    (void)n;
    catalog_map_add_warehouse(loading->catalog, (uint32_t)column_u64(&v[0]), v[1].text, v[2].text);
    return 0;
}

static int on_component(const struct store_value *v, unsigned n, void *ctx)
{
    struct loading *loading = ctx;
    (void)n;
    uint32_t id = (uint32_t)column_u64(&v[0]);
    catalog_map_add_component(loading->catalog, id, v[1].text, v[2].text, column_unit(&v[3]));
    loading->last = id;
    loading->rows++;
    return 0;
}

/* Components were loaded in the order of their ids. */
static uint32_t component_number(const struct catalog_map *catalog, uint64_t id)
{
    uint32_t from = 0, to = catalog->n_components;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (catalog->components[middle].id < id)
            from = middle + 1;
        else
            to = middle;
    }
    return from < catalog->n_components && catalog->components[from].id == id ? from : ARENA_NONE;
}

static int on_entry(const struct store_value *v, unsigned n, void *ctx)
{
    struct loading *loading = ctx;
    (void)n;
    uint32_t component = component_number(loading->catalog, column_u64(&v[4]));
    loading->last = column_u64(&v[0]);
    loading->rows++;
    if (component != ARENA_NONE) /* else the lot was added since: this run does not know it */
        catalog_map_add_entry(loading->catalog, v[2].text, v[1].text, v[3].text, component,
                              column_decimal(&v[5], QTY_SCALE, 1000), column_decimal(&v[6], QTY_SCALE, 0));
    return 0;
}

static int on_rate(const struct store_value *v, unsigned n, void *ctx)
{
    struct loading *loading = ctx;
    (void)n;
    catalog_map_add_rate(loading->catalog, v[0].text, column_date(&v[1]), (uint32_t)column_u64(&v[2]),
                         column_decimal(&v[3], RATE_SCALE, 0));
    return 0;
}

/* Reads page after page by id, until one is not full. */
static int load_pages(struct store_conn *db, const char *sql, store_row_fn fn, struct loading *loading)
{
    loading->last = 0;
    do {
        struct store_value after = STORE_U(loading->last);
        loading->rows = 0;
        if (store_query(db, sql, &after, 1, fn, loading) != 0)
            return -1;
    } while (loading->rows == PAGE);
    return 0;
}

int catalog_load(struct store_conn *db, struct catalog_map *catalog)
{
    struct loading loading = {.catalog = catalog};
    int rc = store_query(db, "SELECT id, code, name FROM warehouse ORDER BY id", NULL, 0, on_warehouse, &loading);
    if (rc == 0)
        rc = load_pages(db,
                        "SELECT id, lot_code, lot_norm, unit FROM component FORCE INDEX (PRIMARY) WHERE id > ? ORDER "
                        "BY id LIMIT " PAGE_TEXT,
                        on_component, &loading);
    if (rc == 0)
        rc = load_pages(db,
                        "SELECT id, vendor_norm, pn_norm, part_number, component_id, lot_qty, pack_qty "
                        "FROM part_number_map FORCE INDEX (PRIMARY) WHERE id > ? ORDER BY id LIMIT " PAGE_TEXT,
                        on_entry, &loading);
    if (rc == 0)
        rc =
            store_query(db, "SELECT currency, rate_date, nominal, rate FROM currency_rate", NULL, 0, on_rate, &loading);
    return rc;
}
