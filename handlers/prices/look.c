/* What a dry run shows of single components: its run with the quotes, in the form of price-history. */
#include "base/json.h"
#include "handlers/prices/judged.h"
#include "handlers/prices/run.h"

#include <stdlib.h>
#include <string.h>

bool recalc_is_looked_at(const struct recalc_run *run, const struct recalc_row *row)
{
    for (size_t i = 0; YAJL_IS_ARRAY(run->quotes_of) && i < run->quotes_of->u.array.len; i++) {
        const char *lot = YAJL_GET_STRING(run->quotes_of->u.array.values[i]);
        if (lot && strcmp(lot, row->lot_code) == 0)
            return true;
    }
    return false;
}

/* Stale quotes are only counted, as in the trail. */
void recalc_look(struct recalc_run *run, const struct recalc_row *row, const struct recalc_result *result,
                 const struct quote *quotes, size_t n)
{
    struct recalc_looks *looks = &run->looks;
    if (looks->n == LOOK_LOTS)
        return;
    struct recalc_looked *looked = &looks->looked[looks->n++];
    *looked = (struct recalc_looked){.row = *row, .result = *result, .first = looks->n_quotes, .whole = true};
    for (size_t i = 0; i < n && looked->whole; i++) {
        if (run->space.verdicts[i].reason == QUOTE_STALE)
            continue;
        looked->whole = looks->n_quotes < LOOK_QUOTES;
        if (looked->whole)
            looks->quotes[looks->n_quotes++] = (struct recalc_quote){quotes[i].id, run->space.verdicts[i]};
    }
    looked->n = looks->n_quotes - looked->first;
    if (looked->whole)
        return;
    looks->n_quotes = looked->first;
    looked->n = 0;
}

/* ---- Quotes ------------------------------------------------------------------------------------------------------ */

static void put_decimal_or_null(struct json_out *out, const char *key, bool given, dec128 value, unsigned scale)
{
    if (given)
        recalc_put_decimal(out, key, value, scale);
    else
        json_put_string(out, key, NULL);
}

static void put_verdict(struct json_out *out, unsigned number, const struct recalc_quote *quote)
{
    const struct quote_verdict *verdict = &quote->verdict;
    bool used = verdict->reason == QUOTE_USED;
    struct price_date day = price_date(verdict->rate ? verdict->rate->date : 0);
    json_object(out);
    json_put_int(out, "run", number);
    json_put_int(out, "id", (int64_t)quote->id);
    json_put_int(out, "used", used);
    json_put_string(out, "reason", used ? NULL : quote_reason_name(verdict->reason));
    put_decimal_or_null(out, "base", verdict->base != 0, verdict->base, MICRO_SCALE);
    put_decimal_or_null(out, "rate", verdict->rate, verdict->rate ? verdict->rate->rate : 0, RATE_SCALE);
    json_put_string(out, "date", verdict->rate ? day.s : NULL);
    if (verdict->weight)
        json_put_int(out, "weight", (int64_t)verdict->weight);
    json_object_end(out);
}

/* Everything that was judged, in the form of price_change_quote. Heap. */
static char *verdicts_json(const struct recalc_looks *looks)
{
    struct json_out out;
    json_out_init(&out);
    json_array(&out);
    for (unsigned i = 0; i < looks->n; i++)
        for (uint32_t k = 0; k < looks->looked[i].n; k++)
            put_verdict(&out, i, &looks->quotes[looks->looked[i].first + k]);
    json_array_end(&out);
    char *text = json_out_copy(&out);
    json_out_fini(&out);
    return text;
}

struct quote_lists {
    struct json_out out[LOOK_LOTS];
};

static int on_quote(const struct store_value *v, unsigned n, void *ctx)
{
    struct quote_lists *lists = ctx;
    (void)n;
    judged_put(&lists->out[price_column_number(&v[JUDGED_RUN], 0)], v);
    return 0;
}

static int read_quotes(struct recalc_run *run, struct quote_lists *lists)
{
    char *verdicts = verdicts_json(&run->looks);
    struct store_value v = STORE_S(verdicts);
    int rc = store_query(
        run->db,
        JUDGED_SELECT
        "FROM JSON_TABLE(?, '$[*]' COLUMNS (price_change_id INT UNSIGNED PATH '$.run', quote_id BIGINT UNSIGNED PATH "
        "'$.id', used TINYINT PATH '$.used', reason VARCHAR(16) PATH '$.reason', base_price DECIMAL(16,6) PATH "
        "'$.base', "
        "rate DECIMAL(18,6) PATH '$.rate', rate_date DATE PATH '$.date', weight BIGINT UNSIGNED PATH '$.weight')) "
        "a " JUDGED_JOINS "ORDER BY a.price_change_id, a.quote_id",
        &v, 1, on_quote, lists);
    free(verdicts);
    return rc;
}

/* ---- Runs -------------------------------------------------------------------------------------------------------- */

static void put_run(const struct recalc_run *run, const struct recalc_looked *looked, struct json_out *quotes,
                    struct json_out *out)
{
    const struct recalc_result *r = &looked->result;
    struct run_uuid task = run_uuid(run->job->id);
    struct price_date as_of = price_date(run->rules.as_of);
    int64_t price = r->outcome == RECALC_HELD ? r->proposed : r->price;
    size_t n;
    json_object(out);
    json_put_string(out, "id", NULL);
    json_put_string(out, "task_id", task.s);
    json_put_string(out, "outcome", recalc_outcome_name(r->outcome));
    json_put_string(out, "method", price_method_name(r->method));
    put_decimal_or_null(out, "old_price", looked->row.component.price != 0, looked->row.component.price, PRICE_SCALE);
    put_decimal_or_null(out, "new_price", price != 0, price, PRICE_SCALE);
    put_decimal_or_null(out, "raw_price", r->raw != 0, r->raw, MICRO_SCALE);
    recalc_put_decimal(out, "coefficient", r->coefficient, 2 * COEF_SCALE);
    put_decimal_or_null(out, "change_pct", r->has_change, r->change_pct, 2);
    json_put_int(out, "n_quotes", r->n_quotes);
    json_put_int(out, "n_used", r->n_used);
    put_decimal_or_null(out, "outlier_low", r->bounded, r->outlier_low, MICRO_SCALE);
    put_decimal_or_null(out, "outlier_high", r->bounded, r->outlier_high, MICRO_SCALE);
    json_put_string(out, "as_of", as_of.s);
    json_put_string(out, "created_at", NULL);
    json_put_string(out, "reviewed", NULL);
    json_put_string(out, "reviewed_by", NULL);
    json_put_string(out, "reviewed_at", NULL);
    json_key(out, "params");
    json_value(out, run->job->params);
    json_key(out, "quotes");
    const char *text = json_out_text(quotes, &n);
    json_raw(out, looked->whole ? text : "null", looked->whole ? n : 4);
    json_object_end(out);
}

static char *looks_json(const struct recalc_run *run, struct quote_lists *lists)
{
    struct json_out out;
    json_out_init(&out);
    json_array(&out);
    for (unsigned i = 0; i < run->looks.n; i++) {
        const struct recalc_looked *looked = &run->looks.looked[i];
        json_object(&out);
        json_put_string(&out, "lot_code", looked->row.lot_code);
        json_key(&out, "run");
        put_run(run, looked, &lists->out[i], &out);
        json_object_end(&out);
    }
    json_array_end(&out);
    char *text = json_out_copy(&out);
    json_out_fini(&out);
    return text;
}

int recalc_looks_json(struct recalc_run *run)
{
    struct quote_lists lists;
    int rc = 0;
    if (!run->quotes_of)
        return 0;
    for (unsigned i = 0; i < LOOK_LOTS; i++) {
        json_out_init(&lists.out[i]);
        json_array(&lists.out[i]);
    }
    if (run->looks.n_quotes > 0)
        rc = read_quotes(run, &lists);
    for (unsigned i = 0; i < LOOK_LOTS; i++)
        json_array_end(&lists.out[i]);
    if (rc == 0)
        run->looks.json = looks_json(run, &lists);
    for (unsigned i = 0; i < LOOK_LOTS; i++)
        json_out_fini(&lists.out[i]);
    return rc;
}
