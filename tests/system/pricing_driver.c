/* The rules of recalculate and price lists, asked from outside: one case a line on standard input (the shape of
 * tests/data/pricing/recalc.json and pricelist.json, `source` among the parameters), one result a line on output.
 *
 * Parameters take the way of a real task: checked, filled up and read by the type's own table, so that a default or a
 * scale that is wrong there shows here. tests/system/test_pricing_model.py compares with a model of its own. */
#include "handlers/pricing/listhash.h"
#include "handlers/pricing/listitem.h"
#include "handlers/quotes/params.h"

#include "tests/unit/pricing/cases.h"
#include "tests/unit/task_types.h"

struct driver_case {
    yajl_val given, params; /* params: canonical */
    struct rates rates;
    struct case_quotes quotes;
    struct quote_rules rules;
    struct time_weights time;
    struct quote_space space;
    int32_t as_of;
};

static void refuse(const char *why)
{
    fprintf(stderr, "pricing_driver: %s\n", why);
    exit(2);
}

static void put_decimal(struct json_out *out, const char *key, dec128 value, unsigned scale, bool present)
{
    char text[48];
    dec_format(value, scale, false, text, sizeof text);
    json_put_string(out, key, present ? text : NULL);
}

/* ---- Parameters ------------------------------------------------------------------------------------------------ */

static yajl_val canonical(const struct task_type *type, yajl_val params)
{
    struct param_faults faults = {0};
    char why[100];
    char *text = params_from_json(type->params, params, &faults);
    if (!text)
        refuse(faults.fault[0].pointer);
    yajl_val tree = json_parse(text, strlen(text), 8, why, sizeof why);
    free(text);
    if (!tree)
        refuse(why);
    return tree;
}

static void load_rates(struct driver_case *c)
{
    size_t n;
    yajl_val *list = testdata_list(c->given, "rates", &n);
    rates_init(&c->rates, testdata_string(c->given, "base_currency"),
               (unsigned)json_member_int(c->given, "rate_max_age_days", 14));
    for (size_t i = 0; i < n; i++)
        rates_add(&c->rates, testdata_string(list[i], "currency"), case_date(list[i], "date", 0),
                  json_member_int(list[i], "nominal", 1), case_decimal(list[i], "rate", RATE_SCALE, 0));
    if (rates_seal(&c->rates) != 0)
        refuse("rates");
}

static void case_begin(struct driver_case *c, yajl_val given, const struct task_type *type)
{
    const struct job_settings settings = {.time_zone = "UTC"};
    *c = (struct driver_case){.given = given};
    c->params = canonical(type, json_member(given, "params"));
    c->as_of = price_param_as_of(c->params, &settings);
    price_param_rules(c->params, c->as_of, &c->rules, &c->time);
    quote_space_init(&c->space);
    load_rates(c);
    if (json_member(given, "parties"))
        case_parties(given, &c->quotes);
}

static void case_end(struct driver_case *c)
{
    quote_space_fini(&c->space);
    rates_fini(&c->rates);
    yajl_tree_free(c->params);
}

/* ---- Recalculate ----------------------------------------------------------------------------------------------- */

static struct recalc_rules decision_rules(yajl_val params)
{
    static const char *const no_quotes[] = {"keep", "clear", NULL};
    struct recalc_rules rules;
    recalc_rules_init(&rules);
    rules.method = price_param_method(params);
    rules.coefficient = price_param_decimal(params, "coefficient", COEF_SCALE, 0);
    rules.step = price_param_decimal(params, "round_step", PRICE_SCALE, 0);
    rules.mode = (enum round_mode)price_param_choice(params, "round_mode", recalculate_round_modes);
    rules.clear = price_param_choice(params, "on_no_quotes", no_quotes) == 1;
    rules.min_change_pct = price_param_decimal(params, "min_change_pct", 2, 0);
    rules.max_change_pct = price_param_decimal(params, "max_change_pct", 2, 0);
    return rules;
}

static struct recalc_component component_of(yajl_val object)
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

static void put_verdict(struct json_out *out, uint64_t id, const struct quote_verdict *verdict)
{
    char date[11];
    json_object(out);
    json_put_int(out, "id", (int64_t)id);
    json_put_bool(out, "used", verdict->reason == QUOTE_USED);
    json_put_string(out, "reason", verdict->reason == QUOTE_USED ? NULL : quote_reason_name(verdict->reason));
    put_decimal(out, "base_price", verdict->base, MICRO_SCALE, verdict->base != 0);
    json_put_int(out, "weight", (int64_t)verdict->weight);
    put_decimal(out, "rate", verdict->rate ? verdict->rate->rate : 0, RATE_SCALE, verdict->rate != NULL);
    if (verdict->rate)
        value_date_format(value_date_from_days(verdict->rate->date), date);
    json_put_string(out, "rate_date", verdict->rate ? date : NULL);
    json_object_end(out);
}

static void put_result(struct json_out *out, const struct recalc_result *result)
{
    json_put_string(out, "outcome", recalc_outcome_name(result->outcome));
    json_put_string(out, "method", price_method_name(result->method));
    json_put_string(out, "reason", *result->reason ? result->reason : NULL);
    json_put_string(out, "failure", *result->failure ? result->failure : NULL);
    put_decimal(out, "raw_price", result->raw, MICRO_SCALE, result->raw != 0);
    json_put_int(out, "n_quotes", result->n_quotes);
    json_put_int(out, "n_used", result->n_used);
    put_decimal(out, "change_pct", result->change_pct, 2, result->has_change);
    put_decimal(out, "price", result->price, PRICE_SCALE, result->price != 0);
    put_decimal(out, "computed_price", result->proposed, PRICE_SCALE, result->proposed != 0);
    json_put_string(out, "price_state", price_state_name(result->state));
}

static void recalculate(yajl_val given, struct json_out *out)
{
    struct driver_case c;
    case_begin(&c, given, &task_recalculate);
    case_load_quotes(given, &c.rates, NULL, &c.quotes);
    struct recalc_rules rules = decision_rules(c.params);
    struct recalc_component component = component_of(json_member(given, "component"));
    struct quote_estimate estimate = {0};
    enum price_method method = recalc_method(&rules, &component);
    bool manual = method == METHOD_MANUAL;
    if (component.window_days >= 0)
        c.rules.window_days = component.window_days;
    if (!manual)
        estimate = quotes_judge(&c.rules, method, c.quotes.parties, &c.rates, c.quotes.quotes, c.quotes.n, &c.space);
    struct recalc_result result = recalc_decide(&rules, &component, manual ? NULL : &estimate);
    put_result(out, &result);
    json_key(out, "quotes");
    json_array(out);
    for (size_t i = 0; i < c.quotes.n && !manual; i++)
        put_verdict(out, c.quotes.quotes[i].id, &c.space.verdicts[i]);
    json_array_end(out);
    case_end(&c);
}

/* ---- Price lists ----------------------------------------------------------------------------------------------- */

static bool list_rule(struct driver_case *c, struct price_rule *rule)
{
    const char *base = testdata_string(c->given, "base_currency");
    const char *name = json_member_string(c->params, "currency", base);
    uint16_t currency = rates_currency(&c->rates, name);
    *rule = (struct price_rule){
        .coefficient = price_param_decimal(c->params, "coefficient", COEF_SCALE, 0),
        .coefficient_2 = COEF_ONE,
        .step = price_param_decimal(c->params, "round_step", PRICE_SCALE, 0),
        .mode = (enum round_mode)price_param_choice(c->params, "round_mode", recalculate_round_modes),
        .rate = currency == CURRENCY_UNKNOWN ? NULL : rates_find(&c->rates, currency, c->as_of),
    };
    return currency == CURRENCY_BASE || rule->rate;
}

static enum list_skip from_estimate(const struct driver_case *c, const struct price_rule *rule, yajl_val component,
                                    struct list_item *item)
{
    static const char *const states[] = {"none", "fresh", "stale", "manual", NULL};
    const struct list_estimate_rules rules = {
        .as_of = c->as_of,
        .include_stale = json_member_bool(c->params, "include_stale", true),
        .max_age_days = (int32_t)json_member_int(c->params, "max_price_age_days", 0),
    };
    int64_t price = case_decimal(component, "price", PRICE_SCALE, 0);
    enum price_state state = json_member(component, "price_state") && testdata_string(component, "price_state")
                                 ? (enum price_state)price_param_choice(component, "price_state", states)
                                 : PRICE_FRESH;
    return list_estimate(&rules, rule, price, state, case_date(component, "price_as_of", QUOTE_NO_DATE), item);
}

static bool warehouse_counts(yajl_val params, const char *code)
{
    yajl_val wanted = json_member(params, "warehouses");
    for (size_t i = 0; YAJL_IS_ARRAY(wanted) && i < wanted->u.array.len; i++)
        if (strcmp(wanted->u.array.values[i]->u.string, code) == 0)
            return true;
    return !price_param_has(params, "warehouses");
}

static enum list_skip from_warehouse(const struct driver_case *c, const struct price_rule *rule, yajl_val component,
                                     struct list_item *item)
{
    static const char *const fallbacks[] = {"skip", "estimate", NULL};
    struct list_stock_sum sum = {0};
    size_t n;
    yajl_val *stock = testdata_list(c->given, "stock", &n);
    for (size_t i = 0; i < n; i++) {
        const struct list_stock_line line = {
            .qty = case_decimal(stock[i], "qty", QTY_SCALE, 0),
            .reserved = case_decimal(stock[i], "reserved", QTY_SCALE, 0),
            .lot_qty = case_decimal(stock[i], "lot_qty", QTY_SCALE, 1000),
            .unit_cost = case_decimal(stock[i], "unit_cost", PRICE_SCALE, 0),
        };
        if (strcmp(testdata_string(stock[i], "lot_code"), testdata_string(component, "lot_code")) == 0 &&
            warehouse_counts(c->params, testdata_string(stock[i], "warehouse")))
            list_stock_add(&sum, &line);
    }
    bool estimate = price_param_choice(c->params, "cost_fallback", fallbacks) == 1;
    return list_warehouse(&sum, json_member_bool(c->params, "include_zero_qty", false),
                          estimate ? case_decimal(component, "price", PRICE_SCALE, 0) : 0, rule, item);
}

static enum list_skip from_competitors(struct driver_case *c, const struct price_rule *rule, yajl_val component,
                                       struct list_item *item)
{
    case_load_quotes(c->given, &c->rates, testdata_string(component, "lot_code"), &c->quotes);
    struct quote_estimate estimate = quotes_judge(&c->rules, price_param_method(c->params), c->quotes.parties,
                                                  &c->rates, c->quotes.quotes, c->quotes.n, &c->space);
    return list_competitor(&estimate, rule, item);
}

static enum list_skip item_of(struct driver_case *c, const struct price_rule *rule, yajl_val component,
                              struct list_item *item)
{
    const char *source = testdata_string(c->params, "source");
    if (!json_member_bool(component, "active", true))
        return LIST_INACTIVE;
    if (strcmp(source, "estimate") == 0)
        return from_estimate(c, rule, component, item);
    return strcmp(source, "warehouse") == 0 ? from_warehouse(c, rule, component, item)
                                            : from_competitors(c, rule, component, item);
}

static void put_item(struct json_out *out, const char *lot_code, const struct list_item *item)
{
    json_object(out);
    json_put_string(out, "lot_code", lot_code);
    put_decimal(out, "price", item->price, PRICE_SCALE, true);
    json_put_string(out, "basis", list_basis_name(item->basis));
    put_decimal(out, "qty", item->qty, QTY_SCALE, item->has_qty);
    json_put_int(out, "n_obs", item->n_obs);
    put_decimal(out, "price_min", item->price_min, PRICE_SCALE, item->price_min != 0);
    put_decimal(out, "price_max", item->price_max, PRICE_SCALE, item->price_max != 0);
    json_object_end(out);
}

static int by_lot(const void *a, const void *b)
{
    return strcmp(testdata_string(*(const yajl_val *)a, "lot_code"), testdata_string(*(const yajl_val *)b, "lot_code"));
}

static void put_items(struct driver_case *c, const struct price_rule *rule, struct json_out *out)
{
    unsigned skipped[LIST_SKIPS] = {0};
    struct listhash hash;
    uint8_t digest[32];
    char text[65];
    size_t n;
    yajl_val *components = testdata_list(c->given, "components", &n);
    const char *base = testdata_string(c->given, "base_currency");
    qsort(components, n, sizeof *components, by_lot);
    listhash_init(&hash, json_member_string(c->params, "currency", base));
    json_key(out, "items");
    json_array(out);
    for (size_t i = 0; i < n; i++) {
        struct list_item item;
        const char *lot_code = testdata_string(components[i], "lot_code");
        enum list_skip skip = item_of(c, rule, components[i], &item);
        skipped[skip]++;
        if (skip != LIST_IN)
            continue;
        put_item(out, lot_code, &item);
        listhash_add(&hash, lot_code, item.price, item.has_qty ? &item.qty : NULL);
    }
    json_array_end(out);
    listhash_final(&hash, digest);
    for (size_t i = 0; i < 32; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    json_put_string(out, "content_sha256", text);
    json_key(out, "skipped");
    json_object(out);
    for (unsigned i = LIST_INACTIVE; i < LIST_SKIPS; i++)
        if (skipped[i] > 0)
            json_put_int(out, list_skip_name((enum list_skip)i), skipped[i]);
    json_object_end(out);
}

static void list(yajl_val given, struct json_out *out)
{
    struct driver_case c;
    struct price_rule rule;
    case_begin(&c, given, &task_pricelist_create);
    if (list_rule(&c, &rule))
        put_items(&c, &rule, out);
    else
        json_put_string(out, "error", "E_NO_RATE");
    case_end(&c);
}

int main(void)
{
    char *line = NULL, why[100];
    size_t room = 0;
    ssize_t n;
    while ((n = getline(&line, &room, stdin)) > 0) {
        struct json_out out;
        yajl_val given = json_parse(line, (size_t)n, 16, why, sizeof why);
        if (!given)
            refuse(why);
        json_out_init(&out);
        json_object(&out);
        if (strcmp(testdata_string(given, "task"), "recalculate") == 0)
            recalculate(given, &out);
        else
            list(given, &out);
        json_object_end(&out);
        puts(json_out_text(&out, NULL));
        json_out_fini(&out);
        yajl_tree_free(given);
    }
    free(line);
    return 0;
}
