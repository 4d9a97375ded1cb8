/* Task moves as edits: each function below is one edit of one task. */
#include "daemon/task/state.h"

#include "base/clock.h"
#include "base/log.h"
#include "daemon/process/metrics.h"
#include "daemon/task/counts.h"
#include "daemon/task/poll_json.h"
#include "shm/watch.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A slot that changes this often under one editor means a livelock: our fault, better seen than spun on. */
#define APPLY_TRIES 1000

/* Said from the request to the end, whatever happens to the task meanwhile. */
#define CANCELLING "cancelling"

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
    snprintf(task->message, sizeof task->message, TASKSTATE_WAITING, publication->ahead);
    return true;
}

int taskstate_publish(struct shm_segment *seg, struct shm_handle handle, int64_t created_ms, uint32_t client)
{
    uint32_t by_state[TASK_STATES];
    shm_table_count(seg, by_state);
    struct publication publication = {created_ms, client, by_state[TASK_READY]};
    return taskstate_apply(seg, handle, edit_publish, &publication);
}

static bool edit_waiting(struct shm_task *task, const char **result, void *ctx)
{
    (void)result;
    if (task->state != TASK_READY || task->attempt > 0 || (task->flags & TASK_CANCEL_ASKED))
        return false;
    snprintf(task->message, sizeof task->message, TASKSTATE_WAITING, *(const uint32_t *)ctx);
    return true;
}

int taskstate_waiting(struct shm_segment *seg, struct shm_handle handle, uint32_t ahead)
{
    return taskstate_apply(seg, handle, edit_waiting, &ahead);
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

/* A message, unless the task is being cancelled: that is the news then. */
__attribute__((format(printf, 2, 3))) static void say(struct shm_task *task, const char *format, ...)
{
    va_list args;
    if (task->flags & TASK_CANCEL_ASKED) {
        snprintf(task->message, sizeof task->message, CANCELLING);
        return;
    }
    va_start(args, format);
    vsnprintf(task->message, sizeof task->message, format, args); /* NOLINT(clang-analyzer-valist.Uninitialized) */
    va_end(args);
}

static bool edit_ask_cancel(struct shm_task *task, const char **result, void *ctx)
{
    (void)result;
    (void)ctx;
    if ((task->state != TASK_READY && task->state != TASK_CLAIMED && task->state != TASK_RUNNING) ||
        (task->flags & TASK_CANCEL_ASKED))
        return false;
    task->flags |= TASK_CANCEL_ASKED;
    say(task, CANCELLING);
    return true;
}

int taskstate_ask_cancel(struct shm_segment *seg, struct shm_handle handle)
{
    return taskstate_apply(seg, handle, edit_ask_cancel, NULL);
}

static bool edit_unclaim(struct shm_task *task, const char **result, void *ctx)
{
    (void)result;
    (void)ctx;
    if (task->state != TASK_CLAIMED)
        return false;
    task->state = TASK_READY;
    task->owner = (struct proc_ref){0, 0};
    return true;
}

int taskstate_unclaim(struct shm_segment *seg, struct shm_handle handle)
{
    return taskstate_apply(seg, handle, edit_unclaim, NULL);
}

/* Nothing of the attempt before is true of the next one. */
static void forget_attempt(struct shm_task *task)
{
    task->progress = 0;
    task->flags &= (uint8_t) ~(TASK_INTERRUPTED | TASK_OVERDUE);
    taskcounts_put(task, &(struct task_counts){.known = false});
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
    task->started_ms = task->touched_ms = clock_wall_ms();
    forget_attempt(task);
    if (start->attempt > 1)
        say(task, "started, attempt %u of %u", start->attempt, start->max);
    else
        say(task, "started");
    return true;
}

int taskstate_start(struct shm_segment *seg, struct shm_handle handle, unsigned attempt, unsigned max_attempts)
{
    struct start start = {attempt, max_attempts};
    return taskstate_apply(seg, handle, edit_start, &start);
}

struct progress {
    unsigned percent;
    const char *text;
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
    say(task, "%s", progress->text);
    if (progress->counts)
        taskcounts_put(task, progress->counts);
    task->touched_ms = clock_wall_ms();
    return true;
}

int taskstate_progress(struct shm_segment *seg, struct shm_handle handle, unsigned percent, const char *text,
                       const struct task_counts *counts)
{
    struct progress progress = {percent, text, counts};
    return taskstate_apply(seg, handle, edit_progress, &progress);
}

struct interruption {
    struct proc_ref dead;
    const char *cause;
    unsigned max;
};

static bool edit_interrupted(struct shm_task *task, const char **result, void *ctx)
{
    const struct interruption *why = ctx;
    (void)result;
    if (task->state != TASK_RUNNING || (task->flags & TASK_INTERRUPTED) || task->owner.slot != why->dead.slot ||
        task->owner.generation != why->dead.generation)
        return false;
    task->flags |= TASK_INTERRUPTED;
    if (task->flags & (TASK_CANCEL_ASKED | TASK_OVERDUE))
        return true; /* no attempt follows: message and progress stay */
    if (task->attempt >= why->max) {
        char step[TASK_MESSAGE_MAX];
        snprintf(step, sizeof step, "%s", task->message);
        say(task, "interrupted (%.80s), no attempt left" TASKSTATE_LAST_STEP "%s", why->cause, step);
        return true;
    }
    task->progress = 0;
    taskcounts_put(task, &(struct task_counts){.known = false});
    say(task, "interrupted (%.100s), attempt %u of %u follows", why->cause, task->attempt + 1u, why->max);
    return true;
}

int taskstate_interrupted(struct shm_segment *seg, struct shm_handle handle, struct proc_ref dead, const char *cause,
                          unsigned max_attempts)
{
    struct interruption why = {dead, cause, max_attempts};
    return taskstate_apply(seg, handle, edit_interrupted, &why);
}

static bool edit_overdue(struct shm_task *task, const char **result, void *ctx)
{
    (void)result;
    if (task->state != TASK_RUNNING || task->attempt != *(const unsigned *)ctx || (task->flags & TASK_OVERDUE))
        return false;
    task->flags |= TASK_OVERDUE;
    say(task, "past its time limit, being stopped");
    return true;
}

int taskstate_overdue(struct shm_segment *seg, struct shm_handle handle, unsigned attempt)
{
    return taskstate_apply(seg, handle, edit_overdue, &attempt);
}

static bool edit_requeue(struct shm_task *task, const char **result, void *ctx)
{
    (void)result;
    if (task->state != TASK_RUNNING && task->state != TASK_CLAIMED)
        return false;
    task->state = TASK_READY;
    task->owner = (struct proc_ref){0, 0};
    forget_attempt(task);
    say(task, "%s", (const char *)ctx);
    return true;
}

int taskstate_requeue(struct shm_segment *seg, struct shm_handle handle, const char *message)
{
    char copy[TASK_MESSAGE_MAX];
    snprintf(copy, sizeof copy, "%s", message);
    return taskstate_apply(seg, handle, edit_requeue, copy);
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
    task->done_ms = end->done_ms;
    task->error[0] = '\0';
    snprintf(task->message, sizeof task->message, "%s", end->message ? end->message : "");
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
    if (rc == 0) /* the one move into the end: whoever makes it counts the task */
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
    if (loaded.flags & TASK_CANCEL_ASKED && loaded.state == TASK_READY)
        say(&loaded, CANCELLING);
    *task = loaded;
    *result = row->result;
    return true;
}

int taskstate_load(struct shm_segment *seg, struct shm_handle handle, const struct journal_row *row)
{
    return taskstate_apply(seg, handle, edit_load, &row);
}
