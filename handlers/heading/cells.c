/* Helpers over grid cells and rows. */
#include "handlers/heading/cells.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

#define COPY_TEXT_MAX 4096

struct cell_span cell_span(const struct grid_cell *cell)
{
    if (!cell)
        return (struct cell_span){"", 0};
    struct cell_span span = {cell->text, cell->len};
    utf8_trim(&span.s, &span.n);
    return span;
}

struct cell_span cell_words(const struct grid_cell *cell)
{
    return cell_span(cell && cell->kind == GRID_TEXT ? cell : NULL);
}

const struct grid_cell *table_row_cell(const struct grid_row *row, uint32_t column)
{
    for (uint32_t i = 0; i < row->n_cells && row->cells[i].column <= column; i++)
        if (row->cells[i].column == column)
            return &row->cells[i];
    return NULL;
}

static size_t kept_length(const struct grid_cell *cell)
{
    return cell->len > COPY_TEXT_MAX ? utf8_cut(cell->text, cell->len, COPY_TEXT_MAX) : cell->len;
}

struct grid_row *table_row_copy(const struct grid_row *row)
{
    uint32_t n = 0;
    size_t bytes = 0;
    for (; n < row->n_cells && row->cells[n].column < TABLE_COLUMNS; n++)
        bytes += kept_length(&row->cells[n]);
    struct grid_row *copy = malloc(sizeof *copy + n * sizeof(struct grid_cell) + bytes);
    if (!copy)
        abort();
    struct grid_cell *cells = (struct grid_cell *)(copy + 1);
    char *text = (char *)(cells + n);
    *copy = *row;
    copy->n_cells = n;
    copy->cells = cells;
    for (uint32_t i = 0; i < n; i++) {
        cells[i] = row->cells[i];
        cells[i].len = (uint32_t)kept_length(&row->cells[i]);
        cells[i].text = text;
        memcpy(text, row->cells[i].text, cells[i].len);
        text += cells[i].len;
    }
    return copy;
}
