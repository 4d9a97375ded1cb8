/* The session that every connection must have. It is set in one statement and read back, because a proxy, an
 * init_connect or an older server may silently do something else. */
#include "store/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char sql_modes[] = "STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY,NO_ZERO_IN_DATE,NO_ZERO_DATE,"
                                "ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION";

static unsigned lock_timeout(const struct store_config *config)
{
    return config->lock_timeout_s != 0 ? config->lock_timeout_s : 10;
}

static int set_variables(struct store_conn *conn)
{
    char sql[1024];
    unsigned lock = lock_timeout(conn->config);

    /* wait_timeout: a runner may have nothing to do for days. */
    snprintf(sql, sizeof sql,
             "SET SESSION sql_mode='%s', time_zone='+00:00', tx_isolation='REPEATABLE-READ', "
             "innodb_snapshot_isolation=ON, collation_connection=utf8mb4_uca1400_as_ci, autocommit=1, "
             "innodb_lock_wait_timeout=%u, lock_wait_timeout=%u, max_statement_time=%u, wait_timeout=604800",
             sql_modes, lock, lock, conn->config->statement_timeout_s);
    return store_send(conn, sql, false, NULL);
}

/* Is every mode of ours in the server's comma-separated list? */
static bool modes_set(const char *got)
{
    char wanted[sizeof sql_modes], *rest = NULL;

    memcpy(wanted, sql_modes, sizeof sql_modes);
    for (char *mode = strtok_r(wanted, ",", &rest); mode; mode = strtok_r(NULL, ",", &rest)) {
        size_t length = strlen(mode);
        const char *at = strstr(got, mode);
        while (at && ((at != got && at[-1] != ',') || (at[length] != ',' && at[length] != 0)))
            at = strstr(at + 1, mode);
        if (!at)
            return false;
    }
    return true;
}

static int wrong(struct store_conn *conn, const char *name, const char *got, const char *want)
{
    char text[256];

    snprintf(text, sizeof text, "the server gave %s='%.80s' where '%.80s' was asked for", name, got, want);
    return store_fail(conn, STORE_CONFIG, text);
}

static int check_equal(struct store_conn *conn, const char *name, const char *got, const char *want)
{
    return got && strcasecmp(got, want) == 0 ? 0 : wrong(conn, name, got ? got : "NULL", want);
}

static int check_number(struct store_conn *conn, const char *name, const char *got, unsigned want)
{
    char text[16];

    snprintf(text, sizeof text, "%u", want);
    return got && strtod(got, NULL) == (double)want ? 0 : wrong(conn, name, got ? got : "NULL", text);
}

static const char read_back[] =
    "SELECT @@sql_mode, @@time_zone, @@tx_isolation, @@innodb_snapshot_isolation, @@character_set_client, "
    "@@character_set_results, @@collation_connection, @@autocommit, @@innodb_lock_wait_timeout, @@lock_wait_timeout, "
    "@@max_statement_time, @@max_allowed_packet";

static int check_row(const struct store_value *v, unsigned n, void *ctx)
{
    struct store_conn *conn = ctx;
    unsigned lock = lock_timeout(conn->config);

    (void)n;
    if (!v[0].text || !modes_set(v[0].text))
        return wrong(conn, "sql_mode", v[0].text ? v[0].text : "NULL", sql_modes);
    if (check_equal(conn, "time_zone", v[1].text, "+00:00") != 0 ||
        check_equal(conn, "tx_isolation", v[2].text, "REPEATABLE-READ") != 0 ||
        check_number(conn, "innodb_snapshot_isolation", v[3].text, 1) != 0 ||
        check_equal(conn, "character_set_client", v[4].text, "utf8mb4") != 0 ||
        check_equal(conn, "character_set_results", v[5].text, "utf8mb4") != 0 ||
        check_equal(conn, "collation_connection", v[6].text, "utf8mb4_uca1400_as_ci") != 0 ||
        check_number(conn, "autocommit", v[7].text, 1) != 0 ||
        check_number(conn, "innodb_lock_wait_timeout", v[8].text, lock) != 0 ||
        check_number(conn, "lock_wait_timeout", v[9].text, lock) != 0 ||
        check_number(conn, "max_statement_time", v[10].text, conn->config->statement_timeout_s) != 0)
        return -1;
    conn->max_packet = v[11].text ? strtoull(v[11].text, NULL, 10) : 0;
    return conn->max_packet >= 65536
               ? 0
               : wrong(conn, "max_allowed_packet", v[11].text ? v[11].text : "NULL", "65536 or more");
}

int store_session_setup(struct store_conn *conn)
{
    conn->max_packet = 65536; /* until read below */
    if (set_variables(conn) != 0) {
        if (conn->error.number == 1193 || conn->error.number == 1273) {
            char text[sizeof conn->error.text];
            snprintf(text, sizeof text, "a newer MariaDB is needed (10.11.19 is known to do): %.200s",
                     conn->error.text);
            return store_fail(conn, STORE_CONFIG, text);
        }
        return -1;
    }
    return store_query(conn, read_back, NULL, 0, check_row, conn) == 0 ? 0 : -1;
}

static int keep_number(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(int *)ctx = v[0].text ? (int)strtol(v[0].text, NULL, 10) : -1;
    return 0;
}

int store_flush_at_commit(struct store_conn *conn)
{
    int value = -1;

    if (store_query(conn, "SELECT @@innodb_flush_log_at_trx_commit", NULL, 0, keep_number, &value) != 0)
        return -1;
    return value;
}

void store_causal_reads(struct store_conn *conn, bool on)
{
    struct store_error kept = conn->error;

    if (conn->mysql)
        (void)store_send(conn, on ? "SET SESSION wsrep_sync_wait=1" : "SET SESSION wsrep_sync_wait=0", false, NULL);
    if (conn->mysql)
        conn->error = kept;
}
