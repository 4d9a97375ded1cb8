/* Keeping the faults of refused rows. */
#include "handlers/catalog/reject.h"

#include "base/bytes.h"
#include "base/json.h"
#include "base/utf8.h"
#include "handlers/heading/head.h"
#include "handlers/table/rowcells.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RAW_ARG 240

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

/* A row counts once for each code, however many of its cells have it. */
static void count_codes(struct catalog_file *file)
{
    const struct catalog_row *values = file->values;
    for (unsigned i = 0; i < values->n_faults; i++) {
        unsigned k = 0;
        while (strcmp(values->fault[k].code, values->fault[i].code) != 0)
            k++;
        if (k == i)
            count_code(file, values->fault[i].code);
    }
}

/* Where the column with this name is in the file, or ARENA_NONE. */
static uint32_t column_of(const struct catalog_file *file, const char *field)
{
    int at = catalog_column_at(file->table, field, strlen(field));
    return at < 0 ? ARENA_NONE : file->head.file_column[at];
}

/* "Sheet «Лоты», row 3, column C «Ед.»: …" */
static void make_message(const struct issue_at *at, const char *field, const char *text, char *out, size_t size)
{
    char letter[4];
    size_t used = 0;
    out[0] = '\0';
    if (at->sheet)
        used = (size_t)snprintf(out, size, "Sheet «%.31s», row %u", at->sheet, at->row + 1);
    else
        used = (size_t)snprintf(out, size, "Row %u", at->row + 1);
    if (at->column != ARENA_NONE)
        used += (size_t)snprintf(out + used, size - used, ", column %s «%s»", table_column_letter(at->column, letter),
                                 at->caption);
    else if (*field)
        used += (size_t)snprintf(out + used, size - used, ", %s", field);
    snprintf(out + used, size - used, ": %s.", text);
    catalog_whole_characters(out);
}

/* Is it a text like "1 234,5"? */
static bool has_decimal_comma(const struct grid_cell *cell)
{
    unsigned digits = 0, commas = 0;
    for (uint32_t i = 0; i < cell->len && cell->kind == GRID_TEXT; i++) {
        digits += cell->text[i] >= '0' && cell->text[i] <= '9';
        commas += cell->text[i] == ',';
        if (!strchr("0123456789, -+", cell->text[i]))
            return false;
    }
    return commas == 1 && digits > 1;
}

/* A comma is decimal in a workbook, but not in a CSV file that commas divide: the refused rows of such a workbook are
 * divided by semicolons, so that they can be sent again. */
static void choose_separator(struct catalog_file *file, const struct grid_row *row)
{
    for (uint32_t i = 0; i < row->n_cells && file->issues.separator == 0; i++)
        if (has_decimal_comma(&row->cells[i]))
            file->issues.separator = ';';
}

static void put_args(const struct issue_at *at, const char *detail, struct json_out *out)
{
    char text[RAW_ARG + 1];
    size_t n = at->raw_n <= RAW_ARG ? at->raw_n : utf8_cut(at->raw, at->raw_n, RAW_ARG);
    json_out_init(out);
    json_object(out);
    if (n > 0 && utf8_valid(at->raw, n)) {
        snprintf(text, sizeof text, "%.*s", (int)n, at->raw);
        json_put_string(out, "text", text);
    }
    json_put_string(out, "detail", detail);
    json_object_end(out);
}

static void keep_fault(struct catalog_file *file, const struct grid_row *row, const struct catalog_fault *fault)
{
    char message[600];
    struct bytes cells = {NULL, 0, 0};
    struct json_out args;
    size_t n;
    const struct table_sheet *sheet = &file->sheets.sheet[file->read_sheet];
    uint32_t column = column_of(file, fault->field);
    const struct grid_cell *cell = column == ARENA_NONE ? NULL : table_row_cell(row, column);
    struct issue_at at = {.sheet = *sheet->name ? sheet->name : NULL,
                          .row = row->row,
                          .column = column,
                          .caption = column == ARENA_NONE ? NULL : file->head.caption[column],
                          .heading = file->issue_heading,
                          .raw = cell ? cell->text : NULL,
                          .raw_n = cell ? cell->len : 0};
    if (!issues_has_row(&file->issues, &at)) {
        table_row_cells(row, 0, &cells);
        at.cells = cells.data;
        at.cells_n = cells.len;
        choose_separator(file, row);
    }
    make_message(&at, fault->field, fault->message, message, sizeof message);
    put_args(&at, fault->message, &args);
    at.args = json_out_text(&args, &n);
    issues_keep(&file->issues, true, 0, fault->code, fault->field, message, &at);
    bytes_free(&cells);
    json_out_fini(&args);
}

void catalog_reject(struct catalog_file *file, const struct grid_row *row)
{
    const struct catalog_row *values = file->values;
    file->rejected++;
    count_codes(file);
    file->all_issues += values->n_faults;
    for (unsigned i = 0; i < values->n_faults; i++)
        if (issues_room(&file->issues, true))
            keep_fault(file, row, &values->fault[i]);
}
