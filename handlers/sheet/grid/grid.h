/* The grid: what a spreadsheet reader delivers, and all that a task type knows about a file.
 *
 * A reader calls a sink, in the order of the file:
 *
 *   sheet(), then row() for each stored row, then sheet_end(); then the next sheet
 *
 *   - Merged areas come with sheet(), since a heading needs them before its rows: all that begin in the first
 *     GRID_HEAD_ROWS rows and, further below, those of two rows or more. They ascend by first row, then column. A sheet
 *     with more than GRID_MAX_MERGES of them is refused.
 *   - The same interface is on both sides of the process boundary (handlers/sheet/wire.h) and in unit tests. Readers
 *     know nothing about stock, task types know nothing about ZIP or braces.
 *   - Everything is provisional until sheet_end() was called for that sheet: only there are checksums and the shape of
 *     the whole part checked. */
#ifndef PF_SHEET_GRID_GRID_H
#define PF_SHEET_GRID_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GRID_HEAD_ROWS    64 /* rows whose merges are all reported; below only those of several rows */
#define GRID_HEAD_COLUMNS 64 /* columns whose places are reported if a sheet has several grids */
#define GRID_MAX_GRIDS    4096u
#define GRID_MAX_MERGES   500000u /* 8 MB: as many as the largest file has rows */
#define GRID_MAX_ROW      1048576u
#define GRID_MAX_COLUMN   16384u
/* Bytes of one cell. A cell of a worksheet has up to 32767 characters, a cell of a 1C report any number. */
#define GRID_MAX_TEXT     1048576u

enum grid_kind {
    GRID_TEXT = 1, /* UTF-8 as stored */
    GRID_NUMBER,   /* shortest decimal text of the value, with or without exponent ("1234.56", "1e+21") */
    GRID_BOOL,     /* "true" or "false" */
    GRID_ERROR,    /* "#N/A" … */
    GRID_FORMULA,  /* a formula that was never calculated: no text, len 0 */
    GRID_DATE      /* ISO 8601: "2026-02-05", "2026-02-05T11:00:00[.mmm]", or a time of day "11:00:00" */
};

/* A cell that has a value, or a formula that has none yet. Its text is not terminated, and borrowed until the row
 * callback returns. */
struct grid_cell {
    uint32_t column;  /* 0-based */
    uint8_t kind;     /* enum grid_kind */
    uint8_t zero_pad; /* n if the number format is n zeros ("00000"), else 0 */
    uint8_t percent;  /* 1 if the number format is a percentage (the text is the fraction) */
    uint8_t currency; /* that the number format shows: grid_currency_name(); 0 = none */
    uint32_t len;     /* bytes of text; 0 only for GRID_FORMULA */
    const char *text;
};

/* Currencies of number formats by number: "RUB", "USD" …, "?" for conventional units; "" for 0 and numbers of none. */
#define GRID_CURRENCIES 11
const char *grid_currency_name(unsigned number);
/* The number of a name; 0 if it has none. */
uint8_t grid_currency_number(const char *name);

struct grid_row {
    uint32_t row;    /* 0-based; may repeat or go back */
    uint8_t outline; /* outline (group) level, 0 = none */
    bool hidden;
    /* The grid of columns that the cells belong to. A 1C file may have several in one sheet: column numbers of
     * different grids have nothing to do with each other, their places have (grid_sheet.grids). 0 for other files. */
    uint16_t grid;
    /* Number of cells with a formula that was never calculated. They are among `cells` as GRID_FORMULA, except where
     * the file also has a value for the same place. */
    uint16_t uncalculated;
    uint32_t n_cells; /* ascending columns, one cell per column */
    const struct grid_cell *cells;
};

struct grid_merge {
    uint32_t row, column, last_row, last_column; /* 0-based, inclusive */
};

/* The places of the first columns of one grid. */
struct grid_columns {
    uint32_t n; /* columns reported, at most GRID_HEAD_COLUMNS; 0 = unknown */
    const uint32_t
        *right; /* right edge of each, ascending, in the same unit for all grids; the first column begins at 0 */
};

struct grid_sheet {
    uint32_t index;     /* 0-based order in the workbook */
    const char *name;   /* UTF-8, terminated; "" for .mxl */
    bool hidden;        /* hidden or veryHidden */
    bool summary_below; /* a summary row stands below the rows that it sums (outlines of .xlsx); else above */
    bool date1904;      /* a day's serial number in a GRID_NUMBER counts from 1904 */
    uint32_t n_merges;
    const struct grid_merge *merges;
    uint32_t n_grids; /* 0 if the sheet has one grid or nothing is known about them */
    const struct grid_columns *grids;
    char separator; /* of a CSV file: ',', ';' or TAB; 0 for another, for one column and for other files */
};

/* Callbacks return 0 to go on; GRID_SKIP_SHEET, from sheet() only, to skip this sheet; GRID_STOP to end the reading
 * successfully; or a negative number to end it as failed, which the reader returns. */
#define GRID_SKIP_SHEET 1
#define GRID_STOP       2
struct grid_sink {
    int (*sheet)(void *ctx, const struct grid_sheet *sheet);
    int (*row)(void *ctx, const struct grid_row *row);
    int (*sheet_end)(void *ctx);
    void *ctx;
    /* Something odd about a file that is read nevertheless: one sentence, before the first sheet. May be NULL. */
    void (*remark)(void *ctx, const char *text);
    bool without_merges; /* sheet() needs no merges: the reader may save the look ahead for them */
    bool forms;          /* also accept forms without data: only parameters and expressions, or no cells at all */
};

#endif
