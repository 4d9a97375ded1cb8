/* Hints in labels: currencies, VAT, pieces, dates ("цена, руб. без НДС", "остаток на 01.02.2026"). For reading.c. */
#ifndef PF_VALUES_HINTS_H
#define PF_VALUES_HINTS_H

#include "handlers/values/labels.h"

/* Takes one hint off the end of a normalised text. With `all` nothing needs to be left, and a VAT rate alone is a hint
 * too ("ндс 20%"). Returns the new length; n if there is no hint. */
size_t hint_strip(const char *text, size_t n, bool all, struct label_hints *hints);
/* Is the text made of hints only? */
bool hint_only(const char *text, size_t n, struct label_hints *hints);
/* Skips what may stand between a label and a hint, backwards. */
size_t hint_before_joints(const char *text, size_t n);

#endif
