/* Two bodies and a version: filling the shadow, publishing it, copying out. */
#include "shm/slot.h"

#define ONES  UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)

static bool has_terminator(uint64_t word)
{
    return ((word - ONES) & ~word & HIGHS) != 0;
}

static void copy_string(char *to, const struct shm_body *body, size_t first, size_t size)
{
    for (size_t at = 0; at < size; at += 8) {
        uint64_t word = slot_word(body, first + at / 8);
        memcpy(to + at, &word, 8);
        if (has_terminator(word))
            return;
    }
    to[size - 1] = '\0';
}

void slot_copy(const struct shm_body *body, struct shm_task *out)
{
    slot_words(out, body, 0, SHM_HEAD_WORDS);
    copy_string(out->message, body, SHM_WORD_OF(message), TASK_MESSAGE_MAX);
    copy_string(out->error, body, SHM_WORD_OF(error), TASK_ERROR_MAX);
    out->text_len = slot_text_len(out->text_len);
    slot_words(out->text, body, SHM_WORD_OF(text), slot_text_words(out->text_len));
}

static void put_word(struct shm_body *body, size_t word, uint64_t value)
{
    atomic_store_explicit(&body->word[word], value, memory_order_relaxed);
}

/* `size` bytes from private memory, the last word filled up with zeros. */
static void put_bytes(struct shm_body *body, size_t first, const void *from, size_t size)
{
    const char *bytes = from;
    size_t whole = size / 8;
    uint64_t word;

    for (size_t i = 0; i < whole; i++) {
        memcpy(&word, bytes + i * 8, 8);
        put_word(body, first + i, word);
    }
    if (size % 8 != 0) {
        word = 0;
        memcpy(&word, bytes + whole * 8, size % 8);
        put_word(body, first + whole, word);
    }
}

static void carry_string(struct shm_body *to, const struct shm_body *from, size_t first, size_t size)
{
    for (size_t i = 0; i < size / 8; i++) {
        uint64_t word = slot_word(from, first + i);
        put_word(to, first + i, word);
        if (has_terminator(word))
            return;
    }
}

/* The body that is not valid; the fence is explained in slot.h. */
static struct shm_body *begin(struct shm_slot *slot, uint64_t version)
{
    atomic_thread_fence(memory_order_release);
    return &slot->body[(version + 1) & 1];
}

/* The one store that is the change. */
static void publish(struct shm_slot *slot, uint64_t version)
{
    atomic_store_explicit(&slot->version, version + 1, memory_order_release);
}

void slot_publish(struct shm_slot *slot, const struct shm_task *head, const struct shm_task *rest)
{
    uint64_t version = slot_version(slot);
    struct shm_body *shadow = begin(slot, version);

    put_bytes(shadow, 0, head, SHM_HEAD_WORDS * 8);
    put_bytes(shadow, SHM_WORD_OF(message), rest->message, strnlen(rest->message, TASK_MESSAGE_MAX - 1) + 1);
    put_bytes(shadow, SHM_WORD_OF(error), rest->error, strnlen(rest->error, TASK_ERROR_MAX - 1) + 1);
    put_bytes(shadow, SHM_WORD_OF(text), rest->text, head->text_len);
    publish(slot, version);
}

void slot_publish_head(struct shm_slot *slot, const struct shm_task *head)
{
    uint64_t version = slot_version(slot);
    const struct shm_body *valid = slot_body(slot, version);
    struct shm_body *shadow = begin(slot, version);

    put_bytes(shadow, 0, head, SHM_HEAD_WORDS * 8);
    carry_string(shadow, valid, SHM_WORD_OF(message), TASK_MESSAGE_MAX);
    carry_string(shadow, valid, SHM_WORD_OF(error), TASK_ERROR_MAX);
    for (size_t i = 0; i < slot_text_words(head->text_len); i++)
        put_word(shadow, SHM_WORD_OF(text) + i, slot_word(valid, SHM_WORD_OF(text) + i));
    publish(slot, version);
}

bool slot_text_equal(const struct shm_slot *slot, const char *text, uint16_t len)
{
    const struct shm_body *valid = slot_body(slot, slot_version(slot));
    size_t whole = len / 8;
    uint64_t differ = 0, word;

    if ((slot_word(valid, SHM_WORD_OF(text_len)) & UINT16_MAX) != len)
        return false;
    for (size_t i = 0; i < whole && differ == 0; i++) {
        memcpy(&word, text + i * 8, 8);
        differ = word ^ slot_word(valid, SHM_WORD_OF(text) + i);
    }
    if (len % 8 != 0) {
        word = 0; /* as put_bytes() fills up the last word */
        memcpy(&word, text + whole * 8, len % 8);
        differ |= word ^ slot_word(valid, SHM_WORD_OF(text) + whole);
    }
    return differ == 0;
}
