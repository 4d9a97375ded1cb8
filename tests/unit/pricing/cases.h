/* Reading the worked examples of recalculate and price lists into the structs of handlers/pricing. */
#ifndef PF_PRICING_CASES_H
#define PF_PRICING_CASES_H

#include "handlers/pricing/outcome.h"
#include "handlers/values/values.h"
#include "tests/unit/testdata.h"

/* A decimal member (text, whole number or absent) at `scale`. */
static inline int64_t case_decimal(yajl_val object, const char *key, unsigned scale, int64_t otherwise)
{
    yajl_val value = json_member(object, key);
    dec128 out;
    bool lost;
    const char *text = YAJL_IS_STRING(value) ? value->u.string : YAJL_IS_NUMBER(value) ? value->u.number.r : NULL;
    if (!text)
        return otherwise;
    assert_int_equal(dec_parse(text, strlen(text), scale, &out, &lost), 0);
    assert_false(lost);
    return (int64_t)out;
}

static inline int32_t case_date(yajl_val object, const char *key, int32_t otherwise)
{
    const char *text = testdata_string(object, key);
    struct value_date date;
    if (!text)
        return otherwise;
    assert_int_equal(value_date_text(text, strlen(text), &date), 0);
    return (int32_t)value_date_days(date);
}

static inline void case_expect_decimal(yajl_val object, const char *key, dec128 value, unsigned scale, bool present)
{
    char text[48];
    const char *expected = testdata_string(object, key);
    dec_format(value, scale, false, text, sizeof text);
    if (present != (expected != NULL) || (expected && strcmp(expected, text) != 0))
        fail_msg("%s is %s, not %s", key, present ? text : "(none)", expected ? expected : "(none)");
}

static inline void case_rates(yajl_val object, struct rates *rates)
{
    size_t n;
    yajl_val *list = testdata_list(object, "rates", &n);
    rates_init(rates, testdata_string(object, "base_currency"), 14);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(rates_add(rates, testdata_string(list[i], "currency"), case_date(list[i], "date", 0),
                                   json_member_int(list[i], "nominal", 1),
                                   case_decimal(list[i], "rate", RATE_SCALE, 0)),
                         0);
    assert_int_equal(rates_seal(rates), 0);
}

enum { CASE_PARTIES = 16, CASE_QUOTES = 64 };

struct case_quotes {
    struct quote_party parties[CASE_PARTIES];
    const char *party_codes[CASE_PARTIES];
    size_t n_parties;
    struct quote quotes[CASE_QUOTES];
    size_t n;
};

static inline void case_parties(yajl_val object, struct case_quotes *out)
{
    size_t n;
    yajl_val *list = testdata_list(object, "parties", &n);
    assert_true(n <= CASE_PARTIES);
    for (size_t i = 0; i < n; i++) {
        out->party_codes[i] = testdata_string(list[i], "code");
        out->parties[i].weight = (uint32_t)case_decimal(list[i], "weight", 3, 1000);
        out->parties[i].active = json_member_bool(list[i], "active", true);
    }
    out->n_parties = n;
}

static inline uint32_t case_party(const struct case_quotes *all, const char *code)
{
    for (uint32_t i = 0; i < all->n_parties; i++) {
        if (strcmp(all->party_codes[i], code) == 0)
            return i;
    }
    fail_msg("no party %s", code);
    return 0;
}

static inline struct quote case_quote(yajl_val q, const struct case_quotes *all, const struct rates *rates)
{
    return (struct quote){
        .id = (uint64_t)json_member_int(q, "id", 0),
        .price = case_decimal(q, "price", PRICE_SCALE, 0),
        .min_qty = case_decimal(q, "min_qty", QTY_SCALE, 1000),
        .qty = case_decimal(q, "qty", QTY_SCALE, QUOTE_NO_QTY),
        .pn = json_member_string(q, "pn", ""),
        .party = case_party(all, testdata_string(q, "party")),
        .price_per = (uint32_t)json_member_int(q, "price_per", 1),
        .quoted_on = case_date(q, "on", 0),
        .valid_until = case_date(q, "valid_until", QUOTE_NO_DATE),
        .currency = rates_currency(rates, testdata_string(q, "currency")),
        .vat_rate = (uint16_t)case_decimal(q, "vat_rate", VAT_SCALE, 0),
        .vat_included = json_member_bool(q, "vat_included", false),
        .rejected = strcmp(json_member_string(q, "status", "active"), "rejected") == 0,
    };
}

/* The quotes of one lot, or of any (lot_code NULL). */
static inline void case_load_quotes(yajl_val object, const struct rates *rates, const char *lot_code,
                                    struct case_quotes *out)
{
    size_t n;
    yajl_val *list = testdata_list(object, "quotes", &n);
    out->n = 0;
    for (size_t i = 0; i < n; i++) {
        if (lot_code && strcmp(lot_code, json_member_string(list[i], "lot_code", "")) != 0)
            continue;
        assert_true(out->n < CASE_QUOTES);
        out->quotes[out->n++] = case_quote(list[i], out, rates);
    }
}

static inline enum round_mode case_round_mode(yajl_val params)
{
    static const char *const names[] = {"half_up", "half_even", "up", "down"};
    const char *name = json_member_string(params, "round_mode", "half_up");
    for (enum round_mode mode = ROUND_HALF_UP; mode <= ROUND_DOWN; mode++) {
        if (strcmp(names[mode], name) == 0)
            return mode;
    }
    fail_msg("round_mode %s", name);
    return ROUND_HALF_UP;
}

static inline void case_weights(yajl_val params, struct quote_rules *rules)
{
    yajl_val weights = json_member(params, "weights");
    if (!YAJL_IS_ARRAY(weights))
        return;
    rules->weigh_time = rules->weigh_supplier = rules->weigh_qty = false;
    for (size_t i = 0; i < weights->u.array.len; i++) {
        const char *name = weights->u.array.values[i]->u.string;
        rules->weigh_time = rules->weigh_time || strcmp(name, "time") == 0;
        rules->weigh_supplier = rules->weigh_supplier || strcmp(name, "supplier") == 0;
        rules->weigh_qty = rules->weigh_qty || strcmp(name, "qty") == 0;
    }
}

/* Parameters of quotes_judge() by their names in a task. */
static inline void case_rules(yajl_val params, struct quote_rules *rules, struct time_weights *time)
{
    time_weights_init(time, (unsigned)json_member_int(params, "half_life_days", 30));
    quote_rules_init(rules, case_date(params, "as_of", 0), time);
    rules->window_days = (int32_t)json_member_int(params, "window_days", rules->window_days);
    rules->ref_qty = case_decimal(params, "ref_qty", QTY_SCALE, rules->ref_qty);
    rules->qty_cap = case_decimal(params, "qty_cap", QTY_SCALE, rules->qty_cap);
    rules->per_party_all = strcmp(json_member_string(params, "per_party", "latest"), "all") == 0;
    rules->require_valid = json_member_bool(params, "require_valid", true);
    rules->fx_as_of = strcmp(json_member_string(params, "fx_date", "quote"), "as_of") == 0;
    const char *outlier = json_member_string(params, "outlier", "mad");
    bool iqr = strcmp(outlier, "iqr") == 0;
    rules->outlier = iqr ? OUTLIER_IQR : strcmp(outlier, "none") == 0 ? OUTLIER_NONE : OUTLIER_MAD;
    rules->outlier_k = case_decimal(params, "outlier_k", 4, iqr ? OUTLIER_K_IQR : OUTLIER_K_MAD);
    rules->outlier_floor_pct = case_decimal(params, "outlier_floor_pct", 4, rules->outlier_floor_pct);
    rules->outlier_min_n = (unsigned)json_member_int(params, "outlier_min_n", rules->outlier_min_n);
    rules->min_quotes = (unsigned)json_member_int(params, "min_quotes", rules->min_quotes);
    case_weights(params, rules);
}

#endif
