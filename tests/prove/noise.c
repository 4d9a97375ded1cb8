/* How late the machine is. */
#include "tests/prove/poller.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SLEEPERS_MAX 8
#define KEPT         4096 /* per processor: what was overslept by less than LATE_NS is not kept */
#define LATE_NS      2000000
#define SLEEP_NS     1000000

struct lateness {
    _Atomic int64_t until_ns, late_ns;
};

struct sleeper {
    unsigned cpu;
    _Atomic unsigned next;
    struct lateness kept[KEPT];
};

static struct sleeper sleepers[SLEEPERS_MAX];
static unsigned sleeper_count;
static _Atomic int64_t worst;

int64_t now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void keep(struct sleeper *sleeper, int64_t until, int64_t late)
{
    unsigned at = atomic_load(&sleeper->next);

    atomic_store(&sleeper->kept[at % KEPT].until_ns, until);
    atomic_store(&sleeper->kept[at % KEPT].late_ns, late);
    atomic_store(&sleeper->next, at + 1);
    if (late > atomic_load(&worst))
        atomic_store(&worst, late); /* two at once: one of the two is lost, both are large */
}

static void *sleep_and_look(void *arg)
{
    struct sleeper *sleeper = arg;
    cpu_set_t one;

    CPU_ZERO(&one);
    CPU_SET(sleeper->cpu, &one);
    (void)pthread_setaffinity_np(pthread_self(), sizeof one, &one);
    for (int64_t before = now_ns();;) {
        const struct timespec nap = {.tv_nsec = SLEEP_NS};
        (void)nanosleep(&nap, NULL);
        int64_t after = now_ns();
        if (after - before - SLEEP_NS > LATE_NS)
            keep(sleeper, after, after - before - SLEEP_NS);
        before = after;
    }
    return NULL;
}

void noise_start(void)
{
    cpu_set_t allowed;
    pthread_t id;

    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        abort();
    for (unsigned cpu = 0; cpu < CPU_SETSIZE && sleeper_count < SLEEPERS_MAX; cpu++) {
        if (!CPU_ISSET(cpu, &allowed))
            continue;
        sleepers[sleeper_count].cpu = cpu;
        if (pthread_create(&id, NULL, sleep_and_look, &sleepers[sleeper_count++]) != 0)
            abort();
    }
}

int64_t noise_between(int64_t from_ns, int64_t to_ns)
{
    int64_t longest = 0;

    for (unsigned i = 0; i < sleeper_count; i++) {
        for (unsigned at = 0; at < KEPT; at++) {
            int64_t until = atomic_load(&sleepers[i].kept[at].until_ns),
                    late = atomic_load(&sleepers[i].kept[at].late_ns);
            if (until >= from_ns && until - late <= to_ns && late > longest)
                longest = late;
        }
    }
    return longest;
}

int64_t noise_worst(void)
{
    return atomic_load(&worst);
}
