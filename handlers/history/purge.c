/* Rows that were kept for undos go when their time is over. */
#include "handlers/history/history.h"

#include <stdlib.h>

#define IMPORTS_AT_ONCE 100

/* One of the two tables of imports. A released import has no undo_until any more and is not found again. */
struct kept_rows {
    const char *find, *drop, *release;
};
#define KEPT(table, undo, column)                                                                                      \
    {                                                                                                                  \
        "SELECT id FROM " table " FORCE INDEX (ix_until) WHERE undo_until < UTC_TIMESTAMP(3) - INTERVAL 1 DAY ORDER "  \
        "BY undo_until LIMIT 1",                                                                                       \
            "DELETE FROM " undo " WHERE " column " = ? LIMIT ?", "UPDATE " table " SET undo_until = NULL WHERE id = ?" \
    }
static const struct kept_rows kept[] = {KEPT("stock_import", "stock_undo", "import_id"),
                                        KEPT("quote_import", "quote_undo", "undo_id")};

static int on_id(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(uint64_t *)ctx = strtoull(v[0].text, NULL, 10);
    return 0;
}

/* The oldest import whose time is over. *rows: how many may go still, 0 if it is not done. */
static int purge_one(struct store_conn *conn, const struct kept_rows *table, unsigned *rows, bool *none)
{
    uint64_t id = 0, gone = 0;
    if (store_query(conn, table->find, NULL, 0, on_id, &id) != 0)
        return -1;
    *none = id == 0;
    if (*none)
        return 0;
    struct store_value v[] = {STORE_U(id), STORE_U(*rows)};
    if (store_run(conn, table->drop, v, 2, &gone, NULL) != 0)
        return -1;
    *rows -= (unsigned)gone;
    return *rows == 0 ? 0 : store_run(conn, table->release, v, 1, NULL, NULL);
}

int history_purge(struct store_conn *conn, unsigned rows, bool *more)
{
    unsigned imports = 0;
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        bool none = false;
        while (!none && rows > 0 && imports++ < IMPORTS_AT_ONCE)
            if (purge_one(conn, &kept[i], &rows, &none) != 0)
                return -1;
    }
    *more = rows == 0 || imports >= IMPORTS_AT_ONCE;
    return 0;
}
