/* Advisory words beside slots and process-table entries; see watch.h for the order of things. */
#include "shm/watch.h"

#include "shm/layout.h"
#include "shm/proctab.h"
#include "shm/slot.h"
#include "shm/wakeup.h"

#include <errno.h>

static uint64_t bit_of(uint32_t entry)
{
    return UINT64_C(1) << (entry % 64);
}

void watch_set(struct shm_segment *seg, uint32_t slot, uint32_t entry)
{
    shm_insist(slot < seg->geometry.slots && entry < seg->geometry.procs);
    atomic_fetch_or_explicit(&seg->slots[slot].watch, bit_of(entry), memory_order_seq_cst);
    atomic_thread_fence(memory_order_seq_cst);
}

void watch_clear(struct shm_segment *seg, uint32_t slot, uint32_t entry)
{
    shm_insist(slot < seg->geometry.slots && entry < seg->geometry.procs);
    atomic_fetch_and_explicit(&seg->slots[slot].watch, ~bit_of(entry), memory_order_relaxed);
}

/* The region first: whoever is woken by the poke must find it. */
static void tell_entry(struct shm_segment *seg, uint32_t entry, uint32_t slot)
{
    struct proc_info info;

    (void)proctab_read(seg, entry, &info);
    if (info.kind != PROC_WORKER || info.state == PROC_FREE || info.state == PROC_DEAD)
        return;
    atomic_fetch_or_explicit(&seg->procs[entry].stirred, UINT64_C(1) << WATCH_REGION(slot), memory_order_release);
    wakeup_poke(seg, entry);
}

void watch_tell(struct shm_segment *seg, uint32_t slot)
{
    uint64_t watching;

    shm_insist(slot < seg->geometry.slots);
    atomic_thread_fence(memory_order_seq_cst);
    watching = atomic_load_explicit(&seg->slots[slot].watch, memory_order_relaxed);
    for (uint32_t entry = 0; watching != 0 && entry < seg->geometry.procs; entry++)
        if ((watching & bit_of(entry)) != 0)
            tell_entry(seg, entry, slot);
}

uint64_t watch_take(struct shm_segment *seg, uint32_t entry)
{
    shm_insist(entry < seg->geometry.procs);
    return atomic_exchange_explicit(&seg->procs[entry].stirred, 0, memory_order_acquire);
}

int watch_look(struct shm_segment *seg, struct shm_handle task, struct watch_view *out)
{
    struct shm_task head;

    if (task.slot >= seg->geometry.slots)
        return -ESRCH;
    const struct shm_slot *slot = &seg->slots[task.slot];
    for (int try = 0; try < SHM_READ_RETRIES; try++) {
        uint64_t version = slot_version(slot);
        slot_words(&head, slot_head_words(slot, version), SHM_HEAD_WORDS);
        if (!slot_still(slot, version))
            continue;
        *out = (struct watch_view){.visible = head.visible, .attempt = head.attempt, .state = head.state};
        return head.generation == task.generation && head.state != TASK_FREE ? 0 : -ESRCH;
    }
    return -EAGAIN;
}
