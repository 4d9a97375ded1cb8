/* Row rules of the stock import: totals, repeated headings, groups, data. */
#include "handlers/stock/rows.h"

#include "base/utf8.h"

#include <string.h>

#define NUMBERED_MIN   3 /* "1, 2, 3 … n": two columns that read 1 and 2 are as likely code 1, quantity 2 */

void stock_row_sort(const struct table_heading *heading, const struct grid_row *grid, struct table_row *row)
{
    memset(row, 0, sizeof *row);
    row->row = grid;
    for (uint32_t i = 0; i < grid->n_cells && grid->cells[i].column < TABLE_COLUMNS; i++) {
        enum stock_field field = (enum stock_field)heading->at[grid->cells[i].column].field;
        if (field != FIELD_NONE)
            row->field[field] = &grid->cells[i];
    }
}

static bool all_empty(const struct table_row *row)
{
    for (unsigned field = FIELD_NONE + 1; field < FIELD_COUNT; field++)
        if (!cell_empty(row->field[field]))
            return false;
    return true;
}

static bool is_identified(const struct table_row *row)
{
    return !cell_empty(row->field[FIELD_PART_NUMBER]) || !cell_empty(row->field[FIELD_LOT]) ||
           !cell_empty(row->field[FIELD_CODE]);
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

/* Is the text exactly this number, without leading zeros? */
static bool reads_as(struct cell_span text, uint64_t number)
{
    uint64_t value = 0;
    if (text.n > 6 || text.s[0] == '0')
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.s[i] < '0' || text.s[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text.s[i] - '0');
    }
    return value == number;
}

/* Do the cells read 1, 2, 3 … n? */
static bool is_numbered(const struct grid_row *row)
{
    unsigned n = 0;
    for (uint32_t i = 0; i < row->n_cells; i++) {
        struct cell_span text = cell_span(&row->cells[i]);
        if (text.n && !reads_as(text, ++n))
            return false;
    }
    return n >= NUMBERED_MIN;
}

/* Rule 4. In a sheet with a unit column, items have a unit and groups have none. */
static enum stock_row_kind group_or_data(const struct stock_context *context, const struct table_row *row)
{
    if (is_identified(row) || !cell_empty(row->field[FIELD_UNIT]) || stock_name_known(context, row))
        return ROW_DATA;
    bool counted = !cell_empty(row->field[FIELD_QTY]) || !cell_empty(row->field[FIELD_FREE]);
    return table_heading_has(context->heading, FIELD_UNIT) || !counted ? ROW_GROUP : ROW_PENDING;
}

enum stock_row_kind stock_row_kind(const struct stock_context *context, const struct table_row *row)
{
    if (all_empty(row))
        return ROW_EMPTY;
    if (!is_identified(row)) {
        struct cell_span words = first_words(row->row);
        if (words.n && label_is_total(words.s, words.n))
            return ROW_TOTAL;
    }
    if (table_row_repeats(context->heading, row->row) || is_numbered(row->row))
        return ROW_HEADER;
    return group_or_data(context, row);
}

bool stock_cell_is_amount(const struct stock_context *context, const struct grid_cell *cell)
{
    struct value_number number;
    if (cell->kind != GRID_TEXT)
        return cell->kind == GRID_NUMBER;
    return value_number_text(cell->text, cell->len, QTY_SCALE, context->params->locale, &number) == 0 &&
           !number.missing;
}

enum stock_row_kind stock_row_kind_unaligned(const struct stock_context *context, const struct grid_row *row)
{
    unsigned filled = 0, amounts = 0;
    for (uint32_t i = 0; i < row->n_cells; i++) {
        filled += !cell_empty(&row->cells[i]);
        amounts += stock_cell_is_amount(context, &row->cells[i]);
    }
    if (filled == 0)
        return ROW_EMPTY;
    struct cell_span words = first_words(row);
    if (words.n && label_is_total(words.s, words.n))
        return ROW_TOTAL;
    if (is_numbered(row))
        return ROW_HEADER;
    return filled > 1 && amounts > 0 ? ROW_DATA : ROW_GROUP;
}

uint32_t stock_row_section(const struct stock_context *context, const struct table_row *row)
{
    struct cell_span name = cell_words(row->field[FIELD_NAME]), first = first_words(row->row);
    uint32_t found = name.n ? catalog_map_warehouse_named(context->catalog, name.s, name.n) : ARENA_NONE;
    return found == ARENA_NONE && first.n ? catalog_map_warehouse_named(context->catalog, first.s, first.n) : found;
}
