/* Small sheets written as text, and headings told as text, for tests of the heading search.
 *
 * A sheet is a text: rows end with a line feed, cells are divided by "|", blanks at their ends do not count. A cell that
 * begins with "=" is a number, with "@" a date. Merges are a text too: "A1:B2 C1:D1". The warehouses are MAIN ("Central
 * store", asked for), NORTH ("Северный склад") and SHOP ("Shop 1"). */
#ifndef PF_TEST_TABLE_GRID_H
#define PF_TEST_TABLE_GRID_H

#include "handlers/heading/head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SHEET_ROWS  60
#define SHEET_CELLS 64

struct sheet {
    char text[8192];
    struct grid_cell cells[SHEET_ROWS][SHEET_CELLS];
    struct grid_row rows[SHEET_ROWS];
    const struct grid_row *stored[SHEET_ROWS];
    struct grid_merge merges[32];
    struct table_head_input input;
    struct table_ask ask;
};

static inline uint32_t sheet_place(void *ctx, const char *text, size_t n)
{
    static const char *const names[] = {"main", "central store", "north", "северный склад", "shop", "shop 1"};
    char label[LABEL_BYTES];
    (void)ctx;
    label_normalise(text, n, label, sizeof label);
    for (uint32_t i = 0; i < 6; i++)
        if (strcmp(names[i], label) == 0)
            return i / 2;
    return ARENA_NONE;
}

static inline void sheet_cell(struct grid_row *row, struct grid_cell *cells, uint32_t column, char *text, size_t n)
{
    while (n > 0 && *text == ' ') {
        text++;
        n--;
    }
    while (n > 0 && text[n - 1] == ' ')
        n--;
    if (n == 0)
        return;
    struct grid_cell *cell = &cells[row->n_cells++];
    bool number = *text == '=', date = *text == '@';
    *cell = (struct grid_cell){.column = column,
                               .kind = number ? GRID_NUMBER
                                       : date ? GRID_DATE
                                              : GRID_TEXT,
                               .text = text + (number || date),
                               .len = (uint32_t)(n - (number || date))};
}

static inline void sheet_rows(struct sheet *sheet)
{
    uint32_t number = 0;
    for (char *line = sheet->text; *line; number++) {
        struct grid_row *row = &sheet->rows[number];
        size_t n = strcspn(line, "\n");
        *row = (struct grid_row){.row = number, .cells = sheet->cells[number]};
        uint32_t column = 0;
        for (size_t i = 0; i <= n; column++) {
            size_t len = strcspn(line + i, "|\n");
            sheet_cell(row, sheet->cells[number], column, line + i, len);
            i += len + 1;
        }
        if (row->n_cells)
            sheet->stored[sheet->input.n_rows++] = row;
        line += n + (line[n] == '\n');
    }
}

static inline void sheet_merges(struct sheet *sheet, const char *merges)
{
    char a, b;
    unsigned row, last;
    int used;
    while (merges && sscanf(merges, " %c%u:%c%u%n", &a, &row, &b, &last, &used) == 4) {
        sheet->merges[sheet->input.n_merges++] =
            (struct grid_merge){row - 1, (uint32_t)(a - 'A'), last - 1, (uint32_t)(b - 'A')};
        merges += used;
    }
}

static inline struct sheet *sheet_new(const char *text, const char *merges)
{
    struct sheet *sheet = calloc(1, sizeof *sheet);
    assert_non_null(sheet);
    assert_true(strlen(text) < sizeof sheet->text);
    strcpy(sheet->text, text);
    sheet_rows(sheet);
    sheet_merges(sheet, merges);
    sheet->ask = (struct table_ask){.place = sheet_place, .wanted = 0, .wanted_name = "MAIN"};
    sheet->input.rows = sheet->stored;
    sheet->input.merges = sheet->merges;
    sheet->input.ask = &sheet->ask;
    return sheet;
}

static inline void told(char *out, size_t size, const char *format, ...)
{
    size_t used = strlen(out);
    va_list args;
    va_start(args, format);
    vsnprintf(out + used, size - used, format, args);
    va_end(args);
}

/* "2x1 part_number=A qty=C; B unknown!, D place; «caption» over «label»". "!" means W_COLUMN_IGNORED. */
static inline void heading_told(const struct table_heading *heading, char *out, size_t size)
{
    static const char *const why[] = {"", "foreign", "place", "sum", "selling", "lost", "alike", "other", "unknown"};
    char letter[4];
    const char *comma = "; ";
    out[0] = '\0';
    told(out, size, "%ux%u", heading->row + 1, heading->rows);
    for (enum stock_field field = FIELD_NONE + 1; field < FIELD_COUNT; field++)
        if (table_heading_has(heading, field))
            told(out, size, " %s=%s", stock_field_name(field), table_column_letter(heading->column[field], letter));
    for (uint32_t i = 0; i < TABLE_COLUMNS; i++) {
        const struct table_column *at = &heading->at[i];
        if (!at->caption || at->field)
            continue;
        told(out, size, "%s%s %s%s", comma, table_column_letter(i, letter), why[at->why], at->told ? "!" : "");
        comma = ", ";
    }
    for (unsigned i = 0; i < heading->n_unknown; i++)
        told(out, size, "; «%s» over «%s»", arena_text(&heading->text, heading->unknown[i].text),
             heading->unknown[i].label ? arena_text(&heading->text, heading->unknown[i].label) : "");
}

/* What is found, as heading_told() says it; "none: …" or "ambiguous: …" with the sentence. */
static inline void sheet_told(const struct sheet *sheet, char *out, size_t size)
{
    char why[480] = "";
    struct table_heading heading;
    enum table_head_result result = table_heading_find(&sheet->input, &heading, why, sizeof why);
    if (result == HEAD_FOUND)
        heading_told(&heading, out, size);
    else
        snprintf(out, size, "%s: %s", result == HEAD_NONE ? "none" : "ambiguous", why);
    table_heading_fini(&heading);
}

#endif
