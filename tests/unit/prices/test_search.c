/* A page of a search costs about as much as the page, however many components there are and however many of them the
 * words find: counted in rows that the server reads, so that a busy machine does not matter. */
#include "handlers/prices/components.h"

#include "handlers/catalog/words.h"
#include "tests/unit/import_job.h"

static struct store_conn db;

static void must(int rc)
{
    if (rc != 0)
        fail_msg("%s %u: %s", store_class_name(db.error.cls), db.error.number, db.error.text);
}

/* Four kinds, one after the other in the order of their codes; each has a word that all of it has. */
static void fill(void)
{
    static const char *const statements[] = {
        "INSERT INTO component (lot_code, lot_norm, name, category) SELECT CONCAT(k, '-', LPAD(seq, 5, '0')), "
        "CONCAT(k, "
        "LPAD(seq, 5, '0')), CONCAT(w, ' series ', seq), k FROM (SELECT seq, ELT(1 + seq % 4, 'ACC', 'CPU', 'MEM', "
        "'SSD') AS k, ELT(1 + seq % 4, 'Thing', 'Processor', 'Memory', 'Drive') AS w FROM seq_1_to_30000) s",
        "INSERT INTO part_number_map (pn_norm, pn_skeleton, part_number, component_id) SELECT CONCAT('TRX', LPAD(id, "
        "6, "
        "'0')), 'X', CONCAT('TRX-', LPAD(id, 6, '0')), id FROM component",
        "ANALYZE TABLE component, component_word, part_number_map",
    };
    must(store_exec(&db, statements[0], NULL));
    must(words_learn_new(&db, 0));
    for (size_t i = 1; i < sizeof statements / sizeof statements[0]; i++)
        must(store_exec(&db, statements[i], NULL));
}

static long long rows_read(void)
{
    return import_number(&db, "SELECT SUM(VARIABLE_VALUE) FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME "
                              "LIKE 'HANDLER_READ%'");
}

/* One page as JSON; freed with yajl_tree_free(). */
static yajl_val search(const char *query)
{
    struct param_faults faults = {.n = 0};
    struct page page;
    struct json_out out;
    char why[100];
    yajl_val object = json_parse(query, strlen(query), 4, why, sizeof why);
    assert_non_null(object);
    char *canonical = params_from_json(components_params, object, &faults);
    yajl_tree_free(object);
    assert_non_null(canonical);
    yajl_val params = json_parse(canonical, strlen(canonical), 4, why, sizeof why);
    free(canonical);
    assert_int_equal(page_open(&page, "components", COMPONENTS_KEYS, params, &faults), 0);
    json_out_init(&out);
    must(components_read(&db, params, &page, &out));
    char *text = json_out_copy(&out);
    yajl_val body = json_parse(text, strlen(text), 8, why, sizeof why);
    free(text);
    json_out_fini(&out);
    yajl_tree_free(params);
    return body;
}

static void check(const char *query, const char *first, unsigned found, long long most)
{
    size_t n;
    yajl_tree_free(search(query)); /* prepares the statements */
    long long before = rows_read(), overhead = rows_read() - before;
    before = rows_read();
    yajl_val body = search(query);
    long long rows = rows_read() - before - overhead;
    yajl_val *list = testdata_list(body, "components", &n);
    if (rows > most || n != found)
        fail_msg("%s finds %zu and reads %lld rows, more than %lld", query, n, rows, most);
    if (first)
        assert_string_equal(testdata_string(list[0], "lot_code"), first);
    yajl_tree_free(body);
}

static void pages_of_a_search_are_cheap(void **state)
{
    (void)state;
    check("{\"limit\":50}", "ACC-00004", 50, 200);
    check("{\"limit\":50,\"q\":\"processor\"}", "CPU-00001", 50, 5000); /* one that begins late in the order */
    check("{\"limit\":50,\"q\":\"ssd\"}", "SSD-00003", 50, 5000);
    check("{\"limit\":50,\"q\":\"mem-0\"}", "MEM-00002", 50, 12000); /* 2500 are read and sorted */
    check("{\"limit\":50,\"q\":\"trx\"}", "ACC-00004", 50, 5000);
    check("{\"limit\":50,\"q\":\"series\"}", "ACC-00004", 50, 5000);
    check("{\"limit\":50,\"q\":\"series drive\"}", "SSD-00003", 50, 10000);
    check("{\"limit\":50,\"q\":\"series 29999\"}", "SSD-29999", 1, 5000);
    check("{\"limit\":50,\"q\":\"trx-029999\"}", "SSD-29999", 1, 200);
    check("{\"limit\":50,\"q\":\"nothing\"}", NULL, 0, 100);
}

/* A name that changes: the words of the old one find nothing, those of the code and of other components stay. */
static void words_follow_names(void **state)
{
    (void)state;
    must(words_forget(&db, "[1]"));
    must(store_exec(&db, "UPDATE component SET name = 'Gadget-7 x' WHERE id = 1", NULL));
    must(words_learn(&db, "[1]"));
    check("{\"q\":\"gadget\"}", "CPU-00001", 1, 100);
    check("{\"q\":\"gadget7\"}", "CPU-00001", 1, 100);
    check("{\"q\":\"7 x\"}", "CPU-00001", 1, 10000);
    check("{\"limit\":1,\"q\":\"processor\"}", "CPU-00005", 1, 5000);
    check("{\"q\":\"cpu-00001\"}", "CPU-00001", 1, 100);
    assert_int_equal(import_number(&db, "SELECT COUNT(*) FROM component_word WHERE lot_code = 'CPU-00001'"), 6);
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
        cmocka_unit_test(pages_of_a_search_are_cheap),
        cmocka_unit_test(words_follow_names),
    };
    if (fixture_start() != 0)
        return 77;
    return cmocka_run_group_tests(tests, group_start, group_end);
}
