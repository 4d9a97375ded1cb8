/* Price lists. */
#ifndef PF_API_PRICELISTS_H
#define PF_API_PRICELISTS_H

#include "daemon/http/http.h"

void resource_pricelist_post(struct http_request *request);      /* POST /api/pricelists */
void resource_pricelists_get(struct http_request *request);      /* GET /api/pricelists */
void resource_pricelist_get(struct http_request *request);       /* GET /api/pricelists/{id} */
void resource_pricelist_items(struct http_request *request);     /* GET /api/pricelists/{id}/items */
void resource_pricelist_archive(struct http_request *request);   /* DELETE /api/pricelists/{id} */
void resource_pricelist_unarchive(struct http_request *request); /* POST /api/pricelists/{id}/unarchive */
void resource_pricelist_diff(struct http_request *request);      /* GET /api/pricelists/{a}/diff/{b} */

#endif
