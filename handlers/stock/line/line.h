/* One data row to one line: whose stock it is, how much, at what cost.
 *
 * It is done in two steps, because the rules of rows ask whose stock it is before they know that the row has any:
 * stock_identify(), then stock_line_read() with what that found. Both put all faults that they find into a verdict. The
 * caller has taken out of the row what says nothing: placeholders ("-", "н/д") and errors (#N/A) where an identity or
 * a vendor stands. */
#ifndef PF_STOCK_LINE_LINE_H
#define PF_STOCK_LINE_LINE_H

#include "handlers/heading/head.h"
#include "handlers/stock/line/params.h"
#include "handlers/stock/line/style.h"
#include "handlers/stock/line/verdict.h"
#include "handlers/values/rewritten.h"

#define STOCK_RATES_CACHED 8

/* What all rows of one file share. */
struct stock_context {
    const struct stock_params *params;
    struct catalog_map *catalog;
    const struct table_heading *heading;
    const char *sheet; /* its name, for messages; NULL = the file has no sheets */
    /* Of a price list: the normalised code of the party that sends it. A code in a row is then the party's own number,
     * not 1C's. NULL = none. */
    const char *own;
    struct value_date stock_date; /* rates are taken at this date */
    bool date1904;                /* serial numbers of days count from 1904 */
    struct stock_styles styles;   /* how numbers are written in the file */
    /* Rates looked up so far: half a million rows use the same few. */
    struct {
        char currency[4];
        bool known;
        uint32_t nominal;
        int64_t rate;
    } rate[STOCK_RATES_CACHED];
    unsigned n_rates;
};

/* Whose stock: the number, its key in the map, and the lot. */
struct stock_ident {
    /* "" = not known: the number is missing, unreadable or rewritten. Of a party's own code: "SUP01=100245" */
    char pn_norm[PN_BYTES];
    char vendor_norm[PN_BYTES];
    char digits[PN_NUMBER];       /* a number cell as text */
    struct cell_span part_number; /* as written, in the row; s NULL = `digits` has it. stock_ident_text() tells */
    uint32_t component, entry;    /* numbers in the catalogue, or ARENA_NONE */
    uint8_t from;                 /* enum stock_field that gave it; FIELD_NONE = none */
    bool known;     /* the map or a lot has the row's number, lot or code, or, without these, a number in its name */
    bool settled;   /* pn_norm and vendor_norm are the item's key; else it may be any of several */
    bool rewritten; /* a number cell with decimals or "4512.0", which a spreadsheet made of something else */
};
static inline struct cell_span stock_ident_text(const struct stock_ident *ident)
{
    return (struct cell_span){ident->part_number.s ? ident->part_number.s : ident->digits, ident->part_number.n};
}
/* Fills *ident and adds the faults of the identity. The row must last as long as the ident; both may be copied. */
void stock_identify(const struct stock_context *context, const struct table_row *row, struct stock_ident *ident,
                    struct stock_verdict *verdict);

/* The row's vendor, normalised; "" = none, or one that cannot be read. `vendor_norm` has PN_BYTES. */
void stock_vendor_read(const struct table_row *row, char *vendor_norm);

/* Reads a cell of units; a code that a spreadsheet took for a number gets its zeros back (006). Returns 0 or -EINVAL. */
int stock_unit_read(const struct grid_cell *cell, struct value_unit *unit);

/* The three-letter code of a currency as people write it. Returns false if the text is not a currency. */
bool stock_currency(struct cell_span text, char currency[4]);

/* Adds all other faults of the row, and makes the line. Returns false if an error refuses the row, also one that the
 * verdict had before. The line's texts point into `ident` and the row. */
bool stock_line_read(struct stock_context *context, const struct table_row *row, const struct stock_ident *ident,
                     struct stock_line *line, struct stock_verdict *verdict);

/* Bytes of a name that an item keeps. */
size_t stock_name_length(struct cell_span name);

/* The quantity of any row as it is written, before factors of units, in thousandths: for totals and sums of groups.
 * Returns 0, *missing if there is none; or -EINVAL if it cannot be read. */
int stock_row_quantity(const struct stock_context *context, const struct table_row *row, dec128 *out, bool *missing);

#endif
