/* Rendering of tasks: from a slot or from a journal row to the nine members of the contract. */
#include "daemon/task/poll_json.h"

#include "base/time_text.h"
#include "daemon/auth/identity.h"
#include "daemon/task/state.h"
#include "daemon/task/words.h"
#include "handlers/task_type.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uuid/uuid.h>

const char *taskview_status(enum task_state state)
{
    switch (state) {
    case TASK_SUCCEEDED:
        return "completed";
    case TASK_FAILED:
    case TASK_CANCELLED:
        return "error";
    default:
        return "running";
    }
}

void taskview_put_time(struct json_out *out, const char *key, int64_t ms)
{
    char text[TIME_TEXT_SIZE];
    json_key(out, key);
    if (ms == 0) {
        json_null(out);
        return;
    }
    time_text(ms, text);
    json_string(out, text);
}

void taskview_write(struct json_out *out, const struct shm_task *task, const char *result)
{
    char id[37], message[TASK_MESSAGE_MAX];
    uuid_unparse_lower(task->id, id);
    taskwords_message(task, message);
    const struct task_type *type = task->type < task_type_count() ? task_type_at(task->type) : NULL;
    json_object(out);
    json_put_string(out, "id", id);
    json_put_string(out, "type", type ? type->name : "");
    json_put_string(out, "status", taskview_status((enum task_state)task->state));
    json_put_int(out, "progress", task->progress);
    json_put_string(out, "message", message);
    json_key(out, "result");
    if (result && task->state == TASK_SUCCEEDED)
        json_raw(out, result, strlen(result));
    else
        json_null(out);
    json_put_string(out, "error", task_state_final((enum task_state)task->state) ? task->error : "");
    taskview_put_time(out, "created_at", task->created_ms);
    taskview_put_time(out, "done_at", task->done_ms);
    json_object_end(out);
}

void taskview_render(struct shm_task *task, const char *result)
{
    struct json_out out;
    size_t len;
    json_out_init(&out);
    taskview_write(&out, task, result);
    const char *text = json_out_text(&out, &len);
    if (len + 1 <= TASK_TEXT_MAX) {
        memcpy(task->text, text, len);
        task->text[len] = '\n';
        task->text_len = (uint16_t)(len + 1);
        task->flags &= (uint8_t)~TASK_TEXT_IN_JOURNAL;
    } else {
        task->text_len = 0;
        task->flags |= TASK_TEXT_IN_JOURNAL;
    }
    json_out_fini(&out);
}

static enum task_state state_of(enum journal_status status)
{
    switch (status) {
    case JOURNAL_SUCCEEDED:
        return TASK_SUCCEEDED;
    case JOURNAL_FAILED:
        return TASK_FAILED;
    case JOURNAL_CANCELLED:
        return TASK_CANCELLED;
    case JOURNAL_RUNNING:
        return TASK_RUNNING;
    default:
        return TASK_READY;
    }
}

void taskview_from_row(const struct journal_row *row, struct shm_task *task)
{
    int number = task_type_number(row->type);
    memset(task, 0, offsetof(struct shm_task, text));
    memcpy(task->id, row->id, sizeof task->id);
    task->type = number < 0 ? UINT8_MAX : (uint8_t)number;
    task->state = (uint8_t)state_of(row->status);
    task->outcome = (uint8_t)row->outcome;
    task->attempt = (uint16_t)row->attempt;
    task->created_ms = row->created_ms;
    task->client = row->requested_by[0] ? client_number(row->requested_by) : 0;
    task->started_ms = row->started_ms;
    task->done_ms = row->done_ms;
    task->progress = task->state == TASK_SUCCEEDED ? 100 : (uint8_t)row->progress;
    task->flags = row->cancel_requested ? TASK_CANCEL_ASKED : 0;
    task->ahead = TASK_NOT_PLACED;
    taskstate_put_counts(task, &row->counts);
    snprintf(task->step, sizeof task->step, "%s", row->message ? row->message : "");
    if (task->state == TASK_FAILED || task->state == TASK_CANCELLED)
        snprintf(task->error, sizeof task->error, "%s", row->error_message ? row->error_message : "");
}

char *taskview_of_row(const struct journal_row *row)
{
    struct shm_task task;
    struct json_out out;
    size_t len;
    taskview_from_row(row, &task);
    json_out_init(&out);
    taskview_write(&out, &task, row->result);
    const char *text = json_out_text(&out, &len);
    char *copy = malloc(len + 2);
    if (!copy)
        abort();
    memcpy(copy, text, len);
    memcpy(copy + len, "\n", 2);
    json_out_fini(&out);
    return copy;
}
