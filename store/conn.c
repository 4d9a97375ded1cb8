/* Opening, closing and using one connection. session.c sets up the session, stmt.c has the prepared statements. */
#include "store/conn.h"

#include "store/internal.h"

#include <assert.h>
#include <errmsg.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

store_fault_fn store_fault_hook = NULL;

int store_library_init(void)
{
    return mysql_library_init(0, NULL, NULL) == 0 ? 0 : -1;
}

void store_conn_init(struct store_conn *conn, const struct store_config *config)
{
    memset(conn, 0, sizeof *conn);
    conn->config = config;
}

void store_conn_fini(struct store_conn *conn)
{
    store_close(conn);
}

void store_close(struct store_conn *conn)
{
    /* The handle is closed first. That detaches the statements, so that closing them does not write to a dead socket. */
    if (conn->mysql)
        mysql_close(conn->mysql);
    store_stmts_free(&conn->stmts);
    conn->mysql = NULL;
    conn->in_transaction = false;
    conn->doomed = false;
    conn->server_thread = 0;
}

/* ---- Errors -------------------------------------------------------------------------------------------------- */

static void set_error(struct store_conn *conn, enum store_class cls, unsigned number, const char *text)
{
    /* Copied now: the text of mysql_error() may belong to the handle, which is closed next. */
    conn->error.cls = cls;
    conn->error.number = number;
    snprintf(conn->error.text, sizeof conn->error.text, "%s", text);
}

int store_fail(struct store_conn *conn, enum store_class cls, const char *text)
{
    set_error(conn, cls, 0, text);
    return -1;
}

int store_fail_number(struct store_conn *conn, unsigned number, const char *text, bool committing)
{
    enum store_class cls = store_classify(number, committing);

    set_error(conn, cls, number, text);
    if (cls == STORE_GONE || cls == STORE_UNKNOWN)
        store_close(conn);
    else if (cls == STORE_RETRY && conn->in_transaction)
        conn->doomed = true;
    return -1;
}

static int fail_mysql(struct store_conn *conn, bool committing)
{
    unsigned number = mysql_errno(conn->mysql);

    return store_fail_number(conn, number != 0 ? number : CR_UNKNOWN_ERROR, mysql_error(conn->mysql), committing);
}

int store_check_usable(struct store_conn *conn)
{
    assert(!conn->streaming); /* the connection is still busy with rows */
    if (!conn->mysql)
        return store_fail_number(conn, CR_SERVER_GONE_ERROR, "not connected", false);
    return conn->doomed ? -1 : 0;
}

int store_check_size(struct store_conn *conn, uint64_t bytes)
{
    /* The server answers a larger packet by closing the connection. That looks like 2006 and would be retried for
     * ever. */
    if (bytes + 1024 <= conn->max_packet)
        return 0;
    set_error(conn, STORE_DATA, CR_NET_PACKET_TOO_LARGE, "statement is larger than the server's max_allowed_packet");
    return -1;
}

int store_fault(struct store_conn *conn, enum store_fault_point point, const char *sql, bool committing)
{
    unsigned number = store_fault_hook ? store_fault_hook(point, sql) : 0;

    return number != 0 ? store_fail_number(conn, number, "injected by a test", committing) : 0;
}

/* ---- Connecting ---------------------------------------------------------------------------------------------- */

static bool given(const char *s)
{
    return s && *s != 0;
}

/* Sets what must not be left to defaults or to an option file: no reconnect, no local files, and so on. */
static void set_options(MYSQL *mysql, const struct store_config *config)
{
    unsigned connect_timeout = config->connect_timeout_s != 0 ? config->connect_timeout_s : 3;
    unsigned read_timeout = config->read_timeout_s;
    my_bool off = 0, on = 1;
    unsigned no_files = 0;

    mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_timeout);
    if (read_timeout != 0) {
        mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &read_timeout);
        mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &read_timeout);
    }
    mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_options(mysql, MYSQL_OPT_RECONNECT, &off);
    mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &no_files);
    mysql_options(mysql, MYSQL_REPORT_DATA_TRUNCATION, &on);
    if (given(config->host)) {
        enum mysql_protocol_type tcp = MYSQL_PROTOCOL_TCP; /* "localhost" would mean the library's own socket path */
        mysql_options(mysql, MYSQL_OPT_PROTOCOL, &tcp);
        if (given(config->tls_ca)) {
            mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &on);
            mysql_options(mysql, MYSQL_OPT_SSL_CA, config->tls_ca);
            mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &on);
        }
    }
}

/* Returns the account for the unix_socket login. The library would look at USER and LOGNAME, which a service may not
 * have. */
static const char *own_user(char *buffer, size_t size)
{
    struct passwd entry, *found = NULL;

    if (getpwuid_r(geteuid(), &entry, buffer, size, &found) != 0 || !found)
        return NULL;
    return found->pw_name;
}

/* A server whose machine has disappeared never answers; keep-alive probes notice that. They do not end a long
 * statement: the machine of a working server answers them. */
static void notice_dead_peers(int fd)
{
    int on = 1, idle_s = 5, interval_s = 3, probes = 3;
    unsigned give_up_ms = 15000;

    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &give_up_ms, sizeof give_up_ms);
}

static int connect_now(struct store_conn *conn)
{
    const struct store_config *config = conn->config;
    char buffer[4096];
    const char *user = given(config->user) ? config->user : own_user(buffer, sizeof buffer);

    if (!user)
        return store_fail(conn, STORE_CONFIG, "no database user is configured and this process's user has no name");
    conn->mysql = mysql_init(NULL);
    if (!conn->mysql)
        abort();
    set_options(conn->mysql, config);
    bool tcp = given(config->host);
    if (!mysql_real_connect(conn->mysql, tcp ? config->host : NULL, user,
                            given(config->password) ? config->password : NULL,
                            given(config->name) ? config->name : NULL,
                            tcp ? (config->port != 0 ? config->port : 3306) : 0, tcp ? NULL : config->socket, 0)) {
        (void)fail_mysql(conn, false);
        store_close(conn);
        return -1;
    }
    if (tcp)
        notice_dead_peers((int)mysql_get_socket(conn->mysql));
    conn->serial++;
    conn->server_thread = mysql_thread_id(conn->mysql);
    conn->stmts = store_stmts_new();
    if (store_session_setup(conn) == 0)
        return 0;
    store_close(conn);
    return -1;
}

/* POLLIN is not enough: with TLS 1.3, unread session tickets make a healthy socket readable. */
static bool hung_up(struct store_conn *conn)
{
    struct pollfd watch = {.fd = (int)mysql_get_socket(conn->mysql), .events = POLLRDHUP};

    return poll(&watch, 1, 0) > 0 && (watch.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0;
}

int store_ensure(struct store_conn *conn)
{
    if (conn->mysql && !conn->in_transaction && hung_up(conn))
        store_close(conn);
    return conn->mysql ? 0 : connect_now(conn);
}

/* ---- Text statements ----------------------------------------------------------------------------------------- */

static bool starts_with(const char *sql, const char *word)
{
    return strncasecmp(sql, word, strlen(word)) == 0;
}

/* Could this statement have written something, in autocommit, if its answer is lost? */
static bool may_write(const char *sql)
{
    static const char *const harmless[] = {"SELECT",   "SHOW", "SET ",    "DO ", "START",
                                           "ROLLBACK", "KILL", "EXPLAIN", "USE "};

    while (*sql == ' ' || *sql == '\n')
        sql++;
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++)
        if (starts_with(sql, harmless[i]))
            return false;
    return true;
}

/* KILL QUERY and max_statement_time are reported here, after the query call itself has succeeded. */
static int read_results(struct store_conn *conn, bool committing, uint64_t *affected)
{
    int more;

    do {
        MYSQL_RES *result = mysql_store_result(conn->mysql);
        if (!result && (mysql_errno(conn->mysql) != 0 || mysql_field_count(conn->mysql) != 0))
            return fail_mysql(conn, committing);
        if (!result && affected)
            *affected = mysql_affected_rows(conn->mysql);
        mysql_free_result(result);
        more = mysql_next_result(conn->mysql);
    } while (more == 0);
    return more > 0 ? fail_mysql(conn, committing) : 0;
}

int store_send(struct store_conn *conn, const char *sql, bool committing, uint64_t *affected)
{
    size_t length = strlen(sql);

    if (affected)
        *affected = 0;
    if (store_check_size(conn, length) != 0 || store_fault(conn, STORE_FAULT_BEFORE, sql, committing) != 0)
        return -1;
    if (mysql_real_query(conn->mysql, sql, length) != 0)
        return fail_mysql(conn, committing);
    if (read_results(conn, committing, affected) != 0)
        return -1;
    return store_fault(conn, STORE_FAULT_AFTER, sql, committing);
}

int store_exec(struct store_conn *conn, const char *sql, uint64_t *affected)
{
    if (store_check_usable(conn) != 0)
        return -1;
    return store_send(conn, sql, !conn->in_transaction && may_write(sql), affected);
}

int store_ping(struct store_conn *conn)
{
    /* Not COM_PING: a Galera node that refuses every statement answers it. */
    return store_exec(conn, "SELECT 1", NULL);
}

int store_kill_query(struct store_conn *conn, unsigned long server_thread)
{
    char sql[64];

    snprintf(sql, sizeof sql, "KILL QUERY %lu", server_thread);
    return store_exec(conn, sql, NULL);
}

#define NO_SUCH_QUERY 1957

int store_kill_statement(struct store_conn *conn, uint64_t query_id)
{
    char sql[64];

    snprintf(sql, sizeof sql, "KILL QUERY ID %" PRIu64, query_id);
    int rc = store_exec(conn, sql, NULL);
    return rc != 0 && conn->error.number == NO_SUCH_QUERY ? 0 : rc;
}
