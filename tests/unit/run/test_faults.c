/* Every task that writes, broken at every statement: the connection lost before it was sent or after it was carried out
 * (COMMIT included), the process killed there, cancel seen at each look at the flag. Whatever happens, the whole data
 * set is as before or as after, the journal says which, and the next attempt completes. */
#include "tests/unit/price_job.h"

#include <signal.h>

#include <sys/wait.h>

/* ---- The data set ---------------------------------------------------------------------------------------------- */

#define TABLE_SUM(columns, from)                                                                                       \
    "(SELECT CONCAT(COUNT(*), ':', COALESCE(BIT_XOR(CRC32(CONCAT_WS('|', " columns "))), 0)) FROM " from ")"

/* One text of everything that tasks write, except what differs between two equal runs (ids, times, task ids). */
static const char
    data_set
        [] = "SELECT CONCAT_WS(' ', " TABLE_SUM("lot_code, name, category, coefficient, active, IFNULL(price, 'x'), "
                                                "price_state, "
                                                "IFNULL(price_as_of, 'x')",
                                                "component") ", " TABLE_SUM("component_id, outcome, method, "
                                                                            "IFNULL(old_price, "
                                                                            "'x'), IFNULL(new_price, 'x'), "
                                                                            "IFNULL(raw_price, "
                                                                            "'x'), n_quotes, n_used",
                                                                            "price_change") ", " TABLE_SUM("component_"
                                                                                                           "id, "
                                                                                                           "quote_id, "
                                                                                                           "used, "
                                                                                                           "IFNULL("
                                                                                                           "reason, "
                                                                                                           "'x'), "
                                                                                                           "IFNULL("
                                                                                                           "base_price,"
                                                                                                           " 'x'), "
                                                                                                           "IFNULL("
                                                                                                           "weight, "
                                                                                                           "'x')",
                                                                                                           "price_"
                                                                                                           "change_"
                                                                                                           "quote q "
                                                                                                           "JOIN "
                                                                                                           "price_"
                                                                                                           "change c "
                                                                                                           "ON c.id = "
                                                                                                           "q.price_"
                                                                                                           "change_id") ", " TABLE_SUM("source, seq, version, status, items, HEX(content_sha256)", "pricelist") ", " TABLE_SUM("lot_code, price, IFNULL(qty, 'x'), basis, part_numbers", "pricelist_item") ", " TABLE_SUM("pn_norm, vendor_norm, name, IFNULL(component_id, 'x'), qty, IFNULL(unit_cost, 'x')", "stock_item") ", " TABLE_SUM("warehouse_id, rows_total, inserted, updated, unchanged, deleted", "stock_import") ", " TABLE_SUM("code, name, IFNULL(stock_date, 'x'), stock_import_id IS NULL", "warehouse") ", " TABLE_SUM("IFNULL(ext_ref, 'x'), price, quoted_on, IFNULL(component_id, 'x')", "price_quote") ", " TABLE_SUM("pn_norm, vendor_norm, component_id, lot_qty", "part_number_map") ", " TABLE_SUM("code, row_no, severity",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               "task_row_error") ")";

/* Six components, two of them with a stale and a manual price; quotes, one of them without a known part number;
 * stock. */
static void make_scene(void)
{
    static const char *const statements[] = {
        "DELETE FROM lease",
        "DELETE FROM task",
        "DELETE FROM pricelist",
        "DELETE FROM price_change",
        "DELETE FROM stock_item",
        "DELETE FROM stock_import",
        "DELETE FROM price_quote",
        "DELETE FROM part_number_map",
        "DELETE FROM component",
        "DELETE FROM warehouse",
        "DELETE FROM party",
        "INSERT INTO warehouse (id, code, name) VALUES (1, 'MAIN', 'x')",
        "INSERT INTO party (id, kind, code, name) VALUES (1, 'supplier', 'S', 'x'), (2, 'competitor', 'K', 'x')",
        "INSERT INTO component (id, lot_code, lot_norm, name, price, price_state, price_method, manual_price) VALUES "
        "(1, 'A', 'A', 'x', NULL, 'none', NULL, NULL), (2, 'B', 'B', 'x', 20, 'fresh', NULL, NULL), (3, 'C', 'C', 'x', "
        "30, 'fresh', NULL, NULL), (4, 'D', 'D', 'x', NULL, 'none', 'manual', 40), (5, 'E', 'E', 'x', 9, 'fresh', "
        "NULL, "
        "NULL), (6, 'F', 'F', 'x', 60, 'fresh', NULL, NULL)",
        "INSERT INTO part_number_map (pn_norm, pn_skeleton, part_number, component_id) VALUES ('PA', 'PA', 'P-A', 1), "
        "('PB', 'P8', 'P-B', 2), ('PB2', 'P82', 'P-B2', 2)",
        /* A: first price; B: new price; C: no quotes, so stale; E: too high; F: unchanged. */
        "INSERT INTO price_quote (id, party_id, component_id, pn_norm, price, currency, quoted_on, ext_ref) VALUES "
        "(1, 1, 1, 'PA', 10, 'RUB', '2026-02-01', 'Q1'), (2, 1, 2, 'PB', 21, 'RUB', '2026-02-01', 'Q2'), (3, 1, 5, '', "
        "9999999999, 'RUB', '2026-02-01', 'Q3'), (4, 1, 6, '', 60, 'RUB', '2026-02-01', 'Q4'), (5, 1, NULL, 'PC', 33, "
        "'RUB', '2026-02-01', 'Q5'), (6, 2, 2, '', 19, 'RUB', '2026-02-01', 'Q6')",
        "INSERT INTO stock_import (id, task_id, warehouse_id, file_name, file_sha256, file_format, mode, stock_date, "
        "rows_total, rows_rejected, inserted, updated, unchanged, deleted) VALUES (1, UUID(), 1, 'x', '', 'xlsx', "
        "'merge', '2026-02-01', 0, 0, 0, 0, 0, 0)",
        "INSERT INTO stock_item (warehouse_id, stock_import_id, pn_norm, part_number, component_id, qty, unit_cost) "
        "VALUES (1, 1, 'PA', 'P-A', 1, 5, 8), (1, 1, 'PC', 'P-C', NULL, 7, 25)",
    };
    price_sql("SET foreign_key_checks = 0"); /* price_change_quote goes with price_change only through them */
    price_sql("DELETE FROM price_change_quote");
    price_sql("SET foreign_key_checks = 1");
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
        price_sql(statements[i]);
}

/* ---- The tasks ------------------------------------------------------------------------------------------------- */

struct scene {
    const struct task_type *type;
    const char *params;
    const char *grid;    /* of a stock import */
    const char *csv;     /* of a catalogue import */
    unsigned statements; /* fewer: the test would not reach what it is for */
};

#define ROW(pn, qty, cost) "[\"" pn "\",\"x\",\"" qty "\",\"" cost "\"]"
static const struct scene scenes[] = {
    {&task_stock_import, "{\"warehouse\":\"MAIN\",\"stock_date\":\"2026-02-05\"}",
     "[[\"Артикул\",\"Номенклатура\",\"Остаток\",\"Цена\"]," ROW("P-A", "6", "9") "," ROW("P-B", "3", "20") "," ROW(
         "P-Z", "-1", "1") "]",
     NULL, 25},
    {&task_recalculate, "{\"as_of\":\"2026-02-05\"}", NULL, NULL, 18},
    {&task_pricelist_create, "{\"source\":\"estimate\",\"as_of\":\"2026-02-05\"}", NULL, NULL, 14},
    {&task_pricelist_create, "{\"source\":\"warehouse\",\"as_of\":\"2026-02-05\"}", NULL, NULL, 14},
    {&task_pricelist_create, "{\"source\":\"competitor\",\"as_of\":\"2026-02-05\"}", NULL, NULL, 14},
    {&task_catalog_import, "{\"table\":\"part_numbers\"}", NULL,
     "vendor,part_number,lot_code,lot_qty,pack_qty\n,P-C,C,1,\n,P-B2,B,2,\n,P-X,NONE,1,\n", 14},
    {&task_catalog_import, "{\"table\":\"quotes\"}", NULL,
     "ext_ref,party_kind,party_code,lot_code,part_number,price,price_per,currency,vat_included,vat_rate,min_qty,qty,"
     "quoted_on,valid_until,status\nQ7,supplier,S,C,,31,1,RUB,0,0,1,,2026-02-02,,active\nQ1,supplier,S,A,,10,1,RUB,0,0,"
     "1,,2026-02-01,,active\n",
     14},
};
enum { SCENES = sizeof scenes / sizeof scenes[0] };

static char csv_path[64];

static void write_csv(const char *text)
{
    snprintf(csv_path, sizeof csv_path, "/tmp/pf-faults-XXXXXX");
    int fd = mkstemp(csv_path);
    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

/* `hook` acts from the start of the run, not while the journal's row is made. */
static enum job_verdict run_scene(const struct scene *scene, struct import_job *test, unsigned cancel_after,
                                  store_fault_fn hook)
{
    char why[100];
    import_job_init(test, scene->type, scene->params, scene->csv ? csv_path : import_path("demo/stock.xlsx"));
    if (scene->grid)
        test->grid = json_parse(scene->grid, strlen(scene->grid), 8, why, sizeof why);
    test->cancel_after = cancel_after;
    store_fault_hook = hook;
    enum job_verdict verdict = scene->type->run(&test->job);
    store_fault_hook = NULL;
    return verdict;
}

static void scene_fini(struct import_job *test)
{
    yajl_tree_free(test->grid);
    import_job_fini(test);
}

/* ---- Judging --------------------------------------------------------------------------------------------------- */

struct truth {
    char *before, *after;
};

static struct truth learn(const struct scene *scene)
{
    struct import_job test;
    struct truth truth;
    make_scene();
    truth.before = price_text(data_set);
    assert_int_equal(run_scene(scene, &test, 0, NULL), JOB_ENDED);
    assert_int_not_equal(test.outcome, OUTCOME_FAILED);
    scene_fini(&test);
    truth.after = price_text(data_set);
    assert_string_not_equal(truth.before, truth.after);
    return truth;
}

/* All data must be what the journal says. */
static bool judge(const struct truth *truth, const char *what)
{
    bool ended = price_number("SELECT COUNT(*) FROM task WHERE status = 'succeeded'") == 1;
    char *now = price_text(data_set);
    if (strcmp(now, ended ? truth->after : truth->before) != 0)
        fail_msg("%s: the journal says %s, the data are %s\nbefore %s\nafter  %s\nnow    %s", what,
                 ended ? "succeeded" : "not ended", strcmp(now, truth->before) == 0 ? "as before" : "neither",
                 truth->before, truth->after, now);
    free(now);
    return ended;
}

static void next_attempt_completes(const struct scene *scene, const struct truth *truth)
{
    struct import_job test;
    price_sql("DELETE FROM lease"); /* as the janitor does for a dead runner */
    price_sql("DELETE FROM task");
    assert_int_equal(run_scene(scene, &test, 0, NULL), JOB_ENDED);
    scene_fini(&test);
    assert_true(judge(truth, "the attempt after it"));
}

/* ---- Faults ---------------------------------------------------------------------------------------------------- */

static unsigned points_left;
static bool dies;
static enum store_fault_point strikes_at;
static char struck[80];

static unsigned fault(enum store_fault_point point, const char *sql)
{
    if (point != strikes_at || points_left == 0 || --points_left != 0)
        return 0;
    snprintf(struck, sizeof struck, "%s %.60s", point == STORE_FAULT_BEFORE ? "before" : "after", sql);
    if (dies)
        kill(getpid(), SIGKILL);
    return 2013;
}

static void wait_for_rollback(void)
{
    for (int i = 0; price_number("SELECT COUNT(*) FROM information_schema.processlist WHERE db IS NOT NULL") > 1; i++) {
        assert_true(i < 2000);
        usleep(5000);
    }
}

/* Returns false if the run was over before the fault's turn. */
static bool break_connection(const struct scene *scene)
{
    struct import_job test;
    run_scene(scene, &test, 0, fault);
    scene_fini(&test);
    wait_for_rollback();
    return points_left == 0;
}

static bool kill_process(const struct scene *scene)
{
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct import_job test;
        run_scene(scene, &test, 0, fault);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    wait_for_rollback();
    return WIFSIGNALED(status);
}

static void strike_everywhere(const struct scene *scene, const struct truth *truth,
                              bool (*strike)(const struct scene *))
{
    unsigned n = 1, ended = 0;
    for (bool hit = true; hit; n++) {
        char what[200];
        make_scene();
        points_left = n;
        struck[0] = '\0';
        hit = strike(scene);
        snprintf(what, sizeof what, "%s, point %u %s", scene->type->name, n, struck);
        bool done = judge(truth, what);
        ended += done;
        if (!done && n % 4 == 0)
            next_attempt_completes(scene, truth);
        assert_true(n < 200);
    }
    assert_true(ended > 0);
    if (n < scene->statements)
        fail_msg("%s: only %u statements", scene->type->name, n);
}

static void each_scene(bool kills)
{
    for (unsigned i = 0; i < SCENES; i++) {
        if (scenes[i].csv)
            write_csv(scenes[i].csv);
        struct truth truth = learn(&scenes[i]);
        dies = kills;
        for (unsigned when = STORE_FAULT_BEFORE; when <= STORE_FAULT_AFTER; when++) {
            strikes_at = (enum store_fault_point)when;
            strike_everywhere(&scenes[i], &truth, kills ? kill_process : break_connection);
        }
        free(truth.before);
        free(truth.after);
        if (scenes[i].csv)
            unlink(csv_path);
    }
}

static void survives_a_broken_connection_anywhere(void **state)
{
    (void)state;
    each_scene(false);
}

static void survives_death_anywhere(void **state)
{
    (void)state;
    each_scene(true);
}

/* ---- Cancel ---------------------------------------------------------------------------------------------------- */

/* More than one chunk, page or batch of everything. */
static void make_much(void)
{
    price_sql("INSERT INTO component (id, lot_code, lot_norm, name, price, price_state) SELECT 100 + seq, CONCAT('L', "
              "seq), CONCAT('L', seq), 'x', seq, 'fresh' FROM seq_1_to_2500");
    price_sql("INSERT INTO price_quote (party_id, component_id, price, currency, quoted_on) SELECT p.id, c.id, "
              "c.id, 'RUB', '2026-02-01' FROM component c, party p WHERE c.id > 100");
    price_sql("INSERT INTO stock_item (warehouse_id, stock_import_id, pn_norm, part_number, component_id, qty, "
              "unit_cost) SELECT 1, 1, lot_code, lot_code, id, 1, 5 FROM component WHERE id > 100");
}

static char *many_rows(const char *head, const char *row, unsigned n)
{
    char *text = malloc(strlen(head) + (size_t)n * 200 + 10), *at = text + sprintf(text, "%s", head);
    for (unsigned i = 1; i <= n; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        at += sprintf(at, row, i, i); /* a constant of this file */
#pragma GCC diagnostic pop
    }
    return text;
}

static unsigned cancel_everywhere(const struct scene *scene)
{
    unsigned n = 1;
    make_scene();
    make_much();
    char *before = price_text(data_set);
    for (enum job_verdict verdict = JOB_STOP; verdict == JOB_STOP; n++) {
        struct import_job test;
        price_sql("DELETE FROM task");
        verdict = run_scene(scene, &test, n, NULL);
        scene_fini(&test);
        char *now = price_text(data_set);
        if ((strcmp(now, before) == 0) != (verdict == JOB_STOP))
            fail_msg("%s, cancelled at look %u, verdict %d: %s\nbefore %s", scene->type->name, n, verdict, now, before);
        assert_int_equal(price_number("SELECT COUNT(*) FROM lease WHERE until > UTC_TIMESTAMP(6)"), 0);
        assert_int_equal(price_number("SELECT COUNT(*) FROM task WHERE status = 'succeeded'"), verdict == JOB_ENDED);
        assert_true(verdict != JOB_AGAIN && n < 100);
        free(now);
    }
    free(before);
    return n - 2;
}

static void cancel_is_seen_everywhere(void **state)
{
    (void)state;
    struct scene import = scenes[0], quotes = scenes[SCENES - 1];
    char *grid =
        many_rows("[[\"Артикул\",\"Номенклатура\",\"Остаток\",\"Цена\"]", ",[\"L%u\",\"x\",\"%u\",\"1\"]", 6000);
    strcat(grid, "]");
    import.grid = grid; /* new, changed and deleted items: all that a save writes */
    import.params = "{\"warehouse\":\"MAIN\",\"stock_date\":\"2026-02-05\"}";
    assert_true(cancel_everywhere(&import) >= 15);
    assert_true(cancel_everywhere(&scenes[1]) >= 5);
    for (unsigned i = 2; i <= 4; i++)
        assert_true(cancel_everywhere(&scenes[i]) >= 3);
    char *csv = many_rows("ext_ref,party_kind,party_code,lot_code,part_number,price,price_per,currency,vat_included,"
                          "vat_rate,min_qty,qty,quoted_on,valid_until,status\n",
                          "N%u,supplier,S,A,,%u,1,RUB,0,0,1,,2026-02-02,,active\n", 6000);
    write_csv(csv);
    assert_true(cancel_everywhere(&quotes) >= 2);
    unlink(csv_path);
    free(csv);
    free(grid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(survives_a_broken_connection_anywhere, price_setup, price_teardown),
        cmocka_unit_test_setup_teardown(survives_death_anywhere, price_setup, price_teardown),
        cmocka_unit_test_setup_teardown(cancel_is_seen_everywhere, price_setup, price_teardown),
    };
    if (fixture_start() != 0)
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
