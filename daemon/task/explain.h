/* Why a task is where it is: facts that others have gathered, put into one sentence and the fields behind it. */
#ifndef PF_TASK_EXPLAIN_H
#define PF_TASK_EXPLAIN_H

#include "base/json.h"
#include "daemon/process/process.h"
#include "shm/table.h"
#include "store/journal.h"

/* Another task, as one names it to people. */
struct explain_other {
    store_uuid id;
    char type[33];
    char by[64 * 4 + 1]; /* "" = not known */
    unsigned progress;
};

#define EXPLAIN_BUSY      16
#define EXPLAIN_STATEMENT 200 /* characters of a statement that are shown */

struct explain_facts {
    const struct config *config;
    int64_t now_ms;                /* wall clock */
    const struct shm_task *slot;   /* NULL: it stands in no slot of this node. Read before the row */
    const struct journal_row *row; /* NULL: the database is away */
    bool here;                     /* the row is of this node */
    /* Where it waits. */
    unsigned waiting, ahead, ahead_of_type, running_of_type, limit_of_type; /* limit 0 = as many as runners */
    int64_t oldest_ms; /* since when the first of those waits; 0 = none waits */
    unsigned n_busy;   /* what the runners do; so many of them are known */
    struct explain_other busy[EXPLAIN_BUSY];
    /* Who works on it. */
    bool owned; /* `owner` is alive */
    struct proc_info owner;
    int64_t beat_age_ms; /* -1 = none yet */
    unsigned time_limit_s;
    /* What it needs alone, and who has it. */
    char lease[65];
    bool held; /* by another */
    struct explain_other holder;
    /* What its session does. */
    bool in_statement;
    char statement_state[64], statement[EXPLAIN_STATEMENT + 1]; /* "" = may not be shown */
    int64_t statement_ms, statement_rows;
};

/* One JSON object. Any thread. */
void explain_put(struct json_out *out, const struct explain_facts *facts);
/* Cuts the values out of a statement: texts and numbers become "?", and so does what is not ASCII. At most EXPLAIN_STATEMENT characters. */
void explain_without_values(const char *sql, char out[EXPLAIN_STATEMENT + 1]);

#endif
