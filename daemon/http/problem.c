/* Errors as application/problem+json (RFC 9457), all from one table, with a plain "error" text for simple clients. */
#include "daemon/http/internal.h"

#include "handlers/json.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const struct http_problem problems[] = {
    {"bad-request", 400, "Bad request", "the request is not valid HTTP for this server"},
    {"malformed-json", 400, "Malformed JSON", "the body is not valid JSON"},
    {"unauthorized", 401, "Unauthorized", "a valid token is needed: send Authorization: Bearer"},
    {"forbidden", 403, "Forbidden", "this client may not do that"},
    {"not-found", 404, "Not found", "there is nothing at this address"},
    {"task-not-found", 404, "Task not found", "no task has this id"},
    {"method-not-allowed", 405, "Method not allowed", "the header Allow lists the methods of this resource"},
    {"duplicate-task", 409, "Duplicate task", "an equal task is already running; Location names it"},
    {"file-gone", 409, "File gone", "the uploaded file is no longer kept; upload it again"},
    {"idempotency-in-progress", 409, "In progress", "a request with this Idempotency-Key is being worked on"},
    {"task-already-finished", 409, "Task already finished", "the task has ended and cannot be cancelled"},
    {"task-still-running", 409, "Task still running", "cancel the task or wait for its end first"},
    {"conflict", 409, "Conflict", "the present state does not allow this"},
    {"task-expired", 410, "Task expired", "the task existed and has been removed after its retention time"},
    {"body-too-large", 413, "Body too large", "the body is longer than this resource takes"},
    {"unsupported-media-type", 415, "Unsupported media type", "send the body as a media type that this resource takes"},
    {"expectation-failed", 417, "Expectation failed", "Expect takes 100-continue alone"},
    {"idempotency-key-reused", 422, "Idempotency-Key reused", "this Idempotency-Key was used with another payload"},
    {"invalid-parameters", 422, "Invalid parameters", "one or more parameters are not valid; see errors"},
    {"rate-limited", 429, "Too many requests", "this client sends too many requests; see Retry-After"},
    {"head-too-large", 431, "Request head too large", "request line and headers are too long"},
    {"internal", 500, "Internal error", "something went wrong here; give the request id when you report it"},
    {"too-many-uploads", 503, "Too many uploads", "too many uploads are running; try again soon"},
    {"spool-unavailable", 503, "Spool unavailable", "the upload cannot be stored now; try again soon"},
    {"queue-full", 503, "Queue full", "too many tasks are waiting; try again later"},
    {"database-unavailable", 503, "Database unavailable", "the database does not answer; try again soon"},
    {"draining", 503, "Shutting down", "this server is stopping or restarting; try again"},
    {"not-ready", 503, "Not ready", "this server is not ready for work"},
    {"version-not-supported", 505, "HTTP version not supported", "only HTTP/1.1 and HTTP/1.0 are spoken here"},
    {"insufficient-storage", 507, "Insufficient storage",
     "no room is left for the upload; try again when space was freed"},
};

const struct http_problem *http_problem_find(const char *slug)
{
    for (size_t i = 0; i < sizeof problems / sizeof problems[0]; i++)
        if (strcmp(problems[i].slug, slug) == 0)
            return &problems[i];
    return NULL;
}

const struct http_problem *http_problem_at(size_t index)
{
    return index < sizeof problems / sizeof problems[0] ? &problems[index] : NULL;
}

/* libevent 2.1 knows neither 422 nor 429 nor 507, and would look the others up in three tables. */
const char *http_phrase(int status)
{
    static const struct {
        int status;
        const char *phrase;
    } phrases[] = {{200, "OK"},
                   {202, "Accepted"},
                   {204, "No Content"},
                   {304, "Not Modified"},
                   {201, "Created"},
                   {400, "Bad Request"},
                   {401, "Unauthorized"},
                   {403, "Forbidden"},
                   {404, "Not Found"},
                   {405, "Method Not Allowed"},
                   {409, "Conflict"},
                   {410, "Gone"},
                   {413, "Content Too Large"},
                   {415, "Unsupported Media Type"},
                   {417, "Expectation Failed"},
                   {422, "Unprocessable Content"},
                   {429, "Too Many Requests"},
                   {431, "Request Header Fields Too Large"},
                   {500, "Internal Server Error"},
                   {503, "Service Unavailable"},
                   {505, "HTTP Version Not Supported"},
                   {507, "Insufficient Storage"}};

    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++)
        if (phrases[i].status == status)
            return phrases[i].phrase;
    return "Status";
}

static void put_faults(struct json_out *out, const struct param_faults *faults)
{
    json_key(out, "errors");
    json_array(out);
    for (unsigned i = 0; i < faults->n && i < PARAM_FAULTS_MAX; i++) {
        json_object(out);
        json_put_string(out, "pointer", faults->fault[i].pointer);
        json_put_string(out, "detail", faults->fault[i].detail);
        json_put_string(out, "code", faults->fault[i].code);
        json_object_end(out);
    }
    json_array_end(out);
}

static void put_problem(struct json_out *out, const struct http_problem *problem, const char *detail,
                        const char *request_id, const struct param_faults *faults)
{
    char text[64];

    json_object(out);
    snprintf(text, sizeof text, "/problems/%s", problem->slug);
    json_put_string(out, "type", text);
    json_put_string(out, "title", problem->title);
    json_put_int(out, "status", problem->status);
    json_put_string(out, "detail", detail);
    snprintf(text, sizeof text, "urn:uuid:%s", request_id);
    json_put_string(out, "instance", text);
    json_put_string(out, "error", detail);
    if (faults != NULL && faults->n > 0)
        put_faults(out, faults);
    json_object_end(out);
}

/* The headers that a status cannot go without. */
static void add_headers(struct http_request *request, int status, unsigned retry_after_s)
{
    char digits[16];

    if (status == 503 || status == 429 || retry_after_s > 0) {
        snprintf(digits, sizeof digits, "%u", retry_after_s > 0 ? retry_after_s : 1);
        http_reply_header(request, "Retry-After", digits);
    }
    http_reply_header(request, "Cache-Control", "no-store");
}

static void reply(struct http_request *request, const char *slug, const char *detail, const struct param_faults *faults,
                  unsigned retry_after_s)
{
    const struct http_problem *problem = http_problem_find(slug);
    struct json_out out;
    const char *text;
    size_t len;

    assert(problem != NULL);
    if (request->request_id[0] == '\0')
        exchange_id(exchange_of(request), NULL, 0);
    json_out_init(&out);
    put_problem(&out, problem, detail != NULL ? detail : problem->detail, request->request_id, faults);
    text = json_out_text(&out, &len);
    add_headers(request, problem->status, retry_after_s);
    if (strcmp(slug, "not-found") == 0) /* whoever is lost gets the map */
        http_reply_header(request, "Link", "</api/openapi.json>; rel=\"service-desc\"");
    http_reply(request, problem->status, "application/problem+json", text, len);
    json_out_fini(&out);
}

void http_reply_problem(struct http_request *request, const char *slug, const char *detail,
                        const struct param_faults *faults)
{
    reply(request, slug, detail, faults, strcmp(slug, "idempotency-in-progress") == 0 ? 1 : 0);
}

void http_reply_problem_retry(struct http_request *request, const char *slug, const char *detail,
                              unsigned retry_after_s)
{
    reply(request, slug, detail, NULL, retry_after_s > 0 ? retry_after_s : 1);
}
