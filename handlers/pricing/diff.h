/* Differences between two price lists of one currency, A (old) and B (new). Pure. */
#ifndef PF_PRICING_DIFF_H
#define PF_PRICING_DIFF_H

#include "handlers/values/decimal.h"

enum diff_status { DIFF_ADDED, DIFF_REMOVED, DIFF_UP, DIFF_DOWN, DIFF_SAME, DIFF_STATUSES };
const char *diff_status_name(enum diff_status status);

struct diff_item {
    const char *lot_code; /* ascending by bytes, no repeats */
    int64_t price;        /* scale 4 */
};

struct diff_row {
    const char *lot_code;
    enum diff_status status;
    int64_t old_price, new_price; /* scale 4; 0 = not in that list */
    int64_t delta;                /* scale 4; with UP, DOWN and SAME */
    dec128 pct;                   /* hundredths of a percent, rounded half away from zero; with UP, DOWN and SAME */
};

struct diff_summary {
    uint32_t count[DIFF_STATUSES];
    dec128 pct_sum; /* of the rounded percentages of lots in both lists */
};

/* One lot: `old_price` or `new_price` 0 = not in that list (not both). Adds to the summary. */
struct diff_row diff_lot(const char *lot_code, int64_t old_price, int64_t new_price, struct diff_summary *summary);
/* Every lot of either list in byte order. `fn` may be NULL (summary only); nonzero from it stops and is returned. */
int diff_lists(const struct diff_item *a, size_t n_a, const struct diff_item *b, size_t n_b,
               struct diff_summary *summary, int (*fn)(const struct diff_row *row, void *ctx), void *ctx);
/* Mean of the rounded percentages, rounded, in hundredths. False when the lists have no lot in common. */
bool diff_average(const struct diff_summary *summary, dec128 *pct);

#endif
