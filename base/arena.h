/* Compact memory for large imports: texts in one growing block, and hash indices over numbered things.
 *
 * Half a million rows must fit beside everything else in a runner. Therefore texts lie in one block and are addressed
 * by 32-bit offsets, and an index costs eight bytes per slot. The hash is keyed (SipHash-1-3, one key per process):
 * keys come from uploaded files, and with an unkeyed hash a file could make every look-up linear. Single-threaded.
 * Running out of memory ends the process as no_memory() does. */
#ifndef PF_BASE_ARENA_H
#define PF_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARENA_NONE UINT32_MAX

/* Texts one after the other, each terminated. An offset stays valid when the block grows, a pointer does not. */
struct arena {
    char *base;
    uint32_t used, size;
};
void arena_fini(struct arena *arena);
/* Copies n bytes in, terminates them, returns their offset. */
uint32_t arena_add(struct arena *arena, const char *text, size_t n);
static inline const char *arena_text(const struct arena *arena, uint32_t offset)
{
    return arena->base + offset;
}

/* Keyed hash of n bytes. */
uint64_t arena_hash(const void *data, size_t n);

/* A table with open addressing. A slot holds half of the hash and the number of the thing, which is below ARENA_NONE. */
struct arena_index {
    uint64_t *slot;
    uint32_t mask; /* slots - 1; meaningless while slot is NULL */
    uint32_t used;
};
typedef bool (*arena_same_fn)(const void *ctx, uint32_t number);
void arena_index_fini(struct arena_index *index);
/* Returns the number with this hash for which `same` is true, or ARENA_NONE. */
uint32_t arena_index_find(const struct arena_index *index, uint64_t hash, arena_same_fn same, const void *ctx);
/* Adds a number without looking for an equal one. */
void arena_index_add(struct arena_index *index, uint64_t hash, uint32_t number);

#endif
