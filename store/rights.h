/* What a start of the daemon tries of a database: it may have come from another server, with triggers of an account that
 * is not there, and with an account of ours that lacks a right. And what to do about errors of that kind. */
#ifndef PF_STORE_RIGHTS_H
#define PF_STORE_RIGHTS_H

#include "store/conn.h"

/* What the daemon's account needs on its database: migrations, tasks, reads. */
#define STORE_RIGHTS                                                                                                   \
    "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE TEMPORARY TABLES, TRIGGER"

/* Make every trigger of the schema that is missing or has another definer than this session's account. `made` counts.
 * After store_migrate(). Returns 0, or -1 with conn->error. */
int store_own_triggers(struct store_conn *conn, unsigned *made);
/* Try to read and change every table and to make a temporary one; changes nothing. Returns 0, or -1 with conn->error. */
int store_try_rights(struct store_conn *conn);
/* Do what accepting a task does, and roll it back: a row in `task`, with its triggers. Returns 0, or -1 with
 * conn->error. */
int store_try_start(struct store_conn *conn);

/* Settings of the server that let a power cut lose what was acknowledged. */
enum store_weakness {
    STORE_WEAK_COMMIT = 1,      /* innodb_flush_log_at_trx_commit is neither 1 nor 3 */
    STORE_WEAK_SYNC = 2,        /* innodb_flush_method or debug_no_sync: files are not synced */
    STORE_WEAK_DOUBLEWRITE = 4, /* innodb_doublewrite is not on: a torn page cannot be repaired */
    STORE_WEAK_SETS = 8
};

/* The set of weaknesses that the server has now. Returns 0, or -1 with conn->error. */
int store_weaknesses(struct store_conn *conn, unsigned *weak);
/* "innodb_flush_log_at_trx_commit is not 1, …: a power cut loses accepted tasks"; "" for none. */
void store_weakness_text(unsigned weak, char *out, size_t size);

/* What an administrator has to do about this error, with the statement that does it. Returns false if there is no such
 * advice. `database` is the database's name. */
bool store_remedy(const struct store_error *error, const char *database, char *out, size_t size);

#endif
