/* The staging table: what an import will write, gathered while the file is being decoded.
 *
 * TEMPORARY, so it belongs to this connection, is seen by nobody and is gone with it; keyed by a counter, so that
 * filling costs no random access. Only rows that differ from the warehouse come in: the present stock is in memory
 * already. */
#ifndef PF_STOCK_IMPORT_STAGE_H
#define PF_STOCK_IMPORT_STAGE_H

#include "handlers/stock_import_items.h"
#include "store/bulk.h"

struct stock_stage {
    struct store_conn *db;
    const struct stock_catalog *catalog;
    struct stock_items *items;
    enum stock_mode mode;
    struct store_bulk *lines;    /* whole lines */
    struct store_bulk *numbers;  /* corrections of merged items, and deletions */
    unsigned long server_thread; /* the session that has the table */
};

/* Make the table, empty. Outside a transaction (it is DDL). Returns 0 or -1 with db->error. */
int stock_stage_init(struct stock_stage *stage, struct store_conn *db, const struct stock_catalog *catalog,
                     struct stock_items *items, const struct stock_params *params);
/* Take a line along if it changes anything. Returns 0 or -1. */
int stock_stage_line(struct stock_stage *stage, const struct stock_line *line, uint32_t item, enum stock_added added);
/* After the items are settled: corrections, deletions, and everything on the server. Returns 0 or -1. */
int stock_stage_finish(struct stock_stage *stage);
/* Is the table still there? Call at the start of each run of the effect: a lost connection took it along. */
bool stock_stage_alive(const struct stock_stage *stage);
/* Drop the table, best effort. */
void stock_stage_fini(struct stock_stage *stage);

/* Write what is staged into stock_item, inside the caller's transaction. */
struct stock_written {
    uint64_t inserted, updated, deleted;
};
int stock_stage_write(struct stock_stage *stage, uint32_t warehouse_id, uint64_t import_id,
                      struct stock_written *written);

#endif
