/* Price lists over HTTP. */
#include "daemon/resource_pricelists.h"

#include "daemon/start.h"

void resource_pricelist_post(struct http_request *request)
{
    start_from_body(request, "pricelist_create");
}
