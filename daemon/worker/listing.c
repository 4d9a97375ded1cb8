/* A list's page on its way: loop, database thread, loop. */
#include "daemon/worker/listing.h"

#include "daemon/worker/db_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUERY_DEPTH 4

struct reading {
    const struct listing *listing;
    yajl_val params;
    struct page page;
    char here[512]; /* path and query of this request up to "cursor="; "" when it is too long for a header */
};

static void reading_free(void *arg)
{
    struct reading *reading = arg;
    yajl_tree_free(reading->params);
    free(reading);
}

/* ---- Database thread ------------------------------------------------------------------------------------------- */

static void link_next(struct db_answer *answer, const struct reading *reading, const struct page *page)
{
    char cursor[PAGE_CURSOR_BYTES];
    if (!reading->here[0] || !page_next(page, cursor))
        return;
    int n = snprintf(answer->link, sizeof answer->link, "<%s%s>; rel=\"next\"", reading->here, cursor);
    if (n < 0 || (size_t)n >= sizeof answer->link)
        answer->link[0] = '\0'; /* the body has it as well */
}

static int refuse(struct db_answer *answer, const struct listing *listing, int why)
{
    switch (why) {
    case LISTING_NO_TASK:
        return db_answer_problem(answer, "task-not-found", NULL);
    case LISTING_TASK_GONE:
        return db_answer_problem(answer, "task-expired", NULL);
    case LISTING_TASK_RUNNING:
        return db_answer_problem(answer, "task-still-running", NULL);
    default:
        return db_answer_problem(answer, "not-found", "%s", listing->not_found);
    }
}

static int read_page(struct store_conn *conn, struct db_answer *answer)
{
    struct reading *reading = answer->arg;
    struct page page = reading->page; /* the work may be called twice */
    struct param_faults faults = {.n = 0};
    page.faults = &faults;
    int rc = reading->listing->read(conn, reading->params, &page, &answer->json);
    if (rc > 0)
        return refuse(answer, reading->listing, rc);
    if (rc == 0 && faults.n)
        return db_answer_refuse(answer, &faults);
    if (rc == 0) {
        link_next(answer, reading, &page);
        db_answer_tag_json(answer);
    }
    return rc;
}

/* ---- Loop ------------------------------------------------------------------------------------------------------ */

/* Append percent-encoded text. Returns false when there is no room. */
static bool append(char *out, size_t size, const char *text)
{
    size_t used = strlen(out);
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        bool plain =
            (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || strchr("-._~", *p);
        if (used + 4 > size)
            return false;
        used += (size_t)snprintf(out + used, size - used, plain ? "%c" : "%%%02X", *p);
    }
    return true;
}

static bool append_query(struct http_request *request, char *out, size_t size)
{
    const char *between = "?";
    for (size_t i = 0; i < request->n_params; i++) {
        const struct param_raw *param = &request->params[i];
        if (strcmp(param->name, "cursor") == 0)
            continue;
        snprintf(out + strlen(out), size - strlen(out), "%s", between);
        if (!append(out, size, param->name) || strlen(out) + 2 > size)
            return false;
        strcat(out, "=");
        if (!append(out, size, param->value) || strlen(out) + 2 > size)
            return false;
        between = "&";
    }
    return snprintf(out + strlen(out), size - strlen(out), "%scursor=", between) < (int)(size - strlen(out));
}

void listing_here(struct http_request *request, char *out, size_t size)
{
    int n = snprintf(out, size, "%s", request->path);
    if ((size_t)n >= size || !append_query(request, out, size))
        out[0] = '\0';
}

/* The canonical parameters, or NULL with faults. */
static yajl_val check(struct http_request *request, const struct listing *listing, struct param_faults *faults)
{
    char why[80];
    struct param_raw raw[65] = {{listing->path_param, request->args[0]}};
    size_t n = listing->path_param ? 1 : 0;
    for (size_t i = 0; i < request->n_params && n < sizeof raw / sizeof raw[0]; i++)
        raw[n++] = request->params[i];
    char *text = params_from_text(listing->params, raw, n, faults);
    yajl_val params = text ? json_parse(text, strlen(text), QUERY_DEPTH, why, sizeof why) : NULL;
    free(text);
    return params;
}

void listing_reply(struct http_request *request, const struct listing *listing)
{
    struct worker *worker = request->app;
    struct param_faults faults = {.n = 0};
    struct reading *reading = calloc(1, sizeof *reading);
    if (!reading)
        abort();
    reading->listing = listing;
    reading->params = check(request, listing, &faults);
    if (!reading->params || page_open(&reading->page, listing->name, listing->n_keys, reading->params, &faults) != 0) {
        http_reply_problem(request, "invalid-parameters", NULL, &faults);
        reading_free(reading);
        return;
    }
    listing_here(request, reading->here, sizeof reading->here);
    db_answer_from(request, worker->reads, read_page, reading, reading_free);
}
