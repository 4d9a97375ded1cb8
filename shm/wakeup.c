/* Eventfds between processes, and the word that spares a system call when the target is awake. */
#include "shm/wakeup.h"

#include "shm/layout.h"
#include "shm/proctab.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

static uint32_t fd_count(const struct shm_segment *seg)
{
    return seg->geometry.procs + 1;
}

int wakeup_init(struct shm_segment *seg)
{
    uint32_t count = fd_count(seg);
    int *fds = calloc(count, sizeof *fds);

    shm_insist(fds && !seg->fds);
    for (uint32_t i = 0; i < count; i++) {
        fds[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        if (fds[i] < 0) {
            int error = errno;
            while (i-- > 0)
                (void)close(fds[i]);
            free(fds);
            return -error;
        }
    }
    seg->fds = fds;
    return 0;
}

void wakeup_fini(struct shm_segment *seg)
{
    if (!seg->fds)
        return;
    for (uint32_t i = 0; i < fd_count(seg); i++)
        (void)close(seg->fds[i]);
    free(seg->fds);
    seg->fds = NULL;
}

int wakeup_fd(const struct shm_segment *seg, uint32_t slot)
{
    shm_insist(seg->fds && (slot < seg->geometry.procs || slot == WAKEUP_MASTER));
    return seg->fds[slot == WAKEUP_MASTER ? seg->geometry.procs : slot];
}

static _Atomic uint32_t *sleep_word(const struct shm_segment *seg, uint32_t slot)
{
    shm_insist(slot < seg->geometry.procs || slot == WAKEUP_MASTER);
    return slot == WAKEUP_MASTER ? &seg->header->master_sleep : &seg->procs[slot].sleep;
}

void wakeup_drain(const struct shm_segment *seg, uint32_t slot)
{
    uint64_t count;

    /* EAGAIN: it was not poked. EINTR cannot happen on a non-blocking eventfd. */
    while (read(wakeup_fd(seg, slot), &count, sizeof count) < 0 && errno == EINTR) {
    }
}

/* Dekker's pattern with wakeup_poke(): the receiver writes its word and then looks at the queue, the sender writes the
 * queue and then looks at the word; with a full barrier in both, at least one of them sees the other. */
void wakeup_sleeping(struct shm_segment *seg, uint32_t slot)
{
    atomic_store_explicit(sleep_word(seg, slot), SHM_SLEEPING, memory_order_seq_cst);
    atomic_thread_fence(memory_order_seq_cst);
}

void wakeup_awake(struct shm_segment *seg, uint32_t slot)
{
    atomic_store_explicit(sleep_word(seg, slot), SHM_AWAKE, memory_order_seq_cst);
}

/* The word is not set back here: a sender killed between that and the write would lose the pokes of all others. */
void wakeup_poke(struct shm_segment *seg, uint32_t slot)
{
    const uint64_t one = 1;
    int saved = errno;

    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(sleep_word(seg, slot), memory_order_relaxed) == SHM_AWAKE)
        return;
    /* EAGAIN means the counter is full of pokes: the target will wake. */
    while (write(wakeup_fd(seg, slot), &one, sizeof one) < 0 && errno == EINTR) {
    }
    errno = saved;
}

static void poke_living(struct shm_segment *seg, int kind)
{
    struct proc_info info;

    for (uint32_t slot = 0; slot < seg->geometry.procs; slot++) {
        (void)proctab_read(seg, slot, &info);
        if (info.state != PROC_FREE && info.state != PROC_DEAD && (kind == 0 || (int)info.kind == kind))
            wakeup_poke(seg, slot);
    }
}

void wakeup_poke_kind(struct shm_segment *seg, int kind)
{
    poke_living(seg, kind);
}

void wakeup_poke_all(struct shm_segment *seg)
{
    poke_living(seg, 0);
    wakeup_poke(seg, WAKEUP_MASTER);
}
