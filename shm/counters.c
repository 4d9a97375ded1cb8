/* Rows of counters: where each lies, and their sums. */
#include "shm/counters.h"

#include "shm/layout.h"

#include <string.h>

static struct counters_row row_at(const struct shm_segment *seg, uint32_t number)
{
    return (struct counters_row){.words = seg->counters + (size_t)number * SHM_COUNTERS_STRIDE(seg->geometry.counters),
                                 .count = seg->geometry.counters};
}

struct counters_row counters_own(struct shm_segment *seg, struct proc_ref me)
{
    shm_insist(me.generation != 0 && me.slot < seg->geometry.procs);
    return row_at(seg, me.slot);
}

struct counters_row counters_master(struct shm_segment *seg)
{
    return row_at(seg, seg->geometry.procs);
}

uint64_t counters_read(const struct shm_segment *seg, uint32_t slot, uint32_t word)
{
    if (slot >= seg->geometry.procs || word >= seg->geometry.counters)
        return 0;
    return atomic_load_explicit(&row_at(seg, slot).words[word], memory_order_relaxed);
}

/* An entry that nobody ever had spares its pages being touched. */
static bool never_used(const struct shm_segment *seg, uint32_t number)
{
    return number < seg->geometry.procs && atomic_load_explicit(&seg->procs[number].life, memory_order_acquire) == 0;
}

void counters_sum(const struct shm_segment *seg, uint64_t *sums, uint32_t n)
{
    uint32_t have = n < seg->geometry.counters ? n : seg->geometry.counters;

    memset(sums, 0, n * sizeof *sums);
    for (uint32_t number = 0; number <= seg->geometry.procs; number++) {
        struct counters_row row = row_at(seg, number);
        if (never_used(seg, number))
            continue;
        for (uint32_t word = 0; word < have; word++)
            sums[word] += atomic_load_explicit(&row.words[word], memory_order_relaxed);
    }
}
