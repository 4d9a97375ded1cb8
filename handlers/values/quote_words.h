/* Words around prices in cells: currencies, and what a price is for. */
#ifndef PF_VALUES_QUOTE_WORDS_H
#define PF_VALUES_QUOTE_WORDS_H

#include "handlers/values/values.h"

/* The currency of a normalised word: "USD" …, "?" for conventional units; NULL if it is none. */
const char *quote_currency_word(const char *label);
/* Reads what a price is for off the end of a normalised text: "/шт", "/1000 шт", "руб/м". A count without a unit is of
 * whatever the item is counted in. Returns the length of what stands before it; n if there is nothing of the kind. */
size_t quote_per_strip(const char *text, size_t n, struct quote_per *out);

#endif
