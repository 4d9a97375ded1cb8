/* Transactions against a real server: locks, faults at a chosen statement, and a server that goes away. */
#include "store/internal.h"
#include "tests/unit/store/pair.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* ---- Transactions -------------------------------------------------------------------------------------------- */

static void lock_wait_dooms_the_transaction(void **state)
{
    (void)state;
    OK(&a, store_begin(&a));
    OK(&a, store_exec(&a, "UPDATE t SET v = 'a' WHERE id = 1", NULL));
    OK(&b, store_begin(&b));
    OK(&b, store_exec(&b, "INSERT INTO t VALUES (3, 'b', 1)", NULL));
    FAILS(&b, store_exec(&b, "UPDATE t SET v = 'b' WHERE id = 1", NULL), STORE_RETRY, 1205);
    FAILS(&b, store_exec(&b, "INSERT INTO t VALUES (4, 'b', 1)", NULL), STORE_RETRY, 1205);
    FAILS(&b, store_commit(&b), STORE_RETRY, 1205);
    store_rollback(&b);
    OK(&a, store_commit(&a));
    assert_int_equal(one(&b, "SELECT COUNT(*) FROM t"), 2); /* the insertion before the time-out is gone too */
}

static void lost_update_is_refused(void **state)
{
    (void)state;
    OK(&a, store_begin_snapshot(&a));
    OK(&b, store_exec(&b, "UPDATE t SET v = 'b' WHERE id = 1", NULL));
    FAILS(&a, store_exec(&a, "UPDATE t SET v = 'a' WHERE id = 1", NULL), STORE_RETRY, 1020);
    store_rollback(&a);
}

struct pair {
    struct store_conn *conn;
    int first, second, runs;
};

static int lock_two(struct store_conn *conn, void *ctx)
{
    struct pair *pair = ctx;
    struct store_value p1 = STORE_I(pair->first), p2 = STORE_I(pair->second);
    static const char sql[] = "UPDATE t SET n = n + 1 WHERE id = ?";
    pair->runs++;
    if (store_run(conn, sql, &p1, 1, NULL, NULL) != 0)
        return -1;
    store_sleep_ms(pair->runs == 1 ? 200 : 0);
    return store_run(conn, sql, &p2, 1, NULL, NULL);
}

static void *run_pair(void *arg)
{
    struct pair *pair = arg;
    mysql_thread_init();
    intptr_t rc = store_transaction(pair->conn, lock_two, NULL, pair, 0);
    mysql_thread_end();
    return (void *)rc;
}

static void deadlock_is_retried(void **state)
{
    (void)state;
    struct pair one_way = {&a, 1, 2, 0}, other_way = {&b, 2, 1, 0};
    pthread_t thread;
    void *rc = NULL;
    assert_int_equal(pthread_create(&thread, NULL, run_pair, &other_way), 0);
    OK(&a, (int)(intptr_t)run_pair(&one_way));
    pthread_join(thread, &rc);
    OK(&b, (int)(intptr_t)rc);
    assert_true(one_way.runs + other_way.runs > 2);
    assert_int_equal(one(&a, "SELECT SUM(n) FROM t"), 1 + 2 + 4);
}

/* ---- Faults at a chosen statement ---------------------------------------------------------------------------- */

static const char *fault_sql;
static enum store_fault_point fault_point;
static unsigned fault_number, fault_times;

static unsigned inject(enum store_fault_point point, const char *sql)
{
    if (fault_times == 0 || point != fault_point || strstr(sql, fault_sql) != sql)
        return 0;
    fault_times--;
    return fault_number;
}

static void set_fault(const char *sql, enum store_fault_point point, unsigned number, unsigned times)
{
    fault_sql = sql;
    fault_point = point;
    fault_number = number;
    fault_times = times;
    store_fault_hook = inject;
}

static int insert_three(struct store_conn *conn, void *ctx)
{
    ++*(int *)ctx;
    return store_exec(conn, "INSERT INTO t VALUES (3, 'three', 3)", NULL);
}

static int is_three_there(struct store_conn *conn, void *ctx)
{
    (void)ctx;
    return one(conn, "SELECT COUNT(*) FROM t WHERE id = 3 LOCK IN SHARE MODE") == 1;
}

static void unknown_commit_is_settled(void **state)
{
    (void)state;
    int runs = 0;
    set_fault("COMMIT", STORE_FAULT_AFTER, 2013, 1);
    OK(&a, store_transaction(&a, insert_three, is_three_there, &runs, 0));
    assert_int_equal(runs, 1); /* it was there: not done again */
    OK(&a, store_exec(&a, "DELETE FROM t WHERE id = 3", NULL));
    set_fault("COMMIT", STORE_FAULT_BEFORE, 1180, 1);
    OK(&a, store_transaction(&a, insert_three, is_three_there, &runs, 0));
    assert_int_equal(runs, 3); /* it was not: done again */
    OK(&a, store_exec(&a, "DELETE FROM t WHERE id = 3", NULL));
    set_fault("COMMIT", STORE_FAULT_AFTER, 2006, 1);
    FAILS(&a, store_transaction(&a, insert_three, NULL, &runs, 0), STORE_UNKNOWN, 2006);
    assert_null(a.mysql);
    OK(&a, store_ensure(&a));
    set_fault("COMMIT", STORE_FAULT_AFTER, 1317, 1);
    OK(&a, store_exec(&a, "DELETE FROM t WHERE id = 3", NULL));
    FAILS(&a, store_transaction(&a, insert_three, NULL, &runs, 0), STORE_UNKNOWN,
          1317); /* killed after it took effect */
}

static void write_in_autocommit_may_be_unknown(void **state)
{
    (void)state;
    set_fault("INSERT", STORE_FAULT_AFTER, 2013, 1);
    FAILS(&a, store_exec(&a, "INSERT INTO t VALUES (3, 'x', 1)", NULL), STORE_UNKNOWN, 2013);
    OK(&a, store_ensure(&a));
    set_fault("INSERT", STORE_FAULT_AFTER, 2013, 1);
    FAILS(&a, store_run(&a, "INSERT INTO t VALUES (4, 'x', 1)", NULL, 0, NULL, NULL), STORE_UNKNOWN, 2013);
    OK(&a, store_ensure(&a));
    set_fault("SELECT", STORE_FAULT_AFTER, 2013, 1);
    FAILS(&a, store_exec(&a, "SELECT 1", NULL), STORE_GONE, 2013);
    OK(&a, store_ensure(&a));
    assert_int_equal(one(&a, "SELECT COUNT(*) FROM t"), 4);
}

static void retries_are_bounded(void **state)
{
    (void)state;
    int runs = 0;
    set_fault("INSERT", STORE_FAULT_BEFORE, 1213, 100);
    FAILS(&a, store_transaction(&a, insert_three, NULL, &runs, 4), STORE_RETRY, 1213);
    assert_int_equal(runs, 4);
    set_fault("INSERT", STORE_FAULT_BEFORE, 2006, 100);
    runs = 0;
    FAILS(&a, store_transaction(&a, insert_three, NULL, &runs, 10), STORE_GONE, 2006);
    assert_int_equal(runs, 3); /* the statement itself may be what breaks the connection */
    set_fault("INSERT", STORE_FAULT_BEFORE, 1114, 100);
    runs = 0;
    FAILS(&a, store_transaction(&a, insert_three, NULL, &runs, 10), STORE_NO_SPACE, 1114);
    assert_int_equal(runs, 1);
    set_fault("INSERT", STORE_FAULT_BEFORE, 1213, 2);
    runs = 0;
    OK(&a, store_transaction(&a, insert_three, NULL, &runs, 10));
    assert_int_equal(runs, 3);
}

static int refuse_with_seven(struct store_conn *conn, void *ctx)
{
    return insert_three(conn, ctx) == 0 ? 7 : -1;
}

static void body_may_roll_back_by_value(void **state)
{
    (void)state;
    int runs = 0;
    assert_int_equal(store_transaction(&a, refuse_with_seven, NULL, &runs, 0), 7);
    assert_int_equal(runs, 1);
    assert_false(a.in_transaction);
    assert_int_equal(one(&a, "SELECT COUNT(*) FROM t"), 2);
}

/* ---- The server goes away ------------------------------------------------------------------------------------ */

static void killed_connection_is_noticed(void **state)
{
    (void)state;
    char sql[64];
    uint64_t serial = a.serial;
    snprintf(sql, sizeof sql, "KILL CONNECTION %lu", a.server_thread);
    OK(&b, store_exec(&b, sql, NULL));
    store_sleep_ms(100);
    OK(&a, store_ensure(&a)); /* before a statement fails */
    OK(&a, store_ping(&a));
    assert_int_equal(a.serial, serial + 1);
    OK(&a, store_begin(&a));
    snprintf(sql, sizeof sql, "KILL CONNECTION %lu", a.server_thread);
    OK(&b, store_exec(&b, sql, NULL));
    store_sleep_ms(100);
    assert_int_equal(store_exec(&a, "INSERT INTO t VALUES (3, 'x', 1)", NULL), -1);
    assert_int_equal(a.error.cls, STORE_GONE);
    assert_int_equal(store_exec(&a, "INSERT INTO t VALUES (4, 'x', 1)", NULL),
                     -1); /* never on a new connection by itself */
    assert_int_equal(store_commit(&a), -1);
    assert_int_equal(a.error.cls, STORE_GONE);
    OK(&a, store_ensure(&a));
    assert_int_equal(one(&a, "SELECT COUNT(*) FROM t"), 2);
}

static unsigned kill_before_commit(enum store_fault_point point, const char *sql)
{
    if (fault_times == 0 || point != STORE_FAULT_BEFORE || strcmp(sql, "COMMIT") != 0)
        return 0;
    fault_times--;
    fixture_kill();
    return 0;
}

static void *insert_in_thread(void *arg)
{
    mysql_thread_init();
    intptr_t rc = store_transaction(&a, insert_three, is_three_there, arg, 0);
    mysql_thread_end();
    return (void *)rc;
}

static void server_killed_at_commit(void **state)
{
    (void)state;
    int runs = 0;
    void *rc = NULL;
    pthread_t thread;
    fault_times = 1;
    store_fault_hook = kill_before_commit;
    assert_int_equal(pthread_create(&thread, NULL, insert_in_thread, &runs), 0);
    store_sleep_ms(300);
    fixture_restart(); /* here, since the server dies with the thread that started it */
    pthread_join(thread, &rc);
    OK(&a, (int)(intptr_t)rc);
    assert_int_equal(runs, 2);
    assert_int_equal(one(&a, "SELECT COUNT(*) FROM t"), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(lock_wait_dooms_the_transaction),
        T(lost_update_is_refused),
        T(deadlock_is_retried),
        T(unknown_commit_is_settled),
        T(write_in_autocommit_may_be_unknown),
        T(retries_are_bounded),
        T(body_may_roll_back_by_value),
        T(killed_connection_is_noticed),
        T(server_killed_at_commit),
    };
    if (fixture_start() != 0)
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
