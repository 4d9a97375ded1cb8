/* What the database itself promises about its rows, looked up again: foreign keys lead to a row, conditions hold. A load
 * with these checks off, or a damaged disk, may have broken it. */
#ifndef PF_BACKUP_REFERENCES_H
#define PF_BACKUP_REFERENCES_H

#include "store/conn.h"

/* Told of each fault: the table, the row's key ("17", "3/ACC-1"), and a clause: "party_id leads to no row of party". Returns
 * true to stop. */
typedef bool (*references_fault_fn)(const char *table, const char *key, const char *what, void *ctx);

/* At most `most` faults of one kind are told. Returns 0, or -1 with conn->error. */
int references_check(struct store_conn *conn, unsigned most, references_fault_fn fn, void *ctx);

/* An expression for the key of a row of `table`, which the statement calls `alias`: its columns, a slash between. Returns 0,
 * or -1 with conn->error. */
int references_key(struct store_conn *conn, const char *table, const char *alias, char *out, size_t size);

#endif
