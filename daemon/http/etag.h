/* Entity tags: whether a client has what it asks for (RFC 9110 section 13.1.2). */
#ifndef PF_HTTP_ETAG_H
#define PF_HTTP_ETAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Is `tag` (with its quotes) one of the tags of an If-None-Match header (NULL = none)? Weak comparison. */
bool etag_matches(const char *header, const char *tag);
/* 64 bits of a text, for the tag of an answer that has no version. */
uint64_t etag_digest(const char *text, size_t len);

#endif
