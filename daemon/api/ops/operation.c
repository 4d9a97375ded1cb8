/* GET /api/operation: live tasks and those that ended last, the queue by type, processes, slots, totals. From shared
 * memory alone, so it answers without the database too; beside it what was last read of other nodes' tasks.
 *
 * The tag says how often slots have changed, and what was read. With If-None-Match and wait the request is held until that number is
 * another one: a timer sums the slots' version words, only while such a request waits, and at most HELD_MAX wait in a
 * worker. So it needs no word of its own in the segment, and polls pay nothing for it. */
#include "daemon/api/ops/ops.h"

#include "base/clock.h"
#include "base/hex.h"
#include "base/json.h"
#include "daemon/api/ops/elsewhere.h"
#include "daemon/auth/auth.h"
#include "daemon/http/etag.h"
#include "daemon/process/metrics.h"
#include "daemon/task/poll_json.h"
#include "daemon/task/words.h"
#include "daemon/worker/db_answer.h"
#include "handlers/task_type.h"
#include "shm/counters.h"
#include "shm/lock.h"
#include "shm/table.h"
#include "store/rights.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_MS   200
#define HELD_MAX  4
#define LIVE_MAX  200
#define ENDED_MAX 50
#define TAG_BYTES 72

/* ---- Which tasks ------------------------------------------------------------------------------------------------- */

struct chosen {
    struct shm_handle handle;
    uint64_t key; /* the smallest are shown */
};

struct choice {
    struct chosen live[LIVE_MAX], ended[ENDED_MAX];
    unsigned n_live, n_ended;
    int64_t oldest_ms; /* of those that wait; 0 = none */
};

/* Keeps the `max` smallest keys, in order. */
static void choose(struct chosen *list, unsigned *n, unsigned max, struct chosen one)
{
    if (*n == max && list[max - 1].key <= one.key)
        return;
    unsigned at = *n < max ? (*n)++ : max - 1;
    for (; at > 0 && list[at - 1].key > one.key; at--)
        list[at] = list[at - 1];
    list[at] = one;
}

/* Those that run go before those that wait, and these in the order of the queue; of the ended ones the latest. */
static bool choose_head(const struct shm_task *head, struct shm_handle handle, void *ctx)
{
    struct choice *choice = ctx;
    bool waits = head->state == TASK_READY;
    if (task_state_final((enum task_state)head->state)) {
        choose(choice->ended, &choice->n_ended, ENDED_MAX,
               (struct chosen){handle, UINT64_MAX - (uint64_t)head->done_ms});
        return true;
    }
    if (waits && (choice->oldest_ms == 0 || head->created_ms < choice->oldest_ms))
        choice->oldest_ms = head->created_ms;
    choose(choice->live, &choice->n_live, LIVE_MAX,
           (struct chosen){handle, head->order | (waits ? UINT64_C(1) << 63 : 0)});
    return true;
}

/* ---- The text ---------------------------------------------------------------------------------------------------- */

static void put_count(struct json_out *out, const char *key, const struct shm_task *task, enum task_count which)
{
    json_key(out, key);
    if (task->counted & COUNTED(which))
        json_int(out, (int64_t)task->count[which]);
    else
        json_null(out);
}

static void put_runner(struct json_out *out, struct shm_segment *segment, const struct shm_task *task)
{
    struct proc_info info;
    json_key(out, "runner");
    if (task->state == TASK_RUNNING && proctab_read(segment, task->owner.slot, &info) &&
        info.ref.generation == task->owner.generation)
        json_int(out, info.index);
    else
        json_null(out);
}

static void put_task(struct json_out *out, struct shm_segment *segment, struct shm_handle handle)
{
    struct shm_task task;
    uint64_t version;
    char id[HEX_UUID_SIZE], message[TASK_MESSAGE_MAX];
    if (shm_table_read(segment, handle, &task, &version) != 0 || task.state == TASK_FREE ||
        task.state == TASK_RESERVED || task.type >= task_type_count())
        return;
    hex_uuid(task.id, id);
    taskwords_message(&task, message);
    bool final = task_state_final((enum task_state)task.state);
    json_object(out);
    json_put_string(out, "id", id);
    json_put_string(out, "type", task_type_at(task.type)->name);
    json_put_string(out, "status", taskview_status((enum task_state)task.state));
    json_put_bool(out, "waiting", task.state == TASK_READY);
    json_put_string(out, "outcome", final ? task_outcome_name((enum task_outcome)task.outcome) : NULL);
    json_put_int(out, "progress", task.progress);
    json_put_string(out, "message", message);
    json_put_string(out, "error", final ? task.error : "");
    put_count(out, "total", &task, COUNT_TOTAL);
    put_count(out, "done", &task, COUNT_DONE);
    put_count(out, "rejected", &task, COUNT_REJECTED);
    json_put_int(out, "attempt", task.attempt);
    put_runner(out, segment, &task);
    taskview_put_time(out, "created_at", task.created_ms);
    taskview_put_time(out, "started_at", task.state == TASK_RUNNING ? task.started_ms : 0);
    taskview_put_time(out, "done_at", task.done_ms);
    json_object_end(out);
}

static void put_tasks(struct json_out *out, struct shm_segment *segment, const struct choice *choice)
{
    json_key(out, "tasks");
    json_array(out);
    for (unsigned i = 0; i < choice->n_live; i++)
        put_task(out, segment, choice->live[i].handle);
    for (unsigned i = 0; i < choice->n_ended; i++)
        put_task(out, segment, choice->ended[i].handle);
    json_array_end(out);
}

static void put_queue(struct json_out *out, struct shm_segment *segment, const struct choice *choice)
{
    json_key(out, "queue");
    json_object(out);
    taskview_put_time(out, "oldest_at", choice->oldest_ms);
    json_key(out, "types");
    json_object(out);
    for (unsigned i = 0; i < task_type_count(); i++) {
        uint32_t live = shm_table_live(segment, (uint8_t)i), waiting = shm_table_waiting(segment, (uint8_t)i);
        json_key(out, task_type_at(i)->name);
        json_object(out);
        json_put_int(out, "waiting", waiting);
        json_put_int(out, "running", live > waiting ? live - waiting : 0);
        json_key(out, "limit");
        if (task_type_at(i)->concurrency)
            json_int(out, task_type_at(i)->concurrency);
        else
            json_null(out);
        json_object_end(out);
    }
    json_object_end(out);
    json_object_end(out);
}

static void put_slots(struct json_out *out, struct shm_segment *segment)
{
    uint32_t by_state[TASK_STATES], ended = 0, live = 0;
    shm_table_count(segment, by_state);
    for (unsigned state = TASK_RESERVED; state < TASK_STATES; state++)
        *(task_state_final((enum task_state)state) ? &ended : &live) += by_state[state];
    json_key(out, "slots");
    json_object(out);
    json_put_int(out, "all", shm_segment_geometry(segment)->slots);
    json_put_int(out, "live", live);
    json_put_int(out, "ended", ended);
    json_put_int(out, "repairs", (int64_t)shm_lock_recoveries(segment));
    json_object_end(out);
}

static void put_processes(struct json_out *out, struct shm_segment *segment, bool admin)
{
    static const char *const states[] = {"free", "starting", "active", "stopping", "dead"};
    int64_t now = clock_mono_ms();
    json_key(out, "processes");
    json_array(out);
    for (uint32_t slot = 0; slot < proctab_size(segment); slot++) {
        struct proc_info info;
        if (!proctab_read(segment, slot, &info) || info.state == PROC_FREE || info.state > PROC_DEAD)
            continue;
        json_object(out);
        json_put_string(out, "kind", proc_kind_name(info.kind));
        json_put_int(out, "index", info.index);
        json_put_string(out, "state", states[info.state]);
        json_key(out, "pid");
        if (admin && info.pid > 0)
            json_int(out, info.pid);
        else
            json_null(out);
        json_put_int(out, "age_ms", now > info.started_ms ? now - info.started_ms : 0);
        json_key(out, "beat_age_ms");
        if (info.beat_ms)
            json_int(out, now > info.beat_ms ? now - info.beat_ms : 0);
        else
            json_null(out);
        json_object_end(out);
    }
    json_array_end(out);
}

/* Totals since the segment was made: rates are their differences over `now`. */
static void put_totals(struct json_out *out, struct shm_segment *segment)
{
    uint32_t words = METRICS_WORDS(task_type_count());
    uint64_t *sums = calloc(words, sizeof *sums), requests = 0, unchanged = 0, started = 0;
    uint64_t ended[METRICS_OUTCOMES] = {0};
    if (!sums)
        abort();
    counters_sum(segment, sums, words);
    for (unsigned i = 0; i < METRICS_ROUTES * METRICS_CODES; i++) {
        requests += sums[METRICS_REQUESTS + i];
        unchanged += strcmp(metrics_code_names[i % METRICS_CODES], "304") == 0 ? sums[METRICS_REQUESTS + i] : 0;
    }
    for (unsigned type = 0; type < task_type_count(); type++) {
        const uint64_t *of_type = sums + METRICS_WORDS(type);
        for (unsigned i = 0; i <= METRICS_BOUNDS; i++)
            started += of_type[METRICS_DELAY + i];
        for (unsigned i = OUTCOME_SUCCEEDED; i < METRICS_OUTCOMES; i++)
            ended[i] += of_type[METRICS_FINISHED + i];
    }
    json_key(out, "totals");
    json_object(out);
    json_put_int(out, "requests", (int64_t)requests);
    json_put_int(out, "unchanged", (int64_t)unchanged);
    json_put_int(out, "polls_held", (int64_t)sums[METRICS_POLLS_HELD]);
    json_put_int(out, "started", (int64_t)started);
    json_key(out, "ended");
    json_object(out);
    for (unsigned i = OUTCOME_SUCCEEDED; i < METRICS_OUTCOMES; i++)
        json_put_int(out, task_outcome_name((enum task_outcome)i), (int64_t)ended[i]);
    json_object_end(out);
    json_put_int(out, "waits_locked", (int64_t)sums[METRICS_WAITS_LOCKED]);
    json_put_int(out, "waits_database", (int64_t)sums[METRICS_WAITS_DATABASE]);
    json_put_int(out, "reconnects", (int64_t)sums[METRICS_RECONNECTS]);
    json_object_end(out);
    free(sums);
}

static void put_database(struct json_out *out, const struct worker *worker)
{
    struct store_error error;
    char text[200];
    int64_t age;
    bool up = dbthread_healthy(worker->db, &age), trouble = dbthread_trouble(worker->db, &error);
    unsigned weak = metrics_weakness(worker->process);
    store_weakness_text(weak, text, sizeof text);
    json_key(out, "database");
    json_object(out);
    json_put_bool(out, "up", up);
    json_put_bool(out, "built_in", worker->process->config->private_database);
    json_key(out, "age_ms");
    if (age < 0)
        json_null(out);
    else
        json_int(out, age);
    json_put_string(out, "trouble", !up && trouble ? store_error_words(&error) : NULL);
    json_put_string(out, "weakness", weak ? text : NULL);
    json_object_end(out);
}

static void put_operation(struct json_out *out, const struct worker *worker, bool admin)
{
    struct shm_segment *segment = worker->process->segment;
    struct choice choice = {.n_live = 0};
    char node[HEX_UUID_SIZE];
    hex_uuid(worker->process->node, node);
    shm_table_each_head(segment, choose_head, &choice);
    json_object(out);
    taskview_put_time(out, "now", clock_wall_ms());
    json_put_string(out, "node", node);
    put_tasks(out, segment, &choice);
    json_key(out, "elsewhere");
    elsewhere_put(out);
    put_queue(out, segment, &choice);
    put_slots(out, segment);
    put_processes(out, segment, admin);
    put_totals(out, segment);
    put_database(out, worker);
    json_object_end(out);
}

/* ---- Answer and wait: loop --------------------------------------------------------------------------------------- */

struct held {
    struct http_request *request; /* NULL = free */
    int64_t until_ms;
    unsigned wait_s;
};

static struct held held[HELD_MAX];
static struct event *look;

static void tag_of(const struct worker *worker, char tag[TAG_BYTES])
{
    struct shm_segment *segment = worker->process->segment;
    snprintf(tag, TAG_BYTES, "W/\"o.%llx.%llx.%llx\"", (unsigned long long)shm_segment_boot(segment),
             (unsigned long long)shm_table_changes(segment), (unsigned long long)elsewhere_changes());
}

/* The tag first: what changes while the text is made is told by the next one. */
static void answer_now(struct http_request *request, unsigned applied_s)
{
    const struct worker *worker = request->app;
    struct json_out out;
    char tag[TAG_BYTES], applied[32];
    size_t len;
    tag_of(worker, tag);
    http_reply_header(request, "ETag", tag);
    http_reply_header(request, "Cache-Control", "private, no-cache");
    http_reply_header(request, "Vary", "Prefer");
    snprintf(applied, sizeof applied, "wait=%u", applied_s);
    if (applied_s)
        http_reply_header(request, "Preference-Applied", applied);
    if (etag_matches(http_header(request, "If-None-Match"), tag)) {
        http_reply_empty(request, 304);
        return;
    }
    json_out_init(&out);
    put_operation(&out, worker, auth_admin(worker->auth, request));
    const char *text = json_out_text(&out, &len);
    http_reply_json(request, 200, text, len);
    json_out_fini(&out);
}

static void let_go(struct held *one)
{
    one->request->gone = NULL;
    one->request->user = NULL;
    one->request = NULL;
}

static void on_gone(struct http_request *request)
{
    let_go(request->user);
    http_reply_empty(request, 204); /* to nobody: ends the request */
}

/* While somebody waits. */
static void on_look(evutil_socket_t fd, short what, void *arg)
{
    struct worker *worker = arg;
    int64_t now = clock_mono_ms();
    char tag[TAG_BYTES];
    bool any = false;
    (void)fd;
    (void)what;
    if (!worker->draining)
        elsewhere_refresh(worker);
    tag_of(worker, tag);
    for (unsigned i = 0; i < HELD_MAX; i++) {
        struct held *one = &held[i];
        struct http_request *request = one->request;
        if (!request)
            continue;
        if (!worker->draining && now < one->until_ms && etag_matches(http_header(request, "If-None-Match"), tag)) {
            any = true;
            continue;
        }
        let_go(one);
        answer_now(request, worker->draining ? 0 : one->wait_s);
    }
    if (!any)
        event_del(look);
}

/* Returns false if too many wait. */
static bool hold(struct http_request *request, unsigned wait_s)
{
    static const struct timeval pause = {.tv_usec = LOOK_MS * 1000};
    struct worker *worker = request->app;
    unsigned i = 0;
    while (i < HELD_MAX && held[i].request)
        i++;
    if (i == HELD_MAX || worker->draining)
        return false;
    held[i] = (struct held){request, clock_mono_ms() + 1000 * (int64_t)wait_s, wait_s};
    request->user = &held[i];
    request->gone = on_gone;
    if (!look && !(look = event_new(worker->base, -1, EV_PERSIST, on_look, worker)))
        abort();
    if (!event_pending(look, EV_TIMEOUT, NULL) && event_add(look, &pause) != 0)
        abort();
    return true;
}

void resource_operation(struct http_request *request)
{
    static const struct param_spec specs[] = {
        {.name = "wait", .kind = PARAM_INT, .max = 1000000000, .help = "Seconds to wait for a change."},
        {.name = NULL},
    };
    char tag[TAG_BYTES];
    yajl_val params = db_answer_params(request, specs);
    if (!params)
        return;
    unsigned wait_s = db_answer_wait(request, params);
    yajl_tree_free(params);
    elsewhere_refresh(request->app);
    tag_of(request->app, tag);
    bool same = etag_matches(http_header(request, "If-None-Match"), tag);
    if (!wait_s || !same)
        answer_now(request, same ? 0 : wait_s);
    else if (!hold(request, wait_s))
        answer_now(request, 0);
}
