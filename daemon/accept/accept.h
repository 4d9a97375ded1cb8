/* Accepting a task: has it been accepted before? then reserve a slot, keep the upload, journal the row, publish,
 * answer.
 *
 *   database thread: look for the same key and for equal live work (only with a key, or a type that minds) -> loop:
 * admission, reserve -> file thread: sync + link (uploads) -> database thread: group commit -> loop: publish, poke a
 * runner, 202. A failure before the commit gives back slot and file. A commit whose outcome is unknown was looked up by
 * the database thread before we hear of it. Two that come together with one key, or with equal work, meet at a unique
 * index; the second looks again and finds the first. Once the client has its id, every worker can answer a poll for
 * it. */
#ifndef PF_ACCEPT_ACCEPT_H
#define PF_ACCEPT_ACCEPT_H

#include "daemon/worker/worker.h"
#include "handlers/task_type.h"

struct accept_start {
    int type;
    char *params;                    /* canonical JSON; taken over, freed here */
    const struct journal_file *file; /* NULL = none; copied */
    const uint8_t *file_sha256;      /* 32 bytes, with an upload and an Idempotency-Key; copied */
    const char *pointer_prefix; /* where the request has the parameters, for the pointers of faults: "/params"; NULL =
                                   the body is the parameters. A string constant */
    const uint8_t *retry_of;    /* NULL, or the id of the task this repeats, whose kept file `file` is; copied */
};

/* Start a task, or answer with the one that it repeats or joins. Answers the request. */
void accept_start(struct http_request *request, const struct accept_start *start);

#endif
