/* Journal: look-ups by key, lists of ids, retention. */
#include "store/internal.h"
#include "store/journal.h"

#include <stdlib.h>
#include <string.h>
#include <uuid.h>

/* ---- Keys ---------------------------------------------------------------------------------------------------- */

struct found_idem {
    unsigned char *id;
    uint8_t *payload;
};

static int keep_idem(const struct store_value *v, unsigned n, void *ctx)
{
    struct found_idem *found = ctx;
    (void)n;
    if (uuid_parse(v[0].text, found->id) != 0)
        abort();
    memset(found->payload, 0, 32);
    if (v[1].text && v[1].len == 32)
        memcpy(found->payload, v[1].text, 32);
    return 1;
}

int journal_find_idem(struct store_conn *conn, const uint8_t scope[32], store_uuid id, uint8_t payload[32])
{
    struct found_idem found = {id, payload};
    struct store_value param = STORE_B((const char *)scope, 32);
    int rc = store_query(conn, "SELECT id, idem_payload FROM task WHERE idem_scope = ?", &param, 1, keep_idem, &found);
    if (rc != 0)
        return rc;
    return store_query(conn, "SELECT task_id, payload FROM idem_key WHERE scope = ?", &param, 1, keep_idem, &found);
}

int journal_keep_idem(struct store_conn *conn, const uint8_t scope[32], const uint8_t payload[32], const store_uuid id)
{
    char text[STORE_UUID_SIZE];
    store_uuid_text(id, text);
    struct store_value params[] = {STORE_B((const char *)scope, 32), STORE_B((const char *)payload, 32), STORE_S(text)};
    return store_run(conn,
                     "INSERT INTO idem_key (scope, payload, task_id, created_at) VALUES (?, ?, ?, UTC_TIMESTAMP(3))",
                     params, 3, NULL, NULL);
}

static int keep_id(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    if (uuid_parse(v[0].text, ctx) != 0)
        abort();
    return 1;
}

int journal_find_live(struct store_conn *conn, const char *type, const char *live_key, store_uuid id)
{
    struct journal_args args;
    struct journal_new probe = {.type = type, .params = "", .live_key = live_key};
    journal_args_fill(&args, &probe);
    return store_query(conn, "SELECT id FROM task FORCE INDEX (uq_live) WHERE live_key = ?", &args.values[6], 1,
                       keep_id, id);
}

int journal_expire_idem(struct store_conn *conn, unsigned hours, unsigned limit, uint64_t *expired)
{
    struct store_value params[] = {STORE_U(hours), STORE_U(limit)};
    uint64_t of_tasks = 0, kept = 0;
    if (store_run(conn,
                  "UPDATE task FORCE INDEX (uq_idem) SET idem_scope = NULL WHERE idem_scope IS NOT NULL AND "
                  "created_at < UTC_TIMESTAMP(3) - INTERVAL ? HOUR LIMIT ?",
                  params, 2, &of_tasks, NULL) != 0 ||
        store_run(conn,
                  "DELETE FROM idem_key WHERE created_at < UTC_TIMESTAMP(3) - INTERVAL ? HOUR "
                  "ORDER BY created_at LIMIT ?",
                  params, 2, &kept, NULL) != 0)
        return -1;
    if (expired)
        *expired = of_tasks + kept;
    return 0;
}

/* ---- Queue --------------------------------------------------------------------------------------------------- */

struct each_id {
    int (*fn)(const store_uuid id, void *ctx);
    void *ctx;
};

static int hand_id(const struct store_value *v, unsigned n, void *ctx)
{
    struct each_id *each = ctx;
    store_uuid id;
    (void)n;
    if (uuid_parse(v[0].text, id) != 0)
        abort();
    return each->fn(id, each->ctx);
}

int journal_each_queued_id(struct store_conn *conn, const store_uuid node, int (*fn)(const store_uuid id, void *ctx),
                           void *ctx)
{
    struct each_id each = {fn, ctx};
    char text[STORE_UUID_SIZE];
    store_uuid_text(node, text);
    struct store_value param = STORE_S(text);
    return store_query(
        conn, "SELECT id FROM task FORCE INDEX (ix_node) WHERE node = ? AND status = 'queued' ORDER BY created_at, id",
        &param, 1, hand_id, &each);
}

int journal_each_running_id(struct store_conn *conn, const store_uuid node, int (*fn)(const store_uuid id, void *ctx),
                            void *ctx)
{
    struct each_id each = {fn, ctx};
    char text[STORE_UUID_SIZE];
    store_uuid_text(node, text);
    struct store_value param = STORE_S(text);
    return store_query(conn, "SELECT id FROM task FORCE INDEX (ix_node) WHERE node = ? AND status = 'running'", &param,
                       1, hand_id, &each);
}

int journal_each_cancel_id(struct store_conn *conn, const store_uuid node, int (*fn)(const store_uuid id, void *ctx),
                           void *ctx)
{
    struct each_id each = {fn, ctx};
    char text[STORE_UUID_SIZE];
    store_uuid_text(node, text);
    struct store_value param = STORE_S(text);
    return store_query(conn,
                       "SELECT id FROM task FORCE INDEX (ix_node) WHERE node = ? AND status IN ('queued', 'running') "
                       "AND cancel_requested",
                       &param, 1, hand_id, &each);
}

/* ---- Retention ----------------------------------------------------------------------------------------------- */

struct purge {
    unsigned days, limit;
    uint64_t deleted;
};

/* The tombstones name the rows that were chosen: the clock moves on between the two statements. */
static int purge_body(struct store_conn *conn, void *ctx)
{
    struct purge *purge = ctx;
    struct store_value params[] = {STORE_U(purge->days), STORE_U(purge->limit)};
    if (store_run(
            conn,
            "INSERT INTO task_tombstone (id, gone_at) SELECT id, UTC_TIMESTAMP(3) FROM task FORCE INDEX (ix_finished) "
            "WHERE finished_at < UTC_TIMESTAMP(3) - INTERVAL ? DAY ORDER BY finished_at, id LIMIT ? "
            "ON DUPLICATE KEY UPDATE gone_at = VALUES(gone_at)",
            params, 2, NULL, NULL) != 0)
        return -1;
    return store_run(conn,
                     "DELETE t FROM task t FORCE INDEX (ix_finished) STRAIGHT_JOIN task_tombstone g FORCE INDEX "
                     "(PRIMARY) ON g.id = t.id "
                     "WHERE t.finished_at < UTC_TIMESTAMP(3) - INTERVAL ? DAY",
                     params, 1, &purge->deleted, NULL);
}

int journal_purge(struct store_conn *conn, unsigned days, unsigned limit, uint64_t *deleted)
{
    struct purge purge = {days, limit, 0};
    if (deleted)
        *deleted = 0;
    if (store_transaction(conn, purge_body, NULL, &purge, 3) != 0)
        return -1;
    if (deleted)
        *deleted = purge.deleted;
    return 0;
}

static int forget_body(struct store_conn *conn, void *ctx)
{
    uint64_t deleted = 0;
    if (store_run(conn,
                  "INSERT INTO idem_key (scope, payload, task_id, created_at) "
                  "SELECT idem_scope, idem_payload, id, created_at FROM task "
                  "WHERE id = ? AND finished_at IS NOT NULL AND idem_scope IS NOT NULL AND idem_payload IS NOT NULL",
                  ctx, 1, NULL, NULL) != 0 ||
        store_run(conn, "DELETE FROM task WHERE id = ? AND finished_at IS NOT NULL", ctx, 1, &deleted, NULL) != 0)
        return -1;
    if (deleted == 0)
        return 1;
    return store_run(conn,
                     "INSERT INTO task_tombstone (id) VALUES (?) ON DUPLICATE KEY UPDATE gone_at = VALUES(gone_at)",
                     ctx, 1, NULL, NULL);
}

int journal_forget(struct store_conn *conn, const store_uuid id)
{
    char text[STORE_UUID_SIZE];
    store_uuid_text(id, text);
    struct store_value param = STORE_S(text);
    int rc = store_transaction(conn, forget_body, NULL, &param, 3);
    return rc == 0 ? 1 : rc > 0 ? 0 : -1;
}

int journal_gone(struct store_conn *conn, const store_uuid id)
{
    char text[STORE_UUID_SIZE];
    store_uuid found;
    store_uuid_text(id, text);
    struct store_value param = STORE_S(text);
    return store_query(conn, "SELECT id FROM task_tombstone WHERE id = ?", &param, 1, keep_id, found);
}

int journal_purge_tombstones(struct store_conn *conn, unsigned days, unsigned limit, uint64_t *deleted)
{
    struct store_value params[] = {STORE_U(days), STORE_U(limit)};
    return store_run(
        conn, "DELETE FROM task_tombstone WHERE gone_at < UTC_TIMESTAMP(3) - INTERVAL ? DAY ORDER BY gone_at LIMIT ?",
        params, 2, deleted, NULL);
}
