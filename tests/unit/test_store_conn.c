/* Connections, statements, transactions and error classes against a real server. */
#include "store/conn.h"
#include "store/fault.h"
#include "store/internal.h"
#include "tests/unit/mariadb_fixture.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct store_conn a, b;

static void ok_on(struct store_conn *conn, int rc, const char *what, int line)
{
    if (rc != 0)
        fail_msg("line %d: %s gave %d: %s %u %s", line, what, rc, store_class_name(conn->error.cls), conn->error.number,
                 conn->error.text);
}
#define OK(conn, call) ok_on((conn), (call), #call, __LINE__)

#define FAILS(conn, call, want_class, want_number)                                                                     \
    do {                                                                                                               \
        assert_int_equal((call), -1);                                                                                  \
        if ((conn)->error.cls != (want_class) || (conn)->error.number != (want_number))                                \
            fail_msg("line %d: %s: got %s %u %s", __LINE__, #call, store_class_name((conn)->error.cls),                \
                     (conn)->error.number, (conn)->error.text);                                                        \
    } while (0)

static int keep_number(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(long long *)ctx = v[0].text != NULL ? atoll(v[0].text) : -1;
    return 0;
}

static long long one(struct store_conn *conn, const char *sql)
{
    long long value = -2;
    OK(conn, store_query(conn, sql, NULL, 0, keep_number, &value));
    return value;
}

static int setup(void **state)
{
    (void)state;
    store_fault_hook = NULL;
    fixture_empty_database();
    store_conn_init(&a, fixture_config());
    store_conn_init(&b, fixture_config());
    OK(&a, store_ensure(&a));
    OK(&b, store_ensure(&b));
    OK(&a,
       store_exec(&a, "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(10) NOT NULL, n DECIMAL(5,2) NULL) ENGINE=InnoDB",
                  NULL));
    OK(&a, store_exec(&a, "INSERT INTO t VALUES (1, 'one', 1), (2, 'two', 2)", NULL));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    store_fault_hook = NULL;
    store_conn_fini(&a);
    store_conn_fini(&b);
    return 0;
}

/* ---- Session and statements ---------------------------------------------------------------------------------- */

static void session_is_as_asked(void **state)
{
    (void)state;
    assert_int_equal(a.max_packet, 2097152);
    assert_int_equal(a.server_thread, one(&a, "SELECT CONNECTION_ID()"));
    assert_int_equal(store_flush_at_commit(&a), 1);
    assert_int_equal(one(&a, "SELECT @@innodb_snapshot_isolation"), 1);
    assert_int_equal(one(&a, "SELECT @@time_zone = '+00:00'"), 1);
    assert_int_equal(one(&a, "SELECT @@lock_wait_timeout"), 1);
    assert_int_equal(one(&a, "SELECT LENGTH('дверь')"), 10);
    OK(&a, store_ping(&a));
    FAILS(&a, store_exec(&a, "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE t", NULL), STORE_CONFIG, 4166);
}

struct texts {
    unsigned rows;
    char *last[3];
    size_t length;
};

static int keep_texts(const struct store_value *v, unsigned n, void *ctx)
{
    struct texts *t = ctx;
    t->rows++;
    t->length = v[0].len;
    for (unsigned i = 0; i < n && i < 3; i++) {
        free(t->last[i]);
        t->last[i] = v[i].text != NULL ? strdup(v[i].text) : NULL;
        if (v[i].text != NULL)
            assert_int_equal(v[i].text[v[i].len], 0);
    }
    return 0;
}

static void free_texts(struct texts *t)
{
    for (unsigned i = 0; i < 3; i++)
        free(t->last[i]);
}

static void text_of_any_length(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 126, 127, 128, 129, 255, 256, 4096, 1000000, 5};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct texts t = {0};
        struct store_value p = STORE_U(lengths[i]);
        OK(&a, store_query(&a, "SELECT REPEAT('x', ?), NULL, 'end'", &p, 1, keep_texts, &t));
        assert_int_equal(t.rows, 1);
        assert_int_equal(t.length, lengths[i]);
        assert_int_equal(strlen(t.last[0]), lengths[i]);
        assert_null(t.last[1]);
        assert_string_equal(t.last[2], "end");
        free_texts(&t);
    }
}

/* A short row, a long one, a short one again: the buffer grown for the second must not confuse the third. */
static void rows_of_different_lengths(void **state)
{
    (void)state;
    struct texts t = {0};
    OK(&a,
       store_query(&a,
                   "SELECT REPEAT('a', seq * seq * seq * 7 % 9001), seq, REPEAT('b', 3000 - seq) FROM "
                   "(SELECT 1 AS seq UNION SELECT 2 UNION SELECT 30 UNION SELECT 4 UNION SELECT 50) AS s ORDER BY seq",
                   NULL, 0, keep_texts, &t));
    assert_int_equal(t.rows, 5);
    assert_int_equal(strlen(t.last[0]), 50 * 50 * 50 * 7 % 9001);
    assert_string_equal(t.last[1], "50");
    assert_int_equal(strlen(t.last[2]), 2950);
    free_texts(&t);
}

static int stop_at_two(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(int *)ctx += 1;
    assert_int_equal(one(&a, "SELECT COUNT(*) FROM t"), 2); /* another statement while rows are handed out */
    return strcmp(v[0].text, "2") == 0 ? 42 : 0;
}

static void parameters_and_callbacks(void **state)
{
    (void)state;
    uint64_t affected = 9, id = 0;
    int rows = 0;
    struct texts t = {0};
    struct store_value p[] = {STORE_I(-3), STORE_SN("threeXX", 5), STORE_S("3.50")};
    OK(&a, store_run(&a, "INSERT INTO t VALUES (?, ?, ?)", p, 3, &affected, &id));
    assert_int_equal(affected, 1);
    struct store_value key = STORE_I(-3);
    OK(&a, store_query(&a, "SELECT v, n, id FROM t WHERE id = ?", &key, 1, keep_texts, &t));
    assert_string_equal(t.last[0], "three");
    assert_string_equal(t.last[1], "3.50");
    assert_string_equal(t.last[2], "-3");
    free_texts(&t);
    OK(&a, store_run(&a, "DELETE FROM t WHERE id = ?", &key, 1, &affected, NULL));
    assert_int_equal(affected, 1);
    assert_int_equal(store_query(&a, "SELECT id FROM t ORDER BY id", NULL, 0, stop_at_two, &rows), 42);
    assert_int_equal(rows, 2);
    struct store_value big = STORE_U(UINT64_MAX);
    struct texts u = {0};
    OK(&a, store_query(&a, "SELECT ?", &big, 1, keep_texts, &u));
    assert_string_equal(u.last[0], "18446744073709551615");
    free_texts(&u);
}

/* More statements than the cache has places, twice over. */
static void cache_evicts(void **state)
{
    (void)state;
    char sql[200][32];
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 200; i++) {
            snprintf(sql[i], sizeof sql[i], "SELECT %d", i + round);
            assert_int_equal(one(&a, sql[i]), i + round);
        }
    assert_in_range(one(&a, "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = "
                            "'PREPARED_STMT_COUNT'"),
                    1, 130);
}

/* ---- Error classes ------------------------------------------------------------------------------------------- */

static void data_and_set_up_faults(void **state)
{
    (void)state;
    FAILS(&a, store_exec(&a, "INSERT INTO t VALUES (1, 'x', 1)", NULL), STORE_DUPLICATE, 1062);
    FAILS(&a, store_exec(&a, "INSERT INTO t VALUES (5, 'xxxxxxxxxxxxxxx', 1)", NULL), STORE_DATA, 1406);
    FAILS(&a, store_exec(&a, "INSERT INTO t VALUES (5, 'x', 100000)", NULL), STORE_DATA, 1264);
    FAILS(&a, store_exec(&a, "INSERT INTO t VALUES (5, 'x', 'abc')", NULL), STORE_DATA, 1366);
    FAILS(&a, store_exec(&a, "INSERT INTO t VALUES (5, NULL, 1)", NULL), STORE_DATA, 1048);
    FAILS(&a, store_exec(&a, "SELECT FROM", NULL), STORE_CONFIG, 1064);
    FAILS(&a, store_exec(&a, "SELECT x FROM t", NULL), STORE_CONFIG, 1054);
    FAILS(&a, store_exec(&a, "SELECT * FROM nowhere", NULL), STORE_CONFIG, 1146);
    FAILS(&a, store_query(&a, "SELECT * FROM nowhere", NULL, 0, NULL, NULL), STORE_CONFIG, 1146);
    FAILS(&a, store_exec(&a, "SELECT v, COUNT(*) FROM t", NULL), STORE_BUG, 1140);
    OK(&a, store_ping(&a));
    assert_int_equal(one(&a, "SELECT COUNT(*) FROM t"), 2);
}

static void wrong_place_or_account(void **state)
{
    (void)state;
    struct store_config wrong = *fixture_config();
    struct store_conn conn;
    wrong.name = "no_such_database";
    store_conn_init(&conn, &wrong);
    FAILS(&conn, store_ensure(&conn), STORE_CONFIG, 1049);
    wrong = *fixture_config();
    wrong.user = "nobody_known";
    FAILS(&conn, store_ensure(&conn), STORE_CONFIG, 1045);
    wrong = *fixture_config();
    wrong.socket = "/nonexistent/socket";
    FAILS(&conn, store_ensure(&conn), STORE_GONE, 2002);
    wrong.host = "127.0.0.1";
    wrong.port = 1;
    FAILS(&conn, store_ensure(&conn), STORE_GONE, 2002);
    assert_null(conn.mysql);
    FAILS(&conn, store_exec(&conn, "SELECT 1", NULL), STORE_GONE, 2006);
    store_conn_fini(&conn);
}

struct killer {
    struct store_conn *conn;
    unsigned long victim;
};

static void *kill_soon(void *arg)
{
    struct killer *killer = arg;
    mysql_thread_init();
    store_sleep_ms(200);
    (void)store_kill_query(killer->conn, killer->victim);
    mysql_thread_end();
    return NULL;
}

/* The error arrives with the result: an empty success would be wrong. */
static void kill_query_is_seen(void **state)
{
    (void)state;
    struct killer killer = {&b, a.server_thread};
    for (int prepared = 0; prepared < 2; prepared++) {
        pthread_t thread;
        static const char sql[] = "SELECT COUNT(*) FROM t x, t y WHERE SLEEP(2) = 0";
        assert_int_equal(pthread_create(&thread, NULL, kill_soon, &killer), 0);
        FAILS(&a, prepared ? store_query(&a, sql, NULL, 0, NULL, NULL) : store_exec(&a, sql, NULL), STORE_STOPPED,
              1317);
        pthread_join(thread, NULL);
        OK(&a, store_ping(&a));
    }
}

static void statement_time_is_bounded(void **state)
{
    (void)state;
    struct store_config limited = *fixture_config();
    struct store_conn conn;
    limited.statement_timeout_s = 1;
    store_conn_init(&conn, &limited);
    OK(&conn, store_ensure(&conn));
    FAILS(&conn, store_query(&conn, "SELECT COUNT(*) FROM t x, t y WHERE SLEEP(3) = 0", NULL, 0, NULL, NULL),
          STORE_STOPPED, 1969);
    OK(&conn, store_ping(&conn));
    store_conn_fini(&conn);
}

static void packet_limit_is_ours(void **state)
{
    (void)state;
    char *big = malloc(3000000);
    memset(big, 'x', 3000000);
    memcpy(big, "SELECT '", 8);
    big[2999998] = '\'';
    big[2999999] = 0;
    FAILS(&a, store_exec(&a, big, NULL), STORE_DATA, 2020);
    struct store_value p = STORE_SN(big, 2999999);
    FAILS(&a, store_query(&a, "SELECT LENGTH(?)", &p, 1, NULL, NULL), STORE_DATA, 2020);
    OK(&a, store_ping(&a));
    free(big);
}

struct seen {
    uint64_t rows, stop_at;
};

static int see(const struct store_value *columns, unsigned n, void *ctx)
{
    struct seen *seen = ctx;
    assert_int_equal(n, 1);
    seen->rows++;
    assert_int_equal(strtoull(columns[0].text, NULL, 10), seen->rows);
    return seen->rows == seen->stop_at ? 7 : 0;
}

/* Rows that come while the server still makes others: all, some, and those before it failed. */
static void rows_are_streamed(void **state)
{
    struct seen all = {0}, some = {.stop_at = 10}, broken = {0};
    (void)state;
    OK(&a, store_stream(&a, "SELECT seq FROM seq_1_to_50000", NULL, 0, see, &all));
    assert_int_equal(all.rows, 50000);
    assert_int_equal(store_stream(&a, "SELECT seq FROM seq_1_to_60000", NULL, 0, see, &some), 7);
    assert_int_equal(some.rows, 10);
    assert_int_equal(store_stream(&a, "SELECT IF(seq < 40000, seq, (SELECT seq FROM seq_1_to_2)) FROM seq_1_to_50000",
                                  NULL, 0, see, &broken),
                     -1);
    assert_int_equal(a.error.number, 1242);
    assert_true(broken.rows > 0 && broken.rows < 40000);
    OK(&a, store_ping(&a)); /* and the connection goes on */
}

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

/* ---- Without a server ---------------------------------------------------------------------------------------- */

static void classes_of_numbers(void **state)
{
    (void)state;
    assert_int_equal(store_classify(0, true), STORE_OK);
    assert_int_equal(store_classify(2013, false), STORE_GONE);
    assert_int_equal(store_classify(2013, true), STORE_UNKNOWN);
    assert_int_equal(store_classify(2002, true), STORE_GONE); /* never got as far as sending */
    assert_int_equal(store_classify(1180, true), STORE_UNKNOWN);
    assert_int_equal(store_classify(1213, true), STORE_RETRY);
    assert_int_equal(store_classify(1047, false), STORE_UNUSABLE);
    assert_int_equal(store_classify(1290, false), STORE_UNUSABLE);
    assert_int_equal(store_classify(1040, false), STORE_UNUSABLE);
    assert_int_equal(store_classify(1021, false), STORE_NO_SPACE);
    assert_int_equal(store_classify(1586, false), STORE_DUPLICATE);
    assert_int_equal(store_classify(4025, false), STORE_DATA);
    assert_int_equal(store_classify(9999, false), STORE_BUG);
    assert_string_equal(store_class_name(STORE_UNKNOWN), "unknown outcome");
    assert_string_equal(store_class_name((enum store_class)99), "?");
}

static void small_texts(void **state)
{
    (void)state;
    char time[STORE_TIME_SIZE], clipped[64];
    store_time_text(1770000000123, time);
    assert_string_equal(time, "2026-02-02 02:40:00.123");
    store_time_text(-1, time);
    assert_string_equal(time, "1969-12-31 23:59:59.999");
    store_time_text(4102444800000, time);
    assert_string_equal(time, "2100-01-01 00:00:00.000");
    store_clip(clipped, 5, "приветствие");
    assert_string_equal(clipped, "приве");
    store_clip(clipped, 10, "a\xff\xc3(\xed\xa0\x80z");
    assert_string_equal(clipped, "a?"
                                 "?(?"
                                 "?"
                                 "?z");
    store_clip(clipped, 10, "\xf0\x9f\x98\x80\xf0\x9f");
    assert_string_equal(clipped, "\xf0\x9f\x98\x80??");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_of_numbers),
        cmocka_unit_test(small_texts),
        T(session_is_as_asked),
        T(text_of_any_length),
        T(rows_of_different_lengths),
        T(parameters_and_callbacks),
        T(cache_evicts),
        T(data_and_set_up_faults),
        T(wrong_place_or_account),
        T(kill_query_is_seen),
        T(statement_time_is_bounded),
        T(packet_limit_is_ours),
        T(rows_are_streamed),
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
