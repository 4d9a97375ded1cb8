/* Refused rows: page by page out of task_row_error. */
#include "handlers/task_rejects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#define PAGE_TEXT   "1000"
#define PAGE        1000
#define FIXED       6 /* columns before the cells */
#define CELLS_MAX   256
#define RAW_MAX     (1000 * 4 + 1)
#define RESULT_DEEP 16

struct rejects {
    struct csv_out csv;
    unsigned cells;      /* columns of the widest row */
    uint64_t row_no, id; /* the last one written */
    unsigned page;
};

/* ---- Headings ---- */

struct column {
    const char *name;
    int64_t number; /* in the file */
};

static int by_number(const void *a, const void *b)
{
    const struct column *left = a, *right = b;
    return left->number < right->number ? -1 : left->number > right->number;
}

/* The recognised columns as the result names them, in the file's order. Returns how many. */
static size_t result_columns(yajl_val result, struct column columns[CELLS_MAX])
{
    yajl_val named = json_member(json_member(result, "file"), "columns");
    size_t n = 0;
    if (!YAJL_IS_OBJECT(named))
        return 0;
    for (size_t i = 0; i < named->u.object.len && n < CELLS_MAX; i++) {
        if (!YAJL_IS_INTEGER(named->u.object.values[i]))
            continue;
        columns[n++] = (struct column){named->u.object.keys[i], YAJL_GET_INTEGER(named->u.object.values[i])};
    }
    qsort(columns, n, sizeof *columns, by_number);
    return n;
}

static void write_headings(struct rejects *rejects, const struct journal_row *task)
{
    static const char *const fixed[2][FIXED] = {
        {"sheet", "row", "field", "code", "message", "suggestion"},
        {"Лист", "Строка", "Поле", "Код", "Сообщение", "Подсказка"},
    };
    const char *fields[FIXED + CELLS_MAX];
    struct column columns[CELLS_MAX];
    char numbered[CELLS_MAX][16], why[80];
    yajl_val result =
        task->result ? json_parse(task->result, strlen(task->result), RESULT_DEEP, why, sizeof why) : NULL;
    size_t named = result ? result_columns(result, columns) : 0;
    if (named > rejects->cells)
        rejects->cells = (unsigned)named;
    memcpy(fields, fixed[rejects->csv.options.russian], sizeof fixed[0]);
    for (unsigned i = 0; i < rejects->cells; i++) {
        snprintf(numbered[i], sizeof numbered[i], "cell_%u", i + 1);
        fields[FIXED + i] = i < named ? columns[i].name : numbered[i];
    }
    csv_out_record(&rejects->csv, fields, FIXED + rejects->cells);
    yajl_tree_free(result);
}

/* ---- Rows ---- */

static int keep_cells(const struct store_value *v, unsigned n, void *ctx)
{
    struct rejects *rejects = ctx;
    (void)n;
    unsigned long cells = v[0].text ? strtoul(v[0].text, NULL, 10) : 0;
    rejects->cells = cells < CELLS_MAX ? (unsigned)cells : CELLS_MAX;
    return 0;
}

/* Cells are kept with a tab between them: none holds one. */
static size_t split(char *raw, const char **cells, size_t max)
{
    size_t n = 0;
    for (char *cell = raw; cell && n < max; n++) {
        char *tab = strchr(cell, '\t');
        if (tab)
            *tab++ = '\0';
        cells[n] = cell;
        cell = tab;
    }
    return n;
}

static int on_row(const struct store_value *v, unsigned n, void *ctx)
{
    struct rejects *rejects = ctx;
    const char *fields[FIXED + CELLS_MAX] = {v[1].text, v[2].text, v[3].text, v[4].text, v[5].text, v[6].text};
    char raw[RAW_MAX];
    (void)n;
    snprintf(raw, sizeof raw, "%s", v[7].text ? v[7].text : "");
    split(raw, fields + FIXED, rejects->cells);
    csv_out_record(&rejects->csv, fields, FIXED + rejects->cells);
    rejects->id = strtoull(v[0].text, NULL, 10);
    rejects->row_no = strtoull(v[2].text, NULL, 10);
    rejects->page++;
    return rejects->csv.failed != 0;
}

static int write_pages(struct store_conn *conn, struct rejects *rejects, const char *task_id)
{
    int rc;
    do {
        struct store_value v[] = {STORE_S(task_id), STORE_U(rejects->row_no), STORE_U(rejects->row_no),
                                  STORE_U(rejects->id)};
        rejects->page = 0;
        rc = store_query(conn,
                         "SELECT id, sheet, row_no, field, code, message, suggestion, raw FROM task_row_error "
                         "WHERE task_id = ? AND row_no >= ? AND (row_no > ? OR id > ?) AND severity = 'error' "
                         "ORDER BY row_no, id LIMIT " PAGE_TEXT,
                         v, 4, on_row, rejects);
    } while (rc == 0 && rejects->page == PAGE);
    return rc;
}

int task_rejects_write(struct store_conn *conn, const struct journal_row *task, const struct csv_options *options,
                       struct file_sink *sink)
{
    struct rejects rejects = {.cells = 0};
    char id[37];
    uuid_unparse_lower(task->id, id);
    struct store_value v = STORE_S(id);
    int rc = store_query(conn,
                         "SELECT MAX(CHAR_LENGTH(raw) - CHAR_LENGTH(REPLACE(raw, '\\t', '')) + 1) FROM task_row_error "
                         "WHERE task_id = ? AND severity = 'error'",
                         &v, 1, keep_cells, &rejects);
    if (rc != 0)
        return -1;
    csv_out_open(&rejects.csv, options, file_sink_write, sink);
    if (options->header)
        write_headings(&rejects, task);
    rc = write_pages(conn, &rejects, id);
    if (rc == 0 && csv_out_flush(&rejects.csv) != 0)
        rc = 1;
    return rc;
}
