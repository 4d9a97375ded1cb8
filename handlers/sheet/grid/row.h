/* One row being gathered from its cells, reused for every row: what the readers of .xlsx and CSV hand to the sink. */
#ifndef PF_SHEET_GRID_ROW_H
#define PF_SHEET_GRID_ROW_H

#include "handlers/sheet/grid/reader.h"

struct row_buffer {
    struct grid_cell *cells;
    uint32_t n, cap;
    bool sorted; /* columns ascend strictly so far */
    char *text;  /* texts that are no shared strings */
    size_t text_len, text_cap;
    uint64_t total; /* bytes of text of all cells */
};

void row_free(struct row_buffer *row);
void row_clear(struct row_buffer *row);
/* Room for n bytes of text; pointers of earlier cells stay right. */
char *row_text(struct row_buffer *row, size_t n);
int row_add(struct row_buffer *row, const struct grid_cell *cell, struct sheet_error *err);
/* Columns ascending, the last of several values of one column. */
void row_finish(struct row_buffer *row);

#endif
