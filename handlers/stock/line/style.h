/* How the numbers of a file are written: Russian or English.
 *
 * "1,250" is one and a quarter in the one and 1250 in the other, and a cell alone does not tell. Other cells of its
 * column may: "12,400,000" is English, "12,5" Russian. If a column has both, a cell that reads differently and one that
 * the locale in force does not explain, its numbers are not guessed. */
#ifndef PF_STOCK_LINE_STYLE_H
#define PF_STOCK_LINE_STYLE_H

#include "base/facts.h"
#include "handlers/heading/head.h"
#include "handlers/values/labels.h"
#include "handlers/values/values.h"

struct stock_context;

/* One cell, with its texts cut for a message. */
struct stock_style_cell {
    bool seen;
    uint32_t row, column; /* 0-based */
    char sheet[65], caption[65], text[49];
};
/* The first cells of each kind in each column of numbers: one for each field, then one for each column of prices, of
 * which a table may have several. Zero it before the first sheet. */
#define STOCK_STYLES (FIELD_COUNT + TABLE_COLUMNS)
struct stock_styles {
    struct stock_style_cell ambiguous[STOCK_STYLES], evidence[STOCK_STYLES];
};
/* Notes how a text cell was written. Called for each that was read as a number. */
void stock_style_note(struct stock_context *context, const struct table_row *row, enum stock_field field,
                      enum number_style style);
/* The same for a price in any column. */
void stock_style_note_price(struct stock_context *context, const struct table_row *row, const struct grid_cell *cell,
                            enum number_style style);
/* Has a column both? `why` then gets the sentence for E_NUMBER_STYLE, which names both cells and the parameter, `told` the
 * same as facts and choices. */
bool stock_styles_conflict(const struct stock_context *context, char *why, size_t size, struct fault_told *told);

#endif
