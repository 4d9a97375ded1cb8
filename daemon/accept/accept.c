/* The acceptance of a task as a chain of callbacks; struct submission travels along it. */
#include "daemon/accept/accept.h"

#include "base/clock.h"
#include "base/log.h"
#include "daemon/accept/admission.h"
#include "daemon/accept/idempotency.h"
#include "daemon/accept/trace.h"
#include "daemon/auth/identity.h"
#include "daemon/task/id.h"
#include "daemon/task/spool.h"
#include "daemon/task/state.h"
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
/* Longest wait for the table's lock, asked for from a timer: in between the loop answers others. */
#define RESERVE_WAIT_MS    SHM_LOCK_WAIT_MS
#define RESERVE_PAUSE_MS   100
/* So often a start looks again for the one that it met at a unique index: that one may end, or fail, in between. */
#define ROUNDS             5

/* What an earlier start means for this one. */
enum earlier {
    EARLIER_NONE,
    EARLIER_REPLAY, /* same key, same payload: the same answer */
    EARLIER_REUSED, /* same key, other payload */
    EARLIER_JOINED, /* equal live work: one task for both */
    EARLIER_REFUSED /* equal live work of a type that is not queued twice */
};

struct submission {
    struct filethread_call file_call;
    struct db_call db_call;
    struct worker *worker;
    struct http_request *request;
    const struct task_type *type;
    struct shm_handle handle;
    struct journal_new row;
    struct journal_file file;
    char *params;
    char by[IDENTITY_MAX];
    char request_id[37];
    char trace[TRACE_LEN + 1];
    struct idempotency key;
    uuid_t retry_of;
    enum earlier earlier;
    uuid_t earlier_id;
    unsigned rounds;
    int64_t reserve_until_ms; /* 0 before the lock was waited for in vain */
    bool reserved, has_file;
    bool published;             /* which way move_slot() goes */
    int found;                  /* looking up an unknown outcome: 1 the row is there, 0 it is not */
    int file_error;             /* 0 or -errno from spool_keep() */
    const char *pointer_prefix; /* goes before the pointers of the faults; never NULL */
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
    int rc = publish ? taskstate_publish(segment, sub->handle, sub->row.created_ms, client_number(sub->by))
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
    if (sub->reserved)
        move_slot(sub, false);
    else
        submission_free(sub);
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

static void look_for_earlier(struct submission *sub);

/* It met another start at a unique index, or waited for one too long. Returns false when it is no such thing. */
static bool met_another(struct submission *sub, const struct store_error *error)
{
    bool unique = sub->key.present || sub->row.live_key;
    if (unique && error->cls == STORE_DUPLICATE && sub->rounds++ < ROUNDS) {
        look_for_earlier(sub);
        return true;
    }
    if (sub->key.present && (error->cls == STORE_RETRY || error->cls == STORE_DUPLICATE)) {
        refuse(sub, "idempotency-in-progress", NULL, 1);
        return true;
    }
    return false;
}

static void journalled(struct db_call *call)
{
    struct submission *sub = call->ctx;
    if (call->result == -1 && met_another(sub, &call->error))
        return;
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
    log_task(LOG_LEVEL_INFO, sub->row.id, "accepted: %s, request %s%s%s", sub->type->name, sub->request_id,
             sub->trace[0] ? ", traceparent " : "", sub->trace);
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
    param_faults_prefix(&sub->faults, 0, sub->pointer_prefix);
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

static struct submission *of_file_call(struct filethread_call *call)
{
    return (struct submission *)((char *)call - offsetof(struct submission, file_call));
}

static void keep_file(struct filethread_call *call)
{
    struct submission *sub = of_file_call(call);
    int dir = sub->worker->spool_fd;
    sub->file_error = sub->row.retry_of ? spool_share(dir, sub->retry_of, sub->row.id)
                                        : spool_keep(dir, sub->request->spool_fd, sub->row.id);
}

static void file_kept(struct filethread_call *call)
{
    struct submission *sub = of_file_call(call);
    if (sub->file_error == 0) {
        journal(sub);
        return;
    }
    if (sub->row.retry_of && sub->file_error == -ENOENT) {
        refuse(sub, "file-gone", NULL, 0);
        return;
    }
    log_task(LOG_LEVEL_WARN, sub->row.id, "upload not kept: %s", strerror(-sub->file_error));
    bool full = sub->file_error == -ENOSPC || sub->file_error == -EDQUOT || sub->file_error == -EFBIG;
    refuse(sub, full ? "insufficient-storage" : "internal", NULL, 0);
}

static void admit(struct submission *sub);

static void admit_again(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    admit(arg);
}

/* False when that was tried long enough. */
static bool wait_for_lock(struct submission *sub)
{
    struct timeval pause = {0, RESERVE_PAUSE_MS * 1000L};
    int64_t now = clock_mono_ms();
    if (sub->reserve_until_ms == 0)
        sub->reserve_until_ms = now + RESERVE_WAIT_MS;
    if (now >= sub->reserve_until_ms)
        return false;
    if (event_base_once(sub->worker->base, -1, EV_TIMEOUT, admit_again, sub, &pause) != 0)
        abort();
    return true;
}

/* Without a slot nothing is journalled: a full table refuses before any commit. */
static bool reserve(struct submission *sub)
{
    const struct process *process = sub->worker->process;
    uint8_t type = (uint8_t)task_type_number(sub->type->name);
    const char *no = admission_refusal(process, type, client_number(sub->by));
    int rc = no ? -ENOSPC : taskstate_reserve(process->segment, process->self, sub->row.id, type, &sub->handle);
    sub->reserved = rc == 0;
    if (rc == -ENOSPC)
        refuse(sub, "queue-full", no, admission_retry_after(process, type));
    else if (rc != 0 && !(rc == -ETIMEDOUT && wait_for_lock(sub)))
        refuse(sub, "queue-full", "The task table is busy; try again.", 2);
    return rc == 0;
}

static void admit(struct submission *sub)
{
    if (!reserve(sub))
        return;
    if (!sub->has_file) {
        journal(sub);
        return;
    }
    sub->file_call.work = keep_file;
    sub->file_call.done = file_kept;
    if (filethread_submit(sub->worker->files, &sub->file_call) != 0)
        refuse(sub, "queue-full", "Too many uploads wait for the disk; try again.", 2);
}

/* ---- Earlier starts ---- */

static int find_key(struct store_conn *conn, struct submission *sub)
{
    uint8_t payload[32];
    int rc = journal_find_idem(conn, sub->key.scope, sub->earlier_id, payload);
    if (rc == 1)
        sub->earlier = memcmp(payload, sub->key.payload, sizeof payload) == 0 ? EARLIER_REPLAY : EARLIER_REUSED;
    return rc;
}

/* The key of a start that joins is kept beside the task, which has its own. */
static int find_live(struct store_conn *conn, struct submission *sub)
{
    int rc = journal_find_live(conn, sub->type->name, sub->row.live_key, sub->earlier_id);
    if (rc != 1)
        return rc;
    sub->earlier = sub->type->equal == TASK_EQUAL_JOIN ? EARLIER_JOINED : EARLIER_REFUSED;
    if (sub->earlier == EARLIER_REFUSED || !sub->key.present ||
        journal_keep_idem(conn, sub->key.scope, sub->key.payload, sub->earlier_id) == 0)
        return 1;
    return conn->error.cls == STORE_DUPLICATE ? find_key(conn, sub) : -1;
}

static int find_earlier(struct store_conn *conn, void *ctx)
{
    struct submission *sub = ctx;
    sub->earlier = EARLIER_NONE;
    int rc = sub->key.present ? find_key(conn, sub) : 0;
    if (rc == 0 && sub->row.live_key)
        rc = find_live(conn, sub);
    return rc < 0 ? -1 : 0;
}

static void answer_earlier(struct submission *sub)
{
    char id[37], location[64];
    uuid_unparse_lower(sub->earlier_id, id);
    if (sub->earlier == EARLIER_REUSED) {
        refuse(sub, "idempotency-key-reused", NULL, 0);
        return;
    }
    if (sub->earlier == EARLIER_REFUSED) {
        snprintf(location, sizeof location, "/api/tasks/%s", id);
        http_reply_header(sub->request, "Location", location);
        refuse(sub, "duplicate-task", NULL, 0);
        return;
    }
    bool replay = sub->earlier == EARLIER_REPLAY;
    http_reply_header(sub->request, replay ? "Idempotency-Replayed" : "Task-Deduplicated", "true");
    answer_accepted(sub->request, id);
    log_task(LOG_LEVEL_INFO, sub->earlier_id, "%s by %s", replay ? "start repeated" : "joined", sub->by);
    give_back(sub);
}

static void found_earlier(struct db_call *call)
{
    struct submission *sub = call->ctx;
    if (call->result != 0)
        refuse(sub, "database-unavailable", NULL, 2);
    else if (sub->earlier != EARLIER_NONE)
        answer_earlier(sub);
    else if (sub->reserved)
        journal(sub); /* the one it met has gone since */
    else
        admit(sub);
}

static void look_for_earlier(struct submission *sub)
{
    sub->db_call = (struct db_call){
        .work = find_earlier, .done = found_earlier, .ctx = sub, .deadline_ms = clock_mono_ms() + ACCEPT_DEADLINE_MS};
    if (dbthread_submit(sub->worker->db, &sub->db_call) != 0)
        refuse(sub, "database-unavailable", "Too many requests wait for the database; try again.", 2);
}

/* ---- The start ---- */

static void fill_row(struct submission *sub, const struct accept_start *start)
{
    struct journal_new *row = &sub->row;
    taskid_new(row->id);
    memcpy(row->node, sub->worker->process->node, sizeof row->node);
    row->type = sub->type->name;
    row->params = sub->params;
    row->created_ms = clock_wall_ms();
    row->requested_by = sub->by;
    snprintf(sub->request_id, sizeof sub->request_id, "%s", sub->request->request_id);
    row->request_id = sub->request_id;
    trace_of(sub->request, sub->trace);
    row->traceparent = sub->trace[0] ? sub->trace : NULL;
    if (start->retry_of) {
        memcpy(sub->retry_of, start->retry_of, sizeof sub->retry_of);
        row->retry_of = sub->retry_of;
    }
    if (start->file) {
        sub->has_file = true;
        sub->file = *start->file;
        row->file = &sub->file;
    } else if (sub->type->equal != TASK_EQUAL_QUEUE) {
        row->live_key = sub->params; /* work with a file is never equal: its parameters do not tell what is in it */
    }
}

/* Returns false after answering. */
static bool fill_key(struct submission *sub, const struct accept_start *start)
{
    struct idempotency_payload payload = {sub->type->name, sub->params, start->file, start->file_sha256};
    if (!idempotency_take(sub->request, sub->by, &sub->key))
        return false;
    if (sub->key.present) {
        idempotency_fill(&sub->key, &payload);
        sub->row.idem_scope = sub->key.scope;
        sub->row.idem_payload = sub->key.payload;
    }
    return true;
}

void accept_start(struct http_request *request, const struct accept_start *start)
{
    struct submission *sub = calloc(1, sizeof *sub);
    if (!sub)
        abort();
    sub->worker = request->app;
    sub->worker->submissions++;
    sub->request = request;
    sub->type = task_type_at((unsigned)start->type);
    sub->params = start->params;
    sub->pointer_prefix = start->pointer_prefix ? start->pointer_prefix : "";
    sub->file_error = -ECANCELED; /* until it is kept there is nothing to drop */
    client_identity(request, sub->by);
    fill_row(sub, start);
    if (sub->worker->draining)
        refuse(sub, "draining", NULL, 2);
    else if (!fill_key(sub, start))
        give_back(sub);
    else if (sub->key.present || sub->row.live_key)
        look_for_earlier(sub);
    else
        admit(sub);
}
