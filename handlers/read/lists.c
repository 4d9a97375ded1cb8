/* Warehouses, parties, rates, categories: small tables, each read along an index. */
#include "handlers/read/lists.h"

#include "base/utf8.h"
#include "handlers/read/filters.h"
#include "handlers/read/rowjson.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {"supplier", "competitor", NULL};

/* clang-format off */
const struct param_spec warehouses_params[] = {
    {.name = "q", .kind = PARAM_STRING, .max = FILTER_TEXT, .help = "Only warehouses with this text in their code or name."},
    PAGE_PARAMS,
    {.name = NULL},
};
const struct param_spec parties_params[] = {
    {.name = "q", .kind = PARAM_STRING, .max = FILTER_TEXT, .help = "Only parties with this text in their code or name."},
    {.name = "kind", .kind = PARAM_CHOICE, .choices = kinds, .help = "Only suppliers or only competitors."},
    {.name = "active", .kind = PARAM_BOOL, .help = "Only active parties (true) or only inactive ones (false)."},
    PAGE_PARAMS,
    {.name = NULL},
};
const struct param_spec rates_params[] = {
    {.name = "currency", .kind = PARAM_STRING, .max = 3, .help = "Only rates of this currency: three capital letters."},
    {.name = "from", .kind = PARAM_DATE, .help = "Only rates of this day and later."},
    {.name = "to", .kind = PARAM_DATE, .help = "Only rates of this day and earlier."},
    PAGE_PARAMS,
    {.name = NULL},
};
const struct param_spec categories_params[] = {
    {.name = "q", .kind = PARAM_STRING, .max = FILTER_TEXT, .help = "Only categories with this text in their name."},
    PAGE_PARAMS,
    {.name = NULL},
};
/* clang-format on */

struct writing {
    struct page *page;
    struct json_out *out;
};

/* Run one statement whose rows are members of the list `name`. */
static int read_list(struct store_conn *conn, const char *name, const char *sql, const struct store_value *v,
                     unsigned n, store_row_fn fn, struct page *page, struct json_out *out)
{
    struct writing writing = {page, out};
    json_object(out);
    json_key(out, name);
    json_array(out);
    int rc = store_query(conn, sql, v, n, fn, &writing);
    json_array_end(out);
    page_put_next(page, out);
    json_object_end(out);
    return rc;
}

static struct store_value searched(char pattern[FILTER_PATTERN_BYTES], yajl_val params)
{
    const char *q = json_member_string(params, "q", NULL);
    return q ? STORE_S(filter_pattern(pattern, q, true)) : STORE_N;
}

/* A code is searched without regard to case, as a name is. */
#define CONTAINS(code, name) "(? IS NULL OR " code " COLLATE utf8mb4_uca1400_as_ci LIKE ? OR " name " LIKE ?)"

/* ---- Warehouses ------------------------------------------------------------------------------------------------ */

static int on_warehouse(const struct store_value *v, unsigned n, void *ctx)
{
    struct writing *writing = ctx;
    struct json_out *out = writing->out;
    (void)n;
    if (!page_take(writing->page, &v[0].text))
        return 0;
    json_object(out);
    row_put_text(out, "code", &v[0]);
    row_put_text(out, "name", &v[1]);
    row_put_text(out, "stock_date", &v[2]);
    row_put_number(out, "import_id", &v[3]);
    json_object_end(out);
    return 0;
}

int warehouses_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out)
{
    char pattern[FILTER_PATTERN_BYTES];
    struct store_value q = searched(pattern, params);
    struct store_value v[] = {STORE_S(page_after(page, 0, "")), q, q, q, STORE_U(page_want(page))};
    return read_list(conn, "warehouses",
                     "SELECT w.code, w.name, w.stock_date, w.stock_import_id FROM warehouse w FORCE INDEX (uq_wh) "
                     "WHERE w.code > ? AND " CONTAINS("w.code", "w.name") " ORDER BY w.code LIMIT ?",
                     v, 5, on_warehouse, page, out);
}

/* ---- Parties --------------------------------------------------------------------------------------------------- */

static int on_party(const struct store_value *v, unsigned n, void *ctx)
{
    struct writing *writing = ctx;
    struct json_out *out = writing->out;
    const char *key[PARTIES_KEYS] = {v[0].text, v[2].text};
    (void)n;
    if (!page_take(writing->page, key))
        return 0;
    json_object(out);
    row_put_text(out, "kind", &v[1]);
    row_put_text(out, "code", &v[2]);
    row_put_text(out, "name", &v[3]);
    row_put_text(out, "weight", &v[4]);
    row_put_bool(out, "active", &v[5]);
    json_object_end(out);
    return 0;
}

int parties_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out)
{
    char pattern[FILTER_PATTERN_BYTES];
    struct store_value q = searched(pattern, params);
    struct store_value kind = STORE_S_OR_NULL(json_member_string(params, "kind", NULL));
    struct store_value active =
        YAJL_IS_NULL(json_member(params, "active")) ? STORE_N : STORE_U(json_member_bool(params, "active", true));
    struct store_value number = STORE_U(strtoul(page_after(page, 0, "0"), NULL, 10));
    struct store_value v[] = {number, number, STORE_S(page_after(page, 1, "")), kind, kind, active, active, q,
                              q,      q,      STORE_U(page_want(page))};
    return read_list(
        conn, "parties",
        "SELECT p.kind + 0, p.kind, p.code, p.name, p.weight, p.active FROM party p FORCE INDEX (uq_party) "
        "WHERE (p.kind + 0 > ? OR (p.kind + 0 = ? AND p.code > ?)) AND (? IS NULL OR p.kind = ?) AND (? IS "
        "NULL OR p.active = ?) AND " CONTAINS("p.code", "p.name") " ORDER BY p.kind, p.code LIMIT ?",
        v, 11, on_party, page, out);
}

/* ---- Rates ----------------------------------------------------------------------------------------------------- */

static int on_rate(const struct store_value *v, unsigned n, void *ctx)
{
    struct writing *writing = ctx;
    struct json_out *out = writing->out;
    const char *key[RATES_KEYS] = {v[0].text, v[1].text};
    (void)n;
    if (!page_take(writing->page, key))
        return 0;
    json_object(out);
    row_put_text(out, "currency", &v[0]);
    row_put_text(out, "rate_date", &v[1]);
    row_put_number(out, "nominal", &v[2]);
    row_put_text(out, "rate", &v[3]);
    row_put_text(out, "source", &v[4]);
    json_object_end(out);
    return 0;
}

int rates_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out)
{
    struct store_value currency = STORE_S_OR_NULL(json_member_string(params, "currency", NULL));
    struct store_value after = STORE_S(page_after(page, 0, ""));
    struct store_value v[] = {STORE_S(json_member_string(params, "from", "0001-01-01")),
                              STORE_S(json_member_string(params, "to", "9999-12-31")),
                              currency,
                              currency,
                              after,
                              after,
                              STORE_S(page_after(page, 1, "9999-12-31")),
                              STORE_U(page_want(page))};
    return read_list(
        conn, "rates",
        "SELECT r.currency, r.rate_date, r.nominal, r.rate, r.source FROM currency_rate r FORCE INDEX "
        "(PRIMARY) WHERE r.rate_date BETWEEN ? AND ? AND (? IS NULL OR r.currency = ?) AND (r.currency > ? "
        "OR (r.currency = ? AND r.rate_date < ?)) ORDER BY r.currency, r.rate_date DESC LIMIT ?",
        v, 8, on_rate, page, out);
}

/* ---- Categories ------------------------------------------------------------------------------------------------ */

struct category {
    bool found;
    char name[32 * 4 + 1];
};

static int on_category(const struct store_value *v, unsigned n, void *ctx)
{
    struct category *category = ctx;
    (void)n;
    category->found = v[0].type != STORE_NULL;
    row_copy(category->name, sizeof category->name, &v[0]);
    return 0;
}

/* The next name behind this one; `any`: the first of all, which may be empty. */
static int next_category(struct store_conn *conn, bool any, struct category *category)
{
    struct store_value v = STORE_S(category->name);
    category->found = false;
    if (any)
        return store_query(conn, "SELECT MIN(category) FROM component FORCE INDEX (ix_cat)", NULL, 0, on_category,
                           category);
    return store_query(conn, "SELECT MIN(category) FROM component FORCE INDEX (ix_cat) WHERE category > ?", &v, 1,
                       on_category, category);
}

/* Without regard to case. */
static bool begins(const char *name, const char *q)
{
    size_t a, b;
    for (; *q; name += a, q += b)
        if (!*name || utf8_lower(utf8_decode(name, strlen(name), &a)) != utf8_lower(utf8_decode(q, strlen(q), &b)))
            return false;
    return true;
}

static bool contains(const char *name, const char *q)
{
    bool found = begins(name, q);
    for (; *name && !found; name++)
        found = begins(name + 1, q);
    return found;
}

static void put_category(const char *name, struct page *page, struct json_out *out)
{
    if (!page_take(page, &name))
        return;
    json_object(out);
    json_put_string(out, "category", name);
    json_object_end(out);
}

/* The names are taken from the index one by one, each by one look, however many components have it. */
int categories_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out)
{
    const char *q = json_member_string(params, "q", "");
    struct category category = {.found = true};
    snprintf(category.name, sizeof category.name, "%s", page_after(page, 0, ""));
    int rc = next_category(conn, !page->started, &category);
    json_object(out);
    json_key(out, "categories");
    json_array(out);
    while (rc == 0 && category.found && !page->more) {
        if (contains(category.name, q))
            put_category(category.name, page, out);
        rc = next_category(conn, false, &category);
    }
    json_array_end(out);
    page_put_next(page, out);
    json_object_end(out);
    return rc;
}
