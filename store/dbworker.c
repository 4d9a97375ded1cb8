/* What a database thread does with the calls that it took: insertions with a common commit, single work, pings. */
#include "base/clock.h"
#include "store/dbqueue.h"
#include "store/internal.h"
#include "store/rights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How often a batch is tried after a lost connection or a deadlock; its clients are waiting. */
#define INSERT_TRIES 5
/* How long the outcome of a COMMIT is asked for if the deadlines of the batch are nearer: longer than a restart of
 * the server with recovery takes (0.5-1.0 s). */
#define SETTLE_MS    5000

void db_call_refuse(struct db_call *call, enum store_class cls, const char *text)
{
    call->result = -1;
    call->error.cls = cls;
    call->error.number = 0;
    snprintf(call->error.text, sizeof call->error.text, "%s", text);
}

/* ---- Connection and health ----------------------------------------------------------------------------------- */

/* `wrote`: a row like that of a start went in. Where only writing fails (a right, a full disk), a read that succeeds does
 * not mean that the database can be used again. */
static void note_ok(struct db_worker *worker, bool wrote)
{
    atomic_store(&worker->health->last_ms, clock_mono_ms());
    if (wrote || !atomic_load(&worker->health->reads_alone))
        atomic_store(&worker->health->ok, true);
}

static void note_trouble(struct db_worker *worker, const struct store_error *error)
{
    if (pthread_mutex_lock(&worker->health->mutex) != 0)
        abort();
    worker->health->error = *error;
    worker->stale = error->cls == STORE_CONFIG;
    if (pthread_mutex_unlock(&worker->health->mutex) != 0)
        abort();
    atomic_store(&worker->health->reads_alone,
                 error->cls == STORE_CONFIG || error->cls == STORE_NO_SPACE || error->cls == STORE_UNUSABLE);
    atomic_store(&worker->health->ok, false);
}

/* A duplicate key is a healthy answer; a missing server is not. */
static void note_error(struct db_worker *worker, const struct store_error *error)
{
    switch (error->cls) {
    case STORE_GONE:
    case STORE_UNKNOWN:
    case STORE_UNUSABLE:
    case STORE_NO_SPACE:
    case STORE_CONFIG:
        note_trouble(worker, error);
        break;
    default:
        note_ok(worker, false);
    }
}

int db_worker_connect(struct db_worker *worker)
{
    int64_t now = clock_mono_ms();

    if (worker->stale && !worker->conn.in_transaction)
        store_close(&worker->conn);
    worker->stale = false;
    bool was_open = worker->conn.mysql != NULL;
    uint64_t serial = worker->conn.serial;
    /* Unless the other thread has reached the database since: then it is worth a try at once. */
    bool news = atomic_load(&worker->health->last_ms) >= worker->attempt_ms;
    if (!was_open && !news && now - worker->attempt_ms < DB_RECONNECT_MS) {
        if (worker->conn.error.cls == STORE_OK)
            (void)store_fail(&worker->conn, STORE_GONE, "not connected");
        return -1; /* conn->error is that of the last attempt */
    }
    if (!was_open)
        worker->attempt_ms = now;
    if (store_ensure(&worker->conn) == 0) {
        if (serial != 0 && worker->conn.serial != serial)
            atomic_fetch_add(&worker->health->reconnects, 1);
        worker->attempt_ms = 0; /* if it is lost, try again at once */
        return 0;
    }
    worker->attempt_ms = clock_mono_ms();
    note_trouble(worker, &worker->conn.error);
    return -1;
}

void db_worker_ping(struct db_worker *worker)
{
    if (db_worker_connect(worker) != 0)
        return;
    /* After trouble only a write tells that it is over. */
    bool healthy = atomic_load(&worker->health->ok) || atomic_load(&worker->health->last_ms) == 0;
    if ((healthy ? store_ping(&worker->conn) : store_try_start(&worker->conn)) == 0)
        note_ok(worker, !healthy);
    else
        note_trouble(worker, &worker->conn.error);
}

void db_worker_work(struct db_worker *worker, struct db_call *call)
{
    struct store_conn *conn = &worker->conn;

    memset(&call->error, 0, sizeof call->error);
    if (db_worker_connect(worker) != 0) {
        call->result = -1;
        call->error = conn->error;
        return;
    }
    memset(&conn->error, 0, sizeof conn->error);
    call->result = call->work(conn, call->ctx);
    store_rollback(conn); /* nothing may be left open for the next call */
    if (call->result == -1)
        call->error = conn->error;
    note_error(worker, &conn->error);
}

/* ---- One try of a batch -------------------------------------------------------------------------------------- */

/* Does an error of this class concern every row of the batch? It does if it ends the transaction or the connection. */
static bool ends_transaction(enum store_class cls)
{
    return cls == STORE_RETRY || cls == STORE_GONE || cls == STORE_UNKNOWN || cls == STORE_UNUSABLE;
}

/* Runs the look-ups. Returns how many rows may be inserted, or -1. */
static int run_before(struct db_worker *worker, struct db_call **calls, unsigned n)
{
    struct store_conn *conn = &worker->conn;
    int accepted = 0;

    for (unsigned i = 0; i < n; i++) {
        memset(&calls[i]->error, 0, sizeof calls[i]->error);
        memset(&conn->error, 0, sizeof conn->error);
        calls[i]->result = calls[i]->before ? calls[i]->before(conn, calls[i]->ctx) : 0;
        if (!conn->mysql || conn->doomed || (calls[i]->result == -1 && ends_transaction(conn->error.cls)))
            return -1;
        if (calls[i]->result == -1)
            calls[i]->error = conn->error;
        accepted += calls[i]->result == 0;
    }
    return accepted;
}

static int insert_rows(struct db_worker *worker, struct db_call **calls, unsigned n)
{
    struct journal_args args;

    if (!worker->bulk)
        worker->bulk = store_bulk_new(&worker->conn, journal_insert_sql, JOURNAL_INSERT_COLUMNS, DB_BATCH);
    if (!worker->bulk)
        return -1;
    store_bulk_discard(worker->bulk);
    for (unsigned i = 0; i < n; i++) {
        if (calls[i]->result != 0)
            continue;
        journal_args_fill(&args, calls[i]->insert);
        if (store_bulk_add(worker->bulk, args.values) != 0)
            return -1;
    }
    return store_bulk_flush(worker->bulk);
}

/* Returns 0 with every call's result set, or -1 with conn.error. No transaction is left open. */
static int try_batch(struct db_worker *worker, struct db_call **calls, unsigned n)
{
    struct store_conn *conn = &worker->conn;

    if (db_worker_connect(worker) != 0 || store_begin(conn) != 0)
        return -1;
    int accepted = run_before(worker, calls, n);
    if (accepted == 0) {
        store_rollback(conn);
        return 0;
    }
    if (accepted > 0 && insert_rows(worker, calls, n) == 0 && store_commit(conn) == 0)
        return 0;
    store_rollback(conn);
    return -1;
}

/* ---- Outcomes ------------------------------------------------------------------------------------------------ */

/* Returns one accepted call. It stands for all of them: they are one transaction. */
static const struct db_call *accepted_call(struct db_call **calls, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (calls[i]->result == 0)
            return calls[i];
    return NULL;
}

static int64_t settle_until(struct db_call **calls, unsigned n)
{
    int64_t until = clock_mono_ms() + SETTLE_MS;

    for (unsigned i = 0; i < n; i++)
        if (calls[i]->deadline_ms > until)
            until = calls[i]->deadline_ms;
    return until;
}

/* Was the batch committed? Asks until the answer is known or the time is over. Returns 1, 0, or -1 for unknown. */
static int settle(struct db_worker *worker, struct db_call **calls, unsigned n)
{
    struct store_error unknown = worker->conn.error;
    const struct db_call *call = accepted_call(calls, n);
    int64_t until = settle_until(calls, n);
    int rc = -1;

    while (call && rc < 0) {
        if (store_ensure(&worker->conn) == 0) {
            store_causal_reads(&worker->conn, true);
            rc = journal_settled(&worker->conn, call->insert->id);
            store_causal_reads(&worker->conn, false);
        }
        if (rc < 0 && (atomic_load(&worker->health->giving_up) || clock_mono_ms() >= until))
            break;
        if (rc < 0)
            store_sleep_ms(100);
    }
    if (rc >= 0)
        note_ok(worker, rc > 0);
    else
        note_trouble(worker, &worker->conn.error);
    worker->conn.error = unknown;
    return rc;
}

static void fail_all(struct db_worker *worker, struct db_call **calls, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (calls[i]->result > 0)
            continue; /* refused by its look-up, whatever happened to the others */
        calls[i]->result = -1;
        calls[i]->error = worker->conn.error;
    }
}

/* A transaction elsewhere holds a key of one row: the other rows need not wait for it. */
static bool waited(const struct store_error *error)
{
    return error->number == 1205;
}

static void insert_one_by_one(struct db_worker *worker, struct db_call **calls, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        db_worker_insert(worker, &calls[i], 1);
}

void db_worker_insert(struct db_worker *worker, struct db_call **calls, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        calls[i]->result = 0;
    for (unsigned try = 0;; try++) {
        if (try_batch(worker, calls, n) == 0) {
            note_ok(worker, true);
            return;
        }
        struct store_error *error = &worker->conn.error;
        note_error(worker, error);
        int outcome = error->cls == STORE_UNKNOWN ? settle(worker, calls, n) : 0;
        if (outcome > 0)
            return;
        /* It is known that nothing was committed, or the connection was lost earlier. The ids are the same, so
         * repeating is safe. A failed connect is not repeated here: the client gets its 503 at once. */
        bool lost = error->cls == STORE_UNKNOWN || (error->cls == STORE_GONE && worker->attempt_ms == 0);
        bool repeat = outcome == 0 && (lost || error->cls == STORE_RETRY) && !waited(error) && try + 1 < INSERT_TRIES;
        if (repeat) {
            store_backoff(lost ? 0 : try);
            continue;
        }
        if (error->cls == STORE_UNKNOWN && outcome == 0)
            error->cls = STORE_GONE;
        break;
    }
    if (n > 1 && (!ends_transaction(worker->conn.error.cls) || waited(&worker->conn.error)))
        insert_one_by_one(worker, calls, n);
    else
        fail_all(worker, calls, n);
}
