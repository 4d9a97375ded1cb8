/* Sets of columns, and the rows that are bound to them. */
#include "handlers/sheet/mxl/columns.h"

#include "base/bytes.h"
#include "base/grow.h"

#include <stdlib.h>

void mxl_columns_fini(struct mxl_columns *columns)
{
    free(columns->sets);
    free(columns->widths);
    free(columns->bound);
    free(columns->grids);
    free(columns->edges);
    *columns = (struct mxl_columns){0};
}

int mxl_columns_add_set(struct mxl_columns *columns, struct mxl_in *in)
{
    if (columns->n_sets == MXL_MAX_SETS)
        return mxl_fail(in, "mxl-limit", "The .mxl file has too many column sets.");
    columns->sets = grow(columns->sets, &columns->sets_cap, columns->n_sets + 1, sizeof *columns->sets);
    columns->sets[columns->n_sets++] = (struct mxl_set){.first = columns->n_widths};
    return 0;
}

int mxl_columns_add_width(struct mxl_columns *columns, struct mxl_in *in, uint32_t column, uint32_t format)
{
    struct mxl_set *set = &columns->sets[columns->n_sets - 1];

    if (columns->n_widths == MXL_MAX_WIDTHS)
        return mxl_fail(in, "mxl-limit", "The .mxl file has too many columns in its column sets.");
    columns->widths = grow(columns->widths, &columns->widths_cap, columns->n_widths + 1, sizeof *columns->widths);
    if (set->n > 0 && columns->widths[columns->n_widths - 1].column >= column)
        set->strange = true;
    columns->widths[columns->n_widths++] = (struct mxl_width){column, format};
    set->n++;
    return 0;
}

int mxl_columns_bind(struct mxl_columns *columns, struct mxl_in *in, int64_t row, int64_t set)
{
    struct mxl_bound *last = columns->n_bound ? &columns->bound[columns->n_bound - 1] : NULL;

    if (row < 0 || set < 0 || set + 1 >= columns->n_sets || (last && row <= last->last))
        return mxl_fail(in, "mxl-malformed", "The .mxl file is damaged: its rows do not fit its column sets.");
    if (row >= (int64_t)GRID_MAX_ROW)
        return mxl_fail(in, "mxl-limit", "The .mxl file holds a row number over the limit.");
    uint16_t number = (uint16_t)(set + 1);
    if (last && last->set == number && last->last + 1 == row) {
        last->last++;
        return 0;
    }
    columns->bound = grow(columns->bound, &columns->bound_cap, columns->n_bound + 1, sizeof *columns->bound);
    columns->bound[columns->n_bound++] = (struct mxl_bound){(uint32_t)row, (uint32_t)row, number};
    return 0;
}

/* Turns formats into widths. Columns of the default width are dropped, since those behind the last one have it too. */
static void measure(struct mxl_columns *columns, struct mxl_set *set, const uint32_t *format_widths, uint32_t n_formats)
{
    struct mxl_width *w = columns->widths + set->first;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < set->n; i++) {
        uint32_t format = w[i].value, width = MXL_NO_WIDTH;
        if (format > 0 && format <= n_formats)
            width = format_widths[format - 1];
        if (width != MXL_NO_WIDTH && width != columns->default_width)
            w[kept++] = (struct mxl_width){w[i].column, width};
    }
    set->n = kept;
}

/* A set while it is sorted. */
struct ranked {
    const struct mxl_width *widths;
    uint32_t n;
    uint16_t number;
};

static int by_places(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    if (x->n != y->n)
        return x->n < y->n ? -1 : 1;
    return x->n ? memcmp(x->widths, y->widths, x->n * sizeof *x->widths) : 0;
}

static int by_places_and_number(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    int order = by_places(a, b);

    return order ? order : (x->number > y->number) - (x->number < y->number);
}

/* Gives sets that are equal the number of the first of them. */
static void join_alike(struct mxl_columns *columns)
{
    struct ranked *ranked = xalloc(columns->n_sets * sizeof *ranked);
    uint32_t n = 0;

    for (uint32_t i = 0; i < columns->n_sets; i++)
        if (!columns->sets[i].strange)
            ranked[n++] = (struct ranked){columns->widths + columns->sets[i].first, columns->sets[i].n, (uint16_t)i};
    qsort(ranked, n, sizeof *ranked, by_places_and_number);
    for (uint32_t i = 1; i < n; i++)
        if (by_places(&ranked[i - 1], &ranked[i]) == 0)
            columns->sets[ranked[i].number].grid = columns->sets[ranked[i - 1].number].grid;
    free(ranked);
}

#define USUAL_WIDTH 72u /* of a column, if the document does not say */

/* Computes the right edges of the first columns of a set. Returns 0 if they are unreasonably large. */
static uint32_t measure_places(const struct mxl_columns *columns, const struct mxl_set *set, uint32_t *right)
{
    const struct mxl_width *width = columns->widths + set->first, *end = width + set->n;
    uint32_t usual = columns->default_width == MXL_NO_WIDTH ? USUAL_WIDTH : columns->default_width;
    uint64_t at = 0;

    for (uint32_t column = 0; column < GRID_HEAD_COLUMNS; column++) {
        bool own = width < end && width->column == column;
        at += own ? width++->value : usual;
        if (at > UINT32_MAX)
            return 0;
        right[column] = (uint32_t)at;
    }
    return GRID_HEAD_COLUMNS;
}

/* Computes the places of each grid that rows are bound to. A set that equals an earlier one has its number. */
static void tell_places(struct mxl_columns *columns)
{
    columns->n_grids = columns->n_sets;
    columns->grids = xalloc(columns->n_grids * sizeof *columns->grids);
    columns->edges = xalloc((size_t)columns->n_grids * GRID_HEAD_COLUMNS * sizeof *columns->edges);
    for (uint32_t i = 0; i < columns->n_grids; i++) {
        const struct mxl_set *set = &columns->sets[i];
        uint32_t *right = columns->edges + (size_t)i * GRID_HEAD_COLUMNS;
        uint32_t n = set->strange || set->grid != i ? 0 : measure_places(columns, set, right);
        columns->grids[i] = (struct grid_columns){n, right};
    }
}

void mxl_columns_settle(struct mxl_columns *columns, const uint32_t *format_widths, uint32_t n_formats)
{
    for (uint32_t i = 0; i < columns->n_sets; i++)
        columns->sets[i].grid = (uint16_t)i;
    if (!format_widths)
        return;
    for (uint32_t i = 0; i < columns->n_sets; i++)
        measure(columns, &columns->sets[i], format_widths, n_formats);
    join_alike(columns);
    tell_places(columns);
}

uint16_t mxl_columns_grid(struct mxl_columns *columns, uint32_t row)
{
    while (columns->at < columns->n_bound && columns->bound[columns->at].last < row)
        columns->at++;
    if (columns->at == columns->n_bound || columns->bound[columns->at].first > row)
        return 0;
    return columns->sets[columns->bound[columns->at].set].grid;
}
