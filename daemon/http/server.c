/* The server object: made once per worker, listens on inherited sockets, drains, is freed. */
#include "daemon/http/internal.h"

#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Accepting stops at the limit and while descriptors are short; the kernel's queue holds the rest, and other workers
 * may take them. */
void server_accept_update(struct http_server *server)
{
    bool want = !server->draining && !evtimer_pending(server->resume, NULL) &&
                server->n_conns + server->n_lingering < server->options.max_connections;

    if (server->freeing || want == server->accepting)
        return;
    server->accepting = want;
    if (!want && !server->draining)
        server->stats.refused_connections++;
    for (unsigned i = 0; i < server->n_listeners; i++) {
        if (want)
            evconnlistener_enable(server->listeners[i]);
        else
            evconnlistener_disable(server->listeners[i]);
    }
}

/* libevent hands the error callback the argument of the accept callback, which is evhttp's: find the server by its
 * listener. More than one server in a process happens in tests only. */
static struct http_server *servers;

static struct http_server *server_of(const struct evconnlistener *listener)
{
    for (struct http_server *server = servers; server; server = server->next_server)
        for (unsigned i = 0; i < server->n_listeners; i++)
            if (server->listeners[i] == listener)
                return server;
    return NULL;
}

static void forget_server(const struct http_server *server)
{
    for (struct http_server **at = &servers; *at; at = &(*at)->next_server)
        if (*at == server) {
            *at = server->next_server;
            return;
        }
}

/* Out of descriptors. Without this callback libevent would log and try again, a full core's worth. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
    static const struct timeval pause = {0, ACCEPT_PAUSE_MS * 1000};
    int error = errno;
    struct http_server *server = server_of(listener);

    (void)arg;
    if (!server)
        return;
    if (!server->paused_logged)
        log_warn("http: accept: %s; pausing (told once until it works again)", strerror(error));
    server->paused_logged = true;
    evtimer_add(server->resume, &pause);
    server_accept_update(server);
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    server_accept_update(arg);
}

static void on_adopt(evutil_socket_t fd, short what, void *arg)
{
    struct http_server *server = arg;

    (void)fd;
    (void)what;
    conn_adopt_all(server);
    if (!evtimer_pending(server->resume, NULL))
        server->paused_logged = false;
    if (!evtimer_pending(server->sweep, NULL)) {
        static const struct timeval period = {0, SWEEP_MS * 1000};
        evtimer_add(server->sweep, &period);
    }
}

/* Only while there are connections: an idle worker sleeps. */
static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
    static const struct timeval period = {0, SWEEP_MS * 1000};
    struct http_server *server = arg;

    (void)fd;
    (void)what;
    conn_sweep(server);
    if (server->lingered)
        conn_close_idle(server);
    if (server->n_conns > 0)
        evtimer_add(server->sweep, &period);
}

static void on_finish(evutil_socket_t fd, short what, void *arg)
{
    struct http_server *server = arg;

    (void)fd;
    (void)what;
    if (!server->lingered) {
        server->lingered = true;
        conn_close_idle(server);
        server_check_drained(server);
    } else if (server->drained) {
        void (*drained)(void *) = server->drained;
        server->drained = NULL;
        drained(server->drained_ctx);
    }
}

/* Called wherever something ends; the report itself comes from the loop. */
void server_check_drained(struct http_server *server)
{
    if (server->lingered && !server->freeing && server->n_conns == 0 && server->n_exchanges == 0)
        event_active(server->finish, EV_TIMEOUT, 0);
}

static struct evhttp *make_evhttp(struct http_server *server)
{
    struct evhttp *evhttp = evhttp_new(server->base);

    if (!evhttp)
        abort();
    /* A little more than the framer lets through: the limit that clients meet is ours. */
    evhttp_set_max_headers_size(evhttp, HEAD_BYTES_MAX + 4096);
    evhttp_set_max_body_size(evhttp, 4096);
    evhttp_set_allowed_methods(evhttp, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT |
                                           EVHTTP_REQ_PATCH | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS);
    evhttp_set_default_content_type(evhttp, NULL); /* each answer that has a body names its own */
    evhttp_set_bevcb(evhttp, conn_new, server);
    evhttp_set_gencb(evhttp, dispatch, server);
    return evhttp;
}

static struct event *make_timer(struct http_server *server, event_callback_fn callback)
{
    struct event *timer = evtimer_new(server->base, callback, server);

    if (!timer)
        abort();
    return timer;
}

/* Uploads live in nameless files; find out now, not at the first upload, that the file system has none. */
static int check_spool(const struct http_options *options)
{
    struct spoolfile spool;
    int error;

    spoolfile_init(&spool);
    error = spoolfile_open(&spool, options->spool_dir_fd);
    spoolfile_fini(&spool);
    if (error == -EOPNOTSUPP || error == -EISDIR || error == -ENOENT)
        log_error("http: the spool directory's file system has no O_TMPFILE; put it on ext4, xfs, btrfs or tmpfs");
    else if (error != 0)
        log_error("http: spool directory: %s", strerror(-error));
    return error == 0 || error == -ENOSPC || error == -EDQUOT ? 0 : error;
}

struct http_server *http_server_new(struct event_base *base, const struct http_options *options)
{
    struct http_server *server;
    char bad[100];

    if (options->spool_dir_fd >= 0 && check_spool(options) != 0)
        return NULL;
    server = calloc(1, sizeof *server);
    if (!server || !(server->scratch = malloc(SCRATCH_BYTES)))
        abort();
    server->base = base;
    server->options = *options;
    snprintf(server->upload_too_large, sizeof server->upload_too_large,
             "the body is longer than the %" PRIu64 " bytes that this resource takes", options->max_body);
    server->accepting = true;
    for (unsigned i = 0; i < CONN_LISTS; i++)
        TAILQ_INIT(&server->lists[i]);
    TAILQ_INIT(&server->newborn);
    TAILQ_INIT(&server->lingering);
    STAILQ_INIT(&server->pool);
    TAILQ_INIT(&server->uploads);
    server->router = router_new(options->routes);
    if (proxies_parse(options->trusted_proxies ? options->trusted_proxies : "", &server->proxies, bad) != 0)
        abort(); /* the configuration was checked */
    server->sweep = make_timer(server, on_sweep);
    server->adopt = make_timer(server, on_adopt);
    server->resume = make_timer(server, on_resume);
    server->finish = make_timer(server, on_finish);
    server->evhttp = make_evhttp(server);
    server->next_server = servers;
    servers = server;
    return server;
}

int http_server_listen(struct http_server *server, int fd)
{
    struct evconnlistener *listener;

    assert(server->n_listeners < LISTENERS_MAX);
    listener = evconnlistener_new(server->base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
    if (!listener)
        return -1;
    if (!evhttp_bind_listener(server->evhttp, listener)) {
        evconnlistener_free(listener);
        return -1;
    }
    server->listeners[server->n_listeners++] = listener;
    evconnlistener_set_error_cb(listener, on_accept_error);
    return 0;
}

void http_server_drain(struct http_server *server, unsigned linger_ms, void (*done)(void *), void *ctx)
{
    struct timeval linger = {(time_t)(linger_ms / 1000), (suseconds_t)(linger_ms % 1000) * 1000};

    if (server->draining)
        return;
    server->draining = true;
    server->drained = done;
    server->drained_ctx = ctx;
    server_accept_update(server);
    evtimer_add(server->finish, &linger);
}

bool http_server_draining(const struct http_server *server)
{
    return server->draining;
}

void http_server_stats(const struct http_server *server, struct http_stats *out)
{
    *out = server->stats;
    out->connections_open = server->n_conns;
    out->uploads_open = server->n_uploads;
}

static void free_pool(struct http_server *server)
{
    struct exchange *exchange;

    while ((exchange = STAILQ_FIRST(&server->pool))) {
        STAILQ_REMOVE_HEAD(&server->pool, next);
        free(exchange);
    }
}

void http_server_free(struct http_server **at)
{
    struct http_server *server = *at;

    if (!server)
        return;
    *at = NULL;
    forget_server(server);
    conn_adopt_all(server);
    server->freeing = true;
    evhttp_free(server->evhttp); /* listeners and connections; the close callbacks run */
    linger_free_all(server);
    free_pool(server);
    event_free(server->sweep);
    event_free(server->adopt);
    event_free(server->resume);
    event_free(server->finish);
    router_free(&server->router);
    free(server->scratch);
    free(server);
}
