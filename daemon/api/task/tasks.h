/* HTTP resources for tasks: reading one, starting one of any type. */
#ifndef PF_API_TASK_TASKS_H
#define PF_API_TASK_TASKS_H

#include "daemon/http/http.h"

/* GET, HEAD /api/tasks/{id}: from shared memory without SQL; what is no longer there from the journal.
 *
 * With ?wait=N or Prefer: wait=N it is a long poll (worker/longpoll.h) of at most N seconds. With If-None-Match it waits
 * until the state differs from that one, without until the task ends. Preference-Applied says that the wish was
 * honoured, also when there was nothing to wait for. It is missing when too many requests wait, while the worker drains,
 * and for a task that runs on another node. */
void resource_task_get(struct http_request *request);
/* GET /api/tasks: filtered pages, or several tasks by ?ids=. */
void resource_task_list(struct http_request *request);
/* GET /api/tasks/{id}/explain: why it is where it is, and who works on it (explain.c). */
void resource_task_explain(struct http_request *request);
/* GET /api/tasks/summary: counts by type and status. */
void resource_task_summary(struct http_request *request);
/* POST /api/tasks: {"type": …, "params": {…}, "then": [{"type": …, "params": {…}}]} */
void resource_task_post(struct http_request *request);

/* Answer 404 the same way everywhere. */
void resource_task_not_found(struct http_request *request);

#endif
