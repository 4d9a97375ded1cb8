/* Serial day numbers of both date systems, and ISO 8601 texts. */
#include "handlers/sheet/xlsx/numfmt.h"

#include <string.h>

static const int64_t DAY_MS = 86400000;
static const int64_t DAYS_9999_12_31 = 2932896; /* since 1970-01-01 */

static char *two(char *to, uint32_t v)
{
    to[0] = (char)('0' + v / 10);
    to[1] = (char)('0' + v % 10);
    return to + 2;
}

/* Writes the Gregorian date of a day, given as days since 1970-01-01, by counting 400-year eras from 1 March. */
static char *put_day(char *to, int64_t days)
{
    uint32_t z = (uint32_t)(days + 719468);
    uint32_t era = z / 146097, doe = z % 146097;
    uint32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    uint32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    uint32_t mp = (5 * doy + 2) / 153;
    uint32_t month = mp < 10 ? mp + 3 : mp - 9;
    uint32_t year = yoe + era * 400 + (month <= 2);

    to = two(two(to, year / 100), year % 100);
    *to++ = '-';
    to = two(to, month);
    *to++ = '-';
    return two(to, doy - (153 * mp + 2) / 5 + 1);
}

static char *put_time(char *to, uint32_t ms)
{
    to = two(to, ms / 3600000);
    *to++ = ':';
    to = two(to, ms / 60000 % 60);
    *to++ = ':';
    to = two(to, ms / 1000 % 60);
    if (ms % 1000 != 0) {
        *to++ = '.';
        *to++ = (char)('0' + ms % 1000 / 100);
        to = two(to, ms % 100);
    }
    return to;
}

/* Returns the days from 1970-01-01 to day 0 of the system. In the 1900 system day 60 does not exist, and the count
 * before it differs by one. */
static int64_t epoch(int64_t day, bool date1904)
{
    if (date1904)
        return -24107;
    return day < 60 ? -25568 : -25569;
}

size_t date_of_serial(double serial, bool date1904, bool shows_day, char *to)
{
    if (!(serial >= 0) || serial > 3000000)
        return 0;
    int64_t ms = (int64_t)(serial * (double)DAY_MS + 0.5), day = ms / DAY_MS;
    uint32_t time = (uint32_t)(ms % DAY_MS);
    if (day == 0 && !(date1904 && shows_day))
        return (size_t)(put_time(to, time) - to);
    if ((day == 60 && !date1904) || epoch(day, date1904) + day > DAYS_9999_12_31)
        return 0;
    char *p = put_day(to, epoch(day, date1904) + day);
    if (time != 0) {
        *p++ = 'T';
        p = put_time(p, time);
    }
    return (size_t)(p - to);
}

/* Returns the n digits at p as a number, or -1. */
static int field(const char *p, const char *end, int n)
{
    int v = 0;

    if (end - p < n)
        return -1;
    for (int i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return -1;
        v = v * 10 + (p[i] - '0');
    }
    return v;
}

static int month_length(int year, int month)
{
    static const char lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return lengths[month - 1] + (month == 2 && leap);
}

static const char *day_part(const char *p, const char *end)
{
    int year = field(p, end, 4);

    if (year < 0 || end - p < 10 || p[4] != '-' || p[7] != '-')
        return NULL;
    int month = field(p + 5, end, 2), day = field(p + 8, end, 2);
    if (month < 1 || month > 12 || day < 1 || day > month_length(year, month))
        return NULL;
    return p + 10;
}

/* Reads a fraction of a second, rounded to milliseconds; 1000 if it rounds up to a second. */
static const char *fraction(const char *p, const char *end, uint32_t *ms)
{
    uint32_t v = 0, n = 0;

    for (; p < end && *p >= '0' && *p <= '9'; p++, n++) {
        if (n < 3)
            v = v * 10 + (uint32_t)(*p - '0');
        else if (n == 3)
            v += *p >= '5';
    }
    if (n == 0)
        return NULL;
    for (; n < 3; n++)
        v *= 10;
    *ms = v;
    return p;
}

/* hh:mm[:ss[.f]] */
static const char *time_part(const char *p, const char *end, uint32_t *ms)
{
    int h = field(p, end, 2), m = -1, s = 0;

    if (h < 0 || h > 23 || end - p < 5 || p[2] != ':' || (m = field(p + 3, end, 2)) < 0 || m > 59)
        return NULL;
    p += 5;
    uint32_t f = 0;
    if (p < end && *p == ':') {
        s = field(p + 1, end, 2);
        if (s < 0 || s > 59)
            return NULL;
        p += 3;
        if (p < end && (*p == '.' || *p == ',') && !(p = fraction(p + 1, end, &f)))
            return NULL;
    }
    *ms = (uint32_t)(h * 3600 + m * 60 + s) * 1000 + f;
    if (*ms >= DAY_MS)
        *ms = (uint32_t)DAY_MS - 1;
    return p;
}

/* Skips Z or ±hh:mm: a cell has no time zone, the time of day is kept as it is. */
static const char *zone_part(const char *p, const char *end)
{
    if (p < end && *p == 'Z')
        return p + 1;
    if (end - p >= 6 && (*p == '+' || *p == '-') && field(p + 1, end, 2) >= 0 && p[3] == ':' &&
        field(p + 4, end, 2) >= 0)
        return p + 6;
    return p;
}

size_t date_of_iso(const char *text, size_t n, char *to)
{
    const char *p = text, *end = text + n;
    uint32_t ms = 0;
    char *out = to;
    const char *day = day_part(p, end);

    if (day) {
        memcpy(out, p, 10);
        out += 10;
        p = day;
        if (p == end)
            return 10;
        if (*p != 'T' && *p != ' ')
            return 0;
        p++;
    }
    p = time_part(p, end, &ms);
    if (!p || zone_part(p, end) != end)
        return 0;
    if (day && ms != 0)
        *out++ = 'T';
    if (!day || ms != 0)
        out = put_time(out, ms);
    return (size_t)(out - to);
}
