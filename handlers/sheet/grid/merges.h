/* The merged areas that sheet() tells: gathered by the readers in any order, told in the order of rows and columns. */
#ifndef PF_SHEET_GRID_MERGES_H
#define PF_SHEET_GRID_MERGES_H

#include "handlers/sheet/grid/grid.h"

struct grid_merges {
    struct grid_merge *list;
    uint32_t n, cap;
    bool full; /* an area more than GRID_MAX_MERGES: the sheet must be refused if it is wanted */
};

#define GRID_TOO_MANY_MERGES "A sheet has more than 500000 merged areas of several rows. Split it and send the parts."

/* Keeps the area if it begins in the first GRID_HEAD_ROWS rows or spans two rows or more; drops all others. */
void grid_merges_add(struct grid_merges *merges, const struct grid_merge *area);
/* Sorts by first row, then first column. */
void grid_merges_sort(struct grid_merges *merges);
void grid_merges_free(struct grid_merges *merges);

#endif
