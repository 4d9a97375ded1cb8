/* The task journal: table `task`, the durable truth about every accepted task.
 *
 *   queued   ->  running, cancelled, failed
 *   running  ->  succeeded, failed, cancelled, queued (another attempt)
 *
 * Every move is a compare-and-set: UPDATE … WHERE id = ? AND status = ? AND attempt = ? AND node = ?. If no row was
 * changed, somebody else has moved it and nothing was written. A final row never changes again; it is deleted some
 * day. */
#ifndef PF_STORE_JOURNAL_H
#define PF_STORE_JOURNAL_H

#include "store/conn.h"

#include <stdint.h>

typedef uint8_t store_uuid[16]; /* network order, as libuuid's uuid_t */

enum journal_status { JOURNAL_QUEUED, JOURNAL_RUNNING, JOURNAL_SUCCEEDED, JOURNAL_FAILED, JOURNAL_CANCELLED };

/* Task-Outcome of http-api.md section 6. Stored as text in the column `outcome`. */
enum task_outcome {
    OUTCOME_NONE = 0,
    OUTCOME_SUCCEEDED,
    OUTCOME_PARTIAL,
    OUTCOME_FAILED,
    OUTCOME_CANCELLED,
    OUTCOME_TIMED_OUT,
    OUTCOME_INTERRUPTED,
    OUTCOME_EXPIRED
};
const char *task_outcome_name(enum task_outcome outcome);
/* The reverses, of texts of the database; NULL = no outcome. */
enum task_outcome task_outcome_named(const char *name);
enum journal_status journal_status_named(const char *name);

/* The uploaded file of a task, and what was found out about it when it arrived. An empty name means none. */
struct journal_file {
    char name[256];     /* as the client calls it, for display only; UTF-8 */
    uint64_t offset;    /* first byte of the file inside the spooled body (multipart) */
    uint64_t length;    /* bytes */
    char format[8];     /* sheet_format_name() of its content; "" = not known */
    bool hashed;        /* `sha256` is known */
    uint8_t sha256[32]; /* of the file alone */
};

/* What a task counts: its rows or items. The names are those of the full view; a type reports the counts that it has. */
enum task_count {
    COUNT_TOTAL,     /* to be processed */
    COUNT_DONE,      /* processed, including the rejected ones */
    COUNT_CREATED,   /* by the effect; only for a success */
    COUNT_UPDATED,   /* likewise */
    COUNT_UNCHANGED, /* likewise */
    COUNT_REJECTED,
    TASK_COUNTS
};
#define COUNTED(count) (1u << (count))

struct task_counts {
    uint8_t known; /* COUNTED() of those that were reported; 0 = none */
    uint64_t n[TASK_COUNTS];
};
static inline void task_count(struct task_counts *counts, enum task_count which, uint64_t n)
{
    counts->known |= (uint8_t)COUNTED(which);
    counts->n[which] = n;
}

/* The row of a new task. Strings are borrowed. */
struct journal_new {
    store_uuid id;
    const char *type;
    const char *params;          /* canonical JSON */
    store_uuid node;             /* this node's id */
    const uint8_t *idem_scope;   /* 32 bytes or NULL */
    const uint8_t *idem_payload; /* 32 bytes or NULL */
    /* NULL, or text: at most one live task of this type has it. Stored as the SHA-256 of type, NUL and text in a UNIQUE
     * column, which is set to NULL in a final state. */
    const char *live_key;
    const char *requested_by;        /* NULL or client identity */
    const char *request_id;          /* NULL or the HTTP request that asked, at most 36 ASCII characters */
    const char *traceparent;         /* NULL or the trace of that request, 55 ASCII characters */
    const uint8_t *retry_of;         /* NULL or the id of the task that this one repeats */
    const uint8_t *from_task;        /* NULL or the id of the task whose file this one takes */
    const uint8_t *chain;            /* NULL or the chain that it belongs to (store/chain.h) */
    const struct journal_file *file; /* NULL or the spooled upload; its spool name is the task id */
    int64_t created_ms;              /* UTC milliseconds */
};

/* A row as it was read. Strings are on the heap; journal_row_fini() frees them. */
struct journal_row {
    store_uuid id, node;
    char type[33];
    enum journal_status status;
    enum task_outcome outcome;
    unsigned attempt;
    bool cancel_requested;
    int64_t created_ms, started_ms, done_ms; /* 0 = NULL */
    char *params;
    char *result;              /* NULL unless succeeded */
    char *message;             /* final summary, or "" */
    char *error_code;          /* "" if none */
    char *error_message;       /* "" if none */
    char *error_more;          /* NULL, or a JSON object: what error_detail has besides */
    unsigned progress;         /* percent that a failed or cancelled task had reached */
    struct task_counts counts; /* only of a final task */
    struct journal_file file;
    char requested_by[64 * 4 + 1]; /* "" if unknown; as all below */
    char request_id[37];
    char traceparent[56];
    bool is_retry; /* retry_of is set */
    store_uuid retry_of;
    bool has_origin; /* from_task is set */
    store_uuid from_task;
    bool is_chained; /* `chain` is set: it belongs to that chain (store/chain.h) */
    store_uuid chain;
    char cancel_by[64 * 4 + 1]; /* with cancel_requested: by whom, why, when */
    char cancel_reason[200 * 4 + 1];
    int64_t cancel_ms;
};
void journal_row_fini(struct journal_row *row);

/* Inserts one row inside the caller's transaction. STORE_DUPLICATE for an id, idempotency key or live key that
 * exists. */
int journal_insert(struct store_conn *conn, const struct journal_new *task);

/* Reads one row. Returns 1 (found), 0 (no such id) or -1. */
int journal_read(struct store_conn *conn, const store_uuid id, struct journal_row *out);
/* The same, but waits for a transaction that still holds the row, such as the COMMIT of a killed process. Use it
 * before you decide anything from "not there" or "still running": no dead process can change the answer later. */
int journal_read_settled(struct store_conn *conn, const store_uuid id, struct journal_row *out);

/* queued -> running, with attempt + 1 and started_at now. Autocommit. Returns 1 and the row as it is now; 0 if
 * somebody else has it or it is no longer queued; -1: the claim may have been written, only the journal knows. */
int journal_claim(struct store_conn *conn, const store_uuid id, const store_uuid node, struct journal_row *out);

/* running (this attempt, this node) -> queued. `give_back`: the attempt does not count (orderly stop). Returns 1, 0
 * or -1. */
int journal_requeue(struct store_conn *conn, const store_uuid id, const store_uuid node, unsigned attempt,
                    bool give_back);

/* How a task ended. Strings are borrowed, NULL = none. */
struct journal_end {
    enum journal_status status; /* SUCCEEDED, FAILED or CANCELLED */
    enum task_outcome outcome;
    const char *result;        /* JSON, only with SUCCEEDED */
    const char *message;       /* summary for people */
    const char *error_code;    /* "E_NO_HEADER", "interrupted", … */
    const char *error_message; /* one sentence for people */
    const char *error_more;    /* JSON object: further members of error_detail */
    int64_t done_ms;
    unsigned progress; /* percent that a poll showed last; a success always shows 100 */
    struct task_counts counts;
};
/* Returns the end that a final row describes; it borrows from the row. */
struct journal_end journal_end_of(const struct journal_row *row);

/* Writes the final state inside the caller's transaction, or in autocommit. `from` is RUNNING with this attempt, or
 * QUEUED. Returns 1 (written), 0 (the row was not in that state: roll back, this attempt has lost its task) or -1. */
int journal_finish(struct store_conn *conn, const store_uuid id, const store_uuid node, enum journal_status from,
                   unsigned attempt, const struct journal_end *end);

/* Records that cancellation was asked for, by whom and why (both may be NULL; the first request counts). From then on
 * the row has no live key: an equal start is a new task. Returns 1; 0 if the row is final or unknown; -1. */
int journal_ask_cancel(struct store_conn *conn, const store_uuid id, const char *by, const char *reason);

/* journal_each_live(): the rows of this node that are not final, oldest first. journal_each_finished(): the newest
 * final rows of all nodes, newest first, at most `limit`. */
typedef int (*journal_row_fn)(const struct journal_row *row, void *ctx);
int journal_each_live(struct store_conn *conn, const store_uuid node, journal_row_fn fn, void *ctx);
int journal_each_finished(struct store_conn *conn, unsigned limit, journal_row_fn fn, void *ctx);
/* A range of the journal: the filters of a list, and where its page starts. */
struct journal_range {
    const char *by;              /* who has asked for it; NULL = all */
    const char *type;            /* NULL = all */
    const char *status;          /* name of an enum journal_status as stored: "queued"; NULL = all */
    int64_t after_ms, before_ms; /* created after / before; 0 and INT64_MAX = no bound */
    bool started;                /* the page starts behind this row: */
    int64_t last_ms;
    store_uuid last_id;
};
/* Hands out the newest rows of a range, newest first (by created_at, then by the id as the database sorts it), at
 * most `limit`. An index serves it, however long the history is. Returns 0, -1, or fn's nonzero value. */
int journal_each_in(struct store_conn *conn, const struct journal_range *range, unsigned limit, journal_row_fn fn,
                    void *ctx);
/* Compares ids in the database's order, for merging ranges: <0, 0, >0. The order of their texts is another one. */
int journal_id_compare(const store_uuid a, const store_uuid b);
/* Hands out rows by id, in no particular order. `ids` is a JSON array of texts; unknown ids are left out. */
int journal_each_of(struct store_conn *conn, const char *ids, journal_row_fn fn, void *ctx);

/* Numbers of finished tasks by type and state, from counters. */
typedef int (*journal_count_fn)(const char *type, enum journal_status status, int64_t n, void *ctx);
int journal_counts(struct store_conn *conn, journal_count_fn fn, void *ctx);
/* Adds up to `limit` recorded changes to the counters, in a transaction of its own. Returns 0 or -1. */
int journal_fold_counts(struct store_conn *conn, unsigned limit);

/* Ids of this node's running rows: the janitor looks for rows that no slot stands for. */
int journal_each_running_id(struct store_conn *conn, const store_uuid node, int (*fn)(const store_uuid id, void *ctx),
                            void *ctx);
/* Ids of this node's live rows whose cancellation was asked for. */
int journal_each_cancel_id(struct store_conn *conn, const store_uuid node, int (*fn)(const store_uuid id, void *ctx),
                           void *ctx);
/* Ids of this node's queued rows, oldest first: the janitor adopts rows that a killed worker had committed. */
int journal_each_queued_id(struct store_conn *conn, const store_uuid node, int (*fn)(const store_uuid id, void *ctx),
                           void *ctx);

/* Finds the task of a key. Returns 1, 0 or -1. `payload` is zero if that task had none. An idempotency key stays
 * until it expires, even if its task is already forgotten. */
int journal_find_idem(struct store_conn *conn, const uint8_t scope[32], store_uuid id, uint8_t payload[32]);
int journal_find_live(struct store_conn *conn, const char *type, const char *live_key, store_uuid id);
/* Gives an idempotency key to an existing task that a start has joined. Autocommit. STORE_DUPLICATE if the key is
 * taken. */
int journal_keep_idem(struct store_conn *conn, const uint8_t scope[32], const uint8_t payload[32], const store_uuid id);
/* Deletes idempotency keys older than `hours`, at most `limit` of each kind. Autocommit. */
int journal_expire_idem(struct store_conn *conn, unsigned hours, unsigned limit, uint64_t *expired);

/* Deletes final rows that ended more than `days` ago by the database's clock, at most `limit`, in a transaction of
 * its own. Each leaves a tombstone. *deleted: how many. */
int journal_purge(struct store_conn *conn, unsigned days, unsigned limit, uint64_t *deleted);
/* Deletes one final row and leaves a tombstone, in a transaction of its own. Returns 1; 0 if it is not final or
 * unknown; -1. */
int journal_forget(struct store_conn *conn, const store_uuid id);
/* Was there a task with this id that is now deleted? (410 instead of 404.) Returns 1, 0 or -1. */
int journal_gone(struct store_conn *conn, const store_uuid id);
int journal_purge_tombstones(struct store_conn *conn, unsigned days, unsigned limit, uint64_t *deleted);

#endif
