/* Forms of rewritten numbers. A form is a short text, kept as its hash:
 *
 *   =NORM           the normalised number itself
 *   0DIGITS         a number without zeros in front
 *   .DIGITS         a number with decimals: its digits without zeros at both ends
 *   ELENGTH:DIGITS  a long number: how many digits it has, and the first of them
 *   @MM-DD, @MM/YY  a day of any year, a month
 *   !DIGITS         the digits of a text whose letters cannot be read */
#include "handlers/stock/line/forms.h"

#include "base/utf8.h"
#include "handlers/stock/line/name.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define POINTS      4  /* places of a lost point that are tried */
#define LONG_DIGITS 14 /* of a number cell, which has 15 that can be trusted, the last one perhaps rounded */

static void add(struct stock_forms *forms, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct stock_forms *forms, const char *format, ...)
{
    char text[PN_BYTES + 16];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof text || forms->n == STOCK_FORMS)
        return;
    forms->hash[forms->n++] = arena_hash(text, (size_t)n);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The digits of a text, in order; `out` has PN_BYTES. */
static void only_digits(const char *text, size_t n, char *out)
{
    size_t used = 0;
    for (size_t i = 0; i < n && used + 1 < PN_BYTES; i++)
        if (is_digit(text[i]))
            out[used++] = text[i];
    out[used] = '\0';
}

/* A number as its digits without zeros in front, and how many digits it has before the point. */
struct decimal {
    char digits[PN_BYTES];
    size_t n;
    int whole;
};

static unsigned value_of(const char *digits, size_t n)
{
    unsigned value = 0;
    for (size_t i = 0; i < n; i++)
        value = value * 10 + (unsigned)(digits[i] - '0');
    return value;
}

/* "E+18", "e5" at the end of a number; false if it is anything else. */
static bool read_exponent(const char *text, size_t n, int *exponent)
{
    size_t from = n > 1 && text[1] == '+' ? 2 : 1;
    size_t digits = n - from;
    *exponent = 0;
    if (n == 0)
        return true;
    if (n <= from || digits > 4)
        return false;
    for (size_t i = from; i < n; i++)
        if (!is_digit(text[i]))
            return false;
    *exponent = (int)value_of(text + from, digits);
    return true;
}

/* "1.2345E+18", "77,25", "4512". Returns false if the text is none of these. */
static bool read_decimal(const char *text, size_t n, struct decimal *out)
{
    int exponent, decimals = 0;
    bool point = false;
    size_t i = 0;
    out->n = 0;
    for (; i < n && text[i] != 'e' && text[i] != 'E'; i++) {
        if ((text[i] == '.' || text[i] == ',') && !point) {
            point = true;
            continue;
        }
        if (!is_digit(text[i]) || out->n + 1 == sizeof out->digits)
            return false;
        decimals += point;
        if (out->n > 0 || text[i] != '0')
            out->digits[out->n++] = text[i];
    }
    out->digits[out->n] = '\0';
    if (!read_exponent(text + i, n - i, &exponent))
        return false;
    out->whole = (int)out->n - decimals + exponent;
    return out->n > 0;
}

static void add_decimals(struct stock_forms *forms, const struct decimal *number)
{
    size_t n = number->n;
    while (n > 1 && number->digits[n - 1] == '0')
        n--;
    add(forms, ".%.*s", (int)n, number->digits);
}

/* ---- Of a refused row ------------------------------------------------------------------------------------------ */

static void add_day(struct stock_forms *forms, unsigned day, unsigned month, unsigned year)
{
    if (day >= 1)
        add(forms, "@%02u-%02u", month, day);
    if (day <= 1)
        add(forms, "@%02u/%02u", month, year % 100);
}

/* A date cell: "2026-03-10", perhaps with a time, or a time alone: "11:05:00" was 11-05 or 1105. */
static void add_date_cell(struct stock_forms *forms, struct cell_span text)
{
    struct value_date date;
    char digits[PN_BYTES];
    if (text.n >= 10 && value_date_text(text.s, 10, &date) == 0) {
        add_day(forms, (unsigned)date.day, (unsigned)date.month, (unsigned)date.year);
        return;
    }
    only_digits(text.s, text.n, digits);
    const char *time = digits + strspn(digits, "0");
    add(forms, "0%s", time);
    if (strlen(digits) >= 4)
        add(forms, "0%.*s", (int)(digits + 4 - time), time);
}

static void add_number_cell(struct stock_forms *forms, struct cell_span text)
{
    struct decimal number;
    if (!read_decimal(text.s, text.n, &number))
        return;
    if (number.whole > PN_DIGITS)
        add(forms, "E%d:%.*s%.*s", number.whole, LONG_DIGITS, number.digits,
            number.n < LONG_DIGITS ? (int)(LONG_DIGITS - number.n) : 0, "00000000000000");
    else
        add_decimals(forms, &number);
}

static void add_text(struct stock_forms *forms, struct cell_span text)
{
    struct decimal number;
    unsigned day, month, year;
    char norm[PN_BYTES];
    if (pn_normalise(text.s, text.n, norm, NULL) == PN_OK)
        add(forms, "=%s", norm);
    if (pn_text_day(text.s, text.n, &day, &month, &year)) {
        add_day(forms, day, month, year);
        if (day > 1 && year == 0)
            add(forms, "@%02u/%02u", month, day); /* "мар.25" */
    } else if (read_decimal(text.s, text.n, &number)) {
        bool whole = text.n > 2 && memcmp(text.s + text.n - 2, ".0", 2) == 0;
        if (whole) {
            add(forms, "0%s", number.digits);
            number.digits[number.n - 1] = '\0';
            add(forms, "0%s", number.digits);
        } else {
            add(forms, "E%d:%s", number.whole, number.digits);
        }
    }
}

/* Any part of the name may have been the item's number. */
static void add_name(struct stock_forms *forms, struct cell_span name)
{
    struct name_tokens tokens = name_tokens_of(name);
    while (name_tokens_next(&tokens))
        add(forms, "=%s", tokens.norm);
}

void stock_row_forms(const struct stock_ident *ident, const struct table_row *row, struct stock_forms *forms)
{
    const struct grid_cell *cell = ident->from == FIELD_NONE ? NULL : row->field[ident->from];
    struct cell_span text = cell_span(cell);
    char digits[PN_BYTES];
    forms->n = 0;
    if (ident->pn_norm[0])
        add(forms, "=%s", ident->pn_norm);
    else if (!cell || ident->from == FIELD_NAME)
        add_name(forms, cell_span(row->field[FIELD_NAME]));
    else if (!utf8_valid(text.s, text.n)) {
        only_digits(text.s, text.n, digits);
        add(forms, "!%s", digits);
    } else if (cell->kind == GRID_DATE)
        add_date_cell(forms, text);
    else if (cell->kind == GRID_NUMBER)
        add_number_cell(forms, text);
    else
        add_text(forms, text);
}

/* ---- Of an item ------------------------------------------------------------------------------------------------ */

/* The first `keep` digits, rounded, as 1.23E+15 shows them; of a number cell also cut. */
static void add_rounded(struct stock_forms *forms, const struct decimal *number, size_t keep)
{
    char digits[PN_DIGITS + 2];
    bool up = keep < number->n && number->digits[keep] >= '5';
    memset(digits, '0', keep + 1);
    digits[keep + 1] = '\0';
    memcpy(digits + 1, number->digits, keep < number->n ? keep : number->n);
    if (!up || keep == LONG_DIGITS)
        add(forms, "E%d:%s", number->whole, digits + 1);
    if (!up)
        return;
    size_t at = keep;
    while (digits[at] == '9')
        digits[at--] = '0';
    digits[at]++;
    if (at == 0)
        digits[keep] = '\0'; /* 99.9 became 100 */
    add(forms, "E%d:%s", number->whole + (at == 0), at == 0 ? digits : digits + 1);
}

static void add_long(struct stock_forms *forms, const struct decimal *number)
{
    for (size_t keep = 1; keep <= PN_DIGITS; keep++)
        add_rounded(forms, number, keep);
}

/* "987E10" is a number to a spreadsheet, and so is every text of digits. The point of "9.87E10" is lost in the normal
 * form, so it may be anywhere. */
static void add_number(struct stock_forms *forms, const char *norm, size_t n)
{
    struct decimal number;
    if (!read_decimal(norm, n, &number))
        return;
    add_long(forms, &number);
    if (!memchr(norm, 'E', n)) {
        add(forms, "0%s", number.digits);
        add_decimals(forms, &number);
    }
    for (size_t i = 1; number.whole != (int)number.n && i < number.n && i <= POINTS; i++) {
        number.whole--;
        add_long(forms, &number);
    }
}

static void add_day_of(struct stock_forms *forms, unsigned day, unsigned month)
{
    if (month >= 1 && month <= 12 && day >= 1 && day <= 31)
        add(forms, "@%02u-%02u", month, day);
}

/* Two numbers of one or two digits, in either order: "310", "0310", "1003". */
static void add_pair(struct stock_forms *forms, const char *digits, size_t first, size_t second)
{
    unsigned a = value_of(digits, first), b = value_of(digits + first, second);
    add_day_of(forms, a, b);
    add_day_of(forms, b, a);
}

/* Digits alone as a day: with a year of two or four digits behind or four in front, or a month with a year. */
static void add_day_digits(struct stock_forms *forms, const char *digits, size_t n)
{
    for (size_t first = 1; first <= 2; first++) {
        for (size_t second = 1; second <= 2; second++) {
            size_t both = first + second;
            if (n == both || n == both + 2 || n == both + 4)
                add_pair(forms, digits, first, second);
            if (n == both + 4)
                add_pair(forms, digits + 4, first, second);
        }
        unsigned month = value_of(digits, first);
        if ((n == first + 2 || n == first + 4) && month >= 1 && month <= 12)
            add(forms, "@%02u/%02u", month, value_of(digits + n - 2, 2));
    }
}

/* "10MAR", "MAR10", "3MAR2025": digits, a month's name, digits. */
static void add_day_named(struct stock_forms *forms, const char *norm, size_t n)
{
    size_t front = strspn(norm, "0123456789");
    size_t back = n;
    while (back > front && is_digit(norm[back - 1]))
        back--;
    size_t behind = n - back;
    unsigned month = front <= 2 && behind <= 6 ? pn_month(norm + front, back - front) : 0;
    if (month == 0)
        return;
    if (front > 0)
        add_day_of(forms, value_of(norm, front), month);
    else if (behind <= 2)
        add_day_of(forms, value_of(norm + back, behind), month);
    for (size_t day = 1; front == 0 && day <= 2; day++) /* and a year behind the day */
        if (behind == day + 2 || behind == day + 4)
            add_day_of(forms, value_of(norm + back, day), month);
    if (behind == 2 || behind == 4)
        add(forms, "@%02u/%02u", month, value_of(norm + n - 2, 2));
}

void stock_item_forms(const char *pn_norm, struct stock_forms *forms)
{
    size_t n = strlen(pn_norm);
    char digits[PN_BYTES];
    forms->n = 0;
    add(forms, "=%s", pn_norm);
    only_digits(pn_norm, n, digits);
    add(forms, "!%s", digits);
    if (is_digit(pn_norm[0]))
        add_number(forms, pn_norm, n);
    if (strlen(digits) == n && n <= 8 && n >= 2)
        add_day_digits(forms, pn_norm, n);
    else
        add_day_named(forms, pn_norm, n);
}

bool stock_identity_may_be(const struct stock_ident *ident, const struct table_row *row, const char *pn_norm)
{
    struct stock_forms of_row, of_item;
    stock_row_forms(ident, row, &of_row);
    stock_item_forms(pn_norm, &of_item);
    for (unsigned i = 0; i < of_row.n; i++)
        for (unsigned j = 0; j < of_item.n; j++)
            if (of_row.hash[i] == of_item.hash[j])
                return true;
    return false;
}
