/* Cells of a row by field, its text, and whether it is an item. */
#include "handlers/table/row.h"

#include "base/utf8.h"

#include <string.h>

#define NUMBERED_MIN 3 /* "1, 2": code 1 with quantity 2 is as likely */

static bool says_nothing(enum stock_field field, const struct grid_cell *cell)
{
    switch (field) {
    case FIELD_PART_NUMBER:
    case FIELD_LOT:
    case FIELD_CODE:
    case FIELD_NAME:
    case FIELD_VENDOR:
        return cell->kind == GRID_ERROR || (cell->kind == GRID_TEXT && label_is_placeholder(cell->text, cell->len)) ||
               (cell->kind == GRID_NUMBER && cell->len == 1 && cell->text[0] == '0' && cell->zero_pad < 2);
    default:
        return false;
    }
}

void table_row_sort(const struct table_heading *heading, const struct grid_row *grid, struct table_row *row)
{
    memset(row, 0, sizeof *row);
    row->row = grid;
    for (uint32_t i = 0; i < grid->n_cells && grid->cells[i].column < TABLE_COLUMNS; i++) {
        const struct grid_cell *cell = &grid->cells[i];
        enum stock_field field = (enum stock_field)heading->at[cell->column].field;
        if (field == FIELD_PRICE && !cell_empty(row->field[field]))
            continue; /* of several tiers the first that is filled */
        if (field != FIELD_NONE && !says_nothing(field, cell))
            row->field[field] = cell;
    }
}

bool table_row_filled(const struct table_row *row)
{
    for (unsigned field = FIELD_NONE + 1; field < FIELD_COUNT; field++)
        if (!cell_empty(row->field[field]))
            return true;
    return false;
}

unsigned table_row_identities(const struct table_row *row)
{
    return (unsigned)table_row_has(row, FIELD_PART_NUMBER) + table_row_has(row, FIELD_LOT) +
           table_row_has(row, FIELD_CODE) + table_row_has(row, FIELD_NAME);
}

const struct grid_cell *table_row_number(const struct table_row *row)
{
    static const enum stock_field order[] = {FIELD_PART_NUMBER, FIELD_LOT, FIELD_CODE};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if (table_row_has(row, order[i]))
            return row->field[order[i]];
    return NULL;
}

static bool is_letter(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool table_cell_is_words(const struct grid_cell *cell)
{
    struct value_number number;
    struct cell_span words = cell_words(cell);
    if (words.n == 0)
        return false;
    if (is_letter((unsigned char)words.s[0]))
        return true;
    return value_number_text(words.s, words.n, QTY_SCALE, LOCALE_RU, &number) != 0;
}

const struct grid_cell *table_row_text(const struct table_heading *heading, const struct table_row *row)
{
    const struct grid_cell *other = NULL;
    for (uint32_t i = 0; i < row->row->n_cells; i++) {
        const struct grid_cell *cell = &row->row->cells[i];
        enum stock_field field =
            cell->column < TABLE_COLUMNS ? (enum stock_field)heading->at[cell->column].field : FIELD_NONE;
        bool recognised = field != FIELD_NONE;
        if ((!recognised && other) || !table_cell_is_words(cell) || (recognised && says_nothing(field, cell)))
            continue;
        if (recognised)
            return cell;
        other = cell;
    }
    return other;
}

struct cell_span table_row_words(const struct table_heading *heading, const struct table_row *row)
{
    return cell_words(table_row_text(heading, row));
}

bool table_has_digit(struct cell_span text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.s[i] >= '0' && text.s[i] <= '9')
            return true;
    return false;
}

bool table_one_word(struct cell_span text)
{
    for (size_t i = 0, len; i < text.n; i += len)
        if (utf8_is_space(utf8_decode(text.s + i, text.n - i, &len)))
            return false;
    return text.n > 0;
}

bool table_row_item_by_number(const struct table_row *row, bool known)
{
    if (known || (table_row_has(row, FIELD_NAME) && table_row_has(row, FIELD_PART_NUMBER)))
        return true;
    struct cell_span number = cell_span(table_row_number(row));
    return table_row_identities(row) == 1 && number.n > 0 && table_has_digit(number) && table_one_word(number);
}

bool table_row_item(const struct table_row *row, bool known)
{
    return table_row_has(row, FIELD_UNIT) || table_row_item_by_number(row, known);
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

bool table_row_counts_columns(const struct grid_row *row)
{
    unsigned n = 0;
    for (uint32_t i = 0; i < row->n_cells; i++) {
        struct cell_span text = cell_span(&row->cells[i]);
        if (text.n && !reads_as(text, ++n))
            return false;
    }
    return n >= NUMBERED_MIN;
}

bool table_row_is_total(const struct table_row *row, const struct grid_cell *text, bool known)
{
    static const enum stock_field numbers[] = {FIELD_PART_NUMBER, FIELD_LOT, FIELD_CODE};
    struct cell_span words = cell_words(text);
    if (words.n == 0 || known || !label_is_total(words.s, words.n))
        return false;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (table_row_has(row, numbers[i]) && row->field[numbers[i]] != text)
            return false;
    bool named = table_row_has(row, FIELD_NAME) && row->field[FIELD_NAME] != text;
    return !named || !table_has_digit(words);
}

/* A formula without a value is not nothing: there should be a number. */
static bool is_filled(const struct grid_cell *cell)
{
    return !cell_empty(cell) || (cell && cell->kind == GRID_FORMULA);
}

/* Is nothing but the row's text filled? */
static bool is_alone(const struct table_row *row, const struct grid_cell *text)
{
    for (unsigned field = FIELD_NONE + 1; field < FIELD_COUNT; field++)
        if (is_filled(row->field[field]) && row->field[field] != text)
            return false;
    return text != NULL;
}

bool table_row_is_group(const struct table_heading *heading, const struct table_row *row, const struct grid_cell *text,
                        bool inside)
{
    if (inside || is_alone(row, text))
        return true;
    bool counted = is_filled(row->field[FIELD_QTY]) || is_filled(row->field[FIELD_FREE]);
    return !table_row_numbered(row) && (table_heading_has(heading, FIELD_UNIT) || !counted);
}
