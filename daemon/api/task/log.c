/* GET /api/tasks/{id}/log: read from the database into memory, as a log is bounded; a long poll on request.
 *
 * Lines are written with the end of an attempt, in the transaction that moves the row, and the slot follows the row. So
 * the slot is read before the log. If the log has nothing more, the request waits until the slot shows more finished
 * attempts than it did: no end of an attempt can be missed in between. */
#include "daemon/api/task/actions.h"

#include "daemon/api/task/tasks.h"
#include "daemon/task/state.h"
#include "daemon/worker/db_answer.h"
#include "daemon/worker/longpoll.h"
#include "shm/watch.h"
#include "store/tasklog.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

static const struct param_spec log_params[] = {
    {.name = "after", .kind = PARAM_INT, .otherwise = "0", .max = INT32_MAX, .help = "Leave out so many bytes."},
    {.name = "wait", .kind = PARAM_INT, .max = 1000000000, .help = "Seconds to wait for more, or for the task's end."},
    {.name = NULL},
};

struct log_request {
    uuid_t id;
    uint64_t after;
    unsigned wait_s;
    bool again;    /* it has waited */
    bool applied;  /* and its wish was honoured */
    bool in_table; /* then `task` can be waited for */
    struct longpoll_task task;
};

struct log_reading {
    struct db_answer *answer;
    uint64_t end;
};

static int add_piece(uint64_t at, struct tasklog_text piece, void *ctx)
{
    struct log_reading *reading = ctx;
    struct db_answer *answer = reading->answer;
    answer->text = realloc(answer->text, answer->text_len + piece.len);
    if (!answer->text)
        abort();
    memcpy(answer->text + answer->text_len, piece.text, piece.len);
    answer->text_len += piece.len;
    reading->end = at + piece.len;
    return 0;
}

/* If the offset is behind the end, the answer names the end: a client that counted wrongly goes on from there. */
static int put_log(struct store_conn *conn, struct db_answer *answer, const struct log_request *asked, uint64_t *end)
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
    *end = reading.end;
    return 0;
}

static void answer_log_after_wait(struct http_request *request, bool applied);

/* Nothing more has been written yet, but may be. */
static bool wait_for_log(struct http_request *request, struct db_answer *answer)
{
    const struct worker *worker = request->app;
    const struct log_request *asked = answer->arg;
    return asked->in_table && longpoll_wait(worker->longpolls, request, LONGPOLL_ATTEMPT, &asked->task, 1,
                                            asked->wait_s, answer_log_after_wait);
}

static int make_log(struct store_conn *conn, struct db_answer *answer)
{
    const struct log_request *asked = answer->arg;
    struct journal_row row;
    int rc = resource_task_row(conn, answer, asked->id, &row);
    if (rc <= 0)
        return rc;
    bool live = row.status <= JOURNAL_RUNNING;
    journal_row_fini(&row);
    uint64_t end;
    if (put_log(conn, answer, asked, &end) != 0)
        return -1;
    bool waits = live && end == asked->after && asked->wait_s > 0;
    if (waits && !asked->again)
        answer->longpoll = wait_for_log;
    answer->applied_s = asked->again ? (asked->applied ? asked->wait_s : 0) : waits ? 0 : asked->wait_s;
    return 0;
}

static void read_slot(struct http_request *request, struct log_request *asked)
{
    const struct worker *worker = request->app;
    struct shm_segment *segment = worker->process->segment;
    struct watch_view view;
    asked->in_table = taskstate_check(shm_table_find(segment, asked->id, &asked->task.handle)) == 0 &&
                      watch_look(segment, asked->task.handle, &view) == 0;
    if (!asked->in_table)
        return;
    asked->task.visible = view.visible;
    asked->task.attempts = longpoll_attempts((enum task_state)view.state, view.attempt);
}

static void read_log(struct http_request *request, bool again, bool applied)
{
    struct worker *worker = request->app;
    struct log_request *asked = calloc(1, sizeof *asked);
    if (!asked)
        abort();
    yajl_val params = resource_task_params(request, asked->id, log_params);
    if (!params) {
        free(asked);
        return;
    }
    asked->after = (uint64_t)json_member_int(params, "after", 0);
    asked->wait_s = db_answer_wait(request, params);
    asked->again = again;
    asked->applied = applied;
    yajl_tree_free(params);
    if (asked->wait_s && !again)
        read_slot(request, asked);
    db_answer_from(request, worker->reads, make_log, asked, free);
}

static void answer_log_after_wait(struct http_request *request, bool applied)
{
    read_log(request, true, applied);
}

void resource_task_log(struct http_request *request)
{
    read_log(request, false, false);
}
