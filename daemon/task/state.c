/* Task moves as edits: each function below is one edit of one task. */
#include "daemon/task/state.h"

#include "base/clock.h"
#include "base/log.h"
#include "daemon/process/metrics.h"
#include "daemon/task/poll_json.h"
#include "shm/watch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A slot that changes this often under one editor is in a livelock. That is our fault: show it, and do not spin. */
#define APPLY_TRIES 1000

_Static_assert(TASK_COUNTS == TASK_COUNTERS, "a slot has room for what a task counts");

void taskstate_put_counts(struct shm_task *task, const struct task_counts *counts)
{
    task->counted = counts->known;
    for (size_t i = 0; i < TASK_COUNTS; i++)
        task->count[i] = counts->n[i];
}

struct task_counts taskstate_counts(const struct shm_task *task)
{
    struct task_counts counts = {.known = task->counted};
    for (size_t i = 0; i < TASK_COUNTS; i++)
        counts.n[i] = task->count[i];
    return counts;
}

int taskstate_check(int rc)
{
    if (rc == -ENOTRECOVERABLE) {
        log_error("the shared segment is beyond repair; leaving so that the master makes a new one");
        _exit(EXIT_SEGMENT_LOST);
    }
    return rc;
}

int taskstate_apply(struct shm_segment *seg, struct shm_handle handle, taskstate_edit edit, void *ctx)
{
    for (int i = 0; i < APPLY_TRIES; i++) {
        struct shm_task task;
        uint64_t version;
        const char *result = NULL;
        int rc = shm_table_read(seg, handle, &task, &version);
        if (rc != 0)
            return rc;
        if (!edit(&task, &result, ctx))
            return -ECANCELED;
        if (task.state != TASK_FREE)
            taskview_render(&task, result);
        rc = taskstate_check(shm_table_change(seg, handle, version, &task));
        if (rc == 0)
            watch_tell(seg, handle.slot);
        if (rc != -ESTALE)
            return rc;
    }
    return -ETIMEDOUT;
}

int taskstate_reserve(struct shm_segment *seg, struct proc_ref me, const uint8_t id[16], uint8_t type,
                      struct shm_handle *out)
{
    return taskstate_check(shm_table_reserve(seg, me, id, type, out));
}

struct publication {
    int64_t created_ms;
    uint32_t client;
    uint32_t ahead;
};

static bool edit_publish(struct shm_task *task, const char **result, void *ctx)
{
    const struct publication *publication = ctx;
    (void)result;
    if (task->state != TASK_RESERVED)
        return false;
    task->state = TASK_READY;
    task->owner = (struct proc_ref){0, 0};
    task->created_ms = publication->created_ms;
    task->client = publication->client;
    task->ahead = publication->ahead;
    return true;
}

int taskstate_publish(struct shm_segment *seg, struct shm_handle handle, int64_t created_ms, uint32_t client)
{
    uint32_t by_state[TASK_STATES];
    shm_table_count(seg, by_state);
    struct publication publication = {created_ms, client, by_state[TASK_READY]};
    return taskstate_apply(seg, handle, edit_publish, &publication);
}

static bool edit_place(struct shm_task *task, const char **result, void *ctx)
{
    (void)result;
    if (task->state != TASK_READY || task->attempt > 0 || (task->flags & TASK_CANCEL_ASKED))
        return false;
    task->ahead = *(const uint32_t *)ctx;
    return true;
}

int taskstate_place(struct shm_segment *seg, struct shm_handle handle, uint32_t ahead)
{
    return taskstate_apply(seg, handle, edit_place, &ahead);
}

static bool edit_release(struct shm_task *task, const char **result, void *ctx)
{
    (void)result;
    (void)ctx;
    if (task->state != TASK_RESERVED)
        return false;
    task->state = TASK_FREE;
    return true;
}

int taskstate_release(struct shm_segment *seg, struct shm_handle handle)
{
    return taskstate_apply(seg, handle, edit_release, NULL);
}

static bool edit_forget(struct shm_task *task, const char **result, void *ctx)
{
    (void)result;
    (void)ctx;
    if (!task_state_final((enum task_state)task->state))
        return false;
    task->state = TASK_FREE;
    return true;
}

int taskstate_forget(struct shm_segment *seg, struct shm_handle handle)
{
    return taskstate_apply(seg, handle, edit_forget, NULL);
}

static bool edit_ask_cancel(struct shm_task *task, const char **result, void *ctx)
{
    (void)result;
    (void)ctx;
    if ((task->state != TASK_READY && task->state != TASK_CLAIMED && task->state != TASK_RUNNING) ||
        (task->flags & TASK_CANCEL_ASKED))
        return false;
    task->flags |= TASK_CANCEL_ASKED;
    return true;
}

int taskstate_ask_cancel(struct shm_segment *seg, struct shm_handle handle)
{
    return taskstate_apply(seg, handle, edit_ask_cancel, NULL);
}

/* Nothing of the attempt before is true of the next one. */
static void forget_attempt(struct shm_task *task)
{
    task->progress = 0;
    task->flags &= (uint8_t) ~(TASK_INTERRUPTED | TASK_OVERDUE | TASK_UNSETTLED);
    task->counted = task->phase = 0;
    task->step[0] = '\0';
    task->ahead = TASK_NOT_PLACED;
}

static void set_cause(struct shm_task *task, const struct interruption *why)
{
    task->cause = (uint8_t)why->cause;
    task->cause_code = (uint16_t)why->code;
    task->max_attempts = (uint8_t)why->max;
    snprintf(task->error, sizeof task->error, "%s", why->cause == CAUSE_TOLD && why->told ? why->told : "");
}

struct start {
    unsigned attempt, max;
};

static bool edit_start(struct shm_task *task, const char **result, void *ctx)
{
    const struct start *start = ctx;
    (void)result;
    if (task->state != TASK_CLAIMED)
        return false;
    task->state = TASK_RUNNING;
    task->attempt = (uint16_t)start->attempt;
    task->started_ms = task->touched_ms = clock_not_before(clock_wall_ms(), task->created_ms);
    forget_attempt(task);
    set_cause(task, &(struct interruption){.cause = CAUSE_NONE, .max = start->max});
    return true;
}

int taskstate_start(struct shm_segment *seg, struct shm_handle handle, unsigned attempt, unsigned max_attempts)
{
    struct start start = {attempt, max_attempts};
    return taskstate_apply(seg, handle, edit_start, &start);
}

struct progress {
    unsigned percent;
    enum job_phase phase;
    const char *step;
    const struct task_counts *counts;
};

static bool edit_progress(struct shm_task *task, const char **result, void *ctx)
{
    const struct progress *progress = ctx;
    (void)result;
    if (task->state != TASK_RUNNING)
        return false;
    unsigned percent = progress->percent > 99 ? 99 : progress->percent;
    if (percent > task->progress)
        task->progress = (uint8_t)percent;
    task->phase = (uint8_t)progress->phase;
    snprintf(task->step, sizeof task->step, "%s", progress->step);
    taskstate_put_counts(task, progress->counts);
    task->touched_ms = clock_not_before(clock_wall_ms(), task->started_ms);
    return true;
}

int taskstate_progress(struct shm_segment *seg, struct shm_handle handle, unsigned percent, enum job_phase phase,
                       const char *step, const struct task_counts *counts)
{
    struct progress progress = {percent, phase, step, counts};
    return taskstate_apply(seg, handle, edit_progress, &progress);
}

static bool edit_unsettled(struct shm_task *task, const char **result, void *ctx)
{
    (void)result;
    (void)ctx;
    if (task->state != TASK_RUNNING)
        return false;
    task->flags |= TASK_UNSETTLED;
    task->touched_ms = clock_not_before(clock_wall_ms(), task->started_ms);
    return true;
}

int taskstate_unsettled(struct shm_segment *seg, struct shm_handle handle)
{
    return taskstate_apply(seg, handle, edit_unsettled, NULL);
}

struct death {
    struct proc_ref dead;
    const struct interruption *why;
};

/* With a further attempt to come nothing of this one is shown any more; after the last one its step and its progress
 * stay. */
static bool edit_interrupted(struct shm_task *task, const char **result, void *ctx)
{
    const struct death *death = ctx;
    (void)result;
    if (task->state != TASK_RUNNING || (task->flags & TASK_INTERRUPTED) || task->owner.slot != death->dead.slot ||
        task->owner.generation != death->dead.generation)
        return false;
    if (!(task->flags & (TASK_CANCEL_ASKED | TASK_OVERDUE)) && task->attempt < death->why->max)
        forget_attempt(task);
    task->flags |= TASK_INTERRUPTED;
    set_cause(task, death->why);
    return true;
}

int taskstate_interrupted(struct shm_segment *seg, struct shm_handle handle, struct proc_ref dead,
                          const struct interruption *why)
{
    struct death death = {dead, why};
    return taskstate_apply(seg, handle, edit_interrupted, &death);
}

static bool edit_overdue(struct shm_task *task, const char **result, void *ctx)
{
    (void)result;
    if (task->state != TASK_RUNNING || task->attempt != *(const unsigned *)ctx || (task->flags & TASK_OVERDUE))
        return false;
    task->flags |= TASK_OVERDUE;
    return true;
}

int taskstate_overdue(struct shm_segment *seg, struct shm_handle handle, unsigned attempt)
{
    return taskstate_apply(seg, handle, edit_overdue, &attempt);
}

static bool edit_requeue(struct shm_task *task, const char **result, void *ctx)
{
    const struct interruption *why = ctx;
    (void)result;
    if (task->state != TASK_RUNNING && task->state != TASK_CLAIMED)
        return false;
    task->state = TASK_READY;
    task->owner = (struct proc_ref){0, 0};
    if (why->attempt)
        task->attempt = (uint16_t)why->attempt; /* a runner may have died between the journal and the slot */
    forget_attempt(task);
    set_cause(task, why);
    return true;
}

int taskstate_requeue(struct shm_segment *seg, struct shm_handle handle, const struct interruption *why)
{
    struct interruption copy = why ? *why : (struct interruption){.cause = CAUSE_NONE};
    return taskstate_apply(seg, handle, edit_requeue, &copy);
}

static enum task_state final_state(enum journal_status status)
{
    switch (status) {
    case JOURNAL_SUCCEEDED:
        return TASK_SUCCEEDED;
    case JOURNAL_CANCELLED:
        return TASK_CANCELLED;
    default:
        return TASK_FAILED;
    }
}

struct finish {
    const struct journal_end *end;
    unsigned type;
    int64_t ran_ms; /* -1: it was not running */
};

static bool edit_finish(struct shm_task *task, const char **result, void *ctx)
{
    struct finish *finish = ctx;
    const struct journal_end *end = finish->end;
    if (task->state == TASK_FREE || task_state_final((enum task_state)task->state))
        return false;
    finish->type = task->type;
    finish->ran_ms =
        task->state == TASK_RUNNING && end->done_ms >= task->started_ms ? end->done_ms - task->started_ms : -1;
    task->state = (uint8_t)final_state(end->status);
    task->outcome = (uint8_t)end->outcome;
    task->owner = (struct proc_ref){0, 0};
    task->flags = 0;
    task->done_ms = clock_not_before(end->done_ms, task->created_ms); /* as journal_finish() does */
    task->error[0] = '\0';
    task->cause = CAUSE_NONE;
    taskstate_put_counts(task, &end->counts);
    snprintf(task->step, sizeof task->step, "%s", end->message ? end->message : "");
    task->progress = task->state == TASK_SUCCEEDED ? 100 : (uint8_t)end->progress;
    if (task->state != TASK_SUCCEEDED)
        snprintf(task->error, sizeof task->error, "%s", end->error_message ? end->error_message : "failed");
    *result = end->result;
    return true;
}

int taskstate_finish(struct shm_segment *seg, struct shm_handle handle, const struct journal_end *end)
{
    struct finish finish = {.end = end};
    int rc = taskstate_apply(seg, handle, edit_finish, &finish);
    if (rc == 0) /* there is one such move for each task, and it counts the task */
        metrics_task_finished(finish.type, end->outcome, finish.ran_ms);
    return rc;
}

static bool edit_load(struct shm_task *task, const char **result, void *ctx)
{
    const struct journal_row *row = *(const struct journal_row **)ctx;
    if (task->state != TASK_RESERVED)
        return false;
    struct shm_task loaded;
    taskview_from_row(row, &loaded);
    if (loaded.state == TASK_RUNNING)
        loaded.state = TASK_READY;
    loaded.generation = task->generation;
    loaded.order = task->order;
    loaded.visible = task->visible;
    loaded.text_len = 0;
    *task = loaded;
    *result = row->result;
    return true;
}

int taskstate_load(struct shm_segment *seg, struct shm_handle handle, const struct journal_row *row)
{
    return taskstate_apply(seg, handle, edit_load, &row);
}
