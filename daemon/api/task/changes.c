/* GET /api/tasks/{id}/changes.csv: made as a file by the thread for long answers, sent by sendfile. */
#include "handlers/prices/changes.h"

#include "daemon/api/task/actions.h"
#include "daemon/api/task/tasks.h"
#include "daemon/worker/db_answer.h"

#include <stdlib.h>
#include <uuid/uuid.h>

struct changes_request {
    uuid_t id;
    struct csv_options csv;
};

static int write_file(struct store_conn *conn, struct db_answer *answer, const struct changes_request *asked,
                      const struct journal_row *row)
{
    struct file_sink sink = {.fd = db_answer_file(answer)};
    if (sink.fd < 0)
        return 0;
    int rc = price_changes_write(conn, row, &asked->csv, &sink);
    return resource_task_csv(answer, asked->id, "changes", rc, &sink);
}

/* Changes and final state are written in one transaction, so a task that is not over has none yet. */
static int make_changes(struct store_conn *conn, struct db_answer *answer)
{
    const struct changes_request *asked = answer->arg;
    struct journal_row row;
    int rc = resource_task_row(conn, answer, asked->id, &row);
    if (rc <= 0)
        return rc;
    const char *missing = price_changes_missing(&row);
    rc = *missing                        ? db_answer_problem(answer, "not-found", "%s", missing)
         : row.status <= JOURNAL_RUNNING ? db_answer_problem(answer, "task-still-running", NULL)
                                         : write_file(conn, answer, asked, &row);
    journal_row_fini(&row);
    return rc;
}

void resource_task_changes(struct http_request *request)
{
    struct worker *worker = request->app;
    struct changes_request *asked = calloc(1, sizeof *asked);
    if (!asked)
        abort();
    yajl_val params = resource_task_params(request, asked->id, price_changes_params);
    if (!params) {
        free(asked);
        return;
    }
    csv_options_read(&asked->csv, params);
    yajl_tree_free(params);
    db_answer_from(request, worker->exports, make_changes, asked, free);
}
