/* The sheets of a file: which are read, how many rows each has, and which one is meant. */
#ifndef PF_STOCK_ROWS_SHEETS_H
#define PF_STOCK_ROWS_SHEETS_H

#include "handlers/sheet/grid/grid.h"

enum stock_sheet_why {
    SHEET_READ,
    SHEET_HIDDEN,
    SHEET_NOT_ASKED, /* another one is asked for */
    SHEET_NO_HEADING,
    SHEET_FAULTY /* it has a heading, but cannot be read */
};
struct stock_sheet {
    char name[128];
    enum stock_sheet_why why;
    bool heading;  /* one qualifies */
    uint32_t rows; /* data rows */
    /* Why it cannot be read, as stock_reader.failure; the first sentence about a missing heading too. */
    char failure[24];
    char text[500];
    char totals[500]; /* its rows do not add up to its own total; "" = they do, or it is not checked */
};
#define STOCK_SHEETS_MAX 1000
struct stock_sheets {
    struct stock_sheet *sheet;
    uint32_t n, room;
};
void stock_sheets_fini(struct stock_sheets *sheets);
struct stock_sheet *stock_sheets_add(struct stock_sheets *sheets, const char *name);
/* How many have a heading. */
uint32_t stock_sheets_with_heading(const struct stock_sheets *sheets);
/* The one sheet that was read; NULL if there are several or none. */
const struct stock_sheet *stock_sheets_only(const struct stock_sheets *sheets);
/* Is this the sheet that is asked for? Letter case and spaces at the ends do not count. */
bool stock_sheet_named(const char *name, const char *asked);
/* "«Насосы» (12 rows), «Свет» (3 rows)": the sheets with a heading, or with `all` every visible one. */
void stock_sheets_list(const struct stock_sheets *sheets, bool all, char *out, size_t size);
/* "no heading", … for the result; NULL if it is read. */
const char *stock_sheet_why(const struct stock_sheet *sheet);

#endif
