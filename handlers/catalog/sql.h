/* The statements that stage a catalogue table and carry it over, built from its description. All identifiers come from
 * the descriptions; values are bound, never written into SQL. */
#ifndef PF_CATALOG_SQL_H
#define PF_CATALOG_SQL_H

#include "handlers/catalog/table.h"
#include "store/bulk.h"

struct catalog_stage {
    struct store_conn *db;
    const struct catalog_table *table;
    const bool *present; /* by column: the file has it */
    struct store_bulk *bulk;
    unsigned long server_thread; /* the session that has the temporary table */
};

/* Make the staging table, shaped like the target. Outside a transaction. Returns 0 or -1 with db->error. */
int catalog_stage_init(struct catalog_stage *stage, struct store_conn *db, const struct catalog_table *table,
                       const bool *present);
int catalog_stage_row(struct catalog_stage *stage, uint32_t row_no, const struct catalog_row *row);
int catalog_stage_flush(struct catalog_stage *stage);
bool catalog_stage_alive(const struct catalog_stage *stage);
void catalog_stage_fini(struct catalog_stage *stage);

/* Inside the transaction: update what differs, then insert what is new, in file order. One statement each. */
int catalog_stage_update(struct catalog_stage *stage, uint64_t *updated);
int catalog_stage_insert(struct catalog_stage *stage, uint64_t *inserted);
/* What both would do, for a dry run: nothing is written. */
int catalog_stage_count(struct catalog_stage *stage, uint64_t *updated, uint64_t *inserted);

#endif
