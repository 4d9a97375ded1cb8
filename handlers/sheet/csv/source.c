/* The text of a CSV file as blocks of UTF-8. */
#include "handlers/sheet/csv/encoding.h"

#include "base/bytes.h"
#include "base/utf8.h"
#include "handlers/sheet/grid/code_page.h"

#include <stdlib.h>

enum { BLOCK = 64 << 10, ROOM = 3 * BLOCK };

void csv_source_init(struct csv_source *source, const struct sheet_input *input, enum csv_encoding encoding,
                     struct sheet_error *err)
{
    *source = (struct csv_source){.input = input, .err = err, .encoding = encoding};
    source->raw = xalloc(BLOCK);
    source->text = encoding == CSV_UTF8 ? NULL : xalloc(ROOM);
    source->at = encoding == CSV_UTF16LE || encoding == CSV_UTF16BE ? 2 : 0;
}

void csv_source_fini(struct csv_source *source)
{
    free(source->raw);
    free(source->text);
}

/* Returns the length without the beginning of a character that is cut off by the end. */
static size_t whole_characters(const unsigned char *text, size_t n)
{
    for (size_t k = 1; k <= 3 && k <= n; k++) {
        unsigned char c = text[n - k];
        size_t len = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
        if ((c & 0xc0) != 0x80)
            return len > k ? n - k : n;
    }
    return n;
}

static size_t from_1251(const unsigned char *raw, size_t n, char *to)
{
    const uint16_t *page = code_page(1251);
    char *p = to;

    for (size_t i = 0; i < n; i++)
        if (raw[i] < 0x80)
            *p++ = (char)raw[i];
        else
            p += code_page_put(page, raw[i], p);
    return (size_t)(p - to);
}

/* Is it a character that may stand in a text? */
static bool is_text(uint32_t code)
{
    return (code >= ' ' || code == '\t' || code == '\n' || code == '\r') && code != 0xfffe && code != 0xffff;
}

static bool is_high(uint32_t unit)
{
    return unit >= 0xd800 && unit < 0xdc00;
}

static bool is_low(uint32_t unit)
{
    return unit >= 0xdc00 && unit < 0xe000;
}

static uint32_t unit_at(const unsigned char *p, bool little)
{
    return little ? get16(p) : (uint32_t)(p[0] << 8 | p[1]);
}

size_t csv_from_utf16(const unsigned char *from, size_t units, bool little, char *to, size_t *used, bool *bad)
{
    size_t made = 0, i = 0;

    *bad = false;
    for (; i < units; i++) {
        uint32_t code = unit_at(from + 2 * i, little);
        if (is_high(code) && i + 1 == units)
            break;
        if (is_high(code)) {
            uint32_t low = unit_at(from + 2 * i + 2, little);
            *bad = !is_low(low);
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            i += !*bad;
        }
        if (*bad || is_low(code) || !is_text(code)) {
            *bad = true;
            break;
        }
        made += utf8_encode(code, to + made);
    }
    *used = i;
    return made;
}

/* Decodes n bytes that were read. Sets *used to the bytes taken. */
static size_t decode(struct csv_source *source, size_t n, const char **text, size_t *used)
{
    size_t made, units;
    bool bad, little = source->encoding == CSV_UTF16LE;

    *text = source->text;
    *used = n;
    switch (source->encoding) {
    case CSV_UTF8:
        *text = (const char *)source->raw;
        *used = source->at + n < source->input->length ? whole_characters(source->raw, n) : n;
        return *used;
    case CSV_CP1251:
        return from_1251(source->raw, n, source->text);
    case CSV_UTF16LE:
    case CSV_UTF16BE:
        made = csv_from_utf16(source->raw, n / 2, little, source->text, &units, &bad);
        *used = 2 * units;
        return made;
    }
    return 0;
}

ssize_t csv_source_read(struct csv_source *source, const char **text)
{
    uint64_t rest = source->input->length - source->at;
    size_t n = rest < BLOCK ? (size_t)rest : BLOCK, used;

    if (n == 0)
        return 0;
    if (input_read(source->input, source->at, source->raw, n, source->err) < 0)
        return -1;
    bool first = source->at == 0;
    size_t made = decode(source, n, text, &used);
    if (used == 0) /* the encoding was checked: the file has changed since */
        return sheet_refuse(source->err, "io", "The file cannot be read: it changes. Send it again.");
    source->at += used;
    if (first && made >= 3 && memcmp(*text, "\xef\xbb\xbf", 3) == 0) {
        *text += 3;
        made -= 3;
        return made > 0 ? (ssize_t)made : csv_source_read(source, text);
    }
    return (ssize_t)made;
}
