/* Statements without their values: what is cut out, and what stays. */
#include "daemon/task/explain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void gives(const char *sql, const char *wanted)
{
    char out[EXPLAIN_STATEMENT + 1];
    explain_without_values(sql, out);
    assert_string_equal(out, wanted);
}

static void values_are_cut_out(void **state)
{
    (void)state;
    gives("SELECT 1", "SELECT ?");
    gives("UPDATE t SET a = 'secret', b=12.50 WHERE c IN (1,2, -3)", "UPDATE t SET a = ?, b=? WHERE c IN (?,?, -?)");
    gives("SELECT 'it''s', 'a\\'b', \"x\"\"y\", 'end", "SELECT ?, ?, ?, ?");
    gives("SELECT x'0afe', 0x1F, 1e5, .5", "SELECT x?, ?, ?, .?");
    gives("SELECT 'a\\", "SELECT ?");
}

static void names_stay(void **state)
{
    (void)state;
    gives("SELECT t1.c2 FROM stage_17 AS t1", "SELECT t1.c2 FROM stage_17 AS t1");
    gives("SELECT a\n\tFROM b", "SELECT a  FROM b");
    gives("SELECT \xd1\x84", "SELECT ??");
    gives("", "");
}

static void it_has_an_end(void **state)
{
    char sql[1000], out[EXPLAIN_STATEMENT + 1];
    (void)state;
    memset(sql, 'a', sizeof sql - 1);
    sql[sizeof sql - 1] = '\0';
    explain_without_values(sql, out);
    assert_int_equal(strlen(out), EXPLAIN_STATEMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_cut_out),
        cmocka_unit_test(names_stay),
        cmocka_unit_test(it_has_an_end),
    };
    return cmocka_run_group_tests_name("daemon/explain", tests, NULL, NULL);
}
