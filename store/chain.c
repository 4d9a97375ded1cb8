/* Chains of tasks: every step is one that the journal's own transaction carries. */
#include "store/chain.h"

#include "store/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <uuid.h>

/* ---- Writing ------------------------------------------------------------------------------------------------- */

struct member_args {
    const char *chain, *created;
    unsigned at;
    const uint8_t *id;
    const char *type, *params; /* params NULL: the first one, whose row has them */
};

static int insert_member(struct store_conn *conn, const struct member_args *member)
{
    char id[STORE_UUID_SIZE];

    store_uuid_text(member->id, id);
    struct store_value params[] = {STORE_S(member->chain),
                                   STORE_U(member->at),
                                   STORE_S(id),
                                   STORE_S(member->type),
                                   STORE_S_OR_NULL(member->params),
                                   STORE_U(member->at == 0),
                                   STORE_S(member->created)};
    return store_run(conn,
                     "INSERT INTO task_chain (chain, at, task_id, type, params, started, created_at) VALUES "
                     "(?, ?, ?, ?, ?, ?, ?)",
                     params, 7, NULL, NULL);
}

int chain_insert(struct store_conn *conn, const struct journal_new *first, const struct chain_new *then, unsigned n)
{
    char chain[STORE_UUID_SIZE], created[STORE_TIME_SIZE];

    assert(n > 0 && n <= CHAIN_FOLLOW_UPS);
    store_uuid_text(first->id, chain);
    store_time_text(first->created_ms, created);
    struct member_args member = {chain, created, 0, first->id, first->type, NULL};
    int rc = insert_member(conn, &member);
    for (unsigned i = 0; i < n && rc == 0; i++) {
        member = (struct member_args){chain, created, i + 1, then[i].id, then[i].type, then[i].params};
        rc = insert_member(conn, &member);
    }
    return rc;
}

/* ---- The next one -------------------------------------------------------------------------------------------- */

static int keep_next(const struct store_value *v, unsigned n, void *ctx)
{
    struct chain_next *next = ctx;

    (void)n;
    if (uuid_parse(v[0].text, next->id) != 0)
        abort(); /* the column is a UUID */
    journal_copy_text(next->type, sizeof next->type, &v[1]);
    return 1;
}

/* The caller has changed the task's row, so no cancellation comes in between. */
static int find_next(struct store_conn *conn, const struct store_value *task, struct chain_next *out)
{
    return store_query(conn,
                       "SELECT n.task_id, n.type FROM task_chain m FORCE INDEX (uq_task) STRAIGHT_JOIN task_chain n "
                       "FORCE INDEX (PRIMARY) ON n.chain = m.chain AND n.at = m.at + 1 STRAIGHT_JOIN task t "
                       "FORCE INDEX (PRIMARY) ON t.id = m.task_id "
                       "WHERE m.task_id = ? AND NOT n.started AND NOT t.cancel_requested",
                       task, 1, keep_next, out);
}

int chain_start_next(struct store_conn *conn, const store_uuid task, int64_t now_ms, struct chain_next *out)
{
    char before[STORE_UUID_SIZE], id[STORE_UUID_SIZE], now[STORE_TIME_SIZE];
    uint64_t changed = 0;

    store_uuid_text(task, before);
    store_time_text(now_ms, now);
    struct store_value of_before = STORE_S(before);
    int rc = find_next(conn, &of_before, out);
    if (rc != 1)
        return rc;
    store_uuid_text(out->id, id);
    struct store_value member = STORE_S(id);
    if (store_run(conn, "UPDATE task_chain SET started = 1 WHERE task_id = ? AND NOT started", &member, 1, &changed,
                  NULL) != 0)
        return -1;
    assert(changed == 1); /* whoever ends the task before it has that row alone */
    struct store_value params[] = {STORE_S(now), STORE_S(id), STORE_S(before)};
    rc =
        store_run(conn,
                  "INSERT INTO task (id, node, type, params, requested_by, request_id, traceparent, chain, created_at, "
                  "status, attempt) SELECT c.task_id, t.node, c.type, c.params, t.requested_by, t.request_id, "
                  "t.traceparent, c.chain, GREATEST(?, t.created_at), 'queued', 0 FROM task_chain c STRAIGHT_JOIN "
                  "task t WHERE c.task_id = ? AND t.id = ?",
                  params, 3, NULL, NULL);
    return rc == 0 ? 1 : -1;
}

/* ---- Reading ------------------------------------------------------------------------------------------------- */

static int keep_member(const struct store_value *v, unsigned n, void *ctx)
{
    struct chain *chain = ctx;

    (void)n;
    assert(chain->n < CHAIN_MEMBERS);
    struct chain_member *member = &chain->member[chain->n++];
    if (uuid_parse(v[0].text, member->id) != 0)
        abort(); /* the column is a UUID */
    journal_copy_text(member->type, sizeof member->type, &v[1]);
    member->started = v[2].text[0] == '1';
    member->known = v[3].text != NULL;
    if (!member->known)
        return 0;
    member->status = journal_status_named(v[3].text);
    member->outcome = task_outcome_named(v[4].text);
    member->cancel_requested = v[5].text[0] == '1';
    return 0;
}

int chain_read(struct store_conn *conn, const store_uuid name, struct chain *out)
{
    char text[STORE_UUID_SIZE];

    memset(out, 0, sizeof *out);
    store_uuid_text(name, text);
    struct store_value param = STORE_S(text);
    return store_query(conn,
                       "SELECT c.task_id, c.type, c.started, t.status, t.outcome, t.cancel_requested FROM task_chain c "
                       "FORCE INDEX (PRIMARY) LEFT JOIN task t ON t.id = c.task_id WHERE c.chain = ? ORDER BY c.at",
                       &param, 1, keep_member, out);
}

struct rest {
    chain_rest_fn fn;
    void *ctx;
};

static int hand_left(const struct store_value *v, unsigned n, void *ctx)
{
    const struct rest *rest = ctx;

    (void)n;
    return rest->fn(v[0].text, v[1].text, rest->ctx);
}

int chain_each_left(struct store_conn *conn, const store_uuid task, chain_rest_fn fn, void *ctx)
{
    struct rest rest = {fn, ctx};
    char text[STORE_UUID_SIZE];

    store_uuid_text(task, text);
    struct store_value param = STORE_S(text);
    return store_query(conn,
                       "SELECT n.type, n.params FROM task_chain m FORCE INDEX (uq_task) STRAIGHT_JOIN task_chain n "
                       "FORCE INDEX (PRIMARY) ON n.chain = m.chain AND n.at > m.at "
                       "WHERE m.task_id = ? AND NOT EXISTS (SELECT 1 FROM task_chain s FORCE INDEX (PRIMARY) WHERE "
                       "s.chain = m.chain AND s.at = m.at + 1 AND s.started) ORDER BY n.at",
                       &param, 1, hand_left, &rest);
}

/* ---- Retention ----------------------------------------------------------------------------------------------- */

int chain_purge(struct store_conn *conn, unsigned days, unsigned limit, uint64_t *deleted)
{
    struct store_value params[] = {STORE_U(days), STORE_U(limit)};

    return store_run(conn,
                     "DELETE c FROM (SELECT o.chain FROM task_chain o FORCE INDEX (ix_created) WHERE o.at = 0 AND "
                     "o.created_at < UTC_TIMESTAMP(3) - INTERVAL ? DAY AND NOT EXISTS (SELECT 1 FROM task_chain m "
                     "FORCE INDEX (PRIMARY) JOIN task t FORCE INDEX (PRIMARY) ON t.id = m.task_id WHERE m.chain = "
                     "o.chain) ORDER BY o.created_at LIMIT ?) AS old STRAIGHT_JOIN task_chain c FORCE INDEX (PRIMARY) "
                     "ON c.chain = old.chain",
                     params, 2, deleted, NULL);
}
