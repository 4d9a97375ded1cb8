/* GET /api/tasks?ids=a,b,c: several tasks with one request, a long poll on request like a single one.
 *
 * What the table has is answered without SQL. A request waits if all its tasks stand in the table: with If-None-Match
 * until one of them changes, without until all of them have ended. If one is only in the journal, the answer comes from there,
 * at once. */
#include "base/hex.h"
#include "daemon/api/task/list.h"
#include "daemon/api/task/read.h"
#include "daemon/http/etag.h"
#include "daemon/task/poll_json.h"
#include "daemon/worker/db_answer.h"
#include "daemon/worker/longpoll.h"
#include "handlers/read/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

struct wanted {
    store_uuid id;
    bool valid;            /* it has the form of an id */
    char *text;            /* NULL: not found yet */
    struct shm_task *slot; /* of a full view: what the table has, or NULL */
};

struct ids_request {
    size_t n, n_live, n_valid, n_found;
    struct longpoll_task *live; /* those that have not ended */
    struct wanted *wanted;
    yajl_val params; /* owns the ids as they were sent */
    struct shm_segment *segment;
    bool full;      /* ?view=full */
    bool elsewhere; /* a live task is not in our table: it cannot be waited for */
    bool may_wait, applied;
    unsigned wait_s;
};

static void wanted_fini(struct wanted *wanted)
{
    free(wanted->text);
    free(wanted->slot);
}

static void ids_free(void *arg)
{
    struct ids_request *ids = arg;
    for (size_t i = 0; i < ids->n; i++)
        wanted_fini(&ids->wanted[i]);
    free(ids->wanted);
    free(ids->live);
    yajl_tree_free(ids->params);
    free(ids);
}

static const char *sent_id(const struct ids_request *ids, size_t i)
{
    return json_member(ids->params, "ids")->u.array.values[i]->u.string;
}

/* An id that is named twice is answered once. */
static bool named_before(const struct ids_request *ids, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (ids->wanted[i].valid ? ids->wanted[j].valid && uuid_compare(ids->wanted[i].id, ids->wanted[j].id) == 0
                                 : strcmp(sent_id(ids, i), sent_id(ids, j)) == 0)
            return true;
    return false;
}

/* ---- The text: any thread ---------------------------------------------------------------------------------------- */

static void put_list(const struct ids_request *ids, struct json_out *out)
{
    json_object(out);
    json_key(out, "tasks");
    json_array(out);
    for (size_t i = 0; i < ids->n; i++)
        if (ids->wanted[i].text && !named_before(ids, i))
            json_raw(out, ids->wanted[i].text, strcspn(ids->wanted[i].text, "\n")); /* without its line feed */
    json_array_end(out);
    json_key(out, "missing");
    json_array(out);
    for (size_t i = 0; i < ids->n; i++)
        if (!ids->wanted[i].text && !named_before(ids, i))
            json_string(out, sent_id(ids, i));
    json_array_end(out);
    json_key(out, "next_cursor");
    json_null(out);
    json_object_end(out);
}

/* ---- What the table has: any thread ----------------------------------------------------------------------------- */

static void add_live(struct ids_request *ids, size_t i, enum task_state state, uint64_t visible)
{
    struct longpoll_task *live = &ids->live[ids->n_live];
    live->visible = visible;
    if (!task_state_final(state) && !named_before(ids, i) &&
        shm_table_find(ids->segment, ids->wanted[i].id, &live->handle) == 0)
        ids->n_live++;
}

static void take_text(struct ids_request *ids, size_t i)
{
    struct wanted *wanted = &ids->wanted[i];
    struct shm_poll poll;
    size_t len = tasklist_slot_text(ids->segment, wanted->id, &poll);
    if (!len)
        return;
    wanted->text = strndup(poll.text, len);
    if (!wanted->text)
        abort();
    ids->n_found++;
    add_live(ids, i, (enum task_state)poll.state, poll.visible);
}

/* For the full view; its text is made when the row has been read. */
static void take_slot(struct ids_request *ids, size_t i)
{
    struct wanted *wanted = &ids->wanted[i];
    struct shm_task *slot = malloc(sizeof *slot);
    if (!slot)
        abort();
    if (!taskread_slot(ids->segment, wanted->id, slot)) {
        free(slot);
        return;
    }
    wanted->slot = slot;
    add_live(ids, i, (enum task_state)slot->state, slot->visible);
}

static void take_from_table(struct ids_request *ids, size_t i)
{
    if (ids->full)
        take_slot(ids, i);
    else
        take_text(ids, i);
}

/* ---- What the table lacks: database thread ---------------------------------------------------------------------- */

struct finding {
    struct store_conn *conn;
    struct ids_request *ids;
    const struct config *config;
    int spool_fd;
};

/* A live task that was not in the table may have come there meanwhile, and only the table has its progress. If it has
 * ended since, the full view shows what its row says: the row must not be behind the slot. */
static void take_again(struct ids_request *ids, size_t i)
{
    struct wanted *wanted = &ids->wanted[i];
    take_from_table(ids, i);
    if (wanted->slot && task_state_final((enum task_state)wanted->slot->state)) {
        free(wanted->slot);
        wanted->slot = NULL;
    }
}

/* NULL: the chain could not be read. */
static char *row_text(const struct finding *finding, const struct wanted *wanted, const struct journal_row *row)
{
    struct taskfull view;
    if (!finding->ids->full)
        return taskview_of_row(row);
    int rc = taskread_full_text(finding->conn, finding->config, finding->spool_fd, wanted->slot, row, &view);
    return rc == 0 ? view.text : NULL;
}

static int keep_row(const struct journal_row *row, void *ctx)
{
    const struct finding *finding = ctx;
    struct ids_request *ids = finding->ids;
    for (size_t i = 0; i < ids->n; i++) {
        struct wanted *wanted = &ids->wanted[i];
        if (!wanted->valid || wanted->text || memcmp(wanted->id, row->id, sizeof row->id) != 0)
            continue;
        bool lives = row->status <= JOURNAL_RUNNING;
        if (lives && !wanted->slot)
            take_again(ids, i);
        ids->elsewhere |= lives && !wanted->slot && !wanted->text;
        if (!wanted->text)
            wanted->text = row_text(finding, wanted, row);
        if (!wanted->text)
            return -1;
    }
    return 0;
}

static char *missing_ids(const struct ids_request *ids)
{
    struct json_out out;
    char id[37];
    json_out_init(&out);
    json_array(&out);
    for (size_t i = 0; i < ids->n; i++) {
        if (!ids->wanted[i].valid || ids->wanted[i].text)
            continue;
        uuid_unparse_lower(ids->wanted[i].id, id);
        json_string(&out, id);
    }
    json_array_end(&out);
    char *text = json_out_copy(&out);
    json_out_fini(&out);
    return text;
}

/* Is there nothing to wait for? Then an answer at once honours the wish. `has`: If-None-Match, or NULL. */
static bool nothing_to_wait_for(const struct ids_request *ids, const char *has, const char *tag)
{
    return (ids->n_live == 0 && !ids->elsewhere) || (has && !etag_matches(has, tag));
}

static bool wait_for_full_list(struct http_request *request, struct db_answer *answer);

/* For a full view, which always reads the journal. */
static void wait_or_not(const struct ids_request *ids, struct db_answer *answer)
{
    if (!ids->may_wait)
        answer->applied_s = ids->applied ? ids->wait_s : 0;
    else if (nothing_to_wait_for(ids, answer->if_none_match, answer->etag))
        answer->applied_s = ids->wait_s;
    else if (!ids->elsewhere)
        answer->longpoll = wait_for_full_list;
}

static int read_missing(struct store_conn *conn, struct db_answer *answer)
{
    struct ids_request *ids = answer->arg;
    char tag[TASKLIST_TAG_BYTES];
    size_t len;
    struct finding finding = {conn, ids, answer->process->config, answer->spool_dir_fd};
    char *missing = missing_ids(ids);
    int rc = journal_each_of(conn, missing, keep_row, &finding);
    free(missing);
    if (rc != 0)
        return rc;
    put_list(ids, &answer->json);
    const char *text = json_out_text(&answer->json, &len);
    tasklist_tag(text, len, tag);
    answer->cache = "private, no-cache";
    answer->vary = true;
    db_answer_not_modified(answer, tag);
    if (ids->full && ids->wait_s)
        wait_or_not(ids, answer);
    return 0;
}

/* ---- From the table: loop --------------------------------------------------------------------------------------- */

static struct ids_request *ids_new(struct shm_segment *segment, yajl_val params)
{
    struct ids_request *ids = calloc(1, sizeof *ids);
    yajl_val list = json_member(params, "ids");
    size_t n = YAJL_IS_ARRAY(list) ? list->u.array.len : 0;
    if (!ids || !(ids->wanted = calloc(n + 1, sizeof *ids->wanted)) || !(ids->live = calloc(n + 1, sizeof *ids->live)))
        abort();
    ids->params = params;
    ids->full = json_member_string(params, "view", NULL) != NULL;
    ids->segment = segment;
    for (; ids->n < n; ids->n++) {
        struct wanted *wanted = &ids->wanted[ids->n];
        const char *sent = sent_id(ids, ids->n);
        wanted->valid = hex_uuid_read(sent, wanted->id) == 0;
        ids->n_valid += wanted->valid;
        if (wanted->valid)
            take_from_table(ids, ids->n);
    }
    return ids;
}

static void reply_list(struct http_request *request, const char *text, size_t len, const char *tag, unsigned applied_s)
{
    char applied[32];
    http_reply_header(request, "ETag", tag);
    http_reply_header(request, "Cache-Control", "private, no-cache");
    http_reply_header(request, "Vary", "Prefer");
    snprintf(applied, sizeof applied, "wait=%u", applied_s);
    if (applied_s)
        http_reply_header(request, "Preference-Applied", applied);
    if (etag_matches(http_header(request, "If-None-Match"), tag))
        http_reply_empty(request, 304);
    else
        http_reply_json(request, 200, text, len);
}

static void answer_list_after_wait(struct http_request *request, bool applied);

static bool wait_for_list(struct http_request *request, const struct ids_request *ids, const char *tag)
{
    struct worker *worker = request->app;
    const char *has = http_header(request, "If-None-Match");
    if (ids->n_live == 0 || (has && !etag_matches(has, tag)))
        return false;
    return longpoll_wait(worker->longpolls, request, has ? LONGPOLL_CHANGE : LONGPOLL_FINISH, ids->live, ids->n_live,
                         ids->wait_s, answer_list_after_wait);
}

static bool wait_for_full_list(struct http_request *request, struct db_answer *answer)
{
    return wait_for_list(request, answer->arg, answer->etag);
}

static void from_table(struct http_request *request, const struct ids_request *ids)
{
    struct json_out out;
    char tag[TASKLIST_TAG_BYTES];
    size_t len;
    bool applied = ids->applied;
    json_out_init(&out);
    put_list(ids, &out);
    const char *text = json_out_text(&out, &len);
    tasklist_tag(text, len, tag);
    if (ids->may_wait && ids->wait_s && wait_for_list(request, ids, tag)) {
        json_out_fini(&out);
        return;
    }
    if (ids->may_wait)
        applied = nothing_to_wait_for(ids, http_header(request, "If-None-Match"), tag);
    char *line = malloc(len + 1);
    if (!line)
        abort();
    memcpy(line, text, len);
    line[len] = '\n';
    reply_list(request, line, len + 1, tag, applied ? ids->wait_s : 0);
    free(line);
    json_out_fini(&out);
}

void tasklist_of_ids(struct http_request *request, yajl_val params, bool may_wait, bool applied)
{
    struct worker *worker = request->app;
    struct ids_request *ids = ids_new(worker->process->segment, params);
    ids->may_wait = may_wait;
    ids->applied = applied;
    ids->wait_s = db_answer_wait(request, params);
    if (ids->n_found < ids->n_valid) {
        db_answer_from(request, worker->reads, read_missing, ids, ids_free);
        return;
    }
    from_table(request, ids);
    ids_free(ids);
}

static void answer_list_after_wait(struct http_request *request, bool applied)
{
    yajl_val params = tasklist_params(request);
    if (params)
        tasklist_of_ids(request, params, false, applied);
}
