/* Text checks of the .mxl reader. */
#include "handlers/sheet/mxl/text.h"

#include <string.h>

bool mxl_is_number(const char *s, size_t len)
{
    size_t i = len > 0 && s[0] == '-';
    size_t digits = 0;

    for (; i < len && s[i] >= '0' && s[i] <= '9'; i++)
        digits++;
    if (i < len && s[i] == '.')
        for (i++; i < len && s[i] >= '0' && s[i] <= '9'; i++)
            digits++;
    if (digits == 0 || i == len)
        return digits > 0;
    if (s[i] != 'e' && s[i] != 'E')
        return false;
    i++;
    if (i < len && (s[i] == '-' || s[i] == '+'))
        i++;
    size_t first = i;
    while (i < len && s[i] >= '0' && s[i] <= '9')
        i++;
    return i == len && i > first;
}

static unsigned two(const char *s)
{
    return (unsigned)(s[0] - '0') * 10 + (unsigned)(s[1] - '0');
}

size_t mxl_date_text(const char *s, size_t len, char out[20])
{
    if (len != 14)
        return 0;
    for (size_t i = 0; i < len; i++)
        if (s[i] < '0' || s[i] > '9')
            return 0;
    static const unsigned char days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned month = two(s + 4), day = two(s + 6);
    unsigned year = two(s) * 100 + two(s + 2);
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (month < 1 || month > 12 || day < 1 || day > days[month - 1] || (month == 2 && day == 29 && !leap))
        return 0;
    if (two(s + 8) > 23 || two(s + 10) > 59 || two(s + 12) > 59)
        return 0;
    /* YYYY-MM-DDThh:mm:ss */
    static const char shape[] = "0123-45-67T89:ab:cd";
    for (size_t i = 0; shape[i]; i++) {
        char c = shape[i];
        out[i] = c >= '0' && c <= '9' ? s[c - '0'] : c >= 'a' && c <= 'd' ? s[c - 'a' + 10] : c;
    }
    out[19] = 0;
    return memcmp(s + 8, "000000", 6) == 0 ? 10 : 19;
}
