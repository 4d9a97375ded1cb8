/* A row that is filled cell by cell, used again for every row: the readers of .xlsx and CSV hand it to the sink. */
#ifndef PF_SHEET_GRID_ROW_H
#define PF_SHEET_GRID_ROW_H

#include "handlers/sheet/grid/reader.h"

struct row_buffer {
    struct grid_cell *cells;
    uint32_t n, cap;
    bool sorted; /* columns ascend strictly so far */
    char *text;  /* texts other than shared strings */
    size_t text_len, text_cap;
    uint64_t total; /* bytes of text of all cells */
};

void row_free(struct row_buffer *row);
void row_clear(struct row_buffer *row);
/* Returns room for n bytes of text. Pointers of earlier cells are adjusted. */
char *row_text(struct row_buffer *row, size_t n);
int row_add(struct row_buffer *row, const struct grid_cell *cell, struct sheet_error *err);
/* Sorts the columns; of several values of one column the last is kept, a formula without a value only if it is alone. */
void row_finish(struct row_buffer *row);

#endif
