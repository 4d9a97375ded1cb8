/* Grids, catalogues and expectations written as JSON, for tests of the stock import. */
#ifndef PF_STOCK_GRID_H
#define PF_STOCK_GRID_H

#include "tests/unit/testdata.h"

#include "handlers/pricing/partnum.h"
#include "handlers/stock/reader.h"

static inline int64_t grid_decimal(yajl_val object, const char *key, unsigned scale, int64_t otherwise)
{
    const char *text = json_member_string(object, key, NULL);
    dec128 value;
    bool lost;
    if (!text)
        return otherwise;
    assert_int_equal(dec_parse(text, strlen(text), scale, &value, &lost), 0);
    return (int64_t)value;
}

static inline enum unit grid_unit(const char *name)
{
    return strcmp(name, "m") == 0 ? UNIT_M : strcmp(name, "set") == 0 ? UNIT_SET : UNIT_PCS;
}

static inline const char *grid_norm(const char *text, char *out)
{
    if (!text || pn_normalise(text, strlen(text), out, NULL) != PN_OK)
        out[0] = '\0';
    return out;
}

static inline void grid_add_map(struct catalog_map *catalog, yajl_val row)
{
    char pn[PN_BYTES], vendor[PN_BYTES], lot[PN_BYTES];
    const char *raw = testdata_string(row, "part_number");
    uint32_t component = catalog_map_lot(catalog, grid_norm(testdata_string(row, "lot_code"), lot));
    assert_int_not_equal(component, ARENA_NONE);
    catalog_map_add_entry(catalog, grid_norm(raw, pn), grid_norm(testdata_string(row, "vendor"), vendor), raw,
                          component, grid_decimal(row, "lot_qty", QTY_SCALE, 1000),
                          grid_decimal(row, "pack_qty", QTY_SCALE, 0));
}

/* Component ids are 1, 2, 3 … in order. */
static inline void grid_catalog(yajl_val scene, struct catalog_map *catalog)
{
    size_t n;
    char norm[PN_BYTES];
    yajl_val *list = testdata_list(scene, "warehouses", &n);
    catalog_map_init(catalog, "RUB", 14);
    for (size_t i = 0; i < n; i++)
        catalog_map_add_warehouse(catalog, (uint32_t)i + 1, testdata_string(list[i], "code"),
                                  testdata_string(list[i], "name"));
    list = testdata_list(scene, "components", &n);
    for (size_t i = 0; i < n; i++)
        catalog_map_add_component(catalog, (uint32_t)i + 1, testdata_string(list[i], "lot_code"),
                                  grid_norm(testdata_string(list[i], "lot_code"), norm),
                                  grid_unit(json_member_string(list[i], "unit", "pcs")));
    list = testdata_list(scene, "part_numbers", &n);
    for (size_t i = 0; i < n; i++)
        grid_add_map(catalog, list[i]);
    if (!json_member(scene, "rates"))
        return;
    list = testdata_list(scene, "rates", &n);
    for (size_t i = 0; i < n; i++) {
        struct value_date date;
        const char *day = testdata_string(list[i], "date");
        assert_int_equal(value_date_text(day, strlen(day), &date), 0);
        catalog_map_add_rate(catalog, testdata_string(list[i], "currency"), date,
                             (uint32_t)json_member_int(list[i], "nominal", 1),
                             grid_decimal(list[i], "rate", RATE_SCALE, 0));
    }
}

static inline int grid_choice(yajl_val params, const char *key, const char *const *choices)
{
    const char *text = json_member_string(params, key, choices[0]);
    for (int i = 0; choices[i]; i++)
        if (strcmp(choices[i], text) == 0)
            return i;
    fail_msg("%s: %s", key, text);
    return 0;
}

static inline void grid_params(yajl_val params, const char *today, struct stock_params *out)
{
    static const char *const modes[] = {"replace", "merge", NULL},
                             *const negatives[] = {"reject", "zero", "keep", NULL},
                             *const duplicates[] = {"sum", "first", "last", "reject", NULL},
                             *const locales[] = {"ru", "en", NULL};
    *out = (struct stock_params){.pn_from_name = json_member_bool(params, "pn_from_name", true)};
    snprintf(out->warehouse, sizeof out->warehouse, "%s", json_member_string(params, "warehouse", "MAIN"));
    out->mode = (enum stock_mode)grid_choice(params, "mode", modes);
    out->negative = (enum stock_negative)grid_choice(params, "negative", negatives);
    out->duplicates = (enum stock_duplicates)grid_choice(params, "duplicates", duplicates);
    out->locale = (enum number_locale)grid_choice(params, "number_locale", locales);
    out->cost_vat_included = json_member_bool(params, "cost_vat_included", false);
    out->vat_rate = grid_decimal(params, "vat_rate", VAT_SCALE, 2200);
    out->max_reject_pct = (unsigned)json_member_int(params, "max_reject_pct", 50);
    out->max_delete_pct = (unsigned)json_member_int(params, "max_delete_pct", 50);
    const char *date = json_member_string(params, "stock_date", NULL);
    if (date)
        assert_int_equal(value_date_text(date, strlen(date), &out->stock_date), 0);
    assert_int_equal(value_date_text(today, strlen(today), &out->today), 0);
}

/* ---- Events ---------------------------------------------------------------------------------------------------- */

#define GRID_TEST_COLUMNS 64

static inline struct grid_cell grid_cell_of(yajl_val value, uint32_t column)
{
    struct grid_cell cell = {.column = column, .kind = GRID_TEXT};
    const char *format = NULL;
    if (YAJL_IS_STRING(value)) {
        cell.text = YAJL_GET_STRING(value);
    } else {
        cell.kind = GRID_NUMBER;
        cell.text = json_member_string(value, "n", NULL);
        format = json_member_string(value, "fmt", NULL);
        if (!cell.text) {
            cell.kind = GRID_DATE;
            cell.text = json_member_string(value, "d", "");
        }
    }
    if (format && strspn(format, "0") == strlen(format))
        cell.zero_pad = (uint8_t)strlen(format);
    cell.len = (uint32_t)strlen(cell.text);
    return cell;
}

/* A row is a list of cells, or {"outline": n, "grid": n, "uncalculated": n, "cells": [ … ]}. */
static inline int grid_send_row(yajl_val value, uint32_t number, const struct grid_sink *sink)
{
    struct grid_cell cells[GRID_TEST_COLUMNS];
    struct grid_row row = {.row = number, .cells = cells};
    if (YAJL_IS_OBJECT(value)) {
        row.outline = (uint8_t)json_member_int(value, "outline", 0);
        row.uncalculated = (uint16_t)json_member_int(value, "uncalculated", 0);
        row.grid = (uint16_t)json_member_int(value, "grid", 0);
        value = json_member(value, "cells");
    }
    for (size_t i = 0; i < value->u.array.len; i++)
        if (!YAJL_IS_NULL(value->u.array.values[i]))
            cells[row.n_cells++] = grid_cell_of(value->u.array.values[i], (uint32_t)i);
    return row.n_cells ? sink->row(sink->ctx, &row) : 0;
}

#define GRID_TEST_GRIDS 8

/* Right edges of columns by grid: [[10,20], …]. */
struct grid_test_places {
    uint32_t right[GRID_TEST_GRIDS][GRID_HEAD_COLUMNS];
    struct grid_columns grid[GRID_TEST_GRIDS];
};

static inline void grid_places(yajl_val grids, struct grid_test_places *places, struct grid_sheet *sheet)
{
    for (size_t i = 0; grids && i < grids->u.array.len; i++) {
        yajl_val list = grids->u.array.values[i];
        for (size_t k = 0; k < list->u.array.len; k++)
            places->right[i][k] = (uint32_t)YAJL_GET_INTEGER(list->u.array.values[k]);
        places->grid[i] = (struct grid_columns){(uint32_t)list->u.array.len, places->right[i]};
        sheet->n_grids++;
    }
    sheet->grids = places->grid;
}

/* Sends one sheet as a reader would. Returns what ended it: 0, GRID_STOP or a negative number. */
static inline int grid_send(yajl_val grid, yajl_val merges, yajl_val grids, bool hidden, const struct grid_sink *sink)
{
    struct grid_merge merge[16];
    struct grid_test_places places;
    struct grid_sheet sheet = {.name = "TDSheet", .hidden = hidden, .merges = merge};
    grid_places(grids, &places, &sheet);
    for (size_t i = 0; merges && i < merges->u.array.len; i++) {
        yajl_val *m = merges->u.array.values[i]->u.array.values;
        merge[i] = (struct grid_merge){(uint32_t)YAJL_GET_INTEGER(m[0]), (uint32_t)YAJL_GET_INTEGER(m[1]),
                                       (uint32_t)YAJL_GET_INTEGER(m[0]), (uint32_t)YAJL_GET_INTEGER(m[2])};
        sheet.n_merges++;
    }
    int rc = sink->sheet(sink->ctx, &sheet);
    if (rc != 0)
        return rc == GRID_SKIP_SHEET ? 0 : rc;
    for (size_t i = 0; i < grid->u.array.len; i++) {
        rc = grid_send_row(grid->u.array.values[i], (uint32_t)i, sink);
        if (rc != 0)
            return rc;
    }
    return sink->sheet_end(sink->ctx);
}

/* ---- One run --------------------------------------------------------------------------------------------------- */

struct grid_line {
    uint32_t item;
    char part_number[256], name[512];
};

/* A whole import without a database. */
struct grid_run {
    struct stock_params params;
    struct catalog_map catalog;
    struct stock_items items;
    struct stock_reader reader;
    struct grid_line lines[64]; /* first lines of items, in file order */
    unsigned n_lines;
    int rc; /* of stock_reader_finish() */
};

static inline int grid_on_line(void *ctx, const struct stock_line *line, uint32_t item, enum stock_added added)
{
    struct grid_run *run = ctx;
    struct grid_line *kept = NULL;
    for (unsigned i = 0; i < run->n_lines && added == ADDED_REPLACED; i++)
        if (run->lines[i].item == item)
            kept = &run->lines[i];
    if (added == ADDED_NEW) {
        assert_true(run->n_lines < 64);
        kept = &run->lines[run->n_lines++];
    }
    if (!kept)
        return 0;
    kept->item = item;
    snprintf(kept->part_number, sizeof kept->part_number, "%.*s", (int)line->part_number_len, line->part_number);
    snprintf(kept->name, sizeof kept->name, "%.*s", (int)line->name_len, line->name);
    return 0;
}

static inline uint32_t grid_date(const char *text)
{
    struct value_date date;
    if (!text)
        return 0;
    assert_int_equal(value_date_text(text, strlen(text), &date), 0);
    return (uint32_t)(date.year * 10000 + date.month * 100 + date.day);
}

static inline void grid_add_old(struct grid_run *run, yajl_val row, uint64_t id)
{
    char lot[PN_BYTES];
    const char *lot_code = testdata_string(row, "lot_code");
    uint32_t component = lot_code ? catalog_map_lot(&run->catalog, grid_norm(lot_code, lot)) : ARENA_NONE;
    struct stock_old old = {.id = id, .pn_norm = testdata_string(row, "pn_norm"), .part_number = "", .name = ""};
    old.vendor_norm = json_member_string(row, "vendor_norm", "");
    old.component_id = component == ARENA_NONE ? 0 : run->catalog.components[component].id;
    old.lot_qty = grid_decimal(row, "lot_qty", QTY_SCALE, 1000);
    old.qty = grid_decimal(row, "qty", QTY_SCALE, 0);
    old.reserved = grid_decimal(row, "reserved", QTY_SCALE, 0);
    old.cost = grid_decimal(row, "unit_cost", PRICE_SCALE, -1);
    old.date = grid_date(testdata_string(row, "received_on"));
    old.unit = grid_unit(json_member_string(row, "unit", "pcs"));
    stock_items_add_old(&run->items, &old);
}

static inline void grid_run_init(struct grid_run *run, yajl_val scene)
{
    size_t n = 0;
    memset(run, 0, sizeof *run);
    grid_params(json_member(scene, "params"), json_member_string(scene, "today", "2026-02-05"), &run->params);
    grid_catalog(scene, &run->catalog);
    stock_items_init(&run->items, &run->catalog);
    yajl_val *old = json_member(scene, "existing") ? testdata_list(scene, "existing", &n) : NULL;
    for (size_t i = 0; i < n; i++)
        grid_add_old(run, old[i], i + 1);
    struct stock_reader_out out = {.line = grid_on_line, .ctx = run};
    stock_reader_init(&run->reader, &run->params, &run->catalog, &run->items, &out);
}

static inline void grid_run(struct grid_run *run, yajl_val scene)
{
    grid_run_init(run, scene);
    struct grid_sink sink = stock_reader_sink(&run->reader);
    int rc =
        grid_send(json_member(scene, "grid"), json_member(scene, "merges"), json_member(scene, "grids"), false, &sink);
    assert_true(rc == 0 || rc == GRID_STOP);
    run->rc = stock_reader_finish(&run->reader);
}

static inline void grid_run_fini(struct grid_run *run)
{
    stock_reader_fini(&run->reader);
    stock_items_fini(&run->items);
    catalog_map_fini(&run->catalog);
}

#endif
