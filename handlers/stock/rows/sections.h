/* Whose stock a row is: sections and columns that name warehouses.
 *
 * A row that is a known warehouse's name starts its section. A name that no warehouse has ("Склад …") starts a section
 * that is not ours, unless it is the only one of the sheet that has rows: then it is taken for ours, and told. The same
 * holds for unknown names in a warehouse column. (domain.md section 5, rule 4)
 *
 * Whether an unknown name is the only one is known at the end of the sheet. Its rows are read as ours; if a known
 * warehouse's rows follow, the file is read once more with the unknown ones passed over: this is rare, and keeps the
 * rows out of memory. */
#ifndef PF_STOCK_ROWS_SECTIONS_H
#define PF_STOCK_ROWS_SECTIONS_H

#include "base/arena.h"
#include "handlers/heading/cells.h"

enum stock_where {
    ROW_OURS,
    ROW_ELSEWHERE,
    ROW_AGAIN,  /* rows were read as ours that are not: read the file again */
    ROW_STACKED /* a warehouse with a quantity had no rows: the warehouses stand below their items */
};

struct stock_sections {
    uint32_t warehouse;     /* the one that is imported */
    bool unknown_elsewhere; /* second reading: sections of unknown names are not ours */

    enum { SECTION_NONE, SECTION_KNOWN, SECTION_UNKNOWN } kind; /* the section that rows are in */
    uint32_t now;                                               /* its warehouse, if known */
    uint64_t name;                                              /* digest of its name, if unknown */
    uint32_t row;                                               /* 0-based, of its name */
    bool counted;                                               /* its own row has a quantity */
    uint32_t rows;                                              /* data rows in it so far */

    uint32_t known_rows;   /* data rows of known warehouses in this sheet */
    uint32_t unknown_read; /* rows of the unknown name that were read as ours */
    uint64_t first;        /* digest of the first unknown name that has rows; 0 = none */
    bool several;          /* another unknown name has rows */
    char names[2][65];     /* the first two of them, for people */
};

void stock_sections_init(struct stock_sections *sections, uint32_t warehouse, bool unknown_elsewhere);
/* A section begins; `warehouse` ARENA_NONE = its name is unknown. Returns ROW_OURS or ROW_STACKED, which is about the
 * section before. */
enum stock_where stock_sections_begin(struct stock_sections *sections, uint32_t warehouse, struct cell_span name,
                                      uint32_t row, bool counted);
/* Whose row is this? `own` is the text of its warehouse column, `warehouse` the one it names or ARENA_NONE.
 * *first becomes true at the first row of an unknown name in a column that is read as ours: it must be told. */
enum stock_where stock_sections_row(struct stock_sections *sections, struct cell_span own, uint32_t warehouse,
                                    bool *first);
/* The end of the sheet: ROW_OURS or ROW_STACKED. */
enum stock_where stock_sections_end(const struct stock_sections *sections);
/* At the end: several unknown names have rows, and no known one has. */
static inline bool stock_sections_open(const struct stock_sections *sections)
{
    return sections->several && sections->known_rows == 0;
}
/* What follows the word in a title such as "Склад …", "Warehouse …"; n 0 if it is no such title. */
struct cell_span stock_section_title(struct cell_span words);

#endif
