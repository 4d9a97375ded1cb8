/* Applies and verifies migrations. The list is in store/schema/schema.c. */
#include "store/migrate.h"

#include "store/internal.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGEST_SIZE 32

unsigned store_schema_version(void)
{
    unsigned version = 0;

    for (const struct store_migration *m = store_migrations; m->version != 0; m++)
        version = m->version;
    return version;
}

/* Digests each statement with its terminating NUL: text that moves from one statement to the next changes the digest. */
static void digest_of(const struct store_migration *m, unsigned char out[DIGEST_SIZE])
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();

    if (!md || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1)
        abort();
    for (const char *const *sql = m->statements; *sql; sql++)
        if (EVP_DigestUpdate(md, *sql, strlen(*sql) + 1) != 1)
            abort();
    if (EVP_DigestFinal_ex(md, out, NULL) != 1)
        abort();
    EVP_MD_CTX_free(md);
}

/* ---- What the database has ----------------------------------------------------------------------------------- */

struct recorded {
    struct store_conn *conn;
    unsigned newest;
};

static int refuse(struct store_conn *conn, const char *format, unsigned a, unsigned b)
{
    char text[256];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, sizeof text, format, a, b);
#pragma GCC diagnostic pop
    return store_fail(conn, STORE_CONFIG, text);
}

static int check_recorded(const struct store_value *v, unsigned n, void *ctx)
{
    struct recorded *found = ctx;
    unsigned version = (unsigned)strtoul(v[0].text, NULL, 10);
    unsigned char digest[DIGEST_SIZE];

    (void)n;
    if (version == 0)
        return store_fail(found->conn, STORE_CONFIG,
                          "a restore into this database did not come to its end: run priceforge db restore again");
    if (version > store_schema_version())
        return refuse(found->conn,
                      "the database is of schema %u, this program knows %u: install the newer package or restore a "
                      "backup",
                      version, store_schema_version());
    if (version != found->newest + 1)
        return refuse(found->conn, "schema_version has no row for version %u but one for %u", found->newest + 1,
                      version);
    digest_of(&store_migrations[version - 1], digest);
    if (v[1].len != DIGEST_SIZE || memcmp(v[1].text, digest, DIGEST_SIZE) != 0)
        return refuse(found->conn, "schema version %u was applied with another text than this program's version %u",
                      version, version);
    found->newest = version;
    return 0;
}

static const char select_recorded[] = "SELECT version, sha256 FROM schema_version ORDER BY version";

/* Returns 0 and the newest recorded version, or -1. */
static int read_recorded(struct store_conn *conn, unsigned *newest)
{
    struct recorded found = {conn, 0};
    int rc = store_query(conn, select_recorded, NULL, 0, check_recorded, &found);

    *newest = found.newest;
    return rc;
}

#define NO_SUCH_TABLE 1146

int store_schema_read(struct store_conn *conn, unsigned *version)
{
    int rc = read_recorded(conn, version);

    return rc != 0 && conn->error.number == NO_SUCH_TABLE ? 0 : rc;
}

int store_schema_current(struct store_conn *conn)
{
    unsigned newest = 0;

    return store_schema_read(conn, &newest) == 0 ? newest == store_schema_version() : -1;
}

/* ---- Applying ------------------------------------------------------------------------------------------------ */

static int record(struct store_conn *conn, const struct store_migration *m)
{
    unsigned char digest[DIGEST_SIZE];

    digest_of(m, digest);
    struct store_value values[] = {STORE_U(m->version), STORE_S(m->name), STORE_B((const char *)digest, DIGEST_SIZE)};
    return store_run(conn, "INSERT INTO schema_version (version, name, sha256) VALUES (?, ?, ?)", values, 3, NULL,
                     NULL);
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

#define MAKE_TRIGGER    "CREATE OR REPLACE TRIGGER "
#define NO_SUCH_TRIGGER 1360

int store_exec_schema(struct store_conn *conn, const char *sql)
{
    char drop[128];

    if (store_exec(conn, sql, NULL) == 0)
        return 0;
    if (conn->error.number != NO_SUCH_TRIGGER || !begins(sql, MAKE_TRIGGER))
        return -1;
    const char *name = sql + strlen(MAKE_TRIGGER);
    snprintf(drop, sizeof drop, "DROP TRIGGER IF EXISTS %.*s", (int)strcspn(name, " "), name);
    return store_exec(conn, drop, NULL) != 0 ? -1 : store_exec(conn, sql, NULL);
}

static int apply_one(struct store_conn *conn, const struct store_migration *m)
{
    for (const char *const *sql = m->statements; *sql; sql++)
        if (store_exec_schema(conn, *sql) != 0)
            return -1;
    return record(conn, m);
}

static int apply_missing(struct store_conn *conn, unsigned *applied)
{
    unsigned newest = 0;

    /* The first statement of version 1 makes schema_version; there is nothing to read before it. */
    if (store_exec(conn, store_migrations[0].statements[0], NULL) != 0 || read_recorded(conn, &newest) != 0)
        return -1;
    for (const struct store_migration *m = &store_migrations[newest]; m->version != 0; m++) {
        if (apply_one(conn, m) != 0)
            return -1;
        if (applied)
            (*applied)++;
    }
    return 0;
}

static int keep_flag(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(bool *)ctx = v[0].text && v[0].text[0] == '1';
    return 0;
}

/* For two daemons that start at once on one server. On Galera the lock is local to a node; there one node migrates. */
static int take_lock(struct store_conn *conn)
{
    bool got = false;

    if (store_query(conn, "SELECT GET_LOCK(CONCAT('priceforge.migrate.', DATABASE()), 3)", NULL, 0, keep_flag, &got) !=
        0)
        return -1;
    return got ? 0 : store_fail(conn, STORE_RETRY, "another process is migrating the database");
}

int store_migrate(struct store_conn *conn, unsigned *applied)
{
    char restore[64];
    struct store_error failed;

    if (applied)
        *applied = 0;
    if (store_ensure(conn) != 0 || take_lock(conn) != 0)
        return -1;
    /* Building an index on a large table takes a long time. */
    int rc =
        store_exec(conn, "SET SESSION max_statement_time=0", NULL) != 0 || apply_missing(conn, applied) != 0 ? -1 : 0;
    failed = conn->error;
    if (conn->mysql) {
        snprintf(restore, sizeof restore, "SET SESSION max_statement_time=%u", conn->config->statement_timeout_s);
        if (store_exec(conn, restore, NULL) != 0 ||
            store_exec(conn, "DO RELEASE_LOCK(CONCAT('priceforge.migrate.', DATABASE()))", NULL) != 0)
            store_close(conn); /* ends the lock too */
    }
    conn->error = failed;
    return rc;
}

/* ---- For a restore ------------------------------------------------------------------------------------------- */

static bool is_trigger(const char *sql)
{
    return begins(sql, MAKE_TRIGGER) || begins(sql, "DROP TRIGGER ");
}

int store_schema_mark(struct store_conn *conn)
{
    static const char mark[] = "INSERT INTO schema_version (version, name, sha256) VALUES (0, 'being restored', '') "
                               "ON DUPLICATE KEY UPDATE version = version";

    return store_exec(conn, store_migrations[0].statements[0], NULL) != 0 ? -1 : store_exec(conn, mark, NULL);
}

int store_schema_build(struct store_conn *conn, unsigned version, enum store_schema_part part)
{
    for (const struct store_migration *m = store_migrations; m->version != 0 && m->version <= version; m++)
        for (const char *const *sql = m->statements; *sql; sql++)
            if (is_trigger(*sql) == (part == STORE_SCHEMA_TRIGGERS) && store_exec_schema(conn, *sql) != 0)
                return -1;
    return 0;
}

static int record_versions(struct store_conn *conn, void *ctx)
{
    const unsigned *version = ctx;
    int rc = store_exec(conn, "DELETE FROM schema_version", NULL);

    for (const struct store_migration *m = store_migrations; rc == 0 && m->version != 0 && m->version <= *version; m++)
        rc = record(conn, m);
    return rc;
}

int store_schema_record(struct store_conn *conn, unsigned version)
{
    return store_transaction(conn, record_versions, NULL, &version, 1);
}

int store_schema_tables(unsigned version, int (*fn)(const char *name, void *ctx), void *ctx)
{
    static const char make[] = "CREATE TABLE IF NOT EXISTS ";
    char name[65];
    int rc = 0;

    for (const struct store_migration *m = store_migrations; m->version != 0 && m->version <= version; m++)
        for (const char *const *sql = m->statements; *sql && rc == 0; sql++) {
            if (!begins(*sql, make))
                continue;
            snprintf(name, sizeof name, "%.*s", (int)strcspn(*sql + sizeof make - 1, " ("), *sql + sizeof make - 1);
            rc = fn(name, ctx);
        }
    return rc;
}

/* ---- The database itself ------------------------------------------------------------------------------------- */

/* The name is written into the statement, so it must not need quoting. */
static bool plain_name(const char *name)
{
    size_t length = strlen(name);

    return length > 0 && length <= 64 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == length;
}

int store_create_database(const struct store_config *config, struct store_error *error)
{
    struct store_config server = *config;
    struct store_conn conn;
    char sql[192];

    server.name = NULL;
    store_conn_init(&conn, &server);
    int rc = -1;
    if (!config->name || !plain_name(config->name)) {
        (void)store_fail(&conn, STORE_CONFIG, "a database name has letters, digits and _ only, at most 64");
    } else if (store_ensure(&conn) == 0) {
        snprintf(sql, sizeof sql,
                 "CREATE DATABASE IF NOT EXISTS `%s` CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_as_ci",
                 config->name);
        rc = store_exec(&conn, sql, NULL);
    }
    *error = conn.error;
    store_conn_fini(&conn);
    return rc;
}
