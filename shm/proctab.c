/* The process table: one word per entry says who lives there; moves are compare-and-set on that word. */
#include "shm/proctab.h"

#include "base/clock.h"
#include "shm/layout.h"

#include <errno.h>
#include <time.h>

#define CLEAN 0x80u /* beside the state: the child said STOPPING */

static uint64_t life_make(uint32_t generation, uint32_t index, uint8_t kind, uint8_t state)
{
    return (uint64_t)generation << 32 | (uint64_t)index << 16 | (uint64_t)kind << 8 | state;
}

static uint32_t life_generation(uint64_t life)
{
    return (uint32_t)(life >> 32);
}
static uint32_t life_index(uint64_t life)
{
    return (uint32_t)(life >> 16) & 0xffff;
}
static uint8_t life_kind(uint64_t life)
{
    return (uint8_t)(life >> 8);
}
static uint8_t life_state(uint64_t life)
{
    return (uint8_t)(life & 0x7f);
}

static uint64_t life_with(uint64_t life, uint32_t state)
{
    return (life & ~UINT64_C(0x7f)) | state;
}

static bool state_living(uint8_t state)
{
    return state == PROC_ASSIGNED || state == PROC_ACTIVE || state == PROC_STOPPING;
}

/* The entry, or NULL if this names another life of it or none. */
static struct shm_proc *entry_of(const struct shm_segment *seg, struct proc_ref who, uint64_t *life)
{
    if (who.generation == 0 || who.slot >= seg->geometry.procs)
        return NULL;
    struct shm_proc *entry = &seg->procs[who.slot];
    *life = atomic_load_explicit(&entry->life, memory_order_acquire);
    return life_generation(*life) == who.generation ? entry : NULL;
}

/* What assign needs to know of the table. */
struct survey {
    uint32_t lives; /* entries of this child number that are not FREE */
    uint32_t spare; /* the first FREE entry of all, or SHM_NIL */
    uint32_t dead;  /* the DEAD entry of this child number that started first, or SHM_NIL */
};

static int64_t started(const struct shm_segment *seg, uint32_t slot)
{
    return atomic_load_explicit(&seg->procs[slot].started_ms, memory_order_relaxed);
}

static struct survey survey(const struct shm_segment *seg, enum proc_kind kind, uint32_t index)
{
    struct survey found = {.lives = 0, .spare = SHM_NIL, .dead = SHM_NIL};

    for (uint32_t slot = 0; slot < seg->geometry.procs; slot++) {
        uint64_t life = atomic_load_explicit(&seg->procs[slot].life, memory_order_acquire);
        if (life_state(life) == PROC_FREE) {
            if (found.spare == SHM_NIL)
                found.spare = slot;
        } else if (life_kind(life) == kind && life_index(life) == index) {
            found.lives++;
            if (life_state(life) == PROC_DEAD &&
                (found.dead == SHM_NIL || started(seg, slot) < started(seg, found.dead)))
                found.dead = slot;
        }
    }
    return found;
}

static uint32_t choose(const struct shm_segment *seg, enum proc_kind kind, uint32_t index)
{
    struct survey found = survey(seg, kind, index);

    if (found.lives < PROCTAB_LIVES && found.spare != SHM_NIL)
        return found.spare;
    return kind == PROC_JANITOR ? found.dead : SHM_NIL;
}

int proctab_assign(struct shm_segment *seg, enum proc_kind kind, uint32_t index, struct proc_ref *out)
{
    uint32_t slot;

    shm_insist(kind >= PROC_WORKER && kind <= PROC_DATABASE && index <= UINT16_MAX);
    slot = choose(seg, kind, index);
    if (slot == SHM_NIL)
        return -EAGAIN;
    struct shm_proc *entry = &seg->procs[slot];
    uint32_t generation = life_generation(atomic_load_explicit(&entry->life, memory_order_relaxed)) + 1;
    if (generation == 0)
        generation = 1;
    atomic_store_explicit(&entry->pid, 0, memory_order_relaxed);
    atomic_store_explicit(&entry->started_ms, clock_mono_ms(), memory_order_relaxed);
    atomic_store_explicit(&entry->wait_status, 0, memory_order_relaxed);
    atomic_store_explicit(&entry->beat_ms, 0, memory_order_relaxed);
    atomic_store_explicit(&entry->kill, 0, memory_order_relaxed);
    atomic_store_explicit(&entry->session, 0, memory_order_relaxed);
    /* The predecessor may have died awake: pokes for the successor must not be lost. */
    atomic_store_explicit(&entry->sleep, SHM_SLEEP_UNKNOWN, memory_order_relaxed);
    atomic_store_explicit(&entry->life, life_make(generation, index, (uint8_t)kind, PROC_ASSIGNED),
                          memory_order_release);
    *out = (struct proc_ref){.slot = slot, .generation = generation};
    return 0;
}

void proctab_set_pid(struct shm_segment *seg, struct proc_ref who, pid_t pid)
{
    uint64_t life;
    struct shm_proc *entry = entry_of(seg, who, &life);

    if (entry)
        atomic_store_explicit(&entry->pid, pid, memory_order_relaxed);
}

/* Moves this life of the entry to `state`, if it is in one of the states of the mask. */
static bool move(struct shm_segment *seg, struct proc_ref who, uint32_t from_mask, uint32_t state)
{
    uint64_t life;
    struct shm_proc *entry = entry_of(seg, who, &life);

    while (entry && life_generation(life) == who.generation && (from_mask >> life_state(life) & 1) != 0)
        if (atomic_compare_exchange_weak_explicit(&entry->life, &life, life_with(life, state), memory_order_acq_rel,
                                                  memory_order_acquire))
            return true;
    return false;
}

void proctab_active(struct shm_segment *seg, struct proc_ref me)
{
    (void)move(seg, me, 1u << PROC_ASSIGNED, PROC_ACTIVE);
}

void proctab_stopping(struct shm_segment *seg, struct proc_ref me)
{
    (void)move(seg, me, 1u << PROC_ASSIGNED | 1u << PROC_ACTIVE, PROC_STOPPING | CLEAN);
}

void proctab_beat(struct shm_segment *seg, struct proc_ref me)
{
    uint64_t life;
    struct shm_proc *entry = entry_of(seg, me, &life);

    if (entry)
        atomic_store_explicit(&entry->beat_ms, clock_mono_ms(), memory_order_relaxed);
}

void proctab_set_session(struct shm_segment *seg, struct proc_ref me, uint64_t session)
{
    uint64_t life;
    struct shm_proc *entry = entry_of(seg, me, &life);

    if (entry)
        atomic_store_explicit(&entry->session, session, memory_order_release);
}

uint64_t proctab_session(const struct shm_segment *seg, struct proc_ref who)
{
    uint64_t life;
    const struct shm_proc *entry = entry_of(seg, who, &life);

    if (!entry || !state_living(life_state(life)))
        return 0;
    uint64_t session = atomic_load_explicit(&entry->session, memory_order_acquire);
    return entry_of(seg, who, &life) ? session : 0;
}

void proctab_dead(struct shm_segment *seg, struct proc_ref who, int wait_status)
{
    uint64_t life;
    struct shm_proc *entry = entry_of(seg, who, &life);

    if (!entry || !state_living(life_state(life)))
        return;
    atomic_store_explicit(&entry->wait_status, wait_status, memory_order_relaxed);
    (void)move(seg, who, 1u << PROC_ASSIGNED | 1u << PROC_ACTIVE | 1u << PROC_STOPPING, PROC_DEAD);
}

void proctab_release(struct shm_segment *seg, struct proc_ref who)
{
    (void)move(seg, who, 1u << PROC_DEAD, PROC_FREE);
}

bool proctab_alive(const struct shm_segment *seg, struct proc_ref who)
{
    uint64_t life;

    return entry_of(seg, who, &life) && state_living(life_state(life));
}

static void fill_info(const struct shm_proc *entry, uint32_t slot, uint64_t life, struct proc_info *out)
{
    *out = (struct proc_info){
        .ref = {.slot = slot, .generation = life_generation(life)},
        .kind = (enum proc_kind)life_kind(life),
        .state = (enum proc_state)life_state(life),
        .index = life_index(life),
        .pid = atomic_load_explicit(&entry->pid, memory_order_relaxed),
        .started_ms = atomic_load_explicit(&entry->started_ms, memory_order_relaxed),
        .beat_ms = atomic_load_explicit(&entry->beat_ms, memory_order_relaxed),
        .wait_status = atomic_load_explicit(&entry->wait_status, memory_order_relaxed),
        .stopped_cleanly = (life & CLEAN) != 0,
    };
}

bool proctab_read(const struct shm_segment *seg, uint32_t slot, struct proc_info *out)
{
    if (slot >= seg->geometry.procs)
        return false;
    const struct shm_proc *entry = &seg->procs[slot];
    /* A life lasts far longer than a copy: one more try is already generous, and a mixed copy of two lives would
     * be no more than an old number in a report. */
    for (int try = 0; try < 4; try++) {
        uint64_t life = atomic_load_explicit(&entry->life, memory_order_acquire);
        fill_info(entry, slot, life, out);
        atomic_thread_fence(memory_order_acquire);
        if (atomic_load_explicit(&entry->life, memory_order_relaxed) == life)
            break;
    }
    return true;
}

uint32_t proctab_size(const struct shm_segment *seg)
{
    return seg->geometry.procs;
}

struct proc_ref proctab_find(const struct shm_segment *seg, enum proc_kind kind, uint32_t index)
{
    for (uint32_t slot = 0; slot < seg->geometry.procs; slot++) {
        uint64_t life = atomic_load_explicit(&seg->procs[slot].life, memory_order_acquire);
        if (state_living(life_state(life)) && life_kind(life) == kind && life_index(life) == index)
            return (struct proc_ref){.slot = slot, .generation = life_generation(life)};
    }
    return (struct proc_ref){0, 0};
}

void proctab_request_kill(struct shm_segment *seg, struct proc_ref who, int signal)
{
    uint64_t life;
    struct shm_proc *entry = entry_of(seg, who, &life);

    shm_insist(signal > 0 && signal < 128);
    if (entry)
        atomic_store_explicit(&entry->kill, (uint64_t)who.generation << 32 | (uint32_t)signal, memory_order_release);
}

int proctab_take_kill(struct shm_segment *seg, uint32_t slot, struct proc_ref *who)
{
    if (slot >= seg->geometry.procs)
        return 0;
    shm_word *kill = &seg->procs[slot].kill;
    if (atomic_load_explicit(kill, memory_order_relaxed) == 0) /* the usual case takes no exclusive line */
        return 0;
    uint64_t request = atomic_exchange_explicit(kill, 0, memory_order_acquire);
    *who = (struct proc_ref){.slot = slot, .generation = (uint32_t)(request >> 32)};
    return (int)(request & 0x7f);
}

const char *proc_kind_name(enum proc_kind kind)
{
    switch (kind) {
    case PROC_WORKER:
        return "worker";
    case PROC_RUNNER:
        return "runner";
    case PROC_JANITOR:
        return "janitor";
    case PROC_PARSER:
        return "parser";
    case PROC_DATABASE:
        return "database";
    }
    return "unknown";
}
