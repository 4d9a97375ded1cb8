/* Headings further down, column numbers, and rows with other columns. */
#include "handlers/table/moved.h"

#include <stdlib.h>
#include <string.h>

/* Passes over rows of a heading that is there again. */
static void pass_heading(struct table_reader *reader, uint32_t row, unsigned rows)
{
    reader->below_heading = true;
    for (uint32_t i = row; i < row + rows; i++)
        table_reader_kind(reader, i, ROW_KIND_HEADING);
    reader->import->passed(reader->import->ctx, row, rows);
}

static int move_heading(struct table_reader *reader, const struct table_head_input *input,
                        struct table_heading *heading)
{
    int rc = table_reader_flush(reader);
    if (rc != 0) {
        table_heading_fini(heading);
        return rc;
    }
    reader->n_heading_rows = heading->rows < input->n_rows ? heading->rows : input->n_rows;
    table_reader_take_heading(reader, heading, input->rows);
    reader->import->moved(reader->import->ctx, input->rows[0]->row);
    return 0;
}

/* What the kept rows are: the heading again, or one with other columns. *used gets the number of its rows. */
static int judge(struct table_reader *reader, const struct table_head_input *input, unsigned *used)
{
    struct table_heading heading;
    char why[400];
    enum table_head_result result = table_heading_here(input, &heading, why, sizeof why);
    if (result == HEAD_FOUND) {
        *used = heading.rows;
        bool same = table_heading_same(&reader->heading, &heading);
        pass_heading(reader, heading.row, heading.rows);
        if (!same)
            return move_heading(reader, input, &heading);
        table_heading_fini(&heading);
        return 0;
    }
    table_heading_fini(&heading);
    if (!table_row_repeats(&reader->heading, input->rows[0]))
        return table_sheet_fail(reader, "E_AMBIGUOUS_COLUMN", "Row %u begins another table. %s",
                                input->rows[0]->row + 1, why);
    table_reader_sheet(reader)->told = (struct fault_told){.facts = ""};
    *used = 1;
    pass_heading(reader, input->rows[0]->row, 1);
    return 0;
}

static int take_kept(struct table_reader *reader)
{
    struct grid_row *rows[TABLE_HEADING_MAX];
    unsigned n = reader->n_moved, used = 0;
    for (unsigned i = 0; i < n; i++)
        rows[i] = reader->moved[i];
    reader->n_moved = 0;
    struct table_head_input input = {
        (const struct grid_row *const *)rows, n, reader->merges, reader->n_merges, reader->ask,
        &table_reader_sheet(reader)->told};
    int rc = judge(reader, &input, &used);
    for (unsigned i = used; i < n && rc == 0 && reader->phase == PHASE_DATA; i++)
        rc = table_moved_row(reader, rows[i]);
    for (unsigned i = 0; i < n; i++)
        free(rows[i]);
    return rc;
}

int table_moved_end(struct table_reader *reader)
{
    return reader->n_moved > 0 ? take_kept(reader) : 0;
}

/* Is it a heading of rejects.csv? Its captions may be labels of fields only together with those of the row below. */
static bool begins_rejects(const struct grid_row *grid)
{
    for (uint32_t i = 0; i < grid->n_cells; i++)
        if (grid->cells[i].len == 4 && memcmp(grid->cells[i].text, "#row", 4) == 0)
            return true;
    return false;
}

static int take_aligned(struct table_reader *reader, const struct grid_row *grid)
{
    bool below = reader->below_heading;
    reader->below_heading = false;
    if (below && table_row_counts_columns(grid)) {
        table_reader_kind(reader, grid->row, ROW_KIND_HEADING);
        reader->import->passed(reader->import->ctx, grid->row, 1);
        return 0;
    }
    if (table_row_labels(reader->ask->kind, grid) || begins_rejects(grid)) {
        reader->moved[reader->n_moved++] = table_row_copy(grid);
        return 0;
    }
    if (!table_row_repeats(&reader->heading, grid))
        return table_reader_place(reader, grid);
    pass_heading(reader, grid->row, 1);
    return 0;
}

/* Titles, totals and signatures often have columns of their own. If a row that may hold data cannot be lined up with
 * the heading, the import fails: half of a table is worse than none. */
static int take_other_grid(struct table_reader *reader, const struct grid_row *grid)
{
    struct table_lined lined;
    enum table_unaligned kind;
    int rc;
    switch (table_align(&reader->heading, reader->locale, &reader->grids, grid, &lined, &kind)) {
    case ALIGN_ROW:
        return take_aligned(reader, &lined.row);
    case ALIGN_KIND:
        rc = table_outline_flush(&reader->outline);
        return rc == 0 && reader->phase == PHASE_DATA ? reader->import->unaligned(reader->import->ctx, grid, kind) : rc;
    case ALIGN_CANNOT:
        break;
    }
    return table_sheet_fail(
        reader, "E_AMBIGUOUS_COLUMN",
        "The columns of row %u are not those of the heading in row %u, so its cells cannot be told apart. Save the "
        "report as .xlsx and send that.",
        grid->row + 1, reader->heading.row + 1);
}

int table_moved_row(struct table_reader *reader, const struct grid_row *grid)
{
    if (reader->n_moved > 0) {
        const struct grid_row *last = reader->moved[reader->n_moved - 1];
        bool next = grid->row == last->row + 1 && grid->grid == last->grid;
        if (next && reader->n_moved < TABLE_HEADING_MAX) {
            reader->moved[reader->n_moved++] = table_row_copy(grid);
            return reader->n_moved == TABLE_HEADING_MAX ? take_kept(reader) : 0;
        }
        int rc = take_kept(reader);
        if (rc != 0 || reader->phase != PHASE_DATA)
            return rc;
    }
    return grid->grid == reader->heading.grid ? take_aligned(reader, grid) : take_other_grid(reader, grid);
}
