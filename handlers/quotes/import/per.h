/* What a price is for, and quantities in pieces. For line.c. */
#ifndef PF_QUOTES_IMPORT_PER_H
#define PF_QUOTES_IMPORT_PER_H

#include "handlers/quotes/import/line.h"

/* Units of one row. */
struct quote_units {
    struct value_unit row; /* of the unit column; UNIT_NONE = not said */
    bool row_known;        /* false: the unit column has a text that is no unit */
    int64_t pack;          /* pieces in a pack, thousandths; 0 = not known */
    int64_t lot_qty;       /* lots in a piece, thousandths */
    enum unit own;         /* the component's; UNIT_NONE = no component */
    bool settled;          /* the number is known: else what follows from it is not told */
};
void quote_units_read(struct quote_context *context, const struct table_row *row, const struct stock_ident *ident,
                      struct quote_units *units);
/* Pieces in one unit of the quantity in this field, thousandths; 0 = not known. */
int64_t quote_units_pieces(const struct quote_context *context, const struct quote_units *units,
                           enum stock_field field);

/* Works out price_per and min_qty of an offer whose price is filled in; the price changes if price_per would be no
 * whole number. Returns false after adding a fault, or if it cannot be known. */
bool quote_per_apply(struct quote_context *context, const struct table_row *row, const struct table_price *price,
                     const struct price_cell *cell, const struct quote_units *units, struct quote_offer *offer,
                     struct stock_verdict *verdict);

#endif
