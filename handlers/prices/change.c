/* Price changes as JSON. */
#include "handlers/prices/change.h"

void price_change_put(struct json_out *out, const struct store_value *v)
{
    row_put_number(out, "id", &v[0]);
    row_put_text(out, "task_id", &v[1]);
    row_put_text(out, "outcome", &v[2]);
    row_put_text(out, "method", &v[3]);
    row_put_text(out, "old_price", &v[4]);
    row_put_text(out, "new_price", &v[5]);
    row_put_text(out, "raw_price", &v[6]);
    row_put_text(out, "coefficient", &v[7]);
    row_put_text(out, "change_pct", &v[8]);
    row_put_number(out, "n_quotes", &v[PRICE_CHANGE_N_QUOTES]);
    row_put_number(out, "n_used", &v[10]);
    row_put_text(out, "outlier_low", &v[16]);
    row_put_text(out, "outlier_high", &v[17]);
    row_put_text(out, "as_of", &v[11]);
    row_put_moment(out, "created_at", &v[12]);
    row_put_text(out, "reviewed", &v[13]);
    row_put_text(out, "reviewed_by", &v[14]);
    row_put_moment(out, "reviewed_at", &v[15]);
}
