/* The grid sink of every import of a table: which sheets are read, where their headings are, and the way of each row.
 *
 *   sheet    hidden or not asked for: passed over. The first rows are kept until the heading is found.
 *   heading  begin(); further down a heading may come again (passed()) or with other columns (moved())
 *   row      texts of vertical merges (spread.h) → sorted by field (row.h) → look() → what lies inside what (outline.h)
 *            → row(), once it is decided and in the file's order
 *   end      flush(), then end()
 *
 * What the import cannot go on with ends the file (table_fail) or the sheet (table_sheet_fail); table_reader_judge()
 * says after the reading what it comes to. One pass, bounded memory. Single-threaded; knows no database. */
#ifndef PF_TABLE_READER_H
#define PF_TABLE_READER_H

#include "base/bytes.h"
#include "handlers/table/align.h"
#include "handlers/table/outline.h"
#include "handlers/table/sheets.h"
#include "handlers/table/spread.h"
#include "handlers/table/view.h"

/* The sink returns this if tick() stopped the reading; the grid reader hands it through. */
#define TABLE_STOPPED (-100)

/* What an import does. Where a function returns int: 0 to go on, else what the sink returns (GRID_STOP, a negative
 * number); it may have called table_fail() or table_sheet_fail(). */
struct table_import {
    /* A table begins: reader->heading is set. `above` are the first rows of the sheet. */
    int (*begin)(void *ctx, const struct table_head_input *above);
    /* The heading has moved in this row (0-based): reader->heading is the new one. */
    void (*moved)(void *ctx, uint32_t row);
    /* This many rows from here on are the heading again, or number its columns. */
    void (*passed)(void *ctx, uint32_t row, unsigned rows);
    /* May a row without a value in any recognised column mean something: is its text the name of a place? */
    bool (*names_place)(void *ctx, struct cell_span words);
    /* Fills *facts about a row. What else was found out is the import's to keep, until the next look. */
    void (*look)(void *ctx, const struct table_row *row, struct table_facts *facts);
    /* A row in its place. If placed->at_once, look() was last called for this row; else call it again if needed. */
    int (*row)(void *ctx, const struct table_row *row, const struct table_placed *placed);
    /* A row with other columns than the heading's, which holds no data. */
    int (*unaligned)(void *ctx, const struct grid_row *row, enum table_unaligned kind);
    /* Nothing follows, or not under this heading: decide what waits for later rows. */
    int (*flush)(void *ctx);
    /* The end of a sheet that was read. */
    int (*end)(void *ctx);
    /* Every 1024 rows: look at the cancel flag, tell the progress. Nonzero stops. May be NULL. */
    int (*tick)(void *ctx, uint64_t rows_read);
    /* A remark of the file's reader (grid_sink.remark). May be NULL. */
    void (*remark)(void *ctx, const char *text);
    void *ctx;
};

enum table_phase { PHASE_SEARCH, PHASE_PASS /* the rest of this sheet is ignored */, PHASE_DATA };

struct table_reader {
    const struct table_import *import;
    const struct table_ask *ask;
    const char *sheet; /* the sheet that is asked for, "" = the only one with a heading, "*" = all */
    enum number_locale locale;

    enum table_phase phase;
    struct table_sheets sheets;             /* all of the file so far; the last is the present one */
    struct table_views views;               /* what people are shown of them */
    struct grid_row *head[TABLE_HEAD_ROWS]; /* the first rows, until the heading is found */
    uint32_t n_head;
    struct grid_merge *merges;
    uint32_t n_merges, room_merges;
    struct table_grids grids;
    struct table_heading heading;               /* the one in force */
    struct table_heading first;                 /* of the first sheet that was read, once another one is in force */
    const struct grid_row *const *heading_rows; /* its rows; only in begin() and moved() */
    unsigned n_heading_rows;
    bool below_heading;                        /* no row was read since the heading */
    struct grid_row *moved[TABLE_HEADING_MAX]; /* rows that may be a heading further down */
    unsigned n_moved;
    struct table_spread spread;
    struct table_outline outline;
    const struct table_row *now; /* the row that is being placed, sorted */
    bool date1904;               /* serial numbers of days count from 1904 in this sheet */
    char separator;              /* grid_sheet.separator of this sheet */

    uint64_t rows_read;
    uint32_t uncalculated; /* formulas without a value in the rows below headings */
    /* Set if the import cannot succeed: "E_NO_HEADER" and a sentence. The first one stands. */
    char failure[24];
    char failure_text[500];
    struct fault_told told; /* the same as facts and choices */
};

/* `import`, `ask` and `sheet` are borrowed. */
void table_reader_init(struct table_reader *reader, const struct table_import *import, const struct table_ask *ask,
                       const char *sheet, enum number_locale locale);
void table_reader_fini(struct table_reader *reader);
struct grid_sink table_reader_sink(struct table_reader *reader);
/* After the reading: which sheet is meant, and could it be read? Returns 0, or -1 with reader->failure: E_SHEETS,
 * E_NO_HEADER, or what the first sheet failed with. */
int table_reader_judge(struct table_reader *reader);

/* The heading for the result: of the first sheet that was read, before any moved. rows 0 = none. */
static inline const struct table_heading *table_reader_heading(const struct table_reader *reader)
{
    return reader->first.rows > 0 ? &reader->first : &reader->heading;
}
/* The present sheet. */
static inline struct table_sheet *table_reader_sheet(struct table_reader *reader)
{
    return &reader->sheets.sheet[reader->sheets.n - 1];
}
/* Notes what a row of the present sheet was taken for, for people. Rows are data until something else is noted. */
static inline void table_reader_kind(struct table_reader *reader, uint32_t row, enum table_row_kind kind)
{
    table_views_kind(&reader->views, row, kind);
}
/* The rows of the heading in force as JSON, for issues and rejects.csv (rowcells.h). Only in begin() and moved(). */
void table_reader_captions(const struct table_reader *reader, struct bytes *out);

/* Notes why the import fails, for the whole file; the first failure stands. Returns GRID_STOP. */
int table_fail(struct table_reader *reader, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same, but only for this sheet: the others are looked at first, since which sheet is meant may be open. The rest
 * of the sheet is passed over. Returns 0. */
int table_sheet_fail(struct table_reader *reader, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* What E_TOO_MANY_ERRORS says, and the way out. */
void table_told_rejected(struct fault_told *told, uint32_t rejected, uint32_t rows, unsigned percent);

#endif
