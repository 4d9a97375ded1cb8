/* The janitor: it puts right what must be put right after something died or started.
 *
 * Two threads
 *   first thread  never touches the database. Within milliseconds of a death it tells every poll of it (the fields of
 *                 the slot). It counts the grace times of tasks that should be ending, keeps queue places up to date,
 *                 beats the heart, and leaves if the master dies.
 *   SQL thread    everything with the database: migrations, filling the table from the journal, settling what dead
 *                 processes owned, adopting rows that a killed worker committed, retention, ends of tasks that were
 *                 cancelled or waited too long.
 *
 * Files: janitor.c and places.c are the first thread, sql.c and settle.c and kept.c the SQL thread, stop.c has parts of both. All
 * of it runs in the janitor process, which the master starts once. */
#ifndef PF_JANITOR_JANITOR_H
#define PF_JANITOR_JANITOR_H

#include "daemon/process/process.h"
#include "daemon/task/words.h"
#include "shm/table.h"

#include <pthread.h>
#include <stdatomic.h>

struct janitor {
    const struct process *process;
    struct store_config db_config;
    struct store_conn db; /* SQL thread only */
    int spool_fd;
    atomic_bool stopping;
    atomic_bool first_pass_done; /* the SQL thread has loaded the journal, or found the database away */
    pthread_t sql_thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool poked;                       /* under mutex */
    bool loaded;                      /* SQL thread: migrated and the table is filled */
    int64_t started_ms;               /* wall clock: spool files from before it may be swept */
    int64_t swept_ms, purged_ms;      /* CLOCK_MONOTONIC */
    int64_t spool_swept_ms;           /* CLOCK_MONOTONIC */
    uint32_t sweep_asked;             /* files that the last sweep asked the journal for */
    int64_t *dead_since_ms;           /* per process entry: when its death was first seen; 0 = alive. SQL thread */
    int64_t checked_ms;               /* first thread: at the clocks of running tasks */
    struct attempt_clock *clocks;     /* per slot, first thread */
    struct queue_clock *queued;       /* per slot, SQL thread */
    _Atomic uint64_t *stop_statement; /* per slot: generation of the task whose statement is to be stopped, or 0 */
};

/* A running attempt, and since when it should be ending. All CLOCK_MONOTONIC, when it was first seen so; 0 = not yet. A
 * wall clock that jumps therefore stops nothing. */
struct attempt_clock {
    uint64_t generation;
    unsigned attempt;
    int64_t running_ms, cancel_ms;
    int64_t asked_ms; /* the SQL thread was last asked to stop its statement */
};

/* A task that waits for a runner, and what is known of its cancel request. */
struct queue_clock {
    uint64_t generation;
    int64_t since_ms;
    uint64_t journalled; /* generation whose cancel request is known to be in the journal */
};

/* SQL thread (sql.c). */
void *janitor_sql_main(void *janitor);

/* One settling step of the SQL thread; return 0, or -1 when the database failed (try again later). settle.c, and of the
 * spool kept.c */
int janitor_load(struct janitor *janitor);
int janitor_settle_dead(struct janitor *janitor);
int janitor_adopt(struct janitor *janitor);
int janitor_sweep_spool(struct janitor *janitor);
int janitor_sweep_kept(struct janitor *janitor);
/* Show a final row in its slot. Its leases and its file go first. Returns as above. */
int janitor_show_end(struct janitor *janitor, struct shm_handle handle, const struct journal_row *row);

/* Tasks that should be ending (stop.c): the first on the first thread, the others are steps of the SQL
 * thread. */
void janitor_check_limits(struct janitor *janitor);
int janitor_stop_statements(struct janitor *janitor);
int janitor_follow_requests(struct janitor *janitor);

/* Wake the SQL thread. */
void janitor_poke_sql(struct janitor *janitor);

/* Attempt `attempt` was interrupted by the death of its runner. */
struct interruption janitor_cause(const struct janitor *janitor, int wait_status, unsigned attempt);

#endif
