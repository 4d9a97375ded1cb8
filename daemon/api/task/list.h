/* GET /api/tasks: what its two forms share. */
#ifndef PF_API_TASK_LIST_H
#define PF_API_TASK_LIST_H

#include "daemon/worker/worker.h"
#include "shm/table.h"
#include "store/journal.h"

#define TASKLIST_TAG_BYTES 24

/* The tag of a list is a digest of its text: a list has no version. */
void tasklist_tag(const char *text, size_t len, char tag[TASKLIST_TAG_BYTES]);

/* A live task's text from the table, without its line feed: the journal has no progress. Returns its length, or 0 if the
 * table does not have the task or its text. Lock-free on a hit; any thread. */
size_t tasklist_slot_text(struct shm_segment *segment, const store_uuid id, struct shm_poll *poll);

/* Answer ?ids=. `params` are canonical and have ids; they are taken over. */
void tasklist_of_ids(struct http_request *request, yajl_val params, bool may_wait, bool applied);
/* Check the query; NULL after answering with every fault. */
yajl_val tasklist_params(struct http_request *request);

#endif
