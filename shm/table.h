/* The task table: every live task and as many finished ones as fit. Any process reads it without a lock.
 *
 * Protocol
 *   Slots are the truth. The free list, the hash index and the ready queue are derived from them and may be torn when a
 *   process dies: the next holder of the lock rebuilds them (lock.h).
 *   A slot has two bodies and one 64-bit version word. Bit 0 of the version selects the valid body. A writer (lock
 *   held) copies the valid body into the other one, changes it there, and stores version + 1 with release. One store is
 *   the whole change: a writer killed anywhere leaves the whole old or the whole new task (LMDB's two meta pages).
 *   A reader loads the version (acquire), copies the body word by word (relaxed), fences, loads the version again, and
 *   retries if it has changed. After SHM_READ_RETRIES retries it takes the lock once. Readers never wait for a writer.
 *   Order in one operation: fill the shadow body, publish, then free list, index and queue. On freeing: index entry
 *   out, then FREE published, then free list.
 *   A lookup that misses is confirmed once under the lock, since deletes and rebuilds may hide an entry for a moment.
 *
 * Who may change a slot, by state
 *   FREE                          anybody with the lock: reserve
 *   RESERVED                      the worker (or janitor) that reserved it
 *   READY                         any runner (claim); worker or janitor (cancel, expire)
 *   CLAIMED, RUNNING              its owner; the janitor if the owner is dead; anybody may set the cancel flag
 *   SUCCEEDED, FAILED, CANCELLED  nobody, but it may be freed (retention, forgotten); reserve may evict it (oldest
 *                                 first) if no slot is free
 *
 * Moves that are allowed, besides those of reserve and claim
 *   FREE                          none
 *   RESERVED                      RESERVED, READY, FREE, any final state (history filled in from the journal)
 *   READY                         READY, FREE (another node has it), any final state
 *   CLAIMED                       CLAIMED, RUNNING, READY, FREE, any final state
 *   RUNNING                       RUNNING, READY, FREE, any final state
 *   SUCCEEDED, FAILED, CANCELLED  FREE
 * shm_table_change() is the only function that moves a task. It aborts on a move that is not in this list. */
#ifndef PF_SHM_TABLE_H
#define PF_SHM_TABLE_H

#include "shm/proctab.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shm_segment;

#define TASK_TEXT_MAX    2048 /* rendered JSON of a poll, bytes */
#define TASK_STEP_MAX    256  /* UTF-8 bytes with the terminator */
#define TASK_ERROR_MAX   512  /* UTF-8 bytes with the terminator */
#define TASK_COUNTERS    6    /* numbers that a task may report */
#define TASK_NOT_PLACED  UINT32_MAX
#define SHM_READ_RETRIES 1000

enum task_state {
    TASK_FREE = 0,  /* on the free list */
    TASK_RESERVED,  /* taken for a task whose row is not committed yet; in the index, so that no id is taken twice, but
                       polls do not see it */
    TASK_READY,     /* in the index and in the ready queue */
    TASK_CLAIMED,   /* in the index; a runner is asking the journal for it */
    TASK_RUNNING,   /* in the index; the owner works on it */
    TASK_SUCCEEDED, /* in the index; final */
    TASK_FAILED,    /* in the index; final */
    TASK_CANCELLED, /* in the index; final */
    TASK_STATES
};

/* Sets of states, for shm_table_each_in(). */
#define TASK_IN(state) (1u << (state))
#define TASKS_OWNED    (TASK_IN(TASK_RESERVED) | TASK_IN(TASK_CLAIMED) | TASK_IN(TASK_RUNNING))
#define TASKS_LIVE     (TASKS_OWNED | TASK_IN(TASK_READY))

enum task_flag {
    TASK_CANCEL_ASKED = 1 << 0,    /* somebody asked for cancellation; the owner looks at it at each batch */
    TASK_TEXT_IN_JOURNAL = 1 << 1, /* the final representation is longer than TASK_TEXT_MAX: read it from the journal */
    TASK_INTERRUPTED = 1 << 2,     /* its owner died and polls have been told; the journal has not been asked yet */
    TASK_OVERDUE = 1 << 3,   /* past its type's time limit: its runner is being killed; no further attempt follows */
    TASK_UNSETTLED = 1 << 4, /* the attempt is over; its runner waits for the database to write that down */
};

/* Why the last attempt was interrupted. shm/ only stores it; daemon/task/words.h has the words. */
enum task_cause {
    CAUSE_NONE = 0,
    CAUSE_SIGNAL,   /* its runner was killed by signal `cause_code` */
    CAUSE_EXIT,     /* its runner ended with exit code `cause_code` */
    CAUSE_GONE,     /* nobody knows what became of its runner */
    CAUSE_FORCE,    /* the whole service was stopped by force */
    CAUSE_RESTART,  /* its runner was told to leave; the attempt does not count */
    CAUSE_DATABASE, /* the database failed */
    CAUSE_TOLD,     /* something else: `error` says it */
    TASK_CAUSES
};

/* One task: facts, and what a poll answers, which is made from them at each change. All times are milliseconds since
 * 1970 UTC, 0 = not yet. Strings are always terminated. */
struct shm_task {
    uint8_t id[16];      /* random version 4 UUID, network order */
    uint64_t generation; /* of the slot: raised each time it is reserved */
    uint64_t order;      /* enqueue number; the ready queue is sorted by it. Kept when requeued */
    uint64_t visible;    /* raised when `text` or TASK_TEXT_IN_JOURNAL changed: the entity tag's number */
    int64_t created_ms;
    int64_t started_ms;    /* of this attempt */
    int64_t done_ms;       /* set with a final state */
    int64_t touched_ms;    /* last progress */
    struct proc_ref owner; /* RESERVED, CLAIMED, RUNNING: who; else {0,0} */
    uint16_t attempt;      /* 0 before the first start */
    uint8_t state;         /* enum task_state */
    uint8_t type;          /* number in the task-type registry, below shm_geometry.types */
    uint8_t outcome;       /* of a final task: the daemon's code for Task-Outcome; shm/ only stores it */
    uint8_t flags;         /* enum task_flag */
    uint8_t progress;      /* 0-100 */
    uint8_t counted;       /* bit i: count[i] is known */
    uint16_t text_len;     /* bytes used in text */
    uint8_t phase;         /* RUNNING: what it does, by the daemon's numbers; shm/ only stores it */
    uint8_t pad0;
    uint32_t client;      /* a number for whoever asked for it, 0 = nobody; shm/ only counts by it */
    uint32_t ahead;       /* READY and never started: tasks before it; TASK_NOT_PLACED = not counted yet */
    uint16_t cause_code;  /* number of the signal, exit code; else 0 */
    uint8_t cause;        /* enum task_cause: why the attempt before was interrupted, or this one when flagged so */
    uint8_t max_attempts; /* how often it is tried; 0 before the first start */
    uint64_t count[TASK_COUNTERS]; /* what the attempt has counted, by the daemon's numbers; shm/ only stores it */
    char step[TASK_STEP_MAX];      /* what it does now, in the words of its type ("row 120 000"); "" = nothing said
                                      yet. Of a final task: the message that stays */
    char error[TASK_ERROR_MAX];    /* of a failed or cancelled task: what went wrong. With CAUSE_TOLD: what went wrong
                                      in the attempt before. Else "" */
    char text[TASK_TEXT_MAX]; /* the nine members as the poll answers them; not terminated. Last: copied by length */
};

/* Names one use of one slot; a handle of an earlier use reads "gone", never another task. */
struct shm_handle {
    uint32_t slot;
    uint64_t generation;
};

/* What a poll needs, and no more. */
struct shm_poll {
    uint64_t visible;
    uint8_t state, outcome, flags, progress;
    uint16_t text_len;
    char text[TASK_TEXT_MAX];
};

/* Take a slot for a task that is about to be journalled. `me` owns it until shm_table_change() to READY or to FREE. If
 * no slot is free, the oldest final task (by done_ms) is evicted.
 * Returns
 *   0                            and *out
 *   -ENOSPC                      all slots hold live tasks
 *   -EEXIST                      the id is in the table already
 *   -ETIMEDOUT, -ENOTRECOVERABLE from the lock */
int shm_table_reserve(struct shm_segment *seg, struct proc_ref me, const uint8_t id[16], uint8_t type,
                      struct shm_handle *out);

/* Replace a task by `next`, if it is still at version `expect` (from shm_table_read). A task moves in no other way: the
 * pair (old state, next->state) must be in the list of allowed moves, else abort.
 *   id, type, generation, order  stay as the slot has them (order is given when the task first becomes READY)
 *   visible                      is raised if the text differs
 *   owner                        is taken from next in the owned states, where it must name somebody; else cleared
 * Derived lists follow. Pokes nobody: call watch_tell() afterwards if there may be long polls for the task.
 * Returns 0, -ESTALE (it moved: read again and decide again), -ESRCH (another use of the slot), or from the lock. */
int shm_table_change(struct shm_segment *seg, struct shm_handle task, uint64_t expect, const struct shm_task *next);

/* Claim the oldest READY task whose type is below its limit for `me`: READY -> CLAIMED. Returns 0 with *task and *out
 * (the task after the claim), -EAGAIN if there is none, or from the lock. */
int shm_table_claim(struct shm_segment *seg, struct proc_ref me, struct shm_handle *task, struct shm_task *out);

/* Set TASK_CANCEL_ASKED and change nothing else. A final task stays as it is. Returns 0, -ESRCH, or from the lock. */
int shm_table_ask_cancel(struct shm_segment *seg, struct shm_handle task);

/* Copy one task without a lock. What lies behind a string's terminator or behind text_len is undefined. *version is
 * what shm_table_change() expects. Returns 0 or -ESRCH. */
int shm_table_read(struct shm_segment *seg, struct shm_handle task, struct shm_task *out, uint64_t *version);

/* Read the cancel flag without a lock. Returns false if the task is gone. */
bool shm_table_cancel_asked(struct shm_segment *seg, struct shm_handle task);

/* Find a task by id. RESERVED tasks are not found. Takes no lock on a hit. Returns 0, -ENOENT, or from the lock. */
int shm_table_find(struct shm_segment *seg, const uint8_t id[16], struct shm_handle *out);

/* The poll: find a task and copy only what the answer needs. Returns as shm_table_find(). */
int shm_table_poll(struct shm_segment *seg, const uint8_t id[16], struct shm_poll *out);

/* Call fn for every slot that is not FREE, RESERVED ones included. Each copy is whole; they are not all of one moment.
 * No lock is taken. Stops when fn returns false. */
typedef bool (*shm_table_visit)(const struct shm_task *task, struct shm_handle handle, uint64_t version, void *ctx);
void shm_table_each(struct shm_segment *seg, shm_table_visit fn, void *ctx);
/* The same for tasks of a set of states (never FREE). A slot in another state costs one cache line: made for callers
 * that look several times a second for the few that matter. */
void shm_table_each_in(struct shm_segment *seg, unsigned states, shm_table_visit fn, void *ctx);

/* Call fn with the head of every task that polls see: a cache line or two each. Its strings and its text are not filled
 * in. No lock is taken. Stops when fn returns false. */
typedef bool (*shm_table_head_visit)(const struct shm_task *head, struct shm_handle handle, void *ctx);
void shm_table_each_head(struct shm_segment *seg, shm_table_head_visit fn, void *ctx);
/* A number that changes with every change of any task. Read without a lock: one word of each slot. */
uint64_t shm_table_changes(const struct shm_segment *seg);

/* Number of slots per state. Read without a lock, not of one moment, and too low during a repair. */
void shm_table_count(struct shm_segment *seg, uint32_t by_state[TASK_STATES]);
/* Number of tasks of a type that are READY, CLAIMED or RUNNING. As exact as the above. */
uint32_t shm_table_live(struct shm_segment *seg, uint8_t type);

/* Tasks that wait (READY): of one type, from a counter; of one client, by a walk over all heads. Read without a lock,
 * for decisions that may be a little off. */
uint32_t shm_table_waiting(struct shm_segment *seg, uint8_t type);
uint32_t shm_table_client_waiting(struct shm_segment *seg, uint32_t client);

/* Rebuild free list, index and ready queue from the slots. Lock held. Idempotent, may be killed anywhere. Returns 0, or
 * -EIO when a slot is beyond repair (state out of range, two slots with one id): the segment is lost. */
int shm_table_rebuild(struct shm_segment *seg);

/* Check every invariant (shm/README.md lists them) under the lock. On a violation it writes a sentence to `why`. For
 * tests and for the checker of a running daemon. Returns true if all hold. */
bool shm_table_check(struct shm_segment *seg, char *why, size_t why_size);

bool task_state_final(enum task_state state);
const char *task_state_name(enum task_state state);

#endif
