/* What every run of a task type needs: the lease that keeps others out, why a file could not be read, how a run ends.
 *
 * A run goes step by step; each step returns an enum run_step, and run_end() or run_as_effect() ends the task. */
#ifndef PF_RUN_RUN_H
#define PF_RUN_RUN_H

#include "base/facts.h"
#include "base/json.h"
#include "handlers/job.h"
#include "handlers/result.h"
#include "handlers/run/issues.h"

/* What a step of a run decided. */
enum run_step {
    STEP_ON,    /* go on */
    STEP_AGAIN, /* the environment's fault: another attempt; job->error says why */
    STEP_STOP,  /* cancelled or draining */
    STEP_FAIL,  /* the task fails; the failure says why */
    STEP_SKIP   /* there is nothing to do */
};

/* Why a task fails. */
struct run_failure {
    char code[24]; /* "" = it does not fail */
    char text[480];
    struct fault_told told; /* what the text says, as facts and choices */
};
enum run_step run_fail(struct run_failure *failure, const char *code, const char *text);
/* The same as another failure, with its facts and choices. */
enum run_step run_fail_as(struct run_failure *failure, const struct run_failure *other);
/* After the file was read: returns STEP_FAIL with E_FIX_UNUSED if a fix touched nothing, else STEP_ON. `code` is what the
 * import failed with, "" if it did not: guards may have failed because of the fix; a file that was not read to its end says
 * nothing of its fixes. */
struct table_fixes;
enum run_step run_fixes_used(const struct table_fixes *fixes, const char *code, struct run_failure *failure);
/* Copies the database's error into the job. Returns STEP_AGAIN. */
enum run_step run_database_away(struct job *job);
/* The format of the job's file. The upload was sniffed when it arrived; one that could not be read then, or came to an
 * earlier version, is sniffed here by `sniff`. Returns STEP_ON, STEP_AGAIN if the file cannot be read now, or STEP_FAIL
 * with E_FILE_FORMAT. */
typedef enum sheet_format (*run_sniff_fn)(const struct sheet_input *input, struct sheet_error *err);
enum run_step run_find_format(struct job *job, run_sniff_fn sniff, enum sheet_format *format,
                              struct run_failure *failure);
/* Call it if job_read_file() did not return 0. `stopped` is what the sink returns after a database error. */
enum run_step run_reading_failed(struct job *job, int rc, int stopped, const struct sheet_error *err,
                                 struct run_failure *failure);

/* Sets job->counts from the rows read so far. `whole`: the file has been read to its end, so their total is known. */
void run_count_rows(struct job *job, uint64_t rows, uint64_t rejected, bool whole);

/* Inside a transaction, between statements. Returns 0, or -1 with db->error STORE_STOPPED if the job must stop. */
int run_go_on(struct job *job, struct store_conn *db);
/* Ends a run whose last step returned `step`. `save` writes its effect, `save_failed` what a failed run leaves; both
 * are called as job_finish() does, with `ctx`. Returns JOB_STOP if it was stopped meanwhile, which costs no attempt. */
enum job_verdict run_end(struct job *job, enum run_step step, const struct run_failure *failure, job_effect_fn save,
                         job_effect_fn save_failed, void *ctx);
/* Runs a task that is one single effect, if `step` is STEP_ON. */
enum job_verdict run_as_effect(struct job *job, enum run_step step, job_effect_fn effect, void *ctx);

/* Exclusive work: the task holds the lease, renews it while it runs, and checks it in the transaction that writes. */
struct run_lease {
    struct job *job;
    char name[65];
    uint64_t fence;
    bool taken;
    int64_t renewed_ms; /* CLOCK_MONOTONIC */
};
/* While a file is read: tells the row as progress. The file does not say how many rows it has, so the percentage
 * approaches 80 slowly; `half` rows are half of the way. Returns 0, or -1 if the job must stop or the lease is lost. */
int run_tell_row(struct job *job, struct run_lease *lease, uint64_t rows, uint64_t half);
/* Waits until nobody else holds it; waiting costs no attempt. `waiting` is shown as progress meanwhile. */
enum run_step run_lease_take(struct run_lease *lease, struct job *job, const char *name, const char *waiting);
/* The same for a run that is one transaction of at most `seconds`: it cannot renew the lease, because a renewal inside
 * the transaction would block everybody who looks at the lease. If the runner dies, the janitor releases it. */
enum run_step run_lease_take_long(struct run_lease *lease, struct job *job, const char *name, const char *waiting,
                                  unsigned seconds);
/* Renews the lease if it is time to; call it often. Returns 0, or -1 if the lease is lost or the database is away
 * (job->db->error). */
int run_lease_tick(struct run_lease *lease);
/* Inside the writing transaction. _check: is the lease still ours? _end: gives it up with the commit. They return 0 or
 * -1 with db->error. */
int run_lease_check(struct run_lease *lease, struct store_conn *db);
int run_lease_end(struct run_lease *lease, struct store_conn *db);
/* Gives it up outside a transaction, best effort, after a run that ended in any way. */
void run_lease_drop(struct run_lease *lease);

struct run_uuid {
    char s[37];
};
struct run_uuid run_uuid(const store_uuid id);
/* Writes headings and issues, sorted, as row errors of the task, inside the transaction of its final state, failed or
 * not. `stop` is the job that may be cancelled meanwhile, or NULL. Returns 0 or -1 with db->error. */
int run_save_issues(struct store_conn *db, const store_uuid id, struct issues *issues, struct job *stop);
/* Writes the member "rejects" of a result: the path of the rejected rows. */
void run_put_rejects(struct json_out *out, const store_uuid id);
/* What every type tells of its rows under the same names, in a table of result members: RESULT_ROWS of a type that had
 * no name for them before. Results of earlier versions lack them. `what` are the rows of this type. */
#define RESULT_ROWS(what)                                                                                              \
    {.name = "rows_total", .kind = RESULT_COUNT, .optional = true, .help = (what)},                                    \
    {                                                                                                                  \
        .name = "rows_rejected", .kind = RESULT_COUNT, .optional = true, .help = "Those in rejects.csv."               \
    }
/* The same in a table of result members. */
#define RESULT_REJECTS                                                                                                 \
    {                                                                                                                  \
        .name = "rejects", .kind = RESULT_TEXT, .optional = true,                                                      \
        .help = "Path of rejects.csv, if rows were rejected."                                                          \
    }

#endif
