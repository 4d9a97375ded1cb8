/* Checking one cell of a catalogue file. */
#include "handlers/catalog/table.h"

#include "base/utf8.h"
#include "handlers/heading/cells.h"
#include "handlers/values/rewritten.h"
#include "handlers/values/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SHOWN 40 /* characters of a cell in a message */

void catalog_whole_characters(char *text)
{
    char *to = text;
    for (size_t i = 0, n = strlen(text), len; i < n; i += len)
        if (utf8_decode(text + i, n - i, &len) != UTF8_BAD) {
            memmove(to, text + i, len);
            to += len;
        }
    *to = '\0';
}

int catalog_row_wrong(struct catalog_row *row, const char *field, const char *code, const char *format, ...)
{
    va_list args;
    for (unsigned i = 0; i < row->n_faults; i++)
        if (strcmp(row->fault[i].field, field) == 0 && strcmp(row->fault[i].code, code) == 0)
            return -1;
    if (row->n_faults == CATALOG_FAULTS)
        return -1;
    struct catalog_fault *fault = &row->fault[row->n_faults++];
    fault->field = field;
    fault->code = code;
    va_start(args, format);
    vsnprintf(fault->message, sizeof fault->message, format, args);
    va_end(args);
    catalog_whole_characters(fault->message);
    return -1;
}

/* A cell being read. */
struct reading {
    const struct catalog_known *known;
    const struct catalog_column *column;
    const struct catalog_style *style;
    const struct grid_cell *cell;
    struct cell_span text; /* trimmed */
    struct catalog_row *row;
    struct catalog_value *out;
};

/* «the cell's text», cut, then what is wrong with it. */
static int wrong(const struct reading *r, const char *code, const char *what)
{
    size_t n = 0, len;
    for (unsigned i = 0; i < SHOWN && n < r->text.n; i++, n += len)
        utf8_decode(r->text.s + n, r->text.n - n, &len);
    return catalog_row_wrong(r->row, r->column->name, code, "«%.*s%s» %s", (int)n, r->text.s, n < r->text.n ? "…" : "",
                             what);
}

static int set(const struct reading *r, const char *text, size_t n)
{
    struct catalog_value *out = r->out;
    out->null = false;
    out->n = n;
    memcpy(out->text, text, n);
    out->text[n] = '\0';
    return 0;
}

/* ---- Texts ----------------------------------------------------------------------------------------------------- */

static bool has_control(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return true;
    return false;
}

static int set_text(const struct reading *r, const char *text, size_t n)
{
    if (utf8_count(text, n) > (size_t)r->column->max || n >= sizeof r->out->text)
        return catalog_row_wrong(r->row, r->column->name, "E_TEXT_LONG", "the text has more than %d characters",
                                 (int)r->column->max);
    if (r->column->kind == CELL_CODE && has_control(text, n))
        return wrong(r, "E_TEXT", "has a line break or another control character; a code has none");
    return set(r, text, n);
}

/* Does the catalogue know exactly this text? Then no spreadsheet rewrote it. */
static bool is_known(const struct reading *r, const char *text, size_t n)
{
    char norm[PN_BYTES], written[PN_NUMBER];
    struct catalog_found found;
    if (n >= sizeof written || pn_normalise(text, n, norm, NULL) != PN_OK)
        return false;
    memcpy(written, text, n);
    written[n] = '\0';
    return catalog_map_find_written(&r->known->stock, written, norm, "", &found) != CATALOG_UNKNOWN;
}

static int judge_form(const struct reading *r, enum pn_form form, const char *text, size_t n)
{
    bool number = r->column->names == NAMES_LOT || r->column->names == NAMES_NUMBER;
    if (form == PN_SCIENTIFIC)
        return wrong(r, number ? "E_PN_SCI" : "E_TEXT",
                     "is what a spreadsheet made of it; format the column as text and write it anew");
    if (form == PN_MANGLED && !(number && is_known(r, text, n)))
        return wrong(r, number ? "E_PN_MANGLED" : "E_TEXT",
                     "is what a spreadsheet rewrote; format the column as text and write it anew");
    return set_text(r, text, n);
}

/* A number in a column of texts: whole ones are what their digits say, with the zeros of their format. */
static int read_digits(const struct reading *r)
{
    char digits[PN_NUMBER];
    size_t n;
    enum pn_form form = pn_number_form(r->text.s, r->text.n, r->cell->zero_pad, digits, &n);
    bool name = r->column->kind == CELL_TEXT && r->column->names == NAMES_NOTHING;
    if (name && form == PN_MANGLED)
        form = PN_AS_WRITTEN; /* "3.5" may well be a note */
    return judge_form(r, form, digits, n);
}

static int read_text(const struct reading *r)
{
    bool number = r->column->names == NAMES_LOT || r->column->names == NAMES_NUMBER;
    if (r->cell->kind == GRID_NUMBER)
        return read_digits(r);
    if (r->cell->kind == GRID_DATE && (number || r->column->kind == CELL_CODE))
        return judge_form(r, PN_SCIENTIFIC, r->text.s, r->text.n);
    if (!number)
        return set_text(r, r->text.s, r->text.n);
    return judge_form(r, pn_text_form(r->text.s, r->text.n), r->text.s, r->text.n);
}

/* ---- Words ----------------------------------------------------------------------------------------------------- */

static bool among(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = list; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL)
        if (strncmp(at, word, n) == 0 && (at[n] == '|' || at[n] == '\0'))
            return n > 0;
    return false;
}

static bool is_text(const struct reading *r, const char *text)
{
    return strlen(text) == r->text.n && memcmp(text, r->text.s, r->text.n) == 0;
}

static int not_allowed(const struct reading *r)
{
    char what[300];
    size_t used = (size_t)snprintf(what, sizeof what, "is not allowed here; write one of ");
    for (size_t i = 0; r->column->choices[i] && used < sizeof what; i++) {
        int first = (int)strcspn(r->column->spellings[i], "|");
        used += (size_t)snprintf(what + used, sizeof what - used, "%s%s (%.*s)", i ? ", " : "", r->column->choices[i],
                                 first, r->column->spellings[i]);
    }
    return wrong(r, "E_CHOICE", what);
}

static int read_choice(const struct reading *r)
{
    char word[LABEL_BYTES], choice[LABEL_BYTES];
    for (size_t i = 0; r->column->choices[i]; i++)
        if (is_text(r, r->column->choices[i]))
            return set(r, r->text.s, r->text.n);
    label_normalise(r->text.s, r->text.n, word, sizeof word);
    for (size_t i = 0; r->column->choices[i]; i++) {
        label_normalise(r->column->choices[i], strlen(r->column->choices[i]), choice, sizeof choice);
        if (strcmp(choice, word) == 0 || among(r->column->spellings[i], word))
            return set(r, r->column->choices[i], strlen(r->column->choices[i]));
    }
    struct value_unit unit;
    if (r->column->kind == CELL_UNIT && value_unit_text(r->text.s, r->text.n, &unit) == 0 && unit.factor == 1 &&
        !unit.pack && unit.unit != UNIT_NONE)
        return set(r, unit_name(unit.unit), strlen(unit_name(unit.unit)));
    return not_allowed(r);
}

static int read_bool(const struct reading *r)
{
    static const char yes[] = "1|true|yes|y|да|д|истина|+|on|вкл|включен|включено|включена|активен|активна|активно|"
                              "действует|с ндс|включая ндс",
                      no[] = "0|false|no|n|нет|н|ложь|off|выкл|выключен|не активен|не активна|неактивен|неактивна|"
                             "не действует|не включен|не включено|без ндс";
    char word[LABEL_BYTES];
    if (is_text(r, "1") || is_text(r, "0"))
        return set(r, r->text.s, 1);
    label_normalise(r->text.s, r->text.n, word, sizeof word); /* spreadsheets write them in capitals */
    if (among(yes, word))
        return set(r, "1", 1);
    if (among(no, word))
        return set(r, "0", 1);
    return wrong(r, "E_CHOICE", "is not allowed here; write one of 1, yes, да or 0, no, нет");
}

static int read_currency(const struct reading *r)
{
    char word[LABEL_BYTES], code[4];
    bool letters = r->text.n == 3;
    for (size_t i = 0; i < r->text.n && letters; i++) {
        char c = r->text.s[i];
        letters = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        code[i] = (char)(c & ~0x20);
    }
    if (letters)
        return set(r, code, 3);
    label_normalise(r->text.s, r->text.n, word, sizeof word);
    const struct currency_word *found = word_find(word, currency_words, currency_words_count, sizeof currency_words[0]);
    if (found && found->currency[0] != '?')
        return set(r, found->currency, 3);
    return wrong(r, "E_CURRENCY", "is not a currency; write its three letters, such as RUB or USD");
}

/* ---- Numbers and dates ----------------------------------------------------------------------------------------- */

/* Takes off a "%" at the end. */
static bool drop_per_cent(struct cell_span *text)
{
    if (text->n == 0 || text->s[text->n - 1] != '%')
        return false;
    text->n--;
    utf8_trim(&text->s, &text->n);
    return true;
}

/* The number of a text. Behind ',' only a point is decimal, behind ';' the comma is; where the file does not say, a
 * number that reads differently in the two ways is none. */
static int number_of_text(const struct reading *r, unsigned scale, struct value_number *out)
{
    struct cell_span text = r->text;
    char separator = r->style->separator;
    if (r->column->per_cent)
        drop_per_cent(&text);
    if (separator == ',' && memchr(text.s, ',', text.n))
        return wrong(r, "E_NUMBER", "is no number; write it with a decimal point, since commas divide the columns");
    if (value_number_text(text.s, text.n, scale, separator == ',' ? LOCALE_EN : LOCALE_RU, out) != 0 || out->approx ||
        out->currency[0])
        return wrong(r, "E_NUMBER", "is no number; write it in digits alone");
    if (separator != ';' && separator != ',' && out->style == STYLE_AMBIGUOUS)
        return wrong(r, "E_NUMBER", "can be read in two ways; write it with a decimal point or without grouping");
    return 0;
}

/* A cell that shows per cent holds the fraction. */
static int number_of_cell(const struct reading *r, unsigned scale, struct value_number *out)
{
    unsigned shown = r->column->per_cent && r->cell->percent ? 2 : 0;
    if (value_number_cell(r->text.s, r->text.n, scale + shown, out) != 0)
        return wrong(r, "E_NUMBER", "is no number that fits");
    return 0;
}

static int read_empty(const struct reading *r);

static int read_decimal(const struct reading *r)
{
    struct value_number number = {.missing = true};
    char plain[48];
    unsigned scale = r->column->kind == CELL_INT ? 0 : r->column->scale;
    if (r->cell->kind != GRID_NUMBER && r->cell->kind != GRID_TEXT)
        return wrong(r, "E_NUMBER", "is a date or a truth value, not a number");
    if ((r->cell->kind == GRID_NUMBER ? number_of_cell : number_of_text)(r, scale, &number) != 0)
        return -1;
    if (number.missing)
        return read_empty(r);
    if (number.lost)
        return wrong(r, "E_NUMBER", "has more decimals than are kept");
    if (number.value < r->column->min || number.value > r->column->max)
        return wrong(r, "E_RANGE", "is too small or too large");
    return set(r, plain, dec_format(number.value, scale, false, plain, sizeof plain));
}

static int read_date(const struct reading *r)
{
    struct value_date date;
    char iso[11];
    int rc = r->cell->kind == GRID_NUMBER
                 ? value_date_serial(r->text.s, r->text.n, r->style->date1904, &date)
                 : value_date_text(r->text.s, r->cell->kind == GRID_DATE && r->text.n > 10 ? 10 : r->text.n, &date);
    if (rc != 0)
        return wrong(r, "E_DATE", "is no date; write it as 2026-02-28 or 28.02.2026");
    value_date_format(date, iso);
    return set(r, iso, 10);
}

/* ---- One cell -------------------------------------------------------------------------------------------------- */

static int read_empty(const struct reading *r)
{
    const struct catalog_column *column = r->column;
    if (column->required)
        return catalog_row_wrong(r->row, column->name, "E_REQUIRED", "this column must have a value");
    set(r, column->otherwise ? column->otherwise : "", column->otherwise ? strlen(column->otherwise) : 0);
    r->out->null = !column->otherwise;
    return 0;
}

/* A word that stands for "none" where something is named. */
static int read_placeholder(const struct reading *r)
{
    if (r->column->required)
        return wrong(r, "E_PN_EMPTY", "stands for no number; this column must have one");
    return read_empty(r);
}

static const char *fault_of_kind(enum catalog_kind kind)
{
    static const char *const codes[] = {"E_TEXT",   "E_TEXT",   "E_CHOICE", "E_CHOICE",  "E_NUMBER",
                                        "E_NUMBER", "E_CHOICE", "E_DATE",   "E_CURRENCY"};
    return codes[kind];
}

static int read_value(const struct reading *r)
{
    switch (r->column->kind) {
    case CELL_TEXT:
    case CELL_CODE:
        return read_text(r);
    case CELL_CHOICE:
    case CELL_UNIT:
        return read_choice(r);
    case CELL_DECIMAL:
    case CELL_INT:
        return read_decimal(r);
    case CELL_BOOL:
        return read_bool(r);
    case CELL_DATE:
        return read_date(r);
    case CELL_CURRENCY:
        return read_currency(r);
    }
    return -1;
}

static int read_cell(const struct reading *r)
{
    bool names = r->column->names != NAMES_NOTHING;
    if (r->cell && r->cell->kind == GRID_FORMULA)
        return catalog_row_wrong(r->row, r->column->name, "E_FORMULA",
                                 "the formula has no value yet; open the file in a spreadsheet, save it and send that");
    if (!r->cell || r->text.n == 0 || (names && r->cell->kind == GRID_ERROR))
        return read_empty(r);
    if (r->cell->kind == GRID_ERROR)
        return wrong(r, fault_of_kind(r->column->kind), "is an error value of the spreadsheet");
    if (!utf8_valid(r->text.s, r->text.n))
        return catalog_row_wrong(r->row, r->column->name, "E_ENCODING",
                                 "the text is not valid UTF-8; export the file again");
    if (names && label_is_placeholder(r->text.s, r->text.n))
        return read_placeholder(r);
    return read_value(r);
}

void catalog_read_cell(const struct catalog_table *table, const struct catalog_known *known, int at,
                       const struct grid_cell *cell, const struct catalog_style *style, struct catalog_row *row)
{
    struct reading r = {.known = known,
                        .column = &table->columns[at],
                        .style = style,
                        .cell = cell,
                        .text = cell_span(cell),
                        .row = row,
                        .out = &row->value[at]};
    row->bad[at] = read_cell(&r) != 0;
    if (!row->bad[at])
        return;
    set(&r, "", 0);
    r.out->null = true;
}
