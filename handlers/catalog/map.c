/* The in-memory catalogue: adders, and look-ups by hash. */
#include "handlers/catalog/map.h"

#include "base/grow.h"
#include "handlers/values/labels.h"
#include "handlers/values/partnum.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void catalog_map_init(struct catalog_map *catalog, const char *base_currency, unsigned rate_max_age_days)
{
    *catalog = (struct catalog_map){.rate_max_age_days = rate_max_age_days};
    snprintf(catalog->base_currency, sizeof catalog->base_currency, "%s", base_currency);
}

void catalog_map_fini(struct catalog_map *catalog)
{
    arena_fini(&catalog->text);
    free(catalog->warehouses);
    free(catalog->components);
    free(catalog->entries);
    free(catalog->rates);
    arena_index_fini(&catalog->by_lot);
    arena_index_fini(&catalog->by_pn);
    arena_index_fini(&catalog->by_skeleton);
    *catalog = (struct catalog_map){0};
}

static uint32_t keep(struct catalog_map *catalog, const char *text)
{
    return arena_add(&catalog->text, text, strlen(text));
}

static uint32_t keep_label(struct catalog_map *catalog, const char *text)
{
    char label[256];
    size_t n = label_normalise(text, strlen(text), label, sizeof label);
    return arena_add(&catalog->text, label, n);
}

void catalog_map_add_warehouse(struct catalog_map *catalog, uint32_t id, const char *code, const char *name)
{
    catalog->warehouses =
        grow(catalog->warehouses, &catalog->room_warehouses, catalog->n_warehouses + 1, sizeof *catalog->warehouses);
    struct catalog_warehouse *w = &catalog->warehouses[catalog->n_warehouses++];
    w->id = id;
    w->code = keep(catalog, code);
    w->code_label = keep_label(catalog, code);
    w->name_label = keep_label(catalog, name);
}

uint32_t catalog_map_add_component(struct catalog_map *catalog, uint32_t id, const char *lot_code, const char *lot_norm,
                                   enum unit unit)
{
    catalog->components =
        grow(catalog->components, &catalog->room_components, catalog->n_components + 1, sizeof *catalog->components);
    uint32_t number = catalog->n_components++;
    struct catalog_component *c = &catalog->components[number];
    c->id = id;
    c->unit = (uint8_t)unit;
    c->lot_code = keep(catalog, lot_code);
    c->lot_norm = keep(catalog, lot_norm);
    arena_index_add(&catalog->by_lot, arena_hash(lot_norm, strlen(lot_norm)), number);
    return number;
}

struct text_key {
    const struct catalog_map *catalog;
    const char *text;
};

static bool same_lot(const void *ctx, uint32_t number)
{
    const struct text_key *key = ctx;
    return strcmp(catalog_map_text(key->catalog, key->catalog->components[number].lot_norm), key->text) == 0;
}

static bool same_pn(const void *ctx, uint32_t number)
{
    const struct text_key *key = ctx;
    return strcmp(catalog_map_text(key->catalog, key->catalog->entries[number].pn), key->text) == 0;
}

static uint32_t first_entry(const struct catalog_map *catalog, const char *pn_norm)
{
    struct text_key key = {catalog, pn_norm};
    return arena_index_find(&catalog->by_pn, arena_hash(pn_norm, strlen(pn_norm)), same_pn, &key);
}

/* Entries of one number form a chain behind the first of them, the only one in the index. */
void catalog_map_add_entry(struct catalog_map *catalog, const char *pn_norm, const char *vendor_norm, const char *raw,
                           uint32_t component, int64_t lot_qty, int64_t pack_qty)
{
    uint32_t first = first_entry(catalog, pn_norm);
    catalog->entries = grow(catalog->entries, &catalog->room_entries, catalog->n_entries + 1, sizeof *catalog->entries);
    uint32_t number = catalog->n_entries++;
    struct catalog_entry *e = &catalog->entries[number];
    *e = (struct catalog_entry){.component = component, .lot_qty = lot_qty, .pack_qty = pack_qty, .next = ARENA_NONE};
    e->pn = first == ARENA_NONE ? keep(catalog, pn_norm) : catalog->entries[first].pn;
    e->vendor = keep(catalog, vendor_norm);
    e->raw = keep(catalog, raw);
    if (first == ARENA_NONE) {
        arena_index_add(&catalog->by_pn, arena_hash(pn_norm, strlen(pn_norm)), number);
        return;
    }
    e->next = catalog->entries[first].next;
    catalog->entries[first].next = number;
}

void catalog_map_add_rate(struct catalog_map *catalog, const char *currency, struct value_date date, uint32_t nominal,
                          int64_t rate)
{
    catalog->rates = grow(catalog->rates, &catalog->room_rates, catalog->n_rates + 1, sizeof *catalog->rates);
    struct catalog_rate *r = &catalog->rates[catalog->n_rates++];
    *r = (struct catalog_rate){.nominal = nominal, .day = value_date_days(date), .rate = rate};
    snprintf(r->currency, sizeof r->currency, "%s", currency);
}

uint32_t catalog_map_warehouse(const struct catalog_map *catalog, const char *code)
{
    for (uint32_t i = 0; i < catalog->n_warehouses; i++)
        if (strcmp(catalog_map_text(catalog, catalog->warehouses[i].code), code) == 0)
            return i;
    return ARENA_NONE;
}

uint32_t catalog_map_warehouse_named(const struct catalog_map *catalog, const char *text, size_t n)
{
    char label[256];
    if (label_normalise(text, n, label, sizeof label) == 0)
        return ARENA_NONE;
    for (uint32_t i = 0; i < catalog->n_warehouses; i++) {
        const struct catalog_warehouse *w = &catalog->warehouses[i];
        if (strcmp(catalog_map_text(catalog, w->name_label), label) == 0 ||
            strcmp(catalog_map_text(catalog, w->code_label), label) == 0)
            return i;
    }
    return ARENA_NONE;
}

uint32_t catalog_map_lot(const struct catalog_map *catalog, const char *lot_norm)
{
    struct text_key key = {catalog, lot_norm};
    return arena_index_find(&catalog->by_lot, arena_hash(lot_norm, strlen(lot_norm)), same_lot, &key);
}

/* What the entries of one number offer for a vendor. */
struct choice {
    uint32_t own, any, lone; /* the vendor's entry, the one for any vendor, the first one */
    bool one_lot;            /* all name one lot */
};

/* Which of the entries are asked. */
struct filter {
    uint32_t component; /* ARENA_NONE: of any */
    const char *raw;    /* written so; NULL: in any way */
};

static bool passes(const struct catalog_map *catalog, const struct catalog_entry *e, struct filter filter)
{
    if (filter.component != ARENA_NONE && e->component != filter.component)
        return false;
    return !filter.raw || strcmp(catalog_map_text(catalog, e->raw), filter.raw) == 0;
}

static struct choice choose(const struct catalog_map *catalog, const char *pn_norm, const char *vendor_norm,
                            struct filter filter)
{
    struct choice c = {ARENA_NONE, ARENA_NONE, ARENA_NONE, true};
    for (uint32_t at = first_entry(catalog, pn_norm); at != ARENA_NONE; at = catalog->entries[at].next) {
        const struct catalog_entry *e = &catalog->entries[at];
        if (!passes(catalog, e, filter))
            continue;
        const char *vendor = catalog_map_text(catalog, e->vendor);
        if (*vendor == '\0')
            c.any = at;
        else if (strcmp(vendor, vendor_norm) == 0)
            c.own = at;
        if (c.lone == ARENA_NONE)
            c.lone = at;
        else if (catalog->entries[c.lone].component != e->component)
            c.one_lot = false;
    }
    return c;
}

/* Decides between the entries; without one, a lot with this number. */
static enum catalog_match decide(const struct catalog_map *catalog, struct choice c, const char *vendor_norm,
                                 uint32_t lot, struct catalog_found *found)
{
    *found = (struct catalog_found){ARENA_NONE, ARENA_NONE, false};
    if (c.lone == ARENA_NONE) {
        found->component = lot;
        return lot == ARENA_NONE ? CATALOG_UNKNOWN : CATALOG_MATCH;
    }
    if (c.own != ARENA_NONE)
        found->entry = c.own;
    else if (c.any != ARENA_NONE)
        found->entry = c.any;
    else if (c.one_lot)
        found->entry = c.lone;
    else
        return CATALOG_AMBIGUOUS;
    found->component = catalog->entries[found->entry].component;
    found->other_vendor = c.own == ARENA_NONE && c.any == ARENA_NONE && *vendor_norm != '\0';
    return CATALOG_MATCH;
}

enum catalog_match catalog_map_find(const struct catalog_map *catalog, const char *pn_norm, const char *vendor_norm,
                                    struct catalog_found *found)
{
    struct choice c = choose(catalog, pn_norm, vendor_norm, (struct filter){ARENA_NONE, NULL});
    uint32_t lot = c.lone == ARENA_NONE ? catalog_map_lot(catalog, pn_norm) : ARENA_NONE;
    return decide(catalog, c, vendor_norm, lot, found);
}

enum catalog_match catalog_map_find_written(const struct catalog_map *catalog, const char *raw, const char *pn_norm,
                                            const char *vendor_norm, struct catalog_found *found)
{
    struct choice c = choose(catalog, pn_norm, vendor_norm, (struct filter){ARENA_NONE, raw});
    uint32_t lot = c.lone == ARENA_NONE ? catalog_map_lot(catalog, pn_norm) : ARENA_NONE;
    if (lot != ARENA_NONE && strcmp(catalog_map_text(catalog, catalog->components[lot].lot_code), raw) != 0)
        lot = ARENA_NONE;
    return decide(catalog, c, vendor_norm, lot, found);
}

uint32_t catalog_map_entry_of(const struct catalog_map *catalog, const char *pn_norm, const char *vendor_norm,
                              uint32_t component)
{
    struct choice c = choose(catalog, pn_norm, vendor_norm, (struct filter){component, NULL});
    return c.own != ARENA_NONE ? c.own : c.any != ARENA_NONE ? c.any : c.lone;
}

/* One index holds two kinds of things: entries by their number, and lots, whose numbers follow those of the entries. */
static const char *number_at(const struct catalog_map *catalog, uint32_t at)
{
    if (at < catalog->n_entries)
        return catalog_map_text(catalog, catalog->entries[at].pn);
    return catalog_map_text(catalog, catalog->components[at - catalog->n_entries].lot_norm);
}

/* Zeros in front do not count, so that one bucket has the look-alikes of a number and those with other zeros. */
static const char *without_zeros(const char *text)
{
    return text + strspn(text, "0");
}

static uint64_t skeleton_hash(const char *skeleton)
{
    const char *rest = without_zeros(skeleton);
    return arena_hash(rest, strlen(rest));
}

static void index_skeletons(struct catalog_map *catalog)
{
    char skeleton[PN_BYTES];
    for (; catalog->skeletons_done < catalog->n_entries + catalog->n_components; catalog->skeletons_done++) {
        pn_skeleton(number_at(catalog, catalog->skeletons_done), skeleton);
        arena_index_add(&catalog->by_skeleton, skeleton_hash(skeleton), catalog->skeletons_done);
    }
}

struct suggestions {
    const struct catalog_map *catalog;
    const char *number, *skeleton;
    bool zeros; /* now those that differ by zeros in front; before, the look-alikes */
    char *out;
    size_t size, used;
    unsigned n;
    struct json_out *fields; /* or NULL */
};

static void put_fields(const struct suggestions *s, const char *lot, const char *raw, const char *vendor)
{
    json_object(s->fields);
    json_put_string(s->fields, "lot", lot);
    json_put_string(s->fields, "part_number", raw);
    json_put_string(s->fields, "vendor", *vendor ? vendor : NULL);
    json_put_string(s->fields, "why", s->zeros ? "zeros" : "alike");
    json_object_end(s->fields);
}

static void suggest(struct suggestions *s, uint32_t at)
{
    const struct catalog_map *c = s->catalog;
    bool mapped = at < c->n_entries;
    uint32_t component = mapped ? c->entries[at].component : at - c->n_entries;
    const char *lot = catalog_map_text(c, c->components[component].lot_code);
    const char *raw = mapped ? catalog_map_text(c, c->entries[at].raw) : lot;
    const char *vendor = mapped ? catalog_map_text(c, c->entries[at].vendor) : "";
    char one[256];
    int n = snprintf(one, sizeof one, "%s%s%s%s = %s", s->used ? " | " : "", vendor, *vendor ? " " : "", raw, lot);
    if (n < 0 || (size_t)n >= sizeof one || s->used + (size_t)n >= s->size)
        return;
    memcpy(s->out + s->used, one, (size_t)n + 1);
    s->used += (size_t)n;
    s->n++;
    if (s->fields)
        put_fields(s, lot, raw, vendor);
}

/* Called for every thing in the bucket. Returns false until three are found, so that the search goes on. */
static bool collect(const void *ctx, uint32_t at)
{
    struct suggestions *s = *(struct suggestions *const *)ctx;
    const char *number = number_at(s->catalog, at);
    char skeleton[PN_BYTES];
    pn_skeleton(number, skeleton);
    bool alike = strcmp(skeleton, s->skeleton) == 0;
    if (s->zeros ? !alike && strcmp(without_zeros(number), without_zeros(s->number)) == 0 : alike)
        suggest(s, at);
    return s->n >= 3;
}

void catalog_map_suggest(struct catalog_map *catalog, const char *pn_norm, char *out, size_t size,
                         struct json_out *fields)
{
    char skeleton[PN_BYTES];
    struct suggestions s = {catalog, pn_norm, skeleton, false, out, size, 0, 0, fields};
    struct suggestions *ctx = &s;
    out[0] = '\0';
    if (*pn_norm == '\0')
        return;
    index_skeletons(catalog);
    pn_skeleton(pn_norm, skeleton);
    arena_index_find(&catalog->by_skeleton, skeleton_hash(skeleton), collect, &ctx);
    s.zeros = true;
    if (s.n < 3)
        arena_index_find(&catalog->by_skeleton, skeleton_hash(skeleton), collect, &ctx);
}

bool catalog_map_rate(const struct catalog_map *catalog, const char *currency, struct value_date date, int64_t *rate,
                      uint32_t *nominal)
{
    *rate = 1000000;
    *nominal = 1;
    if (strcmp(currency, catalog->base_currency) == 0)
        return true;
    int64_t day = value_date_days(date);
    const struct catalog_rate *best = NULL;
    for (uint32_t i = 0; i < catalog->n_rates; i++) {
        const struct catalog_rate *r = &catalog->rates[i];
        bool fits = strcmp(r->currency, currency) == 0 && r->day <= day && day - r->day <= catalog->rate_max_age_days;
        if (fits && (!best || r->day > best->day))
            best = r;
    }
    if (!best)
        return false;
    *rate = best->rate;
    *nominal = best->nominal;
    return true;
}
