/* The in-memory catalogue: adders, and look-ups by hash. */
#include "handlers/catalog/map.h"

#include "handlers/pricing/labels.h"
#include "handlers/pricing/partnum.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void stock_catalog_init(struct stock_catalog *catalog, const char *base_currency, unsigned rate_max_age_days)
{
    *catalog = (struct stock_catalog){.rate_max_age_days = rate_max_age_days};
    snprintf(catalog->base_currency, sizeof catalog->base_currency, "%s", base_currency);
}

void stock_catalog_fini(struct stock_catalog *catalog)
{
    mem_arena_fini(&catalog->text);
    free(catalog->warehouses);
    free(catalog->components);
    free(catalog->entries);
    free(catalog->rates);
    mem_index_fini(&catalog->by_lot);
    mem_index_fini(&catalog->by_pn);
    mem_index_fini(&catalog->by_skeleton);
    *catalog = (struct stock_catalog){0};
}

static uint32_t keep(struct stock_catalog *catalog, const char *text)
{
    return mem_arena_add(&catalog->text, text, strlen(text));
}

static uint32_t keep_label(struct stock_catalog *catalog, const char *text)
{
    char label[256];
    size_t n = label_normalise(text, strlen(text), label, sizeof label);
    return mem_arena_add(&catalog->text, label, n);
}

void stock_catalog_add_warehouse(struct stock_catalog *catalog, uint32_t id, const char *code, const char *name)
{
    catalog->warehouses = mem_grow(catalog->warehouses, &catalog->room_warehouses, catalog->n_warehouses + 1,
                                   sizeof *catalog->warehouses);
    struct stock_warehouse *w = &catalog->warehouses[catalog->n_warehouses++];
    w->id = id;
    w->code = keep(catalog, code);
    w->code_label = keep_label(catalog, code);
    w->name_label = keep_label(catalog, name);
}

uint32_t stock_catalog_add_component(struct stock_catalog *catalog, uint32_t id, const char *lot_code,
                                     const char *lot_norm, enum unit unit)
{
    catalog->components = mem_grow(catalog->components, &catalog->room_components, catalog->n_components + 1,
                                   sizeof *catalog->components);
    uint32_t number = catalog->n_components++;
    struct stock_component *c = &catalog->components[number];
    c->id = id;
    c->unit = (uint8_t)unit;
    c->lot_code = keep(catalog, lot_code);
    c->lot_norm = keep(catalog, lot_norm);
    mem_index_add(&catalog->by_lot, mem_hash(lot_norm, strlen(lot_norm)), number);
    return number;
}

struct text_key {
    const struct stock_catalog *catalog;
    const char *text;
};

static bool same_lot(const void *ctx, uint32_t number)
{
    const struct text_key *key = ctx;
    return strcmp(stock_text(key->catalog, key->catalog->components[number].lot_norm), key->text) == 0;
}

static bool same_pn(const void *ctx, uint32_t number)
{
    const struct text_key *key = ctx;
    return strcmp(stock_text(key->catalog, key->catalog->entries[number].pn), key->text) == 0;
}

static uint32_t first_entry(const struct stock_catalog *catalog, const char *pn_norm)
{
    struct text_key key = {catalog, pn_norm};
    return mem_index_find(&catalog->by_pn, mem_hash(pn_norm, strlen(pn_norm)), same_pn, &key);
}

/* Entries of one number form a chain behind the first of them, the only one in the index. */
void stock_catalog_add_entry(struct stock_catalog *catalog, const char *pn_norm, const char *vendor_norm,
                             const char *raw, uint32_t component, int64_t lot_qty, int64_t pack_qty)
{
    uint32_t first = first_entry(catalog, pn_norm);
    catalog->entries =
        mem_grow(catalog->entries, &catalog->room_entries, catalog->n_entries + 1, sizeof *catalog->entries);
    uint32_t number = catalog->n_entries++;
    struct stock_entry *e = &catalog->entries[number];
    *e = (struct stock_entry){.component = component, .lot_qty = lot_qty, .pack_qty = pack_qty, .next = MEM_NONE};
    e->pn = first == MEM_NONE ? keep(catalog, pn_norm) : catalog->entries[first].pn;
    e->vendor = keep(catalog, vendor_norm);
    e->raw = keep(catalog, raw);
    if (first == MEM_NONE) {
        mem_index_add(&catalog->by_pn, mem_hash(pn_norm, strlen(pn_norm)), number);
        return;
    }
    e->next = catalog->entries[first].next;
    catalog->entries[first].next = number;
}

void stock_catalog_add_rate(struct stock_catalog *catalog, const char *currency, struct value_date date,
                            uint32_t nominal, int64_t rate)
{
    catalog->rates = mem_grow(catalog->rates, &catalog->room_rates, catalog->n_rates + 1, sizeof *catalog->rates);
    struct stock_rate *r = &catalog->rates[catalog->n_rates++];
    *r = (struct stock_rate){.nominal = nominal, .day = value_date_days(date), .rate = rate};
    snprintf(r->currency, sizeof r->currency, "%s", currency);
}

uint32_t stock_catalog_warehouse(const struct stock_catalog *catalog, const char *code)
{
    for (uint32_t i = 0; i < catalog->n_warehouses; i++)
        if (strcmp(stock_text(catalog, catalog->warehouses[i].code), code) == 0)
            return i;
    return MEM_NONE;
}

uint32_t stock_catalog_warehouse_named(const struct stock_catalog *catalog, const char *text, size_t n)
{
    char label[256];
    if (label_normalise(text, n, label, sizeof label) == 0)
        return MEM_NONE;
    for (uint32_t i = 0; i < catalog->n_warehouses; i++) {
        const struct stock_warehouse *w = &catalog->warehouses[i];
        if (strcmp(stock_text(catalog, w->name_label), label) == 0 ||
            strcmp(stock_text(catalog, w->code_label), label) == 0)
            return i;
    }
    return MEM_NONE;
}

uint32_t stock_catalog_lot(const struct stock_catalog *catalog, const char *lot_norm)
{
    struct text_key key = {catalog, lot_norm};
    return mem_index_find(&catalog->by_lot, mem_hash(lot_norm, strlen(lot_norm)), same_lot, &key);
}

/* What the chain of one number offers for a vendor. */
struct choice {
    uint32_t own, any, lone; /* the vendor's entry, the one for any vendor, the first one */
    bool one_lot;            /* all name one lot */
};

/* `component` MEM_NONE: all entries; else only those that name it. */
static struct choice choose(const struct stock_catalog *catalog, uint32_t first, const char *vendor_norm,
                            uint32_t component)
{
    struct choice c = {MEM_NONE, MEM_NONE, MEM_NONE, true};
    for (uint32_t at = first; at != MEM_NONE; at = catalog->entries[at].next) {
        const struct stock_entry *e = &catalog->entries[at];
        if (component != MEM_NONE && e->component != component)
            continue;
        const char *vendor = stock_text(catalog, e->vendor);
        if (*vendor == '\0')
            c.any = at;
        else if (strcmp(vendor, vendor_norm) == 0)
            c.own = at;
        if (c.lone == MEM_NONE)
            c.lone = at;
        else if (catalog->entries[c.lone].component != e->component)
            c.one_lot = false;
    }
    return c;
}

enum stock_match stock_catalog_find(const struct stock_catalog *catalog, const char *pn_norm, const char *vendor_norm,
                                    struct stock_found *found)
{
    *found = (struct stock_found){MEM_NONE, MEM_NONE, false};
    uint32_t first = first_entry(catalog, pn_norm);
    if (first == MEM_NONE) {
        found->component = stock_catalog_lot(catalog, pn_norm);
        return found->component == MEM_NONE ? STOCK_UNKNOWN : STOCK_MATCH;
    }
    struct choice c = choose(catalog, first, vendor_norm, MEM_NONE);
    if (c.own != MEM_NONE)
        found->entry = c.own;
    else if (c.any != MEM_NONE)
        found->entry = c.any;
    else if (c.one_lot)
        found->entry = c.lone;
    else
        return STOCK_AMBIGUOUS;
    found->component = catalog->entries[found->entry].component;
    found->other_vendor = c.own == MEM_NONE && c.any == MEM_NONE && *vendor_norm != '\0';
    return STOCK_MATCH;
}

uint32_t stock_catalog_entry_of(const struct stock_catalog *catalog, const char *pn_norm, const char *vendor_norm,
                                uint32_t component)
{
    struct choice c = choose(catalog, first_entry(catalog, pn_norm), vendor_norm, component);
    return c.own != MEM_NONE ? c.own : c.any != MEM_NONE ? c.any : c.lone;
}

/* One index for two kinds of things: entries by their number, lots counted on from the last entry. */
static const char *number_at(const struct stock_catalog *catalog, uint32_t at)
{
    if (at < catalog->n_entries)
        return stock_text(catalog, catalog->entries[at].pn);
    return stock_text(catalog, catalog->components[at - catalog->n_entries].lot_norm);
}

static void index_skeletons(struct stock_catalog *catalog)
{
    char skeleton[PN_BYTES];
    for (; catalog->skeletons_done < catalog->n_entries + catalog->n_components; catalog->skeletons_done++) {
        pn_skeleton(number_at(catalog, catalog->skeletons_done), skeleton);
        mem_index_add(&catalog->by_skeleton, mem_hash(skeleton, strlen(skeleton)), catalog->skeletons_done);
    }
}

struct suggestions {
    const struct stock_catalog *catalog;
    const char *skeleton;
    char *out;
    size_t size, used;
    unsigned n;
};

static void suggest(struct suggestions *s, uint32_t at)
{
    const struct stock_catalog *c = s->catalog;
    bool mapped = at < c->n_entries;
    uint32_t component = mapped ? c->entries[at].component : at - c->n_entries;
    const char *lot = stock_text(c, c->components[component].lot_code);
    const char *raw = mapped ? stock_text(c, c->entries[at].raw) : lot;
    const char *vendor = mapped ? stock_text(c, c->entries[at].vendor) : "";
    char one[256];
    int n = snprintf(one, sizeof one, "%s%s%s%s = %s", s->used ? " | " : "", vendor, *vendor ? " " : "", raw, lot);
    if (n < 0 || (size_t)n >= sizeof one || s->used + (size_t)n >= s->size)
        return;
    memcpy(s->out + s->used, one, (size_t)n + 1);
    s->used += (size_t)n;
    s->n++;
}

/* Called for every thing in the bucket; says "not the same" until three are found, so that the probe goes on. */
static bool collect(const void *ctx, uint32_t at)
{
    struct suggestions *s = *(struct suggestions *const *)ctx;
    char skeleton[PN_BYTES];
    pn_skeleton(number_at(s->catalog, at), skeleton);
    if (strcmp(skeleton, s->skeleton) == 0)
        suggest(s, at);
    return s->n >= 3;
}

void stock_catalog_suggest(struct stock_catalog *catalog, const char *pn_norm, char *out, size_t size)
{
    char skeleton[PN_BYTES];
    struct suggestions s = {catalog, skeleton, out, size, 0, 0};
    struct suggestions *ctx = &s;
    out[0] = '\0';
    if (*pn_norm == '\0')
        return;
    index_skeletons(catalog);
    pn_skeleton(pn_norm, skeleton);
    mem_index_find(&catalog->by_skeleton, mem_hash(skeleton, strlen(skeleton)), collect, &ctx);
}

bool stock_catalog_rate(const struct stock_catalog *catalog, const char *currency, struct value_date date,
                        int64_t *rate, uint32_t *nominal)
{
    *rate = 1000000;
    *nominal = 1;
    if (strcmp(currency, catalog->base_currency) == 0)
        return true;
    int64_t day = value_date_days(date);
    const struct stock_rate *best = NULL;
    for (uint32_t i = 0; i < catalog->n_rates; i++) {
        const struct stock_rate *r = &catalog->rates[i];
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
