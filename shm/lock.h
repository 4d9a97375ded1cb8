/* The one lock of the segment, and the one function that takes it.
 *
 * A robust, error-checking, process-shared mutex. It guards the writes to slots and all derived state; readers of slots
 * never take it. It is held for microseconds: no I/O, no allocation, no logging, no SQL under it.
 *   - Owner died: the next locker rebuilds the derived state from the slots (shm_table_rebuild), then calls
 *     pthread_mutex_consistent, then counts. Consistent comes last, so a death during the repair is repaired again.
 *   - Unrepairable: unlock without consistent. Everybody gets ENOTRECOVERABLE and leaves with EXIT_SEGMENT_LOST, and
 *     the master makes a new segment that the janitor fills from the journal.
 *   - A stopped owner is not a dead owner: waiting ends after SHM_LOCK_WAIT_MS and the caller answers 503. */
#ifndef PF_SHM_LOCK_H
#define PF_SHM_LOCK_H

#include <stdint.h>

struct shm_segment;

#define SHM_LOCK_WAIT_MS 1500
#define SHM_LOOP_WAIT_MS 20 /* in an impatient process */
#define SHM_MISS_WAIT_MS 20 /* for a miss to be confirmed: an event loop waits, and the journal has the answer too */

/* Returns 0 with the lock held, -ETIMEDOUT (environment: answer 503, try later) or -ENOTRECOVERABLE (leave the process;
 * also if the mutex was overwritten). Aborts on anything else, EDEADLK included: that is a bug. */
int shm_lock(struct shm_segment *seg);
/* The same with a limit of its own, in milliseconds, for a caller that has another way to its answer. */
int shm_lock_within(struct shm_segment *seg, long ms);
void shm_unlock(struct shm_segment *seg);
/* This process serves others while it waits. From now on shm_lock() waits SHM_LOOP_WAIT_MS at most. After a wait in
 * vain nobody in this process waits at all for one to two seconds, unless somebody got the lock in between. Try again
 * later, from a timer. */
void shm_lock_be_impatient(struct shm_segment *seg);

/* How often a dead owner's lock was repaired since the segment was made. */
uint64_t shm_lock_recoveries(const struct shm_segment *seg);

/* Master, once at start: does this system really hand over a robust lock when a child dies holding it?
 * Returns 0, or -ENOTSUP (refuse to start). */
int shm_lock_probe(void);

#endif
