/* Items of price lists: whether a component is in a list of a source, and at what price. Pure. */
#ifndef PF_PRICING_LISTITEM_H
#define PF_PRICING_LISTITEM_H

#include "handlers/pricing/outcome.h"

/* Why a component is not in a list; the first that fits. The caller tells inactive ones apart. */
enum list_skip {
    LIST_IN = 0,
    LIST_INACTIVE,
    LIST_NO_PRICE,    /* estimate: no price */
    LIST_STALE,       /* estimate: stale, and stale ones are not wanted */
    LIST_TOO_OLD,     /* estimate: computed too long ago; manual prices are exempt */
    LIST_NO_STOCK,    /* warehouse: no stock line (lines below zero never enter a list) */
    LIST_NO_FREE_QTY, /* warehouse: everything is reserved */
    LIST_NO_COST,     /* warehouse: no line has a cost and no estimate may stand in */
    LIST_NO_QUOTES,   /* competitor */
    LIST_TOO_FEW,     /* competitor */
    LIST_FAILED,      /* price of 10^10 or more, or too many quotes: reported, not listed */
    LIST_SKIPS
};
const char *list_skip_name(enum list_skip skip); /* "inactive", "no_price" …; "" for LIST_IN */

enum list_basis { BASIS_FRESH, BASIS_STALE, BASIS_MANUAL, BASIS_STOCK, BASIS_ESTIMATE, BASIS_QUOTES };
const char *list_basis_name(enum list_basis basis);

/* The version of a list: its date and its number among the lists of that source and day: "2026-02-05-001", beyond 999
 * with four digits. number 1 … 9999; buf of LIST_VERSION bytes; returns buf. */
#define LIST_VERSION 16
const char *list_version(int32_t as_of, unsigned number, char *buf);

/* What a list says of a component. Prices in the list's currency at scale 4. */
struct list_item {
    int64_t price;
    bool has_qty;
    dec128 qty; /* scale 3 */
    enum list_basis basis;
    uint32_t n_obs;               /* competitor: quotes used; 0 = not told */
    int64_t price_min, price_max; /* competitor: plain observations, no coefficient, to 0.01; 0 = not told */
};

/* Source `estimate`. price_as_of in days, QUOTE_NO_DATE when not known; max_age_days 0 = any age. */
struct list_estimate_rules {
    int32_t as_of;
    bool include_stale;
    int32_t max_age_days;
};
enum list_skip list_estimate(const struct list_estimate_rules *rules, const struct price_rule *rule, int64_t price,
                             enum price_state state, int32_t price_as_of, struct list_item *item);

/* Source `warehouse`: lines are added one by one, in any order. */
struct list_stock_line {
    int64_t qty, reserved, lot_qty; /* scale 3 */
    int64_t unit_cost;              /* scale 4; 0 = none */
};
struct list_stock_sum {
    unsigned lines; /* of 0 or more */
    dec128 cost;    /* scale 7: sum of qty x unit_cost over lines above 0 with a cost */
    dec128 lots;    /* scale 6: sum of qty x lot_qty over the same lines */
    dec128 free;    /* scale 6: sum of free x lot_qty */
    bool overflow;
};
void list_stock_add(struct list_stock_sum *sum, const struct list_stock_line *line);
/* `fallback`: the component's price when the task allows it to stand in for a missing cost, else 0. */
enum list_skip list_warehouse(const struct list_stock_sum *sum, bool include_zero_qty, int64_t fallback,
                              const struct price_rule *rule, struct list_item *item);

/* Source `competitor`: of quotes_judge() over competitor quotes. */
enum list_skip list_competitor(const struct quote_estimate *estimate, const struct price_rule *rule,
                               struct list_item *item);

#endif
