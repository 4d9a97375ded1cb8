/* GET, HEAD /api/tasks/{id}: from shared memory without SQL, a long poll on request; the rest from the journal.
 * ?view=full: full.c. */
#include "daemon/api/task/read.h"

#include "base/clock.h"
#include "base/hex.h"
#include "daemon/api/task/tasks.h"
#include "daemon/http/etag.h"
#include "daemon/http/prefer.h"
#include "daemon/task/poll_json.h"
#include "daemon/task/state.h"
#include "daemon/worker/db_answer.h"
#include "daemon/worker/longpoll.h"
#include "daemon/worker/textcache.h"
#include "handlers/params.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#define JOURNAL_DEADLINE_MS 5000

/* ---- The answer ---- */

static void reply_preference(struct http_request *request, const struct task_reading *reading)
{
    char text[32];
    snprintf(text, sizeof text, "wait=%u", reading->wait_s);
    http_reply_header(request, "Preference-Applied", text);
}

/* A header costs 2 to 8 % of a whole answer, so there is none without a use. A 304 has the three that RFC 9110 demands. */
void taskread_reply(struct http_request *request, const struct task_reading *reading, const struct task_shown *shown)
{
    const struct worker *worker = request->app;
    http_reply_header(request, "ETag", shown->tag);
    http_reply_header(request, "Cache-Control", "private, no-cache");
    http_reply_header(request, "Vary", "Prefer");
    if (reading->applied)
        reply_preference(request, reading);
    if (etag_matches(http_header(request, "If-None-Match"), shown->tag)) {
        http_reply_empty(request, 304);
        return;
    }
    if (shown->final)
        http_reply_header(request, "Task-Outcome", task_outcome_name((enum task_outcome)shown->outcome));
    else
        http_reply_header(request, "Retry-After", worker->retry_after);
    http_reply_json(request, 200, shown->text, shown->len);
}

void resource_task_not_found(struct http_request *request)
{
    http_reply_problem(request, "task-not-found", NULL, NULL);
}

/* ---- From the journal ---- */

struct journal_get {
    struct db_call call;
    struct http_request *request;
    struct task_reading reading;
    bool keep; /* the slot says that its text is here: later polls are answered from the worker's memory */
    bool found, gone;
    bool final;
    uint8_t outcome;
    char *text; /* rendered; heap */
    size_t len;
};

static void render_row(struct journal_get *get, const struct journal_row *row)
{
    struct shm_task task;
    taskview_from_row(row, &task);
    get->text = taskview_of_row(row);
    get->len = strlen(get->text);
    get->final = task_state_final((enum task_state)task.state);
    get->outcome = task.outcome;
}

static int journal_get_work(struct store_conn *conn, void *ctx)
{
    struct journal_get *get = ctx;
    struct journal_row row;
    int found = journal_read(conn, get->reading.id, &row);
    if (found < 0)
        return -1;
    get->found = found == 1;
    if (get->found) {
        render_row(get, &row);
        journal_row_fini(&row);
        return 0;
    }
    int gone = journal_gone(conn, get->reading.id);
    get->gone = gone == 1;
    return gone < 0 ? -1 : 0;
}

/* A final representation never changes, so its id is its tag. A task of another node may change and has no version here:
 * `hash` is that of its text. */
static void journal_tag(const uuid_t id, char *tag, size_t size, uint64_t hash)
{
    char text[37];
    uuid_unparse_lower(id, text);
    if (hash)
        snprintf(tag, size, "W/\"j.%s.%016llx\"", text, (unsigned long long)hash);
    else
        snprintf(tag, size, "W/\"j.%s\"", text);
}

static void serve(struct http_request *request, struct task_reading *reading);

/* The table may have missed the task while its lock was stuck, and only the table has its progress: try again. */
static bool in_table_now(const struct journal_get *get)
{
    const struct worker *worker = get->request->app;
    struct shm_poll poll;
    return taskstate_check(shm_table_poll(worker->process->segment, get->reading.id, &poll)) == 0;
}

static void reply_journal(struct journal_get *get)
{
    struct worker *worker = get->request->app;
    char tag[80];
    if (!get->final && in_table_now(get)) {
        serve(get->request, &get->reading);
        return;
    }
    if (!get->final)
        get->reading.applied = false; /* lives on another node: it cannot wait here */
    journal_tag(get->reading.id, tag, sizeof tag, get->final ? 0 : etag_digest(get->text, get->len) | 1);
    if (get->keep && get->final)
        textcache_put(worker->texts, get->reading.id, get->text, get->len);
    struct task_shown shown = {tag, get->final, get->outcome, get->text, get->len};
    taskread_reply(get->request, &get->reading, &shown);
}

static void journal_get_done(struct db_call *call)
{
    struct journal_get *get = call->ctx;
    if (call->result != 0)
        db_answer_unavailable(get->request, &call->error);
    else if (get->found)
        reply_journal(get);
    else if (get->gone)
        http_reply_problem(get->request, "task-expired", NULL, NULL);
    else
        resource_task_not_found(get->request);
    free(get->text);
    free(get);
}

static void get_from_journal(struct http_request *request, const struct task_reading *reading, bool keep)
{
    struct worker *worker = request->app;
    struct journal_get *get = calloc(1, sizeof *get);
    if (!get)
        abort();
    get->request = request;
    get->reading = *reading;
    get->keep = keep;
    get->call = (struct db_call){.work = journal_get_work,
                                 .done = journal_get_done,
                                 .ctx = get,
                                 .deadline_ms = clock_mono_ms() + JOURNAL_DEADLINE_MS};
    if (dbthread_submit(worker->db, &get->call) != 0) {
        http_reply_problem_retry(request, "database-unavailable", NULL, 2);
        free(get);
    }
}

/* Final, and longer than a slot. A client that has it needs no body, so the journal is not read. */
static void get_long(struct http_request *request, const struct task_reading *reading, const struct shm_poll *poll)
{
    struct worker *worker = request->app;
    char tag[80];
    struct task_shown shown = {.tag = tag, .final = true, .outcome = poll->outcome};
    journal_tag(reading->id, tag, sizeof tag, 0);
    shown.text = textcache_get(worker->texts, reading->id, &shown.len);
    if (shown.text || etag_matches(http_header(request, "If-None-Match"), tag))
        taskread_reply(request, reading, &shown);
    else
        get_from_journal(request, reading, true);
}

/* ---- From shared memory ---- */

static void answer_after_wait(struct http_request *request, bool applied);

/* It waits until the state differs from the one the client has, or, without one, until the task ends. */
static bool wait_for_task(struct http_request *request, const struct task_reading *reading, uint64_t visible)
{
    struct worker *worker = request->app;
    struct longpoll_task task = {.visible = visible};
    enum longpoll_until until = http_header(request, "If-None-Match") ? LONGPOLL_CHANGE : LONGPOLL_FINISH;
    return shm_table_find(worker->process->segment, reading->id, &task.handle) == 0 &&
           longpoll_wait(worker->longpolls, request, until, &task, 1, reading->wait_s, answer_after_wait);
}

bool taskread_wait(struct http_request *request, struct task_reading *reading, const struct task_shown *shown,
                   uint64_t visible)
{
    if (!reading->wait_s || !reading->may_wait || shown->final)
        return false;
    const char *has = http_header(request, "If-None-Match");
    if (has && !etag_matches(has, shown->tag))
        return false;
    reading->applied = wait_for_task(request, reading, visible);
    return reading->applied;
}

static void slot_tag(char tag[48], uint64_t boot, uint64_t visible)
{
    memcpy(tag, "W/\"", 3);
    char *to = hex_number(boot, tag + 3);
    *to++ = '.';
    to = hex_number(visible, to);
    *to++ = '"';
    *to = '\0';
}

static void serve(struct http_request *request, struct task_reading *reading)
{
    const struct worker *worker = request->app;
    struct shm_segment *segment = worker->process->segment;
    struct shm_poll poll;
    char tag[48];
    if (reading->full) {
        taskread_full(request, reading);
        return;
    }
    int rc = taskstate_check(shm_table_poll(segment, reading->id, &poll));
    if (rc != 0) {
        get_from_journal(request, reading, false);
        return;
    }
    if (poll.flags & TASK_TEXT_IN_JOURNAL) {
        get_long(request, reading, &poll);
        return;
    }
    struct task_shown shown = {tag, task_state_final((enum task_state)poll.state), poll.outcome, poll.text,
                               poll.text_len};
    slot_tag(tag, shm_segment_boot(segment), poll.visible);
    if (!taskread_wait(request, reading, &shown, poll.visible))
        taskread_reply(request, reading, &shown);
}

/* The query's wish goes before the header's. Returns false if it is not a number of seconds; a header that is none is
 * ignored (RFC 7240). */
static bool read_wait(struct http_request *request, struct task_reading *reading)
{
    const struct worker *worker = request->app;
    const char *text = http_param(request, "wait");
    unsigned limit = worker->process->config->max_wait_s;
    reading->wait_s = 0;
    if (text && !prefer_seconds(text, &reading->wait_s))
        return false;
    if (!text)
        prefer_wait(http_header(request, "Prefer"), &reading->wait_s);
    if (reading->wait_s > limit)
        reading->wait_s = limit;
    reading->applied = reading->wait_s > 0;
    return true;
}

static const char *const views[] = {"full", NULL};
static const struct param_spec full_params[] = {
    {.name = "view", .kind = PARAM_CHOICE, .required = true, .choices = views, .help = "full: everything known of it."},
    {.name = "wait", .kind = PARAM_INT, .max = 1000000000, .help = "Seconds to wait for a change."},
    {.name = NULL},
};

/* A plain poll ignores unknown parameters: an old page may add one of its own against caches. A client that names a view
 * knows this interface, so its parameters are checked. */
static bool read_query(struct http_request *request, struct task_reading *reading)
{
    reading->full = http_param(request, "view") != NULL;
    if (!reading->full && read_wait(request, reading))
        return true;
    struct param_faults faults = {.n = 0}; /* 20 KB: not for every poll */
    if (reading->full)
        free(params_from_text(full_params, request->params, request->n_params, &faults));
    if (!faults.n && !read_wait(request, reading)) {
        param_faults_add(&faults, "/wait", "type", "must be whole seconds, for example 20");
        param_faults_expect(&faults, "integer");
    }
    if (faults.n)
        http_reply_problem(request, "invalid-parameters", NULL, &faults);
    return faults.n == 0;
}

static void answer_after_wait(struct http_request *request, bool applied)
{
    struct task_reading reading = {.full = http_param(request, "view") != NULL};
    hex_uuid_read(request->args[0], reading.id);
    read_wait(request, &reading);
    reading.applied = applied;
    serve(request, &reading);
}

void resource_task_get(struct http_request *request)
{
    struct task_reading reading = {.may_wait = true};
    if (hex_uuid_read(request->args[0], reading.id) != 0)
        resource_task_not_found(request);
    else if (read_query(request, &reading))
        serve(request, &reading);
}
