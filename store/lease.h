/* Exclusive work, by rows instead of GET_LOCK: right on one server and on a Galera cluster.
 *
 * A lease has a holder (a task id), an expiry by the database's clock, and a fence that grows with each acquisition.
 * The transaction that publishes an effect calls lease_check() first: a holder that slept until another one took over
 * changes nothing. From then on the row is locked, so the lease need not be renewed while that transaction runs. (A
 * renewal from another connection would only wait; one between the snapshot and lease_check() makes the check fail
 * with 1020.) */
#ifndef PF_STORE_LEASE_H
#define PF_STORE_LEASE_H

#include "store/journal.h"

/* Acquires or renews a lease, or takes over an expired one. The same holder always succeeds (a new attempt of the
 * same task). Autocommit. Returns 1 and *fence; 0 if another holder has it; -1. `name`: at most 64 bytes. */
int lease_acquire(struct store_conn *conn, const char *name, const store_uuid holder, unsigned seconds,
                  uint64_t *fence);
/* Moves the expiry. Returns 1; 0 if the lease was lost; -1. */
int lease_renew(struct store_conn *conn, const char *name, const store_uuid holder, uint64_t fence, unsigned seconds);
/* Inside the publishing transaction: locks the row and checks holder and fence. Returns 1, 0 (lost: roll back) or -1. */
int lease_check(struct store_conn *conn, const char *name, const store_uuid holder, uint64_t fence);
/* Gives the lease up, inside the publishing transaction or alone. */
int lease_release(struct store_conn *conn, const char *name, const store_uuid holder, uint64_t fence);
/* For a short write outside a task, inside its transaction: locks the row of a lease, whoever holds it. Holders
 * publish before or after this write, never during it. */
int lease_lock(struct store_conn *conn, const char *name);
/* Who has it now? Returns 1 and the holder, 0: nobody, -1. */
int lease_holder(struct store_conn *conn, const char *name, store_uuid holder);
/* For the janitor: a task has ended or starts again; frees every lease that it held. */
int lease_release_all(struct store_conn *conn, const store_uuid holder);

#endif
