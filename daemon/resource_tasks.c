/* Reading and starting tasks over HTTP. */
#include "daemon/resource_tasks.h"

#include "daemon/answer.h"
#include "daemon/start.h"
#include "daemon/taskstate.h"
#include "daemon/taskview.h"
#include "daemon/worker.h"
#include "handlers/task_type.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#define JOURNAL_DEADLINE_MS 5000

/* ---- GET ---- */

static const char *outcome_header(uint8_t outcome)
{
    return task_outcome_name((enum task_outcome)outcome);
}

static void reply_task(struct http_request *request, const char *tag, bool final, uint8_t outcome, const char *text,
                       size_t len)
{
    http_reply_header(request, "ETag", tag);
    http_reply_header(request, "Cache-Control", "private, no-cache");
    http_reply_header(request, "Vary", "Prefer");
    if (final)
        http_reply_header(request, "Task-Outcome", outcome_header(outcome));
    else
        http_reply_header(request, "Retry-After", "1");
    if (answer_tag_matches(http_header(request, "If-None-Match"), tag))
        http_reply_empty(request, 304);
    else
        http_reply_json(request, 200, text, len);
}

void resource_task_not_found(struct http_request *request)
{
    http_reply_problem(request, "task-not-found", NULL, NULL);
}

/* ---- A task that is not in the table: the journal ---- */

struct journal_get {
    struct db_call call;
    struct http_request *request;
    store_uuid id;
    bool found;
    bool final;
    uint8_t outcome;
    char *text; /* rendered; heap */
    size_t len;
};

static int journal_get_work(struct store_conn *conn, void *ctx)
{
    struct journal_get *get = ctx;
    struct journal_row row;
    int found = journal_read(conn, get->id, &row);
    if (found != 1)
        return found;
    get->text = taskview_of_row(&row);
    get->len = strlen(get->text);
    get->found = true;
    get->final = row.status > JOURNAL_RUNNING;
    get->outcome = (uint8_t)row.outcome;
    journal_row_fini(&row);
    return 0;
}

static void journal_get_done(struct db_call *call)
{
    struct journal_get *get = call->ctx;
    char tag[64], id[37];
    uuid_unparse_lower(get->id, id);
    snprintf(tag, sizeof tag, "W/\"j.%s%s\"", id, get->final ? "" : ".live");
    if (call->result != 0)
        http_reply_problem_retry(get->request, "database-unavailable", NULL, 2);
    else if (!get->found)
        resource_task_not_found(get->request);
    else
        reply_task(get->request, tag, get->final, get->outcome, get->text, get->len);
    free(get->text);
    free(get);
}

static void get_from_journal(struct http_request *request, const uuid_t id)
{
    struct worker *worker = request->app;
    struct journal_get *get = calloc(1, sizeof *get);
    if (!get)
        abort();
    get->request = request;
    memcpy(get->id, id, sizeof get->id);
    get->call = (struct db_call){.work = journal_get_work,
                                 .done = journal_get_done,
                                 .ctx = get,
                                 .deadline_ms = clock_mono_ms() + JOURNAL_DEADLINE_MS};
    if (dbthread_submit(worker->db, &get->call) != 0) {
        http_reply_problem_retry(request, "database-unavailable", NULL, 2);
        free(get);
    }
}

void resource_task_get(struct http_request *request)
{
    struct worker *worker = request->app;
    struct shm_poll poll;
    uuid_t id;
    if (strlen(request->args[0]) != 36 || uuid_parse(request->args[0], id) != 0) {
        resource_task_not_found(request);
        return;
    }
    struct shm_segment *segment = worker->process->segment;
    int rc = taskstate_check(shm_table_poll(segment, id, &poll));
    if (rc != 0 || (poll.flags & TASK_TEXT_IN_JOURNAL)) {
        get_from_journal(request, id);
        return;
    }
    char tag[48];
    snprintf(tag, sizeof tag, "W/\"%" PRIx64 ".%" PRIx64 "\"", shm_segment_boot(segment), poll.visible);
    reply_task(request, tag, task_state_final((enum task_state)poll.state), poll.outcome, poll.text, poll.text_len);
}

/* ---- POST ---- */

static void reject_member(struct param_faults *faults, yajl_val body)
{
    for (size_t i = 0; i < YAJL_GET_OBJECT(body)->len; i++) {
        const char *key = YAJL_GET_OBJECT(body)->keys[i];
        char pointer[96];
        if (strcmp(key, "type") == 0 || strcmp(key, "params") == 0)
            continue;
        snprintf(pointer, sizeof pointer, "/%.90s", key);
        param_faults_add(faults, pointer, "unknown", "unknown member; known are type and params");
    }
}

static int type_from(struct param_faults *faults, yajl_val body)
{
    const char *name = json_member_string(body, "type", NULL);
    if (!name) {
        param_faults_add(faults, "/type", "required", "name the task type, for example \"recalculate\"");
        return -1;
    }
    int type = task_type_number(name);
    if (type < 0)
        param_faults_add(faults, "/type", "choice", "no such task type: %.60s", name);
    else if (task_type_at((unsigned)type)->takes_file)
        param_faults_add(faults, "/type", "file", "%s needs a file: use its own path", name);
    return type;
}

void resource_task_post(struct http_request *request)
{
    struct param_faults faults = {.n = 0};
    int type = -1;
    yajl_val body;
    if (!start_body(request, false, &body))
        return;
    if (!YAJL_IS_OBJECT(body)) {
        param_faults_add(&faults, "", "type", "must be an object with type and params");
    } else {
        reject_member(&faults, body);
        type = type_from(&faults, body);
    }
    start_from_json(request, type, json_member(body, "params"), "/params", &faults);
    yajl_tree_free(body);
}
