/* The invariants of the table, stated as code. shm/README.md lists them under the same numbers. */
#include "shm/table.h"

#include "shm/index.h"
#include "shm/layout.h"
#include "shm/lock.h"
#include "shm/queue.h"
#include "shm/slot.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Where the sentence goes, and what has been counted. */
struct check {
    struct shm_segment *seg;
    char *why;
    size_t why_size;
    uint32_t by_state[TASK_STATES];
    uint32_t claimed[SHM_MAX_TYPES];
    uint32_t ready[SHM_MAX_TYPES];
};

__attribute__((format(printf, 2, 3))) static bool broken(struct check *check, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(check->why, check->why_size, format, args);
    va_end(args);
    return false;
}

/* I1: the contents of a slot are such as the operations write. */
static bool slot_sound(struct check *check, uint32_t at, const struct shm_task *head)
{
    bool owned = head->state == TASK_RESERVED || head->state == TASK_CLAIMED || head->state == TASK_RUNNING;

    if (head->state >= TASK_STATES || head->type >= check->seg->geometry.types || head->text_len > TASK_TEXT_MAX ||
        head->progress > 100)
        return broken(check, "I1: slot %u: state %u, type %u, text %u or progress %u out of range", at, head->state,
                      head->type, head->text_len, head->progress);
    if (head->state != TASK_FREE && head->generation == 0)
        return broken(check, "I1: slot %u is used without a generation", at);
    if (owned != (head->owner.generation != 0))
        return broken(check, "I1: slot %u is %s with owner generation %u", at, task_state_name(head->state),
                      head->owner.generation);
    if (head->state == TASK_READY && (head->order == 0 || head->order >= check->seg->derived->next_order))
        return broken(check, "I1: slot %u is ready with order %llu", at, (unsigned long long)head->order);
    return true;
}

/* I2: a used slot is found by its id, and by no other way; with as many entries as used slots (see index_sound) this
 * makes ids unique and the index exact. */
static bool slot_indexed(struct check *check, uint32_t at, const struct shm_task *head)
{
    uint32_t found = index_find(check->seg, head->id);

    if (head->state == TASK_FREE || found == at)
        return true;
    if (found == SHM_NIL)
        return broken(check, "I2: slot %u (%s) is not in the index", at, task_state_name(head->state));
    return broken(check, "I2: the id of slot %u leads to slot %u", at, found);
}

/* I3, I5: FREE slots and final slots know their place in the stack and in the heap. */
static bool slot_placed(struct check *check, uint32_t at, const struct shm_task *head)
{
    const struct shm_segment *seg = check->seg;
    const struct shm_node *node = &seg->nodes[at];
    uint32_t slots = seg->geometry.slots;

    if (head->state == TASK_FREE &&
        (node->prev >= seg->derived->free_count || node->prev >= slots || seg->free_stack[node->prev] != at))
        return broken(check, "I3: free slot %u is not on the free stack", at);
    if (!task_state_final((enum task_state)head->state))
        return true;
    if (node->prev >= seg->derived->final_count || node->prev >= slots || seg->finals[node->prev] != at)
        return broken(check, "I5: final slot %u is not in the final heap", at);
    if (node->key != queue_final_key(head->done_ms))
        return broken(check, "I5: final slot %u has another key than its done_ms", at);
    uint32_t parent = node->prev > 0 ? seg->finals[(node->prev - 1) / 2] : at;
    if (parent >= slots || seg->nodes[parent].key > node->key)
        return broken(check, "I5: final slot %u is older than its parent in the heap", at);
    return true;
}

static bool slots_sound(struct check *check)
{
    struct shm_task head;

    for (uint32_t at = 0; at < check->seg->geometry.slots; at++) {
        slot_head(&check->seg->slots[at], &head);
        if (!slot_sound(check, at, &head) || !slot_indexed(check, at, &head) || !slot_placed(check, at, &head))
            return false;
        check->by_state[head.state]++;
        check->claimed[head.type] += head.state == TASK_CLAIMED || head.state == TASK_RUNNING;
        check->ready[head.type] += head.state == TASK_READY;
    }
    return true;
}

static bool index_sound(struct check *check)
{
    uint32_t used = check->seg->geometry.slots - check->by_state[TASK_FREE];
    uint32_t entries = 0;

    for (uint32_t at = 0; at <= check->seg->index_mask; at++)
        entries += atomic_load_explicit(&check->seg->index[at], memory_order_relaxed) != 0;
    if (entries != used)
        return broken(check, "I2: %u entries in the index for %u used slots", entries, used);
    return true;
}

/* I4: the list of a type holds its READY slots in rising order, linked both ways. */
static bool list_sound(struct check *check, uint32_t type)
{
    const struct shm_segment *seg = check->seg;
    uint32_t before = SHM_NIL;
    uint32_t length = 0;
    struct shm_task head;

    for (uint32_t at = seg->derived->ready_head[type]; at != SHM_NIL; at = seg->nodes[at].next) {
        if (at >= seg->geometry.slots || length++ >= check->ready[type])
            return broken(check, "I4: ready list %u is too long or leaves the table", type);
        slot_head(&seg->slots[at], &head);
        if (head.state != TASK_READY || head.type != type || head.order != seg->nodes[at].key)
            return broken(check, "I4: slot %u does not belong in ready list %u", at, type);
        if (seg->nodes[at].prev != before || (before != SHM_NIL && seg->nodes[before].key >= head.order))
            return broken(check, "I4: slot %u stands wrong in ready list %u", at, type);
        before = at;
    }
    if (length != check->ready[type] || seg->derived->ready_tail[type] != before)
        return broken(check, "I4: ready list %u holds %u of %u", type, length, check->ready[type]);
    return true;
}

/* I6: counts are what the slots say. */
static bool counts_sound(struct check *check)
{
    const struct shm_derived *derived = check->seg->derived;
    uint32_t finals = check->by_state[TASK_SUCCEEDED] + check->by_state[TASK_FAILED] + check->by_state[TASK_CANCELLED];

    if (derived->free_count != check->by_state[TASK_FREE])
        return broken(check, "I3: free stack of %u for %u free slots", derived->free_count, check->by_state[TASK_FREE]);
    if (derived->final_count != finals)
        return broken(check, "I5: final heap of %u for %u final slots", derived->final_count, finals);
    for (uint32_t state = 0; state < TASK_STATES; state++)
        if (atomic_load_explicit(&derived->by_state[state], memory_order_relaxed) != check->by_state[state])
            return broken(check, "I6: count of %s is not %u", task_state_name(state), check->by_state[state]);
    for (uint32_t type = 0; type < SHM_MAX_TYPES; type++) {
        if (derived->claimed[type] != check->claimed[type])
            return broken(check, "I6: %u claimed of type %u, counted %u", derived->claimed[type], type,
                          check->claimed[type]);
        if (atomic_load_explicit(&derived->ready[type], memory_order_relaxed) != check->ready[type])
            return broken(check, "I6: ready of type %u are not %u", type, check->ready[type]);
        uint32_t live = atomic_load_explicit(&derived->live[type], memory_order_relaxed);
        if (live != check->claimed[type] + check->ready[type])
            return broken(check, "I6: %u live of type %u, counted %u", live, type,
                          check->claimed[type] + check->ready[type]);
    }
    return true;
}

/* I7: never more claimed than the type allows. */
static bool limits_sound(struct check *check)
{
    const struct shm_geometry *geometry = &check->seg->geometry;

    for (uint32_t type = 0; type < geometry->types; type++)
        if (geometry->type_limit[type] != 0 && check->claimed[type] > geometry->type_limit[type])
            return broken(check, "I7: %u tasks of type %u claimed, limit %u", check->claimed[type], type,
                          geometry->type_limit[type]);
    return true;
}

static bool all_sound(struct check *check)
{
    if (!slots_sound(check) || !index_sound(check) || !counts_sound(check) || !limits_sound(check))
        return false;
    for (uint32_t type = 0; type < SHM_MAX_TYPES; type++)
        if (!list_sound(check, type))
            return false;
    return true;
}

bool shm_table_check(struct shm_segment *seg, char *why, size_t why_size)
{
    struct check check = {.seg = seg, .why = why, .why_size = why_size};
    bool sound;
    int error;

    if (!shm_segment_intact(seg))
        return broken(&check, "I0: the header was overwritten");
    error = shm_lock(seg);
    if (error != 0)
        return broken(&check, "the lock cannot be had: %s", strerror(-error));
    sound = all_sound(&check);
    shm_unlock(seg);
    return sound;
}
