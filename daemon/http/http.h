/* The HTTP server of a worker: libevent's evhttp behind our own body spooler, router and replies.
 *
 *   - One http_server per worker process, on its event loop. Nothing here blocks.
 *   - Handlers are found in one table of routes (daemon/api/routes.c).
 *   - A handler gets a request whose head has been checked and whose body is whole: in memory, or in a file that is not
 *     yet synced.
 *   - A handler must reply exactly once, now or later. If the client has left by then, replying is still required and
 *     harmless.
 *
 * Why not evhttp_set_cb(): it compares decoded paths one by one and allocates for each. Why our own spooler: evhttp keeps
 * whole bodies in memory. */
#ifndef PF_HTTP_HTTP_H
#define PF_HTTP_HTTP_H

#include "base/scope.h"
#include "handlers/params.h"

#include <event2/event.h>
#include <event2/http.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_server;
struct http_request;

enum http_method { HTTP_GET = 1, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_OPTIONS, HTTP_OTHER };

/* What a route does with a body. */
enum http_body {
    BODY_NONE = 0,
    BODY_MEMORY /* ≤ 64 KiB, else 413 */,
    BODY_SPOOL /* any size up to max_body; always in a file */
};

struct http_route {
    enum http_method method; /* HEAD is served by the GET route */
    const char *pattern;     /* "/api/tasks/{id}": a {name} matches one path segment without "/" */
    void (*handle)(struct http_request *request);
    enum http_body body;
    const char *accept; /* media types taken, comma separated, matched without parameters; NULL = any. 415 otherwise */
    unsigned scope;     /* enum scope, with ROUTE_CONDITIONAL or without */
};
/* A PUT or DELETE that looks at If-Match and If-None-Match itself; others refuse them. */
#define ROUTE_CONDITIONAL 0x40u

/* The verdict on a request's Authorization header. */
enum http_verdict { HTTP_GRANTED, HTTP_NO_TOKEN /* 401 */, HTTP_BAD_TOKEN /* 401 */, HTTP_NOT_GRANTED /* 403 */ };
#define HTTP_WHO_MAX 16

struct http_options {
    const struct http_route *routes; /* ends with handle NULL */
    int spool_dir_fd;                /* 0700 directory */
    uint64_t max_body;               /* bytes, for BODY_SPOOL */
    unsigned max_connections, max_uploads;
    unsigned max_uploads_client; /* of those, from one client; 0 = as many */
    unsigned idle_timeout_s, head_timeout_s;
    unsigned body_min_rate; /* bytes per second: see conn.c for what is cut off; 0 = nothing */
    /* May a client with this header (NULL = none) do what needs `scope`? Asked before a body is read; fills in who it
     * is, "" for nobody, and which scopes its token names (bits 1 << enum scope). NULL: everybody may do everything. */
    enum http_verdict (*authorize)(void *ctx, const char *authorization, size_t len, enum scope scope,
                                   char who[HTTP_WHO_MAX], unsigned *scopes);
    void *authorize_ctx;
    /* A request is being answered; its route is NULL if none was found, status 0 = the client had left. May be NULL. */
    void (*answered)(struct http_request *request, int status);
    bool measure;                /* `began_us` of a request without a body is exact, and not a few milliseconds early */
    const char *trusted_proxies; /* for proxies_parse(), already checked; NULL = nobody */
    /* What Host may name over TCP beside loopback names and the listener's own address, for hostname_in_list(), already
     * checked; 421 otherwise. NULL = every name. */
    const char *server_names;
    void *app; /* handed to handlers: the worker */
};

/* Room for 64 characters of up to four bytes, as the longest codes have, and a terminator. */
#define HTTP_ARG_SIZE (64 * 4 + 1)
/* How many {name} a pattern may have. */
#define HTTP_ARGS     3

/* A whole request. Everything is borrowed from it and lives until the reply has been sent or the client is gone AND the
 * handler has replied. */
struct http_request {
    struct http_server *server;
    void *app;
    const struct http_route *route;
    enum http_method method;
    const char *path;                    /* as sent, without the query */
    char args[HTTP_ARGS][HTTP_ARG_SIZE]; /* values of {name} in the pattern, percent-decoded */
    size_t n_params;                     /* query parameters, decoded UTF-8 without NUL */
    struct param_raw *params;
    /* body */
    const unsigned char *body; /* BODY_MEMORY; NULL when empty */
    size_t body_len;
    int spool_fd; /* BODY_SPOOL: open for reading and writing, unlinked (O_TMPFILE); -1 otherwise */
    uint64_t spool_len;
    char content_type[128]; /* lower-case media type without parameters; "" if none */
    char boundary[72];      /* of multipart/form-data; "" if none */
    char who[HTTP_WHO_MAX]; /* what options.authorize said; "" = nobody in particular */
    char request_id[37];    /* taken from the client when it is a sane one, else made */
    int64_t began_us;       /* CLOCK_MONOTONIC, when its head was there */
    void *user;             /* the handler's own, for asynchronous answers */
    void (*gone)(
        struct http_request *request); /* set by a handler that answers later: called once, from the loop, when the
                                          client goes away first. It may reply there and then, or any time later */
};

struct http_server *http_server_new(struct event_base *base, const struct http_options *options);
/* Serve an inherited, non-blocking listening socket. Returns 0 or -1. */
int http_server_listen(struct http_server *server, int fd);
/* Stop accepting; answer with Connection: close; idle connections close after `linger_ms`. `done` runs when no request
 * is left. */
void http_server_drain(struct http_server *server, unsigned linger_ms, void (*done)(void *), void *ctx);
void http_server_free(struct http_server **server);
bool http_server_draining(const struct http_server *server);

/* The value of a header of the request, or NULL. When it was sent in several lines, these are one list in the order in
 * which they came, joined by commas (RFC 9110 section 5.3). Lives as long as the request. */
const char *http_header(struct http_request *request, const char *name);
/* The client as text. Behind a trusted proxy (options.trusted_proxies) it is the right-most untrusted hop in
 * X-Forwarded-For; otherwise its address, or "unix", whatever headers it sends. */
void http_client_address(struct http_request *request, char out[64]);
/* How long the request has been here, in microseconds; never 0. Any thread. */
int64_t http_request_us(const struct http_request *request);
/* For the log: the method, and the path as it was sent, without the query; "-" if its head could not be read. */
void http_request_line(const struct http_request *request, const char **method, const char **path);
/* Query parameter, or NULL. */
const char *http_param(struct http_request *request, const char *name);

/* ---- Replies: exactly one per request ---- */

/* Add a header to the reply; before http_reply*. Cheap: a copy. A value with a line end is dropped (it would split the
 * answer). */
void http_reply_header(struct http_request *request, const char *name, const char *value);
/* Send `len` bytes (copied) as `type`. HEAD sends the headers alone with the right length. */
void http_reply(struct http_request *request, int status, const char *type, const void *body, size_t len);
/* application/json. */
void http_reply_json(struct http_request *request, int status, const char *body, size_t len);
/* Send `len` bytes of fd from `offset` with sendfile: a large answer that never is in memory. Takes over the
 * descriptor. */
void http_reply_file(struct http_request *request, int status, const char *type, int fd, uint64_t offset, uint64_t len);
/* No body: 204, 304. */
void http_reply_empty(struct http_request *request, int status);
/* application/problem+json by slug (table in problem.c: status, title, default detail). `detail` NULL = default.
 * If there are `faults` (may be NULL), it
 * names them. 503 and 429 get Retry-After: retry_after_s (0 = 1). */
void http_reply_problem(struct http_request *request, const char *slug, const char *detail,
                        const struct param_faults *faults);
void http_reply_problem_retry(struct http_request *request, const char *slug, const char *detail,
                              unsigned retry_after_s);

/* For options.answered: the length of the answer's body as it is sent. */
uint64_t http_answer_bytes(const struct http_request *request);

/* One kind of problem, served under /problems/{slug}. */
struct http_problem {
    const char *slug;
    int status;
    const char *title, *detail;
    const char *advice; /* what the client can do, for its page */
};
/* By slug, or by index from 0 until NULL. */
const struct http_problem *http_problem_find(const char *slug);
const struct http_problem *http_problem_at(size_t index);

/* ---- Numbers for /metrics and tests ---- */
struct http_stats {
    uint64_t requests, connections_open, uploads_open, refused_connections;
};
void http_server_stats(const struct http_server *server, struct http_stats *out);

#endif
