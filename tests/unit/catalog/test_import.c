/* The catalogue import against a real server: the demo catalogue, the demo stock on top of it, bad rows, second runs,
 * relinking. */
#include "tests/unit/import_job.h"

static struct store_conn look;

static void must(int rc)
{
    if (rc != 0)
        fail_msg("%s %u %s", store_class_name(look.error.cls), look.error.number, look.error.text);
}

static int setup(void **state)
{
    (void)state;
    store_fault_hook = NULL;
    store_conn_init(&look, fixture_config());
    must(store_ensure(&look));
    import_empty_tables(&look);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    store_conn_fini(&look);
    return 0;
}

static enum job_verdict run_file(struct import_job *test, const char *table, const char *path)
{
    char params[60];
    snprintf(params, sizeof params, "{\"table\":\"%s\"}", table);
    import_job_init(test, &task_catalog_import, params, path);
    return task_catalog_import.run(&test->job);
}

static void load(struct import_job *test, const char *table, const char *path)
{
    if (run_file(test, table, path) != JOB_ENDED)
        fail_msg("%s: %u %s", table, test->job.error.number, test->job.error.text);
    if (test->outcome == OUTCOME_FAILED)
        fail_msg("%s: %s: %s", table, test->error_code, test->error);
    assert_int_equal(import_count(test, "rows_total"), import_count(test, "inserted") + import_count(test, "updated") +
                                                           import_count(test, "unchanged") +
                                                           import_count(test, "rejected"));
    assert_string_equal(testdata_string(test->result, "table"), table);
}

/* A CSV file in a temporary directory. */
static const char *write_file(const char *text)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/pf-catalog-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    return path;
}

static void load_text(struct import_job *test, const char *table, const char *text)
{
    const char *path = write_file(text);
    load(test, table, path);
    unlink(path);
}

static void check(const struct import_job *test, int inserted, int updated, int unchanged, int rejected)
{
    assert_int_equal(import_count(test, "inserted"), inserted);
    assert_int_equal(import_count(test, "updated"), updated);
    assert_int_equal(import_count(test, "unchanged"), unchanged);
    assert_int_equal(import_count(test, "rejected"), rejected);
}

static const struct {
    const char *table, *path;
    int rows;
} demo[] = {{"warehouses", "demo/warehouses.csv", 2},
            {"components", "demo/components.csv", 200},
            {"part_numbers", "demo/part_numbers.csv", 377},
            {"parties", "demo/parties.csv", 13},
            {"rates", "demo/rates.csv", 525},
            {"quotes", "demo/quotes.csv", 2446}};

static void load_demo(bool again)
{
    for (size_t i = 0; i < sizeof demo / sizeof demo[0]; i++) {
        struct import_job test;
        load(&test, demo[i].table, import_path(demo[i].path));
        check(&test, again ? 0 : demo[i].rows, 0, again ? demo[i].rows : 0, 0);
        import_job_fini(&test);
    }
}

static void loads_the_demo_twice(void **state)
{
    (void)state;
    load_demo(false);
    load_demo(true);
    assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM price_quote"), 2446);
    /* Ids ascend in file order: references are Q00001, Q00002 … */
    assert_int_equal(import_number(&look,
                                   "SELECT COUNT(*) FROM (SELECT ext_ref, LAG(ext_ref) OVER (ORDER BY id) before_it "
                                   "FROM price_quote) q WHERE before_it >= ext_ref"),
                     0);
    assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM component WHERE manual_price IS NOT NULL"), 3);
    assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM component WHERE active = 0"), 2);
    assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM price_quote WHERE component_id IS NULL"), 0);
}

/* ---- The demo stock -------------------------------------------------------------------------------------------- */

static int on_item(const struct store_value *v, unsigned n, void *ctx)
{
    FILE *expected = ctx;
    char line[512], ours[512];
    size_t at = 0;
    assert_non_null(fgets(line, sizeof line, expected));
    for (unsigned i = 0; i < n; i++)
        at += (size_t)snprintf(ours + at, sizeof ours - at, "%s%s", i ? "," : "",
                               v[i].type == STORE_NULL ? "" : v[i].text);
    line[strcspn(line, "\r\n")] = '\0';
    assert_string_equal(ours, line);
    return 0;
}

/* Every stored item equals expected/stock-items.csv. */
static void check_items(void)
{
    char line[512];
    FILE *expected = fopen(import_path("demo/expected/stock-items.csv"), "r");
    assert_non_null(expected);
    assert_non_null(fgets(line, sizeof line, expected));
    must(store_query(
        &look,
        "SELECT t.pn_norm, t.vendor_norm, c.lot_code, TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM t.lot_qty)), "
        "t.qty, t.reserved, t.unit, t.unit_cost, t.received_on FROM stock_item t "
        "LEFT JOIN component c ON c.id = t.component_id ORDER BY t.pn_norm, t.vendor_norm",
        NULL, 0, on_item, expected));
    assert_null(fgets(line, sizeof line, expected));
    fclose(expected);
}

static yajl_val read_expected(void)
{
    char text[20000], why[100];
    FILE *file = fopen(import_path("demo/expected/stock-import.json"), "r");
    assert_non_null(file);
    size_t n = fread(text, 1, sizeof text, file);
    fclose(file);
    yajl_val tree = json_parse(text, n, 8, why, sizeof why);
    assert_non_null(tree);
    return tree;
}

static void check_same_member(yajl_val want, yajl_val have, const char *key)
{
    yajl_val a = json_member(want, key), b = json_member(have, key);
    if (!a || !b)
        fail_msg("%s is missing", key);
    if (YAJL_IS_OBJECT(a)) {
        assert_int_equal(a->u.object.len, b->u.object.len);
        for (size_t i = 0; i < a->u.object.len; i++)
            check_same_member(a, b, a->u.object.keys[i]);
    } else if (YAJL_IS_STRING(a)) {
        assert_string_equal(YAJL_GET_STRING(a), YAJL_GET_STRING(b));
    } else if (YAJL_GET_INTEGER(a) != YAJL_GET_INTEGER(b)) {
        fail_msg("%s is %lld, expected %lld", key, YAJL_GET_INTEGER(b), YAJL_GET_INTEGER(a));
    }
}

static int on_issue(const struct store_value *v, unsigned n, void *ctx)
{
    yajl_val *issue = *(yajl_val **)ctx;
    (void)n;
    assert_int_equal(atoll(v[0].text), json_member_int(*issue, "row", 0));
    assert_string_equal(v[1].text, YAJL_GET_STRING(json_member(*issue, "codes")->u.array.values[0]));
    ++*(yajl_val **)ctx;
    return 0;
}

static void import_stock(struct import_job *test, const char *params)
{
    import_job_init(test, &task_stock_import, params, import_path("demo/stock.xlsx"));
    assert_int_equal(task_stock_import.run(&test->job), JOB_ENDED);
    if (test->outcome == OUTCOME_FAILED)
        fail_msg("%s: %s", test->error_code, test->error);
}

static void imports_the_demo_stock(void **state)
{
    (void)state;
    static const char *const members[] = {"stock_date",    "rows_total",        "rows_skipped", "rows_rejected",
                                          "rows_accepted", "duplicates_merged", "inserted",     "updated",
                                          "unchanged",     "deleted",           "matched",      "unmatched",
                                          "errors",        "warnings",          "qty_total",    "value_total"};
    struct import_job test;
    size_t n;
    load_demo(false);
    yajl_val expected = read_expected();
    import_stock(&test, "{\"warehouse\":\"MAIN\"}");
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        check_same_member(expected, test.result, members[i]);
    yajl_val file = json_member(test.result, "file");
    check_same_member(expected, file, "header_row");
    check_same_member(expected, file, "header_rows");
    check_same_member(expected, file, "columns");
    assert_string_equal(testdata_string(file, "sheet"), "TDSheet");
    assert_int_equal(test.outcome, OUTCOME_PARTIAL);
    assert_string_equal(test.message, "475 of 484 rows accepted, 9 rejected");
    import_job_fini(&test);
    check_items();
    yajl_val *issues = testdata_list(expected, "issues", &n);
    must(store_query(&look, "SELECT row_no, code FROM task_row_error WHERE severity = 'error' ORDER BY row_no", NULL, 0,
                     on_issue, &issues));
    import_stock(&test, "{\"warehouse\":\"MAIN\"}");
    yajl_val second = json_member(expected, "second_run");
    for (size_t i = 0; i < second->u.object.len; i++)
        check_same_member(second, test.result, second->u.object.keys[i]);
    import_job_fini(&test);
    check_items();
    yajl_tree_free(expected);
}

/* ---- Rows, keys, columns --------------------------------------------------------------------------------------- */

static void updates_only_what_the_file_has(void **state)
{
    (void)state;
    struct import_job test;
    load_text(&test, "components", "lot_code,name,category,coefficient\nA-1,one,CPU,1.5\nA-2,two,RAM,\n");
    check(&test, 2, 0, 0, 0);
    import_job_fini(&test);
    load_text(&test, "components", "name,lot_code\nONE,A-1\ntwo,A-2\nthree,A-3\n");
    check(&test, 1, 1, 1, 0);
    import_job_fini(&test);
    assert_int_equal(import_number(&look,
                                   "SELECT COUNT(*) FROM component WHERE BINARY name = 'ONE' AND category = 'CPU' "
                                   "AND coefficient = 1.5"),
                     1);
    assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM component WHERE lot_norm = 'A3' AND coefficient = 1"),
                     1);
}

static int check_skeleton(const struct store_value *v, unsigned n, void *ctx)
{
    char skeleton[PN_BYTES];
    (void)n;
    pn_skeleton(v[0].text, skeleton);
    assert_string_equal(v[1].text, skeleton);
    ++*(unsigned *)ctx;
    return 0;
}

/* The migration computes the same skeletons as pn_skeleton() and does not change updated_at. */
static void lots_have_skeletons(void **state)
{
    (void)state;
    struct import_job test;
    unsigned n = 0;
    load_text(&test, "components", "lot_code,name\nILO-QZSBG-ЗЧБ-1,x\n");
    import_job_fini(&test);
    must(store_exec(&look,
                    "INSERT INTO component (lot_code, lot_norm, name, updated_at) VALUES ('a', 'OQILZSBGЗЧБ0AЖ', 'x', "
                    "'2026-01-01'), ('b', 'BBIILLOO99ZZ', 'x', '2026-01-01')",
                    NULL));
    const struct store_migration *migration = store_migrations;
    while (migration->version != 8)
        migration++;
    for (const char *const *sql = migration->statements; *sql; sql++)
        must(store_exec(&look, *sql, NULL));
    must(store_query(&look, "SELECT lot_norm, lot_skeleton FROM component", NULL, 0, check_skeleton, &n));
    assert_int_equal(n, 3);
    assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM component WHERE updated_at = '2026-01-01'"), 2);
}

/* As spreadsheets and people write them. */
static void reads_yes_and_no(void **state)
{
    (void)state;
    struct import_job test;
    load_text(&test, "components",
              "lot_code,name,active\nY-1,x,1\nY-2,x,TRUE\nY-3,x,ИСТИНА\nY-4,x,Да\nY-5,x,yes\nY-6,x,\n"
              "N-1,x,0\nN-2,x,FALSE\nN-3,x,ложь\nN-4,x,нет\nN-5,x,No\nE-1,x,2\nE-2,x,да нет\nE-3,x,10\n");
    check(&test, 11, 0, 0, 3);
    assert_int_equal(json_member_int(json_member(test.result, "errors"), "E_CHOICE", 0), 3);
    import_job_fini(&test);
    assert_int_equal(import_number(&look, "SELECT SUM(active = (lot_code LIKE 'Y%')) FROM component"), 11);
}

static void keeps_the_good_rows(void **state)
{
    (void)state;
    struct import_job test;
    load_text(&test, "components",
              "lot_code,name,unit,coefficient,manual_price,active\n"
              "A-1,one,pcs,1,,1\n"
              "A 1,the same number,pcs,1,,1\n"
              ",no code,pcs,1,,1\n"
              "A-2,bad unit,kg,1,,1\n"
              "A-3,bad number,pcs,abc,,1\n"
              "A-4,zero,pcs,0,,1\n"
              "A-5,decimals,pcs,1,1.23456,1\n"
              "A-6,truth,pcs,1,,perhaps\n"
              "---,nothing,pcs,1,,1\n"
              "A-7,too many,pcs,1,,1,x\n"
              "A-8,,pcs,1,,1\n");
    check(&test, 1, 0, 0, 10);
    assert_int_equal(test.outcome, OUTCOME_PARTIAL);
    yajl_val errors = json_member(test.result, "errors");
    assert_int_equal(json_member_int(errors, "E_DUP", 0), 1);
    assert_int_equal(json_member_int(errors, "E_REQUIRED", 0), 2);
    assert_int_equal(json_member_int(errors, "E_CHOICE", 0), 2);
    assert_int_equal(json_member_int(errors, "E_NUMBER", 0), 2);
    assert_int_equal(json_member_int(errors, "E_RANGE", 0), 1);
    assert_int_equal(json_member_int(errors, "E_PN_EMPTY", 0), 1);
    assert_int_equal(json_member_int(errors, "E_COLUMNS", 0), 1);
    import_job_fini(&test);
    assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM task_row_error"), 10);
    assert_int_equal(
        import_number(&look, "SELECT row_no FROM task_row_error WHERE field = 'unit' AND cells LIKE '[\"A-2\",\"bad%'"),
        5);
    assert_int_equal(
        import_number(&look, "SELECT row_no FROM task_row_error WHERE field = 'lot_code' AND code = 'E_DUP'"), 3);
    assert_int_equal(
        import_number(&look, "SELECT captions = '[[\"lot_code\",\"name\",\"unit\",\"coefficient\",\"manual_price\","
                             "\"active\"]]' FROM task_heading"),
        1);
    load_text(&test, "components", "lot_code,name\na1,clash\n");
    check(&test, 0, 0, 0, 1);
    assert_int_equal(json_member_int(json_member(test.result, "errors"), "E_LOT_CLASH", 0), 1);
    import_job_fini(&test);
}

static void fails(const char *table, const char *text, const char *code, const char *says)
{
    struct import_job test;
    const char *path = write_file(text);
    assert_int_equal(run_file(&test, table, path), JOB_ENDED);
    unlink(path);
    assert_int_equal(test.outcome, OUTCOME_FAILED);
    assert_string_equal(test.error_code, code);
    if (!strstr(test.error, says))
        fail_msg("\"%s\" does not say \"%s\"", test.error, says);
    import_job_fini(&test);
}

static void refuses_wrong_headings(void **state)
{
    (void)state;
    fails("warehouses", "code,colour\nA,b\n", "E_COLUMNS",
          "Row 1: the column name is missing; not understood: B «colour»; columns of warehouses: code, name.");
    fails("warehouses", "colour,size\nA,b\n", "E_NO_HEADER", "None of the first 50 rows names the columns");
    fails("warehouses", "code\nA\n", "E_COLUMNS", "name is missing");
    fails("warehouses", "code,code\nA,A\n", "E_COLUMNS", "twice");
    fails("warehouses", "code,name\n", "E_NO_DATA", "no rows");
    fails("warehouses", "code,name\n\"A,b\n", "E_FILE_FORMAT", "CSV");
    assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM warehouse"), 0);
}

static void quotes_are_loaded_once(void **state)
{
    (void)state;
    struct import_job test;
#define QUOTE_HEAD "ext_ref,party_kind,party_code,lot_code,part_number,price,currency,quoted_on,valid_until\n"
    load_text(&test, "parties", "kind,code,name\nsupplier,S1,one\n");
    import_job_fini(&test);
    load_text(&test, "components", "lot_code,name\nA-1,one\n");
    import_job_fini(&test);
    load_text(&test, "quotes",
              QUOTE_HEAD "R1,supplier,S1,A-1,,10.5,RUB,2026-01-05,\n"
                         "R1,supplier,S1,A-1,,10.5,RUB,2026-01-05,\n"
                         "R2,supplier,S2,A-1,,10.5,RUB,2026-01-05,\n"
                         "R3,supplier,S1,A-9,,10.5,RUB,2026-01-05,\n"
                         "R4,supplier,S1,A-9,PN-9,10.5,RUB,2026-01-05,\n"
                         "R5,supplier,S1,A-1,,10.5,RUB,2026-01-05,2026-01-04\n"
                         ",supplier,S1,A-1,,11,RUB,2026-01-05,\n");
    check(&test, 3, 0, 1, 3);
    import_job_fini(&test);
    load_text(&test, "quotes",
              QUOTE_HEAD "R1,supplier,S1,A-1,,99,RUB,2026-01-05,\nR6,supplier,S1,,a1,12,RUB,2026-01-06,\n");
    check(&test, 1, 0, 1, 0);
    import_job_fini(&test);
    assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM price_quote WHERE ext_ref = 'R1' AND price = 10.5"), 1);
    assert_int_equal(
        import_number(&look, "SELECT COUNT(*) FROM price_quote WHERE ext_ref = 'R4' AND component_id IS NULL"), 1);
    assert_int_equal(
        import_number(&look, "SELECT COUNT(*) FROM price_quote WHERE ext_ref = 'R6' AND component_id IS NOT NULL"), 1);
}

/* Stock and quotes with unknown numbers get a lot when the map knows the numbers. */
static void relinks_what_waits(void **state)
{
    (void)state;
    struct import_job test;
    char why[100];
    static const char grid[] =
        "[[\"Артикул\",\"Производитель\",\"Ед.\",\"Кол-во\"],[\"PN-1\",\"\",\"шт\",{\"n\":\"1\"}],"
        "[\"PN-2\",\"Acme\",\"шт\",{\"n\":\"1\"}],[\"PN-3\",\"Acme\",\"шт\",{\"n\":\"1\"}],[\"LOT-4\",\"\",\"шт\",{"
        "\"n\":\"1\"}],"
        "[\"CAB-5\",\"\",\"шт\",{\"n\":\"1\"}]]";
    load_text(&test, "warehouses", "code,name\nMAIN,main\n");
    import_job_fini(&test);
    load_text(&test, "parties", "kind,code,name\nsupplier,S1,one\n");
    import_job_fini(&test);
    load_text(&test, "quotes", QUOTE_HEAD "R1,supplier,S1,,PN-1,10.5,RUB,2026-01-05,\n");
    import_job_fini(&test);
    import_job_init(&test, &task_stock_import, "{\"warehouse\":\"MAIN\"}", import_path("demo/stock.xlsx"));
    test.grid = json_parse(grid, strlen(grid), 8, why, sizeof why);
    assert_int_equal(task_stock_import.run(&test.job), JOB_ENDED);
    assert_int_equal(import_count(&test, "unmatched"), 5);
    yajl_tree_free(test.grid);
    import_job_fini(&test);
    load_text(&test, "components", "lot_code,name,unit\nLOT-1,one,pcs\nLOT-2,two,pcs\nLOT-4,four,pcs\nLOT-5,cable,m\n");
    assert_int_equal(import_count(&test, "relinked"), 1); /* the item whose number is a lot's */
    import_job_fini(&test);
    load_text(
        &test, "part_numbers",
        "vendor,part_number,lot_code,lot_qty\nBrand,PN-1,LOT-1,2\n,PN-2,LOT-2,\nAcme,PN-3,LOT-1,\nBrand,PN-3,LOT-2,\n"
        ",CAB-5,LOT-5,\nAcme,PN-7,LOT-9,\n");
    check(&test, 5, 0, 0, 1);
    assert_int_equal(import_count(&test, "relinked"),
                     4); /* three items and a quote; an item in metres does not match pieces */
    import_job_fini(&test);
    assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM stock_item t JOIN component c ON c.id = t.component_id "
                                          "WHERE (t.pn_norm, t.vendor_norm, c.lot_code, t.lot_qty) IN "
                                          "(('PN1','BRAND','LOT-1',2),('PN2','','LOT-2',1),('PN3','ACME','LOT-1',1),"
                                          "('LOT4','','LOT-4',1))"),
                     4);
    assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM price_quote WHERE component_id IS NOT NULL"), 1);
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
    const char *path = write_file("code,name\nA,a\n");
    import_job_init(&test, &task_catalog_import, "{\"table\":\"warehouses\"}", path);
    test.before_finish = lose_fence;
    assert_int_equal(task_catalog_import.run(&test.job), JOB_AGAIN);
    unlink(path);
    import_job_fini(&test);
    assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM warehouse"), 0);
}

static unsigned statements_left;

static unsigned break_at(enum store_fault_point point, const char *sql)
{
    (void)sql;
    return point == STORE_FAULT_BEFORE && statements_left && --statements_left == 0 ? 2013 : 0;
}

/* A connection lost at any statement: the table is as before or as after. */
static void survives_a_break_at_any_statement(void **state)
{
    (void)state;
    unsigned n = 1;
    for (bool broke = true; broke; n++) {
        struct import_job test;
        must(store_exec(&look, "DELETE FROM lease", NULL)); /* as the janitor does */
        must(store_exec(&look, "DELETE FROM component", NULL));
        must(store_exec(&look, "INSERT INTO component (lot_code, lot_norm, name) VALUES ('A-1', 'A1', 'old')", NULL));
        const char *path = write_file("lot_code,name\nA-1,new\nA-2,two\n,bad\n");
        import_job_init(&test, &task_catalog_import, "{\"table\":\"components\"}", path);
        statements_left = n;
        store_fault_hook = break_at;
        enum job_verdict verdict = task_catalog_import.run(&test.job);
        store_fault_hook = NULL;
        broke = statements_left == 0;
        unlink(path);
        import_job_fini(&test);
        long long good = import_number(&look, "SELECT COUNT(*) FROM component WHERE name IN ('new', 'two')");
        assert_int_equal(good, verdict == JOB_ENDED ? 2 : 0);
        assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM component"), verdict == JOB_ENDED ? 2 : 1);
        assert_true(n < 100);
    }
    assert_true(n > 10);
}

static void waits_for_its_lease(void **state)
{
    (void)state;
    struct import_job test;
    store_uuid other = {7};
    uint64_t fence;
    assert_int_equal(lease_acquire(&look, "catalog", other, 60, &fence), 1);
    const char *path = write_file("code,name\nA,a\n");
    import_job_init(&test, &task_catalog_import, "{\"table\":\"warehouses\"}", path);
    test.cancel_after = 2;
    assert_int_equal(task_catalog_import.run(&test.job), JOB_STOP);
    unlink(path);
    import_job_fini(&test);
    assert_int_equal(import_number(&look, "SELECT COUNT(*) FROM warehouse"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(loads_the_demo_twice, setup, teardown),
        cmocka_unit_test_setup_teardown(imports_the_demo_stock, setup, teardown),
        cmocka_unit_test_setup_teardown(updates_only_what_the_file_has, setup, teardown),
        cmocka_unit_test_setup_teardown(lots_have_skeletons, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_yes_and_no, setup, teardown),
        cmocka_unit_test_setup_teardown(keeps_the_good_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_wrong_headings, setup, teardown),
        cmocka_unit_test_setup_teardown(quotes_are_loaded_once, setup, teardown),
        cmocka_unit_test_setup_teardown(relinks_what_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(writes_nothing_without_its_fence, setup, teardown),
        cmocka_unit_test_setup_teardown(survives_a_break_at_any_statement, setup, teardown),
        cmocka_unit_test_setup_teardown(waits_for_its_lease, setup, teardown),
    };
    if (fixture_start() != 0)
        return 77;
    return cmocka_run_group_tests(tests, import_make_tables, NULL);
}
