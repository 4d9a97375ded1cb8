/* The API document: OpenAPI 3.1, whole in the program.
 *
 * Its sources are the fragments daemon/api/openapi/NAME.json, one per area, joined at build time (assemble.awk);
 * schemas of task parameters are made here from the same tables that check the parameters. How to add a path:
 * CONTRIBUTING.md. */
#ifndef PF_API_OPENAPI_OPENAPI_H
#define PF_API_OPENAPI_OPENAPI_H

#include "daemon/http/http.h"

/* GET /api/openapi.json */
void resource_openapi(struct http_request *request);

/* The whole text, made at the first call and kept; any one thread of a process. *len may be NULL. */
const char *openapi_text(size_t *len);

/* The generated halves; the schemas of parameters go between them. */
extern const char openapi_before[], openapi_after[];

#endif
