/* The cost of reading stock is that of the page: a few index entries per row and a fixed number of statements, however
 * large stock and map are. */
#include "handlers/read/stock.h"

#include "handlers/catalog/relink.h"
#include "tests/unit/import_job.h"

static struct store_conn db;

static void must(int rc)
{
    if (rc != 0)
        fail_msg("%s %u: %s", store_class_name(db.error.cls), db.error.number, db.error.text);
}

/* 6000 rows of stock in two warehouses, every third of them without a lot, and 5000 mappings; one number looks like
 * another. */
static void fill(void)
{
    static const char *const statements[] = {
        "INSERT INTO warehouse (id, code, name) VALUES (1, 'MAIN', 'Main'), (2, 'SIDE', 'Side')",
        "INSERT INTO component (id, lot_code, lot_norm, name) SELECT seq, CONCAT('LOT-', seq), CONCAT('LOT', seq), "
        "'Lot' "
        "FROM seq_1_to_500",
        "INSERT INTO part_number_map (pn_norm, pn_skeleton, part_number, component_id) SELECT CONCAT('M', seq), "
        "CONCAT('M', seq), CONCAT('M-', seq), 1 + seq % 500 FROM seq_1_to_5000",
        "UPDATE part_number_map SET pn_skeleton = 'P00003' WHERE pn_norm IN ('M7', 'M8', 'M9', 'M70')",
        "INSERT INTO stock_import (id, task_id, warehouse_id, file_name, file_sha256, file_format, mode, stock_date, "
        "rows_total, rows_rejected, inserted, updated, unchanged, deleted) SELECT seq, UUID(), seq, 'f.xlsx', "
        "REPEAT('x', 32), 'xlsx', 'merge', '2026-02-05', 0, 0, 0, 0, 0, 0 FROM seq_1_to_2",
        "INSERT INTO stock_item (warehouse_id, pn_norm, part_number, qty, reserved, component_id, stock_import_id) "
        "SELECT 1 + seq % 2, CONCAT('P', LPAD(seq DIV 2, 5, '0')), 'raw', seq, 2, IF(seq DIV 2 % 3 = 0, NULL, "
        "1 + seq % 500), 1 + seq % 2 FROM seq_0_to_5999",
        "ANALYZE TABLE stock_item, part_number_map, component",
    };
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
        must(store_exec(&db, statements[i], NULL));
}

/* ---- Costs ----------------------------------------------------------------------------------------------------- */

static long long rows_read(void)
{
    return import_number(&db, "SELECT SUM(VARIABLE_VALUE) FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME "
                              "LIKE 'HANDLER_READ%'");
}

static long long statements_run(void)
{
    return import_number(&db, "SELECT VARIABLE_VALUE FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME = "
                              "'COM_STMT_EXECUTE'");
}

typedef int (*read_fn)(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out);
struct list {
    const char *name;
    const struct param_spec *specs;
    unsigned n_keys;
    read_fn read;
};
static const struct list stock = {"stock", stock_params, STOCK_KEYS, stock_read};
static const struct list unmatched = {"unmatched", unmatched_params, UNMATCHED_KEYS, unmatched_read};

/* One page of it as JSON; freed with yajl_tree_free(). */
static yajl_val read_page(const struct list *list, const char *query)
{
    struct param_faults faults = {.n = 0};
    struct page page;
    struct json_out out;
    char why[100];
    yajl_val object = json_parse(query, strlen(query), 4, why, sizeof why);
    char *canonical = params_from_json(list->specs, object, &faults);
    yajl_tree_free(object);
    assert_non_null(canonical);
    yajl_val params = json_parse(canonical, strlen(canonical), 4, why, sizeof why);
    free(canonical);
    assert_int_equal(page_open(&page, list->name, list->n_keys, params, &faults), 0);
    json_out_init(&out);
    must(list->read(&db, params, &page, &out));
    assert_int_equal(faults.n, 0);
    char *text = json_out_copy(&out);
    yajl_val body = json_parse(text, strlen(text), 8, why, sizeof why);
    assert_non_null(body);
    free(text);
    json_out_fini(&out);
    yajl_tree_free(params);
    return body;
}

/* Reads the page with its statements already prepared, and counts the rows that the server looked at. */
static yajl_val read_cheaply(const struct list *list, const char *query, long long most_rows, long long most_statements)
{
    yajl_tree_free(read_page(list, query));
    long long before = rows_read(), overhead = rows_read() - before, executed = statements_run();
    before = rows_read();
    yajl_val body = read_page(list, query);
    long long rows = rows_read() - before - overhead;
    long long statements = statements_run() - executed - 3; /* without the three that count */
    if (rows > most_rows || statements > most_statements)
        fail_msg("%s reads %lld rows with %lld statements", query, rows, statements);
    return body;
}

static void pages_of_stock_are_cheap(void **state)
{
    (void)state;
    static const char *const queries[] = {"{\"limit\":10}", "{\"limit\":10,\"warehouse\":\"SIDE\"}",
                                          "{\"limit\":10,\"lot\":\"LOT-9\"}", "{\"limit\":10,\"pn\":\"P-00100\"}",
                                          "{\"limit\":10,\"pn\":\"P-00100\",\"lot\":\"LOT-202\"}"};
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        yajl_val body = read_cheaply(&stock, queries[i], 150, 4);
        assert_non_null(json_member(body, "stock"));
        yajl_tree_free(body);
    }
}

static void pages_of_waiting_numbers_are_cheap(void **state)
{
    size_t n, hints;
    (void)state;
    yajl_val body = read_cheaply(&unmatched, "{\"limit\":10}", 250, 4);
    yajl_val *rows = testdata_list(body, "unmatched", &n);
    assert_int_equal(n, 10);
    for (size_t i = 0; i < n; i++) {
        char number[32];
        snprintf(number, sizeof number, "P%05zu", 3 * i);
        assert_string_equal(testdata_string(rows[i], "pn_norm"), number);
        assert_int_equal(json_member_int(rows[i], "items", 0), 2);
        yajl_val *list = testdata_list(rows[i], "suggestions", &hints);
        assert_int_equal(hints, i == 1 ? 3 : 0);
        if (hints) {
            assert_string_equal(testdata_string(list[0], "part_number"), "M-7");
            assert_string_equal(testdata_string(list[2], "part_number"), "M-8");
        }
    }
    yajl_tree_free(body);
}

/* The free quantity is never negative. */
static void nothing_is_less_than_free(void **state)
{
    size_t n;
    (void)state;
    yajl_val body = read_page(&stock, "{\"pn\":\"P00000\"}");
    yajl_val *rows = testdata_list(body, "stock", &n);
    assert_int_equal(n, 2);
    assert_string_equal(testdata_string(rows[0], "qty"), "0.000");
    assert_string_equal(testdata_string(rows[0], "free"), "0.000");
    assert_string_equal(testdata_string(rows[1], "free"), "0.000");
    yajl_tree_free(body);
}

/* One number is linked without a look at the others, which an import may have locked. */
static void linking_one_number_touches_no_other(void **state)
{
    struct relinked done;
    (void)state;
    must(store_exec(&db,
                    "INSERT INTO part_number_map (pn_norm, pn_skeleton, part_number, component_id) VALUES "
                    "('P00300', 'P00300', 'P-00300', 1)",
                    NULL));
    long long before = rows_read(), overhead = rows_read() - before;
    before = rows_read();
    must(store_begin(&db));
    must(relink_number(&db, "P00300", &done));
    must(store_commit(&db));
    assert_int_equal(done.stock, 2);
    assert_int_equal(done.quotes, 0);
    assert_true(rows_read() - before - overhead < 100);
}

static int group_start(void **state)
{
    int rc = import_make_tables(state);
    store_conn_init(&db, fixture_config());
    if (rc == 0 && store_ensure(&db) == 0)
        fill();
    return rc;
}

static int group_end(void **state)
{
    (void)state;
    store_conn_fini(&db);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_of_stock_are_cheap),
        cmocka_unit_test(pages_of_waiting_numbers_are_cheap),
        cmocka_unit_test(nothing_is_less_than_free),
        cmocka_unit_test(linking_one_number_touches_no_other),
    };
    if (fixture_start() != 0)
        return 77;
    return cmocka_run_group_tests(tests, group_start, group_end);
}
