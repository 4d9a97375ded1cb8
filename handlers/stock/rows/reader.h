/* The grid sink of the stock import: sheets, headings, rows, items.
 *
 * Pure: catalogue and present stock are in memory already. A row goes through these steps:
 *
 *   handlers/table/reader.h   sheets, headings, merges, what lies inside what
 *   reader.c    joins that to the stock; the end of a sheet
 *   rules.c     total, section, group or data, and whose (sections.h); running sums (sums.h)
 *   items.h     takes the line that handlers/stock/line/ makes of a data row
 *   report.c    what is wrong, with sheet, row, column and caption
 *
 * One pass, bounded memory. Only one thing can need a second reading: sections.h. */
#ifndef PF_STOCK_ROWS_READER_H
#define PF_STOCK_ROWS_READER_H

#include "handlers/stock/line/line.h"
#include "handlers/stock/rows/items.h"
#include "handlers/stock/rows/refused.h"
#include "handlers/stock/rows/sections.h"
#include "handlers/stock/rows/sums.h"
#include "handlers/table/groups.h"
#include "handlers/table/reader.h"

/* The file must be read once more: stock_reader_again(). */
#define STOCK_SINK_AGAIN (-102)

/* What the reader reports to the rest of the import. Returns 0, or nonzero to stop the reading with
 * TABLE_STOPPED. */
struct stock_reader_out {
    /* An accepted line and what became of it. May be NULL. */
    int (*line)(void *ctx, const struct stock_line *line, uint32_t item, enum stock_added added);
    /* Every 1024 rows: look at the cancel flag, tell the progress. */
    int (*tick)(void *ctx, uint64_t rows_read);
    /* A remark of the file's reader (grid_sink.remark). */
    void (*remark)(void *ctx, const char *text);
    void *ctx;
};

/* What was found out about a row before its kind is known. */
struct stock_look {
    struct stock_ident ident;
    struct stock_verdict verdict;
    struct table_facts facts;
};

/* The report's own total, for the result. */
struct stock_control_total {
    bool known;
    uint32_t row;      /* 0-based */
    dec128 value, sum; /* thousandths: of the report, of the rows */
};

struct stock_reader {
    const struct stock_params *params;
    struct catalog_map *catalog;
    struct stock_items *items;
    struct stock_reader_out out;
    uint32_t warehouse; /* number in the catalogue of the one that is imported */
    struct table_ask ask;
    struct table_import import; /* what this reader does for the table */
    struct table_reader table;

    /* The sheet that is being read. */
    uint32_t heading_number; /* from stock_issues_heading() */
    struct stock_context context;
    struct stock_look look; /* at the row that is being placed */
    struct table_groups groups;
    struct stock_sections sections;
    struct stock_sums sums;
    bool *again; /* by number of the sheet: its unknown sections are not ours (second reading) */
    uint32_t n_again;

    /* The file. */
    struct value_date stock_date;       /* the latest of the sheets; year 0 = none was read */
    struct stock_control_total control; /* of a file with one sheet */
    uint32_t rows_total, rows_rejected, duplicates_merged;
    uint32_t no_values; /* data rows whose quantity is an error or, in a form of 1C, an expression */
    uint32_t skipped[SKIP_COUNT];
    struct stock_refused refused; /* what the refused rows may stand for */
    struct stock_issues issues;
};

/* The warehouse must be in the catalogue. `items` may hold the present stock. */
void stock_reader_init(struct stock_reader *reader, const struct stock_params *params, struct catalog_map *catalog,
                       struct stock_items *items, const struct stock_reader_out *out);
void stock_reader_fini(struct stock_reader *reader);
struct grid_sink stock_reader_sink(struct stock_reader *reader);
/* After STOCK_SINK_AGAIN: forgets what was read and makes ready for the second reading. */
void stock_reader_again(struct stock_reader *reader);
/* Call it after the file was read: settles the items and decides whether the import may go on. Returns 0, or -1 with
 * reader->table.failure. */
int stock_reader_finish(struct stock_reader *reader);
/* Rows that were accepted. */
static inline uint32_t stock_reader_accepted(const struct stock_reader *reader)
{
    return reader->rows_total - reader->rows_rejected;
}

/* ---- Between reader.c, rules.c and report.c ---------------------------------------------------------------------- */

/* A row in its place; table_import.row with the reader as ctx. */
int stock_rules_row(void *ctx, const struct table_row *row, const struct table_placed *placed);
/* A row with other columns than the heading's, which holds no stock; table_import.unaligned. */
int stock_rules_unaligned(void *ctx, const struct grid_row *grid, enum table_unaligned kind);
/* A candidate that the sums have decided; table_verdict_fn with the reader as ctx. */
int stock_rules_group(void *ctx, const struct grid_row *row, enum table_verdict verdict, dec128 sum);
/* Fills reader->look: whose stock the row would be, and its quantity. */
void stock_rules_look(struct stock_reader *reader, const struct table_row *row);
/* A section with a quantity ended without rows. Returns 0. */
int stock_rules_stacked(struct stock_reader *reader);

/* Counts and keeps everything in the verdict: errors of a refused row, warnings of one that is kept. */
void stock_report_row(struct stock_reader *reader, const struct table_row *row, const struct stock_verdict *verdict,
                      const char *pn_norm);
/* One warning about the file or a place in it. row ARENA_NONE = the whole file, column ARENA_NONE = none. `facts`: the
 * detail as fields, NULL = none. */
void stock_report_file(struct stock_reader *reader, enum stock_code code, uint32_t row, uint32_t column,
                       const char *detail, const char *facts);
/* The warnings that a heading gives: unknown captions, columns that are not read, dates to come. */
void stock_report_heading(struct stock_reader *reader, const struct table_dates *dates);

#endif
