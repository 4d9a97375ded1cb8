/* Locking a parser process in, before it has seen a byte of the file. */
#ifndef PF_PARSER_SANDBOX_H
#define PF_PARSER_SANDBOX_H

#include <stdint.h>

/* Close every descriptor but `keep`, lower the limits (address space, CPU, no processes, no files written, no core),
 * give up new privileges, forbid every path, port and foreign signal (landlock, where the kernel has it) and every
 * system call that decoding does not need (seccomp: EPERM). Signals can be sent to nobody but itself. At the CPU limit
 * comes SIGXCPU, a few seconds later SIGKILL. The log is closed last: nothing is logged behind it. Returns 0, or -1
 * after logging: a parser without its sandbox must not start. */
int sandbox_enter(int keep, uint64_t memory, unsigned cpu_s);

#endif
