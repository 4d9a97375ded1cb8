/* Exclusive work by rows, not by GET_LOCK: right on one server and on a Galera cluster.
 *
 * A lease has a holder (a task id), an expiry by the database's clock and a fence that grows with each acquisition. The
 * transaction that publishes an effect calls lease_check() first: a holder that slept until somebody else took over
 * changes nothing. From then on the row is locked, so the lease need not be renewed while that transaction runs.
 * (Renewing it from another connection would only wait, and a renewal between the snapshot and lease_check() makes that
 * fail with 1020.) */
#ifndef PF_STORE_LEASE_H
#define PF_STORE_LEASE_H

#include "store/journal.h"

/* Acquire, renew or take over an expired lease; the same holder always succeeds (a new attempt of the same task).
 * Autocommit. Returns 1 and *fence, 0 when another holder has it, -1. name: at most 64 bytes. */
int lease_acquire(struct store_conn *conn, const char *name, const store_uuid holder, unsigned seconds,
                  uint64_t *fence);
/* Push the expiry out. Returns 1, 0 when it was lost, -1. */
int lease_renew(struct store_conn *conn, const char *name, const store_uuid holder, uint64_t fence, unsigned seconds);
/* Inside the publishing transaction: lock the row and check holder and fence. Returns 1, 0 (lost: roll back), -1. */
int lease_check(struct store_conn *conn, const char *name, const store_uuid holder, uint64_t fence);
/* Give it up; inside the publishing transaction or alone. */
int lease_release(struct store_conn *conn, const char *name, const store_uuid holder, uint64_t fence);
/* For a short write that is no task, inside its transaction: lock the row of a lease, whoever holds it. Holders publish
 * before it or after it, never meanwhile. */
int lease_lock(struct store_conn *conn, const char *name);
/* Janitor: a task is over or starts again; whatever it held is free. */
int lease_release_all(struct store_conn *conn, const store_uuid holder);

#endif
