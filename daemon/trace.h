/* The trace that a request belongs to: its header traceparent (W3C Trace Context), passed on into the log. */
#ifndef PF_TRACE_H
#define PF_TRACE_H

#include "daemon/http/http.h"

#define TRACE_LEN 55 /* of a traceparent, version 00 */

/* Is this a traceparent of version 00, or one of a later version that begins with the same fields? Digits are
 * lower-case, and neither trace nor parent is all zero. */
bool trace_valid(const char *text);
/* What to put behind a log line of this request: ", traceparent …", or "" when it has none or no valid one. */
void trace_suffix(struct http_request *request, char out[TRACE_LEN + 16]);

#endif
