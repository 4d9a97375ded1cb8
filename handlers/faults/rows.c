/* Faults of rows from task_row_error, by pages. */
#include "handlers/faults/rows.h"

#include "base/grow.h"
#include "base/hex.h"
#include "handlers/faults/choices.h"
#include "handlers/read/rowjson.h"
#include "store/journal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ARGS_DEPTH 5
#define LOT_BYTES  (64 * 4 + 1)
#define NAME_BYTES (255 * 4 + 1)

static const char *const severities[] = {"error", "warning", NULL};

/* clang-format off */
const struct param_spec rowfaults_params[] = {
    {.name = "id", .kind = PARAM_STRING, .required = true, .max = 36, .help = "Id of the import's task."},
    {.name = "severity", .kind = PARAM_CHOICE, .choices = severities, .help = "error: what refused rows; warning: what rows were taken with, and what concerns the whole file; default: both."},
    {.name = "code", .kind = PARAM_STRING, .max = 32, .help = "Only this code."},
    PAGE_PARAMS,
    {.name = NULL},
};
/* clang-format on */

/* The cells of a row are stored with its first error and its first warning: the fault before is near. What is about no
 * data row has none, and they are not looked for. */
#define CELLS                                                                                                          \
    "COALESCE(e.cells, (SELECT p.cells FROM task_row_error p FORCE INDEX (ix_task) WHERE e.row_no > 0 AND e.code NOT " \
    "IN ('W_CAPTION', 'W_COLUMN_IGNORED', 'W_HEADING_MOVED', 'W_GROUP', 'W_DATE_FUTURE', 'W_TOTALS', 'W_CURRENCY', "   \
    "'W_VAT') AND p.task_id = e.task_id AND p.id < e.id AND p.row_no = e.row_no AND p.sheet <=> e.sheet AND "          \
    "p.severity = e.severity AND p.cells IS NOT NULL ORDER BY p.id DESC LIMIT 1))"
#define COLUMNS                                                                                                        \
    "SELECT e.id, e.severity, e.sheet, NULLIF(e.row_no, 0), e.column_letter, NULLIF(e.caption, ''), "                  \
    "NULLIF(e.field, ''), e.code, e.args, e.message, NULLIF(e.raw, ''), " CELLS " FROM task_row_error e "
enum {
    AT_ID,
    AT_SEVERITY,
    AT_SHEET,
    AT_ROW,
    AT_COLUMN,
    AT_CAPTION,
    AT_FIELD,
    AT_CODE,
    AT_ARGS,
    AT_MESSAGE,
    AT_TEXT,
    AT_CELLS,
    N_COLUMNS
};
#define WHERE        "WHERE e.task_id = ? AND e.id > ? AND (? IS NULL OR e.severity = ?) "
#define PAGE_OF_ALL  "FORCE INDEX (ix_task) " WHERE "ORDER BY e.id LIMIT ?"
#define PAGE_OF_CODE "FORCE INDEX (ix_code) " WHERE "AND e.code = ? ORDER BY e.id LIMIT ?"
static const char find_faults[] = COLUMNS PAGE_OF_ALL;
static const char find_faults_of_code[] = COLUMNS PAGE_OF_CODE;

/* Names of the components that the page's suggestions name. */
#define NAMES_OF(page)                                                                                                 \
    "SELECT DISTINCT c.lot_code, c.name FROM (SELECT e.args FROM task_row_error e " page ") p STRAIGHT_JOIN "          \
    "JSON_TABLE(p.args, '$.suggestions[*]' COLUMNS (lot VARCHAR(64) COLLATE utf8mb4_nopad_bin PATH '$.lot')) j "       \
    "STRAIGHT_JOIN component c FORCE INDEX (uq_lot) ON c.lot_code = j.lot"
static const char find_names[] = NAMES_OF(PAGE_OF_ALL);
static const char find_names_of_code[] = NAMES_OF(PAGE_OF_CODE);

struct lot_name {
    char lot[LOT_BYTES];
    char name[NAME_BYTES];
};
struct rowfaults {
    struct store_conn *conn;
    struct page *page;
    struct json_out *out;
    char type[33];
    struct lot_name *names;
    uint32_t n_names, room_names;
};

/* ---- One fault ------------------------------------------------------------------------------------------------- */

/* What was stored for the sentence; near numbers stand beside it. */
static void put_args(struct json_out *out, yajl_val args)
{
    json_key(out, "args");
    json_object(out);
    for (size_t i = 0; YAJL_IS_OBJECT(args) && i < args->u.object.len; i++) {
        if (strcmp(args->u.object.keys[i], "suggestions") == 0)
            continue;
        json_key(out, args->u.object.keys[i]);
        json_value(out, args->u.object.values[i]);
    }
    json_object_end(out);
}

static const char *name_of(const struct rowfaults *faults, const char *lot)
{
    for (uint32_t i = 0; i < faults->n_names; i++)
        if (strcmp(faults->names[i].lot, lot) == 0)
            return faults->names[i].name;
    return NULL;
}

static void put_suggestion(const struct rowfaults *faults, yajl_val suggestion)
{
    static const char *const members[] = {"part_number", "vendor", "why"};
    struct json_out *out = faults->out;
    const char *lot = json_member_string(suggestion, "lot", "");
    json_object(out);
    json_put_string(out, "lot", lot);
    json_put_string(out, "name", name_of(faults, lot));
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        json_put_string(out, members[i], json_member_string(suggestion, members[i], NULL));
    json_object_end(out);
}

static void put_suggestions(const struct rowfaults *faults, yajl_val args)
{
    struct json_out *out = faults->out;
    yajl_val list = json_member(args, "suggestions");
    json_key(out, "suggestions");
    json_array(out);
    for (size_t i = 0; YAJL_IS_ARRAY(list) && i < list->u.array.len; i++)
        put_suggestion(faults, list->u.array.values[i]);
    json_array_end(out);
}

static int on_fault(const struct store_value *v, unsigned n, void *ctx)
{
    struct rowfaults *faults = ctx;
    struct json_out *out = faults->out;
    char why[80];
    assert(n == N_COLUMNS);
    if (!page_take(faults->page, &v[AT_ID].text))
        return 0;
    yajl_val args = v[AT_ARGS].text ? json_parse(v[AT_ARGS].text, v[AT_ARGS].len, ARGS_DEPTH, why, sizeof why) : NULL;
    json_object(out);
    row_put_text(out, "severity", &v[AT_SEVERITY]);
    row_put_text(out, "sheet", &v[AT_SHEET]);
    row_put_number(out, "row", &v[AT_ROW]);
    row_put_text(out, "column", &v[AT_COLUMN]);
    row_put_text(out, "caption", &v[AT_CAPTION]);
    row_put_text(out, "field", &v[AT_FIELD]);
    row_put_text(out, "code", &v[AT_CODE]);
    put_args(out, args);
    faultchoices_of_row(out, faults->type, v[AT_CODE].text, args);
    row_put_text(out, "message", &v[AT_MESSAGE]);
    row_put_text(out, "text", &v[AT_TEXT]);
    row_put_json(out, "cells", &v[AT_CELLS]);
    put_suggestions(faults, args);
    json_object_end(out);
    yajl_tree_free(args);
    return 0;
}

/* ---- The page -------------------------------------------------------------------------------------------------- */

static struct store_value text_or_null(const char *text)
{
    return text ? STORE_S(text) : STORE_N;
}

static int on_name(const struct store_value *v, unsigned n, void *ctx)
{
    struct rowfaults *faults = ctx;
    (void)n;
    faults->names = grow(faults->names, &faults->room_names, faults->n_names + 1, sizeof *faults->names);
    struct lot_name *name = &faults->names[faults->n_names++];
    row_copy(name->lot, sizeof name->lot, &v[0]);
    row_copy(name->name, sizeof name->name, &v[1]);
    return 0;
}

static int read_faults(struct rowfaults *faults, const char *task, yajl_val params)
{
    const char *severity = json_member_string(params, "severity", NULL),
               *code = json_member_string(params, "code", NULL);
    uint64_t after = strtoull(page_after(faults->page, 0, "0"), NULL, 10);
    struct store_value v[6] = {STORE_S(task), STORE_U(after), text_or_null(severity), text_or_null(severity)};
    unsigned n = 4;
    if (code)
        v[n++] = STORE_S(code);
    v[n++] = STORE_U(page_want(faults->page));
    if (store_query(faults->conn, code ? find_names_of_code : find_names, v, n, on_name, faults) != 0)
        return -1;
    json_object(faults->out);
    json_key(faults->out, "rows");
    json_array(faults->out);
    if (store_query(faults->conn, code ? find_faults_of_code : find_faults, v, n, on_fault, faults) != 0)
        return -1;
    json_array_end(faults->out);
    page_put_next(faults->page, faults->out);
    json_object_end(faults->out);
    return 0;
}

/* Rows and final state are written in one transaction, so a task that is not over has none yet. */
static int find_task(struct rowfaults *faults, const store_uuid id)
{
    struct journal_row row;
    int rc = journal_read(faults->conn, id, &row);
    if (rc < 0)
        return -1;
    if (rc == 0) {
        rc = journal_gone(faults->conn, id);
        return rc < 0 ? -1 : rc == 1 ? ROWFAULTS_GONE : ROWFAULTS_NO_TASK;
    }
    memcpy(faults->type, row.type, sizeof faults->type);
    rc = row.status <= JOURNAL_RUNNING ? ROWFAULTS_RUNNING : 0;
    journal_row_fini(&row);
    return rc;
}

int rowfaults_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out)
{
    struct rowfaults faults = {.conn = conn, .page = page, .out = out};
    store_uuid id;
    char task[37];
    if (hex_uuid_read(json_member_string(params, "id", ""), id) != 0)
        return ROWFAULTS_NO_TASK;
    hex_uuid(id, task);
    int rc = find_task(&faults, id);
    if (rc == 0)
        rc = read_faults(&faults, task, params);
    free(faults.names);
    return rc;
}
