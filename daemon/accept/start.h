/* Starting a task from a JSON request: the parameters are checked on the loop, all faults at once, then accepted. */
#ifndef PF_ACCEPT_START_H
#define PF_ACCEPT_START_H

#include "daemon/worker/worker.h"

/* The request's body as JSON, freed by yajl_tree_free(). Returns false after answering malformed-json. An empty body is
 * *body NULL where `may_be_empty`, else malformed too. */
bool start_body(struct http_request *request, bool may_be_empty, yajl_val *body);
/* Start a task of this type with the parameters in `object` (NULL or JSON null = all defaults), or refuse it with every
 * fault: those in `faults` already, and those of the parameters, whose pointers begin with `prefix`. `type` -1: not
 * known, as a fault says. Answers the request. */
void start_from_json(struct http_request *request, int type, yajl_val object, const char *prefix,
                     struct param_faults *faults);
/* A path of its own for a type: the body is the parameters, an empty one means all defaults. */
void start_from_body(struct http_request *request, const char *type);

#endif
