/* Bytes between a connection's socket and the buffers of its bufferevent.
 *
 * libevent's own way asks the kernel how much there is to read, switches reading off while a request is handled and on
 * again after it, and so spends two of four system calls on bookkeeping. Here one persistent event reads and the answer
 * is written at once; evhttp goes on believing that its bufferevent does it: the bufferevent has lost its descriptor
 * (an event without one never fires), keeps its buffers, callbacks and its notion of "enabled", and is told by
 * bufferevent_trigger() what it would have found out by itself. */
#include "daemon/http/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A turn's worth: others on this loop want theirs, and a long body is read by spooler.c in larger pieces. */
#define READ_BYTES 4096u

static struct event *make_event(struct conn *conn, short what, event_callback_fn callback)
{
    struct event *event = event_new(conn->server->base, conn->fd, (short)(what | EV_PERSIST), callback, conn);

    if (!event)
        abort();
    return event;
}

static void add(struct event *event)
{
    if (event_add(event, NULL) != 0)
        abort();
}

/* As the bufferevent does it on an end or an error. The connection may be gone afterwards. */
static void fail(struct conn *conn, short direction, short what)
{
    bool reading = direction == EV_READ;

    event_del(reading ? conn->readable : conn->writable);
    bufferevent_disable(conn->bev, direction);
    bufferevent_trigger_event(conn->bev, (short)(what | (reading ? BEV_EVENT_READING : BEV_EVENT_WRITING)), 0);
}

/* evhttp does not read while it writes an answer, and heads that wait for it must not pile up. The event would fire
 * again and again; io_resume() adds it anew. */
static bool must_wait(const struct conn *conn)
{
    return (bufferevent_get_enabled(conn->bev) & EV_READ) == 0 ||
           evbuffer_get_length(bufferevent_get_input(conn->bev)) >= READ_HIGH_WATER;
}

/* An answer that went out while evhttp handed the request over is reported to it as soon as it has returned, not at the
 * loop's next turn: its memory is then still warm, and goes back to the allocator before the next connection asks. */
static void let_evhttp_read(struct conn *conn)
{
    struct http_server *server = conn->server;

    server->reading = conn;
    conn->in_read = true;
    bufferevent_trigger(conn->bev, EV_READ, 0); /* may close: io_fini() then clears `reading` */
    if (server->reading != conn)
        return;
    conn->in_read = false;
    if (conn->written) {
        conn->written = false;
        bufferevent_trigger(conn->bev, EV_WRITE, 0);
    }
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct conn *conn = arg;
    struct evbuffer *input = bufferevent_get_input(conn->bev);
    char bytes[READ_BYTES];
    ssize_t n;

    (void)what;
    if (must_wait(conn)) {
        event_del(conn->readable);
        conn->paused = true;
        return;
    }
    n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n <= 0) {
        if (n == 0 || (errno != EAGAIN && errno != EINTR))
            fail(conn, EV_READ, n == 0 ? BEV_EVENT_EOF : BEV_EVENT_ERROR);
        return;
    }
    evbuffer_unfreeze(input, 0);
    if (evbuffer_add(input, bytes, (size_t)n) != 0) /* runs the framer */
        abort();
    evbuffer_freeze(input, 0);
    if (conn->server->options.authorize) /* there may be a token among them */
        explicit_bzero(bytes, (size_t)n);
    let_evhttp_read(conn);
}

/* True when nothing is left to be written. False: more later, or an error, which the event will meet. libevent says 0
 * of a file both when the socket is full and when the file is shorter than it was: errno is 0 in the second case. */
static bool write_output(struct conn *conn, int *sent)
{
    struct evbuffer *output = bufferevent_get_output(conn->bev);

    evbuffer_unfreeze(output, 1);
    errno = 0;
    *sent = evbuffer_write(output, conn->fd);
    evbuffer_freeze(output, 1);
    return evbuffer_get_length(output) == 0;
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct conn *conn = arg;
    int sent;

    (void)fd;
    (void)what;
    if (write_output(conn, &sent)) {
        event_del(conn->writable);
        bufferevent_disable(conn->bev, EV_WRITE);
        bufferevent_trigger(conn->bev, EV_WRITE, 0);
    } else if (sent <= 0 && errno != EAGAIN && errno != EINTR) {
        fail(conn, EV_WRITE, BEV_EVENT_ERROR);
    }
}

static void write_later(struct conn *conn)
{
    if (!conn->writable)
        conn->writable = make_event(conn, EV_WRITE, on_writable);
    add(conn->writable);
}

/* Output that is not an answer of ours: evhttp refuses by itself what the framer should have refused. */
static void on_output(struct evbuffer *output, const struct evbuffer_cb_info *info, void *arg)
{
    struct conn *conn = arg;

    (void)output;
    if (info->n_added > 0 && !conn->replying)
        write_later(conn);
}

void io_flush(struct conn *conn)
{
    int sent;

    if (!write_output(conn, &sent)) {
        write_later(conn);
        return;
    }
    bufferevent_disable(conn->bev, EV_WRITE);
    if (conn->in_read)
        conn->written = true;
    else
        bufferevent_trigger(conn->bev, EV_WRITE, BEV_OPT_DEFER_CALLBACKS);
}

void io_resume(struct conn *conn)
{
    if (!conn->paused)
        return;
    conn->paused = false;
    add(conn->readable);
}

void io_init(struct conn *conn)
{
    conn->fd = bufferevent_getfd(conn->bev);
    bufferevent_setfd(conn->bev, -1);
    evbuffer_add_cb(bufferevent_get_output(conn->bev), on_output, conn);
    conn->readable = make_event(conn, EV_READ, on_readable);
    add(conn->readable);
}

void io_fini(struct conn *conn, bool keep_fd)
{
    if (conn->server->reading == conn)
        conn->server->reading = NULL;
    evbuffer_remove_cb(bufferevent_get_output(conn->bev), on_output, conn);
    event_free(conn->readable);
    if (conn->writable)
        event_free(conn->writable);
    if (keep_fd)
        return;
    /* Given back disabled, so that no event of its comes to life: it closes when it is freed, after evhttp's
     * shutdown. */
    bufferevent_disable(conn->bev, EV_READ | EV_WRITE);
    bufferevent_setfd(conn->bev, conn->fd);
}
