/* Headings: the words in the program are the published list; and the rules around them. */
#include "handlers/pricing/labels.h"

#include "base/utf8.h"
#include "handlers/pricing/words.h"
#include "tests/unit/testdata.h"

static void synonyms_equal_the_list(void **state)
{
    (void)state;
    yajl_val data = testdata_json("header-synonyms.json");
    yajl_val fields = json_member(data, "fields");
    size_t total = 0;
    assert_int_equal(fields->u.object.len, FIELD_COUNT - 1);
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

static void closings_equal_the_list(void **state)
{
    (void)state;
    yajl_val data = testdata_json("header-synonyms.json");
    struct label_hints hints;
    size_t n;
    yajl_val *words = testdata_list(data, "quantity_group_captions", &n);
    assert_int_equal(n, label_closings_count);
    for (size_t i = 0; i < n; i++)
        assert_true(label_is_closing(words[i]->u.string, strlen(words[i]->u.string), &hints));
    yajl_tree_free(data);
    assert_true(label_is_closing("Конечный\nостаток:", strlen("Конечный\nостаток:"), &hints));
    assert_false(label_is_closing("Приход", strlen("Приход"), &hints));
    assert_false(label_is_closing("", 0, &hints));
    assert_true(label_is_closing("Остаток, USD (с НДС)", strlen("Остаток, USD (с НДС)"), &hints));
    assert_string_equal(hints.currency, "USD");
    assert_int_equal(hints.vat, 1);
}

static void tables_are_sorted(void **state)
{
    (void)state;
    for (size_t i = 1; i < label_synonyms_count; i++)
        assert_true(strcmp(label_synonyms[i - 1].word, label_synonyms[i].word) < 0);
    for (size_t i = 1; i < label_closings_count; i++)
        assert_true(strcmp(label_closings[i - 1], label_closings[i]) < 0);
    for (size_t i = 1; i < unit_words_count; i++)
        assert_true(strcmp(unit_words[i - 1].word, unit_words[i].word) < 0);
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
        {"Цена (закупка)", "", "", -1},
        {"Цена (закупка, руб)", "", "RUB", -1},
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
        cmocka_unit_test(closings_equal_the_list),
        cmocka_unit_test(tables_are_sorted),
        cmocka_unit_test(fields_and_hints),
        cmocka_unit_test(totals),
        cmocka_unit_test(normalising_twice_changes_nothing),
        cmocka_unit_test(cuts_at_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
