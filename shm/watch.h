/* Who waits for a task to change: hints between those who write tasks and the workers that have long polls for them.
 *
 * Each slot has one 64-bit word: bit `entry % 64` says that the process of that process-table entry may have long polls
 * for the slot. Each entry has one word of regions: bit WATCH_REGION(slot) says that a slot of that region has changed
 * since the process looked last. A worker with thousands of long polls then looks at a sixty-fourth of them.
 *
 * Both are hints and belong to no invariant. A bit too many costs a poke for nothing (a worker was killed, two entries
 * share a bit). A bit too few costs at most the second until the worker's rescan. Nothing guards them, and a repair
 * leaves them as they are.
 *
 * No wake-up is lost in good order. It is Dekker's pattern: the worker sets its bit, and then reads the slot; the
 * writer publishes the slot, and then reads the bits; both have a full barrier in between. At least one of the two
 * reads comes after the other side's write. So either the worker sees the new task at once and waits no more, or the
 * writer sees the bit and pokes. With acquire and release alone both could read the old value. */
#ifndef PF_SHM_WATCH_H
#define PF_SHM_WATCH_H

#include "shm/table.h"

#include <stdint.h>

#define WATCH_REGIONS      64u
#define WATCH_REGION(slot) ((slot) % WATCH_REGIONS)

/* Worker: it has a long poll for `slot`. Look at the slot afterwards (watch_look), not before. */
void watch_set(struct shm_segment *seg, uint32_t slot, uint32_t entry);
/* Worker: the last long poll for `slot` has been answered. */
void watch_clear(struct shm_segment *seg, uint32_t slot, uint32_t entry);

/* Writer: `slot` has been published. Pokes the workers that have long polls for it. Costs a fence and a load if there
 * are none. Async-signal-safe. */
void watch_tell(struct shm_segment *seg, uint32_t slot);

/* Worker, after wakeup_drain(): the regions that changed since the last call, one bit each. */
uint64_t watch_take(struct shm_segment *seg, uint32_t entry);

/* What decides whether a long poll is answered. */
struct watch_view {
    uint64_t visible;
    uint16_t attempt;
    uint8_t state; /* enum task_state */
};

/* Copies what decides, without a lock and without the text. Returns 0, -ESRCH (that use of the slot is over), or
 * -EAGAIN (it changed too often for a whole copy: try again later). */
int watch_look(struct shm_segment *seg, struct shm_handle task, struct watch_view *out);

#endif
