/* A worker's life: set up the loop, serve, drain. */
#include "daemon/worker/worker.h"

#include "base/clock.h"
#include "base/log.h"
#include "daemon/auth/auth.h"
#include "daemon/auth/identity.h"
#include "daemon/process/metrics.h"
#include "daemon/process/outage.h"
#include "daemon/task/spool.h"
#include "daemon/task/state.h"
#include "daemon/worker/longpoll.h"
#include "daemon/worker/textcache.h"
#include "shm/lock.h"
#include "shm/wakeup.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define DB_THREADS        2
#define DB_QUEUE          4096
#define READS_QUEUE       256
#define READS_LIMIT_S     30
#define FILE_QUEUE        1024
#define TICK_MS           250
#define FIRST_PING_MS     2000
#define RESCAN_TICKS      4 /* a second: covers a poke that got lost with its writer */
#define TEXTS_MAX         1024
#define TEXTS_BYTES       (4u << 20)
#define LATE_MS           100 /* a loop this late is loaded: polls are asked to come less often */
#define VERY_LATE_MS      500
#define CALM_TICKS        8
/* Beside connections and uploads: database, files, eventfds, a margin for closing ones. */
#define OTHER_DESCRIPTORS 256

struct worker_events {
    struct worker worker;
    struct event *wakeup, *term, *orphan, *tick, *db, *reads, *exports, *files;
    struct db_call first_ping;
    unsigned ticks, calm_ticks;
    int64_t ticked_ms;
};

static void on_wakeup(evutil_socket_t fd, short what, void *arg)
{
    struct worker_events *events = arg;
    (void)fd;
    (void)what;
    wakeup_drain(events->worker.process->segment, events->worker.process->self.slot);
    longpoll_poked(events->worker.longpolls);
}

static void on_db(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    dbthread_collect(arg);
}

static void on_files(evutil_socket_t fd, short what, void *arg)
{
    struct worker_events *events = arg;
    (void)fd;
    (void)what;
    filethread_collect(events->worker.files);
}

/* The tick is as late as a request waits before it is read. A late loop asks clients for patience at once, and stops
 * asking after some calm ticks. */
static void measure_load(struct worker_events *events)
{
    int64_t now = clock_mono_ms(), late = now - events->ticked_ms - TICK_MS;
    events->ticked_ms = now;
    events->calm_ticks = late > LATE_MS ? 0 : events->calm_ticks + 1;
    if (late > LATE_MS)
        events->worker.retry_after = late > VERY_LATE_MS ? "5" : "2";
    else if (events->calm_ticks >= CALM_TICKS)
        events->worker.retry_after = "1";
}

void worker_publish(struct worker *worker)
{
    const struct dbthread *threads[] = {worker->db, worker->reads, worker->exports};
    struct http_stats stats;
    uint64_t reconnects = 0;
    http_server_stats(worker->http, &stats);
    for (size_t i = 0; i < sizeof threads / sizeof threads[0]; i++)
        reconnects += dbthread_reconnects(threads[i]);
    metrics_set(METRICS_POLLS_WAITING, longpoll_count(worker->longpolls));
    metrics_set(METRICS_CONNECTIONS, stats.connections_open);
    metrics_set(METRICS_UPLOADS, stats.uploads_open);
    metrics_set(METRICS_DATABASE_UP, dbthread_healthy(worker->db, NULL));
    metrics_add(METRICS_ACCEPT_PAUSES, stats.refused_connections - worker->pauses_told);
    metrics_add(METRICS_RECONNECTS, reconnects - worker->reconnects_told);
    worker->pauses_told = stats.refused_connections;
    worker->reconnects_told = reconnects;
}

/* The first of the three that is in trouble stands for the worker. Until the janitor has loaded the journal a table may
 * still have to be made: then the janitor tells what is wrong. */
static void tell_outage(struct worker *worker)
{
    struct dbthread *threads[] = {worker->db, worker->reads, worker->exports};
    struct store_error error;
    bool trouble = false;
    for (size_t i = 0; i < sizeof threads / sizeof threads[0] && !trouble; i++)
        trouble = dbthread_trouble(threads[i], &error) && outage_is(&error);
    struct shm_segment *segment = worker->process->segment;
    if (trouble && error.cls == STORE_CONFIG && proctab_session(segment, proctab_find(segment, PROC_JANITOR, 0)) == 0)
        trouble = false;
    outage_note(worker->process, trouble ? &error : NULL);
}

static void tell_access(struct http_request *request, int status)
{
    char client[IDENTITY_MAX];

    client_identity(request, client);
    struct log_about about = {.request = request->request_id,
                              .client = client,
                              .duration_us = http_request_us(request),
                              .status = status,
                              .bytes = http_answer_bytes(request)};
    http_request_line(request, &about.method, &about.path);
    log_about(LOG_LEVEL_INFO, &about, status ? "answered" : "the client left");
}

static void answered(struct http_request *request, int status)
{
    const struct worker *worker = request->app;
    metrics_answered(request->route ? (unsigned)(request->route - worker_routes) : METRICS_NO_ROUTE, status);
    if (worker->process->config->log_access)
        tell_access(request, status);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct worker_events *events = arg;
    (void)fd;
    (void)what;
    proctab_beat(events->worker.process->segment, events->worker.process->self);
    measure_load(events);
    auth_look(events->worker.auth);
    worker_publish(&events->worker);
    tell_outage(&events->worker);
    if (++events->ticks % RESCAN_TICKS == 0)
        longpoll_rescan(events->worker.longpolls);
    /* Calls whose deadline passed while the threads hang on a dead server. */
    dbthread_collect(events->worker.db);
    dbthread_collect(events->worker.reads);
    dbthread_collect(events->worker.exports);
}

/* The master is gone: nobody would reap or replace us. */
static void on_orphan(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    _exit(EXIT_SHORTAGE);
}

static void http_drained(void *ctx)
{
    struct worker_events *events = ctx;
    event_base_loopbreak(events->worker.base);
}

static void on_term(evutil_socket_t fd, short what, void *arg)
{
    struct worker_events *events = arg;
    (void)fd;
    (void)what;
    if (events->worker.draining)
        return;
    events->worker.draining = true;
    proctab_stopping(events->worker.process->segment, events->worker.process->self);
    http_server_drain(events->worker.http, 200, http_drained, events);
    longpoll_release(events->worker.longpolls);
}

static struct event *add_event(struct worker_events *events, int fd, short what, event_callback_fn fn, void *arg)
{
    struct event *event = event_new(events->worker.base, fd, (short)(what | EV_PERSIST), fn, arg);
    if (!event || event_add(event, NULL) != 0)
        abort();
    return event;
}

static void start_tick(struct worker_events *events)
{
    struct timeval interval = {0, TICK_MS * 1000L};
    events->ticked_ms = clock_mono_ms();
    events->tick = event_new(events->worker.base, -1, EV_PERSIST, on_tick, events);
    if (!events->tick || event_add(events->tick, &interval) != 0)
        abort();
}

/* libevent would print its own lines, and exit(1) if its state is broken. That would be our fault: abort. */
static void on_libevent_log(int severity, const char *text)
{
    log_write(severity >= EVENT_LOG_WARN ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG, "libevent: %s", text);
}

static void on_libevent_fatal(int error)
{
    log_error("libevent cannot go on (%d)", error);
    abort();
}

static struct event_base *make_base(void)
{
    struct event_config *config = event_config_new();
    /* Half the epoll_ctl calls; safe because no descriptor is dup'ed into the base. */
    event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    if (!base)
        abort();
    return base;
}

static int make_server(struct worker *worker)
{
    const struct config *config = worker->process->config;
    struct http_options options = {
        .routes = worker_routes,
        .spool_dir_fd = worker->spool_fd,
        .max_body = config->max_upload,
        .max_connections = config->max_connections,
        .max_uploads = config->max_uploads,
        .max_uploads_client = config->max_uploads_client,
        .idle_timeout_s = config->idle_timeout_s,
        .head_timeout_s = config->head_timeout_s,
        .body_min_rate = config->body_min_rate,
        .trusted_proxies = config->trusted_proxies,
        .server_names = worker->auth ? NULL : config->server_names, /* a token says more than a name */
        .authorize = worker->auth ? auth_verdict : NULL,
        .authorize_ctx = worker->auth,
        .answered = answered,
        .measure = config->log_access,
        .app = worker,
    };
    worker->http = http_server_new(worker->base, &options);
    if (!worker->http)
        return -1;
    if (worker->process->listen_fd >= 0 && http_server_listen(worker->http, worker->process->listen_fd) != 0)
        return -1;
    for (unsigned i = 0; i < worker->process->n_proxy; i++) {
        if (http_server_listen(worker->http, worker->process->proxy_fds[i]) != 0)
            return -1;
    }
    return worker->process->unix_fd < 0 ? 0 : http_server_listen(worker->http, worker->process->unix_fd);
}

/* The worker is ready once the database was reached or found away: readiness is true from the first request on. */
static int first_ping(struct store_conn *conn, void *ctx)
{
    (void)ctx;
    return store_ping(conn);
}

static void pinged(struct db_call *call)
{
    const struct process *process = call->ctx;
    proctab_active(process->segment, process->self);
    wakeup_poke(process->segment, WAKEUP_MASTER);
}

static void ping_database(struct worker_events *events)
{
    events->first_ping = (struct db_call){.work = first_ping,
                                          .done = pinged,
                                          .ctx = (void *)(uintptr_t)events->worker.process,
                                          .deadline_ms = clock_mono_ms() + FIRST_PING_MS};
    if (dbthread_submit(events->worker.db, &events->first_ping) != 0)
        abort(); /* the queue is empty */
}

static int make_threads(struct worker *worker)
{
    worker->db_config = config_store(worker->process->config, 5, 5);
    worker->db_config.lock_timeout_s = 1; /* two starts with one key: the second does not delay the others for long */
    worker->reads_config = config_store(worker->process->config, READS_LIMIT_S + 5, READS_LIMIT_S);
    _Static_assert(DB_THREADS + 2 == CONNECTIONS_WORKER, "the built-in database admits as many");
    worker->db = dbthread_new(&worker->db_config, DB_THREADS, DB_QUEUE);
    worker->reads = dbthread_new(&worker->reads_config, 1, READS_QUEUE);
    worker->exports = dbthread_new(&worker->reads_config, 1, READS_QUEUE);
    worker->files = filethread_new(FILE_QUEUE);
    return worker->db && worker->reads && worker->exports && worker->files ? 0 : -1;
}

/* Every connection is a descriptor; the soft limit that shells and service managers start with is often 1024. */
static void raise_descriptor_limit(const struct config *config)
{
    rlim_t want = (rlim_t)config->max_connections + 2 * (rlim_t)config->max_uploads + OTHER_DESCRIPTORS;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= want)
        return;
    limit.rlim_cur = limit.rlim_max < want ? limit.rlim_max : want;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < want)
        log_warn("http.max_connections = %u needs %llu open files, and the limit is %llu: raise it (LimitNOFILE=, "
                 "ulimit -n) or connections beyond it wait",
                 config->max_connections, (unsigned long long)want, (unsigned long long)limit.rlim_cur);
}

static int worker_init(struct worker_events *events, const struct process *process)
{
    struct worker *worker = &events->worker;
    event_set_log_callback(on_libevent_log);
    event_set_fatal_callback(on_libevent_fatal);
    signal(SIGXFSZ, SIG_IGN); /* a file size limit is an error of write(), answered with 507 */
    worker->process = process;
    shm_lock_be_impatient(process->segment);
    metrics_attach(process);
    worker->spool_fd = spool_open_dir(process->config->spool_dir);
    if (worker->spool_fd < 0) {
        log_error("cannot open the spool %s: %s", process->config->spool_dir, strerror(-worker->spool_fd));
        return -1;
    }
    raise_descriptor_limit(process->config);
    worker->base = make_base();
    worker->auth = auth_new(process->config->tokens_file, process->config->state_dir);
    worker->longpolls = longpoll_new(worker->base, process->segment, process->self.slot, process->config->max_held);
    worker->texts = textcache_new(TEXTS_MAX, TEXTS_BYTES);
    worker->retry_after = "1";
    if (store_library_init() != 0 || make_threads(worker) != 0 || make_server(worker) != 0) {
        log_error("a worker cannot start: no memory, threads or descriptors left");
        return -1;
    }
    events->wakeup = add_event(events, wakeup_fd(process->segment, process->self.slot), EV_READ, on_wakeup, events);
    events->db = add_event(events, dbthread_fd(worker->db), EV_READ, on_db, worker->db);
    events->reads = add_event(events, dbthread_fd(worker->reads), EV_READ, on_db, worker->reads);
    events->exports = add_event(events, dbthread_fd(worker->exports), EV_READ, on_db, worker->exports);
    events->files = add_event(events, filethread_fd(worker->files), EV_READ, on_files, events);
    events->orphan = add_event(events, process->master_pipe, EV_READ, on_orphan, events);
    events->term = add_event(events, SIGTERM, EV_SIGNAL, on_term, events);
    start_tick(events);
    worker_publish(worker); /* replaces what an earlier owner of the row has left */
    return 0;
}

static void worker_fini(struct worker_events *events)
{
    struct worker *worker = &events->worker;
    struct event *all[] = {events->wakeup, events->term,  events->orphan,  events->tick,
                           events->db,     events->reads, events->exports, events->files};
    dbthread_free(&worker->db, 2000);
    dbthread_free(&worker->reads, 2000);
    dbthread_free(&worker->exports, 2000);
    filethread_free(&worker->files);
    http_server_free(&worker->http);
    auth_free(&worker->auth);
    longpoll_free(&worker->longpolls);
    textcache_free(&worker->texts);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        event_free(all[i]);
    event_base_free(worker->base);
    close(worker->spool_fd);
}

/* What day it is for people: a check of parameters asks for it on any thread, so it is set before the first starts. */
static void set_time_zone(const char *zone)
{
    if (zone && *zone)
        setenv("TZ", zone, 1);
    tzset();
}

int worker_main(const struct process *process)
{
    struct worker_events *events = calloc(1, sizeof *events);
    if (!events)
        abort();
    set_time_zone(process->config->time_zone);
    if (worker_init(events, process) != 0) {
        free(events);
        return EXIT_SHORTAGE;
    }
    proctab_beat(process->segment, process->self);
    ping_database(events);
    event_base_dispatch(events->worker.base);
    worker_fini(events);
    free(events);
    return EXIT_DONE;
}
