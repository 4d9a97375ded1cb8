/* One row of a price list to its prices: whose, how much, in what, for how many, from which quantity on. Pure. */
#ifndef PF_QUOTES_IMPORT_LINE_H
#define PF_QUOTES_IMPORT_LINE_H

#include "handlers/quotes/import/params.h"
#include "handlers/quotes/import/price.h"
#include "handlers/stock/line/line.h"

/* What all rows of one sheet share. */
struct quote_context {
    struct stock_context stock; /* catalogue, heading, styles of numbers, the party's code (own) */
    const struct quote_params *params;
    struct table_above above; /* what stands above the heading */
    /* Words that lost to others: told once a file. "" = none. */
    char currency_lost[160], vat_lost[160];
    char currencies[STOCK_FAULT_DETAIL -
                    sizeof "currencies\t\n"]; /* that conventional units may be; "" = not asked yet */
};

/* The prices of one row as its cells have them, by column of the heading (heading->price). */
struct quote_cells {
    enum price_read read[TABLE_COLUMNS];
    struct price_cell cell[TABLE_COLUMNS];
    unsigned n_read; /* of them with a price */
    bool faulty;     /* one of them cannot be read */
};
void quote_cells_read(struct quote_context *context, const struct table_row *row, struct quote_cells *cells);

/* What identifies a number in the file. */
enum quote_key { KEY_PN, KEY_LOT, KEY_CODE };

struct quote_offer {
    int64_t price;      /* ten-thousandths */
    int64_t min_qty;    /* thousandths */
    uint32_t price_per; /* lots that the price is for, 1 … 100 000 */
    uint16_t vat_rate;  /* hundredths of a per cent; 0 if not included */
    bool vat_included;
    bool currency_open; /* neither file nor request says a currency */
    uint8_t column;     /* 0-based */
    char currency[4];
};
/* An accepted row. Texts are borrowed from ident and row. */
struct quote_line {
    uint32_t row; /* 0-based */
    enum quote_key key;
    const char *norm;             /* the number as the file has it, normalised; of a code "SUP01=100245" */
    char vendor[PN_BYTES];        /* of the file, normalised; "" = none, or a code */
    const char *pn_norm;          /* as stored; "" = a known lot alone */
    struct cell_span part_number; /* as written; n 0 = none */
    uint32_t component;           /* number in the catalogue, or ARENA_NONE */
    int64_t qty;                  /* thousandths, pieces; -1 = unknown */
    bool qty_unknown;             /* the file says something that is no number */
    struct quote_offer offer[TABLE_COLUMNS];
    unsigned n;
};
/* Is the number a known lot, named as such? It is stored without a number then. */
bool quote_line_is_lot(const struct quote_context *context, const struct stock_ident *ident);

/* Judges a row with a price. Returns false if an error refuses it, also one that the verdict had before. */
bool quote_line_read(struct quote_context *context, const struct table_row *row, const struct stock_ident *ident,
                     const struct quote_cells *cells, struct quote_line *line, struct stock_verdict *verdict);

#endif
