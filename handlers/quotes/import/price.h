/* One cell of a price column: "1 250,00 руб./шт с НДС". Pure. */
#ifndef PF_QUOTES_IMPORT_PRICE_H
#define PF_QUOTES_IMPORT_PRICE_H

#include "handlers/heading/cells.h"

enum price_read {
    PRICE_NONE, /* empty, 0, or a word that says that there is none */
    PRICE_READ,
    PRICE_BAD,      /* E_PRICE_NUM: words that are not understood, ranges, lower bounds, dates, errors */
    PRICE_FORMULA,  /* E_PRICE_FORMULA: no value is stored */
    PRICE_NEGATIVE, /* E_PRICE_NEGATIVE */
    PRICE_RANGE     /* E_PRICE_RANGE: 10^10 or more, or nothing is left of it at four digits */
};
struct price_cell {
    int64_t value;     /* ten-thousandths */
    bool lost;         /* digits beyond the fourth were rounded off */
    uint8_t style;     /* enum number_style; also of a cell that cannot be read */
    char currency[4];  /* of the cell's words or its number format; "" = not said, "?" = conventional units */
    int vat, vat_rate; /* as in struct label_hints; -1 = not said */
    struct quote_per per;
};
#define PRICE_CELL_LIMIT INT64_C(100000000000000) /* 10^10 at four digits */

/* `cell` may be NULL. *out is filled as far as it can be. */
enum price_read price_cell_read(const struct grid_cell *cell, enum number_locale locale, struct price_cell *out);

#endif
