/* The shared strings, decoded once into one arena of bytes. */
#include "handlers/sheet/xlsx/xlsx.h"

#include <stdlib.h>

struct reading {
    struct strings *strings;
    const struct sheet_limits *limits;
    struct sheet_error *err;
    struct bytes raw; /* the item's characters, still with escapes */
    unsigned depth;
    unsigned phonetic; /* depth of the skipped rPh element, or 0 */
    unsigned text;     /* depth of the t that is being read, or 0 */
    bool item;         /* inside si */
};

/* One and a half times as much, but not beyond the limit: the parser's memory is limited too. */
static size_t next_cap(size_t cap, size_t needed, size_t most)
{
    cap += cap / 2 + 1024;
    if (cap > most)
        cap = most;
    return cap > needed ? cap : needed;
}

static void reserve_text(struct bytes *arena, size_t n, size_t most)
{
    if (arena->cap - arena->len >= n)
        return;
    arena->cap = next_cap(arena->cap, arena->len + n, most);
    arena->data = xrealloc(arena->data, arena->cap);
}

static int add_end(struct reading *r)
{
    struct strings *s = r->strings;
    size_t most = (size_t)r->limits->max_strings;

    if (s->arena.len + (s->n + 1) * sizeof *s->ends > most || s->arena.len > UINT32_MAX)
        return sheet_refuse(r->err, "limit-text",
                            "The workbook holds more than %zu MiB of different texts. Split it and send the parts.",
                            most >> 20);
    if (s->n == s->cap) {
        s->cap = next_cap(s->cap, s->n + 1, most / sizeof *s->ends);
        s->ends = xrealloc(s->ends, s->cap * sizeof *s->ends);
    }
    s->ends[s->n++] = (uint32_t)s->arena.len;
    return 0;
}

static int end_item(struct reading *r)
{
    struct strings *s = r->strings;
    size_t from = s->arena.len;

    r->item = false;
    reserve_text(&s->arena, r->raw.len, (size_t)r->limits->max_strings);
    text_unescape(r->raw.data, r->raw.len, &s->arena);
    r->raw.len = 0;
    if (text_check(s->arena.data + from, s->arena.len - from, r->limits, r->err) < 0)
        return -1;
    return add_end(r);
}

static int on_start(struct reading *r, const struct xml_token *token)
{
    r->depth++;
    if (r->depth == 1 && !XML_IS(token, "sst"))
        return sheet_refuse(
            r->err, "xml-malformed",
            "The workbook is damaged (no table of shared strings in its part). Save it again as .xlsx.");
    if (r->depth == 2)
        r->item = XML_IS(token, "si");
    else if (r->item && r->phonetic == 0 && r->text == 0) {
        if (XML_IS(token, "rPh"))
            r->phonetic = r->depth;
        else if (XML_IS(token, "t"))
            r->text = r->depth;
    }
    return 0;
}

static int on_end(struct reading *r)
{
    if (r->text == r->depth)
        r->text = 0;
    if (r->phonetic == r->depth)
        r->phonetic = 0;
    r->depth--;
    return r->depth == 1 && r->item ? end_item(r) : 0;
}

static int on_text(struct reading *r, const struct xml_token *token)
{
    if (r->text == 0 || r->text != r->depth)
        return 0;
    xml_text_add(token, &r->raw);
    if (r->raw.len > text_raw_max(r->limits))
        return text_check(r->raw.data, r->raw.len, r->limits, r->err);
    return 0;
}

static int on_leaf(struct reading *r, const struct xml_token *token)
{
    int rc = on_start(r, token);

    if (rc == 0)
        rc = on_text(r, token);
    if (rc == 0)
        rc = on_end(r);
    return rc == 0 && token->closed ? on_end(r) : rc;
}

static int read_all(struct reading *r, struct xml *xml)
{
    struct xml_token token = {0};

    for (;;) {
        int rc = 0;
        switch (xml_next(xml, &token)) {
        case XML_START:
            rc = on_start(r, &token);
            break;
        case XML_END:
            rc = on_end(r);
            break;
        case XML_TEXT:
            rc = on_text(r, &token);
            break;
        case XML_LEAF:
            rc = on_leaf(r, &token);
            break;
        case XML_DONE:
            return 0;
        case XML_FAILED:
            return -1;
        }
        if (rc < 0)
            return rc;
    }
}

int strings_read(struct zip *zip, const struct zip_entry *entry, struct strings *strings, struct sheet_error *err)
{
    struct zip_part *part = zip_part_open(zip, entry, true, err);

    if (!part)
        return -1;
    struct reading reading = {.strings = strings, .limits = zip->limits, .err = err};
    struct xml *xml = xml_new(part_source, part, err);
    bytes_reserve(&strings->arena, 1); /* empty strings need a place to point to as well */
    int rc = read_all(&reading, xml);
    xml_free(&xml);
    if (rc < 0)
        zip_part_blame(part, err);
    zip_part_close(&part);
    bytes_free(&reading.raw);
    return rc;
}

void strings_free(struct strings *strings)
{
    bytes_free(&strings->arena);
    free(strings->ends);
    *strings = (struct strings){0};
}
