/* Reading the table without the lock: by id, by handle, one after the other. */
#include "shm/table.h"

#include "shm/index.h"
#include "shm/layout.h"
#include "shm/lock.h"
#include "shm/slot.h"

#include <errno.h>
#include <string.h>

/* Examines one candidate. Returns 0 (copied), -ENOENT (this id, but RESERVED: not to be seen), -EAGAIN (another task),
 * -EBUSY (it changed too often for a whole copy). */
typedef int (*look_fn)(const struct shm_segment *seg, uint32_t slot, const uint8_t id[16], void *out);

#define HEAD_BYTE(word, member) ((uint8_t)((word) >> (offsetof(struct shm_task, member) % 8 * 8)))

_Static_assert(SHM_WORD_OF(state) == SHM_WORD_OF(progress) && SHM_WORD_OF(state) == SHM_WORD_OF(outcome) &&
                   SHM_WORD_OF(state) == SHM_WORD_OF(flags) && SHM_WORD_OF(id) == 0,
               "poll reads one word for the small members");

static int verdict(uint8_t state)
{
    if (state == TASK_FREE)
        return -EAGAIN;
    return state == TASK_RESERVED ? -ENOENT : 0;
}

/* The poll of a slot: two words of id, three of head, the text. Nothing else of the body is touched. */
static int look_poll(const struct shm_segment *seg, uint32_t at, const uint8_t id[16], void *out)
{
    const struct shm_slot *slot = &seg->slots[at];
    struct shm_poll *poll = out;
    uint64_t wanted[2];

    memcpy(wanted, id, sizeof wanted);
    for (int try = 0; try < SHM_READ_RETRIES; try++) {
        uint64_t version = slot_version(slot);
        const shm_word *head = slot_head_words(slot, version);
        if (slot_word(head, 0) != wanted[0] || slot_word(head, 1) != wanted[1]) {
            if (slot_still(slot, version))
                return -EAGAIN;
            continue;
        }
        uint64_t small = slot_word(head, SHM_WORD_OF(state));
        poll->visible = slot_word(head, SHM_WORD_OF(visible));
        poll->text_len = slot_text_len(slot_word(head, SHM_WORD_OF(text_len)) & UINT16_MAX);
        slot_words(poll->text, slot_rest_words(seg, at, version) + SHM_REST_OF(text), slot_text_words(poll->text_len));
        if (!slot_still(slot, version))
            continue;
        poll->state = HEAD_BYTE(small, state);
        poll->outcome = HEAD_BYTE(small, outcome);
        poll->flags = HEAD_BYTE(small, flags);
        poll->progress = HEAD_BYTE(small, progress);
        return verdict(poll->state);
    }
    return -EBUSY;
}

static int look_handle(const struct shm_segment *seg, uint32_t at, const uint8_t id[16], void *out)
{
    const struct shm_slot *slot = &seg->slots[at];
    struct shm_task head;

    for (int try = 0; try < SHM_READ_RETRIES; try++) {
        uint64_t version = slot_version(slot);
        slot_words(&head, slot_head_words(slot, version), SHM_HEAD_WORDS);
        if (!slot_still(slot, version))
            continue;
        if (memcmp(head.id, id, sizeof head.id) != 0)
            return -EAGAIN;
        *(struct shm_handle *)out = (struct shm_handle){.slot = at, .generation = head.generation};
        return verdict(head.state);
    }
    return -EBUSY;
}

/* Returns -EAGAIN if no candidate has the id. */
static inline int walk(const struct shm_segment *seg, const uint8_t id[16], look_fn look, void *out)
{
    struct index_probe probe = index_probe(seg, id);
    uint32_t slot = index_next(seg, &probe);

    for (; slot != SHM_NIL; slot = index_next(seg, &probe)) {
        int found = look(seg, slot, id, out);
        if (found != -EAGAIN)
            return found;
    }
    return -EAGAIN;
}

/* A miss may be an entry on its way from one place to another: it counts only with the lock held. */
static int walk_locked(struct shm_segment *seg, const uint8_t id[16], look_fn look, void *out)
{
    int found = shm_lock_within(seg, SHM_MISS_WAIT_MS);

    if (found != 0)
        return found;
    found = walk(seg, id, look, out);
    shm_unlock(seg);
    return found == -EAGAIN ? -ENOENT : found;
}

static inline int lookup(struct shm_segment *seg, const uint8_t id[16], look_fn look, void *out)
{
    int found = walk(seg, id, look, out);

    if (found == -EAGAIN || found == -EBUSY)
        found = walk_locked(seg, id, look, out);
    return found;
}

int shm_table_find(struct shm_segment *seg, const uint8_t id[16], struct shm_handle *out)
{
    return lookup(seg, id, look_handle, out);
}

int shm_table_poll(struct shm_segment *seg, const uint8_t id[16], struct shm_poll *out)
{
    return lookup(seg, id, look_poll, out);
}

static bool copy_once(const struct shm_segment *seg, uint32_t at, struct shm_task *out, uint64_t *version)
{
    *version = slot_version(&seg->slots[at]);
    slot_copy(seg, at, *version, out);
    return slot_still(&seg->slots[at], *version);
}

/* A whole copy of a slot. After many failures the lock keeps writers out. When the lock cannot be had, its holder is
 * stopped or the segment is lost: then nobody publishes and the next round succeeds, so the loop ends. */
static void copy_whole(struct shm_segment *seg, uint32_t at, struct shm_task *out, uint64_t *version)
{
    for (;;) {
        for (int try = 0; try < SHM_READ_RETRIES; try++)
            if (copy_once(seg, at, out, version))
                return;
        if (shm_lock(seg) == 0) {
            (void)copy_once(seg, at, out, version);
            shm_unlock(seg);
            return;
        }
    }
}

int shm_table_read(struct shm_segment *seg, struct shm_handle task, struct shm_task *out, uint64_t *version)
{
    if (task.slot >= seg->geometry.slots)
        return -ESRCH;
    copy_whole(seg, task.slot, out, version);
    return out->generation == task.generation && out->state != TASK_FREE ? 0 : -ESRCH;
}

bool shm_table_cancel_asked(struct shm_segment *seg, struct shm_handle task)
{
    if (task.slot >= seg->geometry.slots)
        return false;
    const struct shm_slot *slot = &seg->slots[task.slot];
    for (int try = 0; try < SHM_READ_RETRIES; try++) {
        uint64_t version = slot_version(slot);
        const shm_word *head = slot_head_words(slot, version);
        uint64_t generation = slot_word(head, SHM_WORD_OF(generation));
        uint64_t small = slot_word(head, SHM_WORD_OF(state));
        if (slot_still(slot, version))
            return generation == task.generation && HEAD_BYTE(small, state) != TASK_FREE &&
                   (HEAD_BYTE(small, flags) & TASK_CANCEL_ASKED) != 0;
    }
    return false; /* the next batch asks again */
}

/* A byte of a slot may be anything if a stranger wrote there. */
static bool is_in(uint8_t state, unsigned states)
{
    return state < TASK_STATES && (states & TASK_IN(state)) != 0;
}

/* Reads one cache line and not two bodies' worth of text. If the answer is uncertain, the copy will decide. */
static bool may_be_in(const struct shm_slot *slot, unsigned states)
{
    for (int try = 0; try < SHM_READ_RETRIES; try++) {
        uint64_t version = slot_version(slot);
        uint64_t small = slot_word(slot_head_words(slot, version), SHM_WORD_OF(state));
        if (slot_still(slot, version))
            return is_in(HEAD_BYTE(small, state), states);
    }
    return true;
}

void shm_table_each_in(struct shm_segment *seg, unsigned states, shm_table_visit fn, void *ctx)
{
    struct shm_task task;
    uint64_t version;

    for (uint32_t at = 0; at < seg->geometry.slots; at++) {
        if (!may_be_in(&seg->slots[at], states))
            continue;
        copy_whole(seg, at, &task, &version);
        if (!is_in(task.state, states))
            continue;
        if (!fn(&task, (struct shm_handle){.slot = at, .generation = task.generation}, version, ctx))
            return;
    }
}

void shm_table_each(struct shm_segment *seg, shm_table_visit fn, void *ctx)
{
    shm_table_each_in(seg, ~TASK_IN(TASK_FREE), fn, ctx);
}

void shm_table_each_head(struct shm_segment *seg, shm_table_head_visit fn, void *ctx)
{
    struct shm_task head;

    for (uint32_t at = 0; at < seg->geometry.slots; at++) {
        const struct shm_slot *slot = &seg->slots[at];
        uint64_t version;
        int tries = 0;
        do {
            version = slot_version(slot);
            slot_words(&head, slot_head_words(slot, version), SHM_HEAD_WORDS);
        } while (!slot_still(slot, version) && ++tries < SHM_READ_RETRIES);
        if (tries == SHM_READ_RETRIES || head.state == TASK_FREE || head.state == TASK_RESERVED)
            continue;
        if (!fn(&head, (struct shm_handle){.slot = at, .generation = head.generation}, ctx))
            return;
    }
}

uint64_t shm_table_changes(const struct shm_segment *seg)
{
    uint64_t sum = 0;

    for (uint32_t at = 0; at < seg->geometry.slots; at++)
        sum += atomic_load_explicit(&seg->slots[at].version, memory_order_relaxed);
    return sum;
}

uint32_t shm_table_waiting(struct shm_segment *seg, uint8_t type)
{
    shm_insist(type < SHM_MAX_TYPES);
    return atomic_load_explicit(&seg->derived->ready[type], memory_order_relaxed);
}

uint32_t shm_table_client_waiting(struct shm_segment *seg, uint32_t client)
{
    struct shm_task head;
    uint32_t n = 0;

    for (uint32_t at = 0; at < seg->geometry.slots; at++) {
        slot_head(&seg->slots[at], &head); /* mixed if a writer is at work: one more or less does not matter */
        n += head.state == TASK_READY && head.client == client;
    }
    return n;
}

void shm_table_count(struct shm_segment *seg, uint32_t by_state[TASK_STATES])
{
    for (size_t state = 0; state < TASK_STATES; state++)
        by_state[state] = atomic_load_explicit(&seg->derived->by_state[state], memory_order_relaxed);
}

uint32_t shm_table_live(struct shm_segment *seg, uint8_t type)
{
    return type < seg->geometry.types ? atomic_load_explicit(&seg->derived->live[type], memory_order_relaxed) : 0;
}
