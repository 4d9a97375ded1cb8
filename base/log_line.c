/* Rendering of log lines: escaping, cutting, the four styles. */
#include "base/log_line.h"

#include "base/hex.h"
#include "base/time_text.h"
#include "base/utf8.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Room for the "…" of a cut line, the end of a JSON object and the newline. */
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

/* Length of the character at s, 0 if it is malformed. Never reads past the terminator. */
static size_t utf8_length(const unsigned char *s)
{
    size_t len;

    return utf8_decode((const char *)s, 1 + strnlen((const char *)s + 1, 3), &len) == UTF8_BAD ? 0 : len;
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
        size_t len = utf8_length(s);
        if (json && (*s == '"' || *s == '\\')) {
            put(out, (const char[]){'\\', (char)*s}, 2);
            s++;
        } else if (len == 0 || is_control(s, len)) {
            put_escaped_byte(out, *s, json);
            s++;
            while (len > 1 && --len > 0) /* the other byte of an encoded C1 control character */
                put_escaped_byte(out, *s++, json);
        } else {
            put(out, (const char *)s, len);
            s += len;
        }
    }
    if (*end != '\0' && s >= end)
        out->cut = true;
}

/* Puts the time of day alone, or day and time as "2026-02-05T12:00:00.000Z". */
static void put_time(struct out *out, int64_t wall_ms, bool day)
{
    char text[TIME_TEXT_SIZE];

    time_text(wall_ms, text);
    if (day)
        put_text(out, text);
    else
        put(out, text + TIME_TEXT_DAY + 1, sizeof "12:00:00.000" - 1);
}

static void put_uuid(struct out *out, const uint8_t id[16])
{
    char text[HEX_UUID_SIZE];

    hex_uuid(id, text);
    put_text(out, text);
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
        put_time(out, event->wall_ms, true);
        put_text(out, " ");
    } else if (style == LOG_STYLE_TERMINAL) {
        put_time(out, event->wall_ms, false);
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
    put_time(out, event->wall_ms, true);
    snprintf(text, sizeof text, "\",\"level\":\"%s\",\"role\":\"%.40s\",\"pid\":%d", log_level_name(event->level),
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
