/* Components, their prices, and why a price is what it is. */
#ifndef PF_RESOURCE_PRICES_H
#define PF_RESOURCE_PRICES_H

#include "daemon/http/http.h"

void resource_recalculate_all(struct http_request *request); /* POST /api/prices/recalculate-all */

#endif
