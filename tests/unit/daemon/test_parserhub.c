/* Passing parsers to runners: master and runner side in one process. */
#include "daemon/parser/hub.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Returns the parser's end. */
static int give(struct parserhub *hub, unsigned index, int32_t pid)
{
    int ends[2];
    struct parser_ticket ticket = {.pid = pid, .generation = 7, .slot = 3};

    assert_int_equal(parserhub_pair(ends), 0);
    assert_int_equal(parserhub_give(hub, index, ends[0], &ticket), 0);
    assert_int_equal(fcntl(ends[0], F_GETFD), -1); /* the master keeps no end */
    return ends[1];
}

static void test_pass_and_talk(void **state)
{
    struct parserhub hub;
    struct parser_ticket ticket;
    int control, fd, parser;
    char byte = 0;

    (void)state;
    parserhub_init(&hub, 2);
    assert_int_equal(parserhub_renew(&hub, 1, &control), 0);
    parser = give(&hub, 1, 42);
    assert_int_equal(parser_take(control, 1000, &ticket, &fd), 0);
    assert_int_equal(ticket.pid, 42);
    assert_int_equal(ticket.generation, 7);
    assert_int_equal(ticket.slot, 3);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_false(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_int_equal(send(fd, "x", 1, 0), 1);
    assert_int_equal(recv(parser, &byte, 1, 0), 1);
    assert_int_equal(byte, 'x');
    close(parser); /* its death is an end-of-file for the runner, and the other way round */
    assert_int_equal(recv(fd, &byte, 1, 0), 0);
    close(fd);
    close(control);
    parserhub_fini(&hub);
}

static void test_dead_parsers_are_skipped(void **state)
{
    struct parserhub hub;
    struct parser_ticket ticket;
    int control, fd;

    (void)state;
    parserhub_init(&hub, 1);
    assert_int_equal(parserhub_renew(&hub, 0, &control), 0);
    close(give(&hub, 0, 1));
    close(give(&hub, 0, 2));
    int parser = give(&hub, 0, 3);
    assert_int_equal(parser_take(control, 1000, &ticket, &fd), 0);
    assert_int_equal(ticket.pid, 3);
    close(fd);
    close(parser);
    assert_int_equal(parser_take(control, 20, &ticket, &fd), -ETIMEDOUT);
    close(control);
    parserhub_fini(&hub);
}

static void test_death_of_the_master(void **state)
{
    struct parserhub hub;
    struct parser_ticket ticket;
    int control, fd;

    (void)state;
    parserhub_init(&hub, 1);
    assert_int_equal(parserhub_renew(&hub, 0, &control), 0);
    parserhub_fini(&hub);
    assert_int_equal(parser_take(control, 1000, &ticket, &fd), -EPIPE);
    close(control);
}

static void test_death_of_the_runner_ends_its_parsers(void **state)
{
    struct parserhub hub;
    int control, ends[2];
    char byte;
    struct parser_ticket ticket = {.pid = 1};

    (void)state;
    parserhub_init(&hub, 1);
    assert_int_equal(parserhub_pair(ends), 0);
    assert_int_equal(parserhub_give(&hub, 0, ends[0], &ticket), -EPIPE); /* there is no runner yet */
    close(ends[1]);
    assert_int_equal(parserhub_renew(&hub, 0, &control), 0);
    int parser = give(&hub, 0, 1);
    close(control);
    assert_int_equal(recv(parser, &byte, 1, 0), 0);
    close(parser);
    assert_int_equal(parserhub_pair(ends), 0);
    assert_true(parserhub_give(&hub, 0, ends[0], &ticket) < 0); /* EPIPE, or ECONNRESET when it left tickets unread */
    assert_int_equal(recv(ends[1], &byte, 1, 0), 0);
    close(ends[1]);
    parserhub_drop(&hub, 0);
    parserhub_fini(&hub);
}

static void test_successor_gets_a_clean_queue(void **state)
{
    struct parserhub hub;
    struct parser_ticket ticket;
    int old, control, fd;
    char byte;

    (void)state;
    parserhub_init(&hub, 1);
    assert_int_equal(parserhub_renew(&hub, 0, &old), 0);
    int stale = give(&hub, 0, 1);
    assert_int_equal(parserhub_renew(&hub, 0, &control), 0);
    close(old);
    assert_int_equal(recv(stale, &byte, 1, 0), 0);
    close(stale);
    int parser = give(&hub, 0, 2);
    assert_int_equal(parser_take(control, 1000, &ticket, &fd), 0);
    assert_int_equal(ticket.pid, 2);
    close(fd);
    close(parser);
    close(control);
    parserhub_fini(&hub);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pass_and_talk),
        cmocka_unit_test(test_dead_parsers_are_skipped),
        cmocka_unit_test(test_death_of_the_master),
        cmocka_unit_test(test_death_of_the_runner_ends_its_parsers),
        cmocka_unit_test(test_successor_gets_a_clean_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
