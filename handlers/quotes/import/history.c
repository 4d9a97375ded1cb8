/* Imports of price lists on record. */
#include "handlers/quotes/import/history.h"

#include "base/utf8.h"
#include "handlers/quotes/import/params.h"
#include "handlers/read/rowjson.h"

#include <stdio.h>
#include <string.h>

#define T "quote_import"

void quote_lease_name(const char *kind, const char *code, char *name)
{
    /* A long code in another alphabet is cut; two codes with the same beginning merely wait for each other. */
    size_t room = 64 - strlen("quotes::") - strlen(kind);
    snprintf(name, 65, "quotes:%s:%.*s", kind, (int)utf8_cut(code, strlen(code), room), code);
}

const struct param_spec quote_imports_params[] = {
    {.name = "kind", .kind = PARAM_CHOICE, .choices = quote_kinds, .help = "Only of suppliers, or of competitors."},
    {.name = "party", .kind = PARAM_STRING, .max = 32, .help = "Only of the party with this code."},
    HISTORY_PARAMS,
    PAGE_PARAMS,
    {.name = NULL},
};

#define COLUMNS                                                                                                        \
    HISTORY_COLUMNS(T, "ix_party", "party_id")                                                                         \
    "o.kind, i.quoted_on, i.valid_until, i.supersede, i.no_price, i.quotes_total, i.replaced, i.superseded"
#define WHERE HISTORY_WHERE("(? IS NULL OR o.kind = ?)")
#define FROM  HISTORY_FROM(T, "party", "party_id")

static void put_own(struct json_out *out, const struct store_value *v)
{
    row_put_text(out, "kind", &v[0]);
    row_put_text(out, "quoted_on", &v[1]);
    row_put_text(out, "valid_until", &v[2]);
    row_put_text(out, "supersede", &v[3]);
    row_put_number(out, "no_price", &v[4]);
    row_put_number(out, "quotes_total", &v[5]);
    row_put_number(out, "replaced", &v[6]);
    row_put_number(out, "superseded", &v[7]);
}

const struct import_book quote_book = {
    .none = "no import of a price list has this number",
    .owner_param = "party",
    .waiting = "waiting for another price list of this party",
    .owner_id = "SELECT id FROM party FORCE INDEX (uq_party) WHERE kind = ? AND code = ?",
    .last = HISTORY_LAST(T, "ix_party", "party_id"),
    .record = HISTORY_RECORD(T, "ix_party", "party", "party_id", "o.kind, i.quoted_on"),
    .later = HISTORY_LATER(T, "ix_party", "party_id"),
    .one = COLUMNS FROM HISTORY_ONE,
    .by_number = COLUMNS FROM WHERE,
    .by_owner = COLUMNS HISTORY_BY_OWNER(T, "ix_party", "party", "party_id", "uq_party") WHERE,
    .by_asker = COLUMNS HISTORY_BY_ASKER(T, "party", "party_id") WHERE,
    .record_undo = HISTORY_RECORD_UNDO(T, "party_id, quoted_on, valid_until, supersede",
                                       "party_id, quoted_on, valid_until, supersede"),
    .record_taken = HISTORY_RECORD_TAKEN(T),
    .record_state = HISTORY_RECORD_STATE(T),
    .put = put_own,
    .lease_name = quote_lease_name,
    .take_back = quote_take_back,
    .tell = quote_tell_undone,
};

int quote_imports_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out)
{
    return history_list(conn, &quote_book, params, page, out);
}

int quote_import_find(struct store_conn *conn, const char *id, struct json_out *out)
{
    return history_one(conn, &quote_book, id, out);
}
