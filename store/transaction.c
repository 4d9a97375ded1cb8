/* Transactions: begin, commit with its three outcomes, and the loop that runs one again. */
#include "store/internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static int begin(struct store_conn *conn, const char *sql)
{
    assert(!conn->in_transaction);
    if (store_exec(conn, sql, NULL) != 0)
        return -1;
    conn->in_transaction = true;
    return 0;
}

int store_begin(struct store_conn *conn)
{
    return begin(conn, "START TRANSACTION");
}

int store_begin_snapshot(struct store_conn *conn)
{
    return begin(conn, "START TRANSACTION WITH CONSISTENT SNAPSHOT");
}

int store_commit(struct store_conn *conn)
{
    if (store_check_usable(conn) != 0) /* lost before COMMIT: STORE_GONE, nothing was committed */
        return -1;
    assert(conn->in_transaction);
    if (store_send(conn, "COMMIT", true, NULL) == 0) {
        conn->in_transaction = false;
        return 0;
    }
    if (conn->error.cls == STORE_STOPPED) {
        /* The server looks at a pending kill after COMMIT was carried out: the row may be there. */
        conn->error.cls = STORE_UNKNOWN;
        store_close(conn);
    }
    return -1;
}

void store_rollback(struct store_conn *conn)
{
    struct store_error kept = conn->error;

    conn->doomed = false;
    if (conn->mysql && conn->in_transaction && store_send(conn, "ROLLBACK", false, NULL) != 0)
        store_close(conn);
    conn->in_transaction = false;
    conn->error = kept; /* the caller wants to know the reason for the rollback */
}

/* One attempt. Returns 0, -1 or body's positive value. */
static int try_once(struct store_conn *conn, store_tx_fn body, void *ctx)
{
    memset(&conn->error, 0, sizeof conn->error);
    if (store_ensure(conn) != 0 || store_begin(conn) != 0)
        return -1;
    int rc = body(conn, ctx);
    if (rc == 0 && store_commit(conn) == 0)
        return 0;
    store_rollback(conn);
    return rc > 0 ? rc : -1;
}

/* Asks on fresh connections until one can be opened: the server may be restarting. Returns what `settled` returns. */
static int settle(struct store_conn *conn, store_tx_fn settled, void *ctx)
{
    struct store_error unknown = conn->error;
    int rc = -1;

    for (unsigned i = 0; i < 20 && rc < 0; i++) {
        store_backoff(i);
        if (store_ensure(conn) != 0)
            continue;
        store_causal_reads(conn, true);
        rc = settled(conn, ctx);
        store_causal_reads(conn, false);
    }
    conn->error = unknown;
    return rc;
}

static bool worth_retry(const struct store_error *error)
{
    return error->cls == STORE_RETRY || error->cls == STORE_GONE || error->cls == STORE_UNUSABLE;
}

/* Did the connection break during a statement? (Not: could not be opened.) */
static bool broke(const struct store_error *error)
{
    return error->number == 2006 || error->number == 2013;
}

int store_transaction(struct store_conn *conn, store_tx_fn body, store_tx_fn settled, void *ctx, unsigned tries)
{
    unsigned limit = tries != 0 ? tries : 10, broken = 0;

    for (unsigned i = 0;; i++) {
        int rc = try_once(conn, body, ctx);
        if (rc >= 0)
            return rc;
        if (conn->error.cls == STORE_UNKNOWN && settled) {
            int outcome = settle(conn, settled, ctx);
            if (outcome != 0)
                return outcome > 0 ? 0 : -1;
            conn->error.cls = STORE_GONE; /* now it is known that nothing was committed */
        } else if (!worth_retry(&conn->error)) {
            return -1;
        }
        if (broke(&conn->error))
            broken++;
        if (i + 1 >= limit || broken > 2)
            return -1;
        store_backoff(i);
    }
}
