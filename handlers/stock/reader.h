/* The grid sink of the stock import: finds the heading, sorts the rows below it, and turns data rows into items.
 *
 * Pure: catalogue and present stock are in memory already. It reads the rows of the first visible sheet with a heading
 * and ignores the rest of the file. A row whose kind depends on the next row's outline level is kept as pending. */
#ifndef PF_STOCK_READER_H
#define PF_STOCK_READER_H

#include "handlers/stock/align.h"
#include "handlers/stock/items.h"
#include "handlers/stock/line.h"

/* The sink returns this if a callback stopped the reading; the grid reader hands it through. */
#define STOCK_SINK_STOPPED (-100)

/* What the reader reports to the rest of the import. Returns 0, or nonzero to stop the reading with
 * STOCK_SINK_STOPPED. */
struct stock_reader_out {
    /* An accepted line and what became of it. May be NULL. */
    int (*line)(void *ctx, const struct stock_line *line, uint32_t item, enum stock_added added);
    /* Every 1024 rows: look at the cancel flag, tell the progress. */
    int (*tick)(void *ctx, uint64_t rows_read);
    /* A remark of the file's reader (grid_sink.remark). */
    void (*remark)(void *ctx, const char *text);
    void *ctx;
};

enum stock_phase { PHASE_SEARCH, PHASE_PASS /* this sheet is ignored */, PHASE_DATA, PHASE_DONE };

struct stock_reader {
    const struct stock_params *params;
    struct catalog_map *catalog;
    struct stock_items *items;
    struct stock_reader_out out;
    uint32_t warehouse; /* number in the catalogue of the one that is imported */

    enum stock_phase phase;
    char sheet[65]; /* name of the sheet, cut at 64 characters for the row errors */
    bool date1904;  /* of the sheet */
    struct grid_row *head[TABLE_HEAD_ROWS];
    uint32_t n_head;
    struct grid_merge *merges;
    uint32_t n_merges, room_merges;
    struct stock_grids grids; /* of the sheet */

    struct table_heading heading;
    uint32_t heading_number; /* stock_issues_heading() */
    struct stock_context context;
    struct grid_row *pending; /* a row whose kind depends on the next one, or NULL */
    uint32_t section;         /* warehouse of the section we are in, or ARENA_NONE */

    uint64_t rows_read;
    uint32_t rows_total, rows_rejected, duplicates_merged;
    uint32_t uncalculated; /* formulas without a value in the rows below the heading */
    uint32_t no_values;    /* data rows whose quantity is an error or, in a form of 1C, an expression */
    char no_header[480];   /* why the first sheet has no heading */
    uint32_t skipped[SKIP_COUNT];
    struct stock_issues issues;
    /* Set if the task cannot succeed: "E_NO_HEADER" and a sentence. */
    char failure[24];
    char failure_text[480];
};

/* The warehouse must be in the catalogue. `items` may hold the present stock. */
void stock_reader_init(struct stock_reader *reader, const struct stock_params *params, struct catalog_map *catalog,
                       struct stock_items *items, const struct stock_reader_out *out);
void stock_reader_fini(struct stock_reader *reader);
struct grid_sink stock_reader_sink(struct stock_reader *reader);
/* Call it after the file was read: settles the items and decides whether the import may go on. Returns 0, or -1 with
 * reader->failure. */
int stock_reader_finish(struct stock_reader *reader);
/* Rows that were accepted. */
static inline uint32_t stock_reader_accepted(const struct stock_reader *reader)
{
    return reader->rows_total - reader->rows_rejected;
}

#endif
