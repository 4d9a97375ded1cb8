/* Journal: look-ups by key, lists of ids, retention; the counters of finished tasks, whose changes triggers on the table
 * write (store/schema/). */
#include "store/internal.h"
#include "store/journal.h"

#include <stdio.h>
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

/* ---- Counters ------------------------------------------------------------------------------------------------ */

struct counting {
    journal_count_fn fn;
    void *ctx;
};

static int hand_count(const struct store_value *v, unsigned n, void *ctx)
{
    struct counting *counting = ctx;

    (void)n;
    return counting->fn(v[0].text, journal_status_named(v[1].text), strtoll(v[2].text, NULL, 10), counting->ctx);
}

int journal_counts(struct store_conn *conn, journal_count_fn fn, void *ctx)
{
    struct counting counting = {fn, ctx};

    return store_query(conn,
                       "SELECT type, status, SUM(n) FROM (SELECT type, status, n FROM task_count UNION ALL "
                       "SELECT type, status, n FROM task_count_change) AS c GROUP BY type, status",
                       NULL, 0, hand_count, &counting);
}

/* ---- Adding up the changes ----------------------------------------------------------------------------------- */

#define PAIRS_MAX 512 /* types times final states; more are left for the next time */
#define ID_BYTES  21  /* a comma and the longest number */

struct pair {
    char type[32 * 4 + 1], status[16];
    int64_t n;
};

struct fold {
    unsigned limit, pairs, changes;
    struct pair *pair;
    char *ids; /* of the changes, as a JSON array */
    size_t used;
};

static struct pair *pair_of(struct fold *fold, const char *type, const char *status)
{
    for (unsigned i = 0; i < fold->pairs; i++)
        if (strcmp(fold->pair[i].type, type) == 0 && strcmp(fold->pair[i].status, status) == 0)
            return &fold->pair[i];
    if (fold->pairs == PAIRS_MAX)
        return NULL;
    struct pair *pair = &fold->pair[fold->pairs++];
    snprintf(pair->type, sizeof pair->type, "%s", type); /* as long as the column */
    snprintf(pair->status, sizeof pair->status, "%s", status);
    pair->n = 0;
    return pair;
}

static int add_change(const struct store_value *v, unsigned n, void *ctx)
{
    struct fold *fold = ctx;
    struct pair *pair = pair_of(fold, v[1].text, v[2].text);

    (void)n;
    if (!pair)
        return 0;
    pair->n += strtoll(v[3].text, NULL, 10);
    fold->used +=
        (size_t)snprintf(fold->ids + fold->used, ID_BYTES + 1, "%c%.20s", fold->changes ? ',' : '[', v[0].text);
    fold->changes++;
    return 0;
}

/* Deletes the rows that were read, by their numbers: a row with a smaller number may be committed in the meantime and
 * is left for the next time. Rows that do not exist yet are not locked, so a task that ends does not wait for this. */
static int drop_changes(struct store_conn *conn, const struct fold *fold)
{
    uint64_t dropped = 0;
    struct store_value ids = STORE_S(fold->ids);

    if (store_run(conn,
                  "DELETE c FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS j "
                  "STRAIGHT_JOIN task_count_change AS c FORCE INDEX (PRIMARY) ON c.id = j.id",
                  &ids, 1, &dropped, NULL) != 0)
        return -1;
    return dropped == fold->changes ? 0 : 1; /* another node's janitor is adding them up */
}

static int add_pair(struct store_conn *conn, const struct pair *pair)
{
    struct store_value params[] = {STORE_S(pair->type), STORE_S(pair->status), STORE_I(pair->n)};

    return store_run(conn,
                     "INSERT INTO task_count (type, status, n) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE n = n + "
                     "VALUES(n)",
                     params, 3, NULL, NULL);
}

static int fold_body(struct store_conn *conn, void *ctx)
{
    struct fold *fold = ctx;
    struct store_value limit = STORE_U(fold->limit);

    fold->pairs = fold->changes = 0;
    fold->used = 0;
    if (store_query(conn, "SELECT id, type, status, n FROM task_count_change ORDER BY id LIMIT ?", &limit, 1,
                    add_change, fold) != 0)
        return -1;
    if (fold->changes == 0)
        return 1;
    memcpy(fold->ids + fold->used, "]", 2);
    int rc = drop_changes(conn, fold);
    for (unsigned i = 0; i < fold->pairs && rc == 0; i++)
        rc = add_pair(conn, &fold->pair[i]);
    return rc;
}

int journal_fold_counts(struct store_conn *conn, unsigned limit)
{
    struct fold fold = {.limit = limit, .pair = calloc(PAIRS_MAX, sizeof(struct pair))};

    fold.ids = malloc((size_t)limit * ID_BYTES + 2);
    if (!fold.pair || !fold.ids)
        abort();
    int rc = store_transaction(conn, fold_body, NULL, &fold, 3);
    free(fold.pair);
    free(fold.ids);
    return rc < 0 ? -1 : 0;
}
