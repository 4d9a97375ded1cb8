/* Errors as application/problem+json (RFC 9457), all from one table, with a plain "error" text for simple clients. */
#include "base/facts.h"
#include "daemon/http/internal.h"

#include "base/json.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const struct http_problem problems[] = {
    {"bad-request", 400, "Bad request", "the request is not valid HTTP for this server",
     "Correct the request; the detail names what is not valid HTTP. Any ordinary HTTP library sends what is right."},
    {"malformed-json", 400, "Malformed JSON", "the body is not valid JSON",
     "Correct the body: the detail names the place where it stops being JSON in UTF-8."},
    {"unauthorized", 401, "Unauthorized", "a valid token is needed: send Authorization: Bearer",
     "Send a token as Authorization: Bearer TOKEN. An administrator makes one with priceforge token add."},
    {"forbidden", 403, "Forbidden", "this client may not do that",
     "Use a token with the scope that the header WWW-Authenticate names. A page of another site may not send this at "
     "all."},
    {"not-found", 404, "Not found", "there is nothing at this address",
     "Check the address; /api/openapi.json lists every path."},
    {"task-not-found", 404, "Task not found", "no task has this id",
     "Check the id. A task is known from the moment its id was given out until it is deleted or its retention time has "
     "passed."},
    {"method-not-allowed", 405, "Method not allowed", "the header Allow lists the methods of this resource",
     "Use one of the methods in the header Allow."},
    {"duplicate-task", 409, "Duplicate task", "an equal task is already running; Location names it",
     "Poll the running task that Location names, or start again when it has ended."},
    {"file-gone", 409, "File gone", "the uploaded file is no longer kept; upload it again",
     "Upload the file again as a new import."},
    {"idempotency-in-progress", 409, "In progress", "a request with this Idempotency-Key is being worked on",
     "Repeat the same request after a second; it will get the answer of the first one."},
    {"task-already-finished", 409, "Task already finished", "the task has ended and cannot be cancelled",
     "Nothing: read the task to see how it ended."},
    {"task-still-running", 409, "Task still running", "cancel the task or wait for its end first",
     "Cancel the task or wait for its end, then delete it."},
    {"task-cancelled", 409, "Task cancelled", "the task was cancelled and has written nothing",
     "Start it again if the work is still wanted."},
    {"conflict", 409, "Conflict", "the present state does not allow this", "Read the present state, then decide anew."},
    {"base-moved", 409, "Another import came in between",
     "the last import on record is another one than expect_import says",
     "Look at the file again with dry_run=true, and send its last_import as expect_import."},
    {"task-expired", 410, "Task removed",
     "the task existed; it was deleted, or removed when its retention time had passed",
     "Nothing: what the task did stays done. Start a new one if the work is still wanted."},
    {"precondition-failed", 412, "Precondition failed",
     "this is not changed under a condition; leave out If-Match and If-None-Match",
     "If the resource was changed since you read it, read it again and send the change with its new ETag in If-Match. "
     "Where nothing is changed under a condition, send the request without If-Match and If-None-Match."},
    {"body-too-large", 413, "Body too large", "the body is longer than this resource takes",
     "Send less, or split the file. The limit for uploads is http.max_upload."},
    {"unsupported-media-type", 415, "Unsupported media type", "send the body as a media type that this resource takes",
     "Set Content-Type to a media type that the header Accept-Post lists."},
    {"expectation-failed", 417, "Expectation failed", "Expect takes 100-continue alone",
     "Leave Expect out, or send Expect: 100-continue."},
    {"misdirected-request", 421, "Misdirected request",
     "Host names another server; this one is localhost, its own address, or a name in http.server_names",
     "Ask for localhost or for the address at which the server listens. An administrator puts further names into "
     "http.server_names, or has the server ask for tokens."},
    {"idempotency-key-reused", 422, "Idempotency-Key reused", "this Idempotency-Key was used with another payload",
     "Use a new Idempotency-Key for a new request; repeat the old one only with the same payload."},
    {"invalid-parameters", 422, "Invalid parameters", "one or more parameters are not valid; see errors",
     "Correct every value that errors lists: pointer leads to it, detail says what would be right."},
    {"task-failed", 422, "Task failed", "the task's data or the rules for it do not allow this",
     "Correct what the detail names, in the file or in the parameters, and start the task again. An import's "
     "rejects.csv lists every row at fault."},
    {"precondition-required", 428, "Precondition required", "send the ETag of what is to be changed in If-Match",
     "Read the resource, and send the change with its ETag in If-Match: then it changes what you have seen, and "
     "nothing "
     "that somebody else wrote meanwhile."},
    {"rate-limited", 429, "Too many requests", "this client sends too many requests; see Retry-After",
     "Wait as long as Retry-After says, and send fewer requests at a time."},
    {"head-too-large", 431, "Request head too large", "request line and headers are too long",
     "Send fewer or shorter headers, cookies or query parameters."},
    {"internal", 500, "Internal error", "something went wrong here; give the request id when you report it",
     "Repeating rarely helps. Report it with the request's id, which is in instance."},
    {"too-many-uploads", 503, "Too many uploads", "too many uploads are running; try again soon",
     "Repeat after Retry-After; send fewer uploads at a time."},
    {"spool-unavailable", 503, "Spool unavailable", "the upload cannot be stored now; try again soon",
     "Repeat later. An administrator finds the cause in the log: the spool directory cannot be written."},
    {"queue-full", 503, "Queue full", "too many tasks are waiting; try again later",
     "Repeat after Retry-After. Tasks that are waiting can be cancelled to make room."},
    {"database-unavailable", 503, "Database unavailable", "the database does not answer; try again soon",
     "Repeat after Retry-After. Tasks that were accepted are not lost."},
    {"draining", 503, "Shutting down", "this server is stopping or restarting; try again",
     "Repeat after Retry-After; another process takes over."},
    {"not-ready", 503, "Not ready", "this server is not ready for work",
     "Repeat after Retry-After; /readyz tells what is missing."},
    {"task-interrupted", 503, "Task interrupted", "the task was interrupted and has no attempt left",
     "Start it again. When it is interrupted again, an administrator finds the cause in the log."},
    {"task-not-started", 503, "Task not started", "the task waited too long for a runner and has written nothing",
     "Start it again when fewer tasks wait."},
    {"task-timed-out", 504, "Task timed out", "the task was stopped at its time limit and has written nothing",
     "Start it again when the system is less busy, or with less to do."},
    {"version-not-supported", 505, "HTTP version not supported", "only HTTP/1.1 and HTTP/1.0 are spoken here",
     "Send the request as HTTP/1.1."},
    {"insufficient-storage", 507, "Insufficient storage",
     "no room is left for the upload; try again when space was freed",
     "Repeat when space was freed. An administrator has to make room below paths.state_dir."},
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
                   {412, "Precondition Failed"},
                   {413, "Content Too Large"},
                   {415, "Unsupported Media Type"},
                   {417, "Expectation Failed"},
                   {421, "Misdirected Request"},
                   {422, "Unprocessable Content"},
                   {428, "Precondition Required"},
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

/* The name that a pointer leads to, as a person would write it: "/params/mode" is "mode". */
static const char *name_of(const char *pointer)
{
    static const char params[] = "/params/";
    return strncmp(pointer, params, sizeof params - 1) == 0 ? pointer + sizeof params - 1
                                                            : pointer + (pointer[0] == '/');
}

/* What the detail says, as fields: the values that are allowed are choices as well, unless the fault is the name of the
 * parameter itself. */
static void put_facts(struct json_out *out, const struct param_fault *fault)
{
    char value[sizeof fault->allowed];
    json_key(out, "args");
    json_object(out);
    facts_members(out, fault->facts);
    if (fault->allowed[0]) {
        json_key(out, "allowed");
        facts_values_json(out, fault->allowed);
    }
    json_object_end(out);
    json_key(out, "choices");
    json_array(out);
    for (const char *at = fault->allowed; *at && strcmp(fault->code, "unknown") != 0; at = strchr(at, '\n') + 1) {
        snprintf(value, sizeof value, "%.*s", (int)strcspn(at, "\n"), at);
        json_object(out);
        json_put_string(out, "param", name_of(fault->pointer));
        json_put_string(out, "value", value);
        json_put_string(out, "label", value);
        json_object_end(out);
    }
    json_array_end(out);
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
        put_facts(out, &faults->fault[i]);
        json_object_end(out);
    }
    json_array_end(out);
}

/* All faults as one text, "name: what is wrong; name: what is wrong", as far as there is room. */
static void faults_text(const struct param_faults *faults, char *out, size_t size)
{
    size_t used = 0;

    for (unsigned i = 0; i < faults->n && i < PARAM_FAULTS_MAX; i++) {
        const char *name = name_of(faults->fault[i].pointer), *detail = faults->fault[i].detail;
        size_t need = strlen(name) + strlen(detail) + 5;
        if (used + need + 20 > size) {
            snprintf(out + used, size - used, "; and %u more", faults->n - i);
            return;
        }
        used +=
            (size_t)snprintf(out + used, size - used, "%s%s%s%s", i > 0 ? "; " : "", name, name[0] ? ": " : "", detail);
    }
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
    if (faults && faults->n > 0)
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
    char faulty[1200];
    struct json_out out;
    const char *text;
    size_t len;

    assert(problem);
    if (!detail && faults && faults->n > 0) {
        faults_text(faults, faulty, sizeof faulty);
        detail = faulty;
    }
    if (request->request_id[0] == '\0')
        exchange_id(exchange_of(request), NULL, 0);
    json_out_init(&out);
    put_problem(&out, problem, detail ? detail : problem->detail, request->request_id, faults);
    text = json_out_text(&out, &len);
    add_headers(request, problem->status, retry_after_s);
    if (strcmp(slug, "not-found") == 0) /* the map for a client that is lost */
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
