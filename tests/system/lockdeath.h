/* Children of the test daemon that are killed with the table's lock in their hands, on demand.
 *
 *   SIGUSR1   takes the lock and is killed
 *   SIGUSR2   takes the lock, fills all derived state with nonsense and is killed: the next holder repairs
 *   SIGRTMIN  takes the lock, spoils a slot and is killed: the segment is beyond repair, the master makes a new one
 *
 * Whoever holds the lock already when the signal comes is killed in the middle of what it does; whoever gets the lock
 * of another dead one is killed without repairing. Each says so in a line on standard error first. The handlers are
 * there from the moment in which the child says that it is active (SigCgt in /proc/PID/status); before it a signal
 * kills it without the lock. */
#ifndef PF_TESTS_LOCKDEATH_H
#define PF_TESTS_LOCKDEATH_H

#include "shm/proctab.h"

/* Before the first fork. */
void lockdeath_install(void);

/* How many were killed like this so far, in all processes of the daemon. */
unsigned lockdeath_count(void);

/* The linker puts this in the place of proctab_active() (--wrap). */
void __wrap_proctab_active(struct shm_segment *seg, struct proc_ref me);
void __real_proctab_active(struct shm_segment *seg, struct proc_ref me);

#endif
