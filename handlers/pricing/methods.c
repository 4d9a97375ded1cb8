/* The price from the quotes that count, and the weights by age. */
#include "handlers/pricing/quotes_impl.h"

#include <assert.h>

/* ---- Methods --------------------------------------------------------------------------------------------------- */

static int64_t weighted_average(size_t n, const struct quote_space *space)
{
    /* weight <= 10^6 x 10^5 x 10^6, base < 10^16, at most 10^4 quotes: the sum stays below 10^37 */
    dec128 sum = 0, weights = 0;

    for (size_t i = 0; i < n; i++) {
        const struct quote_verdict *verdict = &space->verdicts[i];
        if (verdict->reason != QUOTE_USED)
            continue;
        sum += (dec128)verdict->weight * verdict->base;
        weights += (dec128)verdict->weight;
    }
    return (int64_t)dec_div_round(sum, weights, ROUND_HALF_UP);
}

static int64_t average(const int64_t *prices, size_t used)
{
    dec128 sum = 0;

    for (size_t i = 0; i < used; i++)
        sum += prices[i];
    return (int64_t)dec_div_round(sum, (dec128)used, ROUND_HALF_UP);
}

static int64_t median(const int64_t *prices, size_t used)
{
    return (int64_t)dec_div_round((dec128)prices[(used - 1) / 2] + prices[used / 2], 2, ROUND_HALF_UP);
}

/* The newest price; of one day the cheapest. (Equal prices of one day are the same price.) */
static int64_t latest(const struct quote *quotes, size_t n, const struct quote_space *space)
{
    int32_t newest = INT32_MIN;
    int64_t price = 0;

    for (size_t i = 0; i < n; i++) {
        const struct quote_verdict *verdict = &space->verdicts[i];
        if (verdict->reason != QUOTE_USED || quotes[i].quoted_on < newest)
            continue;
        if (quotes[i].quoted_on > newest || verdict->base < price)
            price = verdict->base;
        newest = quotes[i].quoted_on;
    }
    return price;
}

int64_t quotes_price(enum price_method method, const struct quote *quotes, size_t n, const struct quote_space *space,
                     size_t used)
{
    switch (method) {
    case METHOD_AVERAGE:
        return average(space->prices, used);
    case METHOD_MEDIAN:
        return median(space->prices, used);
    case METHOD_MIN:
        return space->prices[0];
    case METHOD_LATEST:
        return latest(quotes, n, space);
    case METHOD_WEIGHTED_AVG:
        break;
    case METHOD_NONE:
    case METHOD_MANUAL:
    case METHOD_COUNT:
        assert(0 && "not a method over quotes");
    }
    return weighted_average(n, space);
}

/* ---- Time weights ---------------------------------------------------------------------------------------------- */

enum {
    FRACTION_BITS = 60,
    HALVINGS = 21 /* 10^6 / 2^21 is below a half: from there on every weight is 1 */
};

static uint64_t square_root(unsigned __int128 square)
{
    uint64_t root = 0;

    for (unsigned bit = 64; bit-- > 0;) {
        uint64_t tried = root | (uint64_t)1 << bit;
        if ((unsigned __int128)tried * tried <= square)
            root = tried;
    }
    return root;
}

/* 2^-1/2, 2^-1/4, 2^-1/8 … in units of 2^-63, each the square root of the one before. */
static void halving_roots(uint64_t roots[FRACTION_BITS])
{
    uint64_t root = (uint64_t)1 << 62;

    for (unsigned i = 0; i < FRACTION_BITS; i++) {
        root = square_root((unsigned __int128)root << 63);
        roots[i] = root;
    }
}

/* 2^-(num/den) for 0 <= num < den in units of 2^-63: the binary digits of the fraction choose among the roots. Sixty
 * roots and products lose less than 2^-55 altogether, and no weight of a half-life up to 365 days lies that close to
 * the middle between two whole numbers: the test compares every one with exp2(). */
static uint64_t power_of_half(const uint64_t roots[FRACTION_BITS], uint64_t num, uint64_t den)
{
    uint64_t result = (uint64_t)1 << 63;

    for (unsigned i = 0; i < FRACTION_BITS && num != 0; i++) {
        num *= 2;
        if (num < den)
            continue;
        num -= den;
        result = (uint64_t)(((unsigned __int128)result * roots[i]) >> 63);
    }
    return result;
}

void time_weights_init(struct time_weights *weights, unsigned half_life)
{
    assert(half_life <= HALF_LIFE_MAX);
    uint64_t roots[FRACTION_BITS];
    halving_roots(roots);
    weights->half_life = half_life;
    weights->n = half_life * HALVINGS;
    for (unsigned age = 0; age < weights->n; age++) {
        unsigned __int128 scaled = (unsigned __int128)power_of_half(roots, age % half_life, half_life) * 1000000;
        unsigned shift = 63 + age / half_life;
        uint64_t weight = (uint64_t)((scaled + ((unsigned __int128)1 << (shift - 1))) >> shift);
        weights->weight[age] = weight > 1 ? (uint32_t)weight : 1;
    }
}

uint32_t time_weight(const struct time_weights *weights, int64_t age)
{
    if (weights->half_life == 0)
        return 1000000;
    assert(age >= 0);
    return age < weights->n ? weights->weight[age] : 1;
}
