/* GET /api/tasks/{id}/explain. The facts come from the slots, the process table and the database. The table's lock is not
 * taken for a task that stands in the table, so that it answers whatever holds that. If the database does not answer in
 * time, the slot answers alone. */
#include "daemon/task/explain.h"
#include "base/clock.h"
#include "base/hex.h"
#include "daemon/api/task/read.h"
#include "daemon/api/task/tasks.h"
#include "daemon/auth/auth.h"
#include "daemon/worker/db_answer.h"
#include "handlers/task_type.h"
#include "store/lease.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_S      2 /* then the slot answers alone */
#define PARAMS_DEPTH 16

struct explaining {
    struct db_call call;
    struct http_request *request; /* loop only; NULL: answered */
    struct event *limit;
    const struct worker *worker;
    store_uuid id;
    bool admin; /* may see statements */
    bool in_table;
    struct shm_task slot;
    /* What the journal says. */
    bool found, gone;
    struct journal_row row;
    struct explain_facts facts; /* the database thread's until its call is done */
    struct explain_facts known; /* before that */
    bool left;                  /* the client, meanwhile */
};

static void explaining_free(struct explaining *asked)
{
    if (asked->found)
        journal_row_fini(&asked->row);
    if (asked->limit)
        event_free(asked->limit);
    free(asked);
}

/* ---- Shared memory --------------------------------------------------------------------------------------------- */

struct queue_walk {
    const struct shm_task *task;
    struct explain_facts *facts;
    uint64_t first; /* order of the oldest one that waits */
};

static bool count_waiting(const struct shm_task *other, struct shm_handle handle, uint64_t version, void *ctx)
{
    struct queue_walk *walk = ctx;
    struct explain_facts *facts = walk->facts;
    (void)handle;
    (void)version;
    facts->waiting++;
    if (other->order < walk->first) {
        walk->first = other->order;
        facts->oldest_ms = other->created_ms;
    }
    if (other->order >= walk->task->order)
        return true;
    facts->ahead++;
    facts->ahead_of_type += other->type == walk->task->type;
    return true;
}

static bool take_busy(const struct shm_task *other, struct shm_handle handle, uint64_t version, void *ctx)
{
    struct queue_walk *walk = ctx;
    struct explain_facts *facts = walk->facts;
    (void)handle;
    (void)version;
    facts->running_of_type += other->type == walk->task->type;
    if (facts->n_busy < EXPLAIN_BUSY) {
        struct explain_other *busy = &facts->busy[facts->n_busy];
        memcpy(busy->id, other->id, sizeof busy->id);
        snprintf(busy->type, sizeof busy->type, "%s", task_type_at(other->type)->name);
        busy->progress = other->progress;
    }
    facts->n_busy++;
    return true;
}

static void look_at_queue(struct explaining *asked, struct shm_segment *segment)
{
    struct queue_walk walk = {&asked->slot, &asked->facts, UINT64_MAX};
    if (asked->slot.state != TASK_READY)
        return;
    asked->facts.limit_of_type = task_type_at(asked->slot.type)->concurrency;
    shm_table_each_in(segment, TASK_IN(TASK_READY), count_waiting, &walk);
    shm_table_each_in(segment, TASK_IN(TASK_CLAIMED) | TASK_IN(TASK_RUNNING), take_busy, &walk);
}

static void look_at_owner(struct explaining *asked, struct shm_segment *segment)
{
    struct explain_facts *facts = &asked->facts;
    struct proc_ref owner = asked->slot.owner;
    int64_t now = clock_mono_ms();
    facts->time_limit_s = task_type_at(asked->slot.type)->time_limit_s;
    if (!proctab_alive(segment, owner) || !proctab_read(segment, owner.slot, &facts->owner) ||
        facts->owner.ref.generation != owner.generation)
        return;
    facts->owned = true;
    facts->beat_age_ms = facts->owner.beat_ms == 0 ? -1 : now > facts->owner.beat_ms ? now - facts->owner.beat_ms : 0;
}

/* ---- Database thread --------------------------------------------------------------------------------------------- */

static int look_at_holder(struct store_conn *conn, struct explaining *asked)
{
    struct explain_facts *facts = &asked->facts;
    struct journal_row row;
    int rc = lease_holder(conn, facts->lease, facts->holder.id);
    if (rc != 1 || memcmp(facts->holder.id, asked->id, sizeof asked->id) == 0)
        return rc < 0 ? -1 : 0;
    if ((rc = journal_read(conn, facts->holder.id, &row)) != 1)
        return rc;
    struct shm_poll poll;
    memcpy(facts->holder.type, row.type, sizeof facts->holder.type);
    memcpy(facts->holder.by, row.requested_by, sizeof facts->holder.by);
    if (shm_table_poll(asked->worker->process->segment, facts->holder.id, &poll) == 0)
        facts->holder.progress = poll.progress;
    facts->held = row.status <= JOURNAL_RUNNING;
    journal_row_fini(&row);
    return 0;
}

/* A dry run takes no lease. */
static int look_at_lease(struct store_conn *conn, struct explaining *asked)
{
    const struct journal_row *row = &asked->row;
    int number = task_type_number(row->type);
    const struct task_type *type = number < 0 ? NULL : task_type_at((unsigned)number);
    char why[80];
    if (!type || !type->lease || row->status > JOURNAL_RUNNING)
        return 0;
    yajl_val params = json_parse(row->params, strlen(row->params), PARAMS_DEPTH, why, sizeof why);
    if (params && !json_member_bool(params, "dry_run", false))
        type->lease(params, asked->facts.lease);
    yajl_tree_free(params);
    return asked->facts.lease[0] && row->status == JOURNAL_RUNNING ? look_at_holder(conn, asked) : 0;
}

static int keep_statement(const struct store_value *v, unsigned n, void *ctx)
{
    struct explaining *asked = ctx;
    struct explain_facts *facts = &asked->facts;
    (void)n;
    facts->in_statement = true;
    snprintf(facts->statement_state, sizeof facts->statement_state, "%s", v[0].text ? v[0].text : "");
    facts->statement_ms = v[1].text ? strtoll(v[1].text, NULL, 10) : 0;
    facts->statement_rows = v[2].text ? strtoll(v[2].text, NULL, 10) : 0;
    if (asked->admin && v[3].text)
        explain_without_values(v[3].text, facts->statement);
    return 1;
}

/* Sessions of our own account need no right. */
static int look_at_statement(struct store_conn *conn, struct explaining *asked)
{
    const struct worker *worker = asked->worker;
    uint64_t session = asked->facts.owned ? proctab_session(worker->process->segment, asked->slot.owner) : 0;
    struct store_value param = STORE_U(session);
    if (session == 0 || asked->slot.state != TASK_RUNNING)
        return 0;
    int rc = store_query(conn,
                         "SELECT state, CAST(time_ms AS UNSIGNED), examined_rows, info FROM "
                         "information_schema.processlist WHERE id = ? AND command <> 'Sleep'",
                         &param, 1, keep_statement, asked);
    return rc < 0 ? -1 : 0;
}

static int read_facts(struct store_conn *conn, void *ctx)
{
    struct explaining *asked = ctx;
    const struct worker *worker = asked->worker;
    if (asked->in_table)
        look_at_queue(asked, worker->process->segment);
    int rc = journal_read(conn, asked->id, &asked->row);
    asked->found = rc == 1;
    if (rc < 0)
        return -1;
    if (!asked->found) {
        rc = journal_gone(conn, asked->id);
        asked->gone = rc == 1;
        return rc < 0 ? -1 : 0;
    }
    asked->facts.here = memcmp(asked->row.node, worker->process->node, sizeof asked->row.node) == 0;
    if (look_at_lease(conn, asked) != 0)
        return -1;
    return asked->in_table ? look_at_statement(conn, asked) : 0;
}

/* ---- Loop -------------------------------------------------------------------------------------------------------- */

/* `row`: NULL = the journal could not be asked. */
static void reply_explained(struct explaining *asked, struct explain_facts *facts, const struct journal_row *row)
{
    struct json_out out;
    size_t len;
    facts->slot = asked->in_table ? &asked->slot : NULL;
    facts->row = row;
    facts->now_ms = clock_wall_ms();
    json_out_init(&out);
    explain_put(&out, facts);
    const char *text = json_out_text(&out, &len);
    http_reply_header(asked->request, "Cache-Control", "no-store");
    http_reply_json(asked->request, 200, text, len);
    json_out_fini(&out);
}

static void on_gone(struct http_request *request)
{
    struct explaining *asked = request->user;
    asked->left = true;
}

static void reply_without_database(struct explaining *asked, const struct store_error *error)
{
    if (asked->in_table)
        reply_explained(asked, &asked->known, NULL);
    else
        db_answer_unavailable(asked->request, error);
}

/* `done`: the database thread has had its say. */
static void answer(struct explaining *asked, bool done)
{
    struct http_request *request = asked->request;
    static const struct store_error late = {.cls = STORE_GONE};
    if (!request)
        return;
    request->gone = NULL;
    request->user = NULL;
    if (asked->left)
        http_reply_empty(request, 204); /* to nobody: ends the request */
    else if (!done)
        reply_without_database(asked, &late);
    else if (asked->call.result != 0)
        reply_without_database(asked, &asked->call.error);
    else if (asked->found)
        reply_explained(asked, &asked->facts, &asked->row);
    else if (asked->gone)
        http_reply_problem(request, "task-expired", NULL, NULL);
    else
        resource_task_not_found(request);
    asked->request = NULL;
}

static void on_limit(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    answer(arg, false);
}

static void facts_read(struct db_call *call)
{
    struct explaining *asked = call->ctx;
    answer(asked, true);
    explaining_free(asked);
}

void resource_task_explain(struct http_request *request)
{
    static const struct timeval limit = {.tv_sec = LIMIT_S};
    struct worker *worker = request->app;
    struct shm_segment *segment = worker->process->segment;
    struct explaining *asked = calloc(1, sizeof *asked);
    if (!asked)
        abort();
    if (hex_uuid_read(request->args[0], asked->id) != 0) {
        resource_task_not_found(request);
        explaining_free(asked);
        return;
    }
    asked->limit = evtimer_new(worker->base, on_limit, asked);
    if (!asked->limit || evtimer_add(asked->limit, &limit) != 0)
        abort();
    asked->request = request;
    asked->worker = worker;
    asked->admin = auth_admin(worker->auth, request);
    asked->facts.config = worker->process->config;
    asked->in_table = taskread_slot(segment, asked->id, &asked->slot);
    if (asked->in_table)
        look_at_owner(asked, segment);
    asked->known = asked->facts;
    request->user = asked;
    request->gone = on_gone;
    asked->call = (struct db_call){
        .work = read_facts, .done = facts_read, .ctx = asked, .deadline_ms = clock_mono_ms() + 1000 * LIMIT_S};
    if (dbthread_submit(worker->reads, &asked->call) != 0) {
        asked->call.result = -1;
        facts_read(&asked->call);
    }
}
