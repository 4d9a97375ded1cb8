/* Imports of price lists on record. */
#include "handlers/quotes/import/history.h"

#include "base/utf8.h"
#include "handlers/quotes/import/params.h"
#include "handlers/read/rowjson.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LATER_SHOWN 10

void quote_lease_name(const char *kind, const char *code, char *name)
{
    /* A long code in another alphabet is cut; two codes with the same beginning merely wait for each other. */
    size_t room = 64 - strlen("quotes::") - strlen(kind);
    snprintf(name, 65, "quotes:%s:%.*s", kind, (int)utf8_cut(code, strlen(code), room), code);
}

const struct param_spec quote_imports_params[] = {
    {.name = "kind", .kind = PARAM_CHOICE, .choices = quote_kinds, .help = "Only of suppliers, or of competitors."},
    {.name = "party", .kind = PARAM_STRING, .max = 32, .help = "Only of the party with this code."},
    PAGE_PARAMS,
    {.name = NULL},
};

/* ---- Reading --------------------------------------------------------------------------------------------------- */

#define IMPORT_COLUMNS                                                                                                 \
    "i.id, i.task_id, i.effect, p.kind, p.code, i.of_import, i.undone_by, i.file_name, LOWER(HEX(i.file_sha256)), "    \
    "i.file_format, i.quoted_on, i.valid_until, i.supersede, i.rows_total, i.rows_rejected, i.no_price, "              \
    "i.quotes_total, i.inserted, i.replaced, i.unchanged, i.superseded, i.requested_by, i.created_at"
#define FROM_IMPORTS                                                                                                   \
    " FROM quote_import i FORCE INDEX (PRIMARY) STRAIGHT_JOIN party p FORCE INDEX (PRIMARY) ON p.id = i.party_id "

static void put_import(struct json_out *out, const struct store_value *v)
{
    static const char *const counts[] = {"rows_total", "rows_rejected", "no_price",  "quotes_total",
                                         "inserted",   "replaced",      "unchanged", "superseded"};
    json_object(out);
    row_put_number(out, "id", &v[0]);
    row_put_text(out, "task_id", &v[1]);
    row_put_text(out, "effect", &v[2]);
    row_put_text(out, "kind", &v[3]);
    row_put_text(out, "party", &v[4]);
    row_put_number(out, "of_import", &v[5]);
    row_put_number(out, "undone_by", &v[6]);
    row_put_text(out, "file_name", &v[7]);
    row_put_text(out, "file_sha256", &v[8]);
    row_put_text(out, "file_format", &v[9]);
    row_put_text(out, "quoted_on", &v[10]);
    row_put_text(out, "valid_until", &v[11]);
    row_put_text(out, "supersede", &v[12]);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        row_put_number(out, counts[i], &v[13 + i]);
    row_put_text(out, "requested_by", &v[21]);
    row_put_moment(out, "created_at", &v[22]);
    json_object_end(out);
}

struct listing_of {
    struct page *page;
    struct json_out *out;
};

static int on_listed(const struct store_value *v, unsigned n, void *ctx)
{
    struct listing_of *listing = ctx;
    (void)n;
    if (page_take(listing->page, &v[0].text))
        put_import(listing->out, v);
    return 0;
}

/* Imports are numbered as they are made, so the newest has the highest id. */
int quote_imports_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out)
{
    struct listing_of listing = {page, out};
    const char *kind = json_member_string(params, "kind", NULL), *party = json_member_string(params, "party", NULL);
    struct store_value v[] = {STORE_S_OR_NULL(kind),
                              STORE_S_OR_NULL(kind),
                              STORE_S_OR_NULL(party),
                              STORE_S_OR_NULL(party),
                              STORE_S(page_after(page, 0, "9223372036854775807")),
                              STORE_U(page_want(page))};
    json_object(out);
    json_key(out, "imports");
    json_array(out);
    int rc = store_query(conn,
                         "SELECT " IMPORT_COLUMNS FROM_IMPORTS "WHERE (? IS NULL OR p.kind = ?) AND (? IS NULL OR "
                         "p.code = ?) AND i.id < CAST(? AS UNSIGNED) ORDER BY i.id DESC LIMIT ?",
                         v, 6, on_listed, &listing);
    json_array_end(out);
    page_put_next(page, out);
    json_object_end(out);
    return rc;
}

static int on_found(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    put_import(ctx, v);
    return 1;
}

int quote_import_find(struct store_conn *conn, const char *id, struct json_out *out)
{
    uint64_t number;
    if (!row_id(id, &number))
        return 0;
    struct store_value v = STORE_U(number);
    return store_query(conn, "SELECT " IMPORT_COLUMNS FROM_IMPORTS "WHERE i.id = ?", &v, 1, on_found, out);
}

/* ---- For an undo ----------------------------------------------------------------------------------------------- */

static int on_row(const struct store_value *v, unsigned n, void *ctx)
{
    struct quote_import_row *row = ctx;
    (void)n;
    row->id = strtoull(v[0].text, NULL, 10);
    row->root = strtoull(v[1].text, NULL, 10);
    row->takes_back = strcmp(v[2].text, "undo") != 0;
    row->party_id = (uint32_t)strtoul(v[3].text, NULL, 10);
    row_copy(row->kind, sizeof row->kind, &v[4]);
    row_copy(row->party, sizeof row->party, &v[5]);
    row_copy(row->quoted_on, sizeof row->quoted_on, &v[6]);
    row->too_old = v[7].text[0] == '1';
    return 1;
}

static int on_later(const struct store_value *v, unsigned n, void *ctx)
{
    struct quote_import_row *row = ctx;
    size_t used = strlen(row->later);
    (void)n;
    snprintf(row->later + used, sizeof row->later - used, "%s%s", used ? ", " : "", v[0].text);
    return 0;
}

int quote_import_row_find(struct store_conn *conn, uint64_t id, struct quote_import_row *row)
{
    struct store_value v = STORE_U(id);
    *row = (struct quote_import_row){.id = 0};
    int rc =
        store_query(conn,
                    "SELECT i.id, COALESCE(i.of_import, i.id), i.effect, i.party_id, p.kind, p.code, i.quoted_on, "
                    "i.created_at < UTC_TIMESTAMP(3) - INTERVAL " QUOTE_UNDO_DAYS " DAY" FROM_IMPORTS "WHERE i.id = ?",
                    &v, 1, on_row, row);
    if (rc != 1)
        return rc;
    struct store_value later[] = {STORE_U(row->party_id), STORE_U(id), STORE_U(LATER_SHOWN)};
    rc = store_query(conn,
                     "SELECT id FROM quote_import FORCE INDEX (ix_party) WHERE party_id = ? AND id > ? ORDER BY id "
                     "LIMIT ?",
                     later, 3, on_later, row);
    return rc == 0 ? 1 : -1;
}
