/* Vertical merges below the heading: their text holds for each of their rows.
 *
 * Only the columns that identify a row take part: part number, lot, code, name, vendor, warehouse and unit. A quantity
 * stands once, where it is written. (domain.md section 5, rule 1) */
#ifndef PF_TABLE_SPREAD_H
#define PF_TABLE_SPREAD_H

#include "handlers/heading/head.h"

struct table_spread_text {
    uint32_t last_row; /* of the merge that is open in this column */
    struct grid_cell cell;
    char *text; /* heap, the cell's; NULL = none is open */
};
struct table_spread {
    struct grid_merge *merges; /* of two rows or more, by row */
    uint32_t n, room;
    uint32_t next; /* the first merge that begins below the rows seen so far */
    struct table_spread_text open[TABLE_COLUMNS];
    struct grid_row row; /* the row handed back */
    struct grid_cell cells[2 * TABLE_COLUMNS];
};

/* Takes the merges of a sheet, which are sorted by row; forgets those of the one before. */
void table_spread_take(struct table_spread *spread, const struct grid_sheet *sheet);
void table_spread_fini(struct table_spread *spread);
/* The row with the texts of the merges that it lies in; `row` itself if there are none. Borrowed until the next call.
 * Rows are shown in the file's order. */
const struct grid_row *table_spread_row(struct table_spread *spread, const struct table_heading *heading,
                                        const struct grid_row *row);

#endif
