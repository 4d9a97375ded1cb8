/* Locking a parser process in, before it has seen a byte of the file. */
#ifndef PF_SANDBOX_H
#define PF_SANDBOX_H

#include <stdint.h>

/* Close every descriptor but `keep`, the log and standard error, lower the limits (address space, CPU, no files
 * written, no core), give up new privileges, forbid every path (landlock, where the kernel has it) and every system
 * call that decoding does not need (seccomp: EPERM). Signals can be sent to nobody but itself. Returns 0, or -1 after
 * logging: a parser without its sandbox must not start. */
int sandbox_enter(int keep, uint64_t memory, unsigned cpu_s);

#endif
