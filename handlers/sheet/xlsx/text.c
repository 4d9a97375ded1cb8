/* Cell texts: the escapes of the format, and its limit of length. */
#include "base/utf8.h"
#include "handlers/sheet/xlsx/xlsx.h"

/* Is "_x" HHHH "_" at p? Returns the unit, or -1. */
static int escape_at(const char *p, const char *end)
{
    int unit = 0;

    if (end - p < 7 || p[0] != '_' || p[1] != 'x' || p[6] != '_')
        return -1;
    for (int i = 2; i < 6; i++) {
        char c = (char)(p[i] | 32);
        if (p[i] >= '0' && p[i] <= '9')
            unit = unit * 16 + (p[i] - '0');
        else if (c >= 'a' && c <= 'f')
            unit = unit * 16 + (c - 'a' + 10);
        else
            return -1;
    }
    return unit;
}

/* Adds the escape at p, and the one behind it if both are a surrogate pair. Returns where it ends. */
static const char *add_escape(const char *p, const char *end, int unit, struct bytes *to)
{
    uint32_t code = (uint32_t)unit;

    p += 7;
    if (code >= 0xd800 && code < 0xdc00) {
        int low = escape_at(p, end);
        if (low >= 0xdc00 && low < 0xe000) {
            code = 0x10000 + ((code - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
            p += 7;
        }
    }
    bytes_add_code(to, code); /* a lone surrogate or U+0000 becomes U+FFFD */
    return p;
}

void text_unescape(const char *text, size_t n, struct bytes *to)
{
    if (n == 0)
        return; /* `text` may be NULL then */
    const char *p = text, *end = text + n;
    while (p < end) {
        const char *mark = memchr(p, '_', (size_t)(end - p));
        if (!mark)
            break;
        int unit = escape_at(mark, end);
        bytes_add(to, p, (size_t)(mark - p) + (unit < 0));
        p = unit < 0 ? mark + 1 : add_escape(mark, end, unit, to);
    }
    bytes_add(to, p, (size_t)(end - p));
}

int text_check(const char *text, size_t n, const struct sheet_limits *limits, struct sheet_error *err)
{
    if (n <= limits->max_text || utf8_units(text, n) <= limits->max_text)
        return 0;
    return sheet_refuse(err, "xml-limit", "A cell holds more than %u characters. Shorten it and send the file again.",
                        limits->max_text);
}
