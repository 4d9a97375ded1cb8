/* shm/counters: rows apart, sums that only grow, words that do not exist. */
#include "tests/unit/shm/help.h"

#include "shm/counters.h"

#include <stdlib.h>

#define WORDS 17u /* a row is then two line pairs, not all of them used */

static struct shm_segment *segment_with(uint32_t words)
{
    const struct shm_geometry geometry = {.slots = 8, .procs = 4, .types = 1, .counters = words};
    struct shm_segment *seg = NULL;

    assert_int_equal(shm_segment_new(&geometry, &seg), 0);
    return seg;
}

static struct proc_ref living(struct shm_segment *seg, uint32_t index)
{
    struct proc_ref ref;

    assert_int_equal(proctab_assign(seg, PROC_WORKER, index, &ref), 0);
    return ref;
}

static uint64_t sum_of(const struct shm_segment *seg, uint32_t word)
{
    uint64_t sums[WORDS];

    counters_sum(seg, sums, WORDS);
    return sums[word];
}

static void test_rows_lie_apart_inside_the_segment(void **state)
{
    struct shm_segment *seg = segment_with(WORDS);
    uintptr_t base = (uintptr_t)seg->header, at = 0;

    (void)state;
    for (uint32_t number = 0; number <= 4; number++) {
        struct counters_row row = number < 4 ? counters_own(seg, (struct proc_ref){number, 1}) : counters_master(seg);
        assert_int_equal(row.count, WORDS);
        assert_int_equal((uintptr_t)row.words % SHM_PAIR, 0);
        if (number > 0)
            assert_int_equal((uintptr_t)row.words - at, 2 * SHM_PAIR);
        at = (uintptr_t)row.words;
    }
    assert_true((uintptr_t)counters_own(seg, (struct proc_ref){0, 1}).words >= (uintptr_t)(seg->rests + 8));
    assert_true(at + 2 * SHM_PAIR <= base + shm_segment_bytes(seg));
    shm_segment_free(&seg);
}

static void test_sum_over_all_rows(void **state)
{
    struct shm_segment *seg = segment_with(WORDS);
    struct counters_row one = counters_own(seg, living(seg, 0)), two = counters_own(seg, living(seg, 1)),
                        master = counters_master(seg);

    (void)state;
    counters_add(&one, 3, 5);
    counters_add(&one, 3, 1);
    counters_add(&two, 3, 10);
    counters_set(&master, 3, 100);
    counters_set(&master, WORDS - 1, 7);
    assert_int_equal(sum_of(seg, 3), 116);
    assert_int_equal(sum_of(seg, WORDS - 1), 7);
    assert_int_equal(sum_of(seg, 0), 0);
    assert_int_equal(counters_read(seg, 0, 3), 6);
    assert_int_equal(counters_read(seg, 1, 3), 10);
    help_check(seg);
    shm_segment_free(&seg);
}

static void test_death_and_reuse_lose_nothing(void **state)
{
    struct shm_segment *seg = segment_with(WORDS);

    (void)state;
    for (uint64_t life = 1; life <= 3; life++) {
        struct proc_ref ref = living(seg, 0);
        struct counters_row row = counters_own(seg, ref);
        assert_int_equal(ref.slot, 0);
        counters_add(&row, 1, 1);
        proctab_dead(seg, ref, SIGKILL);
        assert_int_equal(sum_of(seg, 1), life);
        proctab_release(seg, ref);
        assert_int_equal(sum_of(seg, 1), life);
    }
    shm_segment_free(&seg);
}

static void test_repair_leaves_them_alone(void **state)
{
    struct shm_segment *seg = segment_with(WORDS);
    struct counters_row row = counters_own(seg, living(seg, 0));

    (void)state;
    counters_add(&row, 2, 9);
    help_die_holding(seg, NULL);
    assert_int_equal(shm_lock(seg), 0);
    shm_unlock(seg);
    assert_int_equal(shm_lock_recoveries(seg), 1);
    assert_int_equal(sum_of(seg, 2), 9);
    shm_segment_free(&seg);
}

static void test_words_that_do_not_exist(void **state)
{
    struct shm_segment *seg = segment_with(2), *none = segment_with(0);
    struct counters_row row = counters_own(seg, living(seg, 0)), next = counters_own(seg, living(seg, 1)),
                        nothing = {0};
    struct counters_row empty = counters_own(none, living(none, 0));
    uint64_t sums[3] = {99, 99, 99};

    (void)state;
    counters_add(&row, 2, 1);
    counters_set(&row, UINT32_MAX, 1);
    counters_add(&nothing, 0, 1);
    counters_add(&empty, 0, 1);
    counters_add(&next, 1, 4);
    assert_int_equal(counters_read(seg, 0, 2), 0);
    assert_int_equal(counters_read(seg, 4, 0), 0);
    counters_sum(seg, sums, 3);
    assert_int_equal(sums[0], 0);
    assert_int_equal(sums[1], 4);
    assert_int_equal(sums[2], 0);
    counters_sum(none, sums, 3);
    assert_int_equal(sums[0] | sums[1] | sums[2], 0);
    shm_segment_free(&seg);
    shm_segment_free(&none);
}

static void own_of_nobody(struct shm_segment *seg, void *ctx)
{
    (void)counters_own(seg, *(const struct proc_ref *)ctx);
}

static void test_limits(void **state)
{
    const struct shm_geometry large = {.slots = 8, .procs = 4, .types = 1, .counters = COUNTERS_MAX + 1};
    struct shm_segment *seg = NULL;
    struct proc_ref outside = {4, 1}, nobody = {0, 0};

    (void)state;
    assert_int_equal(shm_segment_new(&large, &seg), -EINVAL);
    seg = segment_with(WORDS);
    assert_true(help_aborts(own_of_nobody, seg, &outside));
    assert_true(help_aborts(own_of_nobody, seg, &nobody));
    seg->header->counters++;
    assert_false(shm_segment_intact(seg));
    shm_segment_free(&seg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_lie_apart_inside_the_segment), cmocka_unit_test(test_sum_over_all_rows),
        cmocka_unit_test(test_death_and_reuse_lose_nothing),      cmocka_unit_test(test_repair_leaves_them_alone),
        cmocka_unit_test(test_words_that_do_not_exist),           cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
