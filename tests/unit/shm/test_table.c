/* shm/table: what each operation does and refuses, handles, polls, many processes at once. */
#include "tests/unit/shm/help.h"

static void test_life_of_a_task(void **state)
{
    struct shm_segment *seg = help_segment(8);
    struct shm_handle handle = help_reserve(seg, 1, 1), claimed, found;
    struct shm_task task;
    uint64_t version;
    uint8_t id[16];

    (void)state;
    help_id(id, 1);
    assert_int_equal(shm_table_read(seg, handle, &task, &version), 0);
    assert_int_equal(task.state, TASK_RESERVED);
    assert_int_equal(task.type, 1);
    assert_int_equal(task.owner.generation, help_me.generation);
    assert_memory_equal(task.id, id, 16);
    assert_int_equal(task.order, 0);
    assert_int_equal(help_move(seg, handle, TASK_READY), 0);
    assert_int_equal(shm_table_find(seg, id, &found), 0);
    assert_int_equal(found.slot, handle.slot);
    assert_true(found.generation == handle.generation);
    const struct proc_ref runner = {.slot = 5, .generation = 77};
    assert_int_equal(shm_table_claim(seg, runner, &claimed, &task), 0);
    assert_int_equal(claimed.slot, handle.slot);
    assert_int_equal(task.state, TASK_CLAIMED);
    assert_int_equal(task.owner.slot, 5);
    assert_int_equal(task.owner.generation, 77);
    assert_true(task.order > 0);
    assert_int_equal(help_move(seg, handle, TASK_RUNNING), 0);
    help_check(seg);
    assert_int_equal(help_move(seg, handle, TASK_SUCCEEDED), 0);
    assert_int_equal(shm_table_read(seg, handle, &task, &version), 0);
    assert_int_equal(task.owner.generation, 0);
    assert_int_equal(task.attempt, 1);
    assert_int_equal(task.visible, 3); /* ready, running, succeeded: three texts */
    help_check(seg);
    assert_int_equal(help_move(seg, handle, TASK_FREE), 0);
    assert_int_equal(shm_table_read(seg, handle, &task, &version), -ESRCH);
    assert_false(help_found(seg, 1));
    help_check(seg);
    shm_segment_free(&seg);
}

static void test_contents_round_trip(void **state)
{
    struct shm_segment *seg = help_segment(8);
    struct shm_handle handle = help_reserve(seg, 1, 0);
    static struct shm_task task, back;
    uint64_t version;

    (void)state;
    for (unsigned length = 0; length <= TASK_TEXT_MAX; length += length < 20 ? 1 : 169) {
        assert_int_equal(shm_table_read(seg, handle, &task, &version), 0);
        task.created_ms = INT64_C(1700000000000) + length;
        task.started_ms = 1;
        task.touched_ms = -5;
        task.outcome = (uint8_t)length;
        task.progress = (uint8_t)(length % 101);
        memset(task.step, 'm', sizeof task.step);
        task.step[length < TASK_STEP_MAX ? length : TASK_STEP_MAX - 1] = '\0';
        memset(task.error, 'e', sizeof task.error);
        task.error[length < TASK_ERROR_MAX ? length : TASK_ERROR_MAX - 1] = '\0';
        for (unsigned i = 0; i < length; i++)
            task.text[i] = (char)(i * 7 + length);
        task.text_len = (uint16_t)length;
        assert_int_equal(shm_table_change(seg, handle, version, &task), 0);
        memset(&back, 0x5a, sizeof back);
        assert_int_equal(shm_table_read(seg, handle, &back, &version), 0);
        assert_true(back.created_ms == task.created_ms && back.started_ms == 1 && back.touched_ms == -5);
        assert_int_equal(back.outcome, task.outcome);
        assert_int_equal(back.progress, task.progress);
        assert_string_equal(back.step, task.step);
        assert_string_equal(back.error, task.error);
        assert_int_equal(back.text_len, length);
        assert_memory_equal(back.text, task.text, length);
    }
    shm_segment_free(&seg);
}

static void test_poll(void **state)
{
    struct shm_segment *seg = help_segment(8);
    struct shm_handle handle = help_ready(seg, 1, 0);
    static struct shm_poll poll;
    struct shm_task task;
    uint64_t version;
    uint8_t id[16];

    (void)state;
    help_id(id, 1);
    assert_int_equal(shm_table_read(seg, handle, &task, &version), 0);
    task.progress = 42;
    task.outcome = 9;
    task.flags = TASK_CANCEL_ASKED;
    memcpy(task.text, "0123456789", 10);
    task.text_len = 10;
    assert_int_equal(shm_table_change(seg, handle, version, &task), 0);
    memset(&poll, 0x5a, sizeof poll);
    assert_int_equal(shm_table_poll(seg, id, &poll), 0);
    assert_int_equal(poll.state, TASK_READY);
    assert_int_equal(poll.progress, 42);
    assert_int_equal(poll.outcome, 9);
    assert_int_equal(poll.flags, TASK_CANCEL_ASKED);
    assert_int_equal(poll.text_len, 10);
    assert_memory_equal(poll.text, "0123456789", 10);
    assert_int_equal(poll.text[16], 0x5a); /* no more copied than the text's words */
    assert_int_equal(poll.visible, 2);
    help_id(id, 2);
    assert_int_equal(shm_table_poll(seg, id, &poll), -ENOENT);
    memset(id, 0, sizeof id); /* what a FREE slot holds */
    assert_int_equal(shm_table_poll(seg, id, &poll), -ENOENT);
    shm_segment_free(&seg);
}

static void test_visible_follows_the_text(void **state)
{
    struct shm_segment *seg = help_segment(8);
    struct shm_handle handle = help_ready(seg, 1, 0);
    struct shm_task task;
    uint64_t version;

    (void)state;
    assert_int_equal(shm_table_read(seg, handle, &task, &version), 0);
    assert_int_equal(task.visible, 1);
    task.touched_ms = 12345;
    task.visible = 999; /* not the caller's to set */
    assert_int_equal(shm_table_change(seg, handle, version, &task), 0);
    assert_int_equal(shm_table_read(seg, handle, &task, &version), 0);
    assert_int_equal(task.visible, 1);
    task.text[3] ^= 1;
    assert_int_equal(shm_table_change(seg, handle, version, &task), 0);
    assert_int_equal(shm_table_read(seg, handle, &task, &version), 0);
    assert_int_equal(task.visible, 2);
    task.text_len--;
    assert_int_equal(shm_table_change(seg, handle, version, &task), 0);
    assert_int_equal(shm_table_read(seg, handle, &task, &version), 0);
    assert_int_equal(task.visible, 3);
    task.flags |= TASK_TEXT_IN_JOURNAL;
    assert_int_equal(shm_table_change(seg, handle, version, &task), 0);
    assert_int_equal(shm_table_read(seg, handle, &task, &version), 0);
    assert_int_equal(task.visible, 4);
    shm_segment_free(&seg);
}

static void test_stale_version(void **state)
{
    struct shm_segment *seg = help_segment(8);
    struct shm_handle handle = help_ready(seg, 1, 0);
    struct shm_task task;
    uint64_t version;

    (void)state;
    assert_int_equal(shm_table_read(seg, handle, &task, &version), 0);
    assert_int_equal(shm_table_ask_cancel(seg, handle), 0);
    assert_int_equal(shm_table_change(seg, handle, version, &task), -ESTALE);
    assert_int_equal(shm_table_read(seg, handle, &task, &version), 0);
    assert_int_equal(shm_table_change(seg, handle, version, &task), 0);
    shm_segment_free(&seg);
}

static void test_stale_handle(void **state)
{
    struct shm_segment *seg = help_segment(8);
    struct shm_handle old = help_ready(seg, 1, 0);
    struct shm_task task;
    uint64_t version, now;

    (void)state;
    assert_int_equal(shm_table_read(seg, old, &task, &version), 0);
    assert_int_equal(help_move(seg, old, TASK_FREE), 0);
    struct shm_handle new = help_ready(seg, 2, 0);
    assert_int_equal(new.slot, old.slot);
    assert_true(new.generation == old.generation + 1);
    struct shm_task other;
    assert_int_equal(shm_table_read(seg, old, &other, &now), -ESRCH);
    assert_int_equal(shm_table_change(seg, old, version, &task), -ESRCH);
    assert_int_equal(shm_table_ask_cancel(seg, old), -ESRCH);
    assert_false(shm_table_cancel_asked(seg, old));
    const struct shm_handle outside = {.slot = 8, .generation = 1};
    assert_int_equal(shm_table_read(seg, outside, &other, &now), -ESRCH);
    assert_int_equal(shm_table_change(seg, outside, 0, &task), -ESRCH);
    assert_int_equal(shm_table_ask_cancel(seg, outside), -ESRCH);
    assert_false(shm_table_cancel_asked(seg, outside));
    shm_segment_free(&seg);
}

/* 2^16 uses of one slot: a number of 16 bits would come round. */
static void test_generation_does_not_come_round(void **state)
{
    struct shm_segment *seg = help_segment(8);
    struct shm_handle old = help_reserve(seg, 1, 0), handle = old;
    struct shm_task task;
    uint64_t version;
    uint8_t id[16];

    (void)state;
    help_id(id, 2);
    for (unsigned i = 0; i < 1u << 16; i++) {
        assert_int_equal(shm_table_read(seg, handle, &task, &version), 0);
        task.state = TASK_FREE;
        assert_int_equal(shm_table_change(seg, handle, version, &task), 0);
        assert_int_equal(shm_table_reserve(seg, help_me, id, 0, &handle), 0);
        assert_int_equal(handle.slot, old.slot);
    }
    assert_true(handle.generation == old.generation + (1u << 16));
    assert_int_equal(shm_table_read(seg, old, &task, &version), -ESRCH);
    help_check(seg);
    shm_segment_free(&seg);
}

static void test_generation_near_its_end(void **state)
{
    struct shm_segment *seg = help_segment(8);

    (void)state;
    atomic_store(&seg->slots[0].head[0][SHM_WORD_OF(generation)], UINT64_MAX - 1);
    struct shm_handle last = help_reserve(seg, 1, 0);
    assert_true(last.slot == 0 && last.generation == UINT64_MAX);
    assert_int_equal(help_move(seg, last, TASK_FREE), 0);
    struct shm_handle first = help_reserve(seg, 2, 0);
    assert_true(first.slot == 0 && first.generation == 1);
    help_check(seg);
    shm_segment_free(&seg);
}

static void test_duplicate_id(void **state)
{
    struct shm_segment *seg = help_segment(8);
    struct shm_handle handle, other;
    uint8_t id[16];

    (void)state;
    help_id(id, 1);
    handle = help_reserve(seg, 1, 0);
    assert_int_equal(shm_table_reserve(seg, help_me, id, 0, &other), -EEXIST); /* reserved */
    assert_int_equal(help_move(seg, handle, TASK_READY), 0);
    assert_int_equal(shm_table_reserve(seg, help_me, id, 0, &other), -EEXIST);
    assert_int_equal(help_move(seg, handle, TASK_FAILED), 0);
    assert_int_equal(shm_table_reserve(seg, help_me, id, 0, &other), -EEXIST);
    assert_int_equal(help_move(seg, handle, TASK_FREE), 0);
    assert_int_equal(shm_table_reserve(seg, help_me, id, 0, &other), 0);
    help_check(seg);
    shm_segment_free(&seg);
}

static void test_reserved_is_invisible(void **state)
{
    struct shm_segment *seg = help_segment(8);
    struct shm_handle handle, found;
    struct shm_poll poll;
    uint8_t id[16];

    (void)state;
    help_id(id, 1);
    handle = help_reserve(seg, 1, 0);
    assert_int_equal(shm_table_find(seg, id, &found), -ENOENT);
    assert_int_equal(shm_table_poll(seg, id, &poll), -ENOENT);
    assert_int_equal(help_move(seg, handle, TASK_FREE), 0);
    assert_int_equal(shm_table_find(seg, id, &found), -ENOENT);
    help_check(seg);
    shm_segment_free(&seg);
}

static void test_cancel_flag(void **state)
{
    struct shm_segment *seg = help_segment(8);
    struct shm_handle handle = help_ready(seg, 1, 0);
    struct shm_task task, before;
    uint64_t version, cancelled;

    (void)state;
    assert_int_equal(shm_table_read(seg, handle, &before, &version), 0);
    assert_false(shm_table_cancel_asked(seg, handle));
    assert_int_equal(shm_table_ask_cancel(seg, handle), 0);
    assert_true(shm_table_cancel_asked(seg, handle));
    assert_int_equal(shm_table_read(seg, handle, &task, &cancelled), 0);
    assert_int_equal(task.flags, before.flags | TASK_CANCEL_ASKED);
    assert_int_equal(task.state, TASK_READY);
    assert_int_equal(task.visible, before.visible);
    assert_int_equal(task.text_len, before.text_len);
    assert_memory_equal(task.text, before.text, task.text_len);
    assert_int_equal(shm_table_ask_cancel(seg, handle), 0); /* twice is once */
    assert_int_equal(shm_table_read(seg, handle, &task, &version), 0);
    assert_true(version == cancelled);
    help_check(seg);
    shm_segment_free(&seg);
}

static void test_cancel_of_final_changes_nothing(void **state)
{
    struct shm_segment *seg = help_segment(8);
    struct shm_handle handle = help_final(seg, 1, 5);
    struct shm_task task;
    uint64_t before, after;

    (void)state;
    assert_int_equal(shm_table_read(seg, handle, &task, &before), 0);
    assert_int_equal(shm_table_ask_cancel(seg, handle), 0);
    assert_int_equal(shm_table_read(seg, handle, &task, &after), 0);
    assert_true(before == after);
    assert_false(shm_table_cancel_asked(seg, handle));
    shm_segment_free(&seg);
}

struct attempted_move {
    struct shm_handle handle;
    enum task_state to;
};

static void try_move(struct shm_segment *seg, void *ctx)
{
    const struct attempted_move *attempt = ctx;
    struct shm_task task;
    uint64_t version;

    if (shm_table_read(seg, attempt->handle, &task, &version) != 0)
        _exit(2);
    task.state = (uint8_t)attempt->to;
    task.owner = help_me;
    _exit(shm_table_change(seg, attempt->handle, version, &task) == 0 ? 0 : 3);
}

/* Bring a fresh task to `state`. */
static struct shm_handle task_in(struct shm_segment *seg, enum task_state state)
{
    struct shm_handle handle = help_reserve(seg, 1, 0);
    struct shm_task task;

    if (state == TASK_RESERVED)
        return handle;
    assert_int_equal(help_move(seg, handle, TASK_READY), 0);
    if (state == TASK_READY)
        return handle;
    assert_int_equal(shm_table_claim(seg, help_me, &handle, &task), 0);
    if (state != TASK_CLAIMED)
        assert_int_equal(help_move(seg, handle, state), 0);
    return handle;
}

static void test_every_move(void **state)
{
    static const char *const may[TASK_STATES] = {
        /*              to: FRcrRSXC: free reserved ready claimed running succeeded failed cancelled */
        [TASK_RESERVED] = "11100111",  [TASK_READY] = "10100111",     [TASK_CLAIMED] = "10111111",
        [TASK_RUNNING] = "10101111",   [TASK_SUCCEEDED] = "10000000", [TASK_FAILED] = "10000000",
        [TASK_CANCELLED] = "10000000",
    };

    (void)state;
    for (enum task_state from = TASK_RESERVED; from < TASK_STATES; from++)
        for (enum task_state to = TASK_FREE; to < TASK_STATES; to++) {
            struct shm_segment *seg = help_segment(8);
            struct attempted_move attempt = {.handle = task_in(seg, from), .to = to};
            assert_int_equal(help_aborts(try_move, seg, &attempt), may[from][to] == '0');
            help_check(seg);
            shm_segment_free(&seg);
        }
}

static void change_without_owner(struct shm_segment *seg, void *ctx)
{
    struct shm_task task;
    uint64_t version;

    if (shm_table_read(seg, *(struct shm_handle *)ctx, &task, &version) != 0)
        _exit(2);
    task.owner = (struct proc_ref){0, 0};
    (void)shm_table_change(seg, *(struct shm_handle *)ctx, version, &task);
}

static void change_unterminated(struct shm_segment *seg, void *ctx)
{
    struct shm_task task;
    uint64_t version;

    if (shm_table_read(seg, *(struct shm_handle *)ctx, &task, &version) != 0)
        _exit(2);
    memset(task.step, 'x', sizeof task.step);
    (void)shm_table_change(seg, *(struct shm_handle *)ctx, version, &task);
}

static void reserve_unknown_type(struct shm_segment *seg, void *ctx)
{
    uint8_t id[16] = {1};

    (void)shm_table_reserve(seg, help_me, id, 3, ctx);
}

static void test_misuse_aborts(void **state)
{
    struct shm_segment *seg = help_segment(8);
    struct shm_handle handle = help_reserve(seg, 1, 0);

    (void)state;
    assert_true(help_aborts(change_without_owner, seg, &handle));
    assert_true(help_aborts(change_unterminated, seg, &handle));
    assert_true(help_aborts(reserve_unknown_type, seg, &handle));
    help_check(seg);
    shm_segment_free(&seg);
}

static bool note(const struct shm_task *task, struct shm_handle handle, uint64_t version, void *ctx)
{
    uint32_t *seen = ctx;

    assert_true(version > 0);
    assert_true(handle.generation == task->generation);
    seen[task->state]++;
    return seen[TASK_READY] < 3;
}

static void test_each_and_count(void **state)
{
    struct shm_segment *seg = help_segment(16);
    uint32_t seen[TASK_STATES] = {0}, counted[TASK_STATES];

    (void)state;
    help_reserve(seg, 1, 0);
    help_final(seg, 2, 1);
    for (unsigned i = 10; i < 12; i++)
        help_ready(seg, i, 0);
    shm_table_each(seg, note, seen);
    shm_table_count(seg, counted);
    assert_int_equal(counted[TASK_FREE], 12);
    counted[TASK_FREE] = 0; /* not visited */
    assert_memory_equal(seen, counted, sizeof seen);
    help_ready(seg, 12, 0);
    help_ready(seg, 13, 0);
    memset(seen, 0, sizeof seen);
    shm_table_each(seg, note, seen);
    assert_int_equal(seen[TASK_READY], 3); /* stopped */
    shm_segment_free(&seg);
}

static void test_each_in(void **state)
{
    struct shm_segment *seg = help_segment(16);
    uint32_t seen[TASK_STATES] = {0}, waiting[TASK_STATES] = {[TASK_READY] = 2};
    uint32_t live[TASK_STATES] = {[TASK_RESERVED] = 1, [TASK_READY] = 2};

    (void)state;
    help_reserve(seg, 1, 0);
    help_final(seg, 2, 1);
    help_final(seg, 3, 2);
    help_ready(seg, 10, 0);
    help_ready(seg, 11, 0);
    shm_table_each_in(seg, TASKS_LIVE, note, seen);
    assert_memory_equal(seen, live, sizeof seen);
    memset(seen, 0, sizeof seen);
    shm_table_each_in(seg, TASK_IN(TASK_READY), note, seen);
    assert_memory_equal(seen, waiting, sizeof seen);
    shm_segment_free(&seg);
}

/* --- several processes --- */

/* Rewrite one task for ever: all parts of a version show the same letter. */
static _Noreturn void write_letters(struct shm_segment *seg, struct shm_handle handle)
{
    struct shm_task task;
    uint64_t version;

    for (unsigned i = 0;; i++) {
        if (shm_table_read(seg, handle, &task, &version) != 0)
            _exit(1);
        char letter = (char)('a' + i % 26);
        memset(task.step, letter, i % TASK_STEP_MAX);
        task.step[i % TASK_STEP_MAX] = '\0';
        task.text_len = (uint16_t)(1 + i % TASK_TEXT_MAX);
        memset(task.text, letter, task.text_len);
        task.progress = (uint8_t)(letter - 'a');
        if (shm_table_change(seg, handle, version, &task) != 0)
            _exit(1);
    }
}

static void test_readers_see_whole_tasks(void **state)
{
    struct shm_segment *seg = help_segment(8);
    struct shm_handle handle = help_ready(seg, 1, 0);
    static struct shm_poll poll;
    uint64_t last = 0;
    unsigned changes = 0;
    uint8_t id[16];

    (void)state;
    help_id(id, 1);
    pid_t writer = help_fork();
    if (writer == 0)
        write_letters(seg, handle);
    for (int64_t end = clock_mono_ms() + 300; clock_mono_ms() < end;) {
        assert_int_equal(shm_table_poll(seg, id, &poll), 0);
        assert_true(poll.visible >= last);
        changes += poll.visible != last;
        last = poll.visible;
        for (unsigned i = 0; last > 1 && i < poll.text_len; i++)
            assert_int_equal(poll.text[i], 'a' + poll.progress);
    }
    assert_int_equal(kill(writer, SIGKILL), 0);
    assert_true(WIFSIGNALED(help_wait(writer)));
    assert_true(changes > 3);
    help_check(seg);
    shm_segment_free(&seg);
}

/* Claim and finish until nothing is left; exits with the number done. */
static _Noreturn void work(struct shm_segment *seg, uint32_t slot)
{
    const struct proc_ref me = {.slot = slot, .generation = 1};
    struct shm_handle handle;
    struct shm_task task;
    int done = 0;

    while (shm_table_claim(seg, me, &handle, &task) == 0) {
        uint64_t version;
        if (shm_table_read(seg, handle, &task, &version) != 0 || task.owner.slot != slot)
            _exit(255);
        task.state = TASK_RUNNING;
        if (shm_table_change(seg, handle, version, &task) != 0)
            _exit(254);
        if (shm_table_read(seg, handle, &task, &version) != 0)
            _exit(253);
        task.state = TASK_SUCCEEDED;
        if (shm_table_change(seg, handle, version, &task) != 0)
            _exit(252);
        done++;
    }
    _exit(done);
}

static void test_each_task_is_claimed_once(void **state)
{
    struct shm_segment *seg = help_segment(256);
    pid_t children[4];
    int done = 0;

    (void)state;
    for (unsigned i = 0; i < 200; i++)
        help_ready(seg, i + 1, 0);
    for (uint32_t i = 0; i < 4; i++) {
        children[i] = help_fork();
        if (children[i] == 0)
            work(seg, i);
    }
    for (uint32_t i = 0; i < 4; i++) {
        int status = help_wait(children[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 200);
        done += WEXITSTATUS(status);
    }
    assert_int_equal(done, 200);
    help_check(seg);
    shm_segment_free(&seg);
}

static bool note_head(const struct shm_task *head, struct shm_handle handle, void *ctx)
{
    uint32_t *seen = ctx;
    assert_int_equal(head->generation, handle.generation);
    seen[head->state]++;
    return seen[TASK_READY] < 3;
}

static void test_heads_and_changes(void **state)
{
    struct shm_segment *seg = help_segment(16);
    uint32_t seen[TASK_STATES] = {0};

    (void)state;
    uint64_t before = shm_table_changes(seg);
    help_reserve(seg, 1, 0); /* not seen by polls */
    help_final(seg, 2, 1);
    help_ready(seg, 3, 0);
    uint64_t after = shm_table_changes(seg);
    assert_true(after != before);
    shm_table_each_head(seg, note_head, seen);
    assert_int_equal(seen[TASK_FREE] + seen[TASK_RESERVED], 0);
    assert_int_equal(seen[TASK_READY], 1);
    assert_int_equal(seen[TASK_SUCCEEDED] + seen[TASK_FAILED] + seen[TASK_CANCELLED], 1);
    assert_true(shm_table_changes(seg) == after); /* reading changes nothing */
    for (unsigned i = 10; i < 14; i++)
        help_ready(seg, i, 0);
    memset(seen, 0, sizeof seen);
    shm_table_each_head(seg, note_head, seen);
    assert_int_equal(seen[TASK_READY], 3); /* stopped */
    shm_segment_free(&seg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_life_of_a_task),
        cmocka_unit_test(test_contents_round_trip),
        cmocka_unit_test(test_poll),
        cmocka_unit_test(test_visible_follows_the_text),
        cmocka_unit_test(test_stale_version),
        cmocka_unit_test(test_stale_handle),
        cmocka_unit_test(test_generation_does_not_come_round),
        cmocka_unit_test(test_generation_near_its_end),
        cmocka_unit_test(test_duplicate_id),
        cmocka_unit_test(test_reserved_is_invisible),
        cmocka_unit_test(test_cancel_flag),
        cmocka_unit_test(test_cancel_of_final_changes_nothing),
        cmocka_unit_test(test_every_move),
        cmocka_unit_test(test_misuse_aborts),
        cmocka_unit_test(test_each_and_count),
        cmocka_unit_test(test_each_in),
        cmocka_unit_test(test_heads_and_changes),
        cmocka_unit_test(test_readers_see_whole_tasks),
        cmocka_unit_test(test_each_task_is_claimed_once),
    };

    return cmocka_run_group_tests_name("shm/table", tests, NULL, NULL);
}
