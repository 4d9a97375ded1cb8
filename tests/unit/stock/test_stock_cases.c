/* Every worked example of the stock import: tests/data/pricing/stock-import.json, member by member. */
#include "tests/unit/stock_grid.h"

static const char *const skip_names[SKIP_COUNT] = {"header", "group", "total", "other_warehouse"};

static void check_int(const char *id, yajl_val expected, const char *key, uint64_t value)
{
    if (!json_member(expected, key))
        fail_msg("%s: the example has no %s", id, key);
    int64_t want = json_member_int(expected, key, -1);
    if (want != (int64_t)value)
        fail_msg("%s: %s is %llu, expected %lld", id, key, (unsigned long long)value, (long long)want);
}

static void check_text(const char *id, const char *key, const char *want, const char *value)
{
    if (!want != !value || (want && strcmp(want, value) != 0))
        fail_msg("%s: %s is %s, expected %s", id, key, value ? value : "null", want ? want : "null");
}

static void check_decimal(const char *id, yajl_val expected, const char *key, dec128 value, unsigned scale)
{
    char text[48];
    dec_format(value, scale, false, text, sizeof text);
    check_text(id, key, testdata_string(expected, key), text);
}

static void check_heading(const char *id, yajl_val expected, const struct stock_reader *reader)
{
    yajl_val columns = json_member(expected, "columns");
    size_t n = 0;
    check_int(id, expected, "header_row", reader->table.heading.row + 1);
    check_int(id, expected, "header_rows", reader->table.heading.rows);
    for (unsigned field = FIELD_NONE + 1; field < FIELD_COUNT; field++) {
        if (!table_heading_has(&reader->table.heading, (enum stock_field)field))
            continue;
        check_int(id, columns, stock_field_name((enum stock_field)field), reader->table.heading.column[field] + 1);
        n++;
    }
    assert_int_equal(n, columns->u.object.len);
}

static void check_counts(const char *id, yajl_val expected, const struct grid_run *run)
{
    struct stock_totals t = stock_items_totals(&run->items, run->params.mode);
    char date[11];
    check_int(id, expected, "rows_total", run->reader.rows_total);
    check_int(id, expected, "rows_rejected", run->reader.rows_rejected);
    check_int(id, expected, "rows_accepted", stock_reader_accepted(&run->reader));
    check_int(id, expected, "duplicates_merged", run->reader.duplicates_merged);
    check_int(id, expected, "inserted", t.inserted);
    check_int(id, expected, "updated", t.updated);
    check_int(id, expected, "unchanged", t.unchanged);
    check_int(id, expected, "deleted", t.deleted);
    check_int(id, expected, "matched", t.matched);
    check_int(id, expected, "unmatched", t.unmatched);
    check_decimal(id, expected, "qty_total", t.qty, 3);
    check_decimal(id, expected, "value_total", t.value, 2);
    for (unsigned i = 0; i < SKIP_COUNT; i++)
        check_int(id, json_member(expected, "rows_skipped"), skip_names[i], run->reader.skipped[i]);
    value_date_format(run->reader.context.stock_date, date);
    check_text(id, "stock_date", testdata_string(expected, "stock_date"), date);
    assert_int_equal(stock_reader_accepted(&run->reader),
                     t.inserted + t.updated + t.unchanged + run->reader.duplicates_merged);
    assert_int_equal(t.matched + t.unmatched, t.inserted + t.updated + t.unchanged);
}

static void check_codes(const char *id, yajl_val expected, const struct stock_issues *issues)
{
    yajl_val errors = json_member(expected, "errors"), warnings = json_member(expected, "warnings");
    size_t n_errors = 0, n_warnings = 0;
    for (unsigned code = 1; code < STOCK_CODES; code++) {
        bool error = stock_code_is_error((enum stock_code)code);
        if (issues->count[code] == 0)
            continue;
        check_int(id, error ? errors : warnings, stock_code_name((enum stock_code)code), issues->count[code]);
        n_errors += error;
        n_warnings += !error;
    }
    assert_int_equal(n_errors, errors->u.object.len);
    assert_int_equal(n_warnings, warnings->u.object.len);
}

/* The codes of one row, in the order in which they were reported. */
static size_t check_row_codes(const char *id, yajl_val issue, const struct stock_issues *issues)
{
    size_t n, told = 0;
    uint32_t row = (uint32_t)json_member_int(issue, "row", 0) - 1;
    yajl_val *codes = testdata_list(issue, "codes", &n);
    for (uint32_t i = 0; i < stock_issues_kept(issues); i++) {
        const struct issue *kept = stock_issues_at(issues, i);
        if (kept->row != row)
            continue;
        assert_true(told < n);
        check_text(id, "issue", YAJL_GET_STRING(codes[told]), stock_code_name((enum stock_code)kept->code));
        told++;
    }
    if (told != n)
        fail_msg("%s: row %u has %zu issues, expected %zu", id, row + 1, told, n);
    return n;
}

static void check_issues(const char *id, yajl_val expected, const struct stock_issues *issues)
{
    size_t n, all = 0;
    yajl_val *list = testdata_list(expected, "issues", &n);
    for (size_t i = 0; i < n; i++)
        all += check_row_codes(id, list[i], issues);
    assert_int_equal(all, stock_issues_kept(issues));
    assert_false(stock_issues_truncated(issues));
}

static void check_item(const char *id, yajl_val want, const struct grid_run *run, const struct grid_line *line)
{
    const struct stock_item *item = &run->items.item[line->item];
    const struct catalog_component *component =
        item->component == ARENA_NONE ? NULL : &run->catalog.components[item->component];
    check_text(id, "pn_norm", testdata_string(want, "pn_norm"), stock_item_pn(&run->items, item));
    check_text(id, "vendor_norm", testdata_string(want, "vendor_norm"), stock_item_vendor(&run->items, item));
    check_text(id, "part_number", testdata_string(want, "part_number"), line->part_number);
    check_text(id, "lot_code", testdata_string(want, "lot_code"),
               component ? catalog_map_text(&run->catalog, component->lot_code) : NULL);
    check_decimal(id, want, "qty", item->qty, 3);
    check_decimal(id, want, "reserved", item->reserved, 3);
    check_text(id, "unit", testdata_string(want, "unit"), unit_name((enum unit)item->unit));
    if (item->cost >= 0)
        check_decimal(id, want, "unit_cost", item->cost, 4);
    else
        assert_null(testdata_string(want, "unit_cost"));
    assert_int_equal(item->date, grid_date(testdata_string(want, "received_on")));
}

static void check_items(const char *id, yajl_val expected, const struct grid_run *run)
{
    size_t n;
    yajl_val *items = testdata_list(expected, "items", &n);
    assert_int_equal(n, run->n_lines);
    for (size_t i = 0; i < n; i++)
        check_item(id, items[i], run, &run->lines[i]);
}

static void check_failure(const char *id, yajl_val expected, const struct grid_run *run)
{
    assert_int_equal(run->rc, -1);
    check_text(id, "error", testdata_string(expected, "error"), run->reader.table.failure);
    assert_true(strlen(run->reader.table.failure_text) > 10);
    if (json_member(expected, "rows_total"))
        check_int(id, expected, "rows_total", run->reader.rows_total);
    if (json_member(expected, "rows_rejected"))
        check_int(id, expected, "rows_rejected", run->reader.rows_rejected);
}

static void run_case(yajl_val scene)
{
    static struct grid_run run;
    const char *id = testdata_string(scene, "id");
    yajl_val expected = json_member(scene, "expected");
    grid_run(&run, scene);
    if (testdata_string(expected, "error")) {
        check_failure(id, expected, &run);
    } else {
        if (run.rc != 0)
            fail_msg("%s: %s: %s", id, run.reader.table.failure, run.reader.table.failure_text);
        check_heading(id, expected, &run.reader);
        check_codes(id, expected, &run.reader.issues);
        check_issues(id, expected, &run.reader.issues);
        check_items(id, expected, &run);
        check_counts(id, expected, &run);
    }
    grid_run_fini(&run);
}

static void test_examples(void **state)
{
    (void)state;
    size_t n;
    yajl_val tree = testdata_json("stock-import.json");
    yajl_val *cases = testdata_list(tree, "cases", &n);
    assert_true(n >= 17);
    for (size_t i = 0; i < n; i++)
        run_case(cases[i]);
    yajl_tree_free(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_examples)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
