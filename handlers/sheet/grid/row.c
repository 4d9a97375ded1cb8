/* A row that is filled cell by cell. The buffer is used again for every row. */
#include "handlers/sheet/grid/row.h"

#include "base/bytes.h"
#include "base/grow.h"

#include <stdlib.h>

/* A row of an ordinary file takes some kilobytes. Without a bound, a few cells that name long strings would make a
 * row of gigabytes, here and in the frame that carries it. */
enum { ROW_TEXT_MAX = 8 << 20 };

void row_free(struct row_buffer *row)
{
    free(row->cells);
    free(row->text);
    *row = (struct row_buffer){0};
}

void row_clear(struct row_buffer *row)
{
    row->n = 0;
    row->sorted = true;
    row->text_len = 0;
    row->total = 0;
}

static void grow_text(struct row_buffer *row, size_t n)
{
    size_t cap = row->text_cap * 2 > row->text_len + n ? row->text_cap * 2 : row->text_len + n + 4096;
    char *text = xalloc(cap);

    if (row->text_len > 0)
        memcpy(text, row->text, row->text_len);
    for (uint32_t i = 0; i < row->n; i++) {
        struct grid_cell *cell = &row->cells[i];
        uintptr_t at = (uintptr_t)cell->text, base = (uintptr_t)row->text;
        if (row->text && at >= base && at < base + row->text_cap)
            cell->text = text + (at - base);
    }
    free(row->text);
    row->text = text;
    row->text_cap = cap;
}

char *row_text(struct row_buffer *row, size_t n)
{
    if (row->text_cap - row->text_len < n)
        grow_text(row, n);
    return row->text + row->text_len;
}

/* A merge sort: cells of one column keep the order of the file, and no order of columns makes it slow. */
static void sort_cells(struct row_buffer *row)
{
    struct grid_cell *from = row->cells, *to = xalloc(row->n * sizeof *to), *spare = to;

    for (uint32_t width = 1; width < row->n; width *= 2) {
        for (uint32_t lo = 0; lo < row->n; lo += 2 * width) {
            uint32_t mid = lo + width < row->n ? lo + width : row->n;
            uint32_t hi = lo + 2 * width < row->n ? lo + 2 * width : row->n;
            for (uint32_t i = lo, j = mid, k = lo; k < hi; k++)
                to[k] = j >= hi || (i < mid && from[i].column <= from[j].column) ? from[i++] : from[j++];
        }
        struct grid_cell *swap = from;
        from = to;
        to = swap;
    }
    if (from != row->cells)
        memcpy(row->cells, from, row->n * sizeof *from);
    free(spare);
}

void row_finish(struct row_buffer *row)
{
    if (row->sorted)
        return;
    sort_cells(row);
    uint32_t n = 0;
    for (uint32_t i = 0; i < row->n; i++) {
        bool again = n > 0 && row->cells[n - 1].column == row->cells[i].column;
        if (again && row->cells[i].kind == GRID_FORMULA)
            continue; /* a formula without a value takes no value away */
        n -= again;   /* of several values for one position the last counts */
        row->cells[n++] = row->cells[i];
    }
    row->n = n;
    row->sorted = true;
}

int row_add(struct row_buffer *row, const struct grid_cell *cell, struct sheet_error *err)
{
    row->total += cell->len;
    if (row->total > ROW_TEXT_MAX)
        return sheet_refuse(err, "limit-text",
                            "A row holds more than %d MiB of text. Shorten it and send the file again.",
                            ROW_TEXT_MAX >> 20);
    if (row->n >= 2 * GRID_MAX_COLUMN)
        row_finish(row); /* the same columns come again and again: at most one cell per column is kept */
    row->cells = grow(row->cells, &row->cap, row->n + 1, sizeof *row->cells);
    if (row->n > 0 && row->cells[row->n - 1].column >= cell->column)
        row->sorted = false;
    row->cells[row->n++] = *cell;
    return 0;
}
