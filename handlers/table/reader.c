/* The grid sink: sheets, the first rows, and the way of each row. */
#include "handlers/table/reader.h"

#include "base/grow.h"
#include "handlers/table/moved.h"
#include "handlers/table/rowcells.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_ROWS  1024
#define MERGES_MAX 4096

int table_fail(struct table_reader *reader, const char *code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (!reader->failure[0])
        vsnprintf(reader->failure_text, sizeof reader->failure_text, format, args);
    va_end(args);
    if (!reader->failure[0])
        snprintf(reader->failure, sizeof reader->failure, "%s", code);
    reader->phase = PHASE_PASS;
    return GRID_STOP;
}

int table_sheet_fail(struct table_reader *reader, const char *code, const char *format, ...)
{
    struct table_sheet *sheet = table_reader_sheet(reader);
    va_list args;
    va_start(args, format);
    vsnprintf(sheet->text, sizeof sheet->text, format, args);
    va_end(args);
    snprintf(sheet->failure, sizeof sheet->failure, "%s", code);
    sheet->why = SHEET_FAULTY;
    reader->phase = PHASE_PASS;
    return 0;
}

void table_reader_init(struct table_reader *reader, const struct table_import *import, const struct table_ask *ask,
                       const char *sheet, enum number_locale locale)
{
    *reader = (struct table_reader){.import = import, .ask = ask, .sheet = sheet, .locale = locale};
}

static void drop_rows(struct grid_row **rows, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        free(rows[i]);
}

static void drop_head(struct table_reader *reader)
{
    drop_rows(reader->head, reader->n_head);
    reader->n_head = 0;
}

static void forget_sheet(struct table_reader *reader)
{
    drop_head(reader);
    drop_rows(reader->moved, reader->n_moved);
    reader->n_moved = 0;
    reader->n_merges = 0;
    table_outline_fini(&reader->outline);
}

void table_reader_fini(struct table_reader *reader)
{
    forget_sheet(reader);
    free(reader->merges);
    table_grids_fini(&reader->grids);
    table_sheets_fini(&reader->sheets);
    table_views_fini(&reader->views);
    table_spread_fini(&reader->spread);
    table_heading_fini(&reader->heading);
    table_heading_fini(&reader->first);
    memset(reader, 0, sizeof *reader);
}

/* ---- Rows below the heading -------------------------------------------------------------------------------------- */

static int on_placed(void *ctx, const struct table_placed *placed)
{
    struct table_reader *reader = ctx;
    struct table_row row;
    if (reader->phase != PHASE_DATA)
        return 0;
    if (placed->at_once)
        return reader->import->row(reader->import->ctx, reader->now, placed);
    table_row_sort(&reader->heading, placed->row, &row);
    return reader->import->row(reader->import->ctx, &row, placed);
}

static int outline_full(struct table_reader *reader, uint32_t row)
{
    return table_fail(reader, "E_FILE_TOO_LARGE",
                      "More than %u rows before row %u lie in one another and none of them is known as an item. Save "
                      "the report without its groups, or collapse the details, and send that.",
                      TABLE_HELD_ROWS, row + 1);
}

int table_reader_place(struct table_reader *reader, const struct grid_row *grid)
{
    const struct table_import *import = reader->import;
    struct table_facts facts;
    struct table_row row;
    grid = table_spread_row(&reader->spread, &reader->heading, grid);
    table_row_sort(&reader->heading, grid, &row);
    if (!table_row_filled(&row)) {
        struct cell_span words = table_row_words(&reader->heading, &row);
        if (words.n == 0 || !import->names_place(import->ctx, words)) {
            table_reader_kind(reader, grid->row, ROW_KIND_EMPTY);
            return 0;
        }
    }
    import->look(import->ctx, &row, &facts);
    reader->now = &row;
    int rc = table_outline_add(&reader->outline, grid, &facts);
    reader->now = NULL;
    return rc == TABLE_OUTLINE_FULL ? outline_full(reader, grid->row) : rc;
}

int table_reader_flush(struct table_reader *reader)
{
    int rc = table_outline_flush(&reader->outline);
    return rc == 0 ? reader->import->flush(reader->import->ctx) : rc;
}

void table_reader_take_heading(struct table_reader *reader, struct table_heading *heading,
                               const struct grid_row *const *rows)
{
    if (reader->first.rows == 0 && reader->heading.rows > 0)
        reader->first = reader->heading;
    else
        table_heading_fini(&reader->heading);
    reader->heading = *heading;
    reader->heading_rows = rows;
    reader->below_heading = true;
}

void table_reader_captions(const struct table_reader *reader, struct bytes *out)
{
    table_heading_captions(reader->heading_rows, reader->n_heading_rows, reader->merges, reader->n_merges,
                           TABLE_COLUMNS, out);
}

/* ---- The first rows ---------------------------------------------------------------------------------------------- */

static int take_head_rows(struct table_reader *reader)
{
    int rc = 0;
    for (uint32_t i = 0; i < reader->n_head && rc == 0 && reader->phase == PHASE_DATA; i++)
        if (reader->head[i]->row >= reader->heading.row + reader->heading.rows) {
            reader->uncalculated += reader->head[i]->uncalculated;
            rc = table_moved_row(reader, reader->head[i]);
        }
    drop_head(reader);
    return rc;
}

static int begin_table(struct table_reader *reader, const struct table_head_input *input, struct table_heading *heading)
{
    uint32_t from = 0, to;
    while (from < input->n_rows && input->rows[from]->row < heading->row)
        from++;
    for (to = from; to < input->n_rows && input->rows[to]->row < heading->row + heading->rows; to++)
        continue;
    reader->n_heading_rows = to - from;
    table_reader_take_heading(reader, heading, input->rows + from);
    reader->phase = PHASE_DATA;
    table_reader_sheet(reader)->why = SHEET_READ;
    int rc = reader->import->begin(reader->import->ctx, input);
    return rc == 0 && reader->phase == PHASE_DATA ? take_head_rows(reader) : rc;
}

/* The first rows are there: is there a heading among them? */
static int search_heading(struct table_reader *reader)
{
    struct table_sheet *sheet = table_reader_sheet(reader);
    struct table_head_input input = {(const struct grid_row *const *)reader->head,
                                     reader->n_head,
                                     reader->merges,
                                     reader->n_merges,
                                     reader->ask,
                                     &sheet->told};
    struct table_heading heading;
    char why[sizeof sheet->text];
    enum table_head_result result = table_heading_find(&input, &heading, why, sizeof why);
    sheet->heading = result != HEAD_NONE;
    table_views_begin(&reader->views, reader->sheets.n - 1, &input, result, &heading);
    if (result == HEAD_FOUND)
        return begin_table(reader, &input, &heading);
    table_heading_fini(&heading);
    drop_head(reader);
    table_sheet_fail(reader, result == HEAD_NONE ? "E_NO_HEADER" : "E_AMBIGUOUS_COLUMN", "%s", why);
    if (result == HEAD_NONE)
        sheet->why = SHEET_NO_HEADING;
    return 0;
}

/* ---- The sink ---------------------------------------------------------------------------------------------------- */

static void keep_merges(struct table_reader *reader, const struct grid_sheet *sheet)
{
    for (uint32_t i = 0; i < sheet->n_merges && reader->n_merges < MERGES_MAX; i++) {
        const struct grid_merge *m = &sheet->merges[i];
        if (m->column >= TABLE_COLUMNS)
            continue;
        reader->merges = grow(reader->merges, &reader->room_merges, reader->n_merges + 1, sizeof *m);
        reader->merges[reader->n_merges++] = *m;
    }
    table_spread_take(&reader->spread, sheet);
}

/* Is this sheet read? If not, why. */
static enum table_sheet_why wanted(const struct table_reader *reader, const struct grid_sheet *sheet)
{
    /* CSV and .mxl have no names. */
    bool by_name = *reader->sheet && strcmp(reader->sheet, "*") != 0 && sheet->name[0];
    if (by_name)
        return table_sheet_named(sheet->name, reader->sheet) ? SHEET_READ
               : sheet->hidden                               ? SHEET_HIDDEN
                                                             : SHEET_NOT_ASKED;
    return sheet->hidden ? SHEET_HIDDEN : SHEET_READ;
}

static int on_sheet(void *ctx, const struct grid_sheet *sheet)
{
    struct table_reader *reader = ctx;
    if (reader->failure[0])
        return GRID_STOP;
    if (reader->sheets.n == TABLE_SHEETS_MAX)
        return GRID_SKIP_SHEET;
    struct table_sheet *entry = table_sheets_add(&reader->sheets, sheet->name);
    forget_sheet(reader);
    table_views_close(&reader->views);
    enum table_sheet_why why = wanted(reader, sheet);
    if (why != SHEET_READ) {
        entry->why = why;
        return GRID_SKIP_SHEET;
    }
    reader->phase = PHASE_SEARCH;
    reader->date1904 = sheet->date1904;
    reader->separator = sheet->separator;
    table_outline_init(&reader->outline, sheet->summary_below, on_placed, reader);
    keep_merges(reader, sheet);
    table_grids_take(&reader->grids, sheet);
    return 0;
}

static int on_row(void *ctx, const struct grid_row *row)
{
    struct table_reader *reader = ctx;
    const struct table_import *import = reader->import;
    if (++reader->rows_read % TICK_ROWS == 0 && import->tick && import->tick(import->ctx, reader->rows_read) != 0)
        return TABLE_STOPPED;
    if (reader->phase == PHASE_SEARCH) {
        if (row->row < TABLE_HEAD_ROWS && reader->n_head < TABLE_HEAD_ROWS) {
            reader->head[reader->n_head++] = table_row_copy(row);
            return 0;
        }
        int rc = search_heading(reader);
        if (rc != 0)
            return rc;
    }
    table_views_row(&reader->views, row);
    if (reader->phase != PHASE_DATA)
        return 0;
    reader->uncalculated += row->uncalculated;
    return table_moved_row(reader, row);
}

static int on_sheet_end(void *ctx)
{
    struct table_reader *reader = ctx;
    int rc = reader->phase == PHASE_SEARCH ? search_heading(reader) : 0;
    if (rc == 0 && reader->phase == PHASE_DATA)
        rc = table_moved_end(reader);
    if (rc == 0 && reader->phase == PHASE_DATA)
        rc = table_reader_flush(reader);
    return rc == 0 && reader->phase == PHASE_DATA ? reader->import->end(reader->import->ctx) : rc;
}

static void on_remark(void *ctx, const char *text)
{
    struct table_reader *reader = ctx;
    if (reader->import->remark)
        reader->import->remark(reader->import->ctx, text);
}

struct grid_sink table_reader_sink(struct table_reader *reader)
{
    return (struct grid_sink){
        .sheet = on_sheet, .row = on_row, .sheet_end = on_sheet_end, .ctx = reader, .remark = on_remark};
}
