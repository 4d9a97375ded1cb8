/* The rows that an import rejected, as CSV: what is wrong, then the row's own cells, so that people can correct the
 * file and send it again. */
#ifndef PF_READ_REJECTS_H
#define PF_READ_REJECTS_H

#include "base/filesink.h"
#include "handlers/read/csvout.h"
#include "store/journal.h"

/* Writes the rejected rows of a finished task in pages: sheet, row, field, code, message, suggestion, then the
 * recognised columns in the file's order under their names (cell_3 if a row has more cells than the heading). Returns
 * 0; 1 if the sink failed; -1 with conn->error. */
int rejects_write(struct store_conn *conn, const struct journal_row *task, const struct csv_options *options,
                  struct file_sink *sink);

#endif
