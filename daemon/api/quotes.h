/* HTTP resources for imports of price lists. */
#ifndef PF_API_QUOTES_H
#define PF_API_QUOTES_H

#include "daemon/http/http.h"

/* POST /api/quotes/import is in imports.h */
void resource_quote_imports_get(struct http_request *request); /* GET /api/quotes/imports */
void resource_quote_import_get(struct http_request *request);  /* GET /api/quotes/imports/{id} */
void resource_quote_import_undo(struct http_request *request); /* POST /api/quotes/imports/{id}/undo */

#endif
