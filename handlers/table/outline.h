/* Outline levels: which rows lie inside others, and which of these are details of an item.
 *
 * The rows inside a row are those after it with a deeper outline level, up to the next that is not deeper; where
 * summaries stand below, also those before it. Rows inside an item, none of them another item, are its details
 * (documents, batches, colours): their quantities are in the item's own. Rows inside that repeat the item's number are
 * details if they add up to its quantity, and items of their own if not. (domain.md section 5, rule 1)
 *
 * A row is handed on when this is decided, in the file's order. In a file without levels that is at once, except that a
 * row that is not an item waits for the next one, which tells whether it has rows inside. */
#ifndef PF_TABLE_OUTLINE_H
#define PF_TABLE_OUTLINE_H

#include "handlers/table/row.h"

/* A row with what was found out. `row` is borrowed until the callback returns. */
struct table_placed {
    const struct grid_row *row;
    bool detail;  /* inside an item, and part of it */
    bool inside;  /* it has rows inside */
    bool at_once; /* it was not held back: what the caller found out about it is still at hand */
};
/* Returns 0 to go on; another number ends the call that led to it, which returns it. */
typedef int (*table_placed_fn)(void *ctx, const struct table_placed *placed);

struct table_level {
    struct grid_row *row; /* own copy; NULL for an item that was handed on at once */
    uint8_t level;
    bool item;   /* an item, also inside another one */
    bool outer;  /* an item that may have details */
    bool detail; /* found to be one */
    bool has_qty;
    uint64_t identity;
    dec128 qty;
};
#define TABLE_HELD_ROWS  200000 /* rows that may wait for a decision, and bytes of their cells */
#define TABLE_HELD_BYTES (64u << 20)
struct table_outline {
    bool summary_below;
    table_placed_fn placed;
    void *ctx;
    struct table_level *held; /* rows not yet handed on; the first may be an item that was */
    uint32_t n, room;
    size_t bytes;
    bool deep;     /* one of them has a level */
    uint32_t item; /* the first item among them; ARENA_NONE = none */
    bool after;    /* a row was handed on before held[0], with this level: */
    uint8_t before_level;
};
#define TABLE_OUTLINE_FULL (-101) /* more rows wait than may: the report cannot be read in one pass */

void table_outline_init(struct table_outline *outline, bool summary_below, table_placed_fn placed, void *ctx);
void table_outline_fini(struct table_outline *outline);
/* Takes the next row. Returns 0, TABLE_OUTLINE_FULL, or what the callback returned. */
int table_outline_add(struct table_outline *outline, const struct grid_row *row, const struct table_facts *facts);
/* The end of the sheet, or a new heading: everything is decided. */
int table_outline_flush(struct table_outline *outline);

#endif
