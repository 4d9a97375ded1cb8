/* What a running task has counted of its rows so far, in its slot.
 *
 * A slot has no members for it, and only a task that is over has an error: until then the place of the error's text
 * holds the counts, as text, and nobody but these functions and the end of the task writes there. They are shown by the
 * full view alone, so a change of them alone raises no version and wakes nobody: the message beside them does. */
#ifndef PF_TASK_COUNTS_H
#define PF_TASK_COUNTS_H

#include "shm/table.h"
#include "store/journal.h"

/* `task` is a copy that is being changed, and is not over. Counts that are not known leave none. */
void taskcounts_put(struct shm_task *task, const struct task_counts *counts);
/* Those of a copy; not known when it has none, or when the task is over. */
struct task_counts taskcounts_of(const struct shm_task *task);
/* The error of a task as it is shown: "" until it is over. */
const char *taskcounts_error(const struct shm_task *task);

#endif
