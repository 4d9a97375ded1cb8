/* The row of an earlier task. */
#include "daemon/accept/original.h"

#include "base/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define DEADLINE_MS 5000

struct reading {
    struct original original; /* first */
    void (*done)(struct original *original);
};

void original_free(struct original *original)
{
    if (original->found)
        journal_row_fini(&original->row);
    for (unsigned i = 0; i < original->n_left; i++) {
        free(original->left[i].type);
        free(original->left[i].params);
    }
    free(original);
}

static int keep_left(const char *type, const char *params, void *ctx)
{
    struct original *original = ctx;
    assert(original->n_left < CHAIN_FOLLOW_UPS);
    original->left[original->n_left].type = strdup(type);
    original->left[original->n_left].params = strdup(params);
    if (!original->left[original->n_left].type || !original->left[original->n_left].params)
        abort();
    original->n_left++;
    return 0;
}

static int read_row(struct store_conn *conn, void *ctx)
{
    struct original *original = ctx;
    int rc = journal_read(conn, original->id, &original->row);
    original->found = rc == 1;
    if (rc == 1 && original->row.is_chained)
        return chain_each_left(conn, original->id, keep_left, original);
    if (rc != 0)
        return rc < 0 ? -1 : 0;
    rc = journal_gone(conn, original->id);
    original->gone = rc == 1;
    return rc < 0 ? -1 : 0;
}

static void row_read(struct db_call *call)
{
    struct reading *reading = call->ctx;
    reading->done(&reading->original);
}

bool original_read(struct http_request *request, const store_uuid id, void (*done)(struct original *original),
                   void *with)
{
    struct worker *worker = request->app;
    struct reading *reading = calloc(1, sizeof *reading);
    if (!reading)
        abort();
    struct original *original = &reading->original;
    reading->done = done;
    original->request = request;
    original->with = with;
    memcpy(original->id, id, sizeof original->id);
    original->call = (struct db_call){
        .work = read_row, .done = row_read, .ctx = reading, .deadline_ms = clock_mono_ms() + DEADLINE_MS};
    if (dbthread_submit(worker->db, &original->call) == 0)
        return true;
    http_reply_problem_retry(request, "database-unavailable", NULL, 2);
    original_free(original);
    return false;
}

bool original_is_over(const struct original *original)
{
    if (original->call.result != 0)
        db_answer_unavailable(original->request, &original->call.error);
    else if (!original->found)
        http_reply_problem(original->request, original->gone ? "task-expired" : "task-not-found", NULL, NULL);
    else if (original->row.status <= JOURNAL_RUNNING)
        http_reply_problem(original->request, "task-still-running", NULL, NULL);
    else
        return true;
    return false;
}
