/* The operations that change the table. One function moves a task, by a table of allowed moves. */
#include "shm/table.h"

#include "shm/index.h"
#include "shm/layout.h"
#include "shm/lock.h"
#include "shm/queue.h"
#include "shm/slot.h"

#include <errno.h>
#include <string.h>

#define TO(state) (1u << (state))
#define FINAL     (TO(TASK_SUCCEEDED) | TO(TASK_FAILED) | TO(TASK_CANCELLED))

/* From row to column. Moves made by reserve (FREE or final to RESERVED) and by claim (READY to CLAIMED) are not here:
 * nobody else may make them. */
static const uint32_t allowed[TASK_STATES] = {
    [TASK_FREE] = 0,
    /* Straight to a final state: the janitor fills in history from the journal. */
    [TASK_RESERVED] = TO(TASK_RESERVED) | TO(TASK_READY) | TO(TASK_FREE) | FINAL,
    [TASK_READY] = TO(TASK_READY) | TO(TASK_FREE) | FINAL,
    /* To FREE: the journal gave the task to another node. */
    [TASK_CLAIMED] = TO(TASK_CLAIMED) | TO(TASK_RUNNING) | TO(TASK_READY) | TO(TASK_FREE) | FINAL,
    [TASK_RUNNING] = TO(TASK_RUNNING) | TO(TASK_READY) | TO(TASK_FREE) | FINAL,
    /* Only out of the table: the janitor drops what is past its retention. */
    [TASK_SUCCEEDED] = TO(TASK_FREE),
    [TASK_FAILED] = TO(TASK_FREE),
    [TASK_CANCELLED] = TO(TASK_FREE),
};

bool task_state_final(enum task_state state)
{
    return state == TASK_SUCCEEDED || state == TASK_FAILED || state == TASK_CANCELLED;
}

const char *task_state_name(enum task_state state)
{
    static const char *const names[TASK_STATES] = {"free",    "reserved",  "ready",  "claimed",
                                                   "running", "succeeded", "failed", "cancelled"};

    return (unsigned)state < TASK_STATES ? names[state] : "unknown";
}

static bool state_owned(uint8_t state)
{
    return state == TASK_RESERVED || state == TASK_CLAIMED || state == TASK_RUNNING;
}

/* Lock held: the slot of a handle with its head, or NULL if that use of the slot is over. */
static struct shm_slot *slot_of(struct shm_segment *seg, struct shm_handle task, struct shm_task *head)
{
    if (task.slot >= seg->geometry.slots)
        return NULL;
    struct shm_slot *slot = &seg->slots[task.slot];
    slot_head(slot, head);
    return head->generation == task.generation && head->state != TASK_FREE ? slot : NULL;
}

/* --- reserve --- */

static void make_reserved(struct shm_task *task, struct proc_ref me, const uint8_t id[16], uint8_t type,
                          uint64_t generation)
{
    memset(task, 0, offsetof(struct shm_task, step));
    memcpy(task->id, id, sizeof task->id);
    task->generation = generation != 0 ? generation : 1; /* 0 names nobody */
    task->owner = me;
    task->state = TASK_RESERVED;
    task->type = type;
    task->step[0] = '\0';
    task->error[0] = '\0';
}

/* An evicted task becomes the reserved one in a single publish, so no death in between can lose the slot. */
static int reserve_locked(struct shm_segment *seg, struct proc_ref me, const uint8_t id[16], uint8_t type,
                          struct shm_handle *out)
{
    struct shm_task old, task;
    uint32_t at;

    if (index_find(seg, id) != SHM_NIL)
        return -EEXIST;
    at = queue_spare(seg);
    if (at == SHM_NIL)
        return -ENOSPC;
    slot_head(&seg->slots[at], &old);
    shm_insist(old.state == TASK_FREE || task_state_final((enum task_state)old.state));
    make_reserved(&task, me, id, type, old.generation + 1);
    if (old.state != TASK_FREE)
        index_remove(seg, old.id, at);
    slot_publish(seg, at, &task, &task);
    queue_leave(seg, at, &old);
    queue_enter(seg, at, &task);
    index_insert(seg, id, at);
    *out = (struct shm_handle){.slot = at, .generation = task.generation};
    return 0;
}

int shm_table_reserve(struct shm_segment *seg, struct proc_ref me, const uint8_t id[16], uint8_t type,
                      struct shm_handle *out)
{
    int error;

    shm_insist(type < seg->geometry.types && me.generation != 0);
    error = shm_lock(seg);
    if (error != 0)
        return error;
    error = reserve_locked(seg, me, id, type, out);
    shm_unlock(seg);
    return error;
}

/* --- change --- */

/* Mistakes of the caller, found before the lock is taken. */
static void check_next(const struct shm_task *next)
{
    shm_insist(next->state < TASK_STATES && next->progress <= 100 && next->text_len <= TASK_TEXT_MAX);
    shm_insist(next->cause < TASK_CAUSES && next->counted < 1u << TASK_COUNTERS);
    shm_insist(memchr(next->step, '\0', sizeof next->step));
    shm_insist(memchr(next->error, '\0', sizeof next->error));
    shm_insist(!state_owned(next->state) || next->owner.generation != 0);
}

/* The head that will be published: the caller's, but for the members that belong to the slot. */
static void merge_head(struct shm_segment *seg, uint32_t at, const struct shm_task *old, const struct shm_task *next,
                       struct shm_task *head)
{
    memcpy(head, next, offsetof(struct shm_task, count));
    memcpy(head->id, old->id, sizeof head->id);
    head->generation = old->generation;
    head->type = old->type;
    head->order = old->order;
    if (next->state == TASK_READY && old->order == 0)
        head->order = seg->derived->next_order++;
    if (!state_owned(next->state))
        head->owner = (struct proc_ref){0, 0};
    head->visible = old->visible;
    if (((old->flags ^ next->flags) & TASK_TEXT_IN_JOURNAL) != 0 ||
        !slot_text_equal(seg, at, next->text, next->text_len))
        head->visible++;
    head->pad0 = 0;
}

/* Nothing but the generation outlives a task. */
static void make_free(struct shm_task *task, uint64_t generation)
{
    memset(task, 0, offsetof(struct shm_task, step));
    task->generation = generation;
    task->step[0] = '\0';
    task->error[0] = '\0';
}

static void free_slot(struct shm_segment *seg, uint32_t at, const struct shm_task *old)
{
    struct shm_task task;

    make_free(&task, old->generation);
    index_remove(seg, old->id, at);
    slot_publish(seg, at, &task, &task);
    queue_leave(seg, at, old);
    queue_enter(seg, at, &task);
}

/* A change that leaves the task where it stands touches no list. */
static void relist(struct shm_segment *seg, uint32_t at, const struct shm_task *old, const struct shm_task *head)
{
    if (old->state == head->state)
        return;
    queue_leave(seg, at, old);
    queue_enter(seg, at, head);
}

static int change_locked(struct shm_segment *seg, struct shm_handle task, uint64_t expect, const struct shm_task *next)
{
    struct shm_task old, head;
    struct shm_slot *slot = slot_of(seg, task, &old);

    if (!slot)
        return -ESRCH;
    if (slot_version(slot) != expect)
        return -ESTALE;
    shm_insist((allowed[old.state] & TO(next->state)) != 0);
    if (next->state == TASK_FREE) {
        free_slot(seg, task.slot, &old);
        return 0;
    }
    merge_head(seg, task.slot, &old, next, &head);
    slot_publish(seg, task.slot, &head, next);
    relist(seg, task.slot, &old, &head);
    return 0;
}

int shm_table_change(struct shm_segment *seg, struct shm_handle task, uint64_t expect, const struct shm_task *next)
{
    int error;

    check_next(next);
    error = shm_lock(seg);
    if (error != 0)
        return error;
    error = change_locked(seg, task, expect, next);
    shm_unlock(seg);
    return error;
}

/* --- claim --- */

static int claim_locked(struct shm_segment *seg, struct proc_ref me, struct shm_handle *task, struct shm_task *out)
{
    struct shm_task old, head;
    uint32_t at = queue_claimable(seg);

    if (at == SHM_NIL)
        return -EAGAIN;
    slot_head(&seg->slots[at], &old);
    shm_insist(old.state == TASK_READY);
    memcpy(&head, &old, offsetof(struct shm_task, count));
    head.state = TASK_CLAIMED;
    head.owner = me;
    slot_publish_head(seg, at, &head);
    relist(seg, at, &old, &head);
    *task = (struct shm_handle){.slot = at, .generation = head.generation};
    slot_copy(seg, at, slot_version(&seg->slots[at]), out);
    return 0;
}

int shm_table_claim(struct shm_segment *seg, struct proc_ref me, struct shm_handle *task, struct shm_task *out)
{
    int error;

    shm_insist(me.generation != 0);
    error = shm_lock(seg);
    if (error != 0)
        return error;
    error = claim_locked(seg, me, task, out);
    shm_unlock(seg);
    return error;
}

/* --- cancel flag --- */

static int ask_cancel_locked(struct shm_segment *seg, struct shm_handle task)
{
    struct shm_task head;
    struct shm_slot *slot = slot_of(seg, task, &head);

    if (!slot)
        return -ESRCH;
    if (task_state_final((enum task_state)head.state) || (head.flags & TASK_CANCEL_ASKED) != 0)
        return 0;
    head.flags |= TASK_CANCEL_ASKED;
    slot_publish_head(seg, task.slot, &head);
    return 0;
}

int shm_table_ask_cancel(struct shm_segment *seg, struct shm_handle task)
{
    int error = shm_lock(seg);

    if (error != 0)
        return error;
    error = ask_cancel_locked(seg, task);
    shm_unlock(seg);
    return error;
}
