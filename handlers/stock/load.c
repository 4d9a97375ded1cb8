/* Reading the present stock of a warehouse into memory, in pages by key. */
#include "handlers/stock/load.h"

#include "handlers/catalog/load.h"
#include "handlers/run/run.h"
#include "handlers/values/partnum.h"

#include <stdio.h>
#include <string.h>

#define PAGE      20000 /* rows of a statement: what the client buffers at once */
#define PAGE_TEXT "20000"

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
    old.lot_qty = column_decimal(&v[6], QTY_SCALE, 0);
    old.qty = column_decimal(&v[7], QTY_SCALE, 0);
    old.reserved = column_decimal(&v[8], QTY_SCALE, 0);
    old.unit = column_unit(&v[9]);
    old.cost = column_decimal(&v[10], PRICE_SCALE, -1);
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
        if (run_go_on(job, job->db) != 0)
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
