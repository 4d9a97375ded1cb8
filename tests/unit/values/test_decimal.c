/* Decimals: rounding against a slow reference, texts there and back, refusals. */
#include "handlers/values/decimal.h"

#include "tests/unit/testdata.h"

#include <errno.h>

/* Rounding by the definition: candidates floor and ceiling, distances compared in double the numbers. */
static int64_t slow_round(int64_t num, int64_t den, enum round_mode mode)
{
    int64_t low = num / den - (num % den < 0), high = low + (num % den != 0);
    int64_t below = num - low * den, above = high * den - num;
    int64_t away = num < 0 ? low : high, toward = num < 0 ? high : low;
    if (low == high)
        return low;
    if (mode == ROUND_UP)
        return away;
    if (mode == ROUND_DOWN)
        return toward;
    if (below != above)
        return below < above ? low : high;
    return mode == ROUND_HALF_UP ? away : low % 2 == 0 ? low : high;
}

static void rounds_as_the_definition(void **state)
{
    (void)state;
    for (int64_t num = -60; num <= 60; num++) {
        for (int64_t den = 1; den <= 13; den++) {
            for (enum round_mode mode = ROUND_HALF_UP; mode <= ROUND_DOWN; mode++)
                assert_int_equal((int64_t)dec_div_round(num, den, mode), slow_round(num, den, mode));
        }
    }
    uint64_t seed = 7;
    for (int i = 0; i < 200000; i++) {
        int64_t num = (int64_t)testdata_random(&seed) >> (testdata_random(&seed) % 60 + 2);
        int64_t den = (int64_t)(testdata_random(&seed) >> (testdata_random(&seed) % 60 + 3)) + 1;
        if (num > INT64_MAX / 4 || num < INT64_MIN / 4 || den > INT64_MAX / 4)
            continue;
        enum round_mode mode = (enum round_mode)(testdata_random(&seed) % 4);
        assert_int_equal((int64_t)dec_div_round(num, den, mode), slow_round(num, den, mode));
    }
}

static void rounds_wide_numbers(void **state)
{
    (void)state;
    dec128 big = dec_pow10(38);
    assert_true(dec_div_round(big, dec_pow10(38), ROUND_HALF_UP) == 1);
    assert_true(dec_div_round(big / 2, big, ROUND_HALF_UP) == 1);
    assert_true(dec_div_round(big / 2, big, ROUND_HALF_EVEN) == 0);
    assert_true(dec_div_round(-(big / 2), big, ROUND_HALF_UP) == -1);
    assert_true(dec_div_round(big / 2 - 1, big, ROUND_HALF_UP) == 0);
    assert_true(dec_div_round(1, big, ROUND_UP) == 1);
    assert_true(dec_div_round(-1, big, ROUND_UP) == -1);
    assert_true(dec_div_round(big - 1, big, ROUND_DOWN) == 0);
    /* the remainder doubled would not fit */
    dec128 most = (dec128)(~(unsigned __int128)0 >> 1);
    assert_true(dec_div_round(most, most - 1, ROUND_HALF_UP) == 1);
    assert_true(dec_div_round(most - 2, most - 1, ROUND_HALF_UP) == 1);
    assert_true(dec_div_round(-most - 1, 1, ROUND_HALF_UP) == -most - 1);
}

static void half_up_is_away_from_zero(void **state)
{
    (void)state;
    assert_int_equal((int64_t)dec_rescale(10015, 3, 2, ROUND_HALF_UP), 1002);
    assert_int_equal((int64_t)dec_rescale(-125, 3, 2, ROUND_HALF_UP), -13);
    assert_int_equal((int64_t)dec_rescale(-125, 3, 2, ROUND_HALF_EVEN), -12);
    assert_int_equal((int64_t)dec_rescale(7, 0, 3, ROUND_HALF_UP), 7000);
}

static void powers(void **state)
{
    (void)state;
    dec128 power = 1;
    for (unsigned n = 0; n <= 38; n++, power = n <= 38 ? power * 10 : power)
        assert_true(dec_pow10(n) == power);
}

static void expect_parse(const char *text, unsigned scale, const char *expected, bool expected_lost)
{
    dec128 value = -1;
    bool lost = !expected_lost;
    char buf[48];
    int rc = dec_parse(text, strlen(text), scale, &value, &lost);
    if (rc != 0)
        fail_msg("\"%s\": %d", text, rc);
    dec_format(value, scale, false, buf, sizeof buf);
    assert_string_equal(buf, expected);
    if (lost != expected_lost)
        fail_msg("\"%s\": lost is %d", text, lost);
}

static void reads_decimal_text(void **state)
{
    (void)state;
    expect_parse("-12.50", 2, "-12.50", false);
    expect_parse("+3", 3, "3.000", false);
    expect_parse(".5", 0, "1", true);
    expect_parse("-.5", 0, "-1", true);
    expect_parse("-0.4", 0, "0", true);
    expect_parse("1e+21", 0, "1000000000000000000000", false);
    expect_parse("1.2E3", 3, "1200.000", false);
    expect_parse("4.4999999999999998E-2", 4, "0.0450", true);
    expect_parse("0.0004", 3, "0.000", true);
    expect_parse("0.0005", 3, "0.001", true);
    expect_parse("0.00049999", 3, "0.000", true);
    expect_parse("5e-4", 3, "0.001", true);
    expect_parse("9e-5", 3, "0.000", true);
    expect_parse("1e-400", 3, "0.000", true);
    expect_parse("0e99999999999999", 3, "0.000", false);
    expect_parse("000000000000000000000000000000000000000000000000001.10", 1, "1.1", false);
    expect_parse("99999999999999999999999999999999999999", 0, "99999999999999999999999999999999999999", false);
    expect_parse("9.995", 2, "10.00", true);
}

static void refuses_what_is_no_number(void **state)
{
    (void)state;
    static const char *const none[] = {"",   "-",  "+",   ".",   "-.",  "5.",  "1.2.3", "1e",    "1e+", "e5",  "0x10",
                                       " 1", "1 ", "1,5", "--1", "nan", "inf", "1e5.5", "1e5e5", "1_0", "5.e3"};
    static const char *const wide[] = {"100000000000000000000000000000000000000", "1e38", "1e999999999999999999999",
                                       "99999999999999999999999999999999999999.5"};
    dec128 value;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        if (dec_parse(none[i], strlen(none[i]), 0, &value, NULL) != -EINVAL)
            fail_msg("\"%s\" is taken", none[i]);
    }
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++) {
        if (dec_parse(wide[i], strlen(wide[i]), 0, &value, NULL) != -ERANGE)
            fail_msg("\"%s\" is taken", wide[i]);
    }
    assert_int_equal(dec_parse("1e36", 4, 3, &value, NULL), -ERANGE);
    assert_int_equal(dec_parse("12x", 2, 0, &value, NULL), 0); /* reads n bytes, not to the end of the string */
}

static dec128 random_value(uint64_t *seed)
{
    dec128 wide = (dec128)((unsigned __int128)testdata_random(seed) << 64 | testdata_random(seed));
    return (wide >> (testdata_random(seed) % 126 + 1)) % dec_pow10(38);
}

static void text_there_and_back(void **state)
{
    (void)state;
    uint64_t seed = 11;
    for (int i = 0; i < 100000; i++) {
        dec128 value = random_value(&seed), back = 0;
        unsigned scale = (unsigned)(testdata_random(&seed) % 39);
        bool lost = true, trim = testdata_random(&seed) & 1;
        char buf[48];
        size_t n = dec_format(value, scale, trim, buf, sizeof buf);
        assert_int_equal(n, strlen(buf));
        assert_int_equal(dec_parse(buf, n, scale, &back, &lost), 0);
        assert_true(back == value);
        assert_false(lost);
        if (trim && strchr(buf, '.'))
            assert_int_not_equal(buf[n - 1], '0');
    }
}

static void formats(void **state)
{
    (void)state;
    static const struct {
        int64_t value;
        unsigned scale;
        bool trim;
        const char *text;
    } cases[] = {
        {7000, 3, false, "7.000"}, {7000, 3, true, "7"},  {7500, 3, true, "7.5"},
        {-5, 3, false, "-0.005"},  {0, 2, false, "0.00"}, {0, 2, true, "0"},
        {100, 0, true, "100"},     {-100, 2, true, "-1"}, {INT64_MIN, 0, false, "-9223372036854775808"},
    };
    char buf[48];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dec_format(cases[i].value, cases[i].scale, cases[i].trim, buf, sizeof buf);
        assert_string_equal(buf, cases[i].text);
    }
    assert_int_equal(dec_format((dec128)((unsigned __int128)1 << 127), 38, false, buf, sizeof buf), 41);
    assert_string_equal(buf, "-1.70141183460469231731687303715884105728");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounds_as_the_definition),  cmocka_unit_test(rounds_wide_numbers),
        cmocka_unit_test(half_up_is_away_from_zero), cmocka_unit_test(powers),
        cmocka_unit_test(reads_decimal_text),        cmocka_unit_test(refuses_what_is_no_number),
        cmocka_unit_test(text_there_and_back),       cmocka_unit_test(formats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
