/* GET /api/quotes: newest day first. Each status is a range of its own, so that a page of rejected ones costs no more. */
#include "handlers/read/filters.h"
#include "handlers/read/lists.h"
#include "handlers/read/rowjson.h"
#include "handlers/values/partnum.h"

#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {"supplier", "competitor", NULL};
static const char *const statuses[] = {"active", "rejected", NULL};

/* clang-format off */
const struct param_spec quotes_params[] = {
    {.name = "lot", .kind = PARAM_STRING, .help = "Only quotes of this lot, by its code in any spelling."},
    {.name = "party", .kind = PARAM_STRING, .max = 32, .help = "Only quotes of this party, by its code."},
    {.name = "kind", .kind = PARAM_CHOICE, .choices = kinds, .help = "With party: which one, if a supplier and a competitor have the code."},
    {.name = "pn", .kind = PARAM_STRING, .help = "Only quotes of this part number, in any spelling."},
    {.name = "from", .kind = PARAM_DATE, .help = "Only quotes of this day and later."},
    {.name = "to", .kind = PARAM_DATE, .help = "Only quotes of this day and earlier."},
    {.name = "status", .kind = PARAM_CHOICE, .choices = statuses, .help = "Only active or only rejected quotes."},
    PAGE_PARAMS,
    {.name = NULL},
};
/* clang-format on */

/* ---- Filters --------------------------------------------------------------------------------------------------- */

struct filter {
    uint32_t lot, party; /* 0 = any */
    char pn[PN_BYTES];   /* normalised, "" = any */
    const char *status, *from, *to;
};

struct parties {
    unsigned n;
    uint32_t id;
};

static int on_party(const struct store_value *v, unsigned n, void *ctx)
{
    struct parties *parties = ctx;
    (void)n;
    parties->n++;
    parties->id = (uint32_t)strtoul(v[0].text, NULL, 10);
    return 0;
}

static int resolve_party(struct store_conn *conn, yajl_val params, struct filter *filter, struct param_faults *faults)
{
    const char *code = json_member_string(params, "party", NULL), *kind = json_member_string(params, "kind", NULL);
    struct store_value v[] = {STORE_S(code ? code : ""), STORE_S_OR_NULL(kind), STORE_S_OR_NULL(kind)};
    struct parties found = {0, 0};
    if (!code && kind)
        param_faults_add(faults, "/kind", "conflict", "goes only with party");
    if (!code)
        return 0;
    if (store_query(conn, "SELECT id FROM party WHERE code = ? AND (? IS NULL OR kind = ?)", v, 3, on_party, &found) !=
        0)
        return -1;
    filter->party = found.id;
    if (found.n == 0) {
        param_faults_add(faults, "/party", "unknown-party", "no party has this code");
        param_faults_value(faults, code);
    }
    if (found.n > 1)
        param_faults_add(faults, "/kind", "required", "a supplier and a competitor have this code; say which one");
    return 0;
}

static int resolve(struct store_conn *conn, yajl_val params, struct filter *filter, struct param_faults *faults)
{
    *filter = (struct filter){.status = json_member_string(params, "status", NULL),
                              .from = json_member_string(params, "from", "0001-01-01"),
                              .to = json_member_string(params, "to", "9999-12-31")};
    filter_number(json_member_string(params, "pn", NULL), "/pn", filter->pn, faults);
    if (resolve_party(conn, params, filter, faults) != 0)
        return -1;
    return filter_lot(conn, json_member_string(params, "lot", NULL), &filter->lot, faults);
}

/* ---- Statements ------------------------------------------------------------------------------------------------ */

/* The rows of one status; the parameters of where_of() are given once for each. */
#define RANGE(index, where, status)                                                                                    \
    "(SELECT q.id, q.quoted_on FROM price_quote q FORCE INDEX (" index ") WHERE " where " AND q.status = '" status     \
    "' AND ? = 1 AND q.quoted_on BETWEEN ? AND ? AND (q.quoted_on < ? OR q.id < CAST(? AS UNSIGNED)) AND (? = 0 OR "   \
    "q.component_id = ?) AND (? = 0 OR q.party_id = ?) AND (? = 0 OR q.pn_norm = ?) ORDER BY q.quoted_on DESC, q.id "  \
    "DESC LIMIT ?)"
#define PAGE_OF(index, where)                                                                                          \
    "SELECT q.quoted_on, q.id, p.kind, p.code, p.name, c.lot_code, q.part_number, q.pn_norm, q.price, q.price_per, "   \
    "q.currency, q.vat_included, q.vat_rate, q.min_qty, q.qty, q.valid_until, q.status, q.note, q.ext_ref, "           \
    "q.created_at FROM (" RANGE(index, where, "active") " UNION ALL " RANGE(                                           \
        index, where,                                                                                                  \
        "rejected") " ORDER BY quoted_on DESC, id DESC LIMIT ?) f STRAIGHT_JOIN price_quote q FORCE "                  \
                    "INDEX (PRIMARY) ON q.id = f.id STRAIGHT_JOIN party p FORCE INDEX (PRIMARY) ON p.id "              \
                    "= q.party_id LEFT JOIN component c FORCE INDEX (PRIMARY) ON c.id = q.component_id "               \
                    "ORDER BY q.quoted_on DESC, q.id DESC"

static const char page_of_all[] = PAGE_OF("ix_status", "1");
static const char page_of_party[] = PAGE_OF("ix_party", "q.party_id = ?");
static const char page_of_lot[] = PAGE_OF("ix_price", "q.component_id = ?");
static const char page_of_number[] = PAGE_OF("ix_pn", "q.pn_norm = ?");

enum {
    AT_QUOTED_ON,
    AT_ID,
    AT_KIND,
    AT_CODE,
    AT_NAME,
    AT_LOT_CODE,
    AT_PART_NUMBER,
    AT_PN_NORM,
    AT_PRICE,
    AT_PRICE_PER,
    AT_CURRENCY,
    AT_VAT_INCLUDED,
    AT_VAT_RATE,
    AT_MIN_QTY,
    AT_QTY,
    AT_VALID_UNTIL,
    AT_STATUS,
    AT_NOTE,
    AT_EXT_REF,
    AT_CREATED_AT
};

/* ---- Rows ------------------------------------------------------------------------------------------------------ */

struct writing {
    struct page *page;
    struct json_out *out;
};

static void put_quote(struct json_out *out, const struct store_value *v)
{
    json_object(out);
    row_put_number(out, "id", &v[AT_ID]);
    json_key(out, "party");
    json_object(out);
    row_put_text(out, "kind", &v[AT_KIND]);
    row_put_text(out, "code", &v[AT_CODE]);
    row_put_text(out, "name", &v[AT_NAME]);
    json_object_end(out);
    row_put_text(out, "lot_code", &v[AT_LOT_CODE]);
    row_put_text(out, "part_number", &v[AT_PART_NUMBER]);
    row_put_text(out, "pn_norm", &v[AT_PN_NORM]);
    row_put_text(out, "price", &v[AT_PRICE]);
    row_put_number(out, "price_per", &v[AT_PRICE_PER]);
    row_put_text(out, "currency", &v[AT_CURRENCY]);
    row_put_bool(out, "vat_included", &v[AT_VAT_INCLUDED]);
    row_put_text(out, "vat_rate", &v[AT_VAT_RATE]);
    row_put_text(out, "min_qty", &v[AT_MIN_QTY]);
    row_put_text(out, "qty", &v[AT_QTY]);
    row_put_text(out, "quoted_on", &v[AT_QUOTED_ON]);
    row_put_text(out, "valid_until", &v[AT_VALID_UNTIL]);
    row_put_text(out, "status", &v[AT_STATUS]);
    row_put_text(out, "note", &v[AT_NOTE]);
    row_put_text(out, "ext_ref", &v[AT_EXT_REF]);
    row_put_moment(out, "created_at", &v[AT_CREATED_AT]);
    json_object_end(out);
}

static int on_quote(const struct store_value *v, unsigned n, void *ctx)
{
    struct writing *writing = ctx;
    const char *key[QUOTES_KEYS] = {v[AT_QUOTED_ON].text, v[AT_ID].text};
    (void)n;
    if (page_take(writing->page, key))
        put_quote(writing->out, v);
    return 0;
}

/* The narrowest index first: a number has few quotes, a lot thousands, a party all of its own. */
static const char *statement(const struct filter *filter, struct store_value *key)
{
    *key = filter->pn[0] ? STORE_S(filter->pn) : STORE_U(filter->lot ? filter->lot : filter->party);
    if (filter->pn[0])
        return page_of_number;
    if (filter->lot)
        return page_of_lot;
    return filter->party ? page_of_party : page_of_all;
}

static unsigned add_range(struct store_value *v, const struct filter *filter, const struct page *page,
                          const char *status, const struct store_value *key)
{
    const char *day = page_after(page, 0, "9999-12-31");
    unsigned n = 0;
    if (key)
        v[n++] = *key;
    v[n++] = STORE_U(!filter->status || strcmp(filter->status, status) == 0);
    v[n++] = STORE_S(filter->from);
    v[n++] = STORE_S(strcmp(day, filter->to) < 0 ? day : filter->to);
    v[n++] = STORE_S(day);
    v[n++] = STORE_S(page_after(page, 1, "18446744073709551615"));
    v[n++] = STORE_U(filter->lot);
    v[n++] = STORE_U(filter->lot);
    v[n++] = STORE_U(filter->party);
    v[n++] = STORE_U(filter->party);
    v[n++] = STORE_U(filter->pn[0] != '\0');
    v[n++] = STORE_S(filter->pn);
    v[n++] = STORE_U(page_want(page));
    return n;
}

static int read_rows(struct store_conn *conn, const struct filter *filter, struct writing *writing)
{
    struct store_value v[27], key;
    const char *sql = statement(filter, &key);
    const struct store_value *lead = sql == page_of_all ? NULL : &key;
    unsigned n = add_range(v, filter, writing->page, "active", lead);
    n += add_range(v + n, filter, writing->page, "rejected", lead);
    v[n++] = STORE_U(page_want(writing->page));
    return store_query(conn, sql, v, n, on_quote, writing);
}

int quotes_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out)
{
    struct filter filter;
    struct writing writing = {page, out};
    if (resolve(conn, params, &filter, page->faults) != 0)
        return -1;
    if (page->faults->n)
        return 0;
    json_object(out);
    json_key(out, "quotes");
    json_array(out);
    int rc = read_rows(conn, &filter, &writing);
    json_array_end(out);
    page_put_next(page, out);
    json_object_end(out);
    return rc;
}
