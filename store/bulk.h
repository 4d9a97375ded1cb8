/* Bulk insert by array binding (COM_STMT_BULK_EXECUTE): the fastest way in, strict, normal error numbers.
 *
 * Rows are collected column-wise and sent in batches of at most `batch_rows` rows and half the server's
 * max_allowed_packet. The statement is `INSERT INTO t (a,b) VALUES (?,?)` or an INSERT … ON DUPLICATE KEY UPDATE. */
#ifndef PF_STORE_BULK_H
#define PF_STORE_BULK_H

#include "store/conn.h"

struct store_bulk;

/* `sql` with n_columns question marks; batch_rows 0 = 2000. Returns NULL with conn->error set on failure. */
struct store_bulk *store_bulk_new(struct store_conn *conn, const char *sql, unsigned n_columns, unsigned batch_rows);
/* Append one row (values are copied); sends a batch when full. Returns 0 or -1 with conn->error. */
int store_bulk_add(struct store_bulk *bulk, const struct store_value *row);
/* Drop what is collected and not sent, after a rollback. */
void store_bulk_discard(struct store_bulk *bulk);
/* Send what is left. One bad row fails its whole batch; the rows of a failed batch are dropped: roll back, and add them
 * again one by one to learn which it was. Must be called before commit. */
int store_bulk_flush(struct store_bulk *bulk);
/* Rows sent so far. */
uint64_t store_bulk_sent(const struct store_bulk *bulk);
/* Free; does not flush. Before store_conn_fini() of its connection or after it. */
void store_bulk_free(struct store_bulk **bulk);

#endif
