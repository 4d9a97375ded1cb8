/* Reading the first rows, and the paths of the columns. */
#include "handlers/heading/paths.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

/* Words that stand in cells of quantities. A row that has one is not part of a heading. */
static bool is_stock_word(const struct cell_span *text)
{
    static const char *const words[] = {"-", "нет", "есть", "много", "мало"};
    char label[16];

    if (text->n >= sizeof label)
        return false;
    label_normalise(text->s, text->n, label, sizeof label);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(label, words[i]) == 0)
            return true;
    return false;
}

static bool is_number_text(const struct cell_span *text)
{
    struct value_number number;
    bool digit = false;

    for (size_t i = 0; i < text->n && !digit; i++)
        digit = text->s[i] >= '0' && text->s[i] <= '9';
    return digit && (value_number_text(text->s, text->n, 3, LOCALE_RU, &number) == 0 ||
                     value_number_text(text->s, text->n, 3, LOCALE_EN, &number) == 0);
}

bool head_cell_is_number(const struct grid_cell *cell)
{
    struct cell_span text = cell_words(cell);

    return cell->kind == GRID_NUMBER || is_number_text(&text);
}

/* "100+" reads like a number; over a price it is a tier. */
static bool is_tier(const struct cell_span *text)
{
    struct label label;

    label_read_price(text->s, text->n, &label);
    return label.price.tier;
}

static bool is_value(enum table_kind kind, const struct cell_span *text)
{
    if (text->n == 0)
        return false;
    if (kind == TABLE_PRICES)
        return is_stock_word(text) || label_is_no_price(text->s, text->n) || (is_number_text(text) && !is_tier(text));
    return is_number_text(text) || is_stock_word(text);
}

static bool has_number(enum table_kind kind, const struct grid_row *row)
{
    for (uint32_t i = 0; i < row->n_cells; i++) {
        if (row->cells[i].kind != GRID_TEXT)
            return true;
        struct cell_span text = cell_words(&row->cells[i]);
        if (is_value(kind, &text))
            return true;
    }
    return false;
}

static enum table_kind kind_of(const struct table_ask *ask)
{
    return ask ? ask->kind : TABLE_STOCK;
}

static uint32_t place_of(const struct table_ask *ask, const char *text, size_t n)
{
    return n > 0 ? ask->place(ask->ctx, text, n) : ARENA_NONE;
}

/* "Склад: Центральный" names a place as "Центральный" does. */
static uint32_t prefixed_place(const struct table_ask *ask, const char *label)
{
    static const char *const prefixes[] = {"склад ", "warehouse ", "store "};

    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        size_t n = strlen(prefixes[i]);
        if (strncmp(label, prefixes[i], n) == 0)
            return place_of(ask, label + n, strlen(label + n));
    }
    return ARENA_NONE;
}

/* A known caption names a place at most in a bracket or behind a comma. */
static uint32_t find_place(const struct table_ask *ask, const struct head_part *part)
{
    const struct label *label = &part->label;
    uint32_t place = ARENA_NONE;

    if (!ask || !ask->place || label->passed)
        return ARENA_NONE;
    if (!label_known(label) || label->n_tails > 0)
        place = place_of(ask, part->text.s, part->text.n);
    if (!label_known(label) && place == ARENA_NONE)
        place = place_of(ask, label->base, strlen(label->base));
    if (!label_known(label) && place == ARENA_NONE)
        place = prefixed_place(ask, label->base);
    for (unsigned i = 0; i < label->n_tails && place == ARENA_NONE; i++)
        place = place_of(ask, label->tail[i], strlen(label->tail[i]));
    return place;
}

/* "#" stands in rejects.csv where a caption shall not reach further. */
static void read_part(const struct table_ask *ask, const struct grid_cell *cell, uint32_t row, struct head_part *part)
{
    part->text = cell_words(cell);
    part->column = part->last_column = cell->column;
    part->last_row = row;
    if (kind_of(ask) == TABLE_PRICES)
        label_read_price(part->text.s, part->text.n, &part->label);
    else
        label_read(part->text.s, part->text.n, &part->label);
    if (strcmp(part->label.base, "#") == 0)
        part->label.hint = true;
    part->place = find_place(ask, part);
}

static void take_merges(const struct table_head_input *input, struct head_row *row)
{
    for (uint32_t i = 0; i < input->n_merges; i++) {
        const struct grid_merge *m = &input->merges[i];
        if (m->row > row->row->row || m->last_row < row->row->row)
            continue;
        row->merged = true;
        for (unsigned k = 0; k < row->n_parts; k++) {
            struct head_part *part = &row->part[k];
            if (m->row != row->row->row || m->column != part->column)
                continue;
            part->last_row = m->last_row;
            part->last_column = m->last_column < TABLE_COLUMNS ? m->last_column : TABLE_COLUMNS - 1;
        }
    }
}

static void read_row(struct head_scan *scan, const struct table_head_input *input, const struct grid_row *row,
                     struct head_part *parts)
{
    struct head_row *to = &scan->rows[scan->n_rows++];

    *to = (struct head_row){.row = row, .part = parts, .numbers = has_number(kind_of(scan->ask), row)};
    for (uint32_t i = 0; i < row->n_cells && row->cells[i].column < TABLE_COLUMNS; i++) {
        if (cell_words(&row->cells[i]).n == 0)
            continue;
        struct head_part *part = &parts[to->n_parts++];
        read_part(scan->ask, &row->cells[i], row->row, part);
        to->n_known += label_known(&part->label) || part->place != ARENA_NONE;
    }
    take_merges(input, to);
}

/* ---- Rows of tiers ---------------------------------------------------------------------------------------------- */

static bool is_digits(struct cell_span text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.s[i] != ' ' && (text.s[i] < '0' || text.s[i] > '9'))
            return false;
    return text.n > 0;
}

/* A whole number of at most nine digits, or -1. */
static int64_t whole_number(const struct grid_cell *cell)
{
    struct value_number number = {.missing = true};
    struct cell_span text = cell_span(cell);
    int rc = -1;

    if (cell->kind == GRID_NUMBER)
        rc = value_number_cell(text.s, text.n, 3, &number);
    else if (cell->kind == GRID_TEXT && is_digits(text))
        rc = value_number_text(text.s, text.n, 3, LOCALE_RU, &number);
    bool whole = rc == 0 && !number.missing && !number.lost && number.value >= 0 && number.value % 1000 == 0 &&
                 number.value < dec_pow10(12);
    return whole ? (int64_t)number.value : -1;
}

/* Are all values of the row ascending whole numbers, two or more? Notes the first and the last column. */
static bool ascends(const struct grid_row *row, uint32_t *first, uint32_t *last)
{
    int64_t before = -1;
    unsigned n = 0;

    for (uint32_t i = 0; i < row->n_cells; i++) {
        if (cell_empty(&row->cells[i]))
            continue;
        int64_t value = whole_number(&row->cells[i]);
        if (value <= before || row->cells[i].column >= TABLE_COLUMNS)
            return false;
        before = value;
        *last = row->cells[i].column;
        if (n++ == 0)
            *first = *last;
    }
    return n > 1;
}

/* The price's caption of a row above that ends right above this one and reaches over these columns, or NULL. */
static struct head_part *price_over(struct head_row *above, uint32_t row, uint32_t first, uint32_t last)
{
    for (unsigned i = above->n_parts; i > 0; i--) {
        struct head_part *part = &above->part[i - 1];
        if (part->column > first)
            continue;
        bool next = i < above->n_parts && above->part[i].column <= last;
        bool says = part->label.field == FIELD_PRICE && !part->label.foreign && !part->label.price.tier;
        bool merged = part->last_column > part->column;
        return says && part->last_row + 1 == row && (part->last_column >= last || (!merged && !next)) ? part : NULL;
    }
    return NULL;
}

/* The tiers as captions. `cells` is of a row that ascends. */
static void read_tiers(struct head_row *row, struct head_part *parts)
{
    row->part = parts;
    row->n_parts = 0;
    for (uint32_t i = 0; i < row->row->n_cells; i++) {
        const struct grid_cell *cell = &row->row->cells[i];
        if (cell_empty(cell))
            continue;
        struct head_part *part = &parts[row->n_parts++];
        *part = (struct head_part){.column = cell->column,
                                   .last_column = cell->column,
                                   .last_row = row->row->row,
                                   .text = cell_span(cell),
                                   .place = ARENA_NONE};
        part->label.prices = true;
        part->label.field = FIELD_PRICE;
        label_hints_none(&part->label.hints);
        part->label.price.tier = true;
        part->label.price.min_qty = whole_number(cell);
        if (part->label.price.min_qty == 0)
            part->label.price.min_qty = 1000;
    }
    row->n_known = row->n_parts;
    row->numbers = false;
    row->tiers = true;
}

static void find_tiers(struct head_scan *scan, struct head_part *parts)
{
    for (unsigned i = 1; i < scan->n_rows; i++) {
        struct head_row *row = &scan->rows[i];
        uint32_t first = 0, last = 0;
        struct head_part *over = NULL;
        if (!ascends(row->row, &first, &last))
            continue;
        for (unsigned k = i; k > 0 && !over && scan->rows[k - 1].row->row + TABLE_HEADING_MAX > row->row->row; k--)
            if (scan->rows[k - 1].row->grid == row->row->grid)
                over = price_over(&scan->rows[k - 1], row->row->row, first, last);
        if (!over)
            continue;
        if (over->last_column < last)
            over->last_column = last;
        read_tiers(row, parts);
        parts += row->n_parts;
    }
}

/* ---- Scanning --------------------------------------------------------------------------------------------------- */

void head_scan_init(struct head_scan *scan, const struct table_head_input *input, unsigned most)
{
    size_t texts = 0, used = 0, cells = 0;
    bool prices = kind_of(input->ask) == TABLE_PRICES;
    unsigned n = input->n_rows < most ? input->n_rows : most;

    memset(scan, 0, sizeof *scan);
    scan->input = input;
    scan->ask = input->ask;
    for (unsigned i = 0; i < n; i++)
        for (uint32_t k = 0; k < input->rows[i]->n_cells; k++) {
            texts += cell_words(&input->rows[i]->cells[k]).n > 0;
            cells += prices && head_cell_is_number(&input->rows[i]->cells[k]);
        }
    scan->parts = malloc((texts + cells ? texts + cells : 1) * sizeof *scan->parts);
    if (!scan->parts)
        abort();
    for (unsigned i = 0; i < n; i++) {
        read_row(scan, input, input->rows[i], scan->parts + used);
        used += scan->rows[i].n_parts;
    }
    if (prices)
        find_tiers(scan, scan->parts + used);
}

void head_scan_fini(struct head_scan *scan)
{
    free(scan->parts);
    scan->parts = NULL;
}

struct head_rows head_rows_at(const struct head_scan *scan, unsigned first, unsigned n)
{
    struct head_rows rows = {.input = scan->input};

    for (unsigned i = first; i < scan->n_rows && rows.n < n; i++) {
        const struct head_row *row = &scan->rows[i];
        if (rows.n > 0 &&
            (row->row->row != scan->rows[first].row->row + rows.n || row->row->grid != scan->rows[first].row->grid))
            break;
        rows.merged |= row->merged;
        rows.row[rows.n++] = row;
    }
    return rows;
}

/* ---- Paths ----------------------------------------------------------------------------------------------------- */

static uint32_t last_row_of(const struct head_rows *rows)
{
    for (unsigned i = rows->n; i > 0; i--)
        if (rows->row[i - 1])
            return rows->row[0] ? rows->row[0]->row->row + rows->n - 1 : rows->row[i - 1]->row->row + rows->n - i;
    return 0;
}

/* A caption without a merge reaches to the next one, if the heading has no merges at all. */
uint32_t head_reach(const struct head_rows *rows, unsigned at, const struct head_part *part)
{
    const struct head_row *row = rows->row[at];

    if (rows->merged || at + 1 == rows->n)
        return part->last_column;
    for (unsigned i = 0; i < row->n_parts; i++)
        if (row->part[i].column > part->column)
            return row->part[i].column - 1;
    return TABLE_COLUMNS - 1;
}

/* The text of a row that holds for a column: its own, or one that reaches over it. */
static const struct head_part *part_over(const struct head_rows *rows, unsigned at, uint32_t column)
{
    const struct head_row *row = rows->row[at];
    const struct head_part *over = NULL;

    for (unsigned i = 0; row && i < row->n_parts && row->part[i].column <= column; i++)
        if (row->part[i].column == column)
            return &row->part[i];
        else
            over = &row->part[i];
    if (!over || column > head_reach(rows, at, over))
        return NULL;
    return !rows->merged || over->last_row < last_row_of(rows) ? over : NULL;
}

static bool is_repeat(const struct head_path *path, const struct head_part *part)
{
    for (unsigned i = 0; i < path->n; i++)
        if (path->part[i] == part ||
            (path->part[i]->text.n == part->text.n && memcmp(path->part[i]->text.s, part->text.s, part->text.n) == 0))
            return true;
    return false;
}

/* Parts i and i + 1 in one text, if one of them says nothing alone. */
static bool join(struct head_path *path, unsigned i)
{
    char text[2 * LABEL_BYTES];
    const struct head_part *a = path->part[i], *b = path->part[i + 1];
    struct label *joined = &path->joined[i];

    if (!head_part_unknown(a) && !head_part_unknown(b))
        return false;
    size_t n = strlen(a->label.base), m = strlen(b->label.base);
    memcpy(text, a->label.base, n);
    text[n] = ' ';
    memcpy(text + n + 1, b->label.base, m + 1);
    *joined = b->label;
    if (!label_look_up(text, joined))
        return false;
    joined->hint = joined->stock = false;
    label_hints_add(&joined->hints, &a->label.hints);
    path->join[i] = 1;
    path->join[i + 1] = 2;
    return true;
}

void head_path_read(const struct head_rows *rows, uint32_t column, struct head_path *path)
{
    path->n = 0;
    path->own = path->merged = false;
    memset(path->join, 0, sizeof path->join);
    for (unsigned i = 0; i < rows->n; i++) {
        const struct head_part *part = part_over(rows, i, column);
        if (!part)
            continue;
        path->own |= part->column == column;
        path->merged |= part->last_column > part->column && part->last_row < last_row_of(rows);
        if (!is_repeat(path, part))
            path->part[path->n++] = part;
    }
    for (unsigned i = 0; i + 1 < path->n; i++)
        if (join(path, i))
            i++;
}

const struct label *head_path_label(const struct head_path *path, unsigned i)
{
    if (path->join[i] == 2)
        return NULL;
    return path->join[i] == 1 ? &path->joined[i] : &path->part[i]->label;
}
