/* Catalogue files without a database: headings, sheets, cells as people and spreadsheets write them, all faults of a
 * row. */
#include "tests/unit/stock_grid.h"

#include "handlers/catalog/file.h"

#include <stdio.h>

struct run {
    struct catalog_known known;
    struct catalog_file file;
    char rows[4000]; /* each good row: "2:a|b|~", a line each */
    int rc;
};

static int on_heading(void *ctx)
{
    (void)ctx;
    return 0;
}

static int on_row(void *ctx, uint32_t row, const struct catalog_row *values)
{
    struct run *run = ctx;
    size_t used = strlen(run->rows);
    used += (size_t)snprintf(run->rows + used, sizeof run->rows - used, "%u:", row + 1);
    bool first = true;
    for (size_t i = 0; run->file.table->columns[i].name; i++) {
        if (!run->file.head.present[i])
            continue;
        const struct catalog_value *v = &values->value[i];
        used += (size_t)snprintf(run->rows + used, sizeof run->rows - used, "%s%s", first ? "" : "|",
                                 v->null ? "~" : v->text);
        first = false;
    }
    snprintf(run->rows + used, sizeof run->rows - used, "\n");
    return 0;
}

static int on_tick(void *ctx, uint64_t rows)
{
    (void)ctx, (void)rows;
    return 0;
}

static void know(struct catalog_known *known)
{
    *known = (struct catalog_known){.n_parties = 0};
    catalog_map_init(&known->stock, "RUB", 14);
    uint32_t cpu = catalog_map_add_component(&known->stock, 1, "CPU-32", "CPU32", UNIT_PCS);
    catalog_map_add_component(&known->stock, 2, "4512.5", "45125", UNIT_PCS);
    catalog_map_add_entry(&known->stock, "45120", "", "4512.0", cpu, 1000, 0);
    catalog_known_add_party(known, 1, "supplier", "S1");
}

/* `rows` and `sheets` in JSON with ' for ". */
static void run_scene(struct run *run, const char *table, const char *wanted, char separator, const char *json)
{
    char text[8000], why[100];
    snprintf(text, sizeof text, "%s", json);
    for (char *p = text; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    yajl_val scene = json_parse(text, strlen(text), 12, why, sizeof why);
    if (!scene)
        fail_msg("%s: %s", why, text);
    memset(run, 0, sizeof *run);
    know(&run->known);
    catalog_file_init(&run->file, catalog_table(table), &run->known);
    run->file.wanted = wanted;
    run->file.heading = on_heading;
    run->file.row = on_row;
    run->file.tick = on_tick;
    run->file.ctx = run;
    struct grid_sink sink = catalog_file_sink(&run->file);
    if (YAJL_IS_OBJECT(scene)) {
        run->rc = grid_send_file(scene, &sink);
    } else {
        struct grid_sheet sheet = {.name = separator ? "" : "S", .separator = separator};
        run->rc = grid_send_sheet(&sheet, scene, &sink);
    }
    assert_int_equal(run->rc, 0);
    run->rc = catalog_file_finish(&run->file);
    yajl_tree_free(scene);
}

static void end_run(struct run *run)
{
    catalog_file_fini(&run->file);
    catalog_known_fini(&run->known);
}

/* The faults, "row field code" a line each. */
static void faults_of(struct run *run, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < run->file.issues.n; i++) {
        const struct issue *issue = &run->file.issues.list[i];
        used += (size_t)snprintf(out + used, size - used, "%u %s %s\n", issue->row + 1, issue->field, issue->code_name);
    }
}

static const char *message_of(const struct run *run, uint32_t i)
{
    assert_true(i < run->file.issues.n);
    return arena_text(&run->file.issues.text, run->file.issues.list[i].message);
}

static void reads(const char *table, char separator, const char *json, const char *rows, const char *faults)
{
    struct run run;
    char met[2000];
    run_scene(&run, table, "", separator, json);
    if (run.rc != 0)
        fail_msg("%s: %s", run.file.failure.code, run.file.failure.text);
    assert_string_equal(run.rows, rows);
    faults_of(&run, met, sizeof met);
    assert_string_equal(met, faults);
    end_run(&run);
}

static void fails(const char *table, const char *wanted, const char *json, const char *code, const char *says)
{
    struct run run;
    run_scene(&run, table, wanted, 0, json);
    assert_int_equal(run.rc, -1);
    assert_string_equal(run.file.failure.code, code);
    if (!strstr(run.file.failure.text, says))
        fail_msg("\"%s\" does not say \"%s\"", run.file.failure.text, says);
    end_run(&run);
}

/* ---- Headings -------------------------------------------------------------------------------------------------- */

static void finds_the_heading(void **state)
{
    (void)state;
    reads("warehouses", ',', "[['code','name'],['A','a']]", "2:A|a\n", "");
    reads("warehouses", ',', "[['NAME','Code'],['a','A']]", "2:A|a\n", "");
    reads("warehouses", ';', "[['Склады предприятия'],[],['Код склада','Наименование'],['A','a'],[],['B','b']]",
          "4:A|a\n6:B|b\n", "");
    /* each printed page repeats it */
    reads("warehouses", ';', "[['Код','Название'],['A','a'],['Код','Название'],['B','b']]", "2:A|a\n4:B|b\n", "");
    reads("components", ';',
          "[['Код лота','Наименование','Ед. изм.','Категория','Коэффициент','Активен'],"
          "['L-1','Процессор','шт','CPU','1,05','да']]",
          "2:L-1|Процессор|CPU|pcs|1.0500|1\n", "");
    reads("rates", ';', "[['Букв. код','Единиц','Валюта','Курс','Дата'],['USD','1','Доллар США','92,5','05.02.2026']]",
          "2:USD|2026-02-05|1|92.500000\n", "");
    /* a hint that says what holds anyway */
    reads("rates", ';', "[['Валюта','Дата курса','Курс, руб.'],['usd','2026-02-05','92,5']]",
          "2:USD|2026-02-05|92.500000\n", "");
    reads("part_numbers", ';',
          "[['Производитель','Артикул','Лот','Штук в упаковке, шт.'],['Kelvar','KLV-1','cpu 32','10']]",
          "2:Kelvar|KLV-1|cpu 32|10.000\n", "");
}

static void tells_what_it_does_not_read(void **state)
{
    (void)state;
    struct run run;
    run_scene(&run, "warehouses", "", 0,
              "[['Код','Название','Адрес','#row','#code',null],['A','a','Москва','7','E_X','note']]");
    assert_int_equal(run.rc, 0);
    assert_string_equal(run.rows, "2:A|a\n");
    assert_int_equal(run.file.head.why[2], COLUMN_UNKNOWN);
    assert_int_equal(run.file.head.why[3], COLUMN_READ);
    assert_int_equal(run.file.head.why[4], COLUMN_READ);
    assert_int_equal(run.file.head.why[5], COLUMN_NAMELESS);
    end_run(&run);
    /* the better of two names wins, and the other is told */
    run_scene(&run, "components", "", 0, "[['Код','Лот','Название'],['00-17','L-1','x']]");
    assert_string_equal(run.rows, "2:L-1|x\n");
    assert_int_equal(run.file.head.why[0], COLUMN_LOST);
    end_run(&run);
    /* a separator within a text has moved the cells */
    reads("warehouses", ',', "[['code','name'],['A','a','b']]", "", "2  E_COLUMNS\n");
}

static void refuses_headings(void **state)
{
    (void)state;
    fails("warehouses", "", "[['Код','Адрес'],['A','b']]", "E_COLUMNS",
          "Row 1: the column name is missing; not understood: B «Адрес»; columns of warehouses: code, name.");
    fails("warehouses", "", "[['Название','Код','Код'],['a','A','B']]", "E_COLUMNS",
          "the column code is in the heading twice: B «Код» and C «Код»");
    fails("warehouses", "", "[['1','2'],['A','b']]", "E_NO_HEADER", "None of the first 50 rows");
    fails("warehouses", "", "[['code','name']]", "E_NO_DATA", "no rows");
    /* a price with VAT is not the price */
    fails("quotes", "", "[['Вид','Код поставщика','Цена с НДС','Валюта','Дата'],['x','y','1','RUB','1']]", "E_COLUMNS",
          "the column price is missing; not understood: C «Цена с НДС»");
}

/* ---- Sheets ---------------------------------------------------------------------------------------------------- */

#define TWO_SHEETS                                                                                                     \
    "{'sheets':[{'name':'Заметки','rows':[['Здесь ничего нет']]},"                                \
    "{'name':'Склады','rows':[['Код','Название'],['A','a'],['B','b']]},"                              \
    "{'name':'Старые','hidden':%s,'rows':[['Код','Название'],['C','c']]}]}"

static void chooses_the_sheet(void **state)
{
    (void)state;
    struct run run;
    char text[1000];
    snprintf(text, sizeof text, TWO_SHEETS, "true");
    run_scene(&run, "warehouses", "", 0, text);
    assert_string_equal(run.rows, "2:A|a\n3:B|b\n");
    assert_int_equal(run.file.sheets.sheet[0].why, SHEET_NO_HEADING);
    assert_int_equal(run.file.sheets.sheet[2].why, SHEET_HIDDEN);
    end_run(&run);
    run_scene(&run, "warehouses", " старые ", 0, text);
    assert_string_equal(run.rows, "2:C|c\n");
    end_run(&run);
    snprintf(text, sizeof text, TWO_SHEETS, "false");
    fails("warehouses", "", text, "E_SHEETS", "«Склады» (2 rows), «Старые» (1 rows); choose one with sheet=NAME");
    fails("warehouses", "Новые", text, "E_SHEETS", "the file has «Заметки», «Склады», «Старые»");
    fails("warehouses", "Заметки", text, "E_NO_HEADER", "None of");
}

/* ---- Cells ----------------------------------------------------------------------------------------------------- */

static void numbers_by_the_separator(void **state)
{
    (void)state;
    static const char head[] = "['code','kind','name','weight']";
    char json[300];
    static const struct {
        char separator;
        const char *cell, *value; /* NULL = E_NUMBER */
    } cases[] = {
        {';', "'1,5'", "1.500"},       {';', "'1.5'", "1.500"},      {';', "'1 0,25'", NULL},
        {';', "'1,234'", "1.234"},     {',', "'1.5'", "1.500"},      {',', "'1,5'", NULL},
        {',', "'1.234'", "1.234"},     {'\t', "'1,5'", "1.500"},     {'\t', "'1,234'", NULL},
        {0, "'1,5'", "1.500"},         {0, "{'n':'1.5'}", "1.500"},  {0, "{'n':'0.30000000000000004'}", "0.300"},
        {0, "{'n':'1e+1'}", "10.000"}, {0, "{'n':'1.23456'}", NULL}, {0, "{'d':'2026-02-05'}", NULL},
        {0, "{'e':'#N/A'}", NULL},     {';', "'5 шт'", "5.000"},     {';', "'>5'", NULL},
        {';', "'5 руб'", NULL},        {';', "'много'", NULL},       {';', "'-'", "1.000"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char rows[100];
        snprintf(json, sizeof json, "[%s,['S','поставщик','x',%s]]", head, cases[i].cell);
        snprintf(rows, sizeof rows, "2:supplier|S|x|%s\n", cases[i].value ? cases[i].value : "");
        print_message("%d %s\n", cases[i].separator, cases[i].cell);
        reads("parties", cases[i].separator, json, cases[i].value ? rows : "",
              cases[i].value ? "" : "2 weight E_NUMBER\n");
    }
    reads("parties", ';', "[['code','kind','name','weight'],['S','supplier','x','-5']]", "", "2 weight E_RANGE\n");
}

static void words_as_people_write_them(void **state)
{
    (void)state;
    reads("components", ';',
          "[['лот','название','ед','метод цены','активен'],['A','x','PCS','Медиана','ИСТИНА'],"
          "['B','x','компл.','средневзвешенная','Нет'],['C','x','пог. м','WEIGHTED_AVG','+'],['D','x','006','','']]",
          "2:A|x|pcs|median|1\n3:B|x|set|weighted_avg|0\n4:C|x|m|weighted_avg|1\n5:D|x|m|~|1\n", "");
    reads("parties", ';',
          "[['вид','код','название'],['Поставщик','A','a'],['КОНКУРЕНТ','B','b'],['Competitor','C','c']]",
          "2:supplier|A|a\n3:competitor|B|b\n4:competitor|C|c\n", "");
    reads("rates", ';',
          "[['валюта','дата','курс'],['$','5.2.26','90'],['руб.','05.02.2026','1'],['у.е.','05.02.2026','1']]",
          "2:USD|2026-02-05|90.000000\n3:RUB|2026-02-05|1.000000\n", "4 currency E_CURRENCY\n");
    struct run run;
    run_scene(&run, "components", "", ';', "[['лот','название','Ед.'],['A','x','кг'],['B','x','упак']]");
    assert_string_equal(message_of(&run, 0), "Row 2, column C «Ед.»: «кг» is not allowed here; write one of pcs (шт), "
                                             "set (компл), m (м).");
    assert_int_equal(run.file.rejected, 2);
    end_run(&run);
}

static void dates_and_shares_of_cells(void **state)
{
    (void)state;
    reads("rates", 0,
          "[['currency','rate_date','rate'],['USD',{'d':'2026-02-05T11:00:00'},{'n':'90.5'}],"
          "['EUR',{'n':'46058'},{'n':'100'}],['CNY','вчера',{'n':'1'}],['KZT',{'f':true},{'f':true}]]",
          "2:USD|2026-02-05|90.500000\n3:EUR|2026-02-05|100.000000\n",
          "4 rate_date E_DATE\n5 rate_date E_FORMULA\n5 rate E_FORMULA\n");
    reads("quotes", ';',
          "[['party_kind','party_code','lot_code','price','currency','quoted_on','Ставка НДС'],"
          "['supplier','S1','CPU-32','10,5','RUB','05.02.2026','20%'],['supplier','S1','CPU-32','10','RUB','05.02.2026'"
          ",'22']]",
          "2:supplier|S1|CPU-32|10.5000|RUB|20.00|2026-02-05\n3:supplier|S1|CPU-32|10.0000|RUB|22.00|2026-02-05\n", "");
}

static void numbers_that_name_things(void **state)
{
    (void)state;
    reads("components", 0,
          "[['lot_code','name'],[{'n':'4711','fmt':'0000000'},'x'],[{'n':'9.55e+12'},'x'],[{'n':'1.5'},'x'],"
          "[{'n':'4512.5'},'x'],['1.23E+15','x'],['4512.0','x'],['01.мар','x'],[{'d':'2026-03-01'},'x'],['нет','x'],"
          "['-','x'],['','x'],[{'e':'#N/A'},'x']]",
          "2:0004711|x\n3:9550000000000|x\n5:4512.5|x\n7:4512.0|x\n",
          "4 lot_code E_PN_MANGLED\n6 lot_code E_PN_SCI\n8 lot_code E_PN_SCI\n9 lot_code E_PN_SCI\n"
          "10 lot_code E_PN_EMPTY\n11 lot_code E_PN_EMPTY\n12 lot_code E_REQUIRED\n13 lot_code E_REQUIRED\n");
    reads("part_numbers", 0,
          "[['vendor','part_number','lot_code'],['-','4512.0','CPU-32'],['n/"
          "a','7.0','CPU-32'],['V',{'n':'12'},'CPU-32']]",
          "2:|4512.0|CPU-32\n4:V|12|CPU-32\n", "3 part_number E_PN_MANGLED\n");
    reads("warehouses", 0, "[['code','name'],[{'n':'1','fmt':'000'},{'n':'3.5'}],[{'d':'2026-03-01'},'x']]",
          "2:001|3.5\n", "3 code E_TEXT\n");
}

static void tells_all_faults_of_a_row(void **state)
{
    (void)state;
    struct run run;
    char met[500];
    run_scene(&run, "components", "", ';',
              "[['лот','название','ед','коэффициент','окно'],['L-1','x','кг','много','0'],['L-2','y','шт','1','5'],"
              "['L 2','','кг','1','5']]");
    faults_of(&run, met, sizeof met);
    assert_string_equal(met, "2 unit E_CHOICE\n2 coefficient E_NUMBER\n2 window_days E_RANGE\n4 name E_REQUIRED\n"
                             "4 unit E_CHOICE\n4 lot_code E_DUP\n");
    assert_int_equal(run.file.rejected, 2);
    for (unsigned i = 0; i < run.file.n_counts; i++)
        assert_int_equal(run.file.counts[i].n, strcmp(run.file.counts[i].code, "E_CHOICE") == 0 ? 2 : 1);
    end_run(&run);
    reads("quotes", 0,
          "[['party_kind','party_code','lot_code','part_number','price','currency','quoted_on','valid_until'],"
          "['supplier','S9','NO-1','',{'n':'0'},'доллар?','2026-02-05','2026-02-04'],"
          "['supplier','S1','','',{'n':'1'},'RUB','2026-02-05',''],['supplier','S1','нет','PN-7',{'n':'1'},'RUB','2026-"
          "02-05','']]",
          "4:supplier|S1|~|PN-7|1.0000|RUB|2026-02-05|~\n",
          "2 price E_RANGE\n2 currency E_CURRENCY\n2 party_code E_PARTY_UNKNOWN\n2 lot_code E_LOT_UNKNOWN\n"
          "2 valid_until E_DATE\n3 lot_code E_LOT_UNKNOWN\n");
}

/* Every caption that is listed means its own column and no other of its table. */
static void captions_do_not_contradict(void **state)
{
    (void)state;
    for (const char *const *name = catalog_table_names; *name; name++) {
        const struct catalog_table *table = catalog_table(*name);
        for (int i = 0; table->columns[i].name; i++) {
            const char *lists[] = {table->columns[i].name, table->columns[i].means, table->columns[i].may_mean};
            for (size_t k = 0; k < 3; k++)
                for (const char *at = lists[k]; at && *at; at += strcspn(at, "|"), at += *at == '|') {
                    struct grid_cell cell = {.kind = GRID_TEXT, .len = (uint32_t)strcspn(at, "|"), .text = at};
                    struct grid_row row = {.n_cells = 1, .cells = &cell};
                    struct catalog_head head;
                    catalog_head_read(table, &row, &(struct catalog_ask){.base_currency = "RUB"}, &head);
                    if (head.column_at[0] != i)
                        fail_msg("%s.%s: %.*s means %d", table->name, table->columns[i].name, (int)cell.len, at,
                                 head.column_at[0]);
                }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_heading),         cmocka_unit_test(tells_what_it_does_not_read),
        cmocka_unit_test(refuses_headings),          cmocka_unit_test(chooses_the_sheet),
        cmocka_unit_test(numbers_by_the_separator),  cmocka_unit_test(words_as_people_write_them),
        cmocka_unit_test(dates_and_shares_of_cells), cmocka_unit_test(numbers_that_name_things),
        cmocka_unit_test(tells_all_faults_of_a_row), cmocka_unit_test(captions_do_not_contradict),
    };
    return cmocka_run_group_tests_name("catalog_file", tests, NULL, NULL);
}
