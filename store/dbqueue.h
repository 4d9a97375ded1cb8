/* Internal to dbthread: the shared state, and what one thread does with the calls that it took. */
#ifndef PF_STORE_DBQUEUE_H
#define PF_STORE_DBQUEUE_H

#include "store/bulk.h"
#include "store/dbthread.h"

#include <pthread.h>
#include <stdatomic.h>

/* Insertions per transaction. A commit costs milliseconds, a row some tens of microseconds; with more rows the first
 * would only wait for the last. */
#define DB_BATCH        128
#define DB_PING_MS      2000
#define DB_RECONNECT_MS 500

struct call_list {
    struct db_call *first, *last;
};

void call_list_push(struct call_list *list, struct db_call *call);
struct db_call *call_list_pop(struct call_list *list);

struct db_health {
    _Atomic bool ok;         /* did the last statement reach the database */
    _Atomic int64_t last_ms; /* CLOCK_MONOTONIC of the last statement that was executed; 0 = never */
    _Atomic uint64_t reconnects;
    _Atomic bool giving_up;   /* the drain limit has passed: ask for no more outcomes */
    _Atomic bool reads_alone; /* while `ok` is false: only a write that succeeds makes it true again */
    pthread_mutex_t mutex;    /* of the next */
    struct store_error error; /* why `ok` is false; class STORE_OK = nothing was tried yet */
};

/* One database thread: its connection and the statement of the group commit. */
struct db_worker {
    struct store_conn conn;
    struct store_bulk *bulk; /* NULL until the first batch */
    struct db_health *health;
    bool stale;         /* the session does not see rights that are granted now: connect anew */
    int64_t attempt_ms; /* when a connect was last tried */
};

/* Connects if needed, at most every DB_RECONNECT_MS. Returns 0 or -1. */
int db_worker_connect(struct db_worker *worker);
/* Keeps the connection open and the health known. */
void db_worker_ping(struct db_worker *worker);
/* Runs one call that has `work`. Fills in result and error. */
void db_worker_work(struct db_worker *worker, struct db_call *call);
/* Inserts `n` (at most DB_BATCH) calls in one transaction, or one by one if that fails because of one row. Fills in
 * the results. */
void db_worker_insert(struct db_worker *worker, struct db_call **calls, unsigned n);
/* Ends a call that was not started. */
void db_call_refuse(struct db_call *call, enum store_class cls, const char *text);

#endif
