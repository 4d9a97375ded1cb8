/* HTTP resources that start imports. The body is the file, raw or as the part "file" of a multipart form. */
#ifndef PF_API_IMPORTS_H
#define PF_API_IMPORTS_H

#include "daemon/http/http.h"

/* POST /api/stock/import */
void resource_stock_import(struct http_request *request);
/* POST /api/quotes/import */
void resource_quotes_import(struct http_request *request);
/* POST /api/catalog/{table}/import */
void resource_catalog_import(struct http_request *request);

#endif
