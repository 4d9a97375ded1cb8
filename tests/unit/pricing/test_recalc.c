/* Recalculate: the 41 worked examples, weights against exp2(), and the edges of prices and outcomes. */
#include "handlers/pricing/outcome.h"

#include "tests/unit/pricing/cases.h"

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
        assert_int_equal(time_weight(&weights, (int64_t)half_life * 21), 1);
        assert_int_equal(time_weight(&weights, INT32_MAX), 1);
    }
    time_weights_init(&weights, 0);
    assert_int_equal(time_weight(&weights, 0), 1000000);
    assert_int_equal(time_weight(&weights, 9999), 1000000);
}

/* ---- Edges ------------------------------------------------------------------------------------------------------ */

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
    /* a change that is too small for two digits of percent is still a change */
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
        cmocka_unit_test(largest_numbers_fit),
        cmocka_unit_test(base_prices_out_of_range),
        cmocka_unit_test(final_prices),
        cmocka_unit_test(outcomes),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
