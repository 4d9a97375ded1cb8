/* Headings: the words in the program are the published list; and the rules around them. */
#include "handlers/values/labels.h"

#include "base/utf8.h"
#include "handlers/values/words.h"
#include "tests/unit/testdata.h"

static void synonyms_equal_the_list(void **state)
{
    (void)state;
    yajl_val data = testdata_json("header-synonyms.json");
    yajl_val fields = json_member(data, "fields");
    size_t total = 0;
    assert_int_equal(fields->u.object.len, FIELD_STOCK_COUNT - 1);
    for (size_t f = 0; f < fields->u.object.len; f++) {
        size_t n;
        yajl_val *words = testdata_list(fields, fields->u.object.keys[f], &n);
        for (size_t i = 0; i < n; i++) {
            enum stock_field field = label_field(words[i]->u.string, strlen(words[i]->u.string), NULL);
            if (strcmp(stock_field_name(field), fields->u.object.keys[f]) != 0)
                fail_msg("\"%s\" is %s", words[i]->u.string, stock_field_name(field));
        }
        total += n;
    }
    assert_int_equal(total, label_synonyms_count);
    yajl_tree_free(data);
}

/* Is the table this list of the published words? */
static void same_words(yajl_val data, const char *key, const char *const *table, size_t count)
{
    size_t n;
    yajl_val *words = testdata_list(data, key, &n);
    assert_int_equal(n, count);
    for (size_t i = 0; i < n; i++)
        if (!word_find(words[i]->u.string, table, count, sizeof *table))
            fail_msg("%s: \"%s\" is missing", key, words[i]->u.string);
}

static void words_equal_the_lists(void **state)
{
    (void)state;
    yajl_val data = testdata_json("header-synonyms.json");
    same_words(data, "closing_captions", label_closings, label_closings_count);
    same_words(data, "selling_captions", label_sellings, label_sellings_count);
    same_words(data, "total_words", label_totals, label_totals_count);
    same_words(data, "group_words", label_groups, label_groups_count);
    same_words(data, "quantity_and_money_words", label_amount_words, label_amount_words_count);
    same_words(data, "quantity_words", label_quantity_words, label_quantity_words_count);
    yajl_val foreign = json_member(data, "foreign_captions");
    size_t total = 0;
    for (size_t i = 0; i < foreign->u.object.len; i++) {
        size_t n;
        yajl_val *words = testdata_list(foreign, foreign->u.object.keys[i], &n);
        for (size_t k = 0; k < n; k++)
            if (!word_find(words[k]->u.string, label_foreigns, label_foreigns_count, sizeof *label_foreigns))
                fail_msg("\"%s\" is not foreign", words[k]->u.string);
        total += n;
    }
    assert_int_equal(total, label_foreigns_count);
    yajl_tree_free(data);
}

static void placeholders_equal_the_list(void **state)
{
    (void)state;
    yajl_val data = testdata_json("header-synonyms.json");
    size_t n, dashes = 0;
    yajl_val *words = testdata_list(data, "placeholders", &n);
    for (size_t i = 0; i < n; i++) {
        const char *word = words[i]->u.string;
        if (!label_is_placeholder(word, strlen(word)))
            fail_msg("\"%s\" is no placeholder", word);
        char label[8];
        dashes += label_normalise(word, strlen(word), label, sizeof label) == 1 && label[0] == '-';
    }
    assert_int_equal(n - dashes + 1, label_placeholders_count); /* all dashes are one */
    yajl_tree_free(data);
}

static void currencies_and_units_equal_the_list(void **state)
{
    (void)state;
    yajl_val data = testdata_json("header-synonyms.json");
    yajl_val currencies = json_member(data, "currency_hints"), units = json_member(data, "units");
    assert_int_equal(currencies->u.object.len, currency_words_count);
    for (size_t i = 0; i < currencies->u.object.len; i++) {
        const char *key = currencies->u.object.keys[i];
        const struct currency_word *found =
            word_find(key, currency_words, currency_words_count, sizeof *currency_words);
        assert_non_null(found);
        assert_string_equal(found->currency, currencies->u.object.values[i]->u.string);
    }
    assert_int_equal(units->u.object.len, unit_words_count);
    for (size_t i = 0; i < units->u.object.len; i++) {
        yajl_val *unit = units->u.object.values[i]->u.array.values;
        const struct unit_word *found =
            word_find(units->u.object.keys[i], unit_words, unit_words_count, sizeof *unit_words);
        assert_non_null(found);
        bool pack = strcmp(unit[0]->u.string, "pack") == 0;
        assert_int_equal(found->unit.pack, pack);
        assert_string_equal(unit_name(found->unit.unit), pack ? "pcs" : unit[0]->u.string);
        assert_int_equal(found->unit.factor, pack ? 1 : YAJL_GET_INTEGER(unit[1]));
    }
    yajl_tree_free(data);
}

#define SORTED(table, member)                                                                                          \
    for (size_t i = 1; i < table##_count; i++)                                                                         \
    assert_true(strcmp(table[i - 1] member, table[i] member) < 0)

static void tables_are_sorted(void **state)
{
    (void)state;
    SORTED(label_synonyms, .word);
    SORTED(label_closings, );
    SORTED(label_foreigns, );
    SORTED(label_sellings, );
    SORTED(label_totals, );
    SORTED(label_groups, );
    SORTED(label_placeholders, );
    SORTED(label_amount_words, );
    SORTED(label_quantity_words, );
    SORTED(currency_words, .word);
    SORTED(unit_words, .word);
}

struct label_case {
    const char *text, *field, *currency;
    int vat;
};

static void fields_and_hints(void **state)
{
    (void)state;
    static const struct label_case cases[] = {
        {"Цена, руб. без НДС", "unit_cost", "RUB", 0},
        {"Price with VAT, USD", "unit_cost", "USD", 1},
        {"Сумма,\nруб. без НДС", "total_cost", "RUB", 0},
        {"Цена (с НДС), €", "unit_cost", "EUR", 1},
        {"Цена (руб., вкл. НДС)", "unit_cost", "RUB", 1},
        {"Цена включая НДС", "unit_cost", "", 1},
        {"Цена за шт., руб", "unit_cost", "RUB", -1},
        {"Цена за ед.", "unit_cost", "", -1},
        {"Unit price excl. VAT", "unit_cost", "", 0},
        {"Unit price incl VAT ($)", "unit_cost", "USD", 1},
        {"Cost net", "unit_cost", "", 0},
        {"Cost, gross, CNY", "unit_cost", "CNY", 1},
        {"Стоимость р.", "total_cost", "RUB", -1},
        {"Цена ₽", "unit_cost", "RUB", -1},
        {"Цена, юань", "unit_cost", "CNY", -1},
        {"Кол-во, шт.", "qty", "", -1},
        {"КОЛ\u2011ВО (шт)", "qty", "", -1},
        {"  Конечный   остаток\r\nколичество ", "qty", "", -1},
        {"Учётная цена:", "unit_cost", "", -1},
        {"«Артикул»*", "part_number", "", -1},
        {"Марка (бренд)", "vendor", "", -1},
        {"Марка (бренд), шт.", "vendor", "", -1},
        {"P/N", "part_number", "", -1},
        {"Part\u00A0No.", "part_number", "", -1},
        {"Код 1С", "code", "", -1},
        {"Цена (закупка)", "unit_cost", "", -1},
        {"Цена (закупка, руб)", "unit_cost", "RUB", -1},
        {"Цена руб./шт", "unit_cost", "RUB", -1},
        {"Цена, у.е.", "unit_cost", "?", -1},
        {"Price in USD", "unit_cost", "USD", -1},
        {"Price, $/pc", "unit_cost", "USD", -1},
        {"Цена (руб. за м)", "unit_cost", "RUB", -1},
        {"Unit cost (USD per unit)", "unit_cost", "USD", -1},
        {"Цена, руб./тыс. шт", "", "", -1},
        {"Цена (руб. за 100 шт)", "", "", -1},
        {"Цена, руб. за упак.", "", "", -1},
        {"Номенклатура, Базовая единица измерения", "name", "", -1},
        {"№ п/п, Наименование", "name", "", -1},
        {"Код / Наименование", "code", "", -1},
        {"Part Number / P/N", "part_number", "", -1},
        {"Артикул/P/N", "part_number", "", -1},
        {"Qty/Кол-во", "qty", "", -1},
        {"Артикул / Код", "", "", -1},
        {"Остаток, сумма", "", "", -1},
        {"Остаток (сумма)", "total_cost", "", -1},
        {"Остаток (кол-во)", "qty", "", -1},
        {"Количество (резерв)", "reserved", "", -1},
        {"Количество (план)", "", "", -1},
        {"Остаток, в пути", "", "", -1},
        {"Цена (розница)", "", "", -1},
        {"Цена, опт", "", "", -1},
        {"Цена розничная", "", "", -1},
        {"Цена за 1000 шт", "", "", -1},
        {"Цена (за упаковку)", "", "", -1},
        {"Стоимость, тыс. руб.", "", "", -1},
        {"Цена за 1 шт", "unit_cost", "", -1},
        {"Остаток_на_складе", "qty", "", -1},
        {"Остаток на 01.11.2026 г.", "qty", "", -1},
        {"Остаток на 2026-11-01", "qty", "", -1},
        {"Остаток на 01.11.2026 23:59:59", "qty", "", -1},
        {"Stock as of 01.11.2026", "qty", "", -1},
        {"Остаток на начало 01.11.2026", "", "", -1},
        {"Количество (в базовых единицах)", "qty", "", -1},
        {"#code", "", "", -1},
        {"Склад, шт", "warehouse", "", -1},
        {"Приход Количество", "", "", -1},
        {"Количество приход", "", "", -1},
        {"руб", "", "", -1},
        {"шт", "", "", -1},
        {", руб", "", "", -1},
        {"Склад, номенклатура", "", "", -1},
        {"Ценар", "", "", -1},
        {"", "", "", -1},
        {"\xFF\xFE", "", "", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct label_hints hints;
        enum stock_field field = label_field(cases[i].text, strlen(cases[i].text), &hints);
        if (strcmp(stock_field_name(field), cases[i].field) != 0)
            fail_msg("\"%s\" is %s", cases[i].text, stock_field_name(field));
        if (cases[i].field[0] == '\0')
            continue;
        assert_string_equal(hints.currency, cases[i].currency);
        assert_int_equal(hints.vat, cases[i].vat);
    }
}

/* What a label says besides its field: f foreign, c closing, s selling, t total, h only hints, w a word of stock or a
 * unit, # passed over. */
static void flags(const char *text, const char *expected)
{
    struct label label;
    char got[8] = "";
    label_read(text, strlen(text), &label);
    const bool set[] = {label.foreign, label.closing, label.selling, label.total,
                        label.hint,    label.stock,   label.passed};
    for (size_t i = 0, used = 0; i < sizeof set; i++)
        if (set[i])
            got[used++] = "fcsthw#"[i];
    if (strcmp(got, expected) != 0)
        fail_msg("\"%s\": %s, expected %s", text, got, expected);
}

static void says_what_a_caption_is(void **state)
{
    (void)state;
    flags("Начальный остаток", "f");
    flags("Приход, шт", "f");
    flags("Приход / расход", "f");
    flags("Количество (план)", "f");
    flags("Остаток, в пути", "fc");
    flags("Продажи за март", "f");
    flags("Expected", "f");
    flags("Конечный остаток", "c");
    flags("Сейчас", "c");
    flags("Остаток / On hand", "c");
    flags("РРЦ, руб.", "s");
    flags("Цена (опт)", "s");
    flags("Итого", "t");
    flags("Total", "t");
    flags("Итого по складам", "t");
    flags("Total value", "");
    flags("шт", "hw");
    flags("тыс. шт", "hw");
    flags("руб. без НДС", "h");
    flags("на 01.02.2026 г.", "h");
    flags("в наличии", "cw");
    flags("ед.", "w");
    flags("#suggestions", "#");
    flags("#", "");
    flags("Основной склад", "");
    flags("Количество", "");
}

static void keeps_units_rates_and_dates(void **state)
{
    (void)state;
    struct label_hints hints;
    char date[11];
#define HINTS(text) label_field(text, strlen(text), &hints)
    assert_int_equal(HINTS("Остаток, тыс. шт"), FIELD_QTY);
    assert_int_equal(hints.unit.unit, UNIT_PCS);
    assert_int_equal(hints.unit.factor, 1000);
    assert_int_equal(HINTS("Кол-во (м)"), FIELD_QTY);
    assert_int_equal(hints.unit.unit, UNIT_M);
    assert_int_equal(HINTS("Остаток, шт"), FIELD_QTY);
    assert_int_equal(hints.unit.unit, UNIT_NONE); /* pieces are the default */
    assert_int_equal(HINTS("Цена (с НДС 20%), руб."), FIELD_UNIT_COST);
    assert_int_equal(hints.vat, 1);
    assert_int_equal(hints.vat_rate, 2000);
    assert_string_equal(hints.currency, "RUB");
    assert_int_equal(HINTS("Unit price incl. 5% VAT"), FIELD_UNIT_COST);
    assert_int_equal(hints.vat, 1);
    assert_int_equal(hints.vat_rate, 500);
    assert_int_equal(HINTS("Цена (НДС 10%)"), FIELD_UNIT_COST);
    assert_int_equal(hints.vat, -1);
    assert_int_equal(hints.vat_rate, 1000);
    assert_int_equal(HINTS("Сумма НДС 20%"), FIELD_NONE); /* the tax itself */
    assert_int_equal(HINTS("Остаток на 1.2.2026"), FIELD_QTY);
    value_date_format(hints.date, date);
    assert_string_equal(date, "2026-02-01");
#undef HINTS
}

static bool is(bool (*test)(const char *, size_t), const char *text)
{
    return test(text, strlen(text));
}

static void words_in_cells(void **state)
{
    (void)state;
    assert_true(is(label_is_placeholder, " Н/Д "));
    assert_true(is(label_is_placeholder, "—"));
    assert_true(is(label_is_placeholder, "N/A"));
    assert_true(is(label_is_placeholder, "Без артикула"));
    assert_true(is(label_is_placeholder, "0"));
    assert_false(is(label_is_placeholder, "00"));
    assert_false(is(label_is_placeholder, "нетто"));
    assert_false(is(label_is_placeholder, ""));
    assert_true(is(label_is_quantity_word, "В наличии"));
    assert_true(is(label_is_quantity_word, "Under order"));
    assert_false(is(label_is_quantity_word, "нет"));
    assert_false(is(label_is_quantity_word, "много всего"));
    assert_true(is(label_is_group, "Группа: Кабель"));
    assert_true(is(label_is_group, "Кабель (группа)"));
    assert_true(is(label_is_group, "Section 5"));
    assert_false(is(label_is_group, "Группировка"));
    assert_false(is(label_is_group, "Подгруппа"));
    assert_false(is(label_is_group, "Вилка видная"));
    assert_true(is(label_is_about_amounts, "Модель / Цена розница"));
    assert_true(is(label_is_about_amounts, "Кол-во мест"));
    assert_true(is(label_is_about_amounts, "Total (net)"));
    assert_false(is(label_is_about_amounts, "РРЦ"));
    assert_false(is(label_is_about_amounts, "Оценка"));
}

static bool total(const char *text)
{
    return label_is_total(text, strlen(text));
}

static void totals(void **state)
{
    (void)state;
    assert_true(total("Итого"));
    assert_true(total("ИТОГО:"));
    assert_true(total(" Итого по складу"));
    assert_true(total("Всего лишь кабель"));
    assert_true(total("Общий итог"));
    assert_true(total("Grand Total"));
    assert_true(total("Subtotal: 5"));
    assert_true(total("total, pcs"));
    assert_false(total("Итоговый"));
    assert_true(total("Итого: 5 поз."));
    assert_true(total("Sub  total"));
    assert_true(total("Промежуточный итог"));
    assert_true(total("Всего; по группе"));
    assert_false(total("Итого-1"));
    assert_false(total("Totally"));
    assert_false(total("Total5"));
    assert_false(total("Всегодня"));
    assert_false(total("Кабель итого"));
    assert_false(total(""));
}

static void normalising_twice_changes_nothing(void **state)
{
    (void)state;
    uint64_t seed = 9;
    char text[120], once[80], twice[80];
    for (int i = 0; i < 100000; i++) {
        size_t n = 0, want = testdata_random(&seed) % 110;
        while (n < want) {
            uint64_t r = testdata_random(&seed);
            if (r % 5 == 0)
                text[n++] = (char)(r >> 8);
            else
                n += utf8_encode(0x20 + (uint32_t)((r >> 8) % (r % 3 ? 0x460 : 0x3000)), text + n);
        }
        size_t len = label_normalise(text, n, once, sizeof once);
        assert_int_equal(len, strlen(once));
        assert_true(utf8_valid(once, len));
        assert_int_equal(label_normalise(once, len, twice, sizeof twice), len);
        assert_string_equal(once, twice);
        if (len > 0)
            assert_true(once[0] != ' ' && once[len - 1] != ' ' && !strstr(once, "  "));
    }
}

static void cuts_at_a_character(void **state)
{
    (void)state;
    char out[6];
    assert_int_equal(label_normalise("ЦЕНА", strlen("ЦЕНА"), out, sizeof out), 4);
    assert_string_equal(out, "це");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(synonyms_equal_the_list),
        cmocka_unit_test(words_equal_the_lists),
        cmocka_unit_test(placeholders_equal_the_list),
        cmocka_unit_test(currencies_and_units_equal_the_list),
        cmocka_unit_test(tables_are_sorted),
        cmocka_unit_test(fields_and_hints),
        cmocka_unit_test(says_what_a_caption_is),
        cmocka_unit_test(keeps_units_rates_and_dates),
        cmocka_unit_test(words_in_cells),
        cmocka_unit_test(totals),
        cmocka_unit_test(normalising_twice_changes_nothing),
        cmocka_unit_test(cuts_at_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
