/* One row to one line: whose stock, how much, at what cost, and all that is wrong with it, each in its column. */
#include "tests/unit/stock/scene.h"

/* ---- Rows and their faults ------------------------------------------------------------------------------------- */

struct line_scene {
    const char *title;
    const char *params, *grid; /* as in scene.h */
    const char *issues;        /* "2B E_UNIT, 2C E_QTY_NUM", in the order of reporting */
    const char *items;         /* as in scene.h */
};

static void write_issues(const struct stock_issues *issues, char *out, size_t size)
{
    size_t n = 0;
    char letter[4] = "";
    out[0] = '\0';
    for (uint32_t i = 0; i < stock_issues_kept(issues); i++) {
        const struct issue *issue = stock_issues_at(issues, i);
        letter[0] = '\0';
        if (issue->column != ARENA_NONE)
            table_column_letter(issue->column, letter);
        n += (size_t)snprintf(out + n, size - n, "%s%u%s %s", n ? ", " : "", issue->row + 1, letter,
                              stock_code_name((enum stock_code)issue->code));
    }
}

static void check_lines(const struct line_scene *line)
{
    static struct grid_run run;
    char text[2000], params[300];
    snprintf(params, sizeof params, ALL "%s%s", *line->params ? "," : "", line->params);
    struct scene scene = {.title = line->title, .params = params, .grid = line->grid};
    yajl_val tree = parse_scene(&scene);
    grid_run(&run, tree);
    write_issues(&run.reader.issues, text, sizeof text);
    same(&scene, "issues", text, line->issues);
    write_items(&run, text, sizeof text);
    same(&scene, "items", text, line->items);
    grid_run_fini(&run);
    yajl_tree_free(tree);
}
#define LINES(list)                                                                                                    \
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)                                                          \
    check_lines(&list[i])

static void tells_every_fault(void **state)
{
    (void)state;
#define HEAD "['Артикул','Ед','Кол-во','Цена','Валюта','Дата прихода'],"
    static const struct line_scene scenes[] = {
        {"each cell of a row is bad", "", HEAD "['1,5E+15','кг','мало','дорого','тугрик','вчера']",
         "2A E_PN_SCI, 2C E_QTY_NUM, 2B E_UNIT, 2D E_COST_NUM, 2E E_CURRENCY", ""},
        {"warnings of a refused row are not told", "", HEAD "['МM64-R5','шт','1.5',{'n':'-2'},'RUB','вчера']",
         "2D E_COST_NEGATIVE", ""},
        {"warnings of one that is kept", "", HEAD "['МM64-R5','шт','1.5','0','RUB','вчера']",
         "2A W_PN_FOLDED, 2C W_QTY_FRACTION, 2D W_COST_ZERO, 2F W_DATE", "MM64R5/ MEM-64 1.5 0 pcs - -"},
        {"the rate of an unreadable price is nobody's question", "", HEAD "['MM64-R5','шт','1','?','GBP','']",
         "2D E_COST_NUM", ""},
        {"a negative price without a rate", "", HEAD "['MM64-R5','шт','1','-7','GBP','']",
         "2D E_COST_NEGATIVE, 2E E_NO_RATE", ""},
        {"an unknown number has no size of a pack", "", HEAD "['DUP-100','упак','1','7','','']", "2A E_PN_AMBIGUOUS",
         ""},
        {"an unmatched one neither, but that is said", "", HEAD "['NEW-1','упак','1','7','','']", "2B E_UNIT_PACK", ""},
        {"metres of pieces, and no quantity", "", HEAD "['MM64-R5','м','','7','','']",
         "2C E_QTY_MISSING, 2B E_UNIT_MISMATCH", ""},
        {"nothing that identifies", "", "['Артикул','Наименование','Ед','Кол-во'],['нет','Верёвка','шт','x']",
         "2A E_PN_EMPTY, 2D E_QTY_NUM", ""},
        {"a row of another kind of column", "", "['Код','Наименование','Ед','Кол-во'],['','Верёвка','шт','1']",
         "2A E_PN_EMPTY", ""},
    };
    LINES(scenes);
}

/* ---- Identity -------------------------------------------------------------------------------------------------- */

static void refuses_rewritten_numbers(void **state)
{
    (void)state;
#define PN(CELL) "['Артикул','Кол-во'],[" CELL ",'1']"
    static const struct line_scene scenes[] = {
        {"decimals", "", PN("{'n':'19.5'}"), "2A E_PN_MANGLED", ""},
        {"decimals that the normal form would match", "", PN("{'n':'4.711'}"), "2A E_PN_MANGLED", ""},
        {"digits and .0", "", PN("'4711.0'"), "2A E_PN_MANGLED", ""},
        {"a number of a version", "", PN("'4711.00'"), "2A W_UNMATCHED", "471100/ - 1 0 pcs - -"},
        {"whole by its value", "", PN("{'n':'9.55E12'}"), "2A W_UNMATCHED", "9550000000000/ - 1 0 pcs - -"},
        {"fifteen digits", "", PN("{'n':'123456789012345'}"), "2A W_UNMATCHED", "123456789012345/ - 1 0 pcs - -"},
        {"sixteen", "", PN("{'n':'1234567890123450'}"), "2A E_PN_SCI", ""},
        {"more than any type holds", "", PN("{'n':'1e+300'}"), "2A E_PN_SCI", ""},
        {"with an exponent", "", PN("'1.23E+15'"), "2A E_PN_SCI", ""},
        {"with a comma", "", PN("'9,87e+12'"), "2A E_PN_SCI", ""},
        {"not an exponent", "", PN("'12E5'"), "2A W_UNMATCHED", "12E5/ - 1 0 pcs - -"},
        {"a date", "", PN("{'d':'2026-03-10'}"), "2A E_PN_SCI", ""},
        {"a month, Russian", "", PN("'01.мар'"), "2A E_PN_SCI", ""},
        {"a month and a year", "", PN("'янв.25'"), "2A E_PN_SCI", ""},
        {"a month, English", "", PN("'3-Mar'"), "2A E_PN_SCI", ""},
        {"a month in front", "", PN("'Sep-10'"), "2A E_PN_SCI", ""},
        {"a whole day", "", PN("'07-июн-25'"), "2A E_PN_SCI", ""},
        {"capitals are an article's own", "", PN("'SEP-10'"), "2A W_UNMATCHED", "SEP10/ - 1 0 pcs - -"},
        {"a word that begins like a month", "", PN("'Mars-10'"), "2A W_UNMATCHED", "MARS10/ - 1 0 pcs - -"},
        {"zeros by the format", "", PN("{'n':'4711','fmt':'0000000'}"), "2A W_UNMATCHED", "0004711/ - 1 0 pcs - -"},
        {"the lot column has them too", "", "['Лот','Кол-во'],[{'n':'1.5'},'1']", "2A E_PN_MANGLED", ""},
        {"a rewritten number is not helped by a lot", "", "['Артикул','Лот','Кол-во'],['1E+15','MEM-64','1']",
         "2A E_PN_SCI", ""},
    };
    LINES(scenes);
}

static void takes_what_identifies(void **state)
{
    (void)state;
#define THREE "['Артикул','Лот','Код','Наименование','Кол-во'],"
    static const struct line_scene scenes[] = {
        {"the first that is filled", "", THREE "['','MEM-64','4711','KLV-32R5-48','1']", "",
         "MEM64/ MEM-64 1 0 pcs - -"},
        {"placeholders are empty", "", THREE "['n/a','-','4711','','1'],['б/н','','','Плата SD3T8-E','2']",
         "3D W_PN_FROM_NAME", "4711/1C SSD-3T8 1 0 pcs - -; SD3T8E/ SSD-3T8 2 0 pcs - -"},
        {"errors and formulas are empty", "", THREE "[{'e':'#N/A'},{'f':true},'4711','','1']", "",
         "4711/1C SSD-3T8 1 0 pcs - -"},
        {"a known lot wins over the map", "", THREE "['MM64-R5','SSD-3T8','','','1']", "",
         "MM64R5/ SSD-3T8 1 0 pcs - -"},
        {"an unknown one does not", "", THREE "['MM64-R5','LOT-X','','','1']", "", "MM64R5/ MEM-64 1 0 pcs - -"},
        {"several numbers of one lot in a name", "", "['Наименование','Кол-во'],['MM64-R5 (MM64-R5 KIT2), MEM-64','1']",
         "2A W_PN_FROM_NAME", "MM64R5/ MEM-64 1 0 pcs - -"},
        {"of several lots", "", "['Наименование','Ед','Кол-во'],['MM64-R5/SD3T8-E; SD3T8-E «KLV-32R5-48»','шт','1']",
         "2A E_PN_AMBIGUOUS", ""},
        {"words without a digit are no numbers", "", "['Наименование','Ед','Кол-во'],['PWR-CAB','шт','1']",
         "2A E_PN_EMPTY", ""},
    };
    LINES(scenes);
}

/* ---- Quantity and unit ----------------------------------------------------------------------------------------- */

static void reads_quantities(void **state)
{
    (void)state;
#define QTY(CELL) "['Артикул','Кол-во'],['MM64-R5'," CELL "]"
    static const struct line_scene scenes[] = {
        {"none", "", QTY("'Нет'"), "", "MM64R5/ MEM-64 0 0 pcs - -"},
        {"at least", "", QTY("'> 1 000 шт.'"), "2B W_QTY_APPROX", "MM64R5/ MEM-64 1000 0 pcs - -"},
        {"and more", "", QTY("'10+'"), "2B W_QTY_APPROX", "MM64R5/ MEM-64 10 0 pcs - -"},
        {"and more pieces", "", QTY("'10+ pcs'"), "2B W_QTY_APPROX", "MM64R5/ MEM-64 10 0 pcs - -"},
        {"words", "", QTY("'в наличии'"), "2B E_QTY_NUM", ""},
        {"English words", "", QTY("'call'"), "2B E_QTY_NUM", ""},
        {"a day", "", QTY("{'d':'2026-03-10'}"), "2B E_QTY_NUM", ""},
        {"an error", "", QTY("{'e':'#DIV/0!'}"), "2B E_QTY_NUM", ""},
        {"a formula without a value", "", QTY("{'f':true}"), "2B E_QTY_FORMULA", ""},
        {"a dash", "", QTY("'—'"), "2B E_QTY_MISSING", ""},
        {"a fraction by default", "", QTY("{'n':'0.5'}"), "2B W_QTY_FRACTION", "MM64R5/ MEM-64 0.5 0 pcs - -"},
        {"noise of a double is none", "", QTY("{'n':'2.9999999999999996'}"), "", "MM64R5/ MEM-64 3 0 pcs - -"},
        {"nor in a text", "", QTY("'2.9999999999999996'"), "", "MM64R5/ MEM-64 3 0 pcs - -"},
        {"a formula of what is free", "", "['SKU','Available'],['MM64-R5',{'f':true}]", "2B E_QTY_FORMULA", ""},
        {"neither quantity nor what is free", "", "['SKU','Qty','Available'],['MM64-R5','','-']", "2B E_QTY_MISSING",
         ""},
        {"a formula is not replaced by what is free", "", "['SKU','Qty','Available'],['MM64-R5',{'f':true},'5']",
         "2B E_QTY_FORMULA", ""},
        {"no quantity, but what is free", "", "['SKU','Qty','Available','Reserved'],['MM64-R5','','5','нет']", "",
         "MM64R5/ MEM-64 5 0 pcs - -"},
        {"a reserve that cannot be read", "", "['SKU','Qty','Reserved'],['MM64-R5','5',{'f':true}]", "2C W_RESERVED",
         "MM64R5/ MEM-64 5 0 pcs - -"},
    };
    LINES(scenes);
}

static void reads_units(void **state)
{
    (void)state;
#define UNIT(CELL, QTY) "['Артикул','Ед','Кол-во','Цена'],['MM64-R5'," CELL "," QTY ",'10']"
    static const struct line_scene scenes[] = {
        {"a code behind the name", "", UNIT("'шт (796)'", "'2'"), "", "MM64R5/ MEM-64 2 0 pcs 10 -"},
        {"the name behind the code", "", UNIT("'796 (шт.)'", "'2'"), "", "MM64R5/ MEM-64 2 0 pcs 10 -"},
        {"brackets that say more", "", UNIT("'упак (10 шт)'", "'2'"), "2B E_UNIT", ""},
        {"a formula", "", UNIT("{'f':true}", "'2'"), "2B E_UNIT", ""},
        {"thousands, of the price too", "", UNIT("'тыс. шт'", "'0.5'"), "", "MM64R5/ MEM-64 500 0 pcs 0.01 -"},
        {"running metres", "", "['Артикул','Ед','Кол-во'],['PWR-CAB','м.п.','2.5']", "", "PWRCAB/ CAB-PWR 2.5 0 m - -"},
        {"a fraction of a pair is whole", "", UNIT("'пара'", "'2.5'"), "", "MM64R5/ MEM-64 5 0 pcs 5 -"},
        {"a fraction of a set", "", "['Артикул','Ед','Кол-во'],['NEW-1','к-т','2.5']",
         "2C W_QTY_FRACTION, 2A W_UNMATCHED", "NEW1/ - 2.5 0 set - -"},
        {"thousands by the caption, of the quantity alone", "",
         "['Артикул','Остаток, тыс. шт','Цена'],['MM64-R5','1.25','0.8']", "", "MM64R5/ MEM-64 1250 0 pcs 0.8 -"},
        {"and of a total divided by it", "", "['Артикул','Остаток, тыс. шт','Сумма'],['MM64-R5','2','1000']", "",
         "MM64R5/ MEM-64 2000 0 pcs 0.5 -"},
        {"the row's own unit wins", "", "['Артикул','Остаток (тыс. шт)','Ед'],['MM64-R5','2','шт'],['SD3T8-E','2','']",
         "", "MM64R5/ MEM-64 2 0 pcs - -; SD3T8E/ SSD-3T8 2000 0 pcs - -"},
        {"metres by the caption", "", "['Артикул','Остаток, м'],['MM64-R5','2'],['PWR-CAB','2']", "2B E_UNIT_MISMATCH",
         "PWRCAB/ CAB-PWR 2 0 m - -"},
    };
    LINES(scenes);
}

/* ---- Cost ------------------------------------------------------------------------------------------------------ */

static void reads_costs(void **state)
{
    (void)state;
    static const struct line_scene scenes[] = {
        {"conventional units in the caption", "", "['Артикул','Кол-во','Цена, у.е.'],['MM64-R5','1','5']",
         "2C E_CURRENCY", ""},
        {"behind the number", "", "['Артикул','Кол-во','Цена'],['MM64-R5','1','5 у.е.']", "2C E_CURRENCY", ""},
        {"in their column", "", "['Артикул','Кол-во','Цена','Валюта'],['MM64-R5','1','5','у.е.']", "2D E_CURRENCY", ""},
        {"but the column wins over the caption", "",
         "['Артикул','Кол-во','Цена, у.е.','Валюта'],['MM64-R5','1','5','USD']", "", "MM64R5/ MEM-64 1 0 pcs 462.5 -"},
        {"and the number's word", "", "['Артикул','Кол-во','Цена, у.е.'],['MM64-R5','1','5 USD']", "",
         "MM64R5/ MEM-64 1 0 pcs 462.5 -"},
        {"a formula for a currency", "", "['Артикул','Кол-во','Цена','Валюта'],['MM64-R5','1','5',{'f':true}]",
         "2D E_CURRENCY", ""},
        {"no rate of the caption's currency", "", "['Артикул','Кол-во','Цена, GBP'],['MM64-R5','1','5']",
         "2C E_NO_RATE", ""},
        {"the caption's rate of VAT wins", "'vat_rate':'22'",
         "['Артикул','Кол-во','Цена с НДС 10%'],['MM64-R5','1','110']", "", "MM64R5/ MEM-64 1 0 pcs 100 -"},
        {"without one the parameter's", "'vat_rate':'20'", "['Артикул','Кол-во','Цена с НДС'],['MM64-R5','1','120']",
         "", "MM64R5/ MEM-64 1 0 pcs 100 -"},
        {"at least so much", "", "['Артикул','Кол-во','Цена'],['MM64-R5','1','>100']", "2C W_QTY_APPROX",
         "MM64R5/ MEM-64 1 0 pcs 100 -"},
        {"none is no price", "", "['Артикул','Кол-во','Цена'],['MM64-R5','1','нет']", "2C E_COST_NUM", ""},
        {"a day", "", "['Артикул','Кол-во','Цена'],['MM64-R5','1',{'d':'2026-03-10'}]", "2C E_COST_NUM", ""},
        {"a formula without a value", "", "['Артикул','Кол-во','Цена'],['MM64-R5','1',{'f':true}]", "2C W_COST_FORMULA",
         "MM64R5/ MEM-64 1 0 pcs - -"},
        {"the total helps", "", "['Артикул','Кол-во','Цена','Сумма'],['MM64-R5','2',{'f':true},'5']",
         "2C W_COST_FORMULA", "MM64R5/ MEM-64 2 0 pcs 2.5 -"},
        {"none for nothing", "", "['Артикул','Кол-во','Сумма'],['MM64-R5','0','0'],['SD3T8-E','0','5']",
         "3C W_COST_MISSING", "MM64R5/ MEM-64 0 0 pcs - -; SD3T8E/ SSD-3T8 0 0 pcs - -"},
        {"a total of a quantity that is unknown", "", "['Артикул','Кол-во','Сумма'],['MM64-R5','x','-5']",
         "2B E_QTY_NUM", ""},
        {"pounds", "", "['Артикул','Кол-во','Цена'],['MM64-R5','1','£5']", "2C E_NO_RATE", ""},
    };
    LINES(scenes);
}

/* ---- What the messages name ------------------------------------------------------------------------------------ */

/* The message of the row's first fault, or why the import fails. */
static void says(const char *params, const char *grid, const char *const *words)
{
    static struct grid_run run;
    struct scene scene = {.title = words[0], .params = params, .grid = grid};
    yajl_val tree = parse_scene(&scene);
    grid_run(&run, tree);
    const struct stock_issues *issues = &run.reader.issues;
    const char *text = run.reader.table.failure_text;
    if (strcmp(run.reader.table.failure, "E_NUMBER_STYLE") != 0 && stock_issues_kept(issues) > 0)
        text = arena_text(&issues->list.text, stock_issues_at(issues, 0)->message);
    for (size_t i = 0; words[i]; i++)
        if (!strstr(text, words[i]))
            fail_msg("\"%s\" does not name \"%s\"", text, words[i]);
    grid_run_fini(&run);
    yajl_tree_free(tree);
}
#define SAYS(PARAMS, GRID, ...) says(PARAMS, GRID, (const char *const[]){__VA_ARGS__, NULL})

static void names_what_is_wrong(void **state)
{
    (void)state;
    SAYS(ALL, "['Артикул','Кол-во','Цена, GBP'],['MM64-R5','1','5']", "GBP on 2026-02-05");
    SAYS(ALL, "['Артикул','Кол-во','Цена, у.е.'],['MM64-R5','1','5']", "у.е.");
    SAYS(ALL, "['Артикул','Кол-во'],['MM64-R5','x']", "row 2", "column B", "Кол-во", "«x»");
    SAYS(ALL, "['Наименование','Ед','Кол-во'],['SD3T8-E и KLV-32R5-48','шт','1']", "SD3T8E or KLV32R548");
}

static void refuses_mixed_styles(void **state)
{
    (void)state;
#define STYLED(A, B) "['Артикул','Наличие','Цена'],['MM64-R5','" A "','1'],['SD3T8-E','" B "','1']"
    SAYS(ALL, STYLED("1,250", "12,400,000"), "1,250", "B2", "12,400,000", "B3", "Наличие", "number_locale=en",
         "TDSheet");
    SAYS(ALL ",'number_locale':'en'", STYLED("1,250", "12,5"), "1,250", "12,5", "number_locale=ru");
    SAYS(ALL ",'number_locale':'en'", STYLED("1 234,567", "1,250"), "1,250", "1 234,567", "number_locale=ru");
    static const struct line_scene scenes[] = {
        {"ambiguous alone is read by the locale", "", STYLED("1,250", "7"), "2B W_QTY_FRACTION",
         "MM64R5/ MEM-64 1.25 0 pcs 1 -; SD3T8E/ SSD-3T8 7 0 pcs 1 -"},
        {"evidence alone too", "", STYLED("2,500.00", "12,345,678"), "",
         "MM64R5/ MEM-64 2500 0 pcs 1 -; SD3T8E/ SSD-3T8 12345678 0 pcs 1 -"},
        {"what all read alike is neither", "", STYLED("1,250", "12.5"), "2B W_QTY_FRACTION, 3B W_QTY_FRACTION",
         "MM64R5/ MEM-64 1.25 0 pcs 1 -; SD3T8E/ SSD-3T8 12.5 0 pcs 1 -"},
        {"each column for itself", "",
         "['Артикул','Наличие','Цена'],['MM64-R5','1,250','12,500.00'],['SD3T8-E','1 250,5','1']",
         "2B W_QTY_FRACTION, 3B W_QTY_FRACTION", "MM64R5/ MEM-64 1.25 0 pcs 12500 -; SD3T8E/ SSD-3T8 1250.5 0 pcs 1 -"},
        {"number cells have no style", "", "['Артикул','Наличие'],['MM64-R5','1,250'],['SD3T8-E',{'n':'1250.5'}]",
         "2B W_QTY_FRACTION, 3B W_QTY_FRACTION", "MM64R5/ MEM-64 1.25 0 pcs - -; SD3T8E/ SSD-3T8 1250.5 0 pcs - -"},
    };
    LINES(scenes);
}

/* ---- Items whose row was refused ------------------------------------------------------------------------------- */

/* Replaces the stock by one good row and a refused one. How many old items are kept, and how many deleted? */
static void check_kept(const char *cell, const char *existing, unsigned kept, unsigned deleted)
{
    static struct grid_run run;
    char grid[1000];
    snprintf(grid, sizeof grid,
             "['Артикул','Наименование','Кол-во'],['MM64-R5','','1'],[%s,'Плата XZ-900','x']],'existing':[%s", cell,
             existing);
    struct scene scene = {.title = cell, .params = ALL, .grid = grid};
    yajl_val tree = parse_scene(&scene);
    grid_run(&run, tree);
    assert_int_equal(run.rc, 0);
    struct stock_totals t = stock_items_totals(&run.items, STOCK_REPLACE);
    if (t.kept != kept || t.deleted != deleted)
        fail_msg("%s: %u kept and %u deleted, expected %u and %u", cell, t.kept, t.deleted, kept, deleted);
    grid_run_fini(&run);
    yajl_tree_free(tree);
}

static void keeps_what_refused_rows_may_be(void **state)
{
    (void)state;
#define OLD(PN) "{'pn_norm':'" PN "','qty':'5'}"
    check_kept("'SD3T8-E'", OLD("SD3T8E") "," OLD("OTHER"), 1, 1);
    check_kept("{'d':'2026-03-10'}", OLD("310") "," OLD("10MAR") "," OLD("311"), 2, 1);
    check_kept("'1.23E+15'", OLD("1230000000000000") "," OLD("1240000000000000"), 1, 1);
    check_kept("{'n':'12.5'}", OLD("1250") "," OLD("126"), 1, 1);
    check_kept("'4711.0'", OLD("004711") "," OLD("471100"), 1, 1);
    check_kept("'н/д'", OLD("XZ900") "," OLD("XZ901"), 1, 1); /* the name has it */
    check_kept("'DUP-100'", "{'pn_norm':'DUP100','vendor_norm':'OSTRUM','qty':'5'}," OLD("DUP101"), 1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_every_fault),
        cmocka_unit_test(refuses_rewritten_numbers),
        cmocka_unit_test(takes_what_identifies),
        cmocka_unit_test(reads_quantities),
        cmocka_unit_test(reads_units),
        cmocka_unit_test(reads_costs),
        cmocka_unit_test(names_what_is_wrong),
        cmocka_unit_test(refuses_mixed_styles),
        cmocka_unit_test(keeps_what_refused_rows_may_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
