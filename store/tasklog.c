/* The log of a task: appending, together with the row's moves, and reading. */
#include "store/tasklog.h"

#include "store/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char full_line[] = "The log of this task is full; what follows is not kept.\n";

/* ---- Appending ----------------------------------------------------------------------------------------------- */

static int keep_end(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(uint64_t *)ctx = strtoull(v[0].text, NULL, 10);
    return 0;
}

/* Returns where the log ends. A plain read, which locks nothing. The row that the caller has moved keeps other
 * writers of this log away; locked gaps would make the ends of different tasks wait for each other. */
static int find_end(struct store_conn *conn, const struct store_value *id, uint64_t *end)
{
    *end = 0;
    return store_query(conn, "SELECT at + LENGTH(text) FROM task_log WHERE task_id = ? ORDER BY at DESC LIMIT 1", id, 1,
                       keep_end, end);
}

/* The line that crosses the limit is the last one: the length alone shows that a log is full. */
static size_t length_within(struct tasklog_text lines, size_t room)
{
    if (lines.len < room)
        return lines.len;
    const char *feed = memchr(lines.text + room - 1, '\n', lines.len - (room - 1));
    assert(feed); /* lines end with one */
    return (size_t)(feed - lines.text) + 1;
}

static int insert_piece(struct store_conn *conn, const struct store_value *id, uint64_t at, struct tasklog_text piece)
{
    struct store_value params[] = {*id, STORE_U(at), STORE_SN(piece.text, piece.len)};

    return store_run(conn, "INSERT INTO task_log (task_id, at, text) VALUES (?, ?, ?)", params, 3, NULL, NULL);
}

int tasklog_append(struct store_conn *conn, const store_uuid id, struct tasklog_text lines)
{
    char text[STORE_UUID_SIZE];
    uint64_t at;

    assert(lines.len <= TASKLOG_PIECE_MAX && (lines.len == 0 || lines.text[lines.len - 1] == '\n'));
    store_uuid_text(id, text);
    struct store_value param = STORE_S(text);
    if (lines.len == 0)
        return 0;
    /* Most tasks have one attempt, and their log one piece. This insert shows whether a piece exists already. */
    int rc = insert_piece(conn, &param, 0, lines);
    if (rc == 0 || conn->error.cls != STORE_DUPLICATE)
        return rc;
    if (find_end(conn, &param, &at) != 0)
        return -1;
    if (at >= TASKLOG_MAX)
        return 0;
    lines.len = length_within(lines, TASKLOG_MAX - (size_t)at);
    if (insert_piece(conn, &param, at, lines) != 0)
        return -1;
    if (at + lines.len < TASKLOG_MAX)
        return 0;
    struct tasklog_text full = {full_line, sizeof full_line - 1};
    return insert_piece(conn, &param, at + lines.len, full);
}

/* ---- With the row's moves ------------------------------------------------------------------------------------ */

struct move {
    const uint8_t *id, *node;
    unsigned attempt;
    struct tasklog_text lines;
    const struct journal_end *end; /* NULL = queued again */
    enum journal_status from;
    bool give_back;
};

#define NOT_MOVED 1

static int move_body(struct store_conn *conn, void *ctx)
{
    const struct move *move = ctx;
    int rc = move->end ? journal_finish(conn, move->id, move->node, move->from, move->attempt, move->end)
                       : journal_requeue(conn, move->id, move->node, move->attempt, move->give_back);

    if (rc != 1)
        return rc == 0 ? NOT_MOVED : -1;
    return tasklog_append(conn, move->id, move->lines);
}

static int run_move(struct store_conn *conn, struct move *move)
{
    int rc = store_transaction(conn, move_body, NULL, move, 0);

    return rc == NOT_MOVED ? 0 : rc == 0 ? 1 : -1;
}

int tasklog_finish(struct store_conn *conn, const store_uuid id, const store_uuid node, enum journal_status from,
                   unsigned attempt, const struct journal_end *end, struct tasklog_text lines)
{
    struct move move = {.id = id, .node = node, .attempt = attempt, .lines = lines, .end = end, .from = from};

    return run_move(conn, &move);
}

int tasklog_requeue(struct store_conn *conn, const store_uuid id, const store_uuid node, unsigned attempt,
                    bool give_back, struct tasklog_text lines)
{
    struct move move = {.id = id, .node = node, .attempt = attempt, .lines = lines, .give_back = give_back};

    return run_move(conn, &move);
}

/* ---- Reading ------------------------------------------------------------------------------------------------- */

struct reading {
    uint64_t after;
    tasklog_fn fn;
    void *ctx;
};

static int hand_piece(const struct store_value *v, unsigned n, void *ctx)
{
    const struct reading *reading = ctx;

    (void)n;
    uint64_t at = strtoull(v[0].text, NULL, 10);
    size_t skip = reading->after > at ? (size_t)(reading->after - at) : 0;
    assert(skip < v[1].len); /* the statement leaves out what ends before */
    struct tasklog_text piece = {v[1].text + skip, v[1].len - skip};
    return reading->fn(at + skip, piece, reading->ctx);
}

int tasklog_length(struct store_conn *conn, const store_uuid id, uint64_t *length)
{
    char text[STORE_UUID_SIZE];

    store_uuid_text(id, text);
    struct store_value param = STORE_S(text);
    return find_end(conn, &param, length);
}

int tasklog_each(struct store_conn *conn, const store_uuid id, uint64_t after, tasklog_fn fn, void *ctx)
{
    struct reading reading = {after, fn, ctx};
    char text[STORE_UUID_SIZE];

    store_uuid_text(id, text);
    struct store_value params[] = {STORE_S(text), STORE_U(after)};
    return store_query(conn, "SELECT at, text FROM task_log WHERE task_id = ? AND at + LENGTH(text) > ? ORDER BY at",
                       params, 2, hand_piece, &reading);
}
