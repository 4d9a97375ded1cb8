/* A hash of chains and a list in order of use. */
#include "daemon/worker/textcache.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define CHAINS 256u

struct entry {
    LIST_ENTRY(entry) chain;
    TAILQ_ENTRY(entry) use;
    uint8_t id[16];
    size_t len;
    char text[];
};

struct textcache {
    size_t max_texts, max_bytes, texts, bytes;
    LIST_HEAD(chain, entry) chains[CHAINS];
    TAILQ_HEAD(entry_head, entry) used; /* least recently first */
};

struct textcache *textcache_new(size_t max_texts, size_t max_bytes)
{
    struct textcache *cache = calloc(1, sizeof *cache);
    if (!cache)
        abort();
    cache->max_texts = max_texts;
    cache->max_bytes = max_bytes;
    for (unsigned i = 0; i < CHAINS; i++)
        LIST_INIT(&cache->chains[i]);
    TAILQ_INIT(&cache->used);
    return cache;
}

static void drop(struct textcache *cache, struct entry *entry)
{
    LIST_REMOVE(entry, chain);
    TAILQ_REMOVE(&cache->used, entry, use);
    cache->texts--;
    cache->bytes -= entry->len;
    free(entry);
}

void textcache_free(struct textcache **at)
{
    struct textcache *cache = *at;
    if (!cache)
        return;
    *at = NULL;
    while (!TAILQ_EMPTY(&cache->used))
        drop(cache, TAILQ_FIRST(&cache->used));
    free(cache);
}

/* Ids are random. */
static unsigned chain_of(const uint8_t id[16])
{
    return id[0] % CHAINS;
}

static struct entry *find(struct textcache *cache, const uint8_t id[16])
{
    struct entry *entry;
    LIST_FOREACH(entry, &cache->chains[chain_of(id)], chain)
    if (memcmp(entry->id, id, sizeof entry->id) == 0)
        return entry;
    return NULL;
}

void textcache_put(struct textcache *cache, const uint8_t id[16], const char *text, size_t len)
{
    struct entry *entry = find(cache, id);
    if (entry)
        drop(cache, entry);
    if (len > cache->max_bytes / 8 || cache->max_texts == 0)
        return;
    while (cache->texts >= cache->max_texts || cache->bytes + len > cache->max_bytes)
        drop(cache, TAILQ_FIRST(&cache->used));
    entry = malloc(sizeof *entry + len);
    if (!entry)
        abort();
    memcpy(entry->id, id, sizeof entry->id);
    memcpy(entry->text, text, len);
    entry->len = len;
    LIST_INSERT_HEAD(&cache->chains[chain_of(id)], entry, chain);
    TAILQ_INSERT_TAIL(&cache->used, entry, use);
    cache->texts++;
    cache->bytes += len;
}

const char *textcache_get(struct textcache *cache, const uint8_t id[16], size_t *len)
{
    struct entry *entry = find(cache, id);
    if (!entry)
        return NULL;
    TAILQ_REMOVE(&cache->used, entry, use);
    TAILQ_INSERT_TAIL(&cache->used, entry, use);
    *len = entry->len;
    return entry->text;
}
