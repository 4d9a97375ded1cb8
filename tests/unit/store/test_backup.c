/* Backups against a real server: of each older schema, of every byte, and damaged ones. */
#include "store/backup/backup.h"
#include "store/backup/references.h"
#include "tests/unit/store/db.h"

#include <unistd.h>

static struct backup_error why;

#define GOOD(call) good((call), #call, __LINE__)
static void good(int rc, const char *what, int line)
{
    if (rc != 0)
        fail_msg("line %d: %s: %s", line, what, why.text);
}

static int temporary(void)
{
    char name[] = "/tmp/pf-backup.XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    unlink(name);
    return fd;
}

/* Rows that each version of the schema takes: columns of the first version alone. */
static const char *const rows[] = {
    "INSERT INTO component (id, lot_code, lot_norm, name) VALUES (7, 'L-1', 'L1', 'Memory 64 GB'), (9, 'Lot О', "
    "'LOTO', "
    "'back\\\\slash\\ttab\\nline\\rreturn, \\\\N')",
    "INSERT INTO part_number_map (pn_norm, vendor_norm, pn_skeleton, part_number, component_id) VALUES ('A1', '', "
    "'A1', "
    "'A-1', 7)",
    "INSERT INTO party (id, kind, code, name) VALUES (1, 'supplier', 'S', '')",
    "INSERT INTO price_quote (party_id, component_id, price, currency, quoted_on) VALUES (1, 7, '1.2300', 'RUB', "
    "'2026-02-05')",
    "INSERT INTO warehouse (id, code, name) VALUES (3, 'MAIN', 'Main')",
    "INSERT INTO stock_import (id, task_id, warehouse_id, file_name, file_sha256, file_format, mode, stock_date, "
    "rows_total, "
    "rows_rejected, inserted, updated, unchanged, deleted) VALUES (5, '11111111-2222-4333-8444-555555555555', 3, "
    "'s.xlsx', "
    "X'00090A0D5C4E00FF00000000000000000000000000000000000000000000FFFF', 'xlsx', 'replace', '2026-02-05', 1, 0, 1, 0, "
    "0, 0)",
    "INSERT INTO stock_item (warehouse_id, pn_norm, part_number, component_id, qty, unit_cost, stock_import_id) VALUES "
    "(3, "
    "'A1', 'A-1', 7, '2.500', NULL, 5)",
    "INSERT INTO pricelist (id, source, seq, version, currency, as_of, params, task_id) VALUES (4, 'estimate', 1, "
    "'2026-02-05-001', 'RUB', '2026-02-05', '{}', UUID())",
    "INSERT INTO pricelist_item (pricelist_id, lot_code, component_id, name, category, unit, price, basis) VALUES (4, "
    "'L-1', "
    "7, 'M', '', 'pcs', '9.9900', 'fresh')",
    "UPDATE pricelist SET status = 'ready', items = 1 WHERE id = 4",
    "INSERT INTO task (id, node, type, status, params, idem_scope, finished_at, result) VALUES "
    "('11111111-2222-4333-8444-555555555555', UUID(), 'stock_import', 'succeeded', '{}', REPEAT('k', 32), "
    "UTC_TIMESTAMP(3), '{\"rows_total\":1,\"inserted\":1,\"updated\":0,\"unchanged\":0,\"rows_rejected\":0}')",
    "INSERT INTO task_row_error (task_id, severity, row_no, code, message, raw) VALUES "
    "('11111111-2222-4333-8444-555555555555', 'warning', 1, 'W_UNMATCHED', 'm', 'a\\tb')",
    "INSERT INTO lease (name, holder, until, fence) VALUES ('stock:MAIN', UUID(), '2038-01-01', 8)",
    NULL,
};

/* More than one buffer of the reader. */
static void fill_logs(void)
{
    for (unsigned i = 0; i < 40; i++) {
        char log[20000], at[16];
        size_t n = i < 20 ? i * 1000 : 16384 + i;
        for (size_t k = 0; k < n; k++)
            log[k] = (char)((k + i) % 128);
        snprintf(at, sizeof at, "%u", i);
        struct store_value v[] = {STORE_S(at), STORE_SN(log, n)};
        OK(store_run(&db,
                     "INSERT INTO task_log (task_id, at, text) VALUES ('11111111-2222-4333-8444-555555555555', ?, ?)",
                     v, 2, NULL, NULL));
    }
}

/* An empty database of a version. */
static void make_version(unsigned version)
{
    store_conn_fini(&db);
    fixture_empty_database();
    OK(store_ensure(&db));
    OK(store_schema_mark(&db));
    OK(store_schema_build(&db, version, STORE_SCHEMA_TABLES));
    OK(store_schema_build(&db, version, STORE_SCHEMA_TRIGGERS));
    OK(store_schema_record(&db, version));
}

static void fill(void)
{
    for (const char *const *sql = rows; *sql; sql++)
        OK(store_exec(&db, *sql, NULL));
}

static void empty(void)
{
    store_conn_fini(&db);
    fixture_empty_database();
    OK(store_ensure(&db));
}

static void save(int fd, struct backup_head *head)
{
    memset(head, 0, sizeof *head);
    strcpy(head->node, "-");
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    GOOD(backup_write(&db, fd, head, NULL, &why));
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
}

static uint64_t load(int fd)
{
    struct backup_head head = {.schema = 0};
    uint64_t ended = 99;
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    GOOD(backup_load(&db, fd, &head, &ended, NULL, &why));
    backup_head_free(&head);
    assert_int_equal(store_schema_current(&db), 1);
    return ended;
}

static void assert_same(const struct backup_head *a, const struct backup_head *b, unsigned version)
{
    assert_int_equal(a->n_tables, b->n_tables);
    for (unsigned i = 0; i < a->n_tables; i++) {
        assert_string_equal(a->tables[i].name, b->tables[i].name);
        if (a->tables[i].rows != b->tables[i].rows ||
            memcmp(a->tables[i].digest, b->tables[i].digest, BACKUP_DIGEST) != 0)
            fail_msg("schema %u: %s differs", version, a->tables[i].name);
        assert_int_equal(a->tables[i].next_id, b->tables[i].next_id);
    }
}

static bool no_fault(const char *table, const char *key, const char *what, void *ctx)
{
    (void)ctx;
    fail_msg("%s %s: %s", table, key, what);
    return true;
}

/* A backup of any version becomes what the database itself becomes when it is brought to the newest. */
static void restores_each_version(void **state)
{
    (void)state;
    int fd = temporary(), second = temporary();
    for (unsigned version = 1; version <= store_schema_version(); version++) {
        struct backup_head saved, migrated, restored;
        make_version(version);
        fill();
        OK(store_exec(&db, "DELETE FROM component WHERE id = 9", NULL)); /* the next id stays 10 */
        save(fd, &saved);
        assert_int_equal(saved.schema, version);
        OK(store_migrate(&db, NULL));
        save(second, &migrated);
        empty();
        assert_int_equal(load(fd), 0);
        save(second, &restored);
        assert_same(&migrated, &restored, version);
        assert_int_equal(one("SELECT COUNT(*) FROM lease"), 0);
        assert_int_equal(one("SELECT COUNT(*) FROM task WHERE idem_scope IS NOT NULL"), 0);
        assert_int_equal(one("SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = DATABASE()"), 10);
        assert_int_equal(one("SELECT COUNT(*) FROM schema_version WHERE version = 0"), 0);
        assert_int_equal(store_exec(&db, "UPDATE pricelist SET items = 2", NULL), -1); /* the trigger is there */
        OK(references_check(&db, 9, no_fault, NULL));
        backup_head_free(&saved);
        backup_head_free(&migrated);
        backup_head_free(&restored);
    }
    close(fd);
    close(second);
}

/* What was queued or running has failed, in any version, and counts as ended. */
static void unfinished_tasks_end(void **state)
{
    (void)state;
    int fd = temporary();
    for (unsigned version = 1; version <= store_schema_version(); version += 4) {
        struct backup_head head;
        make_version(version);
        OK(store_exec(
            &db,
            "INSERT INTO task (id, node, type, status, params, live_key, created_at) VALUES (UUID(), UUID(), 'a', "
            "'queued', '{}', REPEAT('l', 32), '2026-02-05 10:00'), (UUID(), UUID(), 'a', 'running', '{}', NULL, "
            "'2038-02-05 10:00')",
            NULL));
        save(fd, &head);
        backup_head_free(&head);
        empty();
        assert_int_equal(load(fd), 2);
        assert_int_equal(
            one("SELECT COUNT(*) FROM task WHERE status = 'failed' AND outcome = 'interrupted' AND error_code = "
                "'restored' AND live_key IS NULL AND finished_at >= created_at"),
            2);
        assert_int_equal(
            one("SELECT SUM(n) FROM (SELECT n FROM task_count WHERE status = 'failed' UNION ALL SELECT n FROM "
                "task_count_change WHERE status = 'failed') c"),
            2);
    }
    close(fd);
}

/* Every byte in a text, every length around the reader's buffers. */
static void every_value_comes_back(void **state)
{
    (void)state;
    int fd = temporary();
    struct backup_head before, after;
    fill();
    fill_logs();
    save(fd, &before);
    empty();
    load(fd);
    save(fd, &after);
    assert_same(&before, &after, 0);
    assert_int_equal(one("SELECT COUNT(*) FROM component WHERE name = 'back\\\\slash\\ttab\\nline\\rreturn, \\\\N'"),
                     1);
    assert_int_equal(one("SELECT COUNT(*) FROM stock_item WHERE unit_cost IS NULL AND vendor_norm = ''"), 1);
    backup_head_free(&before);
    backup_head_free(&after);
    close(fd);
}

/* The database is marked before anything in it is touched, and a load that fails leaves the mark. */
static void a_load_that_fails_is_told_to_everybody(void **state)
{
    (void)state;
    int fd = temporary();
    struct backup_head head;
    struct backup_target target;
    uint64_t ended;
    fill();
    fill_logs();
    GOOD(backup_look(&db, &target, &why));
    assert_true(target.rows > 10 && !target.unfinished && target.stranger[0] == '\0');
    save(fd, &head);
    backup_head_free(&head);
    assert_int_equal(ftruncate(fd, lseek(fd, 0, SEEK_END) - 20), 0);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(backup_check_file(fd, &head, NULL, &why), -1);
    backup_head_free(&head);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(backup_load(&db, fd, &head, &ended, NULL, &why), -1);
    backup_head_free(&head);
    GOOD(backup_look(&db, &target, &why));
    assert_true(target.unfinished);
    assert_int_equal(store_migrate(&db, NULL), -1);
    assert_non_null(strstr(db.error.text, "a restore into this database did not come to its end"));
    assert_int_equal(store_schema_current(&db), -1);
    OK(store_exec(&db, "CREATE TABLE guest (id INT PRIMARY KEY)", NULL));
    GOOD(backup_look(&db, &target, &why));
    assert_string_equal(target.stranger, "guest");
    close(fd);
}

struct told {
    unsigned n;
    char text[200];
};

static bool note(const char *table, const char *key, const char *what, void *ctx)
{
    struct told *told = ctx;
    told->n++;
    snprintf(told->text, sizeof told->text, "%s %s: %s", table, key, what);
    return false;
}

/* What was written with the checks off is found. */
static void broken_promises_are_found(void **state)
{
    (void)state;
    struct told told = {0};
    fill();
    OK(references_check(&db, 9, note, &told));
    assert_int_equal(told.n, 0);
    OK(store_exec(&db, "SET SESSION foreign_key_checks = 0", NULL));
    OK(store_exec(&db, "UPDATE stock_item SET component_id = 77", NULL));
    OK(references_check(&db, 9, note, &told));
    assert_int_equal(told.n, 1);
    assert_string_equal(told.text, "stock_item 1: component_id leads to no row of component");
    OK(store_exec(&db, "UPDATE stock_item SET component_id = 7", NULL));
    OK(store_exec(&db, "SET SESSION foreign_key_checks = 1, check_constraint_checks = 0", NULL));
    OK(store_exec(&db, "UPDATE currency_rate SET rate = 0", NULL));
    OK(store_exec(&db, "INSERT INTO currency_rate (currency, rate_date, rate) VALUES ('USD', '2026-02-05', 0)", NULL));
    told.n = 0;
    OK(references_check(&db, 9, note, &told));
    assert_int_equal(told.n, 1);
    assert_memory_equal(told.text, "currency_rate USD/2026-02-05: ", 30);
}

/* A trigger of the schema is made by a statement that begins as store_schema_build() expects it. */
static void triggers_are_told_apart(void **state)
{
    (void)state;
    for (const struct store_migration *m = store_migrations; m->version != 0; m++)
        for (const char *const *sql = m->statements; *sql; sql++)
            if (strstr(*sql, " TRIGGER "))
                assert_true(strncmp(*sql, "CREATE OR REPLACE TRIGGER ", 26) == 0 ||
                            strncmp(*sql, "DROP TRIGGER IF EXISTS ", 23) == 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T(restores_each_version),     T(unfinished_tasks_end),
        T(every_value_comes_back),    T(a_load_that_fails_is_told_to_everybody),
        T(broken_promises_are_found), T(triggers_are_told_apart),
    };
    if (fixture_start() != 0)
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
