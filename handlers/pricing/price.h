/* Final prices: from micro prices (6 digits, base currency) to prices of components and lists. */
#ifndef PF_PRICING_PRICE_H
#define PF_PRICING_PRICE_H

#include "handlers/pricing/rates.h"
#include "handlers/values/decimal.h"

#define COEF_ONE    10000                      /* 1 at COEF_SCALE */
#define STEP_KOPECK 100                        /* 0.01 at PRICE_SCALE */
#define PRICE_LIMIT INT64_C(100000000000000)   /* 10^10 at PRICE_SCALE: prices stay below */
#define MICRO_LIMIT INT64_C(10000000000000000) /* 10^10 at MICRO_SCALE */
#define COEF_LIMIT  INT64_C(10000000)          /* 1000 at COEF_SCALE: coefficients stay below */

/* How a price is made final. */
struct price_rule {
    int64_t coefficient;   /* scale 4; 0 < coefficient < COEF_LIMIT */
    int64_t coefficient_2; /* a second one, or COEF_ONE */
    int64_t step;          /* scale 4: prices are multiples of it; 0 < step < PRICE_LIMIT */
    enum round_mode mode;
    const struct rate *rate; /* rate of the price's currency; NULL = base currency */
};

/* max(1, round(micro x coefficients x nominal / (rate x step))) x step, rounded once, every factor exact. 0 <= micro <
 * MICRO_LIMIT. Returns 0 and the price at scale 4, or -ERANGE (E_PRICE_RANGE): the price would be 10^10 or more. */
int price_final(int64_t micro, const struct price_rule *rule, int64_t *price);

/* round2((new - old) x 100 / old): the change in hundredths of a percent. old > 0. */
dec128 price_change_pct(int64_t old_price, int64_t new_price);

#endif
