/* The trace that a request belongs to: its header traceparent (W3C Trace Context), stored with its task and
 * passed on into the log. */
#ifndef PF_ACCEPT_TRACE_H
#define PF_ACCEPT_TRACE_H

#include "daemon/http/http.h"

#define TRACE_LEN 55 /* of a traceparent, version 00 */

/* Is this a traceparent of version 00, or one of a later version that begins with the same fields? Digits are
 * lower-case, and neither trace nor parent is all zero. */
bool trace_valid(const char *text);
/* The traceparent of a request, "" if it has no valid one. */
void trace_of(struct http_request *request, char out[TRACE_LEN + 1]);

#endif
