/* Small helpers over grid cells and rows, shared by the heading search and the row rules. */
#ifndef PF_HEADING_CELLS_H
#define PF_HEADING_CELLS_H

#include "handlers/sheet/grid/grid.h"
#include "handlers/values/labels.h"

#define TABLE_HEAD_ROWS 50 /* rows that may hold a heading */
#define TABLE_COLUMNS   60 /* columns that are looked at; those to the right are ignored */

/* Text of a cell without white space at its ends; n 0 if there is none. Borrowed, not terminated. */
struct cell_span {
    const char *s;
    size_t n;
};
/* `cell` may be NULL. */
struct cell_span cell_span(const struct grid_cell *cell);
static inline bool cell_empty(const struct grid_cell *cell)
{
    return cell_span(cell).n == 0;
}
/* The same for text cells only; n 0 for other kinds. */
struct cell_span cell_words(const struct grid_cell *cell);

/* The cell in this column, or NULL. */
const struct grid_cell *table_row_cell(const struct grid_row *row, uint32_t column);
/* Heap copy in one block (free it with free()): the first TABLE_COLUMNS columns, texts cut at 4096 bytes, so that a
 * hostile file takes little memory. */
struct grid_row *table_row_copy(const struct grid_row *row);

/* A row with its recognised cells by field; NULL where there is no cell. */
struct table_row {
    const struct grid_row *row;
    const struct grid_cell *field[FIELD_COUNT];
};

#endif
