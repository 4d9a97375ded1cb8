/* Outliers, exactly: medians and quartiles of whole numbers are kept doubled or fourfold, so nothing is rounded. */
#include "handlers/pricing/quotes_impl.h"

#include <string.h>

enum {
    PERCENT = 1000000,  /* 100 % at the scale of outlier_floor_pct */
    K_ONE = 10000,      /* 1 at the scale of outlier_k */
    MAD_TO_SIGMA = 6745 /* 0.6745 at that scale: a normal spread's MAD is that part of its standard deviation */
};

/* The sorted prices from `first` up to, but not including, `end`. */
struct kept {
    size_t first, end;
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

/* Is 0.6745 x |x - M| > k x max(MAD, floor % x M)? Sizes: below 2·10^16 x 10^6 x 10^4 x 2 on the left, 10^7 x 4·10^16 x
 * 10^7 on the right. */
static struct kept keep_mad(const struct quote_rules *rules, const int64_t *prices, size_t n)
{
    int64_t median2 = median_twice(prices, n);
    dec128 spread = (dec128)mad_four_times(prices, n, median2) * PERCENT;
    dec128 floor = (dec128)median2 * 2 * rules->outlier_floor_pct;
    dec128 limit = (spread > floor ? spread : floor) * rules->outlier_k;
    struct kept kept = {0, n};

    while (kept.first < n && (dec128)(median2 - 2 * prices[kept.first]) * 2 * PERCENT * MAD_TO_SIGMA > limit)
        kept.first++;
    while (kept.end > kept.first && (dec128)(2 * prices[kept.end - 1] - median2) * 2 * PERCENT * MAD_TO_SIGMA > limit)
        kept.end--;
    return kept;
}

/* Returns four times the value at position quarters/4 of the sorted prices, by linear interpolation. */
static int64_t at_quarters(const int64_t *prices, size_t quarters)
{
    size_t i = quarters / 4;
    int64_t part = (int64_t)(quarters % 4);

    return part == 0 ? 4 * prices[i] : (4 - part) * prices[i] + part * prices[i + 1];
}

/* Is x < Q1 - k x D or x > Q3 + k x D, with D = max(Q3 - Q1, 2 x floor % x M)? */
static struct kept keep_iqr(const struct quote_rules *rules, const int64_t *prices, size_t n)
{
    int64_t q1 = at_quarters(prices, n - 1), q3 = at_quarters(prices, 3 * (n - 1));
    dec128 spread = (dec128)(q3 - q1) * PERCENT;
    dec128 floor = (dec128)median_twice(prices, n) * 4 * rules->outlier_floor_pct;
    dec128 limit = (spread > floor ? spread : floor) * rules->outlier_k;
    struct kept kept = {0, n};

    while (kept.first < n && (dec128)(q1 - 4 * prices[kept.first]) * PERCENT * K_ONE > limit)
        kept.first++;
    while (kept.end > kept.first && (dec128)(4 * prices[kept.end - 1] - q3) * PERCENT * K_ONE > limit)
        kept.end--;
    return kept;
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

size_t quotes_drop_outliers(const struct quote_rules *rules, size_t n, struct quote_space *space)
{
    size_t used = collect(n, space);

    sort_prices(space->prices, used);
    if (rules->outlier == OUTLIER_NONE || used == 0 || used < rules->outlier_min_n)
        return used;
    struct kept kept =
        rules->outlier == OUTLIER_MAD ? keep_mad(rules, space->prices, used) : keep_iqr(rules, space->prices, used);
    size_t left = kept.end - kept.first;
    if (left == used)
        return used;
    for (size_t i = 0; i < n; i++) {
        struct quote_verdict *verdict = &space->verdicts[i];
        bool inside =
            left > 0 && verdict->base >= space->prices[kept.first] && verdict->base <= space->prices[kept.end - 1];
        if (verdict->reason == QUOTE_USED && !inside)
            verdict->reason = QUOTE_OUTLIER;
    }
    memmove(space->prices, space->prices + kept.first, left * sizeof *space->prices);
    return left;
}
