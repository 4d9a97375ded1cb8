/* What a handler reads of its request: headers, parameters, the client's address. */
#include "daemon/http/internal.h"

#include "base/clock.h"

#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The lines of one header as a list. */
struct joined {
    struct joined *next;
    char text[];
};

void headers_fini(struct exchange *exchange)
{
    while (exchange->joined) {
        struct joined *first = exchange->joined;
        exchange->joined = first->next;
        free(first);
    }
}

/* The next line of this header behind `after` (NULL = from the start). The first letter is compared before the rest: most
 * headers are others. */
static struct evkeyval *next_line(struct evkeyvalq *lines, struct evkeyval *after, const char *name)
{
    struct evkeyval *line = after ? TAILQ_NEXT(after, next) : TAILQ_FIRST(lines);

    while (line && (((line->key[0] ^ name[0]) & ~0x20) != 0 || strcasecmp(line->key, name) != 0))
        line = TAILQ_NEXT(line, next);
    return line;
}

static const char *join(struct exchange *exchange, struct evkeyvalq *lines, struct evkeyval *first, const char *name)
{
    size_t size = 1;

    for (struct evkeyval *line = first; line; line = next_line(lines, line, name))
        size += strlen(line->value) + 2;
    struct joined *joined = malloc(sizeof *joined + size);
    if (!joined)
        abort();
    char *to = joined->text;
    for (struct evkeyval *line = first; line; line = next_line(lines, line, name))
        to += sprintf(to, "%s%s", to > joined->text ? ", " : "", line->value);
    joined->next = exchange->joined;
    exchange->joined = joined;
    return joined->text;
}

const char *http_header(struct http_request *request, const char *name)
{
    struct exchange *exchange = exchange_of(request);
    struct evkeyvalq *lines = exchange->ev ? evhttp_request_get_input_headers(exchange->ev) : NULL;
    struct evkeyval *first = lines ? next_line(lines, NULL, name) : NULL;

    if (!first)
        return NULL;
    return next_line(lines, first, name) ? join(exchange, lines, first, name) : first->value;
}

/* The other end of the connection: "unix", or its address. */
static const char *peer_of(const struct conn *conn)
{
    char *peer = NULL;
    ev_uint16_t port;

    if (conn->is_unix)
        return "unix";
    evhttp_connection_get_peer(conn->evcon, &peer, &port);
    return peer ? peer : "";
}

static bool speaks_for_others(const struct conn *conn, const char *peer)
{
    return conn->is_unix ? conn->trusted : proxies_has_address(&conn->server->proxies, peer);
}

void http_client_address(struct http_request *request, char out[64])
{
    const struct conn *conn = exchange_of(request)->conn;

    out[0] = '\0';
    if (!conn)
        return;
    const char *peer = peer_of(conn);
    const char *hops = speaks_for_others(conn, peer) ? http_header(request, "X-Forwarded-For") : NULL;
    if (!hops || !proxies_client(&conn->server->proxies, hops, out))
        snprintf(out, 64, "%s", peer);
}

void headers_client(const struct conn *conn, const char *bytes, size_t n, char out[64])
{
    const char *peer = peer_of(conn);
    char *hops = malloc(n);

    if (!hops)
        abort();
    if (!speaks_for_others(conn, peer) || head_join(bytes, n, "x-forwarded-for", hops) == 0 ||
        !proxies_client(&conn->server->proxies, hops, out))
        snprintf(out, 64, "%s", peer);
    free(hops);
}

int64_t http_request_us(const struct http_request *request)
{
    int64_t us = clock_mono_us() - request->began_us;
    return us > 0 ? us : 1;
}

const char *http_param(struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->n_params; i++)
        if (strcmp(request->params[i].name, name) == 0)
            return request->params[i].value;
    return NULL;
}
