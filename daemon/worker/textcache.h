/* Long final representations, kept by a worker: what does not fit into a slot is read from the journal once and then
 * answered from here, also while the database is away. Bounded; the least recently used go first. */
#ifndef PF_WORKER_TEXTCACHE_H
#define PF_WORKER_TEXTCACHE_H

#include <stddef.h>
#include <stdint.h>

struct textcache;

/* At most `max_bytes` of text and `max_texts` texts. */
struct textcache *textcache_new(size_t max_texts, size_t max_bytes);
void textcache_free(struct textcache **cache);

/* Keep a copy. A text that would need more than an eighth of the room is not kept: it would push everything else
 * out. */
void textcache_put(struct textcache *cache, const uint8_t id[16], const char *text, size_t len);
/* The text, or NULL. Valid until the next put. */
const char *textcache_get(struct textcache *cache, const uint8_t id[16], size_t *len);

#endif
