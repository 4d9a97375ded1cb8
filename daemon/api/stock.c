/* Stock over HTTP. */
#include "daemon/resource_stock.h"

#include "daemon/listing.h"
#include "handlers/read_stock.h"

void resource_stock_get(struct http_request *request)
{
    static const struct listing listing = {"stock", stock_params, NULL, STOCK_KEYS, stock_read, NULL};
    listing_reply(request, &listing);
}

void resource_unmatched_get(struct http_request *request)
{
    static const struct listing listing = {"unmatched", unmatched_params, NULL, UNMATCHED_KEYS, unmatched_read, NULL};
    listing_reply(request, &listing);
}
