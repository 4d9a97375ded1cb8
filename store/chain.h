/* Chains: tasks that start one after the other, each when the one before it has succeeded. Table `task_chain`.
 *
 *   - A chain is named by the id of its first task. Its members are written with that task, in one transaction, and
 *     their ids are chosen then.
 *   - A member becomes a task (a queued row of the journal) in the transaction that writes the success of the one before
 *     it. So nothing that is killed forgets or doubles it, and it needs no slot: without one it waits in the journal.
 *   - What ends without success, or was to be cancelled, has no successor: the rest never starts. */
#ifndef PF_STORE_CHAIN_H
#define PF_STORE_CHAIN_H

#include "store/journal.h"

#define CHAIN_FOLLOW_UPS 5 /* at most so many tasks after the first one */
#define CHAIN_MEMBERS    (CHAIN_FOLLOW_UPS + 1)

/* What is to follow. Strings are borrowed. */
struct chain_new {
    store_uuid id; /* that it will have as a task */
    const char *type;
    const char *params; /* canonical JSON */
};
/* Writes a chain inside the caller's transaction, which inserts its first task. */
int chain_insert(struct store_conn *conn, const struct journal_new *first, const struct chain_new *then, unsigned n);

/* The task that starts next. */
struct chain_next {
    store_uuid id;
    char type[33];
};
/* `task` succeeds in the caller's transaction: inserts what follows it as a queued task of the same node and client,
 * created at `now_ms`. Returns 1 with *out; 0: nothing follows, or the task was to be cancelled; -1. */
int chain_start_next(struct store_conn *conn, const store_uuid task, int64_t now_ms, struct chain_next *out);

struct chain_member {
    store_uuid id;
    char type[33];
    bool started; /* it is, or was, a task */
    bool known;   /* the journal still has it. The rest is known only then: */
    enum journal_status status;
    enum task_outcome outcome;
    bool cancel_requested;
};
struct chain {
    unsigned n; /* 0 = the chain is no longer known */
    struct chain_member member[CHAIN_MEMBERS];
};
/* Reads a chain by its name. Returns 0 or -1. */
int chain_read(struct store_conn *conn, const store_uuid name, struct chain *out);
/* Hands out what stands behind this task in its chain, in order; nothing if the next one has started. Returns 0, -1, or
 * fn's nonzero value. */
typedef int (*chain_rest_fn)(const char *type, const char *params, void *ctx);
int chain_each_left(struct store_conn *conn, const store_uuid task, chain_rest_fn fn, void *ctx);

/* Deletes chains of which no task is left in the journal and that are older than `days`, at most `limit`. Autocommit.
 * *deleted: how many members. */
int chain_purge(struct store_conn *conn, unsigned days, unsigned limit, uint64_t *deleted);

#endif
