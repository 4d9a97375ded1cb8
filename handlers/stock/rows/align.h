/* Rows whose cells count in another grid of columns than the heading's.
 *
 * A sheet of 1C may have several grids (grid_row.grid): titles, parameters, totals and signatures often have one of
 * their own, and sometimes a part of the table has. If the places of both grids are known, a cell belongs to the
 * recognised column at whose left edge it begins, unless it reaches under another one. */
#ifndef PF_STOCK_ROWS_ALIGN_H
#define PF_STOCK_ROWS_ALIGN_H

#include "handlers/stock/line/line.h"
#include "handlers/table/row.h"

/* The places of the columns of all grids of a sheet. */
struct stock_places {
    uint32_t n; /* 0 = not known */
    uint32_t right[TABLE_COLUMNS];
};
struct stock_grids {
    struct stock_places *grid;
    uint32_t n;
};
void stock_grids_take(struct stock_grids *grids, const struct grid_sheet *sheet);
void stock_grids_fini(struct stock_grids *grids);

/* A row lined up with the heading's columns. It borrows the texts of the row that it was made from. */
struct stock_lined {
    struct grid_row row;
    struct grid_cell cells[TABLE_COLUMNS];
};

/* What a row is that cannot be lined up and holds no stock. */
enum stock_unaligned { UNALIGNED_EMPTY, UNALIGNED_TOTAL, UNALIGNED_HEADER, UNALIGNED_GROUP };
enum stock_alignment {
    ALIGN_ROW,   /* use *lined as a row of the heading's grid */
    ALIGN_KIND,  /* it holds no stock: *kind tells what it is */
    ALIGN_CANNOT /* it may hold stock, but the columns are not known */
};
enum stock_alignment stock_align(const struct stock_context *context, const struct stock_grids *grids,
                                 const struct grid_row *row, struct stock_lined *lined, enum stock_unaligned *kind);

#endif
