/* Journal: the counters of finished tasks. Triggers on the table write the changes (schema.c). */
#include "store/internal.h"
#include "store/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int number_of(const char *name, enum journal_status *out)
{
    static const char *const names[] = {"queued", "running", "succeeded", "failed", "cancelled"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (enum journal_status)i;
            return 0;
        }
    return -1;
}

struct counting {
    journal_count_fn fn;
    void *ctx;
};

static int hand_count(const struct store_value *v, unsigned n, void *ctx)
{
    struct counting *counting = ctx;
    enum journal_status status;
    (void)n;
    if (number_of(v[1].text, &status) != 0)
        abort(); /* the column is an ENUM of these */
    return counting->fn(v[0].text, status, strtoll(v[2].text, NULL, 10), counting->ctx);
}

int journal_counts(struct store_conn *conn, journal_count_fn fn, void *ctx)
{
    struct counting counting = {fn, ctx};
    return store_query(conn,
                       "SELECT type, status, SUM(n) FROM (SELECT type, status, n FROM task_count UNION ALL "
                       "SELECT type, status, n FROM task_count_change) AS c GROUP BY type, status",
                       NULL, 0, hand_count, &counting);
}

/* ---- Adding up the changes
 * ------------------------------------------------------------------------------------------------- */

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
                  "STRAIGHT_JOIN task_count_change AS c ON c.id = j.id",
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
