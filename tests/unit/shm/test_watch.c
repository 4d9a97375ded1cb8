/* shm/watch: the right workers are poked, others are left alone, and no change slips between setting and looking. */
#include "tests/unit/shm/help.h"

#include "shm/watch.h"

#include <poll.h>
#include <sched.h>

static struct shm_segment *segment_with_workers(struct proc_ref workers[2])
{
    struct shm_segment *seg = help_segment(128);

    assert_int_equal(wakeup_init(seg), 0);
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(proctab_assign(seg, PROC_WORKER, i, &workers[i]), 0);
        proctab_active(seg, workers[i]);
    }
    return seg;
}

static void drop(struct shm_segment *seg)
{
    wakeup_fini(seg);
    shm_segment_free(&seg);
}

static bool poked(struct shm_segment *seg, uint32_t entry)
{
    struct pollfd fd = {.fd = wakeup_fd(seg, entry), .events = POLLIN};
    bool yes = poll(&fd, 1, 0) == 1;

    wakeup_drain(seg, entry);
    return yes;
}

static void test_only_who_watches_is_poked(void **state)
{
    struct proc_ref workers[2];
    struct shm_segment *seg = segment_with_workers(workers);

    (void)state;
    watch_tell(seg, 70);
    assert_false(poked(seg, workers[0].slot) || poked(seg, workers[1].slot));
    watch_set(seg, 70, workers[1].slot);
    watch_tell(seg, 70);
    watch_tell(seg, 71);
    assert_false(poked(seg, workers[0].slot));
    assert_true(poked(seg, workers[1].slot));
    assert_int_equal(watch_take(seg, workers[1].slot), UINT64_C(1) << WATCH_REGION(70));
    assert_int_equal(watch_take(seg, workers[1].slot), 0);
    watch_set(seg, 70, workers[0].slot);
    watch_clear(seg, 70, workers[1].slot);
    watch_tell(seg, 70);
    assert_true(poked(seg, workers[0].slot));
    assert_false(poked(seg, workers[1].slot));
    drop(seg);
}

/* A killed worker leaves its bit behind: nobody is poked for it, and the next one in its entry only once too often. */
static void test_the_dead_are_left_alone(void **state)
{
    struct proc_ref workers[2], next;
    struct shm_segment *seg = segment_with_workers(workers);

    (void)state;
    watch_set(seg, 3, workers[0].slot);
    proctab_dead(seg, workers[0], SIGKILL);
    watch_tell(seg, 3);
    assert_false(poked(seg, workers[0].slot));
    proctab_release(seg, workers[0]);
    watch_tell(seg, 3);
    assert_false(poked(seg, workers[0].slot));
    assert_int_equal(proctab_assign(seg, PROC_WORKER, 0, &next), 0);
    assert_int_equal(next.slot, workers[0].slot);
    watch_tell(seg, 3);
    assert_true(poked(seg, next.slot));
    watch_clear(seg, 3, next.slot);
    watch_tell(seg, 3);
    assert_false(poked(seg, next.slot));
    drop(seg);
}

static void test_look(void **state)
{
    struct shm_segment *seg = help_segment(8);
    struct shm_handle handle = help_ready(seg, 1, 0), gone = {.slot = handle.slot, .generation = handle.generation + 1};
    struct watch_view before, after;

    (void)state;
    assert_int_equal(watch_look(seg, handle, &before), 0);
    assert_int_equal(before.state, TASK_READY);
    assert_int_equal(watch_look(seg, gone, &after), -ESRCH);
    assert_int_equal(watch_look(seg, (struct shm_handle){.slot = 8, .generation = 1}, &after), -ESRCH);
    assert_int_equal(help_move(seg, handle, TASK_CANCELLED), 0);
    assert_int_equal(watch_look(seg, handle, &after), 0);
    assert_int_equal(after.state, TASK_CANCELLED);
    assert_true(after.visible > before.visible);
    assert_int_equal(help_move(seg, handle, TASK_FREE), 0);
    assert_int_equal(watch_look(seg, handle, &after), -ESRCH);
    shm_segment_free(&seg);
}

/* One process changes a task without pause and tells; another sets its bit, looks, and sleeps on what it saw. When no
 * wake-up is lost it never sleeps through a change; a lost one would let the poll run into its limit. */
#define ROUNDS 2000

static int say(struct shm_segment *seg, struct shm_handle handle, uint32_t number)
{
    struct shm_task task;
    uint64_t version;
    int rc = shm_table_read(seg, handle, &task, &version);

    if (rc != 0)
        return rc;
    task.text_len = (uint16_t)snprintf(task.text, sizeof task.text, "%u", number);
    return shm_table_change(seg, handle, version, &task);
}

static void change_and_tell(struct shm_segment *seg, struct shm_handle handle, _Atomic int64_t *seen)
{
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        if (say(seg, handle, i) != 0)
            _exit(1);
        watch_tell(seg, handle.slot);
        while (*seen < i) /* the next change comes while the other side sets and looks */
            sched_yield();
    }
    _exit(0);
}

static void test_no_wake_up_is_lost(void **state)
{
    struct proc_ref workers[2];
    struct shm_segment *seg = segment_with_workers(workers);
    struct shm_handle handle = help_ready(seg, 1, 0);
    /* A word that both see: a spare entry's heartbeat. */
    _Atomic int64_t *seen = &seg->procs[7].beat_ms;
    struct pollfd fd = {.fd = wakeup_fd(seg, workers[0].slot), .events = POLLIN};
    struct watch_view view, now;

    (void)state;
    assert_int_equal(watch_look(seg, handle, &view), 0);
    pid_t child = help_fork();
    if (child == 0)
        change_and_tell(seg, handle, seen);
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        watch_set(seg, handle.slot, workers[0].slot);
        assert_int_equal(watch_look(seg, handle, &now), 0);
        while (now.visible == view.visible) {
            assert_int_equal(poll(&fd, 1, 10000), 1);
            wakeup_drain(seg, workers[0].slot);
            assert_int_equal(watch_look(seg, handle, &now), 0);
        }
        view = now;
        watch_clear(seg, handle.slot, workers[0].slot);
        *seen = i;
    }
    assert_int_equal(help_wait(child), 0);
    drop(seg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_who_watches_is_poked),
        cmocka_unit_test(test_the_dead_are_left_alone),
        cmocka_unit_test(test_look),
        cmocka_unit_test(test_no_wake_up_is_lost),
    };

    return cmocka_run_group_tests_name("shm/watch", tests, NULL, NULL);
}
