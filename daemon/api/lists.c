/* Lists over HTTP. */
#include "daemon/api/lists.h"

#include "daemon/worker/listing.h"
#include "handlers/read/lists.h"

void resource_warehouses(struct http_request *request)
{
    static const struct listing listing = {"warehouses",    warehouses_params, NULL,
                                           WAREHOUSES_KEYS, warehouses_read,   NULL};
    listing_reply(request, &listing);
}

void resource_parties(struct http_request *request)
{
    static const struct listing listing = {"parties", parties_params, NULL, PARTIES_KEYS, parties_read, NULL};
    listing_reply(request, &listing);
}

void resource_rates(struct http_request *request)
{
    static const struct listing listing = {"rates", rates_params, NULL, RATES_KEYS, rates_read, NULL};
    listing_reply(request, &listing);
}

void resource_categories(struct http_request *request)
{
    static const struct listing listing = {"categories",    categories_params, NULL,
                                           CATEGORIES_KEYS, categories_read,   NULL};
    listing_reply(request, &listing);
}

void resource_part_numbers(struct http_request *request)
{
    static const struct listing listing = {"part-numbers", numbers_params, NULL, NUMBERS_KEYS, numbers_read, NULL};
    listing_reply(request, &listing);
}

void resource_quotes(struct http_request *request)
{
    static const struct listing listing = {"quotes", quotes_params, NULL, QUOTES_KEYS, quotes_read, NULL};
    listing_reply(request, &listing);
}
