/* Profiles: a list, one, save, delete. */
#include "daemon/api/profiles.h"

#include "daemon/accept/start.h"
#include "daemon/auth/identity.h"
#include "daemon/http/etag.h"
#include "daemon/worker/db_answer.h"
#include "daemon/worker/listing.h"
#include "handlers/profiles/profiles.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char no_profile[] = "no profile has this name";
static const char stale[] = "the profile was changed since this ETag was given out; read it again";

void resource_profiles(struct http_request *request)
{
    static const struct listing listing = {"import-profiles", profiles_params, NULL,
                                           PROFILES_KEYS,     profiles_read,   NULL};
    listing_reply(request, &listing);
}

/* What a request says; goes to the database thread. */
struct asking {
    struct profile_new profile;
    char name[sizeof((struct http_request *)0)->args[0]], who[IDENTITY_MAX];
    char *if_match;
};

static bool matches(const char *tag, void *ctx)
{
    const struct asking *asking = ctx;
    return etag_matches(asking->if_match, tag);
}

static struct asking *asking_new(struct http_request *request)
{
    struct asking *asking = calloc(1, sizeof *asking);
    const char *if_match = http_header(request, "If-Match"), *none = http_header(request, "If-None-Match");
    if (!asking || (if_match && !(asking->if_match = strdup(if_match))))
        abort();
    memcpy(asking->name, request->args[0], sizeof asking->name);
    client_identity(request, asking->who);
    asking->profile.name = asking->name;
    asking->profile.who = asking->who;
    asking->profile.guard = (struct profile_guard){
        .must_be_new = none && strcmp(none, "*") == 0, .has_tags = if_match != NULL, .matches = matches, .ctx = asking};
    return asking;
}

static void asking_free(void *arg)
{
    struct asking *asking = arg;
    yajl_tree_free(asking->profile.body);
    free(asking->if_match);
    free(asking);
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

static int read_one(struct store_conn *conn, struct db_answer *answer)
{
    const struct asking *asking = answer->arg;
    int rc = profile_find(conn, asking->name, answer->etag, &answer->json);
    if (rc == 0)
        return db_answer_problem(answer, "not-found", "%s", no_profile);
    return rc == 1 ? 0 : -1;
}

void resource_profile_get(struct http_request *request)
{
    struct worker *worker = request->app;
    db_answer_from(request, worker->reads, read_one, asking_new(request), asking_free);
}

/* ---- Changing ---------------------------------------------------------------------------------------------------- */

static int answer_verdict(struct db_answer *answer, int verdict)
{
    switch (verdict) {
    case PROFILE_NOT_FOUND:
        return db_answer_problem(answer, "not-found", "%s", no_profile);
    case PROFILE_STALE:
        return db_answer_problem(answer, "precondition-failed", "%s", stale);
    case PROFILE_UNSEEN:
        return db_answer_problem(answer, "precondition-required",
                                 "a profile has this name already: send If-Match with its ETag to replace it");
    default:
        return verdict;
    }
}

static int save(struct store_conn *conn, struct db_answer *answer)
{
    const struct asking *asking = answer->arg;
    struct param_faults faults = {.n = 0};
    int verdict = profile_save(conn, &asking->profile, &faults, answer->etag, &answer->json);
    if (verdict == PROFILE_REFUSED)
        return db_answer_refuse(answer, &faults);
    if (verdict != PROFILE_MADE)
        return answer_verdict(answer, verdict);
    answer->status = 201;
    return 0;
}

void resource_profile_put(struct http_request *request)
{
    struct worker *worker = request->app;
    yajl_val body;
    if (!start_body(request, false, &body))
        return;
    struct asking *asking = asking_new(request);
    asking->profile.body = body;
    db_answer_from(request, worker->reads, save, asking, asking_free);
}

static int forget(struct store_conn *conn, struct db_answer *answer)
{
    const struct asking *asking = answer->arg;
    int verdict = profile_delete(conn, asking->name, &asking->profile.guard);
    if (verdict != PROFILE_DONE)
        return answer_verdict(answer, verdict);
    answer->status = 204;
    return 0;
}

void resource_profile_delete(struct http_request *request)
{
    struct worker *worker = request->app;
    db_answer_from(request, worker->reads, forget, asking_new(request), asking_free);
}
