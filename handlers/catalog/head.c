/* Captions of catalogue files. */
#include "handlers/catalog/head.h"

#include "base/utf8.h"
#include "handlers/heading/head.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* How well a caption names a column: the better one wins. */
enum strength { NO_NAME, MAY_MEAN, FIELD_OF_STOCK, MEANS, ITS_NAME, CHOSEN };

const char *catalog_unread_text(enum catalog_unread why)
{
    static const char *const texts[] = {"", "not understood", "another column of this meaning was taken",
                                        "it has no caption"};
    return texts[why];
}

/* Is the label one of those divided by "|"? */
static bool among(const char *list, const char *label)
{
    size_t n = strlen(label);
    for (const char *at = list; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL)
        if (strncmp(at, label, n) == 0 && (at[n] == '|' || at[n] == '\0'))
            return n > 0;
    return false;
}

static enum strength strength_of(const struct catalog_column *column, const char *label, enum stock_field field)
{
    char name[LABEL_BYTES];
    label_normalise(column->name, strlen(column->name), name, sizeof name);
    if (strcmp(name, label) == 0)
        return ITS_NAME;
    if (among(column->means, label))
        return MEANS;
    if (field != FIELD_NONE && field == column->field)
        return FIELD_OF_STOCK;
    return among(column->may_mean, label) ? MAY_MEAN : NO_NAME;
}

/* The column that the label names best, or -1. */
static int best_column(const struct catalog_table *table, const char *label, enum stock_field field,
                       enum strength *strength)
{
    int best = -1;
    *strength = NO_NAME;
    for (int i = 0; table->columns[i].name; i++) {
        enum strength s = strength_of(&table->columns[i], label, field);
        if (s > *strength) {
            *strength = s;
            best = i;
        }
    }
    return best;
}

/* What stands in brackets or behind a comma may be dropped if it says what holds anyway: pieces, and for money the base
 * currency. VAT is said by a column of its own. */
static bool says_nothing_new(const struct catalog_column *column, const struct label *label, const char *base_currency)
{
    const struct label_hints *hints = &label->hints;
    bool money = column->kind == CELL_DECIMAL &&
                 (strcmp(column->name, "manual_price") == 0 || strcmp(column->name, "rate") == 0);
    if (hints->vat != -1 || hints->vat_rate != -1 || hints->date.year || label->foreign || label->selling)
        return false;
    if (hints->unit.unit != UNIT_NONE && (hints->unit.factor != 1 || hints->unit.pack))
        return false;
    return !hints->currency[0] || (money && strcmp(hints->currency, base_currency) == 0);
}

static bool hints_nothing(const struct label_hints *hints)
{
    return !hints->currency[0] && hints->vat < 0 && hints->vat_rate < 0 && hints->unit.unit == UNIT_NONE &&
           hints->date.year == 0;
}

static int column_of(const struct catalog_table *table, struct cell_span caption, const char *base_currency,
                     enum strength *strength)
{
    char whole[LABEL_BYTES];
    struct label label;
    label_normalise(caption.s, caption.n, whole, sizeof whole);
    label_read(caption.s, caption.n, &label);
    bool bare = hints_nothing(&label.hints) && !label.selling;
    int at = best_column(table, whole, bare ? label.field : FIELD_NONE, strength);
    if (at >= 0)
        return at;
    at = best_column(table, label.base, label.field, strength);
    return at >= 0 && says_nothing_new(&table->columns[at], &label, base_currency) ? at : -1;
}

/* A caption for a column that has one already: the one that names it better stays. */
static void settle(struct catalog_head *out, int at, uint32_t column, enum strength strength,
                   enum strength taken[CATALOG_COLUMNS])
{
    uint32_t other = out->file_column[at];
    if (taken[at] < CHOSEN && (other == ARENA_NONE || strength > taken[at])) {
        if (other != ARENA_NONE) {
            out->why[other] = COLUMN_LOST;
            out->column_at[other] = -1;
        }
        out->file_column[at] = column;
        out->column_at[column] = (int16_t)at;
        out->twice = out->twice == at ? -1 : out->twice;
        taken[at] = strength;
        return;
    }
    out->why[column] = COLUMN_LOST;
    if (strength == taken[at] && out->twice < 0) {
        out->twice = at;
        out->rival = column;
    }
}

/* ---- What the request names -------------------------------------------------------------------------------------- */

static bool is_caption(const struct grid_cell *cell)
{
    return cell->column < TABLE_COLUMNS && !cell_empty(cell) && utf8_valid(cell->text, cell->len) &&
           cell_span(cell).s[0] != '#';
}

static bool has_label(const struct grid_cell *cell, const char *wanted)
{
    char label[LABEL_BYTES];
    struct cell_span caption = cell_span(cell);
    label_normalise(caption.s, caption.n, label, sizeof label);
    return strcmp(label, wanted) == 0;
}

static bool has_letter(const struct grid_cell *cell, const char *wanted)
{
    char letter[4];
    return strcasecmp(table_column_letter(cell->column, letter), wanted) == 0;
}

/* A caption comes before a letter; of several columns under it the second is a rival of the first. */
static void find_choice(const struct catalog_ask *ask, int number, const struct grid_row *row, struct catalog_head *out)
{
    const struct catalog_choice *choice = &ask->choice[number];
    const struct grid_cell *found = NULL;
    char wanted[LABEL_BYTES];
    label_normalise(choice->value, strlen(choice->value), wanted, sizeof wanted);
    for (uint32_t i = 0; i < row->n_cells; i++) {
        if (!is_caption(&row->cells[i]) || !has_label(&row->cells[i], wanted))
            continue;
        if (found && out->twice < 0) {
            out->twice = choice->column;
            out->rival = row->cells[i].column;
        }
        found = found ? found : &row->cells[i];
    }
    for (uint32_t i = 0; i < row->n_cells && !found; i++)
        if (is_caption(&row->cells[i]) && has_letter(&row->cells[i], choice->value))
            found = &row->cells[i];
    if (found && out->column_at[found->column] < 0) {
        out->file_column[choice->column] = found->column;
        out->column_at[found->column] = (int16_t)choice->column;
        out->says[found->column] = (int16_t)choice->column;
        out->chosen[choice->column] = true;
    } else if (out->lost < 0) {
        out->lost = number;
    }
}

/* ---- The row ----------------------------------------------------------------------------------------------------- */

static void take_caption(const struct catalog_table *table, const struct grid_cell *cell, const char *base_currency,
                         enum strength taken[CATALOG_COLUMNS], struct catalog_head *out)
{
    enum strength strength;
    struct cell_span caption = cell_span(cell);
    char *copy = out->caption[cell->column];
    snprintf(copy, sizeof out->caption[0], "%.*s", (int)utf8_cut(caption.s, caption.n, sizeof out->caption[0] - 1),
             caption.s);
    out->width = cell->column + 1;
    if (copy[0] == '#' || out->column_at[cell->column] >= 0)
        return;
    int at = cell->kind == GRID_TEXT ? column_of(table, caption, base_currency, &strength) : -1;
    out->says[cell->column] = (int16_t)at;
    if (at < 0)
        out->why[cell->column] = COLUMN_UNKNOWN;
    else
        settle(out, at, cell->column, strength, taken);
}

void catalog_head_read(const struct catalog_table *table, const struct grid_row *row, const struct catalog_ask *ask,
                       struct catalog_head *out)
{
    enum strength taken[CATALOG_COLUMNS] = {NO_NAME};
    *out = (struct catalog_head){.row = row->row, .missing = -1, .twice = -1, .lost = -1};
    memset(out->column_at, -1, sizeof out->column_at);
    memset(out->says, -1, sizeof out->says);
    for (size_t i = 0; i < CATALOG_COLUMNS; i++)
        out->file_column[i] = ARENA_NONE;
    for (unsigned i = 0; i < ask->n_choices; i++) {
        find_choice(ask, (int)i, row, out);
        taken[ask->choice[i].column] = CHOSEN;
    }
    for (uint32_t i = 0; i < row->n_cells && row->cells[i].column < TABLE_COLUMNS; i++)
        if (!cell_empty(&row->cells[i]) && utf8_valid(row->cells[i].text, row->cells[i].len))
            take_caption(table, &row->cells[i], ask->base_currency, taken, out);
    for (int i = 0; table->columns[i].name; i++) {
        out->present[i] = out->file_column[i] != ARENA_NONE;
        out->known += out->present[i];
        if (!out->present[i] && table->columns[i].required && out->missing < 0)
            out->missing = i;
    }
    out->whole = out->missing < 0 && out->twice < 0 && out->lost < 0 && out->known > 0;
}

bool catalog_head_repeats(const struct catalog_head *head, const struct grid_row *row)
{
    unsigned same = 0;
    for (uint32_t i = 0; i < row->n_cells && row->cells[i].column < TABLE_COLUMNS; i++) {
        struct cell_span text = cell_span(&row->cells[i]);
        const char *caption = head->caption[row->cells[i].column];
        size_t n = strlen(caption);
        if (text.n == 0)
            continue;
        if (text.n < n || (text.n > n && n + 4 < sizeof head->caption[0]) || memcmp(text.s, caption, n) != 0)
            return false;
        same++;
    }
    return same >= 2;
}

/* ---- Sentences ------------------------------------------------------------------------------------------------- */

struct sentence {
    char *out;
    size_t size, used;
};

static void add(struct sentence *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct sentence *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(s->out + s->used, s->size - s->used, format, args);
    va_end(args);
    s->used = n < 0 ? s->used : (size_t)n < s->size - s->used ? s->used + (size_t)n : s->size - 1;
}

static void add_place(struct sentence *s, const struct catalog_head *head, uint32_t column)
{
    char letter[4];
    add(s, "%s «%.40s»", table_column_letter(column, letter), head->caption[column]);
}

static void add_unknown(struct sentence *s, const struct catalog_head *head)
{
    const char *before = "; not understood: ";
    for (uint32_t i = 0; i < head->width; i++)
        if (head->why[i] == COLUMN_UNKNOWN) {
            add(s, "%s", before);
            add_place(s, head, i);
            before = ", ";
        }
}

static void add_columns(struct sentence *s, const struct catalog_table *table)
{
    add(s, "; columns of %s: ", table->name);
    for (size_t i = 0; table->columns[i].name; i++)
        add(s, "%s%s", i ? ", " : "", table->columns[i].name);
    add(s, ".");
}

/* The search looked at the first rows, or at the one that the request names. */
static void add_none(struct sentence *s, const struct catalog_ask *ask)
{
    if (ask->header_row)
        add(s, "Row %u, which header_row names, does not name the columns", ask->header_row);
    else
        add(s, "None of the first %d rows names the columns", TABLE_HEAD_ROWS);
}

void catalog_head_fault(const struct catalog_table *table, const struct catalog_ask *ask,
                        const struct catalog_head *head, char *out, size_t size)
{
    struct sentence s = {out, size, 0};
    out[0] = '\0';
    if (head->known == 0 && ask->n_choices == 0) {
        add_none(&s, ask);
    } else if (head->known == 0) {
        add_none(&s, ask);
        add(&s, ": no column has the caption or the letter «%.60s»", ask->choice[0].value);
    } else if (head->lost >= 0) {
        const struct catalog_choice *choice = &ask->choice[head->lost];
        add(&s,
            "Row %u: no column has the caption or the letter «%.60s», which columns.%s names, or another field is read "
            "there",
            head->row + 1, choice->value, table->columns[choice->column].name);
    } else if (head->twice >= 0) {
        add(&s, "Row %u: the column %s is in the heading twice: ", head->row + 1, table->columns[head->twice].name);
        add_place(&s, head, head->file_column[head->twice]);
        add(&s, " and ");
        add_place(&s, head, head->rival);
        add(&s, "; say which is meant by columns.%s", table->columns[head->twice].name);
    } else {
        add(&s, "Row %u: the column %s is missing", head->row + 1, table->columns[head->missing].name);
    }
    if (head->twice < 0)
        add_unknown(&s, head);
    add_columns(&s, table);
    catalog_whole_characters(out);
}
