/* What a refused number may have been.
 *
 * A spreadsheet turns different numbers into one: "3-10", "10.03" and "MAR-10" become the same day. Of a refused row only
 * what the spreadsheet left is known; of an item its number is. Both are described by forms, hashes of what the rewriting
 * keeps, and if they share one, the row may be the item's. Then a replacing import must not delete the item. More than
 * the right item may share a form; the right one always does. Pure. */
#ifndef PF_STOCK_LINE_FORMS_H
#define PF_STOCK_LINE_FORMS_H

#include "handlers/stock/line/line.h"

#define STOCK_FORMS 128 /* more than a number has */

struct stock_forms {
    unsigned n;
    uint64_t hash[STOCK_FORMS];
};
/* Of a row whose key is not known: ident->settled is false. Few: one to three, or one for each part of a name. */
void stock_row_forms(const struct stock_ident *ident, const struct table_row *row, struct stock_forms *forms);
/* Of an item. */
void stock_item_forms(const char *pn_norm, struct stock_forms *forms);
/* May the refused row be about an item with this number? For many rows and items keep the forms instead. */
bool stock_identity_may_be(const struct stock_ident *ident, const struct table_row *row, const char *pn_norm);

#endif
