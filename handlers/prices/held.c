/* Held prices. */
#include "handlers/prices/held.h"

#include "handlers/prices/change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIES 2 /* of two seconds each: a run may hold the lock for a minute */

const struct param_spec held_params[] = {
    PAGE_PARAMS,
    {.name = NULL},
};

/* ---- Reading --------------------------------------------------------------------------------------------------- */

/* The columns of the component follow PRICE_CHANGE_COLUMNS. */
#define OBJECT_COLUMNS PRICE_CHANGE_COLUMNS ", c.lot_code, c.name, c.category, c.price, c.price_state"
#define FROM(index)                                                                                                    \
    " FROM price_change pc FORCE INDEX (" index ") JOIN component c FORCE INDEX (PRIMARY) ON c.id = pc.component_id "
/* A run that found the price unchanged may leave no row: then it has moved the date of the price, or it is in the
 * journal, as long as that is kept. A task is made at most a day before it runs, which bounds how many are looked
 * at. */
#define IN_SCOPE(list, item)                                                                                           \
    "(JSON_TYPE(JSON_EXTRACT(t.params, '" list "')) <> 'ARRAY' OR JSON_LENGTH(t.params, '" list "') = 0 OR "           \
    "JSON_CONTAINS(t.params, JSON_QUOTE(" item "), '" list "'))"
#define LATER_RUN                                                                                                      \
    "SELECT 1 FROM task t FORCE INDEX (ix_type_status) WHERE t.type = 'recalculate' AND t.created_at > pc.created_at " \
    "- INTERVAL 1 DAY AND "                                                                                            \
    "t.status = 'succeeded' AND t.id <> pc.task_id AND t.finished_at >= COALESCE((SELECT own.finished_at FROM task "   \
    "own FORCE INDEX (PRIMARY) WHERE own.id = pc.task_id), pc.created_at) AND JSON_VALUE(t.params, '$.dry_run') <> "   \
    "'1' AND " IN_SCOPE("$.lot_codes", "c.lot_code") " AND " IN_SCOPE("$.categories", "c.category")
#define WAITS                                                                                                          \
    "pc.outcome = 'held' AND pc.reviewed IS NULL AND c.price <=> pc.old_price AND COALESCE(c.price_as_of <= "          \
    "pc.as_of, 1) AND NOT EXISTS (SELECT 1 FROM price_change later FORCE INDEX (ix_hist) WHERE later.component_id = "  \
    "pc.component_id AND "                                                                                             \
    "later.id > pc.id) AND NOT EXISTS (" LATER_RUN ")"

static void put_object(struct json_out *out, const struct store_value *v)
{
    json_object(out);
    price_change_put(out, v);
    v += PRICE_CHANGE_N;
    row_put_text(out, "lot_code", &v[0]);
    row_put_text(out, "name", &v[1]);
    row_put_text(out, "category", &v[2]);
    row_put_text(out, "price", &v[3]);
    row_put_text(out, "price_state", &v[4]);
    json_object_end(out);
}

struct listing_of {
    struct page *page;
    struct json_out *out;
};

static int on_held(const struct store_value *v, unsigned n, void *ctx)
{
    struct listing_of *listing = ctx;
    (void)n;
    if (page_take(listing->page, &v[0].text))
        put_object(listing->out, v);
    return 0;
}

int held_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out)
{
    struct listing_of listing = {page, out};
    struct store_value v[] = {STORE_S(page_after(page, 0, "18446744073709551615")), STORE_U(page_want(page))};
    (void)params;
    json_object(out);
    json_key(out, "held");
    json_array(out);
    int rc = store_query(conn,
                         "SELECT " OBJECT_COLUMNS FROM(
                             "ix_held") "WHERE " WAITS " AND pc.id < CAST(? AS UNSIGNED) ORDER BY pc.id DESC LIMIT ?",
                         v, 2, on_held, &listing);
    json_array_end(out);
    page_put_next(page, out);
    json_object_end(out);
    return rc;
}

static int on_pending(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    row_put_number(ctx, "held", &v[0]);
    return 0;
}

int held_put_pending(struct store_conn *conn, uint32_t component, struct json_out *out)
{
    struct store_value v = STORE_U(component);
    return store_query(conn, "SELECT MAX(pc.id)" FROM("ix_hist") "WHERE pc.component_id = ? AND " WAITS, &v, 1,
                       on_pending, out);
}

/* ---- Deciding -------------------------------------------------------------------------------------------------- */

struct deciding {
    struct held_review *review;
    uint64_t id;
    uint32_t component;
    bool waits, held, found;
    char reviewed[16], by[64 * 4 + 1];
};

static const char *word(const struct held_review *review)
{
    return review->approve ? "approved" : "dismissed";
}

static int on_component_id(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(uint32_t *)ctx = (uint32_t)strtoul(v[0].text, NULL, 10);
    return 0;
}

static int on_state(const struct store_value *v, unsigned n, void *ctx)
{
    struct deciding *deciding = ctx;
    (void)n;
    deciding->found = true;
    deciding->held = strcmp(v[0].text, "held") == 0;
    row_copy(deciding->reviewed, sizeof deciding->reviewed, &v[1]);
    row_copy(deciding->by, sizeof deciding->by, &v[2]);
    return 0;
}

static int on_waits(const struct store_value *v, unsigned n, void *ctx)
{
    struct deciding *deciding = ctx;
    (void)v;
    (void)n;
    deciding->waits = true;
    return 0;
}

/* The component comes first, as in a run, so that the two cannot deadlock. */
static int lock(struct store_conn *conn, struct deciding *deciding)
{
    struct store_value component = STORE_U(deciding->component), id = STORE_U(deciding->id);
    deciding->found = deciding->held = deciding->waits = false;
    if (store_query(conn, "SELECT id FROM component WHERE id = ? FOR UPDATE WAIT 2", &component, 1, NULL, NULL) != 0 ||
        store_query(conn, "SELECT outcome, reviewed, reviewed_by FROM price_change WHERE id = ? FOR UPDATE WAIT 2", &id,
                    1, on_state, deciding) != 0)
        return -1;
    return store_query(conn, "SELECT 1" FROM("PRIMARY") "WHERE pc.id = ? AND " WAITS, &id, 1, on_waits, deciding);
}

/* Is it too late to decide? Then `why` says why. */
static bool refused(struct deciding *deciding)
{
    struct held_review *review = deciding->review;
    if (!deciding->held)
        snprintf(review->why, sizeof review->why, "this price change was never held");
    else if (deciding->reviewed[0])
        snprintf(review->why, sizeof review->why, "it was %s already, by %.64s", deciding->reviewed, deciding->by);
    else if (!deciding->waits)
        snprintf(review->why, sizeof review->why,
                 "the price has been computed or changed since; look at the newest proposal");
    else
        return false;
    return true;
}

static int write_price(struct store_conn *conn, const struct deciding *deciding)
{
    struct store_value id = STORE_U(deciding->id);
    return store_run(conn,
                     "UPDATE price_change pc FORCE INDEX (PRIMARY) STRAIGHT_JOIN component c FORCE INDEX (PRIMARY) ON "
                     "c.id = pc.component_id SET c.price = pc.new_price, "
                     "c.price_state = 'fresh', c.price_as_of = pc.as_of, c.price_task = pc.task_id, "
                     "c.price_changed_at = UTC_TIMESTAMP(3) WHERE pc.id = ?",
                     &id, 1, NULL, NULL);
}

static int write_review(struct store_conn *conn, const struct deciding *deciding)
{
    struct store_value v[] = {STORE_S(word(deciding->review)), STORE_S(deciding->review->who), STORE_U(deciding->id)};
    return store_run(conn,
                     "UPDATE price_change SET reviewed = ?, reviewed_by = ?, reviewed_at = UTC_TIMESTAMP(3) WHERE "
                     "id = ?",
                     v, 3, NULL, NULL);
}

static int decide(struct store_conn *conn, void *ctx)
{
    struct deciding *deciding = ctx;
    if (lock(conn, deciding) != 0)
        return -1;
    if (deciding->held && strcmp(deciding->reviewed, word(deciding->review)) == 0)
        return 0;
    if (refused(deciding))
        return HELD_CONFLICT;
    if (deciding->review->approve && write_price(conn, deciding) != 0)
        return -1;
    return write_review(conn, deciding);
}

/* Called after a commit whose outcome is not known. */
static int settled(struct store_conn *conn, void *ctx)
{
    struct deciding *deciding = ctx;
    struct store_value id = STORE_U(deciding->id);
    if (store_query(conn, "SELECT outcome, reviewed, reviewed_by FROM price_change WHERE id = ?", &id, 1, on_state,
                    deciding) != 0)
        return -1;
    return strcmp(deciding->reviewed, word(deciding->review)) == 0;
}

static int on_object(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    put_object(ctx, v);
    return 0;
}

int held_decide(struct store_conn *conn, struct held_review *review, struct json_out *out)
{
    uint64_t number;
    if (!row_id(review->id, &number))
        return HELD_NOT_FOUND;
    struct deciding deciding = {.review = review, .id = number};
    struct store_value id = STORE_U(number);
    if (store_query(conn, "SELECT component_id FROM price_change WHERE id = ?", &id, 1, on_component_id,
                    &deciding.component) != 0)
        return -1;
    if (deciding.component == 0)
        return HELD_NOT_FOUND;
    int rc = store_transaction(conn, decide, settled, &deciding, TRIES);
    if (rc == -1)
        return conn->error.cls == STORE_RETRY ? HELD_BUSY : -1;
    if (rc != 0)
        return rc;
    return store_query(conn, "SELECT " OBJECT_COLUMNS FROM("PRIMARY") "WHERE pc.id = ?", &id, 1, on_object, out);
}
