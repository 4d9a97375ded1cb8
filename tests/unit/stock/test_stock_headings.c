/* Where a stock import finds its heading, and the date in its file. */
#include "tests/unit/stock/scene.h"

/* ---- Headings -------------------------------------------------------------------------------------------------- */

static void finds_headings(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        {"receipts are no stock, the closing balance is", "",
         "['Номенклатура','Артикул','Приход','','Конечный "
         "остаток',''],['','','Количество','Сумма','Количество','Сумма'],"
         "['x','MM64-R5','5','50','2','20']],'merges':[[0,2,3],[0,4,5]",
         "1 0 0 0 0 0 0 1", "", "MM64R5/ MEM-64 2 0 pcs 10 -"},
        {"the upper caption's currency holds for what stands below it", "",
         "['Артикул','Конечный остаток, USD',''],['','Количество','Сумма'],['MM64-R5','2','20']],'merges':[[0,1,2]",
         "1 0 0 0 0 0 0 1", "", "MM64R5/ MEM-64 2 0 pcs 925 -"},
        {"the lower one's own currency wins", "",
         "['Артикул','Остаток, USD',''],['','Количество','Сумма, руб.'],['MM64-R5','2','20']],'merges':[[0,1,2]",
         "1 0 0 0 0 0 0 1", "", "MM64R5/ MEM-64 2 0 pcs 10 -"},
        {"two rows joined to one label", "",
         "['Артикул','Конечный','Цена'],['','остаток','закупки'],['MM64-R5','5','50']", "1 0 0 0 0 0 0 1", "",
         "MM64R5/ MEM-64 5 0 pcs 50 -"},
        {"a row of text below a heading is data", "", "['Артикул','Количество'],['MM64-R5','5']", "1 0 0 0 0 0 0 1", "",
         "MM64R5/ MEM-64 5 0 pcs - -"},
        {"two part numbers are not guessed", "", "['Артикул','P/N','Qty'],['MM64-R5','SD3T8-E','5']",
         "E_AMBIGUOUS_COLUMN", "", ""},
        {"the fuller heading wins", "", "['Товар','Количество'],['Артикул','Количество','Цена'],['MM64-R5','5','1']",
         "1 0 0 0 0 0 0 1", "", "MM64R5/ MEM-64 5 0 pcs 1 -"},
    };
    CHECK(scenes);
}

/* A heading in this 1-based row and column, one data row below. */
static int find_at(uint32_t row, uint32_t column, bool hidden_first)
{
    static struct grid_run run;
    yajl_val tree = parse_scene(&(struct scene){"place", "", "", "", "", ""});
    grid_run_init(&run, tree);
    struct grid_sink sink = stock_reader_sink(&run.reader);
    struct grid_sheet sheet = {.name = "S"};
    struct grid_cell head[2] = {{.column = column - 1, .kind = GRID_TEXT, .text = "sku", .len = 3},
                                {.column = column, .kind = GRID_TEXT, .text = "qty", .len = 3}};
    struct grid_cell data[2] = {{.column = column - 1, .kind = GRID_TEXT, .text = "X1", .len = 2},
                                {.column = column, .kind = GRID_NUMBER, .text = "1", .len = 1}};
    struct grid_row rows[2] = {{.row = row - 1, .n_cells = 2, .cells = head},
                               {.row = row, .n_cells = 2, .cells = data}};
    for (int pass = hidden_first ? 0 : 1; pass < 2; pass++) {
        sheet.hidden = pass == 0;
        int rc = sink.sheet(sink.ctx, &sheet);
        assert_int_equal(rc, sheet.hidden ? GRID_SKIP_SHEET : 0);
        if (rc == 0) {
            assert_int_equal(sink.row(sink.ctx, &rows[0]), 0);
            assert_int_equal(sink.row(sink.ctx, &rows[1]), 0);
            sink.sheet_end(sink.ctx);
        }
    }
    int rc = stock_reader_finish(&run.reader);
    grid_run_fini(&run);
    yajl_tree_free(tree);
    return rc;
}

static void looks_at_fifty_rows_and_sixty_columns(void **state)
{
    (void)state;
    assert_int_equal(find_at(1, 1, true), 0);
    assert_int_equal(find_at(50, 59, false), 0);
    assert_int_equal(find_at(51, 1, false), -1);
    assert_int_equal(find_at(1, 60, false), -1);
}

static void asks_which_of_two_sheets(void **state)
{
    (void)state;
    static struct grid_run run;
    yajl_val tree = parse_scene(&(struct scene){"sheets", "", "['Артикул','Кол-во'],['MM64-R5','1']", "", "", ""});
    grid_run_init(&run, tree);
    struct grid_sink sink = stock_reader_sink(&run.reader);
    struct grid_sheet empty = {.name = "Notes"};
    assert_int_equal(sink.sheet(sink.ctx, &empty), 0);
    assert_int_equal(sink.sheet_end(sink.ctx), 0);
    assert_int_equal(grid_send(json_member(tree, "grid"), NULL, NULL, true, &sink), 0);
    assert_int_equal(grid_send(json_member(tree, "grid"), NULL, NULL, false, &sink), 0);
    assert_int_equal(grid_send(json_member(tree, "grid"), NULL, NULL, false, &sink), 0);
    assert_int_equal(stock_reader_finish(&run.reader), -1);
    assert_string_equal(run.reader.table.failure, "E_SHEETS");
    grid_run_fini(&run);
    yajl_tree_free(tree);
}

static void date_is(const char *params, const char *above, const char *expected)
{
    static struct grid_run run;
    char grid[600], date[11];
    snprintf(grid, sizeof grid, "%s,['Артикул','Кол-во'],['MM64-R5','1'],['','01.01.2027']", above);
    yajl_val tree = parse_scene(&(struct scene){"date", params, grid, "", "", ""});
    grid_run(&run, tree);
    value_date_format(run.reader.context.stock_date, date);
    assert_string_equal(date, expected);
    grid_run_fini(&run);
    yajl_tree_free(tree);
}

static void dates_the_stock(void **state)
{
    (void)state;
    date_is("", "['Остатки']", "2026-02-05");
    date_is("'stock_date':'2025-12-31'", "['на 04.02.2026']", "2025-12-31");
    date_is("", "['с 01.02.2026 по 4.2.2026 (1С 8.3.25)']", "2026-02-04");
    date_is("", "['на 2026-01-31','на 30.01.2026']", "2026-01-31");
    date_is("", "['на 04.02.2026'],['Дата печати: 06.02.2026'],['Отчёт сформирован 07.02.2026']", "2026-02-04");
    date_is("", "['31.02.2026 и 10.20.30.2026']", "2026-02-05");
    date_is("", "['Остатки на 3.2.26'],['с 01.02.26 по 04.02.26'],['01.01.70']", "2026-02-04");
    date_is("", "['Остатки на 03.02.2026 (1С 8.3.27)']", "2026-02-03");
    date_is("", "['конфигурация 3.0.15.22']", "2026-02-05");
    date_is("", "['На дату',{'d':'2026-02-03T00:00:00'}]", "2026-02-03");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_headings),
        cmocka_unit_test(looks_at_fifty_rows_and_sixty_columns),
        cmocka_unit_test(asks_which_of_two_sheets),
        cmocka_unit_test(dates_the_stock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
