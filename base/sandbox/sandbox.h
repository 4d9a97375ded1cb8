/* Locking in a process that reads a hostile file, before it has seen a byte of it: the daemon's parsers and priceforge-cells.
 *
 *   - every descriptor but those named is closed
 *   - limits: address space, CPU time, no processes, no core; no new privileges, not to be looked into
 *   - landlock, where the kernel has it: no path, no port, no foreign signal
 *   - seccomp: a system call that decoding does not need gives EPERM
 *
 * Nothing in a locked-in process opens anything any more. At the CPU limit comes SIGXCPU, a few seconds later SIGKILL. */
#ifndef PF_BASE_SANDBOX_SANDBOX_H
#define PF_BASE_SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

#define SANDBOX_KEEP_MAX 4

struct sandbox {
    int keep[SANDBOX_KEEP_MAX]; /* descriptors that stay open, in any order */
    unsigned n_keep;
    uint64_t memory; /* bytes of address space */
    unsigned cpu_s;
    bool writes_file; /* one of them may be a file to be written; otherwise none grows */
    int landlock;     /* set by sandbox_enter(): 0, or -errno if the kernel has it and refuses */
};

/* Returns 0, or -errno with the step that failed in *why. The process must then not read the file. Before the limits are
 * lowered it can still write a log that is a file. */
int sandbox_enter(struct sandbox *sandbox, const char **why);

#endif
