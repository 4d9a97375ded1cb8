/* Hints in labels: currencies, VAT, pieces, dates ("цена, руб. без НДС", "остаток на 01.02.2026"). For reading.c. */
#ifndef PF_VALUES_HINTS_H
#define PF_VALUES_HINTS_H

#include "handlers/values/labels.h"

enum {
    HINT_ALL = 1,   /* nothing needs to be left, and a VAT rate alone is a hint too ("ндс 20%") */
    HINT_PRICES = 2 /* as in price lists: more words for currencies and VAT */
};
/* Takes one hint off the end of a normalised text. Returns the new length; n if there is no hint. */
size_t hint_strip(const char *text, size_t n, unsigned how, struct label_hints *hints);
/* Is the text made of hints only? `prices` as above. */
bool hint_only(const char *text, size_t n, bool prices, struct label_hints *hints);
/* Takes a VAT word with its rate off the end of a text of a price list, a running text too ("цены указаны с ндс 20%").
 * Returns the new length; n if there is none. */
size_t hint_strip_vat(const char *text, size_t n, struct label_hints *hints);
/* The currency whose word stands at the start of the normalised text, as in price lists; "" if there is none. *length =
 * bytes of the word. */
const char *hint_currency_at(const char *text, size_t *length);
/* Skips what may stand between a label and a hint, backwards. */
size_t hint_before_joints(const char *text, size_t n);

#endif
