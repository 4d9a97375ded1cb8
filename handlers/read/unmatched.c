/* GET /api/stock/unmatched: one statement finds the page's numbers, a second one the suggestions for all of them. */
#include "handlers/read/stock.h"

#include "handlers/read/rowjson.h"
#include "handlers/values/partnum.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
const struct param_spec unmatched_params[] = {
    {.name = "warehouse", .kind = PARAM_STRING, .max = 128, .help = "Only this warehouse, by its code."},
    PAGE_PARAMS,
    {.name = NULL},
};
/* clang-format on */

/* One number of the page; the columns in the order of the statement. */
enum { AT_PN_NORM, AT_PART_NUMBER, AT_NAME, AT_VENDORS, AT_WAREHOUSES, AT_ITEMS, AT_QTY, AT_FREE, AT_QUOTES, N_NUMBER };
static const char find_numbers[] =
    "SELECT g.pn_norm, g.part_number, g.name, g.vendors, g.warehouses, g.items, g.qty, g.free, "
    "(SELECT COUNT(*) FROM price_quote q FORCE INDEX (ix_pn) WHERE q.pn_norm = g.pn_norm AND q.component_id IS NULL) "
    "FROM "
    "(SELECT s.pn_norm, MIN(s.part_number) AS part_number, MIN(s.name) AS name, "
    "JSON_ARRAYAGG(DISTINCT s.vendor_norm ORDER BY s.vendor_norm) AS vendors, "
    "JSON_ARRAYAGG(DISTINCT w.code ORDER BY w.code) AS warehouses, COUNT(*) AS items, SUM(s.qty) AS qty, "
    "SUM(GREATEST(0, s.qty - s.reserved)) AS free FROM stock_item s FORCE INDEX (ix_comp) "
    "STRAIGHT_JOIN warehouse w ON w.id = s.warehouse_id WHERE s.component_id IS NULL AND s.pn_norm > ? "
    "AND s.warehouse_id BETWEEN ? AND ? GROUP BY s.pn_norm ORDER BY s.pn_norm LIMIT ?) g ORDER BY g.pn_norm";

enum { AT_POSITION, AT_SUGGESTED, AT_VENDOR, AT_LOT_CODE, AT_LOT_NAME, N_SUGGESTION };
/* The map's numbers first, then lots by their own codes. */
#define SKELETONS                                                                                                      \
    "JSON_TABLE(?, '$[*]' COLUMNS (position FOR ORDINALITY, "                                                          \
    "skeleton VARCHAR(64) COLLATE utf8mb4_nopad_bin PATH '$')) j "
static const char find_suggestions[] =
    "SELECT r.position, r.part_number, r.vendor_norm, c.lot_code, c.name FROM (SELECT a.position, a.part_number, "
    "a.vendor_norm, a.component_id, ROW_NUMBER() OVER (PARTITION BY a.position ORDER BY a.own, a.norm, a.vendor_norm) "
    "AS n FROM (SELECT j.position, 0 AS own, m.part_number, m.pn_norm AS norm, m.vendor_norm, m.component_id "
    "FROM " SKELETONS "STRAIGHT_JOIN part_number_map m FORCE INDEX (ix_skel) ON m.pn_skeleton = j.skeleton "
    "UNION ALL SELECT j.position, 1, l.lot_code, l.lot_norm, '', l.id "
    "FROM " SKELETONS "STRAIGHT_JOIN component l FORCE INDEX (ix_skel) ON l.lot_skeleton = j.skeleton) a) r "
    "STRAIGHT_JOIN component c FORCE INDEX (PRIMARY) ON c.id = r.component_id WHERE r.n <= 3 ORDER BY r.position, r.n";

/* ---- Numbers --------------------------------------------------------------------------------------------------- */

struct numbers {
    struct page *page;
    struct store_value v[PAGE_LIMIT_MAX][N_NUMBER]; /* copies */
    unsigned n;
    /* While they are written: */
    struct json_out *out;
    unsigned written; /* numbers begun, so that the last of them is open */
};

static struct store_value copy(const struct store_value *from)
{
    struct store_value value = *from;
    char *text = malloc(from->len + 1);
    if (!text)
        abort();
    if (from->len)
        memcpy(text, from->text, from->len);
    text[from->len] = '\0';
    value.text = text;
    return value;
}

static void numbers_free(struct numbers *numbers)
{
    union {
        const char *in;
        void *out;
    } text;
    for (unsigned i = 0; i < numbers->n; i++)
        for (unsigned k = 0; k < N_NUMBER; k++) {
            text.in = numbers->v[i][k].text;
            free(text.out);
        }
    free(numbers);
}

static int on_number(const struct store_value *v, unsigned n, void *ctx)
{
    struct numbers *numbers = ctx;
    assert(n == N_NUMBER);
    if (!page_take(numbers->page, &v[AT_PN_NORM].text))
        return 0;
    for (unsigned i = 0; i < n; i++)
        numbers->v[numbers->n][i] = copy(&v[i]);
    numbers->n++;
    return 0;
}

/* ---- Suggestions and writing ----------------------------------------------------------------------------------- */

static void end_number(struct numbers *numbers)
{
    if (!numbers->written)
        return;
    json_array_end(numbers->out);
    json_object_end(numbers->out);
}

/* Writes a number's object up to its suggestions. */
static void begin_number(struct numbers *numbers)
{
    end_number(numbers);
    const struct store_value *v = numbers->v[numbers->written++];
    struct json_out *out = numbers->out;
    json_object(out);
    row_put_text(out, "pn_norm", &v[AT_PN_NORM]);
    row_put_text(out, "part_number", &v[AT_PART_NUMBER]);
    row_put_text(out, "name", &v[AT_NAME]);
    row_put_json(out, "vendors", &v[AT_VENDORS]);
    row_put_json(out, "warehouses", &v[AT_WAREHOUSES]);
    row_put_number(out, "items", &v[AT_ITEMS]);
    row_put_text(out, "qty", &v[AT_QTY]);
    row_put_text(out, "free", &v[AT_FREE]);
    row_put_number(out, "quotes", &v[AT_QUOTES]);
    json_key(out, "suggestions");
    json_array(out);
}

/* Suggestions come in the order of the numbers; a number without suggestions has no row. */
static int on_suggestion(const struct store_value *v, unsigned n, void *ctx)
{
    struct numbers *numbers = ctx;
    assert(n == N_SUGGESTION);
    unsigned position = (unsigned)strtoul(v[AT_POSITION].text, NULL, 10);
    while (numbers->written < position)
        begin_number(numbers);
    json_object(numbers->out);
    row_put_text(numbers->out, "part_number", &v[AT_SUGGESTED]);
    row_put_text(numbers->out, "vendor_norm", &v[AT_VENDOR]);
    row_put_text(numbers->out, "lot_code", &v[AT_LOT_CODE]);
    row_put_text(numbers->out, "name", &v[AT_LOT_NAME]);
    json_object_end(numbers->out);
    return 0;
}

static char *skeletons(const struct numbers *numbers)
{
    struct json_out list;
    char skeleton[PN_BYTES];
    json_out_init(&list);
    json_array(&list);
    for (unsigned i = 0; i < numbers->n; i++) {
        pn_skeleton(numbers->v[i][AT_PN_NORM].text, skeleton);
        json_string(&list, skeleton);
    }
    json_array_end(&list);
    char *text = json_out_copy(&list);
    json_out_fini(&list);
    return text;
}

static int write_numbers(struct store_conn *conn, struct numbers *numbers)
{
    char *list = skeletons(numbers);
    struct store_value v[] = {STORE_S(list), STORE_S(list)};
    int rc = numbers->n ? store_query(conn, find_suggestions, v, 2, on_suggestion, numbers) : 0;
    while (numbers->written < numbers->n)
        begin_number(numbers);
    end_number(numbers);
    free(list);
    return rc;
}

/* Both statements must see one state of the data: a number that is mapped between them would get suggestions in
 * vain. */
static int read_all(struct store_conn *conn, const uint32_t range[2], struct numbers *numbers)
{
    struct store_value v[] = {STORE_S(page_after(numbers->page, 0, "")), STORE_U(range[0]), STORE_U(range[1]),
                              STORE_U(page_want(numbers->page))};
    if (store_begin_snapshot(conn) != 0 || store_query(conn, find_numbers, v, 4, on_number, numbers) != 0)
        return -1;
    json_object(numbers->out);
    json_key(numbers->out, "unmatched");
    json_array(numbers->out);
    if (write_numbers(conn, numbers) != 0)
        return -1;
    json_array_end(numbers->out);
    page_put_next(numbers->page, numbers->out);
    json_object_end(numbers->out);
    store_rollback(conn); /* nothing was written */
    return 0;
}

static int keep_count(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(unsigned *)ctx = (unsigned)strtoul(v[0].text, NULL, 10);
    return 0;
}

int unmatched_count(struct store_conn *conn, unsigned most, unsigned *n)
{
    struct store_value v = STORE_U(most);
    *n = 0;
    return store_query(conn,
                       "SELECT COUNT(*) FROM (SELECT DISTINCT pn_norm FROM stock_item FORCE INDEX (ix_comp) WHERE "
                       "component_id IS NULL LIMIT ?) u",
                       &v, 1, keep_count, n);
}

int unmatched_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out)
{
    uint32_t range[2];
    if (stock_warehouse_range(conn, params, range, page->faults) != 0)
        return -1;
    if (page->faults->n)
        return 0;
    struct numbers *numbers = calloc(1, sizeof *numbers);
    if (!numbers)
        abort();
    numbers->page = page;
    numbers->out = out;
    int rc = read_all(conn, range, numbers);
    numbers_free(numbers);
    return rc;
}
