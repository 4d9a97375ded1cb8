/* What a run did with prices, or a dry run would do, as CSV: one record for each component whose price or state it moves,
 * as it is in the trail, by component. Changes of a dry run are kept for a day. */
#ifndef PF_PRICES_CHANGES_H
#define PF_PRICES_CHANGES_H

#include "base/filesink.h"
#include "handlers/read/csvout.h"
#include "store/journal.h"

#define PRICE_TRIAL_HOURS 24

/* Those of handlers/read/csvout.h. */
extern const struct param_spec price_changes_params[];

/* Has the task changes? "" = it has; else why not, in words. */
const char *price_changes_missing(const struct journal_row *task);
/* Writes those of a finished task, in pages. Returns 0; 1 if the sink failed; -1 with conn->error. */
int price_changes_write(struct store_conn *conn, const struct journal_row *task, const struct csv_options *options,
                        struct file_sink *sink);
/* Deletes at most `rows` changes of dry runs that are over a day old. *deleted counts them. */
int price_changes_purge(struct store_conn *conn, unsigned rows, uint64_t *deleted);

#endif
