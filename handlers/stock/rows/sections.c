/* Sections by warehouse. */
#include "handlers/stock/rows/sections.h"

#include "base/utf8.h"
#include "handlers/values/labels.h"

#include <stdio.h>
#include <string.h>

void stock_sections_init(struct stock_sections *sections, uint32_t warehouse, bool unknown_elsewhere)
{
    *sections = (struct stock_sections){.warehouse = warehouse, .unknown_elsewhere = unknown_elsewhere};
}

enum stock_where stock_sections_end(const struct stock_sections *sections)
{
    bool stacked = sections->kind != SECTION_NONE && sections->counted && sections->rows == 0;
    return stacked ? ROW_STACKED : ROW_OURS;
}

static uint64_t digest(struct cell_span name)
{
    char label[256];
    size_t n = label_normalise(name.s, name.n, label, sizeof label);
    uint64_t hash = arena_hash(label, n);
    return hash ? hash : 1;
}

enum stock_where stock_sections_begin(struct stock_sections *sections, uint32_t warehouse, struct cell_span name,
                                      uint32_t row, bool counted)
{
    enum stock_where before = stock_sections_end(sections);
    sections->kind = warehouse == ARENA_NONE ? SECTION_UNKNOWN : SECTION_KNOWN;
    sections->now = warehouse;
    sections->name = warehouse == ARENA_NONE ? digest(name) : 0;
    sections->row = row;
    sections->counted = counted;
    sections->rows = 0;
    if (warehouse == ARENA_NONE && (sections->first == 0 || sections->first != sections->name))
        snprintf(sections->names[sections->first != 0], sizeof sections->names[0], "%.*s",
                 (int)utf8_cut(name.s, name.n, sizeof sections->names[0] - 1), name.s);
    return before;
}

static enum stock_where known(struct stock_sections *sections, uint32_t warehouse)
{
    sections->known_rows++;
    if (sections->unknown_read > 0)
        return ROW_AGAIN;
    return warehouse == sections->warehouse ? ROW_OURS : ROW_ELSEWHERE;
}

static enum stock_where unknown(struct stock_sections *sections, uint64_t name)
{
    if (sections->first == 0)
        sections->first = name;
    if (sections->first != name)
        sections->several = true;
    if (sections->unknown_elsewhere || sections->known_rows > 0 || sections->first != name)
        return ROW_ELSEWHERE;
    sections->unknown_read++;
    return ROW_OURS;
}

static enum stock_where by_column(struct stock_sections *sections, struct cell_span own, uint32_t warehouse,
                                  bool *first)
{
    if (warehouse != ARENA_NONE)
        return known(sections, warehouse);
    uint64_t name = digest(own);
    if (sections->first == 0 || (sections->first != name && !sections->several))
        snprintf(sections->names[sections->first != 0], sizeof sections->names[0], "%.*s",
                 (int)utf8_cut(own.s, own.n, sizeof sections->names[0] - 1), own.s);
    enum stock_where where = unknown(sections, name);
    *first = where == ROW_OURS && sections->unknown_read == 1;
    return where;
}

enum stock_where stock_sections_row(struct stock_sections *sections, struct cell_span own, uint32_t warehouse,
                                    bool *first)
{
    *first = false;
    sections->rows++;
    if (sections->kind == SECTION_KNOWN && sections->now != sections->warehouse)
        return known(sections, sections->now);
    if (own.n > 0)
        return by_column(sections, own, warehouse, first);
    switch (sections->kind) {
    case SECTION_KNOWN:
        return known(sections, sections->now);
    case SECTION_UNKNOWN:
        return unknown(sections, sections->name);
    case SECTION_NONE:
        break;
    }
    return ROW_OURS;
}

/* Is the character between the word and the name? */
static bool is_joint(uint32_t cp)
{
    return utf8_is_space(cp) || cp == ':' || cp == '.' || cp == 0xa0;
}

struct cell_span stock_section_title(struct cell_span words)
{
    static const char *const titles[] = {"склад", "warehouse"};
    const struct cell_span none = {"", 0};
    size_t at = 0, len = 0;
    if (words.n == 0)
        return none;
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
        const char *title = titles[i];
        size_t n = strlen(title), k = 0, step;
        for (at = 0; k < n && at < words.n; at += len, k += step)
            if (utf8_lower(utf8_decode(words.s + at, words.n - at, &len)) != utf8_decode(title + k, n - k, &step))
                break;
        if (k < n || at >= words.n || !is_joint(utf8_decode(words.s + at, words.n - at, &len)))
            continue;
        while (at < words.n && is_joint(utf8_decode(words.s + at, words.n - at, &len)))
            at += len;
        return at < words.n ? (struct cell_span){words.s + at, words.n - at} : none;
    }
    return none;
}
