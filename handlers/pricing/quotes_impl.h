/* Shared by the files behind quotes.h only: the steps of quotes_judge(). */
#ifndef PF_PRICING_QUOTES_IMPL_H
#define PF_PRICING_QUOTES_IMPL_H

#include "handlers/pricing/quotes.h"

/* Sorts in place, without allocating. */
void sort_prices(int64_t *values, size_t n);
/* `before(a, b, ctx)`: strict order of two indices. */
void sort_indices(uint32_t *values, size_t n, bool (*before)(uint32_t a, uint32_t b, const void *ctx), const void *ctx);

/* Step 2, second half: of several offers of a party for one number only one counts. */
void quotes_pick_offers(const struct quote_rules *rules, const struct quote *quotes, size_t n,
                        struct quote_space *space);
/* Step 3. Fills space->prices with the sorted base prices that are left, and the bounds into *estimate; returns their
 * number. */
size_t quotes_drop_outliers(const struct quote_rules *rules, size_t n, struct quote_space *space,
                            struct quote_estimate *estimate);
/* Step 4 over the `used` sorted prices. */
int64_t quotes_price(enum price_method method, const struct quote *quotes, size_t n, const struct quote_space *space,
                     size_t used);

#endif
