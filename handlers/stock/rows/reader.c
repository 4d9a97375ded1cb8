/* The grid sink of the stock import: sheets, headings, and the way of each row. */
#include "handlers/stock/rows/reader.h"

#include "base/grow.h"
#include "base/utf8.h"
#include "handlers/table/rowcells.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_ROWS  1024
#define MERGES_MAX 4096

static struct stock_sheet *this_sheet(struct stock_reader *reader)
{
    return &reader->sheets.sheet[reader->sheets.n - 1];
}

int stock_reader_fail(struct stock_reader *reader, const char *code, const char *format, ...)
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

int stock_sheet_fail(struct stock_reader *reader, const char *code, const char *format, ...)
{
    struct stock_sheet *sheet = this_sheet(reader);
    va_list args;
    va_start(args, format);
    vsnprintf(sheet->text, sizeof sheet->text, format, args);
    va_end(args);
    snprintf(sheet->failure, sizeof sheet->failure, "%s", code);
    sheet->why = SHEET_FAULTY;
    reader->phase = PHASE_PASS;
    return 0;
}

static uint32_t find_place(void *ctx, const char *text, size_t n)
{
    const struct stock_reader *reader = ctx;
    return catalog_map_warehouse_named(reader->catalog, text, n);
}

void stock_reader_init(struct stock_reader *reader, const struct stock_params *params, struct catalog_map *catalog,
                       struct stock_items *items, const struct stock_reader_out *out)
{
    *reader = (struct stock_reader){.params = params, .catalog = catalog, .items = items, .out = *out};
    reader->warehouse = catalog_map_warehouse(catalog, params->warehouse);
    reader->ask = (struct table_ask){.place = find_place,
                                     .ctx = reader,
                                     .wanted = reader->warehouse,
                                     .wanted_name = params->warehouse,
                                     .header_row = params->header_row,
                                     .header_rows = params->header_rows,
                                     .choices = params->choices,
                                     .n_choices = params->n_choices,
                                     .latest = value_date_from_days(value_date_days(params->today) + 1)};
}

static void drop_rows(struct grid_row **rows, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        free(rows[i]);
}

static void drop_head(struct stock_reader *reader)
{
    drop_rows(reader->head, reader->n_head);
    reader->n_head = 0;
}

static void forget_sheet(struct stock_reader *reader)
{
    drop_head(reader);
    drop_rows(reader->moved, reader->n_moved);
    reader->n_moved = 0;
    reader->n_merges = 0;
    table_outline_fini(&reader->outline);
    table_groups_fini(&reader->groups);
}

void stock_reader_fini(struct stock_reader *reader)
{
    forget_sheet(reader);
    free(reader->merges);
    free(reader->again);
    stock_grids_fini(&reader->grids);
    stock_sheets_fini(&reader->sheets);
    table_spread_fini(&reader->spread);
    table_heading_fini(&reader->heading);
    table_heading_fini(&reader->first);
    stock_refused_fini(&reader->refused);
    stock_issues_fini(&reader->issues);
    memset(reader, 0, sizeof *reader);
}

void stock_reader_again(struct stock_reader *reader)
{
    bool *again = reader->again;
    uint32_t n = reader->n_again, number = reader->sheets.n;
    const struct stock_params *params = reader->params;
    struct catalog_map *catalog = reader->catalog;
    struct stock_items *items = reader->items;
    struct stock_reader_out out = reader->out;
    reader->again = NULL;
    stock_reader_fini(reader);
    stock_items_forget(items);
    stock_reader_init(reader, params, catalog, items, &out);
    again = grow(again, &n, number, sizeof *again);
    again[number - 1] = true;
    reader->again = again;
    reader->n_again = number;
}

/* ---- Rows below the heading -------------------------------------------------------------------------------------- */

static int outline_full(struct stock_reader *reader, uint32_t row)
{
    return stock_reader_fail(reader, "E_FILE_TOO_LARGE",
                             "More than %u rows before row %u lie in one another and none of them is known as an item. "
                             "Save the report without its groups, or collapse the details, and send that.",
                             TABLE_HELD_ROWS, row + 1);
}

static int place_row(struct stock_reader *reader, const struct grid_row *grid)
{
    struct table_row row;
    grid = table_spread_row(&reader->spread, &reader->heading, grid);
    table_row_sort(&reader->heading, grid, &row);
    if (!table_row_filled(&row)) {
        struct cell_span words = table_row_words(&reader->heading, &row);
        if (words.n == 0 || catalog_map_warehouse_named(reader->catalog, words.s, words.n) == ARENA_NONE)
            return 0;
    }
    stock_rules_look(reader, &row);
    int rc = table_outline_add(&reader->outline, grid, &reader->look.facts);
    return rc == TABLE_OUTLINE_FULL ? outline_full(reader, grid->row) : rc;
}

/* Decides everything that waits for rows to come: there are none, or they have other columns. */
static int flush(struct stock_reader *reader)
{
    int rc = table_outline_flush(&reader->outline);
    return rc == 0 ? table_groups_close(&reader->groups) : rc;
}

static int take_row(struct stock_reader *reader, const struct grid_row *grid);

/* ---- Headings further down --------------------------------------------------------------------------------------- */

static void keep_captions(struct stock_reader *reader, const struct grid_row *const *rows, uint32_t n)
{
    struct bytes captions = {0};
    table_heading_captions(rows, n, reader->merges, reader->n_merges, TABLE_COLUMNS, &captions);
    reader->heading_number =
        stock_issues_heading(&reader->issues, this_sheet(reader)->name, captions.data, captions.len);
    bytes_free(&captions);
}

/* The heading that held so far is kept for the result if it was the first. */
static void take_heading(struct stock_reader *reader, struct table_heading *heading)
{
    if (reader->first.rows == 0 && reader->heading.rows > 0)
        reader->first = reader->heading;
    else
        table_heading_fini(&reader->heading);
    reader->heading = *heading;
    reader->below_heading = true;
    stock_sums_block(&reader->sums, heading->row, 0);
}

static int move_heading(struct stock_reader *reader, const struct grid_row *const *rows, struct table_heading *heading)
{
    int rc = flush(reader);
    if (rc != 0) {
        table_heading_fini(heading);
        return rc;
    }
    take_heading(reader, heading);
    keep_captions(reader, rows, reader->heading.rows);
    stock_report_file(reader, W_HEADING_MOVED, rows[0]->row, ARENA_NONE, NULL);
    stock_report_heading(reader, NULL);
    return 0;
}

/* Passes over rows of a heading that is there again. */
static void pass_heading(struct stock_reader *reader, uint32_t row, unsigned rows)
{
    reader->skipped[SKIP_HEADER] += rows;
    reader->below_heading = true;
    stock_sums_block(&reader->sums, row, 0);
}

/* What the collected rows are: the heading again, or one with other columns. *used gets the number of its rows. */
static int judge_moved(struct stock_reader *reader, const struct table_head_input *input, unsigned *used)
{
    struct table_heading heading;
    char why[400];
    enum table_head_result result = table_heading_here(input, &heading, why, sizeof why);
    if (result != HEAD_FOUND) {
        table_heading_fini(&heading);
        if (table_row_repeats(&reader->heading, input->rows[0])) {
            *used = 1;
            pass_heading(reader, input->rows[0]->row, 1);
            return 0;
        }
        return stock_sheet_fail(reader, "E_AMBIGUOUS_COLUMN", "Row %u begins another table. %s",
                                input->rows[0]->row + 1, why);
    }
    *used = heading.rows;
    bool same = table_heading_same(&reader->heading, &heading);
    pass_heading(reader, heading.row, heading.rows);
    if (!same)
        return move_heading(reader, input->rows, &heading);
    table_heading_fini(&heading);
    return 0;
}

static int take_moved(struct stock_reader *reader)
{
    struct grid_row *rows[TABLE_HEADING_MAX];
    unsigned n = reader->n_moved, used = 0;
    memcpy(rows, reader->moved, n * sizeof rows[0]);
    reader->n_moved = 0;
    struct table_head_input input = {(const struct grid_row *const *)rows, n, reader->merges, reader->n_merges,
                                     &reader->ask};
    int rc = judge_moved(reader, &input, &used);
    for (unsigned i = used; i < n && rc == 0 && reader->phase == PHASE_DATA; i++)
        rc = take_row(reader, rows[i]);
    drop_rows(rows, n);
    return rc;
}

/* ---- The way of a row -------------------------------------------------------------------------------------------- */

/* Is it a heading of rejects.csv? Its captions may be labels of fields only together with those of the row below. */
static bool begins_rejects(const struct grid_row *grid)
{
    for (uint32_t i = 0; i < grid->n_cells; i++)
        if (grid->cells[i].len == 4 && memcmp(grid->cells[i].text, "#row", 4) == 0)
            return true;
    return false;
}

static int take_aligned(struct stock_reader *reader, const struct grid_row *grid)
{
    bool below = reader->below_heading;
    reader->below_heading = false;
    if (below && table_row_counts_columns(grid)) {
        reader->skipped[SKIP_HEADER]++;
        return 0;
    }
    if (table_row_labels(grid) || begins_rejects(grid)) {
        reader->moved[reader->n_moved++] = table_row_copy(grid);
        return 0;
    }
    if (!table_row_repeats(&reader->heading, grid))
        return place_row(reader, grid);
    pass_heading(reader, grid->row, 1);
    return 0;
}

/* Titles, totals and signatures often have columns of their own. If a row that may hold stock cannot be lined up with
 * the heading, the import fails: half of a table is worse than none. */
static int take_other_grid(struct stock_reader *reader, const struct grid_row *grid)
{
    struct stock_lined lined;
    enum stock_unaligned kind;
    switch (stock_align(&reader->context, &reader->grids, grid, &lined, &kind)) {
    case ALIGN_ROW:
        return take_aligned(reader, &lined.row);
    case ALIGN_KIND:
        return stock_rules_unaligned(reader, grid, kind);
    case ALIGN_CANNOT:
        break;
    }
    return stock_sheet_fail(
        reader, "E_AMBIGUOUS_COLUMN",
        "The columns of row %u are not those of the heading in row %u, so its cells cannot be told apart. Save the "
        "report as .xlsx and send that.",
        grid->row + 1, reader->heading.row + 1);
}

static int take_row(struct stock_reader *reader, const struct grid_row *grid)
{
    if (reader->n_moved > 0) {
        const struct grid_row *last = reader->moved[reader->n_moved - 1];
        bool next = grid->row == last->row + 1 && grid->grid == last->grid;
        if (next && reader->n_moved < TABLE_HEADING_MAX) {
            reader->moved[reader->n_moved++] = table_row_copy(grid);
            return reader->n_moved == TABLE_HEADING_MAX ? take_moved(reader) : 0;
        }
        int rc = take_moved(reader);
        if (rc != 0 || reader->phase != PHASE_DATA)
            return rc;
    }
    return grid->grid == reader->heading.grid ? take_aligned(reader, grid) : take_other_grid(reader, grid);
}

/* ---- The first rows ---------------------------------------------------------------------------------------------- */

static int take_head_rows(struct stock_reader *reader)
{
    int rc = 0;
    for (uint32_t i = 0; i < reader->n_head && rc == 0 && reader->phase == PHASE_DATA; i++)
        if (reader->head[i]->row >= reader->heading.row + reader->heading.rows) {
            reader->uncalculated += reader->head[i]->uncalculated;
            rc = take_row(reader, reader->head[i]);
        }
    drop_head(reader);
    return rc;
}

static struct value_date date_of_stock(struct stock_reader *reader, const struct table_dates *dates)
{
    struct value_date date = reader->params->stock_date.year ? reader->params->stock_date : dates->date;
    if (date.year == 0)
        date = reader->params->today;
    if (reader->stock_date.year == 0 || value_date_compare(date, reader->stock_date) > 0)
        reader->stock_date = date;
    return date;
}

static int begin_table(struct stock_reader *reader, const struct table_head_input *input, struct table_heading *heading)
{
    uint32_t at = 0;
    take_heading(reader, heading);
    while (at < input->n_rows && input->rows[at]->row < reader->heading.row)
        at++;
    uint32_t end = at; /* a row of the heading that has no cells is not stored */
    while (end < input->n_rows && input->rows[end]->row < reader->heading.row + reader->heading.rows)
        end++;
    keep_captions(reader, input->rows + at, end - at);
    struct table_dates dates = table_heading_dates(input, &reader->heading);
    uint32_t number = reader->sheets.n;
    reader->context = (struct stock_context){.params = reader->params,
                                             .catalog = reader->catalog,
                                             .heading = &reader->heading,
                                             .stock_date = date_of_stock(reader, &dates),
                                             .date1904 = reader->context.date1904,
                                             .sheet = this_sheet(reader)->name};
    stock_sections_init(&reader->sections, reader->warehouse, number <= reader->n_again && reader->again[number - 1]);
    reader->sums = (struct stock_sums){0};
    reader->phase = PHASE_DATA;
    this_sheet(reader)->why = SHEET_READ;
    if (reader->params->stock_date.year)
        dates.future.year = 0;
    stock_report_heading(reader, &dates);
    return take_head_rows(reader);
}

/* The first rows are there: is there a heading among them? */
static int search_heading(struct stock_reader *reader)
{
    struct table_head_input input = {(const struct grid_row *const *)reader->head, reader->n_head, reader->merges,
                                     reader->n_merges, &reader->ask};
    struct stock_sheet *sheet = this_sheet(reader);
    struct table_heading heading;
    char why[sizeof sheet->text];
    enum table_head_result result = table_heading_find(&input, &heading, why, sizeof why);
    sheet->heading = result != HEAD_NONE;
    if (result == HEAD_FOUND)
        return begin_table(reader, &input, &heading);
    table_heading_fini(&heading);
    drop_head(reader);
    stock_sheet_fail(reader, result == HEAD_NONE ? "E_NO_HEADER" : "E_AMBIGUOUS_COLUMN", "%s", why);
    if (result == HEAD_NONE)
        sheet->why = SHEET_NO_HEADING;
    return 0;
}

/* ---- The end of a sheet ------------------------------------------------------------------------------------------ */

static void check_control(struct stock_reader *reader)
{
    const struct stock_sums *sums = &reader->sums;
    struct stock_sheet *sheet = this_sheet(reader);
    enum stock_control control = stock_sums_control(sums);
    char own[48], rows[48], detail[200];
    if (control == CONTROL_NONE)
        return;
    reader->control = (struct stock_control_total){true, sums->total_row, sums->total, sums->all};
    if (control != CONTROL_WRONG || reader->params->check_totals == TOTALS_OFF)
        return;
    dec_format(sums->total, QTY_SCALE, true, own, sizeof own);
    dec_format(sums->all, QTY_SCALE, true, rows, sizeof rows);
    if (reader->params->check_totals == TOTALS_WARN) {
        snprintf(detail, sizeof detail, "the rows add up to %s, the report's own total is %s", rows, own);
        enum stock_field field = table_heading_has(&reader->heading, FIELD_QTY) ? FIELD_QTY : FIELD_FREE;
        stock_report_file(reader, W_TOTALS, sums->total_row, reader->heading.column[field], detail);
        return;
    }
    snprintf(sheet->totals, sizeof sheet->totals,
             "%s%s%sthe rows add up to %s, the report's own total in row %u is %s; are groups read as items? Nothing "
             "was changed. To import it all the same send check_totals=warn, or check_totals=off without a warning.",
             *sheet->name ? "Sheet «" : "", sheet->name, *sheet->name ? "»: " : "", rows, sums->total_row + 1, own);
}

static int end_sections(struct stock_reader *reader)
{
    const struct stock_sections *sections = &reader->sections;
    if (stock_sections_end(sections) == ROW_STACKED)
        return stock_rules_stacked(reader);
    if (!stock_sections_open(sections))
        return 0;
    return stock_sheet_fail(reader, "E_AMBIGUOUS_COLUMN",
                            "Several warehouses have rows and the catalogue knows none of them: «%s», «%s». Name "
                            "warehouse %s in the file as the catalogue does, or add these to the catalogue.",
                            sections->names[0], sections->names[1], reader->params->warehouse);
}

static int end_table(struct stock_reader *reader)
{
    char why[500];
    int rc = reader->n_moved > 0 ? take_moved(reader) : 0;
    if (rc == 0 && reader->phase == PHASE_DATA)
        rc = flush(reader);
    if (rc == 0 && reader->phase == PHASE_DATA)
        rc = end_sections(reader);
    if (rc != 0 || reader->phase != PHASE_DATA)
        return rc;
    if (stock_styles_conflict(&reader->context, why, sizeof why))
        return stock_sheet_fail(reader, "E_NUMBER_STYLE", "%s", why);
    check_control(reader);
    return 0;
}

/* ---- The sink ---------------------------------------------------------------------------------------------------- */

static void keep_merges(struct stock_reader *reader, const struct grid_sheet *sheet)
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
static enum stock_sheet_why wanted(const struct stock_reader *reader, const struct grid_sheet *sheet)
{
    const char *asked = reader->params->sheet;
    bool by_name = *asked && strcmp(asked, "*") != 0 && sheet->name[0]; /* CSV and .mxl have no names */
    if (by_name)
        return stock_sheet_named(sheet->name, asked) ? SHEET_READ : sheet->hidden ? SHEET_HIDDEN : SHEET_NOT_ASKED;
    return sheet->hidden ? SHEET_HIDDEN : SHEET_READ;
}

static int on_sheet(void *ctx, const struct grid_sheet *sheet)
{
    struct stock_reader *reader = ctx;
    if (reader->failure[0])
        return GRID_STOP;
    if (reader->sheets.n == STOCK_SHEETS_MAX)
        return GRID_SKIP_SHEET;
    struct stock_sheet *entry = stock_sheets_add(&reader->sheets, sheet->name);
    forget_sheet(reader);
    enum stock_sheet_why why = wanted(reader, sheet);
    if (why != SHEET_READ) {
        entry->why = why;
        return GRID_SKIP_SHEET;
    }
    reader->phase = PHASE_SEARCH;
    reader->context.date1904 = sheet->date1904;
    reader->issues.list.separator = sheet->separator;
    table_outline_init(&reader->outline, sheet->summary_below, stock_rules_row, reader);
    table_groups_init(&reader->groups, stock_rules_group, reader);
    keep_merges(reader, sheet);
    stock_grids_take(&reader->grids, sheet);
    return 0;
}

static int on_row(void *ctx, const struct grid_row *row)
{
    struct stock_reader *reader = ctx;
    if (++reader->rows_read % TICK_ROWS == 0 && reader->out.tick &&
        reader->out.tick(reader->out.ctx, reader->rows_read) != 0)
        return STOCK_SINK_STOPPED;
    if (reader->phase == PHASE_SEARCH) {
        if (row->row < TABLE_HEAD_ROWS && reader->n_head < TABLE_HEAD_ROWS) {
            reader->head[reader->n_head++] = table_row_copy(row);
            return 0;
        }
        int rc = search_heading(reader);
        if (rc != 0)
            return rc;
    }
    if (reader->phase != PHASE_DATA)
        return 0;
    reader->uncalculated += row->uncalculated;
    return take_row(reader, row);
}

static int on_sheet_end(void *ctx)
{
    struct stock_reader *reader = ctx;
    int rc = reader->phase == PHASE_SEARCH ? search_heading(reader) : 0;
    return rc == 0 && reader->phase == PHASE_DATA ? end_table(reader) : rc;
}

static void on_remark(void *ctx, const char *text)
{
    struct stock_reader *reader = ctx;
    if (reader->out.remark)
        reader->out.remark(reader->out.ctx, text);
}

struct grid_sink stock_reader_sink(struct stock_reader *reader)
{
    return (struct grid_sink){
        .sheet = on_sheet, .row = on_row, .sheet_end = on_sheet_end, .ctx = reader, .remark = on_remark};
}

const struct table_heading *stock_reader_heading(const struct stock_reader *reader)
{
    return reader->first.rows > 0 ? &reader->first : &reader->heading;
}
