/* A task that takes an import back: the same from the precheck to the end for each book (history.h). */
#ifndef PF_HISTORY_UNDO_H
#define PF_HISTORY_UNDO_H

#include "handlers/history/history.h"
#include "handlers/run/run.h"
#include "handlers/task_type.h"

struct undo_run {
    struct job *job;
    const struct import_book *book;
    struct import_record record; /* of what is taken back */
    struct run_lease lease;
    struct run_failure failure;
    uint64_t undo_id;                    /* number of this undo in the history */
    uint64_t inserted, updated, deleted; /* rows, as the book counts them; inserted: they are there again */
};

/* The only parameter of both. */
extern const struct param_spec undo_params[];
extern const char *const undo_effects[]; /* undo, redo */
/* The first members of both results. */
#define UNDO_RESULT                                                                                                    \
    {.name = "import_id", .kind = RESULT_ID, .help = "Number of this undo in the history."},                           \
        {.name = "undone", .kind = RESULT_ID, .help = "Number of the import that was taken back."},                    \
    {                                                                                                                  \
        .name = "effect", .kind = RESULT_CHOICE, .choices = undo_effects, .help = "redo: an undo was taken back."      \
    }
void undo_put_result(struct json_out *out, const struct undo_run *run);

/* task_type.precheck for a book. */
int undo_precheck(struct store_conn *db, const struct import_book *book, yajl_val params, struct param_faults *faults);
/* task_type.run for a book. */
enum job_verdict undo_run_task(struct job *job, const struct import_book *book);

#endif
