/* Held prices. */
#include "handlers/prices/held.h"

#include "handlers/prices/change.h"
#include "handlers/prices/held_sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIES 2 /* of two seconds each: a run may hold the lock for a minute */

static const char *const directions[] = {"up", "down", NULL};
static const char *const decisions[] = {"approve", "dismiss", NULL};
#define HELD_FILTER_PARAMS                                                                                             \
    {.name = "run", .kind = PARAM_STRING, .max = 36, .help = "Only proposals of this recalculation, by its task id."}, \
        {.name = "category", .kind = PARAM_STRING, .max = 128, .help = "Only components of this category."},           \
        {.name = "direction", .kind = PARAM_CHOICE, .choices = directions, .help = "Only prices that go up or down."}, \
    {                                                                                                                  \
        .name = "below", .kind = PARAM_DECIMAL, .scale = 2, .min = 1, .max = 100000000,                                \
        .help = "Only changes of less than so many percent, up or down."                                               \
    }

/* clang-format off */
const struct param_spec held_params[] = {
    HELD_FILTER_PARAMS,
    PAGE_PARAMS,
    {.name = NULL},
};
const struct param_spec held_decide_params[] = {
    {.name = "decision", .kind = PARAM_CHOICE, .required = true, .choices = decisions, .help = "approve: the components get the proposed prices; dismiss: they keep theirs."},
    {.name = "ids", .kind = PARAM_STRINGS, .max = HELD_IDS_MAX, .help = "Numbers of price changes; nothing else to filter."},
    HELD_FILTER_PARAMS,
    {.name = "dry_run", .kind = PARAM_BOOL, .otherwise = "false", .help = "Only say what would be decided."},
    {.name = "expect", .kind = PARAM_INT, .min = 0, .max = 1000000000, .help = "Decide nothing unless so many match: the count that a dry run told."},
    {.name = NULL},
};
/* clang-format on */

bool held_filter_check(yajl_val params, struct param_faults *faults)
{
    const char *run = json_member_string(params, "run", NULL);
    unsigned before = faults->n;
    if (run && (strlen(run) != 36 || strspn(run, "0123456789abcdefABCDEF-") != 36 || run[8] != '-' || run[13] != '-' ||
                run[18] != '-' || run[23] != '-')) {
        param_faults_add(faults, "/run", "type", "must be the id of a task");
        param_faults_expect(faults, "id");
    }
    return faults->n == before;
}

void held_filter_values(yajl_val params, struct store_value v[HELD_FILTER_N])
{
    const char *direction = json_member_string(params, "direction", "");
    v[0] = v[1] = STORE_S_OR_NULL(json_member_string(params, "run", NULL));
    v[2] = v[3] = STORE_S_OR_NULL(json_member_string(params, "category", NULL));
    v[4] = STORE_U(strcmp(direction, "up") == 0);
    v[5] = STORE_U(strcmp(direction, "down") == 0);
    v[6] = v[7] = STORE_S_OR_NULL(json_member_string(params, "below", NULL));
}

/* ---- Reading --------------------------------------------------------------------------------------------------- */

/* The columns of the component follow PRICE_CHANGE_COLUMNS. */
#define OBJECT_COLUMNS PRICE_CHANGE_COLUMNS ", c.lot_code, c.name, c.category, c.price, c.price_state"
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

static int keep_count(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(unsigned *)ctx = (unsigned)strtoul(v[0].text, NULL, 10);
    return 0;
}

int held_count(struct store_conn *conn, unsigned most, unsigned *n)
{
    struct store_value v = STORE_U(most);
    *n = 0;
    return store_query(conn,
                       "SELECT COUNT(*) FROM (SELECT pc.id" HELD_FROM("ix_held") "WHERE " HELD_WAITS " LIMIT ?) h", &v,
                       1, keep_count, n);
}

int held_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out)
{
    struct listing_of listing = {page, out};
    struct store_value v[HELD_FILTER_N + 2];
    if (!held_filter_check(params, page->faults))
        return 0;
    held_filter_values(params, v);
    v[HELD_FILTER_N] = STORE_S(page_after(page, 0, "18446744073709551615"));
    v[HELD_FILTER_N + 1] = STORE_U(page_want(page));
    json_object(out);
    json_key(out, "held");
    json_array(out);
    int rc = store_query(
        conn,
        "SELECT " OBJECT_COLUMNS HELD_FROM("ix_held") "WHERE " HELD_WAITS " AND " HELD_FILTERS
                                                      " AND pc.id < CAST(? AS UNSIGNED) ORDER BY pc.id DESC LIMIT ?",
        v, HELD_FILTER_N + 2, on_held, &listing);
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
    return store_query(conn, "SELECT MAX(pc.id)" HELD_FROM("ix_hist") "WHERE pc.component_id = ? AND " HELD_WAITS, &v,
                       1, on_pending, out);
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
    return store_query(conn, "SELECT 1" HELD_FROM("PRIMARY") "WHERE pc.id = ? AND " HELD_WAITS, &id, 1, on_waits,
                       deciding);
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
    return store_query(conn, "SELECT " OBJECT_COLUMNS HELD_FROM("PRIMARY") "WHERE pc.id = ?", &id, 1, on_object, out);
}
