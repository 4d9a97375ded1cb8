/* Migrations, and what the schema itself refuses, against a real server. */
#include "store/rights.h"
#include "tests/unit/store/db.h"

#include <unistd.h>

/* ---- Migrations ---------------------------------------------------------------------------------------------- */

static void migrates_once(void **state)
{
    (void)state;
    unsigned applied = 9;
    assert_int_equal(store_schema_current(&db), 1);
    OK(store_migrate(&db, &applied));
    assert_int_equal(applied, 0);
    assert_int_equal(one("SELECT COUNT(*) FROM schema_version"), store_schema_version());
    assert_int_equal(one("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND "
                         "(engine <> 'InnoDB' OR table_collation <> 'utf8mb4_uca1400_as_ci')"),
                     0);
    assert_int_equal(one("SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = DATABASE()"), 10);
}

/* A migration killed after any statement is completed by the next start. */
static void migrates_from_any_prefix(void **state)
{
    (void)state;
    const char *const *all = store_migrations[0].statements;
    unsigned n = 0, applied = 0;
    while (all[n])
        n++;
    assert_true(n > 20);
    for (unsigned prefix = 0; prefix <= n; prefix += prefix < n - 4 ? 4 : 1) {
        fixture_empty_database();
        store_conn_fini(&db);
        OK(store_ensure(&db));
        assert_int_equal(store_schema_current(&db), 0);
        for (unsigned i = 0; i < prefix; i++)
            OK(store_exec(&db, all[i], NULL));
        OK(store_migrate(&db, &applied));
        assert_int_equal(applied, store_schema_version());
        assert_int_equal(store_schema_current(&db), 1);
    }
}

/* A server that was stopped in the middle of it has the trigger's name, and no trigger. */
static void half_made_triggers_are_made_again(void **state)
{
    (void)state;
    char path[160];
    unsigned made = 0;
    snprintf(path, sizeof path, "%.*s/db/pf_test/task.TRG", (int)strlen(fixture_config()->socket) - 2,
             fixture_config()->socket);
    assert_int_equal(unlink(path), 0);
    OK(store_exec(&db, "FLUSH TABLES", NULL));
    assert_int_equal(
        store_exec(&db, "CREATE OR REPLACE TRIGGER task_added AFTER INSERT ON task FOR EACH ROW DO 1", NULL), -1);
    assert_int_equal(db.error.number, 1360);
    OK(store_own_triggers(&db, &made));
    assert_int_equal(made, 3);
    assert_int_equal(one("SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = DATABASE()"), 10);
}

static int text_row(const struct store_value *v, unsigned n, void *ctx)
{
    assert_int_equal(n, 1);
    snprintf(ctx, 100, "%s", v[0].text);
    return 0;
}

static const struct store_migration *migration(unsigned version)
{
    const struct store_migration *m = store_migrations;
    while (m->version != version)
        m++;
    return m;
}

/* "9 9 8 0 0 1": what a task has counted according to its result; "-" = its type does not count that. */
static void counts_are_taken_from_results(void **state)
{
    (void)state;
    static const struct {
        const char *type, *status, *result, *counts;
    } cases[] = {
        {"stock_import", "succeeded",
         "{\"rows_total\":9,\"rows_rejected\":1,\"inserted\":8,\"updated\":0,\"unchanged\":0}", "9 9 8 0 0 1"},
        {"catalog_import", "succeeded",
         "{\"rows_total\":5,\"inserted\":2,\"updated\":2,\"unchanged\":1,\"rejected\":0}", "5 5 2 2 1 0"},
        {"stock_import", "succeeded", "{\"already_imported\":true}", "- - - - - -"},
        {"recalculate", "succeeded", "{\"components_total\":7,\"updated\":4,\"unchanged\":1,\"failed\":2}",
         "7 7 - 4 1 2"},
        {"pricelist_create", "succeeded", "{\"created\":true,\"items\":3,\"skipped\":{\"no_price\":4,\"failed\":2}}",
         "9 9 - - - 2"},
        {"pricelist_create", "succeeded", "{\"created\":true,\"items\":3,\"skipped\":{}}", "3 3 - - - 0"},
        {"another", "succeeded", "{\"rows_total\":9}", "- - - - - -"},
        {"stock_import", "failed", NULL, "- - - - - -"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char counts[100] = "";
        struct store_value v[] = {STORE_S(cases[i].type), STORE_S(cases[i].status), STORE_S_OR_NULL(cases[i].result)};
        OK(store_exec(&db, "DELETE FROM task", NULL));
        OK(store_run(
            &db,
            "INSERT INTO task (id, node, type, params, status, result, progress_done, created_at, finished_at) "
            "VALUES (UUID(), UUID(), ?, '{}', ?, ?, 0, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))",
            v, 3, NULL, NULL));
        for (unsigned round = 0; round < 2; round++) /* killed after its last statement, it is made again */
            for (const char *const *sql = migration(10)->statements; *sql; sql++)
                OK(store_exec(&db, *sql, NULL));
        OK(store_query(&db,
                       "SELECT CONCAT_WS(' ', COALESCE(progress_total, '-'), COALESCE(progress_done, '-'), "
                       "COALESCE(progress_created, '-'), COALESCE(progress_updated, '-'), "
                       "COALESCE(progress_unchanged, '-'), COALESCE(progress_rejected, '-')) FROM task",
                       NULL, 0, text_row, counts));
        assert_string_equal(counts, cases[i].counts);
    }
}

/* Refused rows of earlier imports become lists by column, under the names that were kept with the task. */
static void refused_rows_become_lists(void **state)
{
    (void)state;
    char text[100] = "";
    OK(store_exec(&db, *migration(7)->statements, NULL));
    OK(store_exec(&db,
                  "INSERT INTO task (id, node, type, params, status, reject_columns, created_at, finished_at) VALUES "
                  "(UUID(), UUID(), 'stock_import', '{}', 'failed', 'part_number\tqty', UTC_TIMESTAMP(3), "
                  "UTC_TIMESTAMP(3))",
                  NULL));
    OK(store_exec(&db,
                  "INSERT INTO task_row_error (task_id, severity, row_no, code, message, raw) SELECT id, 'error', 3, "
                  "'E_QTY_NUM', 'x', 'a\"\\\\t\tmany' FROM task",
                  NULL));
    for (unsigned round = 0; round < 2; round++) /* killed after its last statement, it is made again */
        for (const char *const *sql = migration(11)->statements; *sql; sql++)
            OK(store_exec(&db, *sql, NULL));
    OK(store_query(&db,
                   "SELECT CONCAT(h.captions, ' ', e.cells) FROM task_row_error e JOIN task_heading h ON h.task_id = "
                   "e.task_id AND h.number = e.heading",
                   NULL, 0, text_row, text));
    assert_string_equal(text, "[[\"part_number\",\"qty\"]] [\"a\\\"\\\\t\",\"many\"]");
    OK(store_exec(&db, "DELETE FROM task", NULL));
    assert_int_equal(one("SELECT COUNT(*) FROM task_heading"), 0);
}

static void refuses_newer_and_changed(void **state)
{
    (void)state;
    OK(store_exec(&db, "INSERT INTO schema_version (version, name, sha256) VALUES (99, 'x', REPEAT('a', 32))", NULL));
    assert_int_equal(store_migrate(&db, NULL), -1);
    assert_int_equal(db.error.cls, STORE_CONFIG);
    assert_non_null(strstr(db.error.text, "newer"));
    assert_int_equal(store_schema_current(&db), -1);
    OK(store_exec(&db, "DELETE FROM schema_version WHERE version = 99", NULL));
    OK(store_exec(&db, "UPDATE schema_version SET sha256 = REPEAT('a', 32)", NULL));
    assert_int_equal(store_migrate(&db, NULL), -1);
    assert_int_equal(db.error.cls, STORE_CONFIG);
}

static void one_migrates_at_a_time(void **state)
{
    (void)state;
    struct store_conn other;
    long long got = 0;
    store_conn_init(&other, fixture_config());
    assert_int_equal(store_ensure(&other), 0);
    assert_int_equal(
        store_query(&other, "SELECT GET_LOCK(CONCAT('priceforge.migrate.', DATABASE()), 0)", NULL, 0, number_row, &got),
        0);
    assert_int_equal(got, 1);
    assert_int_equal(store_migrate(&db, NULL), -1);
    assert_int_equal(db.error.cls, STORE_RETRY);
    store_conn_fini(&other);
    OK(store_migrate(&db, NULL));
}

#define REFUSED(sql)                                                                                                   \
    do {                                                                                                               \
        assert_int_equal(store_exec(&db, sql, NULL), -1);                                                              \
        assert_int_equal(db.error.number, 1644);                                                                       \
        assert_int_equal(db.error.cls, STORE_CONFIG);                                                                  \
    } while (0)

static void price_lists_are_immutable(void **state)
{
    (void)state;
    OK(store_exec(&db, "INSERT INTO component (id, lot_code, lot_norm, name) VALUES (1, 'A', 'A', 'a')", NULL));
    OK(store_exec(&db,
                  "INSERT INTO pricelist (id, source, seq, version, currency, as_of, params, task_id) VALUES "
                  "(1, 'estimate', 1, '2026-02-05-001', 'RUB', '2026-02-05', '{}', UUID())",
                  NULL));
#define ITEM(lot)                                                                                                      \
    "INSERT INTO pricelist_item (pricelist_id, lot_code, component_id, name, category, unit, price, basis) VALUES "    \
    "(1, '" lot "', 1, 'a', '', 'pcs', 10, 'fresh')"
    OK(store_exec(&db, ITEM("A"), NULL));
    REFUSED("UPDATE pricelist_item SET price = 11");
    REFUSED("DELETE FROM pricelist_item");
    OK(store_exec(&db, "UPDATE pricelist SET items = 1, status = 'ready'", NULL));
    REFUSED(ITEM("B"));
    REFUSED("UPDATE pricelist SET items = 2");
    REFUSED("UPDATE pricelist SET status = 'building'");
    REFUSED("UPDATE pricelist SET previous_id = 7");
    OK(store_exec(&db, "UPDATE pricelist SET archived_at = NOW(3), note = 'old'", NULL));
    OK(store_exec(&db, "DELETE FROM pricelist", NULL));
    assert_int_equal(one("SELECT COUNT(*) FROM pricelist_item"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(migrates_once),
        T(migrates_from_any_prefix),
        T(half_made_triggers_are_made_again),
        T(refuses_newer_and_changed),
        T(migrates_once),
        T(migrates_from_any_prefix),
        T(counts_are_taken_from_results),
        T(refused_rows_become_lists),
        T(one_migrates_at_a_time),
        T(price_lists_are_immutable),
    };
    if (fixture_start() != 0)
        return 77; /* automake's "skipped" */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
