/* Bodies of a slot: how they are written, published and copied. Internal to shm/.
 *
 * Bodies are arrays of relaxed atomic words. A copy that races with a writer is therefore defined behaviour, and the
 * version check throws it away. Only what a task uses is written and read: the head, the counts, each string up to its
 * terminator, text_len bytes of text. What lies behind is left from earlier tasks and is never looked at.
 *
 * Memory order
 *   writer  release fence, fill the shadow body, store version + 1 with release
 *   reader  load the version with acquire, copy, acquire fence, load the version again
 * The writer's fence makes the second load see that the body under the reader was taken for the next-but-one change: a
 * word of that change, seen by the reader, brings with it the version store of the change in between, whichever process
 * made it. */
#ifndef PF_SHM_SLOT_H
#define PF_SHM_SLOT_H

#include "shm/layout.h"

#include <string.h>

static inline uint64_t slot_word(const shm_word *body, size_t word)
{
    return atomic_load_explicit(&body[word], memory_order_relaxed);
}

static inline uint64_t slot_version(const struct shm_slot *slot)
{
    return atomic_load_explicit(&slot->version, memory_order_acquire);
}

/* True when nothing was published since slot_version() returned `version`: the copy made in between is whole. */
static inline bool slot_still(const struct shm_slot *slot, uint64_t version)
{
    atomic_thread_fence(memory_order_acquire);
    return atomic_load_explicit(&slot->version, memory_order_relaxed) == version;
}

/* The two parts of the body that this version selects. */
static inline const shm_word *slot_head_words(const struct shm_slot *slot, uint64_t version)
{
    return slot->head[version & 1];
}

static inline const shm_word *slot_rest_words(const struct shm_segment *seg, uint32_t at, uint64_t version)
{
    return seg->rests[at].body[version & 1];
}

static inline void slot_words(void *to, const shm_word *body, size_t words)
{
    for (size_t i = 0; i < words; i++) {
        uint64_t word = slot_word(body, i);
        memcpy((char *)to + i * 8, &word, 8);
    }
}

/* A length as it may be used: nothing that a stranger wrote there leads out of the body or of the reader's copy. */
static inline uint16_t slot_text_len(uint64_t len)
{
    return (uint16_t)(len < TASK_TEXT_MAX ? len : TASK_TEXT_MAX);
}

static inline size_t slot_text_words(uint16_t len)
{
    return ((size_t)slot_text_len(len) + 7) / 8;
}

/* The head of the valid body, all before `count`. With the lock held nothing moves and the copy is whole. */
static inline void slot_head(const struct shm_slot *slot, struct shm_task *out)
{
    slot_words(out, slot_head_words(slot, slot_version(slot)), SHM_HEAD_WORDS);
}

/* Copy the body of this version: head, strings, text_len bytes of text. Strings come out terminated whatever the body
 * holds. */
void slot_copy(const struct shm_segment *seg, uint32_t at, uint64_t version, struct shm_task *out);

/* Lock held: publish new contents, the head from `head`, strings and text from `rest` (may be the same task). */
void slot_publish(struct shm_segment *seg, uint32_t at, const struct shm_task *head, const struct shm_task *rest);

/* Lock held: publish a new head with the strings and the text as they are. */
void slot_publish_head(struct shm_segment *seg, uint32_t at, const struct shm_task *head);

/* Lock held: is the text of the slot `len` bytes long and the same as `text`? */
bool slot_text_equal(const struct shm_segment *seg, uint32_t at, const char *text, uint16_t len);

#endif
