/* Prices over HTTP. */
#include "daemon/resource_prices.h"

#include "daemon/start.h"

void resource_recalculate_all(struct http_request *request)
{
    start_from_body(request, "recalculate");
}
