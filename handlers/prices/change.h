/* A row of price_change as members of a JSON object: what one run did, or proposes, with one component's price. */
#ifndef PF_PRICES_CHANGE_H
#define PF_PRICES_CHANGE_H

#include "handlers/read/rowjson.h"

/* Columns to select from `price_change pc`, in the order of price_change_put(). */
#define PRICE_CHANGE_COLUMNS                                                                                           \
    "pc.id, pc.task_id, pc.outcome, pc.method, pc.old_price, pc.new_price, pc.raw_price, pc.coefficient, "             \
    "pc.change_pct, pc.n_quotes, pc.n_used, pc.as_of, pc.created_at, pc.reviewed, pc.reviewed_by, pc.reviewed_at, "    \
    "pc.outlier_low, pc.outlier_high"
enum { PRICE_CHANGE_N = 18, PRICE_CHANGE_N_QUOTES = 9, PRICE_CHANGE_MOMENT = 12 };

void price_change_put(struct json_out *out, const struct store_value *v);

#endif
