/* Between line.c and cost.c: what a row says about how much. */
#ifndef PF_STOCK_LINE_AMOUNTS_H
#define PF_STOCK_LINE_AMOUNTS_H

#include "handlers/stock/line/line.h"

struct stock_amounts {
    enum stock_field field; /* where the quantity stands: FIELD_QTY or FIELD_FREE */
    bool counted;           /* the quantity was read */
    dec128 written;         /* as the file has it, in thousandths */
    /* Thousandths of the item's unit in one unit of the file, of the quantity and of the price; 0 = not known. They
     * differ if the quantity's caption names the unit. */
    int64_t multiplier, price_multiplier;
    bool unit_of_caption;
    int64_t qty, reserved; /* thousandths; the reserve in the file's unit until both are scaled */
    int64_t cost;          /* ten-thousandths, -1 = none */
    enum unit unit;        /* the item's */
};

enum number_read { NUMBER_READ = 0, NUMBER_MISSING, NUMBER_BAD, NUMBER_RANGE, NUMBER_FORMULA /* without a value */ };
/* Reads the number in the field's cell. */
enum number_read stock_number_read(const struct stock_context *context, const struct table_row *row,
                                   enum stock_field field, unsigned scale, struct value_number *out);
/* The same for a row that is read for good: also notes how the number is written. */
enum number_read stock_number_take(struct stock_context *context, const struct table_row *row, enum stock_field field,
                                   unsigned scale, struct value_number *out);

static inline dec128 dec_size(dec128 value)
{
    return value < 0 ? -value : value;
}

/* Reads the cost into amounts->cost, in the base currency, net, of one of the item's units. */
void stock_cost_read(struct stock_context *context, const struct table_row *row, struct stock_amounts *amounts,
                     struct stock_verdict *verdict);

#endif
