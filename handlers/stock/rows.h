/* What a row below the heading is. The first rule that fits decides. */
#ifndef PF_STOCK_ROWS_H
#define PF_STOCK_ROWS_H

#include "handlers/stock/line.h"

enum stock_row_kind {
    ROW_EMPTY, /* no recognised column has a value */
    ROW_TOTAL,
    ROW_HEADER, /* the heading again, or column numbers */
    ROW_GROUP,
    ROW_DATA,
    ROW_PENDING /* a group if the next row lies deeper, else data */
};
/* Sorts the cells of a row by field. */
void stock_row_sort(const struct table_heading *heading, const struct grid_row *grid, struct table_row *row);
enum stock_row_kind stock_row_kind(const struct stock_context *context, const struct table_row *row);
/* The same for a row whose cells count in another grid of columns than the heading's (grid_row.grid), so that no cell
 * has a field. ROW_DATA means that a number stands beside something else, so it may be stock. */
enum stock_row_kind stock_row_kind_unaligned(const struct stock_context *context, const struct grid_row *row);
/* Does the cell hold a number? */
bool stock_cell_is_amount(const struct stock_context *context, const struct grid_cell *cell);
/* The warehouse that a group row names, or ARENA_NONE. */
uint32_t stock_row_section(const struct stock_context *context, const struct table_row *row);

#endif
