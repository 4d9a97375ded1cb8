/* The task stock_undo: puts a warehouse back as it was before its latest import. It is an import in the history itself;
 * undoing it makes the import's effect again. */
#include "handlers/history/undo.h"
#include "handlers/stock/history.h"
#include "handlers/stock/restore.h"

static int precheck(struct store_conn *db, yajl_val params, struct param_faults *faults)
{
    return undo_precheck(db, &stock_book, params, faults);
}

static enum job_verdict run_undo(struct job *job)
{
    return undo_run_task(job, &stock_book);
}

TASK_TYPE(stock_undo) = {
    .name = "stock_undo",
    .title = "Undo of a stock import",
    .params = undo_params,
    .concurrency = 0,
    .equal = TASK_EQUAL_JOIN,
    .time_limit_s = 1800,
    .memory_limit = 256u << 20,
    .precheck = precheck,
    .result = stock_undo_members,
    .run = run_undo,
};
