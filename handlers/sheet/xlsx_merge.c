/* Merged areas stand behind the data, but a heading needs them before it: so a worksheet part is looked through once
 * for them before it is read. That pass inflates and searches for one letter; it decides nothing but what sheet()
 * tells. */
#include "handlers/sheet/xlsx.h"

#include "handlers/sheet/xml_source.h"

#include <stdlib.h>

/* Areas of the first rows; a heading has some dozens. */
enum { MERGES_MAX = 65536, WINDOW = 64 << 10 };

/* Longest that means something: "$XFD$1048576". Within it no number here overflows. */
enum { REFERENCE_MAX = 12 };

int reference_parse(const char *ref, size_t n, uint32_t *row, uint32_t *column)
{
    const char *p = ref, *end = ref + n;
    uint32_t col = 0, value = 0, c;
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
    *column = col - 1;
    *row = value - 1;
    return 0;
}

void merges_add(struct merges *m, const char *ref, size_t n)
{
    struct grid_merge area;
    const char *colon = memchr(ref, ':', n);
    size_t first = colon != NULL ? (size_t)(colon - ref) : n;
    if (colon == NULL || reference_parse(ref, first, &area.row, &area.column) < 0 ||
        reference_parse(colon + 1, n - first - 1, &area.last_row, &area.last_column) < 0)
        return;
    if (area.row >= GRID_HEAD_ROWS || area.last_row < area.row || area.last_column < area.column || m->n == MERGES_MAX)
        return;
    if (m->n == m->cap) {
        m->cap = m->cap * 2 + 64;
        m->list = xrealloc(m->list, m->cap * sizeof *m->list);
    }
    m->list[m->n++] = area;
}

void merges_free(struct merges *m)
{
    free(m->list);
    *m = (struct merges){0};
}

/* The "ref" of the tag that begins at p and ends at `end`. */
static void take_ref(struct merges *m, const char *p, const char *end)
{
    for (p = memchr(p, 'r', (size_t)(end - p)); p != NULL; p = memchr(p + 1, 'r', (size_t)(end - p) - 1)) {
        if (end - p < 5 || memcmp(p, "ref", 3) != 0)
            continue;
        const char *q = p + 3;
        while (q < end && (*q == '=' || *q == ' ' || *q == '\n' || *q == '\r' || *q == '\t'))
            q++;
        const char *close = q < end && (*q == '"' || *q == '\'') ? memchr(q + 1, *q, (size_t)(end - q) - 1) : NULL;
        if (close != NULL)
            merges_add(m, q + 1, (size_t)(close - q) - 1);
        return;
    }
}

/* Look through n bytes for mergeCell tags. Returns where the first one begins that is not complete, or n. */
static size_t look(struct merges *m, const char *text, size_t n)
{
    static const char name[] = "mergeCell";
    const char *end = text + n;
    for (const char *p = text; (p = memchr(p, 'm', (size_t)(end - p))) != NULL; p++) {
        if ((size_t)(end - p) <= sizeof name)
            return (size_t)(p - text); /* may be cut */
        if (memcmp(p, name, sizeof name - 1) != 0 || p[sizeof name - 1] == 's')
            continue;
        const char *close = memchr(p, '>', (size_t)(end - p));
        if (close == NULL)
            return (size_t)(p - text);
        take_ref(m, p + sizeof name - 1, close);
    }
    return n;
}

static int scan(struct xml_source *source, struct merges *m, struct sheet_error *err)
{
    char *window = xalloc(WINDOW);
    size_t kept = 0;
    ssize_t n;
    while ((n = xml_source_read(source, window + kept, WINDOW - kept, err)) > 0) {
        size_t all = kept + (size_t)n, done = look(m, window, all);
        if (done == 0 && all > WINDOW / 2)
            done = all; /* no tag of this kind is that long */
        kept = all - done;
        memmove(window, window + done, kept);
    }
    free(window);
    return n < 0 ? -1 : 0;
}

int merges_scan(struct zip *zip, const struct zip_entry *entry, struct merges *merges, struct sheet_error *err)
{
    struct zip_part *part = zip_part_open(zip, entry, false, err);
    if (part == NULL)
        return -1;
    struct xml_source source = {.read = part_source, .ctx = part};
    int rc = scan(&source, merges, err);
    xml_source_fini(&source);
    zip_part_close(&part);
    return rc;
}
