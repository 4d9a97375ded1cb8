/* What a handler's callbacks do in a runner: progress into the table, ends into the journal. Files: file.c. */
#include "base/clock.h"
#include "base/log.h"
#include "daemon/runner/runner.h"
#include "daemon/runner/wait.h"
#include "daemon/task/end_texts.h"
#include "daemon/task/spool.h"
#include "daemon/task/state.h"
#include "shm/wakeup.h"
#include "store/chain.h"
#include "store/lease.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Shown at most five times a second: pages poll every half second. */
#define PROGRESS_MS 200

static struct runner *runner_of(struct job *job)
{
    return job->runner;
}

static void on_progress(struct job *job, unsigned percent, const char *text)
{
    struct runner *runner = runner_of(job);
    int64_t now = clock_mono_ms();
    joblog_phase(&runner->log, text);
    if (now - runner->shown_ms < PROGRESS_MS && job->phase == runner->shown_phase)
        return;
    runner->shown_ms = now;
    runner->shown_phase = job->phase;
    taskstate_progress(runner->process->segment, runner->handle, percent, job->phase, text, &job->counts);
}

void runner_show_session(struct runner *runner)
{
    if (runner->shown_session == runner->db.server_thread)
        return;
    runner->shown_session = runner->db.server_thread;
    proctab_set_session(runner->process->segment, runner->process->self, runner->shown_session);
}

static bool on_cancelled(struct job *job)
{
    struct runner *runner = runner_of(job);
    runner_show_session(runner);
    return atomic_load(&runner->stopping) || (runner->deadline_ms && clock_mono_ms() > runner->deadline_ms) ||
           shm_table_cancel_asked(runner->process->segment, runner->handle);
}

__attribute__((format(printf, 2, 3))) static void on_log(struct job *job, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args); /* NOLINT(clang-analyzer-valist.Uninitialized) */
    va_end(args);
    log_task(LOG_LEVEL_INFO, job->id, "%s", text);
    joblog_line(&runner_of(job)->log, clock_wall_ms(), "%s", text);
}

/* ---- The end of a task: effect and final state in one transaction ---- */

struct finishing {
    struct runner *runner;
    struct job *job;
    struct job_ending *ending;
    job_effect_fn effect;
    void *ctx;
    struct ending end;
    bool followed; /* the end starts `next` */
    struct chain_next next;
};

/* What finish_body() returns beside 0 and -1; the transaction is rolled back. */
enum {
    FINISH_REJECTED = 1 /* the effect refused by a rule: end as failed */,
    FINISH_LOST,     /* the row is no longer ours */
    FINISH_STOPPED,  /* told to stop while it waited */
    FINISH_OVERTAKEN /* the journal says how it ended, and so does the slot */
};

/* What the end keeps of the attempt. Only we change our slot, but for its flags: a copy is true until we end it. */
static void keep_shown(const struct runner *runner, struct ending *ending)
{
    struct shm_task slot;
    uint64_t version;
    ending->end.counts = runner->job.counts;
    ending->end.done_ms = clock_not_before(ending->end.done_ms, runner->started_ms);
    if (shm_table_read(runner->process->segment, runner->handle, &slot, &version) == 0)
        ending_keep(ending, &slot);
}

static void fill_end(struct finishing *f)
{
    const struct job_ending *ending = f->ending;
    bool failed = ending->outcome == OUTCOME_FAILED;
    f->end.end = (struct journal_end){
        .status = failed ? JOURNAL_FAILED : JOURNAL_SUCCEEDED,
        .outcome = ending->outcome,
        .result = failed ? NULL : ending->result,
        .message = failed && !ending->message[0] ? NULL : ending->message,
        .error_code = failed ? ending->error_code : NULL,
        .error_message = failed ? ending->error : NULL,
        .error_more = failed ? ending->error_more : NULL,
        .done_ms = clock_wall_ms(),
    };
    keep_shown(f->runner, &f->end);
}

static int finish_body(struct store_conn *db, void *ctx)
{
    struct finishing *f = ctx;
    struct joblog *log = &f->runner->log;
    const struct journal_end *end = &f->end.end;
    f->followed = false; /* the transaction may be tried again */
    int rc = f->effect ? f->effect(f->job, db, f->ending, f->ctx) : 0;
    if (rc != 0)
        return rc == JOB_EFFECT_REJECT ? FINISH_REJECTED : -1;
    fill_end(f);
    rc = journal_finish(db, f->job->id, f->runner->process->node, JOURNAL_RUNNING, f->job->attempt, end);
    if (rc != 1)
        return rc == 0 ? FINISH_LOST : -1;
    if (f->runner->is_chained && end->status == JOURNAL_SUCCEEDED) {
        rc = chain_start_next(db, f->job->id, end->done_ms, &f->next);
        if (rc < 0)
            return -1;
        f->followed = rc == 1;
    }
    joblog_end(log, end, end->status == JOURNAL_SUCCEEDED ? end->message : NULL); /* an error may quote a cell */
    return tasklog_append(db, f->job->id, joblog_text(log));
}

/* After a COMMIT whose outcome is unknown: effect and state are one transaction, so the state answers for both. */
static int finish_settled(struct store_conn *db, void *ctx)
{
    struct finishing *f = ctx;
    struct journal_row row;
    if (journal_read_settled(db, f->job->id, &row) != 1)
        return -1;
    bool done = row.status != JOURNAL_RUNNING || row.attempt != f->job->attempt;
    journal_row_fini(&row);
    return done;
}

static bool is_dry_run(const struct runner *runner)
{
    return json_member_bool(runner->job.params, "dry_run", false);
}

/* The file first: if we are killed in between, the slot is still ours and the janitor does both again. `file`: the task
 * may have one. */
static void show_end(struct runner *runner, const struct journal_end *end, bool file, bool dry_run)
{
    if (file)
        ending_drop_file(runner->process->config, runner->spool_fd, runner->job.id, end->status, dry_run);
    RUNNER_PERSIST(runner, taskstate_finish(runner->process->segment, runner->handle, end));
}

/* The transaction, again and again while what stops it passes. An error without a number is ours (the lease is lost):
 * then the work must begin again. Returns 0, FINISH_*, or -1 with job->db->error. */
static int try_commit(struct finishing *f)
{
    struct store_error *error = &f->job->db->error;
    for (unsigned waits = 1;; waits++) {
        int rc = store_transaction(f->job->db, finish_body, finish_settled, f, 1);
        if (rc >= 0 || error->number == 0 || !runner_passes(error))
            return rc;
        f->job->error = *error;
        enum runner_waited waited = runner_wait(f->runner, waits);
        if (waited != WAITED)
            return waited == WAIT_STOPPED ? FINISH_STOPPED : FINISH_OVERTAKEN;
    }
}

/* The task that follows is in the journal. Gives it a slot; if that fails, the janitor does it when there is room. */
static void bring_in_next(const struct finishing *f, uint32_t client)
{
    const struct process *process = f->runner->process;
    struct shm_handle handle;
    int type = task_type_number(f->next.type);
    log_task(LOG_LEVEL_INFO, f->next.id, "accepted: %s, which follows in a chain", f->next.type);
    if (type < 0 || taskstate_reserve(process->segment, process->self, f->next.id, (uint8_t)type, &handle) != 0)
        return;
    RUNNER_PERSIST(f->runner, taskstate_publish(process->segment, handle, f->end.end.done_ms, client));
    wakeup_poke_kind(process->segment, PROC_RUNNER);
}

static uint32_t client_of(const struct runner *runner)
{
    struct shm_task slot;
    uint64_t version;
    return shm_table_read(runner->process->segment, runner->handle, &slot, &version) == 0 ? slot.client : 0;
}

/* Returns as try_commit(). */
static int commit(struct finishing *f)
{
    struct runner *runner = f->runner;
    int rc = try_commit(f);
    if (rc != 0)
        return rc;
    const struct journal_end *end = &f->end.end;
    uint32_t client = client_of(runner);
    show_end(runner, end, f->job->file, is_dry_run(runner));
    if (f->followed)
        bring_in_next(f, client);
    log_task(LOG_LEVEL_INFO, f->job->id, "ended: %s%s%s", task_outcome_name(end->outcome), end->error_code ? ": " : "",
             end->error_code ? end->error_code : "");
    return 0;
}

static enum job_verdict on_finish(struct job *job, struct job_ending *ending, job_effect_fn effect,
                                  job_effect_fn on_fail, void *ctx)
{
    struct finishing f = {.runner = runner_of(job), .job = job, .ending = ending, .ctx = ctx};
    if (on_cancelled(job))
        return JOB_STOP;
    f.effect = ending->outcome == OUTCOME_FAILED ? on_fail : effect;
    int rc = commit(&f);
    if (rc == FINISH_REJECTED) {
        assert(ending->outcome == OUTCOME_FAILED);
        f.effect = on_fail;
        rc = commit(&f);
    }
    if (rc == FINISH_LOST) {
        log_task(LOG_LEVEL_WARN, job->id, "attempt %u came too late: the journal has moved on", job->attempt);
        runner_follow_journal(runner_of(job), true);
    }
    if (rc < 0)
        job->error = job->db->error;
    return rc < 0 ? JOB_AGAIN : rc == FINISH_STOPPED ? JOB_STOP : JOB_ENDED;
}

int runner_end(struct runner *runner, struct ending *ending)
{
    struct job *job = &runner->job;
    const struct journal_end *end = &ending->end;
    keep_shown(runner, ending);
    if (store_ensure(&runner->db) != 0 || lease_release_all(&runner->db, job->id) < 0)
        return -1;
    joblog_end(&runner->log, end, end->error_message);
    int rc = tasklog_finish(&runner->db, job->id, runner->process->node, JOURNAL_RUNNING, job->attempt, end,
                            joblog_text(&runner->log));
    if (rc < 0)
        return -1;
    if (rc == 0) {
        runner_follow_journal(runner, true);
        return 0;
    }
    show_end(runner, end, true, is_dry_run(runner));
    log_task(LOG_LEVEL_INFO, job->id, "ended: %s", task_outcome_name(end->outcome));
    return 0;
}

struct interruption runner_interruption(const struct runner *runner, enum task_cause cause, const char *told)
{
    return (struct interruption){
        .cause = cause, .told = told, .attempt = runner->job.attempt, .max = runner->process->config->max_attempts};
}

void runner_interrupted(const struct runner *runner, struct ending *ending, const struct interruption *why)
{
    struct shm_task slot;
    uint64_t version;
    bool there = shm_table_read(runner->process->segment, runner->handle, &slot, &version) == 0;
    ending_interrupted(ending, why, there ? &slot : NULL);
}

/* The last attempt is over, and the journal does not know it. Returns 1 to go on, -1. */
static int end_lost_attempt(struct runner *runner)
{
    struct ending ending;
    struct interruption why = runner_interruption(runner, CAUSE_DATABASE, NULL);
    runner_interrupted(runner, &ending, &why);
    keep_shown(runner, &ending);
    joblog_end(&runner->log, &ending.end, ending.text);
    int rc = tasklog_finish(&runner->db, runner->job.id, runner->process->node, JOURNAL_RUNNING, runner->job.attempt,
                            &ending.end, joblog_text(&runner->log));
    return rc < 0 ? -1 : 1;
}

/* The journal has forgotten the task. */
static void show_gone(struct runner *runner)
{
    struct ending ending;
    ending_gone(&ending);
    keep_shown(runner, &ending);
    show_end(runner, &ending.end, true, false);
}

/* One step. Returns 0 if slot and journal agree now, 1 to go on, -1 if the database is away. */
static int follow_once(struct runner *runner, bool started)
{
    const struct process *process = runner->process;
    struct job *job = &runner->job;
    struct journal_row row;
    if (store_ensure(&runner->db) != 0)
        return -1;
    int rc = journal_read_settled(&runner->db, job->id, &row);
    if (rc < 0)
        return -1;
    if (rc == 0) {
        show_gone(runner);
        return 0;
    }
    struct journal_end end = journal_end_of(&row);
    if (row.status > JOURNAL_RUNNING) {
        show_end(runner, &end, true, ending_is_dry_run(&row));
        rc = 0;
    } else if (row.status == JOURNAL_QUEUED) {
        RUNNER_PERSIST(runner, taskstate_requeue(process->segment, runner->handle, NULL));
        wakeup_poke_kind(process->segment, PROC_RUNNER);
        rc = 0;
    } else if (!started || row.attempt < process->config->max_attempts) {
        struct interruption why = runner_interruption(runner, CAUSE_DATABASE, NULL);
        if (started)
            joblog_last_interrupted(&runner->log, &why);
        rc = tasklog_requeue(&runner->db, job->id, process->node, row.attempt, !started, joblog_text(&runner->log));
        rc = rc < 0 ? -1 : 1;
    } else {
        rc = end_lost_attempt(runner);
    }
    journal_row_fini(&row);
    return rc;
}

void runner_follow_journal(struct runner *runner, bool started)
{
    int rc;
    while ((rc = follow_once(runner, started)) != 0 && !atomic_load(&runner->stopping))
        if (rc < 0)
            poll(NULL, 0, 500);
}

const struct job_ops runner_job_ops = {on_progress, on_cancelled, runner_read_file, on_finish, on_log};
