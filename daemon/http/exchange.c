/* The request object: pooled, because it is the one allocation of ours on the way of a poll; and request ids. */
#include "daemon/http/internal.h"

#include "base/clock.h"
#include "base/hex.h"

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
    for (unsigned i = 0; i < HTTP_ARGS; i++)
        request->args[i][0] = '\0';
    request->n_params = 0;
    request->params = NULL;
    request->body = NULL;
    request->body_len = 0;
    request->spool_fd = -1;
    request->spool_len = 0;
    request->content_type[0] = request->boundary[0] = request->request_id[0] = '\0';
    request->who[0] = '\0';
    request->began_us = server->options.measure ? clock_mono_us() : 1000 * conn->since;
    request->user = NULL;
    request->gone = NULL;
    exchange->conn = conn;
    exchange->ev = NULL;
    exchange->seq = 0;
    exchange->refusal = (struct refusal){0};
    exchange->echo_id = exchange->counted_upload = exchange->unreadable = false;
    exchange->answer_bytes = 0;
    exchange->head = NULL;
    exchange->memory = NULL;
    exchange->memory_size = exchange->memory_counted = 0;
    exchange->query_text = NULL;
    exchange->joined = NULL;
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
    server->memory_total -= exchange->memory_counted;
    if (exchange->counted_upload) {
        TAILQ_REMOVE(&server->uploads, exchange, upload_link);
        server->n_uploads--;
    }
}

void exchange_drop_head(struct exchange *exchange)
{
    if (exchange->head)
        explicit_bzero(exchange->head, exchange->head_len);
    free(exchange->head);
    exchange->head = NULL;
}

void exchange_free(struct exchange *exchange)
{
    struct http_server *server = exchange->request.server;

    free_body(server, exchange);
    exchange_drop_head(exchange);
    free(exchange->query_text);
    headers_fini(exchange);
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

static uint8_t *random_bytes(struct http_server *server)
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

static void make_id(struct http_server *server, char out[37])
{
    uint8_t *random = random_bytes(server);

    random[6] = (uint8_t)(0x40 | (random[6] & 15)); /* version 4 */
    random[8] = (uint8_t)(0x80 | (random[8] & 63)); /* the variant of RFC 9562 */
    hex_uuid(random, out);
}

/* An id in either usual form: a UUID, or 32 digits as nginx makes them. */
static bool read_id(const char *sent, size_t len, uint8_t id[16])
{
    size_t n = 0;

    if (len != 32 && len != 36)
        return false;
    for (size_t i = 0; i < len; i++) {
        bool dash = len == 36 && (i == 8 || i == 13 || i == 18 || i == 23);
        int value = hex_digit(sent[i]);
        if (dash ? sent[i] != '-' : value < 0)
            return false;
        if (dash)
            continue;
        id[n / 2] = (uint8_t)(n % 2 ? id[n / 2] | value : value << 4);
        n++;
    }
    return true;
}

void exchange_id(struct exchange *exchange, const char *sent, size_t len)
{
    uint8_t id[16];

    exchange->echo_id = len > 0 && read_id(sent, len, id);
    if (exchange->echo_id)
        hex_uuid(id, exchange->request.request_id);
    else
        make_id(exchange->request.server, exchange->request.request_id);
}
