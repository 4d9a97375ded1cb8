/* Rendering of log lines: escaping, cutting, the four styles. */
#include "base/log_line.h"

#include "base/hex.h"
#include "base/time_text.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Room for the "…" of a cut line, the end of a JSON object and the newline. */
#define TAIL_ROOM 16
/* Longest value of a field, escaped: the longest of all five leave 400 bytes for the message. */
#define VALUE_MAX 250
#define TAIL_MAX  (LOG_LINE_MAX - 500)
_Static_assert(5 * (VALUE_MAX + 24) + 100 < TAIL_MAX, "no field is left out because others are long");

struct out {
    char *text;
    size_t len, limit;
    bool cut;
};

static void put(struct out *out, const char *text, size_t len)
{
    if (out->cut || out->len + len > out->limit) {
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

static void end_cut(struct out *out)
{
    if (!out->cut)
        return;
    memcpy(out->text + out->len, "…", 3);
    out->len += 3;
}

/* ---- What the line is about ---- */

/* A value that is too long is cut; what follows it is not. */
static void put_value(struct out *out, const char *text, bool json)
{
    size_t limit = out->limit;

    out->limit = out->len + VALUE_MAX;
    put_escaped(out, text, json);
    out->limit = limit;
    end_cut(out);
    out->cut = false;
}

/* ` name="value"` or `,"name":"value"`. A text value is quoted, and escaped as in JSON, if it could be taken for
 * several. */
static void put_field(struct out *out, bool json, const char *name, const char *value)
{
    bool quoted = json || value[strcspn(value, " \"=\\")] != '\0';

    put_text(out, json ? ",\"" : " ");
    put_text(out, name);
    put_text(out, json ? "\":" : "=");
    put_text(out, quoted ? "\"" : "");
    put_value(out, value, quoted);
    put_text(out, quoted ? "\"" : "");
}

static void put_number(struct out *out, bool json, const char *name, const char *digits)
{
    put_text(out, json ? ",\"" : " ");
    put_text(out, name);
    put_text(out, json ? "\":" : "=");
    put_text(out, digits);
}

static void put_answer(struct out *out, bool json, const struct log_about *about)
{
    char digits[24];

    put_field(out, json, "method", about->method);
    put_field(out, json, "path", about->path);
    snprintf(digits, sizeof digits, "%d", about->status);
    put_number(out, json, "status", digits);
    snprintf(digits, sizeof digits, "%" PRIu64, about->bytes);
    put_number(out, json, "bytes", digits);
}

/* All but the task, which is told before the message. */
static void put_about(struct out *out, bool json, const struct log_about *about)
{
    char digits[32];

    if (about->method)
        put_answer(out, json, about);
    if (about->request && about->request[0])
        put_field(out, json, "request", about->request);
    if (about->client && about->client[0])
        put_field(out, json, "client", about->client);
    if (about->traceparent && about->traceparent[0])
        put_field(out, json, "traceparent", about->traceparent);
    if (about->duration_us > 0) {
        snprintf(digits, sizeof digits, "%" PRId64 ".%03d", about->duration_us / 1000,
                 (int)(about->duration_us % 1000));
        put_number(out, json, "duration_ms", digits);
    }
}

/* ---- Lines ---- */

static void put_task(struct out *out, const struct log_about *about, const char *before, const char *after)
{
    if (!about || !about->task)
        return;
    put_text(out, before);
    put_uuid(out, about->task);
    put_text(out, after);
}

/* The message gets what the fields behind it leave. */
static void put_message(struct out *out, const struct log_event *event)
{
    char tail[TAIL_MAX];
    struct out fields = {.text = tail, .limit = sizeof tail - TAIL_ROOM};

    if (event->about)
        put_about(&fields, false, event->about);
    out->limit -= fields.len;
    put_escaped(out, event->message, false);
    end_cut(out);
    memcpy(out->text + out->len, tail, fields.len);
    out->len += fields.len;
}

static void render_text(struct out *out, enum log_style style, const struct log_event *event)
{
    char head[80];

    if (style == LOG_STYLE_JOURNAL) {
        snprintf(head, sizeof head, "<%d>", (int)event->level);
    } else {
        put_time(out, event->wall_ms, style == LOG_STYLE_FILE);
        snprintf(head, sizeof head, " %-5s ", log_level_name(event->level));
    }
    put_text(out, head);
    snprintf(head, sizeof head, "%.40s[%d]: ", event->role, (int)event->pid);
    put_text(out, head);
    put_task(out, event->about, "task ", ": ");
    put_message(out, event);
}

static void render_json(struct out *out, const struct log_event *event)
{
    char text[160];

    put_text(out, "{\"time\":\"");
    put_time(out, event->wall_ms, true);
    snprintf(text, sizeof text, "\",\"level\":\"%s\",\"role\":\"%.40s\",\"pid\":%d", log_level_name(event->level),
             event->role, (int)event->pid);
    put_text(out, text);
    put_task(out, event->about, ",\"task\":\"", "\"");
    if (event->about)
        put_about(out, true, event->about);
    put_text(out, ",\"message\":\"");
    put_escaped(out, event->message, true);
    end_cut(out);
    memcpy(out->text + out->len, "\"}", 2);
    out->len += 2;
}

size_t log_line_render(char text[LOG_LINE_MAX], enum log_style style, const struct log_event *event)
{
    struct out out = {.text = text, .limit = LOG_LINE_MAX - TAIL_ROOM};

    if (style == LOG_STYLE_JSON)
        render_json(&out, event);
    else
        render_text(&out, style, event);
    text[out.len++] = '\n';
    return out.len;
}
