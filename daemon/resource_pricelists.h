/* Price lists. */
#ifndef PF_RESOURCE_PRICELISTS_H
#define PF_RESOURCE_PRICELISTS_H

#include "daemon/http/http.h"

void resource_pricelist_post(struct http_request *request); /* POST /api/pricelists */

#endif
