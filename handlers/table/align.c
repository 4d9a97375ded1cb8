/* Lining up the rows of other grids with the heading. */
#include "handlers/table/align.h"

#include <stdlib.h>
#include <string.h>

void table_grids_fini(struct table_grids *grids)
{
    free(grids->grid);
    *grids = (struct table_grids){0};
}

void table_grids_take(struct table_grids *grids, const struct grid_sheet *sheet)
{
    table_grids_fini(grids);
    if (sheet->n_grids == 0)
        return;
    grids->grid = calloc(sheet->n_grids, sizeof *grids->grid);
    if (!grids->grid)
        abort();
    grids->n = sheet->n_grids;
    for (uint32_t i = 0; i < grids->n; i++) {
        struct table_places *to = &grids->grid[i];
        to->n = sheet->grids[i].n < TABLE_COLUMNS ? sheet->grids[i].n : TABLE_COLUMNS;
        if (to->n > 0)
            memcpy(to->right, sheet->grids[i].right, to->n * sizeof *to->right);
    }
}

static const struct table_places *places_of(const struct table_grids *grids, uint16_t grid)
{
    return grid < grids->n && grids->grid[grid].n > 0 ? &grids->grid[grid] : NULL;
}

static uint32_t left_of(const struct table_places *places, uint32_t column)
{
    return column > 0 ? places->right[column - 1] : 0;
}

/* What a row is compared with. */
struct look {
    const struct table_heading *heading;
    enum number_locale locale;
};

static bool is_amount(const struct look *look, const struct grid_cell *cell)
{
    struct value_number number;
    if (cell->kind != GRID_TEXT)
        return cell->kind == GRID_NUMBER;
    return value_number_text(cell->text, cell->len, QTY_SCALE, look->locale, &number) == 0 && !number.missing;
}

/* Which column of the heading a cell stands under. */
struct under {
    uint32_t column; /* the recognised column that begins where the cell does; ARENA_NONE = there is none */
    unsigned fields; /* number of recognised columns that the cell reaches under */
    bool quantity, key;
};

static void add_field(struct under *under, enum stock_field field)
{
    under->fields++;
    under->quantity |= field == FIELD_QTY || field == FIELD_FREE;
    under->key |= field == FIELD_PART_NUMBER || field == FIELD_LOT || field == FIELD_CODE || field == FIELD_NAME;
}

static struct under stands_under(const struct table_heading *heading, const struct table_places *own,
                                 const struct table_places *places, uint32_t column)
{
    struct under under = {.column = ARENA_NONE};
    if (column >= places->n)
        return under;
    uint32_t left = left_of(places, column), right = places->right[column];
    for (uint32_t k = 0; k < own->n; k++) {
        enum stock_field field = (enum stock_field)heading->at[k].field;
        if (field == FIELD_NONE || heading->at[k].last >= own->n)
            continue;
        uint32_t begin = left_of(own, k), end = own->right[heading->at[k].last];
        if (begin >= end || left >= end || (begin >= right && begin != left))
            continue;
        add_field(&under, field);
        if (begin == left)
            under.column = k;
    }
    return under;
}

/* What was found in a row: cells that stand under a column, and cells that lie across columns. */
struct sorted {
    uint32_t lined, astray;
    uint32_t keys, amounts,
        both; /* cells under a column that identifies (keys), numbers under a quantity (amounts), both */
};

static void sort_cell(const struct look *look, const struct grid_cell *cell, struct under under,
                      struct table_lined *lined, struct sorted *sorted)
{
    bool amount = under.quantity && is_amount(look, cell);
    if (under.fields == 0)
        return;
    sorted->keys += under.key;
    sorted->amounts += amount;
    sorted->both += amount && under.key;
    uint32_t before = sorted->lined;
    bool fits = under.fields == 1 && under.column != ARENA_NONE &&
                (before == 0 || lined->cells[before - 1].column < under.column);
    if (!fits) {
        sorted->astray++;
        return;
    }
    lined->cells[before] = *cell;
    lined->cells[before].column = under.column;
    sorted->lined++;
}

static struct sorted sort_cells(const struct look *look, const struct table_places *own,
                                const struct table_places *places, const struct grid_row *row,
                                struct table_lined *lined)
{
    struct sorted sorted = {0};
    for (uint32_t i = 0; i < row->n_cells; i++)
        if (!cell_empty(&row->cells[i]))
            sort_cell(look, &row->cells[i], stands_under(look->heading, own, places, row->cells[i].column), lined,
                      &sorted);
    lined->row = *row;
    lined->row.n_cells = sorted.lined;
    lined->row.cells = lined->cells;
    return sorted;
}

/* Data have a number under a quantity, and something under a column that says what it is. */
static bool may_be_data(const struct sorted *sorted)
{
    bool one_cell = sorted->amounts == 1 && sorted->keys == 1 && sorted->both == 1;
    return sorted->amounts > 0 && sorted->keys > 0 && !one_cell;
}

static struct cell_span first_words(const struct grid_row *row)
{
    for (uint32_t i = 0; i < row->n_cells; i++) {
        struct cell_span words = cell_words(&row->cells[i]);
        if (words.n)
            return words;
    }
    return (struct cell_span){"", 0};
}

/* Without columns: a number beside something else may be stock, which *amount tells. */
static enum table_unaligned kind_of(const struct look *look, const struct grid_row *row, bool *amount)
{
    unsigned filled = 0, amounts = 0;
    struct cell_span words = first_words(row);
    *amount = false;
    for (uint32_t i = 0; i < row->n_cells; i++) {
        filled += !cell_empty(&row->cells[i]);
        amounts += is_amount(look, &row->cells[i]);
    }
    if (filled == 0)
        return UNALIGNED_EMPTY;
    if (words.n && label_is_total(words.s, words.n))
        return UNALIGNED_TOTAL;
    if (table_row_counts_columns(row))
        return UNALIGNED_HEADER;
    *amount = filled > 1 && amounts > 0;
    return UNALIGNED_GROUP;
}

enum table_alignment table_align(const struct table_heading *heading, enum number_locale locale,
                                 const struct table_grids *grids, const struct grid_row *row, struct table_lined *lined,
                                 enum table_unaligned *kind)
{
    const struct look own_look = {heading, locale}, *look = &own_look;
    const struct table_places *own = places_of(grids, look->heading->grid), *places = places_of(grids, row->grid);
    bool amount;
    *kind = kind_of(look, row, &amount);
    if (*kind != UNALIGNED_GROUP)
        return ALIGN_KIND;
    if (!own || !places)
        return amount ? ALIGN_CANNOT : ALIGN_KIND;
    struct sorted sorted = sort_cells(look, own, places, row, lined);
    if (sorted.astray == 0 && sorted.lined > 1)
        return ALIGN_ROW;
    return sorted.astray > 0 && may_be_data(&sorted) ? ALIGN_CANNOT : ALIGN_KIND;
}
