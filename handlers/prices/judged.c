/* Judged quotes as JSON. */
#include "handlers/prices/judged.h"

enum {
    Q_RUN = JUDGED_RUN,
    Q_ID,
    Q_USED,
    Q_REASON,
    Q_BASE,
    Q_WEIGHT,
    Q_RATE,
    Q_RATE_DATE,
    Q_NOMINAL,
    Q_PRICE,
    Q_PER,
    Q_CURRENCY,
    Q_VAT,
    Q_VAT_RATE,
    Q_MIN_QTY,
    Q_QTY,
    Q_ON,
    Q_UNTIL,
    Q_NUMBER,
    Q_REF,
    Q_KIND,
    Q_CODE,
    Q_NAME
};

static void put_party(struct json_out *out, const struct store_value *v)
{
    json_key(out, "party");
    if (v[Q_CODE].type == STORE_NULL) {
        json_null(out);
        return;
    }
    json_object(out);
    row_put_text(out, "kind", &v[Q_KIND]);
    row_put_text(out, "code", &v[Q_CODE]);
    row_put_text(out, "name", &v[Q_NAME]);
    json_object_end(out);
}

void judged_put(struct json_out *out, const struct store_value *v)
{
    json_object(out);
    row_put_number(out, "id", &v[Q_ID]);
    row_put_text(out, "ext_ref", &v[Q_REF]);
    put_party(out, v);
    row_put_text(out, "part_number", &v[Q_NUMBER]);
    row_put_text(out, "quoted_on", &v[Q_ON]);
    row_put_text(out, "valid_until", &v[Q_UNTIL]);
    row_put_text(out, "price", &v[Q_PRICE]);
    row_put_number(out, "price_per", &v[Q_PER]);
    row_put_text(out, "currency", &v[Q_CURRENCY]);
    row_put_bool(out, "vat_included", &v[Q_VAT]);
    row_put_text(out, "vat_rate", &v[Q_VAT_RATE]);
    row_put_text(out, "min_qty", &v[Q_MIN_QTY]);
    row_put_text(out, "qty", &v[Q_QTY]);
    row_put_bool(out, "used", &v[Q_USED]);
    row_put_text(out, "reason", &v[Q_REASON]);
    row_put_text(out, "rate", &v[Q_RATE]);
    row_put_text(out, "rate_date", &v[Q_RATE_DATE]);
    row_put_number(out, "rate_nominal", &v[Q_NOMINAL]);
    row_put_text(out, "base_price", &v[Q_BASE]);
    row_put_number(out, "weight", &v[Q_WEIGHT]);
    json_object_end(out);
}
