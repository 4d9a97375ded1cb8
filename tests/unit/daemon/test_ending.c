/* The words of the ends that no handler writes, and what a task keeps of what polls have shown. */
#include "daemon/task/end_texts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct shm_task slot_saying(const char *message)
{
    struct shm_task task = {.state = TASK_RUNNING, .progress = 40};
    snprintf(task.message, sizeof task.message, "%s", message);
    return task;
}

static void the_last_step_is_told_without_its_attempt(void **state)
{
    (void)state;
    static const struct {
        const char *message, *step;
    } cases[] = {
        {"row 120000", "; last step: row 120000"},
        {"attempt 3 of 3: row 120000", "; last step: row 120000"},
        {"started, attempt 3 of 3", "; last step: started"},
        {"interrupted (its runner was killed by signal 9), no attempt left; last step: attempt 3 of 3: saving",
         "; last step: saving"},
        {"attempt", "; last step: attempt"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct shm_task task = slot_saying(cases[i].message);
        struct ending ending;
        char wanted[300];
        ending_interrupted(&ending, 3, 3, "its runner was killed by signal 9", &task);
        snprintf(wanted, sizeof wanted,
                 "Interrupted in attempt 3 of 3 (its runner was killed by signal 9%s); nothing was written.",
                 cases[i].step);
        assert_string_equal(ending.text, wanted);
        assert_ptr_equal(ending.end.error_message, ending.text);
        assert_int_equal(ending.end.status, JOURNAL_FAILED);
        assert_int_equal(ending.end.outcome, OUTCOME_INTERRUPTED);
    }
}

static void without_a_slot_the_cause_alone(void **state)
{
    (void)state;
    struct ending ending;
    ending_interrupted(&ending, 2, 3, "the service was stopped by force", NULL);
    assert_string_equal(ending.text,
                        "Interrupted in attempt 2 of 3 (the service was stopped by force); nothing was written.");
}

static void the_longest_message_fits(void **state)
{
    (void)state;
    struct shm_task task = slot_saying("");
    struct ending ending;
    memset(task.message, 'x', sizeof task.message - 1);
    ending_interrupted(&ending, 3, 3, "cause", &task);
    assert_non_null(strstr(ending.text, "xxx); nothing was written."));
}

static void an_end_keeps_percent_and_message(void **state)
{
    (void)state;
    struct shm_task task = slot_saying("row 120000");
    struct journal_end end = {.status = JOURNAL_FAILED};
    ending_keep(&end, &task);
    assert_int_equal(end.progress, 40);
    assert_string_equal(end.message, "row 120000");

    end = (struct journal_end){.status = JOURNAL_CANCELLED, .message = "cancelled"};
    ending_keep(&end, &task);
    assert_int_equal(end.progress, 40);
    assert_string_equal(end.message, "cancelled");

    /* Asked to stop and ended otherwise: "cancelling" is no last message. */
    task.flags = TASK_CANCEL_ASKED;
    end = (struct journal_end){.status = JOURNAL_FAILED};
    ending_keep(&end, &task);
    assert_string_equal(end.message, "");

    end = (struct journal_end){.status = JOURNAL_SUCCEEDED};
    ending_keep(&end, &task);
    assert_int_equal(end.progress, 0);
    assert_null(end.message);
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
        cmocka_unit_test(the_last_step_is_told_without_its_attempt),
        cmocka_unit_test(without_a_slot_the_cause_alone),
        cmocka_unit_test(the_longest_message_fits),
        cmocka_unit_test(an_end_keeps_percent_and_message),
        cmocka_unit_test(who_cancelled_and_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
