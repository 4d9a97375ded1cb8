/* From the path of a column to its field; and which of several columns of a field is read. */
#include "handlers/heading/fields.h"

#include <string.h>

/* ---- What a path says ------------------------------------------------------------------------------------------ */

/* What was met in a path, from top to bottom. */
struct said {
    enum stock_field field;   /* of the last synonym that is not a closing caption */
    enum stock_field closing; /* of the last closing caption: qty, or FIELD_NONE for "now" */
    bool closes;
    unsigned others; /* parts that are fields */
    /* Of price lists: a tier or a sum of the order without a name; the name of a price; another field. */
    bool tier, price, other;
};

static void hear_tier(const struct label *label, struct said *said)
{
    bool named = label->base[0] != '\0';

    said->tier |= label->field == FIELD_PRICE && !named;
    said->price |= label->field == FIELD_PRICE && named;
    said->other |= label->closing || (label->field != FIELD_NONE && label->field != FIELD_PRICE);
}

/* A tier that is not understood is no price; nor is one alone below what is not understood ("Скидка / от 10"), or
 * together with another field ("Остаток / от 10"). */
static bool is_odd_tier(const struct head_column *column, const struct said *said)
{
    if (said->tier && (said->other || (column->unknown && !said->price)))
        return true;
    return column->says == FIELD_PRICE && column->price.tier && column->price.min_qty == 0;
}

static void hear(const struct label *label, bool unknown, struct head_column *column, struct said *said)
{
    bool field = label->field != FIELD_NONE;

    column->foreign |= label->foreign;
    column->selling |= label->selling;
    column->total |= label->total;
    column->passed |= label->passed;
    column->closing |= field && said->closes;
    if (label->closing) {
        said->closes = true;
        said->closing = field ? label->field : said->closing;
    } else if (field && !label->total) {
        said->field = label->field;
        said->others++;
    }
    if (!label->hint) {
        column->low = !unknown;
        column->unknown |= unknown;
    }
}

/* Of a price: the lowest tier and the lowest "per". A tier that is not understood is none, but it is there. */
static void hear_price(struct label_price *price, const struct label_price *said)
{
    price->retail |= said->retail;
    price->order_sum |= said->order_sum;
    if (!price->tier) {
        price->min_qty = said->min_qty;
        price->tier_unit = said->tier_unit;
    }
    price->tier |= said->tier;
    if (!quote_per_said(price->per))
        price->per = said->per;
}

/* Hints: the lowest caption that says something wins. */
static void hear_hints(struct head_column *column)
{
    label_hints_none(&column->hints);
    for (unsigned i = column->path.n; i > 0; i--) {
        const struct label *label = head_path_label(&column->path, i - 1);
        if (!label)
            continue;
        label_hints_add(&column->hints, &label->hints);
        hear_price(&column->price, &label->price);
    }
}

static enum stock_field field_said(const struct head_column *column, const struct said *said)
{
    bool alone = column->low && said->others == 0; /* a place or a closing caption, at most below something unknown */

    if (said->field != FIELD_NONE)
        return said->field;
    if (said->closing != FIELD_NONE)
        return said->closing;
    if (alone && (said->closes || column->place != ARENA_NONE))
        return FIELD_QTY;
    return column->path.n == 1 && column->total ? head_path_label(&column->path, 0)->field : FIELD_NONE;
}

/* "Остаток, руб" is not a quantity, nor is "Остаток" above "руб". A currency further up is that of the costs there. */
static bool is_money(const struct head_column *column, const struct said *said)
{
    if (!stock_field_counts(column->says))
        return false;
    for (unsigned i = column->path.n; i > 0; i--) {
        const struct label *label = head_path_label(&column->path, i - 1);
        if (!label)
            continue;
        if (label->hints.currency[0])
            return true;
        if (label->field != FIELD_NONE && (!label->closing || said->field == FIELD_NONE))
            return false;
    }
    return false;
}

static void read_column(struct head_column *column)
{
    struct said said = {.field = FIELD_NONE, .closing = FIELD_NONE};
    bool sells = false; /* the lowest caption that says something is a selling price */

    column->place = ARENA_NONE;
    for (unsigned i = 0; i < column->path.n; i++) {
        const struct label *label = head_path_label(&column->path, i);
        const struct head_part *part = column->path.part[i];
        if (part->place != ARENA_NONE)
            column->place = part->place;
        if (!label)
            continue;
        hear(label, column->path.join[i] == 0 && head_part_unknown(part), column, &said);
        if (!label->hint)
            sells = label->selling;
        if (label->prices)
            hear_tier(label, &said);
    }
    hear_hints(column);
    column->says = field_said(column, &said);
    if (is_money(column, &said) || is_odd_tier(column, &said) || (sells && stock_field_counts(column->says)))
        column->says = FIELD_NONE;
    if (column->passed) {
        column->path.n = 0;
        column->says = FIELD_NONE;
    }
}

/* ---- Which columns are read ------------------------------------------------------------------------------------ */

static bool is_cost(enum stock_field field)
{
    return field == FIELD_UNIT_COST || field == FIELD_TOTAL_COST;
}

/* The warehouse that a column is of. Titles name warehouses too, above columns of other fields. */
static uint32_t place_of(const struct head_column *column)
{
    bool may_be = column->path.n > 0 && (column->says == FIELD_NONE || stock_field_is_amount(column->says));

    return may_be ? column->place : ARENA_NONE;
}

static void count_places(struct head_candidate *c)
{
    uint32_t seen[TABLE_COLUMNS];

    c->n_places = 0;
    for (uint32_t i = 0; i < TABLE_COLUMNS; i++) {
        uint32_t place = place_of(&c->column[i]);
        unsigned k = 0;
        while (k < c->n_places && seen[k] != place)
            k++;
        if (place != ARENA_NONE && k == c->n_places)
            seen[c->n_places++] = place;
    }
}

/* Does an unknown caption stand over a quantity or a cost? */
static bool has_unknown_places(const struct head_candidate *c)
{
    for (uint32_t i = 0; i < TABLE_COLUMNS; i++) {
        const struct head_column *column = &c->column[i];
        if (column->path.n > 1 && column->unknown && !column->foreign && stock_field_is_amount(column->says))
            return true;
    }
    return false;
}

static bool has_wanted(const struct head_candidate *c)
{
    for (uint32_t i = 0; c->ask && c->ask->place && i < TABLE_COLUMNS; i++)
        if (place_of(&c->column[i]) == c->ask->wanted && !c->column[i].foreign)
            return true;
    return false;
}

/* Amounts without a place beside several warehouses are those of all of them, except the price. */
static bool is_of_all(const struct head_candidate *c, const struct head_column *column, bool wanted)
{
    if (c->n_places < 2 || column->place != ARENA_NONE || !stock_field_is_amount(column->says))
        return false;
    return column->says != FIELD_UNIT_COST && (!wanted || column->says != FIELD_QTY);
}

static enum table_unread judge(const struct head_candidate *c, const struct head_column *column, bool unknown_places,
                               bool wanted)
{
    if (column->foreign)
        return head_of_prices(c) ? UNREAD_OTHER : UNREAD_FOREIGN;
    if (place_of(column) != ARENA_NONE && place_of(column) != c->ask->wanted)
        return UNREAD_PLACE;
    if (column->total && (c->n_places > 0 || (unknown_places && column->path.n > 1)))
        return UNREAD_SUM;
    if (column->selling && (is_cost(column->says) || column->says == FIELD_NONE))
        return UNREAD_SELLING;
    if (column->says == FIELD_NONE)
        return UNREAD_UNKNOWN;
    return is_of_all(c, column, wanted) ? UNREAD_LOST : READ_OK;
}

static void judge_columns(struct head_candidate *c)
{
    count_places(c);
    bool unknown_places = has_unknown_places(c), wanted = has_wanted(c);
    for (uint32_t i = 0; i < TABLE_COLUMNS; i++) {
        struct head_column *column = &c->column[i];
        if (column->path.n == 0)
            continue;
        column->why = (uint8_t)judge(c, column, unknown_places, wanted);
        column->field = column->why == READ_OK ? column->says : FIELD_NONE;
    }
}

/* ---- Rivals ---------------------------------------------------------------------------------------------------- */

/* Of two columns of such a field neither is taken unasked. */
static bool is_told_apart(enum stock_field field)
{
    return stock_field_is_amount(field) || field == FIELD_PART_NUMBER;
}

static unsigned rank(const struct head_candidate *c, const struct head_column *column)
{
    unsigned place = c->ask && column->place != ARENA_NONE && column->place == c->ask->wanted;

    return place << 2 | (unsigned)column->low << 1 | column->closing;
}

bool head_column_rivals(const struct head_candidate *c, uint32_t column, enum stock_field field)
{
    return c->column[column].field == field && rank(c, &c->column[column]) == rank(c, &c->column[c->at[field]]);
}

/* Takes the best column of the field; the leftmost of equals. */
static void choose(struct head_candidate *c, enum stock_field field)
{
    unsigned best = 0;

    c->at[field] = ARENA_NONE;
    c->rival[field] = false;
    for (uint32_t i = 0; i < TABLE_COLUMNS; i++) {
        if (c->column[i].field != field)
            continue;
        unsigned own = rank(c, &c->column[i]);
        if (c->column[i].chosen)
            own = 8;
        bool apart = is_told_apart(field);
        if (c->at[field] != ARENA_NONE && (!apart || own <= best)) {
            c->rival[field] |= apart && own == best;
            continue;
        }
        best = own;
        c->at[field] = i;
        c->rival[field] = false;
    }
}

/* What lost is not read. Rivals keep their field until it is known that the heading is ambiguous. */
static void drop_losers(struct head_candidate *c, enum stock_field field)
{
    bool decided = head_choice_names(c, field);

    for (uint32_t i = 0; i < TABLE_COLUMNS; i++) {
        struct head_column *column = &c->column[i];
        if (column->says == field)
            column->decided |= decided && i != c->at[field];
        if (column->field != field || i == c->at[field] || (c->rival[field] && head_column_rivals(c, i, field)))
            continue;
        column->field = FIELD_NONE;
        column->why = UNREAD_LOST;
    }
}

/* Of price lists: the stock is no more than a remark there, so quantities that cannot be told apart are left out. */
static void drop_alike(struct head_candidate *c, enum stock_field field)
{
    if (!head_of_prices(c) || !c->rival[field])
        return;
    for (uint32_t i = 0; i < TABLE_COLUMNS; i++) {
        if (c->column[i].field != field)
            continue;
        c->column[i].field = FIELD_NONE;
        c->column[i].why = UNREAD_ALIKE;
    }
    c->at[field] = ARENA_NONE;
    c->rival[field] = false;
}

static void settle(struct head_candidate *c)
{
    c->n_fields = 0;
    c->ambiguous = c->open_choice != NULL;
    c->merged = false;
    for (enum stock_field field = FIELD_NONE + 1; field < FIELD_COUNT; field++) {
        if (field == FIELD_PRICE) {
            head_prices_settle(c);
        } else {
            choose(c, field);
            drop_losers(c, field);
        }
        if (stock_field_counts(field))
            drop_alike(c, field);
        if (c->at[field] == ARENA_NONE)
            continue;
        c->n_fields++;
        c->ambiguous |= c->rival[field];
        c->merged |= c->column[c->at[field]].path.merged;
    }
}

/* If the request names a column for the quantity that is not understood, it may be one of several places: then "Total"
 * is their sum. */
static void drop_sums(struct head_candidate *c)
{
    bool named = false;

    for (uint32_t i = 0; i < TABLE_COLUMNS; i++) {
        const struct head_column *column = &c->column[i];
        named |= column->chosen && stock_field_counts(column->field) && column->says == FIELD_NONE;
    }
    for (uint32_t i = 0; i < TABLE_COLUMNS && named; i++) {
        struct head_column *column = &c->column[i];
        if (column->path.n == 0 || !column->total || column->chosen)
            continue;
        column->field = FIELD_NONE;
        column->why = UNREAD_SUM;
    }
}

void head_candidate_read(struct head_candidate *c, const struct head_rows *rows, uint32_t first_row,
                         const struct table_ask *ask)
{
    c->rows = *rows;
    c->first_row = first_row;
    c->ask = ask;
    c->lost_choice = c->open_choice = NULL;
    c->n_price_parts = 0;
    for (uint32_t i = 0; i < TABLE_COLUMNS; i++) {
        struct head_column *column = &c->column[i];
        memset(&column->says, 0, sizeof *column - offsetof(struct head_column, says)); /* paths are large */
        head_path_read(rows, i, &column->path);
        if (!column->path.own && !head_price_opens(c, i))
            column->path.n = 0; /* nothing but captions of its neighbours */
        if (column->path.n > 0)
            read_column(column);
    }
    judge_columns(c);
    head_choices_apply(c);
    drop_sums(c);
    settle(c);
}

bool head_candidate_qualifies(const struct head_candidate *c)
{
    bool named = false;

    for (enum stock_field field = FIELD_PART_NUMBER; field <= FIELD_NAME; field++)
        named |= c->at[field] != ARENA_NONE;
    bool counts = c->at[FIELD_QTY] != ARENA_NONE || c->at[FIELD_FREE] != ARENA_NONE;
    return named && !c->lost_choice && (head_of_prices(c) ? c->at[FIELD_PRICE] != ARENA_NONE : counts);
}

size_t head_path_text(const struct head_path *path, char *out, size_t size)
{
    size_t used = 0;

    for (unsigned i = 0; i < path->n; i++) {
        struct cell_span text = path->part[i]->text;
        bool space = false;
        if (i > 0 && used + 3 < size) {
            memcpy(out + used, " / ", 3);
            used += 3;
        }
        for (size_t k = 0; k < text.n && used + 2 < size; k++) {
            bool blank = (unsigned char)text.s[k] <= ' ';
            if (!blank) {
                if (space)
                    out[used++] = ' ';
                out[used++] = text.s[k];
            }
            space = blank;
        }
    }
    out[used] = '\0';
    return used;
}
