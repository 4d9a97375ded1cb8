/* Rejected rows, page by page from task_row_error. */
#include "handlers/read/rejects.h"

#include "handlers/read/rejectline.h"

#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#define PAGE_TEXT "1000"
#define PAGE      1000

/* ---- Options --------------------------------------------------------------------------------------------------- */

static const char *const severities[] = {"error", "all", NULL};

const struct param_spec rejects_params[] = {
    CSV_PARAMS,
    {.name = "severity",
     .kind = PARAM_CHOICE,
     .choices = severities,
     .help = "error: the refused rows; all: also those that were taken with a warning, and what concerns the whole "
             "file; default: error."},
    {.name = NULL},
};

void rejects_options_read(struct rejects_options *options, yajl_val params)
{
    csv_options_read(&options->csv, params);
    options->own_separator = !*json_member_string(params, "sep", "") && !*json_member_string(params, "excel", "");
    options->all = strcmp(json_member_string(params, "severity", ""), "all") == 0;
}

/* ---- Reading --------------------------------------------------------------------------------------------------- */

struct rejects {
    struct reject_lines lines;
    const struct rejects_options *options;
    char id[37];
    char separator; /* of the file; 0 = it was no CSV file */
    char *sheet;    /* of the first heading; heap */
    uint64_t last;  /* id of the last row read */
    unsigned page;
};

static int on_heading(const struct store_value *v, unsigned n, void *ctx)
{
    struct rejects *rejects = ctx;
    const char *sheet = v[1].text ? v[1].text : "";
    (void)n;
    if (v[2].text && *v[2].text)
        rejects->separator = *v[2].text;
    if (!rejects->sheet)
        rejects->sheet = strdup(sheet);
    else if (strcmp(rejects->sheet, sheet) != 0)
        rejects->lines.sheets = true;
    reject_lines_heading(&rejects->lines, v[0].text);
    return 0;
}

/* A row may be wider than its heading. */
static int on_width(const struct store_value *v, unsigned n, void *ctx)
{
    struct rejects *rejects = ctx;
    unsigned long width = v[0].text ? strtoul(v[0].text, NULL, 10) : 0;
    (void)n;
    if (width > rejects->lines.width)
        rejects->lines.width = (unsigned)width;
    return 0;
}

static int read_shape(struct store_conn *conn, struct rejects *rejects)
{
    struct store_value v[] = {STORE_S(rejects->id), STORE_U(rejects->options->all)};
    if (store_query(conn,
                    "SELECT captions, sheet, csv_separator FROM task_heading FORCE INDEX (PRIMARY) WHERE task_id = ? "
                    "ORDER BY number",
                    v, 1, on_heading, rejects) != 0)
        return -1;
    return store_query(conn,
                       "SELECT MAX(JSON_LENGTH(cells)) FROM task_row_error FORCE INDEX (ix_task) WHERE task_id = ? AND "
                       "(severity = 'error' OR ?)",
                       v, 2, on_width, rejects);
}

static int on_row(const struct store_value *v, unsigned n, void *ctx)
{
    struct rejects *rejects = ctx;
    struct reject_fault fault = {.sheet = v[1].text,
                                 .row = strtoull(v[2].text, NULL, 10),
                                 .heading = v[3].text ? (uint32_t)strtoul(v[3].text, NULL, 10) : 0,
                                 .field = v[4].text,
                                 .code = v[5].text,
                                 .message = v[6].text,
                                 .suggestion = v[7].text,
                                 .cells = v[8].text,
                                 .column = v[9].text};
    (void)n;
    reject_lines_add(&rejects->lines, &fault);
    rejects->last = strtoull(v[0].text, NULL, 10);
    rejects->page++;
    return rejects->lines.csv.failed != 0;
}

static int write_pages(struct store_conn *conn, struct rejects *rejects)
{
    int rc;
    do {
        struct store_value v[] = {STORE_S(rejects->id), STORE_U(rejects->last), STORE_U(rejects->options->all)};
        rejects->page = 0;
        rc = store_query(
            conn,
            "SELECT id, sheet, row_no, heading, field, code, message, suggestion, cells, column_letter FROM "
            "task_row_error FORCE INDEX (ix_task) WHERE task_id = ? AND id > ? AND (severity = 'error' OR "
            "?) ORDER BY id LIMIT " PAGE_TEXT,
            v, 3, on_row, rejects);
    } while (rc == 0 && rejects->page == PAGE);
    return rc;
}

static int write_all(struct store_conn *conn, struct rejects *rejects, struct file_sink *sink)
{
    struct csv_options csv = rejects->options->csv;
    if (rejects->options->own_separator && rejects->separator)
        csv.separator = rejects->separator;
    csv_out_open(&rejects->lines.csv, &csv, file_sink_write, sink);
    int rc = write_pages(conn, rejects);
    if (rc != 0)
        return rc;
    reject_lines_end(&rejects->lines);
    return csv_out_flush(&rejects->lines.csv) != 0 ? 1 : 0;
}

int rejects_write(struct store_conn *conn, const struct journal_row *task, const struct rejects_options *options,
                  struct file_sink *sink)
{
    struct rejects *rejects = calloc(1, sizeof *rejects);
    if (!rejects)
        abort();
    rejects->options = options;
    uuid_unparse_lower(task->id, rejects->id);
    int rc = read_shape(conn, rejects);
    if (rc == 0)
        rc = write_all(conn, rejects, sink);
    reject_lines_fini(&rejects->lines);
    free(rejects->sheet);
    free(rejects);
    return rc;
}
