/* evhttp's one callback: find the exchange of a request or make it, and hand it to its route. */
#include "daemon/http/internal.h"

#include "daemon/http/query.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static enum http_method method_of(struct evhttp_request *ev)
{
    switch (evhttp_request_get_command(ev)) {
    case EVHTTP_REQ_GET:
        return HTTP_GET;
    case EVHTTP_REQ_HEAD:
        return HTTP_HEAD;
    case EVHTTP_REQ_OPTIONS:
        return HTTP_OPTIONS;
    default:
        return HTTP_OTHER; /* anything else has been judged at head time and has its exchange */
    }
}

/* The exchange of this request: released with it, or a fresh one for a request that passed through. */
static struct exchange *take_exchange(struct conn *conn, struct evhttp_request *ev)
{
    struct exchange *exchange = STAILQ_FIRST(&conn->ready);
    uint32_t seq = conn->dispatched++;

    assert(!conn->current && seq < conn->released);
    if (exchange && exchange->seq == seq) {
        STAILQ_REMOVE_HEAD(&conn->ready, next);
        conn->n_ready--;
    } else {
        exchange = exchange_new(conn->server, conn);
        exchange->ev = ev;
        exchange->request.method = method_of(ev);
        const char *id = conn->sent_id ? http_header(&exchange->request, "Request-Id") : NULL;
        exchange_id(exchange, id, id ? strlen(id) : 0);
    }
    exchange->ev = ev;
    return exchange;
}

static void take_body(struct exchange *exchange)
{
    struct http_request *request = &exchange->request;

    if (request->body_len > 0)
        request->body = exchange->memory;
    request->spool_fd = exchange->spool.fd;
    request->spool_len = exchange->spool.length;
    exchange->spool.fd = -1;
}

static int take_query(struct exchange *exchange)
{
    const char *query = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(exchange->ev));

    if (!query)
        return 0;
    return query_parse(query, &exchange->request.params, &exchange->request.n_params, &exchange->query_text);
}

/* What the refusal says when it has no text of its own: what would have been taken. NULL = the usual text. */
static const char *what_is_taken(const struct refusal *refusal, char out[400])
{
    if (refusal->accept)
        snprintf(out, 400, "send the body as %s%s", strchr(refusal->accept, ',') ? "one of " : "", refusal->accept);
    else if (refusal->allow && strcmp(refusal->slug, "method-not-allowed") == 0)
        snprintf(out, 400, "the methods here are %s", refusal->allow);
    else
        return NULL;
    return out;
}

static void reply_refused(struct exchange *exchange)
{
    struct http_request *request = &exchange->request;
    const struct refusal *refusal = &exchange->refusal;
    char taken[400];

    if (refusal->allow)
        http_reply_header(request, "Allow", refusal->allow);
    if (refusal->accept && request->method == HTTP_POST)
        http_reply_header(request, "Accept-Post", refusal->accept);
    if (refusal->coding)
        http_reply_header(request, "Accept-Encoding", "identity");
    if (refusal->challenge)
        http_reply_header(request, "WWW-Authenticate", refusal->challenge);
    http_reply_problem(request, refusal->slug, refusal->detail ? refusal->detail : what_is_taken(refusal, taken), NULL);
}

static void reply_options(struct http_request *request, const char *allow)
{
    http_reply_header(request, "Allow", allow);
    http_reply_empty(request, 204);
}

/* The route of a request that passed through; answers itself when there is none. */
static bool find_route(struct exchange *exchange)
{
    struct http_request *request = &exchange->request;
    struct router_match match = {NULL, NULL, request->args};

    if (request->route)
        return true;
    switch (router_find(request->server->router, request->method, request->path, strlen(request->path), &match)) {
    case ROUTE_FOUND:
        request->route = match.route;
        return true;
    case ROUTE_NO_PATH:
        http_reply_problem(request, "not-found", NULL, NULL);
        return false;
    case ROUTE_NO_METHOD:
        break;
    }
    if (request->method == HTTP_OPTIONS) {
        reply_options(request, match.allow);
    } else {
        exchange->refusal = (struct refusal){.slug = "method-not-allowed", .allow = match.allow};
        reply_refused(exchange);
    }
    return false;
}

/* A request that passed through has not been asked for its token; any other was judged at head time. */
static bool check_token(struct exchange *exchange, bool judged)
{
    const struct http_server *server = exchange->request.server;
    const char *sent;

    if (judged || !server->options.authorize || exchange->request.route->scope == SCOPE_NONE)
        return true;
    sent = http_header(&exchange->request, "Authorization");
    if (policy_authorize(exchange, sent, sent ? strlen(sent) : 0))
        return true;
    reply_refused(exchange);
    return false;
}

/* A handler that has not answered yet may wait for minutes, and evhttp has switched reading off: switch it on without a
 * read callback, so that the end of the connection is noticed. What arrives meanwhile goes through the framer as
 * always. */
static void watch_for_end(struct conn *conn)
{
    bufferevent_data_cb write_cb;
    bufferevent_event_cb event_cb;
    void *arg;

    bufferevent_getcb(conn->bev, NULL, &write_cb, &event_cb, &arg);
    bufferevent_setcb(conn->bev, NULL, write_cb, event_cb, arg);
    bufferevent_enable(conn->bev, EV_READ);
}

void dispatch(struct evhttp_request *ev, void *arg)
{
    struct http_server *server = arg;
    struct conn *conn = conn_of(server, evhttp_request_get_connection(ev));
    struct exchange *exchange = take_exchange(conn, ev);
    struct http_request *request = &exchange->request;
    bool judged;

    server->stats.requests++;
    conn->current = exchange;
    if (exchange->refusal.slug) {
        reply_refused(exchange);
        return;
    }
    request->path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(ev));
    judged = request->route != NULL;
    if (!find_route(exchange) || !check_token(exchange, judged))
        return;
    if (take_query(exchange) != 0) {
        http_reply_problem(request, "bad-request", "more than 64 query parameters", NULL);
        return;
    }
    take_body(exchange);
    request->route->handle(request);
    if (conn->current == exchange)
        watch_for_end(conn);
}
