/* The framer in front of evhttp; see internal.h for the life of a request. */
#ifndef PF_HTTP_SPOOLER_H
#define PF_HTTP_SPOOLER_H
#include "daemon/http/internal.h"

/* Build the head that evhttp sees instead of the client's: no framing headers, Content-Length: 0, HTTP/1.1 for every later
 * HTTP/1.x, and a Connection that it understands: close when the client wants it or when the rest of the connection is
 * not to be read (`closing`). `bytes` NULL makes one from nothing (the client's was malformed); it is then closing. */
void rewrite_head(struct exchange *exchange, const struct http_head *head, const char *bytes, size_t n, bool closing);

/* The head of a request that the client must not follow with another one: it closes the connection. */
void rewrite_closing(struct exchange *exchange);

/* Plan what happens to a judged request, whose head is bytes[0..n), with its body. Returns 0 when the body is to be read, 1 when the request is
 * complete, -1 when refused (exchange->refusal is set). */
int body_begin(struct conn *conn, const struct http_head *head, const char *bytes, size_t n);
/* Add body bytes. Returns 0, or -1 when refused. */
int body_take(struct conn *conn, struct evbuffer *from, size_t n);
int body_take_bytes(struct conn *conn, const void *bytes, size_t n);

#endif
