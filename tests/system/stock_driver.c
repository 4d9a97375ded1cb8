/* The stock import without a database, asked from outside: one scene a line on standard input (the shape of
 * tests/data/pricing/stock-import.json), what became of it a line on output. tests/system/test_stock_model.py compares
 * with a model of its own. */
#include "tests/unit/stock_grid.h"

#include "base/json.h"

static const char *const skip_names[SKIP_COUNT] = {"header", "group", "total", "other_warehouse"};

static void put_decimal(struct json_out *out, const char *key, dec128 value, unsigned scale)
{
    char text[48];
    dec_format(value, scale, false, text, sizeof text);
    json_put_string(out, key, text);
}

static void put_ignored(struct json_out *out, const struct table_heading *heading)
{
    char letter[4];
    json_key(out, "ignored");
    json_array(out);
    for (uint32_t column = 0; column < TABLE_COLUMNS; column++)
        if (heading->at[column].why != READ_OK)
            json_string(out, table_column_letter(column, letter));
    json_array_end(out);
}

/* What holds for a file with one sheet that is read. */
static void put_heading(struct json_out *out, const struct stock_reader *reader)
{
    const struct table_heading *heading = table_reader_heading(&reader->table);
    json_put_int(out, "header_row", heading->row + 1);
    json_put_int(out, "header_rows", heading->rows);
    json_key(out, "columns");
    json_object(out);
    for (unsigned field = FIELD_NONE + 1; field < FIELD_COUNT; field++)
        if (table_heading_has(heading, (enum stock_field)field))
            json_put_int(out, stock_field_name((enum stock_field)field), heading->column[field] + 1);
    json_object_end(out);
    put_ignored(out, heading);
    json_key(out, "control_total");
    if (!reader->control.known) {
        json_null(out);
        return;
    }
    json_object(out);
    json_put_int(out, "row", reader->control.row + 1);
    put_decimal(out, "value", reader->control.value, QTY_SCALE);
    put_decimal(out, "rows", reader->control.sum, QTY_SCALE);
    json_object_end(out);
}

static void put_sheets(struct json_out *out, const struct table_sheets *sheets)
{
    json_key(out, "sheets");
    json_array(out);
    for (uint32_t i = 0; i < sheets->n; i++) {
        json_object(out);
        json_put_string(out, "name", sheets->sheet[i].name);
        if (sheets->sheet[i].why == SHEET_READ)
            json_put_int(out, "rows", sheets->sheet[i].rows);
        json_put_bool(out, "read", sheets->sheet[i].why == SHEET_READ);
        json_object_end(out);
    }
    json_array_end(out);
}

static void put_counts(struct json_out *out, const struct grid_run *run)
{
    struct stock_totals t = stock_items_totals(&run->items, run->params.mode);
    json_key(out, "rows_skipped");
    json_object(out);
    for (unsigned i = 0; i < SKIP_COUNT; i++)
        json_put_int(out, skip_names[i], run->reader.skipped[i]);
    json_object_end(out);
    json_put_int(out, "rows_accepted", stock_reader_accepted(&run->reader));
    json_put_int(out, "duplicates_merged", run->reader.duplicates_merged);
    json_put_int(out, "inserted", t.inserted);
    json_put_int(out, "updated", t.updated);
    json_put_int(out, "unchanged", t.unchanged);
    json_put_int(out, "deleted", t.deleted);
    json_put_int(out, "kept_for_rejected", t.kept);
    json_put_int(out, "matched", t.matched);
    json_put_int(out, "unmatched", t.unmatched);
    put_decimal(out, "qty_total", t.qty, QTY_SCALE);
    put_decimal(out, "value_total", t.value, 2);
}

/* In the order in which they are kept: errors before warnings, each by row. */
static void put_issues(struct json_out *out, const struct stock_issues *issues)
{
    char letter[4];
    json_key(out, "issues");
    json_array(out);
    for (uint32_t i = 0; i < stock_issues_kept(issues); i++) {
        const struct issue *issue = stock_issues_at(issues, i);
        json_object(out);
        json_put_string(out, "sheet", arena_text(&issues->list.text, issues->list.sheet[issue->sheet]));
        json_put_int(out, "row", issue->row == ARENA_NONE ? 0 : issue->row + 1);
        json_put_string(out, "column", issue->column == ARENA_NONE ? "" : table_column_letter(issue->column, letter));
        json_put_string(out, "code", stock_code_name((enum stock_code)issue->code));
        json_put_string(out, "pn_norm", arena_text(&issues->list.text, issue->pn));
        json_put_string(out, "suggestion", arena_text(&issues->list.text, issue->suggestion));
        json_put_string(out, "message", arena_text(&issues->list.text, issue->message));
        json_object_end(out);
    }
    json_array_end(out);
}

static void put_item(struct json_out *out, const struct grid_run *run, const struct grid_line *line)
{
    const struct stock_item *item = &run->items.item[line->item];
    const struct catalog_component *lot =
        item->component == ARENA_NONE ? NULL : &run->catalog.components[item->component];
    json_object(out);
    json_put_string(out, "pn_norm", stock_item_pn(&run->items, item));
    json_put_string(out, "vendor_norm", stock_item_vendor(&run->items, item));
    json_put_string(out, "part_number", line->part_number);
    json_put_string(out, "name", line->name);
    json_put_string(out, "lot_code", lot ? catalog_map_text(&run->catalog, lot->lot_code) : NULL);
    put_decimal(out, "lot_qty", item->lot_qty, QTY_SCALE);
    put_decimal(out, "qty", item->qty, QTY_SCALE);
    put_decimal(out, "reserved", item->reserved, QTY_SCALE);
    json_put_string(out, "unit", unit_name((enum unit)item->unit));
    if (item->cost >= 0)
        put_decimal(out, "unit_cost", item->cost, PRICE_SCALE);
    else
        json_put_string(out, "unit_cost", NULL);
    json_put_int(out, "received_on", item->date);
    json_object_end(out);
}

static void put_run(struct json_out *out, const struct grid_run *run)
{
    char date[11] = "";
    json_object(out);
    if (run->rc != 0) {
        json_put_string(out, "error", run->reader.table.failure);
        json_put_string(out, "text", run->reader.table.failure_text);
    }
    if (table_sheets_only(&run->reader.table.sheets))
        put_heading(out, &run->reader);
    if (run->reader.stock_date.year)
        value_date_format(run->reader.stock_date, date);
    json_put_string(out, "stock_date", date);
    json_put_int(out, "rows_total", run->reader.rows_total);
    json_put_int(out, "rows_rejected", run->reader.rows_rejected);
    put_sheets(out, &run->reader.table.sheets);
    put_issues(out, &run->reader.issues);
    if (run->rc == 0) {
        put_counts(out, run);
        json_key(out, "items");
        json_array(out);
        for (unsigned i = 0; i < run->n_lines; i++)
            put_item(out, run, &run->lines[i]);
        json_array_end(out);
    }
    json_object_end(out);
}

int main(void)
{
    static struct grid_run run;
    char *line = NULL, why[100];
    size_t size = 0;
    ssize_t n;
    while ((n = getline(&line, &size, stdin)) > 0) {
        struct json_out out;
        yajl_val scene = json_parse(line, (size_t)n, 16, why, sizeof why);
        if (!scene) {
            fprintf(stderr, "stock_driver: %s\n", why);
            return 2;
        }
        grid_run(&run, scene);
        json_out_init(&out);
        put_run(&out, &run);
        printf("%s\n", json_out_text(&out, NULL));
        json_out_fini(&out);
        grid_run_fini(&run);
        yajl_tree_free(scene);
    }
    free(line);
    return 0;
}
