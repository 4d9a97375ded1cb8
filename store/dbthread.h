/* The database thread of a worker: blocking statements off the event loop, answers back through an eventfd.
 *
 * A bounded queue. Task insertions that wait together are committed in one transaction (a durable commit costs one
 * fsync, so submissions share it); when one row of the batch fails, it is rolled back and its rows run one by one.
 * Other calls run alone in order of arrival; with two threads a slow call does not hold up insertions.
 *
 * All functions are called on the worker's loop thread; `work` runs on the database thread, `done` on the loop
 * thread. */
#ifndef PF_STORE_DBTHREAD_H
#define PF_STORE_DBTHREAD_H

#include "store/conn.h"
#include "store/journal.h"

struct dbthread;

struct db_call {
    /* Either `insert` is set: the row to insert, group-committed after `before` (may be NULL) has returned 0 inside the
     * transaction (look-ups such as "is the warehouse known"; nonzero = refuse this one, value kept in `result`). It
     * may run several times for one call: a batch is repeated after a deadlock or a lost connection, and rows run one
     * by one after a duplicate; so it sets what it fills in anew each time. Its transaction is not its to end. */
    const struct journal_new *insert;
    int (*before)(struct store_conn *conn, void *ctx);
    /* Or `work` is set: anything else. Returns 0 or nonzero, kept in `result`. */
    int (*work)(struct store_conn *conn, void *ctx);
    /* Always: called on the loop thread exactly once, also at drain. */
    void (*done)(struct db_call *call);
    void *ctx;
    int64_t deadline_ms; /* CLOCK_MONOTONIC, 0 = none; past it the call is not started and ends STORE_UNUSABLE */

    /* Filled in before done(). */
    int result; /* 0 = done; 1 = refused by `before`, -1 = error below */
    struct store_error
        error;            /* STORE_UNKNOWN was already looked up by id: never seen here unless the look-up failed too */
    struct db_call *next; /* internal */
};

/* Start `threads` (1 or 2) threads with their own connections. `queue_limit`: calls waiting at most. Returns NULL on
 * failure (errno). Signals are blocked in the threads. */
struct dbthread *dbthread_new(const struct store_config *config, unsigned threads, unsigned queue_limit);
/* The eventfd to watch; when readable call dbthread_collect(). */
int dbthread_fd(const struct dbthread *db);
/* Queue a call. Returns 0, or -EAGAIN when the queue is full (answer 503 with Retry-After). */
int dbthread_submit(struct dbthread *db, struct db_call *call);
/* Run done() of every finished call, also of those whose deadline passed while they waited: call it when the eventfd is
 * readable and from a timer (some 250 ms), because a thread that hangs on a dead server cannot. Returns how many. */
unsigned dbthread_collect(struct dbthread *db);
/* Is the database usable, as far as the last statement told? `age_ms`: since a statement last really executed (a thread
 * pings by itself when idle for 2 s and after a failure every 500 ms). */
bool dbthread_healthy(const struct dbthread *db, int64_t *age_ms);
/* Connections that were made again after one had been lost. */
uint64_t dbthread_reconnects(const struct dbthread *db);
/* Finish what is queued (at most `limit_ms`), run every done(), join, free. The rest ends STORE_UNUSABLE. A statement
 * that is on its way is not cut off: one more read or connect time-out may pass, so give the configuration one. */
void dbthread_free(struct dbthread **db, int64_t limit_ms);

#endif
