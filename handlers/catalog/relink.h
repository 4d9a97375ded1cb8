/* Gives a lot to rows without one: stock and quotes whose part number was unknown when they were written.
 *
 * They are linked by the same look-up as an import's own rows: the map's entry of the vendor, else the one for any
 * vendor, else the one lot that all entries of the number name, else a lot that bears the number. A party's own code in
 * one of its price lists ("SUP01=100245") is linked by the entry that names the party as vendor. Stock that is counted
 * in metres never gets a lot that is counted in pieces. Rows that have a lot keep it: stock until its next import,
 * quotes for good.
 *
 * Call it inside the transaction that changed the map or the lots. A row that is inserted at the same time is either
 * seen here, after a wait for its transaction, or its transaction waits for this one and sees the change
 * (relink_mark()). */
#ifndef PF_CATALOG_RELINK_H
#define PF_CATALOG_RELINK_H

#include "handlers/job.h"

/* Rows that were given a lot. */
struct relinked {
    uint64_t stock, quotes;
};

/* Links all rows. Returns 0 or -1 with db->error; STORE_STOPPED if the job must stop, which is checked before each
 * statement. */
int relink_all(struct store_conn *db, struct job *job, struct relinked *done);
/* Links the rows with this number; touches and locks no others. */
int relink_number(struct store_conn *db, const char *pn_norm, struct relinked *done);

/* *mark changes with every row that is added to the map or the lots. A run that reads them, and writes rows later,
 * compares the mark of both moments and relinks if it differs. Writers of the map hold the lease row "catalog"
 * (lease_lock()), so that ids become visible in their order. */
int relink_mark(struct store_conn *db, uint64_t *mark);

#endif
