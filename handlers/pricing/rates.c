/* Rates by currency and date, found by binary search. */
#include "handlers/pricing/rates.h"

#include "base/bytes.h"
#include "base/grow.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { NOMINAL_MAX = 100000 };

static uint16_t add_name(struct rates *rates, const char *name)
{
    rates->names = grow(rates->names, &rates->room_names, rates->n_currencies + 1u, sizeof *rates->names);
    memcpy(rates->names[rates->n_currencies], name, 4);
    return rates->n_currencies++;
}

void rates_init(struct rates *rates, const char *base, unsigned max_age_days)
{
    *rates = (struct rates){.max_age_days = (int32_t)max_age_days};
    assert(strlen(base) == 3 && max_age_days <= INT32_MAX / 2);
    add_name(rates, base);
}

void rates_fini(struct rates *rates)
{
    free(rates->names);
    free(rates->first);
    free(rates->entries);
    *rates = (struct rates){0};
}

uint16_t rates_currency(const struct rates *rates, const char *name)
{
    for (uint16_t i = 0; i < rates->n_currencies; i++) {
        if (strcmp(rates->names[i], name) == 0)
            return i;
    }
    return CURRENCY_UNKNOWN;
}

static bool is_name(const char *name)
{
    size_t letters = 0;

    while (name[letters] >= 'A' && name[letters] <= 'Z')
        letters++;
    return letters == 3 && name[3] == '\0';
}

int rates_add(struct rates *rates, const char *currency, int32_t date, int64_t nominal, int64_t rate)
{
    if (!is_name(currency) || nominal < 1 || nominal > NOMINAL_MAX || rate < 1 || rate >= RATE_LIMIT)
        return -EINVAL;
    uint16_t number = rates_currency(rates, currency);
    if (number == CURRENCY_BASE)
        return -EINVAL;
    if (number == CURRENCY_UNKNOWN)
        number = add_name(rates, currency);
    rates->entries = grow(rates->entries, &rates->room, rates->n + 1, sizeof *rates->entries);
    rates->entries[rates->n++] = (struct rates_entry){number, {date, (uint32_t)nominal, rate}};
    return 0;
}

static int compare_entries(const void *a, const void *b)
{
    const struct rates_entry *x = a, *y = b;

    if (x->currency != y->currency)
        return x->currency < y->currency ? -1 : 1;
    return (x->rate.date > y->rate.date) - (x->rate.date < y->rate.date);
}

int rates_seal(struct rates *rates)
{
    if (rates->n > 0)
        qsort(rates->entries, rates->n, sizeof *rates->entries, compare_entries);
    size_t at = 0;
    rates->first = xrealloc(rates->first, (rates->n_currencies + 1u) * sizeof *rates->first);
    for (uint16_t c = 0; c <= rates->n_currencies; c++) {
        while (at < rates->n && rates->entries[at].currency < c)
            at++;
        rates->first[c] = at;
    }
    for (size_t i = 1; i < rates->n; i++) {
        if (compare_entries(&rates->entries[i - 1], &rates->entries[i]) == 0)
            return -EEXIST;
    }
    return 0;
}

const struct rate *rates_find(const struct rates *rates, uint16_t currency, int32_t date)
{
    if (currency == CURRENCY_BASE || currency >= rates->n_currencies)
        return NULL;
    size_t low = rates->first[currency], high = rates->first[currency + 1];
    size_t first = low;
    while (low < high) { /* the first rate after `date` */
        size_t middle = low + (high - low) / 2;
        if (rates->entries[middle].rate.date <= date)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == first)
        return NULL;
    const struct rate *found = &rates->entries[low - 1].rate;
    return (int64_t)date - found->date <= rates->max_age_days ? found : NULL;
}
