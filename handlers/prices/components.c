/* Reading components. */
#include "handlers/prices/components.h"

#include "handlers/prices/held.h"
#include "handlers/prices/search.h"
#include "handlers/read/rowjson.h"
#include "handlers/values/partnum.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const states[] = {"none", "fresh", "stale", "manual", NULL};

/* clang-format off */
const struct param_spec components_params[] = {
    {.name = "q", .kind = PARAM_STRING, .max = 100, .help = "Only components with these words, or their beginnings, in their name or lot code, or with a code or part number that begins with this."},
    {.name = "category", .kind = PARAM_STRING, .max = 128, .help = "Only components of this category."},
    {.name = "state", .kind = PARAM_CHOICE, .choices = states, .help = "Only components whose price is in this state."},
    {.name = "active", .kind = PARAM_BOOL, .help = "Only active components (true) or only inactive ones (false)."},
    PAGE_PARAMS,
    {.name = NULL},
};
/* clang-format on */

#define COLUMNS                                                                                                        \
    "c.lot_code, c.id, c.name, c.category, c.unit, c.active, c.price, c.price_state, c.price_as_of, c.price_task, "    \
    "c.price_changed_at, c.price_method, c.window_days, c.coefficient, c.manual_price, c.updated_at"

static void put_component(struct json_out *out, const struct store_value *v)
{
    row_put_text(out, "lot_code", &v[0]);
    row_put_text(out, "name", &v[2]);
    row_put_text(out, "category", &v[3]);
    row_put_text(out, "unit", &v[4]);
    row_put_bool(out, "active", &v[5]);
    row_put_text(out, "price", &v[6]);
    row_put_text(out, "price_state", &v[7]);
    row_put_text(out, "price_as_of", &v[8]);
    row_put_text(out, "price_task", &v[9]);
    row_put_moment(out, "price_changed_at", &v[10]);
    row_put_text(out, "price_method", &v[11]);
    row_put_number(out, "window_days", &v[12]);
    row_put_text(out, "coefficient", &v[13]);
    row_put_text(out, "manual_price", &v[14]);
    row_put_moment(out, "updated_at", &v[15]);
}

/* ---- Listing --------------------------------------------------------------------------------------------------- */

struct listing_of {
    struct page *page;
    struct json_out *out;
};

static int on_component(const struct store_value *v, unsigned n, void *ctx)
{
    struct listing_of *listing = ctx;
    (void)n;
    if (!page_take(listing->page, &v[0].text))
        return 0;
    json_object(listing->out);
    put_component(listing->out, v);
    json_object_end(listing->out);
    return 0;
}

static int read_all(struct store_conn *conn, const struct search_filter *filter, struct listing_of *listing)
{
    struct store_value category = STORE_S_OR_NULL(filter->category), state = STORE_S_OR_NULL(filter->state);
    struct store_value active = filter->active < 0 ? STORE_N : STORE_U(filter->active);
    struct store_value v[] = {
        STORE_S(page_after(listing->page, 0, "")), category, category, state, state, active, active,
        STORE_U(page_want(listing->page))};
    return store_query(
        conn,
        "SELECT " COLUMNS
        " FROM component c FORCE INDEX (uq_lot) WHERE c.lot_code > ? AND (? IS NULL OR c.category = ?) "
        "AND (? IS NULL OR c.price_state = ?) AND (? IS NULL OR c.active = ?) ORDER BY c.lot_code LIMIT ?",
        v, 8, on_component, listing);
}

static int read_found(struct store_conn *conn, const struct search_filter *filter, struct listing_of *listing)
{
    struct json_out codes;
    size_t n;
    json_out_init(&codes);
    int rc = search_codes(conn, filter, page_after(listing->page, 0, ""), page_want(listing->page), &codes);
    const char *text = json_out_text(&codes, &n);
    struct store_value list = STORE_SN(text, n);
    if (rc == 0)
        rc = store_query(conn,
                         "SELECT " COLUMNS " FROM JSON_TABLE(?, '$[*]' COLUMNS (code VARCHAR(64) COLLATE "
                         "utf8mb4_nopad_bin PATH '$')) j STRAIGHT_JOIN component c FORCE INDEX (uq_lot) ON c.lot_code "
                         "= j.code ORDER BY c.lot_code",
                         &list, 1, on_component, listing);
    json_out_fini(&codes);
    return rc;
}

static int read_rows(struct store_conn *conn, yajl_val params, struct listing_of *listing)
{
    struct search_filter filter = {
        .q = json_member_string(params, "q", NULL),
        .category = json_member_string(params, "category", NULL),
        .state = json_member_string(params, "state", NULL),
        .active = YAJL_IS_NULL(json_member(params, "active")) ? -1 : json_member_bool(params, "active", true)};
    return filter.q ? read_found(conn, &filter, listing) : read_all(conn, &filter, listing);
}

int components_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out)
{
    struct listing_of listing = {page, out};
    json_object(out);
    json_key(out, "components");
    json_array(out);
    int rc = read_rows(conn, params, &listing);
    json_array_end(out);
    page_put_next(page, out);
    json_object_end(out);
    return rc;
}

/* ---- One ------------------------------------------------------------------------------------------------------- */

struct finding {
    struct json_out *out;
    uint32_t *id;
};

/* The object stays open. */
static int on_found(const struct store_value *v, unsigned n, void *ctx)
{
    struct finding *finding = ctx;
    (void)n;
    *finding->id = (uint32_t)strtoul(v[1].text, NULL, 10);
    json_object(finding->out);
    put_component(finding->out, v);
    return 1;
}

static int find(struct store_conn *conn, const char *lot, struct finding *finding)
{
    char norm[PN_BYTES];
    bool coded = pn_normalise(lot, strlen(lot), norm, NULL) == PN_OK;
    struct store_value v[] = {STORE_S(lot), coded ? STORE_S(norm) : STORE_N, STORE_S(lot)};
    return store_query(conn,
                       "SELECT " COLUMNS
                       " FROM component c FORCE INDEX (uq_lot, uq_lot_norm) WHERE c.lot_code = ? OR c.lot_norm = ? "
                       "ORDER BY c.lot_code = ? DESC LIMIT 1",
                       v, 3, on_found, finding);
}

int component_find(struct store_conn *conn, const char *lot, uint32_t *id, struct json_out *out)
{
    struct finding finding = {out, id};
    int rc = find(conn, lot, &finding);
    if (rc == 1)
        json_object_end(out);
    return rc;
}

static int on_number(const struct store_value *v, unsigned n, void *ctx)
{
    struct json_out *out = ctx;
    (void)n;
    json_object(out);
    row_put_text(out, "part_number", &v[0]);
    row_put_text(out, "vendor", &v[1]);
    row_put_text(out, "lot_qty", &v[2]);
    row_put_text(out, "pack_qty", &v[3]);
    json_object_end(out);
    return 0;
}

int component_find_whole(struct store_conn *conn, const char *lot, uint32_t *id, struct json_out *out)
{
    struct finding finding = {out, id};
    int rc = find(conn, lot, &finding);
    if (rc != 1)
        return rc;
    struct store_value v = STORE_U(*id);
    json_key(out, "part_numbers");
    json_array(out);
    rc = store_query(conn,
                     "SELECT part_number, vendor_norm, lot_qty, pack_qty FROM part_number_map FORCE INDEX (ix_comp) "
                     "WHERE component_id = ? "
                     "ORDER BY pn_norm, vendor_norm",
                     &v, 1, on_number, out);
    json_array_end(out);
    if (rc == 0)
        rc = held_put_pending(conn, *id, out);
    json_object_end(out);
    return rc == 0 ? 1 : -1;
}
