/* GET /metrics: Prometheus text format 0.0.4. Every label comes from a fixed set: routes, codes, task types, kinds of
 * processes, worker numbers. Totals are those of the whole daemon, whichever worker answers. */
#include "daemon/process/metrics.h"
#include "base/clock.h"
#include "base/commit.h"
#include "daemon/api/ops/ops.h"
#include "daemon/worker/worker.h"
#include "handlers/task_type.h"
#include "shm/counters.h"
#include "shm/lock.h"
#include "shm/table.h"
#include "store/migrate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct page {
    FILE *out;
    const struct process *process;
    struct shm_segment *segment;
    uint64_t *sums;
};

static void family(const struct page *page, const char *name, const char *type, const char *help)
{
    fprintf(page->out, "# HELP priceforge_%s %s\n# TYPE priceforge_%s %s\n", name, help, name, type);
}

/* One sample without labels. */
static void plain(const struct page *page, const char *name, uint64_t value)
{
    fprintf(page->out, "priceforge_%s %" PRIu64 "\n", name, value);
}

/* One sample with one label. */
static void sample(const struct page *page, const char *name, const char *label, const char *text, uint64_t value)
{
    fprintf(page->out, "priceforge_%s{%s=\"%s\"} %" PRIu64 "\n", name, label, text, value);
}

static void put_build(const struct page *page)
{
    family(page, "build_info", "gauge", "Always 1; the labels say which build answers.");
    fprintf(page->out,
            "priceforge_build_info{version=\"%s\",commit=\"%s\",schema=\"%u\",shared_memory_layout=\"%08x\"} 1\n",
            PACKAGE_VERSION, build_commit, store_schema_version(), shm_segment_layout());
}

/* ---- Requests ---- */

static void put_route(const struct page *page, unsigned number, const char *method, const char *route)
{
    const uint64_t *sums = page->sums + METRICS_REQUESTS + number * METRICS_CODES;
    for (unsigned code = 0; code < METRICS_CODES; code++)
        if (sums[code] != 0)
            fprintf(page->out, "priceforge_http_requests_total{method=\"%s\",route=\"%s\",code=\"%s\"} %" PRIu64 "\n",
                    method, route, metrics_code_names[code], sums[code]);
}

static void put_requests(const struct page *page)
{
    static const char *const methods[] = {
        [HTTP_GET] = "GET", [HTTP_POST] = "POST", [HTTP_PUT] = "PUT", [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE"};
    family(page, "http_requests_total", "counter",
           "Requests answered, by route; HEAD counts as GET, code gone means that the client had left.");
    for (unsigned i = 0; worker_routes[i].handle; i++)
        put_route(page, i, methods[worker_routes[i].method], worker_routes[i].pattern);
    put_route(page, METRICS_NO_ROUTE, "any", "none");
    family(page, "http_accept_pauses_total", "counter",
           "Times a worker stopped accepting connections: at its limit, or short of descriptors.");
    plain(page, "http_accept_pauses_total", page->sums[METRICS_ACCEPT_PAUSES]);
    family(page, "polls_held_total", "counter", "Long polls: those that waited for a change of their task.");
    plain(page, "polls_held_total", page->sums[METRICS_POLLS_HELD]);
}

/* A gauge that each living worker sets. */
static void put_of_workers(const struct page *page, const char *name, enum metrics_word word, const char *help)
{
    family(page, name, "gauge", help);
    for (unsigned index = 0; index < page->process->config->workers; index++) {
        struct proc_ref worker = proctab_find(page->segment, PROC_WORKER, index);
        char text[12];
        if (worker.generation == 0)
            continue;
        snprintf(text, sizeof text, "%u", index);
        sample(page, name, "worker", text, counters_read(page->segment, worker.slot, (uint32_t)word));
    }
}

static void put_workers(const struct page *page)
{
    put_of_workers(page, "http_connections", METRICS_CONNECTIONS, "Open connections.");
    put_of_workers(page, "http_uploads", METRICS_UPLOADS, "Uploads that are coming in.");
    put_of_workers(page, "polls_waiting", METRICS_POLLS_WAITING, "Long polls that wait now.");
    put_of_workers(page, "database_up", METRICS_DATABASE_UP, "Did the worker's last statement reach the database?");
    family(page, "database_reconnects_total", "counter",
           "Connections of workers to the database that were made again.");
    plain(page, "database_reconnects_total", page->sums[METRICS_RECONNECTS]);
}

/* Nothing while the janitor has not looked yet. */
static void put_durability(const struct page *page)
{
    struct proc_ref janitor = proctab_find(page->segment, PROC_JANITOR, 0);
    family(page, "database_durable", "gauge",
           "1: the database's settings keep what was acknowledged over a power cut; 0: they do not.");
    if (janitor.generation && counters_read(page->segment, janitor.slot, METRICS_DURABILITY) != 0)
        plain(page, "database_durable", metrics_weakness(page->process) == 0);
}

/* ---- Tasks ---- */

static const uint64_t *of_type(const struct page *page, unsigned type, enum metrics_type_word word)
{
    return page->sums + METRICS_WORDS(type) + word;
}

static void put_finished(const struct page *page)
{
    family(page, "tasks_finished_total", "counter", "Tasks that ended, by type and outcome.");
    for (unsigned type = 0; type < task_type_count(); type++)
        for (unsigned outcome = OUTCOME_SUCCEEDED; outcome < METRICS_OUTCOMES; outcome++)
            fprintf(page->out, "priceforge_tasks_finished_total{type=\"%s\",outcome=\"%s\"} %" PRIu64 "\n",
                    task_type_at(type)->name, task_outcome_name((enum task_outcome)outcome),
                    of_type(page, type, METRICS_FINISHED)[outcome]);
}

static void put_waits(const struct page *page)
{
    family(page, "task_waits_total", "counter",
           "Times the work of a task waited in its attempt and began again, by what it waited for.");
    sample(page, "task_waits_total", "cause", "lock", page->sums[METRICS_WAITS_LOCKED]);
    sample(page, "task_waits_total", "cause", "database", page->sums[METRICS_WAITS_DATABASE]);
}

static void put_live(const struct page *page)
{
    family(page, "tasks_queued", "gauge", "Tasks that wait for a runner.");
    for (unsigned type = 0; type < task_type_count(); type++)
        sample(page, "tasks_queued", "type", task_type_at(type)->name, shm_table_waiting(page->segment, (uint8_t)type));
    family(page, "tasks_running", "gauge", "Tasks that a runner has.");
    for (unsigned type = 0; type < task_type_count(); type++) {
        uint32_t live = shm_table_live(page->segment, (uint8_t)type),
                 waiting = shm_table_waiting(page->segment, (uint8_t)type);
        sample(page, "tasks_running", "type", task_type_at(type)->name, live > waiting ? live - waiting : 0);
    }
}

static void put_seconds(const struct page *page, uint64_t ms)
{
    fprintf(page->out, "%" PRIu64 ".%03u", ms / 1000, (unsigned)(ms % 1000));
}

static void put_histogram(const struct page *page, const char *name, const char *type, const uint64_t *words)
{
    uint64_t count = 0;
    for (unsigned i = 0; i <= METRICS_BOUNDS; i++) {
        count += words[i];
        fprintf(page->out, "priceforge_%s_bucket{type=\"%s\",le=\"", name, type);
        if (i < METRICS_BOUNDS)
            put_seconds(page, (uint64_t)metrics_bounds_ms[i]);
        else
            fputs("+Inf", page->out);
        fprintf(page->out, "\"} %" PRIu64 "\n", count);
    }
    fprintf(page->out, "priceforge_%s_sum{type=\"%s\"} ", name, type);
    put_seconds(page, words[METRICS_BOUNDS + 1]);
    fprintf(page->out, "\npriceforge_%s_count{type=\"%s\"} %" PRIu64 "\n", name, type, count);
}

static void put_times(const struct page *page, const char *name, enum metrics_type_word word, const char *help)
{
    family(page, name, "histogram", help);
    for (unsigned type = 0; type < task_type_count(); type++)
        put_histogram(page, name, task_type_at(type)->name, of_type(page, type, word));
}

static void put_slots(const struct page *page)
{
    uint32_t by_state[TASK_STATES];
    shm_table_count(page->segment, by_state);
    family(page, "table_slots", "gauge", "Slots of the shared task table, by state.");
    for (unsigned state = 0; state < TASK_STATES; state++)
        sample(page, "table_slots", "state", task_state_name((enum task_state)state), by_state[state]);
    family(page, "table_recoveries_total", "counter", "Repairs of the table after a process died holding its lock.");
    plain(page, "table_recoveries_total", shm_lock_recoveries(page->segment));
}

/* ---- Processes ---- */

static void put_deaths(const struct page *page)
{
    family(page, "process_ends_total", "counter", "Processes that ended and were reaped, by kind and cause.");
    for (unsigned kind = PROC_WORKER; kind <= PROC_PARSER; kind++)
        for (unsigned cause = 0; cause < METRICS_CAUSES; cause++)
            fprintf(page->out, "priceforge_process_ends_total{kind=\"%s\",cause=\"%s\"} %" PRIu64 "\n",
                    proc_kind_name((enum proc_kind)kind), metrics_cause_names[cause],
                    page->sums[METRICS_DEATHS + kind * METRICS_CAUSES + cause]);
}

/* Milliseconds since the oldest heartbeat of a kind's working processes, or -1 if none has beaten yet. */
static int64_t oldest_beat(const struct page *page, enum proc_kind kind)
{
    int64_t oldest = -1, now = clock_mono_ms();
    for (uint32_t slot = 0; slot < proctab_size(page->segment); slot++) {
        struct proc_info info;
        if (!proctab_read(page->segment, slot, &info) || info.kind != kind || info.state != PROC_ACTIVE ||
            info.beat_ms == 0)
            continue;
        int64_t age = now > info.beat_ms ? now - info.beat_ms : 0;
        oldest = age > oldest ? age : oldest;
    }
    return oldest;
}

static void put_beats(const struct page *page)
{
    static const enum proc_kind kinds[] = {PROC_WORKER, PROC_RUNNER, PROC_JANITOR};
    family(page, "heartbeat_age_seconds", "gauge", "Age of the oldest heartbeat among the processes of a kind.");
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        int64_t age = oldest_beat(page, kinds[i]);
        if (age < 0)
            continue;
        fprintf(page->out, "priceforge_heartbeat_age_seconds{kind=\"%s\"} ", proc_kind_name(kinds[i]));
        put_seconds(page, (uint64_t)age);
        fputc('\n', page->out);
    }
}

static void put_page(const struct page *page)
{
    put_build(page);
    put_requests(page);
    put_workers(page);
    put_durability(page);
    put_finished(page);
    put_waits(page);
    put_live(page);
    put_times(page, "task_start_delay_seconds", METRICS_DELAY, "From acceptance to the first attempt's start.");
    put_times(page, "task_duration_seconds", METRICS_DURATION, "Length of the attempt in which a task ended.");
    put_slots(page);
    put_deaths(page);
    put_beats(page);
}

void resource_metrics(struct http_request *request)
{
    struct worker *worker = request->app;
    uint32_t words = METRICS_WORDS(task_type_count());
    char *text = NULL;
    size_t len = 0;
    struct page page = {.out = open_memstream(&text, &len),
                        .process = worker->process,
                        .segment = worker->process->segment,
                        .sums = calloc(words, sizeof(uint64_t))};
    if (!page.out || !page.sums)
        abort();
    worker_publish(worker);
    counters_sum(page.segment, page.sums, words);
    put_page(&page);
    if (fclose(page.out) != 0)
        abort(); /* no memory */
    http_reply_header(request, "Cache-Control", "no-store");
    http_reply(request, 200, "text/plain; version=0.0.4; charset=utf-8", text, len);
    free(text);
    free(page.sums);
}
