/* Differences of two lists. */
#include "handlers/pricelist/diff.h"

#include "handlers/pricelist/walk.h"
#include "handlers/pricing/diff.h"

#include <string.h>

const struct param_spec pricelist_diff_params[] = {
    {.name = "status",
     .kind = PARAM_STRINGS,
     .max = DIFF_STATUSES,
     .help = "Only these rows: added, removed, up, down, same. The summary counts all."},
    {.name = NULL},
};

static unsigned bit_of(const char *word)
{
    for (unsigned i = 0; i < DIFF_STATUSES; i++)
        if (strcmp(word, diff_status_name((enum diff_status)i)) == 0)
            return 1u << i;
    return 0;
}

unsigned pricelist_diff_wanted(yajl_val params, struct param_faults *faults)
{
    yajl_val list = json_member(params, "status");
    unsigned wanted = 0;
    if (!YAJL_IS_ARRAY(list) || list->u.array.len == 0)
        return (1u << DIFF_STATUSES) - 1;
    for (size_t i = 0; i < list->u.array.len; i++) {
        unsigned bit = bit_of(list->u.array.values[i]->u.string);
        if (bit == 0) {
            param_faults_add(faults, "/status", "choice", "must hold only added, removed, up, down and same");
            for (unsigned k = 0; k < DIFF_STATUSES; k++)
                param_faults_allow(faults, diff_status_name((enum diff_status)k));
            return 0;
        }
        wanted |= bit;
    }
    return wanted;
}

/* ---- Both ------------------------------------------------------------------------------------------------------ */

struct comparison {
    struct list_walk a, b;
    struct diff_summary summary;
    unsigned wanted;
    struct json_out *out;
};

static void put_price(struct json_out *out, const char *key, bool present, dec128 value, unsigned scale)
{
    char text[48];
    if (present)
        dec_format(value, scale, false, text, sizeof text);
    json_put_string(out, key, present ? text : NULL);
}

static void put_row(struct json_out *out, const struct diff_row *row, const char *name)
{
    bool both = row->old_price > 0 && row->new_price > 0;
    json_object(out);
    json_put_string(out, "lot_code", row->lot_code);
    json_put_string(out, "name", name);
    json_put_string(out, "status", diff_status_name(row->status));
    put_price(out, "old", row->old_price > 0, row->old_price, PRICE_SCALE);
    put_price(out, "new", row->new_price > 0, row->new_price, PRICE_SCALE);
    put_price(out, "delta", both, row->delta, PRICE_SCALE);
    put_price(out, "pct", both, row->pct, 2);
    json_object_end(out);
}

static void put_summary(struct json_out *out, const struct diff_summary *summary)
{
    dec128 pct = 0;
    json_key(out, "summary");
    json_object(out);
    for (unsigned i = 0; i < DIFF_STATUSES; i++)
        json_put_int(out, diff_status_name((enum diff_status)i), summary->count[i]);
    bool any = diff_average(summary, &pct);
    put_price(out, "avg_pct", any, pct, 2);
    json_object_end(out);
}

/* The lower lot code of both sides, or the one they share; the name is that of the new list, where it is there. */
static void take_lot(struct comparison *comparison)
{
    struct list_walk *a = &comparison->a, *b = &comparison->b;
    int order = list_walk_ended(a)   ? 1
                : list_walk_ended(b) ? -1
                                     : strcmp(a->items[a->at].lot_code, b->items[b->at].lot_code);
    const char *lot_code = order <= 0 ? a->items[a->at].lot_code : b->items[b->at].lot_code;
    const char *name = order >= 0 ? b->items[b->at].name : a->items[a->at].name;
    int64_t old_price = order <= 0 ? a->items[a->at++].price : 0;
    int64_t new_price = order >= 0 ? b->items[b->at++].price : 0;
    struct diff_row row = diff_lot(lot_code, old_price, new_price, &comparison->summary);
    if (comparison->wanted & 1u << row.status)
        put_row(comparison->out, &row, name);
}

static int compare(struct store_conn *conn, struct comparison *comparison, struct file_sink *sink)
{
    for (;;) {
        if (list_walk_fill(&comparison->a, conn) != 0 || list_walk_fill(&comparison->b, conn) != 0)
            return -1;
        if (list_walk_ended(&comparison->a) && list_walk_ended(&comparison->b))
            return 0;
        take_lot(comparison);
        if (file_sink_json(sink, comparison->out, false) != 0)
            return 1;
    }
}

/* Only what never changes of a list, so that an entity tag made of both hashes covers the whole answer. */
static void put_list(struct json_out *out, const char *key, const struct pricelist_head *head)
{
    json_key(out, key);
    json_object(out);
    json_put_int(out, "id", head->id);
    json_put_string(out, "source", head->source);
    json_put_string(out, "version", head->version);
    json_put_string(out, "currency", head->currency);
    json_put_int(out, "items", (int64_t)head->items);
    json_put_string(out, "content_sha256", head->sha256);
    json_object_end(out);
}

int pricelist_diff(struct store_conn *conn, const struct pricelist_head *a, const struct pricelist_head *b,
                   unsigned wanted, struct file_sink *sink)
{
    struct json_out out;
    struct comparison comparison = {.wanted = wanted, .out = &out};
    json_out_init(&out);
    list_walk_init(&comparison.a, a->id);
    list_walk_init(&comparison.b, b->id);
    json_object(&out);
    put_list(&out, "a", a);
    put_list(&out, "b", b);
    json_key(&out, "rows");
    json_array(&out);
    int rc = compare(conn, &comparison, sink);
    json_array_end(&out);
    put_summary(&out, &comparison.summary);
    json_object_end(&out);
    if (rc == 0 && file_sink_json(sink, &out, true) != 0)
        rc = 1;
    list_walk_fini(&comparison.a);
    list_walk_fini(&comparison.b);
    json_out_fini(&out);
    return rc;
}
