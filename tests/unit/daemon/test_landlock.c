/* Landlock alone, without the filter of system calls that stands in front of it in a parser. */
#include "base/sandbox/landlock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int opens(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0 ? 0 : errno;
}

static int connects(void)
{
    struct sockaddr_in nobody = {
        .sin_family = AF_INET, .sin_port = htons(1), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int rc = connect(fd, (struct sockaddr *)&nobody, sizeof nobody) == 0 ? 0 : errno;
    close(fd);
    return rc;
}

/* What the child found out, one bit each. */
enum { LOCKED = 1, READS = 2, LISTS = 4, CREATES = 8, CONNECTS = 16, SIGNALS = 32, OPEN_STAYS = 64 };

static int look(int open_before)
{
    char byte;
    int found = 0;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && landlock_forbid() == 0)
        found |= LOCKED;
    found |= opens("/etc/passwd", O_RDONLY) != EACCES ? READS : 0;
    found |= opens("/", O_RDONLY | O_DIRECTORY) != EACCES ? LISTS : 0;
    found |= opens("/tmp/priceforge-landlock", O_WRONLY | O_CREAT) != EACCES ? CREATES : 0;
    found |= connects() != EACCES ? CONNECTS : 0;
    found |= kill(getppid(), 0) == 0 || errno != EPERM ? SIGNALS : 0;
    found |= read(open_before, &byte, 1) == 1 ? OPEN_STAYS : 0;
    return found;
}

static void test_forbids_what_this_kernel_can(void **state)
{
    (void)state;
    int version = landlock_version(), status;
    if (version == 0)
        skip();
    int file = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    assert_true(file >= 0);
    pid_t pid = fork();
    if (pid == 0)
        _exit(look(file));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(file);
    assert_true(WIFEXITED(status));
    int expected = LOCKED | OPEN_STAYS | (version < 4 ? CONNECTS : 0) | (version < 6 ? SIGNALS : 0);
    assert_int_equal(WEXITSTATUS(status), expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_forbids_what_this_kernel_can)};
    return cmocka_run_group_tests_name("landlock", tests, NULL, NULL);
}
