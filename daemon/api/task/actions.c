/* Cancelling and forgetting tasks. The journal decides; the slot follows. */
#include "daemon/api/task/actions.h"

#include "base/clock.h"
#include "base/display.h"
#include "base/hex.h"
#include "base/log.h"
#include "daemon/api/task/tasks.h"
#include "daemon/auth/identity.h"
#include "daemon/task/end_texts.h"
#include "daemon/task/log.h"
#include "daemon/task/poll_json.h"
#include "daemon/task/spool.h"
#include "daemon/task/state.h"
#include "daemon/worker/db_answer.h"
#include "daemon/worker/worker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#define CANCEL_DEADLINE_MS 2000
#define REASON_MAX         200 /* bytes: the slot's error must have room for it and the client's name */
#define JSON_DEPTH         4

static bool parse_id(struct http_request *request, uuid_t id)
{
    return hex_uuid_read(request->args[0], id) == 0;
}

/* ---- The reply: a task as it is now ---- */

static void reply_task(struct http_request *request, int status, uint8_t outcome, const char *text, size_t len)
{
    http_reply_header(request, "Cache-Control", "no-store");
    if (status == 202)
        http_reply_header(request, "Retry-After", "1");
    else
        http_reply_header(request, "Task-Outcome", task_outcome_name((enum task_outcome)outcome));
    http_reply_json(request, status, text, len);
}

static void reply_finished(struct http_request *request)
{
    http_reply_problem(request, "task-already-finished", NULL, NULL);
}

/* ---- Cancel ---- */

struct cancel {
    struct db_call call;
    struct http_request *request;
    uuid_t id;
    char by[IDENTITY_MAX];
    char request_id[37];
    char reason[REASON_MAX + 1];
    /* What the journal says afterwards. */
    bool found, gone;
    struct journal_row row;
};

static void cancel_free(struct cancel *cancel)
{
    if (cancel->found)
        journal_row_fini(&cancel->row);
    free(cancel);
}

/* Still queued on this node: it ends here and now. Returns as journal_finish(). */
static int end_queued(struct store_conn *conn, const struct cancel *cancel)
{
    const struct worker *worker = cancel->request->app;
    struct ending ending;
    struct joblog log;
    ending_cancelled(&ending, &cancel->row);
    joblog_init(&log);
    joblog_end(&log, &ending.end, ending.text);
    int rc = tasklog_finish(conn, cancel->id, worker->process->node, JOURNAL_QUEUED, 0, &ending.end, joblog_text(&log));
    if (rc == 1)
        ending_drop_file(worker->process->config, worker->spool_fd, cancel->id, JOURNAL_CANCELLED, false);
    return rc;
}

static int read_row(struct store_conn *conn, struct cancel *cancel)
{
    if (cancel->found)
        journal_row_fini(&cancel->row);
    int rc = journal_read(conn, cancel->id, &cancel->row);
    cancel->found = rc == 1;
    return rc;
}

/* A row of another node is only marked: its janitor has the slot and ends it within a second. */
static int cancel_work(struct store_conn *conn, void *ctx)
{
    struct cancel *cancel = ctx;
    if (journal_ask_cancel(conn, cancel->id, cancel->by, cancel->reason[0] ? cancel->reason : NULL) < 0 ||
        read_row(conn, cancel) < 0)
        return -1;
    if (!cancel->found) {
        int gone = journal_gone(conn, cancel->id);
        cancel->gone = gone == 1;
        return gone < 0 ? -1 : 0;
    }
    if (cancel->row.status != JOURNAL_QUEUED)
        return 0;
    int ended = end_queued(conn, cancel);
    return ended < 0 || (ended == 1 && read_row(conn, cancel) < 0) ? -1 : 0;
}

/* From the slot if there is one: only the slot has the progress. */
static void reply_live(const struct cancel *cancel)
{
    const struct worker *worker = cancel->request->app;
    struct shm_segment *segment = worker->process->segment;
    struct shm_handle handle;
    struct shm_poll poll;
    if (shm_table_find(segment, cancel->id, &handle) == 0)
        (void)taskstate_ask_cancel(segment, handle);
    if (shm_table_poll(segment, cancel->id, &poll) == 0 && !(poll.flags & TASK_TEXT_IN_JOURNAL)) {
        if (!task_state_final((enum task_state)poll.state))
            reply_task(cancel->request, 202, 0, poll.text, poll.text_len);
        else if (poll.state == TASK_CANCELLED)
            reply_task(cancel->request, 200, poll.outcome, poll.text, poll.text_len);
        else
            reply_finished(cancel->request);
        return;
    }
    if (!cancel->found) {
        http_reply_problem_retry(cancel->request, "database-unavailable", NULL, 2);
        return;
    }
    char *text = taskview_of_row(&cancel->row);
    reply_task(cancel->request, 202, 0, text, strlen(text));
    free(text);
}

/* A slot that cannot be moved now, because a stopped process holds the table's lock, is moved by the janitor. */
static void reply_cancelled(const struct cancel *cancel)
{
    const struct worker *worker = cancel->request->app;
    const struct journal_row *row = &cancel->row;
    struct journal_end end = journal_end_of(row);
    struct shm_handle handle;
    if (shm_table_find(worker->process->segment, cancel->id, &handle) == 0)
        (void)taskstate_finish(worker->process->segment, handle, &end);
    char *text = taskview_of_row(row);
    reply_task(cancel->request, 200, OUTCOME_CANCELLED, text, strlen(text));
    free(text);
}

static void cancel_done(struct db_call *call)
{
    struct cancel *cancel = call->ctx;
    struct http_request *request = cancel->request;
    struct log_about about = {.task = cancel->id,
                              .request = cancel->request_id,
                              .client = cancel->by,
                              .duration_us = http_request_us(request)};
    if (call->result != 0 || (cancel->found && cancel->row.status <= JOURNAL_RUNNING))
        reply_live(cancel); /* if the database is away, the slot alone carries the request */
    else if (!cancel->found)
        http_reply_problem(request, cancel->gone ? "task-expired" : "task-not-found", NULL, NULL);
    else if (cancel->row.status == JOURNAL_CANCELLED)
        reply_cancelled(cancel);
    else
        reply_finished(request);
    log_about(LOG_LEVEL_INFO, &about, "cancellation asked for by %s", cancel->by);
    cancel_free(cancel);
}

/* The reason ends up in logs and on pages. Returns false after answering if the body is not such an object. */
static bool take_reason(struct http_request *request, struct cancel *cancel, struct param_faults *faults)
{
    char why[120];
    if (request->body_len == 0)
        return true;
    yajl_val body = json_parse((const char *)request->body, request->body_len, JSON_DEPTH, why, sizeof why);
    if (!body) {
        http_reply_problem(request, "malformed-json", why, NULL);
        return false;
    }
    const char *reason = YAJL_IS_OBJECT(body) ? json_member_string(body, "reason", NULL) : NULL;
    if (!YAJL_IS_OBJECT(body) || body->u.object.len > 1 || (body->u.object.len == 1 && !reason)) {
        param_faults_add(faults, "", "type", "must be an object with at most the member reason, a text");
        param_faults_expect(faults, "object");
    } else if (reason && strlen(reason) > REASON_MAX) {
        param_faults_add(faults, "/reason", "range", "must be at most %d bytes long", REASON_MAX);
        param_faults_max(faults, REASON_MAX, "bytes");
    } else if (reason)
        snprintf(cancel->reason, sizeof cancel->reason, "%s", reason);
    display_clean(cancel->reason, ' ');
    yajl_tree_free(body);
    if (faults->n)
        http_reply_problem(request, "invalid-parameters", NULL, faults);
    return faults->n == 0;
}

void resource_task_cancel(struct http_request *request)
{
    struct worker *worker = request->app;
    struct param_faults faults = {.n = 0};
    struct cancel *cancel = calloc(1, sizeof *cancel);
    if (!cancel)
        abort();
    cancel->request = request;
    if (!parse_id(request, cancel->id)) {
        resource_task_not_found(request);
        cancel_free(cancel);
        return;
    }
    if (!take_reason(request, cancel, &faults)) {
        cancel_free(cancel);
        return;
    }
    client_identity(request, cancel->by);
    memcpy(cancel->request_id, request->request_id, sizeof cancel->request_id);
    cancel->call = (struct db_call){
        .work = cancel_work, .done = cancel_done, .ctx = cancel, .deadline_ms = clock_mono_ms() + CANCEL_DEADLINE_MS};
    if (dbthread_submit(worker->db, &cancel->call) != 0) {
        cancel->call.result = -1;
        cancel_done(&cancel->call);
    }
}

/* ---- Data of one task ---- */

yajl_val resource_task_params(struct http_request *request, uuid_t id, const struct param_spec *specs)
{
    if (parse_id(request, id))
        return db_answer_params(request, specs);
    resource_task_not_found(request);
    return NULL;
}

int resource_task_row(struct store_conn *conn, struct db_answer *answer, const uuid_t id, struct journal_row *row)
{
    int rc = store_begin_snapshot(conn) == 0 ? journal_read(conn, id, row) : -1;
    if (rc != 0)
        return rc;
    int gone = journal_gone(conn, id);
    return gone < 0 ? -1 : db_answer_problem(answer, gone ? "task-expired" : "task-not-found", NULL);
}

/* ---- Forget ---- */

struct forget {
    uuid_t id;
};

/* The row first: if the worker is killed in between, the slot is freed by the repeated call or when the table needs
 * room. */
static int forget_work(struct store_conn *conn, struct db_answer *answer)
{
    const struct forget *forget = answer->arg;
    struct journal_row row;
    struct shm_handle handle;
    int rc = journal_forget(conn, forget->id);
    if (rc == 0 && (rc = journal_read(conn, forget->id, &row)) == 1) {
        journal_row_fini(&row);
        return db_answer_problem(answer, "task-still-running", NULL);
    }
    if (rc == 0 && (rc = journal_gone(conn, forget->id)) == 0)
        return db_answer_problem(answer, "task-not-found", NULL);
    if (rc < 0)
        return -1;
    spool_drop(answer->spool_dir_fd, forget->id);
    if (shm_table_find(answer->process->segment, forget->id, &handle) == 0)
        (void)taskstate_forget(answer->process->segment, handle);
    answer->status = 204;
    return 0;
}

void resource_task_forget(struct http_request *request)
{
    struct worker *worker = request->app;
    struct forget *forget = calloc(1, sizeof *forget);
    if (!forget)
        abort();
    if (!parse_id(request, forget->id)) {
        resource_task_not_found(request);
        free(forget);
        return;
    }
    db_answer_from(request, worker->reads, forget_work, forget, free);
}
