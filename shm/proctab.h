/* Process table: who is alive, by generation and not by pid.
 *
 * One entry per possible child. A child number (kind, index) has at most PROCTAB_LIVES entries that are not FREE, so a
 * child that dies in a loop while the janitor is away cannot use up the entries of others. A table with PROCTAB_LIVES
 * entries for each child number never runs short. A janitor gets an entry even then: the oldest dead one of its own,
 * because nobody else would ever settle that. So a janitor settles by proctab_alive() of each task's owner, and not by
 * the DEAD entries alone.
 *
 * Protocol (every field is an atomic; nobody locks)
 *   FREE -> ASSIGNED    master, before fork: generation + 1
 *   ASSIGNED -> ACTIVE  child, when it is ready to work
 *   ACTIVE -> STOPPING  child, when it stops in good order and has handed its work back
 *   any -> DEAD         master, after waitpid, with the cause; then it pokes the janitor
 *   DEAD -> FREE        janitor, after it has settled what the process owned
 *
 * The kernel reuses pids; a generation is never reused: everything that names an owner names {slot, generation}. Death
 * is known from the master's waitpid, never from a stale heartbeat. Heartbeats only tell "hung". */
#ifndef PF_SHM_PROCTAB_H
#define PF_SHM_PROCTAB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct shm_segment;

#define PROCTAB_LIVES 4 /* the living one, its predecessor during a reload, and two dead ones not yet settled */

enum proc_kind { PROC_WORKER = 1, PROC_RUNNER, PROC_JANITOR, PROC_PARSER, PROC_DATABASE };
enum proc_state { PROC_FREE = 0, PROC_ASSIGNED, PROC_ACTIVE, PROC_STOPPING, PROC_DEAD };

/* Names one life of one entry. {0, 0} is nobody. */
struct proc_ref {
    uint32_t slot;       /* index into the table */
    uint32_t generation; /* 1, 2, …: raised at every assignment of the slot */
};

/* A consistent enough copy for decisions and for people. */
struct proc_info {
    struct proc_ref ref;
    enum proc_kind kind;
    enum proc_state state;
    uint32_t index;       /* which worker or runner of its kind: 0, 1, … */
    pid_t pid;            /* 0 between assignment and fork */
    int64_t started_ms;   /* CLOCK_MONOTONIC */
    int64_t beat_ms;      /* CLOCK_MONOTONIC of the last heartbeat; 0 = none yet */
    int wait_status;      /* as from waitpid; valid when state is DEAD */
    bool stopped_cleanly; /* the child said STOPPING before it ended */
};

/* Master only. Take a FREE entry for child number `index` (below 65536) of `kind`. Returns 0 and *out, or -EAGAIN if no
 * entry is free or PROCTAB_LIVES are in use: the janitor has not settled the dead ones yet. PROC_JANITOR gets -EAGAIN
 * only if none of its own is DEAD. */
int proctab_assign(struct shm_segment *seg, enum proc_kind kind, uint32_t index, struct proc_ref *out);

/* Master only, after fork in the parent. The child may call it as well with its own pid: same value, harmless. */
void proctab_set_pid(struct shm_segment *seg, struct proc_ref who, pid_t pid);

/* Child: it is ready to work; it stops in good order. */
void proctab_active(struct shm_segment *seg, struct proc_ref me);
void proctab_stopping(struct shm_segment *seg, struct proc_ref me);

/* Child: one heartbeat. Cheap; at least once a second. */
void proctab_beat(struct shm_segment *seg, struct proc_ref me);

/* Master only: the process of this entry has been reaped with this status. An old generation is ignored. */
void proctab_dead(struct shm_segment *seg, struct proc_ref who, int wait_status);

/* Janitor (or the master for kinds that own no task: PARSER, DATABASE): the entry may be used again. */
void proctab_release(struct shm_segment *seg, struct proc_ref who);

/* Child: a number by which the janitor finds what this child has outside, such as its session with the database; 0 =
 * nothing. It ends with the life of the entry. */
void proctab_set_session(struct shm_segment *seg, struct proc_ref me, uint64_t session);
/* Returns 0 if that life is over. */
uint64_t proctab_session(const struct shm_segment *seg, struct proc_ref who);

/* Returns true while that life of the entry is ASSIGNED, ACTIVE or STOPPING; false for {0,0}. */
bool proctab_alive(const struct shm_segment *seg, struct proc_ref who);

/* Copy entry `slot`. Returns false if `slot` is out of range. */
bool proctab_read(const struct shm_segment *seg, uint32_t slot, struct proc_info *out);

/* Number of entries, for loops. */
uint32_t proctab_size(const struct shm_segment *seg);

/* The entry of the first living process of a kind with this index; {0,0} if there is none. */
struct proc_ref proctab_find(const struct shm_segment *seg, enum proc_kind kind, uint32_t index);

/* Janitor: ask the master to send `signal` to that process. Master, after every poke: take the request. Returns the
 * signal, or 0 if there is no request. The master checks the generation before it signals. */
void proctab_request_kill(struct shm_segment *seg, struct proc_ref who, int signal);
int proctab_take_kill(struct shm_segment *seg, uint32_t slot, struct proc_ref *who);

const char *proc_kind_name(enum proc_kind kind);

#endif
