/* Slow close of a connection whose client may still be sending: our side is shut, what comes is thrown away until the
 * client closes, falls silent, or the time is up. Only then can it be sure to have read the answer. */
#include "daemon/http/internal.h"

#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct lingerer {
    struct http_server *server;
    struct event *event;
    int fd;
    int64_t until;
    TAILQ_ENTRY(lingerer) link;
};

static void linger_free(struct lingerer *linger)
{
    struct http_server *server = linger->server;

    TAILQ_REMOVE(&server->lingering, linger, link);
    event_free(linger->event);
    close(linger->fd);
    free(linger);
    server->n_lingering--;
    server_accept_update(server);
    server_check_drained(server);
}

static void on_bytes(evutil_socket_t fd, short what, void *arg)
{
    struct lingerer *linger = arg;
    ssize_t n = -1;

    if ((what & EV_READ) != 0) {
        n = recv(fd, linger->server->scratch, SCRATCH_BYTES, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
    }
    if (n <= 0 || clock_coarse_ms() >= linger->until)
        linger_free(linger);
}

void linger_start(struct http_server *server, int fd)
{
    static const struct timeval silence = {LINGER_SILENCE_S, 0};
    struct lingerer *linger;

    shutdown(fd, SHUT_WR);
    if (server->n_lingering >= LINGER_MAX) {
        close(fd);
        return;
    }
    linger = calloc(1, sizeof *linger);
    if (!linger)
        abort();
    linger->server = server;
    linger->fd = fd;
    linger->until = clock_coarse_ms() + LINGER_TOTAL_MS;
    linger->event = event_new(server->base, fd, EV_READ | EV_PERSIST, on_bytes, linger);
    if (!linger->event || event_add(linger->event, &silence) != 0)
        abort();
    TAILQ_INSERT_TAIL(&server->lingering, linger, link);
    server->n_lingering++;
}

void linger_free_all(struct http_server *server)
{
    while (!TAILQ_EMPTY(&server->lingering))
        linger_free(TAILQ_FIRST(&server->lingering));
}
