/* Recalculation against a real server: the demo, the worked examples, the trail, dry runs, held prices, cancel,
 * retry. */
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
                      "false,\"rows_total\":198,\"rows_rejected\":0,\"inserted\":0,\"components_total\":198,"
                      "\"updated\":181,\"unchanged\":0,\"held\":0,\"no_quotes\":17,"
                      "\"cleared\":0,\"failed\":0,\"manual\":3,\"first_price\":181,\"price_up\":0,\"price_down\":0,"
                      "\"avg_change_pct\":null,\"max_up\":null,\"max_down\":null,\"quotes_total\":1576,\"quotes_used\":"
                      "758,\"quotes_excluded\":{\"rejected\":7,\"stale\":232,\"expired\":71,\"moq\":202,\"tier\":10,"
                      "\"superseded\":286,\"outlier\":10}}");
    import_job_fini(&test);
}

/* ---- Worked examples ------------------------------------------------------------------------------------------- */

struct example {
    yajl_val expected;
    unsigned n, stale;
};

static int on_change(const struct store_value *v, unsigned n, void *ctx)
{
    static const char *const keys[] = {"outcome", "method",     "raw_price", "n_quotes",
                                       "n_used",  "change_pct", "price",     NULL};
    struct example *example = ctx;
    (void)n;
    price_expect_columns("component", v, example->expected, keys);
    /* null: unchanged */
    assert_string_equal(v[7].text, json_member_string(example->expected, "price_state", "fresh"));
    bool moved = strcmp(v[0].text, "updated") == 0 || strcmp(v[0].text, "held") == 0;
    assert_string_equal(v[8].type == STORE_NULL ? "" : v[8].text,
                        json_member_string(example->expected, moved ? "computed_price" : "price", ""));
    example->n++;
    return 0;
}

static int on_verdict(const struct store_value *v, unsigned n, void *ctx)
{
    static const char *const keys[] = {"id", "used", "reason", "base_price", "weight", "rate", "rate_date", NULL};
    struct example *example = ctx;
    yajl_val list = json_member(example->expected, "quotes");
    (void)n;
    while (strcmp(json_member_string(list->u.array.values[example->n], "reason", ""), "stale") == 0) {
        example->n++;
        example->stale++;
    }
    yajl_val expected = list->u.array.values[example->n++];
    char id[20];
    snprintf(id, sizeof id, "quote %s", v[0].text);
    price_expect_columns(id, v, expected, keys);
    return 0;
}

static void run_example(yajl_val object)
{
    struct import_job test;
    price_case_load(object);
    char *params = price_case_params(object, "audit", "all");
    price_run(&test, &task_recalculate, params);
    free(params);
    struct example example = {.expected = json_member(object, "expected")};
    price_must(store_query(&look,
                           "SELECT p.outcome, p.method, p.raw_price, p.n_quotes, p.n_used, p.change_pct, c.price, "
                           "c.price_state, p.new_price FROM price_change p JOIN component c ON c.id = p.component_id",
                           NULL, 0, on_change, &example));
    assert_int_equal(example.n, 1);
    example.n = 0;
    price_must(store_query(&look,
                           "SELECT quote_id, used, reason, base_price, weight, rate, rate_date FROM price_change_quote "
                           "ORDER BY quote_id",
                           NULL, 0, on_verdict, &example));
    yajl_val list = json_member(example.expected, "quotes");
    size_t all = YAJL_IS_ARRAY(list) ? list->u.array.len : 0;
    for (size_t i = example.n; i < all; i++, example.n++)
        assert_string_equal(testdata_string(list->u.array.values[i], "reason"), "stale");
    assert_int_equal(example.n, all);
    assert_int_equal(import_count(&test, "quotes_total"), all);
    import_job_fini(&test);
}

static void examples(void **state)
{
    (void)state;
    yajl_val data = testdata_json("recalc.json");
    size_t n;
    yajl_val *cases = testdata_list(data, "cases", &n);
    assert_int_equal(n, 41);
    for (size_t i = 0; i < n; i++) {
        print_message("%s\n", testdata_string(cases[i], "id"));
        run_example(cases[i]);
    }
    yajl_tree_free(data);
}

/* ---- The trail ------------------------------------------------------------------------------------------------- */

static void run_demo(const char *params)
{
    struct import_job test;
    price_run(&test, &task_recalculate, params);
    import_job_fini(&test);
}

static void trail_gives_the_price_again(void **state)
{
    (void)state;
    price_load_demo();
    run_demo("{\"as_of\":\"2026-02-05\"}");
    /* Every component's price can be computed from the recorded weights and base prices. */
    assert_int_equal(price_number("SELECT COUNT(*) FROM price_change WHERE method <> 'manual'"), 178);
    assert_int_equal(
        price_number("SELECT COUNT(*) FROM price_change p JOIN (SELECT price_change_id, SUM(weight * base_price) / "
                     "SUM(weight) mean, AVG(base_price) average, MIN(base_price) low, COUNT(*) n FROM "
                     "price_change_quote WHERE used GROUP BY price_change_id) q ON q.price_change_id = p.id "
                     "WHERE q.n <> p.n_used OR (p.method = 'weighted_avg' AND ROUND(q.mean, 6) <> p.raw_price) OR "
                     "(p.method = 'average' AND ROUND(q.average, 6) <> p.raw_price) OR (p.method = 'min' AND q.low <> "
                     "p.raw_price)"),
        0);
    assert_int_equal(
        price_number("SELECT COUNT(*) FROM price_change p JOIN component c ON c.id = p.component_id WHERE "
                     "p.method <> 'manual' AND (ROUND(p.raw_price * p.coefficient, 2) <> p.new_price OR "
                     "p.new_price <> c.price OR c.price_task <> p.task_id OR c.price_changed_at IS NULL OR "
                     "c.price_as_of <> '2026-02-05')"),
        0);
    /* All used and excluded quotes are recorded, except the stale ones. */
    assert_int_equal(price_number("SELECT COUNT(*) FROM price_change_quote WHERE used = 1 AND reason IS NULL"), 758);
    assert_int_equal(price_number("SELECT COUNT(*) FROM price_change_quote WHERE reason = 'stale'"), 0);
    assert_int_equal(price_number("SELECT COUNT(*) FROM price_change_quote WHERE (used = 1) = (reason IS NOT NULL)"),
                     0);
}

static void second_run_changes_nothing(void **state)
{
    struct import_job test;
    (void)state;
    price_load_demo();
    run_demo("{\"as_of\":\"2026-02-05\"}");
    long long rows = price_number("SELECT COUNT(*) FROM price_change");
    char *before = price_text("SELECT MAX(updated_at) FROM component");
    price_run(&test, &task_recalculate, "{\"as_of\":\"2026-02-05\"}");
    assert_int_equal(import_count(&test, "unchanged"), 181);
    assert_int_equal(import_count(&test, "updated"), 0);
    assert_int_equal(price_number("SELECT COUNT(*) FROM price_change"), rows);
    price_expect_text("SELECT MAX(updated_at) FROM component", before);
    free(before);
    import_job_fini(&test);
}

static void dry_run_writes_nothing(void **state)
{
    struct import_job test;
    (void)state;
    price_load_demo();
    price_run(&test, &task_recalculate, "{\"as_of\":\"2026-02-05\",\"dry_run\":true}");
    assert_int_equal(import_count(&test, "updated"), 181);
    assert_int_equal(import_count(&test, "quotes_used"), 758);
    assert_int_equal(price_number("SELECT COUNT(*) FROM component WHERE price IS NOT NULL OR price_state <> 'none'"),
                     0);
    assert_int_equal(price_number("SELECT COUNT(*) FROM price_change"), 0);
    assert_int_equal(price_number("SELECT COUNT(*) FROM lease WHERE name = 'recalc'"), 0);
    import_job_fini(&test);
}

/* ---- Outcomes -------------------------------------------------------------------------------------------------- */

static void jumps_are_held_and_directions_told(void **state)
{
    struct import_job test;
    (void)state;
    price_load_demo();
    run_demo("{\"as_of\":\"2026-02-05\"}");
    price_sql("UPDATE component SET price = price * 2 WHERE lot_code = 'ACC-BEZEL-1U'");
    price_sql("UPDATE component SET price = 1400 WHERE lot_code = 'ACC-BEZEL-2U'");
    price_run(&test, &task_recalculate, "{\"as_of\":\"2026-02-05\",\"max_change_pct\":\"40\"}");
    assert_int_equal(import_count(&test, "held"), 1);
    assert_int_equal(import_count(&test, "updated"), 1);
    assert_int_equal(import_count(&test, "unchanged"), 179);
    assert_int_equal(import_count(&test, "price_up"), 1);
    yajl_val up = json_member(test.result, "max_up");
    assert_string_equal(testdata_string(up, "lot_code"), "ACC-BEZEL-2U");
    assert_string_equal(testdata_string(up, "old"), "1400.0000");
    assert_string_equal(testdata_string(up, "new"), "1672.2400");
    assert_string_equal(testdata_string(up, "pct"), "19.45");
    assert_string_equal(testdata_string(test.result, "avg_change_pct"), "19.45");
    price_expect_text("SELECT price FROM component WHERE lot_code = 'ACC-BEZEL-1U'", "2818.0400");
    price_expect_text(
        "SELECT CONCAT_WS(' ', old_price, new_price, change_pct) FROM price_change WHERE outcome = 'held'",
        "2818.0400 1409.0200 -50.00");
    assert_true(
        price_number("SELECT COUNT(*) FROM price_change_quote q JOIN price_change p ON p.id = q.price_change_id "
                     "WHERE p.outcome = 'held'") > 0);
    import_job_fini(&test);
}

static void stale_once_then_cleared(void **state)
{
    struct import_job test;
    (void)state;
    price_load_demo();
    run_demo("{\"as_of\":\"2026-02-05\"}");
    price_sql("DELETE FROM price_quote");
    price_run(&test, &task_recalculate, "{\"as_of\":\"2026-02-06\"}");
    assert_int_equal(import_count(&test, "no_quotes"), 195);
    import_job_fini(&test);
    assert_int_equal(price_number("SELECT COUNT(*) FROM price_change WHERE outcome = 'no_quotes'"), 178);
    assert_int_equal(
        price_number("SELECT COUNT(*) FROM component WHERE price_state = 'stale' AND price IS NOT NULL AND "
                     "price_as_of = '2026-02-05'"),
        178);
    run_demo("{\"as_of\":\"2026-02-07\"}"); /* stale already */
    assert_int_equal(price_number("SELECT COUNT(*) FROM price_change WHERE outcome = 'no_quotes'"), 178);
    price_run(&test, &task_recalculate, "{\"as_of\":\"2026-02-07\",\"on_no_quotes\":\"clear\"}");
    assert_int_equal(import_count(&test, "cleared"), 195);
    import_job_fini(&test);
    assert_int_equal(price_number("SELECT COUNT(*) FROM component WHERE price IS NOT NULL"), 3);
    assert_int_equal(price_number("SELECT COUNT(*) FROM component WHERE price_state = 'none' AND price_as_of IS NULL"),
                     197);
}

/* Three components; the middle one has more quotes than a page and than the rules allow. */
static void too_many_and_too_dear_fail_alone(void **state)
{
    struct import_job test;
    (void)state;
    price_sql("INSERT INTO party (id, kind, code, name) VALUES (1, 'supplier', 'S', 'x'), (2, 'competitor', 'K', 'x')");
    price_sql(
        "INSERT INTO component (id, lot_code, lot_norm, name, coefficient) VALUES (1, 'A', 'A', 'x', 1), (2, 'B', "
        "'B', 'x', 1), (3, 'C', 'C', 'x', 1), (4, 'D', 'D', 'x', 999), (5, 'E', 'E', 'x', 1)");
    price_sql("INSERT INTO price_quote (party_id, component_id, price, currency, quoted_on) SELECT 1, 2, 5, 'RUB', "
              "'2026-02-01' FROM seq_1_to_25000");
    /* Competitors' quotes do not count towards the limit, so a component may have pages of them. */
    price_sql("INSERT INTO price_quote (party_id, component_id, price, currency, quoted_on) SELECT 2, 3, 5, 'RUB', "
              "'2026-02-01' FROM seq_1_to_21000");
    price_sql(
        "INSERT INTO price_quote (party_id, component_id, price, currency, quoted_on) VALUES (1, 1, 10, 'RUB', "
        "'2026-02-01'), (1, 3, 30, 'RUB', '2026-02-01'), (1, 4, 9999999999, 'RUB', '2026-02-01'), (1, 5, 50, 'RUB', "
        "'2026-02-01')");
    price_run(&test, &task_recalculate, "{\"as_of\":\"2026-02-05\"}");
    assert_int_equal(test.outcome, OUTCOME_PARTIAL);
    assert_int_equal(import_count(&test, "components_total"), 5);
    assert_int_equal(import_count(&test, "updated"), 3);
    assert_int_equal(import_count(&test, "failed"), 2);
    assert_int_equal(import_count(&test, "quotes_total"), 4);
    price_expect_text("SELECT GROUP_CONCAT(COALESCE(price, '-') ORDER BY id) FROM component",
                      "10.0000,-,30.0000,-,50.0000");
    price_expect_text("SELECT GROUP_CONCAT(raw, ' ', code ORDER BY row_no) FROM task_row_error",
                      "B E_TOO_MANY_QUOTES,D E_PRICE_RANGE");
    import_job_fini(&test);
}

/* Some banks publish more than a hundred. */
static void any_number_of_currencies(void **state)
{
    struct import_job test;
    (void)state;
    price_sql("INSERT INTO party (id, kind, code, name) VALUES (1, 'supplier', 'S', 'x')");
    price_sql(
        "INSERT INTO component (id, lot_code, lot_norm, name) SELECT seq + 1, CONCAT('L', seq), CONCAT('L', seq), 'x' "
        "FROM seq_0_to_399");
    price_sql("INSERT INTO currency_rate (currency, rate_date, rate) SELECT CONCAT('X', CHAR(65 + seq DIV 26), "
              "CHAR(65 + seq MOD 26)), '2026-02-05', seq + 2 FROM seq_0_to_399");
    price_sql("INSERT INTO price_quote (party_id, component_id, price, currency, quoted_on) SELECT 1, seq + 1, 100, "
              "CONCAT('X', CHAR(65 + seq DIV 26), CHAR(65 + seq MOD 26)), '2026-02-05' FROM seq_0_to_399");
    price_run(&test, &task_recalculate, "{\"as_of\":\"2026-02-05\"}");
    assert_int_equal(test.outcome, OUTCOME_SUCCEEDED);
    assert_int_equal(import_count(&test, "updated"), 400);
    assert_int_equal(price_number("SELECT COUNT(*) FROM component WHERE price = (id + 1) * 100"), 400);
    import_job_fini(&test);
}

/* ---- Scope ----------------------------------------------------------------------------------------------------- */

static void scope_limits_and_agrees(void **state)
{
    struct import_job test;
    (void)state;
    price_load_demo();
    price_run(&test, &task_recalculate,
              "{\"as_of\":\"2026-02-05\",\"lot_codes\":[\"ACC-BEZEL-2U\",\"ACC-BEZEL-1U\",\"ACC-BEZEL-1U\"]}");
    assert_int_equal(import_count(&test, "components_total"), 2);
    import_job_fini(&test);
    price_expect_text("SELECT GROUP_CONCAT(price ORDER BY lot_code) FROM component WHERE price IS NOT NULL",
                      "1409.0200,1672.2400");
    price_run(&test, &task_recalculate, "{\"as_of\":\"2026-02-05\",\"categories\":[\"CPU\"]}");
    assert_int_equal(import_count(&test, "components_total"),
                     price_number("SELECT COUNT(*) FROM component WHERE category = 'CPU' AND active"));
    import_job_fini(&test);
    price_run(
        &test, &task_recalculate,
        "{\"as_of\":\"2026-02-05\",\"categories\":[\"CPU\"],\"lot_codes\":[\"ACC-BEZEL-1U\",\"CPU-KLV-8C-150W\"]}");
    assert_int_equal(import_count(&test, "components_total"), 1);
    import_job_fini(&test);
    char *scoped = price_text("SELECT GROUP_CONCAT(lot_code, price ORDER BY id) FROM component WHERE category = 'CPU'");
    run_demo("{\"as_of\":\"2026-02-05\"}");
    price_expect_text("SELECT GROUP_CONCAT(lot_code, price ORDER BY id) FROM component WHERE category = 'CPU'", scoped);
    free(scoped);
}

static void precheck_names_what_is_unknown(void **state)
{
    struct import_job test;
    struct param_faults faults = {0};
    (void)state;
    price_load_demo();
    price_job(&test, &task_recalculate,
              "{\"lot_codes\":[\"ACC-BEZEL-1U\",\"NO-SUCH\"],\"categories\":[\"CPU\",\"Нет\"],\"weights\":[\"luck\"]}");
    assert_int_equal(task_recalculate.precheck(&look, test.job.params, &faults), 1);
    assert_int_equal(faults.n, 3);
    assert_string_equal(faults.fault[0].pointer, "/weights");
    assert_string_equal(faults.fault[1].pointer, "/lot_codes");
    assert_non_null(strstr(faults.fault[1].detail, ": NO-SUCH"));
    assert_string_equal(faults.fault[2].code, "unknown-category");
    assert_non_null(strstr(faults.fault[2].detail, "Нет"));
    import_job_fini(&test);
    faults.n = 0;
    price_job(&test, &task_recalculate, "{\"lot_codes\":[\"ACC-BEZEL-1U\"],\"categories\":[\"CPU\"]}");
    assert_int_equal(task_recalculate.precheck(&look, test.job.params, &faults), 0);
    assert_int_equal(faults.n, 0);
    import_job_fini(&test);
}

/* ---- Cancel, retry, lease -------------------------------------------------------------------------------------- */

static void make_many(unsigned n)
{
    char text[200];
    price_sql("INSERT INTO party (id, kind, code, name) VALUES (1, 'supplier', 'S', 'x')");
    snprintf(text, sizeof text,
             "INSERT INTO component (id, lot_code, lot_norm, name) SELECT seq, CONCAT('L', seq), CONCAT('L', seq), 'x' "
             "FROM seq_1_to_%u",
             n);
    price_sql(text);
    price_sql("INSERT INTO price_quote (party_id, component_id, price, currency, quoted_on) SELECT 1, id, id, 'RUB', "
              "'2026-02-01' FROM component");
}

static void cancel_in_the_middle_writes_nothing(void **state)
{
    struct import_job test;
    (void)state;
    make_many(1700);
    price_job(&test, &task_recalculate, "{\"as_of\":\"2026-02-05\"}");
    test.cancel_after = 3; /* of four chunks */
    assert_int_equal(task_recalculate.run(&test.job), JOB_STOP);
    assert_true(test.progressed >= 2);
    import_expect_counts(&test, 0, 1000, 0);
    import_job_fini(&test);
    assert_int_equal(price_number("SELECT COUNT(*) FROM component WHERE price IS NOT NULL"), 0);
    assert_int_equal(price_number("SELECT COUNT(*) FROM price_change"), 0);
    assert_int_equal(price_number("SELECT COUNT(*) FROM lease WHERE until > UTC_TIMESTAMP()"), 0);
    price_run(&test, &task_recalculate, "{\"as_of\":\"2026-02-05\"}");
    assert_int_equal(import_count(&test, "updated"), 1700);
    assert_int_equal(test.shown.n[COUNT_DONE], 1700);
    assert_int_equal(test.job.counts.n[COUNT_TOTAL], 1700);
    assert_int_equal(price_number("SELECT COUNT(*) FROM component WHERE price = id"), 1700);
    assert_int_equal(price_number("SELECT COUNT(*) FROM price_change_quote q JOIN price_change p ON p.id = "
                                  "q.price_change_id WHERE q.quote_id <> p.component_id"),
                     0);
    assert_int_equal(price_number("SELECT COUNT(*) FROM price_change_quote"), 1700);
    import_job_fini(&test);
}

static unsigned statements_left, fault_number;

/* One fault, at the statement at which the count reaches 0. */
static unsigned fault_at(enum store_fault_point point, const char *sql)
{
    /* What follows COMMIT is tested elsewhere. */
    if (point != STORE_FAULT_BEFORE || statements_left == 0 || strcmp(sql, "COMMIT") == 0)
        return 0;
    return --statements_left == 0 ? fault_number : 0;
}

/* A deadlock, or a lost connection, at each statement in turn: the run starts over and is complete. */
static void runs_again_from_any_statement(unsigned number)
{
    struct import_job test;
    bool struck = true;
    unsigned n;
    make_many(600);
    for (n = 1; struck; n++) {
        price_sql("UPDATE component SET price = NULL, price_state = 'none'");
        price_sql("DELETE FROM price_change");
        price_job(&test, &task_recalculate, "{\"as_of\":\"2026-02-05\"}");
        statements_left = n;
        fault_number = number;
        store_fault_hook = fault_at;
        enum job_verdict verdict = task_recalculate.run(&test.job);
        store_fault_hook = NULL;
        struck = statements_left == 0;
        long long priced = price_number("SELECT COUNT(*) FROM component WHERE price = id AND price_state = 'fresh'");
        assert_int_equal(priced, verdict == JOB_ENDED ? 600 : 0);
        assert_int_equal(price_number("SELECT COUNT(*) FROM price_change"), priced);
        assert_int_equal(price_number("SELECT COUNT(*) FROM price_change_quote"), priced);
        if (verdict == JOB_ENDED)
            assert_int_equal(import_count(&test, "updated"), 600);
        import_job_fini(&test);
        price_sql("DELETE FROM lease");
        assert_true(n < 60);
    }
    assert_true(n > 15);
}

static void deadlocks_are_retried(void **state)
{
    (void)state;
    runs_again_from_any_statement(1213);
}

static void lost_connections_are_retried(void **state)
{
    (void)state;
    runs_again_from_any_statement(2013);
}

static void waits_for_another_recalculation(void **state)
{
    struct import_job test;
    store_uuid other;
    uint64_t fence;
    (void)state;
    make_many(1700);
    uuid_generate(other);
    assert_int_equal(lease_acquire(&look, "recalc", other, 60, &fence), 1);
    price_job(&test, &task_recalculate, "{\"as_of\":\"2026-02-05\"}");
    test.cancel_after = 3;
    assert_int_equal(task_recalculate.run(&test.job), JOB_STOP);
    import_job_fini(&test);
    assert_int_equal(price_number("SELECT COUNT(*) FROM price_change"), 0);
    assert_int_equal(lease_release(&look, "recalc", other, fence), 0);
    run_demo("{\"as_of\":\"2026-02-05\"}");
    assert_int_equal(price_number("SELECT COUNT(*) FROM price_change"), 1700);
}

/* The lease may be lost between taking and prolonging it: another attempt follows, and its cause is shown. */
static void a_lost_lease_is_a_cause(void **state)
{
    struct import_job test;
    (void)state;
    price_sql("CREATE TRIGGER test_lost BEFORE UPDATE ON lease FOR EACH ROW SET NEW.until = OLD.until");
    price_job(&test, &task_recalculate, "{\"as_of\":\"2026-02-05\"}");
    memset(&test.job.db->error, 0, sizeof test.job.db->error);
    assert_int_equal(task_recalculate.run(&test.job), JOB_AGAIN);
    assert_int_not_equal(test.job.error.cls, STORE_OK);
    assert_string_equal(test.job.error.text, "the lease was lost");
    import_job_fini(&test);
    price_sql("DROP TRIGGER test_lost");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(demo_is_as_expected, price_setup, price_teardown),
        cmocka_unit_test_setup_teardown(examples, price_setup, price_teardown),
        cmocka_unit_test_setup_teardown(trail_gives_the_price_again, price_setup, price_teardown),
        cmocka_unit_test_setup_teardown(second_run_changes_nothing, price_setup, price_teardown),
        cmocka_unit_test_setup_teardown(dry_run_writes_nothing, price_setup, price_teardown),
        cmocka_unit_test_setup_teardown(jumps_are_held_and_directions_told, price_setup, price_teardown),
        cmocka_unit_test_setup_teardown(stale_once_then_cleared, price_setup, price_teardown),
        cmocka_unit_test_setup_teardown(too_many_and_too_dear_fail_alone, price_setup, price_teardown),
        cmocka_unit_test_setup_teardown(scope_limits_and_agrees, price_setup, price_teardown),
        cmocka_unit_test_setup_teardown(any_number_of_currencies, price_setup, price_teardown),
        cmocka_unit_test_setup_teardown(precheck_names_what_is_unknown, price_setup, price_teardown),
        cmocka_unit_test_setup_teardown(cancel_in_the_middle_writes_nothing, price_setup, price_teardown),
        cmocka_unit_test_setup_teardown(deadlocks_are_retried, price_setup, price_teardown),
        cmocka_unit_test_setup_teardown(lost_connections_are_retried, price_setup, price_teardown),
        cmocka_unit_test_setup_teardown(waits_for_another_recalculation, price_setup, price_teardown),
        cmocka_unit_test_setup_teardown(a_lost_lease_is_a_cause, price_setup, price_teardown),
    };
    if (fixture_start() != 0)
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
