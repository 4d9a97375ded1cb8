/* Wake-ups between processes: one eventfd per process-table entry and one for the master.
 *
 * The flag or the queue in shared memory is the truth; a poke is a hint. Spurious and repeated pokes are harmless. A
 * lost one (the target died after it had read its eventfd) is covered by every process's one-second rescan, and by the
 * master, which pokes all after each reaped child. There are no condition variables and no semaphores in shared memory:
 * glibc's hang if a waiter is killed.
 *
 * Order (PostgreSQL's latch and procsignal state the same rules)
 *   sender    change the state, then poke
 *   receiver  drain, then look at the state */
#ifndef PF_SHM_WAKEUP_H
#define PF_SHM_WAKEUP_H

#include <stdint.h>

struct shm_segment;

#define WAKEUP_MASTER UINT32_MAX /* the master's own eventfd */

/* Master, once, right after shm_segment_new() and before the first fork: make all eventfds (non-blocking,
 * close-on-exec). Children inherit them under the same numbers. Returns 0 or -errno. */
int wakeup_init(struct shm_segment *seg);
void wakeup_fini(struct shm_segment *seg);

/* The descriptor that becomes readable in the process that owns entry `slot` (or WAKEUP_MASTER). */
int wakeup_fd(const struct shm_segment *seg, uint32_t slot);

/* Empties the descriptor. Call it before looking at the state. */
void wakeup_drain(const struct shm_segment *seg, uint32_t slot);

/* "I am about to sleep", "I am awake". A poke to a process that is awake costs no system call. After wakeup_sleeping()
 * look at the queue once more before sleeping. A process that never calls these always gets its pokes. */
void wakeup_sleeping(struct shm_segment *seg, uint32_t slot);
void wakeup_awake(struct shm_segment *seg, uint32_t slot);

/* Poke one process, every entry of a kind (enum proc_kind), everybody. Async-signal-safe. */
void wakeup_poke(struct shm_segment *seg, uint32_t slot);
void wakeup_poke_kind(struct shm_segment *seg, int kind);
void wakeup_poke_all(struct shm_segment *seg);

#endif
