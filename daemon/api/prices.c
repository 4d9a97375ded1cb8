/* Prices over HTTP. */
#include "daemon/api/prices.h"

#include "daemon/accept/start.h"
#include "daemon/auth/identity.h"
#include "daemon/worker/db_answer.h"
#include "daemon/worker/listing.h"
#include "handlers/prices/components.h"
#include "handlers/prices/held.h"
#include "handlers/prices/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void resource_recalculate_all(struct http_request *request)
{
    start_from_body(request, "recalculate");
}

/* ---- Components ---- */

static const char no_component[] = "no component has this lot code";

void resource_components(struct http_request *request)
{
    static const struct listing listing = {"components",    components_params, NULL,
                                           COMPONENTS_KEYS, components_read,   NULL};
    listing_reply(request, &listing);
}

void resource_price_history(struct http_request *request)
{
    static const struct listing listing = {"price-history",    price_history_params, "lot",
                                           PRICE_HISTORY_KEYS, price_history_read,   no_component};
    listing_reply(request, &listing);
}

static int read_component(struct store_conn *conn, struct db_answer *answer)
{
    uint32_t id;
    int rc = component_find_whole(conn, answer->arg, &id, &answer->json);
    if (rc == 0)
        return db_answer_problem(answer, "not-found", "%s", no_component);
    if (rc == 1)
        db_answer_tag_json(answer);
    return rc == 1 ? 0 : -1;
}

void resource_component(struct http_request *request)
{
    struct worker *worker = request->app;
    char *lot = strdup(request->args[0]);
    if (!lot)
        abort();
    db_answer_from(request, worker->reads, read_component, lot, free);
}

/* ---- Held prices ---- */

void resource_held(struct http_request *request)
{
    static const struct listing listing = {"held", held_params, NULL, HELD_KEYS, held_read, NULL};
    listing_reply(request, &listing);
}

struct decision {
    char id[sizeof((struct http_request *)0)->args[0]];
    char who[IDENTITY_MAX];
    bool approve;
};

static int decide(struct store_conn *conn, struct db_answer *answer)
{
    const struct decision *decision = answer->arg;
    struct held_review review = {.id = decision->id, .approve = decision->approve, .who = decision->who};
    int rc = held_decide(conn, &review, &answer->json);
    if (rc == HELD_NOT_FOUND)
        return db_answer_problem(answer, "not-found", "no price change has this id");
    if (rc == HELD_CONFLICT)
        return db_answer_problem(answer, "conflict", "%s", review.why);
    if (rc == HELD_BUSY)
        return db_answer_problem(answer, "database-unavailable", "a recalculation is at work on this price; try again");
    return rc;
}

static void reply_decision(struct http_request *request, bool approve)
{
    struct worker *worker = request->app;
    if (!start_body_is_empty(request))
        return;
    struct decision *decision = calloc(1, sizeof *decision);
    if (!decision)
        abort();
    memcpy(decision->id, request->args[0], sizeof decision->id);
    client_identity(request, decision->who);
    decision->approve = approve;
    db_answer_from(request, worker->reads, decide, decision, free);
}

void resource_held_approve(struct http_request *request)
{
    reply_decision(request, true);
}

void resource_held_dismiss(struct http_request *request)
{
    reply_decision(request, false);
}
