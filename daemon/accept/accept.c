/* The acceptance of a task. struct submission travels from step to step; take_step() tells the story. */
#include "daemon/accept/accept.h"

#include "base/clock.h"
#include "base/log.h"
#include "daemon/accept/admission.h"
#include "daemon/accept/earlier.h"
#include "daemon/accept/idempotency.h"
#include "daemon/accept/trace.h"
#include "daemon/accept/upload.h"
#include "daemon/auth/identity.h"
#include "daemon/process/outage.h"
#include "daemon/task/id.h"
#include "daemon/task/spool.h"
#include "daemon/task/state.h"
#include "daemon/worker/db_answer.h"
#include "handlers/profiles/start.h"
#include "shm/lock.h"
#include "shm/wakeup.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

/* Longest wait for the database before the client is told to come back; the client's own patience is longer. */
#define DATABASE_MS      5000
/* Longest wait for the table's lock before a start is refused, and the pause between two tries: others are answered in
 * between. */
#define RESERVE_WAIT_MS  SHM_LOCK_WAIT_MS
#define RESERVE_PAUSE_MS 100
#define MOVE_PAUSE_MS    250  /* the same for the slot's last move, which is tried until it succeeds */
#define SETTLE_PAUSE_MS  1000 /* between two look-ups of a commit whose outcome is unknown */
/* So often a start compares again with the one that it met at a unique index: that one may end, or fail, in between. */
#define ROUNDS           5
#define DATABASE_BUSY    "Too many requests wait for the database; try again."

enum step {
    STEP_ADMIT,
    STEP_COMPARE,
    STEP_COMPARED,
    STEP_RESERVE,
    STEP_KEEP_FILE,
    STEP_FILE_KEPT,
    STEP_JOURNAL,
    STEP_JOURNALLED,
    STEP_SETTLE,
    STEP_SETTLED,
    STEP_PUBLISH,
    STEP_GIVE_BACK,
    STEP_OVER
};

/* Does the submission take its next step now, or when a thread or a timer comes back? */
enum next { GO_ON, WAIT };

struct submission {
    struct filethread_call file_call; /* first: the file thread hands it back */
    enum step step;
    struct db_call db_call;
    struct worker *worker;
    struct http_request *request; /* NULL once it has been answered */
    uint8_t type_number;
    const struct task_type *type;
    struct shm_handle handle;
    struct journal_new row;
    struct upload *upload;    /* NULL when the file is another task's, or there is none */
    struct journal_file file; /* of `retry_of` */
    char *params;             /* NULL until an upload has been examined */
    char *resolved;           /* the parameters if they name a profile; database thread */
    bool names_profile;       /* `params` are only what the request says */
    struct follow_ups then;   /* what starts afterwards */
    char *then_text;          /* the same as JSON; NULL = nothing */
    char *live_key;           /* what equal live work has in common; NULL: it is queued */
    char by[IDENTITY_MAX];
    char request_id[37];
    int64_t began_us; /* of the request */
    char trace[TRACE_LEN + 1];
    struct idempotency key;
    uuid_t retry_of;
    struct earlier earlier;
    unsigned rounds;
    int64_t reserve_until_ms; /* 0 before the lock was waited for in vain */
    bool reserved;
    bool file_kept;
    bool found;                 /* what the journal says after a commit whose outcome was unknown */
    int file_error;             /* -errno of keeping the file */
    const char *pointer_prefix; /* goes before the pointers of the faults; never NULL */
    struct param_faults faults; /* of an upload, or from the type's precheck */
};

/* ---- From step to step ------------------------------------------------------------------------------------------- */

static void advance(struct submission *sub);

/* For a line of the log about this start; `id` is that of the task. */
static struct log_about about(const struct submission *sub, const uint8_t id[16])
{
    return (struct log_about){.task = id,
                              .request = sub->request_id,
                              .client = sub->by,
                              .traceparent = sub->trace,
                              .duration_us = clock_mono_us() - sub->began_us};
}

static enum next go(struct submission *sub, enum step step)
{
    sub->step = step;
    return GO_ON;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    advance(arg);
}

static enum next rest(struct submission *sub, enum step step, int64_t ms)
{
    struct timeval pause = {(time_t)(ms / 1000), (suseconds_t)(ms % 1000) * 1000};
    sub->step = step;
    if (event_base_once(sub->worker->base, -1, EV_TIMEOUT, on_timer, sub, &pause) != 0)
        abort();
    return WAIT;
}

static void on_database(struct db_call *call)
{
    advance(call->ctx);
}

/* Returns false when too many wait. */
static bool ask_database(struct submission *sub, struct db_call call, enum step step)
{
    sub->step = step;
    sub->db_call = call;
    sub->db_call.done = on_database;
    sub->db_call.ctx = sub;
    sub->db_call.deadline_ms = clock_mono_ms() + DATABASE_MS;
    return dbthread_submit(sub->worker->db, &sub->db_call) == 0;
}

static enum next refuse_start(struct submission *sub, const char *slug, const char *detail, unsigned retry_after_s)
{
    if (retry_after_s)
        http_reply_problem_retry(sub->request, slug, detail, retry_after_s);
    else
        http_reply_problem(sub->request, slug, detail, sub->faults.n ? &sub->faults : NULL);
    sub->request = NULL;
    return go(sub, STEP_GIVE_BACK);
}

/* What the work is about is not there, or not so that it could be done. */
static enum next refuse_for_state(struct submission *sub, int verdict)
{
    const char *slug = verdict == PRECHECK_NOT_FOUND    ? "not-found"
                       : verdict == PRECHECK_BASE_MOVED ? "base-moved"
                                                        : "conflict";
    struct param_fault fault = sub->faults.fault[0];
    sub->faults.n = 0;
    return refuse_start(sub, slug, fault.detail, 0);
}

/* The database could not be asked, or could not take the task. */
static enum next refuse_for_database(struct submission *sub, const struct store_error *error)
{
    db_answer_unavailable(sub->request, error);
    sub->request = NULL;
    return go(sub, STEP_GIVE_BACK);
}

static void answer_accepted(struct submission *sub, const uuid_t task)
{
    char id[37], body[64], location[64];
    uuid_unparse_lower(task, id);
    int len = snprintf(body, sizeof body, "{\"task_id\":\"%s\"}\n", id);
    snprintf(location, sizeof location, "/api/tasks/%s", id);
    http_reply_header(sub->request, "Location", location);
    http_reply_header(sub->request, "Retry-After", "1");
    http_reply_header(sub->request, "Cache-Control", "no-store");
    http_reply_json(sub->request, (int)sub->worker->process->config->start_status, body, (size_t)len);
    sub->request = NULL;
}

/* ---- Key and earlier starts ------------------------------------------------------------------------------------- */

/* `then` is taken over. */
static void take_follow_ups(struct submission *sub, struct follow_ups *then)
{
    sub->then = *then;
    then->n = 0;
    sub->then_text = follow_ups_text(&sub->then);
    if (sub->then.n)
        sub->row.chain = sub->row.id;
}

static void fill_payload(struct submission *sub)
{
    struct idempotency_payload payload = {sub->type->name,
                                          sub->params,
                                          sub->then_text,
                                          sub->row.file,
                                          sub->upload && !sub->upload->from_task ? sub->upload->file.sha256 : NULL,
                                          sub->row.from_task};
    if (sub->key.present)
        idempotency_fill(&sub->key, &payload);
}

static enum next admit(struct submission *sub)
{
    if (sub->worker->draining)
        return refuse_start(sub, "draining", NULL, 2);
    if (!idempotency_take(sub->request, sub->by, &sub->key)) /* has answered */
        return go(sub, STEP_GIVE_BACK);
    if (sub->key.present) {
        sub->row.idem_scope = sub->key.scope;
        sub->row.idem_payload = sub->key.payload;
    }
    if (sub->params)
        fill_payload(sub);
    return go(sub, STEP_COMPARE);
}

static int find_earlier(struct store_conn *conn, void *ctx)
{
    struct submission *sub = ctx;
    return earlier_find(conn, sub->type, &sub->key, sub->row.live_key, &sub->earlier);
}

static enum next compare(struct submission *sub)
{
    if (!sub->key.present && !sub->row.live_key)
        return go(sub, STEP_RESERVE);
    if (!ask_database(sub, (struct db_call){.work = find_earlier}, STEP_COMPARED))
        return refuse_start(sub, "database-unavailable", DATABASE_BUSY, 2);
    return WAIT;
}

static enum next answer_earlier(struct submission *sub)
{
    const struct earlier *earlier = &sub->earlier;
    bool replay = earlier->kind == EARLIER_KEY;
    char id[37], location[64];
    if (replay && memcmp(earlier->payload, sub->key.payload, sizeof earlier->payload) != 0)
        return refuse_start(sub, "idempotency-key-reused", NULL, 0);
    if (earlier->kind == EARLIER_REFUSED) {
        uuid_unparse_lower(earlier->id, id);
        snprintf(location, sizeof location, "/api/tasks/%s", id);
        http_reply_header(sub->request, "Location", location);
        return refuse_start(sub, "duplicate-task", NULL, 0);
    }
    http_reply_header(sub->request, replay ? "Idempotency-Replayed" : "Task-Deduplicated", "true");
    answer_accepted(sub, earlier->id);
    struct log_about what = about(sub, earlier->id);
    log_about(LOG_LEVEL_INFO, &what, "%s by %s", replay ? "start repeated" : "joined", sub->by);
    return go(sub, STEP_GIVE_BACK);
}

static enum next compared(struct submission *sub)
{
    if (sub->db_call.result != 0)
        return refuse_for_database(sub, &sub->db_call.error);
    if (sub->earlier.kind == EARLIER_NONE) /* with a slot: the one that it met has gone since */
        return go(sub, sub->reserved ? STEP_JOURNAL : STEP_RESERVE);
    if (sub->upload && !sub->upload->examined)
        return go(sub, STEP_KEEP_FILE);
    return answer_earlier(sub);
}

/* ---- Slot and file ----------------------------------------------------------------------------------------------- */

/* Without a slot nothing is kept or journalled: a full table refuses before any commit. */
static enum next reserve(struct submission *sub)
{
    const struct process *process = sub->worker->process;
    int64_t now = clock_mono_ms();
    const char *no = admission_refusal(process, sub->type_number, client_number(sub->by));
    int rc =
        no ? -ENOSPC : taskstate_reserve(process->segment, process->self, sub->row.id, sub->type_number, &sub->handle);
    sub->reserved = rc == 0;
    if (sub->reserved)
        return go(sub, sub->row.file ? STEP_KEEP_FILE : STEP_JOURNAL);
    if (rc == -ENOSPC)
        return refuse_start(sub, "queue-full", no, admission_retry_after(process, sub->type_number));
    if (sub->reserve_until_ms == 0)
        sub->reserve_until_ms = now + RESERVE_WAIT_MS;
    if (rc == -ETIMEDOUT && now < sub->reserve_until_ms)
        return rest(sub, STEP_RESERVE, RESERVE_PAUSE_MS);
    return refuse_start(sub, "queue-full", "The task table is busy; try again.", 2);
}

/* File thread. */
static void visit_file(struct filethread_call *call)
{
    struct submission *sub = (struct submission *)call;
    int dir = sub->worker->spool_fd;
    const uint8_t *from = sub->row.from_task ? sub->row.from_task : sub->upload ? NULL : sub->retry_of;
    if (sub->upload)
        sub->upload->compare_only = !sub->reserved;
    if (sub->upload && !upload_examine(sub->upload, &sub->faults))
        return;
    if (!sub->reserved)
        return; /* only compared with an earlier one */
    sub->file_error = from ? spool_share(dir, from, sub->row.id) : spool_keep(dir, sub->request->spool_fd, sub->row.id);
    sub->file_kept = sub->file_error == 0;
}

static void on_file(struct filethread_call *call)
{
    advance((struct submission *)call);
}

static enum next keep_file(struct submission *sub)
{
    sub->step = STEP_FILE_KEPT;
    sub->file_call.work = visit_file;
    sub->file_call.done = on_file;
    if (filethread_submit(sub->worker->files, &sub->file_call) != 0)
        return refuse_start(sub, "queue-full", "Too many uploads wait for the disk; try again.", 2);
    return WAIT;
}

static enum next file_kept(struct submission *sub)
{
    struct upload *upload = sub->upload;
    if (upload && upload->problem)
        return refuse_start(sub, upload->problem, upload->detail[0] ? upload->detail : NULL, 0);
    if (upload) {
        sub->row.params = sub->params = upload->params;
        sub->names_profile = upload->names_profile;
        upload->params = NULL;
        take_follow_ups(sub, &upload->then);
        fill_payload(sub);
    }
    if (sub->earlier.kind != EARLIER_NONE)
        return answer_earlier(sub);
    if (sub->file_kept)
        return go(sub, STEP_JOURNAL);
    if ((!upload || upload->from_task) && sub->file_error == -ENOENT)
        return refuse_start(sub, "file-gone", NULL, 0);
    struct log_about what = about(sub, sub->row.id);
    log_about(LOG_LEVEL_WARN, &what, "upload not kept: %s", strerror(-sub->file_error));
    bool full = sub->file_error == -ENOSPC || sub->file_error == -EDQUOT || sub->file_error == -EFBIG;
    return refuse_start(sub, full ? "insufficient-storage" : "internal", NULL, 0);
}

/* ---- The journal ------------------------------------------------------------------------------------------------- */

/* The request names a profile: now it is known what the task's parameters are. */
static int take_profile(struct store_conn *conn, struct submission *sub)
{
    free(sub->resolved);
    int rc = profile_resolve(conn, sub->type, sub->params, &sub->resolved, &sub->faults);
    sub->row.params = sub->resolved;
    if (rc != 0 && rc != 1)
        return rc;
    follow_ups_check(&sub->then, sub->resolved, &sub->faults);
    param_faults_prefix(&sub->faults, 0, sub->pointer_prefix);
    return sub->faults.n > 0;
}

static int precheck_first(struct store_conn *conn, struct submission *sub)
{
    char why[80];
    if (sub->names_profile)
        return take_profile(conn, sub);
    if (!sub->type->precheck)
        return 0;
    yajl_val params = json_parse(sub->params, strlen(sub->params), 8, why, sizeof why);
    assert(params);
    int rc = sub->type->precheck(conn, params, &sub->faults);
    param_faults_prefix(&sub->faults, 0, sub->pointer_prefix);
    yajl_tree_free(params);
    return rc;
}

/* Before the row, in its transaction: what must be there, and what follows. */
static int before_row(struct store_conn *conn, void *ctx)
{
    struct submission *sub = ctx;
    sub->faults.n = 0; /* the transaction may be tried again */
    int rc = precheck_first(conn, sub);
    if (rc != 0 && rc != 1)
        return rc;
    int then = follow_ups_precheck(&sub->then, conn, &sub->faults);
    if (then < 0)
        return -1;
    if (rc == 0 && then == 0 && sub->then.n)
        return follow_ups_insert(&sub->then, conn, &sub->row);
    return rc | then;
}

static enum next journal(struct submission *sub)
{
    bool looks = sub->type->precheck || sub->then.n || sub->names_profile;
    struct db_call call = {.insert = &sub->row, .before = looks ? before_row : NULL};
    if (!ask_database(sub, call, STEP_JOURNALLED))
        return refuse_start(sub, "database-unavailable", DATABASE_BUSY, 2);
    return WAIT;
}

static enum next not_journalled(struct submission *sub, const struct store_error *error)
{
    bool unique = sub->key.present || sub->row.live_key;
    if (unique && error->cls == STORE_DUPLICATE && sub->rounds++ < ROUNDS)
        return go(sub, STEP_COMPARE);
    if (sub->key.present && (error->cls == STORE_RETRY || error->cls == STORE_DUPLICATE))
        return refuse_start(sub, "idempotency-in-progress", NULL, 1); /* it waited for another start for too long */
    struct log_about what = about(sub, sub->row.id);
    log_about(outage_is(error) ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN, &what, "not accepted: %s %u: %s",
              store_class_name(error->cls), error->number, error->text);
    refuse_for_database(sub, error);
    if (error->cls == STORE_UNKNOWN)
        return rest(sub, STEP_SETTLE, SETTLE_PAUSE_MS); /* slot and file stay until it is known */
    return GO_ON;
}

static enum next journalled(struct submission *sub)
{
    if (sub->db_call.result == 1)
        return refuse_start(sub, "invalid-parameters", NULL, 0);
    if (sub->db_call.result > 1)
        return refuse_for_state(sub, sub->db_call.result);
    if (sub->db_call.result != 0)
        return not_journalled(sub, &sub->db_call.error);
    struct log_about what = about(sub, sub->row.id);
    log_about(LOG_LEVEL_INFO, &what, "accepted: %s", sub->type->name);
    return go(sub, STEP_PUBLISH);
}

static int read_row(struct store_conn *conn, void *ctx)
{
    struct submission *sub = ctx;
    struct journal_row row;
    int rc = journal_read_settled(conn, sub->row.id, &row);
    sub->found = rc == 1;
    if (sub->found)
        journal_row_fini(&row);
    return rc < 0 ? -1 : 0;
}

static enum next settle(struct submission *sub)
{
    if (!ask_database(sub, (struct db_call){.work = read_row}, STEP_SETTLED))
        return rest(sub, STEP_SETTLE, SETTLE_PAUSE_MS);
    return WAIT;
}

static enum next settled(struct submission *sub)
{
    if (sub->db_call.result != 0)
        return rest(sub, STEP_SETTLE, SETTLE_PAUSE_MS);
    return go(sub, sub->found ? STEP_PUBLISH : STEP_GIVE_BACK);
}

/* ---- The end -----------------------------------------------------------------------------------------------------
 * The slot's last move fails only while a stopped process holds the table's lock. The row's fate is decided by then, so
 * the client is not kept waiting: the slot follows as soon as the lock is free. */

/* The slot before the answer: the client may poll another worker at once. */
static enum next publish(struct submission *sub)
{
    struct shm_segment *segment = sub->worker->process->segment;
    int rc = taskstate_publish(segment, sub->handle, sub->row.created_ms, client_number(sub->by));
    if (sub->request)
        answer_accepted(sub, sub->row.id);
    if (rc == -ETIMEDOUT)
        return rest(sub, STEP_PUBLISH, MOVE_PAUSE_MS);
    wakeup_poke_kind(segment, PROC_RUNNER);
    return go(sub, STEP_OVER);
}

static enum next give_back(struct submission *sub)
{
    if (sub->file_kept)
        spool_drop(sub->worker->spool_fd, sub->row.id);
    sub->file_kept = false;
    if (sub->reserved && taskstate_release(sub->worker->process->segment, sub->handle) == -ETIMEDOUT)
        return rest(sub, STEP_GIVE_BACK, MOVE_PAUSE_MS);
    return go(sub, STEP_OVER);
}

/* ---- The story --------------------------------------------------------------------------------------------------- */

static enum next take_step(struct submission *sub)
{
    switch (sub->step) {
    case STEP_ADMIT:
        return admit(sub);
    case STEP_COMPARE:
        return compare(sub);
    case STEP_COMPARED:
        return compared(sub);
    case STEP_RESERVE:
        return reserve(sub);
    case STEP_KEEP_FILE:
        return keep_file(sub);
    case STEP_FILE_KEPT:
        return file_kept(sub);
    case STEP_JOURNAL:
        return journal(sub);
    case STEP_JOURNALLED:
        return journalled(sub);
    case STEP_SETTLE:
        return settle(sub);
    case STEP_SETTLED:
        return settled(sub);
    case STEP_PUBLISH:
        return publish(sub);
    case STEP_GIVE_BACK:
        return give_back(sub);
    case STEP_OVER:
        break;
    }
    abort();
}

/* On the loop: at the start, and whenever what the submission waited for has come. */
static void advance(struct submission *sub)
{
    enum next next = GO_ON;
    while (next == GO_ON && sub->step != STEP_OVER)
        next = take_step(sub);
    if (sub->step != STEP_OVER)
        return;
    upload_free(sub->upload);
    free(sub->params);
    free(sub->resolved);
    free(sub->then_text);
    free(sub->live_key);
    follow_ups_fini(&sub->then);
    free(sub);
}

/* ---- The start --------------------------------------------------------------------------------------------------- */

static struct submission *submission_new(struct http_request *request, int type)
{
    struct submission *sub = calloc(1, sizeof *sub);
    if (!sub)
        abort();
    struct journal_new *row = &sub->row;
    sub->worker = request->app;
    sub->request = request;
    sub->began_us = request->began_us;
    sub->type_number = (uint8_t)type;
    sub->type = task_type_at((unsigned)type);
    sub->pointer_prefix = "";
    client_identity(request, sub->by);
    trace_of(request, sub->trace);
    snprintf(sub->request_id, sizeof sub->request_id, "%s", request->request_id);
    taskid_new(row->id);
    memcpy(row->node, sub->worker->process->node, sizeof row->node);
    row->type = sub->type->name;
    row->created_ms = clock_wall_ms();
    row->requested_by = sub->by;
    row->request_id = sub->request_id;
    row->traceparent = sub->trace[0] ? sub->trace : NULL;
    return sub;
}

/* What equal live work has in common; heap. */
static char *live_key_of(const struct submission *sub)
{
    const char *then = sub->type->equal == TASK_EQUAL_JOIN && sub->then_text ? sub->then_text : "";
    size_t size = strlen(sub->params) + strlen(then) + 1;
    char *key = malloc(size);
    if (!key)
        abort();
    snprintf(key, size, "%s%s", sub->params, then);
    return key;
}

void accept_start(struct http_request *request, struct accept_start *start)
{
    struct submission *sub = submission_new(request, start->type);
    sub->row.params = sub->params = start->params;
    if (start->pointer_prefix)
        sub->pointer_prefix = start->pointer_prefix;
    take_follow_ups(sub, &start->then);
    if (start->retry_of) {
        memcpy(sub->retry_of, start->retry_of, sizeof sub->retry_of);
        sub->row.retry_of = sub->retry_of;
    }
    if (start->file) {
        sub->file = *start->file;
        sub->row.file = &sub->file;
    } else if (sub->type->equal != TASK_EQUAL_QUEUE) { /* work with a file is never equal: what is in it? */
        sub->row.live_key = sub->live_key = live_key_of(sub);
    }
    advance(sub);
}

void accept_examined(struct http_request *request, int type, struct upload *upload)
{
    struct submission *sub = submission_new(request, type);
    sub->upload = upload;
    sub->row.file = &upload->file;
    sub->row.from_task = upload->from_task ? upload->origin : NULL;
    advance(sub);
}

void accept_upload(struct http_request *request, const char *type, const char *name, const char *value)
{
    int number = task_type_number(type);
    const char *from_task = http_param(request, "from_task");
    assert(number >= 0);
    struct upload *upload = upload_new(request, task_type_at((unsigned)number), name, value);
    if (upload && from_task)
        accept_from_task(request, number, upload, from_task);
    else if (upload)
        accept_examined(request, number, upload);
}
