/* A whole price list as CSV into a file, page by page: memory does not grow with the list. */
#ifndef PF_PRICELIST_EXPORT_H
#define PF_PRICELIST_EXPORT_H

#include "base/filesink.h"
#include "handlers/pricelist/read.h"
#include "handlers/read/csvout.h"

/* Writes the list. Call it inside a snapshot, so that the pages belong together. Returns 0, -1 with conn->error, or 1
 * if the file could not be written (sink->error). */
int pricelist_export(struct store_conn *conn, const struct pricelist_head *head, const struct csv_options *options,
                     struct file_sink *sink);

#endif
