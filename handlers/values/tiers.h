/* Tiers, sums of the order and what a price is for, in captions of price lists. For reading.c. */
#ifndef PF_VALUES_TIERS_H
#define PF_VALUES_TIERS_H

#include "handlers/values/labels.h"

/* Takes "от 10 шт", "10-49", "от 50 000 руб", "за 1000 шт", "/уп" out of a normalised label, wherever they stand. Sets
 * tier, min_qty, tier_unit, order_sum and per, and adds the sum to `more`. Returns false if there is nothing of these.
 * *odd is set if there is something like a tier or a unit of the price that is not understood. */
bool tiers_take(char *label, struct label_price *out, bool *odd);

#endif
