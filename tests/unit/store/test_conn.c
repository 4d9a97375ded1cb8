/* Connections, statements and error classes against a real server. */
#include "store/internal.h"
#include "tests/unit/store/pair.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

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
        t->last[i] = v[i].text ? strdup(v[i].text) : NULL;
        if (v[i].text)
            assert_int_equal(v[i].text[v[i].len], 0);
    }
    return 0;
}

static void free_texts(struct texts *t)
{
    for (unsigned i = 0; i < 3; i++)
        free(t->last[i]);
}

/* The linker puts this in front of the library's function (--wrap): as in 10.11.18, binding sets every length to 0. */
my_bool __real_mysql_stmt_bind_result(MYSQL_STMT *stmt, MYSQL_BIND *binds);
my_bool __wrap_mysql_stmt_bind_result(MYSQL_STMT *stmt, MYSQL_BIND *binds);

my_bool __wrap_mysql_stmt_bind_result(MYSQL_STMT *stmt, MYSQL_BIND *binds)
{
    for (unsigned i = 0; i < mysql_stmt_field_count(stmt); i++)
        *binds[i].length = 0;
    return __real_mysql_stmt_bind_result(stmt, binds);
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

/* Rows that arrive while the server makes others: all of them, some, and those before it failed. */
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
    };
    if (fixture_start() != 0)
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
