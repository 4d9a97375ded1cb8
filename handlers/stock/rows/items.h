/* Items: one per key (part number, vendor), lines of one key merged, compared with what the warehouse holds.
 *
 * One table holds both sides: the warehouse's present items are added first (old), then the file's lines. The numbers
 * of the file are kept exactly; of an old item only a keyed digest of its numbers and one of its texts are kept, which
 * is enough to see whether anything differs. */
#ifndef PF_STOCK_ROWS_ITEMS_H
#define PF_STOCK_ROWS_ITEMS_H

#include "handlers/stock/line/params.h"
#include "handlers/stock/rows/refused.h"

struct stock_item {
    uint32_t key;       /* arena offset: pn_norm, NUL, vendor_norm */
    uint32_t component; /* number in the catalogue, or ARENA_NONE */
    uint32_t sum;       /* number of its running sum, or ARENA_NONE while one line makes it */
    uint32_t texts;     /* offset of part number, NUL, name; ARENA_NONE = none, or the same as in stock */
    uint32_t date;      /* received on: year × 10 000 + month × 100 + day; 0 = none */
    int64_t lot_qty, qty, reserved;
    int64_t cost;                               /* -1 = none */
    uint64_t old_id;                            /* stock_item.id, 0 = the warehouse has no such item */
    uint64_t old_numbers, old_number, old_name; /* digests of the item in the warehouse; old_name 0 = it has none */
    uint64_t order;                             /* of its first line in the file, as stock_line.order */
    uint8_t unit;
    bool in_file;
    bool texts_differ; /* from the old ones */
    bool kept;         /* not in the file, but a refused row may be about it: it stays */
};

/* Σ q·c and Σ q over lines with q > 0 and a cost. */
struct stock_sum {
    dec128 value, qty;
};

struct stock_items {
    struct arena keys;  /* of items */
    struct arena texts; /* part numbers as written, and names */
    struct stock_item *item;
    uint32_t n, room;
    struct arena_index index;
    struct stock_sum *sums;
    uint32_t n_sums, room_sums;
    const struct catalog_map *catalog; /* for the ids of components */
};

void stock_items_init(struct stock_items *items, const struct catalog_map *catalog);
void stock_items_fini(struct stock_items *items);

/* One item that the warehouse holds now. */
struct stock_old {
    uint64_t id;
    const char *pn_norm, *vendor_norm, *part_number, *name;
    uint32_t component_id;                /* database id, 0 = NULL */
    int64_t lot_qty, qty, reserved, cost; /* cost -1 = NULL */
    uint32_t date;
    enum unit unit;
};
void stock_items_add_old(struct stock_items *items, const struct stock_old *old);

enum stock_added {
    ADDED_NEW,      /* first line of its key */
    ADDED_SUMMED,   /* numbers went into an earlier line */
    ADDED_FIRST,    /* the same, and it stands before them in the file: its texts are taken */
    ADDED_REPLACED, /* took the place of another line (duplicates = last, first) */
    ADDED_IGNORED,  /* another line stands (duplicates = first, last) */
    ADDED_REFUSED,  /* E_DUP (duplicates = reject) */
    ADDED_RANGE,    /* E_QTY_RANGE: the sum would be too large */
    ADDED_FULL      /* more text than one import may hold: STOCK_TEXTS_MAX */
};
#define STOCK_TEXTS_MAX (256u << 20)
/* Add a line of the file; *number is its item. Lines may come later than they stand in the file (stock_line.order):
 * which is first and which last is told by that. */
enum stock_added stock_items_add(struct stock_items *items, const struct stock_line *line, enum stock_duplicates mode,
                                 uint32_t *number);

/* Forgets all lines: the file is read again. */
void stock_items_forget(struct stock_items *items);

const char *stock_item_pn(const struct stock_items *items, const struct stock_item *item);
/* Only while item->texts is not ARENA_NONE. */
const char *stock_item_part_number(const struct stock_items *items, const struct stock_item *item);
const char *stock_item_name(const struct stock_items *items, const struct stock_item *item);
const char *stock_item_vendor(const struct stock_items *items, const struct stock_item *item);

/* What must be done with an item. Before stock_items_settle() the answer is preliminary. */
enum stock_change {
    CHANGE_NONE,
    CHANGE_INSERT,
    CHANGE_UPDATE,
    CHANGE_TEXTS /* only the number as written, or the name */,
    CHANGE_DELETE
};
enum stock_change stock_item_change(const struct stock_items *items, const struct stock_item *item,
                                    enum stock_mode mode);

/* After the last line: work out the mean cost of merged items. */
void stock_items_settle(struct stock_items *items);

/* After the last line: items that are not in the file, but that a refused row may be about, stay. */
void stock_items_keep(struct stock_items *items, struct stock_refused *refused);

/* Totals of the whole import, after stock_items_settle(). */
struct stock_totals {
    uint32_t items, inserted, updated, unchanged, deleted, matched, unmatched;
    uint32_t texts; /* unchanged, except for the spelling of number or name */
    uint32_t old;   /* items that the warehouse had */
    uint32_t kept;  /* items that stay because their row was refused */
    dec128 qty;     /* thousandths */
    dec128 value;   /* hundredths */
};
struct stock_totals stock_items_totals(const struct stock_items *items, enum stock_mode mode);

#endif
