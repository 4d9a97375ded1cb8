/* Values in cells: the worked examples, then the rules at their edges. */
#include "handlers/values/values.h"

#include "handlers/values/words.h"
#include "tests/unit/testdata.h"

#include <errno.h>

/* "warnings" of an example: does it name this one? */
static bool warns(yajl_val expected, const char *code)
{
    size_t n;
    yajl_val *list = testdata_list(expected, "warnings", &n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i]->u.string, code) == 0)
            return true;
    }
    return false;
}

static void check_value(const char *input, yajl_val expected, int rc, unsigned scale, const struct value_number *got)
{
    char text[48];
    const char *value = testdata_string(expected, "value");
    if (testdata_string(expected, "error")) {
        if (rc != -EINVAL)
            fail_msg("\"%s\" is taken", input);
        return;
    }
    assert_int_equal(rc, 0);
    assert_int_equal(got->missing, !value);
    if (value) {
        dec_format(got->value, scale, false, text, sizeof text);
        assert_string_equal(text, value);
    }
    assert_string_equal(got->currency, json_member_string(expected, "currency", ""));
    assert_int_equal(got->approx, warns(expected, "W_QTY_APPROX"));
    assert_int_equal(got->lost, warns(expected, "W_ROUNDED"));
}

static void number_examples(void **state)
{
    (void)state;
    yajl_val data = testdata_json("values.json");
    size_t n;
    yajl_val *cases = testdata_list(data, "numbers", &n);
    assert_int_equal(n, 27);
    for (size_t i = 0; i < n; i++) {
        const char *input = testdata_string(cases[i], "input");
        unsigned scale = (unsigned)json_member_int(cases[i], "scale", -1);
        bool english = strcmp(testdata_string(cases[i], "locale"), "en") == 0;
        struct value_number got;
        int rc = value_number_text(input, strlen(input), scale, english ? LOCALE_EN : LOCALE_RU, &got);
        check_value(input, json_member(cases[i], "expected"), rc, scale, &got);
    }
    cases = testdata_list(data, "numeric_cells", &n);
    assert_int_equal(n, 7);
    for (size_t i = 0; i < n; i++) {
        const char *input = testdata_string(cases[i], "input");
        unsigned scale = (unsigned)json_member_int(cases[i], "scale", -1);
        struct value_number got;
        int rc = value_number_cell(input, strlen(input), scale, &got);
        check_value(input, json_member(cases[i], "expected"), rc, scale, &got);
    }
    yajl_tree_free(data);
}

static void date_examples(void **state)
{
    (void)state;
    yajl_val data = testdata_json("values.json");
    size_t n;
    yajl_val *cases = testdata_list(data, "dates", &n);
    assert_int_equal(n, 9);
    for (size_t i = 0; i < n; i++) {
        const char *input = testdata_string(cases[i], "input"), *expected = testdata_string(cases[i], "expected");
        struct value_date date;
        char text[11];
        assert_int_equal(value_date_text(input, strlen(input), &date), expected ? 0 : -EINVAL);
        if (!expected)
            continue;
        value_date_format(date, text);
        assert_string_equal(text, expected);
    }
    yajl_tree_free(data);
}

static void check_unit(const char *input, yajl_val expected)
{
    struct value_unit unit;
    int rc = value_unit_text(input, strlen(input), &unit);
    if (!YAJL_IS_ARRAY(expected)) {
        assert_int_equal(rc, -EINVAL);
        return;
    }
    if (rc != 0)
        fail_msg("unit %s", input);
    const char *name = expected->u.array.values[0]->u.string;
    yajl_val factor = expected->u.array.values[1];
    assert_int_equal(unit.pack, strcmp(name, "pack") == 0);
    assert_string_equal(unit_name(unit.unit), unit.pack ? "pcs" : name);
    assert_int_equal(unit.factor, YAJL_IS_INTEGER(factor) ? factor->u.number.i : 1);
}

static void unit_examples(void **state)
{
    (void)state;
    yajl_val data = testdata_json("values.json");
    size_t n;
    yajl_val *cases = testdata_list(data, "units", &n);
    assert_int_equal(n, 10);
    for (size_t i = 0; i < n; i++)
        check_unit(testdata_string(cases[i], "input"), json_member(cases[i], "expected"));
    yajl_tree_free(data);
    struct value_unit unit;
    assert_int_equal(value_unit_text(" . ", 3, &unit), 0);
    assert_int_equal(unit.unit, UNIT_NONE);
    assert_int_equal(unit.factor, 1);
    assert_int_equal(value_unit_text("\xFF", 1, &unit), -EINVAL);
}

static void units_equal_the_list(void **state)
{
    (void)state;
    yajl_val data = testdata_json("header-synonyms.json");
    yajl_val units = json_member(data, "units");
    assert_int_equal(units->u.object.len, unit_words_count);
    for (size_t i = 0; i < units->u.object.len; i++)
        check_unit(units->u.object.keys[i], units->u.object.values[i]);
    yajl_tree_free(data);
}

/* Expected NULL: refused; "": missing. */
struct number_case {
    const char *text, *expected, *currency;
    enum number_locale locale;
};

static void number_rules(void **state)
{
    (void)state;
    static const struct number_case cases[] = {
        {"1\u00A0234\u202F567", "1234567.000", "", LOCALE_RU},
        {"1\u2007234,5", "1234.500", "", LOCALE_RU},
        {"1\u2009234.5", "1234.500", "", LOCALE_RU},
        {"1\u2019234", "1234.000", "", LOCALE_RU},
        {"12 345 678,90", "12345678.900", "", LOCALE_RU},
        {"1,234,567", "1234567.000", "", LOCALE_RU},
        {"1,234,567.8", "1234567.800", "", LOCALE_RU},
        {"1.234.567,8", "1234567.800", "", LOCALE_RU},
        {"1234.5", "1234.500", "", LOCALE_RU},
        {"1.234", "1.234", "", LOCALE_EN},
        {"1,2", "1.200", "", LOCALE_EN},
        {"1,2345", "1.235", "", LOCALE_EN},
        {"\u00A0 7 \t", "7.000", "", LOCALE_RU},
        {"007", "7.000", "", LOCALE_RU},
        {"-", "", "", LOCALE_RU},
        {"\u2013", "", "", LOCALE_RU},
        {" \u00A0 ", "", "", LOCALE_RU},
        {"-\u00A0₽", "", "", LOCALE_RU},
        {"шт.", "", "", LOCALE_RU},
        {"$ -", "", "", LOCALE_EN},
        {"-5", "-5.000", "", LOCALE_RU},
        {"(1 250,00)", "-1250.000", "", LOCALE_RU},
        {"($1,250.00)", "-1250.000", "USD", LOCALE_EN},
        {"-$5.00", "-5.000", "USD", LOCALE_EN},
        {"$-5.00", "-5.000", "USD", LOCALE_EN},
        {"> 10 шт.", "10.000", "", LOCALE_RU},
        {"15р.", "15.000", "RUB", LOCALE_RU},
        {"15 РУБ", "15.000", "RUB", LOCALE_RU},
        {"15\u00A0₽", "15.000", "RUB", LOCALE_RU},
        {"₽15", "15.000", "RUB", LOCALE_RU},
        {"15 usd", "15.000", "USD", LOCALE_RU},
        {"15,5€", "15.500", "EUR", LOCALE_RU},
        {"15 EUR", "15.000", "EUR", LOCALE_RU},
        {"¥15", "15.000", "CNY", LOCALE_RU},
        {"15 юань", "15.000", "CNY", LOCALE_RU},
        {"10+", "10.000", "", LOCALE_RU},
        {"10+ шт", "10.000", "", LOCALE_RU},
        {"> 1 000 pcs", "1000.000", "", LOCALE_EN},
        {"5 pc", "5.000", "", LOCALE_EN},
        {"5ea", "5.000", "", LOCALE_EN},
        {"5 ед.", "5.000", "", LOCALE_RU},
        {"5 Шт", "5.000", "", LOCALE_RU},
        {"5 rur", "5.000", "RUB", LOCALE_RU},
        {"5 тенге", "5.000", "KZT", LOCALE_RU},
        {"5 грн.", "5.000", "UAH", LOCALE_RU},
        {"£5", "5.000", "GBP", LOCALE_EN},
        {"5 у.е.", "5.000", "?", LOCALE_RU},
        {"5 у. е.", "5.000", "?", LOCALE_RU},
        {"5 уе", "5.000", "?", LOCALE_RU},
        {"(5 руб.)", "-5.000", "RUB", LOCALE_RU},
        {"123456789012345", "123456789012345.000", "", LOCALE_RU},
        {"1'234'567.5", "1234567.500", "", LOCALE_EN},
        {"1 234.50", "1234.500", "", LOCALE_RU},
        {"12. шт", NULL, "", LOCALE_RU},
        {"5 штук", NULL, "", LOCALE_RU},
        {"USD 5", NULL, "", LOCALE_EN},
        {"+", NULL, "", LOCALE_RU},
        {">+", NULL, "", LOCALE_RU},
        {"<5", NULL, "", LOCALE_RU},
        {"нет", NULL, "", LOCALE_RU},
        {"много", NULL, "", LOCALE_RU},
        {"in stock", NULL, "", LOCALE_EN},
        {"5 м", NULL, "", LOCALE_RU},
        {"--", NULL, "", LOCALE_RU},
        {"1234 567", NULL, "", LOCALE_RU},
        {"1 23", NULL, "", LOCALE_RU},
        {"1  234", NULL, "", LOCALE_RU},
        {"1 2345", NULL, "", LOCALE_RU},
        {"1 234,567 891", NULL, "", LOCALE_RU},
        {"1,234.567.8", NULL, "", LOCALE_RU},
        {"1.2,3", NULL, "", LOCALE_RU},
        {"1 234,567.5", NULL, "", LOCALE_RU},
        {"1234,567", NULL, "", LOCALE_EN},
        {"1,,2", NULL, "", LOCALE_RU},
        {"1.,2", NULL, "", LOCALE_RU},
        {"5 руб. шт", NULL, "", LOCALE_RU},
        {"$5 руб", NULL, "", LOCALE_RU},
        {"руб", "", "", LOCALE_RU},
        {"()", NULL, "", LOCALE_RU},
        {"(", NULL, "", LOCALE_RU},
        {">", NULL, "", LOCALE_RU},
        {"--5", NULL, "", LOCALE_RU},
        {"(-5)", NULL, "", LOCALE_RU},
        {"5-", NULL, "", LOCALE_RU},
        {"5%", NULL, "", LOCALE_RU},
        {"٣", NULL, "", LOCALE_RU},
        {"5\xFF", NULL, "", LOCALE_RU},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct number_case *c = &cases[i];
        struct value_number got;
        char text[48] = "";
        int rc = value_number_text(c->text, strlen(c->text), 3, c->locale, &got);
        if ((rc == 0) != (c->expected != NULL))
            fail_msg("\"%s\": %d", c->text, rc);
        if (rc != 0)
            continue;
        assert_int_equal(got.missing, c->expected[0] == '\0');
        if (!got.missing)
            dec_format(got.value, 3, false, text, sizeof text);
        assert_string_equal(text, c->expected);
        assert_string_equal(got.currency, c->currency);
    }
}

/* "1,250" may be read in two ways; "12,5" and "12,400,000" tell which one is meant. */
static void styles_of_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum number_style style;
    } cases[] = {
        {"7", STYLE_NONE},          {"12.5", STYLE_NONE},       {"1.250", STYLE_NONE},
        {"1 250", STYLE_NONE},      {"1 250.5", STYLE_NONE},    {"1'250", STYLE_NONE},
        {"в наличии", STYLE_NONE},  {"1,250", STYLE_AMBIGUOUS}, {"-1,250 руб.", STYLE_AMBIGUOUS},
        {"0,125", STYLE_AMBIGUOUS}, {"12,5", STYLE_RU},         {"1,2345", STYLE_RU},
        {"1234,567", STYLE_RU},     {"1 234,56", STYLE_RU},     {"1 234,567", STYLE_RU},
        {"1.234,56", STYLE_RU},     {"1.234.567", STYLE_RU},    {"12,345,678", STYLE_EN},
        {"2,500.00", STYLE_EN},     {"$1,250.00", STYLE_EN},    {"1,250,5", STYLE_NONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct value_number ru, en;
        value_number_text(cases[i].text, strlen(cases[i].text), 3, LOCALE_RU, &ru);
        value_number_text(cases[i].text, strlen(cases[i].text), 3, LOCALE_EN, &en);
        if (ru.style != cases[i].style || en.style != cases[i].style)
            fail_msg("\"%s\": %d and %d", cases[i].text, ru.style, en.style);
    }
}

static void words_for_none(void **state)
{
    (void)state;
    static const char *const none[] = {"нет", "Нет", " НЕТ. "}, *const other[] = {"", "нету", "no", "нет в наличии"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_true(value_says_none(none[i], strlen(none[i])));
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++)
        assert_false(value_says_none(other[i], strlen(other[i])));
}

static void units_with_codes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int factor; /* 0 = unknown */
    } cases[] = {{"шт (796)", 1},      {"шт. (796)", 1},  {"796 (шт)", 1},   {"тыс. шт (798)", 1000},
                 {"пара(715)", 2},     {"шт (PCE)", 1},   {"шт ()", 0},      {"(796)", 0},
                 {"шт (пара)", 0},     {"шт (10 шт)", 0}, {"упак (778)", 1}, {"кг (166)", 0},
                 {"шт (796) сорт", 0}, {"М.П.", 1},       {"PCE", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct value_unit unit;
        int rc = value_unit_text(cases[i].text, strlen(cases[i].text), &unit);
        if (rc != (cases[i].factor ? 0 : -EINVAL) || (rc == 0 && (int)unit.factor != cases[i].factor))
            fail_msg("\"%s\": %d, factor %u", cases[i].text, rc, unit.factor);
    }
}

static void numbers_too_wide(void **state)
{
    (void)state;
    struct value_number got;
    char text[400];
    memset(text, '9', sizeof text);
    assert_int_equal(value_number_text(text, 36, 3, LOCALE_RU, &got), -ERANGE);
    assert_int_equal(value_number_text(text, sizeof text, 3, LOCALE_RU, &got), -EINVAL);
    assert_int_equal(value_number_cell("1e99", 4, 3, &got), -ERANGE);
    assert_int_equal(value_number_cell("#N/A", 4, 3, &got), -EINVAL);
}

static void binary_noise_is_no_loss(void **state)
{
    (void)state;
    static const struct {
        const char *text, *value;
        bool lost;
    } cases[] = {
        {"0.30000000000000004", "0.300", false},
        {"2.9999999999999996", "3.000", false},
        {"1234.0000000000002", "1234.000", false},
        {"-0.30000000000000004", "-0.300", false},
        {"0.3333333333333333", "0.333", true},
        {"2.0005000000000002", "2.001", true},
        {"12.3456", "12.346", true},
        {"1e-7", "0.000", true},
        {"2.220446049250313E-16", "0.000", true},
        {"123456789012.34561", "123456789012.346", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct value_number got;
        char text[48];
        assert_int_equal(value_number_cell(cases[i].text, strlen(cases[i].text), 3, &got), 0);
        dec_format(got.value, 3, false, text, sizeof text);
        assert_string_equal(text, cases[i].value);
        if (got.lost != cases[i].lost)
            fail_msg("%s: lost is %d", cases[i].text, got.lost);
    }
}

static void date_forms(void **state)
{
    (void)state;
    static const char *const good[][2] = {
        {"1.12.2026", "2026-12-01"},          {"31.12.69", "2069-12-31"},
        {"01.01.00", "2000-01-01"},           {"2026-02-05T11:00:00", "2026-02-05"},
        {" 05.02.2026\u00A0", "2026-02-05"},  {"2026-02-05T11:00:00.123", "2026-02-05"},
        {"05.02.2026 9:14:03", "2026-02-05"}, {"05.02.2026  23:59", "2026-02-05"},
        {"29.02.2000", "2000-02-29"},
    };
    static const char *const bad[] = {"",
                                      "29.02.2025",
                                      "29.02.1900",
                                      "00.01.2026",
                                      "01.13.2026",
                                      "1.1.026",
                                      "2026-2-5",
                                      "05.02",
                                      "05.02.2026 24:00",
                                      "05.02.2026г",
                                      "05.02.2026 x",
                                      "01.01.0001",
                                      "2026-02-05T",
                                      "5.2.7",
                                      "12026-01-01",
                                      "05.02.20261",
                                      "05.02.2026 9",
                                      "31.12.99"};
    struct value_date date;
    char text[11];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (value_date_text(good[i][0], strlen(good[i][0]), &date) != 0)
            fail_msg("\"%s\" is refused", good[i][0]);
        value_date_format(date, text);
        assert_string_equal(text, good[i][1]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (value_date_text(bad[i], strlen(bad[i]), &date) != -EINVAL || date.year != 0)
            fail_msg("\"%s\" is taken", bad[i]);
    }
}

static void expect_serial(const char *serial, bool date1904, const char *expected)
{
    struct value_date date;
    char text[11];
    assert_int_equal(value_date_serial(serial, strlen(serial), date1904, &date), expected ? 0 : -EINVAL);
    if (!expected)
        return;
    value_date_format(date, text);
    assert_string_equal(text, expected);
}

static void date_serials(void **state)
{
    (void)state;
    expect_serial("46058", false, "2026-02-05");
    expect_serial("46037", false, "2026-01-15");
    expect_serial("46058.999999", false, "2026-02-05");
    expect_serial("44596", true, "2026-02-05");
    expect_serial("1", false, "1900-01-01");
    expect_serial("59", false, "1900-02-28");
    expect_serial("60", false, NULL);
    expect_serial("61", false, "1900-03-01");
    expect_serial("2958465", false, "9999-12-31");
    expect_serial("2958466", false, NULL);
    expect_serial("0", true, "1904-01-01");
    expect_serial("0", false, NULL);
    expect_serial("-1", true, NULL);
    expect_serial("x", false, NULL);
}

/* Every day of 1000-9999 in order: the next day is one more, and back again. */
static void calendar(void **state)
{
    (void)state;
    struct value_date date = {1000, 1, 1}, back;
    int64_t days = value_date_days(date);
    assert_int_equal(value_date_days((struct value_date){1970, 1, 1}), 0);
    assert_int_equal(value_date_days((struct value_date){2000, 3, 1}), 11017);
    while (date.year <= 9999) {
        assert_int_equal(value_date_days(date), days);
        back = value_date_from_days(days);
        assert_int_equal(value_date_compare(date, back), 0);
        struct value_date before = date;
        days++;
        date.day++;
        if (!value_date_valid(date)) {
            date.day = 1;
            date.month++;
        }
        if (date.month > 12) {
            date.month = 1;
            date.year++;
        }
        assert_int_equal(value_date_compare(before, date), -1);
        assert_int_equal(value_date_compare(date, before), 1);
    }
    assert_int_equal(days, value_date_days((struct value_date){9999, 12, 31}) + 1);
}

/* A number printed in any of the accepted ways reads back as itself. */
static void printed_numbers_read_back(void **state)
{
    (void)state;
    static const char *const groups[] = {"", " ", "\u00A0", "\u202F", "'", "."};
    uint64_t seed = 5;
    for (int i = 0; i < 50000; i++) {
        uint64_t whole = testdata_random(&seed) >> (testdata_random(&seed) % 50 + 14),
                 part = testdata_random(&seed) % 1000;
        const char *group = groups[testdata_random(&seed) % 6];
        bool negative = testdata_random(&seed) & 1;
        char digits[32], text[160];
        int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)whole);
        int used = snprintf(text, sizeof text, "%s", negative ? "-" : "");
        for (int d = 0; d < n; d++)
            used += snprintf(text + used, sizeof text - (size_t)used, "%s%c", d > 0 && (n - d) % 3 == 0 ? group : "",
                             digits[d]);
        used += snprintf(text + used, sizeof text - (size_t)used, ",%03d руб.", (int)part);
        struct value_number got;
        if (value_number_text(text, (size_t)used, 3, LOCALE_RU, &got) != 0)
            fail_msg("\"%s\" is refused", text);
        dec128 expected = (dec128)whole * 1000 + (dec128)part;
        assert_true(got.value == (negative ? -expected : expected));
        assert_false(got.lost);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(number_examples),  cmocka_unit_test(date_examples),
        cmocka_unit_test(unit_examples),    cmocka_unit_test(units_equal_the_list),
        cmocka_unit_test(number_rules),     cmocka_unit_test(styles_of_numbers),
        cmocka_unit_test(words_for_none),   cmocka_unit_test(units_with_codes),
        cmocka_unit_test(numbers_too_wide), cmocka_unit_test(binary_noise_is_no_loss),
        cmocka_unit_test(date_forms),       cmocka_unit_test(date_serials),
        cmocka_unit_test(calendar),         cmocka_unit_test(printed_numbers_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
