/* The columns of price lists: the worked examples of the export byte for byte, and the same items as JSON. */
#include "handlers/pricelist/items.h"

#include "tests/unit/testdata.h"

enum { COLUMNS = 12 };

/* An item of an example as the database would give it. */
static void item_columns(yajl_val item, struct store_value v[COLUMNS], char n_obs[24])
{
    static const char *const names[COLUMNS] = {"lot_code",  "name",      "category",    "unit",
                                               "price",     "qty",       "basis",       "n_obs",
                                               "price_min", "price_max", "price_as_of", "part_numbers"};
    for (unsigned i = 0; i < COLUMNS; i++) {
        const char *text = testdata_string(item, names[i]);
        if (strcmp(names[i], "n_obs") == 0 && json_member(item, names[i])) {
            snprintf(n_obs, 24, "%lld", (long long)json_member_int(item, names[i], 0));
            text = n_obs;
        }
        v[i] = STORE_S_OR_NULL(text);
    }
}

struct text {
    char bytes[8192];
    size_t n;
};

static int collect(const char *bytes, size_t n, void *ctx)
{
    struct text *text = ctx;
    assert_true(text->n + n < sizeof text->bytes);
    memcpy(text->bytes + text->n, bytes, n);
    text->n += n;
    text->bytes[text->n] = '\0';
    return 0;
}

static void read_options(yajl_val given, struct csv_options *options)
{
    struct param_faults faults = {0};
    char *canonical = params_from_json(csv_params, given, &faults);
    assert_non_null(canonical);
    yajl_val params = json_parse(canonical, strlen(canonical), 1, (char[8]){0}, 8);
    csv_options_read(options, params);
    yajl_tree_free(params);
    free(canonical);
}

static void run_example(yajl_val example)
{
    struct csv_options options;
    struct text text = {.n = 0};
    struct csv_out *out = malloc(sizeof *out);
    assert_non_null(out);
    read_options(json_member(example, "options"), &options);
    csv_out_open(out, &options, collect, &text);
    if (options.header)
        list_item_csv_headings(out);
    size_t n;
    yajl_val *items = testdata_list(example, "items", &n);
    for (size_t i = 0; i < n; i++) {
        struct store_value v[COLUMNS];
        char n_obs[24];
        item_columns(items[i], v, n_obs);
        list_item_csv(out, testdata_string(example, "currency"), v);
    }
    assert_int_equal(csv_out_flush(out), 0);
    assert_string_equal(text.bytes, testdata_string(example, "expected"));
    free(out);
}

static void examples(void **state)
{
    (void)state;
    yajl_val data = testdata_json("csv.json");
    size_t n;
    yajl_val *cases = testdata_list(data, "cases", &n);
    assert_int_equal(n, 6);
    for (size_t i = 0; i < n; i++)
        run_example(cases[i]);
    yajl_tree_free(data);
}

static void as_json(void **state)
{
    (void)state;
    static const char item[] =
        "{\"lot_code\":\"NIC-25G\",\"name\":\"A \\\"B\\\"\",\"category\":\"NIC\",\"unit\":\"pcs\","
        "\"price\":\"0.0300\",\"qty\":null,\"basis\":\"quotes\",\"n_obs\":3,\"price_min\":"
        "\"0.0200\",\"price_max\":null,\"price_as_of\":null,\"part_numbers\":\"A-1 | B | 2\"}";
    struct store_value v[COLUMNS];
    char n_obs[24], why[80];
    struct json_out out;
    yajl_val given = json_parse(item, strlen(item), 2, why, sizeof why);
    assert_non_null(given);
    item_columns(given, v, n_obs);
    json_out_init(&out);
    json_object(&out);
    list_item_json(&out, v);
    json_object_end(&out);
    char *text = json_out_copy(&out);
    assert_int_equal(strncmp(text, item, strlen(item) - strlen("\"A-1 | B | 2\"}")), 0);
    assert_string_equal(text + strlen(item) - strlen("\"A-1 | B | 2\"}"), "[\"A-1\",\"B\",\"2\"]}");
    free(text);
    json_out_fini(&out);
    yajl_tree_free(given);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples),
        cmocka_unit_test(as_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
