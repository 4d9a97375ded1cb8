/* "Why is it this price": what each run did with one component's price, and the quotes it looked at: enough to compute
 * the number again; and what people changed about the component in between (edit.h). */
#ifndef PF_PRICES_HISTORY_H
#define PF_PRICES_HISTORY_H

#include "handlers/read/page.h"
#include "store/conn.h"

extern const struct param_spec price_history_params[]; /* the component's lot code and page */
#define PRICE_HISTORY_KEYS 2

/* {"component": {…}, "runs": […], "edits": […], "next_cursor": …}, newest first; a page takes runs and edits by time. Each run has its parameters (null once the task
 * has been removed), and its quotes, used or not (null if they are not asked for). A page ends early when its runs have
 * looked at more than 20 000 quotes. Returns 0, 1 if there is no such component, or -1 with conn->error. */
int price_history_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out);

#endif
