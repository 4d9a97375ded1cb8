/* Accepting a task: from a start that is asked for to one that is journalled, answered and waits for a runner.
 *
 *   admitted      loop             refused while the worker drains
 *   compared      database thread  only with an idempotency key, or a type whose equal work is not queued twice
 *   reserved      loop             a slot of the table; refused when too many tasks wait
 *   file kept     file thread      only with a file: an upload is examined, synced and linked in one visit
 *   journalled    database thread  the type's precheck and those of its follow-ups, the row and its chain, in one group
 *                                  commit
 *   published     loop             the slot is visible, a runner is poked, the client gets its 202
 *   given back    loop             instead: slot and file are given back, the client has its refusal
 *
 * - A failure before the commit gives back slot and file.
 * - A commit whose outcome is unknown was looked up by the database thread before we hear of it. If that failed too, the
 *   client gets a 503, and slot and file stay until the journal says whether the row is there.
 * - Two starts that come together with one key, or with equal work, meet at a unique index. The second one compares again
 *   and finds the first.
 * - Work is equal if its follow-ups are equal, too: a start never joins a task that others follow. A type that refuses
 *   equal work looks at the first task alone.
 * - An upload whose key is known is examined without a slot and not kept: only its hash tells whether it is the same.
 * - Once the client has its id, every worker can answer a poll for it. */
#ifndef PF_ACCEPT_ACCEPT_H
#define PF_ACCEPT_ACCEPT_H

#include "daemon/accept/follow.h"
#include "daemon/worker/worker.h"
#include "handlers/task_type.h"

struct accept_start {
    int type;
    char *params;                    /* canonical JSON; taken over, freed here */
    const char *pointer_prefix;      /* where the request has the parameters, for the pointers of faults: "/params";
                                        NULL = the body is the parameters. A string constant */
    const uint8_t *retry_of;         /* NULL, or the id of the task that this one repeats; copied */
    const struct journal_file *file; /* NULL, or the kept file of `retry_of`; copied */
    struct follow_ups then;          /* what starts afterwards; taken over */
};

/* Start a task, or answer with the one that it repeats or joins. Answers the request. */
void accept_start(struct http_request *request, struct accept_start *start);

/* The same for an upload: the request's body is the file, raw or as the part "file" of a multipart form. The parameters
 * are those of the query and the form's other fields; `name`, `value`: one more that the path gives, or NULL.
 * With from_task=ID in the query the file is the kept one of that task (from_task.c). */
void accept_upload(struct http_request *request, const char *type, const char *name, const char *value);

struct upload;
/* With an upload that says where the file is; it is taken over. */
void accept_examined(struct http_request *request, int type, struct upload *upload);
/* accept_upload() with from_task in the query. */
void accept_from_task(struct http_request *request, int type, struct upload *upload, const char *from_task);

#endif
