/* Plain dates: the calendar by arithmetic on days, and the forms of dates in cells. */
#include "handlers/values/values.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdio.h>

enum {
    YEAR_MIN = 1000, /* the database's DATE starts here; 1C writes 01.01.0001 for "no date" */
    YEAR_MAX = 9999,
    EPOCH_1900 = -25569, /* serial 0 counted from 1 March 1900 backwards: right for every serial above 60 */
    EPOCH_1904 = -24107,
    SERIAL_BOGUS = 60, /* 29 February 1900, which did not exist */
    SERIAL_MAX = 2958465
};

/* Counts days from 1970-01-01 by years that begin in March: the leap day is the last of its year, so months need no
 * table. */
int64_t value_date_days(struct value_date date)
{
    int64_t year = date.month <= 2 ? date.year - 1 : date.year;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t month = date.month > 2 ? date.month - 3 : date.month + 9;
    int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

struct value_date value_date_from_days(int64_t days)
{
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    struct value_date date;

    date.day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    date.month = (int)(month < 10 ? month + 3 : month - 9);
    date.year = (int)(year_of_era + era * 400 + (date.month <= 2));
    return date;
}

bool value_date_valid(struct value_date date)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (date.year < YEAR_MIN || date.year > YEAR_MAX || date.month < 1 || date.month > 12 || date.day < 1)
        return false;
    bool leap = (date.year % 4 == 0 && date.year % 100 != 0) || date.year % 400 == 0;
    return date.day <= lengths[date.month - 1] + (leap && date.month == 2);
}

int value_date_compare(struct value_date a, struct value_date b)
{
    if (a.year != b.year)
        return a.year < b.year ? -1 : 1;
    if (a.month != b.month)
        return a.month < b.month ? -1 : 1;
    return (a.day > b.day) - (a.day < b.day);
}

void value_date_format(struct value_date date, char *buf)
{
    char text[40];

    snprintf(text, sizeof text, "%04d-%02d-%02d", date.year, date.month, date.day);
    snprintf(buf, 11, "%.10s", text);
}

/* Reads between `min` and `max` digits at *at and moves *at. Returns the value or -1. */
static int take_number(const char *text, size_t n, size_t *at, unsigned min, unsigned max)
{
    int value = 0;
    unsigned digits = 0;

    while (*at < n && text[*at] >= '0' && text[*at] <= '9' && digits < max) {
        value = value * 10 + (text[*at] - '0');
        (*at)++;
        digits++;
    }
    return digits < min ? -1 : value;
}

static bool take_char(const char *text, size_t n, size_t *at, char c)
{
    if (*at >= n || text[*at] != c)
        return false;
    (*at)++;
    return true;
}

/* DD.MM.YYYY and D.M.YY. Two-digit years from 70 on are refused: they could mean 1970 or 2070. */
static bool take_european(const char *text, size_t n, size_t *at, struct value_date *out)
{
    out->day = take_number(text, n, at, 1, 2);
    if (!take_char(text, n, at, '.'))
        return false;
    out->month = take_number(text, n, at, 1, 2);
    if (!take_char(text, n, at, '.'))
        return false;
    size_t start = *at;
    out->year = take_number(text, n, at, 2, 4);
    if (*at - start == 2)
        out->year = out->year < 70 ? 2000 + out->year : -1;
    else if (*at - start != 4)
        return false;
    return true;
}

static bool take_iso(const char *text, size_t n, size_t *at, struct value_date *out)
{
    out->year = take_number(text, n, at, 4, 4);
    if (!take_char(text, n, at, '-'))
        return false;
    out->month = take_number(text, n, at, 2, 2);
    if (!take_char(text, n, at, '-'))
        return false;
    out->day = take_number(text, n, at, 2, 2);
    return true;
}

/* Is the rest after the date empty, or a time of day, which is ignored? */
static bool rest_is_time(const char *text, size_t n)
{
    size_t at = 0;

    if (n == 0)
        return true;
    const char *time = text;
    size_t len = n;
    if (text[0] == 'T') {
        time++;
        len--;
    } else {
        utf8_trim(&time, &len);
        if (len == n)
            return false;
    }
    int hour = take_number(time, len, &at, 1, 2);
    if (hour < 0 || hour > 23 || !take_char(time, len, &at, ':'))
        return false;
    int minute = take_number(time, len, &at, 2, 2);
    int second = 0;
    if (take_char(time, len, &at, ':')) {
        second = take_number(time, len, &at, 2, 2);
        if (second >= 0 && take_char(time, len, &at, '.') && take_number(time, len, &at, 1, 9) < 0)
            return false;
    }
    return at == len && minute >= 0 && minute <= 59 && second >= 0 && second <= 59;
}

int value_date_text(const char *text, size_t n, struct value_date *out)
{
    struct value_date date = {0};
    size_t at = 0;

    *out = date;
    utf8_trim(&text, &n);
    if (!take_iso(text, n, &at, &date)) {
        at = 0;
        if (!take_european(text, n, &at, &date))
            return -EINVAL;
    }
    if (!value_date_valid(date) || !rest_is_time(text + at, n - at))
        return -EINVAL;
    *out = date;
    return 0;
}

int value_date_serial(const char *text, size_t n, bool date1904, struct value_date *out)
{
    dec128 parts; /* in units of 10^-12 day: fine enough that the last millisecond does not round into the next day */

    *out = (struct value_date){0};
    utf8_trim(&text, &n);
    if (dec_parse(text, n, 12, &parts, NULL) != 0 || parts < 0 || parts >= (SERIAL_MAX + 1) * dec_pow10(12))
        return -EINVAL;
    int64_t serial = (int64_t)(parts / dec_pow10(12)); /* the fraction is the time of day */
    if (!date1904 && (serial < 1 || serial == SERIAL_BOGUS))
        return -EINVAL;
    /* The 1900 system counts a 29 February 1900, so days before it are one day further from the epoch. */
    int64_t days = date1904 ? serial + EPOCH_1904 : serial + EPOCH_1900 + (serial < SERIAL_BOGUS);
    struct value_date date = value_date_from_days(days);
    if (!value_date_valid(date))
        return -EINVAL;
    *out = date;
    return 0;
}
