/* Deaths with the lock held. */
#include "tests/system/lockdeath.h"

#include "shm/layout.h"

#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct shm_segment *segment;
static _Atomic unsigned *killed; /* shared by all processes of the daemon */

/* In a handler, where pthread_mutex_lock() has no business: what it may confuse dies with this process. Not shm_lock(),
 * which would repair. */
static void take_lock(void)
{
    pthread_mutex_t *mutex = &segment->lock->mutex;
    long mine = syscall(SYS_gettid);

    if ((*(volatile int *)&mutex->__data.__lock & FUTEX_TID_MASK) != mine)
        (void)pthread_mutex_lock(mutex);
}

static void scramble_derived(void)
{
    unsigned noise = (unsigned)getpid();

    for (char *at = (char *)segment->derived; at < (char *)segment->slots; at++) {
        noise = noise * 1664525u + 1013904223u;
        *at = (char)(noise >> 24);
    }
}

/* A free slot if there is one, so that no reader comes across it. */
static void spoil_slot(void)
{
    uint32_t at = segment->derived->free_count > 0 ? segment->free_stack[0] : 0;
    struct shm_slot *slot = &segment->slots[at];

    atomic_store(&slot->head[atomic_load(&slot->version) & 1][SHM_WORD_OF(state)], UINT64_C(0x636363636363));
}

/* Nothing but loads and stores while the lock is held, as everywhere: a line in the log may wait for the disk. */
static void die(int signal)
{
    take_lock();
    atomic_fetch_add(killed, 1);
    if (signal == SIGUSR2)
        scramble_derived();
    else if (signal != SIGUSR1)
        spoil_slot();
    (void)kill(getpid(), SIGKILL);
}

void lockdeath_install(void)
{
    void *page = mmap(NULL, sizeof *killed, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED)
        abort();
    killed = page;
}

unsigned lockdeath_count(void)
{
    return atomic_load(killed);
}

void __wrap_proctab_active(struct shm_segment *seg, struct proc_ref me)
{
    struct sigaction action = {.sa_handler = die};
    struct proc_info info;

    /* The master says it for the database server. */
    if (proctab_read(seg, me.slot, &info) && info.kind != PROC_DATABASE) {
        segment = seg;
        (void)sigfillset(&action.sa_mask);
        (void)sigaction(SIGUSR1, &action, NULL);
        (void)sigaction(SIGUSR2, &action, NULL);
        (void)sigaction(SIGRTMIN, &action, NULL);
    }
    __real_proctab_active(seg, me);
}
