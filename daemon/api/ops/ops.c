/* Liveness and readiness of the daemon as one worker sees it. */
#include "daemon/api/ops/ops.h"

#include "base/clock.h"
#include "base/commit.h"
#include "daemon/api/console/console.h"
#include "daemon/process/metrics.h"
#include "daemon/worker/worker.h"
#include "shm/table.h"
#include "store/migrate.h"
#include "store/rights.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

/* A runner or janitor without a sign of life for this long is not "ready"; the master replaces it later. */
#define BEAT_FRESH_MS  5000
/* Load balancers give a probe a few seconds. */
#define READY_LIMIT_MS 2000
/* So long a try that succeeded stands for the next ones: however often somebody asks, starts have the database. */
#define READY_KEPT_MS  200

static int64_t tried_ms; /* CLOCK_MONOTONIC of the last try that succeeded */

void resource_healthz(struct http_request *request)
{
    http_reply_header(request, "Cache-Control", "no-store");
    http_reply_json(request, 200, "{\"status\":\"ok\"}\n", 16);
}

/* ---- Readiness ---- */

/* One look: a try of what a start does is on its way to the database. The answer does not wait for it for ever. */
struct look {
    struct http_request *request; /* NULL: answered, or the client has left */
    struct event *limit;
    struct db_call call;
};

struct checks {
    struct json_out *out;
    bool ready;
};

/* `age_ms`: -1 = there was none yet. `code`, `detail`: what is wrong if it is not ok; `detail` also of what is weak. */
static void put_check(struct checks *checks, const char *name, bool ok, int64_t age_ms, const char *code,
                      const char *detail)
{
    json_key(checks->out, name);
    json_object(checks->out);
    json_put_bool(checks->out, "ok", ok);
    if (age_ms < 0)
        json_put_string(checks->out, "age_ms", NULL);
    else
        json_put_int(checks->out, "age_ms", age_ms);
    if (!ok)
        json_put_string(checks->out, "code", code);
    if (detail)
        json_put_string(checks->out, "detail", detail);
    json_object_end(checks->out);
    checks->ready &= ok;
}

/* Every configured process of the kind is active and has beaten lately. */
static void check_kind(struct checks *checks, const struct process *process, enum proc_kind kind, unsigned want)
{
    unsigned fresh = 0;
    char code[40], detail[100];
    int64_t oldest = -1, now = clock_mono_ms();
    for (uint32_t slot = 0; slot < proctab_size(process->segment); slot++) {
        struct proc_info info;
        if (!proctab_read(process->segment, slot, &info) || info.kind != kind || info.state != PROC_ACTIVE ||
            info.beat_ms == 0)
            continue;
        int64_t age = now > info.beat_ms ? now - info.beat_ms : 0;
        fresh += age <= BEAT_FRESH_MS;
        oldest = age > oldest ? age : oldest;
    }
    snprintf(code, sizeof code, "%s-missing", proc_kind_name(kind));
    snprintf(detail, sizeof detail, "%u of %u %s processes work; the master replaces the others", fresh, want,
             proc_kind_name(kind));
    put_check(checks, proc_kind_name(kind), fresh >= want, oldest, code, fresh >= want ? NULL : detail);
}

/* The janitor shows its session with the database once the schema is ours and the table is filled from the journal. */
static void check_journal(struct checks *checks, struct shm_segment *segment)
{
    bool loaded = proctab_session(segment, proctab_find(segment, PROC_JANITOR, 0)) != 0;
    put_check(checks, "journal", loaded, 0, "journal-not-loaded", loaded ? NULL : "the journal is not loaded yet");
}

static void check_durability(struct checks *checks, const struct process *process)
{
    char text[200];
    unsigned weak = metrics_weakness(process);
    bool ok = weak == 0 || !process->config->db_require_durable;
    store_weakness_text(weak, text, sizeof text);
    put_check(checks, "durability", ok, 0, "not-durable", weak ? text : NULL);
}

/* A table full of live tasks refuses every start; one full of finished ones gives up the oldest. */
static void check_slots(struct checks *checks, struct shm_segment *segment)
{
    uint32_t by_state[TASK_STATES];
    shm_table_count(segment, by_state);
    bool room = by_state[TASK_FREE] != 0;
    for (unsigned state = 0; state < TASK_STATES && !room; state++)
        room = task_state_final((enum task_state)state) && by_state[state] != 0;
    put_check(checks, "slots", room, 0, "table-full",
              room ? NULL : "the task table is full: every slot holds a task that waits or runs");
}

static void check_all(struct checks *checks, struct worker *worker, const char *trouble)
{
    const struct process *process = worker->process;
    struct shm_segment *segment = process->segment;
    int64_t age;
    (void)dbthread_healthy(worker->db, &age);
    put_check(checks, "database", !trouble, age, "database-unavailable", trouble);
    check_durability(checks, process);
    check_kind(checks, process, PROC_RUNNER, process->config->runners);
    check_kind(checks, process, PROC_JANITOR, 1);
    check_journal(checks, segment);
    bool intact = shm_segment_intact(segment);
    put_check(checks, "shared_memory", intact, 0, "segment-damaged",
              intact ? NULL : "the shared memory is not as this program laid it out");
    check_slots(checks, segment);
    put_check(checks, "accepting", !worker->draining, 0, "draining",
              worker->draining ? "this worker is being stopped" : NULL);
}

/* `trouble`: why a start would not get into the database, or NULL. */
static void reply_readiness(struct http_request *request, const char *trouble)
{
    struct worker *worker = request->app;
    struct json_out out;
    struct checks checks = {&out, true};
    size_t len;
    json_out_init(&out);
    json_object(&out);
    json_key(&out, "checks");
    json_object(&out);
    check_all(&checks, worker, trouble);
    json_object_end(&out);
    json_put_bool(&out, "ready", checks.ready);
    json_put_string(&out, "database",
                    worker->process->config->private_database ? "built-in, for evaluation and small sites"
                                                              : "configured");
    json_object_end(&out);
    const char *text = json_out_text(&out, &len);
    http_reply_header(request, "Cache-Control", "no-store");
    if (!checks.ready)
        http_reply_header(request, "Retry-After", "2");
    http_reply_json(request, checks.ready ? 200 : 503, text, len);
    json_out_fini(&out);
}

static void answer_look(struct look *look, const char *trouble)
{
    struct http_request *request = look->request;
    if (!request)
        return;
    look->request = NULL;
    request->gone = NULL;
    request->user = NULL;
    reply_readiness(request, trouble);
}

static void on_limit(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    answer_look(arg, "the database does not answer");
}

static void on_gone(struct http_request *request)
{
    struct look *look = request->user;
    look->request = NULL;
}

static int try_start(struct store_conn *conn, void *ctx)
{
    (void)ctx;
    return store_try_start(conn);
}

static void start_tried(struct db_call *call)
{
    struct look *look = call->ctx;
    tried_ms = call->result == 0 ? clock_mono_ms() : 0;
    answer_look(look, call->result == 0 ? NULL : store_error_words(&call->error));
    event_free(look->limit);
    free(look);
}

void resource_readyz(struct http_request *request)
{
    static const struct timeval limit = {.tv_sec = READY_LIMIT_MS / 1000};
    struct worker *worker = request->app;
    struct store_error error;
    /* A thread that cannot connect says so by itself every half second: nobody needs to wait for that again. */
    bool trouble = dbthread_trouble(worker->db, &error);
    if (trouble && error.cls == STORE_GONE) {
        reply_readiness(request, store_error_words(&error));
        return;
    }
    if (!trouble && tried_ms != 0 && clock_mono_ms() - tried_ms < READY_KEPT_MS) {
        reply_readiness(request, NULL);
        return;
    }
    struct look *look = calloc(1, sizeof *look);
    if (!look || !(look->limit = evtimer_new(worker->base, on_limit, look)) || evtimer_add(look->limit, &limit) != 0)
        abort();
    look->request = request;
    look->call = (struct db_call){
        .work = try_start, .done = start_tried, .ctx = look, .deadline_ms = clock_mono_ms() + READY_LIMIT_MS};
    request->user = look;
    request->gone = on_gone;
    if (dbthread_submit(worker->db, &look->call) != 0) {
        answer_look(look, "too many requests wait for the database");
        event_free(look->limit);
        free(look);
    }
}

void resource_version(struct http_request *request)
{
    char body[400];
    int len = snprintf(body, sizeof body,
                       "{\"version\":\"%s\",\"commit\":\"%s\",\"api\":%d,\"client_min\":\"%s\",\"schema\":%u,"
                       "\"shared_memory_layout\":\"%08x\",\"console\":\"%s\"}\n",
                       PACKAGE_VERSION, build_commit, OPS_API, OPS_CLIENT_MIN, store_schema_version(),
                       shm_segment_layout(), web_build);
    http_reply_header(request, "Cache-Control", "no-cache");
    http_reply_header(request, "Link", "</api/openapi.json>; rel=\"service-desc\"");
    http_reply_json(request, 200, body, (size_t)len);
}
