/* The one lock of the segment, and the one function that takes it.
 *
 * A robust, error-checking, process-shared mutex. It guards the writes to slots and all derived state; readers of
 * slots never take it. Held for microseconds: no I/O, no allocation, no logging, no SQL under it.
 *   - owner died: the next locker rebuilds the derived state from the slots (table.c: shm_table_rebuild), then calls
 *     pthread_mutex_consistent, then counts. Consistent comes last, so a death during the repair is repaired again.
 *   - unrepairable: unlock without consistent; everybody gets ENOTRECOVERABLE, leaves with EXIT_SEGMENT_LOST, and the
 *     master makes a new segment that the janitor fills from the journal.
 *   - a stopped owner is no dead owner: waiting ends after SHM_LOCK_WAIT_MS and the caller answers 503. */
#ifndef PF_SHM_LOCK_H
#define PF_SHM_LOCK_H

#include <stdint.h>

struct shm_segment;

#define SHM_LOCK_WAIT_MS 1500
#define SHM_LOOP_WAIT_MS 20 /* in an impatient process */
#define SHM_MISS_WAIT_MS                                                                                               \
    20 /* confirming a miss: an event loop waits for it, and the journal knows the answer as well */

/* Returns 0 with the lock held, -ETIMEDOUT (environment: answer 503, try later) or -ENOTRECOVERABLE (leave the
 * process; also for a mutex that was overwritten). Aborts on anything else, EDEADLK included: that is a bug. */
int shm_lock(struct shm_segment *seg);
/* The same with a limit of its own, in milliseconds: for those whose caller has another way to its answer. */
int shm_lock_within(struct shm_segment *seg, long ms);
void shm_unlock(struct shm_segment *seg);
/* This process answers others while it waits: from now on shm_lock() waits SHM_LOOP_WAIT_MS at most, and after a wait
 * in vain nobody in this process waits at all for a second or two, unless the lock was to be had in between. What timed
 * out is tried again later, from a timer. */
void shm_lock_be_impatient(struct shm_segment *seg);

/* How often a dead owner's lock was repaired since the segment was made. */
uint64_t shm_lock_recoveries(const struct shm_segment *seg);

/* Master, once at start: does this system really hand over a robust lock when a child dies holding it?
 * Returns 0, or -ENOTSUP (refuse to start). */
int shm_lock_probe(void);

#endif
