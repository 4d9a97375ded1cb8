/* The sandbox: rlimits, landlock, seccomp. Each layer works without the others; seccomp must be available, landlock
 * may be missing. */
#include "base/sandbox/sandbox.h"

#include "base/sandbox/landlock.h"

#include <errno.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Beyond the soft limit the kernel sends SIGXCPU once a second; at the hard limit it kills. */
#define CPU_GRACE_S 2

static bool is_kept(const struct sandbox *sandbox, unsigned fd)
{
    for (unsigned i = 0; i < sandbox->n_keep; i++)
        if ((unsigned)sandbox->keep[i] == fd)
            return true;
    return false;
}

/* The lowest kept descriptor from `fd` on; UINT_MAX if there is none. */
static unsigned next_kept(const struct sandbox *sandbox, unsigned fd)
{
    unsigned next = UINT_MAX;
    for (unsigned i = 0; i < sandbox->n_keep; i++)
        if ((unsigned)sandbox->keep[i] >= fd && (unsigned)sandbox->keep[i] < next)
            next = (unsigned)sandbox->keep[i];
    return next;
}

static int close_others(const struct sandbox *sandbox)
{
    int rc = 0;
    for (unsigned fd = 0; fd < UINT_MAX && rc == 0;) {
        unsigned kept = next_kept(sandbox, fd);
        if (kept > fd)
            rc = close_range(fd, kept - (kept < UINT_MAX), 0);
        for (fd = kept; fd < UINT_MAX && is_kept(sandbox, fd);)
            fd++;
    }
    return rc;
}

static int limit(__rlimit_resource_t what, rlim_t soft, rlim_t hard)
{
    struct rlimit rl = {soft, hard};
    return setrlimit(what, &rl);
}

static int set_limits(const struct sandbox *sandbox)
{
    rlim_t cpu_s = sandbox->cpu_s;
    int rc = 0;
#ifndef PF_SANITIZERS /* their shadow memory alone is terabytes of address space, and their leak check is a thread */
    rc = limit(RLIMIT_AS, sandbox->memory, sandbox->memory) | limit(RLIMIT_NPROC, 0, 0);
#endif
    if (!sandbox->writes_file)
        rc |= limit(RLIMIT_FSIZE, 0, 0);
    return rc | limit(RLIMIT_CPU, cpu_s, cpu_s + CPU_GRACE_S) | limit(RLIMIT_NOFILE, 16, 16) |
           limit(RLIMIT_CORE, 0, 0) | prctl(PR_SET_DUMPABLE, 0) | prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
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

/* Memory may be mapped, but not executable. */
static int allow_mapping(scmp_filter_ctx ctx)
{
    int rc =
        seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, 4 /* PROT_EXEC */, 0));
    return rc | seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, 4, 0));
}

/* abort() sends a signal: allowed to this process itself, not to the runner that waits for it. */
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

/* Called before the limits are set: after them, a log that is a file cannot be written. The filter at address 0 is
 * never accepted; a kernel that can filter says so by its error. */
static bool can_filter(void)
{
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) < 0 && errno == EFAULT;
}

int sandbox_enter(struct sandbox *sandbox, const char **why)
{
    *why = "seccomp is not available here";
    if (!can_filter())
        return -errno;
    *why = "cannot lower its limits";
    if (close_others(sandbox) != 0 || set_limits(sandbox) != 0)
        return -errno;
    sandbox->landlock = landlock_forbid();
    *why = "its system calls cannot be filtered";
    return filter_calls();
}
