/* What the actors of the crowd do. */
#include "tests/prove/actors.h"
#include "base/clock.h"

#include "shm/watch.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define RECENT       300 /* polls and cancels look at this many last numbers */
#define MAX_ATTEMPTS 3

/* --- ledger --- */

struct ledger *ledger_new(void)
{
    struct ledger *ledger = mmap(NULL, sizeof *ledger, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    shm_insist(ledger != MAP_FAILED);
    atomic_store(&ledger->next_number, 1);
    return ledger;
}

void ledger_free(struct ledger **ledger)
{
    (void)munmap(*ledger, sizeof **ledger);
    *ledger = NULL;
}

void ledger_accuse(struct ledger *ledger, const char *format, ...)
{
    va_list args;

    if (atomic_fetch_add(&ledger->violations, 1) != 0)
        return;
    va_start(args, format);
    (void)vsnprintf(ledger->why, sizeof ledger->why, format, args);
    va_end(args);
}

static struct ledger_entry *entry_of(struct ledger *ledger, uint32_t number)
{
    return &ledger->entry[number % LEDGER_ENTRIES];
}

/* The next number whose entry is free: that of an accepted task which has not ended is left for the audit. */
static struct ledger_entry *entry_open(struct ledger *ledger, uint32_t *number)
{
    struct ledger_entry *entry;

    do {
        *number = atomic_fetch_add(&ledger->next_number, 1);
        entry = entry_of(ledger, *number);
    } while (atomic_load(&entry->acked) != 0 && atomic_load(&entry->finishing) == 0);
    atomic_store(&entry->acked, 0);
    atomic_store(&entry->finishing, 0);
    atomic_store(&entry->finals, 0);
    atomic_store(&entry->owner, 0);
    atomic_store(&entry->number, *number);
    return entry;
}

static uint64_t owner_word(struct proc_ref who)
{
    return (uint64_t)who.slot << 32 | who.generation;
}

/* --- chance, ids, contents --- */

uint32_t actor_random(struct actor *actor, uint32_t below)
{
    actor->rng = actor->rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(actor->rng >> 33) % below;
}

static void make_id(uint32_t number, uint8_t id[16])
{
    uint64_t half[2] = {(number + UINT64_C(1)) * UINT64_C(0x9e3779b97f4a7c15), number};

    memcpy(id, half, 16);
}

static uint32_t number_of(const uint8_t id[16])
{
    uint64_t half[2];

    memcpy(half, id, 16);
    return (uint32_t)half[1];
}

static char letter_of(uint32_t number, uint8_t progress)
{
    return (char)('a' + (number + progress) % 26);
}

static uint16_t length_of(uint32_t number, uint8_t progress)
{
    return (uint16_t)(1 + (number * 7 + progress * 13u) % 300);
}

/* Every part says which task and which progress it belongs to. */
static void dress(struct shm_task *task, uint8_t progress)
{
    uint32_t number = number_of(task->id);

    task->progress = progress;
    task->touched_ms = (int64_t)number * 1000 + progress;
    task->text_len = length_of(number, progress);
    memset(task->text, letter_of(number, progress), task->text_len);
    task->ahead = number ^ progress;
    task->cause = (number + progress) % TASK_CAUSES;
    task->cause_code = (uint16_t)(number + 3u * progress);
    task->max_attempts = (uint8_t)(number + 5u * progress);
    task->counted = (number + progress) % (1u << TASK_COUNTERS);
    for (unsigned i = 0; i < TASK_COUNTERS; i++)
        task->count[i] = (uint64_t)number * 1000 + progress + i;
    (void)snprintf(task->step, sizeof task->step, "task %u at %u", number, progress);
    (void)snprintf(task->error, sizeof task->error, "%u%%: %u", progress, number);
}

static bool text_whole(const char *text, uint16_t length, uint32_t number, uint8_t progress)
{
    if (length != length_of(number, progress))
        return false;
    for (uint16_t i = 0; i < length; i++)
        if (text[i] != letter_of(number, progress))
            return false;
    return true;
}

static bool task_whole(const struct shm_task *task)
{
    struct shm_task model = *task;

    if (task->state == TASK_RESERVED)
        return task->text_len == 0 && task->counted == 0;
    dress(&model, task->progress);
    return memcmp(task, &model, offsetof(struct shm_task, step)) == 0 && strcmp(task->step, model.step) == 0 &&
           strcmp(task->error, model.error) == 0 &&
           text_whole(task->text, task->text_len, number_of(task->id), task->progress);
}

/* --- results --- */

/* True when the operation was done. A refusal the caller foresees is not a violation; a time-out is counted. */
static bool done(struct actor *actor, const char *what, int result, int foreseen, int also)
{
    atomic_fetch_add_explicit(&actor->ledger->operations, 1, memory_order_relaxed);
    if (result == -ETIMEDOUT)
        atomic_fetch_add(&actor->ledger->timeouts, 1);
    else if (result != 0 && result != foreseen && result != also)
        ledger_accuse(actor->ledger, "%s says %s", what, strerror(-result));
    return result == 0;
}

static bool take_copy(struct actor *actor, struct shm_handle handle, struct shm_task *task, uint64_t *version)
{
    if (!done(actor, "read", shm_table_read(actor->seg, handle, task, version), -ESRCH, -ESRCH))
        return false;
    if (!task_whole(task))
        ledger_accuse(actor->ledger, "task %u is torn", number_of(task->id));
    return true;
}

/* --- worker --- */

static void submit(struct actor *actor)
{
    struct ledger *ledger = actor->ledger;
    uint32_t number;
    struct ledger_entry *entry = entry_open(ledger, &number);
    struct shm_handle handle;
    struct shm_task task;
    uint64_t version;
    uint8_t id[16];

    make_id(number, id);
    if (!done(actor, "reserve", shm_table_reserve(actor->seg, actor->me, id, (uint8_t)(number % ACTOR_TYPES), &handle),
              -ENOSPC, -ENOSPC))
        return;
    if (!take_copy(actor, handle, &task, &version)) {
        ledger_accuse(ledger, "reserved task %u is gone", number);
        return;
    }
    task.state = actor_random(actor, 16) == 0 ? TASK_FREE : TASK_READY;
    dress(&task, 0);
    bool published = task.state == TASK_READY;
    int result;
    do
        result = shm_table_change(actor->seg, handle, version, &task);
    while (result == -ETIMEDOUT);
    if (done(actor, "publish", result, 0, 0) && published) {
        atomic_store(&entry->acked, 1);
        actor->last_number = number;
    }
}

static uint32_t recent_number(struct actor *actor)
{
    uint32_t next = atomic_load(&actor->ledger->next_number);
    uint32_t back = 1 + actor_random(actor, RECENT);

    return next > back ? next - back : 1;
}

/* Is the entry still about this number, accepted, and has nobody tried to end it? */
static bool must_be_there(struct ledger *ledger, uint32_t number)
{
    struct ledger_entry *entry = entry_of(ledger, number);
    bool must = atomic_load(&entry->acked) != 0 && atomic_load(&entry->finishing) == 0;

    return must && atomic_load(&entry->number) == number;
}

static bool poll_one(struct actor *actor, uint32_t number)
{
    struct shm_poll poll;
    uint8_t id[16];

    make_id(number, id);
    bool accepted = must_be_there(actor->ledger, number);
    int result = shm_table_poll(actor->seg, id, &poll);
    atomic_fetch_add_explicit(&actor->ledger->polls, 1, memory_order_relaxed);
    if (result == -ENOENT && accepted && must_be_there(actor->ledger, number))
        ledger_accuse(actor->ledger, "task %u was accepted and is lost", number);
    if (!done(actor, "poll", result, -ENOENT, -ENOENT))
        return false;
    if (!text_whole(poll.text, poll.text_len, number, poll.progress))
        ledger_accuse(actor->ledger, "poll of task %u is torn", number);
    return true;
}

/* End a task by one change; the ledger knows before and after. */
static bool end_task(struct actor *actor, struct shm_handle handle, uint64_t version, struct shm_task *task,
                     enum task_state state)
{
    struct ledger_entry *entry = entry_of(actor->ledger, number_of(task->id));

    task->state = (uint8_t)state;
    task->done_ms = clock_wall_ms();
    atomic_fetch_add(&entry->finishing, 1);
    int result = shm_table_change(actor->seg, handle, version, task);
    if (!done(actor, "end", result, -ESTALE, -ESRCH)) {
        atomic_fetch_sub(&entry->finishing, 1);
        return false;
    }
    if (atomic_fetch_add(&entry->finals, 1) != 0)
        ledger_accuse(actor->ledger, "task %u ended twice", number_of(task->id));
    return true;
}

/* As for a poll that waits: a death in between leaves a hint too many. */
static void hold_and_look(struct actor *actor, struct shm_handle handle)
{
    struct watch_view view;

    watch_set(actor->seg, handle.slot, actor->me.slot);
    (void)done(actor, "look", watch_look(actor->seg, handle, &view), -ESRCH, -EAGAIN);
    watch_clear(actor->seg, handle.slot, actor->me.slot);
}

static void cancel_one(struct actor *actor)
{
    struct shm_handle handle;
    struct shm_task task;
    uint64_t version;
    uint8_t id[16];

    make_id(recent_number(actor), id);
    if (!done(actor, "find", shm_table_find(actor->seg, id, &handle), -ENOENT, -ENOENT) ||
        !take_copy(actor, handle, &task, &version))
        return;
    hold_and_look(actor, handle);
    if (task.state == TASK_READY)
        (void)end_task(actor, handle, version, &task, TASK_CANCELLED);
    else
        (void)done(actor, "ask for cancellation", shm_table_ask_cancel(actor->seg, handle), -ESRCH, -ESRCH);
}

void actor_work(struct actor *actor)
{
    uint32_t dice = actor_random(actor, 10);

    if (dice < 4)
        submit(actor);
    else if (dice < 5)
        cancel_one(actor);
    else
        (void)poll_one(actor, recent_number(actor));
}

/* --- runner --- */

/* Read a task that I own; nobody may have taken it from me. */
static bool read_mine(struct actor *actor, struct shm_handle handle, struct shm_task *task, uint64_t *version)
{
    if (take_copy(actor, handle, task, version) && owner_word(task->owner) == owner_word(actor->me))
        return true;
    ledger_accuse(actor->ledger, "task in slot %u was taken from its living owner", handle.slot);
    return false;
}

/* Change a task of mine; only the cancel flag may come in between, so the second or third try succeeds. */
static bool change_mine(struct actor *actor, struct shm_handle handle, enum task_state state, uint8_t progress)
{
    struct shm_task task;
    uint64_t version;

    for (int try = 0; try < 1000; try++) {
        if (!read_mine(actor, handle, &task, &version))
            return false;
        task.attempt = (uint16_t)(task.attempt + (task.state == TASK_CLAIMED && state == TASK_RUNNING));
        task.state = (uint8_t)state;
        dress(&task, progress);
        if (done(actor, "change", shm_table_change(actor->seg, handle, version, &task), -ESTALE, -ESTALE))
            return true;
    }
    ledger_accuse(actor->ledger, "a task of mine cannot be changed");
    return false;
}

static void give_back(struct actor *actor, struct shm_handle handle, struct ledger_entry *entry)
{
    atomic_store(&entry->owner, 0);
    (void)change_mine(actor, handle, TASK_READY, 0);
}

static void finish(struct actor *actor, struct shm_handle handle, struct ledger_entry *entry)
{
    struct shm_task task;
    uint64_t version;

    atomic_store(&entry->owner, 0);
    for (int try = 0; try < 1000; try++) {
        if (!read_mine(actor, handle, &task, &version))
            return;
        bool cancelled = shm_table_cancel_asked(actor->seg, handle);
        dress(&task, 100);
        if (end_task(actor, handle, version, &task, cancelled ? TASK_CANCELLED : TASK_SUCCEEDED))
            return;
    }
    ledger_accuse(actor->ledger, "a task of mine cannot be ended");
}

static bool claim_one(struct actor *actor, struct shm_handle *handle, struct ledger_entry **entry)
{
    struct shm_task task;
    int result = shm_table_claim(actor->seg, actor->me, handle, &task);

    if (!done(actor, "claim", result, -EAGAIN, -EAGAIN)) {
        (void)usleep(100);
        return false;
    }
    *entry = entry_of(actor->ledger, number_of(task.id));
    uint64_t other = atomic_exchange(&(*entry)->owner, owner_word(actor->me));
    if (other != 0)
        ledger_accuse(actor->ledger, "task %u claimed by %llx belongs to %llx", number_of(task.id),
                      (unsigned long long)owner_word(actor->me), (unsigned long long)other);
    return true;
}

void actor_run(struct actor *actor)
{
    struct shm_handle handle;
    struct ledger_entry *entry;

    if (!claim_one(actor, &handle, &entry) || !change_mine(actor, handle, TASK_RUNNING, 1))
        return;
    for (uint32_t steps = actor_random(actor, 4), i = 0; i < steps; i++)
        if (!change_mine(actor, handle, TASK_RUNNING, (uint8_t)(2 + actor_random(actor, 97))))
            return;
    if (actor_random(actor, 10) == 0)
        give_back(actor, handle, entry);
    else
        finish(actor, handle, entry);
}

/* --- janitor --- */

struct settling {
    struct actor *actor;
    bool complete;
};

static int settle_change(struct actor *actor, struct shm_handle handle, uint64_t version, struct shm_task *task)
{
    struct ledger_entry *entry = entry_of(actor->ledger, number_of(task->id));

    if (task->state == TASK_RESERVED) {
        task->state = TASK_FREE;
        return shm_table_change(actor->seg, handle, version, task);
    }
    uint64_t dead = owner_word(task->owner);
    (void)atomic_compare_exchange_strong(&entry->owner, &dead, 0);
    dress(task, 0);
    if (task->attempt >= MAX_ATTEMPTS)
        return end_task(actor, handle, version, task, TASK_FAILED) ? 0 : -ESTALE;
    task->state = TASK_READY;
    return shm_table_change(actor->seg, handle, version, task);
}

static bool settle_one(const struct shm_task *seen, struct shm_handle handle, uint64_t version, void *ctx)
{
    struct settling *settling = ctx;
    struct shm_task task = *seen;

    if (seen->owner.generation == 0 || proctab_alive(settling->actor->seg, seen->owner))
        return true;
    int result = settle_change(settling->actor, handle, version, &task);
    settling->complete = settling->complete && result == 0; /* else the next round looks again */
    (void)done(settling->actor, "settle", result, -ESTALE, -ESRCH);
    return true;
}

/* Entries seen dead before the sweep own nothing after it. */
void actor_settle(struct actor *actor)
{
    struct settling settling = {.actor = actor, .complete = true};
    struct proc_ref dead[ACTOR_PROCS];
    struct proc_info info;
    uint32_t count = 0;

    for (uint32_t slot = 0; slot < ACTOR_PROCS && proctab_read(actor->seg, slot, &info); slot++)
        if (info.state == PROC_DEAD)
            dead[count++] = info.ref;
    shm_table_each(actor->seg, settle_one, &settling);
    for (uint32_t i = 0; settling.complete && i < count; i++)
        proctab_release(actor->seg, dead[i]);
    (void)usleep(200);
}

/* --- observer --- */

static bool edge(uint8_t from, uint8_t to)
{
    static const char *const edges[TASK_STATES] = {
        /*                  FREE, RESERVED, READY, CLAIMED, RUNNING, SUCCEEDED, FAILED, CANCELLED */
        [TASK_RESERVED] = "11100000", [TASK_READY] = "00110001",     [TASK_CLAIMED] = "00111010",
        [TASK_RUNNING] = "00101111",  [TASK_SUCCEEDED] = "00000000", [TASK_FAILED] = "00000000",
        [TASK_CANCELLED] = "00000000"};

    return edges[from] && edges[from][to] == '1';
}

/* In some number of steps: all unfinished states but RESERVED lead to each other and to the ends. */
static bool path(uint8_t from, uint8_t to)
{
    if (task_state_final((enum task_state)from))
        return false;
    return from == TASK_RESERVED || to != TASK_RESERVED;
}

static bool sight_same(const struct sight *a, const struct sight *b)
{
    return a->version == b->version && a->generation == b->generation && a->order == b->order &&
           a->attempt == b->attempt && a->state == b->state && a->type == b->type &&
           memcmp(a->id, b->id, sizeof a->id) == 0;
}

static void compare_sights(struct actor *actor, uint32_t slot, const struct sight *old, const struct sight *new)
{
    struct ledger *ledger = actor->ledger;

    if (new->version < old->version || new->generation < old->generation)
        ledger_accuse(ledger, "slot %u went back from version %llu to %llu", slot, (unsigned long long)old->version,
                      (unsigned long long)new->version);
    if (new->version == old->version && !sight_same(new, old))
        ledger_accuse(ledger, "slot %u changed within version %llu", slot, (unsigned long long)old->version);
    if (new->generation != old->generation || new->version == old->version)
        return;
    if (memcmp(new->id, old->id, sizeof new->id) != 0 || new->type != old->type || new->attempt < old->attempt ||
        (old->order != 0 && new->order != old->order))
        ledger_accuse(ledger, "slot %u is another task in the same generation", slot);
    bool allowed = new->version == old->version + 1 ? edge(old->state, new->state) : path(old->state, new->state);
    /* Setting the cancel flag keeps the state. */
    if (!allowed && !(new->state == old->state && !task_state_final((enum task_state)old->state)))
        ledger_accuse(ledger, "slot %u went from %s to %s in %llu versions", slot,
                      task_state_name((enum task_state)old->state), task_state_name((enum task_state) new->state),
                      (unsigned long long)(new->version - old->version));
}

static bool observe_one(const struct shm_task *task, struct shm_handle handle, uint64_t version, void *ctx)
{
    struct actor *actor = ctx;
    struct sight *last = &actor->sight[handle.slot];
    struct sight now = {.version = version,
                        .generation = task->generation,
                        .order = task->order,
                        .attempt = task->attempt,
                        .state = task->state,
                        .type = task->type};

    memcpy(now.id, task->id, sizeof now.id);
    if (!task_whole(task))
        ledger_accuse(actor->ledger, "slot %u is torn", handle.slot);
    if (last->version != 0)
        compare_sights(actor, handle.slot, last, &now);
    *last = now;
    return true;
}

void actor_observe(struct actor *actor)
{
    shm_table_each(actor->seg, observe_one, actor);
    atomic_fetch_add_explicit(&actor->ledger->operations, 1, memory_order_relaxed);
}

/* --- meter --- */

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void raise_to(_Atomic uint64_t *longest, uint64_t value)
{
    uint64_t old = atomic_load(longest);

    while (value > old && !atomic_compare_exchange_weak(longest, &old, value)) {
    }
}

void actor_meter(struct actor *actor)
{
    uint32_t number = recent_number(actor);
    uint64_t wall = clock_ns(CLOCK_MONOTONIC);
    uint64_t cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);

    if (!poll_one(actor, number))
        return;
    cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
    wall = clock_ns(CLOCK_MONOTONIC) - wall;
    raise_to(&actor->ledger->longest_hit_ns, wall);
    raise_to(&actor->ledger->longest_hit_cpu_ns, cpu);
}

/* --- audit --- */

void ledger_audit(struct ledger *ledger, struct shm_segment *seg)
{
    uint32_t counted[TASK_STATES];

    shm_table_count(seg, counted);
    if (counted[TASK_RESERVED] + counted[TASK_READY] + counted[TASK_CLAIMED] + counted[TASK_RUNNING] != 0)
        ledger_accuse(ledger, "at rest: %u reserved, %u ready, %u claimed, %u running", counted[TASK_RESERVED],
                      counted[TASK_READY], counted[TASK_CLAIMED], counted[TASK_RUNNING]);
    for (uint32_t i = 0; i < LEDGER_ENTRIES; i++) {
        const struct ledger_entry *entry = &ledger->entry[i];
        if (atomic_load(&entry->acked) != 0 && atomic_load(&entry->finishing) == 0)
            ledger_accuse(ledger, "at rest: task %u was accepted and never ended", atomic_load(&entry->number));
        if (atomic_load(&entry->finals) > 1)
            ledger_accuse(ledger, "at rest: task %u ended twice", atomic_load(&entry->number));
    }
}
