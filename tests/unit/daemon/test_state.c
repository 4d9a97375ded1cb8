/* Moves of a task in the table: the fields that each sets, and that moments stay in order whatever the clock does. */
#include "daemon/task/state.h"

#include "base/clock.h"
#include "daemon/runner/runner.h"
#include "tests/unit/shm/help.h"

#define HOUR_MS INT64_C(3600000)

static struct shm_task read_task(struct shm_segment *seg, struct shm_handle handle)
{
    struct shm_task task;
    uint64_t version;
    assert_int_equal(shm_table_read(seg, handle, &task, &version), 0);
    return task;
}

static void assert_shown(struct shm_segment *seg, struct shm_handle handle, const char *message)
{
    struct shm_task task = read_task(seg, handle);
    char wanted[TASK_MESSAGE_MAX + 20], text[TASK_TEXT_MAX + 1];
    snprintf(wanted, sizeof wanted, "\"message\":\"%s\"", message);
    snprintf(text, sizeof text, "%.*s", task.text_len, task.text);
    if (!strstr(text, wanted))
        fail_msg("not %s in %s", wanted, text);
}

/* A task of type 1 that was accepted at this moment, in its first attempt. */
static struct shm_handle run_one(struct shm_segment *seg, int64_t created_ms)
{
    struct shm_handle handle = help_reserve(seg, 1, 1), claimed;
    struct shm_task task;
    assert_int_equal(taskstate_publish(seg, handle, created_ms, 0), 0);
    assert_int_equal(shm_table_claim(seg, help_me, &claimed, &task), 0);
    assert_int_equal(taskstate_start(seg, handle, 1, 3), 0);
    return handle;
}

/* Accepted at `created_ms` by a clock that was set back afterwards, or that stood wrong before. */
static void check_story(int64_t created_ms)
{
    struct shm_segment *seg = help_segment(8);
    struct shm_handle handle = run_one(seg, created_ms);
    struct task_counts none = {.known = 0};
    struct journal_end end = {
        .status = JOURNAL_FAILED, .outcome = OUTCOME_FAILED, .error_message = "No.", .done_ms = clock_wall_ms()};
    assert_int_equal(taskstate_progress(seg, handle, 10, PHASE_WORKING, "row 1", &none), 0);
    struct shm_task task = read_task(seg, handle);
    assert_true(task.started_ms >= created_ms && task.touched_ms >= task.started_ms);
    assert_int_equal(taskstate_unsettled(seg, handle), 0);
    assert_true(read_task(seg, handle).touched_ms >= task.started_ms);
    assert_int_equal(taskstate_finish(seg, handle, &end), 0);
    task = read_task(seg, handle);
    assert_true(task.created_ms == created_ms && task.done_ms >= created_ms);
    shm_segment_free(&seg);
}

static void moments_stay_in_order(void **state)
{
    (void)state;
    check_story(clock_wall_ms());
    check_story(clock_wall_ms() + HOUR_MS); /* the clock was set back by an hour since */
    check_story(clock_wall_ms() - HOUR_MS);
}

static void an_interruption_is_its_fields(void **state)
{
    (void)state;
    struct shm_segment *seg = help_segment(8);
    struct shm_handle handle = run_one(seg, clock_wall_ms()), claimed;
    struct interruption why = {.cause = CAUSE_SIGNAL, .code = 11, .attempt = 1, .max = 3};
    struct task_counts counts = {.known = 0};
    struct shm_task task;
    task_count(&counts, COUNT_DONE, 5);
    assert_int_equal(taskstate_progress(seg, handle, 10, PHASE_WORKING, "row 5", &counts), 0);
    assert_int_equal(taskstate_interrupted(seg, handle, (struct proc_ref){help_me.slot, 99}, &why), -ECANCELED);
    assert_int_equal(taskstate_interrupted(seg, handle, help_me, &why), 0);
    assert_int_equal(taskstate_interrupted(seg, handle, help_me, &why), -ECANCELED);
    assert_shown(seg, handle, "interrupted (its runner was killed by signal 11), attempt 2 of 3 follows");
    task = read_task(seg, handle);
    assert_true(task.progress == 0 && task.counted == 0 && task.step[0] == '\0');

    assert_int_equal(taskstate_requeue(seg, handle, &why), 0);
    assert_shown(seg, handle, "interrupted (its runner was killed by signal 11), attempt 2 of 3 follows");
    assert_int_equal(taskstate_place(seg, handle, 3), -ECANCELED); /* it goes on to say why it waits */

    assert_int_equal(shm_table_claim(seg, help_me, &claimed, &task), 0);
    assert_shown(seg, handle, "interrupted (its runner was killed by signal 11), attempt 2 of 3 follows");
    assert_int_equal(taskstate_start(seg, handle, 2, 3), 0);
    assert_shown(seg, handle, "started, attempt 2 of 3");
    shm_segment_free(&seg);
}

/* The runner died after the journal had given it the task and before its slot said so. */
static void a_claimed_task_takes_the_attempt_of_the_journal(void **state)
{
    (void)state;
    struct shm_segment *seg = help_segment(8);
    struct shm_handle handle = help_reserve(seg, 1, 1), claimed;
    struct interruption why = {.cause = CAUSE_EXIT, .code = 0, .attempt = 1, .max = 3};
    struct shm_task task;
    assert_int_equal(taskstate_publish(seg, handle, clock_wall_ms(), 0), 0);
    assert_int_equal(shm_table_claim(seg, help_me, &claimed, &task), 0);
    assert_int_equal(taskstate_requeue(seg, handle, &why), 0);
    assert_shown(seg, handle, "interrupted (its runner ended with exit code 0), attempt 2 of 3 follows");
    shm_segment_free(&seg);
}

static void what_a_handler_told_is_kept_with_the_task(void **state)
{
    (void)state;
    struct shm_segment *seg = help_segment(8);
    struct shm_handle handle = run_one(seg, clock_wall_ms());
    struct interruption why = {
        .cause = CAUSE_TOLD, .told = "the reading of the file broke off", .attempt = 1, .max = 3};
    assert_int_equal(taskstate_requeue(seg, handle, &why), 0);
    assert_shown(seg, handle, "interrupted (the reading of the file broke off), attempt 2 of 3 follows");
    struct shm_task task = read_task(seg, handle);
    assert_null(memmem(task.text, task.text_len, "\"error\":\"the", 12)); /* no error of a live task is shown */
    shm_segment_free(&seg);
}

static void places_and_counts(void **state)
{
    (void)state;
    struct shm_segment *seg = help_segment(8);
    struct shm_handle handle = help_reserve(seg, 1, 1), claimed;
    struct task_counts counts = {.known = 0};
    struct shm_task task;
    assert_int_equal(taskstate_publish(seg, handle, clock_wall_ms(), 0), 0);
    assert_shown(seg, handle, "waiting, 0 ahead");
    assert_int_equal(taskstate_place(seg, handle, 12), 0);
    assert_shown(seg, handle, "waiting, 12 ahead");
    assert_int_equal(shm_table_claim(seg, help_me, &claimed, &task), 0);
    assert_int_equal(taskstate_start(seg, handle, 1, 3), 0);
    assert_int_equal(taskstate_progress(seg, handle, 10, PHASE_WORKING, "row 5", &counts), 0);
    uint64_t visible = read_task(seg, handle).visible;
    task_count(&counts, COUNT_TOTAL, 0);
    task_count(&counts, COUNT_REJECTED, 7);
    assert_int_equal(taskstate_progress(seg, handle, 10, PHASE_WORKING, "row 5", &counts), 0);
    task = read_task(seg, handle);
    assert_true(task.visible == visible); /* counts alone wake nobody */
    struct task_counts kept = taskstate_counts(&task);
    assert_int_equal(kept.known, COUNTED(COUNT_TOTAL) | COUNTED(COUNT_REJECTED));
    assert_true(kept.n[COUNT_TOTAL] == 0 && kept.n[COUNT_REJECTED] == 7);
    shm_segment_free(&seg);
}

/* A failed attempt always has a cause, whatever its handler left in job->error. */
static void a_failed_attempt_has_a_cause(void **state)
{
    (void)state;
    static const struct {
        struct store_error error;
        const char *words;
    } cases[] = {
        {{.cls = STORE_OK}, "its handler did not say why"},
        {{.cls = STORE_OK, .text = "the reading of the file broke off"}, "the reading of the file broke off"},
        {{.cls = STORE_GONE}, "the database failed"},
        {{.cls = STORE_DATA, .number = 1264, .text = "Out of range"}, "the database failed"},
        {{.cls = STORE_STOPPED, .text = "the lease was lost"}, "the database failed"},
    };
    struct config config = {.max_attempts = 3};
    struct process process = {.config = &config};
    static struct runner runner;
    runner.process = &process;
    runner.job.attempt = 2;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char words[100];
        runner.job.error = cases[i].error;
        struct interruption why = runner_cause(&runner);
        taskwords_cause(&why, words, sizeof words);
        assert_string_equal(words, cases[i].words);
        assert_true(why.attempt == 2 && why.max == 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_stay_in_order),
        cmocka_unit_test(an_interruption_is_its_fields),
        cmocka_unit_test(a_claimed_task_takes_the_attempt_of_the_journal),
        cmocka_unit_test(what_a_handler_told_is_kept_with_the_task),
        cmocka_unit_test(places_and_counts),
        cmocka_unit_test(a_failed_attempt_has_a_cause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
