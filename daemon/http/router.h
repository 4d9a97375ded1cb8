/* Routes, compiled once into a tree of path segments: a look-up walks the path and compares, it allocates nothing. */
#ifndef PF_HTTP_ROUTER_H
#define PF_HTTP_ROUTER_H

#include "daemon/http/http.h"

#define ROUTER_METHODS 9 /* enum http_method */

struct router;

/* `routes` ends with handle NULL and must outlive the router. Aborts on a table that contradicts itself. */
struct router *router_new(const struct http_route *routes);
void router_free(struct router **router);

enum router_verdict { ROUTE_FOUND, ROUTE_NO_PATH, ROUTE_NO_METHOD };

struct router_match {
    const struct http_route *route; /* ROUTE_FOUND */
    const char *allow;              /* value of Allow; the path is known */
    char (*args)[HTTP_ARG_SIZE];    /* where to write the values of {name}: HTTP_ARGS of them */
};

/* Find the route of a checked path. HEAD finds the GET route. Literal segments are compared as sent: an escaped letter
 * in one finds nothing (it is never normalised). An argument that does not fit into HTTP_ARG_SIZE finds nothing. */
enum router_verdict router_find(const struct router *router, enum http_method method, const char *path, size_t len,
                                struct router_match *match);

#endif
