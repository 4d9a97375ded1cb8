/* From quotes to a price: which quotes of a component count, and which price follows from them. Pure: no database, no
 * clock, no locale. The same input gives the same price on every machine, and again from the stored rows.
 *
 * Order of work for each component: quotes_judge() fills in one verdict per quote and the estimate; recalc_decide()
 * (outcome.h) makes the price final and compares it with the present price. Nothing is allocated per quote: the
 * workspace grows to the largest component and is used again. One workspace per thread. */
#ifndef PF_PRICING_QUOTES_H
#define PF_PRICING_QUOTES_H

#include "handlers/pricing/rates.h"
#include "handlers/values/decimal.h"

#include <stdbool.h>

#define QUOTES_MAX    10000     /* per component: keeps weighted sums inside 128 bits */
#define QUOTE_NO_DATE INT32_MAX /* valid_until: open */
#define QUOTE_NO_QTY  (-1)      /* qty: unknown */
#define HALF_LIFE_MAX 365       /* days */

/* One quote as stored. */
struct quote {
    uint64_t id;
    int64_t price;       /* scale 4, > 0 */
    int64_t min_qty;     /* scale 3 */
    int64_t qty;         /* scale 3, or QUOTE_NO_QTY */
    const char *pn;      /* pn_norm, "" if none; borrowed. Groups the offers of a party */
    uint32_t party;      /* index into the parties */
    uint32_t price_per;  /* the price is for so many pieces, 1 … 100 000 */
    int32_t quoted_on;   /* days since 1970-01-01 */
    int32_t valid_until; /* last day it holds, or QUOTE_NO_DATE */
    uint16_t currency;   /* rates_currency() */
    uint16_t vat_rate;   /* hundredths of a percent, 0 … 9999 */
    bool vat_included;
    bool rejected;
};

struct quote_party {
    uint32_t weight; /* thousandths, 0 … 100 000; 0 = ignore */
    bool active;
};

enum price_method {
    METHOD_NONE = 0, /* a component without its own method */
    METHOD_WEIGHTED_AVG,
    METHOD_AVERAGE,
    METHOD_MEDIAN,
    METHOD_MIN,
    METHOD_LATEST,
    METHOD_MANUAL,
    METHOD_COUNT
};
const char *price_method_name(enum price_method method); /* "weighted_avg" … */
/* Returns METHOD_NONE if there is no such name. */
enum price_method price_method_of(const char *name);

/* Why a quote does not count; the first that fits, in this order. */
enum quote_reason {
    QUOTE_USED = 0,
    QUOTE_PARTY_OFF, /* party inactive or weight 0 */
    QUOTE_REJECTED,
    QUOTE_FUTURE,       /* quoted after as_of */
    QUOTE_STALE,        /* older than the window */
    QUOTE_EXPIRED,      /* valid_until before as_of */
    QUOTE_MOQ,          /* min_qty above ref_qty */
    QUOTE_NO_RATE,      /* no rate that is new enough */
    QUOTE_OUT_OF_RANGE, /* base price below 0.000001 or not below 10^10 */
    QUOTE_TIER,         /* another price break of the same offer fits better */
    QUOTE_SUPERSEDED,   /* a newer quote of the same party for the same number */
    QUOTE_OUTLIER,
    QUOTE_TOO_FEW, /* would count, but fewer than min_quotes are left */
    QUOTE_REASONS
};
const char *quote_reason_name(enum quote_reason reason); /* "party_off" …; "" for QUOTE_USED */

/* The verdict about one quote: the row of price_change_quote. */
struct quote_verdict {
    enum quote_reason reason;
    int64_t base;            /* scale 6, base currency, per unit, net of VAT; 0 = never computed */
    const struct rate *rate; /* used for base; NULL in the base currency */
    uint64_t weight;         /* product of the weights that are switched on; 0 if base is 0 */
};

enum quote_outlier { OUTLIER_NONE, OUTLIER_MAD, OUTLIER_IQR };

/* Time weights in millionths by age: max(1, round(10^6 x 2^(-age / half_life))). */
struct time_weights {
    unsigned half_life;                      /* 0 = every age weighs 10^6 */
    unsigned n;                              /* entries; older ages weigh 1 */
    uint32_t weight[HALF_LIFE_MAX * 21 + 1]; /* after 21 half-lives less than half a millionth is left */
};
/* half_life <= HALF_LIFE_MAX. Integer arithmetic only. */
void time_weights_init(struct time_weights *weights, unsigned half_life);
uint32_t time_weight(const struct time_weights *weights, int64_t age);

/* The parameters of a run (names as in the task's parameters). */
struct quote_rules {
    int32_t as_of;
    int32_t window_days;
    bool weigh_time, weigh_supplier, weigh_qty;
    const struct time_weights *time; /* may be NULL when weigh_time is false */
    int64_t qty_cap;                 /* scale 3, at most 1000 */
    int64_t ref_qty;                 /* scale 3 */
    bool per_party_all;
    bool require_valid;
    bool fx_as_of; /* every quote uses the rate of as_of */
    enum quote_outlier outlier;
    unsigned outlier_min_n;
    int64_t outlier_k;         /* scale 4; OUTLIER_K_* when the task does not say */
    int64_t outlier_floor_pct; /* scale 4 */
    unsigned min_quotes;       /* 0 counts as 1 */
};
#define OUTLIER_K_MAD       35000
#define OUTLIER_K_IQR       15000
#define OUTLIER_K_LIMIT     INT64_C(10000000) /* k stays below 1000 */
#define OUTLIER_FLOOR_LIMIT INT64_C(10000000) /* the floor stays below 1000 % */
/* The defaults of recalculate; `time` is borrowed. */
void quote_rules_init(struct quote_rules *rules, int32_t as_of, const struct time_weights *time);

/* Scratch memory of one thread. */
struct quote_space {
    struct quote_verdict *verdicts; /* one per quote of the last call, in its order */
    uint32_t *order;
    int64_t *prices;
    size_t room;
};
void quote_space_init(struct quote_space *space);
void quote_space_fini(struct quote_space *space);

enum estimate_status {
    ESTIMATE_OK = 0,
    ESTIMATE_NO_QUOTES, /* none is left */
    ESTIMATE_TOO_FEW,   /* some are left, fewer than min_quotes */
    ESTIMATE_TOO_MANY   /* more than QUOTES_MAX were given: E_TOO_MANY_QUOTES, nothing was judged */
};

struct quote_estimate {
    enum estimate_status status;
    uint32_t n_quotes;                 /* given */
    uint32_t n_used;                   /* counted; 0 unless ESTIMATE_OK */
    int64_t raw;                       /* scale 6; 0 unless ESTIMATE_OK */
    int64_t low, high;                 /* smallest and largest base price used; 0 unless ESTIMATE_OK */
    bool bounded;                      /* outliers were looked for: */
    int64_t outlier_low, outlier_high; /* base prices below or above are outliers; scale 6 */
};

/* Judges the n quotes of one component and computes its price by `method` (not METHOD_MANUAL). The verdicts are in
 * space->verdicts until the next call. */
struct quote_estimate quotes_judge(const struct quote_rules *rules, enum price_method method,
                                   const struct quote_party *parties, const struct rates *rates,
                                   const struct quote *quotes, size_t n, struct quote_space *space);

/* round6(price x rate / nominal / price_per / (1 + VAT if included)); `rate` NULL = base currency. */
dec128 quote_base_price(const struct quote *quote, const struct rate *rate);

#endif
