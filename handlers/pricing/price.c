/* Final prices. One rounding, at the end, over 128 bits. */
#include "handlers/pricing/price.h"

#include <assert.h>
#include <errno.h>

int price_final(int64_t micro, const struct price_rule *rule, int64_t *price)
{
    int64_t nominal = rule->rate ? rule->rate->nominal : 1;
    int64_t rate = rule->rate ? rule->rate->rate : RATE_ONE;

    assert(micro >= 0 && micro < MICRO_LIMIT && rate > 0 && rule->step > 0);
    assert(rule->coefficient > 0 && rule->coefficient < COEF_LIMIT);
    assert(rule->coefficient_2 > 0 && rule->coefficient_2 < COEF_LIMIT);
    /* micro < 10^16, coefficients < 10^7 each, nominal <= 10^5: below 10^35. The scales are 6 + 4 + 4 above
     * and 6 + 4 below, so four digits are left over below. */
    dec128 above = (dec128)micro * rule->coefficient * rule->coefficient_2 * nominal;
    dec128 below = (dec128)rate * rule->step * 10000;
    dec128 steps = dec_div_round(above, below, rule->mode);
    if (steps < 1)
        steps = 1; /* a positive price never becomes 0 */
    if (steps > (PRICE_LIMIT - 1) / rule->step)
        return -ERANGE;
    *price = (int64_t)steps * rule->step;
    return 0;
}

dec128 price_change_pct(int64_t old_price, int64_t new_price)
{
    assert(old_price > 0);
    return dec_div_round(((dec128)new_price - old_price) * 10000, old_price, ROUND_HALF_UP);
}
