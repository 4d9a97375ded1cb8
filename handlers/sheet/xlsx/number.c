/* Parsing and printing of decimals that stand for doubles.
 *
 * Two different decimals of at most 15 significant digits never stand for the same normal double. A text of that
 * length is therefore its own shortest form once zeros are dropped, and needs no conversion. Longer texts are rounded
 * to 15 digits and compared. */
#include "handlers/sheet/xlsx/number.h"

#include "base/bytes.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXACT_DIGITS = 15, KEPT_DIGITS = 19, EXACT_POWER = 22, EXPONENT_CAP = 100000 };

static const double powers[EXACT_POWER + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                               1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads digits with at most one point. Returns where they end, NULL if there is no digit. */
static const char *mantissa(const char *p, const char *end, struct number *out)
{
    bool any = false, pointed = false;
    int32_t zeros = 0; /* zeros seen since the last significant digit, not yet in `digits` */

    for (; p < end; p++) {
        if (*p == '.' && !pointed) {
            pointed = true;
            continue;
        }
        if (!is_digit(*p))
            break;
        any = true;
        if (*p == '0') {
            zeros += out->n > 0;
            out->point += out->n == 0 ? -(int32_t)pointed : !pointed;
            continue;
        }
        for (; zeros > 0 && out->n < KEPT_DIGITS; zeros--, out->n++)
            out->digits *= 10;
        zeros = 0;
        if (out->n < KEPT_DIGITS) {
            out->digits = out->digits * 10 + (uint64_t)(*p - '0');
            out->n++;
        } else {
            out->cut = true;
        }
        out->point += !pointed;
    }
    return any ? p : NULL;
}

static const char *exponent(const char *p, const char *end, int32_t *value)
{
    bool negative = p < end && *p == '-';

    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (p == end || !is_digit(*p))
        return NULL;
    int32_t e = 0;
    for (; p < end && is_digit(*p); p++)
        if (e < EXPONENT_CAP)
            e = e * 10 + (*p - '0');
    *value = negative ? -e : e;
    return p;
}

/* The digits that are kept may end with zeros, if the limit was reached inside a run of zeros. */
static void trim(struct number *out)
{
    while (out->n > 0 && out->digits % 10 == 0) {
        out->digits /= 10;
        out->n--;
    }
}

bool number_parse(const char *text, size_t len, struct number *out)
{
    const char *p = text, *end = text + len;

    *out = (struct number){0};
    while (p < end && blank(*p))
        p++;
    while (p < end && blank(end[-1]))
        end--;
    if (p < end && (*p == '-' || *p == '+'))
        out->negative = *p++ == '-';
    p = mantissa(p, end, out);
    if (!p)
        return false;
    int32_t e = 0;
    if (p < end && (*p == 'e' || *p == 'E'))
        p = exponent(p + 1, end, &e);
    if (p != end)
        return false;
    trim(out);
    out->point = out->n > 0 ? out->point + e : 0;
    return true;
}

/* One division or multiplication is exact if both operands are exact doubles (2^53 > 10^15, 10^22 < 2^53 · 2^22). */
static bool exact(const struct number *number, double *value)
{
    int32_t e = number->point - (int32_t)number->n;

    if (number->n > EXACT_DIGITS || e < -EXACT_POWER || e > EXACT_POWER)
        return false;
    double v = (double)number->digits;
    v = e < 0 ? v / powers[-e] : v * powers[e];
    *value = number->negative ? -v : v;
    return true;
}

/* strtod() in the C locale, whatever locale the process has set. The text of the number is not terminated. */
static double convert(const char *text, size_t len)
{
    static locale_t plain;
    char small[64];

    if (plain == (locale_t)0)
        plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (plain == (locale_t)0)
        abort();
    char *copy = len < sizeof small ? small : xalloc(len + 1);
    memcpy(copy, text, len);
    copy[len] = 0;
    double value = strtod_l(copy, NULL, plain);
    if (copy != small)
        free(copy);
    return value;
}

double number_double(const struct number *number, const char *text, size_t len)
{
    double value = 0;

    return exact(number, &value) ? value : convert(text, len);
}

static char *put_digits(char *to, uint64_t digits, uint32_t n)
{
    for (uint32_t i = n; i-- > 0; digits /= 10)
        to[i] = (char)('0' + digits % 10);
    return to + n;
}

static char *put_exponent(char *to, const char *digits, uint32_t n, int32_t e)
{
    *to++ = digits[0];
    if (n > 1) {
        *to++ = '.';
        memcpy(to, digits + 1, n - 1);
        to += n - 1;
    }
    *to++ = 'e';
    *to++ = e < 0 ? '-' : '+';
    uint32_t magnitude = (uint32_t)(e < 0 ? -e : e);
    return put_digits(to, magnitude, magnitude < 10 ? 1 : magnitude < 100 ? 2 : 3);
}

static char *put_plain(char *to, const char *digits, uint32_t n, int32_t point)
{
    if (point <= 0) {
        *to++ = '0';
        *to++ = '.';
        memset(to, '0', (size_t)-point);
        to += -point;
        memcpy(to, digits, n);
        return to + n;
    }
    uint32_t whole = (uint32_t)point;
    if (n <= whole) {
        memcpy(to, digits, n);
        memset(to + n, '0', whole - n);
        return to + whole;
    }
    memcpy(to, digits, whole);
    to[whole] = '.';
    memcpy(to + whole + 1, digits + whole, n - whole);
    return to + n + 1;
}

/* The layout of ECMAScript's Number::toString. */
static size_t print(const struct number *number, char *to)
{
    char digits[KEPT_DIGITS + 1], *p = to;

    if (number->n == 0) {
        *p = '0'; /* also for -0 */
        return 1;
    }
    put_digits(digits, number->digits, number->n);
    if (number->negative)
        *p++ = '-';
    if (number->point > 21 || number->point < -5)
        p = put_exponent(p, digits, number->n, number->point - 1);
    else
        p = put_plain(p, digits, number->n, number->point);
    return (size_t)(p - to);
}

/* Rounds to n digits, halves up. How halves are rounded does not matter: a double differs from its neighbours by far
 * more, and the result is checked. */
static struct number rounded(const struct number *number, uint32_t n)
{
    struct number r = *number;
    uint64_t unit = 1;

    for (uint32_t i = n; i < number->n; i++)
        unit *= 10;
    r.digits = number->digits / unit + (number->digits % unit >= unit / 2);
    r.n = n;
    uint64_t full = 1;
    for (uint32_t i = 0; i < n; i++)
        full *= 10;
    if (r.digits == full) {
        r.digits = 1;
        r.n = 1;
        r.point++;
    }
    trim(&r);
    return r;
}

/* Reads the digits of a double from printf(). Its decimal point may be any character: only digits are taken. */
static void from_double(double value, int n, struct number *out)
{
    char text[48];
    int len = snprintf(text, sizeof text, "%.*e", n - 1, fabs(value));
    const char *p = text, *end = text + len;

    *out = (struct number){.negative = value < 0};
    for (; p < end && *p != 'e'; p++)
        if (is_digit(*p)) {
            out->digits = out->digits * 10 + (uint64_t)(*p - '0');
            out->n++;
        }
    int32_t e = 0;
    exponent(p + 1, end, &e);
    out->point = e + 1;
    trim(out);
}

static bool reads_as(const struct number *number, double value)
{
    char text[NUMBER_TEXT_MAX];
    double back = 0;

    if (exact(number, &back))
        return back == value;
    return convert(text, print(number, text)) == value;
}

/* Tries the nearest decimal of n digits and its neighbour: at a power of two the gap above is twice the gap below. */
static bool shorter(double value, int n, struct number *out)
{
    from_double(value, n, out);
    if (reads_as(out, value))
        return true;
    while (out->n < (uint32_t)n) {
        out->digits *= 10;
        out->n++;
    }
    out->digits++;
    trim(out);
    return reads_as(out, value);
}

/* For any double, subnormal ones too. */
static size_t shortest_slowly(double value, char *to)
{
    struct number number;

    for (int n = 1; n < 17; n++)
        if (shorter(value, n, &number))
            return print(&number, to);
    from_double(value, 17, &number);
    return print(&number, to);
}

size_t number_shortest(const struct number *number, const char *text, size_t len, char *to)
{
    bool ordinary = number->point > -290 && number->point < 300;

    if (number->n <= EXACT_DIGITS && ordinary)
        return print(number, to);
    double value = convert(text, len);
    if (!isfinite(value))
        return 0;
    if (value == 0)
        return print(&(struct number){0}, to);
    if (!ordinary)
        return shortest_slowly(value, to);
    struct number short_one = rounded(number, EXACT_DIGITS);
    if (reads_as(&short_one, value))
        return print(&short_one, to);
    if (!shorter(value, 16, &short_one))
        from_double(value, 17, &short_one);
    return print(&short_one, to);
}
