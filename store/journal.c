/* Journal: insert and read. Moves between states are in journal_move.c, lists and retention in journal_list.c. */
#include "store/journal.h"

#include "store/internal.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <uuid.h>

static const char *const outcome_names[] = {"",          "succeeded", "partial",     "failed",
                                            "cancelled", "timed_out", "interrupted", "expired"};

const char *task_outcome_name(enum task_outcome outcome)
{
    size_t i = (size_t)outcome;

    return i < sizeof outcome_names / sizeof outcome_names[0] ? outcome_names[i] : "";
}

enum task_outcome task_outcome_named(const char *name)
{
    for (size_t i = 1; i < sizeof outcome_names / sizeof outcome_names[0]; i++)
        if (name && strcmp(name, outcome_names[i]) == 0)
            return (enum task_outcome)i;
    return OUTCOME_NONE;
}

/* ---- Insert -------------------------------------------------------------------------------------------------- */

const char journal_insert_sql[] = "INSERT INTO task (id, node, type, params, idem_scope, idem_payload, live_key, "
                                  "requested_by, file_name, file_offset, "
                                  "file_length, created_at, status, attempt, request_id, retry_of, traceparent, "
                                  "file_format, file_sha256, from_task, chain) "
                                  "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

/* Canonical parameters may be too long for an index, so the key is their digest. The type is part of it, since two
 * types may have the same parameters. */
static void live_digest(const char *type, const char *key, unsigned char out[32])
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();

    if (!md || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1 || EVP_DigestUpdate(md, type, strlen(type) + 1) != 1 ||
        EVP_DigestUpdate(md, key, strlen(key)) != 1 || EVP_DigestFinal_ex(md, out, NULL) != 1)
        abort();
    EVP_MD_CTX_free(md);
}

static struct store_value digest_or_null(const void *bytes)
{
    return bytes ? STORE_B((const char *)bytes, 32) : STORE_N;
}

static struct store_value uuid_or_null(char out[STORE_UUID_SIZE], const uint8_t *id)
{
    if (!id)
        return STORE_N;
    store_uuid_text(id, out);
    return STORE_S(out);
}

static void fill_file(struct journal_args *args, const struct journal_file *file)
{
    struct store_value *v = &args->values[8];
    struct store_value *found = &args->values[17];

    v[0] = v[1] = v[2] = found[0] = found[1] = STORE_N;
    if (!file)
        return;
    store_clip(args->file_name, 255, file->name);
    v[0] = STORE_S(args->file_name);
    v[1] = STORE_U(file->offset);
    v[2] = STORE_U(file->length);
    found[0] = file->format[0] ? STORE_S(file->format) : STORE_N;
    found[1] = digest_or_null(file->hashed ? file->sha256 : NULL);
}

void journal_args_fill(struct journal_args *args, const struct journal_new *task)
{
    struct store_value *v = args->values;

    store_uuid_text(task->id, args->id);
    store_uuid_text(task->node, args->node);
    store_time_text(task->created_ms, args->created);
    if (task->live_key)
        live_digest(task->type, task->live_key, args->live);
    v[0] = STORE_S(args->id);
    v[1] = STORE_S(args->node);
    v[2] = STORE_S(task->type);
    v[3] = STORE_S(task->params);
    v[4] = digest_or_null(task->idem_scope);
    v[5] = digest_or_null(task->idem_payload);
    v[6] = digest_or_null(task->live_key ? args->live : NULL);
    v[7] = STORE_N;
    if (task->requested_by) {
        store_clip(args->requested_by, 64, task->requested_by);
        v[7] = STORE_S(args->requested_by);
    }
    fill_file(args, task->file);
    v[11] = STORE_S(args->created);
    v[12] = STORE_S("queued");
    v[13] = STORE_U(0);
    v[14] = STORE_S_OR_NULL(task->request_id);
    v[15] = uuid_or_null(args->retry_of, task->retry_of);
    v[16] = STORE_S_OR_NULL(task->traceparent);
    v[19] = uuid_or_null(args->from_task, task->from_task);
    v[20] = uuid_or_null(args->chain, task->chain);
}

int journal_insert(struct store_conn *conn, const struct journal_new *task)
{
    struct journal_args args;

    journal_args_fill(&args, task);
    return store_run(conn, journal_insert_sql, args.values, JOURNAL_INSERT_COLUMNS, NULL, NULL);
}

static int keep_found(const struct store_value *v, unsigned n, void *ctx)
{
    (void)v;
    (void)n;
    *(bool *)ctx = true;
    return 0;
}

int journal_settled(struct store_conn *conn, const store_uuid id)
{
    char text[STORE_UUID_SIZE];
    bool found = false;

    store_uuid_text(id, text);
    /* A locking read: a plain one would not see the row of a COMMIT that the server is still working on, and its
     * answer "not there" would be wrong a moment later. */
    struct store_value param = STORE_S(text);
    if (store_query(conn, "SELECT 1 FROM task WHERE id = ? LOCK IN SHARE MODE", &param, 1, keep_found, &found) != 0)
        return -1;
    return found;
}

/* ---- Read ---------------------------------------------------------------------------------------------------- */

/* Moments as milliseconds since 1970. UNIX_TIMESTAMP() ends in 2038. */
#define MS(column) "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', " column ") DIV 1000"
#define ROW_COLUMNS                                                                                                    \
    "id, node, type, status, outcome, attempt, cancel_requested, " MS("created_at") ", " MS("started_at") ", " MS(     \
        "finished_at") ", params, result, message, error_code, error_message, file_name, file_offset, file_length, "   \
                       "requested_by, request_id, retry_of, cancel_by, cancel_reason, progress, traceparent, " MS(     \
                           "cancel_requested_at") ", file_format, file_sha256, progress_total, progress_done, "        \
                                                  "progress_created, progress_updated, progress_unchanged, "           \
                                                  "progress_rejected, from_task, error_more, chain "
#define ROW_COUNTS       28 /* the first of TASK_COUNTS columns, in the order of enum task_count */
#define ROW_FROM_TASK    (ROW_COUNTS + TASK_COUNTS)
#define ROW_CHAIN        (ROW_FROM_TASK + 2)
#define ROW_COLUMN_COUNT (ROW_CHAIN + 1)

static char *copy(const struct store_value *value)
{
    size_t length = value->text ? value->len : 0;
    char *out = malloc(length + 1);

    if (!out)
        abort();
    if (length != 0)
        memcpy(out, value->text, length);
    out[length] = 0;
    return out;
}

static int64_t number(const struct store_value *value)
{
    return value->text ? strtoll(value->text, NULL, 10) : 0;
}

enum journal_status journal_status_named(const char *name)
{
    static const char *const names[] = {"queued", "running", "succeeded", "failed", "cancelled"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return (enum journal_status)i;
    abort(); /* the column is an ENUM of these */
}

void journal_copy_text(char *out, size_t size, const struct store_value *value)
{
    size_t length = value->text ? value->len : 0;

    if (length >= size) {
        length = size - 1;
        while (length > 0 && ((unsigned char)value->text[length] & 0xc0) == 0x80)
            length--; /* not in the middle of a character */
    }
    if (length != 0)
        memcpy(out, value->text, length);
    out[length] = 0;
}

static void fill_row(struct journal_row *row, const struct store_value *v)
{
    memset(row, 0, sizeof *row);
    if (uuid_parse(v[0].text, row->id) != 0 || uuid_parse(v[1].text, row->node) != 0)
        abort(); /* the columns are UUIDs */
    journal_copy_text(row->type, sizeof row->type, &v[2]);
    row->status = journal_status_named(v[3].text);
    row->outcome = task_outcome_named(v[4].text);
    row->attempt = (unsigned)number(&v[5]);
    row->cancel_requested = number(&v[6]) != 0;
    row->created_ms = number(&v[7]);
    row->started_ms = number(&v[8]);
    row->done_ms = number(&v[9]);
    row->params = copy(&v[10]);
    row->result = v[11].text ? copy(&v[11]) : NULL;
    row->message = copy(&v[12]);
    row->error_code = copy(&v[13]);
    row->error_message = copy(&v[14]);
    journal_copy_text(row->file.name, sizeof row->file.name, &v[15]);
    row->file.offset = v[16].text ? strtoull(v[16].text, NULL, 10) : 0;
    row->file.length = v[17].text ? strtoull(v[17].text, NULL, 10) : 0;
    journal_copy_text(row->requested_by, sizeof row->requested_by, &v[18]);
    journal_copy_text(row->request_id, sizeof row->request_id, &v[19]);
    row->is_retry = v[20].text != NULL;
    if (row->is_retry && uuid_parse(v[20].text, row->retry_of) != 0)
        abort();
    journal_copy_text(row->cancel_by, sizeof row->cancel_by, &v[21]);
    journal_copy_text(row->cancel_reason, sizeof row->cancel_reason, &v[22]);
    row->progress = (unsigned)number(&v[23]);
    journal_copy_text(row->traceparent, sizeof row->traceparent, &v[24]);
    row->cancel_ms = number(&v[25]);
    journal_copy_text(row->file.format, sizeof row->file.format, &v[26]);
    row->file.hashed = v[27].text && v[27].len == sizeof row->file.sha256;
    if (row->file.hashed)
        memcpy(row->file.sha256, v[27].text, sizeof row->file.sha256);
    for (unsigned i = 0; i < TASK_COUNTS; i++)
        if (v[ROW_COUNTS + i].text)
            task_count(&row->counts, (enum task_count)i, (uint64_t)number(&v[ROW_COUNTS + i]));
    row->has_origin = v[ROW_FROM_TASK].text != NULL;
    if (row->has_origin && uuid_parse(v[ROW_FROM_TASK].text, row->from_task) != 0)
        abort();
    row->error_more = v[ROW_FROM_TASK + 1].text ? copy(&v[ROW_FROM_TASK + 1]) : NULL;
    row->is_chained = v[ROW_CHAIN].text != NULL;
    if (row->is_chained && uuid_parse(v[ROW_CHAIN].text, row->chain) != 0)
        abort();
}

struct journal_end journal_end_of(const struct journal_row *row)
{
    return (struct journal_end){.status = row->status,
                                .outcome = row->outcome,
                                .result = row->result,
                                .message = row->message,
                                .error_code = row->error_code,
                                .error_message = row->error_message,
                                .error_more = row->error_more,
                                .done_ms = row->done_ms,
                                .progress = row->progress,
                                .counts = row->counts};
}

void journal_row_fini(struct journal_row *row)
{
    free(row->params);
    free(row->result);
    free(row->message);
    free(row->error_code);
    free(row->error_message);
    free(row->error_more);
    memset(row, 0, sizeof *row);
}

static int keep_row(const struct store_value *v, unsigned n, void *ctx)
{
    assert(n == ROW_COLUMN_COUNT);
    fill_row(ctx, v);
    return 1;
}

int journal_read(struct store_conn *conn, const store_uuid id, struct journal_row *out)
{
    char text[STORE_UUID_SIZE];

    store_uuid_text(id, text);
    struct store_value param = STORE_S(text);
    return store_query(conn, "SELECT " ROW_COLUMNS "FROM task WHERE id = ?", &param, 1, keep_row, out);
}

int journal_read_settled(struct store_conn *conn, const store_uuid id, struct journal_row *out)
{
    char text[STORE_UUID_SIZE];

    store_uuid_text(id, text);
    struct store_value param = STORE_S(text);
    return store_query(conn, "SELECT " ROW_COLUMNS "FROM task WHERE id = ? LOCK IN SHARE MODE", &param, 1, keep_row,
                       out);
}

/* ---- Lists --------------------------------------------------------------------------------------------------- */

struct each {
    journal_row_fn fn;
    void *ctx;
};

static int hand_row(const struct store_value *v, unsigned n, void *ctx)
{
    struct each *each = ctx;
    struct journal_row row;

    assert(n == ROW_COLUMN_COUNT);
    fill_row(&row, v);
    int rc = each->fn(&row, each->ctx);
    journal_row_fini(&row);
    return rc;
}

int journal_each_live(struct store_conn *conn, const store_uuid node, journal_row_fn fn, void *ctx)
{
    struct each each = {fn, ctx};
    char text[STORE_UUID_SIZE];

    store_uuid_text(node, text);
    struct store_value param = STORE_S(text);
    return store_query(conn,
                       "SELECT " ROW_COLUMNS
                       "FROM task FORCE INDEX (ix_node) WHERE node = ? AND status IN ('queued', 'running') "
                       "ORDER BY created_at, id",
                       &param, 1, hand_row, &each);
}

int journal_each_finished(struct store_conn *conn, unsigned limit, journal_row_fn fn, void *ctx)
{
    struct each each = {fn, ctx};
    struct store_value param = STORE_U(limit);

    return store_query(conn,
                       "SELECT " ROW_COLUMNS "FROM task FORCE INDEX (ix_finished) WHERE finished_at IS NOT NULL "
                       "ORDER BY finished_at DESC, id DESC LIMIT ?",
                       &param, 1, hand_row, &each);
}

/* ---- Ranges -------------------------------------------------------------------------------------------------- */

/* Each of these statements has an index that gives the rows in its order; of one client's live tasks that of the live
 * ones, which are few. They are constants, because prepared
 * statements are cached by address. */
#define RANGE(index, filter)                                                                                           \
    "SELECT " ROW_COLUMNS "FROM task FORCE INDEX (" index ") WHERE " filter                                            \
    "created_at > ? AND created_at < ? AND created_at <= ? AND "                                                       \
    "(created_at < ? OR id < ?) ORDER BY created_at DESC, id DESC LIMIT ?"

static const char *range_of_client_sql(const struct journal_range *range)
{
    static const char of_all[] = RANGE("ix_client", "requested_by = ? AND "),
                      of_type[] = RANGE("ix_client", "requested_by = ? AND type = ? AND "),
                      of_status[] = RANGE("ix_client", "requested_by = ? AND status = ? AND "),
                      of_both[] = RANGE("ix_client", "requested_by = ? AND type = ? AND status = ? AND "),
                      live[] = RANGE("ix_queue", "requested_by = ? AND status = ? AND "),
                      live_of_type[] = RANGE("ix_type_status", "requested_by = ? AND type = ? AND status = ? AND ");

    if (range->status && journal_status_named(range->status) <= JOURNAL_RUNNING)
        return range->type ? live_of_type : live;
    if (range->type)
        return range->status ? of_both : of_type;
    return range->status ? of_status : of_all;
}

static const char *range_sql(const struct journal_range *range)
{
    static const char of_all[] = RANGE("ix_created", ""), of_type[] = RANGE("ix_type", "type = ? AND "),
                      of_status[] = RANGE("ix_queue", "status = ? AND "),
                      of_both[] = RANGE("ix_type_status", "type = ? AND status = ? AND ");

    if (range->by)
        return range_of_client_sql(range);
    if (range->type)
        return range->status ? of_both : of_type;
    return range->status ? of_status : of_all;
}

#define FIRST_MOMENT "1000-01-01 00:00:00.000"
#define LAST_MOMENT  "9999-12-31 23:59:59.999"

int journal_each_in(struct store_conn *conn, const struct journal_range *range, unsigned limit, journal_row_fn fn,
                    void *ctx)
{
    struct each each = {fn, ctx};
    char after[STORE_TIME_SIZE] = FIRST_MOMENT, before[STORE_TIME_SIZE] = LAST_MOMENT;
    char last[STORE_TIME_SIZE] = LAST_MOMENT, id[STORE_UUID_SIZE];
    struct store_value params[9];
    unsigned n = 0;

    if (range->after_ms > 0)
        store_time_text(range->after_ms, after);
    if (range->before_ms < INT64_MAX)
        store_time_text(range->before_ms, before);
    if (range->started)
        store_time_text(range->last_ms, last);
    store_uuid_text(range->last_id, id);
    if (range->by)
        params[n++] = STORE_S(range->by);
    if (range->type)
        params[n++] = STORE_S(range->type);
    if (range->status)
        params[n++] = STORE_S(range->status);
    params[n++] = STORE_S(after);
    params[n++] = STORE_S(before);
    params[n++] = STORE_S(last);
    params[n++] = STORE_S(last);
    params[n++] = STORE_S(id);
    params[n++] = STORE_U(limit);
    return store_query(conn, range_sql(range), params, n, hand_row, &each);
}

/* The type UUID stores the parts of an id in reverse order, so that ids of version 1 are sorted by time. */
int journal_id_compare(const store_uuid a, const store_uuid b)
{
    static const struct {
        unsigned char at, n;
    } parts[] = {{10, 6}, {8, 2}, {6, 2}, {4, 2}, {0, 4}};

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        int order = memcmp(a + parts[i].at, b + parts[i].at, parts[i].n);
        if (order != 0)
            return order;
    }
    return 0;
}

int journal_each_of(struct store_conn *conn, const char *ids, journal_row_fn fn, void *ctx)
{
    struct each each = {fn, ctx};
    struct store_value param = STORE_S(ids);

    return store_query(conn,
                       "SELECT STRAIGHT_JOIN " ROW_COLUMNS "FROM JSON_TABLE(?, '$[*]' COLUMNS (sought CHAR(36) PATH "
                       "'$')) AS s JOIN task FORCE INDEX (PRIMARY) ON task.id = CAST(s.sought AS UUID)",
                       &param, 1, hand_row, &each);
}
