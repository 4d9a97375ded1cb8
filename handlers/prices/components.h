/* Components and their prices as JSON. Prices are net of VAT, in the base currency, per unit. */
#ifndef PF_PRICES_COMPONENTS_H
#define PF_PRICES_COMPONENTS_H

#include "handlers/read/page.h"
#include "store/conn.h"

extern const struct param_spec components_params[]; /* filters and page */
#define COMPONENTS_KEYS 1

/* {"components": […], "next_cursor": …} in byte order of lot_code. Returns 0 or -1 with conn->error. */
int components_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out);

/* Finds a component by its lot code: exactly, else by its normalised form (a code with a slash cannot be part of a
 * path). Writes its object. Returns 1, 0 if there is none, or -1. */
int component_find(struct store_conn *conn, const char *lot, uint32_t *id, struct json_out *out);
/* The same with its part numbers and its pending proposal. */
int component_find_whole(struct store_conn *conn, const char *lot, uint32_t *id, struct json_out *out);

#endif
