/* Liveness and readiness of the daemon as one worker sees it. */
#include "daemon/api/ops.h"

#include "base/clock.h"
#include "base/commit.h"
#include "daemon/worker/worker.h"
#include "store/migrate.h"

#include <stdio.h>

/* A runner or janitor without a sign of life for this long is not "ready"; the master replaces it later. */
#define BEAT_FRESH_MS     5000
#define DATABASE_FRESH_MS 6000

void resource_healthz(struct http_request *request)
{
    http_reply_header(request, "Cache-Control", "no-store");
    http_reply_json(request, 200, "{\"status\":\"ok\"}\n", 16);
}

static void put_check(struct json_out *out, const char *name, bool ok, int64_t age_ms)
{
    json_key(out, name);
    json_object(out);
    json_put_bool(out, "ok", ok);
    json_put_int(out, "age_ms", age_ms);
    json_object_end(out);
}

/* Every configured process of the kind is active and has beaten lately. */
static bool check_kind(struct json_out *out, const struct process *process, enum proc_kind kind, unsigned want)
{
    unsigned fresh = 0;
    int64_t oldest = 0, now = clock_mono_ms();
    for (uint32_t slot = 0; slot < proctab_size(process->segment); slot++) {
        struct proc_info info;
        if (!proctab_read(process->segment, slot, &info) || info.kind != kind || info.state != PROC_ACTIVE)
            continue;
        int64_t age = now - info.beat_ms;
        fresh += age <= BEAT_FRESH_MS;
        oldest = age > oldest ? age : oldest;
    }
    put_check(out, proc_kind_name(kind), fresh >= want, oldest);
    return fresh >= want;
}

/* The janitor shows its session with the database once the schema is ours and the table is filled from the journal. */
static bool check_journal(struct json_out *out, struct shm_segment *segment)
{
    struct proc_ref janitor = proctab_find(segment, PROC_JANITOR, 0);
    bool loaded = proctab_session(segment, janitor) != 0;
    put_check(out, "journal", loaded, 0);
    return loaded;
}

void resource_readyz(struct http_request *request)
{
    struct worker *worker = request->app;
    const struct config *config = worker->process->config;
    struct json_out out;
    int64_t age;
    size_t len;
    json_out_init(&out);
    json_object(&out);
    json_key(&out, "checks");
    json_object(&out);
    bool ready = dbthread_healthy(worker->db, &age) && age <= DATABASE_FRESH_MS;
    put_check(&out, "database", ready, age);
    ready &= check_kind(&out, worker->process, PROC_RUNNER, config->runners);
    ready &= check_kind(&out, worker->process, PROC_JANITOR, 1);
    ready &= check_journal(&out, worker->process->segment);
    bool intact = shm_segment_intact(worker->process->segment); /* looked at now, as is the next one */
    put_check(&out, "shared_memory", intact, 0);
    ready &= intact;
    put_check(&out, "accepting", !worker->draining, 0);
    ready &= !worker->draining;
    json_object_end(&out);
    json_put_bool(&out, "ready", ready);
    json_put_string(&out, "database",
                    config->private_database ? "built-in, for evaluation and small sites" : "configured");
    json_object_end(&out);
    const char *text = json_out_text(&out, &len);
    http_reply_header(request, "Cache-Control", "no-store");
    if (!ready)
        http_reply_header(request, "Retry-After", "2");
    http_reply_json(request, ready ? 200 : 503, text, len);
    json_out_fini(&out);
}

void resource_version(struct http_request *request)
{
    char body[300];
    int len = snprintf(body, sizeof body,
                       "{\"version\":\"%s\",\"commit\":\"%s\",\"schema\":%u,\"shared_memory_layout\":\"%08x\"}\n",
                       PACKAGE_VERSION, build_commit, store_schema_version(), shm_segment_layout());
    http_reply_header(request, "Cache-Control", "no-cache");
    http_reply_header(request, "Link", "</api/openapi.json>; rel=\"service-desc\"");
    http_reply_json(request, 200, body, (size_t)len);
}
