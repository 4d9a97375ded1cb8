/* What can be done to a task over HTTP: cancel it, forget it. */
#ifndef PF_RESOURCE_TASK_ACTIONS_H
#define PF_RESOURCE_TASK_ACTIONS_H

#include "daemon/http/http.h"

/* POST /api/tasks/{id}/cancel, optionally {"reason": …}. Needs no slot and is not refused for load: with the database
 * away or busy the request stays in shared memory, and the janitor carries it on. */
void resource_task_cancel(struct http_request *request);
/* DELETE /api/tasks/{id}: forget a finished task. 204, also when it was forgotten before. */
void resource_task_forget(struct http_request *request);

#endif
