/* The catalogue as the stock import sees it: warehouses, lots, part-number map and rates, in memory.
 *
 * Filled once per run (from SQL by stock_import_load.c, by hand in unit tests), then only read: no look-up during an
 * import costs a statement. Texts given to the adders are copied. Numbers of components and entries are positions in
 * order of adding. */
#ifndef PF_CATALOG_MAP_H
#define PF_CATALOG_MAP_H

#include "base/arena.h"
#include "handlers/pricing/values.h"

struct stock_warehouse {
    uint32_t id;
    uint32_t code;       /* arena offsets, here and below */
    uint32_t code_label; /* label_normalise() of code and name: what headings of sections are compared with */
    uint32_t name_label;
};

struct stock_component {
    uint32_t id;
    uint32_t lot_code;
    uint32_t lot_norm;
    uint8_t unit; /* enum unit */
};

/* One row of the part-number map. */
struct stock_entry {
    uint32_t pn;        /* normalised */
    uint32_t vendor;    /* normalised, "" = any */
    uint32_t raw;       /* as people write it */
    uint32_t component; /* number of a component */
    int64_t lot_qty;    /* thousandths; lots inside one piece */
    int64_t pack_qty;   /* thousandths; 0 = unknown */
    uint32_t next;      /* next entry of the same pn, or MEM_NONE */
};

struct stock_rate {
    char currency[4];
    uint32_t nominal;
    int64_t day;  /* value_date_days() */
    int64_t rate; /* millionths: `rate` of the base currency buy `nominal` */
};

struct stock_catalog {
    struct mem_arena text;
    struct stock_warehouse *warehouses;
    uint32_t n_warehouses, room_warehouses;
    struct stock_component *components;
    uint32_t n_components, room_components;
    struct stock_entry *entries;
    uint32_t n_entries, room_entries;
    struct stock_rate *rates;
    uint32_t n_rates, room_rates;
    struct mem_index by_lot, by_pn, by_skeleton;
    uint32_t skeletons_done; /* entries that by_skeleton covers: built when the first suggestion is asked for */
    char base_currency[4];
    unsigned rate_max_age_days;
};

void stock_catalog_init(struct stock_catalog *catalog, const char *base_currency, unsigned rate_max_age_days);
void stock_catalog_fini(struct stock_catalog *catalog);

void stock_catalog_add_warehouse(struct stock_catalog *catalog, uint32_t id, const char *code, const char *name);
/* lot_norm is normalised by the caller. Returns the component's number. */
uint32_t stock_catalog_add_component(struct stock_catalog *catalog, uint32_t id, const char *lot_code,
                                     const char *lot_norm, enum unit unit);
void stock_catalog_add_entry(struct stock_catalog *catalog, const char *pn_norm, const char *vendor_norm,
                             const char *raw, uint32_t component, int64_t lot_qty, int64_t pack_qty);
void stock_catalog_add_rate(struct stock_catalog *catalog, const char *currency, struct value_date date,
                            uint32_t nominal, int64_t rate);

static inline const char *stock_text(const struct stock_catalog *catalog, uint32_t offset)
{
    return mem_text(&catalog->text, offset);
}

/* Number of the warehouse with this code, or MEM_NONE. */
uint32_t stock_catalog_warehouse(const struct stock_catalog *catalog, const char *code);
/* Number of the warehouse whose name or code this cell's text is, spelling of a label ignored; or MEM_NONE. */
uint32_t stock_catalog_warehouse_named(const struct stock_catalog *catalog, const char *text, size_t n);
/* Number of the component with this lot_norm, or MEM_NONE. */
uint32_t stock_catalog_lot(const struct stock_catalog *catalog, const char *lot_norm);

enum stock_match {
    STOCK_UNKNOWN = 0, /* neither the map nor a lot knows the number */
    STOCK_MATCH,
    STOCK_AMBIGUOUS /* several lots, and no vendor decides */
};
struct stock_found {
    uint32_t entry; /* number of the entry, or MEM_NONE when a lot bears the number itself */
    uint32_t component;
    bool other_vendor; /* found although the map names another vendor */
};
/* Look (pn, vendor) up: the vendor's own entry, else the one for any vendor, else the one lot that all entries name,
 * else a lot with this number. vendor "" = not known. */
enum stock_match stock_catalog_find(const struct stock_catalog *catalog, const char *pn_norm, const char *vendor_norm,
                                    struct stock_found *found);
/* The entry for (pn, vendor) that names this component, by the same order of preference; MEM_NONE when none does. */
uint32_t stock_catalog_entry_of(const struct stock_catalog *catalog, const char *pn_norm, const char *vendor_norm,
                                uint32_t component);

/* Up to three near matches of an unmatched number, or the rivals of an ambiguous one: "KLV-32R5-48 = CPU-32C | …".
 * Empty when there are none. out of `size` bytes, cut at a whole suggestion. */
void stock_catalog_suggest(struct stock_catalog *catalog, const char *pn_norm, char *out, size_t size);

/* Newest rate not after `date` and not too old. The base currency is 1. Returns false when there is none. */
bool stock_catalog_rate(const struct stock_catalog *catalog, const char *currency, struct value_date date,
                        int64_t *rate, uint32_t *nominal);

#endif
