/* The built-in database, once its server is ready: upgrade its system tables when they are older, create our database.
 * Runs in a short-lived child; the master never speaks SQL. */
#include "base/log.h"
#include "daemon/database/server.h"
#include "daemon/process/privilege.h"
#include "daemon/process/process.h"
#include "daemon/process/spawn.h"

#include <errno.h>
#include <limits.h>
#include <mysql.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static MYSQL *connect_server(const struct config *config)
{
    MYSQL *db = mysql_init(NULL);
    unsigned timeout = 10;

    if (!db)
        return NULL;
    mysql_options(db, MYSQL_OPT_CONNECT_TIMEOUT, &timeout);
    /* By name: without one the library takes the name of the terminal's session, which sudo does not change. */
    if (!mysql_real_connect(db, NULL, privilege_account(), NULL, NULL, 0, config->private_socket, 0)) {
        log_error("cannot connect to the built-in database at %s: %s", config->private_socket, mysql_error(db));
        mysql_close(db);
        return NULL;
    }
    return db;
}

static int create_database(MYSQL *db, const char *name)
{
    char sql[200];

    /* Letters, digits and underscores only: checked with the configuration. */
    snprintf(sql, sizeof sql, "CREATE DATABASE IF NOT EXISTS `%s` CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_as_ci",
             name);
    if (mysql_query(db, sql) == 0)
        return EXIT_DONE;
    log_error("cannot create the database %s: %s", name, mysql_error(db));
    return EXIT_SHORTAGE;
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

static int upgrade(const struct config *config, const char *server)
{
    char log[PATH_MAX];
    int status;

    snprintf(log, sizeof log, "%s/db.log", config->state_dir);
    log_info("the built-in database was written by an older MariaDB: upgrading its system tables to %s", server);
    pid_t pid = fork();
    if (pid == 0)
        exec_upgrade(config, log);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (pid > 0 && status == 0)
        return EXIT_DONE;
    log_error("mariadb-upgrade failed (status %d); see %s. It needs mariadb-server-core and mariadb-client-core",
              pid > 0 ? status : -1, log);
    return EXIT_CONFIG;
}

static void end_group(int sig)
{
    (void)sig;
    kill(0, SIGKILL);
}

int privatedb_set_up(const struct config *config)
{
    signal(SIGTERM, end_group);
    MYSQL *db = connect_server(config);
    if (!db)
        return EXIT_SHORTAGE;
    int rc = is_older(config, mysql_get_server_info(db)) ? upgrade(config, mysql_get_server_info(db)) : EXIT_DONE;
    if (rc == EXIT_DONE)
        rc = create_database(db, config->db_name);
    mysql_close(db);
    mysql_library_end();
    return rc;
}
