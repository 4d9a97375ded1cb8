/* Reading the catalogue and the present stock into memory. */
#include "handlers/stock_import_load.h"

#include "handlers/pricing/partnum.h"
#include "handlers/stock_import_task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE      20000 /* rows a statement: what the client buffers at once */
#define PAGE_TEXT "20000"

int64_t stock_column_decimal(const struct store_value *value, unsigned scale, int64_t otherwise)
{
    dec128 number;
    bool lost;
    if (value->type == STORE_NULL)
        return otherwise;
    if (dec_parse(value->text, value->len, scale, &number, &lost) != 0)
        abort(); /* our own column */
    return (int64_t)number;
}

static uint64_t column_u64(const struct store_value *value)
{
    return value->type == STORE_NULL ? 0 : strtoull(value->text, NULL, 10);
}

static enum unit column_unit(const struct store_value *value)
{
    return value->text[0] == 'm' ? UNIT_M : value->text[0] == 's' ? UNIT_SET : UNIT_PCS;
}

static struct value_date column_date(const struct store_value *value)
{
    struct value_date date = {0, 0, 0};
    if (value->type != STORE_NULL && value_date_text(value->text, value->len, &date) != 0)
        date.year = 0;
    return date;
}

/* ---- Catalogue ------------------------------------------------------------------------------------------------- */

struct loading {
    struct stock_catalog *catalog;
    uint64_t last; /* id of the last row of the page */
    uint32_t rows;
};

static int on_warehouse(const struct store_value *v, unsigned n, void *ctx)
{
    struct loading *loading = ctx;
    (void)n;
    stock_catalog_add_warehouse(loading->catalog, (uint32_t)column_u64(&v[0]), v[1].text, v[2].text);
    return 0;
}

static int on_component(const struct store_value *v, unsigned n, void *ctx)
{
    struct loading *loading = ctx;
    (void)n;
    uint32_t id = (uint32_t)column_u64(&v[0]);
    stock_catalog_add_component(loading->catalog, id, v[1].text, v[2].text, column_unit(&v[3]));
    loading->last = id;
    loading->rows++;
    return 0;
}

/* Components were loaded in the order of their ids. */
static uint32_t component_number(const struct stock_catalog *catalog, uint64_t id)
{
    uint32_t from = 0, to = catalog->n_components;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (catalog->components[middle].id < id)
            from = middle + 1;
        else
            to = middle;
    }
    return from < catalog->n_components && catalog->components[from].id == id ? from : MEM_NONE;
}

static int on_entry(const struct store_value *v, unsigned n, void *ctx)
{
    struct loading *loading = ctx;
    (void)n;
    uint32_t component = component_number(loading->catalog, column_u64(&v[4]));
    loading->last = column_u64(&v[0]);
    loading->rows++;
    if (component != MEM_NONE) /* else a lot added since: unknown to this run */
        stock_catalog_add_entry(loading->catalog, v[2].text, v[1].text, v[3].text, component,
                                stock_column_decimal(&v[5], QTY_SCALE, 1000),
                                stock_column_decimal(&v[6], QTY_SCALE, 0));
    return 0;
}

static int on_rate(const struct store_value *v, unsigned n, void *ctx)
{
    struct loading *loading = ctx;
    (void)n;
    stock_catalog_add_rate(loading->catalog, v[0].text, column_date(&v[1]), (uint32_t)column_u64(&v[2]),
                           stock_column_decimal(&v[3], RATE_SCALE, 0));
    return 0;
}

/* Page after page by id, until one is not full. */
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

int stock_load_catalog(struct store_conn *db, struct stock_catalog *catalog)
{
    struct loading loading = {.catalog = catalog};
    int rc = store_query(db, "SELECT id, code, name FROM warehouse ORDER BY id", NULL, 0, on_warehouse, &loading);
    if (rc == 0)
        rc = load_pages(db,
                        "SELECT id, lot_code, lot_norm, unit FROM component WHERE id > ? ORDER BY id LIMIT " PAGE_TEXT,
                        on_component, &loading);
    if (rc == 0)
        rc = load_pages(db,
                        "SELECT id, vendor_norm, pn_norm, part_number, component_id, lot_qty, pack_qty "
                        "FROM part_number_map WHERE id > ? ORDER BY id LIMIT " PAGE_TEXT,
                        on_entry, &loading);
    if (rc == 0)
        rc =
            store_query(db, "SELECT currency, rate_date, nominal, rate FROM currency_rate", NULL, 0, on_rate, &loading);
    return rc;
}

/* ---- Present stock --------------------------------------------------------------------------------------------- */

struct old_page {
    struct stock_items *items;
    uint32_t rows;
    char pn[PN_BYTES], vendor[PN_BYTES]; /* key of the last row */
};

static int on_old(const struct store_value *v, unsigned n, void *ctx)
{
    struct old_page *page = ctx;
    (void)n;
    struct value_date date = column_date(&v[11]);
    struct stock_old old = {.id = column_u64(&v[0]),
                            .pn_norm = v[1].text,
                            .vendor_norm = v[2].text,
                            .part_number = v[3].text,
                            .name = v[4].text,
                            .component_id = (uint32_t)column_u64(&v[5])};
    old.lot_qty = stock_column_decimal(&v[6], QTY_SCALE, 0);
    old.qty = stock_column_decimal(&v[7], QTY_SCALE, 0);
    old.reserved = stock_column_decimal(&v[8], QTY_SCALE, 0);
    old.unit = column_unit(&v[9]);
    old.cost = stock_column_decimal(&v[10], PRICE_SCALE, -1);
    old.date = date.year ? (uint32_t)(date.year * 10000 + date.month * 100 + date.day) : 0;
    stock_items_add_old(page->items, &old);
    page->rows++;
    snprintf(page->pn, sizeof page->pn, "%s", v[1].text);
    snprintf(page->vendor, sizeof page->vendor, "%s", v[2].text);
    return 0;
}

int stock_load_items(struct job *job, uint32_t warehouse_id, struct stock_items *items)
{
    struct old_page page = {.items = items};
    do {
        struct store_value after[] = {STORE_U(warehouse_id), STORE_S(page.pn), STORE_S(page.pn), STORE_S(page.pn),
                                      STORE_S(page.vendor)};
        page.rows = 0;
        if (import_go_on(job, job->db) != 0)
            return -1;
        /* The first condition on pn_norm gives the range of the index, the bracket the exact place in it. */
        if (store_query(
                job->db,
                "SELECT id, pn_norm, vendor_norm, part_number, name, component_id, lot_qty, qty, reserved, unit, "
                "unit_cost, received_on FROM stock_item FORCE INDEX (uq_stock) "
                "WHERE warehouse_id = ? AND pn_norm >= ? AND (pn_norm > ? OR (pn_norm = ? AND vendor_norm > ?)) "
                "ORDER BY pn_norm, vendor_norm LIMIT " PAGE_TEXT,
                after, 5, on_old, &page) != 0)
            return -1;
    } while (page.rows == PAGE);
    return 0;
}
