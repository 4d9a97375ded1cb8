/* The full view of a task: the nine members as a plain poll shows them, then everything else that is known of it.
 *
 * The slot knows the task as it is now; the journal knows who asked for it and how it ended. Either may be missing: a
 * task of long ago has no slot, and while the database is away the members that only the journal knows are null.
 * Everything comes from their fields; of the result alone the number of the import is read back. */
#ifndef PF_TASK_FULL_JSON_H
#define PF_TASK_FULL_JSON_H

#include "shm/table.h"
#include "store/chain.h"

struct taskfull_source {
    const struct shm_task *slot;   /* read before the row, or NULL */
    const struct journal_row *row; /* or NULL */
    int64_t file_until_ms;         /* until when the task's file is kept; 0 = it is not there any more */
    const struct chain *chain;     /* that the row belongs to, or NULL */
};

/* One representation; `text` is heap, ends with a line feed and is terminated. */
struct taskfull {
    bool final;
    uint8_t outcome;
    char *text;
    size_t len;
};

/* Returns false if the sources do not suffice: the slot has no text and there is no row. Any thread. */
bool taskfull_make(const struct taskfull_source *source, struct taskfull *out);

#endif
