/* After a death: what does another process find? */
#include "tests/prove/stepper.h"
#include "tests/prove/world.h"

#include "shm/index.h"
#include "shm/slot.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define JUDGE_SECONDS 20 /* a reader that waits for a dead writer waits for ever */

static char *sentence;
static size_t sentence_size;

__attribute__((format(printf, 1, 2))) static _Noreturn void violation(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(sentence, sentence_size, format, args);
    va_end(args);
    _exit(JUDGED_VIOLATION);
}

/* --- images --- */

static bool keep_task(const struct shm_task *task, struct shm_handle handle, uint64_t version, void *ctx)
{
    struct image *image = ctx;

    (void)version;
    image->task[handle.slot] = *task;
    return true;
}

void image_take(struct shm_segment *seg, struct image *image)
{
    memset(image, 0, sizeof *image);
    shm_table_each(seg, keep_task, image);
    for (uint32_t slot = 0; slot < WORLD_PROCS; slot++)
        shm_insist(proctab_read(seg, slot, &image->proc[slot]));
}

static bool task_same(const struct shm_task *a, const struct shm_task *b)
{
    if (a->state == TASK_FREE || b->state == TASK_FREE)
        return a->state == b->state;
    return memcmp(a, b, offsetof(struct shm_task, step)) == 0 && strcmp(a->step, b->step) == 0 &&
           strcmp(a->error, b->error) == 0 && a->text_len <= TASK_TEXT_MAX &&
           memcmp(a->text, b->text, a->text_len) == 0;
}

/* Fields that say nothing in a state do not count: none of a FREE entry, the status of one that is not DEAD. The
 * start time is left out: it differs from run to run. */
static bool proc_same(const struct proc_info *a, const struct proc_info *b)
{
    if (a->state != b->state || a->ref.generation != b->ref.generation)
        return false;
    if (a->state == PROC_FREE)
        return true;
    return a->kind == b->kind && a->index == b->index && a->pid == b->pid && a->stopped_cleanly == b->stopped_cleanly &&
           (a->state != PROC_DEAD || a->wait_status == b->wait_status);
}

bool image_same(const struct image *a, const struct image *b, bool processes, uint32_t *where)
{
    for (*where = 0; !processes && *where < WORLD_SLOTS; ++*where)
        if (!task_same(&a->task[*where], &b->task[*where]))
            return false;
    for (*where = 0; processes && *where < WORLD_PROCS; ++*where)
        if (!proc_same(&a->proc[*where], &b->proc[*where]))
            return false;
    return true;
}

/* --- what must hold before any recovery --- */

/* Whole old or whole new, seen without the lock. */
static int whole(struct world *world, struct image *seen, bool processes)
{
    uint32_t before_at, after_at;

    image_take(world->seg, seen);
    if (image_same(seen, &world->before, processes, &before_at))
        return JUDGED_BEFORE;
    if (image_same(seen, &world->after, processes, &after_at))
        return JUDGED_AFTER;
    violation("neither before nor after: slot %u differs from before, slot %u from after", before_at, after_at);
}

/* An index entry always leads to a slot that holds such an id: published before it is entered, taken out before it is
 * freed. */
static void index_order(const struct world *world)
{
    const struct shm_segment *seg = world->seg;
    struct shm_task head;

    for (uint32_t at = 0; at <= seg->index_mask; at++) {
        uint64_t entry = atomic_load(&seg->index[at]);
        if (entry == 0)
            continue;
        uint32_t slot = (uint32_t)entry - 1;
        if (slot >= WORLD_SLOTS)
            violation("index entry %u leads out of the table", at);
        slot_head(&seg->slots[slot], &head);
        if (head.state == TASK_FREE || index_hash(head.id) != entry >> 32)
            violation("index entry %u leads to slot %u (%s), which does not hold that id", at, slot,
                      task_state_name((enum task_state)head.state));
    }
}

/* --- what must hold after it --- */

static void sound(struct world *world, const char *when)
{
    char why[200] = "";

    if (!shm_table_check(world->seg, why, sizeof why))
        violation("%s: %s", when, why);
}

static void lock_works(struct world *world, const char *when)
{
    int result = shm_lock(world->seg);

    if (result != 0)
        violation("%s: the lock says %s", when, strerror(-result));
    shm_unlock(world->seg);
}

/* The first lock after the death. Returns whether it repaired. */
static bool recovery(struct world *world)
{
    uint64_t repaired = shm_lock_recoveries(world->seg);

    lock_works(world, "first lock after the death");
    repaired = shm_lock_recoveries(world->seg) - repaired;
    if (repaired > 1)
        violation("one lock made %llu repairs", (unsigned long long)repaired);
    return repaired == 1;
}

/* A second lock repairs nothing; a second rebuild makes the same bytes as the first. */
static void nothing_left_to_do(struct world *world, bool recovered)
{
    static char first[65536];
    const char *derived = (const char *)world->seg->derived;
    size_t size = (size_t)((const char *)world->seg->slots - derived);
    uint64_t repairs = shm_lock_recoveries(world->seg);

    lock_works(world, "second lock");
    if (shm_lock_recoveries(world->seg) != repairs)
        violation("the second lock found something to repair");
    if (!recovered)
        return;
    shm_insist(size <= sizeof first);
    memcpy(first, derived, size);
    shm_insist(shm_lock(world->seg) == 0);
    if (shm_table_rebuild(world->seg) != 0 || memcmp(first, derived, size) != 0)
        violation("a second rebuild differs from the first");
    shm_unlock(world->seg);
}

/* Every id answers as the image says. */
static void polls_agree(struct world *world, const struct image *image)
{
    for (unsigned number = 0; number < WORLD_IDS; number++) {
        const struct shm_task *task = NULL;
        struct shm_poll poll;
        uint8_t id[16];
        world_id(world, number, id);
        for (uint32_t slot = 0; slot < WORLD_SLOTS; slot++)
            if (image->task[slot].state > TASK_RESERVED && memcmp(image->task[slot].id, id, sizeof id) == 0)
                task = &image->task[slot];
        int result = shm_table_poll(world->seg, id, &poll);
        if (!task && result != -ENOENT)
            violation("poll of an id that is not there says %d", result);
        if (task && (result != 0 || poll.state != task->state || poll.text_len != task->text_len ||
                     memcmp(poll.text, task->text, task->text_len) != 0))
            violation("poll of id %u says %d", number, result);
    }
}

static void step_task(struct world *world, struct shm_handle handle, enum task_state state)
{
    struct shm_task task;
    uint64_t version;

    if (shm_table_read(world->seg, handle, &task, &version) != 0)
        violation("usable: a task of mine is gone");
    task.state = (uint8_t)state;
    task.owner = world->me;
    if (shm_table_change(world->seg, handle, version, &task) != 0)
        violation("usable: a task of mine cannot become %s", task_state_name(state));
}

/* Drain the ready queue, then run a new task from end to end. */
static void usable(struct world *world)
{
    struct shm_handle handle;
    uint8_t id[16];

    while (shm_table_claim(world->seg, world->me, &handle, &world->out) == 0)
        step_task(world, handle, TASK_SUCCEEDED);
    for (unsigned number = 20; number < WORLD_IDS; number++) {
        world_id(world, number, id);
        int result = shm_table_reserve(world->seg, world->me, id, 1, &handle);
        if (result == -ENOSPC)
            break;
        if (result != 0)
            violation("usable: reserve says %d", result);
        step_task(world, handle, TASK_READY);
        /* The limit of its type may be used up by a task that the population runs. */
        if (shm_table_claim(world->seg, world->me, &handle, &world->out) == 0)
            step_task(world, handle, TASK_RUNNING);
        step_task(world, handle, TASK_FAILED);
        step_task(world, handle, TASK_FREE);
    }
    sound(world, "after use");
}

/* --- beside a living writer that is stopped in the middle --- */

static const struct shm_task *by_id(const struct image *image, const uint8_t id[16])
{
    for (uint32_t slot = 0; slot < WORLD_SLOTS; slot++)
        if (image->task[slot].state > TASK_RESERVED && memcmp(image->task[slot].id, id, 16) == 0)
            return &image->task[slot];
    return NULL;
}

static bool answers(const struct shm_poll *poll, const struct shm_task *task)
{
    return task && poll->state == task->state && poll->text_len == task->text_len &&
           memcmp(poll->text, task->text, task->text_len) == 0;
}

/* A poll that cannot find its task asks for the lock, which the stopped process may hold: a time-out is an honest
 * answer. */
static void poll_beside(struct world *world, unsigned number)
{
    struct shm_poll poll;
    uint8_t id[16];

    world_id(world, number, id);
    const struct shm_task *before = by_id(&world->before, id);
    const struct shm_task *after = by_id(&world->after, id);
    int result = shm_table_poll(world->seg, id, &poll);
    if (result == 0 && !answers(&poll, before) && !answers(&poll, after))
        violation("beside a stopped writer: poll of id %u is neither old nor new", number);
    if (result == -ENOENT && before && after)
        violation("beside a stopped writer: poll does not find id %u", number);
    if (result != 0 && result != -ENOENT && result != -ETIMEDOUT)
        violation("beside a stopped writer: poll of id %u says %s", number, strerror(-result));
}

/* --- the three kinds of world --- */

static int judge_table(struct world *world, unsigned flags)
{
    struct image seen, again;
    uint32_t where;
    int verdict = whole(world, &seen, false);

    if ((flags & STARTS_TORN) == 0)
        index_order(world);
    bool recovered = recovery(world);
    image_take(world->seg, &again);
    if (!image_same(&seen, &again, false, &where))
        violation("recovery changed slot %u", where);
    sound(world, "after recovery");
    nothing_left_to_do(world, recovered);
    polls_agree(world, &seen);
    usable(world);
    return verdict + (recovered ? JUDGED_RECOVERED : 0);
}

static int judge_lost(struct world *world)
{
    struct image seen;
    int verdict = whole(world, &seen, false);

    for (int i = 0; i < 2; i++) {
        int result = shm_lock(world->seg);
        if (result != -ENOTRECOVERABLE)
            violation("lock %d of a lost segment says %d", i + 1, result);
    }
    return verdict;
}

static int judge_processes(struct world *world)
{
    struct image seen;
    struct proc_ref who, target;
    int verdict = whole(world, &seen, true);

    for (uint32_t slot = 0; slot < WORLD_PROCS; slot++) {
        int signal = proctab_take_kill(world->seg, slot, &target);
        if (signal != 0 && (signal != SIGTERM || target.generation != world->child.generation))
            violation("a kill request that nobody made: %d", signal);
        if (proctab_take_kill(world->seg, slot, &target) != 0)
            violation("a kill request taken twice");
    }
    if (proctab_assign(world->seg, PROC_WORKER, 3, &who) != 0)
        violation("usable: no entry can be assigned");
    proctab_active(world->seg, who);
    if (!proctab_alive(world->seg, who) || proctab_find(world->seg, PROC_WORKER, 3).slot != who.slot)
        violation("usable: a new entry does not live");
    sound(world, "after use");
    return verdict;
}

static void begin(char *why, size_t why_size)
{
    sentence = why;
    sentence_size = why_size;
    (void)snprintf(why, why_size, "the judge was killed, or waited more than %d s", JUDGE_SECONDS);
}

int judge(struct world *world, unsigned flags, char *why, size_t why_size)
{
    begin(why, why_size);
    if ((flags & PROCESS_TABLE) != 0)
        return judge_processes(world);
    if ((flags & ENDS_LOST) != 0)
        return judge_lost(world);
    return judge_table(world, flags);
}

int judge_living(struct world *world, unsigned flags, char *why, size_t why_size)
{
    struct image seen;

    begin(why, why_size);
    int verdict = whole(world, &seen, (flags & PROCESS_TABLE) != 0);
    if ((flags & (PROCESS_TABLE | ENDS_LOST)) != 0)
        return verdict;
    stepper_clock_shift_ms = -2 * (int64_t)SHM_LOCK_WAIT_MS;
    for (unsigned number = 0; number < WORLD_IDS; number++)
        poll_beside(world, number);
    stepper_clock_shift_ms = 0;
    return verdict;
}

/* --- the server --- */

static _Noreturn void serve(const struct judge_server *server, int request, int reply)
{
    char byte;

    while (read(request, &byte, 1) == 1) {
        (void)alarm(JUDGE_SECONDS);
        byte = (char)(byte == 'l' ? judge_living : judge)(server->world, server->flags, server->why, server->why_size);
        (void)alarm(0);
        if (write(reply, &byte, 1) != 1)
            break;
    }
    _exit(0);
}

static void judge_start(struct judge_server *server)
{
    int request[2], reply[2];

    shm_insist(pipe(request) == 0 && pipe(reply) == 0);
    server->pid = fork();
    shm_insist(server->pid >= 0);
    if (server->pid == 0) {
        (void)close(request[1]);
        (void)close(reply[0]);
        serve(server, request[0], reply[1]);
    }
    (void)close(request[0]);
    (void)close(reply[1]);
    server->request = request[1];
    server->reply = reply[0];
}

int judge_ask(struct judge_server *server, bool living)
{
    char verdict = 0;

    if (server->pid == 0)
        judge_start(server);
    if (write(server->request, living ? "l" : "d", 1) == 1 && read(server->reply, &verdict, 1) == 1)
        return verdict;
    judge_stop(server);
    return JUDGED_VIOLATION;
}

void judge_stop(struct judge_server *server)
{
    if (server->pid == 0)
        return;
    (void)close(server->request);
    (void)close(server->reply);
    shm_insist(waitpid(server->pid, NULL, 0) == server->pid);
    server->pid = 0;
}
