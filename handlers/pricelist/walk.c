/* Prices of a list, page by page. */
#include "handlers/pricelist/walk.h"

#include "handlers/quotes/read.h"
#include "handlers/read/rowjson.h"

#include <stdlib.h>
#include <string.h>

void list_walk_init(struct list_walk *walk, uint32_t list)
{
    *walk = (struct list_walk){.list = list};
}

void list_walk_fini(struct list_walk *walk)
{
    free(walk->items);
    walk->items = NULL;
}

static int on_price(const struct store_value *v, unsigned n, void *ctx)
{
    struct list_walk *walk = ctx;
    (void)n;
    row_copy(walk->items[walk->n].lot_code, LIST_LOT_CODE, &v[0]);
    row_copy(walk->items[walk->n].name, LIST_NAME, &v[2]);
    walk->items[walk->n++].price = price_column_scaled(&v[1], 0);
    return 0;
}

int list_walk_fill(struct list_walk *walk, struct store_conn *conn)
{
    char after[LIST_LOT_CODE] = "";
    if (walk->at < walk->n || walk->last)
        return 0;
    if (!walk->items)
        walk->items = malloc(LIST_WALK_PAGE * sizeof *walk->items);
    if (!walk->items)
        abort();
    if (walk->n > 0)
        memcpy(after, walk->items[walk->n - 1].lot_code, sizeof after);
    walk->n = walk->at = 0;
    struct store_value v[] = {STORE_U(walk->list), STORE_S(after), STORE_U(LIST_WALK_PAGE)};
    int rc = store_query(conn,
                         "SELECT lot_code, price, name FROM pricelist_item FORCE INDEX (PRIMARY) WHERE pricelist_id = "
                         "? AND lot_code > ? "
                         "ORDER BY lot_code LIMIT ?",
                         v, 3, on_price, walk);
    walk->last = walk->n < LIST_WALK_PAGE;
    return rc;
}
