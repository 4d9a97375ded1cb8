/* Starting a task from a JSON request: the parameters are checked on the loop, all faults at once, then accepted. */
#ifndef PF_ACCEPT_START_H
#define PF_ACCEPT_START_H

#include "daemon/worker/worker.h"

/* The request's body as JSON, freed by yajl_tree_free(). Returns false after answering malformed-json. If
 * `may_be_empty`, an empty body is accepted and *body is NULL. */
bool start_body(struct http_request *request, bool may_be_empty, yajl_val *body);
/* For a path that says everything: the body must be empty or {}. Returns false after refusing any other. */
bool start_body_is_empty(struct http_request *request);
/* Start a task of this type with the parameters in `object` (NULL or JSON null = all defaults), or refuse it with every
 * fault: those in `faults` already, and those of the parameters, whose pointers begin with `prefix`. `type` -1: not
 * known, which is among the faults. `then`: what follows it, a list as in daemon/accept/follow.h, or NULL. Answers the
 * request. */
void start_from_json(struct http_request *request, int type, yajl_val object, yajl_val then, const char *prefix,
                     struct param_faults *faults);
/* A path of its own for a type: the body is the parameters, an empty one means all defaults. Beside them it may have the
 * member `then`. */
void start_from_body(struct http_request *request, const char *type);

#endif
