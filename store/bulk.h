/* Bulk insert by array binding (COM_STMT_BULK_EXECUTE): the fastest way to insert, with strict checks and the usual
 * error numbers.
 *
 * Rows are collected by column and sent in batches of at most `batch_rows` rows and half the server's
 * max_allowed_packet. The statement is `INSERT INTO t (a,b) VALUES (?,?)`, or such a statement with ON DUPLICATE KEY
 * UPDATE. */
#ifndef PF_STORE_BULK_H
#define PF_STORE_BULK_H

#include "store/conn.h"

struct store_bulk;

/* `sql` has n_columns question marks; batch_rows 0 = 2000. Returns NULL with conn->error on failure. */
struct store_bulk *store_bulk_new(struct store_conn *conn, const char *sql, unsigned n_columns, unsigned batch_rows);
/* Appends one row, whose values are copied, and sends the batch if it is full. Returns 0 or -1 with conn->error. */
int store_bulk_add(struct store_bulk *bulk, const struct store_value *row);
/* Drops the rows that are collected and not sent, after a rollback. */
void store_bulk_discard(struct store_bulk *bulk);
/* Sends the rows that are left; must be called before the commit. One bad row fails its whole batch, and the rows of
 * that batch are dropped: to find the bad one, roll back and add them again one by one. */
int store_bulk_flush(struct store_bulk *bulk);
/* Returns the number of rows sent so far. */
uint64_t store_bulk_sent(const struct store_bulk *bulk);
/* Frees; does not flush. May be called before or after store_conn_fini() of its connection. */
void store_bulk_free(struct store_bulk **bulk);

#endif
