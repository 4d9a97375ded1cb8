/* From the bytes of a part to checked UTF-8. */
#include "handlers/sheet/xlsx/xml_source.h"

#include <stdlib.h>

enum { RAW_SIZE = 16 << 10 };

static int malformed(struct sheet_error *err, const char *what)
{
    return sheet_refuse(err, "xml-malformed", "The workbook is damaged (%s). Save it again as .xlsx.", what);
}

/* A byte order mark shows the encoding; without one, the zero byte beside the first '<' does. */
static size_t detect(struct xml_source *s, const unsigned char *p, size_t n)
{
    s->encoding = XML_ENC_UTF8;
    if (n >= 2 && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == 0xfe && p[1] == 0xff))) {
        s->encoding = p[0] == 0xff ? XML_ENC_UTF16LE : XML_ENC_UTF16BE;
        return 2;
    }
    if (n >= 2 && (p[0] == 0 || p[1] == 0)) {
        s->encoding = p[0] == 0 ? XML_ENC_UTF16BE : XML_ENC_UTF16LE;
        return 0;
    }
    return n >= 3 && p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf ? 3 : 0;
}

/* Reads until at least `least` bytes are there or the source ends. */
static ssize_t read_at_least(struct xml_source *s, unsigned char *buf, size_t size, size_t least,
                             struct sheet_error *err)
{
    size_t n = 0;

    while (n < least && !s->ended) {
        ssize_t got = s->read(s->ctx, buf + n, size - n, err);
        if (got < 0)
            return -1;
        s->ended = got == 0;
        n += (size_t)got;
    }
    return (ssize_t)n;
}

/* The first bytes show the encoding. They are kept as if they were the tail of an earlier block. */
static int begin(struct xml_source *s, struct sheet_error *err)
{
    unsigned char head[4];
    ssize_t n = read_at_least(s, head, sizeof head, sizeof head, err);

    if (n < 0)
        return -1;
    size_t mark = detect(s, head, (size_t)n);
    s->n_tail = (size_t)n - mark;
    memcpy(s->tail, head + mark, s->n_tail);
    if (s->encoding != XML_ENC_UTF8)
        s->raw = xalloc(RAW_SIZE);
    return 0;
}

static ssize_t read_utf8(struct xml_source *s, char *buf, size_t size, struct sheet_error *err)
{
    unsigned char *to = (unsigned char *)buf;

    memcpy(to, s->tail, s->n_tail);
    ssize_t got = read_at_least(s, to + s->n_tail, size - s->n_tail, 1, err);
    if (got < 0)
        return -1;
    size_t n = s->n_tail + (size_t)got;
    bool cut = false;
    size_t good = utf8_check(to, n, &cut);
    if (good < n && (!cut || s->ended))
        return malformed(err, "text that is not UTF-8, or a control character");
    s->n_tail = n - good;
    memcpy(s->tail, to + good, s->n_tail);
    if (good == 0 && !s->ended)
        return read_utf8(s, buf, size, err); /* only a part of a character: at most three times */
    return (ssize_t)good;
}

static bool allowed(uint32_t code)
{
    if (code < 0x20)
        return code == '\t' || code == '\n' || code == '\r';
    return code != 0xfffe && code != 0xffff;
}

/* Handles one UTF-16 unit. Returns the bytes written to `to`, or -1. */
static int put_unit(struct xml_source *s, uint32_t unit, char *to)
{
    if (s->high != 0) {
        if (unit < 0xdc00 || unit > 0xdfff)
            return -1;
        uint32_t code = 0x10000 + ((s->high - 0xd800) << 10) + (unit - 0xdc00);
        s->high = 0;
        return (int)utf8_put(to, code);
    }
    if (unit >= 0xd800 && unit < 0xdc00) {
        s->high = unit;
        return 0;
    }
    if ((unit >= 0xdc00 && unit < 0xe000) || !allowed(unit))
        return -1;
    return (int)utf8_put(to, unit);
}

static ssize_t read_utf16(struct xml_source *s, char *buf, size_t size, struct sheet_error *err)
{
    size_t want = size / 2 < RAW_SIZE ? size / 2 : RAW_SIZE; /* two bytes become at most three */

    memcpy(s->raw, s->tail, s->n_tail);
    ssize_t got = read_at_least(s, s->raw + s->n_tail, want - s->n_tail, 4, err);
    if (got < 0)
        return -1;
    size_t n = s->n_tail + (size_t)got, out = 0;
    int high = s->encoding == XML_ENC_UTF16LE;
    for (size_t i = 0; i + 1 < n; i += 2) {
        int put = put_unit(s, (uint32_t)s->raw[i + (size_t)high] << 8 | s->raw[i + (size_t)!high], buf + out);
        if (put < 0)
            return malformed(err, "text that is not UTF-16, or a control character");
        out += (size_t)put;
    }
    s->n_tail = n & 1;
    if (s->n_tail != 0)
        s->tail[0] = s->raw[n - 1];
    if (s->ended && (s->n_tail != 0 || s->high != 0))
        return malformed(err, "text that ends within a character");
    return (ssize_t)out;
}

ssize_t xml_source_read(struct xml_source *s, char *buf, size_t size, struct sheet_error *err)
{
    if (s->encoding == XML_ENC_UNKNOWN && begin(s, err) < 0)
        return -1;
    return s->encoding == XML_ENC_UTF8 ? read_utf8(s, buf, size, err) : read_utf16(s, buf, size, err);
}

void xml_source_fini(struct xml_source *s)
{
    free(s->raw);
    s->raw = NULL;
}
