/* Rules of the stock import beyond the worked examples: scenes with the few numbers that matter, and random grids whose
 * totals must add up. Scenes are JSON with ' for ". */
#include "tests/unit/stock_grid.h"

#define CATALOGUE                                                                                                                   \
    "'warehouses':[{'code':'MAIN','name':'Основной склад'},{'code':'REMOTE','name':'Удалённый склад'}]," \
    "'components':[{'lot_code':'CPU-32C'},{'lot_code':'MEM-64'},{'lot_code':'SSD-3T8'},{'lot_code':'CAB-PWR',"                      \
    "'unit':'m'}],"                                                                                                                 \
    "'part_numbers':[{'part_number':'KLV-32R5-48','lot_code':'CPU-32C','vendor':'Kelvar'},"                                         \
    "{'part_number':'MM64-R5','lot_code':'MEM-64'},{'part_number':'MM64-R5 KIT2','lot_code':'MEM-64','lot_qty':'2'},"               \
    "{'part_number':'SD3T8-E','lot_code':'SSD-3T8','pack_qty':'2.5'},"                                                              \
    "{'part_number':'DUP-100','lot_code':'SSD-3T8','vendor':'Ostrum'},"                                                             \
    "{'part_number':'DUP-100','lot_code':'MEM-64','vendor':'Tavrex'},{'part_number':'PWR-CAB','lot_code':'CAB-PWR'},"               \
    "{'part_number':'4711','lot_code':'SSD-3T8','vendor':'1C'},{'part_number':'4711','lot_code':'MEM-64',"                          \
    "'vendor':'Other'}],"                                                                                                           \
    "'rates':[{'currency':'USD','date':'2026-02-03','nominal':1,'rate':'92.5000'},"                                                 \
    "{'currency':'JPY','date':'2026-02-04','nominal':100,'rate':'61.2345'},"                                                        \
    "{'currency':'EUR','date':'2026-01-22','nominal':1,'rate':'101.0000'},"                                                         \
    "{'currency':'CNY','date':'2026-01-21','nominal':1,'rate':'12.0000'}]"

struct scene {
    const char *title;
    const char *params; /* JSON members */
    const char *grid;   /* JSON rows; may be followed by ],'merges':[… */
    const char *counts; /* "rows_total rejected header group total other merged matched" */
    const char *codes;  /* "E_X:1 W_Y:2", in the order of the list of codes */
    const char *items;  /* "PN/VENDOR lot qty reserved unit cost date; …" in file order; "-" = none */
};

static yajl_val parse_scene(const struct scene *scene)
{
    char text[16384], why[200];
    int n = snprintf(text, sizeof text, "{" CATALOGUE ",'today':'2026-02-05','params':{%s},'grid':[%s]}", scene->params,
                     scene->grid);
    assert_true(n > 0 && (size_t)n < sizeof text);
    for (char *p = text; *p; p++)
        if (*p == '\'')
            *p = '"';
    yajl_val tree = json_parse(text, (size_t)n, 16, why, sizeof why);
    if (!tree)
        fail_msg("%s: %s", scene->title, why);
    return tree;
}

static void same(const struct scene *scene, const char *what, const char *have, const char *want)
{
    if (strcmp(have, want) != 0)
        fail_msg("%s: %s are \"%s\", expected \"%s\"", scene->title, what, have, want);
}

static void write_codes(const struct stock_issues *issues, char *out, size_t size)
{
    size_t n = 0;
    out[0] = '\0';
    for (unsigned code = 1; code < STOCK_CODES; code++)
        if (issues->count[code])
            n += (size_t)snprintf(out + n, size - n, "%s%s:%llu", n ? " " : "", stock_code_name((enum stock_code)code),
                                  (unsigned long long)issues->count[code]);
}

static size_t write_item(const struct grid_run *run, const struct stock_item *item, char *out, size_t size)
{
    char qty[48], reserved[48], cost[48] = "-", date[16] = "-";
    const struct stock_component *lot = item->component == MEM_NONE ? NULL : &run->catalog.components[item->component];
    dec_format(item->qty, 3, true, qty, sizeof qty);
    dec_format(item->reserved, 3, true, reserved, sizeof reserved);
    if (item->cost >= 0)
        dec_format(item->cost, 4, true, cost, sizeof cost);
    if (item->date)
        snprintf(date, sizeof date, "%u", item->date);
    return (size_t)snprintf(out, size, "%s/%s %s %s %s %s %s %s", stock_item_pn(&run->items, item),
                            stock_item_vendor(&run->items, item), lot ? stock_text(&run->catalog, lot->lot_code) : "-",
                            qty, reserved, unit_name((enum unit)item->unit), cost, date);
}

static void write_items(const struct grid_run *run, char *out, size_t size)
{
    size_t n = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < run->n_lines; i++) {
        n += (size_t)snprintf(out + n, size - n, "%s", i ? "; " : "");
        n += write_item(run, &run->items.item[run->lines[i].item], out + n, size - n);
    }
}

static void check_scene(const struct scene *scene)
{
    static struct grid_run run;
    char text[2000];
    yajl_val tree = parse_scene(scene);
    grid_run(&run, tree);
    struct stock_totals t = stock_items_totals(&run.items, run.params.mode);
    const struct stock_reader *r = &run.reader;
    snprintf(text, sizeof text, "%u %u %u %u %u %u %u %u", r->rows_total, r->rows_rejected, r->skipped[SKIP_HEADER],
             r->skipped[SKIP_GROUP], r->skipped[SKIP_TOTAL], r->skipped[SKIP_OTHER_WAREHOUSE], r->duplicates_merged,
             t.matched);
    if (run.rc != 0)
        same(scene, "failures", r->failure, scene->counts);
    else
        same(scene, "counts", text, scene->counts);
    write_codes(&r->issues, text, sizeof text);
    same(scene, "codes", text, scene->codes);
    write_items(&run, text, sizeof text);
    same(scene, "items", text, scene->items);
    grid_run_fini(&run);
    yajl_tree_free(tree);
}

static void check_scenes(const struct scene *scenes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check_scene(&scenes[i]);
}
#define CHECK(scenes) check_scenes(scenes, sizeof scenes / sizeof scenes[0])
#define ALL           "'max_reject_pct':100"

/* ---- Rows ------------------------------------------------------------------------------------------------------ */

static void sorts_rows(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        {"without a unit column the next row's level tells a group", "",
         "['Наименование','Артикул','Остаток'],['Процессоры','',{'n':'7'}],{'outline':1,'cells':['','KLV-32R5-48',{'n':"
         "'7'}]},"
         "['Без номера','',{'n':'1'}]",
         "2 1 0 1 0 0 0 1", "E_PN_EMPTY:1", "KLV32R548/KELVAR CPU-32C 7 0 pcs - -"},
        {"a level less deep is no group", ALL, "['Наименование','Остаток'],['Разное',{'n':'7'}],['Итого',{'n':'7'}]",
         "1 1 0 0 1 0 0 0", "E_PN_EMPTY:1", ""},
        {"without a quantity a row is a group", "",
         "['Наименование','Артикул','Остаток'],['Память','',''],['','MM64-R5',{'n':'1'}]", "1 0 0 1 0 0 0 1", "",
         "MM64R5/ MEM-64 1 0 pcs - -"},
        {"the heading again on each page", "",
         "['Артикул','Количество','Цена, руб.'],['MM64-R5',{'n':'1'},''],['Артикул','Количество','Цена, руб.'],"
         "['SD3T8-E',{'n':'2'},{'n':'10'}]",
         "2 0 1 0 0 0 0 2", "W_COST_MISSING:1", "MM64R5/ MEM-64 1 0 pcs - -; SD3T8E/ SSD-3T8 2 0 pcs 10 -"},
        {"column numbers as text", "", "['Артикул','Кол-во','Цена'],['1','2','3'],['MM64-R5','4','5']",
         "1 0 1 0 0 0 0 1", "", "MM64R5/ MEM-64 4 0 pcs 5 -"},
        {"a code 1 with quantity 2 is no heading", "", "['Код','Количество'],[{'n':'1'},{'n':'2'}]", "1 0 0 0 0 0 0 0",
         "W_UNMATCHED:1", "1/ - 2 0 pcs - -"},
        {"rows outside the recognised columns do not count", "",
         "['Примечание','Артикул','Кол-во'],['подпись'],['','',' '],['x','MM64-R5','4']", "1 0 0 0 0 0 0 1", "",
         "MM64R5/ MEM-64 4 0 pcs - -"},
        {"a total is a whole word", "",
         "['Наименование','Ед.','Кол-во'],['Итоговый MM64-R5','шт','4'],['ИТОГО:','','4'],['Общий итог','','4'],"
         "['Grand total','','4']",
         "1 0 0 0 3 0 0 1", "W_PN_FROM_NAME:1", "MM64R5/ MEM-64 4 0 pcs - -"},
        {"a warehouse column", "",
         "['Склад','Артикул','Кол-во'],['main','MM64-R5','1'],['Удаленный склад','MM64-R5','2'],['','MM64-R5','4'],"
         "['Основной склад','MM64-R5','8'],['Нигде','MM64-R5','16']",
         "3 0 0 0 0 2 2 1", "", "MM64R5/ MEM-64 13 0 pcs - -"},
        {"a section and a column that disagree", "",
         "['Склад','Артикул','Наименование','Ед.','Кол-во'],['','','Удалённый "
         "склад'],['MAIN','MM64-R5','','шт','1'],['','','Основной склад'],"
         "['REMOTE','MM64-R5','','шт','2'],['MAIN','MM64-R5','','шт','4']",
         "1 0 0 2 0 2 0 1", "", "MM64R5/ MEM-64 4 0 pcs - -"},
        {"groups inside a section stay in it", "",
         "['Артикул','Наименование','Ед.','Кол-во'],['','Удалённый "
         "склад'],['','Память'],['MM64-R5','','шт','1'],['','MAIN'],"
         "['','Память'],['MM64-R5','','шт','2']",
         "1 0 0 4 0 1 0 1", "", "MM64R5/ MEM-64 2 0 pcs - -"},
    };
    CHECK(scenes);
}

/* Rows of a grid of columns other than the heading's. */
static void rows_of_other_columns(void **state)
{
    (void)state;
#define TABLE "['Артикул','Кол-во'],['MM64-R5','5']"
#define OTHER "{'grid':1,'cells':["
    static const struct scene scenes[] = {
        {"titles, totals and signatures need no columns", "",
         OTHER "'Отчёт за','01.02.2026']}," TABLE "," OTHER "'','Подпись','Иванов И. И.']}," OTHER
               "'Итого:','',{'n':'5'}]}," OTHER "'1','2','3']}," OTHER "'','']}",
         "1 0 1 1 1 0 0 1", "", "MM64R5/ MEM-64 5 0 pcs - -"},
        {"a section over the whole width", "", TABLE "," OTHER "'','','REMOTE']},['SD3T8-E','2']", "1 0 0 1 0 1 0 1",
         "", "MM64R5/ MEM-64 5 0 pcs - -"},
        {"a number beside a name may be stock", "", TABLE "," OTHER "'SD3T8-E','','2']}", "E_AMBIGUOUS_COLUMN", "",
         "MM64R5/ MEM-64 5 0 pcs - -"},
        {"a number cell too", "", TABLE "," OTHER "'SD3T8-E',{'n':'2'}]}", "E_AMBIGUOUS_COLUMN", "",
         "MM64R5/ MEM-64 5 0 pcs - -"},
        {"all rows below the heading", "", "['Артикул','Кол-во']," OTHER "'MM64-R5','5']}", "E_AMBIGUOUS_COLUMN", "",
         ""},
        {"two grids make no heading together", "", "['Артикул','Конечный']," OTHER "'','остаток']}", "E_NO_HEADER", "",
         ""},
    };
    CHECK(scenes);
}

/* The places of the heading's columns and of others are told. */
static void rows_of_other_columns_are_lined_up(void **state)
{
    (void)state;
#define PLACES          "],'grids':[[100,160,400],[50,100,160,400],[90,160,400],[400],[100,220,400],[160,220,400],[100,100,160]"
#define IN(GRID, CELLS) ",{'grid':" #GRID ",'cells':[" CELLS "]}" PLACES
    static const struct scene scenes[] = {
        {"columns that begin where those of the heading do", "", TABLE IN(1, "'SD3T8-E','','2','note'"),
         "2 0 0 0 0 0 0 2", "", "MM64R5/ MEM-64 5 0 pcs - -; SD3T8E/ SSD-3T8 2 0 pcs - -"},
        {"all rows below the heading", "", "['Артикул','Кол-во']" IN(1, "'SD3T8-E','','2'"), "1 0 0 0 0 0 0 1", "",
         "SD3T8E/ SSD-3T8 2 0 pcs - -"},
        {"a quantity that is none", "", TABLE IN(1, "'SD3T8-E','','нет'"), "2 1 0 0 0 0 0 1", "E_QTY_NUM:1",
         "MM64R5/ MEM-64 5 0 pcs - -"},
        {"columns that begin elsewhere", "", TABLE IN(2, "'SD3T8-E','2'"), "E_AMBIGUOUS_COLUMN", "",
         "MM64R5/ MEM-64 5 0 pcs - -"},
        {"a text within a column", "", TABLE IN(1, "'SD3T8-E','x','2'"), "E_AMBIGUOUS_COLUMN", "",
         "MM64R5/ MEM-64 5 0 pcs - -"},
        {"a column of no width", "", TABLE IN(6, "'SD3T8-E','','2'"), "2 0 0 0 0 0 0 2", "",
         "MM64R5/ MEM-64 5 0 pcs - -; SD3T8E/ SSD-3T8 2 0 pcs - -"},
        {"a grid of unknown places", "", TABLE IN(9, "'SD3T8-E','2'"), "E_AMBIGUOUS_COLUMN", "",
         "MM64R5/ MEM-64 5 0 pcs - -"},
        {"signatures", "", TABLE IN(2, "'Подпись','Иванов И. И.'"), "1 0 0 1 0 0 0 1", "",
         "MM64R5/ MEM-64 5 0 pcs - -"},
        {"a number under no column of the heading", "", TABLE IN(2, "'Телефон','','555'"), "1 0 0 1 0 0 0 1", "",
         "MM64R5/ MEM-64 5 0 pcs - -"},
        {"a note over the whole width", "", TABLE IN(3, "'2026'"), "1 0 0 1 0 0 0 1", "", "MM64R5/ MEM-64 5 0 pcs - -"},
        {"a number alone", "", TABLE IN(1, "'','','2'"), "1 0 0 1 0 0 0 1", "", "MM64R5/ MEM-64 5 0 pcs - -"},
        {"a total at the places of the table", "", TABLE IN(1, "'Итого','','5'"), "1 0 0 0 1 0 0 1", "",
         "MM64R5/ MEM-64 5 0 pcs - -"},
        {"a total elsewhere", "", TABLE IN(2, "'Всего:','5'"), "1 0 0 0 1 0 0 1", "", "MM64R5/ MEM-64 5 0 pcs - -"},
        {"the heading again", "", TABLE IN(1, "'Артикул','','Кол-во'"), "1 0 1 0 0 0 0 1", "",
         "MM64R5/ MEM-64 5 0 pcs - -"},
        {"the heading again elsewhere", "", TABLE IN(2, "'Артикул','Кол-во'"), "1 0 0 1 0 0 0 1", "",
         "MM64R5/ MEM-64 5 0 pcs - -"},
        {"a caption over two columns", "",
         "['Артикул','Кол-во',''],['MM64-R5','5']" IN(4, "'SD3T8-E','2'") "],'merges':[[0,1,2]", "2 0 0 0 0 0 0 2", "",
         "MM64R5/ MEM-64 5 0 pcs - -; SD3T8E/ SSD-3T8 2 0 pcs - -"},
        {"within a caption over two columns", "",
         "['Артикул','Кол-во',''],['MM64-R5','5']" IN(5, "'SD3T8-E','2'") "],'merges':[[0,1,2]", "E_AMBIGUOUS_COLUMN",
         "", "MM64R5/ MEM-64 5 0 pcs - -"},
    };
    CHECK(scenes);
}

/* Whose amounts are missing because nobody has calculated them is told so. */
static void tells_of_formulas(void **state)
{
    (void)state;
    static struct grid_run run;
    static const struct {
        const char *grid, *failure;
        unsigned formulas;
    } cases[] = {
        {"['Артикул','Кол-во'],{'uncalculated':2,'cells':['MM64-R5']},{'uncalculated':1,'cells':['MM64-R5']}",
         "2 of 2 rows were refused, more than 50 %; nothing was changed. 3 formulas have no value yet: open the file "
         "in a "
         "spreadsheet program, save it and send that.",
         3},
        {"{'uncalculated':1,'cells':['Артикул','Кол-во']},['MM64-R5','1']", "", 0},
        {"['Артикул','Кол-во'],{'uncalculated':1,'cells':['MM64-R5','1']}", "", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        yajl_val tree = parse_scene(&(struct scene){"formulas", "", cases[i].grid, "", "", ""});
        grid_run(&run, tree);
        assert_int_equal(run.rc, cases[i].failure[0] ? -1 : 0);
        assert_string_equal(run.reader.failure_text, cases[i].failure);
        assert_int_equal(run.reader.uncalculated, cases[i].formulas);
        grid_run_fini(&run);
        yajl_tree_free(tree);
    }
}

static void fails_as_a_whole(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        {"nothing but a heading", "", "['Артикул','Кол-во']", "E_NO_DATA", "", ""},
        {"only other warehouses", "", "['Склад','Артикул','Кол-во'],['REMOTE','MM64-R5','1']", "E_NO_DATA", "", ""},
        {"a name is no heading", "", "['Наименование','Цена'],['MM64-R5','1']", "E_NO_HEADER", "", ""},
        {"an empty sheet", "", "", "E_NO_HEADER", "", ""},
        {"two quantities", "", "['Артикул','Кол-во','Остаток'],['MM64-R5','1','2']", "E_AMBIGUOUS_COLUMN", "", ""},
        {"just too many errors", "'max_reject_pct':49", "['Артикул','Кол-во'],['MM64-R5','1'],['MM64-R5','x']",
         "E_TOO_MANY_ERRORS", "E_QTY_NUM:1", "MM64R5/ MEM-64 1 0 pcs - -"},
        {"just not too many", "'max_reject_pct':50", "['Артикул','Кол-во'],['MM64-R5','1'],['MM64-R5','x']",
         "2 1 0 0 0 0 0 1", "E_QTY_NUM:1", "MM64R5/ MEM-64 1 0 pcs - -"},
    };
    CHECK(scenes);
}

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
        {"the leftmost column of a field wins", "", "['Артикул','P/N','Qty'],['MM64-R5','SD3T8-E','5']",
         "1 0 0 0 0 0 0 1", "", "MM64R5/ MEM-64 5 0 pcs - -"},
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
        int rc = sink.sheet(&run.reader, &sheet);
        assert_int_equal(rc, sheet.hidden ? GRID_SKIP_SHEET : 0);
        if (rc == 0) {
            assert_int_equal(sink.row(&run.reader, &rows[0]), 0);
            assert_int_equal(sink.row(&run.reader, &rows[1]), 0);
            sink.sheet_end(&run.reader);
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

static void takes_the_first_sheet_with_a_heading(void **state)
{
    (void)state;
    static struct grid_run run;
    yajl_val tree = parse_scene(&(struct scene){"sheets", "", "['Артикул','Кол-во'],['MM64-R5','1']", "", "", ""});
    grid_run_init(&run, tree);
    struct grid_sink sink = stock_reader_sink(&run.reader);
    struct grid_sheet empty = {.name = "Notes"};
    assert_int_equal(sink.sheet(&run.reader, &empty), 0);
    assert_int_equal(sink.sheet_end(&run.reader), 0);
    assert_int_equal(grid_send(json_member(tree, "grid"), NULL, NULL, true, &sink), 0);
    assert_int_equal(grid_send(json_member(tree, "grid"), NULL, NULL, false, &sink), GRID_STOP);
    assert_int_equal(grid_send(json_member(tree, "grid"), NULL, NULL, false, &sink), 0);
    assert_int_equal(stock_reader_finish(&run.reader), 0);
    assert_int_equal(run.reader.rows_total, 1);
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

/* ---- Identity -------------------------------------------------------------------------------------------------- */

static void identifies(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        {"vendors", ALL,
         "['Артикул','Бренд','Кол-во'],['DUP-100','ostrum','1'],['DUP-100','Tavrex','2'],['DUP-100','Other','3'],"
         "['KLV-32R5-48','Other','4'],['KLV-32R5-48','','5'],['NEW-1','New Co.','6'],['MM64-R5','Any','7']",
         "7 1 0 0 0 0 1 4", "E_PN_AMBIGUOUS:1 W_VENDOR:1 W_UNMATCHED:1",
         "DUP100/OSTRUM SSD-3T8 1 0 pcs - -; DUP100/TAVREX MEM-64 2 0 pcs - -; KLV32R548/KELVAR CPU-32C 9 0 pcs - -; "
         "NEW1/NEWCO - 6 0 pcs - -; MM64R5/ MEM-64 7 0 pcs - -"},
        {"a known lot wins over the map, an unknown one does not", "",
         "['Артикул','Лот','Кол-во'],['MM64-R5','ssd "
         "3t8','1'],['DUP-100','MEM-64','2'],['SD3T8-E','XXX','3'],['','CPU-32C','4'],"
         "['','YYY-1','5']",
         "5 0 0 0 0 0 0 4", "W_UNMATCHED:1",
         "MM64R5/ SSD-3T8 1 0 pcs - -; DUP100/TAVREX MEM-64 2 0 pcs - -; SD3T8E/ SSD-3T8 3 0 pcs - -; CPU32C/ CPU-32C "
         "4 0 pcs - -; "
         "YYY1/ - 5 0 pcs - -"},
        {"item codes are 1C's", "", "['Код','Кол-во'],['4711','1']", "1 0 0 0 0 0 0 1", "",
         "4711/1C SSD-3T8 1 0 pcs - -"},
        {"the same number as a part number has two lots", ALL, "['Артикул','Кол-во'],['4711','1']", "1 1 0 0 0 0 0 0",
         "E_PN_AMBIGUOUS:1", ""},
        {"a lot's code stands for it", "", "['Артикул','Кол-во'],['mem 64','1']", "1 0 0 0 0 0 0 1", "",
         "MEM64/ MEM-64 1 0 pcs - -"},
        {"numbers in names", ALL,
         "['Наименование','Ед.','Кол-во'],['Модуль (MM64-R5), 64 ГБ','шт','1'],['Модуль MM64-R5;MEM-64','шт','2'],"
         "['MM64-R5 или SD3T8-E','шт','3'],['ММ64-R5','шт','4'],['Кабель 5 м','шт','5'],['DUP-100','шт','6']",
         "6 3 0 0 0 0 2 1", "E_PN_EMPTY:1 E_PN_AMBIGUOUS:2 W_PN_FOLDED:1 W_PN_FROM_NAME:3",
         "MM64R5/ MEM-64 7 0 pcs - -"},
        {"names can be left alone", "'pn_from_name':false," ALL,
         "['Наименование','Ед.','Кол-во'],['Модуль MM64-R5','шт','1']", "1 1 0 0 0 0 0 0", "E_PN_EMPTY:1", ""},
        {"number cells", ALL,
         "['Артикул','Кол-во'],[{'n':'4712','fmt':'000000'},'1'],[{'n':'90.75'},'1'],[{'n':'123456789012345'},'1'],"
         "[{'n':'1e+21'},'1'],[{'n':'1.5E3'},'1'],['1,23E+15','1'],['1E5','1'],[{'d':'2026-12-05'},'1'],['---','1']",
         "9 4 0 0 0 0 0 0", "E_PN_EMPTY:1 E_PN_SCI:3 W_UNMATCHED:5",
         "004712/ - 1 0 pcs - -; 9075/ - 1 0 pcs - -; 123456789012345/ - 1 0 pcs - -; 1500/ - 1 0 pcs - -; 1E5/ - 1 0 "
         "pcs - -"},
        {"too long", ALL,
         "['Артикул','Кол-во'],['AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA','1']",
         "1 1 0 0 0 0 0 0", "E_PN_LONG:1", ""},
    };
    CHECK(scenes);
}

static void refuses_broken_text(void **state)
{
    (void)state;
    static struct grid_run run;
    yajl_val tree = parse_scene(&(struct scene){"bytes", ALL, "", "", "", ""});
    grid_run_init(&run, tree);
    struct grid_sink sink = stock_reader_sink(&run.reader);
    struct grid_sheet sheet = {.name = "S"};
    static const char *const texts[][3] = {
        {"sku", "name", "qty"}, {"A\xff", "n", "1"}, {"A1", "n\xc3", "1"}, {"A2", "n", "1"}};
    sink.sheet(&run.reader, &sheet);
    for (uint32_t i = 0; i < 4; i++) {
        struct grid_cell cells[3];
        for (uint32_t c = 0; c < 3; c++)
            cells[c] = (struct grid_cell){
                .column = c, .kind = GRID_TEXT, .text = texts[i][c], .len = (uint32_t)strlen(texts[i][c])};
        struct grid_row row = {.row = i, .n_cells = 3, .cells = cells};
        assert_int_equal(sink.row(&run.reader, &row), 0);
    }
    sink.sheet_end(&run.reader);
    assert_int_equal(stock_reader_finish(&run.reader), 0);
    assert_int_equal(run.reader.issues.count[E_ENCODING], 2);
    assert_int_equal(stock_reader_accepted(&run.reader), 1);
    /* What is kept of the row is valid again. */
    const struct stock_issue *issue = stock_issues_at(&run.reader.issues, 0);
    assert_string_equal(mem_text(&run.reader.issues.text, issue->raw), "A\xef\xbf\xbd\tn\t1");
    grid_run_fini(&run);
    yajl_tree_free(tree);
}

/* ---- Amounts --------------------------------------------------------------------------------------------------- */

static void measures(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        {"units", ALL,
         "['Артикул','Ед. изм.','Кол-во','Цена'],['SD3T8-E','упак','3','50'],['MM64-R5','тыс. шт','0.5','2000'],"
         "['KLV-32R5-48','пара','2','10'],['PWR-CAB','м','2.5','10'],['PWR-CAB','','1','10'],['PWR-CAB','шт','1','10'],"
         "['MM64-R5','м','1','10'],['NEW-1','компл','1','10'],['NEW-2','пог. м','1','10'],['NEW-3','упак','1','10'],"
         "['NEW-4',{'n':'796'},'1','10'],['NEW-5',{'n':'6','fmt':'000'},'1','10'],['NEW-6','кг','1','10']",
         "13 4 0 0 0 0 1 4", "E_UNIT:1 E_UNIT_PACK:1 E_UNIT_MISMATCH:2 W_UNMATCHED:4",
         "SD3T8E/ SSD-3T8 7.5 0 pcs 20 -; MM64R5/ MEM-64 500 0 pcs 2 -; KLV32R548/KELVAR CPU-32C 4 0 pcs 5 -; "
         "PWRCAB/ CAB-PWR 3.5 0 m 10 -; NEW1/ - 1 0 set 10 -; NEW2/ - 1 0 m 10 -; NEW4/ - 1 0 pcs 10 -; NEW5/ - 1 0 m "
         "10 -"},
        {"quantities", ALL,
         "['Артикул','Кол-во'],['A1','1 "
         "000'],['A2','>5'],['A3','0,0004'],['A4',{'n':'12.300000000000001'}],['A5','1e3'],['A6','-'],"
         "['A7','(5)'],['A8',{'n':'999999999999.999'}],['A9',{'n':'1000000000000'}],['B1',{'n':'0'}],['B2',{'d':'2026-"
         "01-01'}]",
         "11 5 0 0 0 0 0 0",
         "E_QTY_MISSING:1 E_QTY_NUM:2 E_QTY_NEGATIVE:1 E_QTY_RANGE:1 W_QTY_APPROX:1 W_QTY_ROUNDED:1 W_UNMATCHED:6",
         "A1/ - 1000 0 pcs - -; A2/ - 5 0 pcs - -; A3/ - 0 0 pcs - -; A4/ - 12.3 0 pcs - -; A8/ - 999999999999.999 0 "
         "pcs - -; "
         "B1/ - 0 0 pcs - -"},
        {"english numbers", "'number_locale':'en'", "['SKU','Qty'],['A1','1,234'],['A2','1,234.5']", "2 0 0 0 0 0 0 0",
         "W_UNMATCHED:2", "A1/ - 1234 0 pcs - -; A2/ - 1234.5 0 pcs - -"},
        {"negative ones kept", "'negative':'keep'", "['SKU','Qty','Total'],['A1','-3','-300'],['A2','-1','5']",
         "2 1 0 0 0 0 0 0", "E_COST_NEGATIVE:1 W_QTY_NEGATIVE:1 W_UNMATCHED:1", "A1/ - -3 0 pcs 100 -"},
        {"free and reserved", ALL,
         "['SKU','Available','Reserved'],['A1','5','2'],['A2','5','x'],['A3','5','-1'],['A4','','3'],['A5','-1','3'],['"
         "A6','-4','3']",
         "6 2 0 0 0 0 0 0", "E_QTY_MISSING:1 E_QTY_NEGATIVE:1 W_RESERVED:3 W_UNMATCHED:4",
         "A1/ - 7 2 pcs - -; A2/ - 5 0 pcs - -; A3/ - 5 0 pcs - -; A5/ - 2 3 pcs - -"},
        {"the quantity column wins over the free one", "",
         "['SKU','On hand','Available','Reserved'],['A1','9','5','2']", "1 0 0 0 0 0 0 0", "W_UNMATCHED:1",
         "A1/ - 9 2 pcs - -"},
    };
    CHECK(scenes);
}

static void costs(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        {"totals", ALL,
         "['SKU','Qty','Amount'],['A1','3','100'],['A2','0','100'],['A3','0','0'],['A4','3','0'],['A5','3',''],['A6','"
         "3','много'],"
         "['A7','3','-1'],['A8','30000','0.0001']",
         "8 2 0 0 0 0 0 0", "E_COST_NUM:1 E_COST_NEGATIVE:1 W_COST_ZERO:3 W_COST_MISSING:2 W_UNMATCHED:6",
         "A1/ - 3 0 pcs 33.3333 -; A2/ - 0 0 pcs - -; A3/ - 0 0 pcs - -; A4/ - 3 0 pcs - -; A5/ - 3 0 pcs - -; A8/ - "
         "30000 0 pcs - -"},
        {"a missing price falls back to the total", "",
         "['SKU','Qty','Price','Amount'],['A1','2','','100'],['A2','2','7','100']", "2 0 0 0 0 0 0 0", "W_UNMATCHED:2",
         "A1/ - 2 0 pcs 50 -; A2/ - 2 0 pcs 7 -"},
        {"currencies by row, suffix, heading", ALL,
         "['SKU','Qty','Price, EUR','Currency'],['A1','1','100','usd'],['A2','1','100 "
         "$',''],['A3','1','100',''],['A4','1','100','руб.'],"
         "['A5','1','100','JPY'],['A6','1','100','CNY'],['A7','1','100','тугрик'],['A8','1','','тугрик'],['A9','1','"
         "100 $','RUB']",
         "9 2 0 0 0 0 0 0", "E_CURRENCY:1 E_NO_RATE:1 W_COST_MISSING:1 W_UNMATCHED:7",
         "A1/ - 1 0 pcs 9250 -; A2/ - 1 0 pcs 9250 -; A3/ - 1 0 pcs 10100 -; A4/ - 1 0 pcs 100 -; A5/ - 1 0 pcs "
         "61.2345 -; "
         "A8/ - 1 0 pcs - -; A9/ - 1 0 pcs 100 -"},
        {"the heading's VAT wins over the parameter", "'cost_vat_included':true,'vat_rate':'20'",
         "['SKU','Qty','Price excl. VAT'],['A1','1','120']", "1 0 0 0 0 0 0 0", "W_UNMATCHED:1", "A1/ - 1 0 pcs 120 -"},
        {"rounded once", "'cost_vat_included':true,'vat_rate':'22'", "['SKU','Qty','Amount, USD'],['A1','7','1']",
         "1 0 0 0 0 0 0 0", "W_UNMATCHED:1", "A1/ - 7 0 pcs 10.8314 -"},
        {"too large", ALL,
         "['SKU','Qty','Price'],['A1','1','9999999999.9999'],['A2','1','10000000000'],['A3','1','1000000000000']",
         "3 2 0 0 0 0 0 0", "E_COST_NUM:2 W_UNMATCHED:1", "A1/ - 1 0 pcs 9999999999.9999 -"},
        {"a large amount of many pieces", ALL,
         "['SKU','Qty','Amount, "
         "USD'],['A1','999999999999','123456789012345'],['A2','1','99999999999999999999999999999'],['A3',"
         "'0.001','1e']",
         "3 2 0 0 0 0 0 0", "E_COST_NUM:2 W_UNMATCHED:1", "A1/ - 999999999999 0 pcs 11419.753 -"},
        {"dates", "",
         "['SKU','Qty','Received "
         "on'],['A1','1','5.2.26'],['A2','1',{'n':'46037'}],['A3','1',{'d':'2026-02-05T11:00:00'}],"
         "['A4','1',{'d':'11:00:00'}],['A5','1','вчера'],['A6','1','']",
         "6 0 0 0 0 0 0 0", "W_DATE:2 W_UNMATCHED:6",
         "A1/ - 1 0 pcs - 20260205; A2/ - 1 0 pcs - 20260115; A3/ - 1 0 pcs - 20260205; A4/ - 1 0 pcs - -; A5/ - 1 0 "
         "pcs - -; "
         "A6/ - 1 0 pcs - -"},
    };
    CHECK(scenes);
}

static void merges_duplicates(void **state)
{
    (void)state;
#define TWICE                                                                                                          \
    "['SKU','Qty','Reserved','Price','Received on'],['A-1','2','1','10','01.02.2026'],['B1','1','','1',''],"           \
    "['a1','6','','14','03.01.2026'],['A 1','1','1','','']"
    static const struct scene scenes[] = {
        {"sum", "", TWICE, "4 0 0 0 0 0 2 0", "W_COST_MISSING:1 W_UNMATCHED:4",
         "A1/ - 9 2 pcs 13 20260201; B1/ - 1 0 pcs 1 -"},
        {"first", "'duplicates':'first'", TWICE, "4 0 0 0 0 0 2 0", "W_COST_MISSING:1 W_UNMATCHED:4",
         "A1/ - 2 1 pcs 10 20260201; B1/ - 1 0 pcs 1 -"},
        {"last", "'duplicates':'last'", TWICE, "4 0 0 0 0 0 2 0", "W_COST_MISSING:1 W_UNMATCHED:4",
         "A1/ - 1 1 pcs - -; B1/ - 1 0 pcs 1 -"},
        {"reject", "'duplicates':'reject'", TWICE, "4 2 0 0 0 0 0 0", "E_DUP:2 W_UNMATCHED:2",
         "A1/ - 2 1 pcs 10 20260201; B1/ - 1 0 pcs 1 -"},
        {"only positive lines weigh", "'negative':'keep'",
         "['SKU','Qty','Price'],['A1','4','10'],['A1','-1','99'],['A1','0','77']", "3 0 0 0 0 0 2 0",
         "W_QTY_NEGATIVE:1 W_UNMATCHED:3", "A1/ - 3 0 pcs 10 -"},
        {"a cost without a quantity is no mean", "", "['SKU','Qty','Price'],['A1','5',''],['A1','0','77']",
         "2 0 0 0 0 0 1 0", "W_COST_MISSING:1 W_UNMATCHED:2", "A1/ - 5 0 pcs - -"},
        {"a sum beyond the range", ALL, "['SKU','Qty'],['A1','999999999999'],['A1','1']", "2 1 0 0 0 0 0 0",
         "E_QTY_RANGE:1 W_UNMATCHED:1", "A1/ - 999999999999 0 pcs - -"},
    };
    CHECK(scenes);
}

/* ---- Everything adds up ---------------------------------------------------------------------------------------- */

static const char *const words[] = {"MM64-R5",
                                    "KLV-32R5-48",
                                    "SD3T8-E",
                                    "DUP-100",
                                    "NEW-1",
                                    "Итого",
                                    "Артикул",
                                    "Количество",
                                    "шт",
                                    "упак",
                                    "м",
                                    "кг",
                                    "12",
                                    "-3",
                                    "1 000,5",
                                    "1.23E+15",
                                    "USD",
                                    "100 $",
                                    "MAIN",
                                    "Удалённый склад",
                                    "05.02.2026",
                                    "—",
                                    "(5)",
                                    ">7",
                                    "ММ64 R5",
                                    " ",
                                    "Модуль MM64-R5",
                                    "0"};

static void send_random_row(uint64_t *random, uint32_t number, const struct grid_sink *sink)
{
    struct grid_cell cells[10];
    struct grid_row row = {.row = number, .outline = (uint8_t)(testdata_random(random) % 3), .cells = cells};
    for (uint32_t column = 0; column < 10; column++) {
        uint64_t r = testdata_random(random) >> 8;
        if (r % 4 == 0)
            continue;
        const char *text = words[(r >> 4) % (sizeof words / sizeof words[0])];
        cells[row.n_cells] =
            (struct grid_cell){.column = column, .kind = GRID_TEXT, .text = text, .len = (uint32_t)strlen(text)};
        if (r % 4 == 1 && column > 4) {
            cells[row.n_cells].kind = GRID_NUMBER;
            cells[row.n_cells].text = r % 3 ? "7.5" : "46037";
            cells[row.n_cells].len = r % 3 ? 3 : 5;
        }
        row.n_cells++;
    }
    assert_int_equal(sink->row(sink->ctx, &row), 0);
}

static void send_random(uint64_t seed, struct grid_run *run)
{
    static const char *const head[10] = {"Артикул",    "Бренд",  "Наименование", "Ед.",    "Склад",
                                         "Количество", "Резерв", "Цена",         "Валюта", "Дата прихода"};
    struct grid_sink sink = stock_reader_sink(&run->reader);
    struct grid_sheet sheet = {.name = "S"};
    struct grid_cell cells[10];
    uint64_t random = seed;
    assert_int_equal(sink.sheet(sink.ctx, &sheet), 0);
    for (uint32_t i = 0; i < 10; i++) {
        const char *text = i == 4 && seed % 8 ? "Примечание" : head[i]; /* few rows name our warehouse by chance */
        cells[i] = (struct grid_cell){.column = i, .kind = GRID_TEXT, .text = text, .len = (uint32_t)strlen(text)};
    }
    struct grid_row row = {.row = 0, .n_cells = 10, .cells = cells};
    assert_int_equal(sink.row(sink.ctx, &row), 0);
    for (uint32_t i = 1; i < 60; i++)
        send_random_row(&random, i, &sink);
    sink.sheet_end(sink.ctx);
    run->rc = stock_reader_finish(&run->reader);
}

static void check_sums(const struct grid_run *run)
{
    struct stock_totals t = stock_items_totals(&run->items, run->params.mode);
    uint64_t errors = 0;
    for (unsigned code = 1; code < STOCK_CODES; code++)
        if (stock_code_is_error((enum stock_code)code))
            errors += run->reader.issues.count[code];
    assert_int_equal(errors, run->reader.rows_rejected);
    assert_int_equal(stock_reader_accepted(&run->reader),
                     t.inserted + t.updated + t.unchanged + run->reader.duplicates_merged);
    assert_int_equal(t.matched + t.unmatched, t.inserted + t.updated + t.unchanged);
}

/* Give the items of one run to another as its present stock. */
static void copy_stock(const struct grid_run *from, struct grid_run *to)
{
    for (uint32_t i = 0; i < from->items.n; i++) {
        const struct stock_item *item = &from->items.item[i];
        struct stock_old old = {
            .id = i + 1, .pn_norm = stock_item_pn(&from->items, item), .part_number = "", .name = ""};
        old.vendor_norm = stock_item_vendor(&from->items, item);
        old.component_id = item->component == MEM_NONE ? 0 : from->catalog.components[item->component].id;
        old.lot_qty = item->lot_qty;
        old.qty = item->qty;
        old.reserved = item->reserved;
        old.cost = item->cost;
        old.date = item->date;
        old.unit = (enum unit)item->unit;
        stock_items_add_old(&to->items, &old);
    }
}

static void adds_up_and_repeats(void **state)
{
    (void)state;
    static struct grid_run first, second;
    static const char *const variants[] = {ALL, ALL ",'duplicates':'last'",
                                           ALL ",'duplicates':'first','negative':'keep'",
                                           ALL ",'duplicates':'reject','mode':'merge'"};
    unsigned with_items = 0; /* all runs together */
    for (uint64_t seed = 1; seed <= 400; seed++) {
        yajl_val tree = parse_scene(&(struct scene){"random", variants[seed % 4], "", "", "", ""});
        grid_run_init(&first, tree);
        send_random(seed * 77777, &first);
        check_sums(&first);
        grid_run_init(&second, tree);
        copy_stock(&first, &second);
        send_random(seed * 77777, &second);
        check_sums(&second);
        struct stock_totals t = stock_items_totals(&second.items, second.params.mode);
        assert_int_equal(t.inserted + t.updated + t.deleted, 0);
        assert_int_equal(t.unchanged, first.items.n);
        with_items += first.items.n;
        grid_run_fini(&first);
        grid_run_fini(&second);
        yajl_tree_free(tree);
    }
    if (with_items < 300)
        fail_msg("only %u items in all", with_items);
}

static void keeps_ten_thousand_issues(void **state)
{
    (void)state;
    static struct grid_run run;
    yajl_val tree = parse_scene(&(struct scene){"flood", ALL, "", "", "", ""});
    grid_run_init(&run, tree);
    run.reader.out.line = NULL;
    struct grid_sink sink = stock_reader_sink(&run.reader);
    struct grid_sheet sheet = {.name = "S"};
    sink.sheet(sink.ctx, &sheet);
    for (uint32_t i = 0; i < 25000; i++) {
        char number[16];
        int n = snprintf(number, sizeof number, i ? "N-%u" : "sku", i);
        const char *qty = i == 0 ? "qty" : i < 20000 ? "1" : "x";
        struct grid_cell cells[2] = {{.column = 0, .kind = GRID_TEXT, .text = number, .len = (uint32_t)n},
                                     {.column = 1, .kind = GRID_TEXT, .text = qty, .len = (uint32_t)strlen(qty)}};
        struct grid_row row = {.row = i, .n_cells = 2, .cells = cells};
        assert_int_equal(sink.row(sink.ctx, &row), 0);
    }
    sink.sheet_end(sink.ctx);
    assert_int_equal(stock_reader_finish(&run.reader), 0);
    assert_int_equal(run.reader.issues.count[W_UNMATCHED], 19999);
    assert_int_equal(run.reader.issues.count[E_QTY_NUM], 5000);
    assert_int_equal(stock_issues_kept(&run.reader.issues), STOCK_ISSUES_KEPT);
    assert_true(stock_issues_truncated(&run.reader.issues));
    assert_int_equal(stock_issues_at(&run.reader.issues, 4999)->code, E_QTY_NUM); /* warnings do not crowd errors out */
    assert_int_equal(stock_issues_at(&run.reader.issues, 5000)->code, W_UNMATCHED);
    grid_run_fini(&run);
    yajl_tree_free(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts_rows),
        cmocka_unit_test(rows_of_other_columns),
        cmocka_unit_test(rows_of_other_columns_are_lined_up),
        cmocka_unit_test(tells_of_formulas),
        cmocka_unit_test(fails_as_a_whole),
        cmocka_unit_test(finds_headings),
        cmocka_unit_test(looks_at_fifty_rows_and_sixty_columns),
        cmocka_unit_test(takes_the_first_sheet_with_a_heading),
        cmocka_unit_test(dates_the_stock),
        cmocka_unit_test(identifies),
        cmocka_unit_test(refuses_broken_text),
        cmocka_unit_test(measures),
        cmocka_unit_test(costs),
        cmocka_unit_test(merges_duplicates),
        cmocka_unit_test(adds_up_and_repeats),
        cmocka_unit_test(keeps_ten_thousand_issues),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
