/* A struct db_answer on its way: loop, database thread, loop. */
#include "daemon/worker/db_answer.h"

#include "base/clock.h"
#include "base/hex.h"
#include "base/log.h"
#include "daemon/http/etag.h"
#include "daemon/http/prefer.h"
#include "daemon/process/outage.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Waiting for the thread and for statements together; a proxy's patience is 60 s. */
#define ANSWER_DEADLINE_MS 20000
#define QUERY_DEPTH        4

struct travelling {
    struct db_answer answer;
    db_answer_work work;
    char *if_none_match;
    bool left; /* the client, meanwhile */
};

bool db_answer_not_modified(struct db_answer *answer, const char *etag)
{
    snprintf(answer->etag, sizeof answer->etag, "%s", etag);
    if (!etag_matches(answer->if_none_match, etag))
        return false;
    answer->status = 304;
    return true;
}

const char *db_answer_tag_of(const char *text, size_t len, char tag[DB_ANSWER_TAG])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    if (EVP_Digest(text, len, digest, NULL, EVP_sha256(), NULL) != 1)
        abort();
    tag[0] = '"';
    memcpy(hex_text(digest, 16, tag + 1), "\"", 2);
    return tag;
}

void db_answer_tag_json(struct db_answer *answer)
{
    char tag[DB_ANSWER_TAG];
    size_t len;
    const char *text = json_out_text(&answer->json, &len);
    db_answer_not_modified(answer, db_answer_tag_of(text, len, tag));
}

int db_answer_problem(struct db_answer *answer, const char *slug, const char *format, ...)
{
    answer->problem = slug;
    if (format) {
        va_list args;
        va_start(args, format);
        vsnprintf(answer->detail, sizeof answer->detail, format, args);
        va_end(args);
    }
    return 0;
}

struct log_about db_answer_about(const struct db_answer *answer)
{
    return (struct log_about){
        .request = answer->req->request_id, .client = answer->client, .duration_us = http_request_us(answer->req)};
}

int db_answer_refuse(struct db_answer *answer, const struct param_faults *faults)
{
    answer->faults = malloc(sizeof *faults);
    if (!answer->faults)
        abort();
    *answer->faults = *faults;
    return db_answer_problem(answer, "invalid-parameters", NULL);
}

int db_answer_file(struct db_answer *answer)
{
    answer->file_fd = openat(answer->spool_dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (answer->file_fd >= 0)
        return answer->file_fd;
    int error = errno;
    db_answer_problem(answer, error == ENOSPC || error == EDQUOT ? "insufficient-storage" : "spool-unavailable", NULL);
    return -error;
}

static void content_init(struct db_answer *answer)
{
    answer->status = 200;
    answer->problem = NULL;
    answer->detail[0] = answer->etag[0] = answer->disposition[0] = answer->link[0] = answer->log_offset[0] = '\0';
    answer->faults = NULL;
    answer->file_fd = -1;
    answer->file_len = 0;
    answer->text = NULL;
    answer->text_len = 0;
    answer->type = "application/json";
    answer->cache = "no-store";
    answer->applied_s = 0;
    answer->vary = false;
    answer->longpoll = NULL;
    json_out_init(&answer->json);
}

static void content_fini(struct db_answer *answer)
{
    json_out_fini(&answer->json);
    free(answer->faults);
    free(answer->text);
    if (answer->file_fd >= 0)
        close(answer->file_fd);
}

static void travelling_free(struct travelling *travelling)
{
    content_fini(&travelling->answer);
    if (travelling->answer.free_arg)
        travelling->answer.free_arg(travelling->answer.arg);
    free(travelling->if_none_match);
    free(travelling);
}

/* ---- Database thread ---- */

static int run(struct store_conn *conn, void *ctx)
{
    struct travelling *travelling = ctx;
    int rc = travelling->work(conn, &travelling->answer);
    if (rc == 0 || conn->error.cls != STORE_GONE || store_ensure(conn) != 0)
        return rc;
    /* The server was restarted under it, and nothing was committed. */
    content_fini(&travelling->answer);
    content_init(&travelling->answer);
    return travelling->work(conn, &travelling->answer);
}

/* ---- Loop ---- */

static void reply_headers(struct http_request *request, const struct db_answer *answer)
{
    http_reply_header(request, "Cache-Control", answer->cache);
    if (answer->etag[0])
        http_reply_header(request, "ETag", answer->etag);
    if (answer->disposition[0])
        http_reply_header(request, "Content-Disposition", answer->disposition);
    if (answer->link[0])
        http_reply_header(request, "Link", answer->link);
    if (answer->log_offset[0])
        http_reply_header(request, "Log-Offset", answer->log_offset);
    if (answer->vary)
        http_reply_header(request, "Vary", "Prefer");
    if (answer->applied_s) {
        char applied[32];
        snprintf(applied, sizeof applied, "wait=%u", answer->applied_s);
        http_reply_header(request, "Preference-Applied", applied);
    }
}

static void reply_body(struct http_request *request, struct db_answer *answer)
{
    reply_headers(request, answer);
    if (answer->status == 304 || answer->status == 204) {
        http_reply_empty(request, answer->status);
    } else if (answer->file_fd >= 0) {
        http_reply_file(request, answer->status, answer->type, answer->file_fd, 0, answer->file_len);
        answer->file_fd = -1;
    } else if (answer->text) {
        http_reply(request, answer->status, answer->type, answer->text, answer->text_len);
    } else {
        char *text = json_out_copy(&answer->json);
        size_t len = strlen(text);
        text[len] = '\n'; /* in place of the terminator */
        http_reply(request, answer->status, answer->type, text, len + 1);
        free(text);
    }
}

void db_answer_unavailable(struct http_request *request, const struct store_error *error)
{
    char detail[160];
    snprintf(detail, sizeof detail, "%s; try again soon", store_error_words(error));
    http_reply_problem_retry(request, "database-unavailable", detail, 2);
}

static void reply_failed(const struct db_answer *answer, const struct store_error *error)
{
    struct http_request *request = answer->req;
    struct log_about about = db_answer_about(answer);
    bool ours = error->cls == STORE_DATA || error->cls == STORE_DUPLICATE || error->cls == STORE_BUG;
    log_about(outage_is(error) ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN, &about, "%s %u: %s", store_class_name(error->cls),
              error->number, error->text);
    if (ours)
        http_reply_problem(request, "internal", NULL, NULL);
    else
        db_answer_unavailable(request, error);
}

static void done(struct db_call *call)
{
    struct travelling *travelling = call->ctx;
    struct db_answer *answer = &travelling->answer;
    bool left = travelling->left;
    answer->req->gone = NULL;
    answer->req->user = NULL;
    if (call->result == 0 && !answer->problem && answer->longpoll && !left && answer->longpoll(answer->req, answer)) {
        travelling_free(travelling);
        return;
    }
    if (call->result != 0)
        reply_failed(answer, &call->error);
    else if (answer->problem)
        http_reply_problem(answer->req, answer->problem, answer->detail[0] ? answer->detail : NULL, answer->faults);
    else
        reply_body(answer->req, answer);
    travelling_free(travelling);
}

/* A request that began to wait after its client left would stay until its time is up. */
static void on_left(struct http_request *request)
{
    struct travelling *travelling = request->user;
    travelling->left = true;
}

yajl_val db_answer_params(struct http_request *request, const struct param_spec *specs)
{
    struct param_faults faults = {.n = 0};
    char why[80];
    char *text = params_from_text(specs, request->params, request->n_params, &faults);
    if (!text) {
        http_reply_problem(request, "invalid-parameters", NULL, &faults);
        return NULL;
    }
    yajl_val params = json_parse(text, strlen(text), QUERY_DEPTH, why, sizeof why);
    assert(params);
    free(text);
    return params;
}

unsigned db_answer_wait(struct http_request *request, yajl_val params)
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

void db_answer_from(struct http_request *request, struct dbthread *thread, db_answer_work work, void *arg,
                    void (*free_arg)(void *))
{
    struct worker *worker = request->app;
    struct travelling *travelling = calloc(1, sizeof *travelling);
    const char *if_none_match = http_header(request, "If-None-Match");
    if (!travelling || (if_none_match && !(travelling->if_none_match = strdup(if_none_match))))
        abort();
    travelling->work = work;
    content_init(&travelling->answer);
    struct db_answer *answer = &travelling->answer;
    answer->arg = arg;
    answer->free_arg = free_arg;
    answer->if_none_match = travelling->if_none_match;
    answer->process = worker->process;
    answer->spool_dir_fd = worker->spool_fd;
    answer->req = request;
    client_identity(request, answer->client);
    answer->call = (struct db_call){
        .work = run, .done = done, .ctx = travelling, .deadline_ms = clock_mono_ms() + ANSWER_DEADLINE_MS};
    request->user = travelling;
    request->gone = on_left;
    if (dbthread_submit(thread, &answer->call) != 0) {
        request->user = NULL;
        request->gone = NULL;
        http_reply_problem_retry(request, "database-unavailable", "Too many requests wait for the database; try again.",
                                 2);
        travelling_free(travelling);
    }
}
