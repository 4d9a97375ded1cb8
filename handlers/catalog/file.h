/* The sink of a catalogue file: sheet, heading, then one row after the other, checked and staged. It knows no SQL:
 * staging is a callback, so unit tests need no database.
 *
 * One visible sheet has a heading, or the task names the sheet; else the file is refused. What people need to choose
 * columns is noted meanwhile (view.c). */
#ifndef PF_CATALOG_FILE_H
#define PF_CATALOG_FILE_H

#include "handlers/catalog/head.h"
#include "handlers/catalog/table.h"
#include "handlers/run/run.h"
#include "handlers/sheet/grid/grid.h"
#include "handlers/table/mapping.h"

#define CATALOG_SINK_STOPPED (-100)
#define CATALOG_CODES        24

struct catalog_count {
    const char *code;
    uint64_t n;
};

enum catalog_phase { CATALOG_SEARCH, CATALOG_ROWS, CATALOG_COUNT /* a second sheet with a heading */, CATALOG_PASS };

struct catalog_file {
    const struct catalog_table *table;
    const struct catalog_known *known;
    const char *wanted; /* the sheet asked for; "" = the one that has a heading */
    struct catalog_ask ask;
    /* Take a good row. Returns 0, or nonzero to stop. */
    int (*heading)(void *ctx);
    int (*row)(void *ctx, uint32_t row, const struct catalog_row *values);
    int (*tick)(void *ctx, uint64_t rows); /* every 1024 rows */
    void *ctx;

    enum catalog_phase phase;
    struct catalog_style style;
    struct table_sheets sheets;
    struct table_views views;                /* what people are shown of them */
    struct grid_row *first[TABLE_HEAD_ROWS]; /* the first rows of a sheet, until the heading is found */
    uint32_t n_first;
    uint32_t read_sheet; /* number of the one that is read, from 0 */
    bool has_heading;
    struct catalog_head head;  /* of the sheet that is read */
    struct catalog_head close; /* the row of the present sheet that was most like a heading */
    struct catalog_row *values;

    struct arena text; /* keys */
    struct arena_index keys;
    uint32_t *key_at; /* arena offset of each key */
    uint32_t n_keys, room_keys;

    uint32_t rows_total, rejected, repeated; /* repeated: known references met again in the file (quotes) */
    struct issues issues;
    uint64_t all_issues; /* kept or not */
    uint32_t issue_heading;
    struct catalog_count counts[CATALOG_CODES]; /* rows by code */
    unsigned n_counts;
    struct run_failure failure;
};

void catalog_file_init(struct catalog_file *file, const struct catalog_table *table, const struct catalog_known *known);
void catalog_file_fini(struct catalog_file *file);
/* What the file shows of itself. `fields`: the names of the table's columns, NULL-terminated. */
struct table_shown catalog_file_shown(const struct catalog_file *file, const char *const *fields);
struct grid_sink catalog_file_sink(struct catalog_file *file);
/* After reading: was there one heading and at least one row? Returns 0 or -1 with file->failure. */
int catalog_file_finish(struct catalog_file *file);

/* For this room: notes the first rows of the present sheet and what its columns are; forgets the rows. (view.c) */
void catalog_view_begin(struct catalog_file *file, const struct catalog_head *head, bool whole);

#endif
