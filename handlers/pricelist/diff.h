/* What changed between two price lists, read side by side in pages and written lot by lot: memory does not grow with
 * the lists. */
#ifndef PF_PRICELIST_DIFF_H
#define PF_PRICELIST_DIFF_H

#include "base/filesink.h"
#include "handlers/pricelist/read.h"

extern const struct param_spec pricelist_diff_params[]; /* which rows are wanted */
/* The same as bits, 1 << enum diff_status. Returns 0 with a fault at /status if a word is not a status. */
unsigned pricelist_diff_wanted(yajl_val params, struct param_faults *faults);

/* Writes {"a": …, "b": …, "rows": […], "summary": {…}}: rows of the wanted kinds in byte order of lot_code, the summary
 * over all lots. Both lists are of one currency. Call it inside a snapshot. Returns 0, -1 with conn->error, or 1 if the
 * file could not be written (sink->error). */
int pricelist_diff(struct store_conn *conn, const struct pricelist_head *a, const struct pricelist_head *b,
                   unsigned wanted, struct file_sink *sink);

#endif
