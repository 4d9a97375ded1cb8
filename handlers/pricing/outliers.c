/* Outliers, exactly: medians and quartiles of whole numbers are kept doubled or fourfold, so nothing is rounded. */
#include "handlers/pricing/price.h"
#include "handlers/pricing/quotes_impl.h"

#include <string.h>

enum {
    PERCENT = 1000000,  /* 100 % at the scale of outlier_floor_pct */
    K_ONE = 10000,      /* 1 at the scale of outlier_k */
    MAD_TO_SIGMA = 6745 /* 0.6745 at that scale: a normal spread's MAD is that part of its standard deviation */
};

struct bounds {
    int64_t low, high; /* inclusive */
};

/* Returns twice the median of n sorted prices. */
static int64_t median_twice(const int64_t *prices, size_t n)
{
    return prices[(n - 1) / 2] + prices[n / 2];
}

/* Returns four times the median distance from the median (median2 is twice the median). The prices are sorted, so
 * distances grow from the middle outwards on both sides: merging both sides until half are seen needs no second sort. */
static int64_t mad_four_times(const int64_t *prices, size_t n, int64_t median2)
{
    size_t left = (n + 1) / 2, right = left; /* next to take: left - 1 and right */
    int64_t distance = 0, sum = 0;

    for (size_t rank = 0; rank <= n / 2; rank++) {
        int64_t below = left > 0 ? median2 - 2 * prices[left - 1] : INT64_MAX;
        int64_t above = right < n ? 2 * prices[right] - median2 : INT64_MAX;
        if (below <= above) {
            distance = below;
            left--;
        } else {
            distance = above;
            right++;
        }
        if (rank == (n - 1) / 2)
            sum = distance;
    }
    return sum + distance;
}

/* Smallest and largest price that are no outliers, from `parts` times each. No price is below 1 or reaches MICRO_LIMIT. */
static struct bounds bounds_of(dec128 low, dec128 high, int parts)
{
    dec128 from = low <= 0 ? 0 : (low + parts - 1) / parts, to = high / parts;
    return (struct bounds){(int64_t)from, (int64_t)(to < MICRO_LIMIT ? to : MICRO_LIMIT - 1)};
}

/* Those with 0.6745 x |x - M| <= k x max(MAD, floor % x M). Sizes: `limit` is below 10^7 x 4·10^16 x 10^7. */
static struct bounds mad_bounds(const struct quote_rules *rules, const int64_t *prices, size_t n)
{
    int64_t median2 = median_twice(prices, n);
    dec128 spread = (dec128)mad_four_times(prices, n, median2) * PERCENT;
    dec128 floor = (dec128)median2 * 2 * rules->outlier_floor_pct;
    dec128 limit = (spread > floor ? spread : floor) * rules->outlier_k;
    dec128 distance2 = limit / ((dec128)2 * PERCENT * MAD_TO_SIGMA);

    return bounds_of(median2 - distance2, median2 + distance2, 2);
}

/* Returns four times the value at position quarters/4 of the sorted prices, by linear interpolation. */
static int64_t at_quarters(const int64_t *prices, size_t quarters)
{
    size_t i = quarters / 4;
    int64_t part = (int64_t)(quarters % 4);

    return part == 0 ? 4 * prices[i] : (4 - part) * prices[i] + part * prices[i + 1];
}

/* Those with Q1 - k x D <= x <= Q3 + k x D, where D = max(Q3 - Q1, 2 x floor % x M). */
static struct bounds iqr_bounds(const struct quote_rules *rules, const int64_t *prices, size_t n)
{
    int64_t q1 = at_quarters(prices, n - 1), q3 = at_quarters(prices, 3 * (n - 1));
    dec128 spread = (dec128)(q3 - q1) * PERCENT;
    dec128 floor = (dec128)median_twice(prices, n) * 4 * rules->outlier_floor_pct;
    dec128 limit = (spread > floor ? spread : floor) * rules->outlier_k;
    dec128 distance4 = limit / ((dec128)PERCENT * K_ONE);

    return bounds_of(q1 - distance4, q3 + distance4, 4);
}

static size_t collect(size_t n, struct quote_space *space)
{
    size_t used = 0;

    for (size_t i = 0; i < n; i++) {
        if (space->verdicts[i].reason == QUOTE_USED)
            space->prices[used++] = space->verdicts[i].base;
    }
    return used;
}

/* The prices are sorted: those in between move to the front. */
static size_t keep_between(int64_t *prices, size_t n, struct bounds bounds)
{
    size_t first = 0, end = n;

    while (first < n && prices[first] < bounds.low)
        first++;
    while (end > first && prices[end - 1] > bounds.high)
        end--;
    memmove(prices, prices + first, (end - first) * sizeof *prices);
    return end - first;
}

size_t quotes_drop_outliers(const struct quote_rules *rules, size_t n, struct quote_space *space,
                            struct quote_estimate *estimate)
{
    size_t used = collect(n, space);

    sort_prices(space->prices, used);
    if (rules->outlier == OUTLIER_NONE || used == 0 || used < rules->outlier_min_n)
        return used;
    struct bounds bounds =
        rules->outlier == OUTLIER_MAD ? mad_bounds(rules, space->prices, used) : iqr_bounds(rules, space->prices, used);
    estimate->bounded = true;
    estimate->outlier_low = bounds.low;
    estimate->outlier_high = bounds.high;
    for (size_t i = 0; i < n; i++) {
        struct quote_verdict *verdict = &space->verdicts[i];
        if (verdict->reason == QUOTE_USED && (verdict->base < bounds.low || verdict->base > bounds.high))
            verdict->reason = QUOTE_OUTLIER;
    }
    return keep_between(space->prices, used, bounds);
}
