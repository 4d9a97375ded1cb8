/* A migrated database for each test of the store, and helpers for such tests. Included once by a test program. */
#ifndef PF_TESTS_STORE_DB_H
#define PF_TESTS_STORE_DB_H

#include "store/fault.h"
#include "store/journal.h"
#include "store/migrate.h"
#include "tests/unit/mariadb_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <uuid.h>

static struct store_conn db;
static store_uuid node;

#define OK(call) ok((call), #call, __LINE__)
static inline void ok(int rc, const char *what, int line)
{
    if (rc != 0)
        fail_msg("line %d: %s gave %d: %s %u %s", line, what, rc, store_class_name(db.error.cls), db.error.number,
                 db.error.text);
}

static inline int number_row(const struct store_value *v, unsigned n, void *ctx)
{
    assert_int_equal(n, 1);
    *(long long *)ctx = v[0].text ? atoll(v[0].text) : -1;
    return 0;
}

static inline long long one(const char *sql)
{
    long long value = -2;
    OK(store_query(&db, sql, NULL, 0, number_row, &value));
    return value;
}

static inline int setup(void **state)
{
    (void)state;
    uuid_generate(node);
    store_conn_init(&db, fixture_config());
    fixture_empty_database();
    OK(store_ensure(&db));
    OK(store_migrate(&db, NULL));
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    store_fault_hook = NULL;
    store_conn_fini(&db);
    return 0;
}

static inline void make(struct journal_new *task)
{
    memset(task, 0, sizeof *task);
    uuid_generate(task->id);
    memcpy(task->node, node, sizeof node);
    task->type = "recalculate";
    task->params = "{}";
    task->created_ms = 1770000000123;
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
