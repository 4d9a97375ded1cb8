/* Items of price lists in the database. Each column is described once, in items.c; what writes, reads or exports items
 * follows the description, so a further column is one more row there (CONTRIBUTING.md, "A column of price lists"). */
#ifndef PF_PRICELIST_ITEMS_H
#define PF_PRICELIST_ITEMS_H

#include "base/json.h"
#include "handlers/read/csvout.h"
#include "store/bulk.h"

struct list_run;
struct list_row;

/* For list_items_add(); `list` is the id of a list that is being made. Returns NULL with db->error on failure. */
struct store_bulk *list_items_begin(struct store_conn *db);
/* Append the item of one row of the page to the list run->list_id. Returns 0 or -1 with the connection's error. */
int list_items_add(struct store_bulk *bulk, const struct list_run *run, const struct list_row *row);

/* Up to `limit` items of a list, in byte order of lot_code, behind the lot code `after` ("" = from the first on). `like`
 * is a pattern for the lot code, the name or the part numbers; NULL = all items. `fn` gets the columns for
 * list_item_json() and list_item_csv(); v[0] is the lot code. Returns as store_query(). */
int list_items_read(struct store_conn *conn, uint32_t list, const char *like, const char *after, unsigned limit,
                    store_row_fn fn, void *ctx);
/* The members of an item's object. */
void list_item_json(struct json_out *out, const struct store_value *v);
/* An item as a record, and the headings over it. `currency` is that of the list. */
void list_item_csv(struct csv_out *out, const char *currency, const struct store_value *v);
void list_item_csv_headings(struct csv_out *out);

/* An item as cells, for other files. A price has scale 4, a quantity scale 3, a count scale 0. */
enum list_cell_kind { LIST_CELL_TEXT, LIST_CELL_DAY, LIST_CELL_PRICE, LIST_CELL_QTY, LIST_CELL_COUNT };
#define LIST_CELLS 16 /* at most */
struct list_cell {
    const char *heading; /* of its column */
    enum list_cell_kind kind;
    bool given;       /* else the cell is empty */
    const char *text; /* of a text or day; NULL if not given */
    int64_t number;   /* of the others */
};
/* The cells of an item in the order of the CSV; v NULL: of no item, for headings and kinds. Returns how many. */
unsigned list_item_cells(struct list_cell cells[LIST_CELLS], const char *currency, const struct store_value *v,
                         bool russian);

#endif
