/* One HTTP request by libcurl. The connection is kept for the next one. */
#ifndef PF_NET_HTTP_H
#define PF_NET_HTTP_H

#include "base/bytes.h"
#include "client/core/settings.h"

#include <stdio.h>

struct http_request {
    const char *method, *path; /* the path with its query, escaped */
    const char *body;          /* NULL = none */
    size_t body_len;
    int file; /* its content is the body if `file_type`; the position does not matter */
    uint64_t file_size;
    const char *type;                                      /* Content-Type of either */
    const char *key;                                       /* Idempotency-Key, without quotes; NULL = none */
    const char *etag;                                      /* If-None-Match, as it came */
    const char *if_match;                                  /* as it came */
    const char *digest;                                    /* Content-Digest */
    unsigned wait_s;                                       /* Prefer: wait */
    unsigned limit_ms;                                     /* for all of it; 0 = none */
    FILE *to;                                              /* the body of a 200 goes here instead of into the reply */
    void (*sent)(void *ctx, uint64_t bytes, uint64_t all); /* how far the upload is; may be NULL */
    void *ctx;
};

struct http_reply {
    unsigned status;   /* 0 = there was no answer: `error` says why */
    struct bytes body; /* terminated */
    char etag[128], request_id[64], disposition[256], log_offset[24];
    unsigned retry_after;  /* 0 = not said */
    bool waited, replayed; /* Preference-Applied; Idempotency-Replayed */
    char error[256];
    bool reached;  /* a connection was made */
    bool sent_all; /* the whole request went out: whether it was accepted is not known */
    bool tls_fault;
};

/* Must be called once before; ends the process with a message if libcurl cannot be had. */
void http_init(const struct settings *settings);
void http_fini(void);
/* Returns 0 if there is an answer of any status, -1 if not (also after a signal). */
int http_ask(const struct http_request *request, struct http_reply *reply);
void http_reply_fini(struct http_reply *reply);
/* Escapes for a query or a path; the caller frees it. */
char *http_escape(const char *text);

#endif
