/* Which errors pass, and how a runner waits for that. */
#include "daemon/runner/wait.h"

#include "base/clock.h"
#include "base/log.h"
#include "daemon/process/metrics.h"
#include "daemon/task/state.h"

#include <poll.h>

#define FIRST_PAUSE_MS 100
#define LAST_PAUSE_MS  5000
#define FLAG_MS        100 /* between two reads of the cancel flag */

#define LOCK_WAIT_TIMEOUT 1205
#define QUIET_WAITS       3

bool runner_passes(const struct store_error *error)
{
    switch (error->cls) {
    case STORE_RETRY:    /* 1205, 1213, 1020: others work on the same rows */
    case STORE_GONE:     /* no server, or the line broke */
    case STORE_UNUSABLE: /* a server that admits nobody, or does not write */
    case STORE_UNKNOWN:  /* a commit without an answer, and nobody to ask; the journal is read before it is run again */
        return true;
    case STORE_OK:
    case STORE_STOPPED:
    case STORE_NO_SPACE:
    case STORE_DUPLICATE:
    case STORE_DATA:
    case STORE_CONFIG:
    case STORE_BUG:
        break;
    }
    return false;
}

static bool must_stop(struct runner *runner)
{
    return job_cancelled(&runner->job);
}

/* Returns false when the task is to stop. */
static bool pause_ms(struct runner *runner, int64_t ms)
{
    int64_t until = clock_mono_ms() + ms;
    while (!must_stop(runner)) {
        int64_t left = until - clock_mono_ms();
        if (left <= 0)
            return true;
        poll(NULL, 0, left < FLAG_MS ? (int)left : FLAG_MS);
    }
    return false;
}

/* 1 = the row is ours and running, 0 = it is not, -1 = the database does not answer. */
static int still_ours(struct runner *runner)
{
    struct journal_row row;
    if (store_ensure(&runner->db) != 0)
        return -1;
    int rc = journal_read_settled(&runner->db, runner->job.id, &row);
    if (rc <= 0)
        return rc;
    bool ours = row.status == JOURNAL_RUNNING && row.attempt == runner->job.attempt;
    journal_row_fini(&row);
    return ours;
}

/* Two that met on the same rows: a moment later it goes well, and nobody need hear of it. */
static bool is_momentary(const struct store_error *error, unsigned waits)
{
    return error->cls == STORE_RETRY && error->number != LOCK_WAIT_TIMEOUT && waits <= QUIET_WAITS;
}

/* A line in both logs, and the message of the task. */
static void tell(struct runner *runner, bool locked)
{
    const struct store_error *error = &runner->job.error;
    const char *step = locked ? "waiting for a lock that others hold in the database; then it goes on"
                              : "waiting for the database; then it goes on";
    log_task(LOG_LEVEL_WARN, runner->job.id, "attempt %u waits: %s %u: %s", runner->job.attempt,
             store_class_name(error->cls), error->number, error->text);
    joblog_line(&runner->log, clock_wall_ms(), "%s", step);
    taskstate_progress(runner->process->segment, runner->handle, 0, PHASE_WORKING, step, &runner->job.counts);
}

enum runner_waited runner_wait(struct runner *runner, unsigned waits)
{
    int64_t pause = waits > 6 ? LAST_PAUSE_MS : FIRST_PAUSE_MS << (waits - 1);
    bool locked = runner->job.error.cls == STORE_RETRY;
    metrics_add(locked ? METRICS_WAITS_LOCKED : METRICS_WAITS_DATABASE, 1);
    if (!is_momentary(&runner->job.error, waits))
        tell(runner, locked);
    for (;;) {
        if (!pause_ms(runner, pause))
            return WAIT_STOPPED;
        int ours = still_ours(runner);
        if (ours > 0)
            return WAITED;
        if (ours == 0) {
            runner_follow_journal(runner, true);
            return WAIT_OVERTAKEN;
        }
        pause = pause * 2 < LAST_PAUSE_MS ? pause * 2 : LAST_PAUSE_MS;
    }
}
