/* GET /api/tasks: pages of the journal, newest first, with the progress of live tasks from shared memory.
 *
 * A filter by type and status is a set of ranges, one for each pair, and each range has an index that leads straight to
 * its newest rows: a page costs the same however long the history is and however rare the match. The
 * ranges are read in one snapshot and merged here. A live task is shown as it is now. If it no longer fits the
 * filter (it ended a moment ago), it is left out. */
#include "daemon/api/task/list.h"

#include "base/grow.h"
#include "base/time_text.h"
#include "daemon/accept/follow.h"
#include "daemon/api/task/read.h"
#include "daemon/api/task/tasks.h"
#include "daemon/auth/identity.h"
#include "daemon/http/etag.h"
#include "daemon/task/poll_json.h"
#include "daemon/task/state.h"
#include "daemon/worker/db_answer.h"
#include "daemon/worker/listing.h"
#include "handlers/read/page.h"
#include "handlers/task_type.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#define QUERY_DEPTH 4
#define LIST_KEYS   2
#define LIVE_ROWS   100000 /* of the journal: more than can be live */

/* What a task that has not ended does now. */
enum live { LIVE_WAITING, LIVE_RUNNING, LIVE_INTERRUPTED, LIVES };
static const char *const lives[LIVES] = {"waiting", "running", "interrupted"};

static const char *const views[] = {"full", NULL};
static const struct param_spec list_params[] = {
    {.name = "status", .kind = PARAM_STRINGS, .max = 3, .help = "running, completed or error; several with commas."},
    {.name = "state",
     .kind = PARAM_STRINGS,
     .max = LIVES,
     .help = "waiting, running or interrupted (waits for another attempt); several with commas."},
    {.name = "type", .kind = PARAM_STRINGS, .max = TASK_TYPES_MAX, .help = "Task types; several with commas."},
    {.name = "created_after", .kind = PARAM_STRING, .max = 40, .help = "A moment as in RFC 3339; created later."},
    {.name = "created_before", .kind = PARAM_STRING, .max = 40, .help = "A moment as in RFC 3339; created earlier."},
    {.name = "ids", .kind = PARAM_STRINGS, .max = PAGE_LIMIT_MAX, .help = "Up to 200 ids, and nothing else to filter."},
    {.name = "id_prefix",
     .kind = PARAM_STRING,
     .max = 36,
     .help = "The first 8 or more digits of an id: the tasks in the table that fit, and nothing else to filter."},
    {.name = "mine", .kind = PARAM_BOOL, .help = "true: only what this client has started."},
    {.name = "wait", .kind = PARAM_INT, .max = 1000000000, .help = "With ids: seconds to wait for a change."},
    {.name = "view", .kind = PARAM_CHOICE, .choices = views, .help = "full: everything known of each task."},
    PAGE_PARAMS,
    {.name = NULL},
};

/* ---- Filters ---------------------------------------------------------------------------------------------------- */

/* What the journal calls the three statuses of the wire. */
static const struct {
    const char *wire, *stored;
    enum journal_status number;
} statuses[] = {
    {"running", "queued", JOURNAL_QUEUED},         {"running", "running", JOURNAL_RUNNING},
    {"completed", "succeeded", JOURNAL_SUCCEEDED}, {"error", "failed", JOURNAL_FAILED},
    {"error", "cancelled", JOURNAL_CANCELLED},
};
#define STATUSES (sizeof statuses / sizeof statuses[0])

/* The parameters are checked: the items of these lists are strings. */
static const char *item_at(yajl_val list, size_t i)
{
    return list->u.array.values[i]->u.string;
}

static bool list_has(yajl_val list, const char *text)
{
    for (size_t i = 0; YAJL_IS_ARRAY(list) && i < list->u.array.len; i++)
        if (strcmp(item_at(list, i), text) == 0)
            return true;
    return false;
}

static void check_statuses(yajl_val list, struct param_faults *faults)
{
    for (size_t i = 0; YAJL_IS_ARRAY(list) && i < list->u.array.len; i++) {
        const char *text = item_at(list, i);
        if (strcmp(text, "running") == 0 || strcmp(text, "completed") == 0 || strcmp(text, "error") == 0)
            continue;
        param_faults_add(faults, "/status", "choice", "must be running, completed or error, not %.40s", text);
        param_faults_allow_all(faults, "running\ncompleted\nerror\n");
    }
}

/* The states are a finer filter of one status. */
static void check_states(yajl_val states, yajl_val list, struct param_faults *faults)
{
    for (size_t i = 0; YAJL_IS_ARRAY(states) && i < states->u.array.len; i++) {
        const char *text = item_at(states, i);
        if (strcmp(text, lives[0]) == 0 || strcmp(text, lives[1]) == 0 || strcmp(text, lives[2]) == 0)
            continue;
        param_faults_add(faults, "/state", "choice", "must be waiting, running or interrupted, not %.40s", text);
        for (size_t k = 0; k < 3; k++)
            param_faults_allow(faults, lives[k]);
    }
    for (size_t i = 0; YAJL_IS_ARRAY(states) && YAJL_IS_ARRAY(list) && i < list->u.array.len; i++)
        if (strcmp(item_at(list, i), "running") != 0)
            param_faults_add(faults, "/state", "conflict", "tells tasks apart whose status is running, not %.40s",
                             item_at(list, i));
}

static void check_types(yajl_val list, struct param_faults *faults)
{
    for (size_t i = 0; YAJL_IS_ARRAY(list) && i < list->u.array.len; i++) {
        const char *text = item_at(list, i);
        if (task_type_number(text) < 0)
            follow_reject_type(faults, text);
    }
}

static void check_moment(yajl_val params, const char *name, struct param_faults *faults)
{
    const char *text = json_member_string(params, name, NULL);
    char pointer[40];
    int64_t ms;
    if (!text || time_parse(text, &ms))
        return;
    snprintf(pointer, sizeof pointer, "/%s", name);
    param_faults_add(faults, pointer, "type", "must be a moment such as 2026-02-05T08:30:00Z");
    param_faults_expect(faults, "moment");
}

/* With ids, or digits of one, there must be no filters. */
static void check_alone(yajl_val params, const char *name, struct param_faults *faults)
{
    static const char *const others[] = {"status",         "state",  "type", "created_after",
                                         "created_before", "cursor", "mine", "ids"};
    char pointer[16];
    snprintf(pointer, sizeof pointer, "/%s", name);
    if (YAJL_IS_NULL(json_member(params, name)))
        return;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(others[i], name) != 0 && !YAJL_IS_NULL(json_member(params, others[i]))) {
            param_faults_add(faults, pointer, "conflict", "cannot be combined with %s", others[i]);
            param_faults_fact(faults, "with", "%s", others[i]);
        }
}

static void check_prefix(yajl_val params, struct param_faults *faults)
{
    const char *prefix = json_member_string(params, "id_prefix", NULL);
    if (prefix && !taskprefix_valid(prefix)) {
        param_faults_add(faults, "/id_prefix", "type", "must be 8 or more digits of an id");
        param_faults_expect(faults, "id");
    }
}

static yajl_val params_of(const struct param_raw *raw, size_t n, struct param_faults *faults)
{
    char why[80];
    char *text = params_usable_text(list_params, raw, n, faults);
    yajl_val params = json_parse(text, strlen(text), QUERY_DEPTH, why, sizeof why);
    assert(params);
    free(text);
    return params;
}

/* The same question by the ids that begin with these digits now. Takes over `params`. */
static yajl_val by_ids(const struct http_request *request, yajl_val params)
{
    const struct worker *worker = request->app;
    struct param_faults faults = {.n = 0};
    char ids[TASKPREFIX_BYTES];
    struct param_raw raw[3] = {{"ids", ids}};
    size_t n = 1;
    taskprefix_find(worker->process->segment, json_member_string(params, "id_prefix", ""), ids);
    for (size_t i = 0; i < request->n_params && n < 3; i++)
        if (strcmp(request->params[i].name, "view") == 0 || strcmp(request->params[i].name, "wait") == 0)
            raw[n++] = request->params[i];
    yajl_tree_free(params);
    return params_of(raw, n, &faults);
}

/* Canonical parameters; what is at fault is null in them. */
static yajl_val check_query(struct http_request *request, struct param_faults *faults)
{
    yajl_val params = params_of(request->params, request->n_params, faults);
    check_statuses(json_member(params, "status"), faults);
    check_states(json_member(params, "state"), json_member(params, "status"), faults);
    check_types(json_member(params, "type"), faults);
    check_moment(params, "created_after", faults);
    check_moment(params, "created_before", faults);
    check_alone(params, "ids", faults);
    check_alone(params, "id_prefix", faults);
    check_prefix(params, faults);
    if (!faults->n && json_member_string(params, "id_prefix", NULL))
        return by_ids(request, params);
    return params;
}

yajl_val tasklist_params(struct http_request *request)
{
    struct param_faults faults = {.n = 0};
    yajl_val params = check_query(request, &faults);
    if (!faults.n)
        return params;
    http_reply_problem(request, "invalid-parameters", NULL, &faults);
    yajl_tree_free(params);
    return NULL;
}

/* ---- One page: database thread ---------------------------------------------------------------------------------- */

struct list_request {
    yajl_val params;
    struct page page;
    char here[512];
    char by[IDENTITY_MAX]; /* with mine: the client; else "" */
};

struct item {
    int64_t created_ms;
    store_uuid id;
    char *text;
    bool fits; /* the filter, as the task is now */
};

struct items {
    struct store_conn *conn;
    struct shm_segment *segment;
    const struct config *config;
    int spool_fd;
    bool full;
    yajl_val status, states; /* the filters, or null */
    uint32_t n, room;
    struct item *item;
};

void tasklist_tag(const char *text, size_t len, char tag[TASKLIST_TAG_BYTES])
{
    snprintf(tag, TASKLIST_TAG_BYTES, "W/\"l.%llx\"", (unsigned long long)etag_digest(text, len));
}

size_t tasklist_slot_text(struct shm_segment *segment, const store_uuid id, struct shm_poll *poll)
{
    if (taskstate_check(shm_table_poll(segment, id, poll)) != 0 || (poll->flags & TASK_TEXT_IN_JOURNAL) ||
        poll->text_len == 0)
        return 0;
    return poll->text_len - 1u;
}

static char *copy_of(const char *text, size_t len)
{
    char *copy = strndup(text, len);
    if (!copy)
        abort();
    return copy;
}

/* A live task as it is now: progress is not in the journal. Returns its state. */
static enum task_state plain_text(const struct items *items, const struct journal_row *row, char **text)
{
    struct shm_poll poll;
    size_t len = row->status <= JOURNAL_RUNNING ? tasklist_slot_text(items->segment, row->id, &poll) : 0;
    *text = len ? copy_of(poll.text, len) : taskview_of_row(row);
    return len ? (enum task_state)poll.state : TASK_FREE;
}

/* *text is NULL if the chain could not be read. */
static enum task_state full_text(const struct items *items, const struct journal_row *row, char **text)
{
    struct shm_task slot;
    struct taskfull view = {.text = NULL};
    bool has = row->status <= JOURNAL_RUNNING && taskread_slot(items->segment, row->id, &slot);
    int rc = taskread_full_text(items->conn, items->config, items->spool_fd, has ? &slot : NULL, row, &view);
    *text = rc == 0 ? view.text : NULL;
    return has ? (enum task_state)slot.state : TASK_FREE;
}

/* The journal knows the attempts, the slot what is being done now: a dead runner's task is still running in the
 * journal. Returns LIVES if it has ended. */
static enum live live_of(const struct items *items, const struct journal_row *row)
{
    struct shm_poll poll = {.state = TASK_FREE};
    bool there = row->status <= JOURNAL_RUNNING && taskstate_check(shm_table_poll(items->segment, row->id, &poll)) == 0;
    if (row->status > JOURNAL_RUNNING || (there && task_state_final((enum task_state)poll.state)))
        return LIVES;
    if (there && (poll.flags & TASK_INTERRUPTED))
        return LIVE_INTERRUPTED;
    if (there ? poll.state == TASK_RUNNING || (poll.state == TASK_CLAIMED && row->status == JOURNAL_RUNNING)
              : row->status == JOURNAL_RUNNING)
        return LIVE_RUNNING;
    return row->attempt > 0 ? LIVE_INTERRUPTED : LIVE_WAITING;
}

static bool in_states(const struct items *items, const struct journal_row *row)
{
    if (!YAJL_IS_ARRAY(items->states))
        return true;
    enum live live = live_of(items, row);
    return live != LIVES && list_has(items->states, lives[live]);
}

static int keep_item(const struct journal_row *row, void *ctx)
{
    struct items *items = ctx;
    if (!in_states(items, row))
        return 0;
    items->item = grow(items->item, &items->room, items->n + 1, sizeof *items->item);
    struct item *item = &items->item[items->n++];
    item->created_ms = row->created_ms;
    memcpy(item->id, row->id, sizeof item->id);
    enum task_state now = items->full ? full_text(items, row, &item->text) : plain_text(items, row, &item->text);
    item->fits = now == TASK_FREE || !YAJL_IS_ARRAY(items->status) || list_has(items->status, taskview_status(now));
    return item->text ? 0 : -1;
}

static int newest_first(const void *a, const void *b)
{
    const struct item *left = a, *right = b;
    if (left->created_ms != right->created_ms)
        return left->created_ms < right->created_ms ? 1 : -1;
    return -journal_id_compare(left->id, right->id);
}

/* One range of the filter: a pair of a type and a status, each of which may be "all". */
static int read_range(struct store_conn *conn, const struct list_request *list, const char *type, const char *status,
                      struct items *items)
{
    struct journal_range range = {
        .by = list->by[0] ? list->by : NULL, .type = type, .status = status, .before_ms = INT64_MAX};
    const char *after = json_member_string(list->params, "created_after", NULL);
    const char *before = json_member_string(list->params, "created_before", NULL);
    if (after)
        time_parse(after, &range.after_ms);
    if (before)
        time_parse(before, &range.before_ms);
    range.started = list->page.started;
    range.last_ms = strtoll(page_after(&list->page, 0, "0"), NULL, 10);
    uuid_parse(page_after(&list->page, 1, "00000000-0000-0000-0000-000000000000"), range.last_id);
    /* Those in other states are passed over here, so that a page is full if there are enough. */
    unsigned want = YAJL_IS_ARRAY(items->states) ? LIVE_ROWS : page_want(&list->page);
    return journal_each_in(conn, &range, want, keep_item, items);
}

static int read_statuses(struct store_conn *conn, const struct list_request *list, const char *type,
                         struct items *items)
{
    int rc = 0;
    bool states = YAJL_IS_ARRAY(items->states);
    if (!YAJL_IS_ARRAY(items->status) && !states)
        return read_range(conn, list, type, NULL, items);
    for (size_t i = 0; i < STATUSES && rc == 0; i++)
        if (states ? statuses[i].number <= JOURNAL_RUNNING : list_has(items->status, statuses[i].wire))
            rc = read_range(conn, list, type, statuses[i].stored, items);
    return rc;
}

static int read_ranges(struct store_conn *conn, const struct list_request *list, struct items *items)
{
    yajl_val types = json_member(list->params, "type");
    int rc = 0;
    if (!YAJL_IS_ARRAY(types))
        return read_statuses(conn, list, NULL, items);
    for (unsigned i = 0; i < task_type_count() && rc == 0; i++)
        if (list_has(types, task_type_at(i)->name))
            rc = read_statuses(conn, list, task_type_at(i)->name, items);
    return rc;
}

static void put_page(struct json_out *out, struct page *page, const struct items *items)
{
    char ms[24], id[37];
    json_object(out);
    json_key(out, "tasks");
    json_array(out);
    for (size_t i = 0; i < items->n; i++) {
        const struct item *item = &items->item[i];
        snprintf(ms, sizeof ms, "%lld", (long long)item->created_ms);
        uuid_unparse_lower(item->id, id);
        if (!page_take(page, (const char *const[]){ms, id}))
            break;
        if (item->fits)
            json_raw(out, item->text, strcspn(item->text, "\n"));
    }
    json_array_end(out);
    page_put_next(page, out);
    json_object_end(out);
}

static void finish_page(struct db_answer *answer, const struct list_request *list, const struct page *page)
{
    char cursor[PAGE_CURSOR_BYTES], tag[TASKLIST_TAG_BYTES];
    size_t len;
    const char *text = json_out_text(&answer->json, &len);
    tasklist_tag(text, len, tag);
    answer->cache = "private, no-cache";
    if (list->here[0] && page_next(page, cursor))
        snprintf(answer->link, sizeof answer->link, "<%.400s%.500s>; rel=\"next\"", list->here, cursor);
    db_answer_not_modified(answer, tag);
}

static int read_list(struct store_conn *conn, struct db_answer *answer)
{
    const struct list_request *list = answer->arg;
    struct page page = list->page; /* the work may be called twice */
    struct items items = {.conn = conn,
                          .segment = answer->process->segment,
                          .config = answer->process->config,
                          .spool_fd = answer->spool_dir_fd,
                          .full = json_member_string(list->params, "view", NULL) != NULL,
                          .status = json_member(list->params, "status"),
                          .states = json_member(list->params, "state")};
    int rc = store_begin_snapshot(conn);
    if (rc == 0)
        rc = read_ranges(conn, list, &items);
    if (rc == 0) {
        if (items.n)
            qsort(items.item, items.n, sizeof *items.item, newest_first);
        put_page(&answer->json, &page, &items);
        finish_page(answer, list, &page);
    }
    for (size_t i = 0; i < items.n; i++)
        free(items.item[i].text);
    free(items.item);
    return rc;
}

/* ---- The request: loop ------------------------------------------------------------------------------------------ */

static void list_request_free(void *arg)
{
    struct list_request *list = arg;
    yajl_tree_free(list->params);
    free(list);
}

void resource_task_list(struct http_request *request)
{
    struct worker *worker = request->app;
    struct param_faults faults = {.n = 0};
    struct list_request *list = calloc(1, sizeof *list);
    if (!list)
        abort();
    yajl_val params = list->params = check_query(request, &faults);
    page_open(&list->page, "tasks", LIST_KEYS, params, &faults);
    /* Ids that are empty name no task; they do not mean all of them. */
    if (!faults.n && (http_param(request, "ids") || http_param(request, "id_prefix"))) {
        tasklist_of_ids(request, params, true, false);
        free(list);
        return;
    }
    if (faults.n) {
        http_reply_problem(request, "invalid-parameters", NULL, &faults);
        list_request_free(list);
        return;
    }
    if (json_member_bool(params, "mine", false))
        client_identity(request, list->by);
    listing_here(request, list->here, sizeof list->here);
    db_answer_from(request, worker->reads, read_list, list, list_request_free);
}
