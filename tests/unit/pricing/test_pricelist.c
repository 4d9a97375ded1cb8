/* Price lists: the worked examples of all three sources with their hashes, differences, and edges. */
#include "handlers/pricing/diff.h"
#include "handlers/pricing/listhash.h"
#include "handlers/pricing/listitem.h"

#include "tests/unit/pricing/cases.h"

/* One example while it runs. */
struct list_case {
    yajl_val example, params;
    struct rates rates;
    struct price_rule rule;
    struct case_quotes quotes;
    struct quote_rules quote_rules;
    struct time_weights time;
    struct quote_space space;
    unsigned skipped[LIST_SKIPS];
};

/* False: the list's currency has no rate. */
static bool load_rule(struct list_case *c)
{
    const char *currency = testdata_string(c->params, "currency");
    c->rule = (struct price_rule){
        .coefficient = case_decimal(c->params, "coefficient", COEF_SCALE, COEF_ONE),
        .coefficient_2 = COEF_ONE,
        .step = case_decimal(c->params, "round_step", PRICE_SCALE, STEP_KOPECK),
        .mode = case_round_mode(c->params),
    };
    if (!currency)
        return true;
    c->rule.rate = rates_find(&c->rates, rates_currency(&c->rates, currency), case_date(c->params, "as_of", 0));
    return c->rule.rate != NULL;
}

static enum price_state load_state(yajl_val component)
{
    const char *name = json_member_string(component, "price_state", "fresh");
    return strcmp(name, "stale") == 0 ? PRICE_STALE : strcmp(name, "manual") == 0 ? PRICE_MANUAL : PRICE_FRESH;
}

static enum list_skip item_estimate(struct list_case *c, yajl_val component, struct list_item *item)
{
    const struct list_estimate_rules rules = {
        .as_of = case_date(c->params, "as_of", 0),
        .include_stale = json_member_bool(c->params, "include_stale", true),
        .max_age_days = (int32_t)json_member_int(c->params, "max_price_age_days", 0),
    };
    return list_estimate(&rules, &c->rule, case_decimal(component, "price", PRICE_SCALE, 0), load_state(component),
                         case_date(component, "price_as_of", QUOTE_NO_DATE), item);
}

static bool warehouse_wanted(yajl_val params, const char *code)
{
    yajl_val wanted = json_member(params, "warehouses");
    for (size_t i = 0; YAJL_IS_ARRAY(wanted) && i < wanted->u.array.len; i++) {
        if (strcmp(wanted->u.array.values[i]->u.string, code) == 0)
            return true;
    }
    return !YAJL_IS_ARRAY(wanted);
}

static enum list_skip item_warehouse(struct list_case *c, yajl_val component, struct list_item *item)
{
    struct list_stock_sum sum = {0};
    size_t n;
    yajl_val *stock = testdata_list(c->example, "stock", &n);
    for (size_t i = 0; i < n; i++) {
        bool mine = strcmp(testdata_string(stock[i], "lot_code"), testdata_string(component, "lot_code")) == 0;
        if (!mine || !warehouse_wanted(c->params, testdata_string(stock[i], "warehouse")))
            continue;
        const struct list_stock_line line = {
            .qty = case_decimal(stock[i], "qty", QTY_SCALE, 0),
            .reserved = case_decimal(stock[i], "reserved", QTY_SCALE, 0),
            .lot_qty = case_decimal(stock[i], "lot_qty", QTY_SCALE, 1000),
            .unit_cost = case_decimal(stock[i], "unit_cost", PRICE_SCALE, 0),
        };
        list_stock_add(&sum, &line);
    }
    bool estimate = strcmp(json_member_string(c->params, "cost_fallback", "skip"), "estimate") == 0;
    int64_t fallback = estimate ? case_decimal(component, "price", PRICE_SCALE, 0) : 0;
    return list_warehouse(&sum, json_member_bool(c->params, "include_zero_qty", false), fallback, &c->rule, item);
}

static enum list_skip item_competitor(struct list_case *c, yajl_val component, struct list_item *item)
{
    enum price_method method = price_method_of(json_member_string(c->params, "method", "min"));
    case_load_quotes(c->example, &c->rates, testdata_string(component, "lot_code"), &c->quotes);
    struct quote_estimate estimate =
        quotes_judge(&c->quote_rules, method, c->quotes.parties, &c->rates, c->quotes.quotes, c->quotes.n, &c->space);
    return list_competitor(&estimate, &c->rule, item);
}

static enum list_skip item_of(struct list_case *c, yajl_val component, struct list_item *item)
{
    const char *source = testdata_string(c->example, "source");
    if (!json_member_bool(component, "active", true))
        return LIST_INACTIVE;
    if (strcmp(source, "estimate") == 0)
        return item_estimate(c, component, item);
    return strcmp(source, "warehouse") == 0 ? item_warehouse(c, component, item) : item_competitor(c, component, item);
}

static void expect_item(yajl_val expected, yajl_val component, const struct list_item *item)
{
    assert_string_equal(testdata_string(component, "lot_code"), testdata_string(expected, "lot_code"));
    assert_string_equal(list_basis_name(item->basis), testdata_string(expected, "basis"));
    assert_int_equal(item->n_obs, json_member_int(expected, "n_obs", 0));
    case_expect_decimal(expected, "price", item->price, PRICE_SCALE, true);
    case_expect_decimal(expected, "qty", item->qty, QTY_SCALE, item->has_qty);
    case_expect_decimal(expected, "price_min", item->price_min, PRICE_SCALE, item->price_min != 0);
    case_expect_decimal(expected, "price_max", item->price_max, PRICE_SCALE, item->price_max != 0);
}

static void expect_hash(yajl_val expected, struct listhash *hash)
{
    uint8_t digest[32];
    char text[65];
    listhash_final(hash, digest);
    for (size_t i = 0; i < 32; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    assert_string_equal(text, testdata_string(expected, "content_sha256"));
}

static void expect_skipped(yajl_val expected, const unsigned skipped[LIST_SKIPS])
{
    yajl_val counts = json_member(expected, "skipped");
    unsigned kinds = 0;
    for (enum list_skip skip = LIST_INACTIVE; skip < LIST_SKIPS; skip++) {
        assert_int_equal(skipped[skip], json_member_int(counts, list_skip_name(skip), 0));
        kinds += skipped[skip] > 0;
    }
    assert_int_equal(kinds, counts->u.object.len);
}

/* The examples name their components out of order; a list is by the bytes of lot_code. */
static int compare_lots(const void *a, const void *b)
{
    return strcmp(testdata_string(*(const yajl_val *)a, "lot_code"), testdata_string(*(const yajl_val *)b, "lot_code"));
}

static void build_list(struct list_case *c)
{
    struct listhash hash;
    size_t n, n_items, done = 0;
    yajl_val expected = json_member(c->example, "expected");
    yajl_val *components = testdata_list(c->example, "components", &n),
             *items = testdata_list(expected, "items", &n_items);
    qsort(components, n, sizeof(yajl_val), compare_lots);
    listhash_init(&hash, testdata_string(expected, "currency"));
    for (size_t i = 0; i < n; i++) {
        struct list_item item;
        enum list_skip skip = item_of(c, components[i], &item);
        c->skipped[skip]++;
        if (skip != LIST_IN)
            continue;
        assert_true(done < n_items);
        expect_item(items[done++], components[i], &item);
        listhash_add(&hash, testdata_string(components[i], "lot_code"), item.price, item.has_qty ? &item.qty : NULL);
    }
    assert_int_equal(done, n_items);
    expect_hash(expected, &hash);
    expect_skipped(expected, c->skipped);
}

static void run_example(yajl_val example)
{
    struct list_case c = {.example = example, .params = json_member(example, "params")};
    const char *error = json_member_string(json_member(example, "expected"), "error", "");
    case_rates(example, &c.rates);
    quote_space_init(&c.space);
    case_rules(c.params, &c.quote_rules, &c.time);
    c.quote_rules.window_days = (int32_t)json_member_int(c.params, "window_days", 30);
    if (strcmp(testdata_string(example, "source"), "competitor") == 0)
        case_parties(example, &c.quotes);
    bool has_rate = load_rule(&c);
    assert_int_equal(has_rate, strcmp(error, "E_NO_RATE") != 0);
    if (has_rate)
        build_list(&c);
    quote_space_fini(&c.space);
    rates_fini(&c.rates);
}

static void examples(void **state)
{
    (void)state;
    yajl_val data = testdata_json("pricelist.json");
    size_t n;
    yajl_val *cases = testdata_list(data, "cases", &n);
    assert_int_equal(n, 16);
    for (size_t i = 0; i < n; i++)
        run_example(cases[i]);
    yajl_tree_free(data);
}

/* ---- Warehouse edges --------------------------------------------------------------------------------------------- */

static const struct price_rule plain = {COEF_ONE, COEF_ONE, STEP_KOPECK, ROUND_HALF_UP, NULL};

static void stock_below_zero_is_no_stock(void **state)
{
    (void)state;
    struct list_stock_sum sum = {0};
    struct list_item item;
    list_stock_add(&sum, &(struct list_stock_line){.qty = -3000, .lot_qty = 1000, .unit_cost = 10000});
    assert_int_equal(list_warehouse(&sum, true, 10000, &plain, &item), LIST_NO_STOCK);
    list_stock_add(&sum, &(struct list_stock_line){.qty = 0, .lot_qty = 1000, .unit_cost = 10000});
    assert_int_equal(list_warehouse(&sum, false, 10000, &plain, &item), LIST_NO_FREE_QTY);
    assert_int_equal(list_warehouse(&sum, true, 0, &plain, &item), LIST_NO_COST);
    assert_int_equal(list_warehouse(&sum, true, 10000, &plain, &item), LIST_IN);
    assert_int_equal(item.basis, BASIS_ESTIMATE);
    /* a reserve larger than its stock does not reduce other lines */
    list_stock_add(&sum, &(struct list_stock_line){.qty = 1000, .reserved = 5000, .lot_qty = 1000});
    list_stock_add(&sum, &(struct list_stock_line){.qty = 2000, .lot_qty = 1000});
    assert_int_equal(list_warehouse(&sum, false, 10000, &plain, &item), LIST_IN);
    assert_true(item.qty == 2000);
}

static void quantities_are_cut(void **state)
{
    (void)state;
    struct list_stock_sum sum = {0};
    struct list_item item;
    list_stock_add(&sum, &(struct list_stock_line){.qty = 1, .lot_qty = 1500, .unit_cost = 30000});
    assert_int_equal(list_warehouse(&sum, false, 0, &plain, &item), LIST_IN);
    assert_true(item.qty == 1);
    assert_int_equal(item.price, 20000); /* 3.00 for one and a half */
    list_stock_add(&sum, &(struct list_stock_line){.qty = 1, .lot_qty = 1500, .unit_cost = 30000});
    assert_int_equal(list_warehouse(&sum, false, 0, &plain, &item), LIST_IN);
    assert_true(item.qty == 3); /* cut after the sum */
}

static void absurd_stock_is_refused(void **state)
{
    (void)state;
    struct list_stock_sum sum = {0};
    struct list_item item;
    const struct list_stock_line line = {.qty = INT64_MAX / 2, .lot_qty = 1, .unit_cost = INT64_MAX / 2};
    for (int i = 0; i < 10; i++)
        list_stock_add(&sum, &line);
    assert_int_equal(list_warehouse(&sum, false, 0, &plain, &item), LIST_FAILED);
    sum = (struct list_stock_sum){0};
    list_stock_add(&sum, &(struct list_stock_line){.qty = 1000, .lot_qty = 1, .unit_cost = PRICE_LIMIT - 1});
    assert_int_equal(list_warehouse(&sum, false, 0, &plain, &item), LIST_FAILED);
}

static void versions(void **state)
{
    (void)state;
    char buf[LIST_VERSION];
    int32_t day = (int32_t)value_date_days((struct value_date){2026, 2, 5});
    assert_string_equal(list_version(day, 1, buf), "2026-02-05-001");
    assert_string_equal(list_version(day, 999, buf), "2026-02-05-999");
    assert_string_equal(list_version(day, 1000, buf), "2026-02-05-1000");
    assert_string_equal(list_version(day, 9999, buf), "2026-02-05-9999");
}

/* ---- Differences ------------------------------------------------------------------------------------------------ */

struct diff_case {
    yajl_val *rows;
    size_t n, done;
};

static int expect_row(const struct diff_row *row, void *ctx)
{
    struct diff_case *c = ctx;
    assert_true(c->done < c->n);
    yajl_val expected = c->rows[c->done++];
    bool both = row->old_price > 0 && row->new_price > 0;
    assert_string_equal(row->lot_code, testdata_string(expected, "lot_code"));
    assert_string_equal(diff_status_name(row->status), testdata_string(expected, "status"));
    case_expect_decimal(expected, "old", row->old_price, PRICE_SCALE, row->old_price > 0);
    case_expect_decimal(expected, "new", row->new_price, PRICE_SCALE, row->new_price > 0);
    case_expect_decimal(expected, "delta", row->delta, PRICE_SCALE, both);
    case_expect_decimal(expected, "pct", row->pct, 2, both);
    return 0;
}

static size_t load_items(yajl_val example, const char *key, struct diff_item out[8])
{
    size_t n;
    yajl_val *list = testdata_list(example, key, &n);
    assert_true(n <= 8);
    for (size_t i = 0; i < n; i++)
        out[i] =
            (struct diff_item){testdata_string(list[i], "lot_code"), case_decimal(list[i], "price", PRICE_SCALE, 0)};
    return n;
}

static void diff_examples(void **state)
{
    (void)state;
    yajl_val data = testdata_json("diff.json");
    size_t n;
    yajl_val *cases = testdata_list(data, "cases", &n);
    assert_int_equal(n, 3);
    for (size_t i = 0; i < n; i++) {
        yajl_val expected = json_member(cases[i], "expected"), totals = json_member(expected, "summary");
        struct diff_item a[8], b[8];
        struct diff_summary summary;
        struct diff_case rows = {0};
        dec128 average = 0;
        size_t n_a = load_items(cases[i], "a", a), n_b = load_items(cases[i], "b", b);
        rows.rows = testdata_list(expected, "rows", &rows.n);
        assert_int_equal(diff_lists(a, n_a, b, n_b, &summary, expect_row, &rows), 0);
        assert_int_equal(rows.done, rows.n);
        for (enum diff_status status = DIFF_ADDED; status < DIFF_STATUSES; status++)
            assert_int_equal(summary.count[status], json_member_int(totals, diff_status_name(status), -1));
        bool common = diff_average(&summary, &average);
        case_expect_decimal(totals, "avg_pct", average, 2, common);
    }
    yajl_tree_free(data);
}

static int stop_at_once(const struct diff_row *row, void *ctx)
{
    (void)row;
    return ++*(int *)ctx * -7;
}

static void diff_stops_and_mirrors(void **state)
{
    (void)state;
    const struct diff_item a[] = {{"A", 1}, {"Z", INT64_C(99999999999999)}},
                           b[] = {{"A", INT64_C(99999999999999)}, {"Z", 1}};
    struct diff_summary there, back;
    int calls = 0;
    assert_int_equal(diff_lists(a, 2, b, 2, &there, stop_at_once, &calls), -7);
    assert_int_equal(calls, 1);
    assert_int_equal(diff_lists(a, 2, b, 2, &there, NULL, NULL), 0);
    assert_int_equal(diff_lists(b, 2, a, 2, &back, NULL, NULL), 0);
    assert_int_equal(there.count[DIFF_UP], back.count[DIFF_DOWN]);
    assert_true(there.pct_sum == (dec128)99999999999998 * 10000 - 10000);
    assert_int_equal(diff_lists(a, 0, b, 0, &there, NULL, NULL), 0);
    dec128 average;
    assert_false(diff_average(&there, &average));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples),
        cmocka_unit_test(stock_below_zero_is_no_stock),
        cmocka_unit_test(quantities_are_cut),
        cmocka_unit_test(absurd_stock_is_refused),
        cmocka_unit_test(versions),
        cmocka_unit_test(diff_examples),
        cmocka_unit_test(diff_stops_and_mirrors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
