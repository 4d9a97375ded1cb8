/* Processes (or threads) that use the table at random and keep a ledger of what they were promised.
 *
 * The ledger lies in shared memory of its own. It is written around each operation in such an order that a death in
 * between only weakens what can be said about that task, and never accuses the table wrongly:
 *   acked      set after the task was published as READY
 *   finishing  raised before somebody tries to end the task, lowered if the attempt was refused
 *   finals     raised after somebody ended it
 *   owner      set after a claim, cleared before it is given back or ended
 *
 * Checked all the time, by everybody:
 *   - an acked task that nobody tried to end is found, and all of it is whole: numbers, counts, strings, text;
 *   - nobody claims a task that another one has; nobody takes it from a living owner;
 *   - nobody ends a task twice;
 *   - what one observer sees of a slot moves along the graph of states, and its version and generation only grow. */
#ifndef PF_PROVE_ACTORS_H
#define PF_PROVE_ACTORS_H

#include "shm/layout.h"
#include "shm/lock.h"
#include "shm/proctab.h"
#include "shm/segment.h"
#include "shm/table.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define LEDGER_ENTRIES 1048576u /* a second of tasks at full speed: a number is not reused while its task lives */
#define LEDGER_WHY     300
#define ACTOR_TYPES    3

struct ledger_entry {
    _Atomic uint32_t number;
    _Atomic uint32_t acked;
    _Atomic uint32_t finishing;
    _Atomic uint32_t finals;
    _Atomic uint64_t owner;
};

struct ledger {
    _Atomic uint32_t next_number;
    _Atomic uint32_t quiet; /* workers leave; what is there comes to its end */
    _Atomic uint32_t stop;
    _Atomic uint32_t violations;
    _Atomic uint64_t operations, polls, timeouts;
    _Atomic uint64_t longest_hit_ns, longest_hit_cpu_ns; /* polls that found their task, by the meter */
    char why[LEDGER_WHY];                                /* the first violation */
    struct ledger_entry entry[LEDGER_ENTRIES];
};

/* What an observer last saw of a slot. */
struct sight {
    uint64_t version, generation, order;
    uint8_t id[16];
    uint16_t attempt;
    uint8_t state, type;
};

#define ACTOR_SLOTS 256 /* the largest table an observer follows */
#define ACTOR_PROCS 64  /* the largest process table a janitor settles */

struct actor {
    struct shm_segment *seg;
    struct ledger *ledger;
    struct proc_ref me;
    uint64_t rng;
    uint32_t last_number; /* submitted by this one */
    struct sight *sight;  /* ACTOR_SLOTS of them, for observers */
};

struct ledger *ledger_new(void);
void ledger_free(struct ledger **ledger);

/* One thing out of what such a process does. They return after a bounded time. */
void actor_work(struct actor *actor);    /* submit, release, cancel, poll */
void actor_run(struct actor *actor);     /* claim one task and bring it to some end */
void actor_settle(struct actor *actor);  /* what the dead owned, then their entries */
void actor_observe(struct actor *actor); /* look at every slot */
void actor_meter(struct actor *actor);   /* time one poll */

/* After all came to rest: every acked task ended exactly once. */
void ledger_audit(struct ledger *ledger, struct shm_segment *seg);

__attribute__((format(printf, 2, 3))) void ledger_accuse(struct ledger *ledger, const char *format, ...);

uint32_t actor_random(struct actor *actor, uint32_t below);

#endif
