/* base/clock and base/grow: sums of moments, and arrays that keep what they hold while they grow. */
#include "base/clock.h"
#include "base/grow.h"

#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void expect_sum(int64_t ms, time_t seconds, long ns)
{
    struct timespec sum = clock_add_ms((struct timespec){10, 999999999}, ms);

    assert_int_equal(sum.tv_sec, seconds);
    assert_int_equal(sum.tv_nsec, ns);
}

static void test_sums(void **state)
{
    (void)state;
    expect_sum(0, 10, 999999999);
    expect_sum(1, 11, 999999);
    expect_sum(999, 11, 998999999);
    expect_sum(1000, 11, 999999999);
    expect_sum(INT64_C(86400000) * 365, 10 + 86400 * 365, 999999999);
}

static void test_not_before(void **state)
{
    (void)state;
    assert_int_equal(clock_not_before(5, 3), 5);
    assert_int_equal(clock_not_before(3, 5), 5);
    assert_int_equal(clock_not_before(-7, -7), -7);
    assert_true(clock_not_before(INT64_MIN, INT64_MAX) == INT64_MAX);
}

static void test_clocks_agree(void **state)
{
    (void)state;
    int64_t before = clock_mono_ms();
    struct timespec now = clock_mono();
    double seconds = clock_mono_s();
    int64_t between = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;

    assert_in_range(between, before, clock_mono_ms());
    assert_true(seconds * 1000 >= (double)between && seconds * 1000 <= (double)clock_mono_ms() + 1);
    assert_in_range(clock_coarse_ms(), before - 100, clock_mono_ms());
    assert_in_range(clock_wall_ms() / 1000, time(NULL) - 2, time(NULL) + 2);
}

static void test_grow(void **state)
{
    uint32_t room = 0, *list = NULL;

    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        list = grow(list, &room, i + 1, sizeof *list);
        assert_true(room > i);
        list[i] = i;
    }
    assert_int_equal(room, 1024);
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(list[i], i);
    assert_ptr_equal(grow(list, &room, 1024, sizeof *list), list);
    list = grow(list, &room, 5000, sizeof *list);
    assert_int_equal(room, 8192);
    free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_not_before),
        cmocka_unit_test(test_clocks_agree),
        cmocka_unit_test(test_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
