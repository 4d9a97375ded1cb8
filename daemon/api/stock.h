/* HTTP resources for stock. */
#ifndef PF_API_STOCK_H
#define PF_API_STOCK_H

#include "daemon/http/http.h"

void resource_stock_get(struct http_request *request);     /* GET /api/stock */
void resource_unmatched_get(struct http_request *request); /* GET /api/stock/unmatched */

#endif
