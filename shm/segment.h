/* The shared segment: one POSIX shared-memory object made by the master before its first fork.
 *
 * Rules of use
 *   - The master calls shm_segment_new() once. Children inherit the mapping by fork and use the same pointer.
 *   - Only worker, runner and janitor processes take the table lock. The master never does: it must survive whatever a
 *     child left behind (PostgreSQL's postmaster keeps the same rule).
 *   - The segment is a cache of the journal plus progress in flight. Losing it loses no accepted task.
 *
 * Layout, in this order, each part on cache lines of its own
 *   header          magic written last
 *   lock
 *   process table
 *   derived state   free list, index, ready queue
 *   slots           heads, then the rest of each task
 *   counters
 *
 * This module knows no HTTP, no SQL and no libevent. */
#ifndef PF_SHM_SEGMENT_H
#define PF_SHM_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#define SHM_MAX_TYPES 32 /* task types a segment can count limits for */

/* What the segment is sized by; fixed for its life. */
struct shm_geometry {
    uint32_t slots;                     /* task slots, 8 .. 1048576 */
    uint32_t procs;                     /* process-table entries, 2 .. 4096 */
    uint32_t types;                     /* registered task types, 1 .. SHM_MAX_TYPES */
    uint16_t type_limit[SHM_MAX_TYPES]; /* tasks of this type claimed or running at once; 0 = no limit */
    uint32_t counters;                  /* words per row of counters (counters.h), 0 .. COUNTERS_MAX */
};

struct shm_segment; /* the process's view of the mapping; opaque outside shm/ */

/* Make a new segment: shm_open(O_EXCL, 0600), posix_fallocate, map between two guard pages, unlink the name at
 * once, initialise, write the magic last. Master only. Returns 0 and *out, or -errno: -ENOSPC when /dev/shm is
 * too small, -EINVAL for a geometry outside the ranges above, -EOVERFLOW when the sum of sizes overflows. */
int shm_segment_new(const struct shm_geometry *geometry, struct shm_segment **out);

/* Unmap; *seg becomes NULL. Never while this process holds the lock. */
void shm_segment_free(struct shm_segment **seg);

/* Returns true if the header still says what the segment was made with (magic, layout, sizes, boot number). False means
 * that somebody wrote where nobody may: treat it as a lost segment. */
bool shm_segment_intact(const struct shm_segment *seg);

/* 64 random bits made with each segment: part of a task's entity tag, so that a number from an earlier life of
 * the daemon is never taken for a current one. */
uint64_t shm_segment_boot(const struct shm_segment *seg);

/* The sizes it was made with. */
const struct shm_geometry *shm_segment_geometry(const struct shm_segment *seg);

/* Layout word: folds structure sizes, page size and sizeof(pthread_mutex_t); shown by /version. */
uint32_t shm_segment_layout(void);

/* Bytes mapped, guard pages excluded. */
uint64_t shm_segment_bytes(const struct shm_segment *seg);

#endif
