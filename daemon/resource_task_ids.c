/* GET /api/tasks?ids=a,b,c: several tasks with one request, held on request like a single one.
 *
 * What the table has is answered without SQL. Held are requests whose tasks all stand in the table: with If-None-Match
 * until one of them changes, without until all of them have ended. One that is only in the journal takes the request
 * there, and it is answered at once. */
#include "daemon/answer.h"
#include "daemon/hold.h"
#include "daemon/http/prefer.h"
#include "daemon/tasklist.h"
#include "daemon/taskview.h"
#include "handlers/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

struct wanted {
    store_uuid id;
    bool valid; /* an id at all */
    char *text; /* NULL: not found yet */
};

struct ids_request {
    size_t n, n_live, n_valid, n_found;
    struct hold_task *live; /* those that have not ended */
    struct wanted *wanted;
    yajl_val params; /* owns the ids as they were sent */
};

static void ids_free(void *arg)
{
    struct ids_request *ids = arg;
    for (size_t i = 0; i < ids->n; i++)
        free(ids->wanted[i].text);
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

/* ---- What the table lacks: database thread ------------------------------------------------------------------------
 */

static int keep_row(const struct journal_row *row, void *ctx)
{
    struct ids_request *ids = ctx;
    for (size_t i = 0; i < ids->n; i++)
        if (ids->wanted[i].valid && !ids->wanted[i].text && memcmp(ids->wanted[i].id, row->id, sizeof row->id) == 0)
            ids->wanted[i].text = taskview_of_row(row);
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

static int read_missing(struct store_conn *conn, struct answer *answer)
{
    struct ids_request *ids = answer->arg;
    char tag[TASKLIST_TAG_BYTES];
    size_t len;
    char *missing = missing_ids(ids);
    int rc = journal_each_of(conn, missing, keep_row, ids);
    free(missing);
    if (rc != 0)
        return rc;
    put_list(ids, &answer->json);
    const char *text = json_out_text(&answer->json, &len);
    tasklist_tag(text, len, tag);
    answer->cache = "private, no-cache";
    answer_not_modified(answer, tag);
    return 0;
}

/* ---- From the table: loop -----------------------------------------------------------------------------------------
 */

static void look_up(struct ids_request *ids, size_t i, struct shm_segment *segment)
{
    struct wanted *wanted = &ids->wanted[i];
    const char *sent = sent_id(ids, i);
    struct shm_poll poll;
    wanted->valid = strlen(sent) == 36 && uuid_parse(sent, wanted->id) == 0;
    ids->n_valid += wanted->valid;
    size_t len = wanted->valid ? tasklist_slot_text(segment, wanted->id, &poll) : 0;
    if (!len)
        return;
    wanted->text = strndup(poll.text, len);
    if (!wanted->text)
        abort();
    ids->n_found++;
    struct hold_task *live = &ids->live[ids->n_live];
    live->visible = poll.visible;
    if (!task_state_final((enum task_state)poll.state) && !named_before(ids, i) &&
        shm_table_find(segment, wanted->id, &live->handle) == 0)
        ids->n_live++;
}

static struct ids_request *ids_new(struct shm_segment *segment, yajl_val params)
{
    struct ids_request *ids = calloc(1, sizeof *ids);
    yajl_val list = json_member(params, "ids");
    size_t n = YAJL_IS_ARRAY(list) ? list->u.array.len : 0;
    if (!ids || !(ids->wanted = calloc(n + 1, sizeof *ids->wanted)) || !(ids->live = calloc(n + 1, sizeof *ids->live)))
        abort();
    ids->params = params;
    for (; ids->n < n; ids->n++)
        look_up(ids, ids->n, segment);
    return ids;
}

static unsigned wait_of(struct http_request *request, yajl_val params)
{
    const struct worker *worker = request->app;
    unsigned limit = worker->process->config->max_wait_s, wait_s = 0;
    int64_t asked = json_member_int(params, "wait", -1);
    if (asked < 0)
        prefer_wait(http_header(request, "Prefer"), &wait_s);
    else
        wait_s = (unsigned)asked;
    return wait_s < limit ? wait_s : limit;
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
    if (answer_tag_matches(http_header(request, "If-None-Match"), tag))
        http_reply_empty(request, 304);
    else
        http_reply_json(request, 200, text, len);
}

static void answer_held_list(struct http_request *request, bool applied);

static bool hold_list(struct http_request *request, const struct ids_request *ids, unsigned wait_s, const char *tag)
{
    struct worker *worker = request->app;
    const char *has = http_header(request, "If-None-Match");
    if (ids->n_live == 0 || (has && !answer_tag_matches(has, tag)))
        return false;
    return hold_request(worker->hold, request, has ? HOLD_CHANGE : HOLD_FINISH, ids->live, ids->n_live, wait_s,
                        answer_held_list);
}

/* Is there nothing to wait for, so that the wish is honoured by an answer at once? */
static bool nothing_to_wait_for(struct http_request *request, const struct ids_request *ids, const char *tag)
{
    const char *has = http_header(request, "If-None-Match");
    return ids->n_live == 0 || (has && !answer_tag_matches(has, tag));
}

static void from_table(struct http_request *request, struct ids_request *ids, bool may_hold, bool applied)
{
    struct json_out out;
    char tag[TASKLIST_TAG_BYTES];
    size_t len;
    unsigned wait_s = wait_of(request, ids->params);
    json_out_init(&out);
    put_list(ids, &out);
    const char *text = json_out_text(&out, &len);
    tasklist_tag(text, len, tag);
    if (may_hold && wait_s && hold_list(request, ids, wait_s, tag)) {
        json_out_fini(&out);
        return;
    }
    if (may_hold)
        applied = nothing_to_wait_for(request, ids, tag);
    char *line = malloc(len + 1);
    if (!line)
        abort();
    memcpy(line, text, len);
    line[len] = '\n';
    reply_list(request, line, len + 1, tag, applied ? wait_s : 0);
    free(line);
    json_out_fini(&out);
}

void tasklist_of_ids(struct http_request *request, yajl_val params, bool may_hold, bool applied)
{
    struct worker *worker = request->app;
    struct ids_request *ids = ids_new(worker->process->segment, params);
    if (ids->n_found < ids->n_valid) {
        answer_from(request, worker->reads, read_missing, ids, ids_free);
        return;
    }
    from_table(request, ids, may_hold, applied);
    ids_free(ids);
}

static void answer_held_list(struct http_request *request, bool applied)
{
    yajl_val params = tasklist_params(request);
    if (params)
        tasklist_of_ids(request, params, false, applied);
}
