/* Recalculate: the 41 worked examples, then every rule against a slow reading of its definition over random quotes. */
#include "handlers/pricing/outcome.h"

#include "tests/unit/pricing_cases.h"

#include <errno.h>
#include <math.h>

/* ---- Worked examples --------------------------------------------------------------------------------------------- */

static struct recalc_component load_component(yajl_val object)
{
    const char *method = testdata_string(object, "price_method");
    struct recalc_component component = {
        .price = case_decimal(object, "price", PRICE_SCALE, 0),
        .manual_price = case_decimal(object, "manual_price", PRICE_SCALE, 0),
        .coefficient = case_decimal(object, "coefficient", COEF_SCALE, COEF_ONE),
        .method = method ? price_method_of(method) : METHOD_NONE,
        .window_days = (int32_t)json_member_int(object, "window_days", -1),
    };
    component.state = component.price ? PRICE_FRESH : PRICE_NONE;
    return component;
}

static void load_recalc_rules(yajl_val params, struct recalc_rules *rules)
{
    recalc_rules_init(rules);
    rules->method = price_method_of(json_member_string(params, "method", "weighted_avg"));
    assert_int_not_equal(rules->method, METHOD_NONE);
    rules->coefficient = case_decimal(params, "coefficient", COEF_SCALE, rules->coefficient);
    rules->step = case_decimal(params, "round_step", PRICE_SCALE, rules->step);
    rules->mode = case_round_mode(params);
    rules->clear = strcmp(json_member_string(params, "on_no_quotes", "keep"), "clear") == 0;
    rules->min_change_pct = case_decimal(params, "min_change_pct", 2, 0);
    rules->max_change_pct = case_decimal(params, "max_change_pct", 2, 0);
}

static void expect_verdict(yajl_val expected, const struct quote_verdict *verdict)
{
    char date[11] = "";
    assert_string_equal(quote_reason_name(verdict->reason), json_member_string(expected, "reason", ""));
    assert_int_equal(verdict->reason == QUOTE_USED, json_member_bool(expected, "used", false));
    case_expect_decimal(expected, "base_price", verdict->base, MICRO_SCALE, verdict->base != 0);
    assert_int_equal(verdict->weight, json_member_int(expected, "weight", 0));
    case_expect_decimal(expected, "rate", verdict->rate ? verdict->rate->rate : 0, RATE_SCALE, verdict->rate != NULL);
    if (verdict->rate)
        value_date_format(value_date_from_days(verdict->rate->date), date);
    assert_string_equal(date, json_member_string(expected, "rate_date", ""));
}

static void expect_result(yajl_val expected, const struct recalc_result *result)
{
    assert_string_equal(recalc_outcome_name(result->outcome), testdata_string(expected, "outcome"));
    assert_string_equal(price_method_name(result->method), testdata_string(expected, "method"));
    assert_string_equal(result->reason, json_member_string(expected, "reason", ""));
    case_expect_decimal(expected, "raw_price", result->raw, MICRO_SCALE, result->raw != 0);
    assert_int_equal(result->n_quotes, json_member_int(expected, "n_quotes", -1));
    assert_int_equal(result->n_used, json_member_int(expected, "n_used", -1));
    case_expect_decimal(expected, "change_pct", result->change_pct, 2, result->has_change);
    case_expect_decimal(expected, "price", result->price, PRICE_SCALE, result->price != 0);
    case_expect_decimal(expected, "computed_price", result->proposed, PRICE_SCALE, result->proposed != 0);
    const char *state = testdata_string(expected, "price_state"); /* null: stays */
    assert_string_equal(price_state_name(result->state), state ? state : "fresh");
}

static void run_example(yajl_val example, struct quote_space *space)
{
    yajl_val params = json_member(example, "params"), expected = json_member(example, "expected");
    struct rates rates;
    struct case_quotes input = {0};
    struct quote_rules rules;
    struct time_weights time;
    struct recalc_rules decide;
    struct recalc_component component = load_component(json_member(example, "component"));
    case_rates(example, &rates);
    case_parties(example, &input);
    case_load_quotes(example, &rates, NULL, &input);
    case_rules(params, &rules, &time);
    load_recalc_rules(params, &decide);
    if (component.window_days >= 0)
        rules.window_days = component.window_days;
    size_t n;
    yajl_val *quotes = testdata_list(expected, "quotes", &n);
    enum price_method method = recalc_method(&decide, &component);
    struct quote_estimate estimate = {0};
    if (method != METHOD_MANUAL) {
        estimate = quotes_judge(&rules, method, input.parties, &rates, input.quotes, input.n, space);
        assert_int_equal(n, input.n);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(json_member_int(quotes[i], "id", 0), input.quotes[i].id);
            expect_verdict(quotes[i], &space->verdicts[i]);
        }
    }
    struct recalc_result result = recalc_decide(&decide, &component, method == METHOD_MANUAL ? NULL : &estimate);
    expect_result(expected, &result);
    rates_fini(&rates);
}

static void examples(void **state)
{
    (void)state;
    yajl_val data = testdata_json("recalc.json");
    struct quote_space space;
    size_t n;
    yajl_val *cases = testdata_list(data, "cases", &n);
    assert_int_equal(n, 41);
    quote_space_init(&space);
    for (size_t i = 0; i < n; i++)
        run_example(cases[i], &space);
    quote_space_fini(&space);
    yajl_tree_free(data);
}

static void rounding_examples(void **state)
{
    (void)state;
    yajl_val data = testdata_json("values.json");
    size_t n;
    yajl_val *cases = testdata_list(data, "rounding", &n);
    assert_int_equal(n, 11);
    for (size_t i = 0; i < n; i++) {
        struct price_rule rule = {COEF_ONE, COEF_ONE, case_decimal(cases[i], "step", PRICE_SCALE, 0), ROUND_HALF_UP,
                                  NULL};
        yajl_val mode = json_member(cases[i], "mode");
        char text[64];
        snprintf(text, sizeof text, "{\"round_mode\":\"%s\"}", mode->u.string);
        yajl_val params = json_parse(text, strlen(text), 1, (char[8]){0}, 8);
        rule.mode = case_round_mode(params);
        yajl_tree_free(params);
        int64_t price;
        assert_int_equal(price_final(case_decimal(cases[i], "value", MICRO_SCALE, 0), &rule, &price), 0);
        case_expect_decimal(cases[i], "expected", price, PRICE_SCALE, true);
    }
    yajl_tree_free(data);
}

/* ---- Weights ----------------------------------------------------------------------------------------------------- */

static void time_weights_equal_exp2(void **state)
{
    (void)state;
    struct time_weights weights;
    for (unsigned half_life = 1; half_life <= HALF_LIFE_MAX; half_life++) {
        time_weights_init(&weights, half_life);
        for (unsigned age = 0; age <= 730; age++) {
            double exact = round(1e6 * exp2(-(double)age / half_life));
            if (time_weight(&weights, age) != (uint32_t)fmax(1, exact))
                fail_msg("half-life %u, age %u: %u", half_life, age, time_weight(&weights, age));
        }
        assert_int_equal(time_weight(&weights, half_life * 21), 1);
        assert_int_equal(time_weight(&weights, INT32_MAX), 1);
    }
    time_weights_init(&weights, 0);
    assert_int_equal(time_weight(&weights, 0), 1000000);
    assert_int_equal(time_weight(&weights, 9999), 1000000);
}

/* ---- A slow model: each rule as a search over all quotes, fractions as cross products ------------------------------
 */

struct model {
    const struct quote_rules *rules;
    const struct quote_party *parties;
    const struct rates *rates;
    const struct quote *quotes;
    size_t n;
    enum quote_reason reason[CASE_QUOTES];
    dec128 base[CASE_QUOTES];
};

static bool model_same(const struct quote *a, const struct quote *b)
{
    return a->party == b->party && strcmp(a->pn, b->pn) == 0;
}

static const struct rate *model_rate(const struct rates *rates, uint16_t currency, int32_t date)
{
    const struct rate *best = NULL;
    for (size_t i = 0; i < rates->n; i++) {
        const struct rates_entry *entry = &rates->entries[i];
        bool fits =
            entry->currency == currency && entry->rate.date <= date && date - entry->rate.date <= rates->max_age_days;
        if (fits && (!best || entry->rate.date > best->date))
            best = &entry->rate;
    }
    return best;
}

static void model_first_reasons(struct model *m)
{
    for (size_t i = 0; i < m->n; i++) {
        const struct quote *q = &m->quotes[i];
        const struct rate *rate =
            model_rate(m->rates, q->currency, m->rules->fx_as_of ? m->rules->as_of : q->quoted_on);
        int32_t age = m->rules->as_of - q->quoted_on;
        m->base[i] = 0;
        if (!m->parties[q->party].active || m->parties[q->party].weight == 0)
            m->reason[i] = QUOTE_PARTY_OFF;
        else if (q->rejected)
            m->reason[i] = QUOTE_REJECTED;
        else if (age < 0)
            m->reason[i] = QUOTE_FUTURE;
        else if (age > m->rules->window_days)
            m->reason[i] = QUOTE_STALE;
        else if (m->rules->require_valid && q->valid_until < m->rules->as_of)
            m->reason[i] = QUOTE_EXPIRED;
        else if (q->min_qty > m->rules->ref_qty)
            m->reason[i] = QUOTE_MOQ;
        else if (q->currency != CURRENCY_BASE && !rate)
            m->reason[i] = QUOTE_NO_RATE;
        else {
            /* 10^6 x price/10^4 x rate/10^6 / nominal / per / (1 + vat/10^4), doubled and halved for the rounding */
            dec128 above = (dec128)q->price * (rate ? rate->rate : 1000000) * 2;
            dec128 below =
                (dec128)q->price_per * (rate ? rate->nominal : 1) * (q->vat_included ? 10000 + q->vat_rate : 10000);
            m->base[i] = (above + below) / (2 * below);
            m->reason[i] = m->base[i] < 1 || m->base[i] >= dec_pow10(16) ? QUOTE_OUT_OF_RANGE : QUOTE_USED;
        }
    }
}

static void model_offers(struct model *m)
{
    bool candidate[CASE_QUOTES];
    for (size_t i = 0; i < m->n; i++)
        candidate[i] = m->reason[i] == QUOTE_USED;
    for (size_t i = 0; i < m->n; i++) {
        for (size_t j = 0; j < m->n && candidate[i]; j++) {
            const struct quote *a = &m->quotes[i], *b = &m->quotes[j];
            if (i == j || !candidate[j] || !model_same(a, b) || a->quoted_on != b->quoted_on)
                continue;
            if (b->min_qty > a->min_qty || (b->min_qty == a->min_qty && b->id > a->id))
                m->reason[i] = QUOTE_TIER;
        }
    }
    for (size_t i = 0; i < m->n && !m->rules->per_party_all; i++) {
        for (size_t j = 0; j < m->n && m->reason[i] == QUOTE_USED; j++) {
            if (candidate[j] && model_same(&m->quotes[i], &m->quotes[j]) &&
                m->quotes[j].quoted_on > m->quotes[i].quoted_on)
                m->reason[i] = QUOTE_SUPERSEDED;
        }
    }
}

static int compare_wide(const void *a, const void *b)
{
    dec128 x = *(const dec128 *)a, y = *(const dec128 *)b;
    return (x > y) - (x < y);
}

static size_t model_sorted(const struct model *m, dec128 *out)
{
    size_t n = 0;
    for (size_t i = 0; i < m->n; i++) {
        if (m->reason[i] == QUOTE_USED)
            out[n++] = m->base[i];
    }
    qsort(out, n, sizeof *out, compare_wide);
    return n;
}

/* Value at position num/4 of the sorted values, four times. */
static dec128 model_quantile(const dec128 *x, size_t num)
{
    dec128 low = x[num / 4], high = num % 4 ? x[num / 4 + 1] : low;
    return low * 4 + (high - low) * (dec128)(num % 4);
}

static void model_outliers(struct model *m)
{
    dec128 x[CASE_QUOTES], distance[CASE_QUOTES];
    size_t n = model_sorted(m, x);
    if (m->rules->outlier == OUTLIER_NONE || n < m->rules->outlier_min_n || n == 0)
        return;
    dec128 m4 = model_quantile(x, 2 * (n - 1)), k = m->rules->outlier_k, floor_pct = m->rules->outlier_floor_pct;
    for (size_t i = 0; i < n; i++)
        distance[i] = x[i] * 4 > m4 ? x[i] * 4 - m4 : m4 - x[i] * 4;
    qsort(distance, n, sizeof *distance, compare_wide);
    /* everything x 16 x 10^6 (the scale of the floor's percentage), then x 10^4 (k) */
    dec128 mad = model_quantile(distance, 2 * (n - 1)) * 1000000, q1 = model_quantile(x, n - 1),
           q3 = model_quantile(x, 3 * (n - 1));
    dec128 floor_mad = m4 * 4 * floor_pct, iqr = (q3 - q1) * 4 * 1000000, floor_iqr = 2 * floor_mad;
    dec128 d_mad = mad > floor_mad ? mad : floor_mad, d_iqr = iqr > floor_iqr ? iqr : floor_iqr;
    for (size_t i = 0; i < m->n; i++) {
        if (m->reason[i] != QUOTE_USED)
            continue;
        dec128 from_median = m->base[i] * 4 > m4 ? m->base[i] * 4 - m4 : m4 - m->base[i] * 4;
        dec128 below = q1 - m->base[i] * 4, above = m->base[i] * 4 - q3, out = below > above ? below : above;
        bool far = m->rules->outlier == OUTLIER_MAD ? from_median * 4 * 1000000 * 6745 > k * d_mad
                                                    : out * 4 * 1000000 * 10000 > k * d_iqr;
        if (far)
            m->reason[i] = QUOTE_OUTLIER;
    }
}

static dec128 model_weight(const struct model *m, size_t i)
{
    const struct quote_rules *rules = m->rules;
    const struct quote *q = &m->quotes[i];
    dec128 weight = 1;
    if (rules->weigh_time && rules->time->half_life == 0)
        weight *= 1000000;
    else if (rules->weigh_time)
        weight *= (int64_t)fmax(1, round(1e6 * exp2(-(double)(rules->as_of - q->quoted_on) / rules->time->half_life)));
    if (rules->weigh_supplier)
        weight *= m->parties[q->party].weight;
    if (rules->weigh_qty) {
        int64_t qty = q->qty < 0 ? 1000 : q->qty;
        qty = qty > rules->qty_cap ? rules->qty_cap : qty;
        weight *= qty < 1 ? 1 : qty;
    }
    return weight;
}

static dec128 model_rounded(dec128 above, dec128 below)
{
    return (2 * above + below) / (2 * below);
}

static dec128 model_price(const struct model *m, enum price_method method, const dec128 *x, size_t n)
{
    dec128 sum = 0, weights = 0, best = 0;
    int32_t newest = INT32_MIN;
    for (size_t i = 0; i < m->n; i++) {
        if (m->reason[i] != QUOTE_USED)
            continue;
        dec128 weight = method == METHOD_WEIGHTED_AVG ? model_weight(m, i) : 1;
        sum += weight * m->base[i];
        weights += weight;
        if (m->quotes[i].quoted_on > newest || (m->quotes[i].quoted_on == newest && m->base[i] < best)) {
            newest = m->quotes[i].quoted_on;
            best = m->base[i];
        }
    }
    switch (method) {
    case METHOD_MEDIAN:
        return model_rounded(x[(n - 1) / 2] + x[n / 2], 2);
    case METHOD_MIN:
        return x[0];
    case METHOD_LATEST:
        return best;
    default:
        return model_rounded(sum, weights);
    }
}

/* ---- Random input ------------------------------------------------------------------------------------------------ */

static uint64_t pick(uint64_t *seed, uint64_t n)
{
    return testdata_random(seed) % n;
}

static void random_rates(uint64_t *seed, struct rates *rates)
{
    rates_init(rates, "RUB", (unsigned)pick(seed, 20));
    for (int32_t day = 900; day < 1010; day++) {
        if (pick(seed, 3) == 0)
            assert_int_equal(rates_add(rates, "USD", day, 1, 1 + (int64_t)pick(seed, 200000000)), 0);
        if (pick(seed, 9) == 0)
            assert_int_equal(rates_add(rates, "JPY", day, 100, 1 + (int64_t)pick(seed, 100000000)), 0);
    }
    assert_int_equal(rates_seal(rates), 0);
}

static struct quote random_quote(uint64_t *seed, uint64_t id, const struct rates *rates)
{
    static const char *const currencies[] = {"RUB", "RUB", "USD", "JPY", "XXX"};
    static const char *const numbers[] = {"", "", "A", "B"};
    int32_t on = 895 + (int32_t)pick(seed, 110);
    return (struct quote){
        .id = id,
        .price = pick(seed, 20) == 0 ? 1 + (int64_t)pick(seed, 100000000000000) : 900000 + (int64_t)pick(seed, 200000),
        .min_qty = pick(seed, 3) ? 1000 : (int64_t)pick(seed, 12) * 500 + 500,
        .qty = pick(seed, 3) ? QUOTE_NO_QTY : (int64_t)pick(seed, 200000),
        .pn = numbers[pick(seed, 4)],
        .party = (uint32_t)pick(seed, 8),
        .price_per = pick(seed, 10) ? 1 : (uint32_t)pick(seed, 100000) + 1,
        .quoted_on = on,
        .valid_until = pick(seed, 4) ? QUOTE_NO_DATE : on + (int32_t)pick(seed, 60),
        .currency = rates_currency(rates, currencies[pick(seed, 5)]),
        .vat_rate = (uint16_t)pick(seed, 10000),
        .vat_included = pick(seed, 2),
        .rejected = pick(seed, 12) == 0,
    };
}

static void random_rules(uint64_t *seed, struct quote_rules *rules, struct time_weights *time)
{
    time_weights_init(time, pick(seed, 8) ? 1 + (unsigned)pick(seed, 60) : 0);
    quote_rules_init(rules, 1000, time);
    rules->window_days = (int32_t)pick(seed, 110);
    rules->weigh_time = pick(seed, 2);
    rules->weigh_supplier = pick(seed, 2);
    rules->weigh_qty = pick(seed, 2);
    rules->qty_cap = (int64_t)pick(seed, 1000001);
    rules->ref_qty = (int64_t)pick(seed, 8000);
    rules->per_party_all = pick(seed, 2);
    rules->require_valid = pick(seed, 2);
    rules->fx_as_of = pick(seed, 2);
    rules->outlier = (enum quote_outlier)pick(seed, 3);
    rules->outlier_min_n = (unsigned)pick(seed, 7);
    rules->outlier_k = (int64_t)pick(seed, 50000);
    rules->outlier_floor_pct = (int64_t)pick(seed, 4) * 5000;
    rules->min_quotes = (unsigned)pick(seed, 4);
}

static void compare_with_model(const struct model *m, enum price_method method, const struct quote_estimate *got,
                               const struct quote_space *space)
{
    dec128 x[CASE_QUOTES];
    size_t used = model_sorted(m, x);
    size_t need = m->rules->min_quotes > 1 ? m->rules->min_quotes : 1;
    assert_int_equal(got->status, used == 0 ? ESTIMATE_NO_QUOTES : used < need ? ESTIMATE_TOO_FEW : ESTIMATE_OK);
    for (size_t i = 0; i < m->n; i++) {
        bool few = m->reason[i] == QUOTE_USED && used < need;
        assert_int_equal(space->verdicts[i].reason, few ? QUOTE_TOO_FEW : m->reason[i]);
        bool priced = m->reason[i] == QUOTE_USED || m->reason[i] >= QUOTE_TIER;
        assert_true(space->verdicts[i].base == (priced ? m->base[i] : 0));
        assert_true(space->verdicts[i].weight == (priced ? (uint64_t)model_weight(m, i) : 0));
    }
    assert_int_equal(got->n_used, used < need ? 0 : used);
    if (used < need)
        return;
    assert_true(got->low == x[0] && got->high == x[used - 1]);
    assert_true(got->raw == model_price(m, method, x, used));
}

static void random_quotes_equal_the_model(void **state)
{
    (void)state;
    uint64_t seed = 17;
    struct quote_space space;
    unsigned priced = 0, seen[QUOTE_REASONS] = {0};
    quote_space_init(&space);
    for (int round = 0; round < 6000; round++) {
        struct rates rates;
        struct quote_rules rules;
        struct time_weights time;
        struct quote_party parties[8];
        struct quote quotes[CASE_QUOTES];
        size_t n = pick(&seed, 4) ? pick(&seed, 12) : pick(&seed, CASE_QUOTES + 1);
        random_rates(&seed, &rates);
        random_rules(&seed, &rules, &time);
        for (size_t i = 0; i < 8; i++)
            parties[i] = (struct quote_party){(uint32_t)pick(&seed, 6) * 500, pick(&seed, 9) != 0};
        for (size_t i = 0; i < n; i++)
            quotes[i] = random_quote(&seed, i * 7919 % 64 + 1, &rates);
        enum price_method method = (enum price_method)(METHOD_WEIGHTED_AVG + pick(&seed, 5));
        struct quote_estimate got = quotes_judge(&rules, method, parties, &rates, quotes, n, &space);
        struct model m = {.rules = &rules, .parties = parties, .rates = &rates, .quotes = quotes, .n = n};
        model_first_reasons(&m);
        model_offers(&m);
        model_outliers(&m);
        compare_with_model(&m, method, &got, &space);
        priced += got.status == ESTIMATE_OK;
        for (size_t i = 0; i < n; i++)
            seen[space.verdicts[i].reason]++;
        rates_fini(&rates);
    }
    assert_true(priced > 2000);
    for (int reason = 0; reason < QUOTE_REASONS; reason++)
        assert_true(seen[reason] > 20);
    quote_space_fini(&space);
}

/* ---- Edges ---------------------------------------------------------------------------------------------------------
 */

/* The order in which the database hands rows out must not matter. */
static void order_does_not_matter(void **state)
{
    (void)state;
    enum { MANY = 400 };
    uint64_t seed = 23;
    struct quote_space space;
    struct rates rates;
    struct quote_rules rules;
    struct time_weights time;
    struct quote_party parties[8];
    struct quote *quotes = calloc(MANY, sizeof *quotes);
    assert_non_null(quotes);
    quote_space_init(&space);
    time_weights_init(&time, 30);
    random_rates(&seed, &rates);
    quote_rules_init(&rules, 1000, &time);
    for (size_t i = 0; i < 8; i++)
        parties[i] = (struct quote_party){1000, true};
    for (size_t i = 0; i < MANY; i++)
        quotes[i] = random_quote(&seed, i + 1, &rates);
    struct quote_estimate first = quotes_judge(&rules, METHOD_WEIGHTED_AVG, parties, &rates, quotes, MANY, &space);
    assert_int_equal(first.status, ESTIMATE_OK);
    for (int round = 0; round < 50; round++) {
        for (size_t i = MANY - 1; i > 0; i--) {
            size_t j = pick(&seed, i + 1);
            struct quote swap = quotes[i];
            quotes[i] = quotes[j];
            quotes[j] = swap;
        }
        struct quote_estimate again = quotes_judge(&rules, METHOD_WEIGHTED_AVG, parties, &rates, quotes, MANY, &space);
        assert_memory_equal(&first, &again, sizeof first);
    }
    free(quotes);
    rates_fini(&rates);
    quote_space_fini(&space);
}

static void largest_numbers_fit(void **state)
{
    (void)state;
    struct quote_space space;
    struct rates rates;
    struct quote_rules rules;
    struct time_weights time;
    struct quote_party party = {100000, true};
    struct quote *quotes = calloc(QUOTES_MAX + 1, sizeof *quotes);
    assert_non_null(quotes);
    quote_space_init(&space);
    rates_init(&rates, "RUB", 14);
    assert_int_equal(rates_seal(&rates), 0);
    time_weights_init(&time, 365);
    quote_rules_init(&rules, 1000, &time);
    rules.weigh_qty = true;
    rules.qty_cap = 1000000;
    rules.per_party_all = true;
    rules.outlier_k = OUTLIER_K_LIMIT - 1;
    rules.outlier_floor_pct = OUTLIER_FLOOR_LIMIT - 1;
    for (size_t i = 0; i <= QUOTES_MAX; i++)
        quotes[i] = (struct quote){.id = i,
                                   .price = PRICE_LIMIT - 1,
                                   .min_qty = 1,
                                   .qty = INT64_MAX / 2,
                                   .pn = "",
                                   .price_per = 1,
                                   .quoted_on = 1000 - (int32_t)i,
                                   .valid_until = QUOTE_NO_DATE};
    rules.window_days = QUOTES_MAX;
    for (enum quote_outlier outlier = OUTLIER_NONE; outlier <= OUTLIER_IQR; outlier++) {
        rules.outlier = outlier;
        struct quote_estimate got =
            quotes_judge(&rules, METHOD_WEIGHTED_AVG, &party, &rates, quotes, QUOTES_MAX, &space);
        assert_int_equal(got.n_used, QUOTES_MAX);
        assert_int_equal(got.raw, (PRICE_LIMIT - 1) * 100);
    }
    struct quote_estimate got = quotes_judge(&rules, METHOD_AVERAGE, &party, &rates, quotes, QUOTES_MAX + 1, &space);
    assert_int_equal(got.status, ESTIMATE_TOO_MANY);
    free(quotes);
    quote_space_fini(&space);
    rates_fini(&rates);
}

static void base_prices_out_of_range(void **state)
{
    (void)state;
    const struct rate dear = {0, 1, RATE_LIMIT - 1};
    struct quote quote = {.price = 1, .price_per = 100000};
    assert_true(quote_base_price(&quote, NULL) == 0); /* 0.0001 / 100000 */
    quote.price_per = 200;
    assert_true(quote_base_price(&quote, NULL) == 1); /* 0.0000005 rounds up */
    quote.price_per = 201;
    assert_true(quote_base_price(&quote, NULL) == 0);
    quote = (struct quote){.price = 999999999999999, .price_per = 1};
    assert_true(quote_base_price(&quote, &dear) > (dec128)MICRO_LIMIT);
}

static void final_prices(void **state)
{
    (void)state;
    const struct rate usd = {0, 1, 92000000}, cny = {0, 10, 128031000};
    int64_t price;
    struct price_rule rule = {11500, COEF_ONE, STEP_KOPECK, ROUND_HALF_UP, &usd};
    assert_int_equal(price_final(INT64_C(185000000000), &rule, &price), 0);
    assert_int_equal(price, 23125000);
    rule = (struct price_rule){COEF_ONE, COEF_ONE, 50000, ROUND_HALF_UP, &cny};
    assert_int_equal(price_final(INT64_C(185000000000), &rule, &price), 0);
    assert_int_equal(price, 144500000);
    rule = (struct price_rule){COEF_LIMIT - 1, COEF_LIMIT - 1, 1, ROUND_HALF_UP, NULL};
    assert_int_equal(price_final(MICRO_LIMIT - 1, &rule, &price), -ERANGE);
    rule = (struct price_rule){COEF_ONE, COEF_ONE, 1, ROUND_HALF_UP, NULL};
    assert_int_equal(price_final(MICRO_LIMIT - 100, &rule, &price), 0);
    assert_int_equal(price, PRICE_LIMIT - 1);
    assert_int_equal(price_final(MICRO_LIMIT - 1, &rule, &price), -ERANGE);
    rule.step = PRICE_LIMIT - 1;
    assert_int_equal(price_final(1, &rule, &price), 0);
    assert_int_equal(price, PRICE_LIMIT - 1);
    rule.step = 30000;
    assert_int_equal(price_final(0, &rule, &price), 0);
    assert_int_equal(price, 30000);
}

static struct recalc_result decide(const struct recalc_rules *rules, int64_t old_price, int64_t raw,
                                   enum price_method own)
{
    const struct recalc_component component = {.price = old_price,
                                               .manual_price = raw / 100,
                                               .coefficient = COEF_ONE,
                                               .method = own,
                                               .window_days = -1,
                                               .state = old_price ? PRICE_STALE : PRICE_NONE};
    const struct quote_estimate estimate = {
        .status = ESTIMATE_OK, .n_quotes = 1, .n_used = 1, .raw = raw, .low = raw, .high = raw};
    return recalc_decide(rules, &component, &estimate);
}

static void outcomes(void **state)
{
    (void)state;
    struct recalc_rules rules;
    recalc_rules_init(&rules);
    struct recalc_result result = decide(&rules, 1000000, 100000000, METHOD_NONE);
    assert_int_equal(result.outcome, RECALC_UNCHANGED);
    assert_int_equal(result.state, PRICE_FRESH);
    /* a change too small for two digits of percent is a change still */
    result = decide(&rules, 10000000000, 1000000010000, METHOD_NONE);
    assert_int_equal(result.outcome, RECALC_UPDATED);
    assert_int_equal((int64_t)result.change_pct, 0);
    /* bounds: at the bound itself nothing is held, and nothing is ignored */
    rules.min_change_pct = 100;
    rules.max_change_pct = 5000;
    assert_int_equal(decide(&rules, 1000000, 101000000, METHOD_NONE).outcome, RECALC_UPDATED);
    assert_int_equal(decide(&rules, 1000000, 99010000, METHOD_NONE).outcome, RECALC_UNCHANGED);
    assert_int_equal(decide(&rules, 1000000, 150000000, METHOD_NONE).outcome, RECALC_UPDATED);
    result = decide(&rules, 1000000, 49990000, METHOD_NONE);
    assert_int_equal(result.outcome, RECALC_HELD);
    assert_int_equal(result.price, 1000000);
    assert_int_equal(result.state, PRICE_STALE);
    assert_int_equal(result.proposed, 499900);
    /* a first price and a manual one are never held */
    assert_int_equal(decide(&rules, 0, 900000000, METHOD_NONE).outcome, RECALC_UPDATED);
    assert_int_equal(decide(&rules, 1000000, 900000000, METHOD_MANUAL).outcome, RECALC_UPDATED);
    /* too dear */
    rules.coefficient = 20000;
    result = decide(&rules, 1000000, MICRO_LIMIT - 1, METHOD_NONE);
    assert_int_equal(result.outcome, RECALC_FAILED);
    assert_string_equal(result.failure, "E_PRICE_RANGE");
    assert_int_equal(result.price, 1000000);
    assert_int_equal(result.state, PRICE_STALE);
    const struct quote_estimate many = {.status = ESTIMATE_TOO_MANY};
    const struct recalc_component component = {.coefficient = COEF_ONE, .window_days = -1};
    assert_string_equal(recalc_decide(&rules, &component, &many).failure, "E_TOO_MANY_QUOTES");
    const struct quote_estimate none = {.status = ESTIMATE_NO_QUOTES};
    assert_int_equal(recalc_decide(&rules, &component, &none).state, PRICE_NONE);
}

static void names(void **state)
{
    (void)state;
    for (enum price_method method = METHOD_WEIGHTED_AVG; method < METHOD_COUNT; method++)
        assert_int_equal(price_method_of(price_method_name(method)), method);
    assert_int_equal(price_method_of("mean"), METHOD_NONE);
    assert_int_equal(price_method_of(""), METHOD_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples),
        cmocka_unit_test(rounding_examples),
        cmocka_unit_test(time_weights_equal_exp2),
        cmocka_unit_test(random_quotes_equal_the_model),
        cmocka_unit_test(order_does_not_matter),
        cmocka_unit_test(largest_numbers_fit),
        cmocka_unit_test(base_prices_out_of_range),
        cmocka_unit_test(final_prices),
        cmocka_unit_test(outcomes),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
