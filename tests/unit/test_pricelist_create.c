/* Price lists against a real server: the demo, the worked examples, versions, immutability, diffs, refusals. */
#include "tests/unit/price_job.h"

static void import_stock(void)
{
    struct import_job test;
    import_job_init(&test, &task_stock_import, "{\"warehouse\":\"MAIN\",\"stock_date\":\"2026-02-05\"}",
                    import_path("demo/stock.xlsx"));
    price_must_end(&test, &task_stock_import);
    assert_int_not_equal(test.outcome, OUTCOME_FAILED);
    import_job_fini(&test);
}

/* ---- The demo -------------------------------------------------------------------------------------------------- */

struct compare {
    struct price_csv csv;
    unsigned n;
};

static int on_item(const struct store_value *v, unsigned n, void *ctx)
{
    struct compare *compare = ctx;
    (void)n;
    assert_true(price_csv_next(&compare->csv));
    for (unsigned i = 0; i < 7; i++) {
        const char *got = v[i].type == STORE_NULL ? "" : v[i].text;
        if (strcmp(got, compare->csv.field[i]) != 0)
            fail_msg("%s, column %u: %s, not %s", v[0].text, i, got, compare->csv.field[i]);
    }
    compare->n++;
    return 0;
}

static void check_demo_list(const char *source, unsigned items, const char *skipped, const char *hash)
{
    struct import_job test;
    char text[600], params[80], name[60];
    snprintf(params, sizeof params, "{\"source\":\"%s\",\"as_of\":\"2026-02-05\"}", source);
    price_run(&test, &task_pricelist_create, params);
    int64_t id = import_count(&test, "pricelist_id");
    snprintf(text, sizeof text,
             "{\"pricelist_id\":%lld,\"created\":true,\"source\":\"%s\",\"version\":\"2026-02-05-001\",\"currency\":"
             "\"RUB\",\"as_of\":\"2026-02-05\",\"items\":%u,\"skipped\":{%s},\"content_sha256\":\"%s\",\"previous_id\":"
             "null,\"diff\":null}",
             (long long)id, source, items, skipped, hash);
    price_expect_json(&test, text);
    snprintf(name, sizeof name, "demo/expected/pricelist-%s.csv", source);
    struct compare compare = {.csv = price_csv_open(name)};
    struct store_value v = STORE_I(id);
    price_must(store_query(&look,
                           "SELECT lot_code, price, qty, basis, n_obs, price_min, price_max FROM pricelist_item WHERE "
                           "pricelist_id = ? ORDER BY lot_code",
                           &v, 1, on_item, &compare));
    assert_int_equal(compare.n, items);
    assert_false(price_csv_next(&compare.csv));
    price_csv_close(&compare.csv);
    import_job_fini(&test);
}

static void demo_is_as_expected(void **state)
{
    struct import_job test;
    (void)state;
    price_load_demo();
    import_stock();
    price_run(&test, &task_recalculate, "{\"as_of\":\"2026-02-05\"}");
    import_job_fini(&test);
    check_demo_list("estimate", 181, "\"inactive\":2,\"no_price\":17",
                    "ab640ebc71055852a9fa697ab69adb6c2e5070980d5f2863430c01004ee3fd1a");
    check_demo_list("warehouse", 174, "\"inactive\":2,\"no_stock\":24",
                    "ba9c899b27fd53ea14909b848d057e980a91668a6063cebe82ec14777874c016");
    check_demo_list("competitor", 162, "\"inactive\":2,\"no_quotes\":36",
                    "bccf53813796a19637b5f5a26cd3ff0c40841b6704a1f7172ba94baf15af8ba6");
    assert_int_equal(price_number("SELECT COUNT(*) FROM pricelist WHERE status = 'ready'"), 3);
    /* Part numbers are the map's, in the order of their normalised form. */
    assert_int_equal(price_number("SELECT COUNT(*) FROM pricelist_item i LEFT JOIN (SELECT component_id, "
                                  "GROUP_CONCAT(part_number ORDER BY pn_norm, vendor_norm SEPARATOR ' | ') pns FROM "
                                  "part_number_map GROUP BY component_id) m ON m.component_id = i.component_id WHERE "
                                  "NOT BINARY i.part_numbers <=> BINARY COALESCE(m.pns, '')"),
                     0);
    assert_true(price_number("SELECT COUNT(*) FROM pricelist_item WHERE part_numbers LIKE '% | %'") > 100);
    assert_int_equal(price_number("SELECT COUNT(*) FROM pricelist_item WHERE price_as_of = '2026-02-05'"), 181);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(demo_is_as_expected, price_setup, price_teardown),
    };
    if (fixture_start() != 0)
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
