/* Format codes: only they distinguish a date from a number. */
#include "handlers/sheet/xlsx/numfmt.h"

#include "handlers/sheet/grid/grid.h"
#include "handlers/values/labels.h"
#include "handlers/values/quote_words.h"

#include <string.h>
#include <strings.h>

/* The first section without literals and brackets. */
struct residue {
    char first[12]; /* its beginning, to recognise the general format by its names */
    char last;
    size_t n, zeros;
    bool year_day, month, clock; /* y, d; m; h, s */
    bool percent, scientific, elapsed, literal;
};

/* [h], [mm], [ss]: elapsed time. Returns the position of the ']' or the end. */
static const char *bracket(const char *p, const char *end, struct residue *r)
{
    const char *close = memchr(p, ']', (size_t)(end - p));

    if (!close)
        return end;
    size_t n = (size_t)(close - p) - 1, same = 0;
    char c = n > 0 ? (char)(p[1] | 32) : 0;
    while (same < n && (p[1 + same] | 32) == c)
        same++;
    if (n > 0 && same == n && (c == 'h' || c == 'm' || c == 's'))
        r->elapsed = true;
    return close;
}

static void character(char c, struct residue *r)
{
    char low = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;

    if (r->n < sizeof r->first)
        r->first[r->n] = c;
    r->n++;
    r->zeros += c == '0';
    r->year_day |= low == 'y' || low == 'd';
    r->month |= low == 'm';
    r->clock |= low == 'h' || low == 's';
    r->percent |= c == '%';
    r->scientific |= (r->last | 32) == 'e' && (c == '+' || c == '-');
    r->last = c;
}

/* "AM/PM" shows a time; its M does not mean a month. */
static bool am_pm(const char *p, const char *end)
{
    return end - p >= 5 && strncasecmp(p, "AM/PM", 5) == 0;
}

static struct residue scan(const char *p, const char *end)
{
    struct residue r = {0};

    for (; p < end && *p != ';'; p++) {
        if (*p == '"') {
            const char *close = memchr(p + 1, '"', (size_t)(end - p) - 1);
            p = close ? close : end - 1;
            r.literal = true;
        } else if (*p == '\\' || *p == '_' || *p == '*') {
            r.literal |= *p == '\\';
            p++;
            /* A whole character is dropped, not one byte. */
            while (p + 1 < end && ((unsigned char)p[1] & 0xc0) == 0x80)
                p++;
        } else if (*p == '[') {
            p = bracket(p, end, &r);
        } else if (am_pm(p, end)) {
            r.clock = true;
            r.n += 5;
            p += 4;
        } else {
            character(*p, &r);
        }
    }
    return r;
}

static bool general(const struct residue *r)
{
    return (r->n == 7 && strncasecmp(r->first, "general", 7) == 0) ||
           (r->n == 8 && strncasecmp(r->first, "standard", 8) == 0);
}

/* ---- Currencies ------------------------------------------------------------------------------------------------ */

enum { LITERAL_MAX = 64 };

/* What the first section shows beside digits: literals, escaped characters, "[$€-407]", and signs that need no quotes.
 * Parts are divided by a space. */
struct literal {
    char text[LITERAL_MAX];
    size_t n;
};

static void put_literal(struct literal *to, const char *text, size_t n)
{
    if (to->n + n + 1 > sizeof to->text)
        return;
    memcpy(to->text + to->n, text, n);
    to->n += n;
}

/* Bytes of the character at `p`. */
static size_t character_size(const char *p, const char *end)
{
    size_t n = 1;
    while (p + n < end && ((unsigned char)p[n] & 0xc0) == 0x80)
        n++;
    return n;
}

/* Adds what stands at `p`; returns its length. */
static size_t take_literal(const char *p, const char *end, struct literal *to)
{
    if (*p == '"') {
        const char *close = memchr(p + 1, '"', (size_t)(end - p) - 1);
        size_t n = close ? (size_t)(close - p) - 1 : (size_t)(end - p) - 1;
        put_literal(to, p + 1, n);
        return n + 1 + (close != NULL);
    }
    if (*p == '[') {
        const char *close = memchr(p, ']', (size_t)(end - p));
        size_t n = close ? (size_t)(close - p) + 1 : (size_t)(end - p);
        const char *dash = memchr(p, '-', n);
        if (close && p[1] == '$')
            put_literal(to, p + 2, (size_t)((dash ? dash : close) - p) - 2);
        return n;
    }
    bool escaped = *p == '\\' || *p == '_' || *p == '*';
    if (escaped && p + 1 < end) {
        size_t n = character_size(p + 1, end);
        put_literal(to, *p == '\\' ? p + 1 : " ", *p == '\\' ? n : 1);
        return n + 1;
    }
    size_t n = character_size(p, end);
    bool sign = *p == '$' || (unsigned char)*p >= 0x80;
    put_literal(to, sign ? p : " ", sign ? n : 1);
    return n;
}

static uint8_t currency_of(const char *code, size_t n)
{
    struct literal literal = {.n = 0};
    char label[LITERAL_MAX];
    for (const char *p = code, *end = code + n; p < end && *p != ';';)
        p += take_literal(p, end, &literal);
    label_normalise(literal.text, literal.n, label, sizeof label);
    if (label[0] == '\0')
        return 0;
    const char *name = quote_currency_word(label);
    for (char *rest = label, *word; !name && (word = strsep(&rest, " /"));)
        name = quote_currency_word(word);
    return name ? grid_currency_number(name) : 0;
}

struct numfmt numfmt_of_code(const char *code, size_t n)
{
    struct residue r = scan(code, code + n);
    bool letters = r.year_day || r.month || r.clock;
    bool date = letters && !r.elapsed && !r.scientific && !general(&r);

    return (struct numfmt){.date = date,
                           .day = date && (r.year_day || (r.month && !r.clock)),
                           .percent = !date && r.percent,
                           .zero_pad = r.n > 0 && r.zeros == r.n && r.n < 256 && !r.literal ? (uint8_t)r.n : 0,
                           .currency = date ? 0 : currency_of(code, n)};
}

static bool between(uint32_t id, uint32_t from, uint32_t to)
{
    return id >= from && id <= to;
}

struct numfmt numfmt_builtin(uint32_t id)
{
    bool date = between(id, 14, 22) || between(id, 27, 36) || id == 45 || id == 47 || between(id, 50, 58) ||
                between(id, 71, 79) || id == 81;
    bool clock = between(id, 18, 21) || between(id, 32, 35) || id == 45 || id == 47 || between(id, 55, 56) ||
                 between(id, 75, 76) || between(id, 78, 79);

    return (struct numfmt){
        .date = date, .day = date && !clock, .percent = id == 9 || id == 10, .zero_pad = id == 1 ? 1 : 0};
}
