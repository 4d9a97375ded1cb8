/* Lease, failures and ends of runs. */
#include "handlers/run/run.h"

#include "base/clock.h"
#include "base/hex.h"
#include "handlers/table/fixes.h"
#include "store/lease.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define LEASE_SECONDS  120
#define LEASE_RENEW_MS 15000
#define LEASE_POLL_MS  100
#define LEASE_LOST     "the lease was lost"

/* ---- Failures -------------------------------------------------------------------------------------------------- */

enum run_step run_fail(struct run_failure *failure, const char *code, const char *text)
{
    snprintf(failure->code, sizeof failure->code, "%s", code);
    snprintf(failure->text, sizeof failure->text, "%s", text);
    return STEP_FAIL;
}

enum run_step run_fail_as(struct run_failure *failure, const struct run_failure *other)
{
    *failure = *other;
    return STEP_FAIL;
}

static bool is_guard(const char *code)
{
    static const char *const guards[] = {"", "E_NO_DATA", "E_TOO_MANY_ERRORS", "E_TOTALS"};
    for (size_t i = 0; i < sizeof guards / sizeof guards[0]; i++)
        if (strcmp(code, guards[i]) == 0)
            return true;
    return false;
}

enum run_step run_fixes_used(const struct table_fixes *fixes, const char *code, struct run_failure *failure)
{
    char text[sizeof failure->text];
    struct fault_told told;
    if (!is_guard(code) || table_fixes_unused(fixes, text, sizeof text, &told) == 0)
        return STEP_ON;
    failure->told = told;
    return run_fail(failure, "E_FIX_UNUSED", text);
}

enum run_step run_database_away(struct job *job)
{
    job->error = job->db->error;
    return STEP_AGAIN;
}

/* Does the reader's class mean that the file is too large, rather than broken? */
static bool is_too_large(const char *cls)
{
    return strstr(cls, "limit") || strstr(cls, "too-large") || strstr(cls, "bomb");
}

enum run_step run_find_format(struct job *job, run_sniff_fn sniff, enum sheet_format *format,
                              struct run_failure *failure)
{
    const struct journal_file *file = job->file;
    struct sheet_error err = {.cls = "io", .text = "the uploaded file is gone"};
    *format = file ? sheet_format_named(file->format) : SHEET_UNKNOWN;
    if (file && *format == SHEET_UNKNOWN) {
        struct sheet_input input = {.fd = job->file_fd, .offset = file->offset, .length = file->length};
        *format = sniff(&input, &err);
    }
    if (*format != SHEET_UNKNOWN)
        return STEP_ON;
    if (strcmp(err.cls, "io") != 0)
        return run_fail(failure, "E_FILE_FORMAT", err.text);
    snprintf(job->error.text, sizeof job->error.text, "%s", err.text);
    return STEP_AGAIN;
}

enum run_step run_reading_failed(struct job *job, int rc, int stopped, const struct sheet_error *err,
                                 struct run_failure *failure)
{
    if (strcmp(err->cls, "stopped") == 0 || job_cancelled(job))
        return STEP_STOP;
    if (rc == stopped)
        return run_database_away(job);
    if (strcmp(err->cls, "parser-died") == 0 || strcmp(err->cls, "io") == 0) {
        job->error = (struct store_error){.cls = STORE_OK};
        snprintf(job->error.text, sizeof job->error.text, "%s", err->text);
        return STEP_AGAIN;
    }
    return run_fail(failure, is_too_large(err->cls) ? "E_FILE_TOO_LARGE" : "E_FILE_FORMAT", err->text);
}

void run_count_rows(struct job *job, uint64_t rows, uint64_t rejected, bool whole)
{
    job->counts = (struct task_counts){.known = 0};
    if (rows == 0)
        return;
    task_count(&job->counts, COUNT_DONE, rows);
    task_count(&job->counts, COUNT_REJECTED, rejected);
    if (whole)
        task_count(&job->counts, COUNT_TOTAL, rows);
}

/* ---- Stop and end ---------------------------------------------------------------------------------------------- */

int run_go_on(struct job *job, struct store_conn *db)
{
    return job_cancelled(job) ? store_fail(db, STORE_STOPPED, "the task is being stopped") : 0;
}

/* A stop costs no attempt. */
static enum job_verdict verdict_of(struct job *job, enum job_verdict verdict)
{
    bool stopped = verdict == JOB_AGAIN && job->error.cls == STORE_STOPPED && job_cancelled(job);
    return stopped ? JOB_STOP : verdict;
}

/* Before anything was written. */
static enum job_verdict not_begun(struct job *job, enum run_step step)
{
    return step == STEP_STOP ? JOB_STOP : verdict_of(job, JOB_AGAIN);
}

enum job_verdict run_end(struct job *job, enum run_step step, const struct run_failure *failure, job_effect_fn save,
                         job_effect_fn save_failed, void *ctx)
{
    struct job_ending ending = {.outcome = OUTCOME_NONE};
    enum job_verdict verdict;
    if (step == STEP_AGAIN || step == STEP_STOP)
        return not_begun(job, step);
    if (step == STEP_FAIL) {
        job_ending_fail(&ending, failure->code, "%s", failure->text);
        job_ending_told(&ending, &failure->told);
        verdict = job_finish(job, &ending, NULL, save_failed, ctx);
    } else {
        job->phase = PHASE_SAVING;
        job_progress(job, 90, "saving");
        verdict = job_finish(job, &ending, save, save_failed, ctx);
    }
    job_ending_fini(&ending);
    return verdict_of(job, verdict);
}

enum job_verdict run_as_effect(struct job *job, enum run_step step, job_effect_fn effect, void *ctx)
{
    struct job_ending ending = {.outcome = OUTCOME_NONE};
    if (step != STEP_ON)
        return not_begun(job, step);
    enum job_verdict verdict = job_finish(job, &ending, effect, NULL, ctx);
    job_ending_fini(&ending);
    return verdict_of(job, verdict);
}

/* ---- Lease ----------------------------------------------------------------------------------------------------- */

/* Others work on the same rows: as good as a lease that is held. */
static bool is_locked(const struct store_conn *db)
{
    return db->error.cls == STORE_RETRY;
}

enum run_step run_lease_take(struct run_lease *lease, struct job *job, const char *name, const char *waiting)
{
    struct timespec pause = {0, LEASE_POLL_MS * 1000000L};
    *lease = (struct run_lease){.job = job};
    snprintf(lease->name, sizeof lease->name, "%s", name);
    for (;;) {
        int rc = lease_acquire(job->db, lease->name, job->id, LEASE_SECONDS, &lease->fence);
        if (rc < 0 && !is_locked(job->db))
            return run_database_away(job);
        if (rc == 1)
            break;
        if (job_cancelled(job))
            return STEP_STOP;
        job->phase = PHASE_TURN;
        job_progress(job, 0, waiting);
        nanosleep(&pause, NULL);
    }
    lease->taken = true;
    job->phase = PHASE_WORKING;
    lease->renewed_ms = clock_mono_ms();
    return STEP_ON;
}

enum run_step run_lease_take_long(struct run_lease *lease, struct job *job, const char *name, const char *waiting,
                                  unsigned seconds)
{
    enum run_step step = run_lease_take(lease, job, name, waiting);
    if (step != STEP_ON)
        return step;
    int rc = lease_renew(job->db, name, job->id, lease->fence, seconds);
    if (rc == 0)
        (void)store_fail(job->db, STORE_RETRY, LEASE_LOST);
    return rc == 1 ? STEP_ON : run_database_away(job);
}

int run_lease_tick(struct run_lease *lease)
{
    int64_t now = clock_mono_ms();
    if (!lease->taken || now - lease->renewed_ms < LEASE_RENEW_MS)
        return 0;
    lease->renewed_ms = now;
    int rc = lease_renew(lease->job->db, lease->name, lease->job->id, lease->fence, LEASE_SECONDS);
    if (rc == 0)
        return store_fail(lease->job->db, STORE_RETRY, LEASE_LOST);
    if (rc < 0 && is_locked(lease->job->db) && !lease->job->db->in_transaction)
        return 0; /* it holds for a while yet, and is renewed at the next tick */
    return rc == 1 ? 0 : -1;
}

int run_lease_check(struct run_lease *lease, struct store_conn *db)
{
    int rc = lease_check(db, lease->name, lease->job->id, lease->fence);
    if (rc == 0)
        return store_fail(db, STORE_RETRY, LEASE_LOST);
    return rc == 1 ? 0 : -1;
}

int run_lease_end(struct run_lease *lease, struct store_conn *db)
{
    return lease_release(db, lease->name, lease->job->id, lease->fence);
}

void run_lease_drop(struct run_lease *lease)
{
    if (lease->taken && lease->job->db->mysql && !lease->job->db->in_transaction)
        lease_release(lease->job->db, lease->name, lease->job->id, lease->fence);
    lease->taken = false;
}

struct run_uuid run_uuid(const store_uuid id)
{
    struct run_uuid text;
    hex_uuid(id, text.s);
    return text;
}

void run_put_rejects(struct json_out *out, const store_uuid id)
{
    char path[80];
    snprintf(path, sizeof path, "/api/tasks/%s/rejects.csv", run_uuid(id).s);
    json_put_string(out, "rejects", path);
}

int run_tell_row(struct job *job, struct run_lease *lease, uint64_t rows, uint64_t half)
{
    char text[64];
    snprintf(text, sizeof text, "row %llu", (unsigned long long)rows);
    job->phase = PHASE_READING;
    job_progress(job, 5 + (unsigned)(75 * rows / (rows + half)), text);
    return job_cancelled(job) ? -1 : run_lease_tick(lease);
}
