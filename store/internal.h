/* Shared by the files of store/ only. */
#ifndef PF_STORE_INTERNAL_H
#define PF_STORE_INTERNAL_H

#include "store/conn.h"
#include "store/fault.h"
#include "store/journal.h"

/* ---- Connection ---------------------------------------------------------------------------------------------- */

/* Closes the connection and forgets its statements and transaction. Keeps conn->error. */
void store_close(struct store_conn *conn);
/* Records an error of the client library or the server; closes the connection if its class says so; dooms the
 * transaction if it must be rolled back. `committing` as for store_classify(). Returns -1. */
int store_fail_number(struct store_conn *conn, unsigned number, const char *text, bool committing);
/* Is a statement allowed now: open, and the transaction not doomed? Returns 0 or -1. */
int store_check_usable(struct store_conn *conn);
/* Refuses a packet that the server would answer by closing the connection. Returns 0 or -1 (STORE_DATA). */
int store_check_size(struct store_conn *conn, uint64_t bytes);
/* Calls the test hook. Returns 0 or -1. */
int store_fault(struct store_conn *conn, enum store_fault_point point, const char *sql, bool committing);
/* Sends one text statement and reads everything that it answers. */
int store_send(struct store_conn *conn, const char *sql, bool committing, uint64_t *affected);
/* Sets the session variables, reads them back, and reads max_allowed_packet. */
int store_session_setup(struct store_conn *conn);
/* Makes the next reads see what other Galera nodes have committed. Ignored by other servers. */
void store_causal_reads(struct store_conn *conn, bool on);

/* Statement cache. */
struct store_stmts;
struct store_stmts *store_stmts_new(void);
void store_stmts_free(struct store_stmts **stmts); /* also after mysql_close() */

/* Runs a statement of the schema. A server that was stopped while it made a trigger may have kept the trigger's name alone,
 * and then refuses to make it: the name is taken away first. */
int store_exec_schema(struct store_conn *conn, const char *sql);

/* ---- Time ---------------------------------------------------------------------------------------------------- */

/* Sleeps; signals do not end it. */
void store_sleep_ms(unsigned ms);
/* Sleeps before attempt `attempt` (0, 1, …): a random time within 50 ms, doubling to 1 s, so that two that met in a
 * deadlock do not meet again. */
void store_backoff(unsigned attempt);

/* ---- Text ---------------------------------------------------------------------------------------------------- */

#define STORE_TIME_SIZE 32
#define STORE_UUID_SIZE 37

/* Writes UTC milliseconds as text of a DATETIME(3). */
void store_time_text(int64_t ms, char out[STORE_TIME_SIZE]);
void store_uuid_text(const store_uuid id, char out[STORE_UUID_SIZE]);
/* Copies at most `chars` characters; bytes that are not UTF-8 become '?'. A summary that is too long, or a file name
 * in another encoding, must not fail the transaction that ends a task. `out` has room for 4 * chars + 1 bytes. */
void store_clip(char *out, size_t chars, const char *text);

/* ---- Journal row as parameters ------------------------------------------------------------------------------- */

#define JOURNAL_INSERT_COLUMNS 21
extern const char journal_insert_sql[];
struct journal_args {
    char id[STORE_UUID_SIZE], node[STORE_UUID_SIZE], created[STORE_TIME_SIZE];
    char retry_of[STORE_UUID_SIZE], from_task[STORE_UUID_SIZE], chain[STORE_UUID_SIZE];
    unsigned char live[32];
    char requested_by[64 * 4 + 1];
    char file_name[255 * 4 + 1];
    struct store_value values[JOURNAL_INSERT_COLUMNS];
};
/* `args` borrows from `task` and points into itself: do not copy it. */
void journal_args_fill(struct journal_args *args, const struct journal_new *task);
/* Copies a column; what does not fit is cut between characters. NULL becomes "". */
void journal_copy_text(char *out, size_t size, const struct store_value *value);
/* Is the row committed? Waits for a transaction that still holds it, so the answer is final. Returns 1, 0, -1. */
int journal_settled(struct store_conn *conn, const store_uuid id);

#endif
