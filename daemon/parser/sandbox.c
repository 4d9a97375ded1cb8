/* The parser's sandbox: rlimits, landlock, seccomp. Each layer stands alone; seccomp must be there, landlock may be
 * missing. */
#include "daemon/parser/sandbox.h"

#include "base/log.h"
#include "daemon/parser/landlock.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Beyond the soft limit the kernel says SIGXCPU once a second, at the hard one it kills. */
#define CPU_GRACE_S 2

/* Everything but the socket, the log and standard error, which are still needed to say why there is no sandbox. */
static int close_others(int keep)
{
    int a = keep, b = log_fd();
    if (b < a) {
        int swap = a;
        a = b;
        b = swap;
    }
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    int rc = 0;
    if (a > STDERR_FILENO + 1)
        rc |= close_range(STDERR_FILENO + 1, (unsigned)a - 1, 0);
    if (a > STDERR_FILENO && b > a + 1)
        rc |= close_range((unsigned)a + 1, (unsigned)b - 1, 0);
    return rc | close_range((unsigned)(b > STDERR_FILENO ? b : STDERR_FILENO) + 1, ~0u, 0);
}

static int limit(__rlimit_resource_t what, rlim_t soft, rlim_t hard)
{
    struct rlimit rl = {soft, hard};
    return setrlimit(what, &rl);
}

static int set_limits(uint64_t memory, unsigned cpu_s)
{
    int rc = 0;
#ifndef PF_SANITIZERS /* their shadow memory alone is terabytes of address space, and their leak check is a thread */
    rc = limit(RLIMIT_AS, memory, memory) | limit(RLIMIT_NPROC, 0, 0);
#else
    (void)memory;
#endif
    return rc | limit(RLIMIT_CPU, cpu_s, cpu_s + CPU_GRACE_S) | limit(RLIMIT_FSIZE, 0, 0) |
           limit(RLIMIT_NOFILE, 16, 16) | limit(RLIMIT_CORE, 0, 0) | prctl(PR_SET_DUMPABLE, 0) |
           prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* ---- Seccomp ---------------------------------------------------------------------------------------------------- */

/* What decoding needs, recvmsg for the file, which arrives when the sandbox stands, and the two ids for abort(). */
static const int allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(pread64),
    SCMP_SYS(lseek),
    SCMP_SYS(fstat),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(close),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(getrandom),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(recvmsg),
    SCMP_SYS(gettid),
    SCMP_SYS(getpid),
    SCMP_SYS(restart_syscall),
#ifdef PF_SANITIZERS /* what their run time needs at exit and for its reports */
    SCMP_SYS(writev),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(sched_yield),
    SCMP_SYS(getrlimit),
    SCMP_SYS(prlimit64),
    SCMP_SYS(readlink),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(clone),
    SCMP_SYS(clone3),
    SCMP_SYS(wait4),
    SCMP_SYS(prctl),
    SCMP_SYS(ptrace),
    SCMP_SYS(openat),
    SCMP_SYS(getppid),
    SCMP_SYS(getdents64),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(process_vm_readv),
#endif
};

/* Memory may be mapped, but never executable. */
static int allow_mapping(scmp_filter_ctx ctx)
{
    int rc =
        seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, 4 /* PROT_EXEC */, 0));
    return rc | seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, 4, 0));
}

/* abort() sends a signal; this process may get one, the runner that waits for it may not. */
static int allow_signals_to_itself(scmp_filter_ctx ctx)
{
    struct scmp_arg_cmp to_itself = {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)getpid()};

    return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, to_itself);
}

static int filter_calls(void)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!ctx)
        return -1;
    int rc = allow_mapping(ctx) | allow_signals_to_itself(ctx);
    for (size_t i = 0; rc == 0 && i < sizeof allowed / sizeof *allowed; i++)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
    if (rc == 0)
        rc = seccomp_load(ctx);
    seccomp_release(ctx);
    return rc;
}

/* A parser that its file has taken over must not write the log either: what it has to say goes to its runner. The
 * sanitizers report to standard error. */
static void close_log(void)
{
#ifndef PF_SANITIZERS
    if (log_fd() != STDERR_FILENO)
        close(log_fd());
    close(STDERR_FILENO);
#endif
}

/* Asked before the limits: behind them, a log that is a file can no longer be written. A filter at address 0 is never
 * taken; a kernel that can filter says so. */
static bool can_filter(void)
{
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) < 0 && errno == EFAULT;
}

int sandbox_enter(int keep, uint64_t memory, unsigned cpu_s)
{
    if (!can_filter()) {
        log_error("parser not started: seccomp is not available here (%s)", strerror(errno));
        return -1;
    }
    if (close_others(keep) != 0 || set_limits(memory, cpu_s) != 0) {
        log_error("parser not started: cannot lower its limits: %s", strerror(errno));
        return -1;
    }
    int rc = landlock_forbid();
    if (rc < 0)
        log_warn("a parser is without landlock, which refuses (%s)", strerror(-rc));
    rc = filter_calls();
    if (rc != 0) {
        log_error("parser not started: its system calls cannot be filtered (%s)", strerror(-rc));
        return -1;
    }
    close_log();
    return 0;
}
