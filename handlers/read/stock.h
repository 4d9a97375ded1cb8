/* Stock as JSON: what is in the warehouses, and the numbers that have no lot yet. */
#ifndef PF_READ_STOCK_H
#define PF_READ_STOCK_H

#include "handlers/read/page.h"
#include "store/conn.h"

extern const struct param_spec stock_params[];     /* warehouse, lot, pn, page */
extern const struct param_spec unmatched_params[]; /* warehouse, page */
#define STOCK_KEYS     3
#define UNMATCHED_KEYS 1

/* {"stock": […], "next_cursor": …} by warehouse, part number and vendor. Returns 0 (see page->faults) or -1 with
 * conn->error. */
int stock_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out);

/* {"unmatched": […], "next_cursor": …}: the part numbers of stock without a lot, each once, summed up over warehouses
 * and vendors, with up to three similar numbers of the map (pn_skeleton). Returns as stock_read(). */
/* How many part numbers have no lot, counted up to `most`. Returns 0 or -1 with conn->error. */
int unmatched_count(struct store_conn *conn, unsigned most, unsigned *n);
int unmatched_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out);

/* The ids of the warehouses that pass the filter `warehouse`: range[0] to range[1]. An unknown code is a fault. Returns
 * 0 or -1 with conn->error. */
int stock_warehouse_range(struct store_conn *conn, yajl_val params, uint32_t range[2], struct param_faults *faults);

#endif
