/* Pages of components, and their items by source. */
#include "handlers/pricelist/run.h"

#include "base/grow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Components ------------------------------------------------------------------------------------------------ */

#define LIST_COLUMNS                                                                                                   \
    "c.id, c.active, c.lot_code, c.name, c.category, c.unit, c.price, c.price_state + 0, TO_DAYS(c.price_as_of) "

static int on_component(const struct store_value *v, unsigned n, void *ctx)
{
    struct list_run *run = ctx;
    struct list_row *row = &run->rows[run->n_rows++];
    (void)n;
    *row = (struct list_row){
        .id = (uint32_t)price_column_number(&v[0], 0),
        .active = v[1].text[0] != '0',
        .name = arena_add(&run->texts, v[3].text, v[3].len),
        .category = arena_add(&run->texts, v[4].text, v[4].len),
        .price = price_column_scaled(&v[6], 0),
        .state = (enum price_state)(price_column_number(&v[7], 1) - 1), /* an ENUM counts from 1 */
        .price_as_of = price_column_day(&v[8], QUOTE_NO_DATE),
        .skip = LIST_INACTIVE,
        .failure = "E_PRICE_RANGE",
        .numbers = ARENA_NONE,
    };
    snprintf(row->lot_code, sizeof row->lot_code, "%s", v[2].text);
    snprintf(row->unit, sizeof row->unit, "%s", v[5].text);
    return 0;
}

static int read_components(struct list_run *run)
{
    struct store_value v[] = {STORE_S(run->after), STORE_S_OR_NULL(run->categories)};
    run->n_rows = 0;
    run->texts.used = 0;
    if (!run->categories)
        return store_query(run->db,
                           "SELECT " LIST_COLUMNS "FROM component c FORCE INDEX (uq_lot) WHERE c.lot_code > ? "
                           "ORDER BY c.lot_code LIMIT " LIST_PAGE_TEXT,
                           v, 1, on_component, run);
    return store_query(run->db,
                       "SELECT " LIST_COLUMNS
                       "FROM component c FORCE INDEX (uq_lot) WHERE c.lot_code > ? AND c.category IN "
                       "(SELECT CONVERT(j.item USING utf8mb4) COLLATE utf8mb4_uca1400_as_ci FROM "
                       "JSON_TABLE(?, '$[*]' COLUMNS (item VARCHAR(255) PATH '$')) j) "
                       "ORDER BY c.lot_code LIMIT " LIST_PAGE_TEXT,
                       v, 2, on_component, run);
}

struct by_id {
    uint32_t id, row;
};

static int compare_ids(const void *a, const void *b)
{
    uint32_t x = ((const struct by_id *)a)->id, y = ((const struct by_id *)b)->id;
    return (x > y) - (x < y);
}

/* The other tables are read by component id. */
static void order_by_id(struct list_run *run)
{
    struct by_id order[LIST_PAGE];
    run->n_ids = 0;
    for (uint32_t i = 0; i < run->n_rows; i++)
        if (run->rows[i].active)
            order[run->n_ids++] = (struct by_id){run->rows[i].id, i};
    qsort(order, run->n_ids, sizeof *order, compare_ids);
    for (uint32_t i = 0; i < run->n_ids; i++) {
        run->ids[i] = order[i].id;
        run->row_of[i] = order[i].row;
    }
}

struct list_row *list_row_of(struct list_run *run, uint32_t component_id)
{
    uint32_t from = 0, to = run->n_ids;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (run->ids[middle] < component_id)
            from = middle + 1;
        else
            to = middle;
    }
    return from < run->n_ids && run->ids[from] == component_id ? &run->rows[run->row_of[from]] : NULL;
}

/* ---- Estimate -------------------------------------------------------------------------------------------------- */

static int from_estimates(struct list_run *run)
{
    for (uint32_t i = 0; i < run->n_rows; i++) {
        struct list_row *row = &run->rows[i];
        if (row->active)
            row->skip = list_estimate(&run->estimate, &run->rule, row->price, row->state, row->price_as_of, &row->item);
    }
    return 0;
}

/* ---- Warehouse ------------------------------------------------------------------------------------------------- */

static int on_warehouse(const struct store_value *v, unsigned n, void *ctx)
{
    struct list_run *run = ctx;
    (void)n;
    run->warehouse_ids =
        grow(run->warehouse_ids, &run->room_warehouses, run->n_warehouses + 1, sizeof *run->warehouse_ids);
    run->warehouse_ids[run->n_warehouses++] = (uint32_t)price_column_number(&v[0], 0);
    return 0;
}

int list_load_warehouses(struct list_run *run)
{
    struct store_value codes = STORE_S_OR_NULL(run->warehouses);
    run->n_warehouses = 0;
    if (!run->warehouses)
        return 0;
    return store_query(run->db,
                       "SELECT w.id FROM warehouse w WHERE w.code IN (SELECT CONVERT(j.item USING utf8mb4) COLLATE "
                       "utf8mb4_nopad_bin FROM JSON_TABLE(?, '$[*]' COLUMNS (item VARCHAR(255) PATH '$')) j)",
                       &codes, 1, on_warehouse, run);
}

static bool counts(const struct list_run *run, uint32_t warehouse_id)
{
    for (uint32_t i = 0; i < run->n_warehouses; i++)
        if (run->warehouse_ids[i] == warehouse_id)
            return true;
    return !run->warehouses;
}

static int on_stock(const struct store_value *v, unsigned n, void *ctx)
{
    struct list_run *run = ctx;
    struct list_row *row = list_row_of(run, (uint32_t)price_column_number(&v[0], 0));
    (void)n;
    const struct list_stock_line line = {.qty = price_column_scaled(&v[2], 0),
                                         .reserved = price_column_scaled(&v[3], 0),
                                         .lot_qty = price_column_scaled(&v[4], 1000),
                                         .unit_cost = price_column_scaled(&v[5], 0)};
    if (row && counts(run, (uint32_t)price_column_number(&v[1], 0)))
        list_stock_add(&row->stock, &line);
    return 0;
}

/* DECIMAL(15,3) of the list's quantity. */
#define QTY_LIMIT INT64_C(1000000000000000)

static int from_warehouses(struct list_run *run)
{
    char *list = price_ids_json(run->ids, run->n_ids);
    struct store_value ids = STORE_S(list);
    int rc = store_query(run->db,
                         "SELECT STRAIGHT_JOIN s.component_id, s.warehouse_id, s.qty, s.reserved, s.lot_qty, "
                         "s.unit_cost FROM JSON_TABLE(?, '$[*]' COLUMNS (id INT UNSIGNED PATH '$')) j "
                         "JOIN stock_item s FORCE INDEX (ix_comp) ON s.component_id = j.id",
                         &ids, 1, on_stock, run);
    free(list);
    for (uint32_t i = 0; i < run->n_rows && rc == 0; i++) {
        struct list_row *row = &run->rows[i];
        if (!row->active)
            continue;
        row->skip = list_warehouse(&row->stock, run->include_zero_qty, run->cost_fallback ? row->price : 0, &run->rule,
                                   &row->item);
        if (row->skip == LIST_IN && row->item.qty >= QTY_LIMIT) {
            row->skip = LIST_FAILED;
            row->failure = "E_QTY_RANGE";
        }
    }
    return rc;
}

/* ---- Competitor ------------------------------------------------------------------------------------------------ */

static bool wants_quotes(void *ctx, uint32_t index)
{
    (void)ctx;
    (void)index;
    return true;
}

static void on_quotes(void *ctx, uint32_t index, const struct quote *quotes, size_t n)
{
    struct list_run *run = ctx;
    struct list_row *row = &run->rows[run->row_of[index]];
    struct quote_estimate estimate =
        quotes_judge(&run->rules, run->method, run->input.parties, &run->input.rates, quotes, n, &run->space);
    row->skip = list_competitor(&estimate, &run->rule, &row->item);
    if (estimate.status == ESTIMATE_TOO_MANY)
        row->failure = "E_TOO_MANY_QUOTES";
}

static int from_competitors(struct list_run *run)
{
    run->reader.component = on_quotes;
    run->reader.wants = wants_quotes;
    run->reader.ctx = run;
    return quote_reader_run(&run->reader, run->ids, run->n_ids, false);
}

/* ---- A page ---------------------------------------------------------------------------------------------------- */

int list_next_page(struct list_run *run)
{
    static int (*const sources[])(struct list_run * run) = {from_estimates, from_warehouses, from_competitors};
    if (read_components(run) != 0)
        return -1;
    if (run->n_rows == 0)
        return 0;
    memcpy(run->after, run->rows[run->n_rows - 1].lot_code, sizeof run->after);
    order_by_id(run);
    return run->n_ids == 0 ? 0 : sources[run->source](run);
}
