/* The robust lock: taking it, repairing after a dead owner, probing the system. */
#include "shm/lock.h"

#include "base/clock.h"
#include "shm/layout.h"
#include "shm/segment_private.h"
#include "shm/table.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GIVE_UP_S 2 /* in whole seconds: between one and two */

static int mutex_init(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attr;
    int error = pthread_mutexattr_init(&attr);

    if (error != 0)
        return -error;
    error = pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    if (error == 0)
        error = pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    if (error == 0)
        error = pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
    if (error == 0)
        error = pthread_mutex_init(mutex, &attr);
    (void)pthread_mutexattr_destroy(&attr);
    return -error;
}

int shm_lock_init(struct shm_segment *seg)
{
    memset(&seg->lock->mutex, 0, sizeof seg->lock->mutex);
    return mutex_init(&seg->lock->mutex);
}

/* Not pthread_mutex_trylock() first, to spare the clock: glibc's (2.36) returns ENOTRECOVERABLE with the futex word
 * left locked, and everybody else then waits for a lock that nobody will release. */
static int acquire(pthread_mutex_t *mutex, struct timespec from, long ms)
{
    struct timespec until = clock_add_ms(from, ms);

    return pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, &until);
}

/* An impatient process has just waited in vain. With a stopped owner every later caller would wait in vain too. */
static bool gave_up_lately(const struct shm_segment *seg, struct timespec from)
{
    return seg->impatient && (int64_t)from.tv_sec < atomic_load_explicit(&seg->gave_up_until_s, memory_order_relaxed);
}

static int acquire_patiently(struct shm_segment *seg, long ms)
{
    struct timespec from = clock_mono();
    bool gave_up = gave_up_lately(seg, from);
    int result = acquire(&seg->lock->mutex, from, gave_up ? 0 : ms);

    if (result == ETIMEDOUT && !gave_up)
        atomic_store_explicit(&seg->gave_up_until_s, (int64_t)from.tv_sec + GIVE_UP_S, memory_order_relaxed);
    else if (result != ETIMEDOUT && gave_up)
        atomic_store_explicit(&seg->gave_up_until_s, 0, memory_order_relaxed);
    return result;
}

/* The lock is held after an owner's death. Consistent comes last: until then a further death is EOWNERDEAD again. */
static int repair(struct shm_segment *seg)
{
    struct shm_lock_area *lock = seg->lock;

    if (shm_table_rebuild(seg) != 0) {
        /* Not made consistent: from here on everybody gets ENOTRECOVERABLE at once. */
        (void)pthread_mutex_unlock(&lock->mutex);
        return -ENOTRECOVERABLE;
    }
    shm_insist(pthread_mutex_consistent(&lock->mutex) == 0);
    atomic_fetch_add_explicit(&lock->recoveries, 1, memory_order_relaxed);
    return 0;
}

int shm_lock_within(struct shm_segment *seg, long ms)
{
    switch (acquire_patiently(seg, ms)) {
    case 0:
        return 0;
    case EOWNERDEAD:
        return repair(seg);
    case ETIMEDOUT:
        return -ETIMEDOUT;
    case ENOTRECOVERABLE:
    case EINVAL: /* the mutex itself was overwritten; aborting would go on for ever, process after process */
        return -ENOTRECOVERABLE;
    default:
        abort();
    }
}

int shm_lock(struct shm_segment *seg)
{
    return shm_lock_within(seg, seg->impatient ? SHM_LOOP_WAIT_MS : SHM_LOCK_WAIT_MS);
}

void shm_lock_be_impatient(struct shm_segment *seg)
{
    seg->impatient = true;
}

void shm_unlock(struct shm_segment *seg)
{
    shm_insist(pthread_mutex_unlock(&seg->lock->mutex) == 0);
}

uint64_t shm_lock_recoveries(const struct shm_segment *seg)
{
    return atomic_load_explicit(&seg->lock->recoveries, memory_order_relaxed);
}

/* In the child of the probe: die with the lock held. */
static _Noreturn void die_holding(pthread_mutex_t *mutex)
{
    _exit(pthread_mutex_lock(mutex) == 0 ? 0 : 1);
}

static bool handed_over(pthread_mutex_t *mutex)
{
    return acquire(mutex, clock_mono(), SHM_LOCK_WAIT_MS) == EOWNERDEAD && pthread_mutex_consistent(mutex) == 0 &&
           pthread_mutex_unlock(mutex) == 0 && pthread_mutex_lock(mutex) == 0 && pthread_mutex_unlock(mutex) == 0;
}

static bool probe(pthread_mutex_t *mutex)
{
    int status = -1;
    pid_t child;

    if (mutex_init(mutex) != 0)
        return false;
    child = fork();
    if (child == 0)
        die_holding(mutex);
    if (child < 0)
        return false;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 && handed_over(mutex);
}

int shm_lock_probe(void)
{
    void *page = mmap(NULL, sizeof(pthread_mutex_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bool works;

    if (page == MAP_FAILED)
        return -ENOTSUP;
    works = probe(page);
    (void)munmap(page, sizeof(pthread_mutex_t));
    return works ? 0 : -ENOTSUP;
}
