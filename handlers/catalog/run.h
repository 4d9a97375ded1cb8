/* One run of the import of a catalogue file: everything it holds, shared by the task's steps. */
#ifndef PF_CATALOG_RUN_H
#define PF_CATALOG_RUN_H

#include "handlers/catalog/file.h"
#include "handlers/catalog/relink.h"
#include "handlers/catalog/sql.h"
#include "handlers/profiles/use.h"
#include "handlers/run/mapping.h"
#include "handlers/table/fixes.h"

struct catalog_run {
    struct job *job;
    const struct catalog_table *table;
    struct catalog_known known;
    struct table_fixes fixes;
    struct catalog_file file;
    struct catalog_stage stage;
    enum sheet_format format;
    bool dry_run;
    bool whole; /* the file has been read to its end */
    struct run_lease lease;
    struct run_failure failure;
    uint64_t mark; /* relink_mark() when the catalogue was read */
    uint64_t staged, inserted, updated;
    struct relinked relinked;
    const char *fields[CATALOG_COLUMNS + 1]; /* names of the table's columns */
    struct table_fit fitting;                /* the profile that fits the captions. Dry run, or failed */
};

/* What its file shows of itself. */
static inline struct table_shown catalog_run_shown(const struct catalog_run *run)
{
    return catalog_file_shown(&run->file, run->fields);
}

/* The result of the task as JSON, heap. (result.c) */
char *catalog_result_json(const struct catalog_run *run);
extern const struct result_spec catalog_result_members[];
/* Fills run->fitting. Returns 0 or -1 with db->error. */
int catalog_find_profile(struct catalog_run *run, struct store_conn *db);

#endif
