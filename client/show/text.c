/* Texts for a terminal. */
#include "client/show/text.h"

#include "base/time_text.h"
#include "base/utf8.h"
#include "client/show/screen.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <wchar.h>

#define REPLACEMENT 0xFFFD

/* Marks, embeddings, overrides and isolates that change the direction, and what ends a line. */
static bool disturbs(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || cp == 0x200E || cp == 0x200F || (cp >= 0x2028 && cp <= 0x202E) ||
           (cp >= 0x2066 && cp <= 0x2069) || cp == 0x61C || cp == 0xFEFF;
}

static uint32_t shown(uint32_t cp)
{
    if (cp == '\n' || cp == '\r' || cp == '\t')
        return ' ';
    if (cp == UTF8_BAD || disturbs(cp))
        cp = REPLACEMENT;
    if (cp < 0x80 || screen_utf8())
        return cp;
    return cp == 0xA0 || cp == 0x202F ? ' ' : '?';
}

void text_add(struct bytes *out, const char *text)
{
    size_t n = strlen(text), length;
    for (size_t at = 0; at < n; at += length)
        bytes_add_code(out, shown(utf8_decode(text + at, n - at, &length)));
}

char *text_format(const char *format, va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, format, args) < 0)
        no_memory();
    return text;
}

void text_addf(struct bytes *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = text_format(format, args);
    va_end(args);
    bytes_add(out, text, strlen(text));
    free(text);
}

static unsigned width_of(uint32_t cp)
{
    int width = wcwidth((wchar_t)cp);
    return width < 0 ? 1 : (unsigned)width;
}

unsigned text_width(const char *text)
{
    unsigned width = 0;
    size_t n = strlen(text), length;
    for (size_t at = 0; at < n; at += length) {
        uint32_t cp = utf8_decode(text + at, n - at, &length);
        if (cp == 0x1B) { /* our own colours: ESC [ … m */
            while (at + length < n && text[at + length - 1] != 'm')
                length++;
            continue;
        }
        width += cp == UTF8_BAD ? 1 : width_of(cp);
    }
    return width;
}

/* Where the text has to be cut so that `width` columns are enough. */
static size_t cut_at(const char *text, size_t n, unsigned width)
{
    size_t at = 0, length;
    for (unsigned used = 0; at < n; at += length) {
        uint32_t cp = utf8_decode(text + at, n - at, &length);
        used += cp == UTF8_BAD ? 1 : width_of(cp);
        if (used > width)
            break;
    }
    return at;
}

char *text_clean(const char *text, unsigned width)
{
    struct bytes out = {0};
    text_add(&out, text ? text : "");
    bytes_add_char(&out, '\0');
    if (width > 0 && text_width(out.data) > width) {
        out.len = cut_at(out.data, out.len - 1, width - 1);
        bytes_add(&out, screen_utf8() ? "…" : "~", screen_utf8() ? sizeof "…" - 1 : 1);
        bytes_add_char(&out, '\0');
    }
    return out.data;
}

/* ---- Numbers ---------------------------------------------------------------------------------------------------- */

/* Groups the n digits at `digits` by threes. Returns the length. */
static size_t group(const char *digits, size_t n, char *out)
{
    const char *space = screen_utf8() ? "\xC2\xA0" : " ";
    size_t length = 0;
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0) {
            memcpy(out + length, space, strlen(space));
            length += strlen(space);
        }
        out[length++] = digits[i];
    }
    out[length] = '\0';
    return length;
}

const char *text_count(uint64_t count, char buf[TEXT_COUNT_SIZE])
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%ju", (uintmax_t)count);
    group(digits, (size_t)n, buf);
    return buf;
}

const char *text_decimal(const char *decimal, unsigned digits, char buf[TEXT_COUNT_SIZE])
{
    size_t sign = decimal[0] == '-', whole = strspn(decimal + sign, "0123456789");
    const char *rest = decimal + sign + whole;
    if (whole == 0 || whole > 20 || strlen(rest) > 12) {
        snprintf(buf, TEXT_COUNT_SIZE, "%.20s", decimal);
        return buf;
    }
    buf[0] = '-';
    size_t length = sign + group(decimal + sign, whole, buf + sign), keep = strlen(rest);
    while (keep > 1 + (size_t)digits && rest[keep - 1] == '0')
        keep--;
    if (keep > 1)
        memcpy(buf + length, rest, keep);
    buf[length + (keep > 1 ? keep : 0)] = '\0';
    return buf;
}

/* ---- Times ------------------------------------------------------------------------------------------------------ */

const char *text_seconds(uint64_t seconds, char buf[TEXT_COUNT_SIZE])
{
    unsigned hours = (unsigned)(seconds / 3600), minutes = (unsigned)(seconds / 60 % 60),
             rest = (unsigned)(seconds % 60);
    if (hours)
        snprintf(buf, TEXT_COUNT_SIZE, "%u:%02u:%02u", hours, minutes, rest);
    else
        snprintf(buf, TEXT_COUNT_SIZE, "%u:%02u", minutes, rest);
    return buf;
}

const char *text_moment(const char *moment, char buf[TEXT_COUNT_SIZE])
{
    int64_t ms;
    struct tm then, now;
    if (!moment || !time_parse(moment, &ms)) {
        snprintf(buf, TEXT_COUNT_SIZE, "-");
        return buf;
    }
    time_t at = (time_t)(ms / 1000), today = time(NULL);
    localtime_r(&at, &then);
    localtime_r(&today, &now);
    bool same_day = then.tm_yday == now.tm_yday && then.tm_year == now.tm_year;
    strftime(buf, TEXT_COUNT_SIZE, same_day ? "%H:%M:%S" : "%Y-%m-%d %H:%M", &then);
    return buf;
}
