/* Grids, catalogues and expectations written as JSON, for tests of the stock import. */
#ifndef PF_STOCK_GRID_H
#define PF_STOCK_GRID_H

#include "tests/unit/testdata.h"

#include "handlers/stock/rows/reader.h"
#include "handlers/values/partnum.h"

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
                             *const locales[] = {"ru", "en", NULL}, *const totals[] = {"fail", "warn", "off", NULL};
    yajl_val columns = json_member(params, "columns");
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
    snprintf(out->sheet, sizeof out->sheet, "%s", json_member_string(params, "sheet", ""));
    out->header_row = (uint32_t)json_member_int(params, "header_row", 0);
    out->header_rows = (unsigned)json_member_int(params, "header_rows", 0);
    out->check_totals = (enum stock_totals_check)grid_choice(params, "check_totals", totals);
    for (unsigned field = FIELD_NONE + 1; columns && field < FIELD_COUNT; field++) {
        const char *value = json_member_string(columns, stock_field_name((enum stock_field)field), NULL);
        if (value)
            out->choices[out->n_choices++] = (struct table_choice){(enum stock_field)field, value};
    }
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
    } else if (json_member(value, "f")) {
        cell.kind = GRID_FORMULA;
        cell.text = "";
    } else if (json_member(value, "e")) {
        cell.kind = GRID_ERROR;
        cell.text = json_member_string(value, "e", "#N/A");
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

/* Readers hand over no empty texts. */
static inline bool grid_has_cell(yajl_val value)
{
    return !YAJL_IS_NULL(value) && !(YAJL_IS_STRING(value) && YAJL_GET_STRING(value)[0] == '\0');
}

/* A row is a list of cells, or {"outline": n, "hidden": bool, "grid": n, "uncalculated": n, "cells": [ … ]}. A cell is
 * a text, {"n": "5", "fmt": "000"}, {"d": "2026-02-05"}, {"f": true} (a formula without a value), {"e": "#N/A"} or
 * null. */
static inline int grid_send_row(yajl_val value, uint32_t number, const struct grid_sink *sink)
{
    struct grid_cell cells[GRID_TEST_COLUMNS];
    struct grid_row row = {.row = number, .cells = cells};
    if (YAJL_IS_OBJECT(value)) {
        row.outline = (uint8_t)json_member_int(value, "outline", 0);
        row.uncalculated = (uint16_t)json_member_int(value, "uncalculated", 0);
        row.grid = (uint16_t)json_member_int(value, "grid", 0);
        row.hidden = json_member_bool(value, "hidden", false);
        value = json_member(value, "cells");
    }
    for (size_t i = 0; i < value->u.array.len; i++)
        if (grid_has_cell(value->u.array.values[i])) {
            cells[row.n_cells] = grid_cell_of(value->u.array.values[i], (uint32_t)i);
            row.uncalculated = (uint16_t)(row.uncalculated + (cells[row.n_cells++].kind == GRID_FORMULA));
        }
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

#define GRID_TEST_MERGES 512

/* A merge is [row, first column, last column] or [row, column, last row, last column]. */
static inline uint32_t grid_merges(yajl_val list, struct grid_merge *merges)
{
    uint32_t n = 0;
    for (size_t i = 0; list && i < list->u.array.len; i++) {
        yajl_val *m = list->u.array.values[i]->u.array.values;
        bool tall = list->u.array.values[i]->u.array.len == 4;
        assert_true(n < GRID_TEST_MERGES);
        merges[n] = (struct grid_merge){(uint32_t)YAJL_GET_INTEGER(m[0]), (uint32_t)YAJL_GET_INTEGER(m[1]),
                                        (uint32_t)YAJL_GET_INTEGER(m[tall ? 2 : 0]),
                                        (uint32_t)YAJL_GET_INTEGER(m[tall ? 3 : 2])};
        n += merges[n].row < GRID_HEAD_ROWS || merges[n].last_row > merges[n].row;
    }
    return n;
}

static inline int grid_send_sheet(struct grid_sheet *sheet, yajl_val rows, const struct grid_sink *sink)
{
    int rc = sink->sheet(sink->ctx, sheet);
    if (rc != 0)
        return rc == GRID_SKIP_SHEET ? 0 : rc;
    for (size_t i = 0; i < rows->u.array.len; i++) {
        rc = grid_send_row(rows->u.array.values[i], (uint32_t)i, sink);
        if (rc != 0)
            return rc;
    }
    return sink->sheet_end(sink->ctx);
}

/* Sends one sheet as a reader would. Returns what ended it: 0, GRID_STOP or a negative number. */
static inline int grid_send(yajl_val grid, yajl_val merges, yajl_val grids, bool hidden, const struct grid_sink *sink)
{
    static struct grid_merge merge[GRID_TEST_MERGES];
    struct grid_test_places places;
    struct grid_sheet sheet = {.name = "TDSheet", .hidden = hidden, .merges = merge};
    grid_places(grids, &places, &sheet);
    sheet.n_merges = grid_merges(merges, merge);
    return grid_send_sheet(&sheet, grid, sink);
}

/* Sends the scene's "sheets", each {"name", "hidden", "summary_below", "rows", "merges"}, or its one "grid". */
static inline int grid_send_file(yajl_val scene, const struct grid_sink *sink)
{
    static struct grid_merge merge[GRID_TEST_MERGES];
    yajl_val sheets = json_member(scene, "sheets");
    int rc = 0;
    if (!sheets)
        return grid_send(json_member(scene, "grid"), json_member(scene, "merges"), json_member(scene, "grids"), false,
                         sink);
    for (size_t i = 0; i < sheets->u.array.len && rc == 0; i++) {
        yajl_val value = sheets->u.array.values[i];
        struct grid_sheet sheet = {.index = (uint32_t)i,
                                   .name = json_member_string(value, "name", ""),
                                   .hidden = json_member_bool(value, "hidden", false),
                                   .summary_below = json_member_bool(value, "summary_below", false),
                                   .merges = merge};
        sheet.n_merges = grid_merges(json_member(value, "merges"), merge);
        rc = grid_send_sheet(&sheet, json_member(value, "rows"), sink);
    }
    return rc;
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
    struct grid_line lines[512]; /* first lines of items, in file order */
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
        assert_true(run->n_lines < 512);
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
    int rc = grid_send_file(scene, &sink);
    if (rc == STOCK_SINK_AGAIN) {
        run->n_lines = 0;
        stock_reader_again(&run->reader);
        rc = grid_send_file(scene, &sink);
    }
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
