/* What is there, as JSON: the tables of the catalogue and the quotes, by pages. */
#ifndef PF_READ_LISTS_H
#define PF_READ_LISTS_H

#include "handlers/read/page.h"
#include "store/conn.h"

extern const struct param_spec warehouses_params[]; /* q, page */
extern const struct param_spec parties_params[];    /* q, kind, active, page */
extern const struct param_spec rates_params[];      /* currency, from, to, page */
extern const struct param_spec categories_params[]; /* q, page */
extern const struct param_spec numbers_params[];    /* q, lot, vendor, page */
extern const struct param_spec quotes_params[];     /* lot, party, kind, pn, from, to, status, page */
#define WAREHOUSES_KEYS 1
#define PARTIES_KEYS    2
#define RATES_KEYS      2
#define CATEGORIES_KEYS 1
#define NUMBERS_KEYS    2
#define QUOTES_KEYS     2

/* Each writes {"NAME": […], "next_cursor": …} and returns 0 (see page->faults) or -1 with conn->error. */
int warehouses_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out); /* by code */
int parties_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out); /* by kind, code */
/* By currency, newest day first. */
int rates_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out);
int categories_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out);
/* The part-number map, by normalised number and vendor. */
int numbers_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out);
/* Quotes, newest day first. */
int quotes_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out);

#endif
