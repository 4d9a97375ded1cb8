/* The rows that an import refused, as CSV: what is wrong, then the row's own cells, so that it can be put right and
 * sent again. */
#ifndef PF_READ_REJECTS_H
#define PF_READ_REJECTS_H

#include "base/filesink.h"
#include "handlers/read/csvout.h"
#include "store/journal.h"

/* Write the refused rows of a finished task by pages: sheet, row, field, code, message, suggestion, then the recognised
 * columns in the file's order under their names (cell_3 where a row has more cells than the heading). Returns 0; 1 when
 * the sink failed; -1 with conn->error. */
int rejects_write(struct store_conn *conn, const struct journal_row *task, const struct csv_options *options,
                  struct file_sink *sink);

#endif
