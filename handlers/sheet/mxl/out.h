/* The output of the three .mxl forms: the current row, merges, row groups, limits, the sink.
 *
 * Texts of a row lie in one arena that never moves, so that cells can point into it. A form writes a text at the end
 * of the arena (mxl_out_text) and makes it a cell (mxl_out_cell); without that call the next text overwrites it. */
#ifndef PF_SHEET_MXL_OUT_H
#define PF_SHEET_MXL_OUT_H

#include "handlers/sheet/grid/merges.h"
#include "handlers/sheet/mxl/input.h"

#define MXL_MAX_STRING   ((size_t)GRID_MAX_TEXT)
#define MXL_MAX_ROW_TEXT ((size_t)4 << 20) /* bytes of the texts of one delivered row */
#define MXL_ARENA        (MXL_MAX_ROW_TEXT + 2 * MXL_MAX_STRING + 64)
#define MXL_MAX_GROUPS   1048576u /* row groups: 8 MiB */

struct mxl_out {
    struct mxl_in *in; /* for offsets and failures */
    const struct sheet_limits *limits;
    const struct grid_sink *sink;

    char *arena;
    size_t used; /* bytes of finished cells */
    struct grid_cell *cells;
    uint32_t n_cells, cells_cap;
    uint64_t all_cells, all_rows; /* counted against the limits */
    uint64_t texts, parameters;   /* filled cells; cells that only name a template parameter */

    struct grid_merges merges;
    const struct grid_columns *grids; /* reported with the sheet */
    uint32_t n_grids;
    uint32_t *first, *last; /* row groups: their first rows and their last rows; mxl_out_sheet() sorts each list */
    uint32_t n_groups, groups_cap;
    uint32_t open, shut; /* groups begun and groups ended up to the current row */

    const char *remark; /* reported with the sheet, or NULL */
    bool stopped;       /* the sink has ended the reading; mxl_read() returns `verdict` */
    int verdict;
};

void mxl_out_init(struct mxl_out *out, struct mxl_in *in, const struct sheet_limits *limits,
                  const struct grid_sink *sink);
void mxl_out_fini(struct mxl_out *out);

/* First pass. Numbers out of range fail; merges that sheet() does not tell are checked and dropped. */
int mxl_out_merge(struct mxl_out *out, int64_t row, int64_t column, int64_t last_row, int64_t last_column);
int mxl_out_group(struct mxl_out *out, int64_t first, int64_t last);
/* Rows and cells are counted in the first pass, so that the limits refuse a file before anything is delivered. */
int mxl_out_count(struct mxl_out *out, uint64_t rows, uint64_t cells);

/* Second pass. All functions return 0, or -1 if reading must end: because of a failure or, with `stopped`, by the
 * sink. */
int mxl_out_sheet(struct mxl_out *out);
void mxl_out_row_begin(struct mxl_out *out);
/* Sets *at to where a text may be written, at least MXL_MAX_STRING bytes. Returns -1 above the limit of a row. */
int mxl_out_text(struct mxl_out *out, char **at);
/* Makes the first `len` bytes there a cell. */
int mxl_out_cell(struct mxl_out *out, uint32_t column, enum grid_kind kind, size_t len);
/* `grid` as in struct grid_row. */
int mxl_out_row_end(struct mxl_out *out, uint32_t row, uint16_t grid);
int mxl_out_end(struct mxl_out *out);

/* No cell has a text of its own, and some name a parameter or have an expression: a form without data, which the sink
 * does not want. */
static inline bool mxl_out_is_form(const struct mxl_out *out)
{
    return out->texts == 0 && out->parameters > 0 && !out->sink->forms;
}

#endif
