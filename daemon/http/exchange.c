/* The request object: pooled, because it is the one allocation of ours on the way of a poll; and request ids. */
#include "daemon/http/internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static struct exchange *from_pool(struct http_server *server)
{
    struct exchange *exchange = STAILQ_FIRST(&server->pool);

    if (exchange) {
        STAILQ_REMOVE_HEAD(&server->pool, next);
        server->n_pool--;
        return exchange;
    }
    exchange = malloc(sizeof *exchange);
    if (!exchange)
        abort();
    return exchange;
}

/* Field by field: clearing all 800 bytes of text for every poll would be waste. */
struct exchange *exchange_new(struct http_server *server, struct conn *conn)
{
    struct exchange *exchange = from_pool(server);
    struct http_request *request = &exchange->request;

    request->server = server;
    request->app = server->options.app;
    request->route = NULL;
    request->method = HTTP_GET;
    request->path = "/";
    request->args[0][0] = request->args[1][0] = '\0';
    request->n_params = 0;
    request->params = NULL;
    request->body = NULL;
    request->body_len = 0;
    request->spool_fd = -1;
    request->spool_len = 0;
    request->content_type[0] = request->boundary[0] = request->request_id[0] = '\0';
    request->who[0] = '\0';
    request->user = NULL;
    request->gone = NULL;
    exchange->conn = conn;
    exchange->ev = NULL;
    exchange->seq = 0;
    exchange->refusal = (struct refusal){0};
    exchange->echo_id = exchange->counted_upload = false;
    exchange->head = NULL;
    exchange->memory = NULL;
    exchange->memory_size = 0;
    exchange->query_text = NULL;
    exchange->lines_len = 0;
    spoolfile_init(&exchange->spool);
    server->n_exchanges++;
    return exchange;
}

/* A handler that keeps the upload sets request->spool_fd to -1; the descriptor is then its own. */
static void free_body(struct http_server *server, struct exchange *exchange)
{
    if (exchange->request.spool_fd >= 0)
        exchange->spool.fd = exchange->request.spool_fd;
    spoolfile_fini(&exchange->spool);
    free(exchange->memory);
    if (!server)
        return;
    server->memory_total -= exchange->memory_size;
    if (exchange->counted_upload)
        server->n_uploads--;
}

void exchange_free(struct exchange *exchange)
{
    struct http_server *server = exchange->request.server;

    free_body(server, exchange);
    free(exchange->head);
    free(exchange->query_text);
    free(exchange->request.params);
    if (!server) { /* answered after the server was freed */
        free(exchange);
        return;
    }
    server->n_exchanges--;
#ifndef PF_SANITIZERS /* let AddressSanitizer see who uses a request after its answer */
    if (server->n_pool < POOL_MAX) {
        STAILQ_INSERT_HEAD(&server->pool, exchange, next);
        server->n_pool++;
    } else
#endif
        free(exchange);
    server_check_drained(server);
}

static const unsigned char *random_bytes(struct http_server *server)
{
    /* In blocks: one system call for 256 ids. Ids are for matching log lines, not secrets, so they may wait in
     * memory. */
    if (server->random_left < 16) {
        for (size_t have = 0; have < sizeof server->random;) {
            ssize_t n = getrandom(server->random + have, sizeof server->random - have, 0);
            if (n < 0 && errno != EINTR)
                abort();
            have += n > 0 ? (size_t)n : 0;
        }
        server->random_left = sizeof server->random;
    }
    server->random_left -= 16;
    return server->random + server->random_left;
}

/* Canonical text of a UUID from 32 hexadecimal digits. */
static void put_dashes(const char digits[32], char out[37])
{
    static const unsigned char starts[] = {0, 8, 12, 16, 20, 32};
    char *to = out;

    for (unsigned group = 0; group < 5; group++) {
        size_t len = (size_t)starts[group + 1] - starts[group];
        memcpy(to, digits + starts[group], len);
        to += len;
        *to++ = group < 4 ? '-' : '\0';
    }
}

static void make_id(struct http_server *server, char out[37])
{
    static const char hex[] = "0123456789abcdef";
    const unsigned char *random = random_bytes(server);
    char digits[32];

    for (unsigned i = 0; i < 16; i++) {
        digits[2 * i] = hex[random[i] >> 4];
        digits[2 * i + 1] = hex[random[i] & 15];
    }
    digits[12] = '4';
    digits[16] = hex[8 | (random[8] & 3)];
    put_dashes(digits, out);
}

/* The 32 digits of an id in either usual form: a UUID, or 32 digits as nginx makes them. */
static bool take_digits(const char *sent, size_t len, char digits[32])
{
    size_t n = 0;

    if (len != 32 && len != 36)
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = (char)(sent[i] >= 'A' && sent[i] <= 'F' ? sent[i] | 0x20 : sent[i]);
        if (len == 36 && (i == 8 || i == 13 || i == 18 || i == 23)) {
            if (c != '-')
                return false;
        } else if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) {
            digits[n++] = c;
        } else {
            return false;
        }
    }
    return n == 32;
}

void exchange_id(struct exchange *exchange, const char *sent, size_t len)
{
    char digits[32];

    exchange->echo_id = len > 0 && take_digits(sent, len, digits);
    if (exchange->echo_id)
        put_dashes(digits, exchange->request.request_id);
    else
        make_id(exchange->request.server, exchange->request.request_id);
}
