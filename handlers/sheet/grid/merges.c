/* Gathering and sorting merged areas. */
#include "handlers/sheet/grid/merges.h"

#include "base/grow.h"

#include <stdlib.h>
#include <string.h>

void grid_merges_add(struct grid_merges *merges, const struct grid_merge *area)
{
    if (area->row >= GRID_HEAD_ROWS && area->row == area->last_row)
        return;
    if (merges->n == GRID_MAX_MERGES) {
        merges->full = true;
        return;
    }
    merges->list = grow(merges->list, &merges->cap, merges->n + 1, sizeof *merges->list);
    merges->list[merges->n++] = *area;
}

static int order(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int by_place(const void *a, const void *b)
{
    const struct grid_merge *x = a, *y = b;

    if (x->row != y->row)
        return order(x->row, y->row);
    if (x->column != y->column)
        return order(x->column, y->column);
    return x->last_row != y->last_row ? order(x->last_row, y->last_row) : order(x->last_column, y->last_column);
}

void grid_merges_sort(struct grid_merges *merges)
{
    for (uint32_t i = 1; i < merges->n; i++)
        if (by_place(&merges->list[i - 1], &merges->list[i]) > 0) {
            qsort(merges->list, merges->n, sizeof *merges->list, by_place);
            return;
        }
}

void grid_merges_free(struct grid_merges *merges)
{
    free(merges->list);
    memset(merges, 0, sizeof *merges);
}
