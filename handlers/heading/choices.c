/* The columns that a request names: by a caption, or by the letter of a column that has one. */
#include "handlers/heading/fields.h"

#include "base/utf8.h"

#include <string.h>

enum { CAPTION_BYTES = 1024 };

/* How well a caption fits: the whole path, one of its texts, such a text without hints. */
enum fit { FIT_NOT, FIT_LABEL, FIT_TEXT, FIT_PATH };

/* What the request says, normalised. */
struct wanted {
    char text[CAPTION_BYTES], base[LABEL_BYTES];
};

static enum fit fit_of(const struct head_path *path, const struct wanted *wanted)
{
    char text[CAPTION_BYTES], label[CAPTION_BYTES];
    enum fit fit = FIT_NOT;

    label_normalise(text, head_path_text(path, text, sizeof text), label, sizeof label);
    if (strcmp(label, wanted->text) == 0)
        return FIT_PATH;
    for (unsigned i = 0; i < path->n && fit < FIT_TEXT; i++) {
        const struct head_part *part = path->part[i];
        label_normalise(part->text.s, part->text.n, label, sizeof label);
        if (strcmp(label, wanted->text) == 0)
            fit = FIT_TEXT;
        else if (wanted->base[0] && strcmp(part->label.base, wanted->base) == 0)
            fit = FIT_LABEL;
    }
    return fit;
}

/* Is the text of the request a caption that begins in this column, not one that reaches over it? */
static bool begins_here(const struct head_candidate *c, uint32_t column, const struct wanted *wanted)
{
    struct head_path own = {.n = 0};

    for (unsigned i = 0; i < c->column[column].path.n; i++)
        if (c->column[column].path.part[i]->column == column)
            own.part[own.n++] = c->column[column].path.part[i];
    return fit_of(&own, wanted) != FIT_NOT;
}

/* The columns that a choice may mean. */
struct meant {
    uint32_t column; /* the best of them, ARENA_NONE = none */
    enum fit fit;
    unsigned worth; /* how well the best one suits the field */
    unsigned n;     /* of equals */
};

/* Of several columns under a caption the one of the field is meant; then the one that has the caption itself. */
static unsigned worth(const struct head_candidate *c, uint32_t column, enum stock_field field,
                      const struct wanted *wanted)
{
    const struct head_column *at = &c->column[column];

    return (at->field == field ? 4u : 0u) + (at->says == field && !at->foreign ? 2u : 0u) +
           begins_here(c, column, wanted);
}

static void weigh(const struct head_candidate *c, uint32_t column, enum stock_field field, const struct wanted *wanted,
                  struct meant *meant)
{
    enum fit fit = fit_of(&c->column[column].path, wanted);

    if (fit == FIT_NOT || fit < meant->fit)
        return;
    unsigned own = worth(c, column, field, wanted);
    if (fit > meant->fit || own > meant->worth) {
        *meant = (struct meant){column, fit, own, 1};
        return;
    }
    meant->n += own == meant->worth;
}

/* The column with this letter ("C", "AA") if it has a caption; else ARENA_NONE. */
static uint32_t by_letter(const struct head_candidate *c, const char *value)
{
    uint32_t column = 0;
    size_t n = strlen(value);

    if (n == 0 || n > 2)
        return ARENA_NONE;
    for (size_t i = 0; i < n; i++) {
        char letter = (char)(value[i] & ~0x20);
        if (letter < 'A' || letter > 'Z')
            return ARENA_NONE;
        column = column * 26 + (uint32_t)(letter - 'A') + 1;
    }
    column--;
    return column < TABLE_COLUMNS && c->column[column].path.n > 0 ? column : ARENA_NONE;
}

static struct wanted read_wanted(const struct head_candidate *c, const struct table_choice *choice)
{
    struct wanted wanted;
    struct label label;

    if (head_of_prices(c))
        label_read_price(choice->value, strlen(choice->value), &label);
    else
        label_read(choice->value, strlen(choice->value), &label);
    label_normalise(choice->value, strlen(choice->value), wanted.text, sizeof wanted.text);
    memcpy(wanted.base, label.base, sizeof wanted.base);
    return wanted;
}

static struct meant find_meant(const struct head_candidate *c, const struct table_choice *choice)
{
    struct wanted wanted = read_wanted(c, choice);
    struct meant meant = {.column = ARENA_NONE};

    for (uint32_t i = 0; i < TABLE_COLUMNS && wanted.text[0]; i++)
        if (c->column[i].path.n > 0)
            weigh(c, i, choice->field, &wanted, &meant);
    if (meant.column == ARENA_NONE)
        meant = (struct meant){by_letter(c, choice->value), FIT_PATH, 0, 1};
    return meant;
}

const char *head_price_named(const struct head_candidate *c)
{
    if (!head_of_prices(c))
        return NULL;
    if (c->ask->price && c->ask->price[0] != '\0')
        return c->ask->price;
    for (unsigned i = 0; i < c->ask->n_choices; i++)
        if (c->ask->choices[i].field == FIELD_PRICE)
            return c->ask->choices[i].value;
    return NULL;
}

bool head_choice_names(const struct head_candidate *c, enum stock_field field)
{
    if (field == FIELD_PRICE)
        return head_price_named(c) != NULL;
    for (unsigned i = 0; c->ask && i < c->ask->n_choices; i++)
        if (c->ask->choices[i].field == field)
            return true;
    return false;
}

/* ---- Prices ----------------------------------------------------------------------------------------------------- */

/* Takes the columns that one part of the request names: all that its caption fits best. Returns false if there is none. */
static bool take_price_part(struct head_candidate *c, const char *value)
{
    const struct table_choice choice = {FIELD_PRICE, value};
    struct wanted wanted = read_wanted(c, &choice);
    enum fit best = FIT_NOT;

    if (strcmp(wanted.text, wanted.base) != 0)
        wanted.base[0] = '\0'; /* "цена с ндс" is not every "цена" */

    for (uint32_t i = 0; i < TABLE_COLUMNS && wanted.text[0]; i++) {
        enum fit fit = c->column[i].path.n > 0 ? fit_of(&c->column[i].path, &wanted) : FIT_NOT;
        best = fit > best ? fit : best;
    }
    uint32_t letter = best == FIT_NOT ? by_letter(c, value) : ARENA_NONE;
    bool known = false; /* of columns under the caption those of prices are meant */
    for (uint32_t i = 0; best != FIT_NOT && i < TABLE_COLUMNS; i++)
        known |=
            c->column[i].path.n > 0 && c->column[i].field == FIELD_PRICE && fit_of(&c->column[i].path, &wanted) == best;
    for (uint32_t i = 0; i < TABLE_COLUMNS; i++) {
        struct head_column *at = &c->column[i];
        bool fits = best == FIT_NOT ? i == letter : at->path.n > 0 && fit_of(&at->path, &wanted) == best;
        if (!fits || (known && at->field != FIELD_PRICE))
            continue;
        if (at->chosen && at->field != FIELD_PRICE)
            return false; /* it was taken for another field */
        at->chosen = true;
        at->field = FIELD_PRICE;
        at->why = READ_OK;
    }
    return best != FIT_NOT || letter != ARENA_NONE;
}

static void lose_price_part(struct head_candidate *c, const char *value)
{
    size_t n =
        strlen(value) < sizeof c->price_text ? strlen(value) : utf8_cut(value, strlen(value), sizeof c->price_text - 1);

    memcpy(c->price_text, value, n);
    c->price_text[n] = '\0';
    c->price_choice = (struct table_choice){FIELD_PRICE, c->price_text};
    c->lost_choice = &c->price_choice;
}

/* "Опт от 5 шт; D". A caption may have a semicolon itself. */
static void apply_prices(struct head_candidate *c)
{
    const char *named = head_price_named(c);
    char part[CAPTION_BYTES];

    if (!named)
        return;
    c->n_price_parts = 1;
    if (take_price_part(c, named))
        return;
    if (!strchr(named, ';')) {
        lose_price_part(c, named);
        return;
    }
    c->n_price_parts = 0;
    for (const char *at = named; *at; at += strspn(at, ";")) {
        size_t n = strcspn(at, ";");
        struct cell_span text = {at, n};
        at += n;
        utf8_trim(&text.s, &text.n);
        if (text.n == 0 || text.n >= sizeof part)
            continue;
        memcpy(part, text.s, text.n);
        part[text.n] = '\0';
        c->n_price_parts++;
        if (!take_price_part(c, part) && !c->lost_choice)
            lose_price_part(c, part);
    }
}

/* ---- All of them ------------------------------------------------------------------------------------------------ */

void head_choices_apply(struct head_candidate *c)
{
    uint32_t column[FIELD_COUNT];

    for (unsigned i = 0; c->ask && i < c->ask->n_choices; i++) {
        const struct table_choice *choice = &c->ask->choices[i];
        if (choice->field == FIELD_PRICE)
            continue;
        struct meant meant = find_meant(c, choice);
        column[choice->field] = meant.column;
        if (meant.column == ARENA_NONE && !c->lost_choice)
            c->lost_choice = choice;
        if (meant.n > 1 && !c->open_choice)
            c->open_choice = choice;
    }
    for (unsigned i = 0; c->ask && i < c->ask->n_choices; i++) {
        const struct table_choice *choice = &c->ask->choices[i];
        if (choice->field == FIELD_PRICE || column[choice->field] == ARENA_NONE)
            continue;
        struct head_column *at = &c->column[column[choice->field]];
        if (at->chosen && at->field != choice->field) {
            c->lost_choice = choice; /* it was taken for another field */
            continue;
        }
        at->chosen = true;
        at->field = choice->field;
        at->why = READ_OK;
    }
    apply_prices(c);
}
