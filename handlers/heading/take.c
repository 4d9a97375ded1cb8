/* From the best candidate to the heading that the callers see. */
#include "handlers/heading/take.h"

#include <string.h>

static uint32_t keep(struct table_heading *heading, const char *text, size_t n)
{
    return n ? arena_add(&heading->text, text, n) : 0;
}

static uint32_t keep_label(struct table_heading *heading, struct cell_span text)
{
    char label[LABEL_BYTES * 2];

    return keep(heading, label, text.n ? label_normalise(text.s, text.n, label, sizeof label) : 0);
}

static void take_labels(const struct head_candidate *c, uint32_t column, struct table_heading *out)
{
    char caption[1024], label[1024];
    struct table_column *at = &out->at[column];
    const struct head_path *path = &c->column[column].path;

    for (unsigned row = 0; row < c->rows.n; row++)
        for (unsigned i = 0; c->rows.row[row] && i < c->rows.row[row]->n_parts; i++)
            if (c->rows.row[row]->part[i].column == column)
                at->label[row] = keep_label(out, c->rows.row[row]->part[i].text);
    if (path->n == 0)
        return;
    size_t n = head_path_text(path, caption, sizeof caption);
    at->caption = keep(out, caption, n);
    if (path->n < 2)
        return;
    size_t used = 0;
    for (unsigned i = 0; i < path->n && used + LABEL_BYTES < sizeof label; i++) {
        if (i > 0)
            label[used++] = ' ';
        used += label_normalise(path->part[i]->text.s, path->part[i]->text.n, label + used, LABEL_BYTES);
    }
    at->label[TABLE_HEADING_MAX] = keep(out, label, used);
}

/* The last column under the lowest caption that begins in this one. */
static uint32_t last_under(const struct head_candidate *c, uint32_t column)
{
    const struct head_path *path = &c->column[column].path;

    for (unsigned i = path->n; i > 0; i--)
        if (path->part[i - 1]->column == column)
            return path->part[i - 1]->last_column;
    return column;
}

static bool is_told(const struct head_candidate *c, const struct head_column *column, const char *caption)
{
    bool due = column->why == UNREAD_UNKNOWN || column->why == UNREAD_SELLING || column->why == UNREAD_LOST ||
               column->why == UNREAD_ALIKE;

    if (!due || column->decided)
        return false;
    if (column->why == UNREAD_ALIKE)
        return true;
    if (head_of_prices(c))
        return column->price.tier || label_is_about_prices(caption, strlen(caption));
    return label_is_about_amounts(caption, strlen(caption));
}

static void take_price(const struct head_column *from, uint32_t column, struct table_heading *out)
{
    out->price[out->n_prices++] = (struct table_price){.column = column,
                                                       .caption = out->at[column].caption,
                                                       .min_qty = from->price.min_qty,
                                                       .tier_unit = from->price.tier_unit,
                                                       .hints = from->hints,
                                                       .per = from->price.per,
                                                       .retail = from->price.retail && !from->chosen,
                                                       .order_sum = from->price.order_sum && !from->chosen};
    if (out->price[out->n_prices - 1].per.count == 0)
        out->price[out->n_prices - 1].per.count = 1;
}

static bool is_open(const struct head_candidate *c, const struct head_column *column)
{
    bool open = c->open_choice && c->open_choice->field == column->field;

    return column->field != FIELD_NONE && (c->rival[column->field] || open);
}

static void take_column(const struct head_candidate *c, uint32_t column, struct table_heading *out)
{
    struct table_column *at = &out->at[column];
    const struct head_column *from = &c->column[column];

    take_labels(c, column, out);
    at->last = (uint8_t)last_under(c, column);
    if (from->path.n == 0)
        return;
    at->field = (uint8_t)from->field;
    at->why = from->why;
    at->says = (uint8_t)from->says;
    at->chosen = from->chosen;
    at->rival = is_open(c, from);
    at->told = is_told(c, from, table_heading_caption(out, column));
    if (from->field == FIELD_PRICE)
        take_price(from, column, out);
    if (from->field != FIELD_NONE && (from->field != FIELD_PRICE || column == out->column[FIELD_PRICE]))
        out->hints[from->field] = from->hints;
}

/* The text of the field's caption below an unknown one. */
static uint32_t known_label(const struct head_path *path, struct table_heading *out)
{
    const struct head_part *tier = NULL;

    for (unsigned i = path->n; i > 0; i--) {
        const struct head_part *part = path->part[i - 1];
        if (head_part_unknown(part) || part->label.hint)
            continue;
        if (!part->label.prices || part->label.base[0] != '\0')
            return keep(out, part->text.s, part->text.n);
        tier = part; /* a name is better */
    }
    return tier ? keep(out, tier->text.s, tier->text.n) : 0;
}

static void take_unknown(const struct head_candidate *c, uint32_t column, struct table_heading *out)
{
    const struct head_path *path = &c->column[column].path;

    for (unsigned i = 0; i < path->n; i++) {
        const struct head_part *part = path->part[i];
        bool seen = false;
        bool sells = part->label.selling && stock_field_counts(c->column[column].field);
        if (path->join[i] != 0 || !(head_part_unknown(part) || sells))
            continue;
        for (unsigned k = 0; k < out->n_unknown && !seen; k++) {
            const char *text = arena_text(&out->text, out->unknown[k].text);
            seen = strlen(text) == part->text.n && memcmp(text, part->text.s, part->text.n) == 0;
        }
        if (seen || out->n_unknown == TABLE_COLUMNS)
            continue;
        struct table_caption *to = &out->unknown[out->n_unknown++];
        to->column = column;
        to->text = keep(out, part->text.s, part->text.n);
        to->label = known_label(path, out);
    }
}

void head_take(const struct head_candidate *c, struct table_heading *out)
{
    out->row = c->first_row;
    out->rows = c->rows.n;
    for (unsigned i = c->rows.n; i > 0; i--)
        if (c->rows.row[i - 1])
            out->grid = c->rows.row[i - 1]->row->grid;
    out->has_places = c->n_places > 1;
    memcpy(out->column, c->at, sizeof out->column);
    out->column[FIELD_NONE] = ARENA_NONE; /* no candidate has set it, and headings are compared as a whole */
    arena_add(&out->text, "", 0);         /* offset 0 means none */
    for (uint32_t i = 0; i < TABLE_COLUMNS; i++) {
        const struct head_column *column = &c->column[i];
        take_column(c, i, out);
        bool strange = column->unknown || (column->selling && stock_field_counts(column->field));
        if (column->path.n > 0 && !column->chosen && strange && stock_field_is_amount(column->field))
            take_unknown(c, i, out);
    }
    label_hints_none(&out->hints[FIELD_NONE]);
}

void table_heading_fini(struct table_heading *heading)
{
    arena_fini(&heading->text);
    memset(heading, 0, sizeof *heading);
}

const char *table_heading_caption(const struct table_heading *heading, uint32_t column)
{
    bool has = column < TABLE_COLUMNS && heading->at[column].caption;

    return has ? arena_text(&heading->text, heading->at[column].caption) : "";
}

static bool same_price(const struct table_price *a, const struct table_price *b)
{
    return a->column == b->column && a->min_qty == b->min_qty && a->tier_unit == b->tier_unit &&
           a->per.unit == b->per.unit && a->per.count == b->per.count && a->hints.vat == b->hints.vat &&
           a->hints.vat_rate == b->hints.vat_rate && strcmp(a->hints.currency, b->hints.currency) == 0;
}

bool table_heading_same(const struct table_heading *a, const struct table_heading *b)
{
    bool same = memcmp(a->column, b->column, sizeof a->column) == 0 && a->n_prices == b->n_prices;

    for (unsigned i = 0; same && i < a->n_prices; i++)
        same = same_price(&a->price[i], &b->price[i]);
    return same;
}
