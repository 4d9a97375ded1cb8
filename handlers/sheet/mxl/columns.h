/* Column grids of the brace form of .mxl: the main set of columns, additional sets, and the rows that are bound to
 * them.
 *
 * Sets whose columns lie at the same places are one grid: their column numbers mean the same. The widths are in the
 * format table near the end of the document; without it every set is a grid of its own. */
#ifndef PF_SHEET_MXL_COLUMNS_H
#define PF_SHEET_MXL_COLUMNS_H

#include "handlers/sheet/mxl/input.h"

#define MXL_MAX_SETS    GRID_MAX_GRIDS
#define MXL_MAX_WIDTHS  1048576u /* columns with a format, of all sets: 8 MiB */
#define MXL_MAX_FORMATS 1000000

/* A column that has a format; mxl_columns_settle() replaces the format by a width. */
struct mxl_width {
    uint32_t column, value;
};

struct mxl_set {
    uint32_t first, n; /* into `widths` */
    bool strange;      /* columns not in order: their places are unknown */
    uint16_t grid;
};

/* Rows `first` to `last`, which are bound to an additional set. */
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
    uint32_t at;                /* position of mxl_columns_grid() */
    uint32_t default_width;     /* of the document's default format */
    struct grid_columns *grids; /* places by grid number, after mxl_columns_settle() */
    uint32_t n_grids;
    uint32_t *edges; /* the edges of `grids` */
};

void mxl_columns_fini(struct mxl_columns *columns);

/* First pass. Returns 0, or -1 with the failure in `in`. Columns belong to the set that was added last. */
int mxl_columns_add_set(struct mxl_columns *columns, struct mxl_in *in);
int mxl_columns_add_width(struct mxl_columns *columns, struct mxl_in *in, uint32_t column, uint32_t format);
/* A row of the list of pairs, in ascending order; `set` counts the additional sets from 0. */
int mxl_columns_bind(struct mxl_columns *columns, struct mxl_in *in, int64_t row, int64_t set);

/* The format has no width. */
#define MXL_NO_WIDTH UINT32_MAX
/* Numbers the grids (the main set's is 0) and computes their places. `format_widths` has one width per format,
 * beginning with format 1; NULL if they are unknown. */
void mxl_columns_settle(struct mxl_columns *columns, const uint32_t *format_widths, uint32_t n_formats);

/* Second pass: returns the grid of a row. Rows must ascend. */
uint16_t mxl_columns_grid(struct mxl_columns *columns, uint32_t row);

#endif
