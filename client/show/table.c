/* Tables. */
#include "client/show/table.h"

#include "base/grow.h"
#include "client/show/text.h"
#include "client/show/tr.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>

#define GAP       2
#define CUT_LEAST 8 /* a name is not cut to less */

struct table {
    struct table_column columns[TABLE_COLUMNS];
    unsigned n_columns;
    char **cells;
    uint32_t n_cells, room;
};

struct layout {
    unsigned width[TABLE_COLUMNS];
    bool shown[TABLE_COLUMNS];
};

struct table *table_new(const struct table_column *columns, unsigned n)
{
    struct table *table = xalloc(sizeof *table);
    assert(n > 0 && n <= TABLE_COLUMNS);
    *table = (struct table){.n_columns = n};
    memcpy(table->columns, columns, n * sizeof *columns);
    return table;
}

void table_free(struct table **table_ptr)
{
    struct table *table = *table_ptr;
    for (uint32_t i = 0; table && i < table->n_cells; i++)
        free(table->cells[i]);
    if (table)
        free(table->cells);
    free(table);
    *table_ptr = NULL;
}

void table_add(struct table *table, const char *text)
{
    table->cells = grow(table->cells, &table->room, table->n_cells + 1, sizeof *table->cells);
    table->cells[table->n_cells++] = text_clean(text ? text : "-", 0);
}

void table_addf(struct table *table, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = text_format(format, args);
    va_end(args);
    table_add(table, text);
    free(text);
}

unsigned table_rows(const struct table *table)
{
    assert(table->n_columns > 0);
    return table->n_cells / table->n_columns;
}

/* ---- Widths ----------------------------------------------------------------------------------------------------- */

static void measure(const struct table *table, bool heading, struct layout *layout)
{
    assert(table->n_columns > 0);
    for (unsigned c = 0; c < table->n_columns; c++) {
        layout->shown[c] = true;
        layout->width[c] = heading ? text_width(tr(table->columns[c].title)) : 0;
    }
    for (uint32_t i = 0; i < table->n_cells; i++) {
        unsigned width = text_width(table->cells[i]), *most = &layout->width[i % table->n_columns];
        *most = width > *most ? width : *most;
    }
}

static unsigned total(const struct table *table, const struct layout *layout)
{
    unsigned sum = 0, shown = 0;
    for (unsigned c = 0; c < table->n_columns; c++)
        if (layout->shown[c]) {
            sum += layout->width[c];
            shown++;
        }
    return sum + (shown ? (shown - 1) * GAP : 0);
}

/* The column that goes next; n_columns if none may. */
static unsigned least_wanted(const struct table *table, const struct layout *layout)
{
    unsigned found = table->n_columns, rank = 0;
    for (unsigned c = 0; c < table->n_columns; c++)
        if (layout->shown[c] && table->columns[c].rank > rank) {
            rank = table->columns[c].rank;
            found = c;
        }
    return found;
}

static unsigned widest_name(const struct table *table, const struct layout *layout)
{
    unsigned found = table->n_columns, width = CUT_LEAST;
    for (unsigned c = 0; c < table->n_columns; c++)
        if (layout->shown[c] && table->columns[c].cut && layout->width[c] > width) {
            width = layout->width[c];
            found = c;
        }
    return found;
}

/* Names are cut first, down to half of the screen each; then columns go; then names are cut to the least. */
static void fit(const struct table *table, unsigned screen, struct layout *layout)
{
    for (unsigned sum = total(table, layout); sum > screen; sum = total(table, layout)) {
        unsigned name = widest_name(table, layout), column = least_wanted(table, layout);
        bool long_name = name < table->n_columns && layout->width[name] > screen / 3;
        if (long_name || (name < table->n_columns && column == table->n_columns)) {
            unsigned least = long_name ? screen / 3 : CUT_LEAST, over = sum - screen;
            layout->width[name] = layout->width[name] > least + over ? layout->width[name] - over : least;
        } else if (column < table->n_columns) {
            layout->shown[column] = false;
        } else {
            return;
        }
    }
}

/* ---- Printing --------------------------------------------------------------------------------------------------- */

static void pad(unsigned n, FILE *out)
{
    fprintf(out, "%*s", (int)n, "");
}

static void print_cell(const struct table_column *column, unsigned width, const char *text, bool last, FILE *out)
{
    char *shown = text_clean(text, column->cut ? width : 0);
    unsigned own = text_width(shown), rest = width > own ? width - own : 0;
    if (column->right)
        pad(rest, out);
    fputs(shown, out);
    if (!column->right && !last)
        pad(rest, out);
    free(shown);
}

static void print_row(const struct table *table, const struct layout *layout, const char *const *cells, FILE *out)
{
    unsigned last = table->n_columns;
    while (last > 0 && !layout->shown[last - 1])
        last--;
    for (unsigned c = 0, first = 1; c < last; c++) {
        if (!layout->shown[c])
            continue;
        if (!first)
            pad(GAP, out);
        first = 0;
        print_cell(&table->columns[c], layout->width[c], cells[c], c + 1 == last, out);
    }
    fputc('\n', out);
}

void table_print(const struct table *table, unsigned width, bool heading, FILE *out)
{
    struct layout layout;
    const char *titles[TABLE_COLUMNS];
    measure(table, heading, &layout);
    if (width > 0)
        fit(table, width, &layout);
    for (unsigned c = 0; c < table->n_columns; c++)
        titles[c] = tr(table->columns[c].title);
    if (heading)
        print_row(table, &layout, titles, out);
    for (unsigned row = 0; row < table_rows(table); row++)
        print_row(table, &layout, (const char *const *)&table->cells[row * table->n_columns], out);
}
