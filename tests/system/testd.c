/* The daemon with task types that only tests want: proof that a type is one file, and the handles for fault tests.
 *
 *   test_sleep   ms, steps: sleeps in steps with progress and counts; a rehearsal of any long task
 *   test_ledger  ms, mark: writes one row into table test_ledger together with its final state: effects can be counted
 *   test_crash   how: kills its own runner (SIGSEGV, exit(0), endless loop)
 *   test_lock    ms: its first attempt holds the lock of the shared table, then lets go (or is killed while it holds)
 *   test_table   its result says whether the table is sound, what is in it and how often it was repaired
 *   test_big     bytes: a result too long for a slot
 *   test_deaf    how, ms: does not look whether it should stop; waits in a statement or in its own code
 *   test_limit   the same with a time limit of one second; "polite" does look
 *   test_join    as test_sleep; equal live ones are one
 *   test_refuse  as test_sleep; an equal live one is refused
 *
 * Its parsers misbehave when their file says so (misbehave.h). */
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "daemon/process/process.h"
#include "daemon/runner/runner.h"
#include "handlers/task_type.h"
#include "shm/lock.h"
#include "shm/table.h"
#include "tests/system/describe.h"
#include "tests/system/lockdeath.h"
#include "tests/system/misbehave.h"
#include "tests/system/old_schema.h"
#include "tests/system/today.h"
#include "tests/system/visits.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct param_spec sleep_params[] = {
    {.name = "ms", .kind = PARAM_INT, .otherwise = "100", .max = 600000, .help = "Milliseconds in all."},
    {.name = "steps", .kind = PARAM_INT, .otherwise = "10", .min = 1, .max = 10000, .help = "Number of batches."},
    {.name = NULL},
};

static enum job_verdict succeed(struct job *job, const char *result, job_effect_fn effect)
{
    struct job_ending ending = {.outcome = OUTCOME_SUCCEEDED};
    ending.result = strdup(result);
    snprintf(ending.message, sizeof ending.message, "done");
    enum job_verdict verdict = job_finish(job, &ending, effect, NULL, NULL);
    job_ending_fini(&ending);
    return verdict;
}

/* Returns false when it was told to stop. */
static bool sleep_in_steps(struct job *job)
{
    int64_t ms = json_member_int(job->params, "ms", 0), steps = json_member_int(job->params, "steps", 1);
    for (int64_t i = 0; i < steps; i++) {
        char text[60];
        if (job_cancelled(job))
            return false;
        poll(NULL, 0, (int)(ms / steps));
        task_count(&job->counts, COUNT_TOTAL, (uint64_t)steps);
        task_count(&job->counts, COUNT_DONE, (uint64_t)i + 1);
        task_count(&job->counts, COUNT_REJECTED, 0);
        snprintf(text, sizeof text, "step %d of %d", (int)(i + 1), (int)steps);
        job_progress(job, (unsigned)(100 * (i + 1) / steps), text);
    }
    return true;
}

static enum job_verdict run_sleep(struct job *job)
{
    return sleep_in_steps(job) ? succeed(job, "{\"slept\":true}", NULL) : JOB_STOP;
}

static const struct task_type test_sleep = {
    .name = "test_sleep", .title = "Sleep", .params = sleep_params, .run = run_sleep};

/* ---- test_ledger ---- */

static int write_ledger(struct job *job, struct store_conn *db, struct job_ending *ending, void *ctx)
{
    (void)ending;
    (void)ctx;
    struct store_value row[] = {STORE_B((const char *)job->id, 16), STORE_U(job->attempt)};
    return store_run(db, "INSERT INTO test_ledger (task, attempt) VALUES (?, ?)", row, 2, NULL, NULL);
}

static enum job_verdict run_ledger(struct job *job)
{
    if (store_exec(
            job->db,
            "CREATE TABLE IF NOT EXISTS test_ledger (id BIGINT AUTO_INCREMENT PRIMARY KEY, task BINARY(16) NOT NULL,"
            " attempt INT NOT NULL) ENGINE=InnoDB",
            NULL) != 0) {
        job->error = job->db->error;
        return JOB_AGAIN;
    }
    return sleep_in_steps(job) ? succeed(job, "{}", write_ledger) : JOB_STOP;
}

static const struct task_type test_ledger = {
    .name = "test_ledger", .title = "Ledger", .params = sleep_params, .run = run_ledger};

/* ---- test_crash ---- */

static const char *const crash_ways[] = {"segv", "exit", "abort", NULL};
static const struct param_spec crash_params[] = {
    {.name = "how",
     .kind = PARAM_CHOICE,
     .otherwise = "\"segv\"",
     .choices = crash_ways,
     .help = "How the runner dies."},
    {.name = NULL},
};

static enum job_verdict run_crash(struct job *job)
{
    const char *how = json_member_string(job->params, "how", "");
    if (strcmp(how, "exit") == 0)
        _exit(0);
    kill(getpid(), strcmp(how, "abort") == 0 ? SIGABRT : SIGSEGV);
    return JOB_STOP;
}

static const struct task_type test_crash = {
    .name = "test_crash", .title = "Crash", .params = crash_params, .run = run_crash};

/* ---- test_lock ---- */

static enum job_verdict run_lock(struct job *job)
{
    const struct runner *runner = job->runner;
    struct shm_segment *segment = runner->process->segment;
    if (job->attempt > 1)
        return succeed(job, "{}", NULL);
    if (shm_lock(segment) != 0)
        return JOB_STOP;
    log_warn("test: holding the table lock"); /* never under the lock outside a test */
    poll(NULL, 0, (int)json_member_int(job->params, "ms", 0));
    shm_unlock(segment);
    return succeed(job, "{}", NULL);
}

static const struct task_type test_lock = {
    .name = "test_lock", .title = "Hold the lock", .params = sleep_params, .run = run_lock};

/* ---- test_table ---- */

static enum job_verdict run_table(struct job *job)
{
    const struct runner *runner = job->runner;
    struct shm_segment *segment = runner->process->segment;
    uint32_t counted[TASK_STATES];
    char why[200] = "";
    struct json_out out;

    bool sound = shm_table_check(segment, why, sizeof why);
    shm_table_count(segment, counted);
    json_out_init(&out);
    json_object(&out);
    json_put_bool(&out, "sound", sound);
    json_put_string(&out, "why", why);
    json_put_int(&out, "recoveries", (int64_t)shm_lock_recoveries(segment));
    json_put_int(&out, "killed_holding", lockdeath_count());
    for (unsigned state = 0; state < TASK_STATES; state++)
        json_put_int(&out, task_state_name((enum task_state)state), counted[state]);
    json_object_end(&out);
    char *text = json_out_copy(&out);
    json_out_fini(&out);
    enum job_verdict verdict = succeed(job, text, NULL);
    free(text);
    return verdict;
}

static const struct task_type test_table = {
    .name = "test_table", .title = "Check the table", .params = sleep_params, .run = run_table};

/* ---- test_big ---- */

static enum job_verdict run_big(struct job *job)
{
    char *text = malloc(9000);
    if (!text)
        abort();
    memset(text, 'x', 9000);
    memcpy(text, "{\"big\":\"", 8);
    memcpy(text + 8990, "\"}", 3);
    enum job_verdict verdict = succeed(job, text, NULL);
    free(text);
    return verdict;
}

static const struct task_type test_big = {
    .name = "test_big", .title = "Big result", .params = sleep_params, .run = run_big};

/* ---- test_deaf, test_limit ---- */

static const char *const deaf_ways[] = {"statement", "own", "polite", NULL};
static const struct param_spec deaf_params[] = {
    {.name = "how",
     .kind = PARAM_CHOICE,
     .otherwise = "\"own\"",
     .choices = deaf_ways,
     .help = "Where it spends its time."},
    {.name = "ms", .kind = PARAM_INT, .otherwise = "60000", .max = 600000, .help = "Milliseconds in all."},
    {.name = NULL},
};

static enum job_verdict sleep_in_statement(struct job *job, int64_t ms)
{
    struct store_value seconds = STORE_U((ms + 999) / 1000);
    if (store_query(job->db, "DO SLEEP(?)", &seconds, 1, NULL, NULL) == 0)
        return succeed(job, "{}", write_ledger);
    job->error = job->db->error;
    return JOB_AGAIN;
}

static enum job_verdict run_deaf(struct job *job)
{
    const char *how = json_member_string(job->params, "how", "");
    int64_t ms = json_member_int(job->params, "ms", 0);
    job_progress(job, 40, "at work");
    if (strcmp(how, "statement") == 0)
        return sleep_in_statement(job, ms);
    for (int64_t end = clock_mono_ms() + ms; clock_mono_ms() < end; poll(NULL, 0, 10))
        if (strcmp(how, "polite") == 0 && job_cancelled(job))
            return JOB_STOP;
    return succeed(job, "{}", NULL);
}

static const struct task_type test_deaf = {
    .name = "test_deaf", .title = "Deaf", .params = deaf_params, .run = run_deaf};
static const struct task_type test_limit = {
    .name = "test_limit", .title = "Limited", .params = deaf_params, .time_limit_s = 1, .run = run_deaf};

/* ---- test_join, test_refuse ---- */

static const struct task_type test_join = {
    .name = "test_join", .title = "Join", .params = sleep_params, .equal = TASK_EQUAL_JOIN, .run = run_sleep};
static const struct task_type test_refuse = {
    .name = "test_refuse", .title = "Refuse", .params = sleep_params, .equal = TASK_EQUAL_REFUSE, .run = run_sleep};

int main(int argc, char **argv)
{
    task_type_register(&test_sleep);
    task_type_register(&test_ledger);
    task_type_register(&test_crash);
    task_type_register(&test_lock);
    task_type_register(&test_table);
    task_type_register(&test_big);
    task_type_register(&test_deaf);
    task_type_register(&test_limit);
    task_type_register(&test_join);
    task_type_register(&test_refuse);
    int code;
    if (describe(argc, argv))
        return 0;
    if (old_schema(argc, argv, &code))
        return code;
    misbehave_install();
    lockdeath_install();
    visits_install();
    today_install();
    return daemon_main(NULL, argc, argv);
}
