/* The three sources of price lists. */
#include "handlers/pricing/listitem.h"

#include "handlers/values/values.h"

#include <assert.h>
#include <stdio.h>

const char *list_skip_name(enum list_skip skip)
{
    static const char *const names[LIST_SKIPS] = {
        [LIST_IN] = "",
        [LIST_INACTIVE] = "inactive",
        [LIST_NO_PRICE] = "no_price",
        [LIST_STALE] = "stale",
        [LIST_TOO_OLD] = "too_old",
        [LIST_NO_STOCK] = "no_stock",
        [LIST_NO_FREE_QTY] = "no_free_qty",
        [LIST_NO_COST] = "no_cost",
        [LIST_NO_QUOTES] = "no_quotes",
        [LIST_TOO_FEW] = "too_few",
        [LIST_FAILED] = "failed",
    };

    return names[skip];
}

const char *list_basis_name(enum list_basis basis)
{
    static const char *const names[] = {"fresh", "stale", "manual", "stock", "estimate", "quotes"};

    return names[basis];
}

const char *list_version(int32_t as_of, unsigned number, char *buf)
{
    char date[11];

    assert(number >= 1 && number <= 9999);
    value_date_format(value_date_from_days(as_of), date);
    snprintf(buf, LIST_VERSION, "%s-%03u", date, number);
    return buf;
}

/* Scale 4 to scale 6, below the limits of both. */
static int64_t to_micro(int64_t price)
{
    return price * 100;
}

static enum list_skip put_price(int64_t micro, const struct price_rule *rule, enum list_basis basis,
                                struct list_item *item)
{
    item->basis = basis;
    return price_final(micro, rule, &item->price) == 0 ? LIST_IN : LIST_FAILED;
}

enum list_skip list_estimate(const struct list_estimate_rules *rules, const struct price_rule *rule, int64_t price,
                             enum price_state state, int32_t price_as_of, struct list_item *item)
{
    *item = (struct list_item){0};
    if (price == 0)
        return LIST_NO_PRICE;
    if (state == PRICE_STALE && !rules->include_stale)
        return LIST_STALE;
    bool dated = state != PRICE_MANUAL && price_as_of != QUOTE_NO_DATE;
    if (dated && rules->max_age_days > 0 && (int64_t)rules->as_of - price_as_of > rules->max_age_days)
        return LIST_TOO_OLD;
    enum list_basis basis = state == PRICE_MANUAL ? BASIS_MANUAL : state == PRICE_STALE ? BASIS_STALE : BASIS_FRESH;
    return put_price(to_micro(price), rule, basis, item);
}

/* *sum += a x b; the sizes of stock columns allow sums beyond 128 bits, which no real warehouse comes near. */
static void add_product(dec128 *sum, int64_t a, int64_t b, bool *overflow)
{
    *overflow = __builtin_add_overflow(*sum, (dec128)a * b, sum) || *overflow;
}

void list_stock_add(struct list_stock_sum *sum, const struct list_stock_line *line)
{
    if (line->qty < 0)
        return;
    sum->lines++;
    if (line->qty > 0 && line->unit_cost > 0) {
        add_product(&sum->cost, line->qty, line->unit_cost, &sum->overflow);
        add_product(&sum->lots, line->qty, line->lot_qty, &sum->overflow);
    }
    if (line->qty > line->reserved)
        add_product(&sum->free, line->qty - line->reserved, line->lot_qty, &sum->overflow);
}

/* round6(cost / lots). Scales: 7 above, 6 below, and 5 more digits make 6. */
static enum list_skip mean_cost(const struct list_stock_sum *sum, const struct price_rule *rule, struct list_item *item)
{
    dec128 above;

    if (sum->overflow || __builtin_mul_overflow(sum->cost, (dec128)100000, &above))
        return LIST_FAILED;
    dec128 micro = dec_div_round(above, sum->lots, ROUND_HALF_UP);
    return micro < MICRO_LIMIT ? put_price((int64_t)micro, rule, BASIS_STOCK, item) : LIST_FAILED;
}

enum list_skip list_warehouse(const struct list_stock_sum *sum, bool include_zero_qty, int64_t fallback,
                              const struct price_rule *rule, struct list_item *item)
{
    *item = (struct list_item){.has_qty = true,
                               .qty = sum->free / 1000}; /* cut, not rounded: nobody sells a part of a lot */
    if (sum->lines == 0)
        return LIST_NO_STOCK;
    if (item->qty == 0 && !include_zero_qty)
        return LIST_NO_FREE_QTY;
    if (sum->lots > 0)
        return mean_cost(sum, rule, item);
    return fallback > 0 ? put_price(to_micro(fallback), rule, BASIS_ESTIMATE, item) : LIST_NO_COST;
}

enum list_skip list_competitor(const struct quote_estimate *estimate, const struct price_rule *rule,
                               struct list_item *item)
{
    const struct price_rule plain = {COEF_ONE, COEF_ONE, STEP_KOPECK, ROUND_HALF_UP, rule->rate};

    *item = (struct list_item){.n_obs = estimate->n_used};
    switch (estimate->status) {
    case ESTIMATE_TOO_MANY:
        return LIST_FAILED;
    case ESTIMATE_NO_QUOTES:
        return LIST_NO_QUOTES;
    case ESTIMATE_TOO_FEW:
        return LIST_TOO_FEW;
    case ESTIMATE_OK:
        break;
    }
    if (price_final(estimate->low, &plain, &item->price_min) != 0 ||
        price_final(estimate->high, &plain, &item->price_max) != 0)
        return LIST_FAILED;
    return put_price(estimate->raw, rule, BASIS_QUOTES, item);
}
