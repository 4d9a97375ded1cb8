/* Deciding many held prices at once. */
#include "handlers/prices/held.h"

#include "base/grow.h"
#include "handlers/prices/held_sql.h"
#include "handlers/read/rowjson.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH       100  /* decisions of one transaction */
#define TRIES       2    /* of two seconds each, as for a single decision */
#define TOLD_MAX    1000 /* skipped ones that the answer names; the others are counted */
#define ID_DIGITS   21   /* with a comma */
#define REASON_SIZE 160

/* What became of a proposal. */
enum fate { FATE_DECIDED, FATE_ALREADY, FATE_CHANGED, FATE_REVIEWED, FATE_NEVER_HELD, FATE_NOT_FOUND, FATE_BUSY };

struct proposal {
    uint64_t id;
    uint32_t component; /* 0: there is no such price change */
    enum fate fate;
    char lot_code[64 * 4 + 1];
    char reviewed[16], by[64 * 4 + 1]; /* by somebody else, or earlier */
};

struct deciding {
    struct held_review *review;
    bool dry_run, more;
    struct proposal *proposal; /* by number */
    uint32_t n, room;
    /* The batch at work. */
    uint32_t from, to;
    char ids[BATCH * ID_DIGITS + 3];
};

static const char *word(const struct deciding *deciding)
{
    return deciding->review->approve ? "approved" : "dismissed";
}

/* ---- Which ----------------------------------------------------------------------------------------------------- */

static struct proposal *add_proposal(struct deciding *deciding, uint64_t id)
{
    deciding->proposal = grow(deciding->proposal, &deciding->room, deciding->n + 1, sizeof *deciding->proposal);
    struct proposal *proposal = &deciding->proposal[deciding->n++];
    *proposal = (struct proposal){.id = id, .fate = FATE_NOT_FOUND};
    return proposal;
}

static int on_match(const struct store_value *v, unsigned n, void *ctx)
{
    struct deciding *deciding = ctx;
    (void)n;
    if (deciding->n == HELD_MATCH_MAX)
        deciding->more = true;
    else
        add_proposal(deciding, strtoull(v[0].text, NULL, 10));
    return 0;
}

static int match(struct store_conn *conn, struct deciding *deciding, yajl_val params)
{
    struct store_value v[HELD_FILTER_N + 1];
    held_filter_values(params, v);
    v[HELD_FILTER_N] = STORE_U(HELD_MATCH_MAX + 1);
    return store_query(
        conn, "SELECT pc.id" HELD_FROM("ix_held") "WHERE " HELD_WAITS " AND " HELD_FILTERS " ORDER BY pc.id LIMIT ?", v,
        HELD_FILTER_N + 1, on_match, deciding);
}

static int by_id(const void *a, const void *b)
{
    const struct proposal *left = a, *right = b;
    return left->id < right->id ? -1 : left->id > right->id;
}

/* The same number twice is one proposal. A text that is not a number is nobody's. */
static void take_ids(struct deciding *deciding, yajl_val ids)
{
    uint32_t kept = 0;
    for (size_t i = 0; i < ids->u.array.len; i++) {
        uint64_t id = 0;
        row_id(ids->u.array.values[i]->u.string, &id);
        add_proposal(deciding, id);
    }
    if (deciding->n)
        qsort(deciding->proposal, deciding->n, sizeof *deciding->proposal, by_id);
    for (uint32_t i = 0; i < deciding->n; i++)
        if (kept == 0 || deciding->proposal[i].id != deciding->proposal[kept - 1].id)
            deciding->proposal[kept++] = deciding->proposal[i];
    deciding->n = kept;
}

/* ---- One batch ------------------------------------------------------------------------------------------------- */

/* The numbers of the batch whose fate is this, as a JSON array. Returns how many. */
static uint32_t list_ids(struct deciding *deciding, bool all, enum fate fate)
{
    uint32_t listed = 0;
    size_t n = 1;
    strcpy(deciding->ids, "[");
    for (uint32_t i = deciding->from; i < deciding->to; i++)
        if (all || deciding->proposal[i].fate == fate)
            n += (size_t)sprintf(deciding->ids + n, "%s%" PRIu64, listed++ ? "," : "", deciding->proposal[i].id);
    strcpy(deciding->ids + n, "]");
    return listed;
}

static struct proposal *find(struct deciding *deciding, const char *id)
{
    struct proposal key = {.id = strtoull(id, NULL, 10)};
    return bsearch(&key, deciding->proposal + deciding->from, deciding->to - deciding->from, sizeof key, by_id);
}

#define OF_BATCH                                                                                                       \
    "JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) j STRAIGHT_JOIN price_change pc FORCE INDEX "         \
    "(PRIMARY) ON pc.id = j.id"
#define WITH_COMPONENT " STRAIGHT_JOIN component c FORCE INDEX (PRIMARY) ON c.id = pc.component_id "

static int on_component(const struct store_value *v, unsigned n, void *ctx)
{
    struct proposal *proposal = find(ctx, v[0].text);
    (void)n;
    proposal->component = (uint32_t)strtoul(v[1].text, NULL, 10);
    row_copy(proposal->lot_code, sizeof proposal->lot_code, &v[2]);
    return 0;
}

static int on_state(const struct store_value *v, unsigned n, void *ctx)
{
    struct deciding *deciding = ctx;
    struct proposal *proposal = find(deciding, v[0].text);
    (void)n;
    row_copy(proposal->reviewed, sizeof proposal->reviewed, &v[2]);
    row_copy(proposal->by, sizeof proposal->by, &v[3]);
    if (strcmp(v[1].text, "held") != 0)
        proposal->fate = FATE_NEVER_HELD;
    else if (strcmp(proposal->reviewed, word(deciding)) == 0)
        proposal->fate = FATE_ALREADY;
    else
        proposal->fate = proposal->reviewed[0] ? FATE_REVIEWED : FATE_CHANGED;
    return 0;
}

static int on_waiting(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    find(ctx, v[0].text)->fate = FATE_DECIDED;
    return 0;
}

static int by_number(const void *a, const void *b)
{
    const uint32_t *left = a, *right = b;
    return *left < *right ? -1 : *left > *right;
}

/* The components first and in their order, as in a run, so that the two cannot deadlock. */
static int lock_components(struct store_conn *conn, const struct deciding *deciding)
{
    char list[BATCH * ID_DIGITS + 3] = "[";
    uint32_t numbers[BATCH], n = 0;
    size_t used = 1;
    for (uint32_t i = deciding->from; i < deciding->to; i++)
        if (deciding->proposal[i].component)
            numbers[n++] = deciding->proposal[i].component;
    qsort(numbers, n, sizeof numbers[0], by_number);
    for (uint32_t i = 0; i < n; i++)
        used += (size_t)sprintf(list + used, "%s%u", i ? "," : "", numbers[i]);
    strcpy(list + used, "]");
    struct store_value v = STORE_S(list);
    return store_query(conn,
                       "SELECT c.id FROM JSON_TABLE(?, '$[*]' COLUMNS (id INT UNSIGNED PATH '$')) j STRAIGHT_JOIN "
                       "component c FORCE INDEX (PRIMARY) ON c.id = j.id FOR UPDATE WAIT 2",
                       &v, 1, NULL, NULL);
}

static int judge(struct store_conn *conn, struct deciding *deciding, bool lock)
{
    list_ids(deciding, true, FATE_DECIDED);
    struct store_value ids = STORE_S(deciding->ids);
    const char *states = lock ? "SELECT pc.id, pc.outcome, pc.reviewed, pc.reviewed_by FROM " OF_BATCH
                                " FOR UPDATE WAIT 2"
                              : "SELECT pc.id, pc.outcome, pc.reviewed, pc.reviewed_by FROM " OF_BATCH;
    for (uint32_t i = deciding->from; i < deciding->to; i++)
        deciding->proposal[i].fate = FATE_NOT_FOUND;
    if (store_query(conn, states, &ids, 1, on_state, deciding) != 0)
        return -1;
    return store_query(conn, "SELECT pc.id FROM " OF_BATCH WITH_COMPONENT "WHERE " HELD_WAITS, &ids, 1, on_waiting,
                       deciding);
}

static int write_batch(struct store_conn *conn, struct deciding *deciding)
{
    if (list_ids(deciding, false, FATE_DECIDED) == 0)
        return 0;
    struct store_value v[] = {STORE_S(deciding->ids), STORE_S(word(deciding)), STORE_S(deciding->review->who)};
    if (deciding->review->approve &&
        store_run(conn,
                  "UPDATE " OF_BATCH WITH_COMPONENT "SET c.price = pc.new_price, c.price_state = 'fresh', "
                  "c.price_as_of = pc.as_of, c.price_task = pc.task_id, c.price_changed_at = UTC_TIMESTAMP(3)",
                  v, 1, NULL, NULL) != 0)
        return -1;
    return store_run(conn,
                     "UPDATE " OF_BATCH " SET pc.reviewed = ?, pc.reviewed_by = ?, pc.reviewed_at = UTC_TIMESTAMP(3)",
                     v, 3, NULL, NULL);
}

static int decide_batch(struct store_conn *conn, void *ctx)
{
    struct deciding *deciding = ctx;
    if (lock_components(conn, deciding) != 0 || judge(conn, deciding, true) != 0)
        return -1;
    return write_batch(conn, deciding);
}

static int on_reviewed(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(bool *)ctx = strcmp(v[0].text, "1") == 0;
    return 0;
}

/* Called after a commit whose outcome is not known: a batch is written whole or not at all. */
static int settled(struct store_conn *conn, void *ctx)
{
    struct deciding *deciding = ctx;
    bool all = true;
    if (list_ids(deciding, false, FATE_DECIDED) == 0)
        return 1;
    struct store_value v[] = {STORE_S(word(deciding)), STORE_S(deciding->ids)};
    if (store_query(conn, "SELECT COALESCE(MIN(pc.reviewed <=> ?), 1) FROM " OF_BATCH, v, 2, on_reviewed, &all) != 0)
        return -1;
    return all;
}

/* Returns 0, HELD_BUSY or -1. */
static int run_batch(struct store_conn *conn, struct deciding *deciding)
{
    list_ids(deciding, true, FATE_DECIDED);
    struct store_value ids = STORE_S(deciding->ids);
    if (store_query(conn, "SELECT pc.id, c.id, c.lot_code FROM " OF_BATCH WITH_COMPONENT, &ids, 1, on_component,
                    deciding) != 0)
        return -1;
    if (deciding->dry_run)
        return judge(conn, deciding, false);
    int rc = store_transaction(conn, decide_batch, settled, deciding, TRIES);
    return rc == -1 && conn->error.cls == STORE_RETRY ? HELD_BUSY : rc;
}

/* A batch that a run holds up costs seconds: the rest is not tried then. */
static int run_all(struct store_conn *conn, struct deciding *deciding)
{
    int rc = 0;
    for (deciding->from = 0; deciding->from < deciding->n && rc == 0; deciding->from = deciding->to) {
        deciding->to = deciding->n - deciding->from < BATCH ? deciding->n : deciding->from + BATCH;
        rc = run_batch(conn, deciding);
        if (rc == HELD_BUSY)
            break;
    }
    if (rc != HELD_BUSY || deciding->from == 0)
        return rc;
    for (uint32_t i = deciding->from; i < deciding->n; i++)
        deciding->proposal[i].fate = FATE_BUSY;
    return 0;
}

/* ---- Telling --------------------------------------------------------------------------------------------------- */

static const char *fate_code(enum fate fate)
{
    static const char *const codes[] = {"", "", "changed", "decided", "not-held", "not-found", "busy"};
    return codes[fate];
}

static const char *reason(const struct proposal *proposal, char out[REASON_SIZE])
{
    switch (proposal->fate) {
    case FATE_CHANGED:
        return "the price has been computed or changed since; look at the newest proposal";
    case FATE_REVIEWED:
        snprintf(out, REASON_SIZE, "it was %s already, by %.64s", proposal->reviewed, proposal->by);
        return out;
    case FATE_NEVER_HELD:
        return "this price change was never held";
    case FATE_BUSY:
        return "a recalculation is at work on these prices; try again";
    default:
        return "no price change has this id";
    }
}

static void put_skipped(struct json_out *out, const struct proposal *proposal)
{
    char text[REASON_SIZE];
    json_object(out);
    json_put_int(out, "id", (int64_t)proposal->id);
    json_put_string(out, "lot_code", proposal->lot_code[0] ? proposal->lot_code : NULL);
    json_put_string(out, "code", fate_code(proposal->fate));
    json_put_string(out, "reason", reason(proposal, text));
    json_object_end(out);
}

static void put_answer(struct json_out *out, const struct deciding *deciding)
{
    uint32_t n[FATE_BUSY + 1] = {0}, told = 0;
    for (uint32_t i = 0; i < deciding->n; i++)
        n[deciding->proposal[i].fate]++;
    json_object(out);
    json_put_string(out, "decision", deciding->review->approve ? "approve" : "dismiss");
    json_put_bool(out, "dry_run", deciding->dry_run);
    json_put_int(out, "matched", deciding->n);
    json_put_int(out, "decided", n[FATE_DECIDED]);
    json_put_int(out, "already", n[FATE_ALREADY]);
    json_put_int(out, "skipped_total", deciding->n - n[FATE_DECIDED] - n[FATE_ALREADY]);
    json_key(out, "skipped");
    json_array(out);
    for (uint32_t i = 0; i < deciding->n && told < TOLD_MAX; i++)
        if (deciding->proposal[i].fate > FATE_ALREADY) {
            put_skipped(out, &deciding->proposal[i]);
            told++;
        }
    json_array_end(out);
    json_put_bool(out, "more", deciding->more);
    json_object_end(out);
}

int held_decide_many(struct store_conn *conn, struct held_review *review, yajl_val params, struct json_out *out)
{
    struct deciding deciding = {.review = review, .dry_run = json_member_bool(params, "dry_run", false)};
    yajl_val ids = json_member(params, "ids");
    int64_t expected = json_member_int(params, "expect", -1);
    int rc = 0;
    if (YAJL_IS_ARRAY(ids))
        take_ids(&deciding, ids);
    else
        rc = match(conn, &deciding, params);
    if (rc == 0 && expected >= 0 && expected != (int64_t)deciding.n) {
        snprintf(review->why, sizeof review->why, "%u held prices match now, not %lld; nothing was decided", deciding.n,
                 (long long)expected);
        rc = HELD_CONFLICT;
    }
    if (rc == 0)
        rc = run_all(conn, &deciding);
    if (rc == 0)
        put_answer(out, &deciding);
    free(deciding.proposal);
    return rc;
}
