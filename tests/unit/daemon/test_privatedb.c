/* The built-in database: what is read from its files. Its life is tested by tests/system/test_master_database.py. */
#include "daemon/database/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char dir[64];

static int set_up(void **state)
{
    char path[96];

    (void)state;
    strcpy(dir, "/tmp/pf-privatedb-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/db", dir);
    return mkdir(path, 0700);
}

static int tear_down(void **state)
{
    static const char *const names[] = {"db/mysql_upgrade_info", "db/mariadb_upgrade_info", "log", "db"};
    char path[96];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        remove(path);
    }
    return rmdir(dir);
}

static const char *put(const char *name, const char *text)
{
    static char path[96];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
    return path;
}

static void test_versions(void **state)
{
    unsigned major = 0, minor = 0;

    (void)state;
    assert_int_equal(privatedb_parse_version("10.11.19-MariaDB-0+deb12u1", &major, &minor), 0);
    assert_int_equal(major, 10);
    assert_int_equal(minor, 11);
    assert_int_equal(privatedb_parse_version("11.4.2", &major, &minor), 0);
    assert_int_equal(privatedb_parse_version("", &major, &minor), -1);
    assert_int_equal(privatedb_parse_version("ten.eleven", &major, &minor), -1);
    assert_int_equal(privatedb_parse_version("10", &major, &minor), -1);
}

static void test_data_version(void **state)
{
    struct config config = {.state_dir = dir};
    unsigned major = 0, minor = 0;

    (void)state;
    assert_int_equal(privatedb_data_version(&config, &major, &minor), -1);
    put("db/mysql_upgrade_info", "10.5.1-MariaDB");
    assert_int_equal(privatedb_data_version(&config, &major, &minor), 0);
    assert_int_equal(minor, 5);
    put("db/mariadb_upgrade_info", "11.4.2-MariaDB\n"); /* the newer name wins */
    assert_int_equal(privatedb_data_version(&config, &major, &minor), 0);
    assert_int_equal(major, 11);
}

static void test_first_error(void **state)
{
    static const char old[] = "2026-01-01 0:00:00 0 [ERROR] of an earlier start\n";
    char text[400], reason[100];

    (void)state;
    snprintf(
        text, sizeof text,
        "%s2026-01-01 1:00:00 0 [Note] InnoDB: fine\n2026-01-01 1:00:00 0 [ERROR] InnoDB: Unable to lock ./ibdata1\n"
        "2026-01-01 1:00:00 0 [ERROR] Aborting\n",
        old);
    const char *path = put("log", text);
    privatedb_first_error(path, (int64_t)strlen(old), reason, sizeof reason);
    assert_string_equal(reason, "InnoDB: Unable to lock ./ibdata1");
    privatedb_first_error(path, (int64_t)strlen(text), reason, sizeof reason);
    assert_string_equal(reason, "");
    privatedb_first_error(path, 1000000, reason, sizeof reason); /* the log was moved aside since: all of it is new */
    assert_string_equal(reason, "of an earlier start");
    char small[8];
    privatedb_first_error(path, 0, small, sizeof small);
    assert_string_equal(small, "of an e");
    put("log", "2026 [Warning] no matter\nERROR: 6  Error on delete\n2026 0 [ERROR] Aborting\n");
    privatedb_first_error(path, 0, reason, sizeof reason);
    assert_string_equal(reason, "6  Error on delete");
    privatedb_first_error("/nonexistent", 0, reason, sizeof reason);
    assert_string_equal(reason, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions),
        cmocka_unit_test_setup_teardown(test_data_version, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_first_error, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
