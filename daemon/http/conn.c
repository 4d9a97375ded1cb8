/* Connections: birth, adoption, the four lists with their deadlines, death.
 *
 * One timer sweeps the lists four times a second instead of a timer per connection: a timer touched at every request
 * costs more than the whole router. */
#include "daemon/http/internal.h"

#include "base/clock.h"
#include "base/log.h"

#include <assert.h>
#include <search.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Before a body's mean rate counts; and before it may be cut off for another. */
#define GRACE_WINDOWS 3
#define PATIENCE_MS   5000

struct bufferevent *conn_new(struct event_base *base, void *arg)
{
    struct http_server *server = arg;
    struct conn *conn = calloc(1, sizeof *conn);

    if (!conn)
        abort();
    conn->server = server;
    conn->fd = -1;
    conn->bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    if (!conn->bev)
        abort();
    STAILQ_INIT(&conn->ready);
    evbuffer_add_cb(bufferevent_get_input(conn->bev), spooler_input, conn);
    /* evhttp makes its own connection object only after this call, and a client may connect and leave without a byte:
     * hold the bufferevent until the adoption has installed the close callback. */
    bufferevent_incref(conn->bev);
    TAILQ_INSERT_TAIL(&server->newborn, conn, link);
    event_active(server->adopt, EV_TIMEOUT, 0);
    server->n_conns++;
    server_accept_update(server);
    return conn->bev;
}

static void conn_forget(struct conn *conn)
{
    struct http_server *server = conn->server;

    while (!STAILQ_EMPTY(&conn->ready)) {
        struct exchange *exchange = STAILQ_FIRST(&conn->ready);
        STAILQ_REMOVE_HEAD(&conn->ready, next);
        exchange_free(exchange);
    }
    if (conn->upload)
        exchange_free(conn->upload);
    if (conn->raw)
        evbuffer_free(conn->raw);
    free(conn);
    server->n_conns--;
    server_accept_update(server);
    server_check_drained(server);
}

/* The client went away while a handler holds the request. If evhttp has let go of its request it lives until the reply;
 * otherwise it is freed together with the connection right after this callback. */
static void orphan_current(struct conn *conn)
{
    struct exchange *exchange = conn->current;

    conn->current = NULL;
    exchange->conn = NULL;
    if (evhttp_request_get_connection(exchange->ev))
        exchange->ev = NULL;
    if (conn->server->freeing)
        exchange->request.server = NULL; /* it may outlive the server, until its handler answers */
    if (exchange->request.gone)
        exchange->request.gone(&exchange->request);
}

static int compare_evcon(const void *a, const void *b)
{
    uintptr_t left = (uintptr_t)((const struct conn *)a)->evcon, right = (uintptr_t)((const struct conn *)b)->evcon;

    return left < right ? -1 : left > right;
}

static void remember(struct conn *conn)
{
    if (!tsearch(conn, &conn->server->by_evcon, compare_evcon))
        abort();
}

struct conn *conn_of(struct http_server *server, struct evhttp_connection *evcon)
{
    const struct conn wanted = {.evcon = evcon};
    struct conn *const *found;

    if (server->reading && server->reading->evcon == evcon)
        return server->reading;
    found = tfind(&wanted, &server->by_evcon, compare_evcon);
    assert(found);
    return *found;
}

/* evhttp is about to free the connection, for whatever reason. */
static void on_close(struct evhttp_connection *evcon, void *arg)
{
    struct conn *conn = arg;
    struct http_server *server = conn->server;
    bool linger = conn->linger && !conn->killed && !server->freeing;

    (void)evcon;
    evbuffer_remove_cb(bufferevent_get_input(conn->bev), spooler_input, conn);
    TAILQ_REMOVE(&server->lists[conn->list], conn, link);
    tdelete(conn, &server->by_evcon, compare_evcon);
    io_fini(conn, linger); /* closing with unread input would reset */
    if (linger)
        linger_start(server, conn->fd);
    if (conn->current)
        orphan_current(conn);
    conn_forget(conn);
}

static bool is_unix(int fd)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof address;

    return getsockname(fd, (struct sockaddr *)&address, &size) == 0 && address.ss_family == AF_UNIX;
}

/* The account that opened the connection, as the kernel knows it. */
static bool peer_is_trusted(const struct http_server *server, int fd)
{
    struct ucred peer;
    socklen_t size = sizeof peer;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && proxies_has_user(&server->proxies, peer.uid);
}

static void adopt(struct conn *conn)
{
    struct http_server *server = conn->server;
    void *evcon;

    TAILQ_REMOVE(&server->newborn, conn, link);
    bufferevent_getcb(conn->bev, NULL, NULL, NULL, &evcon);
    if (!evcon) { /* evhttp gave up between accept and here */
        struct bufferevent *bev = conn->bev;
        evbuffer_remove_cb(bufferevent_get_input(bev), spooler_input, conn);
        conn_forget(conn);
        bufferevent_decref(bev);
        return;
    }
    conn->evcon = evcon;
    assert(evhttp_connection_get_bufferevent(conn->evcon) == conn->bev);
    io_init(conn);
    remember(conn);
    conn->is_unix = is_unix(conn->fd);
    conn->trusted = conn->is_unix && peer_is_trusted(server, conn->fd);
    evhttp_connection_set_closecb(conn->evcon, on_close, conn);
    conn->list = LIST_IDLE;
    conn->since = clock_coarse_ms();
    TAILQ_INSERT_TAIL(&server->lists[LIST_IDLE], conn, link);
    bufferevent_decref(conn->bev);
}

void conn_adopt_all(struct http_server *server)
{
    struct conn *conn;

    while ((conn = TAILQ_FIRST(&server->newborn)))
        adopt(conn);
}

static enum conn_list list_for(const struct conn *conn)
{
    if (conn->upload)
        return LIST_BODY;
    if (conn->inflight > 0 || conn->frame == FRAME_DISCARD)
        return LIST_BUSY;
    return conn->raw && evbuffer_get_length(conn->raw) > 0 ? LIST_HEAD : LIST_IDLE;
}

/* Put the connection where it belongs now. Staying keeps the time: a head's deadline does not restart with each
 * byte. */
void conn_place(struct conn *conn)
{
    enum conn_list list = list_for(conn);

    if (list == conn->list)
        return;
    TAILQ_REMOVE(&conn->server->lists[conn->list], conn, link);
    conn->list = list;
    conn->since = clock_coarse_ms();
    if (list == LIST_BUSY) {
        conn->unsent = 0;
        conn->unsent_at = conn->since;
    }
    TAILQ_INSERT_TAIL(&conn->server->lists[list], conn, link);
}

/* Let evhttp drop it as after a timeout of its own: the one way that is right in each of its states. Deferred, so that
 * the caller may be anywhere. */
void conn_kill(struct conn *conn, const char *reason)
{
    if (conn->killed)
        return;
    conn->killed = true;
    log_debug("http: closing connection: %s", reason);
    bufferevent_trigger_event(conn->bev, BEV_EVENT_TIMEOUT | BEV_EVENT_READING, BEV_OPT_DEFER_CALLBACKS);
}

static void sweep_overdue(struct http_server *server, enum conn_list list, unsigned limit_s, const char *reason)
{
    int64_t limit = clock_coarse_ms() - (int64_t)limit_s * 1000;
    struct conn *conn;

    TAILQ_FOREACH(conn, &server->lists[list], link)
    {
        if (conn->since > limit)
            break;
        conn_kill(conn, reason);
    }
}

/* What a body has to bring by now, at the minimum rate. */
static uint64_t due(const struct http_server *server, int64_t ms)
{
    return ms > 0 ? (uint64_t)ms * server->options.body_min_rate / 1000 : 0;
}

/* Two bounds. A quarter of the minimum rate in every window as long as the head's deadline: a client that stalls is cut off soon.
 * The whole rate over all the time but the first GRACE windows: so a body has a deadline that follows from its size. */
static void sweep_bodies(struct http_server *server)
{
    int64_t now = clock_coarse_ms(), window = (int64_t)server->options.head_timeout_s * 1000;
    struct conn *conn;

    TAILQ_FOREACH(conn, &server->lists[LIST_BODY], link)
    {
        int64_t elapsed = now - conn->window_start;
        if (conn->want_continue)
            continue;
        if (conn->body_bytes < due(server, now - conn->body_start - GRACE_WINDOWS * window))
            conn_kill(conn, "body slower than the minimum rate");
        if (elapsed < window)
            continue;
        if (conn->body_bytes - conn->window_bytes < due(server, elapsed) / 4)
            conn_kill(conn, "body stalls");
        conn->window_bytes = conn->body_bytes;
        conn->window_start = now;
    }
}

bool conn_cut_slowest(struct http_server *server, bool to_file)
{
    int64_t now = clock_coarse_ms();
    uint64_t most_behind = 0;
    struct conn *conn, *slowest = NULL;

    TAILQ_FOREACH(conn, &server->lists[LIST_BODY], link)
    {
        const struct exchange *exchange = conn->upload;
        int64_t elapsed = now - conn->body_start;
        if (conn->killed || conn->want_continue || elapsed < PATIENCE_MS ||
            (to_file ? !exchange->counted_upload : exchange->memory_counted == 0))
            continue;
        uint64_t wanted = due(server, elapsed);
        if (conn->body_bytes < wanted && wanted - conn->body_bytes > most_behind) {
            most_behind = wanted - conn->body_bytes;
            slowest = conn;
        }
    }
    if (slowest)
        conn_kill(slowest, "slow, and its place is needed");
    return slowest != NULL;
}

/* A slow reader is fine as long as it reads anything at all; a handler that has not answered yet has nothing unsent. */
static void sweep_busy(struct http_server *server)
{
    int64_t now = clock_coarse_ms(), limit = (int64_t)server->options.idle_timeout_s * 1000;
    struct conn *conn;

    TAILQ_FOREACH(conn, &server->lists[LIST_BUSY], link)
    {
        size_t unsent = evbuffer_get_length(bufferevent_get_output(conn->bev));
        if (unsent != conn->unsent || unsent == 0) {
            conn->unsent = unsent;
            conn->unsent_at = now;
        } else if (now - conn->unsent_at >= limit) {
            conn_kill(conn, "the client does not read its answer");
        }
    }
}

void conn_sweep(struct http_server *server)
{
    sweep_overdue(server, LIST_IDLE, server->options.idle_timeout_s, "idle");
    sweep_overdue(server, LIST_HEAD, server->options.head_timeout_s, "request head not complete in time");
    sweep_bodies(server);
    sweep_busy(server);
}

void conn_close_idle(struct http_server *server)
{
    struct conn *conn;

    TAILQ_FOREACH(conn, &server->lists[LIST_IDLE], link)
    conn_kill(conn, "draining");
}
