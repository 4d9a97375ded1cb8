/* What can be done with one task over HTTP, beside reading it. */
#ifndef PF_API_TASK_ACTIONS_H
#define PF_API_TASK_ACTIONS_H

#include "daemon/worker/db_answer.h"

#include <uuid/uuid.h>

/* POST /api/tasks/{id}/cancel, optionally {"reason": …}. Needs no slot and is not refused for load: if the
 * database is away or busy, the request stays in shared memory and the janitor completes it. */
void resource_task_cancel(struct http_request *request);
/* DELETE /api/tasks/{id}: forget a finished task. 204, also when it was forgotten before. */
void resource_task_forget(struct http_request *request);
/* POST /api/tasks/{id}/retry: a new task with the same parameters. An import only while its file is kept
 * (spool.keep_failed). retry.c */
void resource_task_retry(struct http_request *request);
/* GET /api/tasks/{id}/rejects.csv: the refused rows of an import that is over. Options as for price lists.
 * rejects.c */
void resource_task_rejects(struct http_request *request);
/* GET /api/tasks/{id}/changes.csv: what a recalculation did with prices, or its dry run would do. changes.c */
void resource_task_changes(struct http_request *request);
/* GET /api/tasks/{id}/rows: the same, and warnings, as JSON by pages. rejects.c */
void resource_task_rows(struct http_request *request);
/* GET /api/tasks/{id}/log?after=OFFSET: the log of the task's attempts as plain text, without its first OFFSET
 * bytes. The next read goes on at the header Log-Offset. Lines are written at the end of an attempt. With ?wait=N or
 * Prefer: wait=N an empty answer waits until there is more, the task ends, or N seconds have passed. Preference-Applied
 * as for the task itself. log.c */
void resource_task_log(struct http_request *request);

/* For resources of one task's data, on the loop: check the id and the query. Returns the parameters, or NULL after
 * answering. */
yajl_val resource_task_params(struct http_request *request, uuid_t id, const struct param_spec *specs);
/* For the same, on the database thread: begin a snapshot and read the task's row. Returns 1, 0 when the answer is a problem, -1. */
int resource_task_row(struct store_conn *conn, struct db_answer *answer, const uuid_t id, struct journal_row *row);
struct file_sink;
/* Ends an answer that is a CSV file, "what-ID.csv", after the writer of the file returned `rc`: 0, 1 if the sink failed, or
 * -1. Returns what the answer's function does. */
int resource_task_csv(struct db_answer *answer, const uuid_t id, const char *what, int rc,
                      const struct file_sink *sink);

#endif
