/* Changing tasks in the table: read, edit, render, compare-and-set. Daemon code moves a task here and nowhere else.
 *
 * Rendering happens outside the table's lock. The change is made against the version that was read, and made again if
 * somebody else was first. Any worker, runner or janitor thread may call these.
 *
 * created_at <= started_at <= done_at, whatever the wall clock does meanwhile: each move takes care of it. */
#ifndef PF_TASK_STATE_H
#define PF_TASK_STATE_H

#include "daemon/process/process.h"
#include "daemon/task/words.h"
#include "handlers/job.h"
#include "shm/table.h"
#include "store/journal.h"

/* Edit a copy of the task. Return false to leave it as it is (the caller gets -ECANCELED). The text is rendered
 * afterwards, from the fields; to show a result set *result to JSON text. */
typedef bool (*taskstate_edit)(struct shm_task *task, const char **result, void *ctx);

/* Apply an edit. Returns 0, -ECANCELED (the edit declined), -ESRCH (gone), -ETIMEDOUT. Exits the process with
 * EXIT_SEGMENT_LOST if the segment is beyond repair. So do all moves below. */
int taskstate_apply(struct shm_segment *seg, struct shm_handle handle, taskstate_edit edit, void *ctx);

/* Reserve a slot, as shm_table_reserve(). */
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
int taskstate_progress(struct shm_segment *seg, struct shm_handle handle, unsigned percent, enum job_phase phase,
                       const char *step, const struct task_counts *counts);
/* RUNNING: the attempt is over, and its runner waits for the database to write that down. */
int taskstate_unsettled(struct shm_segment *seg, struct shm_handle handle);
/* RUNNING and owned by `dead`: show at once that its owner died, before the journal has been asked. Declines if that is
 * shown already, or if the task has another owner by now. The attempt is the slot's own. */
int taskstate_interrupted(struct shm_segment *seg, struct shm_handle handle, struct proc_ref dead,
                          const struct interruption *why);
/* READY, CLAIMED or RUNNING: cancellation is asked for, and the message says so from now on. Declines if it was
 * asked for before. */
int taskstate_ask_cancel(struct shm_segment *seg, struct shm_handle handle);
/* A final state -> FREE: the journal has forgotten the task. */
int taskstate_forget(struct shm_segment *seg, struct shm_handle handle);
/* RUNNING, still in attempt `attempt`: past its time limit; the janitor has its runner killed. */
int taskstate_overdue(struct shm_segment *seg, struct shm_handle handle, unsigned attempt);
/* RUNNING or CLAIMED -> READY for the next attempt. `why`: what ended the last one, which is shown; NULL = nothing to
 * show. */
int taskstate_requeue(struct shm_segment *seg, struct shm_handle handle, const struct interruption *why);
/* Any live state -> the end, exactly as the journal has it: whoever wrote it there has called ending_keep(). The
 * strings of `end` are borrowed. */
int taskstate_finish(struct shm_segment *seg, struct shm_handle handle, const struct journal_end *end);
/* RESERVED (just taken) -> whatever state the row is in: live rows become READY, final ones final. */
int taskstate_load(struct shm_segment *seg, struct shm_handle handle, const struct journal_row *row);

/* Exits the process if rc says that the segment is lost; otherwise returns rc. */
int taskstate_check(int rc);

#endif
