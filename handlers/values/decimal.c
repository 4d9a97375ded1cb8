/* Exact decimals: rounding division, text in and out. All values are whole numbers of 128 bits. */
#include "handlers/values/decimal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

typedef unsigned __int128 udec128;

enum { DIGITS_MAX = 38 };

dec128 dec_pow10(unsigned n)
{
    static const uint64_t small[20] = {
        1ULL,
        10ULL,
        100ULL,
        1000ULL,
        10000ULL,
        100000ULL,
        1000000ULL,
        10000000ULL,
        100000000ULL,
        1000000000ULL,
        10000000000ULL,
        100000000000ULL,
        1000000000000ULL,
        10000000000000ULL,
        100000000000000ULL,
        1000000000000000ULL,
        10000000000000000ULL,
        100000000000000000ULL,
        1000000000000000000ULL,
        10000000000000000000ULL,
    };

    assert(n <= DIGITS_MAX);
    return n < 20 ? (dec128)small[n] : (dec128)small[n - 19] * (dec128)small[19];
}

/* Does the remainder `rest` (0 < rest < den) round the quotient away from zero? */
static bool rounds_away(udec128 rest, udec128 den, bool odd, enum round_mode mode)
{
    udec128 other = den - rest; /* rest against other, since twice the rest may not fit */

    switch (mode) {
    case ROUND_HALF_UP:
        return rest >= other;
    case ROUND_HALF_EVEN:
        return rest > other || (rest == other && odd);
    case ROUND_UP:
        return true;
    case ROUND_DOWN:
        return false;
    }
    abort(); /* no such mode */
}

dec128 dec_div_round(dec128 numerator, dec128 denominator, enum round_mode mode)
{
    assert(denominator > 0);
    bool negative = numerator < 0;
    udec128 num = negative ? (udec128)0 - (udec128)numerator : (udec128)numerator;
    udec128 den = (udec128)denominator;
    udec128 quotient, rest;
    if ((uint64_t)(num >> 64) == 0 && (uint64_t)(den >> 64) == 0) {
        /* One machine division instead of a library call: by far the most frequent case. */
        quotient = (uint64_t)num / (uint64_t)den;
        rest = (uint64_t)num % (uint64_t)den;
    } else {
        quotient = num / den;
        rest = num - quotient * den;
    }
    if (rest != 0 && rounds_away(rest, den, quotient & 1, mode))
        quotient++;
    return negative ? (dec128)((udec128)0 - quotient) : (dec128)quotient;
}

dec128 dec_rescale(dec128 value, unsigned from, unsigned to, enum round_mode mode)
{
    if (from > to)
        return dec_div_round(value, dec_pow10(from - to), mode);
    dec128 out;
    bool overflow = __builtin_mul_overflow(value, dec_pow10(to - from), &out);
    assert(!overflow);
    (void)overflow;
    return out;
}

/* The parts of a decimal text: the digits d1 d2 … of text[0..n), without the point, which stands after `whole`
 * digits. */
struct parts {
    bool negative;
    const char *mantissa; /* digits with at most one point */
    size_t n;
    int64_t whole; /* digits before the point, the exponent added */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "e+21": adds the exponent to *whole. Bounded, since larger values are beyond the limit of digits anyway. */
static int parse_exponent(const char *text, size_t n, int64_t *whole)
{
    size_t i = 1;
    bool negative = i < n && text[i] == '-';

    if (i < n && (text[i] == '-' || text[i] == '+'))
        i++;
    if (i == n)
        return -EINVAL;
    int64_t value = 0;
    for (; i < n; i++) {
        if (!is_digit(text[i]))
            return -EINVAL;
        if (value < 1000000)
            value = value * 10 + (text[i] - '0');
    }
    *whole += negative ? -value : value;
    return 0;
}

static int take_apart(const char *text, size_t n, struct parts *out)
{
    size_t i = 0, digits = 0;
    bool point = false;

    out->negative = n > 0 && text[0] == '-';
    if (n > 0 && (text[0] == '-' || text[0] == '+'))
        i++;
    out->mantissa = text + i;
    out->whole = 0;
    for (; i < n && (is_digit(text[i]) || (text[i] == '.' && !point)); i++) {
        if (text[i] == '.') {
            point = true;
        } else {
            digits++;
            out->whole += !point;
        }
    }
    out->n = (size_t)(text + i - out->mantissa);
    if (digits == 0 || out->mantissa[out->n - 1] == '.')
        return -EINVAL;
    if (i == n)
        return 0;
    return text[i] == 'e' || text[i] == 'E' ? parse_exponent(text + i, n - i, &out->whole) : -EINVAL;
}

/* Appends a digit. Returns false if the value would get more than DIGITS_MAX digits. */
static bool append(dec128 *value, unsigned digit)
{
    if (*value >= dec_pow10(DIGITS_MAX - 1))
        return false;
    *value = *value * 10 + digit;
    return true;
}

/* Reads the digits up to place `keep` into *value and examines those behind it. */
static int read_mantissa(const struct parts *parts, int64_t keep, dec128 *value, bool *round_up, bool *lost)
{
    int64_t at = 0;

    for (size_t i = 0; i < parts->n; i++) {
        if (parts->mantissa[i] == '.')
            continue;
        unsigned digit = (unsigned)(parts->mantissa[i] - '0');
        if (at < keep && !append(value, digit))
            return -ERANGE;
        if (at == keep)
            *round_up = digit >= 5;
        if (at >= keep && digit != 0)
            *lost = true;
        at++;
    }
    for (; at < keep && *value != 0; at++) {
        if (!append(value, 0))
            return -ERANGE;
    }
    return 0;
}

int dec_parse(const char *text, size_t n, unsigned scale, dec128 *out, bool *lost)
{
    struct parts parts;
    dec128 value = 0;
    bool round_up = false, any_lost = false;
    int rc = take_apart(text, n, &parts);

    if (rc == 0)
        rc = read_mantissa(&parts, parts.whole + (int64_t)scale, &value, &round_up, &any_lost);
    if (rc != 0)
        return rc;
    value += round_up;
    if (value >= dec_pow10(DIGITS_MAX))
        return -ERANGE;
    *out = parts.negative ? -value : value;
    if (lost)
        *lost = any_lost;
    return 0;
}

size_t dec_format(dec128 value, unsigned scale, bool trim, char *buf, size_t size)
{
    char digits[DIGITS_MAX + 4];
    unsigned n = 0;
    udec128 rest = value < 0 ? (udec128)0 - (udec128)value : (udec128)value;

    assert(size >= 48 && scale <= DIGITS_MAX);
    for (; (uint64_t)(rest >> 64) != 0; rest /= 10)
        digits[n++] = (char)('0' + (unsigned)(rest % 10));
    for (uint64_t low = (uint64_t)rest; low != 0; low /= 10)
        digits[n++] = (char)('0' + low % 10);
    while (n <= scale)
        digits[n++] = '0';
    unsigned low_end = 0;
    while (trim && low_end < scale && digits[low_end] == '0')
        low_end++;
    size_t len = 0;
    if (value < 0)
        buf[len++] = '-';
    for (unsigned i = n; i > low_end; i--) {
        if (i == scale)
            buf[len++] = '.';
        buf[len++] = digits[i - 1];
    }
    buf[len] = '\0';
    return len;
}
