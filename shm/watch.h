/* Who waits for a task to change: hints between those who write tasks and the workers that hold requests for them.
 *
 * Each slot has one 64-bit word: bit `entry % 64` says that the process of that process-table entry may hold requests
 * for the slot. Each entry has one word of regions: bit WATCH_REGION(slot) says that a slot of that region has changed
 * since the process looked last, so that a worker with thousands of held requests looks at a sixty-fourth of them.
 *
 * Both are hints and belong to no invariant: a bit too many costs a poke for nothing (a worker was killed, two entries
 * share a bit), and a bit too few costs at most the second until the worker's rescan. Nothing guards them; a repair
 * leaves them as they are.
 *
 * No wake-up is lost in good order. It is Dekker's pattern: the worker sets its bit, and then reads the slot; the
 * writer publishes the slot, and then reads the bits; both have a full barrier in between. Of the two reads at least
 * one comes after the other side's write, so either the worker sees the new task at once and waits no more, or the
 * writer sees the bit and pokes. With acquire and release alone both could read the old value. */
#ifndef PF_SHM_WATCH_H
#define PF_SHM_WATCH_H

#include "shm/table.h"

#include <stdint.h>

#define WATCH_REGIONS      64u
#define WATCH_REGION(slot) ((slot) % WATCH_REGIONS)

/* Worker: say that requests are held for `slot`; look at it afterwards (watch_look), not before. */
void watch_set(struct shm_segment *seg, uint32_t slot, uint32_t entry);
/* Worker: the last request for `slot` has been answered. */
void watch_clear(struct shm_segment *seg, uint32_t slot, uint32_t entry);

/* Writer: `slot` has been published; poke the workers that hold requests for it. Costs a fence and a load when there
 * are none. Async-signal-safe. */
void watch_tell(struct shm_segment *seg, uint32_t slot);

/* Worker, after wakeup_drain(): the regions that changed since the last call, one bit each. */
uint64_t watch_take(struct shm_segment *seg, uint32_t entry);

/* What decides whether a held request is answered. */
struct watch_view {
    uint64_t visible;
    uint16_t attempt;
    uint8_t state; /* enum task_state */
};

/* Lock-free look at one task without its text. Returns 0, -ESRCH (that use of the slot is over), or -EAGAIN (it changed
 * too often for a whole look: look again later). */
int watch_look(struct shm_segment *seg, struct shm_handle task, struct watch_view *out);

#endif
