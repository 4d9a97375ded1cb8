/* The janitor: what must be put right when something died or started.
 *
 * Two threads. The first one never touches the database: within milliseconds of a death it tells every poll of it (the
 * slot's message), beats the heart and watches the master. The second one does everything with SQL: migrations, filling
 * the table from the journal, settling what dead processes owned, adopting rows that a killed worker committed,
 * retention. */
#ifndef PF_JANITOR_H
#define PF_JANITOR_H

#include "daemon/process.h"
#include "shm/table.h"

#include <pthread.h>
#include <stdatomic.h>

struct janitor {
    const struct process *process;
    struct store_config db_config;
    struct store_conn db; /* SQL thread only */
    int spool_fd;
    atomic_bool stopping;
    atomic_bool first_look_done; /* the SQL thread has loaded the journal, or found the database away */
    pthread_t sql_thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool poked;                  /* under mutex */
    bool loaded;                 /* SQL thread: migrated and the table is filled */
    int64_t started_ms;          /* wall clock: spool files from before it may be swept */
    int64_t swept_ms, purged_ms; /* CLOCK_MONOTONIC */
    int64_t *dead_since_ms;      /* per process entry: when its death was first seen; 0 = alive. SQL thread */
    struct running_since {       /* per slot: which attempt was first seen running when; first thread */
        uint64_t generation;
        unsigned attempt;
        int64_t ms; /* CLOCK_MONOTONIC */
    } * running;
};

/* SQL thread (janitor_sql.c). */
void *janitor_sql_main(void *janitor);

/* One settling step of the SQL thread; return 0, or -1 when the database failed (try again later). janitor_settle.c */
int janitor_load(struct janitor *janitor);
int janitor_settle_dead(struct janitor *janitor);
int janitor_adopt(struct janitor *janitor);
int janitor_sweep_spool(struct janitor *janitor);

/* "killed by signal 9 (Killed)", "ended with exit code 3". */
void janitor_cause(int wait_status, char *buf, size_t size);

#endif
