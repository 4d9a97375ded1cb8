/* What an import is compared with: the last import on record. A client that has seen a dry run sends its number as
 * expect_import, and what it has seen is what happens, or nothing. */
#ifndef PF_HISTORY_BASE_H
#define PF_HISTORY_BASE_H

#include "handlers/history/history.h"
#include "handlers/run/run.h"

#define EXPECT_IMPORT_PARAM                                                                                            \
    {                                                                                                                  \
        .name = "expect_import", .saved = NOT_SAVED, .kind = PARAM_INT, .min = 0, .max = INT64_MAX,                    \
        .help = "Number of the import that must be the last one on record, as last_import of a dry run names it; 0: "  \
                "none may be. Otherwise nothing is written."                                                           \
    }
#define LAST_IMPORT_RESULT                                                                                             \
    {.name = "last_import",                                                                                            \
     .kind = RESULT_COUNT,                                                                                             \
     .optional = true,                                                                                                 \
     .help = "Number of the import on record that the file was compared with, for expect_import; 0: there was none."}, \
    {                                                                                                                  \
        .name = "items_before", .kind = RESULT_COUNT, .optional = true,                                                \
        .help = "Items, or active quotes, that there were before; absent if the file was not read again."              \
    }

/* At submission, when nothing else is wrong. `kind` may be NULL. Returns 0, PRECHECK_BASE_MOVED with a fault, or -1 with
 * db->error. */
int history_base_precheck(struct store_conn *db, const struct import_book *book, yajl_val params, const char *kind,
                          struct param_faults *faults);
/* Before anything is compared: fills *last. Returns STEP_ON, STEP_FAIL with E_BASE_MOVED, or STEP_AGAIN. */
enum run_step history_base_find(struct job *job, const struct import_book *book, uint32_t owner_id, uint64_t *last,
                                struct run_failure *failure);
/* In the transaction of the effect, under the lease: is it still so? Returns as a job_effect_fn. */
int history_base_check(struct job *job, struct store_conn *db, const struct import_book *book, uint32_t owner_id,
                       struct job_ending *ending);

#endif
