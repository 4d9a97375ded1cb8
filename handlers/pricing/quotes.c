/* Judging the quotes of one component: base prices, reasons, offers. */
#include "handlers/pricing/quotes.h"

#include "base/bytes.h"
#include "handlers/pricing/price.h"
#include "handlers/pricing/quotes_impl.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- Names and defaults ---------------------------------------------------------------------------------------- */

static const char *const method_names[METHOD_COUNT] = {
    [METHOD_NONE] = "",           [METHOD_WEIGHTED_AVG] = "weighted_avg",
    [METHOD_AVERAGE] = "average", [METHOD_MEDIAN] = "median",
    [METHOD_MIN] = "min",         [METHOD_LATEST] = "latest",
    [METHOD_MANUAL] = "manual",
};

const char *price_method_name(enum price_method method)
{
    return method_names[method];
}

enum price_method price_method_of(const char *name)
{
    for (enum price_method method = METHOD_WEIGHTED_AVG; method < METHOD_COUNT; method++) {
        if (strcmp(method_names[method], name) == 0)
            return method;
    }
    return METHOD_NONE;
}

const char *quote_reason_name(enum quote_reason reason)
{
    static const char *const names[QUOTE_REASONS] = {
        [QUOTE_USED] = "",           [QUOTE_PARTY_OFF] = "party_off",   [QUOTE_REJECTED] = "rejected",
        [QUOTE_FUTURE] = "future",   [QUOTE_STALE] = "stale",           [QUOTE_EXPIRED] = "expired",
        [QUOTE_MOQ] = "moq",         [QUOTE_NO_RATE] = "no_rate",       [QUOTE_OUT_OF_RANGE] = "out_of_range",
        [QUOTE_TIER] = "tier",       [QUOTE_SUPERSEDED] = "superseded", [QUOTE_OUTLIER] = "outlier",
        [QUOTE_TOO_FEW] = "too_few",
    };

    return names[reason];
}

void quote_rules_init(struct quote_rules *rules, int32_t as_of, const struct time_weights *time)
{
    *rules = (struct quote_rules){
        .as_of = as_of,
        .window_days = 90,
        .weigh_time = true,
        .weigh_supplier = true,
        .time = time,
        .qty_cap = 100000,
        .ref_qty = 1000,
        .require_valid = true,
        .outlier = OUTLIER_MAD,
        .outlier_min_n = 5,
        .outlier_k = OUTLIER_K_MAD,
        .outlier_floor_pct = 20000,
        .min_quotes = 1,
    };
}

/* ---- Workspace ------------------------------------------------------------------------------------------------- */

void quote_space_init(struct quote_space *space)
{
    *space = (struct quote_space){0};
}

void quote_space_fini(struct quote_space *space)
{
    free(space->verdicts);
    free(space->order);
    free(space->prices);
    quote_space_init(space);
}

static void reserve(struct quote_space *space, size_t n)
{
    if (n <= space->room)
        return;
    space->room = n < 64 ? 64 : n + n / 2;
    space->verdicts = xrealloc(space->verdicts, space->room * sizeof *space->verdicts);
    space->order = xrealloc(space->order, space->room * sizeof *space->order);
    space->prices = xrealloc(space->prices, space->room * sizeof *space->prices);
}

/* ---- One quote by itself --------------------------------------------------------------------------------------- */

dec128 quote_base_price(const struct quote *quote, const struct rate *rate)
{
    /* Scales: 4 + 6 above, and the 4 of (100 + VAT)% below, make the 6 of the result: no power of ten is left over. */
    dec128 above = (dec128)quote->price * (rate ? rate->rate : RATE_ONE);
    int64_t below =
        (int64_t)quote->price_per * (rate ? rate->nominal : 1) * (10000 + (quote->vat_included ? quote->vat_rate : 0));

    return dec_div_round(above, below, ROUND_HALF_UP);
}

/* Checks the reasons that do not need the price. */
static enum quote_reason early_reason(const struct quote_rules *rules, const struct quote_party *party,
                                      const struct quote *quote)
{
    if (!party->active || party->weight == 0)
        return QUOTE_PARTY_OFF;
    if (quote->rejected)
        return QUOTE_REJECTED;
    if (quote->quoted_on > rules->as_of)
        return QUOTE_FUTURE;
    if ((int64_t)rules->as_of - quote->quoted_on > rules->window_days)
        return QUOTE_STALE;
    if (rules->require_valid && quote->valid_until < rules->as_of)
        return QUOTE_EXPIRED;
    return quote->min_qty > rules->ref_qty ? QUOTE_MOQ : QUOTE_USED;
}

static uint64_t weight_of(const struct quote_rules *rules, const struct quote_party *party, const struct quote *quote)
{
    uint64_t weight = 1;

    if (rules->weigh_time)
        weight *= time_weight(rules->time, (int64_t)rules->as_of - quote->quoted_on);
    if (rules->weigh_supplier)
        weight *= party->weight;
    if (rules->weigh_qty) {
        int64_t qty = quote->qty == QUOTE_NO_QTY ? 1000 : quote->qty;
        qty = qty < rules->qty_cap ? qty : rules->qty_cap;
        weight *= (uint64_t)(qty > 1 ? qty : 1);
    }
    return weight;
}

static struct quote_verdict judge_one(const struct quote_rules *rules, const struct quote_party *party,
                                      const struct rates *rates, const struct quote *quote)
{
    struct quote_verdict verdict = {.reason = early_reason(rules, party, quote)};

    if (verdict.reason != QUOTE_USED)
        return verdict;
    if (quote->currency != CURRENCY_BASE) {
        verdict.rate = rates_find(rates, quote->currency, rules->fx_as_of ? rules->as_of : quote->quoted_on);
        if (!verdict.rate) {
            verdict.reason = QUOTE_NO_RATE;
            return verdict;
        }
    }
    dec128 base = quote_base_price(quote, verdict.rate);
    if (base < 1 || base >= MICRO_LIMIT) {
        verdict.reason = QUOTE_OUT_OF_RANGE;
        return verdict;
    }
    verdict.base = (int64_t)base;
    verdict.weight = weight_of(rules, party, quote);
    return verdict;
}

/* ---- Offers of one party --------------------------------------------------------------------------------------- */

/* Groups by party and number; in a group the newest first, on one day the largest break first, then the highest id. */
static bool offer_before(uint32_t a, uint32_t b, const void *ctx)
{
    const struct quote *x = (const struct quote *)ctx + a, *y = (const struct quote *)ctx + b;

    if (x->party != y->party)
        return x->party < y->party;
    int order = x->pn == y->pn ? 0 : strcmp(x->pn, y->pn);
    if (order != 0)
        return order < 0;
    if (x->quoted_on != y->quoted_on)
        return x->quoted_on > y->quoted_on;
    if (x->min_qty != y->min_qty)
        return x->min_qty > y->min_qty;
    return x->id > y->id;
}

static bool same_offer(const struct quote *x, const struct quote *y)
{
    return x->party == y->party && (x->pn == y->pn || strcmp(x->pn, y->pn) == 0);
}

void quotes_pick_offers(const struct quote_rules *rules, const struct quote *quotes, size_t n,
                        struct quote_space *space)
{
    size_t used = 0;

    for (size_t i = 0; i < n; i++) {
        if (space->verdicts[i].reason == QUOTE_USED)
            space->order[used++] = (uint32_t)i;
    }
    sort_indices(space->order, used, offer_before, quotes);
    for (size_t i = 1; i < used; i++) {
        const struct quote *before = &quotes[space->order[i - 1]], *quote = &quotes[space->order[i]];
        if (!same_offer(before, quote))
            continue;
        /* The first of a day is the break that fits; the others of that day lose to it, even if it does not count
         * itself. */
        if (before->quoted_on == quote->quoted_on)
            space->verdicts[space->order[i]].reason = QUOTE_TIER;
        else if (!rules->per_party_all)
            space->verdicts[space->order[i]].reason = QUOTE_SUPERSEDED;
    }
}

/* ---- All of them ----------------------------------------------------------------------------------------------- */

/* Checks the bounds on which every "fits in 128 bits" in these files depends. */
static void check_rules(const struct quote_rules *rules)
{
    assert(rules->qty_cap >= 0 && rules->qty_cap <= 1000000);
    assert(rules->outlier_k >= 0 && rules->outlier_k < OUTLIER_K_LIMIT);
    assert(rules->outlier_floor_pct >= 0 && rules->outlier_floor_pct < OUTLIER_FLOOR_LIMIT);
    assert(rules->time || !rules->weigh_time);
}

static void mark_too_few(size_t n, struct quote_space *space)
{
    for (size_t i = 0; i < n; i++) {
        if (space->verdicts[i].reason == QUOTE_USED)
            space->verdicts[i].reason = QUOTE_TOO_FEW;
    }
}

struct quote_estimate quotes_judge(const struct quote_rules *rules, enum price_method method,
                                   const struct quote_party *parties, const struct rates *rates,
                                   const struct quote *quotes, size_t n, struct quote_space *space)
{
    struct quote_estimate estimate = {.status = ESTIMATE_TOO_MANY, .n_quotes = (uint32_t)n};

    if (n > QUOTES_MAX)
        return estimate;
    check_rules(rules);
    reserve(space, n);
    for (size_t i = 0; i < n; i++)
        space->verdicts[i] = judge_one(rules, &parties[quotes[i].party], rates, &quotes[i]);
    quotes_pick_offers(rules, quotes, n, space);
    size_t used = quotes_drop_outliers(rules, n, space, &estimate);
    if (used < (rules->min_quotes > 1 ? rules->min_quotes : 1)) {
        estimate.status = used == 0 ? ESTIMATE_NO_QUOTES : ESTIMATE_TOO_FEW;
        mark_too_few(n, space);
        return estimate;
    }
    estimate.status = ESTIMATE_OK;
    estimate.n_used = (uint32_t)used;
    estimate.low = space->prices[0];
    estimate.high = space->prices[used - 1];
    estimate.raw = quotes_price(method, quotes, n, space, used);
    return estimate;
}
