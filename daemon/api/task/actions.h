/* What can be done to a task over HTTP: cancel it, forget it, start it again, fetch its log and the rows that it
 * refused. */
#ifndef PF_API_TASK_ACTIONS_H
#define PF_API_TASK_ACTIONS_H

#include "daemon/worker/db_answer.h"

#include <uuid/uuid.h>

/* POST /api/tasks/{id}/cancel, optionally {"reason": …}. Needs no slot and is not refused for load: with the database
 * away or busy the request stays in shared memory, and the janitor carries it on. */
void resource_task_cancel(struct http_request *request);
/* DELETE /api/tasks/{id}: forget a finished task. 204, also when it was forgotten before. */
void resource_task_forget(struct http_request *request);
/* POST /api/tasks/{id}/retry: a new task with the same parameters. An import only while its file is kept
 * (spool.keep_failed). retry.c */
void resource_task_retry(struct http_request *request);
/* GET /api/tasks/{id}/rejects.csv: the refused rows of an import that is over. Options as for price lists.
 * rejects.c */
void resource_task_rejects(struct http_request *request);
/* GET /api/tasks/{id}/log?after=OFFSET: what the task's attempts had to say, as plain text; behind the first OFFSET
 * bytes. The header Log-Offset is where the next read goes on. Lines are written at the end of an attempt. With
 * ?wait=N or Prefer: wait=N an answer without text waits until there is more, the task ends, or N seconds have
 * passed; Preference-Applied as for the task itself. log.c */
void resource_task_log(struct http_request *request);

/* What those of one task's data share. On the loop: the id and the query, checked; NULL after answering. */
yajl_val resource_task_params(struct http_request *request, uuid_t id, const struct param_spec *specs);
/* On the database thread: begin a snapshot and read the task's row. Returns 1, 0 when the answer is a problem, -1. */
int resource_task_row(struct store_conn *conn, struct db_answer *answer, const uuid_t id, struct journal_row *row);

#endif
