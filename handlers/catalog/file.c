/* Reading a catalogue file row by row. */
#include "handlers/catalog/file.h"

#include "base/bytes.h"
#include "base/grow.h"
#include "base/utf8.h"
#include "handlers/catalog/reject.h"
#include "handlers/table/rowcells.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_ROWS 1024
#define KEY_BYTES (2 * CATALOG_TEXT)

void catalog_file_init(struct catalog_file *file, const struct catalog_table *table, const struct catalog_known *known)
{
    *file = (struct catalog_file){.table = table, .known = known, .wanted = "", .ask = {.base_currency = "RUB"}};
    file->values = malloc(sizeof *file->values);
    if (!file->values)
        abort();
}

static void drop_first(struct catalog_file *file)
{
    for (uint32_t i = 0; i < file->n_first; i++)
        free(file->first[i]);
    file->n_first = 0;
}

void catalog_file_fini(struct catalog_file *file)
{
    drop_first(file);
    table_sheets_fini(&file->sheets);
    table_views_fini(&file->views);
    issues_fini(&file->issues);
    arena_fini(&file->text);
    arena_index_fini(&file->keys);
    free(file->values);
    free(file->key_at);
    *file = (struct catalog_file){.table = NULL};
}

/* ---- Keys ------------------------------------------------------------------------------------------------------ */

struct key_lookup {
    const struct catalog_file *file;
    const char *key;
};

static bool same_key(const void *ctx, uint32_t number)
{
    const struct key_lookup *lookup = ctx;
    return strcmp(arena_text(&lookup->file->text, lookup->file->key_at[number]), lookup->key) == 0;
}

/* Is the column with this name, if it is one of the file's, at fault? */
static bool is_bad(const struct catalog_file *file, const char *name)
{
    int at = catalog_column_at(file->table, name, strlen(name));
    return at >= 0 && file->values->bad[at];
}

/* The parts of the key, separated by a character that no part can contain. Empty if there is no key (a quote without
 * reference, a key that is at fault). */
static size_t make_key(struct catalog_file *file, char *key)
{
    size_t n = 0;
    for (size_t i = 0; i < 3 && file->table->file_key[i]; i++) {
        const struct catalog_value *value = catalog_value_of(file->table, file->values, file->table->file_key[i]);
        if (file->values->keyless || value->null || is_bad(file, file->table->file_key[i]))
            return 0;
        memcpy(key + n, value->text, value->n);
        n += value->n;
        key[n++] = '\n';
    }
    key[n] = '\0';
    return n;
}

static bool is_met(const struct catalog_file *file, const char *key, size_t n)
{
    struct key_lookup lookup = {file, key};
    return n > 0 && arena_index_find(&file->keys, arena_hash(key, n), same_key, &lookup) != ARENA_NONE;
}

static void remember(struct catalog_file *file, const char *key, size_t n)
{
    file->key_at = grow(file->key_at, &file->room_keys, file->n_keys + 1, sizeof *file->key_at);
    file->key_at[file->n_keys] = arena_add(&file->text, key, n);
    arena_index_add(&file->keys, arena_hash(key, n), file->n_keys++);
}

/* ---- Rows ------------------------------------------------------------------------------------------------------ */

/* A cell under no caption that is read. In a CSV file a cell behind the heading's last one means that a separator
 * within a text moved the row's cells. */
static void take_other_cell(struct catalog_file *file, const struct grid_cell *cell)
{
    struct catalog_head *head = &file->head;
    if (cell_empty(cell))
        return;
    if (file->style.separator && cell->column >= head->width)
        catalog_row_wrong(file->values, "", "E_COLUMNS", "the row has more cells than the heading");
    else if (cell->column < TABLE_COLUMNS && head->caption[cell->column][0] == '\0')
        head->why[cell->column] = COLUMN_NAMELESS;
}

static void read_values(struct catalog_file *file, const struct grid_row *row)
{
    const struct catalog_table *table = file->table;
    const struct grid_cell *cells[CATALOG_COLUMNS] = {NULL};
    for (uint32_t i = 0; i < row->n_cells; i++) {
        uint32_t column = row->cells[i].column;
        int at = column < TABLE_COLUMNS ? file->head.column_at[column] : -1;
        if (at >= 0)
            cells[at] = &row->cells[i];
        else
            take_other_cell(file, &row->cells[i]);
    }
    for (int i = 0; table->columns[i].name; i++)
        catalog_read_cell(table, file->known, i, cells[i], &file->style, file->values);
    if (table->derive)
        table->derive(file->known, file->values);
}

static bool is_blank(const struct grid_row *row)
{
    for (uint32_t i = 0; i < row->n_cells; i++)
        if (!cell_empty(&row->cells[i]) || row->cells[i].kind == GRID_FORMULA)
            return false;
    return true;
}

static int take_row(struct catalog_file *file, const struct grid_row *row)
{
    char key[KEY_BYTES + 4];
    struct catalog_row *values = file->values;
    file->rows_total++;
    values->n_faults = 0;
    values->keyless = false;
    read_values(file, row);
    size_t n = make_key(file, key);
    bool met = is_met(file, key, n);
    if (met && !file->table->keep_known)
        catalog_row_wrong(values, file->table->blamed, "E_DUP", "this key is in the file more than once");
    if (values->n_faults > 0) {
        catalog_reject(file, row);
        return 0;
    }
    if (met) {
        file->repeated++;
        return 0;
    }
    if (n > 0)
        remember(file, key, n);
    return file->row(file->ctx, row->row, values) == 0 ? 0 : CATALOG_SINK_STOPPED;
}

/* ---- Sheets and headings --------------------------------------------------------------------------------------- */

static struct table_sheet *this_sheet(struct catalog_file *file)
{
    return &file->sheets.sheet[file->sheets.n - 1];
}

/* Is this sheet read? If not, why. */
static enum table_sheet_why wanted(const struct catalog_file *file, const struct grid_sheet *sheet)
{
    if (*file->wanted && *sheet->name && !table_sheet_named(sheet->name, file->wanted))
        return sheet->hidden ? SHEET_HIDDEN : SHEET_NOT_ASKED;
    return sheet->hidden && !*file->wanted ? SHEET_HIDDEN : SHEET_NO_HEADING;
}

static int on_sheet(void *ctx, const struct grid_sheet *sheet)
{
    struct catalog_file *file = ctx;
    if (file->sheets.n == TABLE_SHEETS_MAX)
        return GRID_SKIP_SHEET;
    struct table_sheet *this = table_sheets_add(&file->sheets, sheet->name);
    table_views_close(&file->views);
    drop_first(file);
    file->close = (struct catalog_head){.known = 0};
    this->why = wanted(file, sheet);
    if (this->why != SHEET_NO_HEADING)
        return GRID_SKIP_SHEET;
    file->phase = CATALOG_SEARCH;
    if (!file->has_heading)
        file->style = (struct catalog_style){sheet->separator, sheet->date1904};
    return 0;
}

static int begin_rows(struct catalog_file *file, const struct grid_row *row)
{
    struct bytes captions = {NULL, 0, 0};
    const struct table_sheet *sheet = this_sheet(file);
    const struct grid_row *rows[] = {row};
    file->has_heading = true;
    file->phase = CATALOG_ROWS;
    file->read_sheet = file->sheets.n - 1;
    table_heading_captions(rows, 1, NULL, 0, 0, &captions);
    file->issue_heading = issues_heading(&file->issues, *sheet->name ? sheet->name : NULL, captions.data, captions.len);
    file->issues.separator = file->style.separator;
    bytes_free(&captions);
    return file->heading(file->ctx) == 0 ? 0 : CATALOG_SINK_STOPPED;
}

/* No row of the present sheet is a heading. */
static void no_heading(struct catalog_file *file)
{
    struct table_sheet *sheet = this_sheet(file);
    file->phase = CATALOG_PASS;
    catalog_head_fault(file->table, &file->ask, &file->close, sheet->text, sizeof sheet->text);
    snprintf(sheet->failure, sizeof sheet->failure, "%s", file->close.known ? "E_COLUMNS" : "E_NO_HEADER");
    catalog_view_begin(file, &file->close, false);
}

static int take_heading(struct catalog_file *file, const struct grid_row *row, const struct catalog_head *head)
{
    struct table_sheet *sheet = this_sheet(file);
    sheet->why = SHEET_READ;
    sheet->heading = true;
    catalog_view_begin(file, head, true);
    if (file->has_heading) {
        file->phase = CATALOG_COUNT;
        return 0;
    }
    file->head = *head;
    return begin_rows(file, row);
}

/* Titles and empty lines may stand above the heading. */
static int search(struct catalog_file *file, const struct grid_row *row)
{
    struct catalog_head head;
    uint32_t asked = file->ask.header_row;
    if (row->row >= TABLE_HEAD_ROWS || file->n_first == TABLE_HEAD_ROWS) {
        no_heading(file);
        table_views_row(&file->views, row);
        return 0;
    }
    file->first[file->n_first++] = table_row_copy(row);
    if (asked && row->row + 1 != asked)
        return 0;
    catalog_head_read(file->table, row, &file->ask, &head);
    if (head.whole)
        return take_heading(file, row, &head);
    if (head.known > file->close.known)
        file->close = head;
    return 0;
}

static int on_row(void *ctx, const struct grid_row *row)
{
    struct catalog_file *file = ctx;
    if (is_blank(row))
        return 0;
    if (file->phase == CATALOG_SEARCH)
        return search(file, row);
    table_views_row(&file->views, row);
    if (file->phase == CATALOG_PASS)
        return 0;
    this_sheet(file)->rows++;
    if (file->phase == CATALOG_COUNT || catalog_head_repeats(&file->head, row))
        return 0;
    int rc = take_row(file, row);
    if (rc == 0 && file->rows_total % TICK_ROWS == 0 && file->tick(file->ctx, file->rows_total) != 0)
        return CATALOG_SINK_STOPPED;
    return rc;
}

static int on_sheet_end(void *ctx)
{
    struct catalog_file *file = ctx;
    if (file->phase == CATALOG_SEARCH)
        no_heading(file);
    return 0;
}

struct grid_sink catalog_file_sink(struct catalog_file *file)
{
    return (struct grid_sink){
        .sheet = on_sheet, .row = on_row, .sheet_end = on_sheet_end, .ctx = file, .without_merges = true};
}

/* ---- The end --------------------------------------------------------------------------------------------------- */

/* The sheets with a heading or, with `all`, every visible one. */
static void offer_sheets(struct catalog_file *file, bool all)
{
    for (uint32_t i = 0; i < file->sheets.n; i++) {
        const struct table_sheet *sheet = &file->sheets.sheet[i];
        if (sheet->why != SHEET_HIDDEN && (all || sheet->heading))
            told_choice(&file->failure.told, "sheet", sheet->name, sheet->name);
    }
}

static int check_sheets(struct catalog_file *file)
{
    char list[160], text[sizeof file->failure.text];
    bool several = table_sheets_with_heading(&file->sheets) > 1, found = !*file->wanted;
    for (uint32_t i = 0; i < file->sheets.n; i++)
        found = found || file->sheets.sheet[i].why == SHEET_READ || file->sheets.sheet[i].why == SHEET_NO_HEADING;
    if (found && !several)
        return 0;
    table_sheets_list(&file->sheets, !found, list, sizeof list);
    snprintf(text, sizeof text,
             found ? "Several sheets have a heading: %s; choose one with sheet=NAME."
                   : "There is no sheet of that name; the file has %s: choose one with sheet=NAME.",
             list);
    offer_sheets(file, !found);
    run_fail(&file->failure, "E_SHEETS", text);
    return -1;
}

/* The sheet that is told of is the one that is shown. */
static int check_heading(struct catalog_file *file)
{
    const struct table_shown shown = catalog_file_shown(file, NULL);
    const struct table_view *view = table_mapping_sheet(&shown);
    char text[sizeof file->failure.text];
    if (file->has_heading)
        return 0;
    if (view) {
        const struct table_sheet *sheet = &file->sheets.sheet[view->sheet];
        run_fail(&file->failure, view->heading.rows > 0 ? "E_COLUMNS" : "E_NO_HEADER", sheet->text);
        return -1;
    }
    catalog_head_fault(file->table, &file->ask, &file->close, text, sizeof text);
    run_fail(&file->failure, "E_NO_HEADER", text);
    return -1;
}

int catalog_file_finish(struct catalog_file *file)
{
    if (check_sheets(file) != 0 || check_heading(file) != 0)
        return -1;
    if (file->rows_total)
        return 0;
    run_fail(&file->failure, "E_NO_DATA", "The file has no rows below its heading.");
    return -1;
}
