/* The framer: sees every byte in the input buffer before evhttp does and releases checked heads without bodies.
 *
 * It runs when io.c adds what it has read to the input buffer, before evhttp's read callback, and only there is that
 * buffer open for additions. Bytes in front of the newly added ones were
 * released earlier and are evhttp's. A GET that arrives whole, which is nearly all traffic, is checked in place and not
 * moved at all. */
#include "daemon/http/spooler.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdlib.h>
#include <sys/socket.h>

static void released(struct conn *conn)
{
    conn->released++;
    conn->inflight++;
}

/* evhttp gets this one as it came. */
static void passed(struct conn *conn, const struct http_head *head)
{
    conn->sent_id = head->request_id.len > 0 || (conn->sent_id && conn->inflight > 0);
    released(conn);
}

/* Give evhttp the rewritten head of an exchange, whose body is complete or refused. */
static void release_exchange(struct conn *conn, struct exchange *exchange)
{
    exchange->seq = conn->released;
    STAILQ_INSERT_TAIL(&conn->ready, exchange, next);
    conn->n_ready++;
    if (evbuffer_add(bufferevent_get_input(conn->bev), exchange->head, exchange->head_len) != 0)
        abort();
    exchange_drop_head(exchange);
    released(conn);
}

/* Nothing more is read from this connection: what follows is not to be trusted, or is a body nobody wants. */
static void stop_reading(struct conn *conn)
{
    conn->frame = FRAME_DISCARD;
    conn->linger = true;
    conn->want_continue = false;
}

static void refuse_malformed(struct conn *conn, const char *slug, const char *why)
{
    struct exchange *exchange = exchange_new(conn->server, conn);

    exchange->refusal.slug = slug;
    exchange->refusal.detail = why;
    exchange->unreadable = true;
    rewrite_head(exchange, NULL, NULL, 0, true);
    stop_reading(conn);
    release_exchange(conn, exchange);
}

/* The body went wrong after the head was fine. */
static void refuse_upload(struct conn *conn)
{
    struct exchange *exchange = conn->upload;

    conn->upload = NULL;
    rewrite_closing(exchange);
    stop_reading(conn);
    release_exchange(conn, exchange);
}

static void upload_done(struct conn *conn)
{
    struct exchange *exchange = conn->upload;

    conn->upload = NULL;
    conn->frame = FRAME_HEAD;
    conn->want_continue = false;
    release_exchange(conn, exchange);
}

void spooler_send_continue(struct conn *conn)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";

    /* Straight to the socket, which is idle: through the bufferevent, evhttp's write callback of the last answer would
     * take it for that answer's end. A socket buffer that cannot hold 25 bytes means a client that waits for
     * nothing. */
    conn->want_continue = false;
    conn->body_start = conn->window_start = clock_coarse_ms(); /* the client was waiting for us until now */
    if (send(conn->fd, text, sizeof text - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        log_debug("http: 100 Continue not sent");
}

static void start_body(struct conn *conn, const struct http_head *head)
{
    conn->body_start = conn->window_start = clock_coarse_ms();
    conn->body_bytes = conn->window_bytes = 0;
    conn->body_left = head->length;
    conn->frame = head->chunked ? FRAME_CHUNKS : FRAME_LENGTH;
    if (head->chunked)
        chunk_init(&conn->chunks);
    conn->want_continue = head->expect_continue;
}

/* A checked head at the start of raw that does not simply pass through. */
static void take_request(struct conn *conn, const struct http_head *head, const char *bytes, size_t n)
{
    struct exchange *exchange = exchange_new(conn->server, conn);
    bool body = head->chunked || head->length > 0;
    int planned = -1;

    exchange->request.began_us = clock_mono_us();
    policy_judge(conn->server, head, bytes, exchange);
    conn->upload = exchange;
    if (!exchange->refusal.slug)
        planned = body_begin(conn, head, bytes, n);
    rewrite_head(exchange, head, bytes, n, planned < 0 && body);
    if (planned == 0) {
        start_body(conn, head);
        return;
    }
    conn->upload = NULL;
    if (planned < 0 && body)
        stop_reading(conn);
    release_exchange(conn, exchange);
}

/* May evhttp have this request as it is? */
static bool passes(const struct conn *conn, const struct http_head *head, const char *bytes)
{
    bool reads = head->method == HTTP_GET || head->method == HTTP_HEAD || head->method == HTTP_OPTIONS;
    bool body = head->length > 0 || head->chunked || head->expect_continue;

    return reads && !body && !head->connection_list && !head->later_minor && policy_is_our_host(conn, head, bytes);
}

/* One head from raw. False when more bytes are needed. */
static bool step_head(struct conn *conn)
{
    size_t n = evbuffer_get_length(conn->raw), look = n < HEAD_BYTES_MAX ? n : HEAD_BYTES_MAX;
    const char *slug, *why, *bytes = (const char *)evbuffer_pullup(conn->raw, (ev_ssize_t)look);
    struct http_head head;
    int end = head_end(bytes, look, &conn->head_seen, &slug, &why);

    if (end == 0)
        return false;
    conn->head_seen = 0;
    if (end < 0 || head_check(bytes, (size_t)end, &head, &slug, &why) != 0) {
        refuse_malformed(conn, slug, why);
        return true;
    }
    if (passes(conn, &head, bytes)) {
        evbuffer_remove_buffer(conn->raw, bufferevent_get_input(conn->bev), (size_t)end);
        passed(conn, &head);
        return true;
    }
    if (conn->n_ready >= PIPELINE_MAX) {
        refuse_malformed(conn, "rate-limited", "more than 32 requests wait for their answers on this connection");
        return true;
    }
    take_request(conn, &head, bytes, (size_t)end);
    evbuffer_drain(conn->raw, (size_t)end);
    return true;
}

static void step_length(struct conn *conn)
{
    size_t n = evbuffer_get_length(conn->raw);

    if (n > conn->body_left)
        n = (size_t)conn->body_left;
    conn->body_left -= n;
    if (body_take(conn, conn->raw, n) != 0)
        refuse_upload(conn);
    else if (conn->body_left == 0)
        upload_done(conn);
}

static void step_chunks(struct conn *conn)
{
    struct evbuffer_iovec piece;
    size_t data;
    long taken;

    evbuffer_peek(conn->raw, -1, NULL, &piece, 1);
    taken = chunk_take(&conn->chunks, piece.iov_base, piece.iov_len, &data);
    if (taken < 0) {
        conn->upload->refusal.slug = "bad-request";
        conn->upload->refusal.detail = "the body is not in the chunked coding that the head announces";
        refuse_upload(conn);
        return;
    }
    conn->body_bytes += (size_t)taken - data;
    if (data > 0 && body_take_bytes(conn, (const char *)piece.iov_base + taken - data, data) != 0) {
        refuse_upload(conn);
        return;
    }
    evbuffer_drain(conn->raw, (size_t)taken);
    if (conn->chunks.state == CHUNK_DONE)
        upload_done(conn);
}

/* libevent 2.1 reads 4 KiB at a time; for a long body take what has arrived straight from the socket, one big piece a
 * turn, so that others on this loop get theirs. Never beyond the body (or the chunk): what follows belongs to the
 * framer. */
static void read_ahead(struct conn *conn)
{
    uint64_t left = conn->frame == FRAME_LENGTH ? conn->body_left : conn->chunks.left;
    bool in_data = conn->frame == FRAME_LENGTH || (conn->frame == FRAME_CHUNKS && conn->chunks.state == CHUNK_DATA);
    ssize_t n;

    if (!conn->upload || !in_data || left < 4096 || evbuffer_get_length(conn->raw) > 0)
        return;
    n = recv(conn->fd, conn->server->scratch, left < SCRATCH_BYTES ? (size_t)left : SCRATCH_BYTES, MSG_DONTWAIT);
    if (n <= 0) /* nothing yet, or an end that the bufferevent will find out about */
        return;
    if (conn->frame == FRAME_LENGTH)
        conn->body_left -= (uint64_t)n;
    else if ((conn->chunks.left -= (uint64_t)n) == 0)
        conn->chunks.state = CHUNK_DATA_CR;
    if (body_take_bytes(conn, conn->server->scratch, (size_t)n) != 0)
        refuse_upload(conn);
    else if (conn->frame == FRAME_LENGTH && conn->body_left == 0)
        upload_done(conn);
}

static void run(struct conn *conn)
{
    while (evbuffer_get_length(conn->raw) > 0) {
        switch (conn->frame) {
        case FRAME_HEAD:
            if (!step_head(conn))
                return;
            break;
        case FRAME_LENGTH:
            step_length(conn);
            break;
        case FRAME_CHUNKS:
            step_chunks(conn);
            break;
        case FRAME_DISCARD:
            evbuffer_drain(conn->raw, evbuffer_get_length(conn->raw));
            break;
        }
    }
    read_ahead(conn);
}

/* A whole GET in one piece with nothing around it: check it where it lies. */
static bool pass_in_place(struct conn *conn, struct evbuffer *input, size_t n)
{
    struct evbuffer_iovec piece;
    struct http_head head;
    const char *slug, *why;
    size_t seen = 0;

    if (conn->frame != FRAME_HEAD || (conn->raw && evbuffer_get_length(conn->raw) > 0) ||
        evbuffer_get_length(input) != n || evbuffer_peek(input, -1, NULL, &piece, 1) != 1 || piece.iov_len != n)
        return false;
    if (head_end(piece.iov_base, n, &seen, &slug, &why) != (int)n ||
        head_check(piece.iov_base, n, &head, &slug, &why) != 0 || !passes(conn, &head, piece.iov_base))
        return false;
    passed(conn, &head);
    return true;
}

/* Move the last n bytes of the input to raw; chains move, bytes are not copied. */
static void take_tail(struct conn *conn, struct evbuffer *input, size_t n)
{
    size_t before = evbuffer_get_length(input) - n;

    if (!conn->raw && !(conn->raw = evbuffer_new()))
        abort();
    if (before == 0) {
        evbuffer_add_buffer(conn->raw, input);
        return;
    }
    struct evbuffer *front = evbuffer_new();
    if (!front)
        abort();
    evbuffer_remove_buffer(input, front, before);
    evbuffer_add_buffer(conn->raw, input);
    evbuffer_add_buffer(input, front);
    evbuffer_free(front);
}

void spooler_input(struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg)
{
    struct conn *conn = arg;

    if (info->n_added == 0 || conn->own_change)
        return;
    if (!conn->evcon)
        conn_adopt_all(conn->server);
    if (!pass_in_place(conn, input, info->n_added)) {
        conn->own_change = true;
        take_tail(conn, input, info->n_added);
        run(conn);
        conn->own_change = false;
        if (conn->want_continue && conn->upload && conn->inflight == 0 && evbuffer_get_length(conn->raw) == 0)
            spooler_send_continue(conn);
    }
    conn_place(conn);
}
