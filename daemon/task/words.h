/* The words of a task, made from the fields of its slot.
 *
 * This is the only place that has them: whoever changes a task sets fields, and taskview_render() asks for the words
 * once per change. Nobody parses what is written here. Any thread of any process. */
#ifndef PF_TASK_WORDS_H
#define PF_TASK_WORDS_H

#include "shm/table.h"

#include <stddef.h>

#define TASK_MESSAGE_MAX 256 /* bytes of a message with its terminator */

/* What stopped an attempt that neither ended its task nor was cancelled. */
struct interruption {
    enum task_cause cause;
    unsigned code;    /* CAUSE_SIGNAL, CAUSE_EXIT */
    const char *told; /* CAUSE_TOLD: the sentence; else NULL */
    unsigned attempt; /* which one */
    unsigned max;     /* of how many */
};

/* "its runner was killed by signal 9", "the database failed". Never empty. */
void taskwords_cause(const struct interruption *why, char *buf, size_t size);

/* The message of a poll: where a live task stands, or what stays of a final one. `buf` has TASK_MESSAGE_MAX bytes. */
void taskwords_message(const struct shm_task *task, char *buf);

/* What the attempt of a RUNNING task did last ("row 120 000"; "started" if it has said nothing); "" in other states. */
const char *taskwords_last_step(const struct shm_task *task);

#endif
