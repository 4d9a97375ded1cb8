/* Rates: look-up against a walk over all of them, ages, refusals. */
#include "handlers/pricing/rates.h"

#include "tests/unit/testdata.h"

#include <errno.h>

static void newest_not_too_old(void **state)
{
    (void)state;
    struct rates rates;
    rates_init(&rates, "RUB", 14);
    assert_int_equal(rates_add(&rates, "USD", 103, 1, 92500000), 0);
    assert_int_equal(rates_add(&rates, "JPY", 104, 100, 61234500), 0);
    assert_int_equal(rates_add(&rates, "USD", 99, 1, 90000000), 0);
    assert_int_equal(rates_seal(&rates), 0);
    uint16_t usd = rates_currency(&rates, "USD"), jpy = rates_currency(&rates, "JPY");
    assert_int_equal(rates_currency(&rates, "RUB"), CURRENCY_BASE);
    assert_int_equal(rates_currency(&rates, "EUR"), CURRENCY_UNKNOWN);
    assert_null(rates_find(&rates, usd, 98));
    assert_int_equal(rates_find(&rates, usd, 99)->rate, 90000000);
    assert_int_equal(rates_find(&rates, usd, 102)->rate, 90000000);
    assert_int_equal(rates_find(&rates, usd, 103)->rate, 92500000);
    assert_int_equal(rates_find(&rates, usd, 117)->date, 103);
    assert_null(rates_find(&rates, usd, 118));
    assert_int_equal(rates_find(&rates, jpy, 104)->nominal, 100);
    assert_null(rates_find(&rates, jpy, 103));
    assert_null(rates_find(&rates, CURRENCY_BASE, 104));
    assert_null(rates_find(&rates, CURRENCY_UNKNOWN, 104));
    assert_null(rates_find(&rates, usd, INT32_MAX));
    assert_null(rates_find(&rates, usd, INT32_MIN));
    rates_fini(&rates);
}

static void refusals(void **state)
{
    (void)state;
    struct rates rates;
    rates_init(&rates, "RUB", 0);
    assert_int_equal(rates_add(&rates, "RUB", 1, 1, 1), -EINVAL);
    assert_int_equal(rates_add(&rates, "US", 1, 1, 1), -EINVAL);
    assert_int_equal(rates_add(&rates, "USDT", 1, 1, 1), -EINVAL);
    assert_int_equal(rates_add(&rates, "usd", 1, 1, 1), -EINVAL);
    assert_int_equal(rates_add(&rates, "₽", 1, 1, 1), -EINVAL);
    assert_int_equal(rates_add(&rates, "USD", 1, 0, 1), -EINVAL);
    assert_int_equal(rates_add(&rates, "USD", 1, 100001, 1), -EINVAL);
    assert_int_equal(rates_add(&rates, "USD", 1, 1, 0), -EINVAL);
    assert_int_equal(rates_add(&rates, "USD", 1, 1, RATE_LIMIT), -EINVAL);
    assert_int_equal(rates_add(&rates, "USD", 1, 100000, RATE_LIMIT - 1), 0);
    assert_int_equal(rates_add(&rates, "USD", 1, 1, 1), 0);
    assert_int_equal(rates_seal(&rates), -EEXIST);
    rates_fini(&rates);
}

/* Every name that three letters make. */
static void any_number_of_currencies(void **state)
{
    (void)state;
    struct rates rates;
    rates_init(&rates, "AAA", 0);
    int64_t n = 0;
    for (char a = 'A'; a <= 'C'; a++)
        for (char b = 'A'; b <= 'Z'; b++)
            for (char c = 'A'; c <= 'Z'; c++, n++)
                assert_int_equal(rates_add(&rates, (char[]){a, b, c, 0}, 5, 1, 1 + n), n ? 0 : -EINVAL);
    assert_int_equal(rates_seal(&rates), 0);
    assert_int_equal(rates.n_currencies, n);
    for (uint16_t c = 1; c < n; c++)
        assert_int_equal(rates_find(&rates, c, 5)->rate, 1 + c);
    assert_int_equal(rates_currency(&rates, "CZZ"), n - 1);
    assert_int_equal(rates_currency(&rates, "DAA"), CURRENCY_UNKNOWN);
    assert_null(rates_find(&rates, (uint16_t)n, 5));
    rates_fini(&rates);
}

static void equals_a_walk(void **state)
{
    (void)state;
    static const char *const names[] = {"USD", "EUR", "CNY", "JPY"};
    uint64_t seed = 13;
    for (int round = 0; round < 200; round++) {
        struct rates rates;
        unsigned max_age = (unsigned)(testdata_random(&seed) % 20);
        bool has[4][400] = {{false}};
        rates_init(&rates, "RUB", max_age);
        for (uint64_t i = testdata_random(&seed) % 300; i > 0; i--) {
            uint64_t c = testdata_random(&seed) % 4, day = testdata_random(&seed) % 400;
            if (!has[c][day])
                assert_int_equal(rates_add(&rates, names[c], (int32_t)day, 1, (int64_t)(c * 1000 + day + 1)), 0);
            has[c][day] = true;
        }
        assert_int_equal(rates_seal(&rates), 0);
        for (uint64_t c = 0; c < 4; c++) {
            uint16_t number = rates_currency(&rates, names[c]);
            for (int32_t day = 0; day < 430; day++) {
                int32_t at = day < 400 ? day : 399;
                while (at >= 0 && !has[c][at])
                    at--;
                bool expected = at >= 0 && day - at <= (int32_t)max_age;
                const struct rate *found = rates_find(&rates, number, day);
                assert_int_equal(found != NULL, expected);
                if (found)
                    assert_int_equal(found->rate, (int64_t)c * 1000 + at + 1);
            }
        }
        rates_fini(&rates);
    }
}

static void none_at_all(void **state)
{
    (void)state;
    struct rates rates;
    rates_init(&rates, "RUB", 14);
    assert_int_equal(rates_seal(&rates), 0);
    assert_null(rates_find(&rates, 1, 5));
    rates_fini(&rates);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newest_not_too_old), cmocka_unit_test(refusals),    cmocka_unit_test(any_number_of_currencies),
        cmocka_unit_test(equals_a_walk),      cmocka_unit_test(none_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
