/* The grid sink of the stock import: sheets, heading, rows. */
#include "handlers/stock/reader.h"

#include "base/grow.h"
#include "base/utf8.h"
#include "handlers/stock/rows.h"
#include "handlers/table/rowcells.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_ROWS  1024
#define MERGES_MAX 4096

static int fail(struct stock_reader *reader, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int fail(struct stock_reader *reader, const char *code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(reader->failure_text, sizeof reader->failure_text, format, args);
    va_end(args);
    snprintf(reader->failure, sizeof reader->failure, "%s", code);
    reader->phase = PHASE_DONE;
    return -1;
}

void stock_reader_init(struct stock_reader *reader, const struct stock_params *params, struct catalog_map *catalog,
                       struct stock_items *items, const struct stock_reader_out *out)
{
    *reader = (struct stock_reader){.params = params, .catalog = catalog, .items = items, .out = *out};
    reader->warehouse = catalog_map_warehouse(catalog, params->warehouse);
    reader->section = ARENA_NONE;
}

static void drop_head(struct stock_reader *reader)
{
    for (uint32_t i = 0; i < reader->n_head; i++)
        free(reader->head[i]);
    reader->n_head = 0;
    reader->n_merges = 0;
}

void stock_reader_fini(struct stock_reader *reader)
{
    drop_head(reader);
    free(reader->merges);
    stock_grids_fini(&reader->grids);
    free(reader->pending);
    table_heading_fini(&reader->heading);
    stock_issues_fini(&reader->issues);
    memset(reader, 0, sizeof *reader);
}

/* ---- Issues ---------------------------------------------------------------------------------------------------- */

static void keep_issue(struct stock_reader *reader, const struct table_row *row, enum stock_code code,
                       struct stock_issue_at *at)
{
    struct bytes cells = {NULL, 0, 0};
    if (at->field != FIELD_NONE && row->field[at->field]) {
        at->text = row->field[at->field]->text;
        at->text_n = row->field[at->field]->len;
    }
    if (!stock_issues_has_row(&reader->issues, at)) {
        table_row_cells_filled(row, reader->heading.column, TABLE_COLUMNS, &cells);
        at->cells = cells.data;
        at->cells_n = cells.len;
    }
    stock_issues_keep(&reader->issues, code, at);
    bytes_free(&cells);
}

static void report(struct stock_reader *reader, const struct table_row *row, const struct stock_fault *fault,
                   const char *pn_norm)
{
    char suggestion[256] = "";
    enum stock_code code = (enum stock_code)fault->code;
    struct stock_issue_at at = {.sheet = reader->sheet,
                                .row = row->row->row,
                                .column = fault->field ? reader->heading.column[fault->field] : ARENA_NONE,
                                .field = (enum stock_field)fault->field,
                                .detail = fault->detail,
                                .heading = reader->heading_number,
                                .pn_norm = pn_norm,
                                .suggestion = suggestion};
    if (!stock_issues_count(&reader->issues, code))
        return;
    if (code == W_UNMATCHED || code == E_PN_AMBIGUOUS)
        catalog_map_suggest(reader->catalog, pn_norm, suggestion, sizeof suggestion);
    if (at.column != ARENA_NONE)
        at.caption = table_heading_caption(&reader->heading, at.column);
    keep_issue(reader, row, code, &at);
}

/* Of a refused row its errors, of a row that is kept its warnings. */
static void report_faults(struct stock_reader *reader, const struct table_row *row, const struct stock_verdict *verdict,
                          const char *pn_norm)
{
    for (unsigned i = 0; i < verdict->n; i++)
        if (!verdict->refused || stock_code_is_error((enum stock_code)verdict->fault[i].code))
            report(reader, row, &verdict->fault[i], pn_norm);
}

/* ---- Data rows ------------------------------------------------------------------------------------------------- */

/* A real stock of half a million rows has a tenth of this. */
static int too_much_text(struct stock_reader *reader)
{
    fail(reader, "E_FILE_TOO_LARGE",
         "Numbers and names are longer than %u MiB together. Split the file and send the parts.",
         STOCK_TEXTS_MAX >> 20);
    return GRID_STOP;
}

static int take_data(struct stock_reader *reader, const struct table_row *row)
{
    struct stock_ident ident;
    struct stock_line line;
    struct stock_verdict verdict;
    enum stock_added added = ADDED_NEW;
    uint32_t item = ARENA_NONE;
    reader->rows_total++;
    reader->no_values += row->field[FIELD_QTY] && row->field[FIELD_QTY]->kind == GRID_ERROR;
    stock_verdict_init(&verdict);
    stock_identify(&reader->context, row, &ident, &verdict);
    if (stock_line_read(&reader->context, row, &ident, &line, &verdict)) {
        added = stock_items_add(reader->items, &line, reader->params->duplicates, &item);
        if (added == ADDED_FULL)
            return too_much_text(reader);
        if (added == ADDED_REFUSED)
            stock_fault_add(&verdict, E_DUP, (enum stock_field)ident.from);
        if (added == ADDED_RANGE)
            stock_fault_add(&verdict, E_QTY_RANGE, FIELD_QTY);
    }
    report_faults(reader, row, &verdict, ident.pn_norm);
    if (verdict.refused) {
        reader->rows_rejected++;
        return 0;
    }
    reader->duplicates_merged += added != ADDED_NEW;
    if (reader->out.line && reader->out.line(reader->out.ctx, &line, item, added) != 0)
        return STOCK_SINK_STOPPED;
    return 0;
}

/* Is the row in another warehouse's section, or does its own column name another one? */
static bool is_elsewhere(const struct stock_reader *reader, const struct table_row *row)
{
    struct cell_span text = cell_span(row->field[FIELD_WAREHOUSE]);
    if (reader->section != ARENA_NONE && reader->section != reader->warehouse)
        return true;
    return text.n && catalog_map_warehouse_named(reader->catalog, text.s, text.n) != reader->warehouse;
}

static int take_kind(struct stock_reader *reader, const struct table_row *row, enum stock_row_kind kind)
{
    uint32_t section;
    switch (kind) {
    case ROW_TOTAL:
        reader->skipped[SKIP_TOTAL]++;
        return 0;
    case ROW_HEADER:
        reader->skipped[SKIP_HEADER]++;
        return 0;
    case ROW_GROUP:
        reader->skipped[SKIP_GROUP]++;
        section = stock_row_section(&reader->context, row);
        if (section != ARENA_NONE)
            reader->section = section;
        return 0;
    case ROW_DATA:
        if (!is_elsewhere(reader, row))
            return take_data(reader, row);
        reader->skipped[SKIP_OTHER_WAREHOUSE]++;
        return 0;
    case ROW_EMPTY:
    case ROW_PENDING:
        return 0;
    }
    abort();
}

/* Decides about the pending row. */
static int take_pending(struct stock_reader *reader, unsigned next_outline)
{
    struct grid_row *pending = reader->pending;
    struct table_row row;
    if (!pending)
        return 0;
    reader->pending = NULL;
    stock_row_sort(&reader->heading, pending, &row);
    int rc = take_kind(reader, &row, next_outline > pending->outline ? ROW_GROUP : ROW_DATA);
    free(pending);
    return rc;
}

static int take_aligned(struct stock_reader *reader, const struct grid_row *grid)
{
    struct table_row row;
    stock_row_sort(&reader->heading, grid, &row);
    enum stock_row_kind kind = stock_row_kind(&reader->context, &row);
    if (kind == ROW_PENDING)
        reader->pending = table_row_copy(grid);
    return take_kind(reader, &row, kind);
}

/* Titles, totals and signatures often have columns of their own. If a row that may hold stock cannot be lined up with
 * the heading, the import fails: half of a table is worse than none. */
static int take_other_grid(struct stock_reader *reader, const struct grid_row *grid)
{
    struct stock_lined lined;
    struct table_row row = {.row = grid};
    enum stock_row_kind kind;
    switch (stock_align(&reader->context, &reader->grids, grid, &lined, &kind)) {
    case ALIGN_ROW:
        return take_aligned(reader, &lined.row);
    case ALIGN_KIND:
        return take_kind(reader, &row, kind);
    case ALIGN_CANNOT:
        break;
    }
    fail(reader, "E_AMBIGUOUS_COLUMN",
         "The columns of row %u are not those of the heading in row %u, so its cells cannot be told apart. Save the "
         "report as .xlsx and send that.",
         grid->row + 1, reader->heading.row + 1);
    return GRID_STOP;
}

static int take_row(struct stock_reader *reader, const struct grid_row *grid)
{
    int rc = take_pending(reader, grid->outline);
    if (rc != 0)
        return rc;
    reader->uncalculated += grid->uncalculated;
    return grid->grid == reader->heading.grid ? take_aligned(reader, grid) : take_other_grid(reader, grid);
}

/* ---- Heading --------------------------------------------------------------------------------------------------- */

static struct value_date stock_date(const struct stock_reader *reader, const struct table_head_input *input)
{
    if (reader->params->stock_date.year)
        return reader->params->stock_date;
    struct value_date date = table_heading_dates(input, &reader->heading).date;
    return date.year ? date : reader->params->today;
}

static int take_head_rows(struct stock_reader *reader)
{
    int rc = 0;
    for (uint32_t i = 0; i < reader->n_head && rc == 0; i++)
        if (reader->head[i]->row >= reader->heading.row + reader->heading.rows)
            rc = take_row(reader, reader->head[i]);
    drop_head(reader);
    return rc;
}

static void keep_captions(struct stock_reader *reader, const struct table_head_input *input)
{
    struct bytes captions = {NULL, 0, 0};
    uint32_t first = 0;
    while (first + reader->heading.rows < input->n_rows && input->rows[first]->row < reader->heading.row)
        first++;
    table_heading_captions(input->rows + first, reader->heading.rows, input->merges, input->n_merges, TABLE_COLUMNS,
                           &captions);
    reader->heading_number = stock_issues_heading(&reader->issues, reader->sheet, captions.data, captions.len);
    bytes_free(&captions);
}

/* The first rows are there: is this the sheet? */
static int search_heading(struct stock_reader *reader)
{
    struct table_head_input input = {.rows = (const struct grid_row *const *)reader->head,
                                     .n_rows = reader->n_head,
                                     .merges = reader->merges,
                                     .n_merges = reader->n_merges};
    char why[sizeof reader->no_header];
    switch (table_heading_find(&input, &reader->heading, why, sizeof why)) {
    case HEAD_AMBIGUOUS:
        fail(reader, "E_AMBIGUOUS_COLUMN", "%s", why);
        return GRID_STOP;
    case HEAD_NONE:
        if (reader->no_header[0] == '\0')
            memcpy(reader->no_header, why, sizeof why);
        reader->phase = PHASE_PASS;
        drop_head(reader);
        return 0;
    case HEAD_FOUND:
        break;
    }
    reader->phase = PHASE_DATA;
    keep_captions(reader, &input);
    reader->context = (struct stock_context){.params = reader->params,
                                             .catalog = reader->catalog,
                                             .heading = &reader->heading,
                                             .stock_date = stock_date(reader, &input),
                                             .date1904 = reader->date1904};
    return take_head_rows(reader);
}

/* ---- The sink -------------------------------------------------------------------------------------------------- */

static void keep_merges(struct stock_reader *reader, const struct grid_sheet *sheet)
{
    for (uint32_t i = 0; i < sheet->n_merges && reader->n_merges < MERGES_MAX; i++) {
        const struct grid_merge *m = &sheet->merges[i];
        if (m->row >= TABLE_HEAD_ROWS || m->column >= TABLE_COLUMNS)
            continue;
        reader->merges = grow(reader->merges, &reader->room_merges, reader->n_merges + 1, sizeof *m);
        reader->merges[reader->n_merges++] = *m;
    }
}

static int on_sheet(void *ctx, const struct grid_sheet *sheet)
{
    struct stock_reader *reader = ctx;
    if (reader->phase == PHASE_DONE || sheet->hidden)
        return GRID_SKIP_SHEET;
    reader->phase = PHASE_SEARCH;
    reader->date1904 = sheet->date1904;
    size_t n = utf8_cut(sheet->name, strlen(sheet->name), sizeof reader->sheet - 1);
    snprintf(reader->sheet, sizeof reader->sheet, "%.*s", (int)n, sheet->name);
    drop_head(reader);
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
    return reader->phase == PHASE_DATA ? take_row(reader, row) : 0;
}

static int on_sheet_end(void *ctx)
{
    struct stock_reader *reader = ctx;
    int rc = reader->phase == PHASE_SEARCH ? search_heading(reader) : 0;
    if (rc == 0 && reader->phase == PHASE_DATA)
        rc = take_pending(reader, 0);
    if (rc != 0 || reader->phase != PHASE_DATA)
        return rc;
    reader->phase = PHASE_DONE;
    return GRID_STOP;
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

/* Adds why amounts are missing: a table made by a program has formulas that were never calculated, a form of 1C has
 * expressions. */
static void explain_amounts(struct stock_reader *reader)
{
    size_t used = strlen(reader->failure_text);
    if (reader->uncalculated == 0 && reader->no_values > 0)
        snprintf(reader->failure_text + used, sizeof reader->failure_text - used,
                 " In %u of them the quantity is an expression or an error, not a number: fill the report with data, "
                 "save it and send that.",
                 reader->no_values);
    if (reader->uncalculated > 0)
        snprintf(reader->failure_text + used, sizeof reader->failure_text - used,
                 " %u formulas have no value yet: open the file in a spreadsheet program, save it and send that.",
                 reader->uncalculated);
}

static int judge(struct stock_reader *reader)
{
    if (reader->failure[0])
        return -1;
    if (reader->heading.rows == 0)
        return fail(reader, "E_NO_HEADER", "%s", reader->no_header[0] ? reader->no_header : "No visible sheet.");
    stock_items_settle(reader->items);
    if (reader->rows_total == 0)
        return fail(reader, "E_NO_DATA", "There are no stock rows for warehouse %s below the heading in row %u.",
                    reader->params->warehouse, reader->heading.row + 1);
    if ((uint64_t)reader->rows_rejected * 100 > (uint64_t)reader->rows_total * reader->params->max_reject_pct)
        return fail(reader, "E_TOO_MANY_ERRORS", "%u of %u rows were rejected, more than %u %%; nothing was changed.",
                    reader->rows_rejected, reader->rows_total, reader->params->max_reject_pct);
    return 0;
}

int stock_reader_finish(struct stock_reader *reader)
{
    int rc = judge(reader);
    if (rc != 0)
        explain_amounts(reader);
    return rc;
}
