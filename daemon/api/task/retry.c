/* Starting a finished task again, with its parameters and its kept file. */
#include "base/clock.h"
#include "base/hex.h"
#include "daemon/accept/accept.h"
#include "daemon/api/task/actions.h"
#include "daemon/api/task/tasks.h"
#include "daemon/worker/db_answer.h"

#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#define RETRY_DEADLINE_MS 5000
#define PARAMS_DEPTH      16

struct retry {
    struct db_call call;
    struct http_request *request;
    uuid_t id;
    bool found, gone;
    struct journal_row row;
};

static void retry_free(struct retry *retry)
{
    if (retry->found)
        journal_row_fini(&retry->row);
    free(retry);
}

static int read_original(struct store_conn *conn, void *ctx)
{
    struct retry *retry = ctx;
    int rc = journal_read(conn, retry->id, &retry->row);
    retry->found = rc == 1;
    if (rc != 0)
        return rc < 0 ? -1 : 0;
    rc = journal_gone(conn, retry->id);
    retry->gone = rc == 1;
    return rc < 0 ? -1 : 0;
}

/* The parameters are checked again: another version of the daemon may have accepted them. */
static void start_again(struct retry *retry)
{
    struct journal_row *row = &retry->row;
    struct param_faults faults = {.n = 0};
    struct accept_start start = {.type = task_type_number(row->type), .retry_of = retry->id};
    char why[120];
    if (start.type < 0) {
        http_reply_problem(retry->request, "conflict", "This version has no such task type any more.", NULL);
        return;
    }
    yajl_val params = json_parse(row->params, strlen(row->params), PARAMS_DEPTH, why, sizeof why);
    start.params = params_from_json(task_type_at((unsigned)start.type)->params, params, &faults);
    yajl_tree_free(params);
    if (faults.n) {
        free(start.params);
        http_reply_problem(retry->request, "invalid-parameters", NULL, &faults);
        return;
    }
    if (row->file.name[0] != '\0')
        start.file = &row->file;
    accept_start(retry->request, &start);
}

static void original_read(struct db_call *call)
{
    struct retry *retry = call->ctx;
    struct http_request *request = retry->request;
    if (call->result != 0)
        db_answer_unavailable(request, &call->error);
    else if (!retry->found)
        http_reply_problem(request, retry->gone ? "task-expired" : "task-not-found", NULL, NULL);
    else if (retry->row.status <= JOURNAL_RUNNING)
        http_reply_problem(request, "task-still-running", NULL, NULL);
    else
        start_again(retry);
    retry_free(retry);
}

void resource_task_retry(struct http_request *request)
{
    struct worker *worker = request->app;
    struct retry *retry = calloc(1, sizeof *retry);
    if (!retry)
        abort();
    retry->request = request;
    if (hex_uuid_read(request->args[0], retry->id) != 0) {
        resource_task_not_found(request);
        retry_free(retry);
        return;
    }
    retry->call = (struct db_call){
        .work = read_original, .done = original_read, .ctx = retry, .deadline_ms = clock_mono_ms() + RETRY_DEADLINE_MS};
    if (dbthread_submit(worker->db, &retry->call) != 0) {
        http_reply_problem_retry(request, "database-unavailable", NULL, 2);
        retry_free(retry);
    }
}
