/* The rows that an import refused, as CSV that can be put right and sent again as it is.
 *
 * First come the file's own captions, in as many rows as its heading has, and its columns; behind them what is wrong,
 * under captions that begin with "#" and that every import passes over: #sheet (only if several sheets were read),
 * #row (0 = of the whole file), #field, #code, #message, #suggestions. A row has one line; its faults are joined. Rows
 * below another heading (another sheet, a moved heading) have that heading above them.
 *
 * Cells are written as the file has them. A text that a spreadsheet would run as a formula gets an apostrophe in front
 * (option formula_guard), which the reader of CSV files takes off again. */
#ifndef PF_READ_REJECTS_H
#define PF_READ_REJECTS_H

#include "base/filesink.h"
#include "handlers/read/csvout.h"
#include "store/journal.h"

/* The options of CSV, and `severity`: error (refused rows) or all (also rows and columns with warnings). */
extern const struct param_spec rejects_params[];

struct rejects_options {
    struct csv_options csv;
    bool own_separator; /* none was asked for: take the one of the file if that was CSV */
    bool all;           /* warnings too */
};
/* From parameters in canonical form. */
void rejects_options_read(struct rejects_options *options, yajl_val params);

/* Writes the rows of a finished task, in pages. Returns 0; 1 if the sink failed; -1 with conn->error. */
int rejects_write(struct store_conn *conn, const struct journal_row *task, const struct rejects_options *options,
                  struct file_sink *sink);

#endif
