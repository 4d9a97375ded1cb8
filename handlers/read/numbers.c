/* GET /api/part-numbers: pages of the map along its unique key, whatever the filter. */
#include "handlers/read/filters.h"
#include "handlers/read/lists.h"
#include "handlers/read/rowjson.h"
#include "handlers/values/partnum.h"

#include <string.h>

/* clang-format off */
const struct param_spec numbers_params[] = {
    {.name = "q", .kind = PARAM_STRING, .max = FILTER_TEXT, .help = "Only numbers that begin with this, in any spelling."},
    {.name = "lot", .kind = PARAM_STRING, .help = "Only numbers of this lot, by its code in any spelling."},
    {.name = "vendor", .kind = PARAM_STRING, .help = "Only numbers of this vendor, in any spelling."},
    PAGE_PARAMS,
    {.name = NULL},
};
/* clang-format on */

#define PAGE_OF(index, where)                                                                                          \
    "SELECT m.pn_norm, m.vendor_norm, m.part_number, c.lot_code, c.name, m.lot_qty, m.pack_qty, m.created_at, "        \
    "m.created_by FROM (SELECT m.* FROM part_number_map m FORCE INDEX (" index ") WHERE " where                        \
    " AND m.pn_norm LIKE ? AND (? IS NULL OR m.vendor_norm = ?) AND m.pn_norm >= ? AND (m.pn_norm > ? OR "             \
    "m.vendor_norm > ?) ORDER BY m.pn_norm, m.vendor_norm LIMIT ?) m STRAIGHT_JOIN component c FORCE INDEX (PRIMARY) " \
    "ON c.id = m.component_id ORDER BY m.pn_norm, m.vendor_norm"
static const char page_of_all[] = PAGE_OF("uq_map", "1");
static const char page_of_lot[] = PAGE_OF("ix_comp", "m.component_id = ?");

struct writing {
    struct page *page;
    struct json_out *out;
};

static int on_number(const struct store_value *v, unsigned n, void *ctx)
{
    struct writing *writing = ctx;
    struct json_out *out = writing->out;
    const char *key[NUMBERS_KEYS] = {v[0].text, v[1].text};
    (void)n;
    if (!page_take(writing->page, key))
        return 0;
    json_object(out);
    row_put_text(out, "part_number", &v[2]);
    row_put_text(out, "pn_norm", &v[0]);
    row_put_text(out, "vendor_norm", &v[1]);
    row_put_text(out, "lot_code", &v[3]);
    row_put_text(out, "name", &v[4]);
    row_put_text(out, "lot_qty", &v[5]);
    row_put_text(out, "pack_qty", &v[6]);
    row_put_moment(out, "created_at", &v[7]);
    row_put_text(out, "created_by", &v[8]);
    json_object_end(out);
    return 0;
}

int numbers_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out)
{
    const char *vendor = json_member_string(params, "vendor", NULL);
    char q[PN_BYTES], vendor_norm[PN_BYTES], pattern[FILTER_PATTERN_BYTES];
    struct writing writing = {page, out};
    struct store_value v[8];
    uint32_t lot;
    unsigned n = 0;
    filter_number(json_member_string(params, "q", NULL), "/q", q, page->faults);
    filter_number(vendor, "/vendor", vendor_norm, page->faults);
    if (filter_lot(conn, json_member_string(params, "lot", NULL), &lot, page->faults) != 0)
        return -1;
    if (page->faults->n)
        return 0;
    if (lot)
        v[n++] = STORE_U(lot);
    v[n++] = STORE_S(filter_pattern(pattern, q, false));
    v[n++] = vendor ? STORE_S(vendor_norm) : STORE_N;
    v[n] = v[n - 1];
    n++;
    v[n++] = STORE_S(page_after(page, 0, ""));
    v[n++] = STORE_S(page_after(page, 0, ""));
    v[n++] = STORE_S(page_after(page, 1, ""));
    v[n++] = STORE_U(page_want(page));
    json_object(out);
    json_key(out, "part_numbers");
    json_array(out);
    int rc = store_query(conn, lot ? page_of_lot : page_of_all, v, n, on_number, &writing);
    json_array_end(out);
    page_put_next(page, out);
    json_object_end(out);
    return rc;
}
