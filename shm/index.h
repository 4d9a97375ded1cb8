/* Hash index from task id to slot. Derived state, internal to shm/.
 *
 * Open addressing with linear probing at a load of at most one half. Deletion shifts entries back, so there are no
 * tombstones. An entry is hash << 32 | slot + 1: the hash spares a look at the slots of other tasks, and tells a
 * deletion where an entry would like to stand.
 *
 * Changed with the lock held; probed by anybody. A probe without the lock may miss an entry that is being shifted or
 * rebuilt, so a miss counts only with the lock held. A probe yields candidates: the slot itself says whether it has
 * that id. */
#ifndef PF_SHM_INDEX_H
#define PF_SHM_INDEX_H

#include "shm/layout.h"

#include <string.h>

/* Ids are random, so two multiplications spread them well; nobody outside chooses an id that is inserted. */
static inline uint32_t index_hash(const uint8_t id[16])
{
    uint64_t half[2];

    memcpy(half, id, sizeof half);
    uint64_t mixed = (half[0] ^ half[1] * UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xd6e8feb86659fd93);
    return (uint32_t)(mixed >> 32);
}

struct index_probe {
    uint32_t hash;
    uint32_t at;
    uint32_t left; /* entries still to see; ends the walk through an index without a hole */
};

static inline struct index_probe index_probe(const struct shm_segment *seg, const uint8_t id[16])
{
    uint32_t hash = index_hash(id);

    return (struct index_probe){.hash = hash, .at = hash & seg->index_mask, .left = seg->index_mask + 1};
}

/* The next slot whose id may be the one looked for, or SHM_NIL. */
static inline uint32_t index_next(const struct shm_segment *seg, struct index_probe *probe)
{
    for (; probe->left > 0; probe->left--) {
        uint64_t entry = atomic_load_explicit(&seg->index[probe->at], memory_order_acquire);
        uint32_t slot = (uint32_t)entry - 1;

        if (entry == 0)
            return SHM_NIL;
        probe->at = (probe->at + 1) & seg->index_mask;
        if (entry >> 32 == probe->hash && slot < seg->geometry.slots) {
            probe->left--;
            return slot;
        }
    }
    return SHM_NIL;
}

/* Lock held. The slot whose published id is this one, or SHM_NIL. */
uint32_t index_find(const struct shm_segment *seg, const uint8_t id[16]);

/* Lock held. Enter a slot / take it out. */
void index_insert(struct shm_segment *seg, const uint8_t id[16], uint32_t slot);
void index_remove(struct shm_segment *seg, const uint8_t id[16], uint32_t slot);

/* Lock held. Forget everything. */
void index_clear(struct shm_segment *seg);

#endif
