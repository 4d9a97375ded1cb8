/* What the task types share as tasks: the lease that keeps others out, why a file could not be read, how a run ends. */
#ifndef PF_RUN_RUN_H
#define PF_RUN_RUN_H

#include "base/json.h"
#include "handlers/job.h"

/* What a step of an import decided. */
enum import_step {
    STEP_ON,    /* go on */
    STEP_AGAIN, /* the environment's fault: another attempt; job->error says why */
    STEP_STOP,  /* cancelled or draining */
    STEP_FAIL,  /* the task fails; the failure says why */
    STEP_SKIP   /* there is nothing to do */
};

/* Why a task fails. */
struct import_failure {
    char code[24]; /* "" = it does not */
    char text[240];
};
enum import_step import_fail(struct import_failure *failure, const char *code, const char *text);
/* Take the database's error over into the job. Returns STEP_AGAIN. */
enum import_step import_database_away(struct job *job);
/* job_read_file() did not return 0. `stopped` is what the sink returns when it was stopped by a database error. */
enum import_step import_reading_failed(struct job *job, int rc, int stopped, const struct sheet_error *err,
                                       struct import_failure *failure);

/* The rows of a file so far; how many there are in all is known when it has been read to its end. */
void import_count_rows(struct job *job, uint64_t rows, uint64_t rejected, bool whole);

/* Inside a transaction, between statements. Returns 0, or -1 with db->error STORE_STOPPED when the job is to stop. */
int import_go_on(struct job *job, struct store_conn *db);
/* End an import that came to `step`: `save` writes what it brings, `save_failed` what one leaves that failed; both as
 * job_finish() has them, with `ctx`. Stopped in between, it returns JOB_STOP, which costs no attempt. */
enum job_verdict import_end(struct job *job, enum import_step step, const struct import_failure *failure,
                            job_effect_fn save, job_effect_fn save_failed, void *ctx);
/* Run a task that is all one effect, if `step` lets it begin. */
enum job_verdict import_run_effect(struct job *job, enum import_step step, job_effect_fn effect, void *ctx);

/* Exclusive work: held by the task, renewed while it runs, checked in the transaction that writes. */
struct import_lease {
    struct job *job;
    char name[65];
    uint64_t fence;
    bool held;
    int64_t renewed_ms; /* CLOCK_MONOTONIC */
};
/* Wait until nobody else holds it; waiting costs no attempt. `waiting` is shown as progress meanwhile. */
enum import_step import_lease_take(struct import_lease *lease, struct job *job, const char *name, const char *waiting);
/* The same for a run of at most `seconds` that is one transaction: renewed inside it, the lease would keep others from
 * even looking at it. That of a runner that dies is released by the janitor. */
enum import_step import_lease_take_long(struct import_lease *lease, struct job *job, const char *name,
                                        const char *waiting, unsigned seconds);
/* Call often: renews from time to time. Returns 0, or -1 when it is lost or the database is away (job->db->error). */
int import_lease_tick(struct import_lease *lease);
/* Inside the writing transaction: still ours? And give it up with the commit. Return 0 or -1 with db->error. */
int import_lease_check(struct import_lease *lease, struct store_conn *db);
int import_lease_end(struct import_lease *lease, struct store_conn *db);
/* Give it up outside a transaction, best effort: after a run that ended in any way. */
void import_lease_drop(struct import_lease *lease);

struct import_uuid {
    char s[37];
};
struct import_uuid import_uuid(const store_uuid id);
/* Keep the names of the columns whose cells row errors have in `raw`, separated by tabs in that order, for rejects.csv.
 * Inside the transaction of the final state, failed or not. Returns 0 or -1 with db->error. */
#define IMPORT_COLUMNS 500
int import_save_columns(struct store_conn *db, const store_uuid id, const char *names);
/* Member "rejects" of a result: where the refused rows are to be had. */
void import_put_rejects(struct json_out *out, const store_uuid id);

#endif
