/* A small table with one operation to be interrupted in it. Shared by the parts of the single-step proof.
 *
 * A scenario has a set-up, which brings the table into a state worth interrupting, and an operation, which a traced
 * process performs. All arguments of the operation are prepared by the set-up, so that only the operation itself is
 * stepped. */
#ifndef PF_PROVE_WORLD_H
#define PF_PROVE_WORLD_H

#include "shm/layout.h"
#include "shm/lock.h"
#include "shm/proctab.h"
#include "shm/segment.h"
#include "shm/table.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define WORLD_SLOTS 8 /* the smallest table there is */
#define WORLD_PROCS 4
#define WORLD_IDS   24

enum scenario_flag {
    STARTS_TORN =
        1 << 0,         /* the set-up leaves a dead owner and nonsense in derived state: the operation is the repair */
    ENDS_LOST = 1 << 1, /* a slot is beyond repair: the lock must be refused for ever, before and after */
    PROCESS_TABLE = 1 << 2, /* the operation changes the process table alone */
    HINTS = 1 << 3,         /* the operation writes hints in the table, for which nobody takes the lock */
};

/* The contents of every slot, or of every entry, as a reader without the lock sees them. */
struct image {
    struct shm_task task[WORLD_SLOTS]; /* state TASK_FREE: the rest is zero */
    struct proc_info proc[WORLD_PROCS];
};

struct world {
    struct shm_segment *seg;
    uint64_t seed;
    struct proc_ref me, child;
    struct image before, after;
    /* Arguments and result of the operation. */
    struct shm_handle handle;
    uint64_t expect;
    uint8_t id[16];
    struct shm_task next, out;
    int expect_result;
    int result;
};

struct scenario {
    const char *name;
    unsigned flags;
    void (*setup)(struct world *world);
    void (*operation)(struct world *world);
};

extern const struct scenario scenarios[];
extern const unsigned scenario_count;

/* An empty table, and two entries taken. Freed by shm_segment_free(). */
void world_init(struct world *world, uint64_t seed);

/* Two final tasks, one reserved, one running (returned), three ready of two types; one slot free. Ids 1 to 7. */
struct shm_handle world_populate(struct world *world);

/* Prepares world->handle, expect and next for bringing a task to `state`. Every part of it says state and variant. */
void world_prepare(struct world *world, struct shm_handle handle, enum task_state state, unsigned variant);

/* Returns true if what a poll has copied is of one piece, as world_prepare() made it. */
bool world_whole(uint8_t state, uint8_t progress, const char *text, uint16_t text_len);
/* The same for all of a task: every number, count and string. */
bool world_task_whole(const struct shm_task *task);

/* Id number n of this world's seed. */
void world_id(const struct world *world, unsigned number, uint8_t id[16]);

/* What a reader sees, without the lock. */
void image_take(struct shm_segment *seg, struct image *image);

/* Returns true if they are equal in every part that is used; else *where is the first slot that differs. */
bool image_same(const struct image *a, const struct image *b, bool processes, uint32_t *where);

/* --- the judge: a process of its own that looks at what a death has left --- */

enum verdict { JUDGED_BEFORE = 10, JUDGED_AFTER = 11, JUDGED_RECOVERED = 4 /* added */, JUDGED_VIOLATION = 99 };

/* The traced process is stopped in the middle and alive. Nobody recovers anything, readers see whole tasks, and no
 * reader misses a task that is there before and after. */
int judge_living(struct world *world, unsigned flags, char *why, size_t why_size);

/* One judgement after a death; uses the table and leaves it changed. On a violation it exits the process with
 * JUDGED_VIOLATION and a sentence in `why`, since it may hold the lock. */
int judge(struct world *world, unsigned flags, char *why, size_t why_size);

/* A process that judges on demand: forked once per scenario, since forking for each death costs more than all the rest.
 * judge_ask() starts another one when the last died of what it saw. */
struct judge_server {
    struct world *world;
    unsigned flags;
    char *why; /* in shared memory */
    size_t why_size;
    pid_t pid; /* 0 = none running */
    int request, reply;
};

int judge_ask(struct judge_server *server, bool living);
void judge_stop(struct judge_server *server);

#endif
