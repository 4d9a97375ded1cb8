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
             "\"RUB\",\"as_of\":\"2026-02-05\",\"rows_total\":200,\"rows_rejected\":0,\"inserted\":%u,\"updated\":0,"
             "\"unchanged\":0,\"items\":%u,\"skipped\":{%s},\"content_sha256\":\"%s\",\"previous_id\":"
             "null,\"diff\":null}",
             (long long)id, source, items, items, skipped, hash);
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

/* ---- Worked examples ------------------------------------------------------------------------------------------- */

struct expected_items {
    yajl_val list;
    size_t n;
};

static int on_expected(const struct store_value *v, unsigned n, void *ctx)
{
    static const char *const keys[] = {"lot_code", "price", "basis", "qty", "n_obs", "price_min", "price_max", NULL};
    struct expected_items *items = ctx;
    (void)n;
    assert_true(items->n < items->list->u.array.len);
    price_expect_columns(v[0].text, v, items->list->u.array.values[items->n++], keys);
    return 0;
}

static void expect_skipped(const struct import_job *test, yajl_val expected)
{
    yajl_val skipped = json_member(expected, "skipped"), got = json_member(test->result, "skipped");
    assert_int_equal(got->u.object.len, skipped->u.object.len);
    for (size_t i = 0; i < skipped->u.object.len; i++)
        assert_int_equal(json_member_int(got, skipped->u.object.keys[i], -1),
                         json_member_int(skipped, skipped->u.object.keys[i], 0));
}

static void run_example(yajl_val example)
{
    struct import_job test;
    yajl_val expected = json_member(example, "expected");
    const char *error = testdata_string(expected, "error");
    price_case_load(example);
    char *params = price_case_params(example, "source", testdata_string(example, "source"));
    price_job(&test, &task_pricelist_create, params);
    price_must_end(&test, &task_pricelist_create);
    free(params);
    if (error) {
        assert_int_equal(test.outcome, OUTCOME_FAILED);
        assert_string_equal(test.error_code, error);
        assert_int_equal(price_number("SELECT COUNT(*) FROM pricelist"), 0);
    } else {
        struct expected_items items = {json_member(expected, "items"), 0};
        price_must(store_query(&look,
                               "SELECT lot_code, price, basis, qty, n_obs, price_min, price_max FROM pricelist_item "
                               "ORDER BY lot_code",
                               NULL, 0, on_expected, &items));
        assert_int_equal(items.n, items.list->u.array.len);
        assert_string_equal(testdata_string(test.result, "content_sha256"),
                            testdata_string(expected, "content_sha256"));
        assert_string_equal(testdata_string(test.result, "currency"), testdata_string(expected, "currency"));
        expect_skipped(&test, expected);
    }
    import_job_fini(&test);
}

static void examples(void **state)
{
    (void)state;
    yajl_val data = testdata_json("pricelist.json");
    size_t n;
    yajl_val *cases = testdata_list(data, "cases", &n);
    assert_int_equal(n, 16);
    for (size_t i = 0; i < n; i++) {
        print_message("%s\n", testdata_string(cases[i], "id"));
        run_example(cases[i]);
    }
    yajl_tree_free(data);
}

/* ---- Versions, diffs, unchanged lists -------------------------------------------------------------------------- */

static void make_priced(const char *values)
{
    char text[400];
    price_sql("DELETE FROM component WHERE id NOT IN (SELECT component_id FROM pricelist_item)");
    snprintf(
        text, sizeof text,
        "INSERT INTO component (id, lot_code, lot_norm, name, price, price_state, price_as_of) VALUES %s ON DUPLICATE "
        "KEY UPDATE price = VALUES(price)",
        values);
    price_sql(text);
}
#define LOT(id, lot, price) "(" #id ", '" lot "', '" lot "', 'x', " #price ", 'fresh', '2026-02-05')"
#define TODAY               "{\"source\":\"estimate\",\"as_of\":\"2026-02-05\"}"

static void versions_and_diff(void **state)
{
    struct import_job test;
    (void)state;
    make_priced(LOT(1, "A", 100) "," LOT(2, "B", 200) "," LOT(3, "C", 300) "," LOT(4, "D", 50));
    price_run(&test, &task_pricelist_create, TODAY);
    int64_t first = import_count(&test, "pricelist_id");
    import_job_fini(&test);
    make_priced(LOT(1, "A", 110) "," LOT(2, "B", 150) "," LOT(5, "E", 9.99));
    price_sql("UPDATE component SET price = NULL WHERE id = 4");
    price_run(&test, &task_pricelist_create, TODAY);
    assert_string_equal(testdata_string(test.result, "version"), "2026-02-05-002");
    assert_int_equal(import_count(&test, "previous_id"), first);
    yajl_val diff = json_member(test.result, "diff");
    assert_int_equal(json_member_int(diff, "added", -1), 1);
    assert_int_equal(json_member_int(diff, "removed", -1), 1);
    assert_int_equal(json_member_int(diff, "up", -1), 1);
    assert_int_equal(json_member_int(diff, "down", -1), 1);
    assert_int_equal(json_member_int(diff, "same", -1), 1);
    assert_string_equal(testdata_string(diff, "avg_pct"), "-5.00");
    import_job_fini(&test);
    price_run(&test, &task_pricelist_create, "{\"source\":\"estimate\",\"as_of\":\"2026-02-06\",\"note\":\"Февраль\"}");
    assert_string_equal(testdata_string(test.result, "version"), "2026-02-06-001");
    import_job_fini(&test);
    price_expect_text("SELECT GROUP_CONCAT(seq, ' ', version, ' ', items, ' ', COALESCE(note, '-') ORDER BY seq) FROM "
                      "pricelist",
                      "1 2026-02-05-001 4 -,2 2026-02-05-002 4 -,3 2026-02-06-001 4 Февраль");
    assert_int_equal(price_number("SELECT COUNT(*) FROM pricelist p JOIN task t ON t.id = p.task_id WHERE p.params = "
                                  "t.params AND p.status = 'ready'"),
                     3);
}

static void unchanged_list_is_the_last_one(void **state)
{
    struct import_job test;
    (void)state;
    make_priced(LOT(1, "A", 100));
    price_run(&test, &task_pricelist_create, TODAY);
    int64_t first = import_count(&test, "pricelist_id");
    import_job_fini(&test);
    price_run(&test, &task_pricelist_create,
              "{\"source\":\"estimate\",\"as_of\":\"2026-02-09\",\"skip_if_unchanged\":true}");
    assert_int_equal(import_count(&test, "pricelist_id"), first);
    assert_false(json_member_bool(test.result, "created", true));
    assert_string_equal(testdata_string(test.result, "version"), "2026-02-05-001");
    assert_string_equal(testdata_string(test.result, "as_of"), "2026-02-05");
    assert_int_equal(price_number("SELECT COUNT(*) FROM pricelist"), 1);
    assert_int_equal(price_number("SELECT COUNT(*) FROM pricelist_item"), 1);
    import_job_fini(&test);
    make_priced(LOT(1, "A", 101));
    price_run(&test, &task_pricelist_create,
              "{\"source\":\"estimate\",\"as_of\":\"2026-02-09\",\"skip_if_unchanged\":true}");
    assert_true(json_member_bool(test.result, "created", false));
    import_job_fini(&test);
}

static void dry_run_and_empty_write_nothing(void **state)
{
    struct import_job test;
    (void)state;
    price_job(&test, &task_pricelist_create, TODAY);
    price_must_end(&test, &task_pricelist_create);
    assert_string_equal(test.error_code, "E_EMPTY_PRICELIST");
    assert_string_equal(test.error, "No component would be in the list; 0 were left out.");
    import_job_fini(&test);
    make_priced("(1, 'A', 'A', 'x', NULL, 'none', NULL), (2, 'B', 'B', 'x', NULL, 'none', NULL)");
    price_sql("UPDATE component SET active = 0 WHERE id = 2");
    price_job(&test, &task_pricelist_create, TODAY);
    price_must_end(&test, &task_pricelist_create);
    assert_string_equal(test.error, "No component would be in the list; 2 were left out: 1 inactive, 1 no_price.");
    import_job_fini(&test);
    assert_int_equal(price_number("SELECT COUNT(*) FROM lease WHERE until > UTC_TIMESTAMP()"), 0);
    make_priced(LOT(1, "A", 100));
    price_run(&test, &task_pricelist_create, "{\"source\":\"estimate\",\"as_of\":\"2026-02-05\",\"dry_run\":true}");
    assert_int_equal(import_count(&test, "items"), 1);
    assert_false(json_member_bool(test.result, "created", true));
    import_job_fini(&test);
    assert_int_equal(price_number("SELECT COUNT(*) FROM pricelist"), 0);
    price_sql("UPDATE component SET active = 0");
    price_run(&test, &task_pricelist_create, "{\"source\":\"estimate\",\"as_of\":\"2026-02-05\",\"allow_empty\":true}");
    assert_int_equal(import_count(&test, "items"), 0);
    import_job_fini(&test);
    assert_int_equal(price_number("SELECT COUNT(*) FROM pricelist WHERE status = 'ready' AND items = 0"), 1);
}

/* Prices and quantities too large for their column, and too many quotes: these fail, the other components are
 * listed. */
static void what_cannot_be_listed_is_named(void **state)
{
    struct import_job test;
    (void)state;
    make_priced(
        "(1, 'A', 'A', 'x', 100, 'fresh', '2026-02-05'), (2, 'B', 'B', 'x', 9999999999, 'fresh', '2026-02-05'), "
        "(3, 'C', 'C', 'x', 9999999999, 'manual', '2026-02-05')");
    price_run(&test, &task_pricelist_create,
              "{\"source\":\"estimate\",\"as_of\":\"2026-02-05\",\"coefficient\":\"2\"}");
    assert_int_equal(test.outcome, OUTCOME_PARTIAL);
    assert_string_equal(test.message, "2026-02-05-001: 1 items, 2 failed");
    assert_int_equal(import_count(&test, "items"), 1);
    assert_int_equal(json_member_int(json_member(test.result, "skipped"), "failed", 0), 2);
    price_expect_text("SELECT GROUP_CONCAT(raw, ' ', code ORDER BY row_no) FROM task_row_error",
                      "B E_PRICE_RANGE,C E_PRICE_RANGE");
    price_expect_text("SELECT captions FROM task_heading", "[[\"lot_code\"]]");
    import_job_fini(&test);
    price_sql("DELETE FROM task_row_error");
    price_sql("INSERT INTO warehouse (id, code, name) VALUES (1, 'MAIN', 'x')");
    price_sql(
        "INSERT INTO stock_import (id, task_id, warehouse_id, file_name, file_sha256, file_format, mode, stock_date, "
        "rows_total, rows_rejected, inserted, updated, unchanged, deleted) VALUES (1, UUID(), 1, 'x', "
        "REPEAT('x', 32), 'xlsx', 'replace', '2026-02-05', 2, 0, 2, 0, 0, 0)");
    price_sql("INSERT INTO stock_item (warehouse_id, pn_norm, part_number, component_id, lot_qty, qty, unit_cost, "
              "stock_import_id) VALUES (1, 'A1', 'A1', 1, 1000, 1000000000, 5, 1), (1, 'B1', 'B1', 2, 1, 1, 5, 1)");
    price_run(&test, &task_pricelist_create, "{\"source\":\"warehouse\",\"as_of\":\"2026-02-05\"}");
    assert_int_equal(import_count(&test, "items"), 1);
    import_job_fini(&test);
    price_sql("INSERT INTO party (id, kind, code, name) VALUES (1, 'competitor', 'K', 'x')");
    price_sql("INSERT INTO price_quote (party_id, component_id, price, currency, quoted_on) SELECT 1, 1, 5, 'RUB', "
              "'2026-02-01' FROM seq_1_to_10001");
    price_sql("INSERT INTO price_quote (party_id, component_id, price, currency, quoted_on) SELECT 1, 2, 5, 'RUB', "
              "'2026-02-01' FROM seq_1_to_10000");
    price_run(&test, &task_pricelist_create, "{\"source\":\"competitor\",\"as_of\":\"2026-02-05\"}");
    assert_int_equal(import_count(&test, "items"), 1);
    import_job_fini(&test);
    price_expect_text("SELECT GROUP_CONCAT(raw, ' ', code ORDER BY id) FROM task_row_error",
                      "A E_QTY_RANGE,A E_TOO_MANY_QUOTES");
}

/* ---- Immutability ---------------------------------------------------------------------------------------------- */

static void a_list_never_changes(void **state)
{
    static const char *const attempts[] = {
        "INSERT INTO pricelist_item SET pricelist_id = 1, lot_code = 'B', component_id = 1, name = 'x', price = 1",
        "UPDATE pricelist_item SET price = 1",
        "DELETE FROM pricelist_item",
        "UPDATE pricelist SET items = 7",
        "UPDATE pricelist SET status = 'building'",
        "UPDATE pricelist SET version = 'x'",
        "UPDATE pricelist SET content_sha256 = NULL",
    };
    struct import_job test;
    (void)state;
    make_priced(LOT(1, "A", 100));
    price_run(&test, &task_pricelist_create, TODAY);
    import_job_fini(&test);
    char *before = price_text("SELECT CONCAT_WS('|', version, items, HEX(content_sha256), status) FROM pricelist");
    for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++) {
        if (store_exec(&look, attempts[i], NULL) == 0)
            fail_msg("%s was let through", attempts[i]);
        assert_int_equal(look.error.number, 1644);
    }
    price_sql("UPDATE pricelist SET archived_at = UTC_TIMESTAMP(3), note = 'kept'");
    price_expect_text("SELECT CONCAT_WS('|', version, items, HEX(content_sha256), status) FROM pricelist", before);
    free(before);
}

/* ---- Texts, cancel, look-ups ----------------------------------------------------------------------------------- */

static void part_numbers_end_on_a_whole_one(void **state)
{
    struct import_job test;
    (void)state;
    make_priced(LOT(1, "A", 100) "," LOT(2, "B", 100));
    price_sql(
        "INSERT INTO part_number_map (pn_norm, pn_skeleton, part_number, component_id) SELECT CONCAT('P', LPAD(1000 - "
        "seq, 4, '0')), 'P', CONCAT('Ж-', LPAD(1000 - seq, 4, '0')), 1 FROM seq_1_to_400");
    price_run(&test, &task_pricelist_create, TODAY);
    import_job_fini(&test);
    /* Six characters a number and three between: 222 numbers are 1995. */
    assert_int_equal(price_number("SELECT CHAR_LENGTH(part_numbers) FROM pricelist_item WHERE lot_code = 'A'"), 1995);
    assert_int_equal(price_number("SELECT part_numbers LIKE 'Ж-0600 | Ж-0601 | %| Ж-0821' FROM pricelist_item WHERE "
                                  "lot_code = 'A'"),
                     1);
    price_expect_text("SELECT part_numbers FROM pricelist_item WHERE lot_code = 'B'", "");
}

static void cancel_writes_nothing(void **state)
{
    struct import_job test;
    (void)state;
    price_sql(
        "INSERT INTO component (lot_code, lot_norm, name, price, price_state) SELECT CONCAT('L', seq), CONCAT('L', "
        "seq), 'x', seq, 'fresh' FROM seq_1_to_3500");
    price_job(&test, &task_pricelist_create, TODAY);
    test.cancel_after = 3;
    assert_int_equal(task_pricelist_create.run(&test.job), JOB_STOP);
    import_expect_counts(&test, 3500, 2000, 0);
    import_job_fini(&test);
    assert_int_equal(price_number("SELECT COUNT(*) FROM pricelist"), 0);
    assert_int_equal(price_number("SELECT COUNT(*) FROM pricelist_item"), 0);
    assert_int_equal(price_number("SELECT COUNT(*) FROM lease WHERE until > UTC_TIMESTAMP()"), 0);
    for (int i = 0; i < 2; i++) { /* the second list is compared with the first, over several pages */
        price_run(&test, &task_pricelist_create, TODAY);
        assert_int_equal(import_count(&test, "items"), 3500);
        import_expect_counts(&test, 3500, 3500, 0);
        if (i == 1)
            assert_int_equal(json_member_int(json_member(test.result, "diff"), "same", -1), 3500);
        import_job_fini(&test);
    }
}

static void precheck_names_what_is_unknown(void **state)
{
    struct import_job test;
    struct param_faults faults = {0};
    (void)state;
    price_job(&test, &task_pricelist_create, "{\"source\":\"warehouse\",\"warehouses\":[\"NOWHERE\"]}");
    assert_int_equal(task_pricelist_create.precheck(&look, test.job.params, &faults), 1);
    assert_int_equal(faults.n, 1);
    assert_string_equal(faults.fault[0].code, "unknown-warehouse");
    import_job_fini(&test);
    faults.n = 0;
    price_job(&test, &task_pricelist_create, "{\"source\":\"estimate\",\"currency\":\"usd\"}");
    assert_int_equal(task_pricelist_create.precheck(&look, test.job.params, &faults), 1);
    assert_int_equal(faults.n, 1);
    assert_string_equal(faults.fault[0].pointer, "/currency");
    assert_non_null(strstr(faults.fault[0].detail, "three capital letters"));
    import_job_fini(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(demo_is_as_expected, price_setup, price_teardown),
        cmocka_unit_test_setup_teardown(examples, price_setup, price_teardown),
        cmocka_unit_test_setup_teardown(versions_and_diff, price_setup, price_teardown),
        cmocka_unit_test_setup_teardown(unchanged_list_is_the_last_one, price_setup, price_teardown),
        cmocka_unit_test_setup_teardown(dry_run_and_empty_write_nothing, price_setup, price_teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_listed_is_named, price_setup, price_teardown),
        cmocka_unit_test_setup_teardown(a_list_never_changes, price_setup, price_teardown),
        cmocka_unit_test_setup_teardown(part_numbers_end_on_a_whole_one, price_setup, price_teardown),
        cmocka_unit_test_setup_teardown(cancel_writes_nothing, price_setup, price_teardown),
        cmocka_unit_test_setup_teardown(precheck_names_what_is_unknown, price_setup, price_teardown),
    };
    if (fixture_start() != 0)
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
