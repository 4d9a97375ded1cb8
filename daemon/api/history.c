/* Imports on record over HTTP, of stock and of price lists: the histories, and undoing the latest. */
#include "daemon/api/history.h"

#include "daemon/accept/accept.h"
#include "daemon/accept/start.h"
#include "daemon/worker/db_answer.h"
#include "daemon/worker/listing.h"
#include "handlers/quotes/import/history.h"
#include "handlers/read/rowjson.h"
#include "handlers/stock/history.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void resource_stock_imports_get(struct http_request *request)
{
    static const struct listing listing = {"stock-imports", stock_imports_params, NULL,
                                           HISTORY_KEYS,    stock_imports_read,   NULL};
    listing_reply(request, &listing);
}

void resource_quote_imports_get(struct http_request *request)
{
    static const struct listing listing = {"quote-imports", quote_imports_params, NULL,
                                           HISTORY_KEYS,    quote_imports_read,   NULL};
    listing_reply(request, &listing);
}

static char *copy(const char *text)
{
    char *out = strdup(text);
    if (!out)
        abort();
    return out;
}

static int answer_one(struct store_conn *conn, struct db_answer *answer, const struct import_book *book)
{
    int rc = history_one(conn, book, answer->arg, &answer->json);
    if (rc == 0)
        return db_answer_problem(answer, "not-found", "%s", book->none);
    if (rc == 1)
        db_answer_tag_json(answer);
    return rc == 1 ? 0 : -1;
}

static int read_stock(struct store_conn *conn, struct db_answer *answer)
{
    return answer_one(conn, answer, &stock_book);
}

static int read_quotes(struct store_conn *conn, struct db_answer *answer)
{
    return answer_one(conn, answer, &quote_book);
}

void resource_stock_import_get(struct http_request *request)
{
    struct worker *worker = request->app;
    db_answer_from(request, worker->reads, read_stock, copy(request->args[0]), free);
}

void resource_quote_import_get(struct http_request *request)
{
    struct worker *worker = request->app;
    db_answer_from(request, worker->reads, read_quotes, copy(request->args[0]), free);
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
    param_faults_add(&faults, "", "type", "takes no parameters");
    param_faults_expect(&faults, "nothing");
    http_reply_problem(request, "invalid-parameters", NULL, &faults);
    return false;
}

/* Starts the task `type` for the import that the path names. */
static void undo(struct http_request *request, const struct import_book *book, const char *type)
{
    uint64_t id;
    char params[64];
    if (!row_id(request->args[0], &id) || id > INT64_MAX) {
        http_reply_problem(request, "not-found", book->none, NULL);
        return;
    }
    if (!body_is_empty(request))
        return;
    snprintf(params, sizeof params, "{\"import_id\":%" PRIu64 "}", id);
    struct accept_start start = {.type = task_type_number(type), .params = copy(params)};
    accept_start(request, &start);
}

void resource_stock_import_undo(struct http_request *request)
{
    undo(request, &stock_book, "stock_undo");
}

void resource_quote_import_undo(struct http_request *request)
{
    undo(request, &quote_book, "quotes_undo");
}
