/* Two bodies and a version: filling the shadow, publishing it, copying out. */
#include "shm/slot.h"

#define ONES  UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)

static bool has_terminator(uint64_t word)
{
    return ((word - ONES) & ~word & HIGHS) != 0;
}

static void copy_string(char *to, const shm_word *from, size_t size)
{
    for (size_t at = 0; at < size; at += 8) {
        uint64_t word = slot_word(from, at / 8);
        memcpy(to + at, &word, 8);
        if (has_terminator(word))
            return;
    }
    to[size - 1] = '\0';
}

void slot_copy(const struct shm_segment *seg, uint32_t at, uint64_t version, struct shm_task *out)
{
    const shm_word *rest = slot_rest_words(seg, at, version);

    slot_words(out, slot_head_words(&seg->slots[at], version), SHM_HEAD_WORDS);
    if (out->state == TASK_FREE) { /* it may never have been used: do not touch its page */
        out->step[0] = '\0';
        out->error[0] = '\0';
        out->text_len = 0;
        return;
    }
    slot_words(out->count, rest + SHM_REST_OF(count), TASK_COUNTERS);
    copy_string(out->step, rest + SHM_REST_OF(step), TASK_STEP_MAX);
    copy_string(out->error, rest + SHM_REST_OF(error), TASK_ERROR_MAX);
    out->text_len = slot_text_len(out->text_len);
    slot_words(out->text, rest + SHM_REST_OF(text), slot_text_words(out->text_len));
}

static void put_word(shm_word *body, size_t word, uint64_t value)
{
    atomic_store_explicit(&body[word], value, memory_order_relaxed);
}

/* `size` bytes from private memory, the last word filled up with zeros. */
static void put_bytes(shm_word *body, const void *from, size_t size)
{
    const char *bytes = from;
    size_t whole = size / 8;
    uint64_t word;

    for (size_t i = 0; i < whole; i++) {
        memcpy(&word, bytes + i * 8, 8);
        put_word(body, i, word);
    }
    if (size % 8 != 0) {
        word = 0;
        memcpy(&word, bytes + whole * 8, size % 8);
        put_word(body, whole, word);
    }
}

static void carry_string(shm_word *to, const shm_word *from, size_t size)
{
    for (size_t i = 0; i < size / 8; i++) {
        uint64_t word = slot_word(from, i);
        put_word(to, i, word);
        if (has_terminator(word))
            return;
    }
}

/* The body that is not valid. */
struct shadow {
    shm_word *head, *rest;
};

/* The fence is explained in slot.h. */
static struct shadow begin(struct shm_segment *seg, uint32_t at, uint64_t version)
{
    atomic_thread_fence(memory_order_release);
    return (struct shadow){.head = seg->slots[at].head[(version + 1) & 1],
                           .rest = seg->rests[at].body[(version + 1) & 1]};
}

/* The one store that is the change. */
static void publish(struct shm_slot *slot, uint64_t version)
{
    atomic_store_explicit(&slot->version, version + 1, memory_order_release);
}

void slot_publish(struct shm_segment *seg, uint32_t at, const struct shm_task *head, const struct shm_task *rest)
{
    uint64_t version = slot_version(&seg->slots[at]);
    struct shadow shadow = begin(seg, at, version);
    size_t step = strnlen(rest->step, TASK_STEP_MAX - 1) + 1;
    size_t error = strnlen(rest->error, TASK_ERROR_MAX - 1) + 1;

    put_bytes(shadow.head, head, SHM_HEAD_WORDS * 8);
    put_bytes(shadow.rest + SHM_REST_OF(count), rest->count, sizeof(rest->count));
    put_bytes(shadow.rest + SHM_REST_OF(step), rest->step, step);
    put_bytes(shadow.rest + SHM_REST_OF(error), rest->error, error);
    put_bytes(shadow.rest + SHM_REST_OF(text), rest->text, head->text_len);
    publish(&seg->slots[at], version);
}

void slot_publish_head(struct shm_segment *seg, uint32_t at, const struct shm_task *head)
{
    uint64_t version = slot_version(&seg->slots[at]);
    const shm_word *valid = slot_rest_words(seg, at, version);
    struct shadow shadow = begin(seg, at, version);

    put_bytes(shadow.head, head, SHM_HEAD_WORDS * 8);
    for (size_t i = 0; i < TASK_COUNTERS; i++)
        put_word(shadow.rest, SHM_REST_OF(count) + i, slot_word(valid, SHM_REST_OF(count) + i));
    carry_string(shadow.rest + SHM_REST_OF(step), valid + SHM_REST_OF(step), TASK_STEP_MAX);
    carry_string(shadow.rest + SHM_REST_OF(error), valid + SHM_REST_OF(error), TASK_ERROR_MAX);
    for (size_t i = 0; i < slot_text_words(head->text_len); i++)
        put_word(shadow.rest, SHM_REST_OF(text) + i, slot_word(valid, SHM_REST_OF(text) + i));
    publish(&seg->slots[at], version);
}

bool slot_text_equal(const struct shm_segment *seg, uint32_t at, const char *text, uint16_t len)
{
    uint64_t version = slot_version(&seg->slots[at]);
    const shm_word *valid = slot_rest_words(seg, at, version) + SHM_REST_OF(text);
    size_t whole = len / 8;
    uint64_t differ = 0, word;

    if ((slot_word(slot_head_words(&seg->slots[at], version), SHM_WORD_OF(text_len)) & UINT16_MAX) != len)
        return false;
    for (size_t i = 0; i < whole && differ == 0; i++) {
        memcpy(&word, text + i * 8, 8);
        differ = word ^ slot_word(valid, i);
    }
    if (len % 8 != 0) {
        word = 0; /* as put_bytes() fills up the last word */
        memcpy(&word, text + whole * 8, len % 8);
        differ |= word ^ slot_word(valid, whole);
    }
    return differ == 0;
}
