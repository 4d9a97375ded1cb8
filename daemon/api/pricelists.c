/* Price lists over HTTP. */
#include "daemon/api/pricelists.h"

#include "base/log.h"
#include "daemon/accept/start.h"
#include "daemon/api/pricelist_files.h"
#include "daemon/auth/identity.h"
#include "daemon/worker/db_answer.h"
#include "daemon/worker/listing.h"
#include "handlers/pricelist/archive.h"
#include "handlers/pricelist/diff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void resource_pricelist_post(struct http_request *request)
{
    start_from_body(request, "pricelist_create");
}

/* ---- Reading ---- */

static const char no_list[] = PRICELIST_UNKNOWN;

void resource_pricelists_get(struct http_request *request)
{
    static const struct listing listing = {"pricelists",    pricelists_params, NULL,
                                           PRICELISTS_KEYS, pricelists_read,   NULL};
    listing_reply(request, &listing);
}

void resource_pricelist_items(struct http_request *request)
{
    static const struct listing listing = {"pricelist-items",    pricelist_items_params, "id",
                                           PRICELIST_ITEMS_KEYS, pricelist_items_read,   no_list};
    listing_reply(request, &listing);
}

static int read_one(struct store_conn *conn, struct db_answer *answer)
{
    struct pricelist_head head = {0};
    int rc = pricelist_find(conn, answer->arg, &head, &answer->json);
    if (rc == 0)
        return pricelist_unknown(answer);
    if (rc == 1)
        db_answer_tag_json(answer);
    return rc == 1 ? 0 : -1;
}

static char *copy(const char *text)
{
    char *out = strdup(text);
    if (!out)
        abort();
    return out;
}

void resource_pricelist_get(struct http_request *request)
{
    struct worker *worker = request->app;
    db_answer_from(request, worker->reads, read_one, copy(request->args[0]), free);
}

/* ---- Archive ---- */

struct archiving {
    char id[sizeof((struct http_request *)0)->args[0]];
    char who[IDENTITY_MAX];
    bool archived;
};

static int archive(struct store_conn *conn, struct db_answer *answer)
{
    const struct archiving *asked = answer->arg;
    bool changed;
    int rc = pricelist_archive(conn, asked->id, asked->archived, &changed, &answer->json);
    if (rc == 0)
        return pricelist_unknown(answer);
    struct log_about about = db_answer_about(answer);
    if (rc == 1 && changed)
        log_about(LOG_LEVEL_INFO, &about, "price list %s: %s by %s", asked->id,
                  asked->archived ? "archived" : "taken out of the archive", asked->who);
    return rc == 1 ? 0 : -1;
}

static void reply_archive(struct http_request *request, bool archived)
{
    struct worker *worker = request->app;
    struct archiving *asked = calloc(1, sizeof *asked);
    if (!asked)
        abort();
    memcpy(asked->id, request->args[0], sizeof asked->id);
    client_identity(request, asked->who);
    asked->archived = archived;
    db_answer_from(request, worker->reads, archive, asked, free);
}

void resource_pricelist_archive(struct http_request *request)
{
    reply_archive(request, true);
}

void resource_pricelist_unarchive(struct http_request *request)
{
    if (start_body_is_empty(request))
        reply_archive(request, false);
}

/* ---- Differences ---- */

/* A path segment, decoded. */
#define ID_BYTES sizeof((struct http_request *)0)->args[0]

struct diff_request {
    char a[ID_BYTES], b[ID_BYTES];
    unsigned wanted;
};

static int write_diff(struct store_conn *conn, struct db_answer *answer, const struct pricelist_head *a,
                      const struct pricelist_head *b, unsigned wanted)
{
    char tag[sizeof answer->etag];
    snprintf(tag, sizeof tag, "\"%s-%s-%02x\"", a->sha256, b->sha256, wanted);
    if (db_answer_not_modified(answer, tag))
        return 0;
    struct file_sink sink = {.fd = db_answer_file(answer)};
    if (sink.fd < 0)
        return 0;
    int rc = pricelist_diff(conn, a, b, wanted, &sink);
    if (rc == 1)
        return pricelist_not_written(answer, sink.error);
    answer->file_len = sink.len;
    return rc;
}

static int diff(struct store_conn *conn, struct db_answer *answer)
{
    const struct diff_request *diff = answer->arg;
    struct pricelist_head a = {0}, b = {0};
    if (store_begin_snapshot(conn) != 0)
        return -1;
    int rc = pricelist_find(conn, diff->a, &a, NULL);
    if (rc == 1)
        rc = pricelist_find(conn, diff->b, &b, NULL);
    if (rc != 1)
        return rc == 0 ? pricelist_unknown(answer) : -1;
    if (strcmp(a.currency, b.currency) != 0)
        return db_answer_problem(answer, "conflict",
                                 "one list is in %s, the other in %s: compare lists of one currency", a.currency,
                                 b.currency);
    return write_diff(conn, answer, &a, &b, diff->wanted);
}

void resource_pricelist_diff(struct http_request *request)
{
    struct worker *worker = request->app;
    struct param_faults faults = {.n = 0};
    yajl_val params = db_answer_params(request, pricelist_diff_params);
    if (!params)
        return;
    unsigned wanted = pricelist_diff_wanted(params, &faults);
    yajl_tree_free(params);
    if (wanted == 0) {
        http_reply_problem(request, "invalid-parameters", NULL, &faults);
        return;
    }
    struct diff_request *diff_request = calloc(1, sizeof *diff_request);
    if (!diff_request)
        abort();
    memcpy(diff_request->a, request->args[0], sizeof diff_request->a);
    memcpy(diff_request->b, request->args[1], sizeof diff_request->b);
    diff_request->wanted = wanted;
    db_answer_from(request, worker->exports, diff, diff_request, free);
}
