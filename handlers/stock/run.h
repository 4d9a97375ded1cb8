/* One run of the stock import: everything it holds, shared by the task's steps. */
#ifndef PF_STOCK_RUN_H
#define PF_STOCK_RUN_H

#include "base/json.h"
#include "handlers/profiles/use.h"
#include "handlers/run/run.h"
#include "handlers/stock/rows/reader.h"
#include "handlers/stock/write.h"
#include "handlers/table/fixes.h"
#include "handlers/task_type.h"

struct stock_run {
    struct job *job;
    struct stock_params params;
    struct table_fixes fixes;
    enum sheet_format format;
    struct catalog_map catalog;
    struct stock_items items;
    struct stock_reader reader;
    struct stock_totals totals;
    bool whole; /* the file has been read to its end */
    uint32_t warehouse_id;
    uint64_t catalog_mark; /* relink_mark() when the catalogue was read */

    struct run_lease lease; /* on the warehouse; not taken for a dry run */
    struct run_failure failure;

    /* Found by the effect, or from the earlier import with if_seen = skip. */
    uint64_t import_id;            /* 0 = none (dry run) */
    uint64_t last_import;          /* that the file is compared with; 0 = none */
    struct value_date date_before; /* of the stock before; year 0 = there was none */
    bool already_imported;
    struct value_date recorded_date; /* of the earlier import */

    unsigned n_preview;
    struct json_out preview;  /* a list of parsed rows, dry run only */
    char *changes;            /* JSON, dry run only */
    struct table_fit fitting; /* the profile that fits the captions. Dry run, or failed */
};

/* What the parameter `columns` may name. */
extern const char *const stock_column_fields[];
/* What its file shows of itself. */
static inline struct table_shown stock_run_shown(const struct stock_run *run)
{
    return table_shown_of(&run->reader.table, stock_column_fields);
}

/* ---- Result (result.c, changes.c) ------------------------------------------------------------------------------ */

/* The result of the task as JSON, heap. */
char *stock_result_json(const struct stock_run *run);
/* What it writes. */
extern const struct result_spec stock_result_members[];
/* Fills run->fitting. Returns 0 or -1 with db->error. */
int stock_find_profile(struct stock_run *run, struct store_conn *db);
/* Adds an accepted line to the preview if there is room. */
void stock_preview_line(struct stock_run *run, const struct stock_line *line);
/* Fills run->changes: the first inserts, updates with old and new values, and deletes. Reads the stock's values from
 * the database. Returns 0 or -1. */
int stock_changes_json(struct stock_run *run);

/* ---- Effect (save.c) ------------------------------------------------------------------------------------------- */

/* Writes what commits together with the task's final state; a job_effect_fn with a struct stock_run as ctx. */
int stock_save(struct job *job, struct store_conn *db, struct job_ending *ending, void *ctx);
/* The same for a failed task: writes only the row errors. */
int stock_save_failed(struct job *job, struct store_conn *db, struct job_ending *ending, void *ctx);

#endif
