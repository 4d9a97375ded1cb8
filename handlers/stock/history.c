/* Stock imports on record. */
#include "handlers/stock/history.h"

#include "base/utf8.h"
#include "handlers/read/rowjson.h"
#include "handlers/stock/restore.h"

#include <stdio.h>
#include <string.h>

#define T "stock_import"

void stock_lease_name(const char *kind, const char *code, char *name)
{
    /* A long code in another alphabet is cut; two codes with the same beginning merely wait for each other. */
    (void)kind;
    snprintf(name, 65, "stock:%.*s", (int)utf8_cut(code, strlen(code), 58), code);
}

const struct param_spec stock_imports_params[] = {
    {.name = "warehouse", .kind = PARAM_STRING, .max = 32, .help = "Only into the warehouse with this code."},
    HISTORY_PARAMS,
    PAGE_PARAMS,
    {.name = NULL},
};

#define COLUMNS HISTORY_COLUMNS(T, "ix_wh", "warehouse_id") "i.mode, i.stock_date, i.updated, i.deleted"
#define WHERE   HISTORY_WHERE("(? IS NULL OR ? IS NULL)")
#define FROM    HISTORY_FROM(T, "warehouse", "warehouse_id")

static void put_own(struct json_out *out, const struct store_value *v)
{
    row_put_text(out, "mode", &v[0]);
    row_put_text(out, "stock_date", &v[1]);
    row_put_number(out, "updated", &v[2]);
    row_put_number(out, "deleted", &v[3]);
}

/* An undo has the date that the warehouse's stock has after it. */
const struct import_book stock_book = {
    .none = "no stock import has this number",
    .owner_param = "warehouse",
    .waiting = "waiting for another import into this warehouse",
    .owner_id = "SELECT id FROM warehouse FORCE INDEX (uq_wh) WHERE ? IS NULL AND code = ?",
    .last = HISTORY_LAST(T, "ix_wh", "warehouse_id"),
    .record = HISTORY_RECORD(T, "ix_wh", "warehouse", "warehouse_id", "'', i.date_before"),
    .later = HISTORY_LATER(T, "ix_wh", "warehouse_id"),
    .one = COLUMNS FROM HISTORY_ONE,
    .by_number = COLUMNS FROM WHERE,
    .by_owner = COLUMNS HISTORY_BY_OWNER(T, "ix_wh", "warehouse", "warehouse_id", "uq_wh") WHERE,
    .by_asker = COLUMNS HISTORY_BY_ASKER(T, "warehouse", "warehouse_id") WHERE,
    .record_undo = HISTORY_RECORD_UNDO(T,
                                       "warehouse_id, mode, stock_date, date_before, rows_total, rows_rejected, "
                                       "inserted, updated, unchanged, deleted",
                                       "warehouse_id, mode, date_before, stock_date, 0, 0, 0, 0, 0, 0"),
    .record_taken = HISTORY_RECORD_TAKEN(T),
    .record_state = HISTORY_RECORD_STATE(T),
    .put = put_own,
    .lease_name = stock_lease_name,
    .take_back = stock_take_back,
    .tell = stock_tell_undone,
};

int stock_imports_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out)
{
    return history_list(conn, &stock_book, params, page, out);
}

int stock_import_find(struct store_conn *conn, const char *id, struct json_out *out)
{
    return history_one(conn, &stock_book, id, out);
}
