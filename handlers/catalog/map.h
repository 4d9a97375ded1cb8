/* The catalogue as the stock import sees it: warehouses, lots, part-number map and rates, in memory.
 *
 * It is filled once per run (from SQL by load.c, by hand in unit tests), then only read: no look-up during an import
 * costs a statement. Texts given to the adders are copied. Numbers of components and entries are positions in order of
 * adding. */
#ifndef PF_CATALOG_MAP_H
#define PF_CATALOG_MAP_H

#include "base/arena.h"
#include "base/json.h"
#include "handlers/values/values.h"

struct catalog_warehouse {
    uint32_t id;
    uint32_t code;       /* arena offsets, here and below */
    uint32_t code_label; /* label_normalise() of code and name: what headings of sections are compared with */
    uint32_t name_label;
};

struct catalog_component {
    uint32_t id;
    uint32_t lot_code;
    uint32_t lot_norm;
    uint8_t unit; /* enum unit */
};

/* One row of the part-number map. */
struct catalog_entry {
    uint32_t pn;        /* normalised */
    uint32_t vendor;    /* normalised, "" = any */
    uint32_t raw;       /* as people write it */
    uint32_t component; /* number of a component */
    int64_t lot_qty;    /* thousandths; lots inside one piece */
    int64_t pack_qty;   /* thousandths; 0 = unknown */
    uint32_t next;      /* next entry of the same pn, or ARENA_NONE */
};

struct catalog_rate {
    char currency[4];
    uint32_t nominal;
    int64_t day;  /* value_date_days() */
    int64_t rate; /* millionths: `rate` of the base currency buy `nominal` */
};

struct catalog_map {
    struct arena text;
    struct catalog_warehouse *warehouses;
    uint32_t n_warehouses, room_warehouses;
    struct catalog_component *components;
    uint32_t n_components, room_components;
    struct catalog_entry *entries;
    uint32_t n_entries, room_entries;
    struct catalog_rate *rates;
    uint32_t n_rates, room_rates;
    struct arena_index by_lot, by_pn, by_skeleton;
    uint32_t skeletons_done; /* entries that by_skeleton covers; it is built at the first suggestion */
    char base_currency[4];
    unsigned rate_max_age_days;
};

void catalog_map_init(struct catalog_map *catalog, const char *base_currency, unsigned rate_max_age_days);
void catalog_map_fini(struct catalog_map *catalog);

void catalog_map_add_warehouse(struct catalog_map *catalog, uint32_t id, const char *code, const char *name);
/* lot_norm is normalised by the caller. Returns the component's number. */
uint32_t catalog_map_add_component(struct catalog_map *catalog, uint32_t id, const char *lot_code, const char *lot_norm,
                                   enum unit unit);
void catalog_map_add_entry(struct catalog_map *catalog, const char *pn_norm, const char *vendor_norm, const char *raw,
                           uint32_t component, int64_t lot_qty, int64_t pack_qty);
void catalog_map_add_rate(struct catalog_map *catalog, const char *currency, struct value_date date, uint32_t nominal,
                          int64_t rate);

static inline const char *catalog_map_text(const struct catalog_map *catalog, uint32_t offset)
{
    return arena_text(&catalog->text, offset);
}

/* Number of the warehouse with this code, or ARENA_NONE. */
uint32_t catalog_map_warehouse(const struct catalog_map *catalog, const char *code);
/* Number of the warehouse whose name or code is this text, compared as labels are; or ARENA_NONE. */
uint32_t catalog_map_warehouse_named(const struct catalog_map *catalog, const char *text, size_t n);
/* Number of the component with this lot_norm, or ARENA_NONE. */
uint32_t catalog_map_lot(const struct catalog_map *catalog, const char *lot_norm);

enum catalog_match {
    CATALOG_UNKNOWN = 0, /* neither the map nor a lot knows the number */
    CATALOG_MATCH,
    CATALOG_AMBIGUOUS /* several lots, and no vendor decides */
};
struct catalog_found {
    uint32_t entry; /* number of the entry, or ARENA_NONE if the number is a lot's own code */
    uint32_t component;
    bool other_vendor; /* found although the map names another vendor */
};
/* Looks up (pn, vendor): the vendor's own entry, else the one for any vendor, else the one lot that all entries name,
 * else a lot with this number. vendor "" = not known. */
enum catalog_match catalog_map_find(const struct catalog_map *catalog, const char *pn_norm, const char *vendor_norm,
                                    struct catalog_found *found);
/* The same among entries that are written exactly so, and lots with exactly this code. For numbers that a spreadsheet may
 * have rewritten, which are not matched by their normal form. */
enum catalog_match catalog_map_find_written(const struct catalog_map *catalog, const char *raw, const char *pn_norm,
                                            const char *vendor_norm, struct catalog_found *found);
/* The entry for (pn, vendor) that names this component, by the same order of preference; ARENA_NONE if none does. */
uint32_t catalog_map_entry_of(const struct catalog_map *catalog, const char *pn_norm, const char *vendor_norm,
                              uint32_t component);

/* Up to three near matches of an unmatched number, or the rivals of an ambiguous one: "KLV-32R5-48 = CPU-32C | …". Near
 * are numbers that look alike (O and 0), then those that differ by zeros in front. Empty if there are none. `out` has `size` bytes and ends with a whole suggestion. `fields`: NULL, or
 * an open JSON array that gets the same as objects of lot, part_number, vendor and why (alike, zeros). */
void catalog_map_suggest(struct catalog_map *catalog, const char *pn_norm, char *out, size_t size,
                         struct json_out *fields);

/* The newest rate that is not after `date` and not too old. The rate of the base currency is 1. Returns false if there
 * is none. */
bool catalog_map_rate(const struct catalog_map *catalog, const char *currency, struct value_date date, int64_t *rate,
                      uint32_t *nominal);

#endif
