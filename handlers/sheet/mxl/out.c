/* Row assembly and limits of the .mxl reader. */
#include "handlers/sheet/mxl/out.h"

#include "base/grow.h"
#include "handlers/sheet/mxl/mxl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void mxl_out_init(struct mxl_out *out, struct mxl_in *in, const struct sheet_limits *limits,
                  const struct grid_sink *sink)
{
    *out = (struct mxl_out){.in = in, .limits = limits, .sink = sink};
    out->arena = mxl_room_new(MXL_ARENA);
}

void mxl_out_fini(struct mxl_out *out)
{
    mxl_room_free(&out->arena, MXL_ARENA);
    free(out->cells);
    grid_merges_free(&out->merges);
    free(out->first);
    free(out->last);
    *out = (struct mxl_out){0};
}

static bool in_grid(int64_t row, int64_t column)
{
    return row >= 0 && row < (int64_t)GRID_MAX_ROW && column >= 0 && column < (int64_t)GRID_MAX_COLUMN;
}

int mxl_out_merge(struct mxl_out *out, int64_t row, int64_t column, int64_t last_row, int64_t last_column)
{
    if (!in_grid(row, column) || !in_grid(last_row, last_column) || last_row < row || last_column < column)
        return mxl_fail(out->in, "mxl-malformed", "A merged area of the .mxl file lies outside the sheet.");
    struct grid_merge area = {(uint32_t)row, (uint32_t)column, (uint32_t)last_row, (uint32_t)last_column};
    grid_merges_add(&out->merges, &area);
    return out->merges.full ? mxl_fail(out->in, "limit-merges", GRID_TOO_MANY_MERGES) : 0;
}

int mxl_out_group(struct mxl_out *out, int64_t first, int64_t last)
{
    if (!in_grid(first, 0) || !in_grid(last, 0) || last < first)
        return mxl_fail(out->in, "mxl-malformed", "A row group of the .mxl file lies outside the sheet.");
    if (out->n_groups == MXL_MAX_GROUPS)
        return mxl_fail(out->in, "mxl-limit", "The .mxl file has too many row groups.");
    uint32_t cap = out->groups_cap;
    out->first = grow(out->first, &cap, out->n_groups + 1, sizeof *out->first);
    out->last = grow(out->last, &out->groups_cap, out->n_groups + 1, sizeof *out->last);
    out->first[out->n_groups] = (uint32_t)first;
    out->last[out->n_groups++] = (uint32_t)last;
    return 0;
}

int mxl_out_count(struct mxl_out *out, uint64_t rows, uint64_t cells)
{
    out->all_rows += rows;
    out->all_cells += cells;
    if (out->all_rows > out->limits->max_rows) {
        char text[120];
        snprintf(text, sizeof text, "The report has more than %" PRIu32 " rows. Split it and send the parts.",
                 out->limits->max_rows);
        return mxl_fail(out->in, "limit-rows", text);
    }
    if (out->all_cells > MXL_MAX_CELLS)
        return mxl_fail(out->in, "mxl-limit", "The sheet has too many cells.");
    return 0;
}

/* Handles the return value of a callback. */
static int said(struct mxl_out *out, int answer)
{
    if (answer == 0)
        return 0;
    out->stopped = true;
    out->verdict = answer < 0 ? answer : 0;
    return -1;
}

static int by_value(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void ascend(uint32_t *values, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++)
        if (values[i] < values[i - 1]) {
            qsort(values, n, sizeof *values, by_value);
            return;
        }
}

int mxl_out_sheet(struct mxl_out *out)
{
    ascend(out->first, out->n_groups);
    ascend(out->last, out->n_groups);
    grid_merges_sort(&out->merges);
    if (out->remark && out->sink->remark)
        out->sink->remark(out->sink->ctx, out->remark);
    struct grid_sheet sheet = {.name = "",
                               .n_merges = out->merges.n,
                               .merges = out->merges.list,
                               .n_grids = out->n_grids,
                               .grids = out->grids};
    return said(out, out->sink->sheet(out->sink->ctx, &sheet));
}

void mxl_out_row_begin(struct mxl_out *out)
{
    out->used = 0;
    out->n_cells = 0;
}

int mxl_out_text(struct mxl_out *out, char **at)
{
    if (out->used > MXL_MAX_ROW_TEXT)
        return mxl_fail(out->in, "mxl-limit", "One row of the .mxl file holds more than 4 MiB of text.");
    *at = out->arena + out->used;
    return 0;
}

int mxl_out_cell(struct mxl_out *out, uint32_t column, enum grid_kind kind, size_t len)
{
    char *text = out->arena + out->used;

    out->cells = grow(out->cells, &out->cells_cap, out->n_cells + 1, sizeof *out->cells);
    out->cells[out->n_cells++] =
        (struct grid_cell){.column = column, .kind = (uint8_t)kind, .len = (uint32_t)len, .text = text};
    out->used += len;
    return 0;
}

/* Returns how many groups are around a row. Both lists ascend, so it is the number of groups begun minus the number
 * ended, however the groups overlap. Rows ascend too, so the two counters only move forward. */
static uint8_t level(struct mxl_out *out, uint32_t row)
{
    while (out->open < out->n_groups && out->first[out->open] <= row)
        out->open++;
    while (out->shut < out->n_groups && out->last[out->shut] < row)
        out->shut++;
    uint32_t depth = out->open - out->shut;
    return depth > UINT8_MAX ? UINT8_MAX : (uint8_t)depth;
}

int mxl_out_row_end(struct mxl_out *out, uint32_t number, uint16_t grid)
{
    struct grid_row row = {
        .row = number, .outline = level(out, number), .grid = grid, .n_cells = out->n_cells, .cells = out->cells};

    return said(out, out->sink->row(out->sink->ctx, &row));
}

int mxl_out_end(struct mxl_out *out)
{
    return said(out, out->sink->sheet_end(out->sink->ctx));
}
