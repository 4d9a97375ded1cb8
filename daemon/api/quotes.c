/* Imports of price lists over HTTP: the history, and undoing the latest. */
#include "daemon/api/quotes.h"

#include "daemon/accept/accept.h"
#include "daemon/accept/start.h"
#include "daemon/worker/db_answer.h"
#include "daemon/worker/listing.h"
#include "handlers/quotes/import/history.h"
#include "handlers/read/rowjson.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char no_import[] = "no import of a price list has this number";

void resource_quote_imports_get(struct http_request *request)
{
    static const struct listing listing = {"quote-imports",    quote_imports_params, NULL,
                                           QUOTE_IMPORTS_KEYS, quote_imports_read,   NULL};
    listing_reply(request, &listing);
}

static char *copy(const char *text)
{
    char *out = strdup(text);
    if (!out)
        abort();
    return out;
}

static int read_one(struct store_conn *conn, struct db_answer *answer)
{
    int rc = quote_import_find(conn, answer->arg, &answer->json);
    if (rc == 0)
        return db_answer_problem(answer, "not-found", "%s", no_import);
    if (rc == 1)
        db_answer_tag_json(answer);
    return rc == 1 ? 0 : -1;
}

void resource_quote_import_get(struct http_request *request)
{
    struct worker *worker = request->app;
    db_answer_from(request, worker->reads, read_one, copy(request->args[0]), free);
}

/* The path says all: the body is empty, null or {}. */
static bool body_is_empty(struct http_request *request)
{
    struct param_faults faults = {.n = 0};
    yajl_val body;
    if (!start_body(request, true, &body))
        return false;
    bool empty = !body || YAJL_IS_NULL(body) || (YAJL_IS_OBJECT(body) && body->u.object.len == 0);
    yajl_tree_free(body);
    if (empty)
        return true;
    param_faults_add(&faults, "", "unknown", "takes no parameters");
    http_reply_problem(request, "invalid-parameters", NULL, &faults);
    return false;
}

void resource_quote_import_undo(struct http_request *request)
{
    uint64_t id;
    char params[64];
    if (!row_id(request->args[0], &id) || id > INT64_MAX) {
        http_reply_problem(request, "not-found", no_import, NULL);
        return;
    }
    if (!body_is_empty(request))
        return;
    snprintf(params, sizeof params, "{\"import_id\":%" PRIu64 "}", id);
    struct accept_start start = {.type = task_type_number("quotes_undo"), .params = copy(params)};
    accept_start(request, &start);
}
