/* The request header Prefer (RFC 7240), as far as we honour it. */
#ifndef PF_HTTP_PREFER_H
#define PF_HTTP_PREFER_H

#include <stdbool.h>

/* The first "wait" preference of a header (NULL = no header): seconds, at most UINT_MAX. What is malformed is as if it
 * were not there: a preference is never a reason to refuse. */
bool prefer_wait(const char *header, unsigned *seconds);

/* Whole seconds as text: digits alone. Values beyond UINT_MAX become UINT_MAX. */
bool prefer_seconds(const char *text, unsigned *seconds);

#endif
