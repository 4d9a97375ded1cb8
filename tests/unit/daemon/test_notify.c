/* The notification protocol, both sides. */
#include "daemon/process/notify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct fixture {
    char dir[32], path[64];
    int fd;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    strcpy(f->dir, "/tmp/pf-notify-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof f->path, "%s/n", f->dir);
    f->fd = notify_listen(f->path);
    assert_true(f->fd >= 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    notify_fini();
    close(f->fd);
    unlink(f->path);
    rmdir(f->dir);
    free(f);
    return 0;
}

static ssize_t received(int fd, char *out, size_t size)
{
    ssize_t n = recv(fd, out, size - 1, MSG_DONTWAIT);

    out[n > 0 ? n : 0] = '\0';
    return n;
}

static void init_with(const char *path, const char *usec, const char *pid)
{
    setenv("NOTIFY_SOCKET", path, 1);
    if (usec)
        setenv("WATCHDOG_USEC", usec, 1);
    if (pid)
        setenv("WATCHDOG_PID", pid, 1);
    notify_init();
    assert_null(getenv("NOTIFY_SOCKET"));
    assert_null(getenv("WATCHDOG_USEC"));
    assert_null(getenv("WATCHDOG_PID"));
}

static void test_send_and_receive(void **state)
{
    struct fixture *f = *state;
    struct notify_message message;

    init_with(f->path, NULL, NULL);
    assert_int_equal(notify_receive(f->fd, &message), 0);
    notify_send("READY=1\nSTATUS=%s", "up");
    notify_send("STOPPING=1\nEXTEND_TIMEOUT_USEC=30000000");
    assert_int_equal(notify_receive(f->fd, &message), 1);
    assert_true(message.ready);
    assert_false(message.stopping);
    assert_string_equal(message.status, "up");
    assert_int_equal(notify_receive(f->fd, &message), 1);
    assert_false(message.ready);
    assert_true(message.stopping);
    assert_int_equal(message.extend_us, 30000000);
    assert_int_equal(notify_receive(f->fd, &message), 0);
}

static void test_status_is_sent_once(void **state)
{
    struct fixture *f = *state;
    char text[200];

    init_with(f->path, NULL, NULL);
    for (int i = 0; i < 3; i++)
        notify_status("%d of 2 workers", 1);
    notify_status("2 of 2 workers\nREADY=1");
    assert_true(received(f->fd, text, sizeof text) > 0);
    assert_string_equal(text, "STATUS=1 of 2 workers");
    assert_true(received(f->fd, text, sizeof text) > 0);
    assert_string_equal(text, "STATUS=2 of 2 workers");
    assert_true(received(f->fd, text, sizeof text) < 0);
}

static void test_reloading_carries_a_time(void **state)
{
    struct fixture *f = *state;
    char text[200];
    long long usec = 0;

    init_with(f->path, NULL, NULL);
    notify_reloading();
    assert_true(received(f->fd, text, sizeof text) > 0);
    assert_int_equal(sscanf(text, "RELOADING=1\nMONOTONIC_USEC=%lld", &usec), 1);
    assert_true(usec > 0);
}

static void test_watchdog(void **state)
{
    struct fixture *f = *state;
    char pid[16];

    init_with(f->path, "30000000", NULL);
    assert_int_equal(notify_watchdog_ms(), 15000);
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    init_with(f->path, "2000000", pid);
    assert_int_equal(notify_watchdog_ms(), 1000);
    init_with(f->path, "2000000", "1"); /* meant for somebody else */
    assert_int_equal(notify_watchdog_ms(), 0);
    init_with(f->path, "garbage", NULL);
    assert_int_equal(notify_watchdog_ms(), 0);
    init_with(f->path, NULL, NULL);
    assert_int_equal(notify_watchdog_ms(), 0);
}

static void test_nobody_listens(void **state)
{
    (void)state;
    init_with("/nonexistent/socket", NULL, NULL);
    notify_send("READY=1");
    init_with("relative", NULL, NULL);
    notify_send("READY=1");
    char longest[300];
    memset(longest, 'x', sizeof longest);
    longest[0] = '/';
    longest[sizeof longest - 1] = '\0';
    init_with(longest, NULL, NULL);
    notify_send("READY=1");
    assert_int_equal(notify_listen(longest), -ENAMETOOLONG);
}

static void test_abstract_socket(void **state)
{
    char name[64], text[64];

    (void)state;
    snprintf(name, sizeof name, "@pf-notify-test-%d", (int)getpid());
    int fd = notify_listen(name);
    assert_true(fd >= 0);
    init_with(name, NULL, NULL);
    notify_send("READY=1");
    assert_true(received(fd, text, sizeof text) > 0);
    assert_string_equal(text, "READY=1");
    close(fd);
}

static void test_stale_socket_file_is_replaced(void **state)
{
    struct fixture *f = *state;

    close(f->fd);
    f->fd = notify_listen(f->path);
    assert_true(f->fd >= 0);
}

static void check_nothing(const char *text, size_t len)
{
    struct notify_message message;

    notify_parse(text, len, &message);
    assert_false(message.ready);
    assert_false(message.stopping);
    assert_int_equal(message.extend_us, 0);
    assert_string_equal(message.status, "");
}

static void test_garbage_says_nothing(void **state)
{
    char big[1000];

    (void)state;
    check_nothing("", 0);
    check_nothing("READY=", 6);
    check_nothing("READY=11", 8);
    check_nothing("XREADY=1\n\n\nready=1", 18);
    check_nothing("EXTEND_TIMEOUT_USEC=-1\nEXTEND_TIMEOUT_USEC=", 43);
    check_nothing("\0READY=1", 8);
    memset(big, 'A', sizeof big);
    check_nothing(big, sizeof big);
    for (unsigned n = 1; n < 256; n++) {
        memset(big, (int)n, sizeof big);
        struct notify_message message;
        notify_parse(big, sizeof big, &message);
        assert_false(message.ready);
    }
}

static void test_long_status_is_cut(void **state)
{
    struct notify_message message;
    char big[600] = "STATUS=";

    (void)state;
    memset(big + 7, 's', sizeof big - 7);
    notify_parse(big, sizeof big, &message);
    assert_int_equal(strlen(message.status), sizeof message.status - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_send_and_receive, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_status_is_sent_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reloading_carries_a_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_watchdog, set_up, tear_down),
        cmocka_unit_test(test_nobody_listens),
        cmocka_unit_test(test_abstract_socket),
        cmocka_unit_test_setup_teardown(test_stale_socket_file_is_replaced, set_up, tear_down),
        cmocka_unit_test(test_garbage_says_nothing),
        cmocka_unit_test(test_long_status_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
