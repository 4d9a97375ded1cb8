/* The restart policy, with a clock of its own. */
#include "daemon/process/process.h"
#include "daemon/process/restart.h"

#include <signal.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define EXITED(code) ((code) << 8)

static int64_t after(struct restart *r, int status, bool active, int64_t now)
{
    int64_t due = -1;

    assert_int_equal(restart_after(r, status, active, now, &due), RESTART_AGAIN);
    return due - now;
}

static void test_failures_double_from_floor_to_ceiling(void **state)
{
    struct restart r = {0};
    int64_t now = 1000, delay = RESTART_FLOOR_MS;

    (void)state;
    for (int i = 0; i < 40; i++) {
        assert_int_equal(after(&r, SIGSEGV, false, now), delay);
        assert_int_equal(r.due_ms, now + delay);
        now += delay;
        delay = delay * 2 < RESTART_CEILING_MS ? delay * 2 : RESTART_CEILING_MS;
    }
    assert_int_equal(delay, RESTART_CEILING_MS);
    assert_true(restart_throttled(&r));
}

static void test_one_success_resets(void **state)
{
    struct restart r = {0};

    (void)state;
    for (int i = 0; i < 6; i++)
        after(&r, SIGKILL, false, 1000);
    restart_worked(&r);
    assert_false(restart_throttled(&r));
    assert_int_equal(r.due_ms, 0);
    assert_int_equal(after(&r, SIGKILL, false, 5000), RESTART_FLOOR_MS);
}

static void test_proved_kind_is_replaced_at_once_until_the_bucket_is_empty(void **state)
{
    struct restart r = {0};
    int64_t now = 1000;

    (void)state;
    for (int i = 0; i < RESTART_BURST; i++)
        assert_int_equal(after(&r, SIGSEGV, true, now), 0);
    assert_int_equal(after(&r, SIGSEGV, true, now), RESTART_REFILL_MS);
    assert_int_equal(after(&r, SIGSEGV, true, now), 2 * RESTART_REFILL_MS);
    /* Long after, the bucket is full again, and not fuller. */
    now += 3600 * 1000;
    for (int i = 0; i < RESTART_BURST; i++)
        assert_int_equal(after(&r, SIGSEGV, true, now), 0);
    assert_int_equal(after(&r, SIGSEGV, true, now), RESTART_REFILL_MS);
}

static void test_a_death_now_and_then_never_waits(void **state)
{
    struct restart r = {0};

    (void)state;
    for (int64_t now = 0; now < 1000000; now += RESTART_REFILL_MS)
        assert_int_equal(after(&r, SIGKILL, true, now), 0);
}

/* Forks per second stay bounded whatever dies however fast. */
static void test_rate_is_bounded(void **state)
{
    struct restart r = {0};
    int64_t now = 0, forks = 0;

    (void)state;
    while (now < 60000) {
        now += after(&r, SIGSEGV, true, now) + 1;
        forks++;
    }
    assert_in_range(forks, 60000 / RESTART_REFILL_MS - 5, 60000 / RESTART_REFILL_MS + RESTART_BURST + 5);
}

static void test_exit_codes(void **state)
{
    struct restart r = {0};
    int64_t due;

    (void)state;
    assert_int_equal(restart_after(&r, EXITED(EXIT_CONFIG), true, 0, &due), RESTART_CONFIG);
    assert_int_equal(restart_after(&r, EXITED(EXIT_SEGMENT_LOST), true, 0, &due), RESTART_SEGMENT);
    assert_int_equal(after(&r, EXITED(EXIT_RECYCLE), true, 100), 0);
    assert_int_equal(after(&r, EXITED(EXIT_DONE), true, 100), 0);
    assert_int_equal(after(&r, EXITED(EXIT_SHORTAGE), true, 100), RESTART_FLOOR_MS);
    assert_int_equal(after(&r, EXITED(EXIT_SHORTAGE), true, 100), 2 * RESTART_FLOOR_MS);
    assert_int_equal(after(&r, EXITED(EXIT_DONE), false, 100), 4 * RESTART_FLOOR_MS);
    assert_int_equal(r.deaths, 7);
}

static void test_failed_fork_backs_off(void **state)
{
    struct restart r = {0};

    (void)state;
    assert_int_equal(restart_after_failure(&r, 50), 50 + RESTART_FLOOR_MS);
    assert_int_equal(restart_after_failure(&r, 50), 50 + 2 * RESTART_FLOOR_MS);
    assert_int_equal(r.deaths, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failures_double_from_floor_to_ceiling),
        cmocka_unit_test(test_one_success_resets),
        cmocka_unit_test(test_proved_kind_is_replaced_at_once_until_the_bucket_is_empty),
        cmocka_unit_test(test_a_death_now_and_then_never_waits),
        cmocka_unit_test(test_rate_is_bounded),
        cmocka_unit_test(test_exit_codes),
        cmocka_unit_test(test_failed_fork_backs_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
