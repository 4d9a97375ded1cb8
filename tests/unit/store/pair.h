/* Two connections to an empty database with a small table, and helpers for tests of statements and transactions.
 * Included once by a test program. */
#ifndef PF_TESTS_STORE_PAIR_H
#define PF_TESTS_STORE_PAIR_H

#include "store/conn.h"
#include "store/fault.h"
#include "tests/unit/mariadb_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct store_conn a, b;

static inline void ok_on(struct store_conn *conn, int rc, const char *what, int line)
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

static inline int keep_number(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(long long *)ctx = v[0].text ? atoll(v[0].text) : -1;
    return 0;
}

static inline long long one(struct store_conn *conn, const char *sql)
{
    long long value = -2;
    OK(conn, store_query(conn, sql, NULL, 0, keep_number, &value));
    return value;
}

static inline int setup(void **state)
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

static inline int teardown(void **state)
{
    (void)state;
    store_fault_hook = NULL;
    store_conn_fini(&a);
    store_conn_fini(&b);
    return 0;
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
