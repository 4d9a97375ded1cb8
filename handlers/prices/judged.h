/* A quote that a run looked at, with what it made of it, as members of a JSON object. */
#ifndef PF_PRICES_JUDGED_H
#define PF_PRICES_JUDGED_H

#include "handlers/read/rowjson.h"

/* What to select from `a`, which has the columns of price_change_quote, and what to join to it. What a run stored about
 * a quote is shown as stored; the rest is read from the quote, which is never edited. The nominal is shown if the rate
 * is still the one that was used. */
#define JUDGED_SELECT                                                                                                  \
    "SELECT STRAIGHT_JOIN a.price_change_id, a.quote_id, a.used, a.reason, a.base_price, a.weight, a.rate, "           \
    "a.rate_date, r.nominal, q.price, q.price_per, q.currency, q.vat_included, q.vat_rate, q.min_qty, q.qty, "         \
    "q.quoted_on, q.valid_until, q.part_number, q.ext_ref, p.kind, p.code, p.name "
#define JUDGED_JOINS                                                                                                   \
    "LEFT JOIN price_quote q FORCE INDEX (PRIMARY) ON q.id = a.quote_id "                                              \
    "LEFT JOIN party p FORCE INDEX (PRIMARY) ON p.id = q.party_id "                                                    \
    "LEFT JOIN currency_rate r FORCE INDEX (PRIMARY) ON r.currency = q.currency AND r.rate_date = a.rate_date AND "    \
    "r.rate = a.rate "
enum { JUDGED_RUN = 0 /* price_change_id */ };

void judged_put(struct json_out *out, const struct store_value *v);

#endif
