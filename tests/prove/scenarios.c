/* The operations of shm/ in states worth interrupting. */
#include "tests/prove/world.h"

#include "shm/watch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEXT_BYTES 37 /* not a multiple of a word */

static void insist_ok(int result)
{
    shm_insist(result == 0);
}

static uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

void world_id(const struct world *world, unsigned number, uint8_t id[16])
{
    uint64_t half[2] = {mix(world->seed * 64 + number), mix(world->seed * 64 + number + 32)};

    memcpy(id, half, sizeof half);
}

void world_init(struct world *world, uint64_t seed)
{
    const struct shm_geometry geometry = {
        .slots = WORLD_SLOTS, .procs = WORLD_PROCS, .types = 2, .type_limit = {0, 1}, .counters = 2};

    memset(world, 0, sizeof *world);
    world->seed = seed;
    insist_ok(shm_segment_new(&geometry, &world->seg));
    insist_ok(proctab_assign(world->seg, PROC_WORKER, 0, &world->me));
    insist_ok(proctab_assign(world->seg, PROC_RUNNER, 1, &world->child));
}

/* --- building a population --- */

static struct shm_handle reserve(struct world *world, unsigned number, uint8_t type)
{
    struct shm_handle handle;
    uint8_t id[16];

    world_id(world, number, id);
    insist_ok(shm_table_reserve(world->seg, world->me, id, type, &handle));
    return handle;
}

/* Every part of the task says what state it is in: a mixture of two versions is seen wherever it is torn. */
static void dress(struct shm_task *task, enum task_state state, unsigned variant)
{
    task->state = (uint8_t)state;
    task->progress = (uint8_t)((unsigned)state * 10 + variant);
    task->touched_ms = 1000 * (int64_t)state + variant;
    task->done_ms = task_state_final(state) ? 5000 + variant : 0;
    task->attempt = (uint16_t)(state + variant);
    task->ahead = 100 * (uint32_t)state + variant;
    task->cause = (uint8_t)((unsigned)state * 3 + variant) % TASK_CAUSES;
    task->cause_code = (uint16_t)(300 * (unsigned)state + variant);
    task->max_attempts = (uint8_t)(20 * (unsigned)state + variant);
    task->counted = (uint8_t)((unsigned)state * 8 + variant) % (1u << TASK_COUNTERS);
    for (unsigned i = 0; i < TASK_COUNTERS; i++)
        task->count[i] = 1000000 * (uint64_t)i + 1000 * (uint64_t)state + variant;
    (void)snprintf(task->step, sizeof task->step, "step of %s, number %u", task_state_name(state), variant);
    (void)snprintf(task->error, sizeof task->error, "error of %s %u", task_state_name(state), variant);
    task->text_len = (uint16_t)(TEXT_BYTES + (unsigned)state + variant);
    memset(task->text, (char)('A' + state + variant * 8), task->text_len);
}

bool world_whole(uint8_t state, uint8_t progress, const char *text, uint16_t text_len)
{
    static struct shm_task model;

    if (state >= TASK_STATES || progress < state * 10 || progress >= state * 10 + 10)
        return false;
    dress(&model, (enum task_state)state, progress - state * 10u);
    return text_len == model.text_len && memcmp(text, model.text, text_len) == 0;
}

bool world_task_whole(const struct shm_task *task)
{
    struct shm_task model = *task;

    if (!world_whole(task->state, task->progress, task->text, task->text_len))
        return false;
    dress(&model, (enum task_state)task->state, task->progress - task->state * 10u);
    return memcmp(task, &model, offsetof(struct shm_task, step)) == 0 && strcmp(task->step, model.step) == 0 &&
           strcmp(task->error, model.error) == 0;
}

void world_prepare(struct world *world, struct shm_handle handle, enum task_state state, unsigned variant)
{
    insist_ok(shm_table_read(world->seg, handle, &world->next, &world->expect));
    dress(&world->next, state, variant);
    world->next.owner = world->me;
    world->handle = handle;
}

static void move(struct world *world, struct shm_handle handle, enum task_state state, unsigned variant)
{
    world_prepare(world, handle, state, variant);
    insist_ok(shm_table_change(world->seg, handle, world->expect, &world->next));
}

static struct shm_handle ready(struct world *world, unsigned number, uint8_t type)
{
    struct shm_handle handle = reserve(world, number, type);

    move(world, handle, TASK_READY, number);
    return handle;
}

static struct shm_handle final(struct world *world, unsigned number)
{
    struct shm_handle handle = reserve(world, number, 0);

    move(world, handle, TASK_SUCCEEDED, number);
    return handle;
}

static struct shm_handle claimed(struct world *world)
{
    struct shm_handle handle;

    insist_ok(shm_table_claim(world->seg, world->me, &handle, &world->out));
    return handle;
}

/* Two final, one reserved, one running, three ready of two types; one slot free. */
struct shm_handle world_populate(struct world *world)
{
    struct shm_handle running;

    (void) final(world, 1);
    (void) final(world, 2);
    (void)reserve(world, 3, 1);
    (void)ready(world, 4, 0);
    (void)ready(world, 5, 1);
    (void)ready(world, 6, 0);
    (void)ready(world, 7, 1);
    running = claimed(world);
    move(world, running, TASK_RUNNING, 3);
    return running;
}

static struct shm_handle handle_of(struct world *world, unsigned number)
{
    struct shm_handle handle;
    uint8_t id[16];

    world_id(world, number, id);
    insist_ok(shm_table_find(world->seg, id, &handle));
    return handle;
}

/* --- reserve --- */

static void set_reserve(struct world *world)
{
    (void)world_populate(world);
    world_id(world, 10, world->id);
}

static void set_reserve_evict(struct world *world)
{
    set_reserve(world);
    (void)reserve(world, 9, 0); /* the last free one */
}

static void set_reserve_twice(struct world *world)
{
    (void)world_populate(world);
    world_id(world, 3, world->id); /* reserved by somebody */
    world->expect_result = -EEXIST;
}

static void set_reserve_full(struct world *world)
{
    for (unsigned i = 1; i <= WORLD_SLOTS; i++)
        (void)ready(world, i, 0);
    world_id(world, 10, world->id);
    world->expect_result = -ENOSPC;
}

static void do_reserve(struct world *world)
{
    world->result = shm_table_reserve(world->seg, world->me, world->id, 0, &world->handle);
}

/* --- change --- */

static void do_change(struct world *world)
{
    world->result = shm_table_change(world->seg, world->handle, world->expect, &world->next);
}

static void set_publish(struct world *world)
{
    (void)world_populate(world);
    world_prepare(world, reserve(world, 9, 0), TASK_READY, 4);
}

static void set_release(struct world *world)
{
    (void)world_populate(world);
    world_prepare(world, reserve(world, 9, 0), TASK_FREE, 4);
}

static void set_start(struct world *world)
{
    (void)world_populate(world);
    world_prepare(world, claimed(world), TASK_RUNNING, 5);
}

static void set_progress(struct world *world)
{
    world_prepare(world, world_populate(world), TASK_RUNNING, 7);
}
static void set_finish(struct world *world)
{
    world_prepare(world, world_populate(world), TASK_SUCCEEDED, 0);
}
static void set_fail(struct world *world)
{
    world_prepare(world, world_populate(world), TASK_FAILED, 6);
}
static void set_requeue(struct world *world)
{
    world_prepare(world, world_populate(world), TASK_READY, 6);
}

static void set_cancel_ready(struct world *world)
{
    (void)world_populate(world);
    world_prepare(world, handle_of(world, 5), TASK_CANCELLED, 1);
}

static void set_drop_final(struct world *world)
{
    (void)world_populate(world);
    world_prepare(world, handle_of(world, 1), TASK_FREE, 0);
}

/* The whole table in the index, so that taking one out shifts others. */
static void set_drop_shift(struct world *world)
{
    for (unsigned i = 1; i <= WORLD_SLOTS; i++)
        (void)ready(world, i, 0);
    world_prepare(world, handle_of(world, 4), TASK_FREE, 0);
}

static void set_stale(struct world *world)
{
    struct shm_handle running = world_populate(world);

    world_prepare(world, running, TASK_SUCCEEDED, 0);
    insist_ok(shm_table_ask_cancel(world->seg, running));
    world->expect_result = -ESTALE;
}

/* --- claim, cancel flag, lookup --- */

static void set_claim(struct world *world)
{
    (void)world_populate(world);
}

/* The oldest READY task is of a type at its limit. */
static void set_claim_limit(struct world *world)
{
    (void)ready(world, 1, 1);
    (void)ready(world, 2, 1);
    (void)ready(world, 3, 0);
    (void)claimed(world);
}

static void set_claim_none(struct world *world)
{
    (void) final(world, 1);
    world->expect_result = -EAGAIN;
}

static void do_claim(struct world *world)
{
    world->result = shm_table_claim(world->seg, world->me, &world->handle, &world->out);
}

static void set_ask_cancel(struct world *world)
{
    world->handle = world_populate(world);
}
static void do_ask_cancel(struct world *world)
{
    world->result = shm_table_ask_cancel(world->seg, world->handle);
}

static void set_find_miss(struct world *world)
{
    set_reserve(world);
    world->expect_result = -ENOENT;
}

static void do_find(struct world *world)
{
    world->result = shm_table_find(world->seg, world->id, &world->handle);
}

/* --- repair --- */

static void scramble(struct world *world)
{
    struct shm_segment *seg = world->seg;
    char *from = (char *)seg->derived;

    for (char *at = from; at < (char *)seg->slots; at++)
        *at = (char)mix(world->seed + (uint64_t)(at - from));
}

/* A process dies with the lock held. */
static void die_holding(struct world *world, void (*damage)(struct world *world))
{
    pid_t child = fork();
    int status;

    shm_insist(child >= 0);
    if (child == 0) {
        insist_ok(shm_lock(world->seg));
        damage(world);
        (void)kill(getpid(), SIGKILL);
    }
    shm_insist(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void set_repair(struct world *world)
{
    (void)world_populate(world);
    die_holding(world, scramble);
}

static void set_repair_full(struct world *world)
{
    for (unsigned i = 1; i <= WORLD_SLOTS; i++)
        (void)(i % 2 == 0 ? ready(world, i, 0) : final(world, i));
    die_holding(world, scramble);
}

static void set_repair_then_change(struct world *world)
{
    world_prepare(world, world_populate(world), TASK_SUCCEEDED, 0);
    die_holding(world, scramble);
}

static void spoil_slot(struct world *world)
{
    struct shm_slot *slot = &world->seg->slots[0];

    atomic_store(&slot->head[atomic_load(&slot->version) & 1][SHM_WORD_OF(state)], UINT64_C(0x636363636363));
}

static void set_refuse(struct world *world)
{
    (void)world_populate(world);
    die_holding(world, spoil_slot);
    world->expect_result = -ENOTRECOVERABLE;
}

static void do_lock(struct world *world)
{
    world->result = shm_lock(world->seg);
    if (world->result == 0)
        shm_unlock(world->seg);
}

/* --- process table --- */

static void set_assign(struct world *world)
{
    proctab_dead(world->seg, world->child, 9);
    proctab_release(world->seg, world->child);
}

static void do_assign(struct world *world)
{
    struct proc_ref who;

    world->result = proctab_assign(world->seg, PROC_RUNNER, 1, &who);
}

static void set_process(struct world *world)
{
    (void)world;
}

static void do_set_pid(struct world *world)
{
    proctab_set_pid(world->seg, world->child, 77);
}
static void do_active(struct world *world)
{
    proctab_active(world->seg, world->child);
}
static void do_stopping(struct world *world)
{
    proctab_stopping(world->seg, world->child);
}
static void do_dead(struct world *world)
{
    proctab_dead(world->seg, world->child, 0x0b);
}
static void set_dead(struct world *world)
{
    proctab_dead(world->seg, world->child, 0x0b);
}
static void do_release(struct world *world)
{
    proctab_release(world->seg, world->child);
}
static void do_request_kill(struct world *world)
{
    proctab_request_kill(world->seg, world->child, SIGTERM);
}

/* --- watch words --- */

static void set_watch(struct world *world)
{
    world->handle = world_populate(world);
}
static void do_watch(struct world *world)
{
    watch_set(world->seg, world->handle.slot, world->me.slot);
}
static void set_unwatch(struct world *world)
{
    set_watch(world);
    do_watch(world);
}
static void do_unwatch(struct world *world)
{
    watch_clear(world->seg, world->handle.slot, world->me.slot);
}

const struct scenario scenarios[] = {
    {"reserve a free slot", 0, set_reserve, do_reserve},
    {"reserve by evicting", 0, set_reserve_evict, do_reserve},
    {"reserve a used id", 0, set_reserve_twice, do_reserve},
    {"reserve when full", 0, set_reserve_full, do_reserve},
    {"publish as ready", 0, set_publish, do_change},
    {"release a reserved slot", 0, set_release, do_change},
    {"claim", 0, set_claim, do_claim},
    {"claim past a limit", 0, set_claim_limit, do_claim},
    {"claim, nothing ready", 0, set_claim_none, do_claim},
    {"start", 0, set_start, do_change},
    {"progress", 0, set_progress, do_change},
    {"finish", 0, set_finish, do_change},
    {"fail", 0, set_fail, do_change},
    {"requeue", 0, set_requeue, do_change},
    {"cancel a ready task", 0, set_cancel_ready, do_change},
    {"drop a final task", 0, set_drop_final, do_change},
    {"drop, index shifts", 0, set_drop_shift, do_change},
    {"change, stale version", 0, set_stale, do_change},
    {"ask for cancellation", 0, set_ask_cancel, do_ask_cancel},
    {"find, confirmed miss", 0, set_find_miss, do_find},
    {"watch a slot", HINTS, set_watch, do_watch},
    {"watch it no longer", HINTS, set_unwatch, do_unwatch},
    {"repair", STARTS_TORN, set_repair, do_lock},
    {"repair a full table", STARTS_TORN, set_repair_full, do_lock},
    {"repair, then finish", STARTS_TORN, set_repair_then_change, do_change},
    {"repair refused", STARTS_TORN | ENDS_LOST, set_refuse, do_lock},
    {"process: assign", PROCESS_TABLE, set_assign, do_assign},
    {"process: set pid", PROCESS_TABLE, set_process, do_set_pid},
    {"process: active", PROCESS_TABLE, set_process, do_active},
    {"process: stopping", PROCESS_TABLE, set_process, do_stopping},
    {"process: dead", PROCESS_TABLE, set_process, do_dead},
    {"process: release", PROCESS_TABLE, set_dead, do_release},
    {"process: ask to kill", PROCESS_TABLE, set_process, do_request_kill},
};

const unsigned scenario_count = sizeof scenarios / sizeof scenarios[0];
