/* shm/proctab: lives of an entry, gossip, limits per child, kill requests. */
#include "tests/unit/shm/help.h"

static struct proc_info info_of(struct shm_segment *seg, uint32_t slot)
{
    struct proc_info info;

    assert_true(proctab_read(seg, slot, &info));
    return info;
}

static void test_life(void **state)
{
    struct shm_segment *seg = help_segment(8);
    struct proc_ref who;

    (void)state;
    assert_int_equal(proctab_assign(seg, PROC_RUNNER, 3, &who), 0);
    assert_int_equal(who.generation, 1);
    struct proc_info info = info_of(seg, who.slot);
    assert_int_equal(info.state, PROC_ASSIGNED);
    assert_int_equal(info.kind, PROC_RUNNER);
    assert_int_equal(info.index, 3);
    assert_int_equal(info.pid, 0);
    assert_int_equal(info.beat_ms, 0);
    assert_true(info.started_ms > 0);
    proctab_set_pid(seg, who, 4321);
    proctab_active(seg, who);
    proctab_beat(seg, who);
    info = info_of(seg, who.slot);
    assert_int_equal(info.state, PROC_ACTIVE);
    assert_int_equal(info.pid, 4321);
    assert_true(info.beat_ms >= info.started_ms);
    assert_false(info.stopped_cleanly);
    assert_true(proctab_alive(seg, who));
    assert_int_equal(proctab_session(seg, who), 0);
    proctab_set_session(seg, who, UINT64_C(1) << 40);
    proctab_stopping(seg, who);
    assert_int_equal(info_of(seg, who.slot).state, PROC_STOPPING);
    assert_int_equal(proctab_session(seg, who), UINT64_C(1) << 40);
    proctab_set_session(seg, (struct proc_ref){who.slot, who.generation + 1}, 5); /* gossip */
    assert_int_equal(proctab_session(seg, who), UINT64_C(1) << 40);
    assert_true(proctab_alive(seg, who));
    proctab_dead(seg, who, 0x1234);
    info = info_of(seg, who.slot);
    assert_int_equal(info.state, PROC_DEAD);
    assert_int_equal(info.wait_status, 0x1234);
    assert_true(info.stopped_cleanly);
    assert_false(proctab_alive(seg, who));
    assert_int_equal(proctab_session(seg, who), 0);
    proctab_release(seg, who);
    assert_int_equal(info_of(seg, who.slot).state, PROC_FREE);
    shm_segment_free(&seg);
}

static void test_killed_is_not_clean(void **state)
{
    struct shm_segment *seg = help_segment(8);
    struct proc_ref who;

    (void)state;
    assert_int_equal(proctab_assign(seg, PROC_WORKER, 0, &who), 0);
    proctab_active(seg, who);
    proctab_dead(seg, who, SIGKILL);
    assert_false(info_of(seg, who.slot).stopped_cleanly);
    shm_segment_free(&seg);
}

/* What an old life says or what is said about it changes nothing in the new one. */
static void test_old_generation_is_gossip(void **state)
{
    struct shm_segment *seg = help_segment(8);
    struct proc_ref old, new;

    (void)state;
    assert_int_equal(proctab_assign(seg, PROC_RUNNER, 0, &old), 0);
    proctab_stopping(seg, old);
    proctab_request_kill(seg, old, SIGTERM);
    proctab_dead(seg, old, 0);
    proctab_release(seg, old);
    assert_int_equal(proctab_assign(seg, PROC_RUNNER, 0, &new), 0);
    assert_int_equal(new.slot, old.slot);
    assert_int_equal(new.generation, old.generation + 1);
    proctab_set_pid(seg, old, 99);
    proctab_active(seg, old);
    proctab_beat(seg, old);
    proctab_dead(seg, old, 1);
    proctab_release(seg, old);
    proctab_request_kill(seg, old, SIGKILL);
    struct proc_info info = info_of(seg, new.slot);
    assert_int_equal(info.state, PROC_ASSIGNED);
    assert_int_equal(info.pid, 0);
    assert_int_equal(info.beat_ms, 0);
    assert_false(info.stopped_cleanly);
    struct proc_ref target;
    assert_int_equal(proctab_take_kill(seg, new.slot, &target), 0);
    assert_false(proctab_alive(seg, old));
    assert_true(proctab_alive(seg, new));
    assert_false(proctab_alive(seg, (struct proc_ref){0, 0}));
    assert_false(proctab_alive(seg, (struct proc_ref){1000, 1}));
    shm_segment_free(&seg);
}

static void test_moves_out_of_order(void **state)
{
    struct shm_segment *seg = help_segment(8);
    struct proc_ref who;

    (void)state;
    assert_int_equal(proctab_assign(seg, PROC_WORKER, 0, &who), 0);
    proctab_release(seg, who); /* alive: not to be released */
    assert_true(proctab_alive(seg, who));
    proctab_dead(seg, who, 7);
    proctab_dead(seg, who, 9); /* the first report stands */
    proctab_active(seg, who);
    proctab_stopping(seg, who);
    assert_int_equal(info_of(seg, who.slot).state, PROC_DEAD);
    assert_int_equal(info_of(seg, who.slot).wait_status, 7);
    assert_false(info_of(seg, who.slot).stopped_cleanly);
    shm_segment_free(&seg);
}

/* One child that dies in a loop leaves room for the others. */
static void test_lives_per_child(void **state)
{
    struct shm_segment *seg = help_segment(8);
    struct proc_ref first, who;

    (void)state;
    assert_int_equal(proctab_assign(seg, PROC_WORKER, 0, &first), 0);
    proctab_dead(seg, first, 1);
    for (int i = 1; i < PROCTAB_LIVES; i++) {
        assert_int_equal(proctab_assign(seg, PROC_WORKER, 0, &who), 0);
        proctab_dead(seg, who, 1);
    }
    assert_int_equal(proctab_assign(seg, PROC_WORKER, 0, &who), -EAGAIN);
    assert_int_equal(proctab_assign(seg, PROC_WORKER, 1, &who), 0);
    assert_int_equal(proctab_assign(seg, PROC_RUNNER, 0, &who), 0);
    proctab_release(seg, first);
    assert_int_equal(proctab_assign(seg, PROC_WORKER, 0, &who), 0);
    assert_int_equal(who.slot, first.slot);
    shm_segment_free(&seg);
}

/* Nobody else would settle a dead janitor: it is never refused an entry. */
static void test_janitor_that_dies_in_a_loop(void **state)
{
    struct shm_segment *seg = help_segment(8);
    struct proc_ref first, who;

    (void)state;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(proctab_assign(seg, PROC_JANITOR, 0, &who), 0);
        if (i == 0)
            first = who;
        proctab_dead(seg, who, 1);
        assert_false(proctab_alive(seg, who));
    }
    assert_int_equal(proctab_assign(seg, PROC_JANITOR, 0, &who), 0);
    assert_true(proctab_alive(seg, who));
    assert_false(proctab_alive(seg, first));
    proctab_release(seg, first); /* gossip: the entry has another life */
    assert_true(proctab_alive(seg, who));
    for (uint32_t i = 0; i < 8 - PROCTAB_LIVES; i++)
        assert_int_equal(proctab_assign(seg, PROC_RUNNER, i, &who), 0);
    shm_segment_free(&seg);
}

static void test_full(void **state)
{
    struct shm_segment *seg = help_segment(8);
    struct proc_ref who;

    (void)state;
    assert_int_equal(proctab_size(seg), 8);
    for (uint32_t i = 0; i < 8; i++)
        assert_int_equal(proctab_assign(seg, PROC_RUNNER, i, &who), 0);
    assert_int_equal(proctab_assign(seg, PROC_RUNNER, 8, &who), -EAGAIN);
    struct proc_info info;
    assert_false(proctab_read(seg, 8, &info));
    shm_segment_free(&seg);
}

static void test_find(void **state)
{
    struct shm_segment *seg = help_segment(8);
    struct proc_ref dead, living;

    (void)state;
    assert_int_equal(proctab_assign(seg, PROC_RUNNER, 1, &dead), 0);
    proctab_dead(seg, dead, 0);
    assert_int_equal(proctab_find(seg, PROC_RUNNER, 1).generation, 0);
    assert_int_equal(proctab_assign(seg, PROC_RUNNER, 1, &living), 0);
    struct proc_ref found = proctab_find(seg, PROC_RUNNER, 1);
    assert_int_equal(found.slot, living.slot);
    assert_int_equal(found.generation, living.generation);
    assert_int_equal(proctab_find(seg, PROC_WORKER, 1).generation, 0);
    shm_segment_free(&seg);
}

static void test_kill_request(void **state)
{
    struct shm_segment *seg = help_segment(8);
    struct proc_ref who, target = {0, 0};

    (void)state;
    assert_int_equal(proctab_assign(seg, PROC_RUNNER, 0, &who), 0);
    assert_int_equal(proctab_take_kill(seg, who.slot, &target), 0);
    proctab_request_kill(seg, who, SIGTERM);
    proctab_request_kill(seg, who, SIGKILL);
    assert_int_equal(proctab_take_kill(seg, who.slot, &target), SIGKILL);
    assert_int_equal(target.slot, who.slot);
    assert_int_equal(target.generation, who.generation);
    assert_int_equal(proctab_take_kill(seg, who.slot, &target), 0);
    assert_int_equal(proctab_take_kill(seg, 1000, &target), 0);
    shm_segment_free(&seg);
}

static void test_generation_wraps_past_zero(void **state)
{
    struct shm_segment *seg = help_segment(8);
    struct proc_ref who;

    (void)state;
    atomic_store(&seg->procs[0].life, UINT64_C(0xffffffff) << 32);
    assert_int_equal(proctab_assign(seg, PROC_RUNNER, 0, &who), 0);
    assert_int_equal(who.generation, 1);
    shm_segment_free(&seg);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(proc_kind_name(PROC_WORKER), "worker");
    assert_string_equal(proc_kind_name(PROC_DATABASE), "database");
    assert_string_equal(proc_kind_name((enum proc_kind)77), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_life),
        cmocka_unit_test(test_killed_is_not_clean),
        cmocka_unit_test(test_old_generation_is_gossip),
        cmocka_unit_test(test_moves_out_of_order),
        cmocka_unit_test(test_lives_per_child),
        cmocka_unit_test(test_janitor_that_dies_in_a_loop),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_kill_request),
        cmocka_unit_test(test_generation_wraps_past_zero),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests_name("shm/proctab", tests, NULL, NULL);
}
