/* GET /api/tasks: what its two forms share. */
#ifndef PF_API_TASK_LIST_H
#define PF_API_TASK_LIST_H

#include "base/hex.h"
#include "daemon/worker/worker.h"
#include "handlers/read/page.h"
#include "shm/table.h"
#include "store/journal.h"

#define TASKLIST_TAG_BYTES 24
#define TASKPREFIX_BYTES   (PAGE_LIMIT_MAX * HEX_UUID_SIZE + 1)

/* The tag of a list is a digest of its text: a list has no version. */
void tasklist_tag(const char *text, size_t len, char tag[TASKLIST_TAG_BYTES]);

/* A live task's text from the table, without its line feed: the journal has no progress. Returns its length, or 0 if the
 * table does not have the task or its text. Lock-free on a hit; any thread. */
size_t tasklist_slot_text(struct shm_segment *segment, const store_uuid id, struct shm_poll *poll);

/* Answer ?ids=. `params` are canonical and have ids; they are taken over. */
void tasklist_of_ids(struct http_request *request, yajl_val params, bool may_wait, bool applied);
/* Is the text at least 8 digits of an id, with or without its hyphens? */
bool taskprefix_valid(const char *prefix);
/* The ids of the tasks in the table that begin with these digits, in no order, parted by commas; at most as many as a
 * list has. Any thread, no lock. */
void taskprefix_find(struct shm_segment *segment, const char *prefix, char ids[TASKPREFIX_BYTES]);
/* Check the query; NULL after answering with every fault. */
yajl_val tasklist_params(struct http_request *request);

#endif
