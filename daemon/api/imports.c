/* Imports over HTTP: look into the upload on the file thread, check the parameters on the loop, accept. */
#include "daemon/api/imports.h"

#include "base/display.h"
#include "base/utf8.h"
#include "daemon/accept/accept.h"
#include "daemon/accept/contentdigest.h"
#include "daemon/accept/idempotency.h"
#include "daemon/accept/multipart.h"
#include "daemon/task/filehash.h"
#include "daemon/worker/worker.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One upload on its way from "the body is spooled" to accept_start(). */
struct upload {
    struct filethread_call call;
    struct http_request *request;
    int type;               /* task type number */
    struct param_raw fixed; /* a parameter given by the path; name NULL if none */
    struct multipart form;
    struct journal_file file;
    bool hash; /* there is an Idempotency-Key: `sha256` is needed */
    uint8_t sha256[32];
    bool digest; /* there is a Content-Digest: `wanted` is what the body should have */
    uint8_t wanted[32];
    bool damaged;               /* and it does not */
    char why[200];              /* the form is broken: why */
    struct sheet_error refused; /* the file is not ours; cls "" if it is */
};

static void upload_free(struct upload *upload)
{
    multipart_fini(&upload->form);
    free(upload);
}

/* ---- File thread ---- */

static void sniff(struct upload *upload)
{
    const struct task_type *type = task_type_at((unsigned)upload->type);
    if (upload->file.length == 0) {
        sheet_refuse(&upload->refused, "empty-file", "The file is empty. Send it again.");
        return;
    }
    if (type->file_format == SHEET_CSV)
        return;
    struct sheet_input input = {upload->request->spool_fd, upload->file.offset, upload->file.length};
    (void)sheet_sniff_file(&input, &upload->refused);
    if (strcmp(upload->refused.cls, "io") == 0)
        upload->refused.cls[0] = '\0'; /* not the client's fault: the task meets it, and is tried again */
}

/* The whole body, as it came: of a form not the file alone. */
static void check_digest(struct upload *upload)
{
    const struct http_request *request = upload->request;
    uint8_t found[32];
    int rc = filehash(request->spool_fd, 0, request->spool_len, found);
    if (rc != 0)
        snprintf(upload->why, sizeof upload->why, "the upload cannot be read: %s", strerror(-rc));
    upload->damaged = rc == 0 && memcmp(found, upload->wanted, sizeof found) != 0;
}

static void look_into(struct filethread_call *call)
{
    struct upload *upload = (struct upload *)call;
    struct http_request *request = upload->request;
    if (upload->digest)
        check_digest(upload);
    if (upload->damaged || upload->why[0])
        return;
    if (request->boundary[0]) {
        if (multipart_scan(request->spool_fd, request->spool_len, request->boundary, &upload->form, upload->why,
                           sizeof upload->why) != 0)
            return;
        if (upload->form.files == 0) {
            snprintf(upload->why, sizeof upload->why, "the form has no file: send it as the field \"file\"");
            return;
        }
        snprintf(upload->file.name, sizeof upload->file.name, "%s", upload->form.file_name);
        upload->file.offset = upload->form.file_offset;
        upload->file.length = upload->form.file_length;
    } else {
        upload->file.length = request->spool_len;
    }
    sniff(upload);
    int rc = upload->hash ? filehash(request->spool_fd, upload->file.offset, upload->file.length, upload->sha256) : 0;
    if (rc != 0)
        snprintf(upload->why, sizeof upload->why, "the upload cannot be read: %s", strerror(-rc));
}

/* ---- Loop ---- */

static size_t gather(const struct upload *upload, struct param_raw *raw, size_t max)
{
    size_t n = 0;
    if (upload->fixed.name)
        raw[n++] = upload->fixed;
    for (size_t i = 0; i < upload->request->n_params && n < max; i++)
        if (strcmp(upload->request->params[i].name, "filename") != 0)
            raw[n++] = upload->request->params[i];
    for (unsigned i = 0; i < upload->form.n_fields && n < max; i++)
        raw[n++] = (struct param_raw){upload->form.field[i].name, upload->form.field[i].value};
    return n;
}

static void name_file(struct upload *upload)
{
    const char *given = http_param(upload->request, "filename");
    if (upload->file.name[0] == '\0') {
        const char *name = given && given[0] ? given : "upload";
        size_t n = utf8_cut(name, strlen(name), sizeof upload->file.name - 1);
        snprintf(upload->file.name, sizeof upload->file.name, "%.*s", (int)n, name);
    }
    display_clean(upload->file.name, '_');
}

static void looked_into(struct filethread_call *call)
{
    struct upload *upload = (struct upload *)call;
    struct http_request *request = upload->request;
    struct param_raw raw[2 * MULTIPART_FIELDS_MAX];
    struct param_faults faults = {.n = 0};
    if (upload->damaged) {
        http_reply_problem(request, "bad-request", "the body is not the one that Content-Digest names; send it again",
                           NULL);
        upload_free(upload);
        return;
    }
    if (upload->why[0]) {
        param_faults_add(&faults, "", "form", "%s", upload->why);
        http_reply_problem(request, "invalid-parameters", upload->why, &faults);
        upload_free(upload);
        return;
    }
    size_t n = gather(upload, raw, sizeof raw / sizeof raw[0]);
    char *params = params_from_text(task_type_at((unsigned)upload->type)->params, raw, n, &faults);
    if (upload->refused.cls[0])
        param_faults_add(&faults, "/file", upload->refused.cls, "%s", upload->refused.text);
    if (faults.n) {
        free(params);
        http_reply_problem(request, "invalid-parameters", upload->refused.cls[0] ? upload->refused.text : NULL,
                           &faults);
    } else {
        name_file(upload);
        struct accept_start start = {.type = upload->type, .params = params, .file = &upload->file};
        start.file_sha256 = upload->hash ? upload->sha256 : NULL;
        accept_start(request, &start);
    }
    upload_free(upload);
}

/* Returns false after answering. */
static bool take_digest(struct upload *upload)
{
    int found = contentdigest_parse(http_header(upload->request, "Content-Digest"), upload->wanted);
    upload->digest = found == 1;
    if (found < 0)
        http_reply_problem(upload->request, "bad-request", "Content-Digest: sha-256 is not :base64: of 32 bytes", NULL);
    return found >= 0;
}

static void start(struct http_request *request, const char *type, const char *name, const char *value)
{
    struct worker *worker = request->app;
    struct upload *upload = calloc(1, sizeof *upload);
    if (!upload)
        abort();
    upload->request = request;
    if (!take_digest(upload)) {
        upload_free(upload);
        return;
    }
    upload->type = task_type_number(type);
    assert(upload->type >= 0);
    upload->fixed = (struct param_raw){name, value};
    upload->hash = idempotency_wanted(request);
    upload->call.work = look_into;
    upload->call.done = looked_into;
    if (worker->draining) {
        http_reply_problem_retry(request, "draining", NULL, 2);
        upload_free(upload);
    } else if (filethread_submit(worker->files, &upload->call) != 0) {
        http_reply_problem_retry(request, "queue-full", "Too many uploads wait for the disk; try again.", 2);
        upload_free(upload);
    }
}

void resource_stock_import(struct http_request *request)
{
    start(request, "stock_import", NULL, NULL);
}

void resource_catalog_import(struct http_request *request)
{
    start(request, "catalog_import", "table", request->args[0]);
}
