/* Counters: numbers for people and for alarms. They are not part of the task table's truth.
 *
 * Every process-table entry has a row of 64-bit words, on cache lines of its own, and the master has one more. The
 * living owner of an entry, in one thread, is the only writer of its row: a relaxed load and store, no lock, no
 * read-modify-write. A reader sums all rows. A row is not cleared when its entry is given to a successor, so a sum only
 * grows, whoever dies. An increment that was under way may die with its process. The caller decides what a word means.
 *
 * A word that is set and not added to (a gauge) says something only while its writer lives. proctab_read() tells whose
 * row it is. */
#ifndef PF_SHM_COUNTERS_H
#define PF_SHM_COUNTERS_H

#include "shm/proctab.h"

#include <stdatomic.h>
#include <stdint.h>

struct shm_segment;

#define COUNTERS_MAX 16384u /* words per row */

/* A row to write to. All zero: every write is dropped. */
struct counters_row {
    _Atomic uint64_t *words;
    uint32_t count;
};

/* The row of a living process's own entry. Aborts if `me` names no entry. */
struct counters_row counters_own(struct shm_segment *seg, struct proc_ref me);
/* The master's. */
struct counters_row counters_master(struct shm_segment *seg);

/* Word numbers outside the row are ignored. */
static inline void counters_set(const struct counters_row *row, uint32_t word, uint64_t value)
{
    if (word < row->count)
        atomic_store_explicit(&row->words[word], value, memory_order_relaxed);
}

static inline void counters_add(const struct counters_row *row, uint32_t word, uint64_t by)
{
    if (word < row->count)
        counters_set(row, word, atomic_load_explicit(&row->words[word], memory_order_relaxed) + by);
}

/* One word of one entry's row; 0 if there is no such word. */
uint64_t counters_read(const struct shm_segment *seg, uint32_t slot, uint32_t word);
/* Words 0 … n-1, each summed over all rows; words that do not exist are 0. */
void counters_sum(const struct shm_segment *seg, uint64_t *sums, uint32_t n);

#endif
