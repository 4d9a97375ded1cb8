/* The task journal: table `task`, the durable truth about every accepted task.
 *
 * States: queued -> running -> succeeded | failed | cancelled, queued -> cancelled | failed. Every move is a
 * compare-and-set: UPDATE … WHERE id = ? AND status = ? AND attempt = ? AND node = ?; zero rows changed means that
 * somebody else moved it, and nothing was written. A final row never changes again (but may be purged). */
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

/* The uploaded file of a task, and what its arrival has found out about it. Empty name = none. */
struct journal_file {
    char name[256];     /* the client's name for it, for display only; UTF-8 */
    uint64_t offset;    /* first byte of the file inside the spooled body (multipart) */
    uint64_t length;    /* bytes */
    char format[8];     /* sheet_format_name() of its content; "" = not known */
    bool hashed;        /* `sha256` is known */
    uint8_t sha256[32]; /* of the file alone */
};

/* What a task counts of its rows or items. The names are those of the full view; a type reports the ones that it
 * has. */
enum task_count {
    COUNT_TOTAL,     /* how many there are to go through */
    COUNT_DONE,      /* gone through, the rejected ones included */
    COUNT_CREATED,   /* what the effect did: with a success alone */
    COUNT_UPDATED,   /* likewise */
    COUNT_UNCHANGED, /* likewise */
    COUNT_REJECTED,
    TASK_COUNTS
};
#define COUNTED(count) (1u << (count))

struct task_counts {
    uint8_t known; /* COUNTED() of those that have been reported; 0: none */
    uint64_t n[TASK_COUNTS];
};
static inline void task_count(struct task_counts *counts, enum task_count which, uint64_t n)
{
    counts->known |= (uint8_t)COUNTED(which);
    counts->n[which] = n;
}

/* What accept writes. Strings are borrowed. */
struct journal_new {
    store_uuid id;
    const char *type;
    const char *params;          /* canonical JSON */
    store_uuid node;             /* this node's id */
    const uint8_t *idem_scope;   /* 32 bytes or NULL */
    const uint8_t *idem_payload; /* 32 bytes or NULL */
    const char *live_key; /* NULL, or text (stored as SHA-256 of type, NUL, text): at most one live task of this type
                             has it (UNIQUE; set NULL in a final state) */
    const char *requested_by;        /* NULL or client identity */
    const char *request_id;          /* NULL or the HTTP request that asked, at most 36 ASCII characters */
    const char *traceparent;         /* NULL or the trace of that request, 55 ASCII characters */
    const uint8_t *retry_of;         /* NULL or the id of the task that this one repeats */
    const struct journal_file *file; /* NULL or the spooled upload; its spool name is the task id */
    int64_t created_ms;              /* UTC milliseconds */
};

/* A row as read back. Heap strings, freed by journal_row_fini(). */
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
    char *message;             /* final summary or ""; never NULL */
    char *error_code;          /* "" if none */
    char *error_message;       /* "" if none */
    unsigned progress;         /* of a failed or cancelled task: the percent it had reached */
    struct task_counts counts; /* of a final task */
    struct journal_file file;
    char requested_by[64 * 4 + 1]; /* "" if unknown; as all below */
    char request_id[37];
    char traceparent[56];
    bool is_retry; /* retry_of is set */
    store_uuid retry_of;
    char cancel_by[64 * 4 + 1]; /* with cancel_requested: who asked, why, when */
    char cancel_reason[200 * 4 + 1];
    int64_t cancel_ms;
};
void journal_row_fini(struct journal_row *row);

/* Insert one row inside the caller's transaction. STORE_DUPLICATE on an id, idempotency or live key that exists. */
int journal_insert(struct store_conn *conn, const struct journal_new *task);

/* Read one row. Returns 1 (found), 0 (no such id), -1. */
int journal_read(struct store_conn *conn, const store_uuid id, struct journal_row *out);
/* The same, but waits for a transaction that still holds the row, a COMMIT of a killed process included: what it says
 * is final as far as dead writers go. Use it before anything is decided from "not there" or "still running". */
int journal_read_settled(struct store_conn *conn, const store_uuid id, struct journal_row *out);

/* queued -> running with attempt + 1, started_at now. Autocommit. Returns 1 and the row as it is now; 0 when somebody
 * else has it or it is no longer queued; -1, and then only the journal knows whether the claim went through. */
int journal_claim(struct store_conn *conn, const store_uuid id, const store_uuid node, struct journal_row *out);

/* running (this attempt, this node) -> queued; `give_back`: the attempt does not count (orderly stop). Returns 1, 0,
 * -1. */
int journal_requeue(struct store_conn *conn, const store_uuid id, const store_uuid node, unsigned attempt,
                    bool give_back);

/* How a task ended. Strings are borrowed, NULL = none. */
struct journal_end {
    enum journal_status status; /* SUCCEEDED, FAILED or CANCELLED */
    enum task_outcome outcome;
    const char *result;        /* JSON, only with SUCCEEDED */
    const char *message;       /* summary for people */
    const char *error_code;    /* "E_NO_HEADER", "interrupted", … */
    const char *error_message; /* one sentence for a toast */
    int64_t done_ms;
    unsigned progress; /* the percent that a poll showed last; of a success 100 is shown whatever this says */
    struct task_counts counts;
};
/* The end that a final row tells of; borrows from it. */
struct journal_end journal_end_of(const struct journal_row *row);

/* Write the final state inside the caller's transaction (or in autocommit). From `from` = RUNNING with this attempt, or
 * QUEUED. Returns 1 (written), 0 (the row was not in that state: roll back, your attempt is over), -1. */
int journal_finish(struct store_conn *conn, const store_uuid id, const store_uuid node, enum journal_status from,
                   unsigned attempt, const struct journal_end *end);

/* Remember that cancellation was asked for, by whom and why (both may be NULL; the first request counts). From then on
 * the row has no live key: an equal start is a new task. Returns 1, 0 when the row is final or unknown, -1. */
int journal_ask_cancel(struct store_conn *conn, const store_uuid id, const char *by, const char *reason);

/* All rows of this node that are not final, oldest first, then up to `finished` newest final ones, newest first. */
typedef int (*journal_row_fn)(const struct journal_row *row, void *ctx);
int journal_each_live(struct store_conn *conn, const store_uuid node, journal_row_fn fn, void *ctx);
int journal_each_finished(struct store_conn *conn, unsigned limit, journal_row_fn fn, void *ctx);
/* One range of the journal: what a list filters by and where its page starts. */
struct journal_range {
    const char *type;            /* NULL = all */
    const char *status;          /* name of an enum journal_status as stored: "queued"; NULL = all */
    int64_t after_ms, before_ms; /* created later than / earlier than; 0 and INT64_MAX = no bound */
    bool started;                /* behind this row, in the order of the list: */
    int64_t last_ms;
    store_uuid last_id;
};
/* The newest rows of a range, newest first (created_at, then the id as the database sorts it), at most `limit`; an
 * index leads to them whatever the length of the history. Returns 0, -1, or fn's nonzero value. */
int journal_each_in(struct store_conn *conn, const struct journal_range *range, unsigned limit, journal_row_fn fn,
                    void *ctx);
/* The database's order of ids, for merging ranges: <0, 0, >0. It is not that of their text. */
int journal_id_compare(const store_uuid a, const store_uuid b);
/* Rows by id: `ids` is a JSON array of texts. In no order; what is not there is left out. */
int journal_each_of(struct store_conn *conn, const char *ids, journal_row_fn fn, void *ctx);

/* Finished tasks by type and state, from counters. */
typedef int (*journal_count_fn)(const char *type, enum journal_status status, int64_t n, void *ctx);
int journal_counts(struct store_conn *conn, journal_count_fn fn, void *ctx);
/* Add up to `limit` changes of the counters up. Transaction of its own. Returns 0 or -1. */
int journal_fold_counts(struct store_conn *conn, unsigned limit);

/* Ids of this node's running rows: for the sweep that finds the ones no slot stands for. */
int journal_each_running_id(struct store_conn *conn, const store_uuid node, int (*fn)(const store_uuid id, void *ctx),
                            void *ctx);
/* Ids of this node's live rows whose cancellation was asked for. */
int journal_each_cancel_id(struct store_conn *conn, const store_uuid node, int (*fn)(const store_uuid id, void *ctx),
                           void *ctx);
/* Ids of this node's queued rows, oldest first: for the sweep that adopts what a killed worker committed. */
int journal_each_queued_id(struct store_conn *conn, const store_uuid node, int (*fn)(const store_uuid id, void *ctx),
                           void *ctx);

/* Whose key is it? Returns 1, 0, -1. `payload` is zero when that task had none. The task of an idempotency key may be
 * forgotten by now: the key stays until it expires. */
int journal_find_idem(struct store_conn *conn, const uint8_t scope[32], store_uuid id, uint8_t payload[32]);
int journal_find_live(struct store_conn *conn, const char *type, const char *live_key, store_uuid id);
/* Give a key to a task that was there before: a start that joined it. Autocommit. STORE_DUPLICATE when it is taken. */
int journal_keep_idem(struct store_conn *conn, const uint8_t scope[32], const uint8_t payload[32], const store_uuid id);
/* Forget idempotency keys older than `hours`, at most `limit` of each kind. Autocommit. */
int journal_expire_idem(struct store_conn *conn, unsigned hours, unsigned limit, uint64_t *expired);

/* Delete final rows that ended more than `days` ago by the database's clock, at most `limit` at a time, in a
 * transaction of its own; each leaves a tombstone. *deleted counts. */
int journal_purge(struct store_conn *conn, unsigned days, unsigned limit, uint64_t *deleted);
/* Delete one final row, leaving a tombstone. Own transaction. Returns 1, 0 when it is not final or unknown, -1. */
int journal_forget(struct store_conn *conn, const store_uuid id);
/* Was there once a task with this id? (410, not 404.) Returns 1, 0, -1. */
int journal_gone(struct store_conn *conn, const store_uuid id);
int journal_purge_tombstones(struct store_conn *conn, unsigned days, unsigned limit, uint64_t *deleted);

#endif
