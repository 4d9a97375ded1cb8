/* Merged areas stand behind the data, but a heading needs them first. Therefore a worksheet part is scanned for them
 * before it is read. The scan inflates the part and searches for one letter; only if that could mislead (comments,
 * CDATA, references) is the part tokenised. The scan decides only what sheet() reports. */
#include "handlers/sheet/xlsx/xlsx.h"

#include "handlers/sheet/xlsx/xml_source.h"

#include <stdlib.h>

enum { WINDOW = 64 << 10 };

/* The longest valid reference: "$XFD$1048576". No number in it overflows. */
enum { REFERENCE_MAX = 12 };

int reference_parse(const char *ref, size_t n, uint32_t *row, uint32_t *column)
{
    const char *p = ref, *end = ref + n;
    uint32_t c;
    uint64_t col = 0, value = 0;

    if (n > REFERENCE_MAX)
        return -1;
    p += p < end && *p == '$';
    for (; p < end && (c = ((uint32_t)(unsigned char)*p | 32) - 'a') < 26; p++)
        col = col * 26 + c + 1;
    p += p < end && *p == '$';
    const char *digits = p;
    for (; p < end && (c = (uint32_t)(unsigned char)*p - '0') < 10; p++)
        value = value * 10 + c;
    if (col - 1 >= GRID_MAX_COLUMN || p == digits || p != end || value - 1 >= GRID_MAX_ROW)
        return -1;
    *column = (uint32_t)col - 1;
    *row = (uint32_t)value - 1;
    return 0;
}

void merges_add(struct grid_merges *m, const char *ref, size_t n)
{
    struct grid_merge area;
    const char *colon = memchr(ref, ':', n);
    size_t first = colon ? (size_t)(colon - ref) : n;

    if (!colon || reference_parse(ref, first, &area.row, &area.column) < 0 ||
        reference_parse(colon + 1, n - first - 1, &area.last_row, &area.last_column) < 0)
        return;
    if (area.last_row >= area.row && area.last_column >= area.column)
        grid_merges_add(m, &area);
}

/* What the quick scan finds. */
struct found {
    struct grid_merges *merges;
    bool coded; /* an area is written with references */
};

/* Reads the "ref" of the tag that begins at p and ends at `end`. */
static void take_ref(struct found *found, const char *p, const char *end)
{
    for (p = memchr(p, 'r', (size_t)(end - p)); p; p = memchr(p + 1, 'r', (size_t)(end - p) - 1)) {
        if (end - p < 5 || memcmp(p, "ref", 3) != 0)
            continue;
        const char *q = p + 3;
        while (q < end && (*q == '=' || *q == ' ' || *q == '\n' || *q == '\r' || *q == '\t'))
            q++;
        const char *close = q < end && (*q == '"' || *q == '\'') ? memchr(q + 1, *q, (size_t)(end - q) - 1) : NULL;
        if (!close)
            return;
        found->coded |= memchr(q, '&', (size_t)(close - q)) != NULL;
        merges_add(found->merges, q + 1, (size_t)(close - q) - 1);
        return;
    }
}

static const char merge_name[] = "mergeCell";
enum { MERGE_NAME = sizeof merge_name - 1 };

/* Is the name at p the name of a tag? A name with a prefix has the colon in front of it. */
static bool is_tag(const char *text, const char *p)
{
    bool begun = p > text && (p[-1] == '<' || p[-1] == ':');

    return begun && memcmp(p, merge_name, MERGE_NAME) == 0 && strchr(" \t\r\n/>", p[MERGE_NAME]);
}

/* Searches n bytes for mergeCell tags. Returns where the first incomplete one begins, or n. */
static size_t look(struct found *found, const char *text, size_t n)
{
    const char *end = text + n;

    for (const char *p = text; (p = memchr(p, 'm', (size_t)(end - p))); p++) {
        bool whole = end - p > MERGE_NAME;
        if (whole && !is_tag(text, p))
            continue;
        const char *close = whole ? memchr(p, '>', (size_t)(end - p)) : NULL;
        if (!close) /* may be cut off: begin again with the character in front of it */
            return (size_t)(p - text) - (p > text);
        take_ref(found, p + MERGE_NAME, close);
    }
    return n;
}

/* Is there a comment or a CDATA section, or the beginning of one at either end? Something in it may look like a tag. */
static bool look_hidden(const char *text, size_t n)
{
    const char *end = text + n;

    for (const char *p = text; (p = memchr(p, '!', (size_t)(end - p))); p++)
        if (p == text || p[-1] == '<')
            return true;
    return false;
}

static int scan(struct xml_source *source, struct found *found, bool *hidden, struct sheet_error *err)
{
    char *window = xalloc(WINDOW);
    size_t kept = 0;
    ssize_t n;

    while ((n = xml_source_read(source, window + kept, WINDOW - kept, err)) > 0) {
        *hidden |= look_hidden(window + kept, (size_t)n);
        size_t all = kept + (size_t)n, done = look(found, window, all);
        if (done == 0 && all > WINDOW / 2)
            done = all; /* no tag of this kind is so long */
        kept = all - done;
        memmove(window, window + done, kept);
    }
    free(window);
    return n < 0 ? -1 : 0;
}

/* ---- The same by the tokeniser: slower, but sure ---------------------------------------------------------------- */

struct places {
    struct grid_merges *merges;
    unsigned depth;
    bool in; /* inside the mergeCells of the worksheet */
};

static void enter(struct places *at, const struct xml_token *token)
{
    const struct xml_attr *ref = xml_attr_find(token, "ref", 3);

    if (at->depth == 1)
        at->in = XML_IS(token, "mergeCells");
    else if (at->depth == 2 && at->in && XML_IS(token, "mergeCell") && ref)
        merges_add(at->merges, ref->value, ref->len);
    at->depth++;
}

static int scan_tokens(struct xml *xml, struct grid_merges *m)
{
    struct places at = {.merges = m};
    struct xml_token token = {0};

    for (;;) {
        enum xml_event event = xml_next(xml, &token);
        if (event <= XML_DONE)
            return event == XML_DONE ? 0 : -1;
        if (event == XML_START || event == XML_LEAF)
            enter(&at, &token);
        if (event == XML_END || event == XML_LEAF)
            at.depth -= event == XML_LEAF && token.closed ? 2 : 1;
    }
}

static int scan_surely(struct zip *zip, const struct zip_entry *entry, struct grid_merges *m, struct sheet_error *err)
{
    struct zip_part *part = zip_part_open(zip, entry, false, err);

    if (!part)
        return -1;
    grid_merges_free(m);
    struct xml *xml = xml_new(part_source, part, err);
    int rc = scan_tokens(xml, m);
    xml_free(&xml);
    zip_part_close(&part);
    return rc;
}

int merges_scan(struct zip *zip, const struct zip_entry *entry, struct grid_merges *merges, struct sheet_error *err)
{
    bool hidden = false;
    struct found found = {.merges = merges};
    struct zip_part *part = zip_part_open(zip, entry, false, err);

    if (!part)
        return -1;
    struct xml_source source = {.read = part_source, .ctx = part};
    int rc = scan(&source, &found, &hidden, err);
    xml_source_fini(&source);
    zip_part_close(&part);
    if (rc == 0 && (found.coded || (hidden && merges->n > 0)))
        rc = scan_surely(zip, entry, merges, err);
    grid_merges_sort(merges);
    return rc;
}
