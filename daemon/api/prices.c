/* Prices over HTTP. */
#include "daemon/api/prices.h"

#include "daemon/accept/start.h"
#include "daemon/auth/identity.h"
#include "daemon/http/etag.h"
#include "daemon/worker/db_answer.h"
#include "daemon/worker/listing.h"
#include "handlers/prices/components.h"
#include "handlers/prices/edit.h"
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

/* ---- Changing a component ---- */

struct changing {
    struct component_edit edit;
    char lot[sizeof((struct http_request *)0)->args[0]], who[IDENTITY_MAX], request_id[37];
    char *if_match;
};

static void changing_free(void *ctx)
{
    struct changing *changing = ctx;
    free(changing->if_match);
    free(changing);
}

/* Strong comparison is meant. A proxy that compresses makes a strong tag weak, so W/ is overlooked: what it stands
 * before is the tag that was given out. */
static bool has_seen(const char *object, size_t len, void *ctx)
{
    const struct changing *changing = ctx;
    char tag[DB_ANSWER_TAG];
    return etag_matches(changing->if_match, db_answer_tag_of(object, len, tag));
}

static int change_component(struct store_conn *conn, struct db_answer *answer)
{
    struct changing *changing = answer->arg;
    struct param_faults faults = {.n = 0};
    int rc = component_edit(conn, &changing->edit, &faults, &answer->json);
    if (rc == EDIT_NOT_FOUND)
        return db_answer_problem(answer, "not-found", "%s", no_component);
    if (rc == EDIT_STALE)
        return db_answer_problem(answer, "precondition-failed",
                                 "the component was changed since this ETag was given out; read it again");
    if (rc == EDIT_REFUSED)
        return db_answer_refuse(answer, &faults);
    if (rc == EDIT_BUSY)
        return db_answer_problem(answer, "database-unavailable", "a recalculation is at work on this price; try again");
    if (rc == EDIT_DONE) {
        size_t len;
        const char *text = json_out_text(&answer->json, &len);
        db_answer_tag_of(text, len, answer->etag);
    }
    return rc;
}

static struct changing *changing_new(struct http_request *request, yajl_val body, struct param_faults *faults)
{
    struct changing *changing = calloc(1, sizeof *changing);
    if (!changing || !(changing->if_match = strdup(http_header(request, "If-Match"))))
        abort();
    memcpy(changing->lot, request->args[0], sizeof changing->lot);
    memcpy(changing->request_id, request->request_id, sizeof changing->request_id);
    client_identity(request, changing->who);
    component_edit_take(&changing->edit, body, faults);
    changing->edit.lot = changing->lot;
    changing->edit.who = changing->who;
    changing->edit.request_id = changing->request_id;
    changing->edit.seen = has_seen;
    changing->edit.ctx = changing;
    return changing;
}

void resource_component_patch(struct http_request *request)
{
    struct worker *worker = request->app;
    struct param_faults faults = {.n = 0};
    yajl_val body;
    if (!http_header(request, "If-Match")) {
        http_reply_problem(request, "precondition-required", NULL, NULL);
        return;
    }
    if (!start_body(request, false, &body))
        return;
    struct changing *changing = changing_new(request, body, &faults);
    yajl_tree_free(body);
    if (faults.n == 0) {
        db_answer_from(request, worker->reads, change_component, changing, changing_free);
        return;
    }
    http_reply_problem(request, "invalid-parameters", NULL, &faults);
    changing_free(changing);
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

/* ---- Many held prices ---- */

struct many {
    char who[IDENTITY_MAX];
    yajl_val params;
};

static void many_free(void *arg)
{
    struct many *many = arg;
    yajl_tree_free(many->params);
    free(many);
}

static int decide_many(struct store_conn *conn, struct db_answer *answer)
{
    const struct many *many = answer->arg;
    bool approve = strcmp(json_member_string(many->params, "decision", ""), "approve") == 0;
    struct held_review review = {.approve = approve, .who = many->who};
    int rc = held_decide_many(conn, &review, many->params, &answer->json);
    if (rc == HELD_CONFLICT)
        return db_answer_problem(answer, "conflict", "%s", review.why);
    if (rc == HELD_BUSY)
        return db_answer_problem(answer, "database-unavailable",
                                 "a recalculation is at work on these prices; try again");
    return rc;
}

/* Ids are numbers in the lists; the check of parameters knows lists of texts. */
static void ids_to_texts(yajl_val ids)
{
    for (size_t i = 0; YAJL_IS_ARRAY(ids) && i < ids->u.array.len; i++) {
        yajl_val id = ids->u.array.values[i];
        if (!YAJL_IS_NUMBER(id))
            continue;
        char *text = id->u.number.r; /* both kinds own one text */
        id->type = yajl_t_string;
        id->u.string = text;
    }
}

/* With ids there must be no filters. */
static void check_alone(yajl_val params, struct param_faults *faults)
{
    static const char *const others[] = {"run", "category", "direction", "below"};
    if (!YAJL_IS_ARRAY(json_member(params, "ids")))
        return;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (!YAJL_IS_NULL(json_member(params, others[i]))) {
            param_faults_add(faults, "/ids", "conflict", "cannot be combined with %s", others[i]);
            param_faults_fact(faults, "with", "%s", others[i]);
        }
}

static yajl_val check_many(yajl_val body, struct param_faults *faults)
{
    char why[80];
    if (body)
        ids_to_texts(json_member(body, "ids"));
    char *text = params_usable_json(held_decide_params, body, faults);
    yajl_val params = json_parse(text, strlen(text), 4, why, sizeof why);
    free(text);
    held_filter_check(params, faults);
    check_alone(params, faults);
    return params;
}

void resource_held_decide(struct http_request *request)
{
    struct worker *worker = request->app;
    struct param_faults faults = {.n = 0};
    yajl_val body;
    if (!start_body(request, false, &body))
        return;
    struct many *many = calloc(1, sizeof *many);
    if (!many)
        abort();
    many->params = check_many(body, &faults);
    yajl_tree_free(body);
    client_identity(request, many->who);
    if (faults.n) {
        http_reply_problem(request, "invalid-parameters", NULL, &faults);
        many_free(many);
        return;
    }
    db_answer_from(request, worker->reads, decide_many, many, many_free);
}

/* ---- One held price ---- */

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
