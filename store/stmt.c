/* Prepared statements: a small cache per connection, parameters in, text columns of any length out. */
#include "store/internal.h"

#include <assert.h>
#include <errmsg.h>
#include <stdlib.h>
#include <string.h>

/* More than the number of statements in the program, so that none is prepared twice; few enough that several hundred
 * connections stay below the server's max_prepared_stmt_count (16382). */
#define CACHE_SIZE   64
/* Longer than most columns. A longer value enlarges its buffer, which stays enlarged. */
#define FIRST_BUFFER 128

struct column {
    char *buffer;
    size_t size;
    unsigned long length;
    my_bool is_null;
    my_bool error;
};

struct cached {
    const char *key; /* address of the caller's constant */
    char *text;      /* a copy: a buffer that is reused for other text must not match */
    MYSQL_STMT *stmt;
    unsigned n_columns;
    struct column *columns;
    MYSQL_BIND *binds;
    struct store_value *values;
    uint64_t used; /* clock of the last use */
    bool busy;     /* rows are being handed out */
    bool grown;    /* buffers have moved since they were bound */
};

struct store_stmts {
    struct cached entries[CACHE_SIZE];
    uint64_t clock;
};

struct store_stmts *store_stmts_new(void)
{
    struct store_stmts *stmts = calloc(1, sizeof *stmts);

    if (!stmts)
        abort();
    return stmts;
}

static void entry_clear(struct cached *entry)
{
    if (entry->stmt)
        mysql_stmt_close(entry->stmt);
    for (unsigned i = 0; i < entry->n_columns; i++)
        free(entry->columns[i].buffer);
    free(entry->columns);
    free(entry->binds);
    free(entry->values);
    free(entry->text);
    memset(entry, 0, sizeof *entry);
}

void store_stmts_free(struct store_stmts **stmts)
{
    if (!*stmts)
        return;
    for (unsigned i = 0; i < CACHE_SIZE; i++)
        entry_clear(&(*stmts)->entries[i]);
    free(*stmts);
    *stmts = NULL;
}

static int fail_stmt(struct store_conn *conn, MYSQL_STMT *stmt, bool committing)
{
    /* If rows are not stored, an error between two rows is only in the connection: the client library does not copy
     * it. */
    bool own = mysql_stmt_errno(stmt) != 0;
    unsigned number = own ? mysql_stmt_errno(stmt) : mysql_errno(conn->mysql);
    char text[256];
    /* Copied: the statement is freed with the connection. */
    strncpy(text, own ? mysql_stmt_error(stmt) : mysql_error(conn->mysql), sizeof text - 1);
    text[sizeof text - 1] = 0;
    return store_fail_number(conn, number != 0 ? number : CR_UNKNOWN_ERROR, text, committing);
}

/* ---- Cache --------------------------------------------------------------------------------------------------- */

static struct cached *find_place(struct store_stmts *stmts, const char *sql)
{
    struct cached *oldest = NULL;

    for (unsigned i = 0; i < CACHE_SIZE; i++) {
        struct cached *entry = &stmts->entries[i];
        if (entry->key == sql && entry->text && strcmp(entry->text, sql) == 0)
            return entry;
        if (!entry->busy && (!oldest || entry->used < oldest->used))
            oldest = entry;
    }
    assert(oldest); /* needs 64 nested row callbacks */
    entry_clear(oldest);
    return oldest;
}

static void *zeroed(size_t n, size_t size)
{
    void *p = calloc(n, size);

    if (!p)
        abort();
    return p;
}

static void make_columns(struct cached *entry)
{
    entry->n_columns = mysql_stmt_field_count(entry->stmt);
    if (entry->n_columns == 0)
        return;
    entry->columns = zeroed(entry->n_columns, sizeof *entry->columns);
    entry->binds = zeroed(entry->n_columns, sizeof *entry->binds);
    entry->values = zeroed(entry->n_columns, sizeof *entry->values);
    for (unsigned i = 0; i < entry->n_columns; i++) {
        struct column *column = &entry->columns[i];
        column->size = FIRST_BUFFER;
        column->buffer = zeroed(1, column->size);
        entry->binds[i].buffer_type = MYSQL_TYPE_STRING;
        entry->binds[i].buffer = column->buffer;
        entry->binds[i].buffer_length = column->size - 1; /* the last byte is for the terminator */
        entry->binds[i].length = &column->length;
        entry->binds[i].is_null = &column->is_null;
        entry->binds[i].error = &column->error;
    }
}

static struct cached *prepare(struct store_conn *conn, const char *sql)
{
    struct cached *entry = find_place(conn->stmts, sql);

    assert(!entry->busy); /* a row callback must not run the statement whose rows it gets */
    entry->used = ++conn->stmts->clock;
    if (entry->stmt)
        return entry;
    entry->stmt = mysql_stmt_init(conn->mysql);
    if (!entry->stmt)
        abort();
    if (mysql_stmt_prepare(entry->stmt, sql, strlen(sql)) != 0) {
        (void)fail_stmt(conn, entry->stmt, false);
        if (conn->stmts)
            entry_clear(entry);
        return NULL;
    }
    entry->key = sql;
    entry->text = strdup(sql);
    if (!entry->text)
        abort();
    make_columns(entry);
    return entry;
}

/* ---- Parameters ---------------------------------------------------------------------------------------------- */

#define MAX_PARAMS 64

static void bind_one(MYSQL_BIND *bind, const struct store_value *value)
{
    static char empty[1];
    /* The client library only reads through these pointers, but its interface does not say const. */
    union {
        const void *in;
        void *out;
    } pointer = {value->text};

    memset(bind, 0, sizeof *bind);
    switch (value->type) {
    case STORE_NULL:
        bind->buffer_type = MYSQL_TYPE_NULL;
        break;
    case STORE_TEXT:
    case STORE_BLOB:
        bind->buffer_type = value->type == STORE_TEXT ? MYSQL_TYPE_STRING : MYSQL_TYPE_BLOB;
        bind->buffer = value->len != 0 ? pointer.out : empty;
        bind->buffer_length = value->len;
        break;
    case STORE_I64:
    case STORE_U64:
        pointer.in = &value->i64;
        bind->buffer_type = MYSQL_TYPE_LONGLONG;
        bind->buffer = pointer.out;
        bind->is_unsigned = value->type == STORE_U64;
        break;
    }
}

static int execute(struct store_conn *conn, struct cached *entry, const struct store_value *params, unsigned n)
{
    MYSQL_BIND binds[MAX_PARAMS];
    uint64_t bytes = 0;
    bool committing = !conn->in_transaction && entry->n_columns == 0;

    assert(n <= MAX_PARAMS && n == mysql_stmt_param_count(entry->stmt));
    for (unsigned i = 0; i < n; i++) {
        bind_one(&binds[i], &params[i]);
        bytes += params[i].len + 16;
    }
    if (store_check_size(conn, bytes) != 0 || store_fault(conn, STORE_FAULT_BEFORE, entry->text, committing) != 0)
        return -1;
    if (n > 0 && mysql_stmt_bind_param(entry->stmt, binds) != 0)
        return fail_stmt(conn, entry->stmt, false);
    if (mysql_stmt_execute(entry->stmt) != 0)
        return fail_stmt(conn, entry->stmt, committing);
    return store_fault(conn, STORE_FAULT_AFTER, entry->text, committing);
}

/* ---- Rows ---------------------------------------------------------------------------------------------------- */

/* Fetches the values that did not fit again, and keeps the larger buffers for the next rows. */
static int grow_columns(struct cached *entry)
{
    for (unsigned i = 0; i < entry->n_columns; i++) {
        struct column *column = &entry->columns[i];
        if (column->is_null || column->length < column->size)
            continue;
        size_t size = column->length + column->length / 4 + 1;
        char *buffer = realloc(column->buffer, size);
        if (!buffer)
            abort(); /* bounded by the server's max_allowed_packet */
        column->buffer = buffer;
        column->size = size;
        entry->binds[i].buffer = buffer;
        entry->binds[i].buffer_length = size - 1;
        if (mysql_stmt_fetch_column(entry->stmt, &entry->binds[i], i, 0) != 0)
            return -1;
    }
    /* The new buffers are bound when the next row is fetched: some releases (10.11.18) set all lengths to 0 when they
     * bind. */
    entry->grown = true;
    return 0;
}

static int bind_columns(struct cached *entry)
{
    entry->grown = false;
    return mysql_stmt_bind_result(entry->stmt, entry->binds) != 0 ? -1 : 0;
}

static void fill_values(struct cached *entry)
{
    for (unsigned i = 0; i < entry->n_columns; i++) {
        struct column *column = &entry->columns[i];
        entry->values[i] = (struct store_value){STORE_NULL, NULL, 0, 0};
        if (column->is_null)
            continue;
        column->buffer[column->length] = 0;
        entry->values[i] = (struct store_value){STORE_TEXT, column->buffer, column->length, 0};
    }
}

/* Returns 1 with a row in entry->values, 0 at the end, -1. */
static int next_row(struct store_conn *conn, struct cached *entry)
{
    if (entry->grown && bind_columns(entry) != 0)
        return fail_stmt(conn, entry->stmt, false);
    int rc = mysql_stmt_fetch(entry->stmt);
    if (rc == MYSQL_NO_DATA)
        return 0;
    if (rc != 0 && rc != MYSQL_DATA_TRUNCATED)
        return fail_stmt(conn, entry->stmt, false);
    if (rc == MYSQL_DATA_TRUNCATED && grow_columns(entry) != 0)
        return fail_stmt(conn, entry->stmt, false);
    fill_values(entry);
    return 1;
}

static int hand_out(struct store_conn *conn, struct cached *entry, store_row_fn fn, void *ctx)
{
    uint64_t serial = conn->serial;
    int rc = next_row(conn, entry);

    while (rc == 1) {
        int stop = fn ? fn(entry->values, entry->n_columns, ctx) : 0;
        if (!conn->mysql || conn->serial != serial) /* lost by a statement in the callback; `entry` is freed */
            return stop != 0 ? stop : -1;
        if (stop != 0)
            return stop;
        rc = next_row(conn, entry);
    }
    return rc;
}

static int read_rows(struct store_conn *conn, struct cached *entry, bool stream, store_row_fn fn, void *ctx)
{
    uint64_t serial = conn->serial;

    if (bind_columns(entry) != 0 || (!stream && mysql_stmt_store_result(entry->stmt) != 0)) {
        /* KILL QUERY and max_statement_time are reported here: not an empty result. */
        return fail_stmt(conn, entry->stmt, false);
    }
    entry->busy = true;
    conn->streaming = stream;
    int rc = hand_out(conn, entry, fn, ctx);
    conn->streaming = false;
    if (conn->mysql && conn->serial == serial) {
        entry->busy = false;
        mysql_stmt_free_result(entry->stmt);
    }
    return rc;
}

static int query(struct store_conn *conn, const char *sql, const struct store_value *params, unsigned n_params,
                 bool stream, store_row_fn fn, void *ctx)
{
    if (store_check_usable(conn) != 0)
        return -1;
    struct cached *entry = prepare(conn, sql);
    if (!entry || execute(conn, entry, params, n_params) != 0)
        return -1;
    return entry->n_columns != 0 ? read_rows(conn, entry, stream, fn, ctx) : 0;
}

int store_query(struct store_conn *conn, const char *sql, const struct store_value *params, unsigned n_params,
                store_row_fn fn, void *ctx)
{
    return query(conn, sql, params, n_params, false, fn, ctx);
}

int store_stream(struct store_conn *conn, const char *sql, const struct store_value *params, unsigned n_params,
                 store_row_fn fn, void *ctx)
{
    return query(conn, sql, params, n_params, true, fn, ctx);
}

int store_run(struct store_conn *conn, const char *sql, const struct store_value *params, unsigned n_params,
              uint64_t *affected, uint64_t *insert_id)
{
    if (affected)
        *affected = 0;
    if (store_check_usable(conn) != 0)
        return -1;
    struct cached *entry = prepare(conn, sql);
    if (!entry || execute(conn, entry, params, n_params) != 0)
        return -1;
    if (entry->n_columns != 0)
        return read_rows(conn, entry, false, NULL, NULL);
    if (affected)
        *affected = mysql_stmt_affected_rows(entry->stmt);
    if (insert_id)
        *insert_id = mysql_stmt_insert_id(entry->stmt);
    return 0;
}
