/* The database threads of a worker: blocking statements off the event loop; an eventfd announces the answers.
 *
 *   - The queue is bounded.
 *   - Task insertions that are queued at the same time are committed in one transaction: a durable commit costs one
 *     fsync, which they share. If one row fails, the transaction is rolled back and the rows are inserted one by one.
 *   - Other calls run alone, in order of arrival. With two threads a slow call does not delay insertions.
 *
 * Call all functions on the worker's loop thread. `work` runs on a database thread, `done` on the loop thread. */
#ifndef PF_STORE_DBTHREAD_H
#define PF_STORE_DBTHREAD_H

#include "store/conn.h"
#include "store/journal.h"

struct dbthread;

struct db_call {
    /* Either `insert` is set: the row to insert. It is committed together with others after `before` (may be NULL)
     * has returned 0 inside the transaction. `before` looks things up, such as "is the warehouse known"; a nonzero
     * value refuses this call and is kept in `result`. It may run several times for one call, since a batch is
     * repeated after a deadlock or a lost connection, and row by row after a duplicate: it must set everything it
     * fills in anew each time. It must not end the transaction. */
    const struct journal_new *insert;
    int (*before)(struct store_conn *conn, void *ctx);
    /* Or `work` is set: anything else. Returns 0 or nonzero, kept in `result`. */
    int (*work)(struct store_conn *conn, void *ctx);
    /* Always set: called on the loop thread exactly once, also when the worker ends. */
    void (*done)(struct db_call *call);
    void *ctx;
    int64_t deadline_ms; /* CLOCK_MONOTONIC, 0 = none; a call not started by then ends with STORE_UNUSABLE */

    /* Filled in before done(). */
    int result;               /* 0 = done, 1 = refused by `before`, -1 = see `error` */
    struct store_error error; /* STORE_UNKNOWN only if the outcome could not be looked up by the id */
    struct db_call *next;     /* internal */
};

/* Starts 1 or 2 threads, each with its own connection. `queue_limit`: the most calls that may be queued. Returns NULL
 * on failure (errno). Signals are blocked in the threads. */
struct dbthread *dbthread_new(const struct store_config *config, unsigned threads, unsigned queue_limit);
/* Returns the eventfd; when it is readable, call dbthread_collect(). */
int dbthread_fd(const struct dbthread *db);
/* Queues a call. Returns 0, or -EAGAIN if the queue is full (answer 503 with Retry-After). */
int dbthread_submit(struct dbthread *db, struct db_call *call);
/* Runs done() of every finished call, and of every queued call whose deadline has passed. Call it when the eventfd is
 * readable, and from a timer (about every 250 ms): a thread that hangs on a dead server announces nothing. Returns
 * the number of calls. */
unsigned dbthread_collect(struct dbthread *db);
/* Did the last statement reach the database? `age_ms`: time since a statement was last executed, -1 = never. A thread pings by
 * itself when it was idle for 2 s, and every 500 ms after a failure. */
bool dbthread_healthy(const struct dbthread *db, int64_t *age_ms);
/* Returns true with the last error if the database cannot be used, as far as is known. */
bool dbthread_trouble(struct dbthread *db, struct store_error *out);
/* Returns how many connections were opened again after one was lost. */
uint64_t dbthread_reconnects(const struct dbthread *db);
/* Finishes what is queued (in at most `limit_ms`), runs every done(), joins the threads, frees. Calls that are left
 * end with STORE_UNUSABLE. A running statement is not interrupted: one more read or connect time-out may pass, so set
 * one in the configuration. */
void dbthread_free(struct dbthread **db, int64_t limit_ms);

#endif
