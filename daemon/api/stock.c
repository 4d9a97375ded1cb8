/* Stock over HTTP. */
#include "daemon/api/stock.h"

#include "daemon/worker/listing.h"
#include "handlers/read/stock.h"

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
