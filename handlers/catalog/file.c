/* Reading a catalogue file row by row. */
#include "handlers/catalog/file.h"

#include "base/grow.h"
#include "base/utf8.h"
#include "handlers/table/rowcells.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_ROWS 1024
#define KEY_BYTES (2 * CATALOG_TEXT)

void catalog_file_init(struct catalog_file *file, const struct catalog_table *table, const struct catalog_known *known)
{
    *file = (struct catalog_file){.table = table, .known = known};
    file->values = malloc(sizeof *file->values);
    if (!file->values)
        abort();
}

void catalog_file_fini(struct catalog_file *file)
{
    arena_fini(&file->text);
    arena_index_fini(&file->keys);
    free(file->values);
    free(file->key_at);
    free(file->issues);
    *file = (struct catalog_file){0};
}

/* ---- Heading --------------------------------------------------------------------------------------------------- */

static int bad_heading(struct catalog_file *file, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int bad_heading(struct catalog_file *file, const char *format, ...)
{
    char text[sizeof file->failure.text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    run_fail(&file->failure, "E_COLUMNS", text);
    return GRID_STOP;
}

static int unknown_column(struct catalog_file *file, struct cell_span name)
{
    char known[200] = "";
    for (size_t i = 0; file->table->columns[i].name; i++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", file->table->columns[i].name);
    }
    int n = (int)utf8_cut(name.s, name.n, 40);
    return bad_heading(file, "Unknown column \"%.*s\"; known columns: %s.", n, name.s, known);
}

static int take_heading_cell(struct catalog_file *file, const struct grid_cell *cell)
{
    struct cell_span name = cell_span(cell);
    if (name.n == 0)
        return bad_heading(file, "Column %u has no name in the heading.", cell->column + 1);
    int at = catalog_column_at(file->table, name.s, name.n);
    if (at < 0)
        return unknown_column(file, name);
    if (file->present[at])
        return bad_heading(file, "The column %s is in the heading twice.", file->table->columns[at].name);
    file->present[at] = true;
    file->column_at[cell->column] = at;
    return 0;
}

static int take_heading(struct catalog_file *file, const struct grid_row *row)
{
    int rc = 0;
    file->has_heading = true;
    file->n_file_columns = row->n_cells ? row->cells[row->n_cells - 1].column + 1 : 0;
    if (file->n_file_columns > catalog_columns(file->table) || file->n_file_columns != row->n_cells)
        return bad_heading(file,
                           "The heading has %u columns, some without a name or unknown; this table has %zu at most.",
                           file->n_file_columns, catalog_columns(file->table));
    for (uint32_t i = 0; i < row->n_cells && rc == 0; i++)
        rc = take_heading_cell(file, &row->cells[i]);
    for (size_t i = 0; file->table->columns[i].name && rc == 0; i++)
        if (file->table->columns[i].required && !file->present[i])
            rc = bad_heading(file, "The column %s is missing.", file->table->columns[i].name);
    if (rc == 0 && file->heading(file->ctx) != 0)
        return CATALOG_SINK_STOPPED;
    return rc;
}

/* ---- Issues ---------------------------------------------------------------------------------------------------- */

static void count_code(struct catalog_file *file, const char *code)
{
    unsigned i = 0;
    while (i < file->n_counts && strcmp(file->counts[i].code, code) != 0)
        i++;
    if (i == file->n_counts) {
        if (i == CATALOG_CODES)
            abort(); /* only our own codes are counted */
        file->counts[file->n_counts++] = (struct catalog_count){code, 0};
    }
    file->counts[i].n++;
}

static uint32_t keep_cells(struct catalog_file *file, const struct grid_row *row)
{
    struct bytes cells = {NULL, 0, 0};
    table_row_cells(row, 0, &cells);
    uint32_t offset = arena_add(&file->text, cells.data, cells.len);
    bytes_free(&cells);
    return offset;
}

static void reject(struct catalog_file *file, const struct grid_row *row)
{
    const struct catalog_row *values = file->values;
    file->rejected++;
    count_code(file, values->code);
    if (file->n_issues == CATALOG_ISSUES_KEPT)
        return;
    file->issues = grow(file->issues, &file->room_issues, file->n_issues + 1, sizeof *file->issues);
    file->issues[file->n_issues++] =
        (struct catalog_issue){row->row, values->field, values->code, values->message, keep_cells(file, row)};
}

/* ---- Rows ------------------------------------------------------------------------------------------------------ */

struct key_lookup {
    const struct catalog_file *file;
    const char *key;
    size_t n;
};

static bool same_key(const void *ctx, uint32_t number)
{
    const struct key_lookup *lookup = ctx;
    return strcmp(arena_text(&lookup->file->text, lookup->file->key_at[number]), lookup->key) == 0;
}

/* The parts of the key, separated by a character that no part can contain. Empty if there is no key (a quote without
 * reference). */
static size_t make_key(struct catalog_file *file, char *key)
{
    size_t n = 0;
    for (size_t i = 0; i < 3 && file->table->file_key[i]; i++) {
        const struct catalog_value *value = catalog_value_of(file->table, file->values, file->table->file_key[i]);
        if (value->null)
            return 0;
        memcpy(key + n, value->text, value->n);
        n += value->n;
        key[n++] = '\n';
    }
    key[n] = '\0';
    return n;
}

/* Was this key in an earlier row of the file? */
static bool met_before(struct catalog_file *file)
{
    char key[KEY_BYTES + 4];
    size_t n = make_key(file, key);
    if (n == 0)
        return false;
    struct key_lookup lookup = {file, key, n};
    uint64_t hash = arena_hash(key, n);
    if (arena_index_find(&file->keys, hash, same_key, &lookup) != ARENA_NONE)
        return true;
    file->key_at = grow(file->key_at, &file->room_keys, file->n_keys + 1, sizeof *file->key_at);
    file->key_at[file->n_keys] = arena_add(&file->text, key, n);
    arena_index_add(&file->keys, hash, file->n_keys++);
    return false;
}

static int read_values(struct catalog_file *file, const struct grid_row *row)
{
    const struct catalog_table *table = file->table;
    struct catalog_row *values = file->values;
    const struct grid_cell *cells[CATALOG_COLUMNS] = {NULL};
    for (uint32_t i = 0; i < row->n_cells; i++) {
        if (row->cells[i].column < file->n_file_columns)
            cells[file->column_at[row->cells[i].column]] = &row->cells[i];
        else if (!cell_empty(&row->cells[i]))
            return catalog_row_wrong(values, "", "E_COLUMNS", "The row has more cells than the heading.");
    }
    for (size_t i = 0; table->columns[i].name; i++)
        if (catalog_read_cell(&table->columns[i], cells[i] ? cells[i]->text : "", cells[i] ? cells[i]->len : 0, values,
                              &values->value[i]) != 0)
            return -1;
    return table->derive ? table->derive(file->known, values) : 0;
}

static bool is_blank(const struct grid_row *row)
{
    for (uint32_t i = 0; i < row->n_cells; i++)
        if (!cell_empty(&row->cells[i]))
            return false;
    return true;
}

static int take_row(struct catalog_file *file, const struct grid_row *row)
{
    struct catalog_row *values = file->values;
    file->rows_total++;
    values->code = NULL;
    int rc = read_values(file, row);
    if (rc == 0 && met_before(file)) {
        if (file->table->keep_known) {
            file->repeated++;
            return 0;
        }
        rc = catalog_row_wrong(values, file->table->blamed, "E_DUP", "This key is in the file more than once.");
    }
    if (rc != 0) {
        reject(file, row);
        return 0;
    }
    return file->row(file->ctx, row->row, values) == 0 ? 0 : CATALOG_SINK_STOPPED;
}

/* ---- The sink -------------------------------------------------------------------------------------------------- */

static int on_sheet(void *ctx, const struct grid_sheet *sheet)
{
    (void)ctx;
    (void)sheet;
    return 0;
}

static int on_row(void *ctx, const struct grid_row *row)
{
    struct catalog_file *file = ctx;
    if (is_blank(row))
        return 0;
    if (!file->has_heading)
        return take_heading(file, row);
    int rc = take_row(file, row);
    if (rc == 0 && file->rows_total % TICK_ROWS == 0 && file->tick(file->ctx, file->rows_total) != 0)
        return CATALOG_SINK_STOPPED;
    return rc;
}

static int on_sheet_end(void *ctx)
{
    (void)ctx;
    return 0;
}

struct grid_sink catalog_file_sink(struct catalog_file *file)
{
    return (struct grid_sink){
        .sheet = on_sheet, .row = on_row, .sheet_end = on_sheet_end, .ctx = file, .without_merges = true};
}

int catalog_file_finish(struct catalog_file *file)
{
    if (file->failure.code[0])
        return -1;
    if (file->rows_total)
        return 0;
    run_fail(&file->failure, "E_NO_DATA", "The file has no rows below its heading.");
    return -1;
}
