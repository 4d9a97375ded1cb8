/* Sentences of the heading search. */
#include "handlers/heading/tell.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { CAPTION_MAX = 60, LISTED = 6, SAMPLES = 2, SAMPLE_MAX = 24 };

/* A sentence that grows. */
struct sentence {
    char *text;
    size_t used, size;
};

static void add(struct sentence *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct sentence *s, const char *format, ...)
{
    va_list args;

    if (s->used + 1 >= s->size)
        return;
    va_start(args, format);
    int n = vsnprintf(s->text + s->used, s->size - s->used, format, args);
    va_end(args);
    if (n < 0)
        return;
    if ((size_t)n < s->size - s->used) {
        s->used += (size_t)n;
        return;
    }
    s->used = strlen(s->text);
    while (s->used > 0 && !utf8_valid(s->text, s->used))
        s->used--; /* a character was cut */
    s->text[s->used] = '\0';
    s->size = s->used + 1; /* nothing is added any more */
}

static struct sentence begin(char *text, size_t size)
{
    if (size > 0)
        text[0] = '\0';
    return (struct sentence){text, 0, size};
}

const char *table_column_letter(uint32_t column, char buf[4])
{
    char letters[4];
    unsigned n = 0, at = 0;

    for (uint32_t rest = column + 1; rest > 0 && n < 3; rest = (rest - 1) / 26)
        letters[n++] = (char)('A' + (rest - 1) % 26);
    while (n > 0)
        buf[at++] = letters[--n];
    buf[at] = '\0';
    return buf;
}

const char *table_unread_text(enum table_unread why)
{
    static const char *const texts[] = {
        [READ_OK] = "",
        [UNREAD_FOREIGN] = "not the present stock",
        [UNREAD_PLACE] = "another warehouse",
        [UNREAD_SUM] = "the sum of several warehouses",
        [UNREAD_SELLING] = "a selling price",
        [UNREAD_LOST] = "another column is read instead",
        [UNREAD_ALIKE] = "one of several that cannot be told apart",
        [UNREAD_OTHER] = "an old price, an order, a sum or not the present stock",
        [UNREAD_UNKNOWN] = "not understood",
    };

    return texts[why];
}

/* C "Остаток" */
static void add_column(struct sentence *s, const struct head_candidate *c, uint32_t column)
{
    char letter[4], caption[4 * CAPTION_MAX * TABLE_HEADING_MAX];
    size_t n = head_path_text(&c->column[column].path, caption, sizeof caption);

    if (n > CAPTION_MAX)
        n = utf8_cut(caption, n, CAPTION_MAX);
    add(s, "%s \"%.*s\"", table_column_letter(column, letter), (int)n, caption);
}

static void add_rows(struct sentence *s, const struct head_candidate *c)
{
    if (c->rows.n > 1)
        add(s, "rows %u to %u", c->first_row + 1, c->first_row + c->rows.n);
    else
        add(s, "row %u", c->first_row + 1);
}

/* ---- Rivals ---------------------------------------------------------------------------------------------------- */

/* The n-th rival of a field (from 0), or ARENA_NONE. */
static uint32_t rival(const struct head_candidate *c, enum stock_field field, unsigned n)
{
    for (uint32_t i = 0; i < TABLE_COLUMNS; i++)
        if (c->column[i].path.n > 0 && c->column[i].field == field && n-- == 0)
            return i;
    return ARENA_NONE;
}

/* A request's value as JSON has it. */
static void add_value(struct sentence *s, enum stock_field field, const char *value, size_t n)
{
    add(s, "\"%s\":\"", stock_field_name(field));
    for (size_t i = 0, plain; i < n; i += plain + 1) {
        plain = 0;
        while (i + plain < n && (unsigned char)value[i + plain] >= ' ' && !strchr("\"\\", value[i + plain]))
            plain++;
        add(s, "%.*s", (int)plain, value + i); /* whole characters: a sentence is cut between them */
        if (i + plain < n)
            add(s, "%s", value[i + plain] == '"' ? "\\\"" : value[i + plain] == '\\' ? "\\\\" : " ");
    }
    add(s, "\"");
}

/* What the request names already, as far as it stays: the next request needs it too. Returns what to write before the
 * next value. */
static const char *add_named(struct sentence *s, const struct head_candidate *c, enum stock_field but)
{
    const char *comma = "";

    add(s, "columns={");
    for (unsigned i = 0; c->ask && i < c->ask->n_choices; i++) {
        const struct table_choice *choice = &c->ask->choices[i];
        if (choice->field == but || choice == c->lost_choice || choice == c->open_choice || c->rival[choice->field])
            continue;
        add(s, "%s", comma);
        add_value(s, choice->field, choice->value, strlen(choice->value));
        comma = ",";
    }
    return comma;
}

/* Two values of a column of prices, from the rows below the heading. */
static void add_samples(struct sentence *s, const struct head_candidate *c, uint32_t column)
{
    const struct table_head_input *input = c->rows.input;
    uint32_t after = c->first_row + c->rows.n - 1;
    unsigned n = 0;

    for (uint32_t i = 0; input && i < input->n_rows && n < SAMPLES; i++) {
        const struct grid_row *row = input->rows[i];
        struct cell_span text = cell_span(row->row > after ? table_row_cell(row, column) : NULL);
        if (text.n == 0)
            continue;
        add(s, "%s%.*s", n ? "; " : " (", (int)(text.n > SAMPLE_MAX ? utf8_cut(text.s, text.n, SAMPLE_MAX) : text.n),
            text.s);
        n++;
    }
    if (n > 0)
        add(s, ")");
}

/* The way out stands first: a sentence may be cut. */
static void tell_prices(struct sentence *s, const struct head_candidate *c)
{
    char letter[4];
    uint32_t i;

    add(s, "In ");
    add_rows(s, c);
    add(s, " several columns could be the price. Name the right one: ");
    for (unsigned n = 0; (i = rival(c, FIELD_PRICE, n)) != ARENA_NONE && n < LISTED; n++)
        add(s, "%sprice=%s", n ? " or " : "", table_column_letter(i, letter));
    add(s, "; or several of tiers, as price=%s;", table_column_letter(rival(c, FIELD_PRICE, 0), letter));
    add(s, "%s. They are: ", table_column_letter(rival(c, FIELD_PRICE, 1), letter));
    for (unsigned n = 0; (i = rival(c, FIELD_PRICE, n)) != ARENA_NONE && n < LISTED; n++) {
        add(s, "%s", n ? ", " : "");
        add_column(s, c, i);
        add_samples(s, c, i);
    }
    add(s, ".");
}

static void add_rivals(struct sentence *s, const struct head_candidate *c, enum stock_field field)
{
    unsigned n = 0;

    add(s, "%s (", stock_field_name(field));
    for (uint32_t i; (i = rival(c, field, n)) != ARENA_NONE && n < LISTED; n++) {
        add(s, "%s", n ? ", " : "");
        add_column(s, c, i);
    }
    add(s, ")");
}

/* columns={"part_number":"A","qty":"B"} with the n-th rival of each field. Returns false if a field has no such rival. */
static bool add_choice(struct sentence *s, const struct head_candidate *c, unsigned n)
{
    char letter[4];

    for (enum stock_field field = FIELD_NONE + 1; field < FIELD_COUNT; field++)
        if (c->rival[field] && rival(c, field, n) == ARENA_NONE)
            return false;
    add(s, n ? " or " : " ");
    const char *comma = add_named(s, c, FIELD_NONE);
    for (enum stock_field field = FIELD_NONE + 1; field < FIELD_COUNT; field++) {
        if (!c->rival[field])
            continue;
        add(s, "%s\"%s\":\"%s\"", comma, stock_field_name(field), table_column_letter(rival(c, field, n), letter));
        comma = ",";
    }
    add(s, "}");
    return true;
}

static void tell_open_choice(struct sentence *s, const struct head_candidate *c)
{
    enum stock_field field = c->open_choice->field;
    char letter[4];

    add(s, "columns.%s = \"%s\" fits several columns of ", stock_field_name(field), c->open_choice->value);
    add_rows(s, c);
    add(s, ". Name the letter: ");
    const char *comma = add_named(s, c, field);
    add(s, "%s\"%s\":\"%s\"}, for example.", comma, stock_field_name(field),
        table_column_letter(c->at[field] != ARENA_NONE ? c->at[field] : 0, letter));
}

void head_tell_rivals(const struct head_candidate *c, char *why, size_t size)
{
    struct sentence s = begin(why, size);
    const char *joint = "";

    head_settle_rivals(c);
    if (c->open_choice) {
        tell_open_choice(&s, c);
        return;
    }
    if (c->rival[FIELD_PRICE]) {
        tell_prices(&s, c);
        return;
    }
    add(&s, "In ");
    add_rows(&s, c);
    add(&s, " several columns could be ");
    for (enum stock_field field = FIELD_NONE + 1; field < FIELD_COUNT; field++) {
        if (!c->rival[field])
            continue;
        add(&s, "%s", joint);
        add_rivals(&s, c, field);
        joint = " and ";
    }
    add(&s, ". Name the right one:");
    for (unsigned n = 0; n < LISTED; n++)
        if (!add_choice(&s, c, n))
            break;
    add(&s, ".");
}

/* ---- What is missing ------------------------------------------------------------------------------------------- */

/* The quantity, or the price of a price list. */
static bool has_quantity(const struct head_candidate *c)
{
    if (head_of_prices(c))
        return c->at[FIELD_PRICE] != ARENA_NONE;
    return c->at[FIELD_QTY] != ARENA_NONE || c->at[FIELD_FREE] != ARENA_NONE;
}

static bool has_identity(const struct head_candidate *c)
{
    for (enum stock_field field = FIELD_PART_NUMBER; field <= FIELD_NAME; field++)
        if (c->at[field] != ARENA_NONE)
            return true;
    return false;
}

unsigned head_worth(const struct head_candidate *c)
{
    unsigned understood = 0, captions = 0;

    for (uint32_t i = 0; i < TABLE_COLUMNS; i++) {
        const struct head_column *column = &c->column[i];
        captions += column->path.n > 0;
        understood += column->path.n > 0 &&
                      (column->why == UNREAD_FOREIGN || column->why == UNREAD_PLACE || column->why == UNREAD_OTHER);
    }
    if (c->n_fields + understood == 0) /* another language perhaps */
        return c->rows.n == 1 && !c->rows.row[0]->numbers && captions > 1 ? 1 : 0;
    return 8 * (c->n_fields + understood) + 4 * has_quantity(c) + 4 * has_identity(c) + (TABLE_HEADING_MAX - c->rows.n);
}

static void add_understood(struct sentence *s, const struct head_candidate *c)
{
    const char *comma = " Understood: ";

    for (uint32_t i = 0; i < TABLE_COLUMNS; i++) {
        const struct head_column *column = &c->column[i];
        if (column->path.n == 0 || column->why == UNREAD_UNKNOWN)
            continue;
        add(s, "%s", comma);
        add_column(s, c, i);
        add(s, " = %s",
            column->why == READ_OK ? stock_field_name(column->field)
                                   : table_unread_text((enum table_unread)column->why));
        comma = ", ";
    }
    if (comma[0] == ',')
        add(s, ".");
}

static void add_not_understood(struct sentence *s, const struct head_candidate *c)
{
    const char *comma = " Not understood: ";

    for (uint32_t i = 0; i < TABLE_COLUMNS; i++) {
        if (c->column[i].path.n == 0 || c->column[i].why != UNREAD_UNKNOWN)
            continue;
        add(s, "%s", comma);
        add_column(s, c, i);
        comma = ", ";
    }
    if (comma[0] == ',')
        add(s, ".");
}

/* A caption, or the letter where several texts stand over each other; ARENA_NONE: a word that says what to put there. */
static void add_caption_value(struct sentence *s, const struct head_candidate *c, enum stock_field field,
                              uint32_t column)
{
    static const char none[] = "caption or letter";
    struct cell_span text = {none, sizeof none - 1};
    char letter[4];

    if (column != ARENA_NONE)
        text = c->column[column].path.part[0]->text;
    if (column != ARENA_NONE && (c->column[column].path.n > 1 || text.n > CAPTION_MAX)) {
        text.s = table_column_letter(column, letter);
        text.n = strlen(letter);
    }
    add_value(s, field, text.s, text.n);
}

/* The last or first column that was not understood. */
static uint32_t unknown_column(const struct head_candidate *c, bool last)
{
    uint32_t found = ARENA_NONE;

    for (uint32_t i = 0; i < TABLE_COLUMNS; i++) {
        const struct head_column *column = &c->column[i];
        if (column->path.n == 0 || column->why != UNREAD_UNKNOWN || (!last && found != ARENA_NONE))
            continue;
        struct cell_span text = column->path.part[column->path.n - 1]->text;
        if (!label_is_total(text.s, text.n))
            found = i;
    }
    return found;
}

/* columns with the fields that are missing, as the next request could have them. */
static void add_example(struct sentence *s, const struct head_candidate *c, bool quantity, bool identity)
{
    const struct table_choice *lost = c->lost_choice;
    enum stock_field field = lost ? lost->field : FIELD_NONE;

    add(s, " Name the columns in the request, for example ");
    const char *comma = add_named(s, c, field);
    if (!identity && !(lost && stock_field_identifies(field))) {
        add(s, "%s", comma);
        add_caption_value(s, c, FIELD_PART_NUMBER, unknown_column(c, false));
        comma = ",";
    }
    if (lost || !quantity) {
        add(s, "%s", comma);
        add_caption_value(s, c, lost ? field : head_of_prices(c) ? FIELD_PRICE : FIELD_QTY, unknown_column(c, true));
    }
    add(s, "}.");
}

static void add_missing(struct sentence *s, const struct head_candidate *c, bool quantity, bool identity)
{
    add(s, " Missing: ");
    if (!quantity)
        add(s, "%s", head_of_prices(c) ? "a price" : "a quantity (qty or free)");
    if (!quantity && c->n_places > 0 && c->ask->wanted_name)
        add(s, " of warehouse %s", c->ask->wanted_name);
    if (!identity)
        add(s, "%swhat identifies an item (part_number, lot, code or name)", quantity ? "" : " and ");
    add(s, ".");
}

void head_tell_missing(const struct head_candidate *c, char *why, size_t size)
{
    struct sentence s = begin(why, size);

    add(&s, "No heading that can be used; most like one: ");
    add_rows(&s, c);
    add(&s, ".");
    if (c->lost_choice)
        add(&s, " No column for %s%s=\"%s\".", c->lost_choice == &c->price_choice && c->ask->price ? "" : "columns.",
            stock_field_name(c->lost_choice->field), c->lost_choice->value);
    bool quantity = has_quantity(c), identity = has_identity(c);
    head_settle_missing(c, quantity, identity);
    if (!quantity || !identity)
        add_missing(&s, c, quantity, identity);
    add_example(&s, c, quantity, identity);
    add_understood(&s, c);
    add_not_understood(&s, c);
}

void head_tell_nothing(const struct table_ask *ask, char *why, size_t size)
{
    struct sentence s = begin(why, size);

    if (ask && ask->header_row > 0) {
        add(&s, "Row %u has no captions that are understood. Give another header_row, or leave it out.",
            ask->header_row);
        return;
    }
    bool prices = ask && ask->kind == TABLE_PRICES;
    add(&s,
        "No heading with a %s and a part number, lot, code or name in the first %d rows: no caption is "
        "understood. Name the row and the columns in the request, for example header_row=1 and "
        "columns={\"part_number\":\"A\",\"%s\":\"B\"}.",
        prices ? "price" : "quantity", TABLE_HEAD_ROWS, prices ? "price" : "qty");
}
