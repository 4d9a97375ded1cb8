/* Stopping tasks that are cancelled, past their time limit, or have waited too long.
 *
 * * A handler looks at the flag and at its limit by itself. If it does not, the first thread counts the grace times.
 * After the first one the SQL thread stops the statement that the runner waits for. After the second one the master
 * is asked to kill the runner, and the death is settled like any other. */
#include "base/clock.h"
#include "base/log.h"
#include "daemon/janitor/janitor.h"
#include "daemon/task/end_texts.h"
#include "daemon/task/log.h"
#include "daemon/task/spool.h"
#include "daemon/task/state.h"
#include "handlers/task_type.h"
#include "shm/wakeup.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define CHECK_MS 250
#define AGAIN_MS 1000 /* between two stops of a statement in one attempt: the handler may have started another one */

/* ---- First thread: which task is due for what ---- */

/* Since when this attempt should be ending, or 0. */
static int64_t due_since(struct attempt_clock *clock, const struct shm_task *task, int64_t now)
{
    const struct task_type *type = task_type_at(task->type);
    int64_t limit_ms = type->time_limit_s ? clock->running_ms + 1000 * (int64_t)type->time_limit_s : 0;
    if ((task->flags & TASK_CANCEL_ASKED) && clock->cancel_ms == 0)
        clock->cancel_ms = now;
    bool overdue = limit_ms != 0 && now >= limit_ms;
    if (clock->cancel_ms != 0 && overdue)
        return clock->cancel_ms < limit_ms ? clock->cancel_ms : limit_ms;
    return overdue ? limit_ms : clock->cancel_ms;
}

static void have_statement_stopped(struct janitor *janitor, struct attempt_clock *clock, struct shm_handle handle,
                                   int64_t now)
{
    if (clock->asked_ms != 0 && now - clock->asked_ms < AGAIN_MS)
        return;
    clock->asked_ms = now;
    atomic_store(&janitor->stop_statement[handle.slot], handle.generation);
    janitor_poke_sql(janitor);
}

static void have_runner_killed(struct janitor *janitor, const struct shm_task *task, struct shm_handle handle)
{
    struct shm_segment *segment = janitor->process->segment;
    struct log_about about = taskabout_slot(task);
    if (task->flags & TASK_CANCEL_ASKED)
        log_about(LOG_LEVEL_WARN, &about, "cancelled, and its handler does not stop: its runner is killed");
    else if (taskstate_overdue(segment, handle, task->attempt) == 0)
        log_about(LOG_LEVEL_WARN, &about,
                  "past its time limit of %u s, and its handler does not stop: its runner is killed",
                  task_type_at(task->type)->time_limit_s);
    proctab_request_kill(segment, task->owner, SIGKILL);
    wakeup_poke(segment, WAKEUP_MASTER);
}

static bool check_limits_of(const struct shm_task *task, struct shm_handle handle, uint64_t version, void *ctx)
{
    struct janitor *janitor = ctx;
    const struct config *config = janitor->process->config;
    struct attempt_clock *clock = &janitor->clocks[handle.slot];
    int64_t now = clock_mono_ms();
    (void)version;
    if ((task->flags & TASK_INTERRUPTED) || task->type >= task_type_count())
        return true;
    if (clock->generation != handle.generation || clock->attempt != task->attempt)
        *clock = (struct attempt_clock){.generation = handle.generation, .attempt = task->attempt, .running_ms = now};
    int64_t since = due_since(clock, task, now), grace_ms = 1000 * (int64_t)config->cancel_statement_s;
    if (since == 0 || now - since < grace_ms)
        return true;
    if (now - since < grace_ms + 1000 * (int64_t)config->cancel_kill_s)
        have_statement_stopped(janitor, clock, handle, now);
    else
        have_runner_killed(janitor, task, handle);
    return true;
}

void janitor_check_limits(struct janitor *janitor)
{
    if (clock_mono_ms() - janitor->checked_ms < CHECK_MS)
        return;
    janitor->checked_ms = clock_mono_ms();
    shm_table_each_in(janitor->process->segment, TASK_IN(TASK_RUNNING), check_limits_of, janitor);
}

/* ---- SQL thread: the statement of a runner ---- */

static bool still_due(struct janitor *janitor, struct shm_handle handle, struct shm_task *task)
{
    uint64_t version;
    return shm_table_read(janitor->process->segment, handle, task, &version) == 0 && task->state == TASK_RUNNING;
}

static int keep_number(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(uint64_t *)ctx = v[0].text ? strtoull(v[0].text, NULL, 10) : 0;
    return 0;
}

/* The statement is named by its own number and not by its session: meanwhile the runner may have gone on to another
 * task, whose statement must not be stopped. The number was this task's if the attempt is the same after it was
 * read. */
static int stop_statement(struct janitor *janitor, struct shm_handle handle)
{
    struct shm_task before, after;
    uint64_t query = 0;
    if (!still_due(janitor, handle, &before))
        return 0;
    uint64_t session = proctab_session(janitor->process->segment, before.owner);
    struct store_value param = STORE_U(session);
    if (session == 0)
        return 0;
    if (store_query(&janitor->db,
                    "SELECT query_id FROM information_schema.processlist WHERE id = ? AND command <> 'Sleep'", &param,
                    1, keep_number, &query) != 0)
        return -1;
    if (query == 0 || !still_due(janitor, handle, &after) || after.attempt != before.attempt)
        return 0;
    struct log_about about = taskabout_slot(&before);
    log_about(LOG_LEVEL_WARN, &about, "should end and does not: its statement is stopped");
    return store_kill_statement(&janitor->db, query);
}

int janitor_stop_statements(struct janitor *janitor)
{
    uint32_t slots = shm_segment_geometry(janitor->process->segment)->slots;
    for (uint32_t slot = 0; slot < slots; slot++) {
        uint64_t generation = atomic_exchange(&janitor->stop_statement[slot], 0);
        if (generation != 0 && stop_statement(janitor, (struct shm_handle){slot, generation}) != 0)
            return -1;
    }
    return 0;
}

/* ---- SQL thread: tasks that wait ---- */

struct sweep {
    struct janitor *janitor;
    bool failed;
};

/* Ends a row that is still queued. If somebody has moved it meanwhile, nothing is done. `about` is for the log. */
static int end_queued(struct janitor *janitor, struct shm_handle handle, const struct log_about *about,
                      struct ending *ending)
{
    const struct process *process = janitor->process;
    const uint8_t *id = about->task;
    struct joblog log;
    joblog_init(&log);
    joblog_end(&log, &ending->end, ending->text);
    int rc = tasklog_finish(&janitor->db, id, process->node, JOURNAL_QUEUED, 0, &ending->end, joblog_text(&log));
    if (rc <= 0)
        return rc;
    ending_drop_file(process->config, janitor->spool_fd, id, ending->end.status, false);
    log_about(LOG_LEVEL_INFO, about, "ended: %s", task_outcome_name(ending->end.outcome));
    return taskstate_finish(process->segment, handle, &ending->end) == -ETIMEDOUT ? -1 : 0;
}

/* The slot is flagged as cancelled and waits: a worker died before it had written the end, or could not reach the
 * database, or another node took the request. The journal may have the end already. */
static int end_cancelled(struct janitor *janitor, struct shm_handle handle, const uint8_t id[16])
{
    struct journal_row row;
    struct ending ending;
    int rc = journal_ask_cancel(&janitor->db, id, NULL, NULL);
    if (rc >= 0)
        rc = journal_read_settled(&janitor->db, id, &row);
    if (rc <= 0)
        return rc;
    if (row.status > JOURNAL_RUNNING) {
        rc = janitor_show_end(janitor, handle, &row);
    } else {
        ending_cancelled(&ending, &row);
        struct log_about about = taskabout_row(&row);
        rc = row.status == JOURNAL_QUEUED ? end_queued(janitor, handle, &about, &ending) : 0;
    }
    journal_row_fini(&row);
    return rc;
}

static bool check_queued(const struct shm_task *task, struct shm_handle handle, uint64_t version, void *ctx)
{
    struct sweep *sweep = ctx;
    struct janitor *janitor = sweep->janitor;
    unsigned limit_s = janitor->process->config->start_within_s;
    int64_t now = clock_mono_ms();
    struct log_about about = taskabout_slot(task);
    struct ending ending;
    int rc = 0;
    (void)version;
    struct queue_clock *queued = &janitor->queued[handle.slot];
    if (queued->generation != handle.generation)
        *queued = (struct queue_clock){.generation = handle.generation, .since_ms = now};
    if (task->flags & TASK_CANCEL_ASKED) {
        rc = end_cancelled(janitor, handle, task->id);
    } else if (limit_s != 0 && task->attempt == 0 && now - queued->since_ms >= 1000 * (int64_t)limit_s) {
        ending_expired(&ending, limit_s);
        rc = end_queued(janitor, handle, &about, &ending);
    }
    sweep->failed = rc < 0;
    return rc >= 0;
}

/* Cancel requests that reached the journal and not the slot: made on another node, or by a worker that died in
 * between. */
static int show_request(const store_uuid id, void *ctx)
{
    struct janitor *janitor = ctx;
    struct shm_handle handle;
    if (shm_table_find(janitor->process->segment, id, &handle) == 0)
        (void)taskstate_ask_cancel(janitor->process->segment, handle);
    return 0;
}

/* Cancel requests that reached the slot of a running task and not the journal, which was away: a restart would forget
 * them. */
static bool journal_request(const struct shm_task *task, struct shm_handle handle, uint64_t version, void *ctx)
{
    struct sweep *sweep = ctx;
    struct queue_clock *queued = &sweep->janitor->queued[handle.slot];
    (void)version;
    if (!(task->flags & TASK_CANCEL_ASKED) || queued->journalled == handle.generation)
        return true;
    sweep->failed = journal_ask_cancel(&sweep->janitor->db, task->id, NULL, NULL) < 0;
    if (!sweep->failed)
        queued->journalled = handle.generation;
    return !sweep->failed;
}

int janitor_follow_requests(struct janitor *janitor)
{
    struct sweep sweep = {.janitor = janitor};
    if (journal_each_cancel_id(&janitor->db, janitor->process->node, show_request, janitor) < 0)
        return -1;
    shm_table_each_in(janitor->process->segment, TASK_IN(TASK_RUNNING), journal_request, &sweep);
    if (!sweep.failed)
        shm_table_each_in(janitor->process->segment, TASK_IN(TASK_READY), check_queued, &sweep);
    return sweep.failed ? -1 : 0;
}
