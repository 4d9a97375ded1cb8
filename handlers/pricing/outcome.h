/* Step 5 of recalculate: the final price of a component, and what is done with it. Pure. */
#ifndef PF_PRICING_OUTCOME_H
#define PF_PRICING_OUTCOME_H

#include "handlers/pricing/price.h"
#include "handlers/pricing/quotes.h"

enum price_state { PRICE_NONE, PRICE_FRESH, PRICE_STALE, PRICE_MANUAL };
const char *price_state_name(enum price_state state); /* "none", "fresh", "stale", "manual" */

enum recalc_outcome {
    RECALC_UPDATED,
    RECALC_UNCHANGED, /* the change is 0 or below min_change_pct: price stays, state and price_as_of move */
    RECALC_HELD, /* the change is above max_change_pct: price and state stay, a person decides about the proposal */
    RECALC_NO_QUOTES, /* price stays, state becomes stale */
    RECALC_CLEARED,   /* no quotes, and the task's parameters say that the price is removed then */
    RECALC_FAILED     /* price and state stay; `failure` says why */
};
const char *recalc_outcome_name(enum recalc_outcome outcome);

/* A component before the decision. */
struct recalc_component {
    int64_t price;            /* scale 4; 0 = none */
    int64_t manual_price;     /* scale 4; 0 = none */
    int64_t coefficient;      /* scale 4 */
    enum price_method method; /* its own, or METHOD_NONE */
    int32_t window_days;      /* its own, or -1 */
    enum price_state state;
};

/* The task's parameters for step 5. */
struct recalc_rules {
    enum price_method method;
    int64_t coefficient; /* scale 4 */
    int64_t step;        /* scale 4 */
    enum round_mode mode;
    bool clear;             /* on_no_quotes = clear */
    int64_t min_change_pct; /* hundredths of a percent */
    int64_t max_change_pct; /* hundredths of a percent; 0 = off */
};
/* weighted_avg, coefficient 1, step 0.01, half up, keep, no bounds. */
void recalc_rules_init(struct recalc_rules *rules);

struct recalc_result {
    enum recalc_outcome outcome;
    enum price_method method; /* the one in force */
    const char *reason;       /* with NO_QUOTES and CLEARED: "no_quotes", "too_few", "no_manual_price"; else "" */
    const char *failure;      /* with FAILED: "E_PRICE_RANGE", "E_TOO_MANY_QUOTES"; else "" */
    uint32_t n_quotes, n_used;
    bool bounded;                      /* outliers were looked for: */
    int64_t outlier_low, outlier_high; /* scale 6, see struct quote_estimate */
    int64_t raw;                       /* scale 6; 0 = none (manual, no quotes) */
    int64_t coefficient;               /* scale 8, both multiplied */
    int64_t proposed;                  /* scale 4; 0 = none: the price by the quotes */
    int64_t price;                     /* scale 4; 0 = none: the price of the component afterwards */
    enum price_state state;            /* the state afterwards */
    bool has_change;                   /* there were an old and a new price */
    dec128 change_pct;                 /* hundredths of a percent */
};

/* Returns the method in force for a component. METHOD_MANUAL needs no quotes: then pass NULL as the estimate. */
enum price_method recalc_method(const struct recalc_rules *rules, const struct recalc_component *component);
/* Decides. `estimate` comes from quotes_judge() with recalc_method(), and with the component's window if it has one. */
struct recalc_result recalc_decide(const struct recalc_rules *rules, const struct recalc_component *component,
                                   const struct quote_estimate *estimate);

#endif
