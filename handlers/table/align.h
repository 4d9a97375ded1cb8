/* Rows whose cells count in another grid of columns than the heading's.
 *
 * A sheet of 1C may have several grids (grid_row.grid): titles, parameters, totals and signatures often have one of
 * their own, and sometimes a part of the table has. If the places of both grids are known, a cell belongs to the
 * recognised column at whose left edge it begins, unless it reaches under another one. */
#ifndef PF_TABLE_ALIGN_H
#define PF_TABLE_ALIGN_H

#include "handlers/table/row.h"

/* The places of the columns of all grids of a sheet. */
struct table_places {
    uint32_t n; /* 0 = not known */
    uint32_t right[TABLE_COLUMNS];
};
struct table_grids {
    struct table_places *grid;
    uint32_t n;
};
void table_grids_take(struct table_grids *grids, const struct grid_sheet *sheet);
void table_grids_fini(struct table_grids *grids);

/* A row lined up with the heading's columns. It borrows the texts of the row that it was made from. */
struct table_lined {
    struct grid_row row;
    struct grid_cell cells[TABLE_COLUMNS];
};

/* What a row is that cannot be lined up and holds no data. */
enum table_unaligned { UNALIGNED_EMPTY, UNALIGNED_TOTAL, UNALIGNED_HEADER, UNALIGNED_GROUP };
enum table_alignment {
    ALIGN_ROW,   /* use *lined as a row of the heading's grid */
    ALIGN_KIND,  /* it holds no data: *kind tells what it is */
    ALIGN_CANNOT /* it may hold data, but the columns are not known */
};
/* `heading` is the one in force, `locale` says what is a number in a text. */
enum table_alignment table_align(const struct table_heading *heading, enum number_locale locale,
                                 const struct table_grids *grids, const struct grid_row *row, struct table_lined *lined,
                                 enum table_unaligned *kind);

#endif
