/* Readers overtaken by writers. */
#include "tests/prove/readers.h"
#include "base/clock.h"

#include "tests/prove/stepper.h"
#include "tests/prove/world.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#define QUICK_STRIDE 3

struct overtaken {
    struct world world;
    struct shm_handle handle;
    struct shm_poll poll;
    uint64_t version;
};

struct reader {
    const char *name;
    void (*operation)(void *ctx);
    int (*after)(void *ctx); /* 0 = what came back is whole */
};

/* --- the readers, in the traced process --- */

static void do_poll(void *ctx)
{
    struct overtaken *trial = ctx;

    trial->world.result = shm_table_poll(trial->world.seg, trial->world.id, &trial->poll);
}

static int after_poll(void *ctx)
{
    const struct overtaken *trial = ctx;
    const struct shm_poll *poll = &trial->poll;

    if (trial->world.result == -ENOENT)
        return 0; /* the interference says whether that may be */
    return trial->world.result == 0 && world_whole(poll->state, poll->progress, poll->text, poll->text_len) ? 0 : 1;
}

static void do_read(void *ctx)
{
    struct overtaken *trial = ctx;

    trial->world.result = shm_table_read(trial->world.seg, trial->handle, &trial->world.out, &trial->version);
}

static int after_read(void *ctx)
{
    const struct overtaken *trial = ctx;
    const struct shm_task *task = &trial->world.out;

    if (trial->world.result == -ESRCH)
        return 0;
    return trial->world.result == 0 && memcmp(task->id, trial->world.id, sizeof task->id) == 0 && world_task_whole(task)
               ? 0
               : 1;
}

static void do_find(void *ctx)
{
    struct overtaken *trial = ctx;
    struct shm_handle found = {0, 0};

    trial->world.result = shm_table_find(trial->world.seg, trial->world.id, &found);
    trial->world.handle = found;
}

static int after_find(void *ctx)
{
    const struct overtaken *trial = ctx;

    if (trial->world.result == -ENOENT)
        return 0;
    return trial->world.result == 0 && trial->world.handle.slot == trial->handle.slot &&
                   trial->world.handle.generation == trial->handle.generation
               ? 0
               : 1;
}

static const struct reader readers[] = {
    {"poll", do_poll, after_poll}, {"read", do_read, after_read}, {"find", do_find, after_find}};

/* --- the writers, in this process --- */

static void change(struct overtaken *trial, unsigned variant)
{
    world_prepare(&trial->world, trial->handle, TASK_RUNNING, variant);
    shm_insist(shm_table_change(trial->world.seg, trial->handle, trial->world.expect, &trial->world.next) == 0);
}

static void overtake_once(struct overtaken *trial)
{
    change(trial, 4);
}

/* The second change fills the very body that the reader has chosen. */
static void overtake_twice(struct overtaken *trial)
{
    change(trial, 4);
    change(trial, 5);
}

/* The slot goes to another task, published as well. */
static void reuse(struct overtaken *trial)
{
    struct world *world = &trial->world;
    struct shm_handle other;
    uint8_t id[16];

    world_prepare(world, trial->handle, TASK_FREE, 0);
    shm_insist(shm_table_change(world->seg, trial->handle, world->expect, &world->next) == 0);
    world_id(world, 15, id);
    shm_insist(shm_table_reserve(world->seg, world->me, id, 0, &other) == 0 && other.slot == trial->handle.slot);
    world_prepare(world, other, TASK_READY, 6);
    shm_insist(shm_table_change(world->seg, other, world->expect, &world->next) == 0);
}

static void (*const interferences[])(struct overtaken *trial) = {overtake_once, overtake_twice, reuse};

#define INTERFERENCES (sizeof interferences / sizeof interferences[0])

/* --- stepping --- */

/* Step `k` instructions, interfere, let go. Returns the exit code, or -2 when the reader was through before. */
static int one_point(struct overtaken *trial, const struct reader *reader, unsigned k,
                     void (*interfere)(struct overtaken *trial))
{
    pid_t traced = stepper_start(reader->operation, reader->after, trial, &trial->world.seg->lock->mutex);

    for (unsigned i = 0; i < k; i++)
        if (!stepper_step(traced)) {
            (void)stepper_finish(traced);
            return -2;
        }
    interfere(trial);
    return stepper_finish(traced);
}

static unsigned one_reader(struct overtaken *trial, const struct reader *reader, bool quick, unsigned *points)
{
    size_t size = trial->world.seg->bytes;
    char *pristine = malloc(size);
    unsigned violations = 0;
    int code = 0;

    shm_insist(pristine);
    memcpy(pristine, trial->world.seg->header, size);
    for (unsigned k = 0; code != -2; k += quick ? QUICK_STRIDE : 1) {
        for (size_t i = 0; i < INTERFERENCES; i++) {
            code = one_point(trial, reader, k, interferences[i]);
            memcpy(trial->world.seg->header, pristine, size);
            *points += code != -2;
            if (code != 0 && code != -2) {
                violations++;
                (void)printf("  %s, instruction %u, interference %zu: what came back is not whole\n", reader->name, k,
                             i);
            }
        }
    }
    free(pristine);
    return violations;
}

unsigned readers_interrupted(uint64_t seed, bool quick)
{
    static struct overtaken trial;
    unsigned all = 0;

    (void)printf("%-26s %8s %35s %8s\n", "reader overtaken", "points", "violat.", "seconds");
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        double start = clock_mono_s();
        unsigned points = 0;
        world_init(&trial.world, seed);
        trial.handle = world_populate(&trial.world);
        shm_insist(shm_table_read(trial.world.seg, trial.handle, &trial.world.out, &trial.version) == 0);
        memcpy(trial.world.id, trial.world.out.id, sizeof trial.world.id);
        unsigned violations = one_reader(&trial, &readers[i], quick, &points);
        shm_segment_free(&trial.world.seg);
        (void)printf("%-26s %8u %35u %8.1f\n", readers[i].name, points, violations, clock_mono_s() - start);
        (void)fflush(stdout);
        all += violations;
    }
    return all;
}
