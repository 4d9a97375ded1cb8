/* shm/wakeup: pokes arrive, awake targets cost none, strangers are left alone. */
#include "tests/unit/shm/help.h"

#include <fcntl.h>
#include <poll.h>

static bool poked(struct shm_segment *seg, uint32_t slot)
{
    struct pollfd fd = {.fd = wakeup_fd(seg, slot), .events = POLLIN};

    return poll(&fd, 1, 0) == 1;
}

static struct shm_segment *segment_with_fds(void)
{
    struct shm_segment *seg = help_segment(8);

    assert_int_equal(wakeup_init(seg), 0);
    return seg;
}

static void drop(struct shm_segment *seg)
{
    wakeup_fini(seg);
    shm_segment_free(&seg);
}

static void test_poke_and_drain(void **state)
{
    struct shm_segment *seg = segment_with_fds();

    (void)state;
    assert_false(poked(seg, 2));
    wakeup_poke(seg, 2);
    wakeup_poke(seg, 2);
    assert_true(poked(seg, 2));
    assert_false(poked(seg, 3));
    wakeup_drain(seg, 2);
    assert_false(poked(seg, 2));
    wakeup_drain(seg, 2); /* nothing there: returns */
    wakeup_poke(seg, WAKEUP_MASTER);
    assert_true(poked(seg, WAKEUP_MASTER));
    assert_int_equal(fcntl(wakeup_fd(seg, 0), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(fcntl(wakeup_fd(seg, 0), F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    drop(seg);
}

static void test_awake_is_not_poked(void **state)
{
    struct shm_segment *seg = segment_with_fds();

    (void)state;
    wakeup_awake(seg, 1);
    wakeup_poke(seg, 1);
    assert_false(poked(seg, 1));
    wakeup_sleeping(seg, 1);
    wakeup_poke(seg, 1);
    assert_true(poked(seg, 1));
    wakeup_awake(seg, WAKEUP_MASTER);
    wakeup_poke(seg, WAKEUP_MASTER);
    assert_false(poked(seg, WAKEUP_MASTER));
    drop(seg);
}

/* A process killed awake must not leave its successor deaf. */
static void test_successor_is_poked(void **state)
{
    struct shm_segment *seg = segment_with_fds();
    struct proc_ref who;

    (void)state;
    assert_int_equal(proctab_assign(seg, PROC_RUNNER, 0, &who), 0);
    wakeup_awake(seg, who.slot);
    proctab_dead(seg, who, SIGKILL);
    proctab_release(seg, who);
    assert_int_equal(proctab_assign(seg, PROC_RUNNER, 0, &who), 0);
    wakeup_poke(seg, who.slot);
    assert_true(poked(seg, who.slot));
    drop(seg);
}

static void test_poke_kind_and_all(void **state)
{
    struct shm_segment *seg = segment_with_fds();
    struct proc_ref worker, runner, dead;

    (void)state;
    assert_int_equal(proctab_assign(seg, PROC_WORKER, 0, &worker), 0);
    assert_int_equal(proctab_assign(seg, PROC_RUNNER, 0, &runner), 0);
    assert_int_equal(proctab_assign(seg, PROC_RUNNER, 1, &dead), 0);
    proctab_dead(seg, dead, 0);
    wakeup_poke_kind(seg, PROC_RUNNER);
    assert_true(poked(seg, runner.slot));
    assert_false(poked(seg, worker.slot));
    assert_false(poked(seg, dead.slot));
    assert_false(poked(seg, WAKEUP_MASTER));
    wakeup_poke_all(seg);
    assert_true(poked(seg, worker.slot));
    assert_true(poked(seg, WAKEUP_MASTER));
    assert_false(poked(seg, 7));
    drop(seg);
}

static void test_poke_keeps_errno(void **state)
{
    struct shm_segment *seg = segment_with_fds();
    const uint64_t brim = UINT64_MAX - 1;

    (void)state;
    assert_int_equal(write(wakeup_fd(seg, 1), &brim, sizeof brim), sizeof brim);
    errno = 123;
    wakeup_poke(seg, 1); /* the counter is full: EAGAIN inside */
    assert_int_equal(errno, 123);
    assert_true(poked(seg, 1));
    drop(seg);
}

/* Two processes hand a number to and fro; a lost wake-up is a test that hangs until the alarm. */
static void echo(struct shm_segment *seg, uint32_t mine, uint32_t other, _Atomic int64_t *mailbox, int64_t parity)
{
    for (int64_t turn = parity; turn < 2000; turn += 2) {
        struct pollfd fd = {.fd = wakeup_fd(seg, mine), .events = POLLIN};
        while (atomic_load(mailbox) != turn) {
            wakeup_sleeping(seg, mine);
            if (atomic_load(mailbox) != turn)
                (void)poll(&fd, 1, -1);
            wakeup_awake(seg, mine);
            wakeup_drain(seg, mine);
        }
        atomic_store(mailbox, turn + 1);
        wakeup_poke(seg, other);
    }
}

static void test_no_poke_is_lost(void **state)
{
    struct shm_segment *seg = segment_with_fds();
    _Atomic int64_t *mailbox = &seg->procs[7].beat_ms; /* any shared word */

    (void)state;
    pid_t child = help_fork();
    if (child == 0) {
        echo(seg, 1, 0, mailbox, 1);
        _exit(0);
    }
    (void)alarm(20);
    echo(seg, 0, 1, mailbox, 0);
    assert_int_equal(help_wait(child), 0);
    (void)alarm(0);
    assert_int_equal(atomic_load(mailbox), 2000);
    drop(seg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_poke_and_drain),     cmocka_unit_test(test_awake_is_not_poked),
        cmocka_unit_test(test_successor_is_poked), cmocka_unit_test(test_poke_kind_and_all),
        cmocka_unit_test(test_poke_keeps_errno),   cmocka_unit_test(test_no_poke_is_lost),
    };

    return cmocka_run_group_tests_name("shm/wakeup", tests, NULL, NULL);
}
