/* Replies: the headers that every answer has, set by us because libevent would format them anew each time (Date) or
 * wrongly (Content-Length of HEAD), and the shortest way to the socket. */
#include "daemon/http/internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A header given to libevent costs three allocations and a printf: 2 400 instructions, 8 % of a whole answer. It prints
 * the reason phrase of the status line as it is, so the lines ride behind it: a copy. */
static bool add_line(struct exchange *exchange, const char *name, const char *value)
{
    size_t name_len = strlen(name), value_len = strlen(value), need = name_len + value_len + 4;
    char *to = exchange->lines + exchange->lines_len;

    if (need >= sizeof exchange->lines - exchange->lines_len)
        return false;
    to[0] = '\r';
    to[1] = '\n';
    memcpy(to + 2, name, name_len);
    memcpy(to + 2 + name_len, ": ", 2);
    memcpy(to + 4 + name_len, value, value_len + 1);
    exchange->lines_len += need;
    return true;
}

void http_reply_header(struct http_request *request, const char *name, const char *value)
{
    struct exchange *exchange = exchange_of(request);

    if (!exchange->ev || value[strcspn(value, "\r\n")] != '\0')
        return;
    if (!add_line(exchange, name, value))
        evhttp_add_header(evhttp_request_get_output_headers(exchange->ev), name, value);
}

static const char *date_now(struct http_server *server)
{
    static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t now = time(NULL);
    struct tm tm;

    if (now != server->date_second) {
        server->date_second = now;
        gmtime_r(&now, &tm);
        snprintf(server->date, sizeof server->date, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + tm.tm_wday * 3,
                 tm.tm_mday, months + tm.tm_mon * 3, (tm.tm_year + 1900) % 10000, tm.tm_hour, tm.tm_min, tm.tm_sec);
    }
    return server->date;
}

static const char *decimal(uint64_t value, char out[24])
{
    char *p = out + 23;

    *p = '\0';
    do {
        *--p = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return p;
}

/* The last byte has left for the kernel. */
static void on_complete(struct evhttp_request *ev, void *arg)
{
    struct conn *conn = arg;

    (void)ev;
    conn->inflight--;
    io_resume(conn);
    if (conn->want_continue && conn->inflight == 0 && conn->upload)
        spooler_send_continue(conn);
    conn_place(conn);
}

static void add_headers(struct exchange *exchange, int status, const char *type, uint64_t len)
{
    struct http_server *server = exchange->request.server;
    struct evkeyvalq *out = evhttp_request_get_output_headers(exchange->ev);
    char digits[24];

    if (type) {
        http_reply_header(&exchange->request, "Content-Type", type);
        http_reply_header(&exchange->request, "X-Content-Type-Options", "nosniff");
    }
    if (status != 204 && status != 304)
        evhttp_add_header(out, "Content-Length", decimal(len, digits));
    evhttp_add_header(out, "Date", date_now(server));
    if (server->draining)
        evhttp_add_header(out, "Connection", "close"); /* for libevent too: it then closes */
    /* Not on plain reads: every header costs 8 % of an answer, and a client that wants the id there sends one. */
    if (exchange->echo_id || (status != 200 && status != 304))
        http_reply_header(&exchange->request, "Request-Id", exchange->request.request_id);
}

static void tell_answered(struct exchange *exchange, int status)
{
    struct http_request *request = &exchange->request;

    if (request->server && request->server->options.answered)
        request->server->options.answered(request, status);
}

void http_request_line(const struct http_request *request, const char **method, const char **path)
{
    static const char *const methods[] = {
        [HTTP_GET] = "GET",     [HTTP_HEAD] = "HEAD",     [HTTP_POST] = "POST",       [HTTP_PUT] = "PUT",
        [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE", [HTTP_OPTIONS] = "OPTIONS", [HTTP_OTHER] = "OTHER"};
    const struct exchange *exchange = (const struct exchange *)(const void *)request;

    *method = *path = "-";
    if (!exchange->ev || exchange->unreadable)
        return;
    *method = methods[request->method];
    *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(exchange->ev));
}

uint64_t http_answer_bytes(const struct http_request *request)
{
    return ((const struct exchange *)(const void *)request)->answer_bytes;
}

/* The body is in evhttp's output buffer. Ends the exchange. */
static void send_reply(struct exchange *exchange, int status)
{
    struct conn *conn = exchange->conn;
    struct evhttp_request *ev = exchange->ev;
    char reason[64 + sizeof exchange->lines];
    const char *phrase = http_phrase(status);
    size_t n = strlen(phrase);

    memcpy(reason, phrase, n);
    memcpy(reason + n, exchange->lines, exchange->lines_len);
    reason[n + exchange->lines_len] = '\0';
    tell_answered(exchange, conn ? status : 0);
    if (conn) {
        assert(conn->current == exchange);
        conn->current = NULL;
        evhttp_request_set_on_complete_cb(ev, on_complete, conn);
    }
    exchange_free(exchange);
    if (!conn) {
        evhttp_send_reply(ev, status, reason, NULL);
        return;
    }
    conn->replying = true;
    evhttp_send_reply(ev, status, reason, NULL);
    conn->replying = false;
    io_flush(conn);
}

/* Nobody there to answer? Then let evhttp free its request, if it still has one. */
static bool nobody(struct exchange *exchange)
{
    if (exchange->conn)
        return false;
    if (exchange->ev) {
        send_reply(exchange, 200);
    } else {
        tell_answered(exchange, 0);
        exchange_free(exchange);
    }
    return true;
}

void http_reply(struct http_request *request, int status, const char *type, const void *body, size_t len)
{
    struct exchange *exchange = exchange_of(request);

    if (nobody(exchange))
        return;
    add_headers(exchange, status, type, len);
    if (request->method != HTTP_HEAD && len > 0) {
        evbuffer_add(evhttp_request_get_output_buffer(exchange->ev), body, len);
        exchange->answer_bytes = len;
    }
    send_reply(exchange, status);
}

void http_reply_file(struct http_request *request, int status, const char *type, int fd, uint64_t offset, uint64_t len)
{
    struct exchange *exchange = exchange_of(request);
    struct evbuffer *out;

    if (!exchange->conn || request->method == HTTP_HEAD || len == 0) {
        close(fd);
        if (nobody(exchange))
            return;
        add_headers(exchange, status, type, len);
        send_reply(exchange, status);
        return;
    }
    add_headers(exchange, status, type, len);
    out = evhttp_request_get_output_buffer(exchange->ev);
    /* Says that this buffer ends in a socket; without it libevent would map the whole file instead of using
     * sendfile. */
    evbuffer_set_flags(out, EVBUFFER_FLAG_DRAINS_TO_FD);
    if (evbuffer_add_file(out, fd, (ev_off_t)offset, (ev_off_t)len) != 0)
        close(fd);
    exchange->answer_bytes = len;
    send_reply(exchange, status);
}

void http_reply_json(struct http_request *request, int status, const char *body, size_t len)
{
    http_reply(request, status, "application/json", body, len);
}

void http_reply_empty(struct http_request *request, int status)
{
    struct exchange *exchange = exchange_of(request);

    if (nobody(exchange))
        return;
    add_headers(exchange, status, NULL, 0);
    send_reply(exchange, status);
}
