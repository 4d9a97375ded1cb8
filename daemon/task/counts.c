/* Counts of a running task in its slot. */
#include "daemon/task/counts.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNTS_FORMAT "%" PRIu64 " %" PRIu64 " %" PRIu64

void taskcounts_put(struct shm_task *task, const struct task_counts *counts)
{
    assert(!task_state_final((enum task_state)task->state));
    task->error[0] = '\0';
    if (counts->known)
        snprintf(task->error, sizeof task->error, COUNTS_FORMAT, counts->total, counts->done, counts->rejected);
}

struct task_counts taskcounts_of(const struct shm_task *task)
{
    struct task_counts counts = {.known = false};
    char *rest;
    if (task_state_final((enum task_state)task->state) || task->error[0] == '\0')
        return counts;
    counts.known = true;
    counts.total = strtoull(task->error, &rest, 10);
    counts.done = strtoull(rest, &rest, 10);
    counts.rejected = strtoull(rest, NULL, 10);
    return counts;
}

const char *taskcounts_error(const struct shm_task *task)
{
    return task_state_final((enum task_state)task->state) ? task->error : "";
}
