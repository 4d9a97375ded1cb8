/* HTTP resources for imports on record. */
#ifndef PF_API_HISTORY_H
#define PF_API_HISTORY_H

#include "daemon/http/http.h"

/* POST /api/stock/import and /api/quotes/import are in imports.h */
void resource_stock_imports_get(struct http_request *request); /* GET /api/stock/imports */
void resource_stock_import_get(struct http_request *request);  /* GET /api/stock/imports/{id} */
void resource_stock_import_undo(struct http_request *request); /* POST /api/stock/imports/{id}/undo */
void resource_quote_imports_get(struct http_request *request); /* GET /api/quotes/imports */
void resource_quote_import_get(struct http_request *request);  /* GET /api/quotes/imports/{id} */
void resource_quote_import_undo(struct http_request *request); /* POST /api/quotes/imports/{id}/undo */

#endif
