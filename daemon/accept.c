/* The acceptance of a task as a chain of callbacks; struct submission travels along it. */
#include "daemon/accept.h"

#include "daemon/log.h"
#include "daemon/spool.h"
#include "daemon/taskstate.h"
#include "shm/lock.h"
#include "shm/wakeup.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

/* Longest wait for the database before the client is told to come back; the client's own patience is longer. */
#define ACCEPT_DEADLINE_MS 5000
/* Longest wait for the table's lock; in between the loop answers others. */
#define RESERVE_WAIT_MS    SHM_LOCK_WAIT_MS
#define RESERVE_PAUSE_MS   100

struct submission {
    struct offload_call file_call;
    struct db_call db_call;
    struct worker *worker;
    struct http_request *request;
    const struct task_type *type;
    struct shm_handle handle;
    struct journal_new row;
    struct journal_file file;
    char *params;
    bool has_file;
    int64_t reserve_until_ms;
    bool published;             /* which way move_slot() goes */
    int found;                  /* looking up an unknown outcome: 1 the row is there, 0 it is not */
    int file_error;             /* 0 or -errno from spool_keep() */
    struct param_faults faults; /* from the type's precheck */
};

static void submission_free(struct submission *sub)
{
    sub->worker->submissions--;
    free(sub->params);
    free(sub);
}

/* ---- The last change of the slot --------------------------------------------------------------------------------
 * It fails only while a stopped process holds the table's lock. The row's fate is decided by then, so the client is not
 * kept waiting for it; the slot follows as soon as the lock is free. */

static void move_slot(struct submission *sub, bool publish);

static void move_again(evutil_socket_t fd, short what, void *arg)
{
    struct submission *sub = arg;
    (void)fd;
    (void)what;
    move_slot(sub, sub->published);
}

/* Publish the task or give its slot back; then the submission is over. */
static void move_slot(struct submission *sub, bool publish)
{
    struct shm_segment *segment = sub->worker->process->segment;
    struct timeval pause = {0, 250000};
    sub->published = publish;
    int rc = publish ? taskstate_publish(segment, sub->handle, sub->row.created_ms)
                     : taskstate_release(segment, sub->handle);
    if (rc == -ETIMEDOUT) {
        if (event_base_once(sub->worker->base, -1, EV_TIMEOUT, move_again, sub, &pause) != 0)
            abort();
        return;
    }
    if (publish)
        wakeup_poke_kind(segment, PROC_RUNNER);
    submission_free(sub);
}

/* The task does not come to be: slot and file are given back. Ends the submission. */
static void give_back(struct submission *sub)
{
    if (sub->has_file && sub->file_error == 0)
        spool_drop(sub->worker->spool_fd, sub->row.id);
    move_slot(sub, false);
}

static void refuse(struct submission *sub, const char *slug, const char *detail, unsigned retry_after_s)
{
    if (retry_after_s)
        http_reply_problem_retry(sub->request, slug, detail, retry_after_s);
    else
        http_reply_problem(sub->request, slug, detail, sub->faults.n ? &sub->faults : NULL);
    give_back(sub);
}

static void answer_accepted(struct http_request *request, const char *id)
{
    struct worker *worker = request->app;
    char body[64], location[64];
    int len = snprintf(body, sizeof body, "{\"task_id\":\"%s\"}\n", id);
    snprintf(location, sizeof location, "/api/tasks/%s", id);
    http_reply_header(request, "Location", location);
    http_reply_header(request, "Retry-After", "1");
    http_reply_header(request, "Cache-Control", "no-store");
    http_reply_json(request, (int)worker->process->config->start_status, body, (size_t)len);
}

/* ---- The commit's outcome is unknown and could not be looked up yet ----------------------------------------------
 * The client has its 503. Slot and file stay until the journal says whether the row is there. */

static void look_up(evutil_socket_t fd, short what, void *arg);

static void look_up_later(struct submission *sub)
{
    struct timeval second = {1, 0};
    if (event_base_once(sub->worker->base, -1, EV_TIMEOUT, look_up, sub, &second) != 0)
        abort();
}

static int read_row(struct store_conn *conn, void *ctx)
{
    struct submission *sub = ctx;
    struct journal_row row;
    int found = journal_read_settled(conn, sub->row.id, &row);
    if (found == 1)
        journal_row_fini(&row);
    sub->found = found;
    return found < 0 ? -1 : 0;
}

static void looked_up(struct db_call *call)
{
    struct submission *sub = call->ctx;
    if (call->result != 0) {
        look_up_later(sub);
        return;
    }
    if (sub->found)
        move_slot(sub, true);
    else
        give_back(sub);
}

static void look_up(evutil_socket_t fd, short what, void *arg)
{
    struct submission *sub = arg;
    (void)fd;
    (void)what;
    sub->db_call = (struct db_call){
        .work = read_row, .done = looked_up, .ctx = sub, .deadline_ms = clock_mono_ms() + ACCEPT_DEADLINE_MS};
    if (dbthread_submit(sub->worker->db, &sub->db_call) != 0)
        look_up_later(sub);
}

static void journalled(struct db_call *call)
{
    struct submission *sub = call->ctx;
    if (call->result == 1) {
        refuse(sub, "invalid-parameters", NULL, 0);
        return;
    }
    if (call->result != 0) {
        log_task(LOG_LEVEL_WARN, sub->row.id, "not accepted: %s %u: %s", store_class_name(call->error.cls),
                 call->error.number, call->error.text);
        if (call->error.cls == STORE_UNKNOWN) {
            http_reply_problem_retry(sub->request, "database-unavailable", NULL, 2);
            sub->request = NULL;
            look_up_later(sub);
            return;
        }
        refuse(sub, "database-unavailable", NULL, 2);
        return;
    }
    log_task(LOG_LEVEL_INFO, sub->row.id, "accepted: %s", sub->type->name);
    struct http_request *request = sub->request;
    char id[37];
    uuid_unparse_lower(sub->row.id, id);
    move_slot(sub, true); /* before the answer: the client may poll another worker at once */
    answer_accepted(request, id);
}

static int precheck(struct store_conn *conn, void *ctx)
{
    struct submission *sub = ctx;
    char why[80];
    yajl_val params = json_parse(sub->params, strlen(sub->params), 8, why, sizeof why);
    assert(params);
    sub->faults.n = 0; /* the transaction may be tried again */
    int rc = sub->type->precheck(conn, params, &sub->faults);
    yajl_tree_free(params);
    return rc;
}

static void journal(struct submission *sub)
{
    sub->db_call.insert = &sub->row;
    sub->db_call.before = sub->type->precheck ? precheck : NULL;
    sub->db_call.done = journalled;
    sub->db_call.ctx = sub;
    sub->db_call.deadline_ms = clock_mono_ms() + ACCEPT_DEADLINE_MS;
    if (dbthread_submit(sub->worker->db, &sub->db_call) != 0)
        refuse(sub, "database-unavailable", "Too many requests wait for the database; try again.", 2);
}

static struct submission *of_file_call(struct offload_call *call)
{
    return (struct submission *)((char *)call - offsetof(struct submission, file_call));
}

static void keep_file(struct offload_call *call)
{
    struct submission *sub = of_file_call(call);
    sub->file_error = spool_keep(sub->worker->spool_fd, sub->request->spool_fd, sub->row.id);
}

static void file_kept(struct offload_call *call)
{
    struct submission *sub = of_file_call(call);
    if (sub->file_error == 0) {
        journal(sub);
        return;
    }
    log_task(LOG_LEVEL_WARN, sub->row.id, "upload not kept: %s", strerror(-sub->file_error));
    bool full = sub->file_error == -ENOSPC || sub->file_error == -EDQUOT || sub->file_error == -EFBIG;
    refuse(sub, full ? "insufficient-storage" : "internal", NULL, 0);
}

static struct submission *submission_new(struct http_request *request, int type, char *params,
                                         const struct journal_file *file)
{
    struct submission *sub = calloc(1, sizeof *sub);
    if (!sub)
        abort();
    sub->worker = request->app;
    sub->worker->submissions++;
    sub->request = request;
    sub->type = task_type_at((unsigned)type);
    sub->params = params;
    uuid_generate_random(sub->row.id);
    memcpy(sub->row.node, sub->worker->process->node, sizeof sub->row.node);
    sub->row.type = sub->type->name;
    sub->row.params = params;
    sub->row.created_ms = clock_wall_ms();
    if (file) {
        sub->has_file = true;
        sub->file = *file;
        sub->row.file = &sub->file;
    }
    return sub;
}

static void go_on(struct submission *sub)
{
    if (!sub->has_file) {
        journal(sub);
        return;
    }
    sub->file_error = -ECANCELED; /* until it is kept there is nothing to drop */
    sub->file_call.work = keep_file;
    sub->file_call.done = file_kept;
    if (offload_submit(sub->worker->files, &sub->file_call) != 0)
        refuse(sub, "queue-full", "Too many uploads wait for the disk; try again.", 2);
}

static void reserve(struct submission *sub);

static void reserve_again(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    reserve(arg);
}

/* Without a slot nothing is journalled: a full table refuses before any commit. */
static void reserve(struct submission *sub)
{
    const struct process *process = sub->worker->process;
    struct timeval pause = {0, RESERVE_PAUSE_MS * 1000L};
    int type = task_type_number(sub->type->name);
    int rc = taskstate_reserve(process->segment, process->self, sub->row.id, (uint8_t)type, &sub->handle);
    if (rc == 0) {
        go_on(sub);
        return;
    }
    if (rc == -ETIMEDOUT && clock_mono_ms() < sub->reserve_until_ms) {
        if (event_base_once(sub->worker->base, -1, EV_TIMEOUT, reserve_again, sub, &pause) != 0)
            abort();
        return;
    }
    if (rc == -ENOSPC)
        http_reply_problem_retry(sub->request, "queue-full", NULL, 5);
    else
        http_reply_problem_retry(sub->request, "queue-full", "The task table is busy; try again.", 2);
    submission_free(sub);
}

void accept_task(struct http_request *request, int type, char *params, const struct journal_file *file)
{
    struct submission *sub = submission_new(request, type, params, file);
    if (sub->worker->draining) {
        http_reply_problem_retry(request, "draining", NULL, 2);
        submission_free(sub);
        return;
    }
    sub->reserve_until_ms = clock_mono_ms() + RESERVE_WAIT_MS;
    reserve(sub);
}
