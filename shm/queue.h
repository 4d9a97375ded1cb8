/* The lists that a slot stands in, by its state. Derived state, internal to shm/. The caller holds the lock.
 *
 *   FREE              a stack of slots in an array
 *   READY             one list per type, sorted by order. Per type, so that a claim skips a type at its limit in one
 *                     step
 *   SUCCEEDED, FAILED,
 *   CANCELLED         one min-heap by done_ms: evicting the oldest costs a logarithm, whatever the order in which tasks
 *                     ended or were filled in from the journal. A scan would touch every slot at every submission once
 *                     the table is full, which is its normal condition. A plain queue would evict by order of arrival
 *   CLAIMED, RUNNING  a count per type
 *   RESERVED          none */
#ifndef PF_SHM_QUEUE_H
#define PF_SHM_QUEUE_H

#include "shm/layout.h"

/* Forget everything: no slot stands anywhere, all counts are zero. */
void queue_clear(struct shm_segment *seg);

/* Put a slot where `head` says it belongs / take it out from there. */
void queue_enter(struct shm_segment *seg, uint32_t slot, const struct shm_task *head);
void queue_leave(struct shm_segment *seg, uint32_t slot, const struct shm_task *head);

/* A slot to reserve: the top of the free stack, else the oldest final one, else SHM_NIL. It stays where it is. */
uint32_t queue_spare(const struct shm_segment *seg);

/* The oldest READY slot of a type that is below its limit, or SHM_NIL. */
uint32_t queue_claimable(const struct shm_segment *seg);

/* Rebuild: collect READY slots in any order (before any final one is entered), then enter them sorted. */
void queue_gather(struct shm_segment *seg, uint32_t slot, const struct shm_task *head);
void queue_enter_gathered(struct shm_segment *seg);

/* done_ms as an unsigned sort key. */
uint64_t queue_final_key(int64_t done_ms);

#endif
