/* One blocking connection to MariaDB.
 *
 *   - Runners and the janitor use it directly, workers in their database threads; never on an event loop.
 *   - It is opened after fork and used by one thread at a time.
 *   - The session has strict modes, UTC, utf8mb4, REPEATABLE READ with innodb_snapshot_isolation, and time-outs. All
 *     are set in one statement, read back and checked.
 *   - Reconnect is off: a silent reconnect would lose the transaction.
 *
 * Unless stated otherwise, a function returns 0, or -1 with the reason in conn->error. After STORE_GONE or
 * STORE_UNKNOWN the connection is closed; store_ensure() opens it again. */
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
    const char *password;         /* NULL or "" = none. Never logged */
    const char *name;             /* database */
    const char *tls_ca;           /* NULL, or a CA file: the server's certificate is verified */
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
    /* After STORE_RETRY in a transaction every statement fails until store_rollback(): a server that has rolled back by
     * itself would commit the next statement on its own. */
    bool doomed;
    bool streaming;            /* inside the row callback of store_stream() */
    struct store_stmts *stmts; /* internal: prepared statements */
};

/* Once per process, before the first connection and before threads. */
int store_library_init(void);

void store_conn_init(struct store_conn *conn, const struct store_config *config);
void store_conn_fini(struct store_conn *conn);

/* Connects if the connection is closed, and sets up and checks the session. Outside a transaction it also notices, by
 * one poll() without a round trip, that the server has hung up: the next statement then does not fail because of an
 * idle time-out or a restart. No other function connects: a statement on a new connection would silently run outside
 * its transaction. */
int store_ensure(struct store_conn *conn);
/* A round trip that executes a statement. */
int store_ping(struct store_conn *conn);

/* Runs one statement and discards its result. `affected` may be NULL. There is no function that builds SQL from a
 * format: values go through store_query() and store_run(), and identifiers come from fixed tables. */
int store_exec(struct store_conn *conn, const char *sql, uint64_t *affected);
/* Returns the server's innodb_flush_log_at_trx_commit, or -1. With a value other than 1 or 3 a power cut loses
 * commits that were acknowledged: warn at the start. */
int store_flush_at_commit(struct store_conn *conn);

int store_begin(struct store_conn *conn);          /* START TRANSACTION */
int store_begin_snapshot(struct store_conn *conn); /* … WITH CONSISTENT SNAPSHOT */
int store_commit(struct store_conn *conn);         /* error class STORE_UNKNOWN if the outcome is unknown */
void store_rollback(struct store_conn *conn);      /* closes the connection if it fails */

/* Runs `body` in a transaction and commits.
 *
 *   - `body` returns 0; or -1 to stop with conn->error as it is; or a positive value to roll back and return that
 *     value.
 *   - On STORE_RETRY, STORE_UNUSABLE and, before COMMIT, STORE_GONE: rolls back, waits a random 0-50 ms (doubling to 1
 *     s) and starts again, at most `tries` times (0 = 10).
 *   - A statement whose connection broke is repeated at most twice: perhaps the statement itself breaks it.
 *   - `settled` (may be NULL) is asked on a fresh connection after STORE_UNKNOWN: 1 = committed, 0 = not committed, -1
 *     = still unknown. Without it the unknown outcome is returned.
 *
 * Returns 0, -1 or body's positive value. */
typedef int (*store_tx_fn)(struct store_conn *conn, void *ctx);
int store_transaction(struct store_conn *conn, store_tx_fn body, store_tx_fn settled, void *ctx, unsigned tries);

/* Records an error of our own in conn->error and returns -1. */
int store_fail(struct store_conn *conn, enum store_class cls, const char *text);

/* KILL QUERY on another session of the same account, over this connection. */
int store_kill_query(struct store_conn *conn, unsigned long server_thread);
/* KILL QUERY ID: kills that one statement (information_schema.processlist.query_id). A statement that has ended is
 * not an error. */
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

/* Called for each row; the columns are valid until it returns. A nonzero value stops the query and is returned. */
typedef int (*store_row_fn)(const struct store_value *columns, unsigned n, void *ctx);

/* Prepares the statement, binds, executes, and hands out the rows. Prepared statements are cached per connection by
 * the address of `sql`, which should be a string constant.
 *
 * The whole result is read before the first row is handed out: `fn` may run other statements (but not the same one),
 * and a connection that breaks in the middle is an error, not a short result. Read large results page by page. Every
 * column arrives as TEXT or NULL. `fn`, `affected` and `insert_id` may be NULL. Returns 0, -1, or fn's nonzero value. */
int store_query(struct store_conn *conn, const char *sql, const struct store_value *params, unsigned n_params,
                store_row_fn fn, void *ctx);
/* The same, but hands out each row as it arrives, while the server works on the next: for large results that are used
 * at once. `fn` must not use the connection. It may have seen rows of a result that ends with -1. */
int store_stream(struct store_conn *conn, const char *sql, const struct store_value *params, unsigned n_params,
                 store_row_fn fn, void *ctx);
int store_run(struct store_conn *conn, const char *sql, const struct store_value *params, unsigned n_params,
              uint64_t *affected, uint64_t *insert_id);

#endif
