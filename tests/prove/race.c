/* The same actors as threads over one mapping, for ThreadSanitizer, which sees races of threads and not of processes.
 *
 *   race [--seconds N] [--seed N]
 *
 * Threads die too: one takes the lock and ends. The kernel hands the lock over as it does for a process, and the repair
 * runs beside the readers. */
#include "tests/prove/actors.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS 7

#ifdef pthread_mutex_clocklock
/* gcc 12's ThreadSanitizer does not know pthread_mutex_clocklock and would take the lock for no lock at all; the build
 * for it renames the call to this one. Here nobody stops with the lock held, so that waiting without a limit is the
 * same. */
int pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock, const struct timespec *until)
{
    (void)clock;
    (void)until;
    return pthread_mutex_lock(mutex);
}
#endif

struct thread {
    pthread_t id;
    struct actor actor;
    void (*act)(struct actor *actor);
};

static void *live(void *arg)
{
    struct thread *thread = arg;

    while (atomic_load(&thread->actor.ledger->stop) == 0)
        thread->act(&thread->actor);
    return NULL;
}

static void *die_holding(void *arg)
{
    struct shm_segment *seg = arg;

    while (shm_lock(seg) == -ETIMEDOUT) {
    }
    return NULL;
}

static void cast(struct thread *threads, struct shm_segment *seg, struct ledger *ledger, uint64_t seed)
{
    static void (*const acts[THREADS])(struct actor * actor) = {actor_work,   actor_work,    actor_run,  actor_run,
                                                                actor_settle, actor_observe, actor_meter};
    static struct sight sight[ACTOR_SLOTS];

    for (unsigned i = 0; i < THREADS; i++) {
        threads[i].act = acts[i];
        threads[i].actor = (struct actor){.seg = seg, .ledger = ledger, .rng = seed + i, .sight = sight};
        shm_insist(proctab_assign(seg, PROC_RUNNER, i, &threads[i].actor.me) == 0);
        shm_insist(pthread_create(&threads[i].id, NULL, live, &threads[i]) == 0);
    }
}

static unsigned sacrifice(struct shm_segment *seg, unsigned milliseconds)
{
    unsigned deaths = 0;
    pthread_t id;

    for (unsigned gone = 0; gone < milliseconds; gone += 20, deaths++) {
        shm_insist(pthread_create(&id, NULL, die_holding, seg) == 0);
        shm_insist(pthread_join(id, NULL) == 0);
        (void)usleep(20000);
    }
    return deaths;
}

int main(int argc, char **argv)
{
    const struct shm_geometry geometry = {
        .slots = 24, .procs = 4 * THREADS, .types = ACTOR_TYPES, .type_limit = {0, 2, 1}};
    static struct thread threads[THREADS];
    struct shm_segment *seg;
    struct ledger *ledger = ledger_new();
    unsigned run_seconds = 5;
    uint64_t seed = 1;
    char why[200] = "";

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seconds") == 0)
            run_seconds = (unsigned)strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--seed") == 0)
            seed = strtoull(argv[i + 1], NULL, 10);
    }
    shm_insist(shm_segment_new(&geometry, &seg) == 0);
    cast(threads, seg, ledger, seed);
    unsigned deaths = sacrifice(seg, run_seconds * 1000);
    atomic_store(&ledger->stop, 1);
    for (unsigned i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i].id, NULL);
    if (!shm_table_check(seg, why, sizeof(why)))
        ledger_accuse(ledger, "%s", why);
    unsigned violations = atomic_load(&ledger->violations);
    (void)printf("threads as processes: %llu operations, %u deaths, %llu recoveries, %u violations %s\n",
                 (unsigned long long)atomic_load(&ledger->operations), deaths,
                 (unsigned long long)shm_lock_recoveries(seg), violations, ledger->why);
    ledger_free(&ledger);
    shm_segment_free(&seg);
    return violations == 0 ? 0 : 1;
}
