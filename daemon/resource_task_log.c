/* GET /api/tasks/{id}/log: from the journal's database, whole in memory, as it is bounded. */
#include "daemon/resource_task_actions.h"

#include "daemon/answer.h"
#include "daemon/resource_tasks.h"
#include "store/tasklog.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

static const struct param_spec log_params[] = {
    {.name = "after", .kind = PARAM_INT, .otherwise = "0", .max = INT32_MAX, .help = "Leave out so many bytes."},
    {.name = NULL},
};

struct log_request {
    uuid_t id;
    uint64_t after;
};

struct log_reading {
    struct answer *answer;
    uint64_t end;
};

static int add_piece(uint64_t at, struct tasklog_text piece, void *ctx)
{
    struct log_reading *reading = ctx;
    struct answer *answer = reading->answer;
    answer->text = realloc(answer->text, answer->text_len + piece.len);
    if (!answer->text)
        abort();
    memcpy(answer->text + answer->text_len, piece.text, piece.len);
    answer->text_len += piece.len;
    reading->end = at + piece.len;
    return 0;
}

/* An offset behind the end is answered with the end: a client that counted wrongly goes on from there. */
static int put_log(struct store_conn *conn, struct answer *answer, const struct log_request *asked)
{
    struct log_reading reading = {answer, 0};
    if (tasklog_each(conn, asked->id, asked->after, add_piece, &reading) != 0)
        return -1;
    if (!answer->text && tasklog_length(conn, asked->id, &reading.end) != 0)
        return -1;
    if (!answer->text && !(answer->text = calloc(1, 1)))
        abort();
    answer->type = "text/plain; charset=utf-8";
    snprintf(answer->log_offset, sizeof answer->log_offset, "%" PRIu64, reading.end);
    return 0;
}

static int make_log(struct store_conn *conn, struct answer *answer)
{
    const struct log_request *asked = answer->arg;
    struct journal_row row;
    if (store_begin_snapshot(conn) != 0)
        return -1;
    int rc = journal_read(conn, asked->id, &row);
    if (rc == 0) {
        int gone = journal_gone(conn, asked->id);
        return gone < 0 ? -1 : answer_problem(answer, gone ? "task-expired" : "task-not-found", NULL);
    }
    if (rc < 0)
        return -1;
    journal_row_fini(&row);
    return put_log(conn, answer, asked);
}

/* Returns false after answering with every fault. */
static bool read_after(struct http_request *request, uint64_t *after)
{
    struct param_faults faults = {.n = 0};
    char why[80];
    char *text = params_from_text(log_params, request->params, request->n_params, &faults);
    if (faults.n) {
        free(text);
        http_reply_problem(request, "invalid-parameters", NULL, &faults);
        return false;
    }
    yajl_val params = json_parse(text, strlen(text), 4, why, sizeof why);
    *after = (uint64_t)json_member_int(params, "after", 0);
    yajl_tree_free(params);
    free(text);
    return true;
}

void resource_task_log(struct http_request *request)
{
    struct worker *worker = request->app;
    struct log_request *asked = calloc(1, sizeof *asked);
    if (!asked)
        abort();
    if (strlen(request->args[0]) != 36 || uuid_parse(request->args[0], asked->id) != 0) {
        resource_task_not_found(request);
        free(asked);
    } else if (!read_after(request, &asked->after)) {
        free(asked);
    } else {
        answer_from(request, worker->reads, make_log, asked, free);
    }
}
