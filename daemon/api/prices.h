/* Components, their prices, why a price is what it is, and prices that were held back. */
#ifndef PF_API_PRICES_H
#define PF_API_PRICES_H

#include "daemon/http/http.h"

void resource_recalculate_all(struct http_request *request); /* POST /api/prices/recalculate-all */
void resource_components(struct http_request *request);      /* GET /api/components */
void resource_component_patch(struct http_request *request); /* PATCH /api/components/{lot} */
void resource_component(struct http_request *request);       /* GET /api/components/{lot} */
void resource_price_history(struct http_request *request);   /* GET /api/components/{lot}/price-history */
void resource_held(struct http_request *request);            /* GET /api/price-changes/held */
void resource_held_decide(struct http_request *request);
void resource_held_approve(struct http_request *request); /* POST /api/price-changes/held/{id}/approve */
void resource_held_dismiss(struct http_request *request); /* POST /api/price-changes/held/{id}/dismiss */

#endif
