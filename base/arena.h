/* Compact memory for the stock import: one growing text arena and hash indices over numbered things.
 *
 * Half a million rows must fit beside everything else in a runner, so texts live in one block addressed by 32-bit
 * offsets and an index costs eight bytes a slot. The hash is keyed (SipHash-1-3, key drawn per process): keys come from
 * uploaded files, and an unkeyed hash would let a file make every look-up linear. Single-threaded. Out of memory
 * aborts. */
#ifndef PF_BASE_ARENA_H
#define PF_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARENA_NONE UINT32_MAX

/* Texts one after the other, each terminated. Offsets stay valid while it grows, pointers do not. */
struct arena {
    char *base;
    uint32_t used, size;
};
void arena_fini(struct arena *arena);
/* Copy n bytes in, terminate them, return their offset. */
uint32_t arena_add(struct arena *arena, const char *text, size_t n);
static inline const char *arena_text(const struct arena *arena, uint32_t offset)
{
    return arena->base + offset;
}

/* Keyed hash of n bytes. */
uint64_t arena_hash(const void *data, size_t n);

/* Open addressing; a slot holds half of the hash and the number of the thing. Numbers below ARENA_NONE. */
struct arena_index {
    uint64_t *slot;
    uint32_t mask; /* slots - 1; meaningless while slot is NULL */
    uint32_t used;
};
typedef bool (*arena_same_fn)(const void *ctx, uint32_t number);
void arena_index_fini(struct arena_index *index);
/* The number with this hash for which `same` is true, or ARENA_NONE. */
uint32_t arena_index_find(const struct arena_index *index, uint64_t hash, arena_same_fn same, const void *ctx);
/* Add without looking for an equal one. */
void arena_index_add(struct arena_index *index, uint64_t hash, uint32_t number);

#endif
