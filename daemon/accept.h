/* Accepting a task: reserve a slot, keep the upload, journal the row, publish, answer.
 *
 *   loop: reserve -> file thread: sync + link (uploads) -> database thread: group commit -> loop: publish, poke a
 * runner, 202. A failure before the commit gives back slot and file. A commit whose outcome is unknown was looked up by
 * the database thread before we hear of it. Once the client has its id, every worker can answer a poll for it. */
#ifndef PF_ACCEPT_H
#define PF_ACCEPT_H

#include "daemon/worker.h"
#include "handlers/task_type.h"

/* Start a task. `params` is canonical JSON (taken over, freed here). `file` may be NULL; then the upload in the
 * request's spool_fd becomes the task's file. Answers the request. */
void accept_task(struct http_request *request, int type, char *params, const struct journal_file *file);

#endif
