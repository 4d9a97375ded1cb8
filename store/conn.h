/* One blocking connection to MariaDB.
 *
 * Used by runners and the janitor directly and by the database threads of workers; never on an event loop. Opened after
 * fork, used by one thread at a time. Session: strict modes, UTC, utf8mb4, READ COMMITTED never, REPEATABLE READ with
 * innodb_snapshot_isolation, time-outs; set in one statement, read back and checked. Reconnect is off: a silent
 * reconnect would lose the transaction.
 *
 * Every call returns 0 or -1 with the reason in conn->error. After STORE_GONE or STORE_UNKNOWN the connection is
 * closed; store_ensure() opens it again. */
#ifndef PF_STORE_CONN_H
#define PF_STORE_CONN_H

#include "store/error.h"

#include <mysql.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the database is. Strings are borrowed and must outlive every connection. */
struct store_config {
    const char *host;             /* NULL or "": use socket */
    const char *socket;           /* path; used when host is empty */
    unsigned port;                /* 0 = 3306 */
    const char *user;             /* NULL or "": the process's own user name (unix_socket login) */
    const char *password;         /* NULL or "" = none. Read from a file by the daemon, never logged */
    const char *name;             /* database */
    const char *tls_ca;           /* NULL, or CA file: verify the server's certificate */
    unsigned connect_timeout_s;   /* default 3 */
    unsigned read_timeout_s;      /* worker 5; runner above statement_timeout_s; 0 = none */
    unsigned statement_timeout_s; /* session max_statement_time; 0 = none */
    unsigned lock_timeout_s;      /* innodb_lock_wait_timeout and lock_wait_timeout; default 10 */
};

struct store_conn {
    const struct store_config *config; /* borrowed */
    MYSQL *mysql;                      /* NULL while closed */
    bool in_transaction;               /* between store_begin() and store_commit()/store_rollback() */
    struct store_error error;          /* of the last call that returned -1 */
    unsigned long server_thread;       /* CONNECTION_ID(), for KILL QUERY; 0 while closed */
    uint64_t max_packet;               /* the server's max_allowed_packet, bytes */
    uint64_t serial;                   /* grows with each connect; statements of an older serial are dead */
    bool doomed;               /* after STORE_RETRY in a transaction: every statement fails until store_rollback(),
                                  because a server that has rolled back by itself would autocommit the next one */
    bool streaming;            /* in the row callback of store_stream() */
    struct store_stmts *stmts; /* internal: prepared statements */
};

/* Once per process, before the first connection and before threads. */
int store_library_init(void);

void store_conn_init(struct store_conn *conn, const struct store_config *config);
void store_conn_fini(struct store_conn *conn);

/* Connect if closed, set up and check the session. Outside a transaction it also notices that the server has hung up
 * (one poll(), no round trip), so that an idle time-out or a restart is not seen by the next statement. No other
 * function connects: a statement that quietly ran on a new connection would run outside its transaction. */
int store_ensure(struct store_conn *conn);
/* Round trip that really executes a statement. */
int store_ping(struct store_conn *conn);

/* Run one statement without result, or discard its result. `affected` may be NULL. */
int store_exec(struct store_conn *conn, const char *sql, uint64_t *affected);
/* innodb_flush_log_at_trx_commit of the server: with anything but 1 (or 3) a power cut loses acknowledged commits, so
 * warn at start. Returns the value, or -1. */
int store_flush_at_commit(struct store_conn *conn);
/* printf-less building is not offered: values go through store_query() and store_run(), identifiers come from fixed
 * tables. */

int store_begin(struct store_conn *conn);          /* START TRANSACTION */
int store_begin_snapshot(struct store_conn *conn); /* … WITH CONSISTENT SNAPSHOT */
int store_commit(struct store_conn *conn);         /* error class STORE_UNKNOWN when nobody knows */
void store_rollback(struct store_conn *conn);      /* best effort; closes the connection when it fails */

/* Run `body` in a transaction and commit; on STORE_RETRY, STORE_GONE (before COMMIT) and STORE_UNUSABLE roll back, wait
 * a random 0-50 ms doubling to 1 s, and start over, at most `tries` times (0 = 10). `body` returns 0; -1 to stop with
 * conn->error as it is; or a positive value to roll back and have that value returned. `settled` (may be NULL) is asked
 * after STORE_UNKNOWN on a fresh connection: 1 = committed, 0 = not, -1 = still unknown; without it the unknown outcome
 * is returned. A statement whose connection broke under it is repeated at most twice: it may be the statement that
 * breaks it. Returns 0, -1 or body's value. */
typedef int (*store_tx_fn)(struct store_conn *conn, void *ctx);
int store_transaction(struct store_conn *conn, store_tx_fn body, store_tx_fn settled, void *ctx, unsigned tries);

/* Record an error of our own making in conn->error and return -1. */
int store_fail(struct store_conn *conn, enum store_class cls, const char *text);

/* KILL QUERY on another session of the same account, over this connection. */
int store_kill_query(struct store_conn *conn, unsigned long server_thread);
/* KILL QUERY ID: that one statement (information_schema.processlist.query_id); one that is over is no error. */
int store_kill_statement(struct store_conn *conn, uint64_t query_id);

/* ---- Prepared statements ------------------------------------------------------------------------------------- */

enum store_type { STORE_NULL = 0, STORE_TEXT, STORE_BLOB, STORE_I64, STORE_U64 };

/* A parameter or a column. Decimals, dates and UUIDs travel as text ("12.50", "2026-02-05", 36 characters). */
struct store_value {
    enum store_type type;
    const char *text; /* TEXT, BLOB: not terminated for parameters; terminated for columns. Borrowed */
    size_t len;
    int64_t i64; /* I64; U64 uses the same bits */
};

#define STORE_S(s)         ((struct store_value){STORE_TEXT, (s), strlen(s), 0})
#define STORE_SN(s, n)     ((struct store_value){STORE_TEXT, (s), (n), 0})
#define STORE_B(p, n)      ((struct store_value){STORE_BLOB, (p), (n), 0})
#define STORE_I(v)         ((struct store_value){STORE_I64, NULL, 0, (int64_t)(v)})
#define STORE_U(v)         ((struct store_value){STORE_U64, NULL, 0, (int64_t)(v)})
#define STORE_N            ((struct store_value){STORE_NULL, NULL, 0, 0})
#define STORE_S_OR_NULL(s) ((s) ? STORE_S(s) : STORE_N)

/* Called per row; columns live until it returns. Return nonzero to stop with that value. */
typedef int (*store_row_fn)(const struct store_value *columns, unsigned n, void *ctx);

/* Prepare (cached per connection by the address of `sql`, which should be a string constant), bind, execute, and hand
 * out the rows. The result is read whole before the first row is handed out, so that `fn` may run other statements (not
 * the same one) and a break in the middle is an error, not a short result: page large ones. `fn` may be NULL. Every
 * column arrives as TEXT or NULL. Returns 0, -1, or fn's nonzero value. `affected` and `insert_id` may be NULL. */
int store_query(struct store_conn *conn, const char *sql, const struct store_value *params, unsigned n_params,
                store_row_fn fn, void *ctx);
/* The same, but each row is handed out as it comes, while the server works on the next: for large results that are
 * reckoned with at once. `fn` must not use the connection, and may have seen rows of a result that then breaks off
 * with -1. */
int store_stream(struct store_conn *conn, const char *sql, const struct store_value *params, unsigned n_params,
                 store_row_fn fn, void *ctx);
int store_run(struct store_conn *conn, const char *sql, const struct store_value *params, unsigned n_params,
              uint64_t *affected, uint64_t *insert_id);

#endif
