/* GET /api/session: who asks, what it may do, and what client and page must know of this server. From this process
 * alone: no lock, no SQL. */
#include "daemon/api/ops/ops.h"

#include "base/commit.h"
#include "base/hex.h"
#include "base/json.h"
#include "base/time_text.h"
#include "daemon/auth/auth.h"
#include "daemon/auth/identity.h"
#include "daemon/worker/worker.h"
#include "handlers/read/page.h"
#include "store/chain.h"

#include <stdio.h>
#include <time.h>

static const struct {
    enum scope scope;
    const char *name;
} scopes[] = {{SCOPE_READ, "read"},
              {SCOPE_START, "start"},
              {SCOPE_EDIT, "edit"},
              {SCOPE_CANCEL, "cancel"},
              {SCOPE_ADMIN, "admin"}};

/* What is granted, included scopes too. `token` NULL: none is asked for, and everything is granted. */
static void put_scopes(struct json_out *out, const struct token *token)
{
    json_key(out, "scopes");
    json_array(out);
    for (size_t i = 0; i < sizeof scopes / sizeof scopes[0]; i++)
        if (!token || token_grants(token->scopes, scopes[i].scope))
            json_string(out, scopes[i].name);
    json_array_end(out);
}

static void put_token(struct json_out *out, const struct token *token)
{
    char day[TIME_TEXT_SIZE] = "";
    json_key(out, "token");
    if (!token) {
        json_null(out);
        return;
    }
    if (token->expires_s)
        time_text(token->expires_s * 1000, day);
    json_object(out);
    json_put_string(out, "id", token->id);
    json_put_string(out, "name", token->name);
    json_put_string(out, "expires_at", day[0] ? day : NULL);
    json_object_end(out);
}

static void put_who(struct json_out *out, struct http_request *request)
{
    const struct worker *worker = request->app;
    char who[IDENTITY_MAX], peer[64];
    struct token token = {.scopes = 0};
    bool known = auth_token(worker->auth, request->who, &token);
    client_identity(request, who);
    http_client_address(request, peer);
    json_put_string(out, "client", who);
    json_put_string(out, "peer", peer[0] ? peer : NULL);
    json_put_bool(out, "tokens_required", worker->auth != NULL);
    put_token(out, known ? &token : NULL);
    put_scopes(out, worker->auth ? &token : NULL);
}

/* A worker keeps its local time in the configured zone. */
static void put_clock(struct json_out *out, const struct config *config)
{
    char day[11];
    time_t now = time(NULL);
    struct tm tm;
    localtime_r(&now, &tm);
    strftime(day, sizeof day, "%Y-%m-%d", &tm);
    json_put_string(out, "today", day);
    json_put_string(out, "time_zone", config->time_zone);
    json_put_string(out, "base_currency", config->base_currency);
}

static void put_limits(struct json_out *out, const struct config *config)
{
    json_key(out, "limits");
    json_object(out);
    json_put_int(out, "upload_bytes", (int64_t)config->max_upload);
    json_put_int(out, "rows", config->max_rows);
    json_put_int(out, "wait_seconds", config->max_wait_s);
    json_put_int(out, "page_items", PAGE_LIMIT_MAX);
    json_put_int(out, "follow_ups", CHAIN_FOLLOW_UPS);
    json_put_int(out, "preview_seconds", config->keep_preview_s);
    json_put_int(out, "retention_days", config->retention_days);
    json_object_end(out);
}

static void put_build(struct json_out *out, const struct process *process)
{
    char node[37];
    hex_uuid(process->node, node);
    json_put_string(out, "node", node);
    json_key(out, "build");
    json_object(out);
    json_put_string(out, "version", PACKAGE_VERSION);
    json_put_string(out, "commit", build_commit);
    json_put_int(out, "api", OPS_API);
    json_put_string(out, "client_min", OPS_CLIENT_MIN);
    json_object_end(out);
}

void resource_session(struct http_request *request)
{
    const struct worker *worker = request->app;
    struct json_out out;
    size_t len;
    json_out_init(&out);
    json_object(&out);
    put_who(&out, request);
    put_clock(&out, worker->process->config);
    put_limits(&out, worker->process->config);
    put_build(&out, worker->process);
    json_object_end(&out);
    const char *text = json_out_text(&out, &len);
    http_reply_header(request, "Cache-Control", "no-store");
    http_reply_json(request, 200, text, len);
    json_out_fini(&out);
}
