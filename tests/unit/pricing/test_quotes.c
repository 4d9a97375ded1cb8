/* Judging quotes: every rule against a slow reading of its definition over random quotes. */
#include "handlers/pricing/quotes.h"

#include "tests/unit/pricing/cases.h"

#include <math.h>

/* ---- A slow model: each rule as a search over all quotes, fractions as cross products --------------------------- */

struct model {
    const struct quote_rules *rules;
    const struct quote_party *parties;
    const struct rates *rates;
    const struct quote *quotes;
    size_t n;
    enum quote_reason reason[CASE_QUOTES];
    dec128 base[CASE_QUOTES];
};

static bool model_same(const struct quote *a, const struct quote *b)
{
    return a->party == b->party && strcmp(a->pn, b->pn) == 0;
}

static const struct rate *model_rate(const struct rates *rates, uint16_t currency, int32_t date)
{
    const struct rate *best = NULL;
    for (size_t i = 0; i < rates->n; i++) {
        const struct rates_entry *entry = &rates->entries[i];
        bool fits =
            entry->currency == currency && entry->rate.date <= date && date - entry->rate.date <= rates->max_age_days;
        if (fits && (!best || entry->rate.date > best->date))
            best = &entry->rate;
    }
    return best;
}

static void model_first_reasons(struct model *m)
{
    for (size_t i = 0; i < m->n; i++) {
        const struct quote *q = &m->quotes[i];
        const struct rate *rate =
            model_rate(m->rates, q->currency, m->rules->fx_as_of ? m->rules->as_of : q->quoted_on);
        int32_t age = m->rules->as_of - q->quoted_on;
        m->base[i] = 0;
        if (!m->parties[q->party].active || m->parties[q->party].weight == 0)
            m->reason[i] = QUOTE_PARTY_OFF;
        else if (q->rejected)
            m->reason[i] = QUOTE_REJECTED;
        else if (age < 0)
            m->reason[i] = QUOTE_FUTURE;
        else if (age > m->rules->window_days)
            m->reason[i] = QUOTE_STALE;
        else if (m->rules->require_valid && q->valid_until < m->rules->as_of)
            m->reason[i] = QUOTE_EXPIRED;
        else if (q->min_qty > m->rules->ref_qty)
            m->reason[i] = QUOTE_MOQ;
        else if (q->currency != CURRENCY_BASE && !rate)
            m->reason[i] = QUOTE_NO_RATE;
        else {
            /* 10^6 x price/10^4 x rate/10^6 / nominal / per / (1 + vat/10^4), doubled and halved for the rounding */
            dec128 above = (dec128)q->price * (rate ? rate->rate : 1000000) * 2;
            dec128 below =
                (dec128)q->price_per * (rate ? rate->nominal : 1) * (q->vat_included ? 10000 + q->vat_rate : 10000);
            m->base[i] = (above + below) / (2 * below);
            m->reason[i] = m->base[i] < 1 || m->base[i] >= dec_pow10(16) ? QUOTE_OUT_OF_RANGE : QUOTE_USED;
        }
    }
}

static void model_offers(struct model *m)
{
    bool candidate[CASE_QUOTES];
    for (size_t i = 0; i < m->n; i++)
        candidate[i] = m->reason[i] == QUOTE_USED;
    for (size_t i = 0; i < m->n; i++) {
        for (size_t j = 0; j < m->n && candidate[i]; j++) {
            const struct quote *a = &m->quotes[i], *b = &m->quotes[j];
            if (i == j || !candidate[j] || !model_same(a, b) || a->quoted_on != b->quoted_on)
                continue;
            if (b->min_qty > a->min_qty || (b->min_qty == a->min_qty && b->id > a->id))
                m->reason[i] = QUOTE_TIER;
        }
    }
    for (size_t i = 0; i < m->n && !m->rules->per_party_all; i++) {
        for (size_t j = 0; j < m->n && m->reason[i] == QUOTE_USED; j++) {
            if (candidate[j] && model_same(&m->quotes[i], &m->quotes[j]) &&
                m->quotes[j].quoted_on > m->quotes[i].quoted_on)
                m->reason[i] = QUOTE_SUPERSEDED;
        }
    }
}

static int compare_wide(const void *a, const void *b)
{
    dec128 x = *(const dec128 *)a, y = *(const dec128 *)b;
    return (x > y) - (x < y);
}

static size_t model_sorted(const struct model *m, dec128 *out)
{
    size_t n = 0;
    for (size_t i = 0; i < m->n; i++) {
        if (m->reason[i] == QUOTE_USED)
            out[n++] = m->base[i];
    }
    qsort(out, n, sizeof *out, compare_wide);
    return n;
}

/* Value at position num/4 of the sorted values, four times. */
static dec128 model_quantile(const dec128 *x, size_t num)
{
    dec128 low = x[num / 4], high = num % 4 ? x[num / 4 + 1] : low;
    return low * 4 + (high - low) * (dec128)(num % 4);
}

static void model_outliers(struct model *m)
{
    dec128 x[CASE_QUOTES], distance[CASE_QUOTES];
    size_t n = model_sorted(m, x);
    if (m->rules->outlier == OUTLIER_NONE || n < m->rules->outlier_min_n || n == 0)
        return;
    dec128 m4 = model_quantile(x, 2 * (n - 1)), k = m->rules->outlier_k, floor_pct = m->rules->outlier_floor_pct;
    for (size_t i = 0; i < n; i++)
        distance[i] = x[i] * 4 > m4 ? x[i] * 4 - m4 : m4 - x[i] * 4;
    qsort(distance, n, sizeof *distance, compare_wide);
    /* everything x 16 x 10^6 (the scale of the floor's percentage), then x 10^4 (k) */
    dec128 mad = model_quantile(distance, 2 * (n - 1)) * 1000000, q1 = model_quantile(x, n - 1),
           q3 = model_quantile(x, 3 * (n - 1));
    dec128 floor_mad = m4 * 4 * floor_pct, iqr = (q3 - q1) * 4 * 1000000, floor_iqr = 2 * floor_mad;
    dec128 d_mad = mad > floor_mad ? mad : floor_mad, d_iqr = iqr > floor_iqr ? iqr : floor_iqr;
    for (size_t i = 0; i < m->n; i++) {
        if (m->reason[i] != QUOTE_USED)
            continue;
        dec128 from_median = m->base[i] * 4 > m4 ? m->base[i] * 4 - m4 : m4 - m->base[i] * 4;
        dec128 below = q1 - m->base[i] * 4, above = m->base[i] * 4 - q3, out = below > above ? below : above;
        bool far = m->rules->outlier == OUTLIER_MAD ? from_median * 4 * 1000000 * 6745 > k * d_mad
                                                    : out * 4 * 1000000 * 10000 > k * d_iqr;
        if (far)
            m->reason[i] = QUOTE_OUTLIER;
    }
}

static dec128 model_weight(const struct model *m, size_t i)
{
    const struct quote_rules *rules = m->rules;
    const struct quote *q = &m->quotes[i];
    dec128 weight = 1;
    if (rules->weigh_time && rules->time->half_life == 0)
        weight *= 1000000;
    else if (rules->weigh_time)
        weight *= (int64_t)fmax(1, round(1e6 * exp2(-(double)(rules->as_of - q->quoted_on) / rules->time->half_life)));
    if (rules->weigh_supplier)
        weight *= m->parties[q->party].weight;
    if (rules->weigh_qty) {
        int64_t qty = q->qty < 0 ? 1000 : q->qty;
        qty = qty > rules->qty_cap ? rules->qty_cap : qty;
        weight *= qty < 1 ? 1 : qty;
    }
    return weight;
}

static dec128 model_rounded(dec128 above, dec128 below)
{
    if (below == 0)
        return 0;
    return (2 * above + below) / (2 * below);
}

static dec128 model_price(const struct model *m, enum price_method method, const dec128 *x, size_t n)
{
    dec128 sum = 0, weights = 0, best = 0;
    int32_t newest = INT32_MIN;
    for (size_t i = 0; i < m->n; i++) {
        if (m->reason[i] != QUOTE_USED)
            continue;
        dec128 weight = method == METHOD_WEIGHTED_AVG ? model_weight(m, i) : 1;
        sum += weight * m->base[i];
        weights += weight;
        if (m->quotes[i].quoted_on > newest || (m->quotes[i].quoted_on == newest && m->base[i] < best)) {
            newest = m->quotes[i].quoted_on;
            best = m->base[i];
        }
    }
    switch (method) {
    case METHOD_MEDIAN:
        return model_rounded(x[(n - 1) / 2] + x[n / 2], 2);
    case METHOD_MIN:
        return x[0];
    case METHOD_LATEST:
        return best;
    default:
        return model_rounded(sum, weights);
    }
}

/* ---- Random input ------------------------------------------------------------------------------------------------ */

static uint64_t pick(uint64_t *seed, uint64_t n)
{
    return testdata_random(seed) % n;
}

static void random_rates(uint64_t *seed, struct rates *rates)
{
    rates_init(rates, "RUB", (unsigned)pick(seed, 20));
    for (int32_t day = 900; day < 1010; day++) {
        if (pick(seed, 3) == 0)
            assert_int_equal(rates_add(rates, "USD", day, 1, 1 + (int64_t)pick(seed, 200000000)), 0);
        if (pick(seed, 9) == 0)
            assert_int_equal(rates_add(rates, "JPY", day, 100, 1 + (int64_t)pick(seed, 100000000)), 0);
    }
    assert_int_equal(rates_seal(rates), 0);
}

static struct quote random_quote(uint64_t *seed, uint64_t id, const struct rates *rates)
{
    static const char *const currencies[] = {"RUB", "RUB", "USD", "JPY", "XXX"};
    static const char *const numbers[] = {"", "", "A", "B"};
    int32_t on = 895 + (int32_t)pick(seed, 110);
    return (struct quote){
        .id = id,
        .price = pick(seed, 20) == 0 ? 1 + (int64_t)pick(seed, 100000000000000) : 900000 + (int64_t)pick(seed, 200000),
        .min_qty = pick(seed, 3) ? 1000 : (int64_t)pick(seed, 12) * 500 + 500,
        .qty = pick(seed, 3) ? QUOTE_NO_QTY : (int64_t)pick(seed, 200000),
        .pn = numbers[pick(seed, 4)],
        .party = (uint32_t)pick(seed, 8),
        .price_per = pick(seed, 10) ? 1 : (uint32_t)pick(seed, 100000) + 1,
        .quoted_on = on,
        .valid_until = pick(seed, 4) ? QUOTE_NO_DATE : on + (int32_t)pick(seed, 60),
        .currency = rates_currency(rates, currencies[pick(seed, 5)]),
        .vat_rate = (uint16_t)pick(seed, 10000),
        .vat_included = pick(seed, 2),
        .rejected = pick(seed, 12) == 0,
    };
}

static void random_rules(uint64_t *seed, struct quote_rules *rules, struct time_weights *time)
{
    time_weights_init(time, pick(seed, 8) ? 1 + (unsigned)pick(seed, 60) : 0);
    quote_rules_init(rules, 1000, time);
    rules->window_days = (int32_t)pick(seed, 110);
    rules->weigh_time = pick(seed, 2);
    rules->weigh_supplier = pick(seed, 2);
    rules->weigh_qty = pick(seed, 2);
    rules->qty_cap = (int64_t)pick(seed, 1000001);
    rules->ref_qty = (int64_t)pick(seed, 8000);
    rules->per_party_all = pick(seed, 2);
    rules->require_valid = pick(seed, 2);
    rules->fx_as_of = pick(seed, 2);
    rules->outlier = (enum quote_outlier)pick(seed, 3);
    rules->outlier_min_n = (unsigned)pick(seed, 7);
    rules->outlier_k = (int64_t)pick(seed, 50000);
    rules->outlier_floor_pct = (int64_t)pick(seed, 4) * 5000;
    rules->min_quotes = (unsigned)pick(seed, 4);
}

static void compare_with_model(const struct model *m, enum price_method method, const struct quote_estimate *got,
                               const struct quote_space *space)
{
    dec128 x[CASE_QUOTES];
    size_t used = model_sorted(m, x);
    size_t need = m->rules->min_quotes > 1 ? m->rules->min_quotes : 1;
    assert_int_equal(got->status, used == 0 ? ESTIMATE_NO_QUOTES : used < need ? ESTIMATE_TOO_FEW : ESTIMATE_OK);
    for (size_t i = 0; i < m->n; i++) {
        bool few = m->reason[i] == QUOTE_USED && used < need;
        assert_int_equal(space->verdicts[i].reason, few ? QUOTE_TOO_FEW : m->reason[i]);
        bool priced = m->reason[i] == QUOTE_USED || m->reason[i] >= QUOTE_TIER;
        assert_true(space->verdicts[i].base == (priced ? m->base[i] : 0));
        assert_true(space->verdicts[i].weight == (priced ? (uint64_t)model_weight(m, i) : 0));
    }
    assert_int_equal(got->n_used, used < need ? 0 : used);
    if (used < need)
        return;
    assert_true(got->low == x[0] && got->high == x[used - 1]);
    assert_true(got->raw == model_price(m, method, x, used));
}

static void random_quotes_equal_the_model(void **state)
{
    (void)state;
    uint64_t seed = 17;
    struct quote_space space;
    unsigned priced = 0, seen[QUOTE_REASONS] = {0};
    quote_space_init(&space);
    for (int round = 0; round < 6000; round++) {
        struct rates rates;
        struct quote_rules rules;
        struct time_weights time;
        struct quote_party parties[8];
        struct quote quotes[CASE_QUOTES];
        size_t n = pick(&seed, 4) ? pick(&seed, 12) : pick(&seed, CASE_QUOTES + 1);
        random_rates(&seed, &rates);
        random_rules(&seed, &rules, &time);
        for (size_t i = 0; i < 8; i++)
            parties[i] = (struct quote_party){(uint32_t)pick(&seed, 6) * 500, pick(&seed, 9) != 0};
        for (size_t i = 0; i < n; i++)
            quotes[i] = random_quote(&seed, i * 7919 % 64 + 1, &rates);
        enum price_method method = (enum price_method)(METHOD_WEIGHTED_AVG + pick(&seed, 5));
        struct quote_estimate got = quotes_judge(&rules, method, parties, &rates, quotes, n, &space);
        struct model m = {.rules = &rules, .parties = parties, .rates = &rates, .quotes = quotes, .n = n};
        model_first_reasons(&m);
        model_offers(&m);
        model_outliers(&m);
        compare_with_model(&m, method, &got, &space);
        priced += got.status == ESTIMATE_OK;
        for (size_t i = 0; i < n; i++)
            seen[space.verdicts[i].reason]++;
        rates_fini(&rates);
    }
    assert_true(priced > 2000);
    for (int reason = 0; reason < QUOTE_REASONS; reason++)
        assert_true(seen[reason] > 20);
    quote_space_fini(&space);
}

/* The order in which the database hands rows out must not matter. */
static void order_does_not_matter(void **state)
{
    (void)state;
    enum { MANY = 400 };
    uint64_t seed = 23;
    struct quote_space space;
    struct rates rates;
    struct quote_rules rules;
    struct time_weights time;
    struct quote_party parties[8];
    struct quote *quotes = calloc(MANY, sizeof *quotes);
    assert_non_null(quotes);
    quote_space_init(&space);
    time_weights_init(&time, 30);
    random_rates(&seed, &rates);
    quote_rules_init(&rules, 1000, &time);
    for (size_t i = 0; i < 8; i++)
        parties[i] = (struct quote_party){1000, true};
    for (size_t i = 0; i < MANY; i++)
        quotes[i] = random_quote(&seed, i + 1, &rates);
    struct quote_estimate first = quotes_judge(&rules, METHOD_WEIGHTED_AVG, parties, &rates, quotes, MANY, &space);
    assert_int_equal(first.status, ESTIMATE_OK);
    for (int round = 0; round < 50; round++) {
        for (size_t i = MANY - 1; i > 0; i--) {
            size_t j = pick(&seed, i + 1);
            struct quote swap = quotes[i];
            quotes[i] = quotes[j];
            quotes[j] = swap;
        }
        struct quote_estimate again = quotes_judge(&rules, METHOD_WEIGHTED_AVG, parties, &rates, quotes, MANY, &space);
        assert_int_equal(again.n_used, first.n_used);
        assert_true(again.raw == first.raw && again.low == first.low && again.high == first.high);
    }
    free(quotes);
    rates_fini(&rates);
    quote_space_fini(&space);
}

/* ---- At the very edge
 * ------------------------------------------------------------------------------------------------ */

/* Prices in 0.0001 for 100 pieces, so that the base price counts single micros. Which of them stay, as a string of 0
 * and 1. */
static void expect_kept(const struct quote_rules *rules, const int64_t *micros, size_t n, const char *expected)
{
    struct quote_space space;
    struct rates rates;
    struct quote_party parties[16];
    struct quote quotes[16];
    assert_true(n <= 16);
    quote_space_init(&space);
    rates_init(&rates, "RUB", 14);
    assert_int_equal(rates_seal(&rates), 0);
    for (size_t i = 0; i < n; i++) {
        parties[i] = (struct quote_party){1000, true};
        quotes[i] = (struct quote){.id = i,
                                   .price = micros[i],
                                   .min_qty = 1,
                                   .qty = 0,
                                   .pn = "",
                                   .party = (uint32_t)i,
                                   .price_per = 100,
                                   .quoted_on = 1000,
                                   .valid_until = QUOTE_NO_DATE};
    }
    quotes_judge(rules, METHOD_AVERAGE, parties, &rates, quotes, n, &space);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(space.verdicts[i].base, micros[i]); /* 0.0001 / 100 is one micro */
        if ((space.verdicts[i].reason == QUOTE_USED) != (expected[i] == '1'))
            fail_msg("%zu: %s", i, quote_reason_name(space.verdicts[i].reason));
    }
    quote_space_fini(&space);
    rates_fini(&rates);
}

/* A quote exactly at the limit stays; one that is one micro further is dropped. */
static void limits_are_exact(void **state)
{
    (void)state;
    static const int64_t by_mad[] = {1000000, 1100000, 900000, 1100001, 899999, 1000000, 1000000};
    static const int64_t by_floor[] = {1000000, 1000000, 1000000, 1020000, 1020001, 980000, 979999};
    static const int64_t even[] = {100, 101, 102, 103, 99, 98};
    struct time_weights time;
    struct quote_rules rules;
    time_weights_init(&time, 30);
    quote_rules_init(&rules, 1000, &time);
    rules.outlier_k = 6745; /* 0.6745: the limit is then the spread itself */
    rules.outlier_floor_pct = 0;
    expect_kept(&rules, by_mad, 7, "1110011"); /* distances 0 0 0 100000 100000 100001 100001: MAD 100000 */
    rules.outlier_floor_pct = 20000;
    expect_kept(&rules, by_floor, 7, "1111010");
    rules.outlier_floor_pct = 0;
    expect_kept(&rules, even, 6, "111010"); /* median 100.5, distances .5 .5 1.5 1.5 2.5 2.5: MAD 1.5 */
    rules.outlier = OUTLIER_IQR;
    rules.outlier_k = 10000;
    rules.outlier_floor_pct = 10000; /* twice 1 % */
    static const int64_t flat[] = {1000000, 1000000, 1000000, 1000000, 1000000, 1000000, 1000000,
                                   1000000, 1000000, 1020000, 1020001, 980000,  979999};
    expect_kept(&rules, flat, 13, "1111111111010");
    rules.outlier_floor_pct = 0;
    static const int64_t quarters[] = {100, 104, 108, 112, 126, 127}; /* Q1 105, Q3 122.5: up to 140 */
    expect_kept(&rules, quarters, 6, "111111");
    static const int64_t fence[] = {104, 108, 112, 116, 128, 129}; /* Q1 109, Q3 125: 93 to 141 */
    expect_kept(&rules, fence, 6, "111111");
    static const int64_t beyond[] = {100, 101, 102, 103, 106}; /* Q1 101, Q3 103: 99 to 105 */
    expect_kept(&rules, beyond, 5, "11110");
    static const int64_t within[] = {100, 101, 102, 103, 105};
    expect_kept(&rules, within, 5, "11111");
}

static void a_quantity_of_nothing_weighs_something(void **state)
{
    (void)state;
    struct time_weights time;
    struct quote_rules rules;
    struct quote_space space;
    struct rates rates;
    const struct quote_party party = {1000, true};
    const struct quote quote = {
        .price = 10000, .pn = "", .price_per = 1, .quoted_on = 1000, .valid_until = QUOTE_NO_DATE};
    time_weights_init(&time, 30);
    quote_rules_init(&rules, 1000, &time);
    rules.weigh_time = rules.weigh_supplier = false;
    rules.weigh_qty = true;
    quote_space_init(&space);
    rates_init(&rates, "RUB", 14);
    assert_int_equal(rates_seal(&rates), 0);
    struct quote_estimate got = quotes_judge(&rules, METHOD_WEIGHTED_AVG, &party, &rates, &quote, 1, &space);
    assert_int_equal(got.raw, 1000000);
    assert_int_equal(space.verdicts[0].weight, 1);
    rates_fini(&rates);
    quote_space_fini(&space);
}

static void no_quotes_at_all(void **state)
{
    (void)state;
    struct time_weights time;
    struct quote_rules rules;
    struct quote_space space;
    struct rates rates;
    time_weights_init(&time, 30);
    quote_rules_init(&rules, 1000, &time);
    quote_space_init(&space);
    rates_init(&rates, "RUB", 14);
    assert_int_equal(rates_seal(&rates), 0);
    struct quote_estimate got = quotes_judge(&rules, METHOD_MEDIAN, NULL, &rates, NULL, 0, &space);
    assert_int_equal(got.status, ESTIMATE_NO_QUOTES);
    assert_int_equal(got.n_quotes, 0);
    rates_fini(&rates);
    quote_space_fini(&space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_quotes_equal_the_model),
        cmocka_unit_test(order_does_not_matter),
        cmocka_unit_test(limits_are_exact),
        cmocka_unit_test(a_quantity_of_nothing_weighs_something),
        cmocka_unit_test(no_quotes_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
