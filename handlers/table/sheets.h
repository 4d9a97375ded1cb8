/* The sheets of a file: which are read, how many rows each has, and which one is meant. */
#ifndef PF_TABLE_SHEETS_H
#define PF_TABLE_SHEETS_H

#include "base/facts.h"
#include "handlers/sheet/grid/grid.h"

enum table_sheet_why {
    SHEET_READ,
    SHEET_HIDDEN,
    SHEET_NOT_ASKED, /* another one is asked for */
    SHEET_NO_HEADING,
    SHEET_FAULTY /* it has a heading, but cannot be read */
};
struct table_sheet {
    char name[128];
    enum table_sheet_why why;
    bool heading;  /* one qualifies */
    uint32_t rows; /* data rows */
    /* Why it cannot be read, as table_reader.failure; the first sentence about a missing heading too. */
    char failure[24];
    char text[500];
    struct fault_told told; /* what the failure or `totals` says, as facts and choices */
    char totals[500];       /* its rows do not add up to its own total; "" = they do, or it is not checked */
};
#define TABLE_SHEETS_MAX 1000
struct table_sheets {
    struct table_sheet *sheet;
    uint32_t n, room;
};
void table_sheets_fini(struct table_sheets *sheets);
struct table_sheet *table_sheets_add(struct table_sheets *sheets, const char *name);
/* How many have a heading. */
uint32_t table_sheets_with_heading(const struct table_sheets *sheets);
/* The one sheet that was read; NULL if there are several or none. */
const struct table_sheet *table_sheets_only(const struct table_sheets *sheets);
/* Is this the sheet that is asked for? Letter case and spaces at the ends do not count. */
bool table_sheet_named(const char *name, const char *asked);
/* "«Насосы» (12 rows), «Свет» (3 rows)": the sheets with a heading, or with `all` every visible one. */
void table_sheets_list(const struct table_sheets *sheets, bool all, char *out, size_t size);
/* "no heading", … for the result; NULL if it is read. */
const char *table_sheet_why(const struct table_sheet *sheet);

#endif
