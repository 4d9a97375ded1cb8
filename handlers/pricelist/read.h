/* Price lists as JSON: all of them, one, its items. Only complete lists are read; they never change, except for their
 * note and archive mark. */
#ifndef PF_PRICELIST_READ_H
#define PF_PRICELIST_READ_H

#include "handlers/pricing/listitem.h"
#include "handlers/read/page.h"
#include "store/conn.h"

extern const struct param_spec pricelists_params[];      /* filters and page */
extern const struct param_spec pricelist_items_params[]; /* the list's id and page */
#define PRICELISTS_KEYS      1
#define PRICELIST_ITEMS_KEYS 1

/* {"pricelists": […], "next_cursor": …}, newest first. Returns 0 or -1 with conn->error. */
int pricelists_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out);
/* {"pricelist": {…}, "items": […], "next_cursor": …} in byte order of lot_code. Returns 0, 1 if there is no such list,
 * or -1. */
int pricelist_items_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out);

/* The header of a list. */
struct pricelist_head {
    uint32_t id;
    char source[16], version[LIST_VERSION], currency[4];
    char sha256[65];   /* hexadecimal */
    int64_t created_s; /* when it was made, seconds since 1970 */
    uint64_t items;
};
/* Finds a list by the id that a client wrote. With `out` it also writes the whole JSON object, with the parameters that
 * the list was made with. Returns 1, 0 if there is no such list, or -1. */
int pricelist_find(struct store_conn *conn, const char *id, struct pricelist_head *head, struct json_out *out);
/* The same object without the parameters, as in a listing. */
int pricelist_find_short(struct store_conn *conn, const char *id, struct pricelist_head *head, struct json_out *out);

#endif
