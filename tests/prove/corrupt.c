/* A stranger's write: every byte of a small segment is changed, and the processes that live on it go about their work.
 *
 *   corrupt [--quick] [--seed N]
 *
 * What may happen: nothing that anybody could notice (a byte that is not in use, a letter of a text: there is no
 * checksum); a process aborts and the repair mends it; the segment is refused as lost; the lock times out, which
 * callers answer with 503 and the master sees. What may not: a wild access, a reader or a lock user that hangs, a
 * segment on which one process after the other aborts. --quick takes every byte outside the texts and one in 61 of the
 * rest. */
#include "base/clock.h"
#include "tests/prove/world.h"

#include "shm/watch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIVES           4  /* as many processes may abort on one change before it counts as a crash loop */
#define SESSION_SECONDS 20 /* three lock time-outs and much room: the machine may be busy */
#define TEXT_STRIDE     61

enum outcome { UNNOTICED, MENDED, REFUSED, TIMED_OUT, HEADER, OUTCOMES };

static const char *const outcome_names[OUTCOMES] = {"no effect on the table", "mended by a repair", "refused as lost",
                                                    "lock timed out", "seen in the header"};

/* In shared memory: survives the processes that abort. */
struct progress {
    size_t offset;
    unsigned pattern;
    unsigned life; /* processes that died of this change */
    bool finished;
    bool aborted; /* an insistence failed on the way */
    unsigned outcome[OUTCOMES];
    unsigned changes, deaths, violations;
};

struct trial {
    struct world *world;
    char *pristine;
    struct progress *progress;
    bool quick;
};

static const uint8_t patterns[] = {0x01, 0x80, 0xff};

#define PATTERNS (sizeof patterns / sizeof patterns[0])

static void complain(struct trial *trial, const char *what)
{
    struct progress *progress = trial->progress;

    progress->violations++;
    (void)printf("  byte %zu ^ %#x: %s\n", progress->offset, patterns[progress->pattern], what);
    (void)fflush(stdout);
}

/* --- one session on a damaged segment --- */

static bool visit(const struct shm_task *task, struct shm_handle handle, uint64_t version, void *ctx)
{
    (void)version;
    (void)ctx;
    shm_insist(handle.slot < WORLD_SLOTS && memchr(task->step, 0, sizeof task->step) &&
               memchr(task->error, 0, sizeof task->error));
    return true;
}

/* A change as a careful process makes it: by what it has just read. 0, or the lock's error. */
static int change(struct world *world, struct shm_handle handle, enum task_state from, enum task_state to)
{
    struct shm_task task;
    uint64_t version;

    if (shm_table_read(world->seg, handle, &task, &version) != 0 || task.state != from)
        return 0;
    if (task.text_len > TASK_TEXT_MAX || task.progress > 100)
        return 0;
    task.state = (uint8_t)to;
    task.owner = world->me;
    int result = shm_table_change(world->seg, handle, version, &task);
    return result == -ETIMEDOUT || result == -ENOTRECOVERABLE ? result : 0;
}

static int read_everything(struct world *world)
{
    struct shm_poll poll;
    struct proc_info info;
    uint8_t id[16];
    int result = 0;

    shm_table_each(world->seg, visit, NULL);
    for (uint32_t slot = 0; slot < WORLD_PROCS; slot++) {
        (void)proctab_read(world->seg, slot, &info);
        (void)watch_take(world->seg, slot);
    }
    for (unsigned number = 0; number < 9 && result != -ETIMEDOUT && result != -ENOTRECOVERABLE; number++) {
        world_id(world, number, id);
        result = shm_table_poll(world->seg, id, &poll);
        shm_insist(result != 0 || poll.text_len <= TASK_TEXT_MAX);
    }
    return result == -ENOENT ? 0 : result;
}

/* Everything that writes: claim, run, end, submit, publish, drop. Stops at the first error of the lock. */
static int use_everything(struct world *world)
{
    struct shm_handle handle;
    uint8_t id[16];
    int result = 0;

    for (unsigned i = 0; i < 4 && result == 0; i++) {
        result = shm_table_claim(world->seg, world->me, &handle, &world->out);
        if (result == -EAGAIN)
            break;
        if (result == 0)
            result = change(world, handle, TASK_CLAIMED, TASK_RUNNING);
        if (result == 0)
            result = change(world, handle, TASK_RUNNING, TASK_SUCCEEDED);
    }
    for (unsigned number = 12; number < 18 && (result == 0 || result == -EAGAIN); number++) {
        world_id(world, number, id);
        result = shm_table_reserve(world->seg, world->me, id, 0, &handle);
        if (result == -ENOSPC || result == -EEXIST) {
            result = 0;
            continue;
        }
        if (result == 0)
            result = change(world, handle, TASK_RESERVED, TASK_READY);
        if (result == 0)
            result = change(world, handle, TASK_READY, number % 2 == 0 ? TASK_FREE : TASK_CANCELLED);
    }
    return result == -EAGAIN ? 0 : result;
}

/* What the repair would make of it. */
static enum outcome mend(struct trial *trial)
{
    struct world *world = trial->world;
    char why[200] = "";

    shm_insist(shm_lock(world->seg) == 0);
    int rebuilt = shm_table_rebuild(world->seg);
    shm_unlock(world->seg);
    if (rebuilt != 0)
        return REFUSED;
    /* The rebuild takes any owner and any order: what a slot says of itself beyond its state is not derived. */
    if (!shm_table_check(world->seg, why, sizeof why) && strncmp(why, "I1", 2) != 0 && strncmp(why, "I7", 2) != 0)
        complain(trial, why);
    return MENDED;
}

static enum outcome session(struct trial *trial)
{
    struct world *world = trial->world;
    char why[200] = "";
    int result;

    if (!shm_segment_intact(world->seg))
        return HEADER;
    result = read_everything(world);
    if (result == 0)
        result = use_everything(world);
    if (result == -ETIMEDOUT)
        return TIMED_OUT;
    if (result == -ENOTRECOVERABLE)
        return REFUSED;
    if (result != 0)
        complain(trial, strerror(-result));
    if (!shm_table_check(world->seg, why, sizeof why))
        return mend(trial);
    return trial->progress->aborted ? MENDED : UNNOTICED;
}

/* --- going through the bytes --- */

/* Bytes in which a change can matter to the structure: all before the strings and texts. */
static bool structural(const struct world *world, size_t offset)
{
    return offset < (size_t)((const char *)world->seg->rests - (const char *)world->seg->header);
}

static bool wanted(const struct trial *trial, size_t offset)
{
    return !trial->quick || structural(trial->world, offset) || offset % TEXT_STRIDE == 0;
}

static void advance(struct trial *trial)
{
    struct progress *progress = trial->progress;

    progress->life = 0;
    progress->aborted = false;
    if (++progress->pattern < PATTERNS && !trial->quick)
        return;
    progress->pattern = trial->quick ? (unsigned)(progress->offset % PATTERNS) : 0;
    do
        progress->offset++;
    while (progress->offset < trial->world->seg->bytes && !wanted(trial, progress->offset));
    progress->finished = progress->offset >= trial->world->seg->bytes;
}

static void damage(struct trial *trial)
{
    char *base = (char *)trial->world->seg->header;

    memcpy(base, trial->pristine, trial->world->seg->bytes);
    base[trial->progress->offset] = (char)((uint8_t)base[trial->progress->offset] ^ patterns[trial->progress->pattern]);
    trial->progress->changes++;
}

/* Goes on where the last process died. */
static _Noreturn void live(struct trial *trial)
{
    struct progress *progress = trial->progress;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (!progress->finished) {
        if (progress->life == 0)
            damage(trial);
        (void)alarm(SESSION_SECONDS);
        progress->outcome[session(trial)]++;
        (void)alarm(0);
        advance(trial);
    }
    _exit(0);
}

static void bury(struct trial *trial, int status)
{
    struct progress *progress = trial->progress;

    progress->deaths++;
    progress->life++;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && progress->life < LIVES) {
        progress->aborted = true;
        return;
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT)
        complain(trial, "one process after the other aborts");
    else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        complain(trial, "a process hangs");
    else
        complain(trial, WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "a process ended");
    advance(trial);
}

static void go_through(struct trial *trial)
{
    while (!trial->progress->finished) {
        int status;
        (void)fflush(stdout);
        pid_t child = fork();
        shm_insist(child >= 0);
        if (child == 0)
            live(trial);
        shm_insist(waitpid(child, &status, 0) == child);
        if (!trial->progress->finished)
            bury(trial, status);
    }
}

int main(int argc, char **argv)
{
    static struct world world;
    struct trial trial = {.world = &world};
    double start = clock_mono_s();
    uint64_t seed = 1;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--quick") == 0)
            trial.quick = true;
        else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
            seed = strtoull(argv[++i], NULL, 10);
    }
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    world_init(&world, seed);
    (void)world_populate(&world);
    trial.pristine = malloc(world.seg->bytes);
    trial.progress = mmap(NULL, sizeof *trial.progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    shm_insist(trial.pristine && trial.progress != MAP_FAILED);
    memcpy(trial.pristine, world.seg->header, world.seg->bytes);
    go_through(&trial);
    const struct progress *progress = trial.progress;
    (void)printf("bytes changed: %u, processes lost: %u, violations: %u, %.1f s\n", progress->changes, progress->deaths,
                 progress->violations, clock_mono_s() - start);
    for (unsigned i = 0; i < OUTCOMES; i++)
        (void)printf("  %-24s %u\n", outcome_names[i], progress->outcome[i]);
    unsigned violations = progress->violations;
    free(trial.pristine);
    shm_segment_free(&world.seg);
    return violations == 0 ? 0 : 1;
}
