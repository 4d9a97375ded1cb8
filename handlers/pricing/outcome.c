/* What to do with a newly computed price. */
#include "handlers/pricing/outcome.h"

#include <assert.h>

const char *price_state_name(enum price_state state)
{
    static const char *const names[] = {"none", "fresh", "stale", "manual"};

    return names[state];
}

const char *recalc_outcome_name(enum recalc_outcome outcome)
{
    static const char *const names[] = {"updated", "unchanged", "held", "no_quotes", "cleared", "failed"};

    return names[outcome];
}

void recalc_rules_init(struct recalc_rules *rules)
{
    *rules = (struct recalc_rules){.method = METHOD_WEIGHTED_AVG, .coefficient = COEF_ONE, .step = STEP_KOPECK};
}

enum price_method recalc_method(const struct recalc_rules *rules, const struct recalc_component *component)
{
    return component->method != METHOD_NONE ? component->method : rules->method;
}

static void fail(struct recalc_result *result, const char *why)
{
    result->outcome = RECALC_FAILED;
    result->failure = why;
}

static void without_quotes(const struct recalc_rules *rules, const char *why, struct recalc_result *result)
{
    result->reason = why;
    if (rules->clear) {
        result->outcome = RECALC_CLEARED;
        result->price = 0;
        result->state = PRICE_NONE;
        return;
    }
    result->outcome = RECALC_NO_QUOTES;
    result->state = result->price > 0 ? PRICE_STALE : PRICE_NONE;
}

static dec128 size_of(dec128 change)
{
    return change < 0 ? -change : change;
}

/* `proposed` is set; result->price is still the old one. The bounds are compared with the percentage that the audit
 * row shows, so that the row explains the outcome. */
static void compare(const struct recalc_rules *rules, struct recalc_result *result)
{
    bool manual = result->method == METHOD_MANUAL;

    result->outcome = RECALC_UPDATED;
    if (result->price > 0) {
        result->has_change = true;
        result->change_pct = price_change_pct(result->price, result->proposed);
        dec128 size = size_of(result->change_pct);
        if (result->price == result->proposed || size < rules->min_change_pct)
            result->outcome = RECALC_UNCHANGED;
        else if (!manual && rules->max_change_pct > 0 && size > rules->max_change_pct)
            result->outcome = RECALC_HELD;
    }
    if (result->outcome == RECALC_HELD)
        return;
    result->state = manual ? PRICE_MANUAL : PRICE_FRESH;
    if (result->outcome == RECALC_UPDATED)
        result->price = result->proposed;
}

static void decide_manual(const struct recalc_rules *rules, const struct recalc_component *component,
                          struct recalc_result *result)
{
    if (component->manual_price == 0) {
        without_quotes(rules, "no_manual_price", result);
        return;
    }
    result->proposed = component->manual_price; /* as typed: no coefficient, no rounding */
    compare(rules, result);
}

static void decide_estimated(const struct recalc_rules *rules, const struct recalc_component *component,
                             const struct quote_estimate *estimate, struct recalc_result *result)
{
    const struct price_rule rule = {rules->coefficient, component->coefficient, rules->step, rules->mode, NULL};

    result->n_quotes = estimate->n_quotes;
    result->n_used = estimate->n_used;
    result->bounded = estimate->bounded;
    result->outlier_low = estimate->outlier_low;
    result->outlier_high = estimate->outlier_high;
    result->raw = estimate->raw;
    result->coefficient = rules->coefficient * component->coefficient;
    switch (estimate->status) {
    case ESTIMATE_TOO_MANY:
        fail(result, "E_TOO_MANY_QUOTES");
        return;
    case ESTIMATE_NO_QUOTES:
        without_quotes(rules, "no_quotes", result);
        return;
    case ESTIMATE_TOO_FEW:
        without_quotes(rules, "too_few", result);
        return;
    case ESTIMATE_OK:
        break;
    }
    if (price_final(estimate->raw, &rule, &result->proposed) != 0)
        fail(result, "E_PRICE_RANGE");
    else
        compare(rules, result);
}

struct recalc_result recalc_decide(const struct recalc_rules *rules, const struct recalc_component *component,
                                   const struct quote_estimate *estimate)
{
    struct recalc_result result = {
        .method = recalc_method(rules, component),
        .reason = "",
        .failure = "",
        .coefficient = (int64_t)COEF_ONE * COEF_ONE,
        .price = component->price,
        .state = component->state,
    };

    if (result.method == METHOD_MANUAL) {
        decide_manual(rules, component, &result);
        return result;
    }
    assert(estimate);
    decide_estimated(rules, component, estimate, &result);
    return result;
}
