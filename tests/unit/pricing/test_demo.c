/* The demo data through the whole of handlers/pricing: every price, every reason's count and every list's hash as
 * expected. */
#include "handlers/pricing/listhash.h"
#include "handlers/pricing/listitem.h"
#include "handlers/values/partnum.h"
#include "handlers/values/values.h"

#include "tests/unit/testdata.h"

/* ---- Tables ----------------------------------------------------------------------------------------------------- */

enum { COLUMNS = 20 };

/* A CSV file in memory: the first row names the columns. */
struct table {
    char *text;
    const char *(*rows)[COLUMNS];
    size_t n;
    const char *names[COLUMNS];
};

/* Split one record in place; returns what follows it. */
static char *split_record(char *at, const char *fields[COLUMNS])
{
    for (int column = 0; column < COLUMNS; column++) {
        char *out = at, *from = at;
        fields[column] = out;
        bool quoted = *from == '"';
        from += quoted;
        while (quoted ? *from != '"' || from[1] == '"'
                      : *from != ',' && *from != '\r' && *from != '\n' && *from != '\0') {
            from += quoted && *from == '"';
            *out++ = *from++;
        }
        from += quoted;
        char end = *from;
        at = from + (end != '\0') + (end == '\r');
        *out = '\0';
        if (end != ',')
            break;
    }
    return at;
}

static struct table read_table(const char *name)
{
    struct table table = {0};
    const char *dir = getenv("PF_DATA");
    char path[4096];
    snprintf(path, sizeof path, "%s/demo/%s", dir ? dir : "tests/data", name);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s cannot be opened: set PF_DATA to tests/data", path);
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    table.text = malloc(size + 1);
    table.rows = calloc(size / 8 + 1, sizeof *table.rows);
    assert_true(table.text && table.rows);
    assert_int_equal(fread(table.text, 1, size, file), size);
    fclose(file);
    table.text[size] = '\0';
    char *at = split_record(table.text, table.names);
    while (*at != '\0')
        at = split_record(at, table.rows[table.n++]);
    return table;
}

static void free_table(struct table *table)
{
    free(table->rows);
    free(table->text);
}

static const char *field(const struct table *table, size_t row, const char *name)
{
    for (int column = 0; column < COLUMNS && table->names[column]; column++) {
        if (strcmp(table->names[column], name) == 0)
            return table->rows[row][column] ? table->rows[row][column] : "";
    }
    fail_msg("no column %s", name);
    return "";
}

static int64_t decimal_field(const struct table *table, size_t row, const char *name, unsigned scale, int64_t otherwise)
{
    const char *text = field(table, row, name);
    dec128 value;
    bool lost;
    if (text[0] == '\0')
        return otherwise;
    assert_int_equal(dec_parse(text, strlen(text), scale, &value, &lost), 0);
    assert_false(lost);
    return (int64_t)value;
}

static int32_t date_field(const struct table *table, size_t row, const char *name, int32_t otherwise)
{
    const char *text = field(table, row, name);
    struct value_date date;
    if (text[0] == '\0')
        return otherwise;
    assert_int_equal(value_date_text(text, strlen(text), &date), 0);
    return (int32_t)value_date_days(date);
}

static size_t find_row(const struct table *table, const char *column, const char *text)
{
    for (size_t i = 0; i < table->n; i++) {
        if (strcmp(field(table, i, column), text) == 0)
            return i;
    }
    return SIZE_MAX;
}

/* ---- The data --------------------------------------------------------------------------------------------------- */

static struct demo {
    struct table components, parties, quotes, stock;
    struct rates rates;
    struct quote_party party[32];
    char (*pn)[PN_BYTES]; /* normalised number of each quote */
    size_t *order;        /* components by lot_code bytes */
    int64_t *price;       /* of each component after recalculate; 0 = none */
    enum price_state *state;
    yajl_val summary;
    int32_t as_of;
    struct time_weights time;
    struct quote_space space;
} demo;

static int compare_lots(const void *a, const void *b)
{
    return strcmp(field(&demo.components, *(const size_t *)a, "lot_code"),
                  field(&demo.components, *(const size_t *)b, "lot_code"));
}

static void load_rates(void)
{
    struct table table = read_table("rates.csv");
    assert_int_equal(table.n, 525);
    rates_init(&demo.rates, "RUB", 14);
    for (size_t i = 0; i < table.n; i++)
        assert_int_equal(rates_add(&demo.rates, field(&table, i, "currency"), date_field(&table, i, "rate_date", 0),
                                   decimal_field(&table, i, "nominal", 0, 0),
                                   decimal_field(&table, i, "rate", RATE_SCALE, 0)),
                         0);
    assert_int_equal(rates_seal(&demo.rates), 0);
    free_table(&table);
}

static int set_up(void **state)
{
    (void)state;
    const char *dir = getenv("PF_DATA");
    demo.components = read_table("components.csv");
    demo.parties = read_table("parties.csv");
    demo.quotes = read_table("quotes.csv");
    demo.stock = read_table("expected/stock-items.csv");
    load_rates();
    demo.as_of = (int32_t)value_date_days((struct value_date){2026, 2, 5});
    time_weights_init(&demo.time, 30);
    quote_space_init(&demo.space);
    for (size_t i = 0; i < demo.parties.n; i++)
        demo.party[i] = (struct quote_party){(uint32_t)decimal_field(&demo.parties, i, "weight", 3, 0),
                                             strcmp(field(&demo.parties, i, "active"), "1") == 0};
    demo.pn = calloc(demo.quotes.n, sizeof *demo.pn);
    for (size_t i = 0; i < demo.quotes.n; i++)
        pn_normalise(field(&demo.quotes, i, "part_number"), strlen(field(&demo.quotes, i, "part_number")), demo.pn[i],
                     NULL);
    demo.order = calloc(demo.components.n, sizeof *demo.order);
    demo.price = calloc(demo.components.n, sizeof *demo.price);
    demo.state = calloc(demo.components.n, sizeof *demo.state);
    for (size_t i = 0; i < demo.components.n; i++)
        demo.order[i] = i;
    qsort(demo.order, demo.components.n, sizeof *demo.order, compare_lots);
    char path[4096], text[4096];
    snprintf(path, sizeof path, "%s/demo/expected/summary.json", dir ? dir : "tests/data");
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t n = fread(text, 1, sizeof text, file);
    fclose(file);
    demo.summary = json_parse(text, n, 8, (char[8]){0}, 8);
    assert_non_null(demo.summary);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free_table(&demo.components);
    free_table(&demo.parties);
    free_table(&demo.quotes);
    free_table(&demo.stock);
    rates_fini(&demo.rates);
    quote_space_fini(&demo.space);
    yajl_tree_free(demo.summary);
    free(demo.pn);
    free(demo.order);
    free(demo.price);
    free(demo.state);
    return 0;
}

static struct quote load_quote(size_t row)
{
    const struct table *t = &demo.quotes;
    return (struct quote){
        .id = row + 1,
        .price = decimal_field(t, row, "price", PRICE_SCALE, 0),
        .min_qty = decimal_field(t, row, "min_qty", QTY_SCALE, 1000),
        .qty = decimal_field(t, row, "qty", QTY_SCALE, QUOTE_NO_QTY),
        .pn = demo.pn[row],
        .party = (uint32_t)find_row(&demo.parties, "code", field(t, row, "party_code")),
        .price_per = (uint32_t)decimal_field(t, row, "price_per", 0, 1),
        .quoted_on = date_field(t, row, "quoted_on", 0),
        .valid_until = date_field(t, row, "valid_until", QUOTE_NO_DATE),
        .currency = rates_currency(&demo.rates, field(t, row, "currency")),
        .vat_rate = (uint16_t)decimal_field(t, row, "vat_rate", VAT_SCALE, 0),
        .vat_included = strcmp(field(t, row, "vat_included"), "1") == 0,
        .rejected = strcmp(field(t, row, "status"), "rejected") == 0,
    };
}

/* The quotes of one lot from suppliers or from competitors. */
static size_t load_quotes(const char *lot_code, const char *kind, struct quote out[256])
{
    size_t n = 0;
    for (size_t i = 0; i < demo.quotes.n; i++) {
        if (strcmp(field(&demo.quotes, i, "lot_code"), lot_code) != 0 ||
            strcmp(field(&demo.quotes, i, "party_kind"), kind) != 0)
            continue;
        assert_true(n < 256);
        out[n++] = load_quote(i);
    }
    return n;
}

static bool is_active(size_t component)
{
    return strcmp(field(&demo.components, component, "active"), "1") == 0;
}

/* ---- Recalculate ------------------------------------------------------------------------------------------------ */

static struct recalc_result recalculate(size_t component, unsigned reasons[QUOTE_REASONS])
{
    const struct table *t = &demo.components;
    struct quote quotes[256];
    struct quote_rules rules;
    struct recalc_rules decide;
    struct quote_estimate estimate = {0};
    const struct recalc_component c = {
        .manual_price = decimal_field(t, component, "manual_price", PRICE_SCALE, 0),
        .coefficient = decimal_field(t, component, "coefficient", COEF_SCALE, COEF_ONE),
        .method = price_method_of(field(t, component, "price_method")),
        .window_days = (int32_t)decimal_field(t, component, "window_days", 0, -1),
    };
    quote_rules_init(&rules, demo.as_of, &demo.time);
    recalc_rules_init(&decide);
    if (c.window_days >= 0)
        rules.window_days = c.window_days;
    enum price_method method = recalc_method(&decide, &c);
    if (method == METHOD_MANUAL)
        return recalc_decide(&decide, &c, NULL);
    size_t n = load_quotes(field(t, component, "lot_code"), "supplier", quotes);
    estimate = quotes_judge(&rules, method, demo.party, &demo.rates, quotes, n, &demo.space);
    for (size_t i = 0; i < n; i++)
        reasons[demo.space.verdicts[i].reason]++;
    return recalc_decide(&decide, &c, &estimate);
}

static void expect_recalculated(const struct table *expected, const char *lot_code, const struct recalc_result *result)
{
    size_t row = find_row(expected, "lot_code", lot_code);
    assert_int_not_equal(row, SIZE_MAX);
    assert_string_equal(recalc_outcome_name(result->outcome), field(expected, row, "outcome"));
    assert_string_equal(price_method_name(result->method), field(expected, row, "method"));
    assert_int_equal(result->price, decimal_field(expected, row, "price", PRICE_SCALE, 0));
    assert_int_equal(result->raw, decimal_field(expected, row, "raw_price", MICRO_SCALE, 0));
    assert_int_equal(result->n_quotes, decimal_field(expected, row, "n_quotes", 0, 0));
    assert_int_equal(result->n_used, decimal_field(expected, row, "n_used", 0, 0));
}

static void recalculated(void **state)
{
    (void)state;
    struct table expected = read_table("expected/recalculate.csv");
    unsigned reasons[QUOTE_REASONS] = {0}, total = 0;
    for (size_t i = 0; i < demo.components.n; i++) {
        if (!is_active(i))
            continue;
        struct recalc_result result = recalculate(i, reasons);
        expect_recalculated(&expected, field(&demo.components, i, "lot_code"), &result);
        demo.price[i] = result.price;
        demo.state[i] = result.state;
        total++;
    }
    assert_int_equal(total, expected.n);
    yajl_val counts = json_member(json_member(demo.summary, "recalculate"), "quotes");
    for (enum quote_reason reason = QUOTE_USED; reason < QUOTE_REASONS; reason++) {
        const char *name = reason == QUOTE_USED ? "used" : quote_reason_name(reason);
        assert_int_equal(reasons[reason], json_member_int(counts, name, 0));
    }
    free_table(&expected);
}

/* ---- Price lists ------------------------------------------------------------------------------------------------ */

static const struct price_rule plain = {COEF_ONE, COEF_ONE, STEP_KOPECK, ROUND_HALF_UP, NULL};

static enum list_skip estimate_item(size_t component, struct list_item *item)
{
    const struct list_estimate_rules rules = {.as_of = demo.as_of, .include_stale = true};
    return list_estimate(&rules, &plain, demo.price[component], demo.state[component], demo.as_of, item);
}

static enum list_skip warehouse_item(size_t component, struct list_item *item)
{
    struct list_stock_sum sum = {0};
    for (size_t i = 0; i < demo.stock.n; i++) {
        if (strcmp(field(&demo.stock, i, "lot_code"), field(&demo.components, component, "lot_code")) != 0)
            continue;
        const struct list_stock_line line = {
            .qty = decimal_field(&demo.stock, i, "qty", QTY_SCALE, 0),
            .reserved = decimal_field(&demo.stock, i, "reserved", QTY_SCALE, 0),
            .lot_qty = decimal_field(&demo.stock, i, "lot_qty", QTY_SCALE, 1000),
            .unit_cost = decimal_field(&demo.stock, i, "unit_cost", PRICE_SCALE, 0),
        };
        list_stock_add(&sum, &line);
    }
    return list_warehouse(&sum, false, 0, &plain, item);
}

static enum list_skip competitor_item(size_t component, struct list_item *item)
{
    struct quote quotes[256];
    struct quote_rules rules;
    quote_rules_init(&rules, demo.as_of, &demo.time);
    rules.window_days = 30;
    size_t n = load_quotes(field(&demo.components, component, "lot_code"), "competitor", quotes);
    struct quote_estimate estimate = quotes_judge(&rules, METHOD_MIN, demo.party, &demo.rates, quotes, n, &demo.space);
    return list_competitor(&estimate, &plain, item);
}

static void expect_item(const struct table *expected, size_t row, const char *lot_code, const struct list_item *item)
{
    assert_true(row < expected->n);
    assert_string_equal(lot_code, field(expected, row, "lot_code"));
    assert_int_equal(item->price, decimal_field(expected, row, "price", PRICE_SCALE, 0));
    assert_int_equal(item->qty, decimal_field(expected, row, "qty", QTY_SCALE, 0));
    assert_string_equal(list_basis_name(item->basis), field(expected, row, "basis"));
    assert_int_equal(item->n_obs, decimal_field(expected, row, "n_obs", 0, 0));
    assert_int_equal(item->price_min, decimal_field(expected, row, "price_min", PRICE_SCALE, 0));
    assert_int_equal(item->price_max, decimal_field(expected, row, "price_max", PRICE_SCALE, 0));
}

static void expect_list(const char *source, enum list_skip (*item_of)(size_t component, struct list_item *item))
{
    struct listhash hash;
    unsigned skipped[LIST_SKIPS] = {0};
    char name[64], text[65];
    uint8_t digest[32];
    snprintf(name, sizeof name, "expected/pricelist-%s.csv", source);
    struct table expected = read_table(name);
    size_t done = 0;
    listhash_init(&hash, "RUB");
    for (size_t i = 0; i < demo.components.n; i++) {
        struct list_item item;
        const char *lot_code = field(&demo.components, demo.order[i], "lot_code");
        enum list_skip skip = is_active(demo.order[i]) ? item_of(demo.order[i], &item) : LIST_INACTIVE;
        skipped[skip]++;
        if (skip != LIST_IN)
            continue;
        expect_item(&expected, done++, lot_code, &item);
        listhash_add(&hash, lot_code, item.price, item.has_qty ? &item.qty : NULL);
    }
    assert_int_equal(done, expected.n);
    free_table(&expected);
    snprintf(name, sizeof name, "pricelist_%s", source);
    yajl_val summary = json_member(demo.summary, name);
    assert_int_equal(done, json_member_int(summary, "items", 0));
    for (enum list_skip skip = LIST_INACTIVE; skip < LIST_SKIPS; skip++)
        assert_int_equal(skipped[skip], json_member_int(json_member(summary, "skipped"), list_skip_name(skip), 0));
    listhash_final(&hash, digest);
    for (size_t i = 0; i < 32; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    assert_string_equal(text, testdata_string(summary, "content_sha256"));
}

static void estimate_list(void **state)
{
    unsigned reasons[QUOTE_REASONS] = {0};
    (void)state;
    for (size_t i = 0; i < demo.components.n; i++) { /* tests run in any order: the prices are computed again */
        struct recalc_result result = recalculate(i, reasons);
        demo.price[i] = result.price;
        demo.state[i] = result.state;
    }
    expect_list("estimate", estimate_item);
}

static void warehouse_list(void **state)
{
    (void)state;
    expect_list("warehouse", warehouse_item);
}

static void competitor_list(void **state)
{
    (void)state;
    expect_list("competitor", competitor_item);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recalculated),
        cmocka_unit_test(estimate_list),
        cmocka_unit_test(warehouse_list),
        cmocka_unit_test(competitor_list),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
