/* Rendering of log lines: escaping, cutting, the four styles. */
#include "base/log_line.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Room kept for the mark of a cut, the closing of a JSON object and the newline. */
#define TAIL_ROOM 16

struct out {
    char *text;
    size_t len;
    bool cut;
};

static void put(struct out *out, const char *text, size_t len)
{
    if (out->cut || out->len + len > LOG_LINE_MAX - TAIL_ROOM) {
        out->cut = true;
        return;
    }
    memcpy(out->text + out->len, text, len);
    out->len += len;
}

static void put_text(struct out *out, const char *text)
{
    put(out, text, strlen(text));
}

/* Length of the well-formed UTF-8 sequence at s, 0 when there is none (overlong forms, surrogates and values above
 * U+10FFFF are not well-formed). */
static size_t utf8_length(const unsigned char *s)
{
    if (s[0] < 0x80)
        return 1;
    if (s[0] >= 0xc2 && s[0] <= 0xdf)
        return (s[1] & 0xc0) == 0x80 ? 2 : 0;
    if (s[0] >= 0xe0 && s[0] <= 0xef) {
        unsigned char low = s[0] == 0xe0 ? 0xa0 : 0x80, high = s[0] == 0xed ? 0x9f : 0xbf;
        return s[1] >= low && s[1] <= high && (s[2] & 0xc0) == 0x80 ? 3 : 0;
    }
    if (s[0] >= 0xf0 && s[0] <= 0xf4) {
        unsigned char low = s[0] == 0xf0 ? 0x90 : 0x80, high = s[0] == 0xf4 ? 0x8f : 0xbf;
        return s[1] >= low && s[1] <= high && (s[2] & 0xc0) == 0x80 && (s[3] & 0xc0) == 0x80 ? 4 : 0;
    }
    return 0;
}

/* U+0080-U+009F are control characters that some terminals obey. */
static bool is_control(const unsigned char *s, size_t len)
{
    return (len == 1 && (s[0] < 0x20 || s[0] == 0x7f)) || (len == 2 && s[0] == 0xc2 && s[1] < 0xa0);
}

static void put_escaped_byte(struct out *out, unsigned char byte, bool json)
{
    char text[8];

    if (json && byte >= 0x80)
        snprintf(text, sizeof text, "\\ufffd");
    else if (json)
        snprintf(text, sizeof text, "\\u%04x", byte);
    else
        snprintf(text, sizeof text, "\\x%02x", byte);
    put_text(out, text);
}

static void put_escaped(struct out *out, const char *text, bool json)
{
    const unsigned char *s = (const unsigned char *)text;
    const unsigned char *end = s + strnlen(text, LOG_MESSAGE_MAX);

    while (s < end && !out->cut) {
        size_t len = utf8_length(s); /* never reads past the terminator: it is no continuation byte */
        if (json && (*s == '"' || *s == '\\')) {
            put(out, (const char[]){'\\', (char)*s}, 2);
            s++;
        } else if (len == 0 || is_control(s, len)) {
            put_escaped_byte(out, *s, json);
            s++;
            while (len > 1 && --len > 0) /* the rest of an encoded C1 control */
                put_escaped_byte(out, *s++, json);
        } else {
            put(out, (const char *)s, len);
            s += len;
        }
    }
    if (*end != '\0' && s >= end)
        out->cut = true;
}

static void put_time(struct out *out, int64_t wall_ms, const char *format)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;
    char date[40], text[48];

    gmtime_r(&seconds, &tm);
    if (format[0] == 'T')
        strftime(date, sizeof date, "%H:%M:%S", &tm);
    else
        strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text, sizeof text, "%s.%03d", date, (int)(wall_ms % 1000));
    put_text(out, text);
}

static void put_uuid(struct out *out, const uint8_t id[16])
{
    static const char hex[] = "0123456789abcdef";
    char text[36];
    size_t at = 0;

    for (unsigned i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text[at++] = '-';
        text[at++] = hex[id[i] >> 4];
        text[at++] = hex[id[i] & 15];
    }
    put(out, text, sizeof text);
}

const char *log_level_name(enum log_level level)
{
    switch (level) {
    case LOG_LEVEL_ERROR:
        return "error";
    case LOG_LEVEL_WARN:
        return "warn";
    case LOG_LEVEL_INFO:
        return "info";
    case LOG_LEVEL_DEBUG:
        return "debug";
    }
    return "info";
}

static void render_text(struct out *out, enum log_style style, const struct log_event *event)
{
    char head[80];

    if (style != LOG_STYLE_TERMINAL) {
        snprintf(head, sizeof head, "<%d>", (int)event->level);
        put_text(out, head);
    }
    if (style == LOG_STYLE_FILE) {
        put_time(out, event->wall_ms, "D");
        put_text(out, "Z ");
    } else if (style == LOG_STYLE_TERMINAL) {
        put_time(out, event->wall_ms, "T");
        snprintf(head, sizeof head, " %-5s ", log_level_name(event->level));
        put_text(out, head);
    }
    snprintf(head, sizeof head, "%.40s[%d]: ", event->role, (int)event->pid);
    put_text(out, head);
    if (event->task) {
        put_text(out, "task ");
        put_uuid(out, event->task);
        put_text(out, ": ");
    }
    put_escaped(out, event->message, false);
    if (out->cut) {
        memcpy(out->text + out->len, "…", 3);
        out->len += 3;
    }
}

static void render_json(struct out *out, const struct log_event *event)
{
    char text[160];

    put_text(out, "{\"time\":\"");
    put_time(out, event->wall_ms, "D");
    snprintf(text, sizeof text, "Z\",\"level\":\"%s\",\"role\":\"%.40s\",\"pid\":%d", log_level_name(event->level),
             event->role, (int)event->pid);
    put_text(out, text);
    if (event->task) {
        put_text(out, ",\"task\":\"");
        put_uuid(out, event->task);
        put_text(out, "\"");
    }
    put_text(out, ",\"message\":\"");
    put_escaped(out, event->message, true);
    if (out->cut) {
        memcpy(out->text + out->len, "…", 3);
        out->len += 3;
    }
    memcpy(out->text + out->len, "\"}", 2);
    out->len += 2;
}

size_t log_line_render(char text[LOG_LINE_MAX], enum log_style style, const struct log_event *event)
{
    struct out out = {.text = text};

    if (style == LOG_STYLE_JSON)
        render_json(&out, event);
    else
        render_text(&out, style, event);
    text[out.len++] = '\n';
    return out.len;
}
