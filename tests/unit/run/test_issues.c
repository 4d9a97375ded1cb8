/* Issues of an import in memory; cells and captions as JSON; the sentences of the stock import. */
#include "base/utf8.h"
#include "handlers/run/issues.h"
#include "handlers/stock/line/issue.h"
#include "handlers/table/rowcells.h"

#include "tests/unit/testdata.h"

#include <stdio.h>
#include <string.h>

/* ---- The list -------------------------------------------------------------------------------------------------- */

static void keep(struct issues *issues, bool error, const char *sheet, uint32_t row, const char *code,
                 const char *cells)
{
    struct issue_at at = {
        .sheet = sheet, .row = row, .column = ARENA_NONE, .heading = 1, .cells = cells, .cells_n = strlen(cells)};
    assert_true(issues_room(issues, error));
    issues_keep(issues, error, 0, code, "qty", "m", &at);
}

static const char *order_of(struct issues *issues)
{
    static char text[200];
    text[0] = '\0';
    for (uint32_t i = 0; i < issues->n; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s ", issues->list[i].code_name);
    return text;
}

static void come_in_the_files_order(void **state)
{
    (void)state;
    struct issues issues = {.n = 0};
    keep(&issues, true, "One", 7, "d", "[1]");
    keep(&issues, true, "One", 7, "e", "[1]");
    keep(&issues, false, "One", 2, "c", "[2]"); /* decided later: its row was staged */
    keep(&issues, false, "One", ARENA_NONE, "a", "");
    keep(&issues, true, "Another", 0, "f", "[3]");
    keep(&issues, false, "Another", ARENA_NONE, "b", "");
    issues_sort(&issues);
    assert_string_equal(order_of(&issues), "a b c d e f ");
    issues_fini(&issues);
}

static void cells_are_kept_once(void **state)
{
    (void)state;
    struct issues issues = {.n = 0};
    struct issue_at same = {.sheet = "S", .row = 3, .heading = 1}, other = {.sheet = "S", .row = 4, .heading = 1};
    assert_false(issues_has_row(&issues, &same));
    keep(&issues, true, "S", 3, "a", "[\"x\"]");
    assert_true(issues_has_row(&issues, &same));
    assert_false(issues_has_row(&issues, &other));
    issues_keep(&issues, true, 0, "b", "qty", "m", &same);
    assert_int_equal(issues.list[0].cells, issues.list[1].cells);
    assert_int_equal(issues.cells, strlen("[\"x\"]"));
    issues.cells = ISSUES_CELLS;
    keep(&issues, true, "S", 5, "c", "[\"y\"]");
    assert_string_equal(arena_text(&issues.text, issues.list[2].cells), ISSUES_TOO_LONG);
    assert_int_equal(issues_heading(&issues, "S", "[[1]]", 5), 0); /* no room for its captions either */
    issues_fini(&issues);
}

static void ten_thousand_of_each_kind(void **state)
{
    (void)state;
    struct issues issues = {.n = 0};
    for (unsigned i = 0; i < ISSUES_KEPT; i++)
        keep(&issues, false, NULL, i, "w", "");
    assert_false(issues_room(&issues, false));
    assert_true(issues_room(&issues, true));
    keep(&issues, true, NULL, 0, "e", "");
    assert_int_equal(issues.n, ISSUES_KEPT + 1);
    issues_fini(&issues);
}

static void headings_have_numbers(void **state)
{
    (void)state;
    struct issues issues = {.n = 0};
    assert_int_equal(issues_heading(&issues, "S", "[[\"a\"]]", 7), 1);
    assert_int_equal(issues_heading(&issues, "S", "[[\"b\"]]", 7), 2);
    assert_int_equal(issues_heading(&issues, "T", "[[\"a\"]]", 7), 3);
    assert_int_equal(issues_heading(&issues, "S", "[[\"a\"]]", 7), 1);
    issues_fini(&issues);
}

/* ---- Cells ----------------------------------------------------------------------------------------------------- */

static struct grid_cell cell(uint32_t column, enum grid_kind kind, const char *text)
{
    return (struct grid_cell){.column = column, .kind = (uint8_t)kind, .text = text, .len = (uint32_t)strlen(text)};
}

static const char *text_of(struct bytes *b)
{
    bytes_reserve(b, 1);
    b->data[b->len] = '\0';
    return b->data;
}

static void expect_cell(struct grid_cell one, const char *json)
{
    struct bytes out = {NULL, 0, 0};
    struct grid_row row = {.n_cells = 1, .cells = &one};
    table_row_cells(&row, 0, &out);
    assert_string_equal(text_of(&out), json);
    bytes_free(&out);
}

static void cells_are_as_the_file_has_them(void **state)
{
    (void)state;
    expect_cell(cell(0, GRID_TEXT, "a\"b\\c\n\t\xff"), "[\"a\\\"b\\\\c\\u000a\\u0009\xef\xbf\xbd\"]");
    expect_cell(cell(2, GRID_TEXT, " x "), "[null,null,\" x \"]");
    expect_cell(cell(0, GRID_NUMBER, "-12.50"), "[-12.50]");
    expect_cell(cell(0, GRID_NUMBER, "1e+21"), "[1000000000000000000000]");
    expect_cell(cell(0, GRID_NUMBER, "-1.25e-7"), "[-0.000000125]");
    expect_cell(cell(0, GRID_NUMBER, "1.2345e+2"), "[123.45]");
    expect_cell(cell(0, GRID_NUMBER, "007"), "[\"007\"]");
    struct grid_cell padded = cell(0, GRID_NUMBER, "4711");
    padded.zero_pad = 7;
    expect_cell(padded, "[\"0004711\"]");
    expect_cell(cell(0, GRID_DATE, "2026-02-05"), "[\"2026-02-05\"]");
    expect_cell(cell(0, GRID_DATE, "2026-02-05T00:00:00"), "[\"2026-02-05\"]");
    expect_cell(cell(0, GRID_ERROR, "#N/A"), "[\"#N/A\"]");
    expect_cell(cell(0, GRID_FORMULA, ""), "[null]");
}

static void long_rows_are_left_out(void **state)
{
    (void)state;
    static char text[ROW_CELLS_MAX + 1];
    memset(text, 'x', ROW_CELLS_MAX);
    expect_cell(cell(0, GRID_TEXT, text), ISSUES_TOO_LONG);
}

static void merges_fill_their_columns(void **state)
{
    (void)state;
    struct bytes out = {NULL, 0, 0};
    struct grid_cell cells[] = {cell(0, GRID_TEXT, ""), cell(1, GRID_NUMBER, "5")}, above = cell(0, GRID_TEXT, "PN-1"),
                     unit = cell(3, GRID_TEXT, "pcs");
    struct grid_row grid = {.n_cells = 2, .cells = cells};
    struct table_row row = {.row = &grid};
    uint32_t column[FIELD_COUNT];
    for (unsigned i = 0; i < FIELD_COUNT; i++)
        column[i] = ARENA_NONE;
    column[FIELD_PART_NUMBER] = 0;
    column[FIELD_QTY] = 1;
    column[FIELD_UNIT] = 3;
    row.field[FIELD_PART_NUMBER] = &above;
    row.field[FIELD_QTY] = &cells[1];
    row.field[FIELD_UNIT] = &unit;
    table_row_cells_filled(&row, column, TABLE_COLUMNS, &out);
    assert_string_equal(text_of(&out), "[\"PN-1\",5,null,\"pcs\"]");
    bytes_free(&out);
}

/* ---- Captions -------------------------------------------------------------------------------------------------- */

static void captions_without_merges_are_as_they_are(void **state)
{
    (void)state;
    struct bytes out = {NULL, 0, 0};
    struct grid_cell upper[] = {cell(0, GRID_TEXT, "Article"), cell(1, GRID_TEXT, "Stock")},
                     lower[] = {cell(1, GRID_TEXT, "Qty"), cell(2, GRID_TEXT, "Sum")};
    struct grid_row rows[] = {{.row = 4, .n_cells = 2, .cells = upper}, {.row = 5, .n_cells = 2, .cells = lower}};
    const struct grid_row *list[] = {&rows[0], &rows[1]};
    table_heading_captions(list, 2, NULL, 0, 0, &out);
    assert_string_equal(text_of(&out), "[[\"Article\",\"Stock\",null],[null,\"Qty\",\"Sum\"]]");
    bytes_free(&out);
}

/* Without its merges "Stock" would reach over the price and over the column without a caption. */
static void merged_captions_are_repeated_and_bounded(void **state)
{
    (void)state;
    struct bytes out = {NULL, 0, 0};
    struct grid_cell upper[] = {cell(1, GRID_TEXT, "Stock")},
                     lower[] = {cell(0, GRID_TEXT, "Article"), cell(1, GRID_TEXT, "Qty"), cell(2, GRID_TEXT, "Sum"),
                                cell(3, GRID_TEXT, "Price"), cell(5, GRID_TEXT, "Unit")};
    struct grid_row rows[] = {{.row = 4, .n_cells = 1, .cells = upper}, {.row = 5, .n_cells = 5, .cells = lower}};
    const struct grid_row *list[] = {&rows[0], &rows[1]};
    struct grid_merge merge = {4, 1, 4, 2};
    table_heading_captions(list, 2, &merge, 1, 0, &out);
    assert_string_equal(text_of(&out), "[[null,\"Stock\",\"Stock\",\"Price\",\"#\",\"Unit\"],"
                                       "[\"Article\",\"Qty\",\"Sum\",\"Price\",null,\"Unit\"]]");
    bytes_free(&out);
}

/* ---- Sentences ------------------------------------------------------------------------------------------------- */

static void expect_message(enum stock_code code, const struct stock_issue_at *at, const char *message)
{
    char out[STOCK_MESSAGE_BYTES];
    stock_issue_message(code, at, out);
    assert_string_equal(out, message);
}

static void messages_name_place_fault_and_cure(void **state)
{
    (void)state;
    struct stock_issue_at at = {.sheet = "Лист1", .row = 6, .column = 2, .caption = "Кол-во", .text = "много"};
    at.text_n = strlen(at.text);
    expect_message(E_QTY_NUM, &at,
                   "Sheet «Лист1», row 7, column C «Кол-во»: «много» is not a number; write the quantity in digits.");
    at.text_n = 0;
    at.sheet = "";
    expect_message(E_QTY_MISSING, &at, "Row 7, column C «Кол-во»: the quantity is missing; write it in digits.");
    at = (struct stock_issue_at){.row = 3, .column = ARENA_NONE, .detail = "USD on 2025-03-15"};
    expect_message(E_NO_RATE, &at, "Row 4: there is no recent rate of USD on 2025-03-15; load it into the rates.");
    at = (struct stock_issue_at){.row = 1, .column = 0, .text = "45210", .text_n = 5, .suggestion = "0045210 = CPU-1"};
    expect_message(W_UNMATCHED, &at,
                   "Row 2, column A: no lot is known for «45210»; stored without one; add it to the "
                   "part-number map; known: 0045210 = CPU-1.");
    at = (struct stock_issue_at){.row = ARENA_NONE, .column = 9, .caption = "РРЦ", .detail = "a selling price"};
    expect_message(W_COLUMN_IGNORED, &at,
                   "Column J «РРЦ»: the column is not read: a selling price; name it with the "
                   "parameter columns if it counts.");
}

static void long_messages_keep_their_advice(void **state)
{
    (void)state;
    char long_text[601] = "", out[STOCK_MESSAGE_BYTES];
    for (unsigned i = 0; i < 300; i++)
        memcpy(long_text + i * 2, "Ж", 2);
    struct stock_issue_at at = {
        .sheet = long_text, .row = 499999, .column = 16383, .caption = long_text, .text = long_text, .text_n = 600};
    for (unsigned code = E_ENCODING; code < STOCK_CODES; code++) {
        at.detail = code % 2 ? long_text : NULL;
        at.suggestion = code % 3 ? long_text : NULL;
        stock_issue_message((enum stock_code)code, &at, out);
        assert_true(utf8_valid(out, strlen(out)));
        assert_true(utf8_count(out, strlen(out)) <= ISSUES_MESSAGE);
        assert_int_equal(out[strlen(out) - 1], '.');
        assert_non_null(strstr(out, ", row 500000, column XFD «"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(come_in_the_files_order),
        cmocka_unit_test(cells_are_kept_once),
        cmocka_unit_test(ten_thousand_of_each_kind),
        cmocka_unit_test(headings_have_numbers),
        cmocka_unit_test(cells_are_as_the_file_has_them),
        cmocka_unit_test(long_rows_are_left_out),
        cmocka_unit_test(merges_fill_their_columns),
        cmocka_unit_test(captions_without_merges_are_as_they_are),
        cmocka_unit_test(merged_captions_are_repeated_and_bounded),
        cmocka_unit_test(messages_name_place_fault_and_cure),
        cmocka_unit_test(long_messages_keep_their_advice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
