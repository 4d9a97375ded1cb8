/* The present stock of a warehouse from the database into memory, once, in pages by key. */
#ifndef PF_STOCK_LOAD_H
#define PF_STOCK_LOAD_H

#include "handlers/job.h"
#include "handlers/stock/rows/items.h"

/* The present items of one warehouse. Returns 0 or -1 with job->db->error; STORE_STOPPED if the job must stop. */
int stock_load_items(struct job *job, uint32_t warehouse_id, struct stock_items *items);

#endif
