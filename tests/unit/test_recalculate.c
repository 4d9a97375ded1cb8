/* Recalculation against a real server: the demo, the worked examples, the trail, dry runs, held prices, cancel, retry. */
#include "tests/unit/price_job.h"

/* ---- The demo -------------------------------------------------------------------------------------------------- */

struct demo_compare {
    struct price_csv csv;
    unsigned n;
};

static int on_demo_row(const struct store_value *v, unsigned n, void *ctx)
{
    struct demo_compare *compare = ctx;
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

static const char demo_rows[] =
    "SELECT c.lot_code, p.outcome, p.method, c.price, p.raw_price, p.n_quotes, p.n_used FROM price_change p "
    "JOIN component c ON c.id = p.component_id ORDER BY c.lot_code";

static void demo_is_as_expected(void **state)
{
    struct import_job test;
    (void)state;
    price_load_demo();
    price_run(&test, &task_recalculate, "{\"as_of\":\"2026-02-05\",\"audit\":\"all\"}");
    assert_int_equal(test.outcome, OUTCOME_SUCCEEDED);
    struct demo_compare compare = {.csv = price_csv_open("demo/expected/recalculate.csv")};
    price_must(store_query(&look, demo_rows, NULL, 0, on_demo_row, &compare));
    assert_int_equal(compare.n, 198);
    assert_false(price_csv_next(&compare.csv));
    price_csv_close(&compare.csv);
    price_expect_json(&test,
                      "{\"as_of\":\"2026-02-05\",\"method\":\"weighted_avg\",\"base_currency\":\"RUB\",\"dry_run\":"
                      "false,\"components_total\":198,\"updated\":181,\"unchanged\":0,\"held\":0,\"no_quotes\":17,"
                      "\"cleared\":0,\"failed\":0,\"manual\":3,\"first_price\":181,\"price_up\":0,\"price_down\":0,"
                      "\"avg_change_pct\":null,\"max_up\":null,\"max_down\":null,\"quotes_total\":1576,\"quotes_used\":"
                      "758,\"quotes_excluded\":{\"rejected\":7,\"stale\":232,\"expired\":71,\"moq\":202,\"tier\":10,"
                      "\"superseded\":286,\"outlier\":10}}");
    import_job_fini(&test);
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
