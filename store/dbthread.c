/* The queue between a worker's loop and its database threads. dbworker.c has what the threads do with a call. */
#include "store/dbthread.h"

#include "base/clock.h"
#include "store/dbqueue.h"
#include "store/internal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define MAX_THREADS 2

struct db_thread {
    struct dbthread *db;
    struct db_worker worker;
    pthread_t id;
    bool inserted_last; /* take other work next, so that a stream of insertions does not starve it */
};

struct dbthread {
    pthread_mutex_t mutex;
    pthread_cond_t wake; /* calls have arrived, or the threads must stop */
    pthread_cond_t idle; /* a thread has finished something */
    struct call_list inserts, works, finished;
    unsigned waiting, limit; /* calls in inserts and works */
    unsigned running;        /* calls taken and not yet finished */
    unsigned working;        /* threads inside `work` */
    bool stopping;
    int event;
    struct db_health health;
    unsigned n_threads;
    struct db_thread threads[MAX_THREADS];
};

/* ---- Lists --------------------------------------------------------------------------------------------------- */

void call_list_push(struct call_list *list, struct db_call *call)
{
    call->next = NULL;
    if (list->last)
        list->last->next = call;
    else
        list->first = call;
    list->last = call;
}

struct db_call *call_list_pop(struct call_list *list)
{
    struct db_call *call = list->first;

    if (!call)
        return NULL;
    list->first = call->next;
    if (!list->first)
        list->last = NULL;
    call->next = NULL;
    return call;
}

static void lock(struct dbthread *db)
{
    if (pthread_mutex_lock(&db->mutex) != 0)
        abort();
}

static void unlock(struct dbthread *db)
{
    if (pthread_mutex_unlock(&db->mutex) != 0)
        abort();
}

/* Mutex held. The counter overflows only after 2^64 calls, so a failed write is a bug. */
static void finish(struct dbthread *db, struct db_call *call)
{
    uint64_t one = 1;
    bool first = !db->finished.first;

    call_list_push(&db->finished, call);
    if (first && write(db->event, &one, sizeof one) != (ssize_t)sizeof one)
        abort();
}

/* Mutex held. Ends the calls of one list that have waited too long. */
static void expire_list(struct dbthread *db, struct call_list *list, int64_t now)
{
    struct call_list keep = {NULL, NULL};

    for (struct db_call *call = call_list_pop(list); call; call = call_list_pop(list)) {
        if (call->deadline_ms == 0 || call->deadline_ms > now) {
            call_list_push(&keep, call);
            continue;
        }
        db_call_refuse(call, STORE_UNUSABLE, "the database did not get to it before its deadline");
        db->waiting--;
        finish(db, call);
    }
    *list = keep;
}

static void expire(struct dbthread *db)
{
    int64_t now = clock_mono_ms();

    if (db->waiting == 0)
        return;
    expire_list(db, &db->inserts, now);
    expire_list(db, &db->works, now);
}

/* ---- Thread -------------------------------------------------------------------------------------------------- */

/* Mutex held. Of two threads one never takes `work`, which may be slow. */
static bool may_work(const struct dbthread *db)
{
    return db->works.first && (db->stopping || db->n_threads == 1 || db->working < db->n_threads - 1);
}

/* Mutex held. Waits for calls. Returns false if the thread was idle long enough for a ping. */
static bool wait_for_calls(struct dbthread *db, const struct db_thread *thread)
{
    unsigned ms = thread->worker.conn.mysql && atomic_load(&db->health.ok) ? DB_PING_MS : DB_RECONNECT_MS;
    struct timespec until = clock_add_ms(clock_mono(), ms);

    while (!db->inserts.first && !may_work(db) && !db->stopping)
        if (pthread_cond_timedwait(&db->wake, &db->mutex, &until) == ETIMEDOUT)
            return db->inserts.first || may_work(db) || db->stopping;
    return true;
}

/* Mutex held on entry and return. */
static void do_work(struct dbthread *db, struct db_thread *thread)
{
    struct db_call *call = call_list_pop(&db->works);

    db->waiting--;
    db->running++;
    db->working++;
    thread->inserted_last = false;
    unlock(db);
    db_worker_work(&thread->worker, call);
    lock(db);
    db->working--;
    db->running--;
    finish(db, call);
    pthread_cond_signal(&db->wake); /* the other thread may have passed over a `work` because of this one */
}

/* Mutex held on entry and return. Takes all insertions that are queued: they share one commit. */
static void do_inserts(struct dbthread *db, struct db_thread *thread)
{
    struct db_call *calls[DB_BATCH];
    unsigned n = 0;

    while (n < DB_BATCH && db->inserts.first)
        calls[n++] = call_list_pop(&db->inserts);
    db->waiting -= n;
    db->running += n;
    thread->inserted_last = true;
    unlock(db);
    db_worker_insert(&thread->worker, calls, n);
    lock(db);
    db->running -= n;
    for (unsigned i = 0; i < n; i++)
        finish(db, calls[i]);
}

static void one_round(struct dbthread *db, struct db_thread *thread)
{
    if (!wait_for_calls(db, thread)) {
        unlock(db);
        db_worker_ping(&thread->worker);
        lock(db);
        return;
    }
    expire(db);
    bool work = may_work(db), insert = db->inserts.first != NULL;
    if (work && (!insert || thread->inserted_last))
        do_work(db, thread);
    else if (insert)
        do_inserts(db, thread);
    pthread_cond_broadcast(&db->idle);
}

static void *thread_main(void *arg)
{
    struct db_thread *thread = arg;
    struct dbthread *db = thread->db;

    mysql_thread_init();
    db_worker_ping(&thread->worker); /* the health is known before the first call */
    lock(db);
    while (!db->stopping || db->waiting != 0)
        one_round(db, thread);
    unlock(db);
    store_bulk_free(&thread->worker.bulk);
    store_conn_fini(&thread->worker.conn);
    mysql_thread_end();
    return NULL;
}

/* ---- Loop side ----------------------------------------------------------------------------------------------- */

static void init_sync(struct dbthread *db)
{
    pthread_condattr_t monotonic;

    if (pthread_mutex_init(&db->mutex, NULL) != 0 || pthread_mutex_init(&db->health.mutex, NULL) != 0 ||
        pthread_condattr_init(&monotonic) != 0 || pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) != 0 ||
        pthread_cond_init(&db->wake, &monotonic) != 0 || pthread_cond_init(&db->idle, &monotonic) != 0)
        abort();
    pthread_condattr_destroy(&monotonic);
}

/* Signals belong to the loop thread. Returns 0 or an errno. */
static int start_threads(struct dbthread *db, const struct store_config *config, unsigned threads)
{
    sigset_t all, before;
    int rc = 0;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (unsigned i = 0; i < threads && rc == 0; i++) {
        struct db_thread *thread = &db->threads[i];
        thread->db = db;
        thread->worker.health = &db->health;
        store_conn_init(&thread->worker.conn, config);
        rc = pthread_create(&thread->id, NULL, thread_main, thread);
        if (rc == 0) {
            lock(db);
            db->n_threads++;
            unlock(db);
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

struct dbthread *dbthread_new(const struct store_config *config, unsigned threads, unsigned queue_limit)
{
    struct dbthread *db = calloc(1, sizeof *db);

    if (!db)
        abort();
    init_sync(db);
    db->limit = queue_limit;
    db->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int rc = db->event < 0 ? errno : start_threads(db, config, threads > MAX_THREADS ? MAX_THREADS : threads);
    if (rc == 0)
        return db;
    dbthread_free(&db, 0);
    errno = rc;
    return NULL;
}

int dbthread_fd(const struct dbthread *db)
{
    return db->event;
}

int dbthread_submit(struct dbthread *db, struct db_call *call)
{
    lock(db);
    if (db->waiting >= db->limit)
        expire(db);
    if (db->waiting >= db->limit || db->stopping) {
        unlock(db);
        return -EAGAIN;
    }
    call_list_push(call->insert ? &db->inserts : &db->works, call);
    db->waiting++;
    pthread_cond_signal(&db->wake);
    unlock(db);
    return 0;
}

unsigned dbthread_collect(struct dbthread *db)
{
    uint64_t counter;
    unsigned n = 0;

    lock(db);
    expire(db);
    /* Read with the mutex held: a call that ends later sets it again. */
    if (read(db->event, &counter, sizeof counter) < 0 && errno != EAGAIN)
        abort();
    struct call_list finished = db->finished;
    db->finished = (struct call_list){NULL, NULL};
    unlock(db);
    for (struct db_call *call = call_list_pop(&finished); call; call = call_list_pop(&finished)) {
        call->done(call); /* may submit again, may free the call */
        n++;
    }
    return n;
}

bool dbthread_healthy(const struct dbthread *db, int64_t *age_ms)
{
    int64_t last = atomic_load(&db->health.last_ms);

    if (age_ms)
        *age_ms = last != 0 ? clock_mono_ms() - last : -1;
    return atomic_load(&db->health.ok);
}

bool dbthread_trouble(struct dbthread *db, struct store_error *out)
{
    if (atomic_load(&db->health.ok))
        return false;
    if (pthread_mutex_lock(&db->health.mutex) != 0)
        abort();
    *out = db->health.error;
    if (pthread_mutex_unlock(&db->health.mutex) != 0)
        abort();
    return out->cls != STORE_OK;
}

uint64_t dbthread_reconnects(const struct dbthread *db)
{
    return atomic_load(&db->health.reconnects);
}

/* ---- End ----------------------------------------------------------------------------------------------------- */

static void refuse_list(struct dbthread *db, struct call_list *list)
{
    for (struct db_call *call = call_list_pop(list); call; call = call_list_pop(list)) {
        db_call_refuse(call, STORE_UNUSABLE, "the process is stopping");
        db->waiting--;
        finish(db, call);
    }
}

/* Mutex held. Waits until everything queued is done, or until the limit passes. */
static void drain(struct dbthread *db, int64_t limit_ms)
{
    struct timespec until = clock_add_ms(clock_mono(), limit_ms);

    while (db->n_threads != 0 && db->waiting + db->running != 0)
        if (pthread_cond_timedwait(&db->idle, &db->mutex, &until) == ETIMEDOUT)
            break;
}

void dbthread_free(struct dbthread **db_ptr, int64_t limit_ms)
{
    struct dbthread *db = *db_ptr;

    if (!db)
        return;
    lock(db);
    db->stopping = true;
    pthread_cond_broadcast(&db->wake);
    drain(db, limit_ms);
    atomic_store(&db->health.giving_up, true);
    refuse_list(db, &db->inserts);
    refuse_list(db, &db->works);
    pthread_cond_broadcast(&db->wake);
    unlock(db);
    for (unsigned i = 0; i < db->n_threads; i++)
        pthread_join(db->threads[i].id, NULL);
    dbthread_collect(db);
    if (db->event >= 0)
        close(db->event);
    pthread_cond_destroy(&db->idle);
    pthread_cond_destroy(&db->wake);
    pthread_mutex_destroy(&db->health.mutex);
    pthread_mutex_destroy(&db->mutex);
    free(db);
    *db_ptr = NULL;
}
