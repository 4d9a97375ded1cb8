/* Lines of an attempt in memory: their form, what is made of bad text, and that there is always room for the last. */
#include "daemon/task/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MOMENT INT64_C(1770286272345)
#define STAMP  "2026-02-05T10:11:12.345Z "

static struct joblog log_;

static int setup(void **state)
{
    (void)state;
    joblog_init(&log_);
    return 0;
}

static const char *text(void)
{
    static char out[sizeof log_.text + 1];
    struct tasklog_text all = joblog_text(&log_);
    memcpy(out, all.text, all.len);
    out[all.len] = '\0';
    return out;
}

static void has_a_moment_and_a_text(void **state)
{
    (void)state;
    assert_string_equal(text(), "");
    joblog_line(&log_, MOMENT, "attempt %u of %u started", 1U, 3U);
    joblog_line(&log_, MOMENT + 655, "склад");
    assert_string_equal(text(), STAMP "attempt 1 of 3 started\n2026-02-05T10:11:13.000Z склад\n");
}

static void is_one_line_of_valid_text(void **state)
{
    (void)state;
    joblog_line(&log_, MOMENT, "%s",
                "a\nb\r\tc\x7f"
                "d \xff \xd0");
    assert_string_equal(text(), STAMP "a b  c d ? ?\n");
}

/* Cut at a byte in the middle of a character. */
static void long_lines_are_cut(void **state)
{
    (void)state;
    char many[1001];
    for (size_t i = 0; i + 1 < sizeof many; i += 2)
        memcpy(many + i, "я", 2);
    many[1000] = '\0';
    joblog_line(&log_, MOMENT, "%s", many);
    struct tasklog_text all = joblog_text(&log_);
    assert_int_equal(all.len, strlen(STAMP) + 398 + 2);
    assert_memory_equal(all.text + all.len - 4, "я?\n", 4);
}

static void a_phase_is_told_once(void **state)
{
    (void)state;
    static const char *const texts[] = {"waiting for a lock", "row 1 000 of 9 000", "row 2 000 of 9 000", "saving",
                                        "saving"};
    unsigned lines = 0;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        joblog_phase(&log_, texts[i]);
    for (const char *p = text(); (p = strchr(p, '\n')); p++)
        lines++;
    assert_int_equal(lines, 3);
    assert_non_null(strstr(text(), "Z row 1 000 of 9 000\n"));
}

static void the_last_line_takes_the_place_of_another(void **state)
{
    (void)state;
    struct journal_end end = {.outcome = OUTCOME_FAILED, .error_code = "E_NO_HEADER"};
    joblog_line(&log_, MOMENT, "a");
    joblog_end(&log_, &end, NULL);
    assert_non_null(strstr(text(), "Z ended: failed, E_NO_HEADER\n"));
    end = (struct journal_end){.outcome = OUTCOME_TIMED_OUT, .error_code = "timed_out"};
    joblog_end(&log_, &end, "Stopped.");
    assert_null(strstr(text(), "E_NO_HEADER"));
    assert_non_null(strstr(text(), STAMP "a\n"));
    assert_non_null(strstr(text(), "Z ended: timed_out: Stopped.\n"));
}

static void is_bounded(void **state)
{
    (void)state;
    char many[380];
    memset(many, 'x', sizeof many - 1);
    many[sizeof many - 1] = '\0';
    for (unsigned i = 0; i < 200; i++)
        joblog_line(&log_, MOMENT, "%.*s", (int)(i * 7 % 380), many);
    size_t full = joblog_text(&log_).len;
    assert_true(full > TASKLOG_PIECE_MAX - 3000);
    joblog_line(&log_, MOMENT, "too late");
    assert_int_equal(joblog_text(&log_).len, full);
    assert_null(strstr(text(), "too late"));
    joblog_last(&log_, "%s%s", many, many);
    struct tasklog_text all = joblog_text(&log_);
    assert_int_equal(all.len, full + strlen(STAMP) + 399 + 1);
    assert_true(all.len <= TASKLOG_PIECE_MAX);
    const char *note = strstr(text(), "further lines of this attempt are not kept, but its last one\n");
    assert_non_null(note);
    assert_null(strstr(note + 1, "further lines"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        T(has_a_moment_and_a_text),
        T(is_one_line_of_valid_text),
        T(long_lines_are_cut),
        T(a_phase_is_told_once),
        T(the_last_line_takes_the_place_of_another),
        T(is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
