/* Rejected rows, page by page from task_row_error. */
#include "handlers/read/rejects.h"

#include "handlers/read/rowjson.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#define PAGE_TEXT "1000"
#define PAGE      1000
#define FIXED     6 /* columns before the cells */
#define CELLS_MAX 256
#define NAMES_MAX 501
#define RAW_MAX   (1000 * 4 + 1)

struct rejects {
    struct csv_out csv;
    unsigned cells;      /* columns of the widest row */
    uint64_t row_no, id; /* the last one written */
    unsigned page;
};

/* ---- Headings ---- */

static int keep_names(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    row_copy(ctx, NAMES_MAX, &v[0]);
    return 0;
}

/* Texts are stored with a tab between them; no text contains a tab. Returns how many there are. */
static unsigned split(char *raw, const char **texts, unsigned max)
{
    unsigned n = 0;
    for (char *text = raw; text && n < max; n++) {
        char *tab = strchr(text, '\t');
        if (tab)
            *tab++ = '\0';
        texts[n] = text;
        text = tab;
    }
    return n;
}

static void write_headings(struct rejects *rejects, char *names)
{
    static const char *const fixed[2][FIXED] = {
        {"sheet", "row", "field", "code", "message", "suggestion"},
        {"Лист", "Строка", "Поле", "Код", "Сообщение", "Подсказка"},
    };
    const char *fields[FIXED + CELLS_MAX];
    char numbered[CELLS_MAX][16];
    unsigned named = names[0] ? split(names, fields + FIXED, CELLS_MAX) : 0;
    if (named > rejects->cells)
        rejects->cells = named;
    memcpy(fields, fixed[rejects->csv.options.russian], sizeof fixed[0]);
    for (unsigned i = named; i < rejects->cells; i++) {
        snprintf(numbered[i], sizeof numbered[i], "cell_%u", i + 1);
        fields[FIXED + i] = numbered[i];
    }
    csv_out_record(&rejects->csv, fields, FIXED + rejects->cells);
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
        rc = store_query(
            conn,
            "SELECT id, sheet, row_no, field, code, message, suggestion, raw FROM task_row_error FORCE INDEX (ix_task) "
            "WHERE task_id = ? AND row_no >= ? AND (row_no > ? OR id > ?) AND severity = 'error' "
            "ORDER BY row_no, id LIMIT " PAGE_TEXT,
            v, 4, on_row, rejects);
    } while (rc == 0 && rejects->page == PAGE);
    return rc;
}

int rejects_write(struct store_conn *conn, const struct journal_row *task, const struct csv_options *options,
                  struct file_sink *sink)
{
    struct rejects rejects = {.cells = 0};
    char id[37];
    uuid_unparse_lower(task->id, id);
    char names[NAMES_MAX] = "";
    struct store_value v = STORE_S(id);
    int rc = store_query(conn,
                         "SELECT MAX(CHAR_LENGTH(raw) - CHAR_LENGTH(REPLACE(raw, '\\t', '')) + 1) FROM task_row_error "
                         "FORCE INDEX (ix_task) "
                         "WHERE task_id = ? AND severity = 'error'",
                         &v, 1, keep_cells, &rejects);
    if (rc == 0)
        rc = store_query(conn, "SELECT reject_columns FROM task WHERE id = ?", &v, 1, keep_names, names);
    if (rc != 0)
        return -1;
    csv_out_open(&rejects.csv, options, file_sink_write, sink);
    if (options->header)
        write_headings(&rejects, names);
    rc = write_pages(conn, &rejects, id);
    if (rc == 0 && csv_out_flush(&rejects.csv) != 0)
        rc = 1;
    return rc;
}
