/* The same actors as threads over one mapping, for ThreadSanitizer, which sees races of threads and not of processes.
 *
 *   race [--seconds N] [--seed N]
 *
 * First a line of heirs: threads that follow each other into the lock, each of whom repairs what the one before him
 * died of, and dies himself. Then the crowd, for N seconds: threads die there too, one takes the lock and ends. The
 * kernel hands the lock over as it does for a process, and the repair runs beside the readers. */
#include "base/clock.h"
#include "tests/prove/actors.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define THREADS 7
#define HEIRS   4

/* What the tool cannot see: at a thread's death the kernel writes to the futex word, and whoever then finds the owner
 * dead has read that. The dying thread releases here, once it holds the lock and does nothing more; the heir acquires
 * here. Nothing else orders two deaths in a row, and nothing that is not ordered by the lock is ordered by this: it is
 * written by nobody but a holder, and read by nobody but one who got EOWNERDEAD. */
static _Atomic unsigned handed_on;

#ifdef pthread_mutex_clocklock
/* gcc 12's ThreadSanitizer does not know pthread_mutex_clocklock and would take the lock for no lock at all; the build
 * for it renames the call to this one. Here nobody stops with the lock held, so that waiting without a limit is the
 * same. */
int pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock, const struct timespec *until)
{
    (void)clock;
    (void)until;
    int result = pthread_mutex_lock(mutex);
    if (result == EOWNERDEAD)
        (void)atomic_load_explicit(&handed_on, memory_order_acquire);
    return result;
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

static void lock_patiently(struct shm_segment *seg)
{
    int result;

    do
        result = shm_lock(seg);
    while (result == -ETIMEDOUT);
    shm_insist(result == 0);
}

static void *die_holding(void *arg)
{
    lock_patiently(arg);
    (void)atomic_fetch_add_explicit(&handed_on, 1, memory_order_release);
    return NULL;
}

/* --- heirs --- */

struct heir {
    struct shm_segment *seg;
    unsigned number;
    _Atomic unsigned *turn; /* moved on by whoever has the lock */
};

/* Waiting for the turn orders nothing: the lock alone does. */
static void *inherit(void *arg)
{
    const struct heir *heir = arg;

    while (atomic_load_explicit(heir->turn, memory_order_relaxed) != heir->number)
        (void)sched_yield();
    lock_patiently(heir->seg);
    atomic_store_explicit(heir->turn, heir->number + 1, memory_order_relaxed);
    (void)atomic_fetch_add_explicit(&handed_on, 1, memory_order_release);
    return NULL;
}

/* All of them exist before the first one takes the lock, and nobody is joined before the last one has it. */
static void line_of_heirs(struct shm_segment *seg)
{
    _Atomic unsigned turn = HEIRS; /* nobody's */
    struct heir heirs[HEIRS];
    pthread_t ids[HEIRS];

    for (unsigned i = 0; i < HEIRS; i++) {
        heirs[i] = (struct heir){.seg = seg, .number = i, .turn = &turn};
        shm_insist(pthread_create(&ids[i], NULL, inherit, &heirs[i]) == 0);
    }
    atomic_store_explicit(&turn, 0, memory_order_relaxed);
    for (unsigned i = 0; i < HEIRS; i++)
        shm_insist(pthread_join(ids[i], NULL) == 0);
}

/* --- the crowd --- */

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

static unsigned sacrifice(struct shm_segment *seg, unsigned run_seconds)
{
    double end = clock_mono_s() + run_seconds;
    unsigned deaths = 0;
    pthread_t id;

    for (; clock_mono_s() < end; deaths++) {
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
    line_of_heirs(seg);
    cast(threads, seg, ledger, seed);
    unsigned deaths = HEIRS + sacrifice(seg, run_seconds);
    atomic_store(&ledger->stop, 1);
    for (unsigned i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i].id, NULL);
    if (!shm_table_check(seg, why, sizeof why))
        ledger_accuse(ledger, "%s", why);
    unsigned violations = atomic_load(&ledger->violations);
    (void)printf("threads as processes: %llu operations, %u deaths, %llu recoveries, %u violations %s\n",
                 (unsigned long long)atomic_load(&ledger->operations), deaths,
                 (unsigned long long)shm_lock_recoveries(seg), violations, ledger->why);
    ledger_free(&ledger);
    shm_segment_free(&seg);
    return violations == 0 ? 0 : 1;
}
