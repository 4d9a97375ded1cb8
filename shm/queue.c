/* Free stack, ready lists, final heap and counts. */
#include "shm/queue.h"

#include "shm/slot.h"

static struct shm_node *node_of(const struct shm_segment *seg, uint32_t slot)
{
    shm_insist(slot < seg->geometry.slots);
    return &seg->nodes[slot];
}

uint64_t queue_final_key(int64_t done_ms)
{
    return (uint64_t)done_ms ^ (UINT64_C(1) << 63);
}

/* --- free stack --- */

static void free_push(struct shm_segment *seg, uint32_t slot)
{
    struct shm_derived *derived = seg->derived;

    shm_insist(derived->free_count < seg->geometry.slots);
    node_of(seg, slot)->prev = derived->free_count;
    seg->free_stack[derived->free_count] = slot;
    derived->free_count++;
}

static void free_pop(struct shm_segment *seg, uint32_t slot)
{
    struct shm_derived *derived = seg->derived;

    shm_insist(derived->free_count - 1 < seg->geometry.slots);
    shm_insist(seg->free_stack[derived->free_count - 1] == slot);
    derived->free_count--;
}

/* --- ready lists --- */

/* The last slot of the list that sorts before `key`, or SHM_NIL. New tasks go behind the tail; one that is requeued has
 * only other requeued ones before it, so the walk from the head is short. */
static uint32_t ready_before(const struct shm_segment *seg, uint8_t type, uint64_t key)
{
    const struct shm_derived *derived = seg->derived;
    uint32_t before = SHM_NIL;
    uint32_t seen = 0;

    if (derived->ready_tail[type] != SHM_NIL && node_of(seg, derived->ready_tail[type])->key < key)
        return derived->ready_tail[type];
    for (uint32_t at = derived->ready_head[type]; at != SHM_NIL && node_of(seg, at)->key < key;
         at = seg->nodes[at].next) {
        shm_insist(seen++ < seg->geometry.slots);
        before = at;
    }
    return before;
}

/* No read-modify-write: the lock makes this process the only writer, and readers only need a whole number. */
static void add(_Atomic uint32_t *counter, uint32_t by)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + by, memory_order_relaxed);
}

static void ready_insert(struct shm_segment *seg, uint32_t slot, uint8_t type, uint64_t key)
{
    struct shm_derived *derived = seg->derived;
    struct shm_node *node = node_of(seg, slot);
    uint32_t before = ready_before(seg, type, key);

    add(&derived->ready[type], 1);
    node->key = key;
    node->prev = before;
    node->next = before == SHM_NIL ? derived->ready_head[type] : node_of(seg, before)->next;
    if (node->next == SHM_NIL)
        derived->ready_tail[type] = slot;
    else
        node_of(seg, node->next)->prev = slot;
    if (before == SHM_NIL)
        derived->ready_head[type] = slot;
    else
        node_of(seg, before)->next = slot;
}

static void ready_remove(struct shm_segment *seg, uint32_t slot, uint8_t type)
{
    struct shm_derived *derived = seg->derived;
    const struct shm_node *node = node_of(seg, slot);

    add(&derived->ready[type], UINT32_MAX);
    if (node->prev == SHM_NIL)
        derived->ready_head[type] = node->next;
    else
        node_of(seg, node->prev)->next = node->next;
    if (node->next == SHM_NIL)
        derived->ready_tail[type] = node->prev;
    else
        node_of(seg, node->next)->prev = node->prev;
}

/* --- final heap; also the sorter of a rebuild --- */

static bool heap_less(const struct shm_segment *seg, uint32_t a, uint32_t b)
{
    const struct shm_node *left = node_of(seg, a);
    const struct shm_node *right = node_of(seg, b);

    return left->key != right->key ? left->key < right->key : a < b;
}

static void heap_put(struct shm_segment *seg, uint32_t at, uint32_t slot)
{
    seg->finals[at] = slot;
    node_of(seg, slot)->prev = at;
}

static void heap_up(struct shm_segment *seg, uint32_t at, uint32_t slot)
{
    while (at > 0 && heap_less(seg, slot, seg->finals[(at - 1) / 2])) {
        heap_put(seg, at, seg->finals[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    heap_put(seg, at, slot);
}

static void heap_down(struct shm_segment *seg, uint32_t at, uint32_t slot)
{
    uint32_t count = seg->derived->final_count;

    for (uint32_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && heap_less(seg, seg->finals[child + 1], seg->finals[child]))
            child++;
        if (!heap_less(seg, seg->finals[child], slot))
            break;
        heap_put(seg, at, seg->finals[child]);
        at = child;
    }
    heap_put(seg, at, slot);
}

static void heap_insert(struct shm_segment *seg, uint32_t slot, uint64_t key)
{
    shm_insist(seg->derived->final_count < seg->geometry.slots);
    node_of(seg, slot)->key = key;
    seg->derived->final_count++;
    heap_up(seg, seg->derived->final_count - 1, slot);
}

static void heap_remove(struct shm_segment *seg, uint32_t slot)
{
    uint32_t at = node_of(seg, slot)->prev;

    shm_insist(seg->derived->final_count - 1 < seg->geometry.slots);
    shm_insist(at < seg->derived->final_count && seg->finals[at] == slot);
    uint32_t last = seg->finals[--seg->derived->final_count];
    if (last == slot)
        return;
    if (at > 0 && heap_less(seg, last, seg->finals[(at - 1) / 2]))
        heap_up(seg, at, last);
    else
        heap_down(seg, at, last);
}

/* --- by state --- */

static void count(struct shm_segment *seg, const struct shm_task *head, uint32_t by)
{
    add(&seg->derived->by_state[head->state], by);
    if (head->state == TASK_READY || head->state == TASK_CLAIMED || head->state == TASK_RUNNING)
        add(&seg->derived->live[head->type], by);
}

void queue_enter(struct shm_segment *seg, uint32_t slot, const struct shm_task *head)
{
    shm_insist(head->state < TASK_STATES && head->type < SHM_MAX_TYPES);
    if (head->state == TASK_FREE)
        free_push(seg, slot);
    else if (head->state == TASK_READY)
        ready_insert(seg, slot, head->type, head->order);
    else if (head->state == TASK_CLAIMED || head->state == TASK_RUNNING)
        seg->derived->claimed[head->type]++;
    else if (head->state != TASK_RESERVED)
        heap_insert(seg, slot, queue_final_key(head->done_ms));
    count(seg, head, 1);
}

void queue_leave(struct shm_segment *seg, uint32_t slot, const struct shm_task *head)
{
    shm_insist(head->state < TASK_STATES && head->type < SHM_MAX_TYPES);
    if (head->state == TASK_FREE)
        free_pop(seg, slot);
    else if (head->state == TASK_READY)
        ready_remove(seg, slot, head->type);
    else if (head->state == TASK_CLAIMED || head->state == TASK_RUNNING)
        seg->derived->claimed[head->type]--;
    else if (head->state != TASK_RESERVED)
        heap_remove(seg, slot);
    count(seg, head, UINT32_MAX);
}

void queue_clear(struct shm_segment *seg)
{
    struct shm_derived *derived = seg->derived;

    derived->free_count = 0;
    derived->final_count = 0;
    derived->next_order = 1;
    for (size_t type = 0; type < SHM_MAX_TYPES; type++) {
        derived->ready_head[type] = SHM_NIL;
        derived->ready_tail[type] = SHM_NIL;
        derived->claimed[type] = 0;
        atomic_store_explicit(&derived->live[type], 0, memory_order_relaxed);
        atomic_store_explicit(&derived->ready[type], 0, memory_order_relaxed);
    }
    for (size_t state = 0; state < TASK_STATES; state++)
        atomic_store_explicit(&derived->by_state[state], 0, memory_order_relaxed);
}

uint32_t queue_spare(const struct shm_segment *seg)
{
    const struct shm_derived *derived = seg->derived;
    uint32_t slot = SHM_NIL;

    shm_insist(derived->free_count <= seg->geometry.slots && derived->final_count <= seg->geometry.slots);
    if (derived->free_count > 0)
        slot = seg->free_stack[derived->free_count - 1];
    else if (derived->final_count > 0)
        slot = seg->finals[0];
    shm_insist(slot == SHM_NIL || slot < seg->geometry.slots);
    return slot;
}

uint32_t queue_claimable(const struct shm_segment *seg)
{
    const struct shm_derived *derived = seg->derived;
    uint32_t best = SHM_NIL;

    for (uint32_t type = 0; type < seg->geometry.types; type++) {
        uint16_t limit = seg->geometry.type_limit[type];
        uint32_t head = derived->ready_head[type];
        if (head == SHM_NIL || (limit != 0 && derived->claimed[type] >= limit))
            continue;
        if (best == SHM_NIL || node_of(seg, head)->key < node_of(seg, best)->key)
            best = head;
    }
    shm_insist(best == SHM_NIL || best < seg->geometry.slots);
    return best;
}

void queue_gather(struct shm_segment *seg, uint32_t slot, const struct shm_task *head)
{
    heap_insert(seg, slot, head->order);
}

void queue_enter_gathered(struct shm_segment *seg)
{
    struct shm_task head;

    while (seg->derived->final_count > 0) {
        uint32_t slot = seg->finals[0];
        heap_remove(seg, slot);
        slot_head(&seg->slots[slot], &head);
        queue_enter(seg, slot, &head);
    }
}
