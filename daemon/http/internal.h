/* What the files of the HTTP server share; no file outside daemon/http includes it.
 *
 * Life of a connection:
 *   1. evhttp accepts it and asks conn_new() for a bufferevent, which gets a struct conn.
 *   2. One loop turn later it is adopted: the struct conn is found through the bufferevent's callback argument. From then
 *      on io.c reads and writes.
 *   3. evhttp's close callback frees it.
 *
 * Life of a request:
 *   1. Its bytes reach the framer (spooler.c) in the input buffer before evhttp sees them.
 *   2. A request without a body that evhttp understands as we do passes through untouched.
 *   3. Any other becomes a struct exchange when its head is complete. policy.c judges it, body.c collects its body, and
 *      only then evhttp gets a rewritten head without a body.
 *   4. evhttp hands every released request to dispatch.c in the order of release. That order (the numbers `released` and
 *      `dispatched`) finds the exchange again, so there is no private header that a client could forge.
 *   5. The handler replies once, now or later (reply.c).
 *
 * One connection has at most one exchange with a handler (`current`); evhttp reads the next request after the answer. */
#ifndef PF_HTTP_INTERNAL_H
#define PF_HTTP_INTERNAL_H

#include "daemon/http/chunk.h"
#include "daemon/http/head.h"
#include "daemon/http/http.h"
#include "daemon/http/proxies.h"
#include "daemon/http/router.h"
#include "daemon/http/spoolfile.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <sys/queue.h>

#define BODY_MEMORY_MAX   (64u * 1024)
/* All larger bodies in memory together: 16 384 connections with 64 KiB each would be a gigabyte. */
#define BODY_MEMORY_TOTAL (32u << 20)
/* A body up to this size is never refused for others' bodies: one of them on each connection is not counted. */
#define BODY_SMALL        4096u
/* The input buffer holds checked, complete heads only (never a body that evhttp would wait for), so this bounds
 * pipelining and may be smaller than one head. */
#define READ_HIGH_WATER   8192u
/* Requests with a body, and refused ones, cost memory while they wait for the answers before them. */
#define PIPELINE_MAX      32
#define SCRATCH_BYTES     (256u * 1024)
/* After a refusal the client may still be sending: closing at once would reset the connection and eat our answer. */
#define LINGER_SILENCE_S  3
#define LINGER_TOTAL_MS   30000
#define LINGER_MAX        512
#define SWEEP_MS          250
#define LISTENERS_MAX     80 /* TCP, the worker's own, its share of those for a proxy */
#define ACCEPT_PAUSE_MS   200
#define POOL_MAX          64

/* Where a connection stands; each list is in order of `since`, so a sweep looks at the overdue end only. */
enum conn_list { LIST_IDLE, LIST_HEAD, LIST_BODY, LIST_BUSY, CONN_LISTS };

enum frame_state { FRAME_HEAD, FRAME_LENGTH, FRAME_CHUNKS, FRAME_DISCARD };

struct exchange;
struct joined;
struct lingerer;
TAILQ_HEAD(conn_head, conn);
STAILQ_HEAD(exchange_queue, exchange);
TAILQ_HEAD(upload_head, exchange);
TAILQ_HEAD(lingerer_head, lingerer);

struct conn {
    struct http_server *server;
    struct bufferevent *bev;         /* without a descriptor once adopted: see io.c */
    struct evhttp_connection *evcon; /* NULL until adopted */
    int fd;                          /* ours */
    struct event *readable;
    struct event *writable; /* NULL until an answer did not fit into the socket */
    TAILQ_ENTRY(conn) link;
    enum conn_list list;
    int64_t since;     /* ms, when it came to this list */
    size_t unsent;     /* bytes that waited to be sent at the last look */
    int64_t unsent_at; /* and when that number last changed */
    /* framer */
    enum frame_state frame;
    struct evbuffer *raw; /* bytes not yet judged; NULL until needed */
    size_t head_seen;
    struct exchange *upload; /* the request whose body is coming in */
    uint64_t body_left;
    struct chunk_reader chunks;
    uint64_t body_bytes;   /* of the body with its framing, so far */
    int64_t body_start;    /* ms, when the client could begin to send it */
    uint64_t window_bytes; /* of body_bytes, those before window_start */
    int64_t window_start;
    bool own_change;    /* we are changing the input buffer ourselves */
    bool want_continue; /* 100 Continue is owed as soon as earlier answers are out */
    bool is_unix;
    bool trusted;  /* is_unix, and the peer is a trusted proxy */
    bool sent_id;  /* a request that passed through since the connection was last idle named its id */
    bool paused;   /* `readable` was taken away until an answer is out */
    bool in_read;  /* evhttp is looking at what was read */
    bool written;  /* and meanwhile an answer went out to the last byte */
    bool replying; /* what comes into the output is an answer of ours */
    bool linger;   /* unread bytes may follow: close slowly */
    bool killed;
    /* evhttp */
    uint32_t released, dispatched;
    unsigned inflight; /* released and not yet answered to the last byte */
    unsigned n_ready;
    struct exchange_queue ready; /* released exchanges that evhttp has not dispatched yet */
    struct exchange *current;    /* with its handler */
};

/* Why a request was refused before a handler saw it. */
struct refusal {
    const char *slug, *detail; /* slug NULL = not refused; both static text */
    const char *allow;         /* 405 */
    const char *accept;        /* 415 */
    const char *challenge;     /* 401, 403: WWW-Authenticate */
    bool coding;               /* 415: it is the Content-Encoding that is not taken */
};

struct exchange {
    struct http_request request; /* what handlers see */
    struct conn *conn;           /* NULL: the client is gone */
    struct evhttp_request *ev;   /* NULL: before dispatch, or freed with its connection */
    STAILQ_ENTRY(exchange) next;
    uint32_t seq;
    struct refusal refusal;
    bool echo_id;        /* the client sent the request id */
    bool counted_upload; /* it is in server->uploads */
    bool unreadable;     /* its head says nothing about it */
    TAILQ_ENTRY(exchange) upload_link;
    char client[64]; /* the sender of an upload: a token's id or an address */
    char *head;      /* rewritten head waiting for the body's end */
    size_t head_len;
    unsigned char *memory; /* body */
    size_t memory_size;
    size_t memory_counted;  /* of it, in server->memory_total */
    struct spoolfile spool; /* body */
    char *query_text;
    struct joined *joined; /* values of headers that came in several lines; NULL = none was asked for */
    uint64_t answer_bytes; /* of the reply's body */
    size_t lines_len;      /* headers of the reply beyond the usual, as text: see reply.c */
    char lines[640];
};

struct http_server {
    struct event_base *base;
    struct evhttp *evhttp;
    struct http_options options;
    char upload_too_large[96]; /* what to say of a body above options.max_body */
    struct router *router;
    struct proxies proxies;
    struct evconnlistener *listeners[LISTENERS_MAX];
    unsigned n_listeners;
    bool accepting, paused_logged, draining, lingered, freeing;
    struct event *sweep, *adopt, *resume, *finish;
    struct conn_head lists[CONN_LISTS];
    struct conn_head newborn; /* not yet adopted */
    void *by_evcon;           /* adopted ones, a tree of tsearch(3) */
    struct conn *reading;     /* whose bytes came last: nearly always the one that evhttp has a request from */
    unsigned n_conns, n_uploads, n_exchanges, n_lingering;
    size_t memory_total;        /* of bodies in memory */
    struct upload_head uploads; /* n_uploads exchanges whose body goes, or went, to a file */
    struct lingerer_head lingering;
    struct exchange_queue pool;
    unsigned n_pool;
    struct http_stats stats;
    void (*drained)(void *);
    void *drained_ctx;
    time_t date_second;
    char date[32];
    unsigned random_left;
    unsigned char random[4096];
    unsigned char *scratch;
    struct http_server *next_server;
};

/* conn.c: connections, lists, deadlines */
struct bufferevent *conn_new(struct event_base *base, void *server);
void conn_adopt_all(struct http_server *server);
struct conn *conn_of(struct http_server *server, struct evhttp_connection *evcon);
void conn_place(struct conn *conn);
void conn_kill(struct conn *conn, const char *reason);
void conn_sweep(struct http_server *server);
void conn_close_idle(struct http_server *server);
/* Cut off the slowest of the bodies that are coming in, to a file or to memory, so that another finds room. Returns false
 * if none of them is slow. */
bool conn_cut_slowest(struct http_server *server, bool to_file);

/* io.c */
/* Takes the descriptor away from the bufferevent and starts to read. */
void io_init(struct conn *conn);
/* Before evhttp frees the connection. The descriptor is closed with it, or stays open for the caller. */
void io_fini(struct conn *conn, bool keep_fd);
/* Write now what the socket takes, the rest when it takes more. When everything went out, evhttp is told through its
 * own write callback, but not from here: it may be further up on the stack. */
void io_flush(struct conn *conn);
/* An answer is out: read again, if reading was put off. */
void io_resume(struct conn *conn);

/* linger.c */
struct lingerer;
void linger_start(struct http_server *server, int fd);
void linger_free_all(struct http_server *server);

/* server.c */
void server_accept_update(struct http_server *server);
void server_check_drained(struct http_server *server);

/* spooler.c */
void spooler_input(struct evbuffer *input, const struct evbuffer_cb_info *info, void *conn);
void spooler_send_continue(struct conn *conn);

/* policy.c: fill the exchange from a checked head and find what is wrong with it; *refusal says so. */
void policy_judge(struct http_server *server, const struct http_head *head, const char *bytes,
                  struct exchange *exchange);
/* Does the request name a host that we are? Asked for every request, so before anything else is made of it. */
bool policy_is_our_host(const struct conn *conn, const struct http_head *head, const char *bytes);
bool policy_accepts(const char *accept, const char *type);
/* Does the token in the header Authorization (NULL = none) allow the exchange's route? If not, the refusal says so. */
bool policy_authorize(struct exchange *exchange, const char *authorization, size_t len);

/* headers.c */
/* The client that sends this head, as http_client_address() tells it later. */
void headers_client(const struct conn *conn, const char *bytes, size_t n, char out[64]);
void headers_fini(struct exchange *exchange);

/* exchange.c */
struct exchange *exchange_new(struct http_server *server, struct conn *conn);
void exchange_free(struct exchange *exchange);
/* Wipe and free the rewritten head. */
void exchange_drop_head(struct exchange *exchange);
void exchange_id(struct exchange *exchange, const char *sent, size_t len);
static inline struct exchange *exchange_of(struct http_request *request)
{
    return (struct exchange *)(void *)request;
}

/* dispatch.c */
void dispatch(struct evhttp_request *ev, void *server);

/* problem.c */
const char *http_phrase(int status);

#endif
