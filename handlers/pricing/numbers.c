/* Numbers as people write them: signs, brackets, thousands, decimal comma or point, a currency before or after. */
#include "handlers/pricing/values.h"

#include "base/utf8.h"

#include <errno.h>
#include <string.h>

enum {
    NUMBER_MAX_CHARS =
        96,            /* enough for 38 digits, their grouping and what is around them; longer text is not a number */
    NOISE_DIGITS = 15, /* a double has 15 reliable decimal digits; the digits behind may be binary noise */
    NOISE_KEEP = 14
};

struct word {
    const char *text;
    const char *currency;
};

/* Lower case, without the closing point of an abbreviation. */
static const struct word suffixes[] = {
    {"руб", "RUB"}, {"р", "RUB"}, {"₽", "RUB"}, {"rub", "RUB"}, {"usd", "USD"},  {"$", "USD"},
    {"eur", "EUR"}, {"€", "EUR"}, {"¥", "CNY"},   {"cny", "CNY"}, {"юань", "CNY"}, {"шт", ""},
};
static const struct word signs[] = {{"₽", "RUB"}, {"$", "USD"}, {"€", "EUR"}, {"¥", "CNY"}};

/* The text as code points: grouping and dashes are then single comparisons. */
struct chars {
    uint32_t cp[NUMBER_MAX_CHARS];
    unsigned from, to;
};

static int chars_load(const char *text, size_t n, struct chars *out)
{
    size_t len;

    utf8_trim(&text, &n);
    for (size_t i = 0; i < n; i += len) {
        uint32_t cp = utf8_decode(text + i, n - i, &len);
        if (cp == UTF8_BAD || out->to == NUMBER_MAX_CHARS)
            return -EINVAL;
        out->cp[out->to++] = cp;
    }
    return 0;
}

static void chars_trim(struct chars *c)
{
    while (c->from < c->to && utf8_is_space(c->cp[c->from]))
        c->from++;
    while (c->from < c->to && utf8_is_space(c->cp[c->to - 1]))
        c->to--;
}

static bool is_dash(uint32_t cp)
{
    return cp == '-' || (cp >= 0x2010 && cp <= 0x2015) || cp == 0x2212;
}

static bool is_digit(uint32_t cp)
{
    return cp >= '0' && cp <= '9';
}

/* Does the text end (with `front`: begin) with this word? Returns its length in characters. */
static unsigned match_word(const struct chars *c, const char *word, bool front)
{
    uint32_t cps[8];
    unsigned n = 0;
    size_t len, size = strlen(word);

    for (size_t i = 0; i < size; i += len)
        cps[n++] = utf8_decode(word + i, size - i, &len);
    if (c->to - c->from < n)
        return 0;
    unsigned start = front ? c->from : c->to - n;
    for (unsigned i = 0; i < n; i++) {
        if (utf8_lower(c->cp[start + i]) != cps[i])
            return 0;
    }
    return n;
}

static bool drop_sign(struct chars *c, struct value_number *out)
{
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        unsigned n = match_word(c, signs[i].text, true);
        if (n == 0)
            continue;
        memcpy(out->currency, signs[i].currency, 4);
        c->from += n;
        chars_trim(c);
        return true;
    }
    return false;
}

static bool drop_suffix(struct chars *c, struct value_number *out)
{
    struct chars t = *c;

    if (t.to - t.from > 1 && t.cp[t.to - 1] == '.')
        t.to--;
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        unsigned n = match_word(&t, suffixes[i].text, false);
        if (n == 0)
            continue;
        if (suffixes[i].currency[0] != '\0')
            memcpy(out->currency, suffixes[i].currency, 4);
        c->to = t.to - n;
        chars_trim(c);
        return true;
    }
    return false;
}

/* Takes off what is around the digits: ">", brackets or a sign. A currency may be inside the brackets or behind the
 * minus, as spreadsheets print it: "($1,250.00)", "-$5"; `dropped` = there was one outside. */
static bool strip(struct chars *c, bool dropped, struct value_number *out)
{
    if (c->from < c->to && c->cp[c->from] == '>') {
        out->approx = true;
        c->from++;
        chars_trim(c);
    }
    bool negative = false;
    if (c->to - c->from > 2 && c->cp[c->from] == '(' && c->cp[c->to - 1] == ')') {
        negative = true;
        c->from++;
        c->to--;
        chars_trim(c);
    } else if (c->from < c->to && (c->cp[c->from] == '-' || c->cp[c->from] == 0x2212 || c->cp[c->from] == '+')) {
        negative = c->cp[c->from] != '+';
        c->from++;
    }
    if (!dropped && !drop_suffix(c, out))
        drop_sign(c, out);
    return negative;
}

/* How the digits are written: which signs are between them, how often, and where last. */
struct shape {
    unsigned spaces, commas, dots; /* count */
    unsigned last_comma, last_dot; /* index */
};

static bool is_group_space(uint32_t cp)
{
    return cp == ' ' || cp == 0xA0 || cp == 0x202F || cp == 0x2007 || cp == 0x2009 || cp == '\'' || cp == 0x2019;
}

static int survey(const struct chars *c, struct shape *s)
{
    *s = (struct shape){0};
    for (unsigned i = c->from; i < c->to; i++) {
        if (c->cp[i] == ',') {
            s->commas++;
            s->last_comma = i;
        } else if (c->cp[i] == '.') {
            s->dots++;
            s->last_dot = i;
        } else if (is_group_space(c->cp[i])) {
            s->spaces++;
        } else if (!is_digit(c->cp[i])) {
            return -EINVAL;
        }
    }
    return 0;
}

/* Finds the decimal sign (c->to = none) and the sign that groups (0 = none, ' ' = the spaces). Returns -EINVAL if it
 * is unclear. */
static int judge(const struct chars *c, const struct shape *s, enum number_locale locale, unsigned *point,
                 uint32_t *group)
{
    *point = c->to;
    *group = 0;
    if (s->commas > 0 && s->dots > 0) {
        bool comma_last = s->last_comma > s->last_dot;
        if ((comma_last ? s->commas : s->dots) != 1)
            return -EINVAL;
        *point = comma_last ? s->last_comma : s->last_dot;
        *group = comma_last ? '.' : ',';
    } else if (s->commas > 1 || (s->commas == 1 && locale == LOCALE_EN && c->to - s->last_comma == 4)) {
        *group = ',';
    } else if (s->dots > 1) {
        *group = '.';
    } else if (s->commas + s->dots == 1) {
        *point = s->commas ? s->last_comma : s->last_dot;
    }
    if (s->spaces > 0 && *group != 0)
        return -EINVAL; /* two ways of grouping in one number: a typing error, which is not guessed at */
    if (s->spaces > 0)
        *group = ' ';
    return 0;
}

/* Copies the whole part without grouping: 1-3 digits, then groups of exactly 3. Returns the length or -EINVAL. */
static int copy_whole(const struct chars *c, unsigned end, uint32_t group, char *out)
{
    int n = 0;
    unsigned run = 0;
    bool grouped = false;

    for (unsigned i = c->from; i < end; i++) {
        if (is_digit(c->cp[i])) {
            run++;
            out[n++] = (char)c->cp[i];
            continue;
        }
        bool fits = group == ' ' ? is_group_space(c->cp[i]) : c->cp[i] == group;
        if (!fits || run == 0 || run > 3 || (grouped && run != 3))
            return -EINVAL;
        grouped = true;
        run = 0;
    }
    return run == 0 || (grouped && run != 3) ? -EINVAL : n;
}

/* Reads the digits as one locale writes them into `plain`, a decimal text. Returns its length or -EINVAL. *group = the
 * sign that groups, *point = whether a comma is decimal. */
static int read_digits(const struct chars *c, const struct shape *shape, enum number_locale locale, char *plain,
                       enum number_style *style)
{
    unsigned point;
    uint32_t group;

    if (judge(c, shape, locale, &point, &group) != 0)
        return -EINVAL;
    int n = copy_whole(c, point, group, plain);
    if (n < 0 || point + 1 == c->to)
        return -EINVAL;
    if (point < c->to) {
        plain[n++] = '.';
        for (unsigned i = point + 1; i < c->to; i++) {
            if (!is_digit(c->cp[i]))
                return -EINVAL;
            plain[n++] = (char)c->cp[i];
        }
    }
    bool comma = point < c->to && c->cp[point] == ',';
    *style = group == ',' ? STYLE_EN : comma || group == '.' ? STYLE_RU : STYLE_NONE;
    return n;
}

static int parse_digits(const struct chars *c, unsigned scale, enum number_locale locale, struct value_number *out)
{
    struct shape shape;
    char plain[NUMBER_MAX_CHARS + 1], other[NUMBER_MAX_CHARS + 1];
    enum number_style style = STYLE_NONE, other_style = STYLE_NONE;

    if (survey(c, &shape) != 0)
        return -EINVAL;
    int n = read_digits(c, &shape, locale, plain, &style);
    if (shape.commas == 1) { /* all else reads alike */
        int m = read_digits(c, &shape, locale == LOCALE_RU ? LOCALE_EN : LOCALE_RU, other, &other_style);
        if (n < 0 && m > 0)
            style = other_style;
        else if (n > 0 && m > 0 && style != other_style)
            style = STYLE_AMBIGUOUS;
    }
    out->style = (uint8_t)style;
    return n < 0 ? -EINVAL : dec_parse(plain, (size_t)n, scale, &out->value, &out->lost);
}

/* Is it empty, or a single dash, which means nothing? "- ₽" is how spreadsheets print a zero amount. */
static bool says_nothing(const struct chars *c)
{
    return c->from == c->to || (c->to - c->from == 1 && is_dash(c->cp[c->from]));
}

int value_number_text(const char *text, size_t n, unsigned scale, enum number_locale locale, struct value_number *out)
{
    struct chars c = {0};

    *out = (struct value_number){0};
    if (chars_load(text, n, &c) != 0)
        return -EINVAL;
    bool dropped = drop_suffix(&c, out) || drop_sign(&c, out);
    if (says_nothing(&c)) {
        *out = (struct value_number){.missing = true};
        return 0;
    }
    bool negative = strip(&c, dropped, out);
    int rc = parse_digits(&c, scale, locale, out);
    if (negative)
        out->value = -out->value;
    return rc;
}

/* Significant digits of a number's text: no sign, no leading zeros, no exponent. */
static unsigned significant(const char *text, size_t n)
{
    unsigned digits = 0;

    for (size_t i = 0; i < n && text[i] != 'e' && text[i] != 'E'; i++) {
        if (is_digit((unsigned char)text[i]) && (digits > 0 || text[i] != '0'))
            digits++;
    }
    return digits;
}

/* Was only binary noise lost? Programs write 12.3 as 12.300000000000001 and 0.1 + 0.2 as 0.30000000000000004: the
 * first 14 digits, rounded, then end within the scale. Looks for 0000 or 9999 behind the last digit of the scale. */
static bool is_noise(const char *text, size_t n, unsigned scale)
{
    unsigned digits = significant(text, n);

    if (digits < NOISE_DIGITS)
        return false;
    dec128 exact;
    bool lost = true;
    for (unsigned fine = scale; fine <= 30; fine++) {
        if (dec_parse(text, n, fine, &exact, &lost) != 0 || exact == 0)
            continue;
        dec128 size = exact < 0 ? -exact : exact;
        if (size < dec_pow10(NOISE_KEEP - 1) && !lost)
            return false;
        if (size >= dec_pow10(NOISE_KEEP - 1))
            return fine == scale || exact % dec_pow10(fine - scale) == 0;
    }
    return false;
}

int value_number_cell(const char *text, size_t n, unsigned scale, struct value_number *out)
{
    *out = (struct value_number){0};
    utf8_trim(&text, &n);
    if (n == 0) {
        out->missing = true;
        return 0;
    }
    int rc = dec_parse(text, n, scale, &out->value, &out->lost);
    if (rc == 0 && out->lost)
        out->lost = !is_noise(text, n, scale);
    return rc;
}
