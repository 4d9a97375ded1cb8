/* Ends that no handler writes (cancelled, expired, interrupted, gone), and what becomes of a task's file at any end.
 *
 * Worker, runner or janitor may be the one that ends a task. The words are the same for all. Any thread. */
#ifndef PF_TASK_END_TEXTS_H
#define PF_TASK_END_TEXTS_H

#include "daemon/config/config.h"
#include "daemon/task/words.h"
#include "shm/table.h"
#include "store/journal.h"

/* The end of a task, with room for the texts that `end` borrows: do not copy it. */
struct ending {
    struct journal_end end;
    char text[500 * 4 + 1];
    char message[TASK_MESSAGE_MAX];
};

/* "Cancelled by 10.0.0.7 (wrong file); nothing was written." `row` says who and why; NULL = nobody knows. */
void ending_cancelled(struct ending *ending, const struct journal_row *row);
/* "Not started within 2 hours; nothing was written." */
void ending_expired(struct ending *ending, unsigned limit_s);

/* "Interrupted in attempt 3 of 3 (its runner was killed by signal 9; last step: row 120 000); nothing was written."
 * `task` is its slot as it is now, NULL = it has none. */
void ending_interrupted(struct ending *ending, const struct interruption *why, const struct shm_task *task);
/* "The task's row is no longer in the database." */
void ending_gone(struct ending *ending);
/* A task that ends without success keeps what has been shown of it: its percent, its message unless the end has one,
 * and its counts unless the end knows them. `task` is its slot as it is now. */
void ending_keep(struct ending *ending, const struct shm_task *task);

/* How long the file of a task that ended so is kept for another import; 0 = not at all. What an import has taken in is
 * not kept. */
unsigned ending_keep_file_s(const struct config *config, enum journal_status status, bool dry_run);
/* From the parameters. */
bool ending_is_dry_run(const struct journal_row *row);
/* Until when the file of this task is kept; 0 if it has none, is not over, or its file goes with it. */
int64_t ending_file_until(const struct config *config, const struct journal_row *row);
/* The task is over: deletes its spooled file, unless it is kept. */
void ending_drop_file(const struct config *config, int spool_dir_fd, const uint8_t id[16], enum journal_status status,
                      bool dry_run);

#endif
