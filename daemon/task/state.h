/* Changing tasks in the table: read, edit, render, compare-and-set; the one place where daemon code moves a task.
 *
 * Rendering happens outside the table's lock: the change is made against the version that was read and is done again
 * when somebody else was first. Any worker, runner or janitor thread may call these. */
#ifndef PF_TASK_STATE_H
#define PF_TASK_STATE_H

#include "daemon/process/process.h"
#include "daemon/task/words.h"
#include "shm/table.h"
#include "store/journal.h"

/* Moments. created_at <= started_at <= done_at, whatever the wall clock does meanwhile: each move takes care of it. */

/* Edit a copy of the task. Return false to leave it as it is (the caller gets -ECANCELED). The text is rendered
 * afterwards, from the fields; to show a result set *result to JSON text. */
typedef bool (*taskstate_edit)(struct shm_task *task, const char **result, void *ctx);

/* Apply an edit. Returns 0, -ECANCELED (the edit declined), -ESRCH (gone), -ETIMEDOUT, or exits the process with
 * EXIT_SEGMENT_LOST when the segment is beyond repair. */
int taskstate_apply(struct shm_segment *seg, struct shm_handle handle, taskstate_edit edit, void *ctx);

/* Reserve a slot; as shm_table_reserve(), with the same handling of a lost segment. */
int taskstate_reserve(struct shm_segment *seg, struct proc_ref me, const uint8_t id[16], uint8_t type,
                      struct shm_handle *out);

/* The counts of a copy of a task, and their reverse. A change of them alone raises no version and wakes nobody: only
 * the full view shows them. */
void taskstate_put_counts(struct shm_task *task, const struct task_counts *counts);
struct task_counts taskstate_counts(const struct shm_task *task);

/* RESERVED -> READY, visible from now on. */
int taskstate_publish(struct shm_segment *seg, struct shm_handle handle, int64_t created_ms, uint32_t client);
/* READY, never started: so many are ahead. Declines in any other state, and if the task is being cancelled. */
int taskstate_place(struct shm_segment *seg, struct shm_handle handle, uint32_t ahead);
/* RESERVED -> FREE: the row was not committed. */
int taskstate_release(struct shm_segment *seg, struct shm_handle handle);
/* CLAIMED -> RUNNING: attempt number `attempt` starts now. */
int taskstate_start(struct shm_segment *seg, struct shm_handle handle, unsigned attempt, unsigned max_attempts);
/* RUNNING: percent (0-99, never falls within an attempt), the step, and what has been counted so far. */
int taskstate_progress(struct shm_segment *seg, struct shm_handle handle, unsigned percent, const char *step,
                       const struct task_counts *counts);
/* RUNNING: the attempt is over, and its runner waits for the database to write that down. */
int taskstate_unsettled(struct shm_segment *seg, struct shm_handle handle);
/* RUNNING and owned by `dead`: say at once that its owner died, before the journal has been asked. Declines when it was
 * said already, or when the task has moved on to another owner. The attempt is the slot's own. */
int taskstate_interrupted(struct shm_segment *seg, struct shm_handle handle, struct proc_ref dead,
                          const struct interruption *why);
/* READY, CLAIMED or RUNNING: cancellation is asked for; the message says so from now on. Declines when it was
 * before. */
int taskstate_ask_cancel(struct shm_segment *seg, struct shm_handle handle);
/* A final state -> FREE: the journal has forgotten the task. */
int taskstate_forget(struct shm_segment *seg, struct shm_handle handle);
/* RUNNING, still in attempt `attempt`: past its time limit; the janitor has its runner killed. */
int taskstate_overdue(struct shm_segment *seg, struct shm_handle handle, unsigned attempt);
/* RUNNING or CLAIMED -> READY for the next attempt. `why`: what ended the last one, which is shown; NULL = nothing that
 * anybody need know. */
int taskstate_requeue(struct shm_segment *seg, struct shm_handle handle, const struct interruption *why);
/* Any live state -> what the journal says the end is, to the letter: whoever writes the end there has called
 * ending_keep(). `end` strings are borrowed. */
int taskstate_finish(struct shm_segment *seg, struct shm_handle handle, const struct journal_end *end);
/* RESERVED (just taken) -> whatever state the row is in: live rows become READY, final ones final. */
int taskstate_load(struct shm_segment *seg, struct shm_handle handle, const struct journal_row *row);

/* Leave the process when rc says that the segment is lost; otherwise hand rc through. */
int taskstate_check(int rc);

#endif
