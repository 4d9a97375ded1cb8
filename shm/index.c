/* The hash index: insertion, deletion by shifting back. */
#include "shm/index.h"

#include "shm/slot.h"

static uint64_t entry_at(const struct shm_segment *seg, uint32_t at)
{
    return atomic_load_explicit(&seg->index[at], memory_order_relaxed);
}

/* Release: a reader that finds the entry without the lock also sees what was published in the slot before. */
static void put_entry(struct shm_segment *seg, uint32_t at, uint64_t entry)
{
    atomic_store_explicit(&seg->index[at], entry, memory_order_release);
}

uint32_t index_find(const struct shm_segment *seg, const uint8_t id[16])
{
    struct index_probe probe = index_probe(seg, id);
    struct shm_task head;
    uint32_t slot = index_next(seg, &probe);

    for (; slot != SHM_NIL; slot = index_next(seg, &probe)) {
        slot_head(&seg->slots[slot], &head);
        if (head.state != TASK_FREE && memcmp(head.id, id, sizeof head.id) == 0)
            return slot;
    }
    return SHM_NIL;
}

void index_insert(struct shm_segment *seg, const uint8_t id[16], uint32_t slot)
{
    uint32_t hash = index_hash(id);
    uint32_t at = hash & seg->index_mask;
    uint32_t seen = 0;

    for (; entry_at(seg, at) != 0; at = (at + 1) & seg->index_mask)
        shm_insist(seen++ < seg->index_mask);
    put_entry(seg, at, (uint64_t)hash << 32 | (slot + 1));
}

/* Fills the hole with the first later entry that may stand there: one whose home is not between the hole and itself. */
static void close_hole(struct shm_segment *seg, uint32_t hole)
{
    uint32_t mask = seg->index_mask;
    uint32_t at = hole;

    for (uint32_t seen = 0; seen < mask; seen++) {
        at = (at + 1) & mask;
        uint64_t entry = entry_at(seg, at);
        if (entry == 0)
            break;
        uint32_t home = (uint32_t)(entry >> 32) & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            put_entry(seg, hole, entry);
            hole = at;
        }
    }
    put_entry(seg, hole, 0);
}

void index_remove(struct shm_segment *seg, const uint8_t id[16], uint32_t slot)
{
    uint32_t hash = index_hash(id);
    uint64_t wanted = (uint64_t)hash << 32 | (slot + 1);
    uint32_t at = hash & seg->index_mask;
    uint32_t seen = 0;

    for (; entry_at(seg, at) != wanted; at = (at + 1) & seg->index_mask)
        shm_insist(entry_at(seg, at) != 0 && seen++ < seg->index_mask);
    close_hole(seg, at);
}

void index_clear(struct shm_segment *seg)
{
    for (uint32_t at = 0; at <= seg->index_mask; at++)
        put_entry(seg, at, 0);
}
