/* Columns by name, each tried as a request would try it. */
#include "handlers/heading/propose.h"

#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

enum { VALUE_BYTES = 256 }; /* as long as a value of the parameter `columns` may be */

/* How a field's column is named. */
enum naming { BY_CAPTION, BY_LETTER, NOT_NAMED };

struct proposal {
    enum naming naming[FIELD_COUNT];
    char value[FIELD_COUNT][VALUE_BYTES];
    struct table_choice choices[FIELD_COUNT];
    unsigned n;
};

/* Is it settled which column is the field's? */
static bool is_settled(const struct head_candidate *c, enum stock_field field)
{
    bool open = c->open_choice && c->open_choice->field == field;

    return c->at[field] != ARENA_NONE && !c->rival[field] && !open;
}

/* Tiers stand in several columns: their letters, divided by semicolons. */
static bool write_letters(const struct head_candidate *c, enum stock_field field, char out[VALUE_BYTES])
{
    char letter[4];
    size_t used = 0;

    out[0] = '\0';
    for (uint32_t i = 0; i < TABLE_COLUMNS; i++) {
        if (c->column[i].path.n == 0 || c->column[i].field != field || (field != FIELD_PRICE && i != c->at[field]))
            continue;
        if (used + sizeof letter + 2 > VALUE_BYTES)
            return false;
        used +=
            (size_t)snprintf(out + used, VALUE_BYTES - used, "%s%s", used ? "; " : "", table_column_letter(i, letter));
    }
    return used > 0;
}

static unsigned columns_of(const struct head_candidate *c, enum stock_field field)
{
    unsigned n = 0;

    for (uint32_t i = 0; i < TABLE_COLUMNS; i++)
        n += c->column[i].path.n > 0 && c->column[i].field == field;
    return n;
}

/* Is it a text that the parameter takes? */
static bool may_be_sent(const char *text, size_t n)
{
    size_t len;

    for (size_t i = 0; i < n; i += len) {
        uint32_t cp = utf8_decode(text + i, n - i, &len);
        if (cp == UTF8_BAD || cp < 0x20 || (cp >= 0x7F && cp < 0xA0))
            return false;
    }
    return n > 0 && n < VALUE_BYTES;
}

static bool write_caption(const struct head_candidate *c, enum stock_field field, char out[VALUE_BYTES])
{
    char text[4 * VALUE_BYTES];
    size_t n = head_path_text(&c->column[c->at[field]].path, text, sizeof text);

    if (!may_be_sent(text, n) || columns_of(c, field) > 1)
        return false;
    memcpy(out, text, n + 1);
    return true;
}

static void write_values(const struct head_candidate *c, struct proposal *p)
{
    p->n = 0;
    for (enum stock_field field = FIELD_NONE + 1; field < FIELD_COUNT; field++) {
        if (p->naming[field] == BY_CAPTION && !write_caption(c, field, p->value[field]))
            p->naming[field] = BY_LETTER;
        if (p->naming[field] == BY_LETTER && !write_letters(c, field, p->value[field]))
            p->naming[field] = NOT_NAMED;
        if (p->naming[field] != NOT_NAMED)
            p->choices[p->n++] = (struct table_choice){field, p->value[field]};
    }
}

/* Does the search find the same columns for the field? */
static bool is_same(const struct head_candidate *c, const struct head_candidate *tried, enum stock_field field)
{
    const struct table_choice *faults[] = {tried->lost_choice, tried->open_choice};

    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        if (faults[i] && faults[i]->field == field)
            return false;
    for (uint32_t i = 0; i < TABLE_COLUMNS; i++)
        if ((c->column[i].path.n > 0 && c->column[i].field == field) !=
            (tried->column[i].path.n > 0 && tried->column[i].field == field))
            return false;
    return c->at[field] == tried->at[field];
}

/* Names those fields otherwise that the search did not find again. Returns false if there are none. */
static bool mend(const struct head_candidate *c, const struct head_candidate *tried, struct proposal *p)
{
    bool mended = false;

    for (enum stock_field field = FIELD_NONE + 1; field < FIELD_COUNT; field++) {
        if (p->naming[field] == NOT_NAMED || is_same(c, tried, field))
            continue;
        p->naming[field]++;
        mended = true;
    }
    return mended;
}

void head_propose(const struct head_candidate *c, struct head_candidate *scratch, struct table_heading *out)
{
    struct table_ask ask = c->ask ? *c->ask : (struct table_ask){.wanted = ARENA_NONE};
    struct proposal p = {.n = 0};

    ask.price = NULL; /* it would win over the field */
    for (enum stock_field field = FIELD_NONE + 1; field < FIELD_COUNT; field++)
        p.naming[field] = is_settled(c, field) ? BY_CAPTION : NOT_NAMED;
    do { /* each field is named otherwise twice at most */
        write_values(c, &p);
        ask.choices = p.choices;
        ask.n_choices = p.n;
        head_candidate_read(scratch, &c->rows, c->first_row, &ask);
    } while (mend(c, scratch, &p));
    for (unsigned i = 0; i < p.n; i++)
        out->proposal[p.choices[i].field] = arena_add(&out->text, p.choices[i].value, strlen(p.choices[i].value));
}
