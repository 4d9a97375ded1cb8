/* Currency rates in memory: all rates of a run are read once and then looked up without the database.
 *
 * Call rates_add() in any order, then rates_seal() once. After that the rates are read-only and threads may share
 * them. */
#ifndef PF_PRICING_RATES_H
#define PF_PRICING_RATES_H

#include <stddef.h>
#include <stdint.h>

#define RATE_ONE   1000000                /* 1 at RATE_SCALE */
#define RATE_LIMIT INT64_C(1000000000000) /* 10^6 at RATE_SCALE: rates stay below */

/* `rate` units of the base currency buy `nominal` units of the foreign one. */
struct rate {
    int32_t date;     /* days since 1970-01-01 (value_date_days) */
    uint32_t nominal; /* 1 … 100 000 */
    int64_t rate;     /* scale 6, 0 < rate < RATE_LIMIT */
};

/* Currency numbers: 0 is the base currency. */
enum { CURRENCY_BASE = 0, CURRENCY_UNKNOWN = UINT16_MAX };

struct rates_entry {
    uint16_t currency;
    struct rate rate;
};
struct rates {
    int32_t max_age_days;  /* rate_max_age_days: an older rate is not used */
    uint16_t n_currencies; /* names in use, with the base currency; three letters make 17 576 at most */
    uint32_t room_names;
    char (*names)[4];
    size_t *first;               /* entries of currency c: first[c] … first[c + 1]; by rates_seal() */
    struct rates_entry *entries; /* by currency, then date */
    uint32_t n, room;
};

/* `base` and every currency: three capital letters. */
void rates_init(struct rates *rates, const char *base, unsigned max_age_days);
void rates_fini(struct rates *rates);
/* Returns 0; -EINVAL: the base currency, a name that is not three capital letters or a number out of bounds. */
int rates_add(struct rates *rates, const char *currency, int32_t date, int64_t nominal, int64_t rate);
/* Sorts. Returns 0, or -EEXIST if one currency has two rates of one day (the table's primary key forbids it). */
int rates_seal(struct rates *rates);

/* Returns the number of a currency: CURRENCY_BASE, another one, or CURRENCY_UNKNOWN if it has no rate. Searches all
 * names: keep the result for the next quotes. */
uint16_t rates_currency(const struct rates *rates, const char *name);
/* Returns the newest rate with rate_date <= date that is at most max_age_days older; NULL if there is none, and for
 * the base currency. O(log n). */
const struct rate *rates_find(const struct rates *rates, uint16_t currency, int32_t date);

#endif
