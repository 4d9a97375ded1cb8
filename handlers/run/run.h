/* What the task types share as tasks: the lease that keeps others out, why a file could not be read, how a run ends. */
#ifndef PF_RUN_RUN_H
#define PF_RUN_RUN_H

#include "base/json.h"
#include "handlers/job.h"

/* What a step of an import decided. */
enum run_step {
    STEP_ON,    /* go on */
    STEP_AGAIN, /* the environment's fault: another attempt; job->error says why */
    STEP_STOP,  /* cancelled or draining */
    STEP_FAIL,  /* the task fails; the failure says why */
    STEP_SKIP   /* there is nothing to do */
};

/* Why a task fails. */
struct run_failure {
    char code[24]; /* "" = it does not */
    char text[240];
};
enum run_step run_fail(struct run_failure *failure, const char *code, const char *text);
/* Take the database's error over into the job. Returns STEP_AGAIN. */
enum run_step run_database_away(struct job *job);
/* job_read_file() did not return 0. `stopped` is what the sink returns when it was stopped by a database error. */
enum run_step run_reading_failed(struct job *job, int rc, int stopped, const struct sheet_error *err,
                                 struct run_failure *failure);

/* The rows of a file so far; how many there are in all is known when it has been read to its end. */
void run_count_rows(struct job *job, uint64_t rows, uint64_t rejected, bool whole);

/* Inside a transaction, between statements. Returns 0, or -1 with db->error STORE_STOPPED when the job is to stop. */
int run_go_on(struct job *job, struct store_conn *db);
/* End an import that came to `step`: `save` writes what it brings, `save_failed` what one leaves that failed; both as
 * job_finish() has them, with `ctx`. Stopped in between, it returns JOB_STOP, which costs no attempt. */
enum job_verdict run_end(struct job *job, enum run_step step, const struct run_failure *failure, job_effect_fn save,
                         job_effect_fn save_failed, void *ctx);
/* Run a task that is all one effect, if `step` lets it begin. */
enum job_verdict run_as_effect(struct job *job, enum run_step step, job_effect_fn effect, void *ctx);

/* Exclusive work: held by the task, renewed while it runs, checked in the transaction that writes. */
struct run_lease {
    struct job *job;
    char name[65];
    uint64_t fence;
    bool held;
    int64_t renewed_ms; /* CLOCK_MONOTONIC */
};
/* Wait until nobody else holds it; waiting costs no attempt. `waiting` is shown as progress meanwhile. */
enum run_step run_lease_take(struct run_lease *lease, struct job *job, const char *name, const char *waiting);
/* The same for a run of at most `seconds` that is one transaction: renewed inside it, the lease would keep others from
 * even looking at it. That of a runner that dies is released by the janitor. */
enum run_step run_lease_take_long(struct run_lease *lease, struct job *job, const char *name, const char *waiting,
                                  unsigned seconds);
/* Call often: renews from time to time. Returns 0, or -1 when it is lost or the database is away (job->db->error). */
int run_lease_tick(struct run_lease *lease);
/* Inside the writing transaction: still ours? And give it up with the commit. Return 0 or -1 with db->error. */
int run_lease_check(struct run_lease *lease, struct store_conn *db);
int run_lease_end(struct run_lease *lease, struct store_conn *db);
/* Give it up outside a transaction, best effort: after a run that ended in any way. */
void run_lease_drop(struct run_lease *lease);

struct run_uuid {
    char s[37];
};
struct run_uuid run_uuid(const store_uuid id);
/* Keep the names of the columns whose cells row errors have in `raw`, separated by tabs in that order, for rejects.csv.
 * Inside the transaction of the final state, failed or not. Returns 0 or -1 with db->error. */
#define RUN_COLUMNS 500
int run_save_columns(struct store_conn *db, const store_uuid id, const char *names);
/* Member "rejects" of a result: where the refused rows are to be had. */
void run_put_rejects(struct json_out *out, const store_uuid id);

#endif
