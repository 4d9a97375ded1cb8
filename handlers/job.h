/* A job: one attempt at a task, as its handler sees it.
 *
 * The runner fills in the callbacks; unit tests fill in their own. A handler knows no processes, no shared memory and
 * no HTTP: it reads its parameters and its file, reports progress, looks at the cancel flag at every batch, and ends
 * the task exactly once through job_finish(): effect and final state commit in one transaction, or not at all. */
#ifndef PF_HANDLERS_JOB_H
#define PF_HANDLERS_JOB_H

#include "base/facts.h"
#include "handlers/params.h"
#include "handlers/sheet/sheet.h"
#include "handlers/values/values.h"
#include "store/conn.h"
#include "store/journal.h"

#include <yajl/yajl_tree.h>

struct job;

/* What a handler's run() returns. */
enum job_verdict {
    JOB_ENDED = 0,  /* job_finish() returned JOB_ENDED: the final state is committed */
    JOB_AGAIN = -1, /* environment's fault (database away, no space for a moment): another attempt, the cause is in
                       job->error */
    JOB_STOP = -2   /* cancelled or draining: job_cancelled() returned true; nothing was written */
};

/* How the task ends. Filled by the handler, partly inside the effect. Heap strings owned by the job. */
struct job_ending {
    enum task_outcome outcome; /* OUTCOME_SUCCEEDED, OUTCOME_PARTIAL or OUTCOME_FAILED */
    char *result;              /* JSON; with SUCCEEDED and PARTIAL */
    char message[256];         /* summary: "475 of 484 rows accepted, 9 rejected" */
    char error_code[40];       /* with FAILED: "E_NO_HEADER" */
    char error[500];           /* with FAILED: one sentence for people */
    char *error_more;          /* with FAILED: NULL, or a JSON object: what error_detail has besides */
    size_t told_len;           /* of error_more, without what job_ending_more() has added */
};

/* Writes the effect inside the transaction that also writes the final state. May run several times (deadlock,
 * connection lost before COMMIT): it must start from its inputs each time. Returns 0; -1 with db->error; or
 * JOB_EFFECT_REJECT after it filled `ending` with FAILED: the transaction is rolled back and job_finish() runs
 * `on_fail` instead. */
#define JOB_EFFECT_REJECT 1
typedef int (*job_effect_fn)(struct job *job, struct store_conn *db, struct job_ending *ending, void *ctx);

struct job_ops {
    /* Percent 0-99 never falls within an attempt; text is for people: "row 120 000 of 500 000". Rate-limited inside. */
    void (*progress)(struct job *job, unsigned percent, const char *text);
    /* Returns true if the handler must stop at the next batch boundary: cancelled, over its time limit, or draining. */
    bool (*cancelled)(struct job *job);
    /* Decode the task's file in the parser process and replay it into the sink. Returns as sheet_read(); The class is
     * "parser-died" if the parser was killed (another attempt may succeed), "stopped" if cancelled() turned true. */
    int (*read_file)(struct job *job, enum sheet_format format, const struct grid_sink *sink, struct sheet_error *err);
    /* End the task: transaction { effect; journal } with retries. `effect` may be NULL (nothing to write). `on_fail`
     * (may be NULL) is the effect of a failed ending (row errors). Returns JOB_ENDED, JOB_AGAIN or JOB_STOP. */
    enum job_verdict (*finish)(struct job *job, struct job_ending *ending, job_effect_fn effect, job_effect_fn on_fail,
                               void *ctx);
    /* One line for the daemon's log with the task id; never a cell's content. */
    void (*log)(struct job *job, const char *format, ...) __attribute__((format(printf, 2, 3)));
};

/* What an attempt is doing, as a fixed word for programs; the text of job_progress() says more of it to people. */
enum job_phase {
    PHASE_WORKING,     /* nothing finer is known */
    PHASE_TURN,        /* waits until another task of the same warehouse or party is over */
    PHASE_READING,     /* the catalogue, the present state, the file */
    PHASE_COMPARING,   /* the file with what is on record */
    PHASE_CALCULATING, /* prices */
    PHASE_SAVING,
    JOB_PHASES
};
const char *job_phase_name(enum job_phase phase);

struct job {
    const struct job_ops *ops;
    store_uuid id;
    unsigned attempt;                /* 1, 2, 3 */
    yajl_val params;                 /* canonical parameters; owned by the runner */
    const struct journal_file *file; /* NULL if the task has no file */
    int file_fd;                     /* the spooled body, or -1 */
    uint8_t file_sha256[32];         /* of the file part; filled before run() if there is a file */
    struct store_conn *db;           /* the runner's connection, no transaction open */
    struct store_error error;        /* with JOB_AGAIN: why */
    enum job_phase phase;            /* set by the handler before job_progress(), which shows it at once */
    struct task_counts counts;       /* set by the handler before job_progress(), which shows them, and in its effect;
                                        kept with every end */
    const struct job_settings *settings;
    void *runner; /* the runner's own */
};

/* Domain settings of the configuration that handlers read. */
struct job_settings {
    const char *base_currency;    /* "RUB" */
    const char *default_vat_rate; /* "22" */
    unsigned rate_max_age_days;   /* 14 */
    unsigned quote_history_days;  /* 400 */
    unsigned undo_days;           /* 30 */
    const char *time_zone;        /* "Europe/Moscow" */
    uint32_t max_rows;            /* 500 000 */
    unsigned mxl_code_page;       /* sheet_limits.code_page */
};

/* Today in the configured time zone. It sets TZ for a moment: no other thread of the process may read local time or the
 * environment, and a runner's other thread does neither. */
struct value_date job_today(const struct job_settings *settings);

/* Tomorrow, for a precheck: it asks the process's local time, which a worker keeps in the configured zone. */
struct value_date job_tomorrow(void);
/* The fault of a day after tomorrow; none for year 0. */
void job_check_day(struct value_date date, struct value_date tomorrow, const char *pointer,
                   struct param_faults *faults);

static inline void job_progress(struct job *job, unsigned percent, const char *text)
{
    job->ops->progress(job, percent, text);
}
static inline bool job_cancelled(struct job *job)
{
    return job->ops->cancelled(job);
}
static inline int job_read_file(struct job *job, enum sheet_format format, const struct grid_sink *sink,
                                struct sheet_error *err)
{
    return job->ops->read_file(job, format, sink, err);
}
static inline enum job_verdict job_finish(struct job *job, struct job_ending *ending, job_effect_fn effect,
                                          job_effect_fn on_fail, void *ctx)
{
    return job->ops->finish(job, ending, effect, on_fail, ctx);
}

/* Fill an ending as failed. */
void job_ending_fail(struct job_ending *ending, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* After it: what the sentence says as facts, and what settles it. */
void job_ending_told(struct job_ending *ending, const struct fault_told *told);
/* Adds further members to error_detail: those of a JSON object, in place of what an earlier call has added. */
void job_ending_more(struct job_ending *ending, const char *object, size_t len);
void job_ending_fini(struct job_ending *ending);

#endif
