/* GET /api/tasks/{id}/rejects.csv: made as a file by the thread for long answers, sent by sendfile. The same faults as
 * JSON, by pages: GET /api/tasks/{id}/rows. */
#include "daemon/api/task/actions.h"

#include "base/log.h"
#include "daemon/api/task/tasks.h"
#include "daemon/worker/db_answer.h"
#include "daemon/worker/listing.h"
#include "handlers/faults/rows.h"
#include "handlers/read/rejects.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

struct rejects_request {
    uuid_t id;
    struct rejects_options options;
};

int resource_task_csv(struct db_answer *answer, const uuid_t id, const char *what, int rc, const struct file_sink *sink)
{
    char text[37];
    if (rc == 1) {
        bool full = sink->error == ENOSPC || sink->error == EDQUOT || sink->error == EFBIG;
        struct log_about about = db_answer_about(answer);
        about.task = id;
        log_about(LOG_LEVEL_WARN, &about, "the file of %s was not written: %s", what, strerror(sink->error));
        return db_answer_problem(answer, full ? "insufficient-storage" : "spool-unavailable", NULL);
    }
    uuid_unparse_lower(id, text);
    answer->file_len = sink->len;
    answer->type = "text/csv; charset=utf-8";
    snprintf(answer->disposition, sizeof answer->disposition, "attachment; filename=\"%s-%s.csv\"", what, text);
    return rc;
}

static int write_file(struct store_conn *conn, struct db_answer *answer, const struct rejects_request *asked,
                      const struct journal_row *row)
{
    struct file_sink sink = {.fd = db_answer_file(answer)};
    if (sink.fd < 0)
        return 0;
    int rc = rejects_write(conn, row, &asked->options, &sink);
    return resource_task_csv(answer, asked->id, "rejects", rc, &sink);
}

/* Rows and final state are written in one transaction, so a task that is not over has none yet. */
static int make_rejects(struct store_conn *conn, struct db_answer *answer)
{
    const struct rejects_request *asked = answer->arg;
    struct journal_row row;
    int rc = resource_task_row(conn, answer, asked->id, &row);
    if (rc <= 0)
        return rc;
    rc = row.status <= JOURNAL_RUNNING ? db_answer_problem(answer, "task-still-running", NULL)
                                       : write_file(conn, answer, asked, &row);
    journal_row_fini(&row);
    return rc;
}

void resource_task_rejects(struct http_request *request)
{
    struct worker *worker = request->app;
    struct rejects_request *asked = calloc(1, sizeof *asked);
    if (!asked)
        abort();
    yajl_val params = resource_task_params(request, asked->id, rejects_params);
    if (!params) {
        free(asked);
        return;
    }
    rejects_options_read(&asked->options, params);
    yajl_tree_free(params);
    db_answer_from(request, worker->exports, make_rejects, asked, free);
}

_Static_assert((int)ROWFAULTS_NO_TASK == (int)LISTING_NO_TASK && (int)ROWFAULTS_GONE == (int)LISTING_TASK_GONE &&
                   (int)ROWFAULTS_RUNNING == (int)LISTING_TASK_RUNNING,
               "the listing refuses as the reader says");

void resource_task_rows(struct http_request *request)
{
    static const struct listing listing = {"rows", rowfaults_params, "id", ROWFAULTS_KEYS, rowfaults_read, NULL};
    listing_reply(request, &listing);
}
