/* Noting the first rows of a sheet. */
#include "handlers/table/view.h"

#include "handlers/table/row.h"
#include "handlers/table/rowcells.h"

#include <stdlib.h>
#include <string.h>

enum { ROW_BYTES = 2048, SAMPLE_BYTES = 60 };

static void view_free(struct table_view *view)
{
    table_heading_fini(&view->heading);
    table_captions_fini(&view->captions);
    arena_fini(&view->text);
    free(view);
}

void table_views_fini(struct table_views *views)
{
    for (unsigned i = 0; i < views->n; i++)
        view_free(views->view[i]);
    *views = (struct table_views){.n = 0};
}

/* ---- Cells ------------------------------------------------------------------------------------------------------- */

static void write_cells(const struct grid_row *row, size_t most, struct bytes *out)
{
    uint32_t width = 0;
    out->len = 0;
    bytes_add(out, "[", 1);
    for (uint32_t i = 0; i < row->n_cells && row->cells[i].column < TABLE_COLUMNS; i++)
        for (; width <= row->cells[i].column; width++) {
            bytes_add(out, ",", width > 0);
            table_cell_text(width == row->cells[i].column ? &row->cells[i] : NULL, most, out);
        }
    bytes_add(out, "]", 1);
}

/* Long rows get short cells. */
static uint32_t keep_cells(struct table_view *view, const struct grid_row *row)
{
    static const size_t lengths[] = {100, 40, 16, 4};
    struct bytes text = {0};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        write_cells(row, lengths[i], &text);
        if (text.len <= ROW_BYTES)
            break;
    }
    uint32_t at = arena_add(&view->text, text.data, text.len);
    bytes_free(&text);
    return at;
}

static void keep_samples(struct table_view *view, const struct grid_row *row)
{
    struct bytes text = {0};
    view->sampled++;
    for (uint32_t i = 0; i < row->n_cells && row->cells[i].column < TABLE_COLUMNS; i++) {
        uint32_t column = row->cells[i].column;
        if (view->n_samples[column] == VIEW_SAMPLES || cell_empty(&row->cells[i]))
            continue;
        text.len = 0;
        table_cell_text(&row->cells[i], SAMPLE_BYTES, &text);
        view->sample[column][view->n_samples[column]++] = arena_add(&view->text, text.data, text.len);
    }
    bytes_free(&text);
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

static bool wants_samples(const struct table_view *view)
{
    for (uint32_t i = 0; view->sampled < VIEW_SAMPLE_ROWS && i < TABLE_COLUMNS; i++)
        if (view->heading.at[i].caption && view->n_samples[i] < VIEW_SAMPLES)
            return true;
    return false;
}

static void add_row(struct table_view *view, const struct grid_row *row, enum table_row_kind kind)
{
    view->row[view->n_rows++] = (struct table_view_row){row->row, (uint8_t)kind, keep_cells(view, row)};
    if (view->last_row < row->row)
        view->last_row = row->row;
}

/* Where the values begin. */
static uint32_t table_begins(const struct table_view *view)
{
    return view->heading.rows ? view->heading.row + view->heading.rows : 0;
}

/* Is it settled where the heading is? Otherwise it is shown where it may be looked for. */
static bool has_place(const struct table_view *view)
{
    return view->result != HEAD_NONE;
}

static bool is_full(const struct table_view *view)
{
    unsigned room = sizeof view->row / sizeof view->row[0];
    return view->n_rows == room || (has_place(view) && view->n_below == VIEW_ROWS);
}

static enum table_row_kind kind_of(const struct table_view *view, uint32_t row)
{
    if (view->heading.rows == 0 || row < view->heading.row)
        return ROW_KIND_ABOVE;
    return row < table_begins(view) ? ROW_KIND_HEADING : ROW_KIND_DATA;
}

static void take_row(struct table_view *view, const struct grid_row *row)
{
    bool below = row->row >= table_begins(view);
    if (below && !table_row_counts_columns(row))
        keep_samples(view, row);
    if (is_full(view))
        return;
    view->n_below += below;
    add_row(view, row, kind_of(view, row->row));
}

void table_view_add(struct table_views *views, const struct grid_row *row)
{
    take_row(views->now, row);
    views->open = !is_full(views->now) || wants_samples(views->now);
}

void table_view_set_kind(struct table_view *view, uint32_t row, enum table_row_kind kind)
{
    for (unsigned i = 0; i < view->n_rows; i++)
        if (view->row[i].row == row && view->row[i].kind == ROW_KIND_DATA)
            view->row[i].kind = (uint8_t)kind;
}

/* ---- Sheets ------------------------------------------------------------------------------------------------------ */

/* Room for one more sheet; NULL = there is none. */
static struct table_view **room_for(struct table_views *views, bool heading)
{
    if (views->n < VIEWS_MAX)
        return &views->view[views->n++];
    for (unsigned i = views->n; heading && i > 0; i--) {
        if (has_place(views->view[i - 1]))
            continue;
        view_free(views->view[i - 1]);
        return &views->view[i - 1];
    }
    return NULL;
}

static void copy_heading(struct table_heading *to, const struct table_heading *from)
{
    *to = *from;
    to->text = (struct arena){0};
    if (from->text.used > 0)
        arena_add(&to->text, from->text.base, from->text.used);
}

/* The first row to show: a few above the heading. */
static uint32_t first_shown(const struct table_view *view, const struct table_head_input *input)
{
    uint32_t first = 0;
    while (has_place(view) && first < input->n_rows && input->rows[first]->row < view->heading.row)
        first++;
    return first > VIEW_ABOVE ? first - VIEW_ABOVE : 0;
}

void table_views_begin(struct table_views *views, uint32_t sheet, const struct table_head_input *input,
                       enum table_head_result result, const struct table_heading *found)
{
    struct table_view **place = room_for(views, result != HEAD_NONE);
    table_views_close(views);
    if (!place)
        return;
    struct table_view *view = calloc(1, sizeof *view);
    if (!view)
        abort();
    *place = views->now = view;
    view->sheet = sheet;
    view->result = result;
    copy_heading(&view->heading, found);
    table_captions_take(&view->captions, input, result == HEAD_FOUND, found);
    arena_add(&view->text, "", 0); /* offset 0 means none */
    views->open = true;
    for (uint32_t i = first_shown(view, input); i < input->n_rows && views->open; i++)
        table_view_add(views, input->rows[i]);
}
