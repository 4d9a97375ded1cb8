/* Lists of the catalogue and of quotes over HTTP. */
#ifndef PF_API_LISTS_H
#define PF_API_LISTS_H

#include "daemon/http/http.h"

void resource_warehouses(struct http_request *request);
void resource_parties(struct http_request *request);
void resource_rates(struct http_request *request);
void resource_categories(struct http_request *request);
void resource_part_numbers(struct http_request *request);
void resource_quotes(struct http_request *request);

#endif
