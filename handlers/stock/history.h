/* Stock imports on record: their list, one of them, and undoing the latest of a warehouse. */
#ifndef PF_STOCK_HISTORY_H
#define PF_STOCK_HISTORY_H

#include "handlers/history/history.h"

extern const struct import_book stock_book;
extern const struct param_spec stock_imports_params[]; /* filters and page */
/* history_list() and history_one() of stock_book. */
int stock_imports_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out);
int stock_import_find(struct store_conn *conn, const char *id, struct json_out *out);

/* The lease of a warehouse: `name` has 65 bytes. */
void stock_lease_name(const char *kind, const char *code, char *name);

#endif
