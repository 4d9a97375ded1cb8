/* Arena, keyed hash and index. */
#include "base/arena.h"

#include "base/grow.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void arena_fini(struct arena *arena)
{
    free(arena->base);
    *arena = (struct arena){NULL, 0, 0};
}

uint32_t arena_add(struct arena *arena, const char *text, size_t n)
{
    if (n >= UINT32_MAX - arena->used)
        abort();
    uint32_t at = arena->used;
    arena->base = grow(arena->base, &arena->size, at + (uint32_t)n + 1, 1);
    if (n)
        memcpy(arena->base + at, text, n);
    arena->base[at + n] = '\0';
    arena->used = at + (uint32_t)n + 1;
    return at;
}

struct sip {
    uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static void sip_round(struct sip *s)
{
    s->v0 += s->v1;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v2 = rotate(s->v2, 32);
}

/* The key stays the same for the life of the process. Without entropy the hash still works, but it can be predicted. */
static const uint64_t *process_key(void)
{
    static uint64_t key[2];
    static bool drawn;

    if (!drawn) {
        if (getrandom(key, sizeof key, GRND_NONBLOCK) != (ssize_t)sizeof key)
            key[0] = (uint64_t)(uintptr_t)&key;
        drawn = true;
    }
    return key;
}

uint64_t arena_hash(const void *data, size_t n)
{
    const uint64_t *key = process_key();
    struct sip s = {key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du, key[0] ^ 0x6c7967656e657261u,
                    key[1] ^ 0x7465646279746573u};
    const unsigned char *p = data;

    for (size_t left = n; left >= 8; left -= 8, p += 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        s.v3 ^= word;
        sip_round(&s);
        s.v0 ^= word;
    }
    uint64_t tail = (uint64_t)n << 56;
    for (size_t i = 0; i < (n & 7); i++)
        tail |= (uint64_t)p[i] << (8 * i);
    s.v3 ^= tail;
    sip_round(&s);
    s.v0 ^= tail;
    s.v2 ^= 0xff;
    sip_round(&s);
    sip_round(&s);
    sip_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

void arena_index_fini(struct arena_index *index)
{
    free(index->slot);
    *index = (struct arena_index){NULL, 0, 0};
}

/* A slot keeps the upper half of the hash. When the index grows, the lower half is no longer known: therefore a probe
 * starts at a place that is made from the upper half alone, mixed by one multiplication. */
static uint32_t start_of(uint64_t hash)
{
    return (uint32_t)((hash >> 32) * 0x9e3779b1u >> 7);
}

#define TAG_MASK 0xffffffff00000000u

uint32_t arena_index_find(const struct arena_index *index, uint64_t hash, arena_same_fn same, const void *ctx)
{
    if (!index->slot)
        return ARENA_NONE;
    for (uint32_t at = start_of(hash) & index->mask; index->slot[at]; at = (at + 1) & index->mask) {
        uint64_t slot = index->slot[at];
        uint32_t number = (uint32_t)slot - 1;
        if (((slot ^ hash) & TAG_MASK) == 0 && same(ctx, number))
            return number;
    }
    return ARENA_NONE;
}

static void place(struct arena_index *index, uint32_t start, uint64_t slot)
{
    uint32_t at = start & index->mask;

    while (index->slot[at])
        at = (at + 1) & index->mask;
    index->slot[at] = slot;
}

static void enlarge(struct arena_index *index)
{
    uint32_t size = index->slot ? (index->mask + 1) * 2 : 256;

    if (size == 0)
        abort();
    struct arena_index bigger = {calloc(size, sizeof *bigger.slot), size - 1, index->used};
    if (!bigger.slot)
        abort();
    for (uint32_t i = 0; index->slot && i <= index->mask; i++)
        if (index->slot[i])
            place(&bigger, start_of(index->slot[i]), index->slot[i]);
    free(index->slot);
    *index = bigger;
}

void arena_index_add(struct arena_index *index, uint64_t hash, uint32_t number)
{
    if (number == ARENA_NONE)
        abort();
    if (!index->slot || index->used >= index->mask / 3 * 2)
        enlarge(index);
    place(index, start_of(hash), (hash & TAG_MASK) | (uint64_t)(number + 1));
    index->used++;
}
