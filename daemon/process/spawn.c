/* fork, and everything a child must do before it may be trusted to be one. */
#include "daemon/process/spawn.h"

#include "base/log.h"
#include "daemon/process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#define KEEP_MAX 4200 /* an eventfd per process-table entry (4096) and a few more */

static int by_value(const void *a, const void *b)
{
    int left = *(const int *)a, right = *(const int *)b;
    return (left > right) - (left < right);
}

/* Siblings' sockets, the master's lock and its ends of pipes: a copy kept by accident would hide an end-of-file from
 * somebody, or hold the lock after the master's death. */
static void close_others(const struct spawn *how)
{
    int keep[KEEP_MAX];
    unsigned n = 0;
    int next = STDERR_FILENO + 1;

    for (unsigned i = 0; i < how->n_keep && n < KEEP_MAX - 1; i++)
        keep[n++] = how->keep[i];
    keep[n++] = log_fd();
    qsort(keep, n, sizeof keep[0], by_value);
    for (unsigned i = 0; i < n; i++) {
        if (keep[i] < next)
            continue;
        if (keep[i] > next)
            close_range((unsigned)next, (unsigned)keep[i] - 1, 0);
        next = keep[i] + 1;
    }
    close_range((unsigned)next, UINT_MAX, 0);
}

static void reset_signals(void)
{
    sigset_t none;

    for (int sig = 1; sig < NSIG; sig++)
        signal(sig, SIG_DFL); /* fails for KILL, STOP and the library's own: nothing to reset there */
    signal(SIGINT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void prefer_as_victim(void)
{
    int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), fd;

    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* otherwise the file is root's */
    fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    prctl(PR_SET_DUMPABLE, dumpable == 1, 0, 0, 0);
    if (fd < 0)
        return;
    (void)!write(fd, "300", 3); /* a wish; without it the kernel chooses by size alone */
    close(fd);
}

static void enter_child(const struct spawn *how, pid_t master)
{
    /* First the death signal, then the question whether it came too late: the master may have died in between. The
     * signal is that of the forking thread's death; the master has one thread. */
    prctl(PR_SET_PDEATHSIG, how->death_signal, 0, 0, 0);
    if (getppid() != master)
        _exit(EXIT_DONE);
    setpgid(0, 0);
    log_set_role(how->role);
    title_set(how->role);
    close_others(how);
    if (how->expendable)
        prefer_as_victim();
    reset_signals();
}

pid_t spawn_child(const struct spawn *how, int (*body)(void *ctx), void *ctx)
{
    sigset_t all, before;
    pid_t master = getpid();

    /* Nothing may be delivered to the child before it has forgotten the master's handlers and mask. */
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    log_flush();
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        enter_child(how, master);
        int code = body(ctx);
        log_flush();
        exit(code);
    }
    int saved = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (pid < 0)
        return -saved;
    setpgid(pid, pid); /* both sides do it: whoever comes first, the group exists before the next line */
    return pid;
}

int spawn_prepare_exec(const char *log_path)
{
    int fd = open(log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return -1;
    signal(SIGINT, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    if (dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
        return -1;
    close(fd);
    return 0;
}
