/* The visit in its order: digest, form, format, parameters, hash. */
#include "daemon/accept/upload.h"

#include "base/display.h"
#include "base/utf8.h"
#include "daemon/accept/contentdigest.h"
#include "daemon/accept/idempotency.h"
#include "daemon/task/filehash.h"
#include "daemon/task/spool.h"
#include "handlers/profiles/start.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct upload *upload_new(struct http_request *request, const struct task_type *type, const char *name,
                          const char *value)
{
    struct upload *upload = calloc(1, sizeof *upload);
    if (!upload)
        abort();
    int found = contentdigest_parse(http_header(request, "Content-Digest"), upload->digest);
    if (found < 0) {
        http_reply_problem(request, "bad-request", "Content-Digest: sha-256 is not :base64: of 32 bytes", NULL);
        free(upload);
        return NULL;
    }
    upload->request = request;
    upload->type = type;
    upload->fixed = (struct param_raw){name, value};
    upload->has_digest = found == 1;
    upload->wants_hash = idempotency_wanted(request);
    upload->fallback_name = http_param(request, "filename");
    upload->fd = -1;
    return upload;
}

void upload_take_kept(struct upload *upload, const store_uuid origin, const struct journal_file *file, int spool_dir_fd)
{
    upload->from_task = true;
    memcpy(upload->origin, origin, sizeof upload->origin);
    upload->file = *file;
    upload->file.format[0] = '\0'; /* another type may read it otherwise */
    upload->spool_dir_fd = spool_dir_fd;
}

void upload_free(struct upload *upload)
{
    if (!upload)
        return;
    multipart_fini(&upload->form);
    if (upload->from_task && upload->fd >= 0)
        close(upload->fd);
    free(upload->params);
    follow_ups_fini(&upload->then);
    free(upload);
}

/* ---- The visit: file thread ---- */

__attribute__((format(printf, 3, 4))) static bool refuse_upload(struct upload *upload, const char *slug,
                                                                const char *format, ...)
{
    va_list args;
    upload->problem = slug;
    va_start(args, format);
    vsnprintf(upload->detail, sizeof upload->detail, format, args);
    va_end(args);
    return false;
}

static bool refuse_form(struct upload *upload, struct param_faults *faults, const char *why)
{
    param_faults_add(faults, "", "form", "%s", why);
    return refuse_upload(upload, "invalid-parameters", "%s", why);
}

static bool hash(struct upload *upload, struct param_faults *faults, uint64_t offset, uint64_t length, uint8_t out[32])
{
    char why[200];
    int rc = filehash(upload->request->spool_fd, offset, length, out);
    if (rc == 0)
        return true;
    snprintf(why, sizeof why, "the upload cannot be read: %s", strerror(-rc));
    return refuse_form(upload, faults, why);
}

/* The digest of a raw body is that of the file. */
static bool check_digest(struct upload *upload, struct param_faults *faults)
{
    if (!upload->has_digest)
        return true;
    if (!hash(upload, faults, 0, upload->request->spool_len, upload->file.sha256))
        return false;
    if (memcmp(upload->file.sha256, upload->digest, sizeof upload->digest) != 0)
        return refuse_upload(upload, "bad-request", "the body is not the one that Content-Digest names; send it again");
    upload->file.hashed = !upload->request->boundary[0];
    return true;
}

/* Nothing but parameters may come beside a kept file. */
static bool find_kept_file(struct upload *upload, struct param_faults *faults)
{
    static const char no_file[] = "goes without a file: send either";
    const struct http_request *request = upload->request;
    char why[200];
    if (request->spool_len > 0 && !request->boundary[0])
        param_faults_add(faults, "/from_task", "conflict", no_file);
    else if (request->spool_len > 0 && multipart_scan_fields(request->spool_fd, request->spool_len, request->boundary,
                                                             &upload->form, why, sizeof why) != 0)
        return refuse_form(upload, faults, why);
    else if (upload->form.files > 0)
        param_faults_add(faults, "/from_task", "conflict", no_file);
    if (upload->compare_only || upload->origin_is != ORIGIN_HAS_FILE)
        return true;
    upload->fd = spool_open(upload->spool_dir_fd, upload->origin);
    return upload->fd >= 0 ||
           refuse_upload(upload, upload->fd == -ENOENT ? "file-gone" : "spool-unavailable", "%s", "");
}

static bool find_file(struct upload *upload, struct param_faults *faults)
{
    const struct http_request *request = upload->request;
    struct multipart *form = &upload->form;
    char why[200];
    upload->fd = request->spool_fd;
    upload->file.length = request->spool_len;
    if (!request->boundary[0])
        return true;
    if (multipart_scan(request->spool_fd, request->spool_len, request->boundary, form, why, sizeof why) != 0)
        return refuse_form(upload, faults, why);
    if (form->files == 0)
        return refuse_form(upload, faults, "the form has no file: send it as the field \"file\"");
    snprintf(upload->file.name, sizeof upload->file.name, "%s", form->file_name);
    upload->file.offset = form->file_offset;
    upload->file.length = form->file_length;
    return true;
}

static void name_file(struct upload *upload)
{
    char *name = upload->file.name;
    const char *given = upload->fallback_name && upload->fallback_name[0] ? upload->fallback_name : "upload";
    if (name[0] == '\0') {
        size_t n = utf8_cut(given, strlen(given), sizeof upload->file.name - 1);
        snprintf(name, sizeof upload->file.name, "%.*s", (int)n, given);
    }
    display_clean(name, '_');
}

/* A disk error is not the client's fault: the format stays unknown, the task meets the error and is tried again. */
static void tell_format(struct upload *upload, struct sheet_error *refused)
{
    enum sheet_format format = SHEET_UNKNOWN;
    bool text = upload->type->file_format == SHEET_CSV;
    struct sheet_input input = {upload->fd, upload->file.offset, upload->file.length};
    if (upload->from_task && upload->fd < 0)
        return;
    if (upload->file.length == 0)
        sheet_refuse(refused, "empty-file", "The file is empty. Send it again.");
    else
        format = text ? sheet_sniff_text(&input, refused) : sheet_sniff_file(&input, refused);
    if (text && format == SHEET_MXL)
        sheet_refuse(refused, "not-zip", "%s", SHEET_NO_MXL);
    if (strcmp(refused->cls, "io") == 0)
        refused->cls[0] = '\0';
    if (format != SHEET_UNKNOWN)
        snprintf(upload->file.format, sizeof upload->file.format, "%s", sheet_format_name(format));
}

static size_t gather(const struct upload *upload, struct param_raw *raw, size_t max)
{
    size_t n = 0;
    if (upload->fixed.name)
        raw[n++] = upload->fixed;
    for (size_t i = 0; i < upload->request->n_params && n < max; i++)
        if (strcmp(upload->request->params[i].name, "filename") != 0 &&
            strcmp(upload->request->params[i].name, "from_task") != 0)
            raw[n++] = upload->request->params[i];
    for (unsigned i = 0; i < upload->form.n_fields && n < max; i++)
        raw[n++] = (struct param_raw){upload->form.field[i].name, upload->form.field[i].value};
    return n;
}

static void check_origin(const struct upload *upload, struct param_faults *faults)
{
    if (upload->origin_is == ORIGIN_NO_ID) {
        param_faults_add(faults, "/from_task", "type", "must be the id of a task");
        param_faults_expect(faults, "id");
    }
    if (upload->origin_is == ORIGIN_UNKNOWN)
        param_faults_add(faults, "/from_task", "unknown-task", "there is no task with this id");
    if (upload->origin_is == ORIGIN_WITHOUT_FILE)
        param_faults_add(faults, "/from_task", "unknown-task", "this task had no file");
}

/* Takes the follow-ups out of the fields; what is left are parameters. Returns how many those are. */
static size_t take_then(struct upload *upload, struct param_raw *raw, size_t n, struct param_faults *faults)
{
    const char *text = NULL;
    size_t left = 0;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(raw[i].name, "then") != 0) {
            raw[left++] = raw[i];
            continue;
        }
        if (text)
            param_faults_add(faults, "/then", "duplicate", "is given more than once");
        text = raw[i].value;
    }
    follow_ups_take_text(&upload->then, text, faults);
    return left;
}

static bool names_profile(const struct upload *upload, const struct param_raw *raw, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(raw[i].name, "profile") == 0 && raw[i].value[0] != '\0')
            return profile_may_name(upload->type);
    return false;
}

/* All faults at once: what the file is not, and what the parameters must not be. */
static bool check_content(struct upload *upload, struct param_faults *faults)
{
    struct sheet_error refused = {.cls = ""};
    struct param_raw raw[2 * MULTIPART_FIELDS_MAX];
    tell_format(upload, &refused);
    size_t n = gather(upload, raw, sizeof raw / sizeof raw[0]);
    n = take_then(upload, raw, n, faults);
    upload->names_profile = names_profile(upload, raw, n);
    upload->params = upload->names_profile ? params_given_text(upload->type->params, raw, n, faults)
                                           : params_from_text(upload->type->params, raw, n, faults);
    follow_ups_check(&upload->then, upload->params, faults);
    check_origin(upload, faults);
    if (refused.cls[0])
        param_faults_add(faults, "/file", refused.cls, "%s", refused.text);
    /* If the file alone is refused, its sentence says everything. */
    return faults->n == 0 ||
           refuse_upload(upload, "invalid-parameters", "%s", refused.cls[0] && faults->n == 1 ? refused.text : "");
}

bool upload_examine(struct upload *upload, struct param_faults *faults)
{
    struct journal_file *file = &upload->file;
    upload->examined = true;
    if (!check_digest(upload, faults) ||
        !(upload->from_task ? find_kept_file(upload, faults) : find_file(upload, faults)) ||
        !check_content(upload, faults))
        return false;
    name_file(upload);
    if (upload->wants_hash && !upload->from_task && !file->hashed)
        file->hashed = hash(upload, faults, file->offset, file->length, file->sha256);
    return !upload->problem;
}
