/* What a spreadsheet leaves of a part number that it took for a number or a date. */
#include "handlers/values/rewritten.h"

#include "base/utf8.h"
#include "handlers/values/decimal.h"

#include <stdint.h>
#include <string.h>

#define MONTH_LETTERS 3  /* at least: "мар", "Sep" */
#define DAY_BYTES     40 /* no text of a day is longer */

/* clang-format off */
static const struct month_name {
    const char *name; /* lower case */
    const char *norm; /* pn_normalise() of it */
    unsigned month;
} months[] = {
    {"january", "JANUARY", 1},
    {"январь", "ЯHBAPЬ", 1},
    {"января", "ЯHBAPЯ", 1},
    {"february", "FEBRUARY", 2},
    {"февраль", "ФEBPAЛЬ", 2},
    {"февраля", "ФEBPAЛЯ", 2},
    {"march", "MARCH", 3},
    {"март", "MAPT", 3},
    {"марта", "MAPTA", 3},
    {"april", "APRIL", 4},
    {"апрель", "AПPEЛЬ", 4},
    {"апреля", "AПPEЛЯ", 4},
    {"may", "MAY", 5},
    {"май", "MAЙ", 5},
    {"мая", "MAЯ", 5},
    {"june", "JUNE", 6},
    {"июнь", "ИЮHЬ", 6},
    {"июня", "ИЮHЯ", 6},
    {"july", "JULY", 7},
    {"июль", "ИЮЛЬ", 7},
    {"июля", "ИЮЛЯ", 7},
    {"august", "AUGUST", 8},
    {"август", "ABГYCT", 8},
    {"августа", "ABГYCTA", 8},
    {"september", "SEPTEMBER", 9},
    {"сентябрь", "CEHTЯБPЬ", 9},
    {"сентября", "CEHTЯБPЯ", 9},
    {"october", "OCTOBER", 10},
    {"октябрь", "OKTЯБPЬ", 10},
    {"октября", "OKTЯБPЯ", 10},
    {"november", "NOVEMBER", 11},
    {"ноябрь", "HOЯБPЬ", 11},
    {"ноября", "HOЯБPЯ", 11},
    {"december", "DECEMBER", 12},
    {"декабрь", "ДEKAБPЬ", 12},
    {"декабря", "ДEKAБPЯ", 12},
};
/* clang-format on */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t digits_at(const char *text, size_t n, size_t at)
{
    size_t end = at;
    while (end < n && is_digit(text[end]))
        end++;
    return end - at;
}

/* "E+15" from `at` to the end. */
static bool is_exponent(const char *text, size_t n, size_t at)
{
    if (at + 2 >= n || (text[at] != 'E' && text[at] != 'e') || text[at + 1] != '+')
        return false;
    return at + 2 + digits_at(text, n, at + 2) == n;
}

/* Of a text that begins with a digit. */
static enum pn_form digits_form(const char *text, size_t n)
{
    size_t at = digits_at(text, n, 0);
    if (at == n)
        return PN_AS_WRITTEN;
    if (n - at == 2 && text[at] == '.' && text[at + 1] == '0')
        return PN_MANGLED;
    if (text[at] == '.' || text[at] == ',') {
        size_t decimals = digits_at(text, n, at + 1);
        at += decimals ? decimals + 1 : 0;
    }
    return is_exponent(text, n, at) ? PN_SCIENTIFIC : PN_AS_WRITTEN;
}

enum pn_form pn_text_form(const char *text, size_t n)
{
    unsigned day, month, year;
    enum pn_form form = n && is_digit(text[0]) ? digits_form(text, n) : PN_AS_WRITTEN;
    if (form == PN_AS_WRITTEN && pn_text_day(text, n, &day, &month, &year))
        return PN_SCIENTIFIC;
    return form;
}

enum pn_form pn_number_form(const char *text, size_t n, unsigned zero_pad, char *out, size_t *length)
{
    char plain[48];
    dec128 value;
    bool lost = false;
    *length = 0;
    out[0] = '\0';
    if (n >= PN_NUMBER || dec_parse(text, n, 0, &value, &lost) != 0)
        return PN_SCIENTIFIC;
    if (lost) {
        memcpy(out, text, n);
        out[ *length = n] = '\0';
        return PN_MANGLED;
    }
    size_t digits = dec_format(value, 0, false, plain, sizeof plain);
    if (digits - (value < 0) > PN_DIGITS)
        return PN_SCIENTIFIC;
    size_t pad = value >= 0 && zero_pad > digits && zero_pad < PN_NUMBER ? zero_pad - digits : 0;
    memset(out, '0', pad);
    memcpy(out + pad, plain, digits + 1);
    *length = pad + digits;
    return PN_AS_WRITTEN;
}

/* ---- Days by the name of the month ----------------------------------------------------------------------------- */

/* The part of a text between separators: a number, or letters. */
struct part {
    const char *s;
    size_t n;
    bool number;
};

static bool is_separator(char c)
{
    return c == '.' || c == '-' || c == '/' || c == ' ' || c == ',';
}

/* Letters are all bytes that are neither a digit nor a separator. Returns the number of parts, or 0 if there are more
 * than three, or a number and letters touch. */
static unsigned split(const char *text, size_t n, struct part part[3])
{
    unsigned count = 0;
    size_t at = 0;
    while (at < n) {
        size_t start = at;
        bool number = is_digit(text[at]);
        while (at < n && !is_separator(text[at]) && is_digit(text[at]) == number)
            at++;
        if (count == 3 || at == start || (at < n && !is_separator(text[at])))
            return 0;
        part[count++] = (struct part){text + start, at - start, number};
        while (at < n && is_separator(text[at]))
            at++;
    }
    return count;
}

static unsigned number_of(struct part part)
{
    unsigned value = 0;
    for (size_t i = 0; i < part.n && i < 5; i++)
        value = value * 10 + (unsigned)(part.s[i] - '0');
    return value;
}

/* 0 = no month. */
static unsigned month_of(struct part part)
{
    char lower[DAY_BYTES + 4];
    size_t used = 0, letters = 0, len;
    for (size_t i = 0; i < part.n; i += len) {
        uint32_t cp = utf8_decode(part.s + i, part.n - i, &len);
        if (cp == UTF8_BAD || used + 4 > sizeof lower || (letters == 1 && utf8_lower(cp) != cp))
            return 0; /* capitals alone: nobody's way to print a day */
        used += utf8_encode(utf8_lower(cp), lower + used);
        letters++;
    }
    for (size_t i = 0; i < sizeof months / sizeof months[0] && letters >= MONTH_LETTERS; i++)
        if (strncmp(months[i].name, lower, used) == 0)
            return months[i].month;
    return 0;
}

static bool take_day(struct part part, unsigned *day)
{
    *day = number_of(part);
    return part.number && part.n <= 2 && *day >= 1 && *day <= 31;
}

static bool take_year(struct part part, unsigned *year)
{
    *year = number_of(part);
    return part.number && (part.n == 2 || part.n == 4);
}

bool pn_text_day(const char *text, size_t n, unsigned *day, unsigned *month, unsigned *year)
{
    struct part part[3];
    *day = *month = *year = 0;
    if (n < 5 || n > DAY_BYTES)
        return false;
    unsigned count = split(text, n, part);
    if (count < 2)
        return false;
    unsigned at = part[0].number ? 1 : 0; /* of the month */
    if (part[at].number || (*month = month_of(part[at])) == 0)
        return false;
    if (at == 1)
        return take_day(part[0], day) && (count == 2 || take_year(part[2], year));
    if (count == 3)
        return take_day(part[1], day) && take_year(part[2], year);
    return take_day(part[1], day) || take_year(part[1], year);
}

unsigned pn_month(const char *norm, size_t n)
{
    size_t letters = 0;
    for (size_t i = 0; i < n; i++)
        letters += ((unsigned char)norm[i] & 0xc0) != 0x80;
    for (size_t i = 0; i < sizeof months / sizeof months[0] && letters >= MONTH_LETTERS; i++)
        if (months[i].norm[0] == norm[0] && strncmp(months[i].norm, norm, n) == 0)
            return months[i].month;
    return 0;
}
