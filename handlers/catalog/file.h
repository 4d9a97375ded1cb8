/* The sink of a catalogue file: heading, then one row after the other, checked and staged. It knows no SQL: staging is
 * a callback, so unit tests need no database. */
#ifndef PF_CATALOG_FILE_H
#define PF_CATALOG_FILE_H

#include "handlers/catalog/table.h"
#include "handlers/run/run.h"
#include "handlers/sheet/grid/grid.h"

#define CATALOG_SINK_STOPPED (-100)
#define CATALOG_ISSUES_KEPT  10000
#define CATALOG_CODES        24

struct catalog_issue {
    uint32_t row; /* 0-based */
    const char *field, *code, *message;
    uint32_t cells; /* arena offset */
};
struct catalog_count {
    const char *code;
    uint64_t n;
};

struct catalog_file {
    const struct catalog_table *table;
    const struct catalog_known *known;
    /* Take a good row. Returns 0, or nonzero to stop. */
    int (*heading)(void *ctx);
    int (*row)(void *ctx, uint32_t row, const struct catalog_row *values);
    int (*tick)(void *ctx, uint64_t rows); /* every 1024 rows */
    void *ctx;

    bool has_heading;
    bool present[CATALOG_COLUMNS];  /* by column of the table */
    int column_at[CATALOG_COLUMNS]; /* column of the table by column of the file */
    uint32_t n_file_columns;
    struct catalog_row *values;

    struct arena text; /* raw rows and keys */
    struct arena_index keys;
    uint32_t *key_at; /* arena offset of each key */
    uint32_t n_keys, room_keys;

    uint32_t rows_total, rejected, repeated; /* repeated: known references met again in the file (quotes) */
    struct catalog_issue *issues;
    uint32_t n_issues, room_issues;
    struct catalog_count counts[CATALOG_CODES];
    unsigned n_counts;
    struct run_failure failure;
};

void catalog_file_init(struct catalog_file *file, const struct catalog_table *table, const struct catalog_known *known);
void catalog_file_fini(struct catalog_file *file);
struct grid_sink catalog_file_sink(struct catalog_file *file);
/* After reading: was there a heading and at least one row? Returns 0 or -1 with file->failure. */
int catalog_file_finish(struct catalog_file *file);

#endif
