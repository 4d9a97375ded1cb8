/* base/time_text: moments to text and back, also at the limits. */
#include "base/time_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void expect_text(int64_t ms, const char *expected)
{
    char text[TIME_TEXT_SIZE + 1];

    memset(text, 'x', sizeof text);
    time_text(ms, text);
    assert_string_equal(text, expected);
    assert_int_equal(text[TIME_TEXT_SIZE], 'x');
}

static void test_text(void **state)
{
    (void)state;
    expect_text(0, "1970-01-01T00:00:00.000Z");
    expect_text(INT64_C(1770292800123), "2026-02-05T12:00:00.123Z");
    expect_text(-1, "1969-12-31T23:59:59.999Z");
    expect_text(-1000, "1969-12-31T23:59:59.000Z");
    expect_text(INT64_C(951782400000), "2000-02-29T00:00:00.000Z");
    expect_text(TIME_TEXT_LAST, "9999-12-31T23:59:59.999Z");
    expect_text(TIME_TEXT_LAST + 1, "9999-12-31T23:59:59.999Z");
    expect_text(INT64_MAX, "9999-12-31T23:59:59.999Z");
    expect_text(INT64_MIN, "0000-01-01T00:00:00.000Z");
}

static void test_parse(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {
        {"2026-02-05", 1770249600000},
        {"2026-02-05T12:00:00Z", 1770292800000},
        {"2026-02-05t12:00:00z", 1770292800000},
        {"2026-02-05 12:00:00.5Z", 1770292800500},
        {"2026-02-05T12:00:00.123999Z", 1770292800123},
        {"2026-02-05T15:00:00+03:00", 1770292800000},
        {"2026-02-05T15:00:00 03:00", 1770292800000},
        {"2026-02-05T09:30:00-02:30", 1770292800000},
        {"1970-01-01T00:00:00+01:00", -3600000},
        {"9999-12-31T23:59:59.999Z", TIME_TEXT_LAST},
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t ms;
        assert_true(time_parse(good[i].text, &ms));
        assert_int_equal(ms, good[i].ms);
    }
}

static void test_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "2026",
        "2026-02-0",
        "2026-02-30",
        "2026-13-01",
        "2026-00-10",
        "1969-12-31",
        "2026-02-05T",
        "2026-02-05T12:00",
        "2026-02-05T12:00:00",
        "2026-02-05T24:00:00Z",
        "2026-02-05T12:60:00Z",
        "2026-02-05T12:00:00.Z",
        "2026-02-05T12:00:00+3:00",
        "2026-02-05T12:00:00+24:00",
        "2026-02-05T12:00:00Z ",
        "9999-12-31T23:59:59-00:01", /* a moment of the year 10000 */
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t ms;
        if (time_parse(bad[i], &ms))
            fail_msg("taken for a moment: %s", bad[i]);
    }
}

/* What is written is read back, and agrees with the C library. */
static void test_both_ways(void **state)
{
    (void)state;
    for (int64_t ms = 0; ms < TIME_TEXT_LAST; ms += INT64_C(12345678901)) {
        char text[TIME_TEXT_SIZE], expected[TIME_TEXT_SIZE];
        int64_t back;
        time_t seconds = (time_t)(ms / 1000);
        struct tm utc;

        time_text(ms, text);
        assert_true(time_parse(text, &back));
        assert_int_equal(back, ms);
        assert_int_equal(strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &utc)), 19);
        assert_memory_equal(text, expected, 19);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
