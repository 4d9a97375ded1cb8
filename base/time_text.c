/* Moments as text and back. */
#include "base/time_text.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#define FIRST INT64_C(-62167219200000) /* 0000-01-01T00:00:00.000Z */

static char *put_digits(char *to, int value, int n)
{
    for (int i = n - 1; i >= 0; i--, value /= 10)
        to[i] = (char)('0' + value % 10);
    return to + n;
}

void time_text(int64_t ms, char out[TIME_TEXT_SIZE])
{
    ms = ms < FIRST ? FIRST : ms > TIME_TEXT_LAST ? TIME_TEXT_LAST : ms;
    int rest = (int)(ms % 1000 + 1000) % 1000;
    time_t seconds = (time_t)((ms - rest) / 1000);
    struct tm utc;
    struct tm *known = gmtime_r(&seconds, &utc);
    assert(known == &utc);
    (void)known;

    char *to = put_digits(out, utc.tm_year + 1900, 4);
    *to++ = '-';
    to = put_digits(to, utc.tm_mon + 1, 2);
    *to++ = '-';
    to = put_digits(to, utc.tm_mday, 2);
    *to++ = 'T';
    to = put_digits(to, utc.tm_hour, 2);
    *to++ = ':';
    to = put_digits(to, utc.tm_min, 2);
    *to++ = ':';
    to = put_digits(to, utc.tm_sec, 2);
    *to++ = '.';
    to = put_digits(to, rest, 3);
    memcpy(to, "Z", 2);
}

/* Returns the value of exactly two digits, or -1. */
static int two_digits(const char *p)
{
    return p[0] >= '0' && p[0] <= '9' && p[1] >= '0' && p[1] <= '9' ? (p[0] - '0') * 10 + p[1] - '0' : -1;
}

/* Reads ".5" or ".123456" as milliseconds; further digits are cut off. Moves *p behind it. Returns 0 if there is no
 * point, -1 for a point without a digit. */
static int parse_fraction(const char **p)
{
    int ms = 0, weight = 100;

    if (**p != '.')
        return 0;
    if (*++*p < '0' || **p > '9')
        return -1;
    for (; **p >= '0' && **p <= '9'; ++*p, weight /= 10)
        ms += (**p - '0') * weight;
    return ms;
}

/* Reads "Z" or "+03:00", which must end the text, as minutes. */
static bool parse_offset(const char *p, int *minutes)
{
    *minutes = 0;
    if (strcmp(p, "Z") == 0 || strcmp(p, "z") == 0)
        return true;
    if ((p[0] != '+' && p[0] != '-' && p[0] != ' ') || strlen(p) != 6 || p[3] != ':')
        return false;
    int hours = two_digits(p + 1), rest = two_digits(p + 4);
    *minutes = (hours * 60 + rest) * (p[0] == '-' ? -1 : 1);
    return hours >= 0 && hours <= 23 && rest >= 0 && rest <= 59;
}

/* timegm() turns the 30th of February into a day of March: a day that comes back changed does not exist. */
static bool parse_day(const char *p, struct tm *day)
{
    int century = two_digits(p), year = century < 0 ? -1 : two_digits(p + 2);

    if (year < 0 || p[4] != '-' || two_digits(p + 5) < 0 || p[7] != '-' || two_digits(p + 8) < 0)
        return false;
    *day = (struct tm){
        .tm_year = century * 100 + year - 1900, .tm_mon = two_digits(p + 5) - 1, .tm_mday = two_digits(p + 8)};
    struct tm real = *day;
    return day->tm_year >= 70 && timegm(&real) >= 0 && real.tm_mon == day->tm_mon && real.tm_mday == day->tm_mday;
}

static bool parse_clock(const char *p, struct tm *moment)
{
    if (two_digits(p) < 0 || p[2] != ':' || two_digits(p + 3) < 0 || p[5] != ':' || two_digits(p + 6) < 0)
        return false;
    moment->tm_hour = two_digits(p);
    moment->tm_min = two_digits(p + 3);
    moment->tm_sec = two_digits(p + 6);
    return moment->tm_hour <= 23 && moment->tm_min <= 59 && moment->tm_sec <= 60;
}

bool time_parse(const char *text, int64_t *ms)
{
    struct tm moment;
    int fraction = 0, minutes = 0;
    size_t len = strlen(text);

    if (len < TIME_TEXT_DAY || !parse_day(text, &moment))
        return false;
    if (len > TIME_TEXT_DAY) {
        const char *rest = text + 19;
        if (len < 20 || (text[10] != 'T' && text[10] != 't' && text[10] != ' ') || !parse_clock(text + 11, &moment) ||
            (fraction = parse_fraction(&rest)) < 0 || !parse_offset(rest, &minutes))
            return false;
    }
    *ms = ((int64_t)timegm(&moment) - 60 * (int64_t)minutes) * 1000 + fraction;
    return *ms <= TIME_TEXT_LAST;
}
