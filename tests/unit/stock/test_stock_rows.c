/* A stock import's rows: their kinds, other grids of columns, identity and amounts. */
#include "tests/unit/stock/scene.h"

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
         "E_NO_DATA", "E_PN_EMPTY:1", ""},
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

/* The places of the columns of both grids are known. */
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
        {"a quantity in words", "", TABLE IN(1, "'SD3T8-E','','много'"), "2 1 0 0 0 0 0 1", "E_QTY_NUM:1",
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

/* If amounts are missing because formulas were never calculated, the message says so. */
static void tells_of_formulas(void **state)
{
    (void)state;
    static struct grid_run run;
    static const struct {
        const char *grid, *failure;
        unsigned formulas;
    } cases[] = {
        {"['Артикул','Кол-во'],{'uncalculated':2,'cells':['MM64-R5']},{'uncalculated':1,'cells':['MM64-R5']}",
         "None of the 2 rows was accepted; nothing was changed. See the errors of the rows. 3 formulas have no value "
         "yet: open the file "
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
        assert_string_equal(run.reader.table.failure_text, cases[i].failure);
        assert_int_equal(run.reader.table.uncalculated, cases[i].formulas);
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

/* Rows that are decided late count where they stand in the file. */
static void decides_late(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        {"a subtotal of an outer group is not the total of all", "'check_totals':'warn'",
         "['Ед','Парт-номер','Кол-во'],['шт','QZ-1',{'n':'10'}],['','Метизы',{'n':'53'}],['м','PWR-CAB',{'n':'40'}],"
         "['','Болты',{'n':'13'}],['шт','QZ-115',{'n':'6'}],['шт','HR-2207',{'n':'7'}],['','Итого',{'n':'53'}]",
         "4 0 0 2 1 0 0 1", "W_UNMATCHED:3 W_TOTALS:1",
         "QZ1/ - 10 0 pcs - -; PWRCAB/ CAB-PWR 40 0 m - -; QZ115/ - 6 0 pcs - -; HR2207/ - 7 0 pcs - -"},
        {"the first of two rows, though it was decided last", "'duplicates':'first'",
         "['Артикул','Наименование','Кол-во'],['Kit','',{'n':'5'}],['Kit','x',{'n':'3'}],['MM64-R5','y',{'n':'1'}]",
         "3 0 0 0 0 0 1 1", "W_UNMATCHED:2", "KIT/ - 5 0 pcs - -; MM64R5/ MEM-64 1 0 pcs - -"},
        {"the last of two rows, though it was decided first", "'duplicates':'last'",
         "['Артикул','Наименование','Кол-во'],['Kit','',{'n':'5'}],['Kit','x',{'n':'3'}],['MM64-R5','y',{'n':'1'}]",
         "3 0 0 0 0 0 1 1", "W_UNMATCHED:2", "KIT/ - 3 0 pcs - -; MM64R5/ MEM-64 1 0 pcs - -"},
    };
    CHECK(scenes);
}

/* Number and name of an item are those of its first row. */
static void keeps_the_first_texts(void **state)
{
    (void)state;
    struct catalog_map catalog;
    struct stock_items items;
    uint32_t number;
    struct stock_line line = {.pn_norm = "KIT", .vendor_norm = "", .component = ARENA_NONE, .qty = 1000, .cost = -1};
    catalog_map_init(&catalog, "RUB", 14);
    stock_items_init(&items, &catalog);
    for (unsigned order = 2; order >= 1; order--) {
        line.order = order;
        line.part_number = order == 1 ? "Kit" : "K-I-T";
        line.part_number_len = strlen(line.part_number);
        line.name = order == 1 ? "first" : "second";
        line.name_len = strlen(line.name);
        assert_int_equal(stock_items_add(&items, &line, DUPLICATES_SUM, &number), order == 2 ? ADDED_NEW : ADDED_FIRST);
    }
    assert_string_equal(stock_item_part_number(&items, &items.item[number]), "Kit");
    assert_string_equal(stock_item_name(&items, &items.item[number]), "first");
    assert_int_equal(items.item[number].qty, 2000);
    stock_items_fini(&items);
    catalog_map_fini(&catalog);
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
        {"the same number as a part number has two lots", ALL, "['Артикул','Кол-во'],['4711','1']", "E_NO_DATA",
         "E_PN_AMBIGUOUS:1", ""},
        {"a lot's code stands for it", "", "['Артикул','Кол-во'],['mem 64','1']", "1 0 0 0 0 0 0 1", "",
         "MEM64/ MEM-64 1 0 pcs - -"},
        {"numbers in names", ALL,
         "['Наименование','Ед.','Кол-во'],['Модуль (MM64-R5), 64 ГБ','шт','1'],['Модуль MM64-R5;MEM-64','шт','2'],"
         "['MM64-R5 или SD3T8-E','шт','3'],['ММ64-R5','шт','4'],['Кабель 5 м','шт','5'],['DUP-100','шт','6']",
         "6 3 0 0 0 0 2 1", "E_PN_EMPTY:1 E_PN_AMBIGUOUS:2 W_PN_FOLDED:1 W_PN_FROM_NAME:3",
         "MM64R5/ MEM-64 7 0 pcs - -"},
        {"names can be left alone", "'pn_from_name':false," ALL,
         "['Наименование','Ед.','Кол-во'],['Модуль MM64-R5','шт','1']", "E_NO_DATA", "E_PN_EMPTY:1", ""},
        {"number cells", ALL,
         "['Артикул','Кол-во'],[{'n':'4712','fmt':'000000'},'1'],[{'n':'90.75'},'1'],[{'n':'123456789012345'},'1'],"
         "[{'n':'1e+21'},'1'],[{'n':'1.5E3'},'1'],['1,23E+15','1'],['1E5','1'],[{'d':'2026-12-05'},'1'],['---','1']",
         "9 5 0 0 0 0 0 0", "E_PN_EMPTY:1 E_PN_SCI:3 E_PN_MANGLED:1 W_UNMATCHED:4",
         "004712/ - 1 0 pcs - -; 123456789012345/ - 1 0 pcs - -; 1500/ - 1 0 pcs - -; 1E5/ - 1 0 "
         "pcs - -"},
        {"too long", ALL,
         "['Артикул','Кол-во'],['AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA','1']",
         "E_NO_DATA", "E_PN_LONG:1", ""},
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
    sink.sheet(sink.ctx, &sheet);
    for (uint32_t i = 0; i < 4; i++) {
        struct grid_cell cells[3];
        for (uint32_t c = 0; c < 3; c++)
            cells[c] = (struct grid_cell){
                .column = c, .kind = GRID_TEXT, .text = texts[i][c], .len = (uint32_t)strlen(texts[i][c])};
        struct grid_row row = {.row = i, .n_cells = 3, .cells = cells};
        assert_int_equal(sink.row(sink.ctx, &row), 0);
    }
    sink.sheet_end(sink.ctx);
    assert_int_equal(stock_reader_finish(&run.reader), 0);
    assert_int_equal(run.reader.issues.count[E_ENCODING], 2);
    assert_int_equal(stock_reader_accepted(&run.reader), 1);
    /* The kept text of the row is valid UTF-8. */
    const struct issue *issue = stock_issues_at(&run.reader.issues, 0);
    assert_string_equal(arena_text(&run.reader.issues.list.text, issue->cells), "[\"A\xef\xbf\xbd\",\"n\",\"1\"]");
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
         "13 4 0 0 0 0 1 4", "E_UNIT:1 E_UNIT_PACK:1 E_UNIT_MISMATCH:2 W_QTY_FRACTION:1 W_UNMATCHED:4",
         "SD3T8E/ SSD-3T8 7.5 0 pcs 20 -; MM64R5/ MEM-64 500 0 pcs 2 -; KLV32R548/KELVAR CPU-32C 4 0 pcs 5 -; "
         "PWRCAB/ CAB-PWR 3.5 0 m 10 -; NEW1/ - 1 0 set 10 -; NEW2/ - 1 0 m 10 -; NEW4/ - 1 0 pcs 10 -; NEW5/ - 1 0 m "
         "10 -"},
        {"quantities", ALL,
         "['Артикул','Кол-во'],['A1','1 "
         "000'],['A2','>5'],['A3','0,0004'],['A4',{'n':'12.300000000000001'}],['A5','1e3'],['A6','-'],"
         "['A7','(5)'],['A8',{'n':'999999999999.999'}],['A9',{'n':'1000000000000'}],['B1',{'n':'0'}],['B2',{'d':'2026-"
         "01-01'}]",
         "11 5 0 0 0 0 0 0",
         "E_QTY_MISSING:1 E_QTY_NUM:2 E_QTY_NEGATIVE:1 E_QTY_RANGE:1 W_QTY_APPROX:1 W_QTY_ROUNDED:1 W_QTY_FRACTION:2 "
         "W_UNMATCHED:6",
         "A1/ - 1000 0 pcs - -; A2/ - 5 0 pcs - -; A3/ - 0 0 pcs - -; A4/ - 12.3 0 pcs - -; A8/ - 999999999999.999 0 "
         "pcs - -; "
         "B1/ - 0 0 pcs - -"},
        {"english numbers", "'number_locale':'en'", "['SKU','Qty'],['A1','1,234'],['A2','1,234.5']", "2 0 0 0 0 0 0 0",
         "W_QTY_FRACTION:1 W_UNMATCHED:2", "A1/ - 1234 0 pcs - -; A2/ - 1234.5 0 pcs - -"},
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
         "8 2 0 0 0 0 0 0", "E_COST_NUM:1 E_COST_NEGATIVE:1 W_COST_ZERO:2 W_COST_MISSING:2 W_UNMATCHED:6",
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts_rows),
        cmocka_unit_test(rows_of_other_columns),
        cmocka_unit_test(rows_of_other_columns_are_lined_up),
        cmocka_unit_test(tells_of_formulas),
        cmocka_unit_test(fails_as_a_whole),
        cmocka_unit_test(decides_late),
        cmocka_unit_test(keeps_the_first_texts),
        cmocka_unit_test(identifies),
        cmocka_unit_test(refuses_broken_text),
        cmocka_unit_test(measures),
        cmocka_unit_test(costs),
        cmocka_unit_test(merges_duplicates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
