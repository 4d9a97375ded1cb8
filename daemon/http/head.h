/* The strict check of a request head: what libevent's lenient parser takes, this one refuses, so that a head that
 * reaches evhttp means the same thing to it, to us and to any proxy in front of us.
 *
 * Pure functions over bytes: no allocation, no libevent. The verdict for a byte sequence never depends on how it was
 * cut into reads, because bytes are judged strictly in order. */
#ifndef PF_HTTP_HEAD_H
#define PF_HTTP_HEAD_H

#include "daemon/http/http.h"

#define HEAD_BYTES_MAX  16384u /* request line and headers with all line ends */
#define HEAD_FIELDS_MAX 100u   /* libevent looks headers up in a list: bound what one look-up can cost */

/* Part of the head, by offset: the bytes may move between two reads. */
struct head_span {
    uint32_t at, len; /* len 0 = absent (or empty) */
};

struct http_head {
    enum http_method method;
    struct head_span target; /* as sent, with the query */
    struct head_span path;   /* target up to the question mark */
    unsigned minor;          /* 0 for HTTP/1.0, 1 for HTTP/1.1 and every later HTTP/1.x */
    bool later_minor;        /* HTTP/1.2 or above */
    bool has_length, chunked, expect_continue;
    bool has_content_type;  /* an empty one counts */
    uint64_t length;        /* Content-Length; 0 without */
    bool has_authorization; /* an empty one counts */
    bool has_encoding;      /* Content-Encoding names a coding other than identity */
    bool has_if_match;      /* an empty one counts */
    bool has_if_none_match;
    bool close, keep_alive; /* tokens of Connection */
    bool connection_list;   /* Connection is more than one of these words alone: libevent would not understand it */
    struct head_span content_type, fetch_site, authorization, origin, host;
    struct head_span request_id; /* absent when it was sent twice */
};

/* Look for the end of the head in p[0..n). `*seen` (start with 0) remembers how far earlier calls have looked. Returns
 * the length of the head with its empty line, 0 when more bytes are needed, or -1 with a problem in *slug and *why: a
 * bare line feed, or longer than HEAD_BYTES_MAX. */
int head_end(const char *p, size_t n, size_t *seen, const char **slug, const char **why);

/* Judge a whole head of `n` bytes as head_end() found it. Returns 0, or -1 with the slug of a problem and a
 * sentence. */
int head_check(const char *p, size_t n, struct http_head *out, const char **slug, const char **why);

/* Does the comma-separated list p[0..n) have this lower-case token? */
bool head_list_has(const char *p, size_t n, const char *token);

/* All lines of the header `name` in the checked head p[0..n) as one list, into out (room for n bytes), terminated. Returns
 * its length, or 0 if there is no such line. */
size_t head_join(const char *p, size_t n, const char *name, char *out);

/* Does the header line at p (up to n bytes) have this lower-case name? */
bool head_name_is(const char *p, size_t n, const char *name, size_t name_len);

/* Returns the method that the token names, HTTP_OTHER if it is not one of ours. */
enum http_method head_method(const char *p, size_t n);

/* RFC 9110 token characters. */
bool head_token_char(unsigned char c);

#endif
