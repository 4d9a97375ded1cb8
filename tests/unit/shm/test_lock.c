/* shm/lock: dead owners, stopped owners, the unrepairable. */
#include "tests/unit/shm/help.h"

static void test_probe(void **state)
{
    (void)state;
    assert_int_equal(shm_lock_probe(), 0);
}

static void test_lock_unlock(void **state)
{
    struct shm_segment *seg = help_segment(8);

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(shm_lock(seg), 0);
        shm_unlock(seg);
    }
    assert_int_equal(shm_lock_recoveries(seg), 0);
    shm_segment_free(&seg);
}

/* Everything derived becomes nonsense. */
static void scramble(struct shm_segment *seg)
{
    for (uint32_t i = 0; i <= seg->index_mask; i++)
        atomic_store(&seg->index[i], UINT64_C(0xdeadbeef00000000) + i);
    memset(seg->derived, 0xa5, sizeof *seg->derived);
    memset(seg->free_stack, 0xa5, seg->geometry.slots * sizeof *seg->free_stack);
    memset(seg->nodes, 0xa5, seg->geometry.slots * sizeof *seg->nodes);
    memset(seg->finals, 0xa5, seg->geometry.slots * sizeof *seg->finals);
}

static void test_dead_owner_is_repaired(void **state)
{
    struct shm_segment *seg = help_segment(8);
    struct shm_handle claimed, second;
    struct shm_task task;

    (void)state;
    help_final(seg, 1, 100);
    help_reserve(seg, 2, 0);
    help_ready(seg, 3, 0);
    second = help_ready(seg, 4, 1);
    assert_int_equal(shm_table_claim(seg, help_me, &claimed, &task), 0);
    help_die_holding(seg, scramble);
    help_check(seg);
    assert_int_equal(shm_lock_recoveries(seg), 1);
    assert_true(help_found(seg, 1));
    assert_false(help_found(seg, 2));
    assert_true(help_found(seg, 3));
    assert_int_equal(shm_table_claim(seg, help_me, &claimed, &task), 0);
    assert_int_equal(claimed.slot, second.slot);
    help_check(seg);
    assert_int_equal(shm_lock_recoveries(seg), 1);
    shm_segment_free(&seg);
}

/* The repairer is killed too: after the rebuild and before consistent. */
static void test_dead_repairer(void **state)
{
    struct shm_segment *seg = help_segment(8);

    (void)state;
    help_ready(seg, 1, 0);
    help_die_holding(seg, scramble);
    pid_t child = help_fork();
    if (child == 0) {
        if (pthread_mutex_lock(&seg->lock->mutex) != EOWNERDEAD || shm_table_rebuild(seg) != 0)
            _exit(1);
        (void)kill(getpid(), SIGKILL);
    }
    assert_true(WIFSIGNALED(help_wait(child)));
    help_check(seg);
    assert_int_equal(shm_lock_recoveries(seg), 1);
    assert_true(help_found(seg, 1));
    shm_segment_free(&seg);
}

static void set_state_99(struct shm_segment *seg)
{
    shm_word *word = &seg->slots[0].head[seg->slots[0].version & 1][SHM_WORD_OF(state)];

    atomic_store(word, UINT64_C(0x636363636363));
}

static void test_unrepairable(void **state)
{
    struct shm_segment *seg = help_segment(8);
    struct shm_handle handle = help_ready(seg, 1, 0);
    uint8_t id[16];

    (void)state;
    help_die_holding(seg, set_state_99);
    assert_int_equal(shm_lock(seg), -ENOTRECOVERABLE);
    help_id(id, 2);
    assert_int_equal(shm_table_reserve(seg, help_me, id, 0, &handle), -ENOTRECOVERABLE);
    assert_int_equal(shm_table_find(seg, id, &handle), -ENOTRECOVERABLE);
    pid_t child = help_fork();
    if (child == 0)
        _exit(shm_lock(seg) == -ENOTRECOVERABLE ? 0 : 1);
    assert_int_equal(help_wait(child), 0);
    shm_segment_free(&seg);
}

static void copy_slot_0_to_1(struct shm_segment *seg)
{
    memcpy(&seg->slots[1], &seg->slots[0], sizeof seg->slots[0]);
}

static void test_doubled_id_is_unrepairable(void **state)
{
    struct shm_segment *seg = help_segment(8);

    (void)state;
    help_ready(seg, 1, 0);
    help_die_holding(seg, copy_slot_0_to_1);
    assert_int_equal(shm_lock(seg), -ENOTRECOVERABLE);
    shm_segment_free(&seg);
}

/* A child that holds the lock and stops. */
static pid_t stopped_holder(struct shm_segment *seg)
{
    pid_t child = help_fork();
    int status;

    if (child == 0) {
        if (shm_lock(seg) != 0)
            _exit(1);
        (void)raise(SIGSTOP);
        shm_unlock(seg);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, WUNTRACED), child);
    assert_true(WIFSTOPPED(status));
    return child;
}

static void test_stopped_holder_times_out(void **state)
{
    struct shm_segment *seg = help_segment(8);
    struct shm_handle handle = help_ready(seg, 1, 0);
    struct shm_poll poll;
    struct shm_task task;
    uint64_t version;
    uint8_t id[16];

    (void)state;
    help_id(id, 1);
    pid_t child = stopped_holder(seg);
    int64_t before = clock_mono_ms();
    assert_int_equal(shm_table_poll(seg, id, &poll), 0);
    assert_int_equal(shm_table_read(seg, handle, &task, &version), 0);
    assert_true(clock_mono_ms() - before < 1000);
    assert_int_equal(shm_lock(seg), -ETIMEDOUT);
    assert_true(clock_mono_ms() - before >= SHM_LOCK_WAIT_MS);
    assert_int_equal(kill(child, SIGCONT), 0);
    assert_int_equal(help_wait(child), 0);
    assert_int_equal(shm_lock(seg), 0);
    shm_unlock(seg);
    assert_int_equal(shm_lock_recoveries(seg), 0);
    shm_segment_free(&seg);
}

/* A process that answers others meanwhile waits once, and then asks in passing. */
static void test_impatient_waits_once(void **state)
{
    struct shm_segment *seg = help_segment(8);

    (void)state;
    shm_lock_be_impatient(seg);
    pid_t child = stopped_holder(seg);
    int64_t before = clock_mono_ms();
    assert_int_equal(shm_lock(seg), -ETIMEDOUT);
    assert_in_range(clock_mono_ms() - before, SHM_LOOP_WAIT_MS, SHM_LOCK_WAIT_MS - 1);
    before = clock_mono_ms();
    for (int i = 0; i < 100; i++)
        assert_int_equal(shm_lock_within(seg, SHM_MISS_WAIT_MS), -ETIMEDOUT);
    assert_true(clock_mono_ms() - before < 50 * SHM_MISS_WAIT_MS);
    assert_int_equal(kill(child, SIGCONT), 0);
    assert_int_equal(help_wait(child), 0);
    assert_int_equal(shm_lock(seg), 0);
    shm_unlock(seg);
    shm_segment_free(&seg);
}

static void test_killed_holder_frees_waiter(void **state)
{
    struct shm_segment *seg = help_segment(8);

    (void)state;
    pid_t holder = stopped_holder(seg);
    pid_t waiter = help_fork();
    if (waiter == 0)
        _exit(shm_lock(seg) == 0 && shm_lock_recoveries(seg) == 1 ? (shm_unlock(seg), 0) : 1);
    (void)usleep(50000);
    assert_int_equal(kill(holder, SIGKILL), 0);
    assert_true(WIFSIGNALED(help_wait(holder)));
    assert_int_equal(help_wait(waiter), 0);
    help_check(seg);
    shm_segment_free(&seg);
}

static void lock_twice(struct shm_segment *seg, void *ctx)
{
    (void)ctx;
    (void)shm_lock(seg);
    (void)shm_lock(seg);
}

static void unlock_unheld(struct shm_segment *seg, void *ctx)
{
    (void)ctx;
    shm_unlock(seg);
}

static void test_misuse_aborts(void **state)
{
    struct shm_segment *seg = help_segment(8);

    (void)state;
    assert_true(help_aborts(lock_twice, seg, NULL));
    assert_int_equal(shm_lock(seg), 0); /* the aborted child died holding it */
    assert_int_equal(shm_lock_recoveries(seg), 1);
    shm_unlock(seg);
    assert_true(help_aborts(unlock_unheld, seg, NULL));
    shm_segment_free(&seg);
}

/* A child does not own what its parent holds. */
static void test_fork_inherits_no_hold(void **state)
{
    struct shm_segment *seg = help_segment(8);

    (void)state;
    assert_int_equal(shm_lock(seg), 0);
    pid_t child = help_fork();
    if (child == 0)
        _exit(shm_lock(seg) == -ETIMEDOUT ? 0 : 1);
    assert_int_equal(help_wait(child), 0);
    shm_unlock(seg);
    help_check(seg);
    shm_segment_free(&seg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_probe),
        cmocka_unit_test(test_lock_unlock),
        cmocka_unit_test(test_dead_owner_is_repaired),
        cmocka_unit_test(test_dead_repairer),
        cmocka_unit_test(test_unrepairable),
        cmocka_unit_test(test_doubled_id_is_unrepairable),
        cmocka_unit_test(test_stopped_holder_times_out),
        cmocka_unit_test(test_impatient_waits_once),
        cmocka_unit_test(test_killed_holder_frees_waiter),
        cmocka_unit_test(test_misuse_aborts),
        cmocka_unit_test(test_fork_inherits_no_hold),
    };

    return cmocka_run_group_tests_name("shm/lock", tests, NULL, NULL);
}
