/* What lies where in the segment. Internal to shm/: nobody else may include it.
 *
 *   guard page | header | lock | process table | derived | free stack | index | nodes | final heap | slots | rests |
 *   counters | guard page
 *
 * Rules for everything in here
 *   - Fixed-width types, explicit padding, indices and no pointers. Every part is on cache lines of its own.
 *   - Primary state is the slots and the process table. The parts from "derived" to "final heap" are a cache of the
 *     slots that the next holder of the lock rebuilds after a death. Nothing follows from the counters.
 *   - A value read from shared memory is range-checked before it is used as an index (shm_insist). A process that meets
 *     nonsense in derived state aborts with the lock held, and the next holder's repair mends it.
 *   - Sizes and offsets are never read back from the mapping: each process has its own copy in struct shm_segment. */
#ifndef PF_SHM_LAYOUT_H
#define PF_SHM_LAYOUT_H

#include "shm/proctab.h"
#include "shm/segment.h"
#include "shm/table.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* The adjacent-line prefetch pulls lines in pairs: what different processes write stays a pair apart. */
#define SHM_LINE  ((size_t)64)
#define SHM_PAIR  ((size_t)128)
#define SHM_NIL   UINT32_MAX
#define SHM_MAGIC UINT64_C(0x3165636f66697270)

/* Stays on in every build: cheap, and the supervisor and the repair make an abort safe. */
#define shm_insist(condition)                                                                                          \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            abort();                                                                                                   \
    } while (0)

typedef _Atomic uint64_t shm_word;

struct shm_header {
    shm_word magic; /* written last: a header without it was never finished */
    uint32_t layout;
    uint32_t slots;
    uint32_t procs;
    uint32_t types;
    uint32_t index_size;
    _Atomic uint32_t master_sleep; /* enum shm_sleep of the master */
    uint64_t boot;
    uint64_t bytes;
    uint16_t type_limit[SHM_MAX_TYPES];
    uint32_t counters;
    uint32_t pad0;
};

struct shm_lock_area {
    pthread_mutex_t mutex;
    unsigned char pad0[SHM_PAIR - sizeof(pthread_mutex_t)];
    shm_word recoveries; /* away from the futex word */
    uint64_t pad1[15];
};

enum shm_sleep { SHM_SLEEP_UNKNOWN = 0, SHM_AWAKE, SHM_SLEEPING };

/* One process-table entry. `life` holds everything that has to be seen together:
 * generation << 32 | index << 16 | kind << 8 | clean << 7 | state. */
struct shm_proc {
    shm_word life;
    _Atomic int64_t started_ms;
    _Atomic int32_t pid;
    _Atomic int32_t wait_status;
    shm_word session; /* the child's own: proctab_set_session() */
    uint64_t pad0[4];
    _Atomic int64_t beat_ms;
    shm_word kill;    /* generation << 32 | signal; 0 = no request */
    shm_word stirred; /* bit WATCH_REGION(slot): a watched slot of that region changed */
    _Atomic uint32_t sleep;
    uint32_t pad1[9];
};

/* The scalars of derived state. Written with the lock held; live and by_state are also read without it. */
struct shm_derived {
    uint64_t next_order; /* given to the next task that becomes READY for the first time */
    uint32_t free_count;
    uint32_t final_count;
    uint32_t ready_head[SHM_MAX_TYPES]; /* slots, SHM_NIL = none */
    uint32_t ready_tail[SHM_MAX_TYPES];
    uint32_t claimed[SHM_MAX_TYPES];       /* tasks CLAIMED or RUNNING, by type */
    _Atomic uint32_t ready[SHM_MAX_TYPES]; /* tasks READY, by type; also read without the lock */
    _Atomic uint32_t live[SHM_MAX_TYPES];  /* tasks READY, CLAIMED or RUNNING, by type; the same */
    _Atomic uint32_t by_state[TASK_STATES];
};

/* Where a slot stands in the list its state puts it in. */
struct shm_node {
    uint64_t key;  /* READY: order. Final: done_ms, biased to sort unsigned */
    uint32_t prev; /* READY: neighbour or SHM_NIL. FREE: position in the stack. Final: position in the heap */
    uint32_t next; /* READY: neighbour or SHM_NIL */
};

#define SHM_HEAD_WORDS      (offsetof(struct shm_task, count) / 8)
#define SHM_REST_WORDS      (sizeof(struct shm_task) / 8 - SHM_HEAD_WORDS)
#define SHM_WORD_OF(member) (offsetof(struct shm_task, member) / 8) /* in the head */
#define SHM_REST_OF(member) (SHM_WORD_OF(member) - SHM_HEAD_WORDS)  /* in the rest */

/* What a slot holds is in two arrays: heads close together, so that whoever looks at every slot (repair, janitor)
 * touches a quarter of a MiB and not six; and the rest, of which only tasks that exist touch anything. */
struct shm_slot {
    _Alignas(SHM_PAIR) shm_word version; /* bit 0 selects the valid body; +1 is the whole change */
    shm_word watch;                      /* advisory: which workers have long polls for this slot (watch.h) */
    shm_word head[2][SHM_HEAD_WORDS];
};

/* Counts, strings and text of a slot, both bodies. */
struct shm_rest {
    _Alignas(SHM_PAIR) shm_word body[2][SHM_REST_WORDS];
};

/* Words from one row of counters to the next: whole line pairs. */
#define SHM_COUNTERS_STRIDE(words) (((size_t)(words) + SHM_PAIR / 8 - 1) / (SHM_PAIR / 8) * (SHM_PAIR / 8))

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2, "shared memory needs address-free atomics");
_Static_assert(sizeof(shm_word) == 8 && sizeof(_Atomic uint32_t) == 4, "atomics of plain size");
_Static_assert(sizeof(struct shm_task) == 2968 && sizeof(struct shm_task) % 8 == 0, "a task is whole words");
_Static_assert(offsetof(struct shm_task, count) == 104, "the head is thirteen words");
_Static_assert(offsetof(struct shm_task, step) % 8 == 0 && offsetof(struct shm_task, error) % 8 == 0 &&
                   offsetof(struct shm_task, text) % 8 == 0,
               "word aligned");
_Static_assert(TASK_STEP_MAX % 8 == 0 && TASK_ERROR_MAX % 8 == 0 && TASK_TEXT_MAX % 8 == 0, "strings are whole words");
_Static_assert(offsetof(struct shm_task, text_len) % 8 == 0 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "words of the head are taken apart by shifts from the low end");
_Static_assert(sizeof(struct shm_slot) == 2 * SHM_PAIR && sizeof(struct shm_rest) == 45 * SHM_PAIR, "slot layout");
_Static_assert(sizeof(struct shm_proc) == SHM_PAIR && offsetof(struct shm_proc, beat_ms) == SHM_LINE, "entry layout");
_Static_assert(sizeof(struct shm_lock_area) == 2 * SHM_PAIR, "lock layout");
_Static_assert(sizeof(struct shm_header) <= SHM_PAIR, "the header fits its lines");

/* One process's view. The pointers are private to the process; the mapping is inherited by fork at the same place. */
struct shm_segment {
    void *map;       /* first guard page */
    size_t map_size; /* with both guard pages */
    uint64_t bytes;  /* without them */
    struct shm_header *header;
    struct shm_lock_area *lock;
    struct shm_proc *procs;
    struct shm_derived *derived;
    uint32_t *free_stack; /* geometry.slots */
    shm_word *index;      /* index_mask + 1 entries: hash << 32 | slot + 1; 0 = empty */
    struct shm_node *nodes;
    uint32_t *finals; /* min-heap of slots by node key */
    struct shm_slot *slots;
    struct shm_rest *rests;
    shm_word *counters; /* geometry.procs + 1 rows, the master's last */
    uint32_t index_mask;
    struct shm_geometry geometry;
    uint64_t boot;
    int *fds;                        /* eventfds by entry, the master's last; NULL before wakeup_init */
    bool impatient;                  /* shm_lock_be_impatient() */
    _Atomic int64_t gave_up_until_s; /* monotonic; an impatient process asks for the lock without waiting until then */
};

#endif
