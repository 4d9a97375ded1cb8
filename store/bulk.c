/* Array binding, column-wise: texts are copied into one arena and bound as arrays of pointers and lengths, numbers as
 * arrays of numbers. */
#include "store/bulk.h"

#include "store/internal.h"

#include <assert.h>
#include <errmsg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What one value costs on the wire beside its bytes: indicator and length prefix. */
#define VALUE_OVERHEAD 10

/* In one batch a column has one type. */
enum column_kind {
    KIND_NONE, /* only NULLs so far */
    KIND_TEXT,
    KIND_BLOB,   /* bound as bytes: no character set conversion */
    KIND_SIGNED, /* sent as numbers: neither side converts them to text */
    KIND_UNSIGNED
};

struct bulk_column {
    enum column_kind kind;
    long long *numbers;
    size_t *offsets; /* into the arena; pointers only at flush, because the arena moves when it grows */
    char **pointers;
    unsigned long *lengths;
    char *indicators;
};

struct store_bulk {
    struct store_conn *conn;
    char *sql;
    MYSQL_STMT *stmt;
    uint64_t serial; /* of the connection the statement belongs to */
    unsigned n_columns, batch_rows, rows;
    struct bulk_column *columns;
    char *arena;
    size_t used, size;
    uint64_t wire; /* estimate of the batch's size in the packet */
    uint64_t sent;
};

static void *must(void *p)
{
    if (!p)
        abort();
    return p;
}

static int fail_stmt(struct store_bulk *bulk, bool committing)
{
    unsigned number = mysql_stmt_errno(bulk->stmt);
    char text[256];

    snprintf(text, sizeof text, "%s", mysql_stmt_error(bulk->stmt));
    return store_fail_number(bulk->conn, number != 0 ? number : CR_UNKNOWN_ERROR, text, committing);
}

static int prepare(struct store_bulk *bulk)
{
    if (store_check_usable(bulk->conn) != 0)
        return -1;
    if (bulk->stmt && bulk->serial == bulk->conn->serial)
        return 0;
    if (bulk->stmt)
        mysql_stmt_close(bulk->stmt);
    bulk->stmt = must(mysql_stmt_init(bulk->conn->mysql));
    bulk->serial = bulk->conn->serial;
    if (mysql_stmt_prepare(bulk->stmt, bulk->sql, strlen(bulk->sql)) != 0) {
        (void)fail_stmt(bulk, false);
        mysql_stmt_close(bulk->stmt);
        bulk->stmt = NULL;
        return -1;
    }
    assert(mysql_stmt_param_count(bulk->stmt) == bulk->n_columns);
    return 0;
}

struct store_bulk *store_bulk_new(struct store_conn *conn, const char *sql, unsigned n_columns, unsigned batch_rows)
{
    struct store_bulk *bulk = must(calloc(1, sizeof *bulk));

    bulk->conn = conn;
    bulk->sql = must(strdup(sql));
    bulk->n_columns = n_columns;
    bulk->batch_rows = batch_rows != 0 ? batch_rows : 2000;
    bulk->columns = must(calloc(n_columns, sizeof *bulk->columns));
    for (unsigned i = 0; i < n_columns; i++) {
        struct bulk_column *column = &bulk->columns[i];
        column->numbers = must(calloc(bulk->batch_rows, sizeof *column->numbers));
        column->offsets = must(calloc(bulk->batch_rows, sizeof *column->offsets));
        column->pointers = must(calloc(bulk->batch_rows, sizeof *column->pointers));
        column->lengths = must(calloc(bulk->batch_rows, sizeof *column->lengths));
        column->indicators = must(calloc(bulk->batch_rows, 1));
    }
    if (prepare(bulk) != 0)
        store_bulk_free(&bulk);
    return bulk;
}

void store_bulk_free(struct store_bulk **bulk_ptr)
{
    struct store_bulk *bulk = *bulk_ptr;

    if (!bulk)
        return;
    if (bulk->stmt)
        mysql_stmt_close(bulk->stmt);
    for (unsigned i = 0; i < bulk->n_columns; i++) {
        free(bulk->columns[i].numbers);
        free(bulk->columns[i].offsets);
        free(bulk->columns[i].pointers);
        free(bulk->columns[i].lengths);
        free(bulk->columns[i].indicators);
    }
    free(bulk->columns);
    free(bulk->arena);
    free(bulk->sql);
    free(bulk);
    *bulk_ptr = NULL;
}

/* ---- Collecting ---------------------------------------------------------------------------------------------- */

static void append(struct store_bulk *bulk, const void *bytes, size_t length)
{
    if (bulk->used + length > bulk->size) {
        size_t size = bulk->size != 0 ? bulk->size : 65536;
        while (size < bulk->used + length)
            size *= 2;
        bulk->arena = must(realloc(bulk->arena, size)); /* bounded by max_allowed_packet, see row_bytes() */
        bulk->size = size;
    }
    if (length == 0)
        return;
    assert(bulk->arena); /* its size was reserved above */
    memcpy(bulk->arena + bulk->used, bytes, length);
    bulk->used += length;
}

static enum column_kind kind_of(const struct store_value *value)
{
    switch (value->type) {
    case STORE_I64:
        return KIND_SIGNED;
    case STORE_U64:
        return KIND_UNSIGNED;
    case STORE_BLOB:
        return KIND_BLOB;
    case STORE_NULL:
        return KIND_NONE;
    default:
        return KIND_TEXT;
    }
}

static bool is_number(enum column_kind kind)
{
    return kind == KIND_SIGNED || kind == KIND_UNSIGNED;
}

/* Returns the kind of a column that holds values of both kinds, or KIND_NONE if there is none. Texts can be sent as
 * bytes. */
static enum column_kind common_kind(enum column_kind a, enum column_kind b)
{
    if (a == b || b == KIND_NONE)
        return a;
    if (a == KIND_NONE)
        return b;
    return is_number(a) || is_number(b) ? KIND_NONE : KIND_BLOB;
}

/* Can the row be sent together with those collected so far? */
static bool row_fits(const struct store_bulk *bulk, const struct store_value *row)
{
    for (unsigned i = 0; i < bulk->n_columns; i++) {
        enum column_kind before = bulk->columns[i].kind;
        if (before != KIND_NONE && common_kind(before, kind_of(&row[i])) == KIND_NONE)
            return false;
    }
    return true;
}

static void add_value(struct store_bulk *bulk, struct bulk_column *column, const struct store_value *value)
{
    enum column_kind kind = kind_of(value);

    column->offsets[bulk->rows] = bulk->used;
    column->lengths[bulk->rows] = 0;
    column->numbers[bulk->rows] = 0;
    column->indicators[bulk->rows] = kind == KIND_NONE ? STMT_INDICATOR_NULL : STMT_INDICATOR_NONE;
    column->kind = common_kind(column->kind, kind);
    if (is_number(kind)) {
        column->numbers[bulk->rows] = value->i64;
    } else if (kind != KIND_NONE) {
        column->lengths[bulk->rows] = value->len;
        append(bulk, value->text, value->len);
    }
}

static uint64_t row_bytes(const struct store_bulk *bulk, const struct store_value *row)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < bulk->n_columns; i++)
        bytes += VALUE_OVERHEAD + (row[i].type == STORE_I64 || row[i].type == STORE_U64 ? 8 : row[i].len);
    return bytes;
}

int store_bulk_add(struct store_bulk *bulk, const struct store_value *row)
{
    uint64_t bytes = row_bytes(bulk, row);
    /* A batch has at most half the packet limit. A row may need more than that; then it is sent alone. */
    bool fits = bulk->wire + bytes <= bulk->conn->max_packet / 2 && row_fits(bulk, row);

    if (bulk->rows > 0 && !fits && store_bulk_flush(bulk) != 0)
        return -1;
    if (store_check_usable(bulk->conn) != 0 || store_check_size(bulk->conn, bytes) != 0)
        return -1;
    for (unsigned i = 0; i < bulk->n_columns; i++)
        add_value(bulk, &bulk->columns[i], &row[i]);
    bulk->wire += bytes;
    bulk->rows++;
    return bulk->rows == bulk->batch_rows ? store_bulk_flush(bulk) : 0;
}

/* ---- Sending ------------------------------------------------------------------------------------------------- */

static void bind_column(struct store_bulk *bulk, struct bulk_column *column, MYSQL_BIND *slot)
{
    slot->u.indicator = column->indicators;
    if (is_number(column->kind)) {
        slot->buffer_type = MYSQL_TYPE_LONGLONG;
        slot->is_unsigned = column->kind == KIND_UNSIGNED;
        slot->buffer = column->numbers;
        return;
    }
    for (unsigned row = 0; row < bulk->rows; row++)
        column->pointers[row] = bulk->arena + column->offsets[row];
    slot->buffer_type = column->kind == KIND_BLOB ? MYSQL_TYPE_BLOB : MYSQL_TYPE_STRING;
    slot->buffer = column->pointers;
    slot->length = column->lengths;
}

static int bind(struct store_bulk *bulk)
{
    MYSQL_BIND *binds = must(calloc(bulk->n_columns, sizeof *binds));

    for (unsigned i = 0; i < bulk->n_columns; i++)
        bind_column(bulk, &bulk->columns[i], &binds[i]);
    /* The size must be known before the arrays are bound. */
    int rc =
        mysql_stmt_attr_set(bulk->stmt, STMT_ATTR_ARRAY_SIZE, &bulk->rows) || mysql_stmt_bind_param(bulk->stmt, binds);
    free(binds); /* the library keeps its own copy */
    return rc != 0 ? fail_stmt(bulk, false) : 0;
}

static int send_batch(struct store_bulk *bulk)
{
    bool committing = !bulk->conn->in_transaction;

    if (!bulk->arena)
        append(bulk, "", 1); /* all values are NULL or empty: the pointers must still point somewhere */
    if (prepare(bulk) != 0 || store_fault(bulk->conn, STORE_FAULT_BEFORE, bulk->sql, committing) != 0 ||
        bind(bulk) != 0)
        return -1;
    if (mysql_stmt_execute(bulk->stmt) != 0)
        return fail_stmt(bulk, committing);
    return store_fault(bulk->conn, STORE_FAULT_AFTER, bulk->sql, committing);
}

int store_bulk_flush(struct store_bulk *bulk)
{
    if (bulk->rows == 0)
        return 0;
    int rc = send_batch(bulk);
    if (rc == 0)
        bulk->sent += bulk->rows;
    /* Rows of a failed batch are dropped: they belong to a transaction that the caller rolls back. */
    store_bulk_discard(bulk);
    return rc;
}

void store_bulk_discard(struct store_bulk *bulk)
{
    bulk->rows = 0;
    bulk->used = 0;
    bulk->wire = 0;
    for (unsigned i = 0; i < bulk->n_columns; i++)
        bulk->columns[i].kind = KIND_NONE;
}

uint64_t store_bulk_sent(const struct store_bulk *bulk)
{
    return bulk->sent;
}
