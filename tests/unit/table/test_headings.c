/* Which rows make a heading, and what its columns are. */
#include "tests/unit/table/grid.h"

struct heading_case {
    const char *what, *text, *merges, *expected;
};

/* The expected text of a failure may leave out its end: "ambiguous" is enough. */
static bool fits(const char *got, const char *expected)
{
    bool failure = strncmp(expected, "none", 4) == 0 || strncmp(expected, "ambiguous", 9) == 0;
    return failure ? strncmp(got, expected, strlen(expected)) == 0 : strcmp(got, expected) == 0;
}

static void check_cases(const struct heading_case *cases, size_t n)
{
    char got[2048];
    for (size_t i = 0; i < n; i++) {
        struct sheet *sheet = sheet_new(cases[i].text, cases[i].merges);
        sheet_told(sheet, got, sizeof got);
        if (!fits(got, cases[i].expected))
            fail_msg("%s: %s, expected %s", cases[i].what, got, cases[i].expected);
        free(sheet);
    }
}
#define CHECK_CASES(cases) check_cases(cases, sizeof(cases) / sizeof(cases)[0])

/* ---- One row --------------------------------------------------------------------------------------------------- */

static void finds_one_row(void **state)
{
    (void)state;
    static const struct heading_case cases[] = {
        {"English", "Item No.|Item Description|On-Hand Qty|Unit Cost (USD)\nA-1|Pump|=3|=5\n", "",
         "1x1 code=A name=B qty=C unit_cost=D"},
        {"a title above without a blank line", "Остатки на складах\nАртикул|Кол-во|Цена\nA-1|=3|=5\n", "",
         "2x1 part_number=A qty=B unit_cost=C"},
        {"a title merged over all", "Warehouse report|\nSKU|Qty\nA-1|=3\n", "A1:B1", "2x1 part_number=A qty=B"},
        {"parameters above", "Склад:|Central store\nSKU|Qty\nA-1|=3\n", "", "2x1 part_number=A qty=B"},
        {"a title that names another warehouse", "NORTH\nSKU|Name|Qty\nA-1|x|=3\n", "A1:C1",
         "2x1 part_number=A name=B qty=C"},
        {"the same without a merge, beside a merged heading", "NORTH\nSKU|Stock\n|Qty|Value\nA-1|=3|=4\n",
         "A2:A3 B2:C2", "2x2 part_number=A qty=B total_cost=C"},
        {"the leftmost name wins", "Item|Item name|Qty\n", "", "1x1 name=A qty=C; B lost"},
        {"data of text only are not part of it", "Артикул|Наименование|Ед.|Кол-во\nA-1|Насос|шт|в наличии\n", "",
         "1x1 part_number=A name=B qty=D unit=C"},
        {"a group right below is not part of it", "Номенклатура|Артикул|Кол-во\nТовары\nx|A-1|=5\n", "",
         "1x1 part_number=B name=A qty=C"},
        {"a section right below is not part of it", "№|Артикул|Кол-во\nСеверный склад\n=1|A-1|=5\n", "",
         "1x1 part_number=B qty=C; A unknown"},
        {"column numbers are not part of it", "Артикул|Наименование|Кол-во\n1|2|3\nA-1|x|=4\n", "",
         "1x1 part_number=A name=B qty=C"},
        {"the fuller row wins", "Товар|Количество\nАртикул|Количество|Цена\nA-1|=5|=1\n", "",
         "2x1 part_number=A qty=B unit_cost=C"},
        {"a second table further down is not looked at", "SKU|Qty\nA-1|=1\nSKU|Name|Qty|Cost\nB-1|x|=1|=2\n", "",
         "1x1 part_number=A qty=B"},
        {"captions of rejects.csv are passed over", "Артикул|Кол-во|#row|#field|#code|#message|#suggestions\nA-1|x|2\n",
         "", "1x1 part_number=A qty=B"},
        {"a column of numbers", "#|SKU|Qty\n=1|A-1|=5\n", "", "1x1 part_number=B qty=C; A unknown"},
        {"no quantity", "Артикул|Модель|Факт\nA-1|x|=5\n", "",
         "none: No heading that can be used; most like one: row 1. Missing: a quantity (qty or free). Name the columns "
         "in the request, for example columns={\"qty\":\"Факт\"}. Understood: A \"Артикул\" = part_number. Not "
         "understood: B \"Модель\", C \"Факт\"."},
        {"no identity", "Склад|Кол-во\nMAIN|=5\n", "",
         "none: No heading that can be used; most like one: row 1. "
         "Missing: what identifies an item"},
        {"another language", "Lager\nArtikelnummer|Bezeichnung|Menge|Total\nA-1|x|=2|=3\n", "",
         "none: No heading that can be used; most like one: row 2. Missing: a quantity (qty or free) and what "
         "identifies an "
         "item (part_number, lot, code or name). Name the columns in the request, for example "
         "columns={\"part_number\":\"Artikelnummer\",\"qty\":\"Menge\"}."},
        {"nothing at all", "foo\n=1|=2\n", "", "none: No heading with a quantity"},
    };
    CHECK_CASES(cases);
}

/* ---- Paths ----------------------------------------------------------------------------------------------------- */

static void reads_paths(void **state)
{
    (void)state;
    static const struct heading_case cases[] = {
        {"turnover, quantities over balances",
         "Номенклатура|Артикул|Количество|||\n||Нач. остаток|Приход|Расход|Кон. остаток\nx|A-1|=1|=2|=3|=0\n",
         "A1:A2 B1:B2 C1:F1", "1x2 part_number=B name=A qty=F; C foreign, D foreign, E foreign"},
        {"sums over balances are sums",
         "SKU|Quantity|||Value||\n|Opening|Receipts|Closing|Opening|Receipts|Closing\nA-1|=1|=2|=3|=4|=5|=6\n",
         "A1:A2 B1:D1 E1:G1", "1x2 part_number=A qty=D total_cost=G; B foreign, C foreign, E foreign, F foreign"},
        {"balances over quantities, without merges",
         "Артикул|Товар|Остаток на начало||Остаток на конец|\n||Кол-во|Сумма|Кол-во|Сумма\nA-1|x|=1|=2|=3|=4\n", "",
         "1x2 part_number=A name=B qty=E total_cost=F; C foreign, D foreign"},
        {"now and expected",
         "SKU|Now|||Expected||Balance\n|In stock|Reserved|Available|Incoming|Outgoing|\nA-1|=1|=2|=3|=4|=5|=6\n",
         "A1:A2 B1:D1 E1:F1 G1:G2", "1x2 part_number=A qty=B free=D reserved=C; E foreign, F foreign, G lost!"},
        {"three rows under a warehouse",
         "SKU|Unit|Central store|||\n||Quantity|||\n||Opening|In Qty|Out Qty|Closing\nA-1|pcs|=1|=2|=3|=4\n",
         "A1:A3 B1:B3 C1:F1 C2:F2", "1x3 part_number=A qty=F unit=B; C foreign, D foreign, E foreign"},
        {"three rows right below a title",
         "Ведомость\nSKU|Unit|Central store|||\n||Quantity|||\n||Opening|In Qty|Out Qty|Closing\nA-1|pcs|=1|=2|=3|=4\n",
         "A2:A4 B2:B4 C2:F2 C3:F3", "2x3 part_number=A qty=F unit=B; C foreign, D foreign, E foreign"},
        {"a receipt alone is no stock", "SKU|Приход||Примечание\n|Кол-во|Сумма|\nA-1|=1|=2|x\n", "A1:A2 B1:C1 D1:D2",
         "none"},
        {"nor is a plan", "SKU|Qty\n|Planned\nA-1|=5\n", "",
         "none: No heading that can be used; most like one: rows 1 to 2. Missing: a quantity (qty or free). Name the "
         "columns "
         "in the request, for example columns={\"qty\":\"caption or letter\"}. Understood: A \"SKU\" = part_number, "
         "B \"Qty / Planned\" = not the present stock."},
        {"nor with the identity in the lower row", "||Приход|\nSKU|Name|Кол-во|Сумма\nA-1|x|=1|=2\n", "C1:D1", "none"},
        {"two rows that say it together", "Артикул|Начальный|Конечный|Цена\n|остаток|остаток|закупки\nA-1|=1|=5|=50\n",
         "", "1x2 part_number=A qty=C unit_cost=D; B foreign"},
        {"a row of units", "Артикул|Наличие|Цена закупки\n|шт|USD\nA-1|=4|=60\n", "",
         "1x2 part_number=A qty=B unit_cost=C"},
        {"merged captions two rows high", "Артикул||Количество|\n|||\nA-1||=3|\n", "A1:B2 C1:D2",
         "1x1 part_number=A qty=C"},
        {"captions in brackets", "Товар|Остаток (сумма)|Остаток (кол-во)|Количество (план)\nA-1|=1|=2|=3\n", "",
         "1x1 name=A qty=C total_cost=B; D foreign"},
        {"money is not a quantity", "Товар|Остаток, шт|Остаток, руб.\nA-1|=1|=2\n", "", "1x1 name=A qty=B; C unknown!"},
        {"nor in two rows", "Товар|Остаток|\n|шт|руб\nA-1|=1|=2\n", "A1:A2 B1:C1", "1x2 name=A qty=B; C unknown!"},
        {"a balance in money above a quantity", "Товар|Остаток, USD|\n|Кол-во|Сумма\nA-1|=1|=2\n", "A1:A2 B1:C1",
         "1x2 name=A qty=B total_cost=C"},
        {"a turnover of a month", "Артикул|Продажи за март|Остаток\n", "", "1x1 part_number=A qty=C; B foreign"},
        {"a heading from rejects.csv", "Артикул|Речной|Речной|#row\n#|Нач. остаток|Кон. остаток|#\nA-1|=1|=2|=7\n", "",
         "1x2 part_number=A qty=C; B foreign; «Речной» over «Кон. остаток»"},
    };
    CHECK_CASES(cases);
}

/* ---- Selling prices, rivals ------------------------------------------------------------------------------------ */

static void tells_rivals(void **state)
{
    (void)state;
    static const struct heading_case cases[] = {
        {"selling prices are no cost", "SKU|Name|Qty|Retail price|MSRP|Cost\n", "",
         "1x1 part_number=A name=B qty=C unit_cost=F; D selling!, E selling"},
        {"nor in two rows", "Артикул|Остаток|Цена|\n||Розница|Закупочная\nA-1|=1|=2|=3\n", "A1:A2 B1:B2 C1:D1",
         "1x2 part_number=A qty=B unit_cost=D; C selling!"},
        {"two prices", "SKU|Qty|Price|Cost\n", "",
         "ambiguous: In row 1 several columns could be unit_cost (C \"Price\", D \"Cost\"). Name the right one: "
         "columns={\"unit_cost\":\"C\"} or columns={\"unit_cost\":\"D\"}."},
        {"two quantities", "SKU|In stock|Receipts|Balance\n", "", "ambiguous"},
        {"two tables side by side", "SKU|Qty||SKU|Qty\n", "",
         "ambiguous: In row 1 several columns could be part_number (A \"SKU\", D \"SKU\") and qty (B \"Qty\", E "
         "\"Qty\"). "
         "Name the right one: columns={\"part_number\":\"A\",\"qty\":\"B\"} or "
         "columns={\"part_number\":\"D\",\"qty\":\"E\"}."},
        {"the one whose lowest caption is known", "SKU|Quantity|Quantity\n||Cell 5\nA-1|=1|=2\n", "A1:A2",
         "1x2 part_number=A qty=B; C lost!"},
        {"data of text do not settle it", "SKU|In stock|Balance\nA-1|in stock|enough\n", "", "ambiguous"},
        {"quantities under unknown captions", "SKU|River|Hill\n|Qty|Qty\nA-1|=1|=2\n", "A1:A2",
         "ambiguous: In rows 1 to 2 several columns could be qty (B \"River / Qty\", C \"Hill / Qty\")"},
        {"and under a known one", "SKU|Balance||\n|River|Hill|Total\nA-1|=1|=2|=3\n", "A1:A2 B1:D1", "ambiguous"},
        {"one unknown caption is told once", "SKU|River|||\n|Qty|Reserved|Cost|\nA-1|=1|=2|=3\n", "A1:A2 B1:D1",
         "1x2 part_number=A qty=B reserved=C unit_cost=D; «River» over «Qty»"},
        {"its sum is not read", "SKU|River||Total|\n|Qty|Value|Qty|Value\nA-1|=1|=2|=1|=2\n", "A1:A2 B1:C1 D1:E1",
         "1x2 part_number=A qty=B total_cost=C; D sum, E sum; «River» over «Qty»"},
    };
    CHECK_CASES(cases);
}

/* ---- Places ---------------------------------------------------------------------------------------------------- */

static void tells_places(void **state)
{
    (void)state;
    static const struct heading_case cases[] = {
        {"warehouses as columns", "SKU|Item|NORTH|MAIN|Total\nA-1|x|=4|=3|=7\n", "",
         "1x1 part_number=A name=B qty=D; C place, E sum"},
        {"with a price and a sum of all", "SKU|NORTH|Central store|Price|Value\nA-1|=4|=3|=7|=9\n", "",
         "1x1 part_number=A qty=C unit_cost=D; B place, E lost!"},
        {"warehouses above quantities",
         "Артикул|Северный склад||Central "
         "store||Итого|\n|Кол-во|Сумма|Кол-во|Сумма|Кол-во|Сумма\nA-1|=1|=2|=3|=4|=4|=6\n",
         "A1:A2 B1:C1 D1:E1 F1:G1", "1x2 part_number=A qty=D total_cost=E; B place, C place, F sum, G sum"},
        {"sums in other words",
         "Артикул|Северный склад||Central store||Всего по "
         "складам|\n|Кол-во|Сумма|Кол-во|Сумма|Кол-во|Сумма\nA-1|=1|=2|=3|=4|=4|=6\n",
         "A1:A2 B1:C1 D1:E1 F1:G1", "1x2 part_number=A qty=D total_cost=E; B place, C place, F sum, G sum"},
        {"warehouses below quantities", "SKU|Quantity||\n|MAIN|NORTH|SHOP\nA-1|=1|=2|=3\n", "A1:A2 B1:D1",
         "1x2 part_number=A qty=B; C place, D place"},
        {"identity in the lower row", "||NORTH||MAIN|\nSKU|Name|Qty|Value|Qty|Value\nA-1|x|=1|=2|=3|=4\n",
         "C1:D1 E1:F1", "1x2 part_number=A name=B qty=E total_cost=F; C place, D place"},
        {"only another one's", "||NORTH|\nSKU|Name|Qty|Value\nA-1|x|=1|=2\n", "C1:D1", "none"},
        {"under an unknown caption", "SKU|Warehouses||\n|MAIN|NORTH|Total\nA-1|=1|=2|=3\n", "A1:A2 B1:D1",
         "1x2 part_number=A qty=B; C place, D sum; «Warehouses» over «MAIN»"},
        {"none of ours", "SKU|NORTH|SHOP|Total\nA-1|=1|=2|=3\n", "",
         "none: No heading that can be used; most like one: row 1. Missing: a quantity (qty or free) of warehouse "
         "MAIN."},
        {"a quantity of all is not ours", "SKU|Qty|NORTH|SHOP\nA-1|=3|=1|=2\n", "", "none"},
        {"in a bracket", "SKU|Qty (NORTH)|Qty (Central store)\nA-1|=1|=2\n", "", "1x1 part_number=A qty=C; B place"},
        {"behind a comma", "SKU|Остаток, Северный склад|Остаток, MAIN\nA-1|=1|=2\n", "",
         "1x1 part_number=A qty=C; B place"},
        {"with the word", "SKU|Склад: MAIN|Склад «NORTH»\nA-1|=1|=2\n", "", "1x1 part_number=A qty=B; C place"},
        {"ours wins", "SKU|Balance|MAIN\nA-1|=5|=2\n", "", "1x1 part_number=A qty=C; B lost!"},
        {"\"Total\" without places is a cost", "SKU|Qty|Total\nA-1|=5|=2\n", "",
         "1x1 part_number=A qty=B total_cost=C"},
    };
    CHECK_CASES(cases);
}

/* ---- What the request names ------------------------------------------------------------------------------------ */

static void asked(const char *what, const char *text, const char *merges, unsigned row, unsigned rows,
                  const char *const choices[][2], const char *expected)
{
    char got[2048];
    struct table_choice list[4];
    struct sheet *sheet = sheet_new(text, merges);
    sheet->ask.header_row = row;
    sheet->ask.header_rows = rows;
    sheet->ask.choices = list;
    for (; choices && choices[sheet->ask.n_choices][0]; sheet->ask.n_choices++) {
        struct table_choice *to = &list[sheet->ask.n_choices];
        to->value = choices[sheet->ask.n_choices][1];
        to->field = FIELD_NONE;
        while (strcmp(stock_field_name(to->field), choices[sheet->ask.n_choices][0]) != 0)
            to->field++;
    }
    sheet_told(sheet, got, sizeof got);
    if (!fits(got, expected))
        fail_msg("%s: %s, expected %s", what, got, expected);
    free(sheet);
}

typedef const char *const choice_list[][2];

static void takes_the_columns_that_are_named(void **state)
{
    (void)state;
    static const char two[] = "SKU|River||Hill|\n|Opening|Closing|Opening|Closing\nA-1|=1|=2|=3|=4\n",
                      two_merges[] = "A1:A2 B1:C1 D1:E1", plain[] = "Артикул|Модель|Факт, шт|Примечание\nA-1|x|=5|y\n",
                      prices[] = "SKU|Qty|Price|Cost\nA-1|=1|=2|=3\n";
    asked("a caption over several columns", two, two_merges, 0, 0, (choice_list){{"qty", "Hill"}, {NULL, NULL}},
          "1x2 part_number=A qty=E; B foreign, C lost, D foreign");
    asked("a whole path", two, two_merges, 0, 0, (choice_list){{"qty", "river / closing"}, {NULL, NULL}},
          "1x2 part_number=A qty=C; B foreign, D foreign, E lost");
    asked("a letter", two, two_merges, 0, 0, (choice_list){{"qty", "e"}, {NULL, NULL}},
          "1x2 part_number=A qty=E; B foreign, C lost, D foreign");
    asked("a caption without its hint, and a letter", plain, "", 0, 0,
          (choice_list){{"qty", "факт"}, {"name", "B"}, {NULL, NULL}}, "1x1 part_number=A name=B qty=C; D unknown");
    asked("another field than the caption says", prices, "", 0, 0, (choice_list){{"total_cost", "Cost"}, {NULL, NULL}},
          "1x1 part_number=A qty=B unit_cost=C total_cost=D");
    asked("one of two", prices, "", 0, 0, (choice_list){{"unit_cost", "D"}, {NULL, NULL}},
          "1x1 part_number=A qty=B unit_cost=D; C lost");
    asked("a selling price", "SKU|Qty|Retail\n", "", 0, 0, (choice_list){{"unit_cost", "retail"}, {NULL, NULL}},
          "1x1 part_number=A qty=B unit_cost=C");
    asked("one of unknown places has a sum beside it", "SKU|River|Hill|Total\nA-1|=1|=2|=3\n", "", 0, 0,
          (choice_list){{"qty", "River"}, {NULL, NULL}}, "1x1 part_number=A qty=B; C unknown, D sum");
    asked("a caption that is not there", plain, "", 0, 0, (choice_list){{"qty", "Итог"}, {NULL, NULL}},
          "none: No heading that can be used; most like one: row 1. No column for columns.qty=\"Итог\". Missing: a "
          "quantity (qty or free). Name the columns in the request, for example columns={\"qty\":\"Примечание\"}.");
    asked("a letter without a caption", plain, "", 0, 0, (choice_list){{"qty", "F"}, {NULL, NULL}}, "none");
    asked("a caption that is there twice", "SKU|Qty|Qty\n", "", 0, 0, (choice_list){{"qty", "Qty"}, {NULL, NULL}},
          "ambiguous: columns.qty = \"Qty\" fits several columns of row 1. Name the letter: columns={\"qty\":\"B\"}");
    asked("what was named stays in the next request", "SKU|Model|Qty|Price|Cost\n", "", 0, 0,
          (choice_list){{"name", "B"}, {NULL, NULL}},
          "ambiguous: In row 1 several columns could be unit_cost (D \"Price\", E \"Cost\"). Name the right one: "
          "columns={\"name\":\"B\",\"unit_cost\":\"D\"} or");
}

static void takes_the_rows_that_are_named(void **state)
{
    (void)state;
    static const char units[] = "Прайс-лист\nАртикул|Наличие|Цена закупки\nкод|шт|USD\nA-1|=4|=60\n";
    asked("two rows", units, "", 2, 2, NULL, "2x2 code=A qty=B unit_cost=C");
    asked("one row", units, "", 2, 1, NULL, "2x1 part_number=A qty=B unit_cost=C");
    asked("a row that is no heading", units, "", 4, 0, NULL, "none: Row 4 has no captions");
    asked("a second table", "SKU|Qty\nA-1|=1\nName|Qty|Cost\nx|=1|=2\n", "", 3, 0, NULL,
          "3x1 name=A qty=B unit_cost=C");
    asked("so many rows, wherever", units, "", 0, 1, NULL, "2x1 part_number=A qty=B unit_cost=C");
    asked("rows without cells", "\nSKU|Qty\n\nA-1|=5\n", "", 1, 3, NULL, "1x3 part_number=A qty=B");
    asked("no rows at all", "SKU|Qty\n", "", 8, 2, NULL, "none: Row 8 has no captions");
    asked("a row of numbers as heading", "foo|2026\nA-1|=5\n", "", 1, 1,
          (choice_list){{"part_number", "foo"}, {"qty", "2026"}, {NULL, NULL}}, "1x1 part_number=A qty=B");
}

/* ---- Hints ----------------------------------------------------------------------------------------------------- */

static void keeps_hints(void **state)
{
    (void)state;
    char why[480];
    struct table_heading heading;
    struct sheet *sheet = sheet_new("Артикул|Остаток, тыс. шт|Цена (с НДС 20%)\n||EUR\nA-1|=1|=2\n", "A1:A2 B1:B2");
    assert_int_equal(table_heading_find(&sheet->input, &heading, why, sizeof why), HEAD_FOUND);
    assert_int_equal(heading.hints[FIELD_QTY].unit.unit, UNIT_PCS);
    assert_int_equal(heading.hints[FIELD_QTY].unit.factor, 1000);
    assert_string_equal(heading.hints[FIELD_UNIT_COST].currency, "EUR");
    assert_int_equal(heading.hints[FIELD_UNIT_COST].vat, 1);
    assert_int_equal(heading.hints[FIELD_UNIT_COST].vat_rate, 2000);
    table_heading_fini(&heading);
    free(sheet);
}

/* ---- Rows below the heading ------------------------------------------------------------------------------------ */

static void knows_headings_further_down(void **state)
{
    (void)state;
    char why[480];
    struct table_heading first, second;
    struct sheet *sheet = sheet_new("Артикул|Остаток|\n|Кол-во|Сумма\nA-1|=1|=2\nАртикул|Остаток\n|Кол-во|Сумма\n"
                                    "Артикул|Цена|Кол-во\nтоварный|в наличии|шт\nКол-во|Сумма\n",
                                    "A1:A2 B1:C1");
    assert_int_equal(table_heading_find(&sheet->input, &first, why, sizeof why), HEAD_FOUND);
    assert_false(table_row_repeats(&first, sheet->stored[2]));
    assert_true(table_row_repeats(&first, sheet->stored[3]));
    assert_true(table_row_repeats(&first, sheet->stored[4]));
    assert_false(table_row_repeats(&first, sheet->stored[6]));
    assert_false(table_row_labels(TABLE_STOCK, sheet->stored[2]));
    assert_true(table_row_labels(TABLE_STOCK, sheet->stored[5]));
    assert_false(table_row_labels(TABLE_STOCK, sheet->stored[6])); /* words for units and stock are not labels */
    assert_true(table_row_labels(TABLE_STOCK, sheet->stored[7]));
    struct table_head_input below = sheet->input;
    below.rows += 5;
    below.n_rows = 1;
    below.n_merges = 0;
    sheet->ask.header_row = 1; /* it holds for the first heading alone */
    assert_int_equal(table_heading_here(&below, &second, why, sizeof why), HEAD_FOUND);
    assert_false(table_heading_same(&first, &second));
    assert_int_equal(second.column[FIELD_QTY], 2);
    assert_int_equal(second.row, 5);
    table_heading_fini(&second);
    below.rows += 2;
    assert_int_equal(table_heading_here(&below, &second, why, sizeof why), HEAD_NONE);
    table_heading_fini(&second);
    table_heading_fini(&first);
    free(sheet);
}

static void writes_letters(void **state)
{
    (void)state;
    char letter[4];
    assert_string_equal(table_column_letter(0, letter), "A");
    assert_string_equal(table_column_letter(25, letter), "Z");
    assert_string_equal(table_column_letter(26, letter), "AA");
    assert_string_equal(table_column_letter(59, letter), "BH");
    assert_string_equal(table_column_letter(16383, letter), "XFD");
}

/* A sentence that does not fit is cut at a character. */
static void cuts_sentences(void **state)
{
    (void)state;
    struct table_heading heading;
    struct sheet *sheet = sheet_new("Артикул|Модель|Колонка|Примечание|Комментарий|Описание товара|Ещё одна\n", "");
    for (size_t size = 1; size < 300; size++) {
        char why[300];
        assert_int_equal(table_heading_find(&sheet->input, &heading, why, size), HEAD_NONE);
        assert_true(strlen(why) < size);
        for (const unsigned char *p = (const unsigned char *)why; *p; p++)
            if (*p >= 0xC0)
                assert_true(p[1] >= 0x80 && p[1] < 0xC0);
        table_heading_fini(&heading);
    }
    free(sheet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_one_row),
        cmocka_unit_test(reads_paths),
        cmocka_unit_test(tells_rivals),
        cmocka_unit_test(tells_places),
        cmocka_unit_test(takes_the_columns_that_are_named),
        cmocka_unit_test(takes_the_rows_that_are_named),
        cmocka_unit_test(keeps_hints),
        cmocka_unit_test(knows_headings_further_down),
        cmocka_unit_test(writes_letters),
        cmocka_unit_test(cuts_sentences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
