/* The words that are made from the fields of a task, and what an end keeps of what polls have shown. */
#include "daemon/task/end_texts.h"
#include "daemon/task/poll_json.h"
#include "daemon/task/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct shm_task running(unsigned attempt, const char *step)
{
    struct shm_task task = {.state = TASK_RUNNING,
                            .progress = 40,
                            .attempt = (uint16_t)attempt,
                            .max_attempts = 3,
                            .ahead = TASK_NOT_PLACED};
    snprintf(task.step, sizeof task.step, "%s", step);
    return task;
}

static struct shm_task queued(unsigned attempt, uint32_t ahead, enum task_cause cause, unsigned code)
{
    return (struct shm_task){.state = TASK_READY,
                             .attempt = (uint16_t)attempt,
                             .max_attempts = 3,
                             .ahead = ahead,
                             .cause = (uint8_t)cause,
                             .cause_code = (uint16_t)code};
}

static void assert_message(struct shm_task task, unsigned flags, const char *wanted)
{
    char message[TASK_MESSAGE_MAX];
    task.flags = (uint8_t)flags;
    taskwords_message(&task, message);
    assert_string_equal(message, wanted);
}

static void messages_of_running_tasks(void **state)
{
    (void)state;
    assert_message(running(1, ""), 0, "started");
    assert_message(running(1, "row 120000"), 0, "row 120000");
    assert_message(running(3, ""), 0, "started, attempt 3 of 3");
    assert_message(running(2, "row 120000"), 0, "attempt 2 of 3: row 120000");
    assert_message(running(2, "row 120000"), TASK_UNSETTLED, "waiting for the database");
    assert_message(running(2, "row 120000"), TASK_OVERDUE | TASK_UNSETTLED, "past its time limit, being stopped");
    assert_message(running(2, "row 120000"), TASK_CANCEL_ASKED | TASK_OVERDUE, "cancelling");
    struct shm_task elsewhere = running(2, "");
    elsewhere.max_attempts = 0;
    assert_message(elsewhere, 0, "");
}

static void messages_of_interrupted_tasks(void **state)
{
    (void)state;
    struct shm_task task = running(1, "");
    task.cause = CAUSE_SIGNAL;
    task.cause_code = 9;
    assert_message(task, TASK_INTERRUPTED, "interrupted (its runner was killed by signal 9), attempt 2 of 3 follows");
    assert_message(task, TASK_INTERRUPTED | TASK_OVERDUE, "past its time limit, being stopped");
    assert_message(task, TASK_INTERRUPTED | TASK_CANCEL_ASKED, "cancelling");
    task = running(3, "saving");
    task.cause = CAUSE_EXIT;
    task.cause_code = 3;
    assert_message(
        task, TASK_INTERRUPTED,
        "interrupted (its runner ended with exit code 3), no attempt left; last step: attempt 3 of 3: saving");
    task.step[0] = '\0';
    assert_message(
        task, TASK_INTERRUPTED,
        "interrupted (its runner ended with exit code 3), no attempt left; last step: started, attempt 3 of 3");
}

static void messages_of_waiting_tasks(void **state)
{
    (void)state;
    assert_message(queued(0, 0, CAUSE_NONE, 0), 0, "waiting, 0 ahead");
    assert_message(queued(0, 17, CAUSE_NONE, 0), 0, "waiting, 17 ahead");
    assert_message(queued(0, 17, CAUSE_NONE, 0), TASK_CANCEL_ASKED, "cancelling");
    assert_message(queued(0, TASK_NOT_PLACED, CAUSE_NONE, 0), 0, "waiting for a runner");
    assert_message(queued(1, 17, CAUSE_NONE, 0), 0, "waiting for a runner");
    assert_message(queued(1, 17, CAUSE_RESTART, 0), 0, "waiting for a runner (the service restarts)");
    assert_message(queued(1, TASK_NOT_PLACED, CAUSE_DATABASE, 0), 0,
                   "interrupted (the database failed), attempt 2 of 3 follows");
    struct shm_task told = queued(2, TASK_NOT_PLACED, CAUSE_TOLD, 0);
    snprintf(told.error, sizeof told.error, "the uploaded file cannot be read: Input/output error");
    assert_message(told, 0,
                   "interrupted (the uploaded file cannot be read: Input/output error), attempt 3 of 3 follows");
    memset(told.error, 'x', sizeof told.error - 1);
    char message[TASK_MESSAGE_MAX];
    taskwords_message(&told, message);
    assert_string_equal(strstr(message, "), attempt"), "), attempt 3 of 3 follows");
}

static void every_cause_has_words(void **state)
{
    (void)state;
    for (unsigned cause = 0; cause <= TASK_CAUSES; cause++) {
        char text[100] = "";
        struct interruption why = {.cause = (enum task_cause)cause};
        taskwords_cause(&why, text, sizeof text);
        assert_true(strlen(text) > 10);
        why.told = "";
        taskwords_cause(&why, text, sizeof text);
        assert_true(strlen(text) > 10);
    }
}

static void the_last_step_is_told_without_its_attempt(void **state)
{
    (void)state;
    static const struct {
        const char *step, *told;
    } cases[] = {
        {"row 120000", "; last step: row 120000"},
        {"", "; last step: started"},
        {"attempt 7: x, attempt 8", "; last step: attempt 7: x, attempt 8"}, /* words of the type, not ours */
    };
    const struct interruption why = {.cause = CAUSE_SIGNAL, .code = 9, .attempt = 3, .max = 3};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct shm_task task = running(3, cases[i].step);
        struct ending ending;
        char wanted[300];
        ending_interrupted(&ending, &why, &task);
        snprintf(wanted, sizeof wanted,
                 "Interrupted in attempt 3 of 3 (its runner was killed by signal 9%s); nothing was written.",
                 cases[i].told);
        assert_string_equal(ending.text, wanted);
        assert_ptr_equal(ending.end.error_message, ending.text);
        assert_int_equal(ending.end.status, JOURNAL_FAILED);
        assert_int_equal(ending.end.outcome, OUTCOME_INTERRUPTED);
    }
}

static void without_a_running_slot_the_cause_alone(void **state)
{
    (void)state;
    const struct interruption why = {.cause = CAUSE_FORCE, .attempt = 2, .max = 3};
    struct shm_task claimed = running(1, "row 120000");
    struct ending ending;
    claimed.state = TASK_CLAIMED;
    ending_interrupted(&ending, &why, NULL);
    assert_string_equal(ending.text,
                        "Interrupted in attempt 2 of 3 (the service was stopped by force); nothing was written.");
    ending_interrupted(&ending, &why, &claimed);
    assert_string_equal(ending.text,
                        "Interrupted in attempt 2 of 3 (the service was stopped by force); nothing was written.");
}

static void the_longest_step_fits(void **state)
{
    (void)state;
    const struct interruption why = {.cause = CAUSE_DATABASE, .attempt = 3, .max = 3};
    struct shm_task task = running(3, "");
    struct ending ending;
    memset(task.step, 'x', sizeof task.step - 1);
    ending_interrupted(&ending, &why, &task);
    assert_non_null(strstr(ending.text, "xxx); nothing was written."));
}

static void an_end_keeps_percent_and_message(void **state)
{
    (void)state;
    struct shm_task task = running(2, "row 120000");
    struct ending ending = {.end = {.status = JOURNAL_FAILED}};
    ending_keep(&ending, &task);
    assert_int_equal(ending.end.progress, 40);
    assert_string_equal(ending.end.message, "attempt 2 of 3: row 120000");

    ending = (struct ending){.end = {.status = JOURNAL_CANCELLED, .message = "cancelled"}};
    ending_keep(&ending, &task);
    assert_int_equal(ending.end.progress, 40);
    assert_string_equal(ending.end.message, "cancelled");

    /* Asked to stop and ended otherwise: "cancelling" must not stay as the last message. */
    task.flags = TASK_CANCEL_ASKED;
    ending = (struct ending){.end = {.status = JOURNAL_FAILED}};
    ending_keep(&ending, &task);
    assert_string_equal(ending.end.message, "");

    ending = (struct ending){.end = {.status = JOURNAL_SUCCEEDED}};
    ending_keep(&ending, &task);
    assert_int_equal(ending.end.progress, 0);
    assert_null(ending.end.message);
}

static void an_end_keeps_counts(void **state)
{
    (void)state;
    struct shm_task task = running(1, "row 120000");
    struct task_counts counts = {.known = 0};
    task_count(&counts, COUNT_DONE, 120000);
    taskstate_put_counts(&task, &counts);
    struct ending ending = {.end = {.status = JOURNAL_FAILED}};
    ending_keep(&ending, &task);
    assert_int_equal(ending.end.counts.known, COUNTED(COUNT_DONE));
    assert_int_equal(ending.end.counts.n[COUNT_DONE], 120000);

    ending = (struct ending){.end = {.status = JOURNAL_FAILED}};
    task_count(&ending.end.counts, COUNT_DONE, 130000); /* the end knows better */
    ending_keep(&ending, &task);
    assert_int_equal(ending.end.counts.n[COUNT_DONE], 130000);
}

static void who_cancelled_and_why(void **state)
{
    (void)state;
    struct journal_row row = {.cancel_by = "10.0.0.7", .cancel_reason = "wrong file"};
    struct ending ending;
    ending_cancelled(&ending, &row);
    assert_string_equal(ending.text, "Cancelled by 10.0.0.7 (wrong file); nothing was written.");
    row = (struct journal_row){.cancel_by = "unix"};
    ending_cancelled(&ending, &row);
    assert_string_equal(ending.text, "Cancelled; nothing was written.");
    ending_cancelled(&ending, NULL);
    assert_string_equal(ending.text, "Cancelled; nothing was written.");
    ending_expired(&ending, 7200);
    assert_string_equal(ending.text,
                        "Not started within 2 hours; nothing was written. Start it again when fewer tasks wait.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_of_running_tasks),
        cmocka_unit_test(messages_of_interrupted_tasks),
        cmocka_unit_test(messages_of_waiting_tasks),
        cmocka_unit_test(every_cause_has_words),
        cmocka_unit_test(the_last_step_is_told_without_its_attempt),
        cmocka_unit_test(without_a_running_slot_the_cause_alone),
        cmocka_unit_test(the_longest_step_fits),
        cmocka_unit_test(an_end_keeps_percent_and_message),
        cmocka_unit_test(an_end_keeps_counts),
        cmocka_unit_test(who_cancelled_and_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
