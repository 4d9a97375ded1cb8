/* The built-in database, once its server is ready: upgrade its system tables when they are older, create our database,
 * give the account the rights it needs there and no others.
 * Runs in a short-lived child; the master never speaks SQL. */
#include "base/log.h"
#include "daemon/database/server.h"
#include "daemon/process/privilege.h"
#include "daemon/process/process.h"
#include "daemon/process/spawn.h"
#include "store/rights.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <mysql.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Upgrades and grants need everything. The account has that as a role which only this file takes on: the server logs an
 * account in by the name of its system account alone, so a second one could not share the daemon's. */
#define ADMIN_ROLE         "priceforge_admin"
#define DATABASE_NAME_MAX  64
#define ER_ACCESS_DENIED   1045
#define ER_NO_SOCKET_LOGIN 1698

static void tell_stranger(const struct config *config, const char *account)
{
    const char *dir = config->state_dir;

    log_error("the built-in database in %s/db was made by another system account: it does not know '%s'. Give the "
              "directory back to that account and set daemon.user to it, or let this one in: run, as %s,",
              dir, account, account);
    log_error("printf \"FLUSH PRIVILEGES;\\nCREATE USER IF NOT EXISTS '%s'@localhost IDENTIFIED VIA unix_socket;\\n"
              "GRANT ALL PRIVILEGES ON *.* TO '%s'@localhost WITH GRANT OPTION;\\n\" | mariadbd --no-defaults "
              "--datadir=%s/db --tmpdir=%s/db.tmp --innodb-log-file-size=8M --bootstrap",
              account, account, dir, dir);
}

/* Returns an exit code; *out is the connection, or NULL. */
static int connect_server(const struct config *config, const char *account, MYSQL **out)
{
    MYSQL *db = mysql_init(NULL);
    unsigned timeout = 10;

    *out = NULL;
    if (!db)
        return EXIT_SHORTAGE;
    mysql_options(db, MYSQL_OPT_CONNECT_TIMEOUT, &timeout);
    /* By name: without one the library takes the name of the terminal's session, which sudo does not change. */
    if (mysql_real_connect(db, NULL, account, NULL, NULL, 0, config->private_socket, 0)) {
        *out = db;
        return EXIT_DONE;
    }
    bool stranger = mysql_errno(db) == ER_NO_SOCKET_LOGIN || mysql_errno(db) == ER_ACCESS_DENIED;
    if (stranger)
        tell_stranger(config, account);
    else
        log_error("cannot connect to the built-in database at %s: %s", config->private_socket, mysql_error(db));
    mysql_close(db);
    return stranger ? EXIT_CONFIG : EXIT_SHORTAGE;
}

static int __attribute__((format(printf, 2, 3))) run_sql(MYSQL *db, const char *format, ...)
{
    char sql[1024];
    va_list args;

    va_start(args, format);
    int len = vsnprintf(sql, sizeof sql, format, args);
    va_end(args);
    assert(len > 0 && (size_t)len < sizeof sql);
    if (mysql_query(db, sql) == 0)
        return EXIT_DONE;
    log_error("the built-in database: %s: %s", sql, mysql_error(db));
    return store_classify(mysql_errno(db), false) == STORE_CONFIG ? EXIT_CONFIG : EXIT_SHORTAGE;
}

/* After a first start the account is the server's administrator: from now on it has that by the role alone. */
static int make_admin_role(MYSQL *db, const char *quoted)
{
    if (mysql_query(db, "SET ROLE " ADMIN_ROLE) == 0)
        return EXIT_DONE;
    int rc = run_sql(db, "CREATE OR REPLACE ROLE " ADMIN_ROLE); /* one that is there was another account's */
    if (rc == EXIT_DONE)
        rc = run_sql(db, "GRANT ALL PRIVILEGES ON *.* TO " ADMIN_ROLE " WITH GRANT OPTION");
    if (rc == EXIT_DONE)
        rc = run_sql(db, "GRANT " ADMIN_ROLE " TO '%s'@localhost", quoted);
    if (rc == EXIT_DONE) /* the maker of a role may give it to others */
        rc = run_sql(db, "REVOKE ADMIN OPTION FOR " ADMIN_ROLE " FROM '%s'@localhost", quoted);
    return rc == EXIT_DONE ? run_sql(db, "SET ROLE " ADMIN_ROLE) : rc;
}

/* A _ in the name of a database stands for any character in GRANT. */
static void grant_pattern(const char *name, char *out)
{
    for (; *name; name++) {
        if (*name == '_')
            *out++ = '\\';
        *out++ = *name;
    }
    *out = '\0';
}

/* The grant comes before the revocation, so that no session is refused in between. */
static int restrict_account(MYSQL *db, const char *quoted, const char *name)
{
    char pattern[2 * DATABASE_NAME_MAX + 1];

    grant_pattern(name, pattern);
    int rc = run_sql(db, "GRANT " STORE_RIGHTS " ON `%s`.* TO '%s'@localhost", pattern, quoted);
    if (rc == EXIT_DONE)
        rc = run_sql(db, "REVOKE ALL PRIVILEGES ON *.* FROM '%s'@localhost", quoted);
    if (rc == EXIT_DONE)
        rc = run_sql(db, "REVOKE GRANT OPTION ON *.* FROM '%s'@localhost", quoted);
    /* The server ignores this one while it resolves no names, and does not find it in REVOKE PROXY either. */
    if (rc == EXIT_DONE)
        rc = run_sql(db, "DELETE FROM mysql.proxies_priv WHERE user = '%s'", quoted);
    return rc == EXIT_DONE ? run_sql(db, "FLUSH PRIVILEGES") : rc;
}

static bool is_older(const struct config *config, const char *server)
{
    unsigned major, minor, data_major, data_minor;

    if (privatedb_parse_version(server, &major, &minor) < 0 ||
        privatedb_data_version(config, &data_major, &data_minor) < 0)
        return false;
    return data_major < major || (data_major == major && data_minor < minor);
}

static void exec_upgrade(const struct config *config, const char *log)
{
    char socket[PATH_MAX], user[100];

    snprintf(socket, sizeof socket, "--socket=%s", config->private_socket);
    snprintf(user, sizeof user, "--user=%s", privilege_account()); /* its default is root */
    if (spawn_prepare_exec(log) == 0)
        execlp("mariadb-upgrade", "mariadb-upgrade", "--no-defaults", user, socket, (char *)NULL);
    _exit(127);
}

static int run_upgrade(const struct config *config, const char *server)
{
    char log[PATH_MAX];
    int status = -1;

    snprintf(log, sizeof log, "%s/db.log", config->state_dir);
    log_info("the built-in database was written by an older MariaDB: upgrading its system tables to %s", server);
    pid_t pid = fork();
    if (pid == 0)
        exec_upgrade(config, log);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (status == 0)
        return EXIT_DONE;
    log_error("mariadb-upgrade failed (status %d); see %s. It needs mariadb-server-core and mariadb-client-core",
              status, log);
    return EXIT_CONFIG;
}

/* The program logs in by itself and takes on no role, so the role is the default for as long as it runs. */
static int upgrade(MYSQL *db, const struct config *config)
{
    if (!is_older(config, mysql_get_server_info(db)))
        return EXIT_DONE;
    if (run_sql(db, "SET DEFAULT ROLE " ADMIN_ROLE) != EXIT_DONE)
        return EXIT_SHORTAGE;
    int rc = run_upgrade(config, mysql_get_server_info(db));
    return run_sql(db, "SET DEFAULT ROLE NONE") == EXIT_DONE ? rc : EXIT_SHORTAGE;
}

static void end_group(int sig)
{
    (void)sig;
    kill(0, SIGKILL);
}

int privatedb_set_up(const struct config *config)
{
    const char *account = privilege_account(), *name = config->db_name;
    char quoted[200];
    MYSQL *db;

    signal(SIGTERM, end_group);
    int rc = connect_server(config, account, &db);
    if (rc != EXIT_DONE)
        return rc;
    mysql_real_escape_string(db, quoted, account, strlen(account));
    rc = make_admin_role(db, quoted);
    if (rc == EXIT_DONE)
        rc = upgrade(db, config);
    /* Letters, digits and underscores only: checked with the configuration. */
    if (rc == EXIT_DONE)
        rc =
            run_sql(db, "CREATE DATABASE IF NOT EXISTS `%s` CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_as_ci", name);
    if (rc == EXIT_DONE)
        rc = restrict_account(db, quoted, name);
    mysql_close(db);
    mysql_library_end();
    return rc;
}
