/* What is counted for /metrics: the meaning of the words in a row of shm/counters.h, and who writes them.
 *
 * Words that are added to are totals, summed over all rows; they begin anew with a new segment, except the deaths,
 * which the master keeps itself. Words that are set are a worker's own and belong to its present life. Each process
 * writes its row from one thread: a worker from its loop, a runner from its main thread, the janitor from its SQL
 * thread. */
#ifndef PF_PROCESS_METRICS_H
#define PF_PROCESS_METRICS_H

#include "daemon/process/process.h"

#define METRICS_ROUTES   96 /* lines of worker_routes; the last number stands for "none" */
#define METRICS_NO_ROUTE (METRICS_ROUTES - 1)
#define METRICS_CODES    24
#define METRICS_BOUNDS   15 /* of the histograms, +Inf apart */
#define METRICS_KINDS    (PROC_DATABASE + 1)
#define METRICS_OUTCOMES (OUTCOME_EXPIRED + 1)

/* Why a child ended. */
enum metrics_cause {
    METRICS_IN_ORDER,
    METRICS_RECYCLED,
    METRICS_SHORTAGE,
    METRICS_CONFIG,
    METRICS_SEGMENT_LOST,
    METRICS_EXITED, /* with any other code */
    METRICS_KILLED, /* by the master: hung, past a limit, in the way */
    METRICS_SIGNALLED,
    METRICS_CAUSES
};

enum metrics_word {
    METRICS_POLLS_HELD,
    METRICS_ACCEPT_PAUSES,
    METRICS_RECONNECTS,
    METRICS_WAITS_LOCKED,   /* times an attempt began again because of a lock or a deadlock … */
    METRICS_WAITS_DATABASE, /* … and because the database was away */
    /* set, not added to */
    METRICS_POLLS_WAITING,
    METRICS_CONNECTIONS,
    METRICS_UPLOADS,
    METRICS_DATABASE_UP,
    METRICS_OUTAGE_SINCE, /* CLOCK_MONOTONIC ms since when this process cannot use the database, 0 = it can */
    METRICS_DURABILITY,   /* the janitor's: 0 = not known yet, else 1 + a set of enum store_weakness */
    /* by kind and cause: the master's row */
    METRICS_DEATHS,
    /* by route and code */
    METRICS_REQUESTS = METRICS_DEATHS + METRICS_KINDS * METRICS_CAUSES,
    METRICS_TYPES = METRICS_REQUESTS + METRICS_ROUTES * METRICS_CODES
};

/* A histogram: tasks per bucket (not cumulative, the last one is +Inf), then the sum in milliseconds. */
#define METRICS_HISTOGRAM (METRICS_BOUNDS + 2)

/* What each task type has, from METRICS_TYPES on. */
enum metrics_type_word {
    METRICS_FINISHED, /* by outcome */
    METRICS_DELAY = METRICS_FINISHED + METRICS_OUTCOMES,
    METRICS_DURATION = METRICS_DELAY + METRICS_HISTOGRAM,
    METRICS_TYPE_WORDS = METRICS_DURATION + METRICS_HISTOGRAM
};

#define METRICS_WORDS(types) ((uint32_t)METRICS_TYPES + (uint32_t)(types) * (uint32_t)METRICS_TYPE_WORDS)

extern const int64_t metrics_bounds_ms[METRICS_BOUNDS];
/* What the numbers of codes and causes are called in a label. */
extern const char *const metrics_code_names[METRICS_CODES];
extern const char *const metrics_cause_names[METRICS_CAUSES];

/* From now on this process writes to its own row; before, everything below does nothing. */
void metrics_attach(const struct process *process);

/* Loop thread of a worker. `route`: its number in worker_routes or METRICS_NO_ROUTE; status 0 = the client had left. */
void metrics_answered(unsigned route, int status);
void metrics_add(enum metrics_word word, uint64_t by);
void metrics_set(enum metrics_word word, uint64_t value);

/* The weaknesses of the database's durability that the janitor has found: a set of enum store_weakness, 0 also while
 * that is not known. */
unsigned metrics_weakness(const struct process *process);

/* A task begins its first attempt after having waited so long. */
void metrics_task_started(unsigned type, int64_t delay_ms);
/* A task has ended; ran_ms: how long its last attempt took, -1 = it was not running. */
void metrics_task_finished(unsigned type, enum task_outcome outcome, int64_t ran_ms);

#endif
