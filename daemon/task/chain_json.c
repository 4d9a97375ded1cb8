/* States of a chain's members, and why some will not start. */
#include "daemon/task/chain_json.h"

#include "base/hex.h"

#include <stdio.h>
#include <string.h>

/* The last one that started: those behind it wait for it. */
static unsigned last_started(const struct chain *chain)
{
    unsigned last = 0;
    for (unsigned i = 0; i < chain->n; i++)
        if (chain->member[i].started)
            last = i;
    return last;
}

/* Why nothing will start behind this one; NULL while something may. */
static const char *stopped_by(const struct chain_member *member)
{
    if (!member->known)
        return "is no longer kept";
    if (member->status <= JOURNAL_RUNNING)
        return NULL;
    switch (member->outcome) {
    case OUTCOME_CANCELLED:
        return "was cancelled";
    case OUTCOME_TIMED_OUT:
        return "was stopped at its time limit";
    case OUTCOME_INTERRUPTED:
        return "was interrupted";
    case OUTCOME_EXPIRED:
        return "was not started in time";
    case OUTCOME_SUCCEEDED:
    case OUTCOME_PARTIAL:
        return "completed after its cancellation was asked for";
    default:
        return "failed";
    }
}

static const char *state_of(const struct chain_member *member, const char *stopped)
{
    static const char *const names[] = {"queued", "running", "succeeded", "failed", "cancelled"};
    if (!member->started)
        return stopped ? "not_started" : "pending";
    return member->known ? names[member->status] : "gone";
}

static void put_id(struct json_out *out, const char *key, const struct chain_member *member)
{
    char id[37] = "";
    if (member && member->started)
        hex_uuid(member->id, id);
    json_put_string(out, key, id[0] ? id : NULL);
}

static void put_member(struct json_out *out, const struct chain *chain, unsigned at)
{
    const struct chain_member *member = &chain->member[at];
    unsigned last = last_started(chain);
    const char *stopped = stopped_by(&chain->member[last]);
    char why[120];
    json_object(out);
    json_put_int(out, "position", at);
    json_put_string(out, "type", member->type);
    json_put_string(out, "state", state_of(member, stopped));
    put_id(out, "task_id", member);
    snprintf(why, sizeof why, "Will not start: task %u of the chain (%s) %s.", last, chain->member[last].type,
             stopped ? stopped : "");
    json_put_string(out, "why", !member->started && stopped ? why : NULL);
    json_object_end(out);
}

void chain_json_put(struct json_out *out, const struct chain *chain, const store_uuid self)
{
    const struct chain_member *before = NULL, *behind = NULL;
    for (unsigned i = 0; chain && i < chain->n; i++) {
        if (memcmp(chain->member[i].id, self, sizeof(store_uuid)) != 0)
            continue;
        before = i > 0 ? &chain->member[i - 1] : NULL;
        behind = i + 1 < chain->n ? &chain->member[i + 1] : NULL;
    }
    json_key(out, "chain");
    if (chain && chain->n) {
        json_array(out);
        for (unsigned i = 0; i < chain->n; i++)
            put_member(out, chain, i);
        json_array_end(out);
    } else {
        json_null(out);
    }
    put_id(out, "follows", before);
    put_id(out, "followed_by", behind);
}
