/* A task's log for people, beside its row: table `task_log`, text in pieces.
 *
 * A piece is whole lines. It is written in the transaction that moves the row: the log of an attempt that has lost
 * its row is not kept, and there are never two writers. It is deleted with the row. */
#ifndef PF_STORE_TASKLOG_H
#define PF_STORE_TASKLOG_H

#include "store/journal.h"

/* The most bytes of a task's log that are kept; the last line then says that it is full. */
#define TASKLOG_MAX       65536
/* The most bytes that are written at once. */
#define TASKLOG_PIECE_MAX 16384

/* Whole lines of valid UTF-8 with their line feeds. Borrowed. */
struct tasklog_text {
    const char *text;
    size_t len;
};

/* Appends lines, inside the transaction that moved the row. Returns 0 or -1. */
int tasklog_append(struct store_conn *conn, const store_uuid id, struct tasklog_text lines);

/* journal_finish() and journal_requeue(), with lines for the log, in a transaction of their own. They return the same
 * values; the lines are kept only with 1. */
int tasklog_finish(struct store_conn *conn, const store_uuid id, const store_uuid node, enum journal_status from,
                   unsigned attempt, const struct journal_end *end, struct tasklog_text lines);
int tasklog_requeue(struct store_conn *conn, const store_uuid id, const store_uuid node, unsigned attempt,
                    bool give_back, struct tasklog_text lines);

/* Hands out the log behind its first `after` bytes, in order, in pieces that are not empty; `at` is the offset of a
 * piece's first byte. Returns 0, -1, or fn's nonzero value. */
typedef int (*tasklog_fn)(uint64_t at, struct tasklog_text piece, void *ctx);
int tasklog_each(struct store_conn *conn, const store_uuid id, uint64_t after, tasklog_fn fn, void *ctx);
/* Returns 0 and the number of bytes, or -1. */
int tasklog_length(struct store_conn *conn, const store_uuid id, uint64_t *length);

#endif
