/* Lines of the log: every message becomes one clean line, and nobody waits for a slow reader. */
#include "base/log_line.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const uint8_t some_task[16] = {0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0x4d, 0xef, 0x81, 2, 3, 4, 5, 6, 7, 8};

static const char *render_about(enum log_style style, const struct log_about *about, const char *message)
{
    static char line[LOG_LINE_MAX + 1];
    struct log_event event = {LOG_LEVEL_WARN, "worker 0", 42, INT64_C(1770292800123), about, message};
    size_t len = log_line_render(line, style, &event);

    assert_in_range(len, 1, LOG_LINE_MAX);
    assert_int_equal(line[len - 1], '\n');
    line[len] = '\0';
    return line;
}

static const char *render(enum log_style style, const uint8_t *task, const char *message)
{
    struct log_about about = {.task = task};

    return render_about(style, task ? &about : NULL, message);
}

static void test_styles(void **state)
{
    (void)state;
    assert_string_equal(render(LOG_STYLE_JOURNAL, NULL, "hello"), "<4>worker 0[42]: hello\n");
    assert_string_equal(render(LOG_STYLE_FILE, NULL, "hello"), "2026-02-05T12:00:00.123Z warn  worker 0[42]: hello\n");
    assert_string_equal(render(LOG_STYLE_TERMINAL, NULL, "hello"), "12:00:00.123 warn  worker 0[42]: hello\n");
    assert_string_equal(render(LOG_STYLE_JSON, NULL, "hello"),
                        "{\"time\":\"2026-02-05T12:00:00.123Z\",\"level\":\"warn\",\"role\":\"worker 0\",\"pid\":42,"
                        "\"message\":\"hello\"}\n");
}

static void test_task(void **state)
{
    (void)state;
    assert_string_equal(render(LOG_STYLE_JOURNAL, some_task, "x"),
                        "<4>worker 0[42]: task 12345678-9abc-4def-8102-030405060708: x\n");
    assert_non_null(
        strstr(render(LOG_STYLE_JSON, some_task, "x"), "\"task\":\"12345678-9abc-4def-8102-030405060708\""));
}

static void test_fields(void **state)
{
    struct log_about start = {.task = some_task,
                              .request = "77190000-0000-4000-8000-00000000140e",
                              .client = "token:ivanova",
                              .traceparent = "00-0af7-b7ad-01",
                              .duration_us = 12345};
    struct log_about access = {
        .client = "10.0.0.7", .duration_us = 7, .method = "GET", .path = "/api/tasks", .status = 200};

    (void)state;
    assert_string_equal(render_about(LOG_STYLE_JOURNAL, &start, "accepted: x"),
                        "<4>worker 0[42]: task 12345678-9abc-4def-8102-030405060708: accepted: x "
                        "request=77190000-0000-4000-8000-00000000140e client=token:ivanova traceparent=00-0af7-b7ad-01 "
                        "duration_ms=12.345\n");
    assert_non_null(
        strstr(render_about(LOG_STYLE_JSON, &start, "accepted: x"),
               "\"pid\":42,\"task\":\"12345678-9abc-4def-8102-030405060708\","
               "\"request\":\"77190000-0000-4000-8000-00000000140e\",\"client\":\"token:ivanova\","
               "\"traceparent\":\"00-0af7-b7ad-01\",\"duration_ms\":12.345,\"message\":\"accepted: x\"}\n"));
    assert_string_equal(render_about(LOG_STYLE_JOURNAL, &access, "answered"),
                        "<4>worker 0[42]: answered method=GET path=/api/tasks status=200 bytes=0 client=10.0.0.7 "
                        "duration_ms=0.007\n");
    assert_non_null(strstr(render_about(LOG_STYLE_JSON, &access, "answered"),
                           "\"method\":\"GET\",\"path\":\"/api/tasks\",\"status\":200,\"bytes\":0,"
                           "\"client\":\"10.0.0.7\",\"duration_ms\":0.007,\"message\":\"answered\"}\n"));
}

/* A value can neither forge another field nor another line, and a long one leaves the rest of the line whole. */
static void test_hostile_values(void **state)
{
    static char big[9000];
    struct log_about about = {
        .request = "a b=\"c\" \n<0>d", .client = "=", .traceparent = big, .method = big, .path = big};

    (void)state;
    memset(big, '\xff', sizeof big - 1);
    const char *line = render_about(LOG_STYLE_JOURNAL, &about, big);
    assert_non_null(strstr(line, " request=\"a b=\\\"c\\\" \\u000a<0>d\" client=\"=\" traceparent="));
    assert_memory_equal(line + strlen(line) - 4, "…\n", 4);
    line = render_about(LOG_STYLE_JSON, &about, big);
    assert_non_null(strstr(line, "…\",\"path\":\""));
    assert_non_null(strstr(line, ",\"request\":\"a b=\\\"c\\\" \\u000a<0>d\",\"client\":\"=\",\"traceparent\":\""));
    assert_memory_equal(line + strlen(line) - 6, "…\"}\n", 6);
}

static void check(const char *message, const char *text, const char *json)
{
    const char *line = render(LOG_STYLE_JOURNAL, NULL, message);

    assert_memory_equal(line, "<4>worker 0[42]: ", 17);
    assert_int_equal(strlen(line), 17 + strlen(text) + 1);
    assert_memory_equal(line + 17, text, strlen(text));
    line = strstr(render(LOG_STYLE_JSON, NULL, message), "\"message\":\"") + 11;
    assert_int_equal(strlen(line), strlen(json) + 3);
    assert_memory_equal(line, json, strlen(json));
}

static void test_control_bytes(void **state)
{
    (void)state;
    check("a\nb", "a\\x0ab", "a\\u000ab");
    check("a\r\n<0>forged", "a\\x0d\\x0a<0>forged", "a\\u000d\\u000a<0>forged");
    check("\033[2J", "\\x1b[2J", "\\u001b[2J");
    check("\x7f\t", "\\x7f\\x09", "\\u007f\\u0009");
    check("\xc2\x9b"
          "31m",
          "\\xc2\\x9b31m", "\\ufffd\\ufffd31m"); /* CSI as one C1 character */
}

static void test_quotes(void **state)
{
    (void)state;
    check("say \"hi\" \\ bye", "say \"hi\" \\ bye", "say \\\"hi\\\" \\\\ bye");
}

static void test_utf8(void **state)
{
    (void)state;
    check("цена 5 €, 𝄞", "цена 5 €, 𝄞", "цена 5 €, 𝄞");
    check("\xff", "\\xff", "\\ufffd");
    check("\xc0\xaf", "\\xc0\\xaf", "\\ufffd\\ufffd");                                 /* overlong "/" */
    check("\xed\xa0\x80", "\\xed\\xa0\\x80", "\\ufffd\\ufffd\\ufffd");                 /* surrogate */
    check("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"); /* above U+10FFFF */
    check("\xd1", "\\xd1", "\\ufffd");                                                 /* cut off at the end */
    check("\xe2\x82", "\\xe2\\x82", "\\ufffd\\ufffd");
}

static void test_length_is_capped(void **state)
{
    static char big[10000];

    (void)state;
    const char fills[] = {'a', '\n', '"', '\xff'};
    for (size_t i = 0; i < sizeof fills; i++) {
        memset(big, fills[i], sizeof big - 1);
        for (int style = LOG_STYLE_JOURNAL; style <= LOG_STYLE_JSON; style++) {
            const char *line = render((enum log_style)style, some_task, big);
            assert_non_null(strstr(line, "…"));
            assert_null(memchr(line, '\n', strlen(line) - 1));
        }
    }
    memset(big, 'a', LOG_MESSAGE_MAX);
    big[LOG_MESSAGE_MAX] = '\0';
    assert_null(strstr(render(LOG_STYLE_JOURNAL, NULL, big), "…"));
}

/* ---- Writing: in a child, since the log belongs to a process ---- */

static void in_child(int pipe_end, void (*body)(void))
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        unsetenv("JOURNAL_STREAM");
        dup2(pipe_end, STDERR_FILENO);
        close(pipe_end);
        body();
        _exit(0);
    }
    close(pipe_end);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static size_t drain(int fd, char *out, size_t size)
{
    size_t len = 0;
    ssize_t n;

    while (len < size - 1 && (n = read(fd, out + len, size - 1 - len)) > 0)
        len += (size_t)n;
    out[len] = '\0';
    return len;
}

static void write_levels(void)
{
    log_init(LOG_LEVEL_WARN, false);
    log_set_role("test");
    log_info("not shown");
    log_warn("shown %d", 1);
    log_task(LOG_LEVEL_ERROR, some_task, "shown %d", 2);
    log_set_level(LOG_LEVEL_DEBUG, true);
    log_debug("shown %d", 3);
}

static void test_levels(void **state)
{
    int ends[2];
    char text[4096];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    in_child(ends[1], write_levels);
    drain(ends[0], text, sizeof text);
    close(ends[0]);
    assert_null(strstr(text, "not shown"));
    assert_null(strchr(text, '<'));
    assert_non_null(strstr(text, "Z warn  test["));
    assert_non_null(strstr(text, "shown 1"));
    assert_non_null(strstr(text, "Z error test["));
    assert_non_null(strstr(text, ": shown 2\n"));
    assert_non_null(strstr(text, "\"message\":\"shown 3\"}\n"));
}

/* Priorities are for the journal alone: it is the one whose device and inode JOURNAL_STREAM names. */
static ino_t shift; /* 0 = the pipe itself */

static void write_journal(void)
{
    struct stat st;
    char stream[64];

    if (fstat(STDERR_FILENO, &st) != 0)
        _exit(1);
    snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)(st.st_ino + shift));
    setenv("JOURNAL_STREAM", stream, 1);
    log_init(LOG_LEVEL_INFO, false);
    log_set_role("test");
    log_warn("hello");
}

static void test_prefix_only_in_the_journal(void **state)
{
    char text[4096];

    (void)state;
    for (shift = 0; shift < 2; shift++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        in_child(ends[1], write_journal);
        drain(ends[0], text, sizeof text);
        close(ends[0]);
        assert_int_equal(strncmp(text, "<4>test[", 8) == 0, shift == 0);
        assert_int_equal(strchr(text, '<') != NULL, shift == 0);
        assert_non_null(strstr(text, "]: hello\n"));
    }
}

static const uint8_t other_task[16] = {1};

static void write_origin(void)
{
    struct log_about origin = {.task = some_task, .request = "r1", .client = "petrov", .traceparent = ""};

    log_init(LOG_LEVEL_INFO, false);
    log_task(LOG_LEVEL_INFO, some_task, "before");
    log_set_origin(&origin);
    log_task(LOG_LEVEL_INFO, some_task, "own");
    log_task(LOG_LEVEL_INFO, other_task, "other");
    log_info("none");
    log_set_origin(NULL);
    log_task(LOG_LEVEL_INFO, some_task, "after");
}

static void test_origin(void **state)
{
    int ends[2];
    char text[4096];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    in_child(ends[1], write_origin);
    drain(ends[0], text, sizeof text);
    close(ends[0]);
    assert_non_null(strstr(text, ": before\n"));
    assert_non_null(strstr(text, ": own request=r1 client=petrov duration_ms="));
    assert_non_null(strstr(text, ": other request=r1 client=petrov\n"));
    assert_non_null(strstr(text, ": none\n"));
    assert_non_null(strstr(text, ": after\n"));
}

/* Nobody reads: the pipe takes 64 KiB, the buffer 16; the rest is lost, counted, and reported when there is room
 * again. */
static int flood_pipe[2];

static void flood(void)
{
    static char sink[65536];

    log_init(LOG_LEVEL_INFO, false);
    log_set_role("flood");
    alarm(20); /* blocking would be death */
    for (int i = 0; i < 5000; i++)
        log_info("line %d of many, none of which anybody reads at the moment", i);
    uint64_t lost = log_dropped();
    if (lost < 1000 || (fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK))
        _exit(1);
    (void)!read(flood_pipe[0], sink, sizeof sink);
    log_info("room again");
    log_flush();
    alarm(0);
}

static void test_slow_reader_blocks_nobody(void **state)
{
    char text[65536];

    (void)state;
    assert_int_equal(pipe(flood_pipe), 0);
    in_child(flood_pipe[1], flood);
    drain(flood_pipe[0], text, sizeof text);
    close(flood_pipe[0]);
    assert_non_null(strstr(text, "lines were lost, the reader was too slow"));
    assert_non_null(strstr(text, "room again\n"));
    /* The first line is the rest of a line that was read before. */
    for (char *line = strtok(strchr(text, '\n'), "\n"); line; line = strtok(NULL, "\n"))
        assert_non_null(strstr(line, "flood[")); /* whole lines only */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),        cmocka_unit_test(test_hostile_values),
        cmocka_unit_test(test_origin),        cmocka_unit_test(test_prefix_only_in_the_journal),
        cmocka_unit_test(test_styles),        cmocka_unit_test(test_task),
        cmocka_unit_test(test_control_bytes), cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_utf8),          cmocka_unit_test(test_length_is_capped),
        cmocka_unit_test(test_levels),        cmocka_unit_test(test_slow_reader_blocks_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
