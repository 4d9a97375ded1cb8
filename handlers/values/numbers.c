/* Numbers as people write them: signs, brackets, thousands, decimal comma or point, a currency before or after. */
#include "handlers/values/values.h"

#include "base/utf8.h"
#include "handlers/values/labels.h"
#include "handlers/values/words.h"

#include <errno.h>
#include <string.h>

enum {
    WORD_MAX = 32,
    NUMBER_MAX_CHARS =
        96,            /* enough for 38 digits, their grouping and what is around them; longer text is not a number */
    NOISE_DIGITS = 15, /* a double has 15 reliable decimal digits; the digits behind may be binary noise */
    NOISE_KEEP = 14
};

/* A piece word at the end says nothing more. Normalised as labels are. */
static const char *const piece_words[] = {"шт", "pcs", "pc", "ea", "ед"};

/* The text as code points: grouping and dashes are then single comparisons. */
struct chars {
    uint32_t cp[NUMBER_MAX_CHARS];
    unsigned from, to;
};

static int chars_load(const char *text, size_t n, struct chars *out)
{
    size_t len;

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

/* The currency of a sign that may stand in front, or NULL. */
static const char *sign_currency(uint32_t cp)
{
    switch (cp) {
    case 0x20BD:
        return "RUB";
    case '$':
        return "USD";
    case 0x20AC:
        return "EUR";
    case 0xA5:
        return "CNY";
    case 0xA3:
        return "GBP";
    default:
        return NULL;
    }
}

static bool drop_sign(struct chars *c, struct value_number *out)
{
    const char *currency = c->from < c->to ? sign_currency(c->cp[c->from]) : NULL;
    if (!currency)
        return false;
    memcpy(out->currency, currency, 4);
    c->from++;
    chars_trim(c);
    return true;
}

static bool in_word(uint32_t cp)
{
    return cp == '.' || utf8_is_space(cp) || sign_currency(cp) || (cp >= 0x400 && cp < 0x530) ||
           (cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z');
}

/* Where the words at the end begin: letters, currency signs, and what is between them. */
static unsigned word_start(const struct chars *c)
{
    unsigned at = c->to;
    while (at > c->from && in_word(c->cp[at - 1]))
        at--;
    while (at < c->to && (c->cp[at] == '.' || utf8_is_space(c->cp[at])))
        at++; /* they belong to the number */
    return at;
}

/* The characters from `at` on as a label: lower case, points dropped, white space to one space. Returns false if it is
 * longer than any word. */
static bool word_label(const struct chars *c, unsigned at, char *out, size_t size)
{
    size_t used = 0;
    bool space = false;

    for (; at < c->to; at++) {
        if (c->cp[at] == '.')
            continue;
        if (utf8_is_space(c->cp[at])) {
            space = true;
            continue;
        }
        if (used + 6 > size)
            return false;
        if (space)
            out[used++] = ' ';
        space = false;
        used += utf8_encode(utf8_lower(c->cp[at]), out + used);
    }
    out[used] = '\0';
    return true;
}

/* Takes off one currency or piece word at the end. */
static bool drop_word(struct chars *c, struct value_number *out)
{
    char word[WORD_MAX];
    unsigned at = word_start(c);

    if (at == c->to || !word_label(c, at, word, sizeof word))
        return false;
    const struct currency_word *currency =
        word_find(word, currency_words, currency_words_count, sizeof currency_words[0]);
    bool known = currency != NULL;
    if (currency)
        memcpy(out->currency, currency->currency, sizeof out->currency);
    for (size_t i = 0; i < sizeof piece_words / sizeof piece_words[0] && !known; i++)
        known = strcmp(word, piece_words[i]) == 0;
    if (!known)
        return false;
    c->to = at;
    chars_trim(c);
    return true;
}

/* "more than" in front or behind: ">10", "10+". */
static bool drop_approx(struct chars *c)
{
    bool more = c->to - c->from > 1 && c->cp[c->from] == '>';
    bool plus = c->to - c->from > 1 && c->cp[c->to - 1] == '+';

    c->from += more;
    c->to -= plus && c->to - c->from > 1;
    chars_trim(c);
    return more || plus;
}

/* Takes off what is around the digits: ">" or "+", brackets or a sign. A currency may be inside the brackets or behind
 * the minus, as spreadsheets print it: "($1,250.00)", "-$5"; `dropped` = there was one outside. */
static bool strip(struct chars *c, bool dropped, struct value_number *out)
{
    bool negative = false;

    out->approx = drop_approx(c);
    if (c->to - c->from > 2 && c->cp[c->from] == '(' && c->cp[c->to - 1] == ')') {
        negative = true;
        c->from++;
        c->to--;
        chars_trim(c);
    } else if (c->from < c->to && (c->cp[c->from] == '-' || c->cp[c->from] == 0x2212 || c->cp[c->from] == '+')) {
        negative = c->cp[c->from] != '+';
        c->from++;
    }
    if (!dropped && !drop_word(c, out))
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

/* `noise`: the digits may come from a program, which does not round. */
static int parse_plain(const char *text, size_t n, unsigned scale, bool noise, struct value_number *out)
{
    int rc = dec_parse(text, n, scale, &out->value, &out->lost);

    if (rc == 0 && out->lost && noise)
        out->lost = !is_noise(text, n, scale);
    return rc;
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
    if (n < 0)
        return -EINVAL;
    /* Programs write numbers without grouping, as number cells have them. */
    bool program = shape.commas == 0 && shape.spaces == 0;
    return parse_plain(plain, (size_t)n, scale, program, out);
}

/* Is it empty, or a single dash, which means nothing? "- ₽" is how spreadsheets print a zero amount. */
static bool says_nothing(const struct chars *c)
{
    return c->from == c->to || (c->to - c->from == 1 && is_dash(c->cp[c->from]));
}

/* The ordinary text: a few digits and nothing else. */
static bool plain_digits(const char *text, size_t n, unsigned scale, struct value_number *out)
{
    int64_t value = 0;

    if (n == 0 || n > 15)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!is_digit((unsigned char)text[i]))
            return false;
        value = value * 10 + (text[i] - '0');
    }
    out->value = value * dec_pow10(scale);
    return true;
}

int value_number_text(const char *text, size_t n, unsigned scale, enum number_locale locale, struct value_number *out)
{
    struct chars c;

    *out = (struct value_number){0};
    utf8_trim(&text, &n);
    if (plain_digits(text, n, scale, out))
        return 0;
    c.from = c.to = 0;
    if (chars_load(text, n, &c) != 0)
        return -EINVAL;
    bool dropped = drop_word(&c, out) || drop_sign(&c, out);
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

bool value_says_none(const char *text, size_t n)
{
    char label[16];

    return label_normalise(text, n, label, sizeof label) == strlen("нет") && strcmp(label, "нет") == 0;
}

int value_number_cell(const char *text, size_t n, unsigned scale, struct value_number *out)
{
    *out = (struct value_number){0};
    utf8_trim(&text, &n);
    if (n == 0) {
        out->missing = true;
        return 0;
    }
    return parse_plain(text, n, scale, true, out);
}
