/* Locks in a process before it reads the first byte of a hostile file: the daemon's parsers and priceforge-cells.
 *
 *   - Every descriptor is closed, except those named.
 *   - Limits: address space, CPU time, no processes, no core dump; no new privileges, no debugger.
 *   - Landlock, if the kernel has it: no path, no port, no signal to other processes.
 *   - Seccomp: a system call that decoding does not need gives EPERM.
 *
 * A locked-in process cannot open anything. At the limit of CPU time it gets SIGXCPU, a few seconds later SIGKILL. */
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
