/* Reading tasks: what the default representation, the full view and lists share. On the worker's loop, unless it says
 * otherwise. */
#ifndef PF_API_TASK_READ_H
#define PF_API_TASK_READ_H

#include "daemon/task/full_json.h"
#include "daemon/worker/worker.h"

#include <uuid/uuid.h>

/* What the client asks for. */
struct task_reading {
    uuid_t id;
    unsigned wait_s; /* 0 = at once; what its Preference-Applied says */
    bool may_wait;
    bool applied; /* its wish to wait is honoured, also if there is nothing to wait for */
    bool full;    /* ?view=full */
};

/* One representation. */
struct task_shown {
    const char *tag;
    bool final;
    uint8_t outcome;
    const char *text;
    size_t len;
};

/* Answer with 200, or with 304 when the client has this tag. */
void taskread_reply(struct http_request *request, const struct task_reading *reading, const struct task_shown *shown);

/* Let the request wait, if it wishes so and there is something to wait for; `visible` is the slot's number of what is
 * shown. Returns false when it is to be answered at once. */
bool taskread_wait(struct http_request *request, struct task_reading *reading, const struct task_shown *shown,
                   uint64_t visible);

/* ?view=full: from the slot and the journal together. */
void taskread_full(struct http_request *request, const struct task_reading *reading);
/* For a full view: copy the whole slot of a task. Returns false if the table does not have it. Any thread. */
bool taskread_slot(struct shm_segment *segment, const uuid_t id, struct shm_task *slot);
/* For a full view: make the text of a row and its slot (NULL = none); reads its chain. Database thread. Returns 0, or
 * -1 with the error in conn. */
int taskread_full_text(struct store_conn *conn, const struct config *config, int spool_fd, const struct shm_task *slot,
                       const struct journal_row *row, struct taskfull *out);

#endif
