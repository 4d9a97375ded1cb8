/* Which columns of prices are read.
 *
 * Of several columns those that differ in VAT alone are one price said twice, and so are those that differ in currency
 * alone if the request names the currency. What is left is one column, or tiers; else nothing is guessed. */
#include "handlers/heading/fields.h"

#include <string.h>

enum { NAME_BYTES = 3 * LABEL_BYTES };

/* A column that could be read. */
struct candidate {
    uint32_t column;
    bool dropped; /* another one says the same price */
    bool gross;   /* with VAT; a price without a word is without */
    char currency[4];
    const struct label_price *price;
    char name[NAME_BYTES];  /* what it is called, without hints: "опт" */
    char other[NAME_BYTES]; /* captions that are not understood, and what else its captions say */
};

struct candidates {
    struct candidate item[TABLE_COLUMNS];
    unsigned n;
};

static void append(char *text, const char *more)
{
    size_t used = strlen(text), n = strlen(more);

    if (n == 0 || used + n + 2 > NAME_BYTES)
        return;
    if (used > 0)
        text[used++] = '/';
    memcpy(text + used, more, n + 1);
}

static void read_names(const struct head_path *path, struct candidate *to)
{
    for (unsigned i = 0; i < path->n; i++) {
        const struct label *label = head_path_label(path, i);
        bool unknown = path->join[i] == 0 && head_part_unknown(path->part[i]);
        if (!label || label->hint)
            continue;
        if (path->join[i] == 1) {
            append(to->name, label->base);
            append(to->name, path->part[i + 1]->label.base);
        } else {
            append(unknown ? to->other : to->name, label->base);
        }
        append(to->other, label->price.more);
    }
}

static void read_candidate(const struct head_candidate *c, uint32_t column, const char *currency, struct candidate *to)
{
    const struct head_column *from = &c->column[column];
    const char *own = from->hints.currency[0] ? from->hints.currency : currency;

    *to = (struct candidate){.column = column, .gross = from->hints.vat == 1, .price = &from->price};
    memcpy(to->currency, own, strnlen(own, sizeof to->currency - 1));
    read_names(&from->path, to);
}

/* What a column without a word for its currency is in: what stands above the heading, else the base currency. */
static void default_currency(const struct head_candidate *c, char out[4])
{
    struct table_heading none = {.row = c->first_row};
    struct table_above above = table_heading_above(c->rows.input, &none);
    const char *currency = above.currency[0] ? above.currency : c->ask->base ? c->ask->base : "RUB";

    memset(out, 0, 4);
    memcpy(out, currency, strnlen(currency, 3));
}

static void read_candidates(const struct head_candidate *c, bool named, struct candidates *all)
{
    char currency[4] = "";
    uint32_t columns[TABLE_COLUMNS];

    all->n = 0;
    for (uint32_t i = 0; i < TABLE_COLUMNS; i++)
        if (c->column[i].path.n > 0 && c->column[i].field == FIELD_PRICE && (!named || c->column[i].chosen))
            columns[all->n++] = i;
    if (all->n > 1)
        default_currency(c, currency);
    for (unsigned i = 0; i < all->n; i++)
        read_candidate(c, columns[i], currency, &all->item[i]);
}

/* ---- The same price said twice --------------------------------------------------------------------------------- */

/* Pieces if nothing is said. */
static uint8_t unit_of(const struct label_price *price)
{
    return price->tier_unit == QUOTE_UNIT_NONE ? QUOTE_PCS : price->tier_unit;
}

static bool same_tier(const struct label_price *a, const struct label_price *b)
{
    return a->min_qty == b->min_qty && unit_of(a) == unit_of(b);
}

static bool same_name(const struct candidate *a, const struct candidate *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->other, b->other) == 0;
}

/* Are two columns the same but for their VAT and currency? */
static bool same_price(const struct candidate *a, const struct candidate *b)
{
    return same_name(a, b) && same_tier(a->price, b->price) && a->price->per.unit == b->price->per.unit &&
           a->price->per.count == b->price->per.count;
}

/* Of two that differ in VAT alone the one without VAT is read, with vat_included = 1 the other. */
static void drop_vat_twins(const struct head_candidate *c, struct candidates *all)
{
    bool gross = c->ask->vat_included == 1;

    for (unsigned i = 0; i < all->n; i++)
        for (unsigned k = 0; k < all->n; k++) {
            const struct candidate *a = &all->item[i], *b = &all->item[k];
            bool twins = same_price(a, b) && strcmp(a->currency, b->currency) == 0 && a->gross != b->gross;
            if (twins && a->gross == gross)
                all->item[k].dropped = true;
        }
}

/* Of those that differ in currency alone the one of the request is read. */
static void drop_currency_twins(const struct head_candidate *c, struct candidates *all)
{
    for (unsigned i = 0; c->ask->currency && i < all->n; i++)
        for (unsigned k = 0; k < all->n; k++) {
            const struct candidate *a = &all->item[i], *b = &all->item[k];
            bool twins = same_price(a, b) && a->gross == b->gross && strcmp(a->currency, b->currency) != 0;
            if (twins && !a->dropped && !b->dropped && strcmp(a->currency, c->ask->currency) == 0)
                all->item[k].dropped = true;
        }
}

static unsigned compact(struct candidates *all)
{
    unsigned n = 0;

    for (unsigned i = 0; i < all->n; i++)
        if (!all->item[i].dropped)
            all->item[n++] = all->item[i];
    return all->n = n;
}

/* ---- Tiers ----------------------------------------------------------------------------------------------------- */

static bool is_plain(const struct candidate *item)
{
    static const char *const names[] = {"цена", "цены", "прайс", "price"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(item->name, names[i]) == 0)
            return true;
    return false;
}

/* The number that a column holds from. */
static int64_t holds_from(const struct head_candidate *c, const struct candidate *item)
{
    int64_t otherwise = c->ask->min_qty > 0 ? c->ask->min_qty : 1000;

    return item->price->tier ? item->price->min_qty : otherwise;
}

/* "От 1 уп" holds from one piece on. */
static bool tiers_differ(const struct head_candidate *c, const struct candidate *a, const struct candidate *b)
{
    int64_t one = holds_from(c, a);

    return one != holds_from(c, b) || (one > 1000 && unit_of(a->price) != unit_of(b->price));
}

/* Do different captions that are not understood stand over them ("Москва", "Тверь")? */
static bool differ_in_other(const struct candidates *all)
{
    for (unsigned i = 1; i < all->n; i++)
        if (strcmp(all->item[i].other, all->item[0].other) != 0)
            return true;
    return false;
}

/* May the column without a tier be the first of them? */
static bool fits_tiers(const struct candidates *all, const struct candidate *item)
{
    bool named = is_plain(item);

    for (unsigned i = 0; i < all->n; i++)
        named |= &all->item[i] != item && strcmp(all->item[i].name, item->name) == 0;
    return named;
}

static bool are_tiers(const struct head_candidate *c, const struct candidates *all, bool named)
{
    unsigned without = 0;

    for (unsigned i = 0; i < all->n; i++) {
        const struct candidate *item = &all->item[i];
        bool odd = item->price->tier && item->price->min_qty == 0; /* the request names it */
        if (item->price->order_sum || odd || strcmp(item->currency, all->item[0].currency) != 0)
            return false;
        if (!item->price->tier) {
            without++;
            if (!named && !fits_tiers(all, item))
                return false;
        }
        for (unsigned k = 0; k < i; k++)
            if (!tiers_differ(c, item, &all->item[k]))
                return false;
    }
    return without <= 1 && (named || !differ_in_other(all));
}

/* ---- The choice ------------------------------------------------------------------------------------------------ */

/* Reads these columns and no others. */
static void take(struct head_candidate *c, const struct candidates *all)
{
    bool taken[TABLE_COLUMNS] = {false};

    c->at[FIELD_PRICE] = all->item[0].column;
    for (unsigned i = 0; i < all->n; i++)
        taken[all->item[i].column] = true;
    for (uint32_t i = 0; i < TABLE_COLUMNS; i++) {
        struct head_column *column = &c->column[i];
        if (taken[i])
            continue;
        column->decided |= column->says == FIELD_PRICE;
        if (column->field != FIELD_PRICE)
            continue;
        column->field = FIELD_NONE;
        column->why = UNREAD_LOST;
    }
}

void head_prices_settle(struct head_candidate *c)
{
    struct candidates all;
    bool named = c->n_price_parts > 0;

    c->at[FIELD_PRICE] = ARENA_NONE;
    c->rival[FIELD_PRICE] = false;
    if (!head_of_prices(c))
        return;
    read_candidates(c, named, &all);
    if (all.n == 0)
        return;
    c->at[FIELD_PRICE] = all.item[0].column;
    if (!named) {
        drop_vat_twins(c, &all);
        compact(&all);
        drop_currency_twins(c, &all);
        compact(&all);
    }
    if (all.n == 1 || are_tiers(c, &all, named))
        take(c, &all);
    else
        c->rival[FIELD_PRICE] = true;
}

/* ---- Columns below a merged caption ---------------------------------------------------------------------------- */

static bool has_number_below(const struct head_rows *rows, uint32_t after, uint32_t column)
{
    for (uint32_t i = 0; rows->input && i < rows->input->n_rows; i++) {
        const struct grid_row *row = rows->input->rows[i];
        const struct grid_cell *cell = row->row > after ? table_row_cell(row, column) : NULL;
        if (cell && head_cell_is_number(cell))
            return true;
    }
    return false;
}

/* Stands a text below this one, in a later row, under one of its columns? */
static bool has_text_below(const struct head_rows *rows, unsigned row, const struct head_part *part)
{
    for (unsigned i = row + 1; i < rows->n; i++)
        for (unsigned k = 0; rows->row[i] && k < rows->row[i]->n_parts; k++)
            if (rows->row[i]->part[k].column >= part->column && rows->row[i]->part[k].column <= part->last_column)
                return true;
    return false;
}

/* The merged caption of a price that a column without a text of its own lies under, or NULL. */
static const struct head_part *price_over(const struct head_rows *rows, uint32_t column)
{
    for (unsigned i = rows->n; i > 0; i--)
        for (unsigned k = 0; rows->row[i - 1] && k < rows->row[i - 1]->n_parts; k++) {
            const struct head_part *part = &rows->row[i - 1]->part[k];
            bool says = part->label.field == FIELD_PRICE && !part->label.foreign;
            bool over = part->column < column && part->last_column >= column;
            if (says && over && !has_text_below(rows, i - 1, part))
                return part;
        }
    return NULL;
}

bool head_price_opens(struct head_candidate *c, uint32_t column)
{
    const struct head_part *part = head_of_prices(c) ? price_over(&c->rows, column) : NULL;

    if (!part || !has_number_below(&c->rows, c->first_row + c->rows.n - 1, column))
        return false;
    c->column[column].path = c->column[part->column].path;
    return true;
}
