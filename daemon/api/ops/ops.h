/* HTTP resources for operation: is it alive, is it ready. */
#ifndef PF_API_OPS_H
#define PF_API_OPS_H

#include "daemon/http/http.h"

/* The interface's number: raised when something that clients use is changed or taken away, not when something is
 * added. And the oldest version of the command priceforge that knows it: an older one tells its user, no more. */
#define OPS_API        1
#define OPS_CLIENT_MIN "0.1.0"

/* GET /healthz: this process answers. No database, so that an outage of it never causes a restart loop. */
void resource_healthz(struct http_request *request);
/* GET /readyz: 200 only when a task that is started now would be worked on. */
void resource_readyz(struct http_request *request);
/* GET /metrics: numbers for Prometheus (metrics.c). */
void resource_metrics(struct http_request *request);
/* GET /version */
void resource_version(struct http_request *request);
/* GET /api/complete/{kind}: names that begin with what is typed (complete.c). */
void resource_complete(struct http_request *request);
/* GET /api/operation: what the daemon does now, for a live view; may be held until something changes (operation.c). */
void resource_operation(struct http_request *request);
/* GET /api/session: who asks, what it may do, and what a page must know of this server (session.c). */
void resource_session(struct http_request *request);

#endif
