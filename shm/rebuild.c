/* Makes the derived state anew from the slots: at birth, and after the death of a lock holder. */
#include "shm/table.h"

#include "shm/index.h"
#include "shm/layout.h"
#include "shm/queue.h"
#include "shm/slot.h"

#include <errno.h>

/* A head that this program has published never fails here. One that does was overwritten by a stranger or by broken
 * memory. */
static bool head_sound(const struct shm_segment *seg, const struct shm_task *head)
{
    return head->state < TASK_STATES && head->type < seg->geometry.types && head->text_len <= TASK_TEXT_MAX &&
           head->progress <= 100 && (head->state == TASK_FREE || head->generation != 0);
}

/* First round: ids into the index; READY slots to the sorter. */
static int enter_ids(struct shm_segment *seg)
{
    struct shm_task head;

    for (uint32_t at = 0; at < seg->geometry.slots; at++) {
        slot_head(&seg->slots[at], &head);
        if (!head_sound(seg, &head))
            return -EIO;
        if (head.state == TASK_FREE)
            continue;
        if (index_find(seg, head.id) != SHM_NIL)
            return -EIO;
        index_insert(seg, head.id, at);
        if (head.order >= seg->derived->next_order)
            seg->derived->next_order = head.order + 1;
        if (head.state == TASK_READY)
            queue_gather(seg, at, &head);
    }
    return 0;
}

/* Second round, last slot first, so that the first free slot ends on top of the stack. */
static void enter_others(struct shm_segment *seg)
{
    struct shm_task head;

    for (uint32_t at = seg->geometry.slots; at-- > 0;) {
        slot_head(&seg->slots[at], &head);
        if (head.state != TASK_READY)
            queue_enter(seg, at, &head);
    }
}

int shm_table_rebuild(struct shm_segment *seg)
{
    int error;

    index_clear(seg);
    queue_clear(seg);
    error = enter_ids(seg);
    if (error != 0)
        return error;
    queue_enter_gathered(seg);
    enter_others(seg);
    return 0;
}
