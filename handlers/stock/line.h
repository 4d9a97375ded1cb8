/* One data row to one line: whose stock it is, how much, at what cost.
 *
 * The first error rejects the row; warnings are collected for rows that are kept. */
#ifndef PF_STOCK_LINE_H
#define PF_STOCK_LINE_H

#include "handlers/pricing/partnum.h"
#include "handlers/stock/import.h"
#include "handlers/stock/issue.h"
#include "handlers/table/head.h"

#define STOCK_RATES_CACHED 8

/* What all rows of one file share. */
struct stock_context {
    const struct stock_params *params;
    struct catalog_map *catalog;
    const struct table_heading *heading;
    struct value_date stock_date; /* rates are taken at this date */
    bool date1904;                /* serial numbers of days count from 1904 */
    /* Rates looked up so far: half a million rows use the same few. */
    struct {
        char currency[4];
        bool known;
        uint32_t nominal;
        int64_t rate;
    } rate[STOCK_RATES_CACHED];
    unsigned n_rates;
};

/* Warnings of one row: a set of codes from W_PN_FOLDED on. */
typedef uint32_t stock_warnings;
static inline void stock_warn(stock_warnings *set, enum stock_code code)
{
    *set |= 1u << (code - W_PN_FOLDED);
}
static inline bool stock_warned(stock_warnings set, enum stock_code code)
{
    return set & 1u << (code - W_PN_FOLDED);
}

/* Whose stock: the number, its key in the map, and the lot. */
struct stock_ident {
    char pn_norm[PN_BYTES];
    char vendor_norm[PN_BYTES];
    char digits[24];              /* a number cell as text, padded with zeros */
    struct cell_span part_number; /* as written */
    uint32_t component, entry;    /* numbers in the catalogue, or ARENA_NONE */
};
enum stock_code stock_identify(const struct stock_context *context, const struct table_row *row,
                               struct stock_ident *ident, stock_warnings *warnings);
/* Does the name contain a number that the map or a lot knows? */
bool stock_name_known(const struct stock_context *context, const struct table_row *row);

/* The three-letter code of a currency as people write it. Returns false if the text is not a currency. */
bool stock_currency(struct cell_span text, char currency[4]);

/* Amounts of a row whose identity is known. */
struct stock_amounts {
    int64_t qty, reserved; /* thousandths, in the item's unit */
    int64_t cost;          /* ten-thousandths, -1 = none */
    enum unit unit;
};
enum stock_code stock_measure(struct stock_context *context, const struct table_row *row,
                              const struct stock_ident *ident, struct stock_amounts *amounts, stock_warnings *warnings);

/* Reads identity, amounts, date and texts: the whole row. The line's texts point into `ident`. */
enum stock_code stock_line_read(struct stock_context *context, const struct table_row *row, struct stock_ident *ident,
                                struct stock_line *line, stock_warnings *warnings);

#endif
