/* Price lists over HTTP. */
#include "daemon/resource_pricelists.h"

#include "daemon/answer.h"
#include "daemon/listing.h"
#include "daemon/start.h"
#include "handlers/read_pricelists.h"

#include <stdlib.h>
#include <string.h>

void resource_pricelist_post(struct http_request *request)
{
    start_from_body(request, "pricelist_create");
}

/* ---- Reading ---- */

void resource_pricelists_get(struct http_request *request)
{
    static const struct listing listing = {"pricelists", pricelists_params, NULL, PRICELISTS_KEYS, pricelists_read};
    listing_reply(request, &listing);
}

void resource_pricelist_items(struct http_request *request)
{
    static const struct listing listing = {"pricelist-items", pricelist_items_params, "id", PRICELIST_ITEMS_KEYS,
                                           pricelist_items_read};
    listing_reply(request, &listing);
}

static int no_such_list(struct answer *answer)
{
    return answer_problem(answer, "not-found", "no price list has this id");
}

static int read_one(struct store_conn *conn, struct answer *answer)
{
    struct pricelist_head head;
    int rc = pricelist_find(conn, answer->arg, &head, &answer->json);
    if (rc == 0)
        return no_such_list(answer);
    if (rc == 1)
        answer_tag_json(answer);
    return rc == 1 ? 0 : -1;
}

static char *copy(const char *text)
{
    char *out = strdup(text);
    if (!out)
        abort();
    return out;
}

void resource_pricelist_get(struct http_request *request)
{
    struct worker *worker = request->app;
    answer_from(request, worker->reads, read_one, copy(request->args[0]), free);
}
