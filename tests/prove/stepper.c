/* Single steps by ptrace; the forked copy that dies. */
#include "tests/prove/stepper.h"

#include "shm/layout.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int64_t stepper_clock_shift_ms;

#if defined(__x86_64__) && !defined(PF_SANITIZERS)

#define RED_ZONE 512 /* below the stack pointer; the ABI's 128 and some air */

/* Filled in by the traced process before it stops; the tracer, which forked it, reads them there. */
static struct robust_list_head *robust_head;
static size_t robust_size;
static int *futex_word;
static int traced_tid;

static void must(bool fine, const char *what)
{
    if (fine)
        return;
    (void)fprintf(stderr, "stepper: %s: %s\n", what, strerror(errno));
    abort();
}

/* --- in the traced process --- */

static inline long raw_call(long number, long a, long b, long c, long d)
{
    long result;
    register long r10 __asm__("r10") = d;

    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
    return result;
}

/* Instead of the C library's: that reads the vDSO's page again and again until it did not change in between, and with a
 * death at every instruction the clock ticks in between each time. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = (int)raw_call(SYS_clock_gettime, clock, (long)now, 0, 0);

    now->tv_sec += stepper_clock_shift_ms / 1000;
    return result;
}

/* The tracer points the stopped process here. Nothing but system calls: the state that is to die must stay as it is.
 * The clone has no exit signal, so that the traced process gets none. */
__attribute__((noinline, used)) static void die_here(void)
{
    long copy = raw_call(SYS_clone, 0, 0, 0, 0);

    if (copy == 0) {
        int tid = (int)raw_call(SYS_gettid, 0, 0, 0, 0);
        (void)raw_call(SYS_set_robust_list, (long)robust_head, (long)robust_size, 0, 0);
        if ((*(volatile int *)futex_word & FUTEX_TID_MASK) == traced_tid)
            *(volatile int *)futex_word = (*(volatile int *)futex_word & ~FUTEX_TID_MASK) | tid;
        for (;;)
            (void)raw_call(SYS_kill, tid, SIGKILL, 0, 0);
    }
    (void)raw_call(SYS_wait4, copy, 0, __WALL, 0);
    __asm__ volatile("int3");
}

/* Stepping begins behind the first int3 and ends at the entry of this function. */
__attribute__((noinline, used)) static void end_here(void)
{
    __asm__ volatile("int3");
}

static _Noreturn void be_traced(void (*operation)(void *ctx), int (*after)(void *ctx), void *ctx,
                                pthread_mutex_t *mutex)
{
    traced_tid = (int)syscall(SYS_gettid);
    futex_word = &mutex->__data.__lock;
    must(syscall(SYS_get_robust_list, 0, &robust_head, &robust_size) == 0, "get_robust_list");
    must(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0, "PTRACE_TRACEME");
    (void)raise(SIGSTOP);
    __asm__ volatile("int3");
    operation(ctx);
    end_here();
    _exit(after(ctx));
}

/* --- in the tracer --- */

static void wait_stop(pid_t traced, int signal)
{
    int status;

    must(waitpid(traced, &status, __WALL) == traced, "waitpid");
    if (WIFSTOPPED(status) && WSTOPSIG(status) == signal)
        return;
    (void)fprintf(stderr, "stepper: unexpected status %#x\n", (unsigned)status);
    abort();
}

static void copy_in(pid_t traced, void *to, const void *from, size_t size)
{
    struct iovec local = {.iov_base = to, .iov_len = size};
    struct iovec remote = {.iov_base = (void *)(uintptr_t)from, .iov_len = size};

    must(process_vm_readv(traced, &local, 1, &remote, 1, 0) == (ssize_t)size, "process_vm_readv");
}

bool stepper_works(const char **reason)
{
    *reason = "";
    return true;
}

pid_t stepper_start(void (*operation)(void *ctx), int (*after)(void *ctx), void *ctx, pthread_mutex_t *mutex)
{
    pid_t traced = fork();

    must(traced >= 0, "fork");
    if (traced == 0)
        be_traced(operation, after, ctx, mutex);
    wait_stop(traced, SIGSTOP);
    must(ptrace(PTRACE_SETOPTIONS, traced, NULL, (void *)PTRACE_O_EXITKILL) == 0, "PTRACE_SETOPTIONS");
    must(ptrace(PTRACE_CONT, traced, NULL, NULL) == 0, "PTRACE_CONT");
    wait_stop(traced, SIGTRAP);
    copy_in(traced, &robust_head, &robust_head, sizeof robust_head);
    return traced;
}

bool stepper_step(pid_t traced)
{
    must(ptrace(PTRACE_SINGLESTEP, traced, NULL, NULL) == 0, "PTRACE_SINGLESTEP");
    wait_stop(traced, SIGTRAP);
    errno = 0;
    long at = ptrace(PTRACE_PEEKUSER, traced, (void *)offsetof(struct user_regs_struct, rip), NULL);
    must(errno == 0, "PTRACE_PEEKUSER");
    return (uintptr_t)at != (uintptr_t)end_here;
}

void stepper_robust(pid_t traced, uint64_t words[2])
{
    struct robust_list_head head;

    copy_in(traced, &head, robust_head, sizeof head);
    words[0] = (uintptr_t)head.list.next;
    words[1] = (uintptr_t)head.list_op_pending;
}

void stepper_kill_copy(pid_t traced)
{
    struct user_regs_struct saved, regs;
    struct user_fpregs_struct fp;

    must(ptrace(PTRACE_GETREGS, traced, NULL, &saved) == 0, "PTRACE_GETREGS");
    must(ptrace(PTRACE_GETFPREGS, traced, NULL, &fp) == 0, "PTRACE_GETFPREGS");
    regs = saved;
    regs.rip = (uintptr_t)die_here;
    regs.rsp = ((saved.rsp - RED_ZONE) & ~(uint64_t)15) - 8; /* as after a call */
    regs.orig_rax = (unsigned long long)-1;                  /* no system call to restart */
    must(ptrace(PTRACE_SETREGS, traced, NULL, &regs) == 0, "PTRACE_SETREGS");
    must(ptrace(PTRACE_CONT, traced, NULL, NULL) == 0, "PTRACE_CONT");
    wait_stop(traced, SIGTRAP);
    must(ptrace(PTRACE_SETREGS, traced, NULL, &saved) == 0, "PTRACE_SETREGS");
    must(ptrace(PTRACE_SETFPREGS, traced, NULL, &fp) == 0, "PTRACE_SETFPREGS");
}

int stepper_finish(pid_t traced)
{
    int status;

    do { /* stops at the int3 of end_here(), and for whatever kills it */
        must(ptrace(PTRACE_CONT, traced, NULL, NULL) == 0, "PTRACE_CONT");
        must(waitpid(traced, &status, __WALL) == traced, "waitpid");
    } while (WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
    if (WIFSTOPPED(status)) {
        (void)kill(traced, SIGKILL);
        must(waitpid(traced, &status, __WALL) == traced, "waitpid");
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#else

bool stepper_works(const char **reason)
{
    *reason = "single steps are written for x86-64 without sanitizers";
    return false;
}

pid_t stepper_start(void (*operation)(void *ctx), int (*after)(void *ctx), void *ctx, pthread_mutex_t *mutex)
{
    (void)operation;
    (void)after;
    (void)ctx;
    (void)mutex;
    abort();
}

bool stepper_step(pid_t traced)
{
    (void)traced;
    abort();
}

void stepper_robust(pid_t traced, uint64_t words[2])
{
    (void)traced;
    (void)words;
    abort();
}

void stepper_kill_copy(pid_t traced)
{
    (void)traced;
    abort();
}

int stepper_finish(pid_t traced)
{
    (void)traced;
    abort();
}

#endif
