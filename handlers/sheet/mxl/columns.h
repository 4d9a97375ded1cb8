/* Column grids of the brace form of .mxl: the main set of columns, additional sets, and which rows are bound to which.
 *
 * Sets whose columns lie at the same places are one grid: their numbers mean the same. The widths that tell it stand in
 * the format table near the end of the document; without it every set is a grid of its own. */
#ifndef PF_SHEET_MXL_COLUMNS_H
#define PF_SHEET_MXL_COLUMNS_H

#include "handlers/sheet/mxl/input.h"

#define MXL_MAX_SETS    GRID_MAX_GRIDS
#define MXL_MAX_WIDTHS  1048576u /* columns of all sets that have a format: 8 MiB */
#define MXL_MAX_FORMATS 1000000

/* A column that has a format; by mxl_columns_settle() the format has become a width. */
struct mxl_width {
    uint32_t column, value;
};

struct mxl_set {
    uint32_t first, n; /* into `widths` */
    bool strange;      /* columns not in order: no place can be told */
    uint16_t grid;
};

/* Rows first to last, each bound to an additional set. */
struct mxl_bound {
    uint32_t first, last;
    uint16_t set;
};

struct mxl_columns {
    struct mxl_set *sets; /* [0] is the main one */
    uint32_t n_sets, sets_cap;
    struct mxl_width *widths;
    uint32_t n_widths, widths_cap;
    struct mxl_bound *bound; /* ascending */
    uint32_t n_bound, bound_cap;
    uint32_t at;                /* where mxl_columns_grid() is */
    uint32_t default_width;     /* of the document's default format */
    struct grid_columns *grids; /* places by number, once settled with widths */
    uint32_t n_grids;
    uint32_t *edges; /* theirs */
};

void mxl_columns_fini(struct mxl_columns *columns);

/* First pass; failures are recorded in `in`, and -1 returned. Columns belong to the set added last. */
int mxl_columns_add_set(struct mxl_columns *columns, struct mxl_in *in);
int mxl_columns_add_width(struct mxl_columns *columns, struct mxl_in *in, uint32_t column, uint32_t format);
/* A row of the pair list: ascending; `set` counts the additional ones from 0. */
int mxl_columns_bind(struct mxl_columns *columns, struct mxl_in *in, int64_t row, int64_t set);

/* What a format says of the width when it says nothing. */
#define MXL_NO_WIDTH UINT32_MAX
/* Number the grids: the main set's is 0, and tell their places. `format_widths` holds one width a format, the first
 * belonging to format 1; NULL when they are not known. */
void mxl_columns_settle(struct mxl_columns *columns, const uint32_t *format_widths, uint32_t n_formats);

/* Second pass: the grid of a row. Rows ascend. */
uint16_t mxl_columns_grid(struct mxl_columns *columns, uint32_t row);

#endif
