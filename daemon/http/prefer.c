/* Prefer: respond-async, wait=10; foo="a,b" */
#include "daemon/http/prefer.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

static bool digits(const char *p, size_t n, unsigned *seconds)
{
    unsigned value = 0;

    if (n == 0)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return false;
        unsigned digit = (unsigned)(p[i] - '0');
        value = value > (UINT_MAX - digit) / 10 ? UINT_MAX : value * 10 + digit;
    }
    *seconds = value;
    return true;
}

bool prefer_seconds(const char *text, unsigned *seconds)
{
    return digits(text, strlen(text), seconds);
}

/* Length of the preference at p, up to its comma; one inside a quoted string does not count. */
static size_t preference_length(const char *p)
{
    bool quoted = false;
    size_t n = 0;

    for (; p[n] != '\0' && (quoted || p[n] != ','); n++) {
        if (quoted && p[n] == '\\' && p[n + 1] != '\0')
            n++;
        else if (p[n] == '"')
            quoted = !quoted;
    }
    return n;
}

static size_t blanks(const char *p)
{
    return strspn(p, " \t");
}

/* "wait" = seconds, perhaps quoted, perhaps followed by parameters that mean nothing to us. */
static bool is_wait(const char *p, size_t n, unsigned *seconds)
{
    const char *end = p + n, *value = p + 4;

    if (n < 6 || strncasecmp(p, "wait", 4) != 0)
        return false;
    value += blanks(value);
    if (value >= end || *value != '=')
        return false;
    value++;
    value += blanks(value);
    bool quoted = value < end && *value == '"';
    value += quoted;
    size_t len = value < end ? strspn(value, "0123456789") : 0;
    const char *after = value + len;
    if (quoted && *after++ != '"')
        return false;
    after += blanks(after);
    return (after >= end || *after == ';') && digits(value, len, seconds);
}

bool prefer_wait(const char *header, unsigned *seconds)
{
    if (!header)
        return false;
    for (const char *p = header; *p != '\0';) {
        p += blanks(p);
        size_t n = preference_length(p);
        if (is_wait(p, n, seconds))
            return true;
        p += n + (p[n] == ',');
    }
    return false;
}
