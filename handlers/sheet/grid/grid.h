/* The grid: what a spreadsheet reader hands over, and all that a handler knows of a file.
 *
 * A reader pushes events into a sink, in file order:
 *   sheet(), then row() for each stored row, then sheet_end(); then the next sheet.
 * Merged areas of the first GRID_HEAD_ROWS rows are told with sheet(), since a heading needs them before its rows.
 * The same interface stands on both sides of the process boundary (handlers/sheet/wire.h) and in unit tests:
 * readers know nothing of stock, handlers know nothing of ZIP or braces.
 *
 * Everything read so far is provisional until sheet_end() has been called for that sheet: checksums and the shape of
 * the whole part are checked there. */
#ifndef PF_SHEET_GRID_GRID_H
#define PF_SHEET_GRID_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GRID_HEAD_ROWS    64 /* rows for which merges are told */
#define GRID_HEAD_COLUMNS 64 /* columns whose places are told where a sheet has several grids of them */
#define GRID_MAX_GRIDS    4096u
#define GRID_MAX_ROW      1048576u
#define GRID_MAX_COLUMN   16384u
#define GRID_MAX_TEXT     1048576u /* bytes of one cell; a worksheet's cell holds 32767 characters, a 1C report's any */

enum grid_kind {
    GRID_TEXT = 1, /* UTF-8 as stored */
    GRID_NUMBER,   /* shortest decimal text of the value, plain or with exponent ("1234.56", "1e+21") */
    GRID_BOOL,     /* "true" or "false" */
    GRID_ERROR,    /* "#N/A" … */
    GRID_DATE      /* ISO 8601: "2026-02-05", "2026-02-05T11:00:00[.mmm]", or a time of day "11:00:00" */
};

/* One cell that has a value. Text is borrowed until the row callback returns; not terminated. */
struct grid_cell {
    uint32_t column;  /* 0-based */
    uint8_t kind;     /* enum grid_kind */
    uint8_t zero_pad; /* number format is a run of n zeros ("00000"): n, else 0 */
    uint8_t percent;  /* 1 when the number format is a percentage (the text is the fraction) */
    uint32_t len;     /* bytes of text */
    const char *text;
};

struct grid_row {
    uint32_t row;    /* 0-based; may repeat or go back: files do that */
    uint8_t outline; /* outline (group) level, 0 = none */
    bool hidden;
    /* Which grid of columns the cells count in. Files of 1C may have several in one sheet: column numbers of rows of
     * different grids say nothing about each other; their places do (grid_sheet.grids). 0 everywhere else. */
    uint16_t grid;
    /* Cells with a formula that no program has calculated yet: they have no value and are not among `cells`. */
    uint16_t uncalculated;
    uint32_t n_cells; /* ascending columns, one cell per column */
    const struct grid_cell *cells;
};

struct grid_merge {
    uint32_t row, column, last_row, last_column; /* 0-based, inclusive */
};

/* Where the first columns of one grid lie. */
struct grid_columns {
    uint32_t n;            /* columns told, at most GRID_HEAD_COLUMNS; 0 when nothing is known about them */
    const uint32_t *right; /* right edge of each, ascending, in one unit for all grids; the first begins at 0 */
};

struct grid_sheet {
    uint32_t index;   /* 0-based order in the workbook */
    const char *name; /* UTF-8, terminated; "" for .mxl */
    bool hidden;      /* hidden or veryHidden */
    bool date1904;    /* a serial number of a day that stands in a GRID_NUMBER counts from 1904 */
    uint32_t n_merges;
    const struct grid_merge *merges;
    uint32_t n_grids; /* told; 0 when the sheet has one grid or nothing is known of them */
    const struct grid_columns *grids;
};

/* Callbacks return 0 to go on, GRID_SKIP_SHEET from sheet() to pass over this sheet, GRID_STOP to end the reading
 * successfully, or a negative number to end it as failed (the reader returns that number). */
#define GRID_SKIP_SHEET 1
#define GRID_STOP       2
struct grid_sink {
    int (*sheet)(void *ctx, const struct grid_sheet *sheet);
    int (*row)(void *ctx, const struct grid_row *row);
    int (*sheet_end)(void *ctx);
    void *ctx;
    /* What is odd about a file that is read nevertheless: one sentence, before the first sheet. May be NULL. */
    void (*remark)(void *ctx, const char *text);
    bool without_merges; /* sheet() needs no merges: a reader may save the look ahead that they cost */
    bool forms;          /* take forms without data, too: cells of parameters and expressions, or none at all */
};

#endif
