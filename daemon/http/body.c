/* Where the bytes of a body go: memory up to 64 KiB, or a spool file; and the head that stands for them afterwards. */
#include "daemon/http/spooler.h"

#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the head would say of a body that evhttp does not see, and Connection, which is written anew. */
static const char *const dropped[] = {"content-length", "transfer-encoding", "expect", "trailer", "te",
                                      "upgrade",        "connection"};

static bool is_dropped(const char *name, size_t n)
{
    for (size_t i = 0; i < sizeof dropped / sizeof dropped[0]; i++)
        if (head_name_is(name, n, dropped[i], strlen(dropped[i])))
            return true;
    return false;
}

static void append(struct exchange *exchange, const char *p, size_t n)
{
    memcpy(exchange->head + exchange->head_len, p, n);
    exchange->head_len += n;
}

static void append_text(struct exchange *exchange, const char *text)
{
    append(exchange, text, strlen(text));
}

/* The client's request line, with a method and a version that evhttp knows. A method that it does not know would be
 * answered by it, in HTML; such a request is refused by us under a known one. */
static void copy_request_line(struct exchange *exchange, const struct http_head *head, const char *bytes, size_t n)
{
    size_t skip = head->method == HTTP_OTHER ? head->target.at : 0;

    if (skip > 0)
        append_text(exchange, "POST ");
    append(exchange, bytes + skip, n - skip);
    if (head->later_minor)
        exchange->head[exchange->head_len - 3] = '1'; /* before the line end */
}

/* Header lines worth keeping, one by one; the caller has room for all. */
static void copy_fields(struct exchange *exchange, const char *line, const char *end)
{
    while (line < end) {
        const char *next = (const char *)memchr(line, '\n', (size_t)(end - line)) + 1;
        const char *colon = memchr(line, ':', (size_t)(next - line));
        if (!is_dropped(line, (size_t)(colon - line)))
            append(exchange, line, (size_t)(next - line));
        line = next;
    }
}

/* RFC 9112 section 9.3: close wins over keep-alive, whatever else the list names. `head` NULL: it could not be read. */
static const char *connection_line(const struct http_head *head, bool closing)
{
    if (closing || !head || head->close)
        return "Connection: close\r\n";
    return head->minor == 0 && head->keep_alive ? "Connection: keep-alive\r\n" : "";
}

void rewrite_head(struct exchange *exchange, const struct http_head *head, const char *bytes, size_t n, bool closing)
{
    exchange->head = malloc(n + 128); /* with the lines that are added here */
    if (!exchange->head)
        abort();
    exchange->head_len = 0;
    if (head) {
        const char *fields = (const char *)memchr(bytes, '\n', n) + 1;
        copy_request_line(exchange, head, bytes, (size_t)(fields - bytes));
        copy_fields(exchange, fields, bytes + n - 2);
    } else {
        append_text(exchange, "GET / HTTP/1.1\r\nHost: -\r\n");
    }
    append_text(exchange, "Content-Length: 0\r\n");
    append_text(exchange, connection_line(head, closing));
    append_text(exchange, "\r\n");
}

void rewrite_closing(struct exchange *exchange)
{
    static const char mark[] = "\r\nContent-Length: 0\r\n"; /* ours alone: the client's was dropped */
    const char *tail = memmem(exchange->head, exchange->head_len, mark, sizeof mark - 1);

    exchange->head_len = (size_t)(tail - exchange->head) + sizeof mark - 1;
    append_text(exchange, connection_line(NULL, true));
    append_text(exchange, "\r\n");
}

static int refuse(struct exchange *exchange, const char *slug, const char *detail)
{
    exchange->refusal.slug = slug;
    exchange->refusal.detail = detail;
    return -1;
}

/* The environment's fault: the log names it, and the client gets 507 if there is no room left. */
static int refuse_disk(struct exchange *exchange, int error)
{
    struct log_about about = {.request = exchange->request.request_id,
                              .client = exchange->client,
                              .duration_us = http_request_us(&exchange->request)};

    log_about(LOG_LEVEL_WARN, &about, "http: upload refused: spool: %s", strerror(-error));
    if (error == -ENOSPC || error == -EDQUOT || error == -EFBIG)
        return refuse(exchange, "insufficient-storage", NULL);
    return refuse(exchange, "spool-unavailable", NULL);
}

static uint64_t body_limit(const struct conn *conn)
{
    switch (conn->upload->request.route->body) {
    case BODY_SPOOL:
        return conn->server->options.max_body;
    case BODY_MEMORY:
        return BODY_MEMORY_MAX;
    case BODY_NONE:
        break;
    }
    return 0;
}

static int refuse_size(struct conn *conn)
{
    static const char of_memory[] = "the body is longer than the 65536 bytes that this resource takes";
    _Static_assert(BODY_MEMORY_MAX == 65536, "the text names it");
    struct exchange *exchange = conn->upload;

    switch (exchange->request.route->body) {
    case BODY_SPOOL:
        return refuse(exchange, "body-too-large", conn->server->upload_too_large);
    case BODY_MEMORY:
        return refuse(exchange, "body-too-large", of_memory);
    case BODY_NONE:
        break;
    }
    return refuse(exchange, "body-too-large", "this resource takes no body");
}

/* Uploads that this client has already, on other connections or waiting for their answers. */
static unsigned uploads_of(const struct http_server *server, const char *client)
{
    const struct exchange *other;
    unsigned n = 0;

    TAILQ_FOREACH(other, &server->uploads, upload_link)
    n += strcmp(other->client, client) == 0;
    return n;
}

static int open_spool(struct conn *conn)
{
    struct http_server *server = conn->server;
    const struct http_options *options = &server->options;
    struct exchange *exchange = conn->upload;
    int error;

    if (options->max_uploads_client > 0 && uploads_of(server, exchange->client) >= options->max_uploads_client)
        return refuse(exchange, "rate-limited",
                      "this client has as many uploads running as one client may; wait until one of them has ended");
    if (server->n_uploads >= options->max_uploads && !conn_cut_slowest(server, true))
        return refuse(exchange, "too-many-uploads", NULL);
    error = spoolfile_open(&exchange->spool, server->options.spool_dir_fd);
    if (error == -EMFILE || error == -ENFILE)
        return refuse(exchange, "too-many-uploads", NULL);
    if (error != 0)
        return refuse_disk(exchange, error);
    server->n_uploads++;
    TAILQ_INSERT_TAIL(&server->uploads, exchange, upload_link);
    exchange->counted_upload = true;
    return 0;
}

static void name_client(struct conn *conn, const char *bytes, size_t n)
{
    struct exchange *exchange = conn->upload;

    if (exchange->request.who[0])
        snprintf(exchange->client, sizeof exchange->client, "token:%s", exchange->request.who);
    else
        headers_client(conn, bytes, n, exchange->client);
}

int body_begin(struct conn *conn, const struct http_head *head, const char *bytes, size_t n)
{
    struct exchange *exchange = conn->upload;
    bool any = head->chunked || head->length > 0;

    if (head->length > body_limit(conn) || (head->chunked && body_limit(conn) == 0))
        return refuse_size(conn);
    if (exchange->request.route->body == BODY_SPOOL) {
        name_client(conn, bytes, n);
        if (open_spool(conn) != 0)
            return -1;
    }
    return any ? 0 : 1;
}

/* Room for n more bytes in memory, growing by doubling from what the client really sends, not from what it
 * announces. */
static int reserve(struct conn *conn, size_t n)
{
    struct http_server *server = conn->server;
    struct exchange *exchange = conn->upload;
    size_t need = exchange->request.body_len + n, size = exchange->memory_size;

    if (need <= size)
        return 0;
    if (size == 0)
        size = 512;
    while (size < need)
        size *= 2;
    /* Only one body of a connection is free: not those of requests that wait behind others. */
    size_t counted = size <= BODY_SMALL && conn->n_ready == 0 ? 0 : size, more = counted - exchange->memory_counted;
    if (more > 0 && server->memory_total + more > BODY_MEMORY_TOTAL && !conn_cut_slowest(server, false))
        return refuse(exchange, "too-many-uploads", NULL);
    server->memory_total += more;
    exchange->memory_counted = counted;
    exchange->memory = realloc(exchange->memory, size);
    if (!exchange->memory)
        abort();
    exchange->memory_size = size;
    return 0;
}

static int check_size(struct conn *conn, size_t n)
{
    struct exchange *exchange = conn->upload;
    uint64_t have = exchange->spool.fd >= 0 ? exchange->spool.length : exchange->request.body_len;

    conn->body_bytes += n;
    return have + n > body_limit(conn) ? refuse_size(conn) : 0;
}

int body_take_bytes(struct conn *conn, const void *bytes, size_t n)
{
    struct exchange *exchange = conn->upload;
    int error;

    if (check_size(conn, n) != 0)
        return -1;
    if (exchange->spool.fd >= 0) {
        error = spoolfile_write(&exchange->spool, bytes, n);
        return error == 0 ? 0 : refuse_disk(exchange, error);
    }
    if (reserve(conn, n) != 0)
        return -1;
    memcpy(exchange->memory + exchange->request.body_len, bytes, n);
    exchange->request.body_len += n;
    return 0;
}

int body_take(struct conn *conn, struct evbuffer *from, size_t n)
{
    struct exchange *exchange = conn->upload;
    int error;

    if (check_size(conn, n) != 0)
        return -1;
    if (exchange->spool.fd >= 0) {
        error = spoolfile_take(&exchange->spool, from, n);
        return error == 0 ? 0 : refuse_disk(exchange, error);
    }
    if (reserve(conn, n) != 0)
        return -1;
    if (evbuffer_remove(from, exchange->memory + exchange->request.body_len, n) != (int)n)
        abort();
    exchange->request.body_len += n;
    return 0;
}
