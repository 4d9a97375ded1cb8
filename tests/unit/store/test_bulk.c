/* Leases and bulk inserts against a real server. */
#include "store/bulk.h"
#include "store/lease.h"
#include "tests/unit/store/db.h"

/* ---- Leases -------------------------------------------------------------------------------------------------- */

static void leases_exclude(void **state)
{
    (void)state;
    store_uuid a, b;
    uint64_t fence_a = 0, fence_b = 0;
    uuid_generate(a);
    uuid_generate(b);
    assert_int_equal(lease_acquire(&db, "recalc", a, 60, &fence_a), 1);
    assert_int_equal(fence_a, 1);
    assert_int_equal(lease_acquire(&db, "recalc", b, 60, &fence_b), 0);
    assert_int_equal(lease_acquire(&db, "recalc", a, 60, &fence_a), 1);
    assert_int_equal(fence_a, 2);
    assert_int_equal(lease_renew(&db, "recalc", a, 1, 60), 0);
    assert_int_equal(lease_renew(&db, "recalc", a, 2, 60), 1);
    OK(store_begin(&db));
    assert_int_equal(lease_check(&db, "recalc", a, 2), 1);
    assert_int_equal(lease_check(&db, "recalc", b, 2), 0);
    OK(store_commit(&db));
    /* A sleeps through its expiry, B takes over. */
    OK(store_exec(&db, "UPDATE lease SET until = '2001-01-01'", NULL));
    assert_int_equal(lease_acquire(&db, "recalc", b, 60, &fence_b), 1);
    assert_int_equal(fence_b, 3);
    assert_int_equal(lease_check(&db, "recalc", a, 2), 0);
    assert_int_equal(lease_renew(&db, "recalc", a, 2, 60), 0);
    OK(lease_release(&db, "recalc", a, 2)); /* harmless */
    assert_int_equal(lease_check(&db, "recalc", b, 3), 1);
    OK(lease_release(&db, "recalc", b, 3));
    assert_int_equal(lease_acquire(&db, "recalc", a, 60, &fence_a), 1);
    assert_int_equal(fence_a, 4);
    OK(lease_release_all(&db, a));
    assert_int_equal(lease_check(&db, "recalc", a, 4), 0);
}

/* ---- Bulk ---------------------------------------------------------------------------------------------------- */

static const char insert_t[] = "INSERT INTO t (id, name, price, raw) VALUES (?,?,?,?)";

static void make_t(void)
{
    OK(store_exec(
        &db,
        "CREATE TABLE t (id BIGINT PRIMARY KEY, name LONGTEXT NULL, price DECIMAL(14,4) NULL, raw LONGBLOB NULL) "
        "CHARSET utf8mb4",
        NULL));
}

static void bulk_loads_all_types(void **state)
{
    (void)state;
    make_t();
    struct store_bulk *bulk = store_bulk_new(&db, insert_t, 4, 1000);
    assert_non_null(bulk);
    OK(store_begin(&db));
    for (int i = 0; i < 2500; i++) {
        struct store_value row[] = {STORE_I(i - 5), i % 3 ? STORE_S("дверь") : STORE_N,
                                    i % 5 ? STORE_S("12.5000") : STORE_N, i % 7 ? STORE_B("\0\xff\n", 3) : STORE_S("")};
        OK(store_bulk_add(bulk, row));
    }
    assert_int_equal(store_bulk_sent(bulk), 2000);
    OK(store_bulk_flush(bulk));
    OK(store_commit(&db));
    assert_int_equal(store_bulk_sent(bulk), 2500);
    assert_int_equal(one("SELECT COUNT(*) FROM t"), 2500);
    assert_int_equal(one("SELECT MIN(id) FROM t"), -5);
    assert_int_equal(one("SELECT COUNT(*) FROM t WHERE name = 'дверь'"), 1666);
    assert_int_equal(one("SELECT COUNT(*) FROM t WHERE price IS NULL"), 500);
    assert_int_equal(one("SELECT COUNT(*) FROM t WHERE raw = X'00FF0A'"), 2142);
    store_bulk_free(&bulk);
    assert_null(bulk);
}

/* A column has one type in a batch: a value of another type starts the next batch, and the table does not show it. */
static void bulk_takes_changing_types(void **state)
{
    (void)state;
    make_t();
    const struct store_value ids[] = {STORE_I(-3),        STORE_I(INT64_MIN), STORE_U(7),
                                      STORE_U(INT64_MAX), STORE_S("-12"),     STORE_I(0)};
    const struct store_value prices[] = {STORE_N,           STORE_U(5), STORE_S("0.0001"),
                                         STORE_B("2.5", 3), STORE_N,    STORE_I(-9999999999)};
    struct store_bulk *bulk = store_bulk_new(&db, insert_t, 4, 1000);
    OK(store_begin(&db));
    for (unsigned i = 0; i < 6; i++) {
        struct store_value row[] = {ids[i], STORE_U(i), prices[i], STORE_N};
        OK(store_bulk_add(bulk, row));
    }
    assert_int_equal(store_bulk_sent(bulk), 5); /* two signed ids, two unsigned ones, a text */
    OK(store_bulk_flush(bulk));
    OK(store_commit(&db));
    assert_int_equal(one("SELECT id = -3 AND price IS NULL FROM t WHERE name = '0'"), 1);
    assert_int_equal(one("SELECT id = -9223372036854775808 AND price = 5 FROM t WHERE name = '1'"), 1);
    assert_int_equal(one("SELECT id = 7 AND price = 0.0001 FROM t WHERE name = '2'"), 1);
    assert_int_equal(one("SELECT id = 9223372036854775807 AND price = 2.5 FROM t WHERE name = '3'"), 1);
    assert_int_equal(one("SELECT id = -12 AND price IS NULL FROM t WHERE name = '4'"), 1);
    assert_int_equal(one("SELECT id = 0 AND price = -9999999999 FROM t WHERE name = '5'"), 1);
    store_bulk_free(&bulk);
}

/* The server has max_allowed_packet 2 MiB: rows of 300 kB must be split by bytes. */
static void bulk_splits_by_bytes(void **state)
{
    (void)state;
    make_t();
    char *big = malloc(3000000);
    memset(big, 'x', 3000000);
    struct store_bulk *bulk = store_bulk_new(&db, insert_t, 4, 0);
    OK(store_begin(&db));
    for (int i = 0; i < 20; i++) {
        struct store_value row[] = {STORE_U(i), STORE_SN(big, i == 7 ? 1500000 : 300000), STORE_N, STORE_N};
        OK(store_bulk_add(bulk, row));
    }
    struct store_value huge[] = {STORE_U(100), STORE_SN(big, 3000000), STORE_N, STORE_N};
    assert_int_equal(store_bulk_add(bulk, huge), -1);
    assert_int_equal(db.error.cls, STORE_DATA);
    assert_non_null(db.mysql);
    OK(store_bulk_flush(bulk));
    OK(store_commit(&db));
    assert_int_equal(one("SELECT COUNT(*) FROM t"), 20);
    assert_int_equal(one("SELECT SUM(LENGTH(name)) FROM t"), 19 * 300000 + 1500000);
    store_bulk_free(&bulk);
    free(big);
}

static void bulk_is_strict(void **state)
{
    (void)state;
    make_t();
    struct store_bulk *bulk = store_bulk_new(&db, insert_t, 4, 10);
    static const char *const bad[] = {"abc", "99999999999.0", ""};
    for (size_t i = 0; i < 3; i++) {
        OK(store_begin(&db));
        struct store_value good[] = {STORE_U(1), STORE_N, STORE_S("1"), STORE_N};
        struct store_value wrong[] = {STORE_U(2), STORE_N, STORE_S(bad[i]), STORE_N};
        OK(store_bulk_add(bulk, good));
        OK(store_bulk_add(bulk, wrong));
        assert_int_equal(store_bulk_flush(bulk), -1);
        assert_int_equal(db.error.cls, STORE_DATA);
        store_rollback(&db);
    }
    struct store_value twice[] = {STORE_U(1), STORE_N, STORE_N, STORE_N};
    OK(store_begin(&db));
    OK(store_bulk_add(bulk, twice));
    OK(store_bulk_add(bulk, twice));
    assert_int_equal(store_bulk_flush(bulk), -1);
    assert_int_equal(db.error.cls, STORE_DUPLICATE);
    store_rollback(&db);
    /* A new connection prepares again. */
    store_conn_fini(&db);
    OK(store_ensure(&db));
    OK(store_bulk_add(bulk, twice));
    OK(store_bulk_flush(bulk));
    assert_int_equal(one("SELECT COUNT(*) FROM t"), 1);
    store_bulk_free(&bulk);
    assert_null(store_bulk_new(&db, "INSERT INTO nowhere VALUES (?)", 1, 0));
    assert_int_equal(db.error.cls, STORE_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(leases_exclude), T(bulk_takes_changing_types), T(bulk_loads_all_types), T(bulk_splits_by_bytes),
        T(bulk_is_strict),
    };
    if (fixture_start() != 0)
        return 77; /* automake's "skipped" */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
