/* The whole stock import against a real server: the demo file, second runs, modes, guards, and faults in the middle. */
#include "tests/unit/import_job.h"

#include <signal.h>

#include <sys/wait.h>

static struct store_conn look;

static void must(int rc)
{
    if (rc != 0)
        fail_msg("%s %u %s", store_class_name(look.error.cls), look.error.number, look.error.text);
}

/* A small catalogue: MAIN, REMOTE, two lots, three numbers. */
static const char *const small_catalogue[] = {
    "INSERT INTO warehouse (code, name) VALUES ('MAIN','Основной склад'), ('REMOTE','Удалённый склад')",
    "INSERT INTO component (id, lot_code, lot_norm, name) VALUES (1,'CPU-32C','CPU32C','cpu'), "
    "(2,'MEM-64','MEM64','memory')",
    "INSERT INTO part_number_map (vendor_norm, pn_norm, pn_skeleton, part_number, component_id, lot_qty) VALUES "
    "('KELVAR','KLV32R548','K1V32R548','KLV-32R5-48',1,1), ('','MM64R5','MM64R5','MM64-R5',2,1), "
    "('','MM64R5KIT2','MM64R5K1T2','MM64-R5-KIT2',2,2)",
    NULL};

static int setup(void **state)
{
    (void)state;
    store_fault_hook = NULL;
    store_conn_init(&look, fixture_config());
    must(store_ensure(&look));
    import_empty_tables(&look);
    for (size_t i = 0; small_catalogue[i]; i++)
        must(store_exec(&look, small_catalogue[i], NULL));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    store_fault_hook = NULL;
    store_conn_fini(&look);
    return 0;
}

static yajl_val parse(const char *json)
{
    char why[100];
    yajl_val tree = json_parse(json, strlen(json), 8, why, sizeof why);
    if (!tree)
        fail_msg("%s: %s", json, why);
    return tree;
}

/* Run a grid. `params` is JSON. The caller releases the job. */
static enum job_verdict run_grid(struct import_job *test, const char *params, const char *grid)
{
    import_job_init(test, &task_stock_import, params, import_path("demo/stock.xlsx"));
    test->grid = parse(grid);
    return task_stock_import.run(&test->job);
}

static void done(struct import_job *test)
{
    yajl_tree_free(test->grid);
    import_job_fini(test);
}

/* Run a grid and expect it to end well. */
static void import(struct import_job *test, const char *params, const char *grid)
{
    assert_int_equal(run_grid(test, params, grid), JOB_ENDED);
    if (test->outcome == OUTCOME_FAILED)
        fail_msg("%s: %s", test->error_code, test->error);
}

static void check_counts(const struct import_job *test, int inserted, int updated, int unchanged, int deleted)
{
    assert_int_equal(import_count(test, "inserted"), inserted);
    assert_int_equal(import_count(test, "updated"), updated);
    assert_int_equal(import_count(test, "unchanged"), unchanged);
    assert_int_equal(import_count(test, "deleted"), deleted);
    assert_int_equal(import_count(test, "rows_total"),
                     import_count(test, "rows_accepted") + import_count(test, "rows_rejected"));
}

#define HEAD                     "[\"Артикул\",\"Производитель\",\"Наименование\",\"Количество\",\"Цена\"]"
#define ROW(pn, name, qty, cost) ",[\"" pn "\",\"\",\"" name "\",{\"n\":\"" qty "\"},{\"n\":\"" cost "\"}]"

static void replaces(void **state)
{
    (void)state;
    struct import_job test;
    import(&test, "{\"warehouse\":\"MAIN\",\"stock_date\":\"2026-02-05\"}",
           "[" HEAD ROW("KLV-32R5-48", "cpu", "7", "100") ROW("NEW-1", "new", "2", "5") "]");
    check_counts(&test, 2, 0, 0, 0);
    assert_int_equal(test.outcome, OUTCOME_SUCCEEDED);
    assert_string_equal(test.message, "2 of 2 rows accepted");
    assert_int_equal(json_member_int(test.result, "import_id", 0),
                     import_number(&look, "SELECT MAX(id) FROM stock_import"));
    done(&test);
    assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM stock_item WHERE component_id IS NULL"), 1);
    assert_int_equal(import_number(&look, "SELECT stock_date = '2026-02-05' FROM warehouse WHERE code = 'MAIN'"), 1);
    import(&test, "{\"warehouse\":\"MAIN\",\"stock_date\":\"2026-02-06\"}",
           "[" HEAD ROW("KLV-32R5-48", "cpu", "8", "100") ROW("MM64-R5", "memory", "2", "5") "]");
    check_counts(&test, 1, 1, 0, 1);
    done(&test);
    assert_int_equal(import_number(&look, "SELECT SUM(qty) FROM stock_item"), 10);
    assert_int_equal(
        import_number(&look, "SELECT COUNT(*) FROM stock_import WHERE inserted = 1 AND updated = 1 AND deleted = 1"),
        1);
    assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM lease WHERE until > UTC_TIMESTAMP()"), 0);
}

static void merges(void **state)
{
    (void)state;
    struct import_job test;
    import(&test, "{\"warehouse\":\"MAIN\"}", "[" HEAD ROW("A-1", "a", "1", "1") ROW("A-2", "b", "2", "2") "]");
    done(&test);
    import(&test, "{\"warehouse\":\"MAIN\",\"mode\":\"merge\"}",
           "[" HEAD ROW("A-2", "b", "3", "2") ROW("A-3", "c", "4", "4") "]");
    check_counts(&test, 1, 1, 0, 0);
    done(&test);
    assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM stock_item"), 3);
    assert_int_equal(import_number(&look, "SELECT SUM(qty) FROM stock_item"), 8);
}

/* Only the spelling of name and number changes: the stock is unchanged, but people see the new spelling. */
static void refreshes_texts(void **state)
{
    (void)state;
    struct import_job test;
    import(&test, "{\"warehouse\":\"MAIN\"}", "[" HEAD ROW("A-1", "old name", "1", "1") "]");
    done(&test);
    import(&test, "{\"warehouse\":\"MAIN\"}", "[" HEAD ROW("A 1", "new name", "1", "1") "]");
    check_counts(&test, 0, 0, 1, 0);
    done(&test);
    assert_int_equal(
        import_number(&look, "SELECT COUNT(*) FROM stock_item WHERE name = 'new name' AND part_number = 'A 1'"), 1);
}

/* Batches of one number: merged on the first run, equal on the second, corrected when only the second batch changes. */
static void merges_batches(void **state)
{
    (void)state;
    struct import_job test;
    static const char first[] =
        "[" HEAD ROW("A-1", "a", "1", "10") ROW("A-1", "b", "3", "20") ROW("B-1", "x", "1", "1") "]";
    import(&test, "{\"warehouse\":\"MAIN\"}", first);
    check_counts(&test, 2, 0, 0, 0);
    assert_int_equal(import_count(&test, "duplicates_merged"), 1);
    done(&test);
    assert_int_equal(import_number(&look, "SELECT unit_cost * 10000 FROM stock_item WHERE pn_norm = 'A1'"), 175000);
    import(&test, "{\"warehouse\":\"MAIN\"}", first);
    check_counts(&test, 0, 0, 2, 0);
    done(&test);
    /* First line alone equals the stock; the second makes the difference. */
    import(&test, "{\"warehouse\":\"MAIN\"}",
           "[" HEAD ROW("A-1", "a", "4", "17.5") ROW("A-1", "b", "1", "17.5") ROW("B-1", "x", "1", "1") "]");
    check_counts(&test, 0, 1, 1, 0);
    done(&test);
    assert_int_equal(import_number(&look, "SELECT qty FROM stock_item WHERE pn_norm = 'A1' AND name = 'a'"), 5);
}

static void takes_the_last(void **state)
{
    (void)state;
    struct import_job test;
    import(&test, "{\"warehouse\":\"MAIN\",\"duplicates\":\"last\"}",
           "[" HEAD ROW("A-1", "first", "1", "10") ROW("B-1", "x", "1", "1") ROW("A 1", "last", "3", "20") "]");
    check_counts(&test, 2, 0, 0, 0);
    done(&test);
    assert_int_equal(import_number(&look, "SELECT qty FROM stock_item WHERE name = 'last' AND part_number = 'A 1'"), 3);
    /* The first line differs from the stock, the last one does not. */
    import(&test, "{\"warehouse\":\"MAIN\",\"duplicates\":\"last\"}",
           "[" HEAD ROW("A-1", "first", "9", "10") ROW("B-1", "x", "1", "1") ROW("A 1", "last", "3", "20") "]");
    check_counts(&test, 0, 0, 2, 0);
    done(&test);
    assert_int_equal(import_number(&look, "SELECT qty FROM stock_item WHERE name = 'last' AND part_number = 'A 1'"), 3);
}

static void dry_run_writes_nothing(void **state)
{
    (void)state;
    struct import_job test;
    import(&test, "{\"warehouse\":\"MAIN\"}", "[" HEAD ROW("A-1", "a", "1", "1") ROW("A-2", "b", "2", "2") "]");
    done(&test);
    import(&test, "{\"warehouse\":\"MAIN\",\"dry_run\":true}",
           "[" HEAD ROW("A-2", "b", "3", "2") ROW("A-3", "c", "4", "4") ",[\"A-4\",\"\",\"\",\"many\",\"\"]]");
    check_counts(&test, 1, 1, 0, 1);
    size_t n;
    yajl_val changes = json_member(test.result, "changes");
    assert_int_equal(json_member(test.result, "preview")->u.array.len, 2);
    yajl_val *list = testdata_list(changes, "inserts", &n);
    assert_int_equal(n, 1);
    assert_string_equal(testdata_string(list[0], "pn_norm"), "A3");
    list = testdata_list(changes, "updates", &n);
    assert_int_equal(n, 1);
    assert_string_equal(testdata_string(json_member(list[0], "old"), "qty"), "2.000");
    assert_string_equal(testdata_string(json_member(list[0], "new"), "qty"), "3.000");
    list = testdata_list(changes, "deletes", &n);
    assert_int_equal(n, 1);
    assert_string_equal(testdata_string(list[0], "pn_norm"), "A1");
    assert_true(YAJL_IS_NULL(json_member(test.result, "import_id")));
    done(&test);
    assert_int_equal(import_number(&look, "SELECT SUM(qty) FROM stock_item"), 3);
    assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM stock_import"), 1);
    assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM task_row_error WHERE code = 'E_QTY_NUM'"), 1);
}

static void fails(const char *params, const char *grid, const char *code)
{
    struct import_job test;
    assert_int_equal(run_grid(&test, params, grid), JOB_ENDED);
    assert_int_equal(test.outcome, OUTCOME_FAILED);
    assert_string_equal(test.error_code, code);
    assert_true(strlen(test.error) > 10);
    done(&test);
}

static void guards_older_stock(void **state)
{
    (void)state;
    struct import_job test;
    static const char grid[] = "[" HEAD ROW("A-1", "a", "1", "1") "]";
    import(&test, "{\"warehouse\":\"MAIN\",\"stock_date\":\"2026-02-05\"}", grid);
    done(&test);
    fails("{\"warehouse\":\"MAIN\",\"stock_date\":\"2026-02-04\"}", "[" HEAD ROW("A-1", "a", "2", "1") "]",
          "E_STOCK_OLDER");
    assert_int_equal(import_number(&look, "SELECT SUM(qty) FROM stock_item"), 1);
    import(&test, "{\"warehouse\":\"MAIN\",\"stock_date\":\"2026-02-04\",\"force\":true}", grid);
    check_counts(&test, 0, 0, 1, 0);
    done(&test);
}

/* A grid of n rows, numbered from `first`. Heap. */
static char *many_rows(unsigned first, unsigned n)
{
    char *text = malloc(200 + n * 100u);
    assert_non_null(text);
    int at = sprintf(text, "[" HEAD);
    for (unsigned i = 0; i < n; i++)
        at += sprintf(text + at, ",[\"P-%u\",\"\",\"name\",{\"n\":\"%u\"},{\"n\":\"1\"}]", first + i, i + 1);
    sprintf(text + at, "]");
    return text;
}

static void guards_deletes(void **state)
{
    (void)state;
    struct import_job test;
    char *thirty = many_rows(1, 30), *fourteen = many_rows(1, 14), *fifteen = many_rows(1, 15);
    import(&test, "{\"warehouse\":\"MAIN\"}", thirty);
    done(&test);
    fails("{\"warehouse\":\"MAIN\"}", fourteen, "E_TOO_MANY_DELETES");
    assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM stock_item"), 30);
    assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM stock_import"), 1);
    import(&test, "{\"warehouse\":\"MAIN\"}", fifteen); /* exactly half may be deleted */
    check_counts(&test, 0, 0, 15, 15);
    done(&test);
    import(&test, "{\"warehouse\":\"MAIN\",\"force\":true}", "[" HEAD ROW("Q-1", "a", "1", "1") "]");
    check_counts(&test, 1, 0, 0, 15);
    done(&test);
    free(thirty);
    free(fourteen);
    free(fifteen);
}

static void reports_rejected_rows_of_failed_tasks(void **state)
{
    (void)state;
    fails("{\"warehouse\":\"MAIN\"}",
          "[" HEAD ",[\"A-1\",null,\"x\",\"lots\"]" ROW("K1V-32R5-48", "a", "-1", "1") ROW("A-2", "b", "1", "1") "]",
          "E_TOO_MANY_ERRORS");
    assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM stock_item"), 0);
    assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM task_row_error WHERE severity = 'error'"), 2);
    assert_int_equal(
        import_number(&look, "SELECT row_no FROM task_row_error WHERE code = 'E_QTY_NUM' AND field = 'qty' "
                             "AND raw = 'lots' AND cells = '[\"A-1\",null,\"x\",\"lots\"]' AND sheet = 'TDSheet'"),
        2);
    fails("{\"warehouse\":\"MAIN\"}", "[" HEAD "]", "E_NO_DATA");
    fails("{\"warehouse\":\"MAIN\"}", "[[\"a\",\"b\"]]", "E_NO_HEADER");
}

static void suggests(void **state)
{
    (void)state;
    struct import_job test;
    import(&test, "{\"warehouse\":\"MAIN\"}", "[" HEAD ROW("K1V-32R5-4B", "a", "1", "1") "]");
    done(&test);
    assert_int_equal(
        import_number(&look, "SELECT COUNT(*) FROM task_row_error WHERE code = 'W_UNMATCHED' AND severity = 'warning' "
                             "AND pn_norm = 'K1V32R54B' AND suggestion = 'KELVAR KLV-32R5-48 = CPU-32C'"),
        1);
}

static void skips_what_was_seen(void **state)
{
    (void)state;
    struct import_job test;
    static const char grid[] = "[" HEAD ROW("A-1", "a", "1", "1") "]";
    import(&test, "{\"warehouse\":\"MAIN\",\"if_seen\":\"skip\"}", grid);
    assert_false(json_member_bool(test.result, "already_imported", true));
    int64_t id = import_count(&test, "import_id");
    done(&test);
    import(&test, "{\"warehouse\":\"MAIN\",\"if_seen\":\"skip\"}", grid);
    assert_true(json_member_bool(test.result, "already_imported", false));
    assert_int_equal(import_count(&test, "import_id"), id);
    done(&test);
    import(&test, "{\"warehouse\":\"REMOTE\",\"if_seen\":\"skip\"}", grid);
    assert_false(json_member_bool(test.result, "already_imported", true));
    done(&test);
    import(&test, "{\"warehouse\":\"MAIN\",\"mode\":\"merge\",\"if_seen\":\"skip\"}", grid);
    assert_false(json_member_bool(test.result, "already_imported", true));
    done(&test);
}

/* ---- Faults ---------------------------------------------------------------------------------------------------- */

static void stops_when_cancelled(void **state)
{
    (void)state;
    struct import_job test;
    char *rows = many_rows(1, 3000);
    import_job_init(&test, &task_stock_import, "{\"warehouse\":\"MAIN\"}", import_path("demo/stock.xlsx"));
    test.grid = parse(rows);
    test.cancel_after = 2;
    assert_int_equal(task_stock_import.run(&test.job), JOB_STOP);
    done(&test);
    assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM stock_item"), 0);
    assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM lease WHERE until > UTC_TIMESTAMP()"), 0);
    free(rows);
}

static void lose_fence(struct import_job *test)
{
    (void)test;
    must(store_exec(&look, "UPDATE lease SET fence = fence + 1", NULL));
}

static void writes_nothing_without_its_fence(void **state)
{
    (void)state;
    struct import_job test;
    import_job_init(&test, &task_stock_import, "{\"warehouse\":\"MAIN\"}", import_path("demo/stock.xlsx"));
    test.grid = parse("[" HEAD ROW("A-1", "a", "1", "1") "]");
    test.before_finish = lose_fence;
    assert_int_equal(task_stock_import.run(&test.job), JOB_AGAIN);
    done(&test);
    assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM stock_item"), 0);
    assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM stock_import"), 0);
}

static void cut_connection(struct import_job *test)
{
    char sql[40];
    snprintf(sql, sizeof sql, "KILL %lu", test->db.server_thread);
    must(store_exec(&look, sql, NULL));
}

/* Everything that is written is in memory: a connection that breaks between reading and writing costs no attempt. */
static void goes_on_after_a_lost_connection(void **state)
{
    (void)state;
    struct import_job test;
    import_job_init(&test, &task_stock_import, "{\"warehouse\":\"MAIN\"}", import_path("demo/stock.xlsx"));
    test.grid = parse("[" HEAD ROW("A-1", "a", "1", "1") "]");
    test.before_finish = cut_connection;
    assert_int_equal(task_stock_import.run(&test.job), JOB_ENDED);
    check_counts(&test, 1, 0, 0, 0);
    done(&test);
    assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM stock_item"), 1);
    assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM lease WHERE until > UTC_TIMESTAMP()"), 0);
}

static unsigned statements_left;

/* Kill the connection at the n-th statement of the run. */
static unsigned break_at(enum store_fault_point point, const char *sql)
{
    (void)sql;
    return point == STORE_FAULT_BEFORE && statements_left && --statements_left == 0 ? 2013 : 0;
}

/* Whichever statement loses the connection, either nothing is written or everything; then the next run finds the stock
 * unchanged. */
static void survives_a_break_at_any_statement(void **state)
{
    (void)state;
    unsigned n = 1;
    for (bool broke = true; broke; n++) {
        struct import_job test;
        must(store_exec(&look, "DELETE FROM lease", NULL)); /* as the janitor does */
        must(store_exec(&look, "DELETE FROM stock_item", NULL));
        must(store_exec(&look, "DELETE FROM stock_import", NULL));
        import_job_init(&test, &task_stock_import, "{\"warehouse\":\"MAIN\"}", import_path("demo/stock.xlsx"));
        test.grid = parse("[" HEAD ROW("A-1", "a", "1", "1") ROW("A-1", "a", "2", "1") ROW("A-2", "a", "x", "1") "]");
        statements_left = n;
        store_fault_hook = break_at;
        enum job_verdict verdict = task_stock_import.run(&test.job);
        store_fault_hook = NULL;
        broke = statements_left == 0;
        long long items = import_number(&look, "SELECT COUNT(*) FROM stock_item");
        long long imports = import_number(&look, "SELECT COUNT(*) FROM stock_import");
        assert_int_equal(items, verdict == JOB_ENDED);
        assert_int_equal(imports, verdict == JOB_ENDED);
        done(&test);
        assert_true(n < 100);
    }
    assert_true(n > 15);
}

/* Process death: the n-th statement is the last thing the process does. */
static unsigned die_at(enum store_fault_point point, const char *sql)
{
    (void)point;
    (void)sql;
    if (statements_left && --statements_left == 0)
        kill(getpid(), SIGKILL);
    return 0;
}

static bool dies_at_statement(unsigned n)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct import_job test;
        import_job_init(&test, &task_stock_import, "{\"warehouse\":\"MAIN\"}", import_path("demo/stock.xlsx"));
        test.grid = parse("[" HEAD ROW("A-1", "new", "1", "1") ROW("B-1", "b", "5", "1") "]");
        statements_left = n;
        store_fault_hook = die_at;
        task_stock_import.run(&test.job);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    for (int i = 0;
         import_number(&look, "SELECT COUNT(*) FROM information_schema.processlist WHERE db IS NOT NULL") > 1; i++) {
        assert_true(i < 500); /* the server notices and rolls back */
        usleep(10000);
    }
    return WIFSIGNALED(status);
}

/* Whenever the process dies, the warehouse is as before or as after, and so is the task's state. */
static void survives_death_at_any_statement(void **state)
{
    (void)state;
    unsigned n = 1;
    for (bool died = true; died; n++) {
        struct import_job test;
        must(store_exec(&look, "DELETE FROM lease", NULL));
        import(&test, "{\"warehouse\":\"MAIN\",\"force\":true}",
               "[" HEAD ROW("B-1", "b", "1", "1") ROW("C-1", "c", "1", "1") "]");
        done(&test);
        must(store_exec(&look, "DELETE FROM task", NULL));
        died = dies_at_statement(n);
        long long ended = import_number(&look, "SELECT COUNT(*) FROM task WHERE status = 'succeeded'");
        long long before =
            import_number(&look, "SELECT COUNT(*) FROM stock_item WHERE (pn_norm, qty) IN (('B1', 1), ('C1', 1))");
        long long after =
            import_number(&look, "SELECT COUNT(*) FROM stock_item WHERE (pn_norm, qty) IN (('A1', 1), ('B1', 5))");
        assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM stock_item"), 2);
        assert_int_equal(before, ended ? 0 : 2);
        assert_int_equal(after, ended ? 2 : 0);
        assert_true(n < 200);
    }
    assert_true(n > 30);
}

static void waits_for_the_lease(void **state)
{
    (void)state;
    struct import_job test;
    store_uuid other = {1};
    uint64_t fence;
    assert_int_equal(lease_acquire(&look, "stock:MAIN", other, 60, &fence), 1);
    import_job_init(&test, &task_stock_import, "{\"warehouse\":\"MAIN\"}", import_path("demo/stock.xlsx"));
    test.grid = parse("[" HEAD ROW("A-1", "a", "1", "1") "]");
    test.cancel_after = 3;
    assert_int_equal(task_stock_import.run(&test.job), JOB_STOP);
    done(&test);
    assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM stock_item"), 0);
}

static void prechecks_the_warehouse(void **state)
{
    (void)state;
    struct param_faults faults = {0};
    yajl_val good = parse("{\"warehouse\":\"MAIN\"}"), bad = parse("{\"warehouse\":\"MIAN\"}");
    assert_int_equal(task_stock_import.precheck(&look, good, &faults), 0);
    assert_int_equal(faults.n, 0);
    assert_int_equal(task_stock_import.precheck(&look, bad, &faults), 1);
    assert_string_equal(faults.fault[0].pointer, "/warehouse");
    assert_string_equal(faults.fault[0].code, "unknown-warehouse");
    assert_non_null(strstr(faults.fault[0].detail, "MAIN, REMOTE"));
    yajl_tree_free(good);
    yajl_tree_free(bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(replaces, setup, teardown),
        cmocka_unit_test_setup_teardown(merges, setup, teardown),
        cmocka_unit_test_setup_teardown(refreshes_texts, setup, teardown),
        cmocka_unit_test_setup_teardown(merges_batches, setup, teardown),
        cmocka_unit_test_setup_teardown(takes_the_last, setup, teardown),
        cmocka_unit_test_setup_teardown(dry_run_writes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(guards_older_stock, setup, teardown),
        cmocka_unit_test_setup_teardown(guards_deletes, setup, teardown),
        cmocka_unit_test_setup_teardown(reports_rejected_rows_of_failed_tasks, setup, teardown),
        cmocka_unit_test_setup_teardown(suggests, setup, teardown),
        cmocka_unit_test_setup_teardown(skips_what_was_seen, setup, teardown),
        cmocka_unit_test_setup_teardown(stops_when_cancelled, setup, teardown),
        cmocka_unit_test_setup_teardown(writes_nothing_without_its_fence, setup, teardown),
        cmocka_unit_test_setup_teardown(goes_on_after_a_lost_connection, setup, teardown),
        cmocka_unit_test_setup_teardown(survives_a_break_at_any_statement, setup, teardown),
        cmocka_unit_test_setup_teardown(survives_death_at_any_statement, setup, teardown),
        cmocka_unit_test_setup_teardown(waits_for_the_lease, setup, teardown),
        cmocka_unit_test_setup_teardown(prechecks_the_warehouse, setup, teardown),
    };
    if (fixture_start() != 0)
        return 77;
    return cmocka_run_group_tests(tests, import_make_tables, NULL);
}
