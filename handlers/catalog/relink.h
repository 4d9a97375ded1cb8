/* Rows that wait for a lot: stock and quotes whose part number was unknown when they came in.
 *
 * They are linked by the same look-up as an import's own rows: the map's entry of the vendor, else the one for any
 * vendor, else the one lot that all entries of the number name, else a lot that bears the number. Stock that counts in
 * metres never meets a lot that counts in pieces. Rows that have a lot keep it: stock until its next import, quotes for
 * good.
 *
 * Inside the transaction that changed the map or the lots. A row that is being inserted at the same time is either seen
 * here, after a wait for its transaction, or its transaction waits for this one and sees what changed
 * (relink_mark()). */
#ifndef PF_CATALOG_RELINK_H
#define PF_CATALOG_RELINK_H

#include "handlers/job.h"

/* Rows that were given a lot. */
struct relinked {
    uint64_t stock, quotes;
};

/* All waiting rows. Returns 0 or -1 with db->error; STORE_STOPPED when the job is to stop, which is looked at before
 * each statement. */
int relink_all(struct store_conn *db, struct job *job, struct relinked *done);
/* Those with this number: touches and locks no others. */
int relink_number(struct store_conn *db, const char *pn_norm, struct relinked *done);

/* Changes with every row that is added to the map or the lots: who read them before and writes rows later compares, and
 * relinks when it differs. Writers of the map hold the lease row "catalog" (lease_lock()), so that ids become visible
 * in their order. */
int relink_mark(struct store_conn *db, uint64_t *mark);

#endif
