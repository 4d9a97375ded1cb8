/* One run of the import of a price list: everything it holds, shared by the task's steps. */
#ifndef PF_QUOTES_IMPORT_RUN_H
#define PF_QUOTES_IMPORT_RUN_H

#include "base/json.h"
#include "handlers/profiles/use.h"
#include "handlers/quotes/import/file.h"
#include "handlers/run/run.h"
#include "handlers/table/fixes.h"
#include "handlers/task_type.h"

struct quote_run {
    struct job *job;
    struct quote_params params;
    struct table_fixes fixes;
    enum sheet_format format;
    struct catalog_map catalog;
    uint64_t catalog_mark; /* relink_mark() when the catalogue was read */
    char own[PN_BYTES];    /* the party's normalised code */
    uint32_t party_id;
    struct quote_file file;
    struct quote_record record;
    bool whole; /* the file has been read to its end */

    struct run_lease lease; /* on the party; not taken for a dry run */
    struct run_failure failure;

    uint64_t last_import, before;                               /* import and number of active quotes on record */
    uint64_t import_id;                                         /* 0 = none (dry run) */
    uint32_t inserted, replaced, unchanged, matched, unmatched; /* quotes */
    unsigned n_preview;
    struct json_out preview;  /* a list of parsed rows, dry run only */
    struct table_fit fitting; /* the profile that fits the captions. Dry run, or failed */
};

/* What its file shows of itself. */
static inline struct table_shown quote_run_shown(const struct quote_run *run)
{
    return table_shown_of(&run->file.table, quote_column_fields);
}

/* Counts the outcomes after quote_record_read(). */
void quote_run_count(struct quote_run *run);
/* W_PRICE_JUMP for each row whose price jumped; reads the file again if there is one. (jumps.c) */
enum run_step quote_tell_jumps(struct quote_run *run);
#define QUOTE_JUMP_FACTS 480
/* "PM40-220 100.00 USD → 9000.00 USD", and the same as facts. */
void quote_jump_text(const struct quote_run *run, const struct quote_new *quote, char *out, size_t size,
                     char facts[QUOTE_JUMP_FACTS]);
/* The two guards that force lifts. Returns STEP_ON or STEP_FAIL. (guards.c) */
enum run_step quote_run_guard(struct quote_run *run);

/* The result of the task as JSON, heap. (result.c) */
char *quote_result_json(const struct quote_run *run);
extern const struct result_spec quote_result_members[];
/* Fills run->fitting. Returns 0 or -1 with db->error. */
int quote_find_profile(struct quote_run *run, struct store_conn *db);
/* Adds an accepted row to the preview if there is room; quote_file.line. */
void quote_preview_line(void *ctx, const struct quote_line *line);

/* Writes what commits together with the task's final state; job_effect_fn with the run as ctx. (save.c) */
int quote_save(struct job *job, struct store_conn *db, struct job_ending *ending, void *ctx);
/* The same for a failed task: writes only the row errors. */
int quote_save_failed(struct job *job, struct store_conn *db, struct job_ending *ending, void *ctx);

#endif
