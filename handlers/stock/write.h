/* Writes the difference: items that are new, changed or gone become inserted, updated or deleted rows of stock_item.
 *
 * Everything comes from memory, so the transaction can be repeated after a deadlock or a lost connection. New rows go
 * straight into the table by array binding, which costs less than LOAD DATA; changes and deletions go through a
 * temporary table and one joined statement each. Rows that do not differ are not touched. */
#ifndef PF_STOCK_WRITE_H
#define PF_STOCK_WRITE_H

#include "handlers/job.h"
#include "handlers/stock/rows/items.h"
#include "store/bulk.h"

struct stock_target {
    struct job *job; /* asked often whether it must stop */
    struct store_conn *db;
    const struct stock_items *items;
    enum stock_mode mode;
    uint32_t warehouse_id;
    uint64_t import_id;
};
/* Rows written, as the statements count them. */
struct stock_written {
    uint64_t inserted, updated, deleted;
};
/* Inside the caller's transaction. `totals` says which kinds of changes there are. Returns 0 or -1 with db->error;
 * STORE_STOPPED if the job must stop. */
int stock_write(const struct stock_target *target, const struct stock_totals *totals, struct stock_written *written);

#endif
