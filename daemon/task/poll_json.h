/* The bytes of a task as the API shows it: the nine members, in the contract's order, and a line feed.
 *
 * Whoever makes a change renders the text once, and the slot keeps it: a poll only copies bytes. Any thread. */
#ifndef PF_TASK_POLL_JSON_H
#define PF_TASK_POLL_JSON_H

#include "base/json.h"
#include "shm/table.h"
#include "store/journal.h"

/* "running", "completed" or "error": the three statuses of the wire. */
const char *taskview_status(enum task_state state);

/* Writes `task` with its result (JSON text, or NULL) into `out`. */
void taskview_write(struct json_out *out, const struct shm_task *task, const char *result);

/* Renders into task->text. A text that is too long for the slot is flagged as TASK_TEXT_IN_JOURNAL instead. */
void taskview_render(struct shm_task *task, const char *result);

/* The fields of a task from its row. Progress and steps are not journalled: a live task has none. */
void taskview_from_row(const struct journal_row *row, struct shm_task *task);

/* The nine members of a journalled task and a line feed. The caller frees it. */
char *taskview_of_row(const struct journal_row *row);

/* A moment as a member, in the form of time_text(); 0 = null. */
void taskview_put_time(struct json_out *out, const char *key, int64_t ms);

#endif
