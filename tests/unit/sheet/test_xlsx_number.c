/* Numbers, number formats and dates. */
#include "handlers/sheet/grid/grid.h"
#include "handlers/sheet/xlsx/number.h"
#include "handlers/sheet/xlsx/numfmt.h"
#include "tests/unit/sheet/xlsx_help.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char *shortest(const char *text)
{
    static char to[NUMBER_TEXT_MAX + 1];
    struct number number;
    if (!number_parse(text, strlen(text), &number))
        return "none";
    size_t n = number_shortest(&number, text, strlen(text), to);
    assert_true(n <= NUMBER_TEXT_MAX);
    to[n] = 0;
    return n > 0 ? to : "beyond";
}

static void test_shortest(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"0", "0"},
                                           {"-0", "0"},
                                           {"0.000", "0"},
                                           {"1", "1"},
                                           {"-1", "-1"},
                                           {"+7", "7"},
                                           {".5", "0.5"},
                                           {"5.", "5"},
                                           {"007", "7"},
                                           {"1e3", "1000"},
                                           {"1E+3", "1000"},
                                           {"1.50", "1.5"},
                                           {"100", "100"},
                                           {"  42  ", "42"},
                                           {"0e5", "0"},
                                           {"1234.5599999999999", "1234.56"},
                                           {"0.1", "0.1"},
                                           {"0.10000000000000001", "0.1"},
                                           {"1e-7", "1e-7"},
                                           {"0.000001", "0.000001"},
                                           {"0.00000123", "0.00000123"},
                                           {"123456789012345678901", "123456789012345680000"},
                                           {"1e21", "1e+21"},
                                           {"1e20", "100000000000000000000"},
                                           {"1.5e22", "1.5e+22"},
                                           {"1.7976931348623157E308", "1.7976931348623157e+308"},
                                           {"5e-324", "5e-324"},
                                           {"4.9406564584124654e-324", "5e-324"},
                                           {"2e-324", "0"},
                                           {"2.2250738585072014e-308", "2.2250738585072014e-308"},
                                           {"9007199254740993", "9007199254740992"},
                                           {"9007199254740991", "9007199254740991"},
                                           {"100000000000000000", "100000000000000000"},
                                           {"0.30000000000000004", "0.30000000000000004"},
                                           {"5.684341886080801e-14", "5.684341886080801e-14"},
                                           {"5.6843418860808015e-14", "5.684341886080802e-14"},
                                           {"0.1000000000000000055511151231257827", "0.1"},
                                           {"1e400", "beyond"},
                                           {"-1e400", "beyond"},
                                           {"1e-400", "0"},
                                           {"1e99999999999", "beyond"},
                                           {"1e-99999999999", "0"},
                                           {"0.45833333333333331", "0.4583333333333333"},
                                           {"4.35", "4.35"},
                                           {"2.675", "2.675"},
                                           {"99999999999999999999999999999999999999", "1e+38"},
                                           {"", "none"},
                                           {" ", "none"},
                                           {"-", "none"},
                                           {".", "none"},
                                           {"1,5", "none"},
                                           {"NaN", "none"},
                                           {"Infinity", "none"},
                                           {"inf", "none"},
                                           {"0x1A", "none"},
                                           {"1 2", "none"},
                                           {"1e", "none"},
                                           {"1e+", "none"},
                                           {"e5", "none"},
                                           {"1.2.3", "none"},
                                           {"--1", "none"},
                                           {"1_0", "none"},
                                           {"1d", "none"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (strcmp(shortest(cases[i][0]), cases[i][1]) != 0)
            fail_msg("%s: expected %s, got %s", cases[i][0], cases[i][1], shortest(cases[i][0]));
}

/* The shortest text reads back as the same double, and no shorter one does. */
static void check_double(double value, const char *text)
{
    const char *got = shortest(text);
    assert_true(strtod(got, NULL) == value);
    for (int n = 1; n <= 17; n++) {
        char shorter[48];
        snprintf(shorter, sizeof shorter, "%.*e", n - 1, value);
        if (strtod(shorter, NULL) == value) {
            char expected[48];
            snprintf(expected, sizeof expected, "%s", shortest(shorter));
            assert_string_equal(got, expected);
            return;
        }
    }
}

static void test_random(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252u;
    for (int i = 0; i < 40000; i++) {
        double value;
        char text[64];
        seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
        if (i % 3 == 0)
            memcpy(&value, &seed, sizeof value);
        else if (i % 3 == 1)
            value = (double)(seed % 100000000) / 100.0;
        else
            value = (double)(seed % 1000000007) * ldexp(1.0, (int)(seed >> 58) - 32);
        if (!isfinite(value))
            continue;
        snprintf(text, sizeof text, i % 2 != 0 ? "%.17g" : "%.20e", value);
        check_double(value, text);
    }
}

static void test_doubles(void **state)
{
    (void)state;
    static const char *const texts[] = {"0.45833333333333331",
                                        "1e22",
                                        "1e23",
                                        "123456789012345678",
                                        "45000.75",
                                        "-7e-3",
                                        "1.7976931348623157e308",
                                        "123456789.123456789123456789"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct number number;
        assert_true(number_parse(texts[i], strlen(texts[i]), &number));
        assert_true(number_double(&number, texts[i], strlen(texts[i])) == strtod(texts[i], NULL));
    }
}

/* A locale with a decimal comma must change nothing. */
static void test_locale(void **state)
{
    (void)state;
    static const char *const names[] = {"ru_RU.UTF-8", "de_DE.UTF-8", "fr_FR.UTF-8"};
    const char *set = NULL;
    for (size_t i = 0; i < 3 && !set; i++)
        set = setlocale(LC_ALL, names[i]);
    if (!set)
        print_message("no locale with a decimal comma on this machine\n");
    assert_string_equal(shortest("1234.5599999999999"), "1234.56");
    assert_string_equal(shortest("0.30000000000000004"), "0.30000000000000004");
    assert_string_equal(shortest("4.9406564584124654e-324"), "5e-324");
    setlocale(LC_ALL, "C");
}

static const char *format_of(const char *code)
{
    static char text[32];
    struct numfmt f = numfmt_of_code(code, strlen(code));
    snprintf(text, sizeof text, "%s%s%s%.0d", f.date ? "date" : "", f.day ? " day" : "", f.percent ? "percent" : "",
             f.zero_pad);
    return text;
}

static void test_currencies_of_formats(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"General", ""},
        {"0.00", ""},
        {"#,##0.00\\ [$€-407]", "EUR"},
        {"[$$-409]#,##0.00", "USD"},
        {"[$-419]0.00", ""},
        {"#,##0.00\"р.\"", "RUB"},
        {"#,##0.00\\ \"₽\"", "RUB"},
        {"[$USD] #,##0", "USD"},
        {"$#,##0.00", "USD"},
        {"\\$0", "USD"},
        {"_-* #,##0.00\\ [$₽-419]_-;-* 0", "RUB"},
        {"0.00;\"руб\"", ""},
        {"0 \"руб./шт\"", "RUB"},
        {"0 \"у.е.\"", "?"},
        {"0 \"шт\"", ""},
        {"0\\", ""},
        {"[$", ""},
        {"\"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(grid_currency_name(numfmt_of_code(cases[i][0], strlen(cases[i][0])).currency), cases[i][1]);
    assert_string_equal(grid_currency_name(GRID_CURRENCIES), "");
    assert_int_equal(grid_currency_number("XAU"), 0);
}

static void test_formats(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"", ""},
                                           {"General", ""},
                                           {"GENERAL", ""},
                                           {"Standard", ""},
                                           {"0", "1"},
                                           {"00000", "5"},
                                           {"00000;-00000", "5"},
                                           {"[Red]000", "3"},
                                           {"0.00", ""},
                                           {"0%", "percent"},
                                           {"0.0%", "percent"},
                                           {"\"100%\" 0", ""},
                                           {"00\\-000", ""},
                                           {"000_)", "3"},
                                           {"0\\%", ""},
                                           {"dd.mm.yyyy", "date day"},
                                           {"[$-419]d mmm yy;@", "date day"},
                                           {"h:mm", "date"},
                                           {"mm:ss.0", "date"},
                                           {"mmm", "date day"},
                                           {"h:mm AM/PM", "date"},
                                           {"AM/PM", "date"},
                                           {"d am/pm", "date day"},
                                           {"0.0E\"x\"+0 s", ""},
                                           {"[h]:mm", ""},
                                           {"[HH]:mm:ss", ""},
                                           {"[mm]:ss", ""},
                                           {"[ss].00", ""},
                                           {"#,##0\\ \\h", ""},
                                           {"\"day\" 0", ""},
                                           {"_-* #,##0.00\\ _d_-", ""},
                                           {"[Red]0.00", ""},
                                           {"0.00E+00", ""},
                                           {"[<100]0;yyyy", "1"},
                                           {"yyyy\"г.\"", "date day"},
                                           {"@", ""},
                                           {"*d0", "1"},
                                           {"0_д0", "2"},
                                           {"\"open", ""},
                                           {"[open", ""},
                                           {"\\", ""},
                                           {"_", ""},
                                           {"d;", "date day"},
                                           {";d", ""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (strcmp(format_of(cases[i][0]), cases[i][1]) != 0)
            fail_msg("%s: expected '%s', got '%s'", cases[i][0], cases[i][1], format_of(cases[i][0]));
    assert_true(numfmt_builtin(14).day && numfmt_builtin(22).day && numfmt_builtin(57).day);
    assert_true(numfmt_builtin(20).date && !numfmt_builtin(20).day);
    assert_false(numfmt_builtin(46).date || numfmt_builtin(0).date || numfmt_builtin(49).date ||
                 numfmt_builtin(23).date);
    assert_true(numfmt_builtin(9).percent && numfmt_builtin(10).percent && numfmt_builtin(1).zero_pad == 1);
}

static const char *serial(double value, bool date1904, bool day)
{
    static char to[DATE_TEXT_MAX + 1];
    size_t n = date_of_serial(value, date1904, day, to);
    to[n] = 0;
    return to;
}

static void test_serials(void **state)
{
    (void)state;
    assert_string_equal(serial(0, false, true), "00:00:00");
    assert_string_equal(serial(0.5, false, true), "12:00:00");
    assert_string_equal(serial(1, false, true), "1900-01-01");
    assert_string_equal(serial(59, false, true), "1900-02-28");
    assert_string_equal(serial(60, false, true), "");
    assert_string_equal(serial(60.9, false, true), "");
    assert_string_equal(serial(61, false, true), "1900-03-01");
    assert_string_equal(serial(45000.75, false, true), "2023-03-15T18:00:00");
    assert_string_equal(serial(45000.458333333333, false, true), "2023-03-15T11:00:00");
    assert_string_equal(serial(45000.4583391, false, true), "2023-03-15T11:00:00.498");
    assert_string_equal(serial(45000.9999999999, false, true), "2023-03-16");
    assert_string_equal(serial(2958465, false, true), "9999-12-31");
    assert_string_equal(serial(2958465.99999, false, true), "9999-12-31T23:59:59.136");
    assert_string_equal(serial(2958466, false, true), "");
    assert_string_equal(serial(-1, false, true), "");
    assert_string_equal(serial(NAN, false, true), "");
    assert_string_equal(serial(1e300, false, true), "");
    assert_string_equal(serial(0, true, true), "1904-01-01");
    assert_string_equal(serial(0.25, true, true), "1904-01-01T06:00:00");
    assert_string_equal(serial(0.25, true, false), "06:00:00");
    assert_string_equal(serial(60, true, true), "1904-03-01");
    assert_string_equal(serial(43538, true, true), "2023-03-15");
    assert_string_equal(serial(2957003, true, true), "9999-12-31");
    assert_string_equal(serial(2957004, true, true), "");
}

/* Every day of 400 years in its order, against the C library's calendar. */
static void test_calendar(void **state)
{
    (void)state;
    int year = 1900, month = 3, day = 1;
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int s = 61; s < 61 + 150000; s++) {
        char expected[16];
        snprintf(expected, sizeof expected, "%04d-%02d-%02d", year % 10000, month % 100, day % 100);
        assert_string_equal(serial(s, false, true), expected);
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        if (++day > lengths[month - 1] + (month == 2 && leap)) {
            day = 1;
            if (++month > 12) {
                month = 1;
                year++;
            }
        }
    }
}

static const char *iso(const char *text)
{
    static char to[DATE_TEXT_MAX + 1];
    size_t n = date_of_iso(text, strlen(text), to);
    to[n] = 0;
    return to;
}

static void test_iso(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"2026-02-05", "2026-02-05"},
                                           {"2026-02-05T11:00", "2026-02-05T11:00:00"},
                                           {"2026-02-05 11:00:07", "2026-02-05T11:00:07"},
                                           {"2026-02-05T00:00:00Z", "2026-02-05"},
                                           {"2026-02-05T11:00:00.120Z", "2026-02-05T11:00:00.120"},
                                           {"2026-02-05T11:00:00.000+03:00", "2026-02-05T11:00:00"},
                                           {"11:00:00", "11:00:00"},
                                           {"23:59:59.9999", "23:59:59.999"},
                                           {"11:00:00.1234567", "11:00:00.123"},
                                           {"2024-02-29", "2024-02-29"},
                                           {"2023-02-29", ""},
                                           {"2026-13-01", ""},
                                           {"2026-00-01", ""},
                                           {"2026-01-32", ""},
                                           {"2026-02-05T", ""},
                                           {"2026-02-05T24:00:00", ""},
                                           {"2026-02-05T11:60", ""},
                                           {"2026-02-05x", ""},
                                           {"26-02-05", ""},
                                           {"", ""},
                                           {"11", ""},
                                           {"11:00:00.", ""},
                                           {"11:00:00Zx", ""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (strcmp(iso(cases[i][0]), cases[i][1]) != 0)
            fail_msg("%s: expected '%s', got '%s'", cases[i][0], cases[i][1], iso(cases[i][0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shortest), cmocka_unit_test(test_random),   cmocka_unit_test(test_doubles),
        cmocka_unit_test(test_locale),   cmocka_unit_test(test_formats),  cmocka_unit_test(test_currencies_of_formats),
        cmocka_unit_test(test_serials),  cmocka_unit_test(test_calendar), cmocka_unit_test(test_iso)};
    return cmocka_run_group_tests_name("xlsx_number", tests, NULL, NULL);
}
