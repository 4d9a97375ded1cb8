/* What an import keeps of the items that it changes, and putting them back. */
#ifndef PF_STOCK_RESTORE_H
#define PF_STOCK_RESTORE_H

#include "handlers/job.h"
#include "handlers/result.h"

struct undo_run;

/* Inside the transaction of an import, before it changes anything: keeps the items of the temporary table stock_stage.
 * Returns 0 or -1 with db->error. */
int stock_keep_staged(struct store_conn *db, uint64_t import_id, uint32_t warehouse_id);
/* import_book.take_back and .tell of stock. */
int stock_take_back(struct undo_run *run, struct store_conn *db, struct job_ending *ending);
void stock_tell_undone(const struct undo_run *run, struct job_ending *ending);
extern const struct result_spec stock_undo_members[];

#endif
