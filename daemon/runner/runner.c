/* A runner's life: claim, run, settle, sleep until poked. */
#include "daemon/runner/runner.h"

#include "base/clock.h"
#include "base/log.h"
#include "daemon/process/metrics.h"
#include "daemon/runner/wait.h"
#include "daemon/task/end_texts.h"
#include "daemon/task/filehash.h"
#include "daemon/task/log.h"
#include "daemon/task/spool.h"
#include "daemon/task/state.h"
#include "shm/wakeup.h"
#include "store/lease.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define RESCAN_MS         1000 /* covers a poke that got lost with its reader */
#define BEAT_MS           500
#define DATABASE_PAUSE_MS 500
#define STATEMENT_LIMIT_S 600
#define READ_TIMEOUT_S    (STATEMENT_LIMIT_S + 30)

static struct runner *the_runner; /* for the signal handler */

static void on_term(int sig)
{
    (void)sig;
    atomic_store(&the_runner->stopping, true);
    wakeup_poke(the_runner->process->segment, the_runner->process->self.slot);
}

/* Guard thread: heartbeat and the master's death. */
static void *guard(void *arg)
{
    const struct process *process = arg;
    struct pollfd master = {process->master_pipe, POLLIN, 0};
    for (;;) {
        proctab_beat(process->segment, process->self);
        if (poll(&master, 1, BEAT_MS) > 0 && (master.revents & (POLLHUP | POLLIN | POLLERR)))
            _exit(EXIT_SHORTAGE);
    }
    return NULL;
}

static int start_guard(const struct process *process)
{
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&thread, NULL, guard, (void *)(uintptr_t)process);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc == 0 ? pthread_detach(thread) : rc;
}

/* ---- The file ---- */

static int open_file(struct runner *runner, const struct journal_row *row)
{
    struct job *job = &runner->job;
    job->file_fd = -1;
    job->file = NULL;
    if (row->file.name[0] == '\0')
        return 0;
    job->file = &row->file;
    job->file_fd = spool_open(runner->spool_fd, job->id);
    if (job->file_fd < 0)
        return job->file_fd;
    if (row->file.hashed) {
        memcpy(job->file_sha256, row->file.sha256, sizeof job->file_sha256);
        return 0;
    }
    return filehash(job->file_fd, job->file->offset, job->file->length, job->file_sha256);
}

/* ---- How an attempt ends when the handler did not end the task ---- */

static int end_failed(struct runner *runner, enum task_outcome outcome, const char *code, const char *text)
{
    struct ending ending = {.end = {.status = JOURNAL_FAILED,
                                    .outcome = outcome,
                                    .error_code = code,
                                    .error_message = text,
                                    .done_ms = clock_wall_ms()}};
    return runner_end(runner, &ending);
}

/* Back into the queue; the journal first, so that whoever claims the slot finds the row queued. */
static int put_back(struct runner *runner, const struct interruption *why)
{
    struct job *job = &runner->job;
    joblog_last_interrupted(&runner->log, why);
    if (store_ensure(&runner->db) != 0)
        return -1;
    int rc = tasklog_requeue(&runner->db, job->id, runner->process->node, job->attempt, why->cause == CAUSE_RESTART,
                             joblog_text(&runner->log));
    if (rc < 0)
        return -1;
    if (rc == 0) {
        runner_follow_journal(runner, true);
        return 0;
    }
    RUNNER_PERSIST(runner, taskstate_requeue(runner->process->segment, runner->handle, why));
    wakeup_poke_kind(runner->process->segment, PROC_RUNNER);
    return 0;
}

static bool cancel_asked(const struct runner *runner)
{
    return shm_table_cancel_asked(runner->process->segment, runner->handle);
}

static bool past_limit(const struct runner *runner)
{
    return runner->deadline_ms && clock_mono_ms() > runner->deadline_ms;
}

/* The journal knows who asked and why. */
static int end_cancelled(struct runner *runner)
{
    struct journal_row row;
    struct ending ending;
    int found = store_ensure(&runner->db) == 0 ? journal_read(&runner->db, runner->job.id, &row) : -1;
    if (found < 0)
        return -1;
    ending_cancelled(&ending, found ? &row : NULL);
    if (found)
        journal_row_fini(&row);
    return runner_end(runner, &ending);
}

static int settle_stop(struct runner *runner)
{
    if (cancel_asked(runner))
        return end_cancelled(runner);
    if (past_limit(runner)) {
        char text[120];
        snprintf(text, sizeof text, "Stopped after %u s, the time limit of this task type; nothing was written.",
                 runner->type->time_limit_s);
        return end_failed(runner, OUTCOME_TIMED_OUT, "timed_out", text);
    }
    struct interruption why = runner_interruption(runner, CAUSE_RESTART, NULL);
    return put_back(runner, &why);
}

struct interruption runner_cause(const struct runner *runner)
{
    const struct store_error *error = &runner->job.error;
    if (error->cls == STORE_CONFIG) /* a fault that somebody has to mend: say which */
        return runner_interruption(runner, CAUSE_TOLD, store_error_words(error));
    if (error->cls != STORE_OK)
        return runner_interruption(runner, CAUSE_DATABASE, NULL);
    return runner_interruption(runner, CAUSE_TOLD, error->text[0] ? error->text : "its handler did not say why");
}

static void log_cause(const struct runner *runner, const struct interruption *why)
{
    const struct store_error *error = &runner->job.error;
    if (error->cls != STORE_OK)
        log_task(LOG_LEVEL_WARN, runner->job.id, "attempt %u failed: %s %u: %s", why->attempt,
                 store_class_name(error->cls), error->number, error->text);
    else
        log_task(LOG_LEVEL_WARN, runner->job.id, "attempt %u failed: %s", why->attempt, why->told);
}

static int settle_again(struct runner *runner)
{
    struct interruption why = runner_cause(runner);
    log_cause(runner, &why);
    if (runner->job.error.cls == STORE_CONFIG) { /* a new session sees rights that were granted meanwhile */
        store_conn_fini(&runner->db);
        if (store_ensure(&runner->db) != 0)
            return -1;
    }
    if (runner->job.error.cls == STORE_NO_SPACE)
        return end_failed(runner, OUTCOME_FAILED, "no_space",
                          "The database has no space left; nothing was written. Free space, then start again.");
    if (why.attempt < why.max)
        return put_back(runner, &why);
    struct ending ending;
    runner_interrupted(runner, &ending, &why);
    return runner_end(runner, &ending);
}

/* The verdict must reach the journal, however long the database is away; while it is, the slot tells why. */
static void settle(struct runner *runner, enum job_verdict verdict)
{
    while (verdict != JOB_ENDED) {
        /* If the task was being stopped, the error is ours: the janitor killed its statement. */
        bool stop = verdict == JOB_STOP || cancel_asked(runner) || past_limit(runner);
        int rc = stop ? settle_stop(runner) : settle_again(runner);
        if (rc == 0)
            return;
        if (atomic_load(&runner->stopping))
            return; /* the janitor settles it at the next start */
        taskstate_unsettled(runner->process->segment, runner->handle);
        poll(NULL, 0, DATABASE_PAUSE_MS);
    }
}

/* ---- One task ---- */

/* The file is gone for good: the task ends. */
static enum job_verdict end_without_file(struct job *job)
{
    struct job_ending ending = {.outcome = OUTCOME_NONE};
    job_ending_fail(&ending, "file_gone", "The uploaded file is no longer there; upload it again.");
    enum job_verdict verdict = job_finish(job, &ending, NULL, NULL, NULL);
    job_ending_fini(&ending);
    return verdict;
}

/* Limits the address space that a handler may take beyond what the runner has: its own malloc fails, and not that of
 * others. */
static void set_memory_limit(const struct task_type *type, bool on)
{
#ifndef PF_SANITIZERS
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    char size[64];
    if (type->memory_limit == 0)
        return;
    FILE *statm = on ? fopen("/proc/self/statm", "re") : NULL;
    if (statm && fgets(size, sizeof size, statm))
        limit.rlim_cur = strtoul(size, NULL, 10) * (rlim_t)sysconf(_SC_PAGESIZE) + type->memory_limit;
    if (statm)
        fclose(statm);
    setrlimit(RLIMIT_AS, &limit);
#else
    (void)type;
    (void)on;
#endif
}

/* The work itself, begun again in the same attempt when what stopped it has passed. */
static enum job_verdict run_work(struct runner *runner)
{
    struct job *job = &runner->job;
    for (unsigned waits = 1;; waits++) {
        set_memory_limit(runner->type, true);
        enum job_verdict verdict = runner->type->run(job);
        set_memory_limit(runner->type, false);
        if (runner->db.in_transaction)
            store_rollback(&runner->db);
        if (verdict != JOB_AGAIN || !runner_passes(&job->error))
            return verdict;
        enum runner_waited waited = runner_wait(runner, waits);
        if (waited != WAITED)
            return waited == WAIT_STOPPED ? JOB_STOP : JOB_ENDED;
        job->error = (struct store_error){.cls = STORE_OK};
        job->counts = (struct task_counts){.known = 0};
        job->phase = PHASE_WORKING;
    }
}

static void run_row(struct runner *runner, const struct journal_row *row)
{
    struct job *job = &runner->job;
    enum job_verdict verdict;
    char why[120];
    int rc = open_file(runner, row);
    job->params = json_parse(row->params, strlen(row->params), 16, why, sizeof why);
    if (rc == -ENOENT) {
        verdict = end_without_file(job);
    } else if (rc != 0) { /* descriptors, memory, a disk error: the file stays for the next attempt */
        snprintf(job->error.text, sizeof job->error.text, "the uploaded file cannot be read: %s", strerror(-rc));
        verdict = JOB_AGAIN;
    } else if (cancel_asked(runner)) {
        verdict = JOB_STOP;
    } else {
        verdict = run_work(runner);
    }
    settle(runner, verdict);
    yajl_tree_free(job->params);
    if (job->file_fd >= 0)
        close(job->file_fd);
}

static void begin_attempt(struct runner *runner, const struct shm_task *task)
{
    const struct process *process = runner->process;
    unsigned attempt = runner->job.attempt, max = process->config->max_attempts;
    runner->type = task_type_at(task->type);
    runner->deadline_ms = runner->type->time_limit_s ? clock_mono_ms() + 1000 * (int64_t)runner->type->time_limit_s : 0;
    runner->shown_ms = 0;
    runner->shown_phase = PHASE_WORKING;
    if (attempt == 1)
        metrics_task_started(task->type, clock_wall_ms() - task->created_ms);
    runner_show_session(runner);
    RUNNER_PERSIST(runner, taskstate_start(process->segment, runner->handle, attempt, max));
    log_task(LOG_LEVEL_INFO, task->id, "started: %s, attempt %u of %u", runner->type->name, attempt, max);
    joblog_line(&runner->log, clock_wall_ms(), "attempt %u of %u started", attempt, max);
}

/* queued -> running; the slot is CLAIMED by us. Returns true with the row; false if slot and journal agree otherwise by
 * now. */
static bool claim_row(struct runner *runner, struct journal_row *row)
{
    if (journal_claim(&runner->db, runner->job.id, runner->process->node, row) == 1) {
        runner->job.attempt = row->attempt;
        runner->started_ms = row->started_ms;
        runner->is_chained = row->is_chained;
        return true;
    }
    /* Not ours, or nobody knows whether it is: the journal decides, and the attempt has not started. */
    runner_follow_journal(runner, false);
    return false;
}

/* Claim and run one task. Returns false when there is nothing to do now. */
static bool work_once(struct runner *runner)
{
    struct shm_task task;
    struct journal_row row;
    if (store_ensure(&runner->db) != 0) {
        poll(NULL, 0, DATABASE_PAUSE_MS);
        return false;
    }
    if (taskstate_check(shm_table_claim(runner->process->segment, runner->process->self, &runner->handle, &task)) != 0)
        return false;
    runner->job = (struct job){
        .ops = &runner_job_ops, .db = &runner->db, .settings = &runner->settings, .runner = runner, .file_fd = -1};
    memcpy(runner->job.id, task.id, sizeof runner->job.id);
    runner->started_ms = 0;
    joblog_init(&runner->log);
    if (claim_row(runner, &row)) {
        struct log_about origin = taskabout_row(&row);
        log_set_origin(&origin);
        begin_attempt(runner, &task);
        run_row(runner, &row);
        journal_row_fini(&row);
        log_set_origin(NULL);
    }
    return true;
}

/* Say that we sleep, try once more, sleep: a poke in between is not lost, and poking a busy runner costs no system
 * call. */
static void sleep_until_poked(struct runner *runner)
{
    const struct process *process = runner->process;
    struct pollfd wake = {wakeup_fd(process->segment, process->self.slot), POLLIN, 0};
    wakeup_sleeping(process->segment, process->self.slot);
    if (!work_once(runner) && !atomic_load(&runner->stopping))
        poll(&wake, 1, RESCAN_MS);
    wakeup_awake(process->segment, process->self.slot);
    wakeup_drain(process->segment, process->self.slot);
}

static int runner_init(struct runner *runner, const struct process *process)
{
    runner->process = process;
    runner->db_config = config_store(process->config, READ_TIMEOUT_S, STATEMENT_LIMIT_S);
    runner->settings = config_job_settings(process->config);
    store_conn_init(&runner->db, &runner->db_config);
    metrics_attach(process);
    runner->spool_fd = spool_open_dir(process->config->spool_dir);
    the_runner = runner;
    struct sigaction term = {.sa_handler = on_term};
    if (runner->spool_fd < 0 || store_library_init() != 0 || sigaction(SIGTERM, &term, NULL) != 0 ||
        start_guard(process) != 0) {
        log_error("a runner cannot start: %s", strerror(errno));
        return -1;
    }
    return 0;
}

int runner_main(const struct process *process)
{
    static struct runner runner;
    if (runner_init(&runner, process) != 0)
        return EXIT_SHORTAGE;
    proctab_active(process->segment, process->self);
    wakeup_poke(process->segment, WAKEUP_MASTER);
    while (!atomic_load(&runner.stopping))
        if (!work_once(&runner) && !atomic_load(&runner.stopping))
            sleep_until_poked(&runner);
    proctab_stopping(process->segment, process->self);
    store_conn_fini(&runner.db);
    close(runner.spool_fd);
    return EXIT_DONE;
}
