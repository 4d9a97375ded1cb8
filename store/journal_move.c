/* Journal: every change of a row's state is a compare-and-set. */
#include "store/internal.h"
#include "store/journal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Runs an UPDATE that changes one row or none. Returns 1, 0 or -1. */
static int move(struct store_conn *conn, const char *sql, const struct store_value *params, unsigned n)
{
    uint64_t changed = 0;

    if (store_run(conn, sql, params, n, &changed, NULL) != 0)
        return -1;
    assert(changed <= 1); /* the WHERE names the primary key */
    return (int)changed;
}

int journal_claim(struct store_conn *conn, const store_uuid id, const store_uuid node, struct journal_row *out)
{
    char task_text[STORE_UUID_SIZE], node_text[STORE_UUID_SIZE];

    store_uuid_text(id, task_text);
    store_uuid_text(node, node_text);
    struct store_value params[] = {STORE_S(task_text), STORE_S(node_text)};
    /* The start is never before the acceptance, even if the database's clock is behind ours. */
    int rc = move(conn,
                  "UPDATE task FORCE INDEX (PRIMARY) SET status = 'running', attempt = attempt + 1, "
                  "started_at = GREATEST(UTC_TIMESTAMP(3), created_at) "
                  "WHERE id = ? AND node = ? AND status = 'queued'",
                  params, 2);
    return rc == 1 ? journal_read(conn, id, out) : rc; /* the row is ours now, so nobody changes it in between */
}

int journal_requeue(struct store_conn *conn, const store_uuid id, const store_uuid node, unsigned attempt,
                    bool give_back)
{
    char task_text[STORE_UUID_SIZE], node_text[STORE_UUID_SIZE];

    store_uuid_text(id, task_text);
    store_uuid_text(node, node_text);
    struct store_value params[] = {STORE_U(give_back && attempt > 0 ? attempt - 1 : attempt), STORE_S(task_text),
                                   STORE_S(node_text), STORE_U(attempt)};
    return move(conn,
                "UPDATE task FORCE INDEX (PRIMARY) SET status = 'queued', attempt = ?, started_at = NULL "
                "WHERE id = ? AND node = ? AND status = 'running' AND attempt = ?",
                params, 4);
}

static const char *final_name(enum journal_status status)
{
    switch (status) {
    case JOURNAL_SUCCEEDED:
        return "succeeded";
    case JOURNAL_FAILED:
        return "failed";
    case JOURNAL_CANCELLED:
        return "cancelled";
    case JOURNAL_QUEUED:
    case JOURNAL_RUNNING:
        break;
    }
    abort(); /* not a final state: a fault of the caller */
}

struct end_args {
    char id[STORE_UUID_SIZE], node[STORE_UUID_SIZE], done[STORE_TIME_SIZE];
    char message[255 * 4 + 1], code[40 * 4 + 1], error[500 * 4 + 1];
    struct store_value values[9 + TASK_COUNTS + 3];
};

static struct store_value clipped(char *out, size_t chars, const char *text)
{
    if (!text)
        return STORE_N;
    store_clip(out, chars, text);
    return STORE_S(out);
}

/* A task that did not succeed has written nothing, whatever it had counted. */
static void fill_counts(struct store_value *v, const struct journal_end *end)
{
    static const unsigned effects = COUNTED(COUNT_CREATED) | COUNTED(COUNT_UPDATED) | COUNTED(COUNT_UNCHANGED);
    unsigned known = end->counts.known & (end->status == JOURNAL_SUCCEEDED ? ~0u : ~effects);

    for (unsigned i = 0; i < TASK_COUNTS; i++)
        v[i] = known & COUNTED(i) ? STORE_U(end->counts.n[i]) : STORE_N;
}

static void fill_end(struct end_args *args, const store_uuid id, const store_uuid node, const struct journal_end *end)
{
    struct store_value *v = args->values;
    const char *outcome = task_outcome_name(end->outcome);

    store_uuid_text(id, args->id);
    store_uuid_text(node, args->node);
    store_time_text(end->done_ms, args->done);
    v[0] = STORE_S(final_name(end->status));
    v[1] = *outcome != 0 ? STORE_S(outcome) : STORE_N;
    v[2] = STORE_S_OR_NULL(end->result);
    v[3] = clipped(args->message, 255, end->message);
    v[4] = clipped(args->code, 40, end->error_code);
    v[5] = clipped(args->error, 500, end->error_message);
    v[6] = STORE_S(args->done);
    v[7] = STORE_U(end->progress);
    v[8] = STORE_S_OR_NULL(end->error_more);
    fill_counts(&v[9], end);
    v[9 + TASK_COUNTS] = STORE_S(args->id);
    v[10 + TASK_COUNTS] = STORE_S(args->node);
}

#define FINISH                                                                                                         \
    "UPDATE task FORCE INDEX (PRIMARY) SET status = ?, outcome = ?, result = ?, message = ?, error_code = ?, "         \
    "error_message = ?, "                                                                                              \
    "finished_at = GREATEST(?, created_at), progress = ?, error_more = ?, progress_total = ?, progress_done = ?, "     \
    "progress_created = ?, progress_updated = ?, progress_unchanged = ?, progress_rejected = ?, live_key = NULL "      \
    "WHERE id = ? AND node = ? "

int journal_finish(struct store_conn *conn, const store_uuid id, const store_uuid node, enum journal_status from,
                   unsigned attempt, const struct journal_end *end)
{
    struct end_args args;

    assert(from == JOURNAL_RUNNING || from == JOURNAL_QUEUED);
    fill_end(&args, id, node, end);
    if (from == JOURNAL_QUEUED)
        return move(conn, FINISH "AND status = 'queued'", args.values, 11 + TASK_COUNTS);
    args.values[11 + TASK_COUNTS] = STORE_U(attempt);
    return move(conn, FINISH "AND status = 'running' AND attempt = ?", args.values, 12 + TASK_COUNTS);
}

static int keep_found(const struct store_value *v, unsigned n, void *ctx)
{
    (void)v;
    (void)n;
    (void)ctx;
    return 1;
}

int journal_ask_cancel(struct store_conn *conn, const store_uuid id, const char *by, const char *reason)
{
    char text[STORE_UUID_SIZE], by_text[64 * 4 + 1], reason_text[200 * 4 + 1];

    store_uuid_text(id, text);
    struct store_value params[] = {clipped(by_text, 64, by), clipped(reason_text, 200, reason), STORE_S(text)};
    int rc = move(conn,
                  "UPDATE task FORCE INDEX (PRIMARY) SET cancel_requested = 1, cancel_requested_at = UTC_TIMESTAMP(3), "
                  "cancel_by = ?, "
                  "cancel_reason = ?, live_key = NULL "
                  "WHERE id = ? AND status IN ('queued', 'running') AND NOT cancel_requested",
                  params, 3);
    if (rc != 0)
        return rc;
    /* No row changed: final, unknown, or asked before. */
    return store_query(conn, "SELECT 1 FROM task WHERE id = ? AND status IN ('queued', 'running')", &params[2], 1,
                       keep_found, NULL);
}
