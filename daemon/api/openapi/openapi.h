/* The API document: OpenAPI 3.1, whole in the program.
 *
 * Its sources are the fragments daemon/api/openapi/NAME.json, one per area, joined at build time (assemble.awk);
 * schemas of task parameters, of results and of the kinds of problems are made from the tables that the program works
 * with (schemas.c). How to add a path: CONTRIBUTING.md. */
#ifndef PF_API_OPENAPI_OPENAPI_H
#define PF_API_OPENAPI_OPENAPI_H

#include "daemon/http/http.h"

/* GET /api/openapi.json */
void resource_openapi(struct http_request *request);

/* The whole text, made at the first call and kept; any one thread of a process. *len may be NULL. */
const char *openapi_text(size_t *len);

/* {"stock_import_params": {…}, …}: the schemas that come from tables; heap. */
char *openapi_schemas(void);

/* The joined halves; those schemas go between them. */
extern const char openapi_before[], openapi_after[];

#endif
