/* Rendering of the full view. Any thread. */
#include "daemon/task/full_json.h"

#include "base/facts.h"
#include "base/hex.h"
#include "daemon/http/http.h"
#include "daemon/task/chain_json.h"
#include "daemon/task/poll_json.h"
#include "daemon/task/state.h"
#include "handlers/task_type.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#define ETA_FROM_PERCENT 5 /* before that a pace is noise */
#define RESULT_DEPTH     32

/* The task as it is shown: the text of the nine members, and what belongs to it. */
struct face {
    const struct taskfull_source *source;
    struct shm_task task; /* without its text */
    const char *nine;
    size_t nine_len; /* without the line feed */
    char *made;      /* heap, when `nine` is not the slot's */
    bool final;
};

/* The slot's text is preferred, since only the slot has the progress. But a final row is preferred to a slot whose task
 * still runs: the slot will follow. */
static bool slot_shows(const struct taskfull_source *source)
{
    const struct shm_task *slot = source->slot;
    if (!slot || (slot->flags & TASK_TEXT_IN_JOURNAL) || slot->text_len == 0)
        return false;
    return !source->row || source->row->status <= JOURNAL_RUNNING || task_state_final((enum task_state)slot->state);
}

static bool face_choose(struct face *face, const struct taskfull_source *source)
{
    face->source = source;
    face->made = NULL;
    if (slot_shows(source)) {
        memcpy(&face->task, source->slot, offsetof(struct shm_task, text));
        face->nine = source->slot->text;
        face->nine_len = source->slot->text_len - 1u;
    } else if (source->row) {
        taskview_from_row(source->row, &face->task);
        face->nine = face->made = taskview_of_row(source->row);
        face->nine_len = strlen(face->made) - 1;
    } else {
        return false;
    }
    face->final = task_state_final((enum task_state)face->task.state);
    return true;
}

/* ---- How far it is ---- */

static const char *state_of(const struct shm_task *task)
{
    switch ((enum task_state)task->state) {
    case TASK_RUNNING:
        return "running";
    case TASK_SUCCEEDED:
        return "succeeded";
    case TASK_FAILED:
        return "failed";
    case TASK_CANCELLED:
        return "cancelled";
    default:
        return "queued";
    }
}

static const char *phase_of(const struct face *face)
{
    const struct shm_task *task = &face->task;
    if (face->final)
        return NULL;
    if (task->flags & TASK_CANCEL_ASKED)
        return "cancelling";
    if (task->flags & TASK_OVERDUE)
        return "stopping";
    if (task->flags & TASK_INTERRUPTED)
        return "interrupted";
    return task->state == TASK_RUNNING ? job_phase_name((enum job_phase)task->phase) : "waiting";
}

static int64_t started_ms(const struct face *face)
{
    if (face->final && face->source->row)
        return face->source->row->started_ms;
    return face->final || face->task.state == TASK_RUNNING ? face->task.started_ms : 0;
}

/* From what has been counted, not from the percent: that says how far a task is, not how long it takes. A file that is
 * being read does not say how many rows it has, and once all are read nothing is known of how long saving them takes:
 * no estimate then. */
static void put_eta(struct json_out *out, const struct face *face)
{
    const struct shm_task *task = &face->task;
    bool works = task->state == TASK_RUNNING && !(task->flags & (TASK_CANCEL_ASKED | TASK_OVERDUE | TASK_INTERRUPTED));
    struct task_counts counts = taskstate_counts(task);
    uint64_t total = counts.n[COUNT_TOTAL], done = counts.n[COUNT_DONE];
    int64_t spent = task->touched_ms - task->started_ms;
    bool counted = (counts.known & COUNTED(COUNT_TOTAL)) && (counts.known & COUNTED(COUNT_DONE)) && done < total;
    json_key(out, "eta_seconds");
    if (works && counted && done * 100 >= total * ETA_FROM_PERCENT && spent > 0)
        json_int(out, (int64_t)(((uint64_t)spent * (total - done) / done + 999) / 1000));
    else
        json_null(out);
}

static void put_pace(struct json_out *out, const struct face *face)
{
    const struct shm_task *task = &face->task;
    json_put_string(out, "state", state_of(task));
    json_put_string(out, "outcome", face->final ? task_outcome_name((enum task_outcome)task->outcome) : NULL);
    json_put_int(out, "attempt", task->attempt);
    taskview_put_time(out, "started_at", started_ms(face));
    taskview_put_time(out, "heartbeat_at", task->state == TASK_RUNNING ? task->touched_ms : 0);
    put_eta(out, face);
}

/* ---- Counters ---- */

static void put_counts(struct json_out *out, const struct face *face)
{
    static const char *const names[TASK_COUNTS] = {"total", "done", "created", "updated", "unchanged", "rejected"};
    static const unsigned effects = COUNTED(COUNT_CREATED) | COUNTED(COUNT_UPDATED) | COUNTED(COUNT_UNCHANGED);
    struct task_counts counts = taskstate_counts(&face->task);
    bool written = face->task.state == TASK_SUCCEEDED;
    json_key(out, "counters");
    if (!counts.known) {
        json_null(out);
        return;
    }
    json_object(out);
    for (unsigned i = 0; i < TASK_COUNTS; i++) {
        json_key(out, names[i]);
        if (!written && (effects & COUNTED(i)))
            json_int(out, 0); /* it runs, or ended without success, and so has written nothing */
        else if (counts.known & COUNTED(i))
            json_int(out, (int64_t)counts.n[i]);
        else
            json_null(out);
    }
    json_object_end(out);
}

/* ---- Who asked for what ---- */

static void put_digest(struct json_out *out, const char *params)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    char hex[65] = "";
    if (params && EVP_Digest(params, strlen(params), digest, NULL, EVP_sha256(), NULL) != 1)
        abort();
    if (params)
        hex_text(digest, 32, hex);
    json_put_string(out, "params_digest", params ? hex : NULL);
}

static void put_text(struct json_out *out, const char *key, const char *text)
{
    json_put_string(out, key, text && text[0] ? text : NULL);
}

/* The file as it arrived. */
static void put_file(struct json_out *out, const struct taskfull_source *source)
{
    const struct journal_row *row = source->row;
    char hex[65] = "";
    json_key(out, "file");
    if (!row || row->file.name[0] == '\0') {
        json_null(out);
        return;
    }
    if (row->file.hashed)
        hex_text(row->file.sha256, sizeof row->file.sha256, hex);
    json_object(out);
    json_put_string(out, "name", row->file.name);
    json_put_int(out, "size", (int64_t)row->file.length);
    put_text(out, "format", row->file.format);
    put_text(out, "sha256", hex);
    taskview_put_time(out, "kept_until", source->file_until_ms);
    json_object_end(out);
}

/* The one fact that only the result knows. */
static void put_import(struct json_out *out, const struct journal_row *row)
{
    char why[80];
    yajl_val result =
        row && row->result ? json_parse(row->result, strlen(row->result), RESULT_DEPTH, why, sizeof why) : NULL;
    int64_t number = result ? json_member_int(result, "import_id", 0) : 0;
    yajl_tree_free(result);
    json_key(out, "import_id");
    if (number > 0)
        json_int(out, number);
    else
        json_null(out);
}

static void put_id(struct json_out *out, const char *key, const uint8_t *id)
{
    char text[37] = "";
    if (id)
        uuid_unparse_lower(id, text);
    put_text(out, key, text);
}

static void put_origin(struct json_out *out, const struct taskfull_source *source)
{
    const struct journal_row *row = source->row;
    json_key(out, "params");
    if (row)
        json_raw(out, row->params, strlen(row->params));
    else
        json_null(out);
    put_digest(out, row ? row->params : NULL);
    put_file(out, source);
    put_import(out, row);
    put_text(out, "requested_by", row ? row->requested_by : NULL);
    put_text(out, "request_id", row ? row->request_id : NULL);
    taskview_put_time(out, "cancel_requested_at", row ? row->cancel_ms : 0);
    put_id(out, "retry_of", row && row->is_retry ? row->retry_of : NULL);
    put_id(out, "from_task", row && row->has_origin ? row->from_task : NULL);
}

/* ---- Errors and links ---- */

static const char *slug_of(enum task_outcome outcome)
{
    switch (outcome) {
    case OUTCOME_CANCELLED:
        return "task-cancelled";
    case OUTCOME_TIMED_OUT:
        return "task-timed-out";
    case OUTCOME_INTERRUPTED:
        return "task-interrupted";
    case OUTCOME_EXPIRED:
        return "task-not-started";
    default:
        return "task-failed";
    }
}

static const struct fault_told nothing_told;

/* Facts and choices; ends of the daemon's own have none. */
static void put_more_of_error(struct json_out *out, const char *more)
{
    char why[80];
    yajl_val object = more ? json_parse(more, strlen(more), RESULT_DEPTH, why, sizeof why) : NULL;
    if (!object)
        told_json(out, &nothing_told);
    for (size_t i = 0; YAJL_IS_OBJECT(object) && i < object->u.object.len; i++) {
        json_key(out, object->u.object.keys[i]);
        json_value(out, object->u.object.values[i]);
    }
    yajl_tree_free(object);
}

static void put_error(struct json_out *out, const struct face *face)
{
    const struct shm_task *task = &face->task;
    const struct journal_row *row = face->source->row;
    char type[64];
    json_key(out, "error_detail");
    if (!face->final || task->state == TASK_SUCCEEDED) {
        json_null(out);
        return;
    }
    const struct http_problem *problem = http_problem_find(slug_of((enum task_outcome)task->outcome));
    snprintf(type, sizeof type, "/problems/%s", problem->slug);
    json_object(out);
    json_put_string(out, "type", type);
    json_put_string(out, "title", problem->title);
    json_put_int(out, "status", problem->status);
    json_put_string(out, "detail", task->error);
    put_text(out, "code", row ? row->error_code : NULL);
    put_more_of_error(out, row ? row->error_more : NULL);
    json_object_end(out);
}

static void put_link(struct json_out *out, const char *name, bool there, const char *id, const char *tail)
{
    char path[80];
    snprintf(path, sizeof path, "/api/tasks/%s%s", id, tail);
    json_put_string(out, name, there ? path : NULL);
}

/* The links that would be served now; the others are null. */
static void put_links(struct json_out *out, const struct face *face)
{
    const struct taskfull_source *source = face->source;
    const struct task_type *type = face->task.type < task_type_count() ? task_type_at(face->task.type) : NULL;
    bool readable = face->final && type && source->row;
    bool refused = type && (type->takes_file || face->task.outcome == OUTCOME_PARTIAL);
    char id[37];
    uuid_unparse_lower(face->task.id, id);
    json_key(out, "links");
    json_object(out);
    put_link(out, "self", true, id, "");
    put_link(out, "cancel", !face->final, id, "/cancel");
    put_link(out, "retry", readable && (!type->takes_file || source->file_until_ms), id, "/retry");
    put_link(out, "rejects", readable && refused, id, "/rejects.csv");
    put_link(out, "rows", readable && refused, id, "/rows");
    put_link(out, "log", source->row != NULL, id, "/log");
    json_object_end(out);
}

/* ---- The whole ---- */

static void put_more(struct json_out *out, const struct face *face)
{
    json_object(out);
    put_pace(out, face);
    put_counts(out, face);
    json_put_string(out, "phase", phase_of(face));
    put_origin(out, face->source);
    chain_json_put(out, face->source->chain, face->task.id);
    put_error(out, face);
    put_links(out, face);
    json_object_end(out);
}

bool taskfull_make(const struct taskfull_source *source, struct taskfull *out)
{
    struct face face;
    struct json_out more;
    size_t len;
    if (!face_choose(&face, source))
        return false;
    json_out_init(&more);
    put_more(&more, &face);
    const char *text = json_out_text(&more, &len);
    out->text = json_joined(face.nine, face.nine_len, text, len, &out->len);
    memcpy(out->text + out->len++, "\n", 2);
    out->final = face.final;
    out->outcome = face.task.outcome;
    json_out_fini(&more);
    free(face.made);
    return true;
}
