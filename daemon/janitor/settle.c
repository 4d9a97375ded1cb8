/* Settling: the journal decides what became of a task whose process died. */
#include "base/clock.h"
#include "base/grow.h"
#include "base/log.h"
#include "daemon/janitor/janitor.h"
#include "daemon/task/end_texts.h"
#include "daemon/task/log.h"
#include "daemon/task/spool.h"
#include "daemon/task/state.h"
#include "handlers/task_type.h"
#include "shm/wakeup.h"
#include "store/lease.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A commit of a killed worker may still be on its way through the server. A row that is not there yet gets this long
 * before its slot and file are given back. */
#define LATE_COMMIT_MS 2000
/* So many finished tasks are filled in after a start; older ones are answered from the journal. */
#define LOAD_FINISHED  256

/* ---- One task ---- */

/* A move that timed out (a stopped process holds the table's lock) is made in the next pass. A move that was
 * declined has been made by somebody else. */
static int moved(int rc)
{
    return rc == -ETIMEDOUT ? -1 : 0;
}

/* Leases and file first: if we are killed in between, the slot still has its dead owner, and all of it is done
 * again. */
int janitor_show_end(struct janitor *janitor, struct shm_handle handle, const struct journal_row *row)
{
    struct journal_end end = journal_end_of(row);
    if (lease_release_all(&janitor->db, row->id) < 0)
        return -1;
    ending_drop_file(janitor->process->config, janitor->spool_fd, row->id, row->status, ending_is_dry_run(row));
    return moved(taskstate_finish(janitor->process->segment, handle, &end));
}

static int show_gone(struct janitor *janitor, struct shm_handle handle, const struct shm_task *task)
{
    struct ending gone;
    ending_gone(&gone);
    ending_keep(&gone, task);
    spool_drop(janitor->spool_fd, task->id);
    return moved(taskstate_finish(janitor->process->segment, handle, &gone.end));
}

/* The first line of an attempt, which its dead runner could not write. */
static void tell_attempt(struct joblog *log, const struct journal_row *row, const struct janitor *janitor)
{
    joblog_init(log);
    joblog_line(log, row->started_ms, "attempt %u of %u started", row->attempt, janitor->process->config->max_attempts);
}

/* The end of a running row, with the lines that tell of it. `task`: its slot, NULL = it has none. `why`: NULL = the
 * task was cancelled. Returns as journal_finish(). */
static int write_end(struct janitor *janitor, const struct journal_row *row, const struct shm_task *task,
                     const struct interruption *why, struct ending *ending)
{
    struct joblog log;
    struct journal_end *end = &ending->end;
    if (task)
        ending_keep(ending, task);
    end->done_ms = clock_not_before(end->done_ms, row->started_ms);
    tell_attempt(&log, row, janitor);
    if (why)
        joblog_interrupted(&log, end->done_ms, why);
    joblog_end(&log, end, end->error_message);
    return tasklog_finish(&janitor->db, row->id, janitor->process->node, JOURNAL_RUNNING, row->attempt, end,
                          joblog_text(&log));
}

/* The next attempt. Returns as journal_requeue(). */
static int write_requeue(struct janitor *janitor, const struct journal_row *row, const struct interruption *why)
{
    struct joblog log;
    tell_attempt(&log, row, janitor);
    joblog_last_interrupted(&log, why);
    return tasklog_requeue(&janitor->db, row->id, janitor->process->node, row->attempt, false, joblog_text(&log));
}

/* No further attempt: write that end. Returns 1, 0 when the row moved meanwhile, -1. The caller shows it by reading the
 * row again. */
static int end_attempts(struct janitor *janitor, const struct journal_row *row, const struct shm_task *task,
                        const struct interruption *why)
{
    struct ending ending;
    char cause[TASK_ERROR_MAX];
    ending_interrupted(&ending, why, task);
    if (task && (task->flags & TASK_OVERDUE)) {
        ending.end.outcome = OUTCOME_TIMED_OUT;
        ending.end.error_code = "timed_out";
        ending.end.error_message = "Stopped: it ran past the time limit of this task type; nothing was written.";
    }
    int rc = write_end(janitor, row, task, why, &ending);
    taskwords_cause(why, cause, sizeof cause);
    struct log_about about = taskabout_row(row);
    if (rc == 1)
        log_about(LOG_LEVEL_WARN, &about, "ended: %s (%s)", ending.end.error_code, cause);
    return rc;
}

/* Cancellation was asked for, and the runner is gone with or without the janitor's help. Returns as end_attempts(). */
static int end_cancelled(struct janitor *janitor, const struct journal_row *row, const struct shm_task *task)
{
    struct ending ending;
    ending_cancelled(&ending, row);
    int rc = write_end(janitor, row, task, NULL, &ending);
    struct log_about about = taskabout_row(row);
    if (rc == 1)
        log_about(LOG_LEVEL_INFO, &about, "ended: cancelled");
    return rc;
}

/* Returns 1, 0 when the row moved meanwhile, -1. */
static int next_attempt(struct janitor *janitor, struct shm_handle handle, const struct journal_row *row,
                        const struct interruption *why)
{
    int rc = write_requeue(janitor, row, why);
    if (rc != 1)
        return rc;
    rc = taskstate_requeue(janitor->process->segment, handle, why);
    wakeup_poke_kind(janitor->process->segment, PROC_RUNNER);
    return moved(rc) == 0 ? 1 : -1;
}

/* One look at the row of a task whose owner is dead. Returns 0 (settled), 1 (look again), -1 (in the next pass). */
static int settle_row(struct janitor *janitor, struct shm_handle handle, const struct shm_task *task,
                      const struct interruption *why, const struct journal_row *row)
{
    if (row->status == JOURNAL_QUEUED)
        return moved(taskstate_requeue(janitor->process->segment, handle, NULL));
    if (row->status != JOURNAL_RUNNING)
        return janitor_show_end(janitor, handle, row);
    if (row->cancel_requested || (task->flags & TASK_CANCEL_ASKED))
        return end_cancelled(janitor, row, task) < 0 ? -1 : 1;
    if (row->attempt < janitor->process->config->max_attempts && !(task->flags & TASK_OVERDUE)) {
        int rc = next_attempt(janitor, handle, row, why);
        return rc == 1 ? 0 : rc == 0 ? 1 : -1;
    }
    return end_attempts(janitor, row, task, why) < 0 ? -1 : 1;
}

/* The owner of a RUNNING or CLAIMED slot is dead. Returns 0, or -1 to try again in the next pass. */
static int settle_task(struct janitor *janitor, struct shm_handle handle, const struct shm_task *task,
                       const struct interruption *why)
{
    /* A commit may slip in between reading and moving the row, and an end that was written is shown by reading it: read
     * again. */
    for (int again = 0; again < 3; again++) {
        struct journal_row row;
        int rc = journal_read_settled(&janitor->db, task->id, &row);
        if (rc <= 0)
            return rc < 0 ? -1 : show_gone(janitor, handle, task);
        struct interruption of_row = *why; /* a runner may have died between the journal and the slot */
        of_row.attempt = row.attempt;
        rc = settle_row(janitor, handle, task, &of_row, &row);
        journal_row_fini(&row);
        if (rc <= 0)
            return rc;
    }
    return -1;
}

/* A row found running without a slot belongs to a runner of an earlier life. *row is read again afterwards; on failure
 * it is freed. */
static int end_earlier_life(struct janitor *janitor, struct journal_row *row)
{
    struct interruption why = {
        .cause = CAUSE_FORCE, .attempt = row->attempt, .max = janitor->process->config->max_attempts};
    store_uuid id;
    memcpy(id, row->id, sizeof id);
    int rc = row->cancel_requested                                   ? end_cancelled(janitor, row, NULL)
             : row->attempt < janitor->process->config->max_attempts ? write_requeue(janitor, row, &why)
                                                                     : end_attempts(janitor, row, NULL, &why);
    journal_row_fini(row);
    if (rc < 0 || lease_release_all(&janitor->db, id) < 0)
        return -1;
    return journal_read(&janitor->db, id, row) == 1 ? 0 : -1;
}

/* A slot that a dead worker had reserved: was its row committed? Returns 0 (settled), 1 (wait a little), -1. */
static int settle_reserved(struct janitor *janitor, struct shm_handle handle, const uint8_t id[16], int64_t dead_ms)
{
    struct journal_row row;
    int rc = journal_read_settled(&janitor->db, id, &row);
    if (rc < 0 || (rc == 1 && row.status == JOURNAL_RUNNING && end_earlier_life(janitor, &row) != 0))
        return -1;
    if (rc == 1) {
        rc = moved(taskstate_load(janitor->process->segment, handle, &row));
        journal_row_fini(&row);
        wakeup_poke_kind(janitor->process->segment, PROC_RUNNER);
        return rc;
    }
    if (clock_mono_ms() - dead_ms < LATE_COMMIT_MS)
        return 1;
    spool_drop(janitor->spool_fd, id);
    return moved(taskstate_release(janitor->process->segment, handle));
}

/* ---- Dead processes ---- */

struct settling {
    struct janitor *janitor;
    struct proc_info info;
    int64_t dead_ms;
    bool waiting, failed;
};

static bool settle_slot(const struct shm_task *task, struct shm_handle handle, uint64_t version, void *ctx)
{
    struct settling *s = ctx;
    (void)version;
    if (task->owner.slot != s->info.ref.slot || task->owner.generation != s->info.ref.generation)
        return true;
    struct interruption why = janitor_cause(s->janitor, s->info.wait_status, task->attempt);
    int rc = task->state == TASK_RESERVED ? settle_reserved(s->janitor, handle, task->id, s->dead_ms)
                                          : settle_task(s->janitor, handle, task, &why);
    s->waiting |= rc == 1;
    s->failed |= rc < 0;
    return rc >= 0;
}

/* An owner that is neither alive nor dead should not exist: its entry was released although it owned this task. Settle
 * the task all the same. */
static bool settle_stray(const struct shm_task *task, struct shm_handle handle, uint64_t version, void *ctx)
{
    struct settling *s = ctx;
    struct proc_info info;
    (void)version;
    if (task->owner.generation == 0 || (proctab_read(s->janitor->process->segment, task->owner.slot, &info) &&
                                        info.ref.generation == task->owner.generation && info.state != PROC_FREE))
        return true;
    struct interruption why = {
        .cause = CAUSE_GONE, .attempt = task->attempt, .max = s->janitor->process->config->max_attempts};
    struct log_about about = taskabout_slot(task);
    log_about(LOG_LEVEL_WARN, &about, "its owner is unknown; settled from the journal");
    int rc = task->state == TASK_RESERVED ? settle_reserved(s->janitor, handle, task->id, 0)
                                          : settle_task(s->janitor, handle, task, &why);
    s->failed |= rc < 0;
    return rc >= 0;
}

int janitor_settle_dead(struct janitor *janitor)
{
    struct shm_segment *segment = janitor->process->segment;
    for (uint32_t slot = 0; slot < proctab_size(segment); slot++) {
        struct settling s = {.janitor = janitor};
        if (!proctab_read(segment, slot, &s.info) || s.info.state != PROC_DEAD) {
            janitor->dead_since_ms[slot] = 0;
            continue;
        }
        if (janitor->dead_since_ms[slot] == 0)
            janitor->dead_since_ms[slot] = clock_mono_ms();
        s.dead_ms = janitor->dead_since_ms[slot];
        shm_table_each_in(segment, TASKS_OWNED, settle_slot, &s);
        if (s.failed)
            return -1;
        if (!s.waiting) {
            janitor->dead_since_ms[slot] = 0;
            proctab_release(segment, s.info.ref);
        }
    }
    struct settling stray = {.janitor = janitor};
    shm_table_each_in(segment, TASKS_OWNED, settle_stray, &stray);
    return stray.failed ? -1 : 0;
}

/* ---- Filling the table ---- */

struct id_list {
    store_uuid *ids;
    uint32_t n, room;
};

static int collect_id(const store_uuid id, void *ctx)
{
    struct id_list *list = ctx;
    list->ids = grow(list->ids, &list->room, list->n + 1, sizeof *list->ids);
    memcpy(list->ids[list->n++], id, sizeof(store_uuid));
    return 0;
}

static int collect_row(const struct journal_row *row, void *ctx)
{
    return collect_id(row->id, ctx);
}

/* Brings one journalled task into the table. Returns 0, 1 (the table is full), -1. */
static int bring_in(struct janitor *janitor, const store_uuid id)
{
    struct shm_segment *segment = janitor->process->segment;
    struct shm_handle handle;
    struct journal_row row;
    if (shm_table_find(segment, id, &handle) == 0)
        return 0;
    int found = journal_read_settled(&janitor->db, id, &row);
    if (found != 1)
        return found;
    if (row.status == JOURNAL_RUNNING && end_earlier_life(janitor, &row) != 0)
        return -1;
    int type = task_type_number(row.type);
    int rc = type < 0 ? -ENOENT : taskstate_reserve(segment, janitor->process->self, id, (uint8_t)type, &handle);
    if (rc == 0)
        rc = moved(taskstate_load(segment, handle, &row));
    else /* EEXIST: a worker is accepting it; ENOENT: a type of another version */
        rc = rc == -ENOSPC ? 1 : moved(rc);
    journal_row_fini(&row);
    return rc;
}

static int bring_in_all(struct janitor *janitor, const struct id_list *list)
{
    int rc = 0;
    for (size_t i = 0; i < list->n && rc == 0; i++)
        rc = bring_in(janitor, list->ids[i]);
    return rc < 0 ? -1 : 0;
}

int janitor_load(struct janitor *janitor)
{
    const struct process *process = janitor->process;
    struct id_list live = {0}, done = {0};
    unsigned room = process->config->slots / 4 < LOAD_FINISHED ? process->config->slots / 4 : LOAD_FINISHED;
    int rc = journal_each_live(&janitor->db, process->node, collect_row, &live);
    if (rc == 0)
        rc = bring_in_all(janitor, &live);
    if (rc == 0)
        rc = journal_each_finished(&janitor->db, room, collect_row, &done);
    if (rc == 0)
        rc = bring_in_all(janitor, &done);
    if (rc == 0 && live.n)
        log_info("%u unfinished tasks taken over from the journal", live.n);
    free(live.ids);
    free(done.ids);
    return rc == 0 ? 0 : -1;
}

/* The row says running and the slot says waiting: the server finished a claim after its runner had been settled. Nobody
 * works on it. The attempt in the compare-and-set protects a runner that has just claimed it. */
static int requeue_orphan(struct janitor *janitor, const store_uuid id)
{
    struct shm_handle handle;
    struct shm_task task;
    struct journal_row row;
    uint64_t version;
    int rc = journal_read(&janitor->db, id, &row);
    if (rc != 1)
        return rc;
    unsigned attempt = row.attempt;
    bool running = row.status == JOURNAL_RUNNING;
    journal_row_fini(&row);
    if (!running)
        return 0;
    if (shm_table_find(janitor->process->segment, id, &handle) != 0)
        return bring_in(janitor, id);
    if (shm_table_read(janitor->process->segment, handle, &task, &version) != 0 || task.state != TASK_READY)
        return 0;
    return journal_requeue(&janitor->db, id, janitor->process->node, attempt, true) < 0 ? -1 : 0;
}

static int requeue_orphans(struct janitor *janitor)
{
    struct id_list running = {0};
    int rc = journal_each_running_id(&janitor->db, janitor->process->node, collect_id, &running);
    for (size_t i = 0; i < running.n && rc >= 0; i++)
        rc = requeue_orphan(janitor, running.ids[i]);
    free(running.ids);
    return rc < 0 ? -1 : 0;
}

int janitor_adopt(struct janitor *janitor)
{
    struct id_list queued = {0};
    int rc = journal_each_queued_id(&janitor->db, janitor->process->node, collect_id, &queued);
    size_t missing = 0;
    for (size_t i = 0; i < queued.n && rc == 0; i++) {
        struct shm_handle handle;
        if (shm_table_find(janitor->process->segment, queued.ids[i], &handle) == 0)
            continue;
        missing++;
        rc = bring_in(janitor, queued.ids[i]);
    }
    if (missing && rc == 0)
        wakeup_poke_kind(janitor->process->segment, PROC_RUNNER);
    free(queued.ids);
    return rc < 0 ? -1 : requeue_orphans(janitor);
}
