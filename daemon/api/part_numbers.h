/* HTTP resources for the part-number map. */
#ifndef PF_API_PART_NUMBERS_H
#define PF_API_PART_NUMBERS_H

#include "daemon/http/http.h"

void resource_part_number_put(struct http_request *request);    /* PUT /api/part-numbers, a mapping as JSON */
void resource_part_number_delete(struct http_request *request); /* DELETE /api/part-numbers?part_number=…&vendor=… */

#endif
