/* Prices in cells: the digits, and the words around them. */
#include "handlers/quotes/import/price.h"

#include "base/utf8.h"
#include "handlers/values/hints.h"
#include "handlers/values/quote_words.h"

#include <errno.h>
#include <string.h>

#define AROUND_BYTES 128 /* words around a price; longer texts are no price */

/* ---- The digits ------------------------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_group_space(uint32_t cp)
{
    return cp == ' ' || cp == 0xA0 || cp == 0x202F || cp == 0x2007 || cp == 0x2009 || cp == '\'' || cp == 0x2019;
}

/* Do exactly three digits begin here? */
static bool begins_group(const char *text, size_t n)
{
    return n >= 3 && is_digit(text[0]) && is_digit(text[1]) && is_digit(text[2]) && !(n > 3 && is_digit(text[3]));
}

/* Where the number that begins at `at` ends: digits, what groups them by threes, commas and points between digits. */
static size_t number_end(const char *text, size_t n, size_t at)
{
    while (at < n) {
        size_t length;
        uint32_t cp = utf8_decode(text + at, n - at, &length);
        bool digit = is_digit(text[at]);
        bool sign = (cp == ',' || cp == '.') && at + 1 < n && is_digit(text[at + 1]);
        bool space = is_group_space(cp) && begins_group(text + at + length, n - at - length);
        if (!digit && !sign && !space)
            break;
        at += length;
    }
    return at;
}

/* ---- The words around them -------------------------------------------------------------------------------------- */

static bool say_currency(struct price_cell *out, const char *currency)
{
    bool first = out->currency[0] == '\0';
    memcpy(out->currency, currency, strlen(currency) + 1);
    return first;
}

/* Takes VAT words, or a currency word, off the end: each once. Returns the new length; n if there is nothing of the
 * kind. */
static size_t take_word(const char *text, size_t n, struct price_cell *out)
{
    struct label_hints found;
    char word[AROUND_BYTES];
    label_hints_none(&found);
    size_t end = hint_strip(text, n, HINT_ALL | HINT_PRICES, &found);
    if (end < n && (found.vat >= 0 || found.vat_rate >= 0)) {
        bool first = out->vat < 0 && out->vat_rate < 0;
        out->vat = found.vat;
        out->vat_rate = found.vat_rate;
        return first ? end : n;
    }
    if (end < n && found.currency[0])
        return say_currency(out, found.currency) ? end : n;
    size_t start = n;
    while (start > 0 && text[start - 1] != ' ' && text[start - 1] != '/')
        start--;
    memcpy(word, text + start, n - start);
    word[n - start] = '\0';
    const char *currency = quote_currency_word(word);
    return currency && say_currency(out, currency) ? start : n;
}

/* Reads the words behind or before a number, normalised. Returns false if one of them is not understood. */
static bool read_words(const char *text, struct price_cell *out)
{
    size_t n = hint_before_joints(text, strlen(text));
    while (n > 0) {
        struct quote_per per;
        size_t end = quote_per_strip(text, n, &per);
        if (end < n && quote_per_said(out->per))
            return false;
        if (end < n)
            out->per = per;
        else
            end = take_word(text, n, out);
        if (end == n)
            return false;
        n = hint_before_joints(text, end);
    }
    return true;
}

/* The same for a text as written. Points divide words ("руб.за шт") only if they are not understood as parts of them
 * ("в т.ч. НДС"). */
static bool read_around(const char *text, size_t n, struct price_cell *out)
{
    char label[AROUND_BYTES], divided[AROUND_BYTES];
    struct price_cell before = *out;
    if (n >= sizeof label)
        return false;
    label_normalise(text, n, label, sizeof label);
    if (read_words(label, out))
        return true;
    *out = before;
    memcpy(divided, text, n);
    for (size_t i = 0; i < n; i++)
        if (divided[i] == '.')
            divided[i] = ' ';
    label_normalise(divided, n, label, sizeof label);
    return read_words(label, out);
}

static bool drop_end(const char *text, size_t *n, const char *end)
{
    size_t length = strlen(end);
    if (*n < length || memcmp(text + *n - length, end, length) != 0)
        return false;
    *n -= length;
    return true;
}

/* Takes a minus or an opening bracket off the words before the number; a currency may stand between both. */
static bool take_minus(const char **text, size_t *n, bool *bracket)
{
    static const char *const minus[] = {"-", "\xe2\x88\x92"};
    bool negative = false;
    utf8_trim(text, n);
    *bracket = drop_end(*text, n, "(") || (*n > 0 && **text == '(');
    if (*n > 0 && **text == '(') {
        ++*text;
        --*n;
    }
    for (size_t i = 0; i < 2 && !negative; i++) {
        size_t length = strlen(minus[i]);
        negative = drop_end(*text, n, minus[i]);
        if (!negative && *n >= length && memcmp(*text, minus[i], length) == 0) {
            *text += length;
            *n -= length;
            negative = true;
        }
    }
    return negative || *bracket;
}

/* ---- The cell --------------------------------------------------------------------------------------------------- */

static enum price_read judge(const struct value_number *number, bool negative, struct price_cell *out)
{
    dec128 size = number->value < 0 ? -number->value : number->value;
    negative = negative != (number->value < 0);
    if (size == 0 && !number->lost)
        return PRICE_NONE;
    if (negative) {
        out->value = (int64_t)(size < PRICE_CELL_LIMIT ? size : PRICE_CELL_LIMIT - 1);
        return PRICE_NEGATIVE;
    }
    if (size == 0 || size >= PRICE_CELL_LIMIT)
        return PRICE_RANGE;
    out->value = (int64_t)size;
    out->lost = number->lost;
    return PRICE_READ;
}

static enum price_read read_number(const struct grid_cell *cell, struct price_cell *out)
{
    struct value_number number;
    int rc = value_number_cell(cell->text, cell->len, PRICE_SCALE, &number);
    say_currency(out, grid_currency_name(cell->currency));
    if (rc != 0)
        return rc == -ERANGE ? PRICE_RANGE : PRICE_BAD;
    return judge(&number, false, out);
}

/* ".5": a point that belongs to no word. */
static bool lost_point(const char *text, size_t start)
{
    bool point = start > 0 && (text[start - 1] == '.' || text[start - 1] == ',');
    return point && (start == 1 || text[start - 2] == ' ' || text[start - 2] == '-');
}

static enum price_read read_text(const char *text, size_t n, enum number_locale locale, struct price_cell *out)
{
    struct value_number number;
    size_t start = 0;
    while (start < n && !is_digit(text[start]))
        start++;
    if (start == n || lost_point(text, start))
        return PRICE_BAD;
    size_t end = number_end(text, n, start), before = start, behind = n - end;
    int rc = value_number_text(text + start, end - start, PRICE_SCALE, locale, &number);
    out->style = number.style;
    const char *front = text, *rest = text + end;
    bool bracket, negative = take_minus(&front, &before, &bracket);
    utf8_trim(&rest, &behind);
    if (bracket && !drop_end(rest, &behind, ")"))
        return PRICE_BAD;
    if (rc == -EINVAL || !read_around(rest, behind, out) || !read_around(front, before, out))
        return PRICE_BAD;
    return rc == -ERANGE ? PRICE_RANGE : judge(&number, negative, out);
}

enum price_read price_cell_read(const struct grid_cell *cell, enum number_locale locale, struct price_cell *out)
{
    *out = (struct price_cell){.vat = -1, .vat_rate = -1, .per = {QUOTE_UNIT_NONE, 1}};
    if (!cell)
        return PRICE_NONE;
    if (cell->kind == GRID_FORMULA)
        return PRICE_FORMULA;
    if (cell->kind == GRID_NUMBER)
        return read_number(cell, out);
    if (cell->kind != GRID_TEXT)
        return PRICE_BAD;
    struct cell_span text = cell_span(cell);
    if (text.n == 0 || label_is_no_price(text.s, text.n))
        return PRICE_NONE;
    return read_text(text.s, text.n, locale, out);
}
