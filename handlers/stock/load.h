/* What an import reads from the database before it reads its file: the catalogue and the warehouse's present stock.
 *
 * Both once, in pages by key, so that neither a look-up per row nor a whole table in the client's buffer is needed. */
#ifndef PF_STOCK_IMPORT_LOAD_H
#define PF_STOCK_IMPORT_LOAD_H

#include "handlers/job.h"
#include "handlers/stock_import_items.h"

/* Warehouses, components, map and rates into an initialised catalogue. Returns 0 or -1 with db->error. */
int stock_load_catalog(struct store_conn *db, struct stock_catalog *catalog);
/* The present items of one warehouse. Returns 0 or -1 with job->db->error, STORE_STOPPED when the job is to stop. */
int stock_load_items(struct job *job, uint32_t warehouse_id, struct stock_items *items);

/* Decimal text of a column to a scaled integer; exact, since the column has that scale. NULL: otherwise. */
int64_t stock_column_decimal(const struct store_value *value, unsigned scale, int64_t otherwise);

#endif
