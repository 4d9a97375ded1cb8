/* Issues of an import into task_heading and task_row_error. */
#include "handlers/heading/head.h"
#include "handlers/run/run.h"
#include "store/bulk.h"

#include <string.h>

#define LOOK_ROWS 2000 /* between two looks at the cancel flag: a batch */

static struct store_value text_or_null(const struct issues *issues, uint32_t offset)
{
    return offset ? STORE_S(arena_text(&issues->text, offset)) : STORE_N;
}

static struct store_value sheet_name(const struct issues *issues, uint32_t sheet)
{
    return text_or_null(issues, issues->sheet[sheet]);
}

/* ---- Headings -------------------------------------------------------------------------------------------------- */

static int add_headings(const struct issues *issues, struct store_bulk *bulk, const char *task)
{
    for (uint32_t i = 0; i < issues->n_headings; i++) {
        const struct issue_heading *heading = &issues->heading[i];
        struct store_value v[] = {STORE_S(task), STORE_U(i + 1), sheet_name(issues, heading->sheet),
                                  STORE_S(arena_text(&issues->text, heading->captions)),
                                  issues->separator ? STORE_SN(&issues->separator, 1) : STORE_N};
        if (store_bulk_add(bulk, v) != 0)
            return -1;
    }
    return store_bulk_flush(bulk);
}

static int save_headings(const struct issues *issues, struct store_conn *db, const char *task)
{
    struct store_bulk *bulk = store_bulk_new(
        db, "INSERT INTO task_heading (task_id, number, sheet, captions, csv_separator) VALUES (?,?,?,?,?)", 5, 0);
    int rc = bulk ? add_headings(issues, bulk, task) : -1;
    store_bulk_free(&bulk);
    return rc;
}

/* ---- Issues ---------------------------------------------------------------------------------------------------- */

/* The cells of a row are written once for its errors and once for its warnings. */
static bool goes_on(const struct issues *issues, const struct issue *before, const struct issue *issue)
{
    return before->row == issue->row && before->sheet == issue->sheet && before->error == issue->error &&
           before->heading == issue->heading &&
           strcmp(arena_text(&issues->text, before->cells), arena_text(&issues->text, issue->cells)) == 0;
}

static int add_issue(const struct issues *issues, uint32_t i, struct store_bulk *bulk, const char *task)
{
    const struct issue *issue = &issues->list[i];
    bool same = i > 0 && goes_on(issues, issue - 1, issue);
    char letter[4];
    struct store_value v[] = {
        STORE_S(task),
        STORE_S(issue->error ? "error" : "warning"),
        sheet_name(issues, issue->sheet),
        STORE_U(issue->row == ARENA_NONE ? 0 : issue->row + 1),
        issue->heading ? STORE_U(issue->heading) : STORE_N,
        issue->column == ARENA_NONE ? STORE_N : STORE_S(table_column_letter(issue->column, letter)),
        text_or_null(issues, issue->caption),
        STORE_S(issue->field),
        STORE_S(issue->code_name),
        STORE_S(arena_text(&issues->text, issue->message)),
        STORE_S(arena_text(&issues->text, issue->raw)),
        same ? STORE_N : text_or_null(issues, issue->cells),
        text_or_null(issues, issue->pn),
        text_or_null(issues, issue->suggestion),
        text_or_null(issues, issue->args),
    };
    return store_bulk_add(bulk, v);
}

static int save_list(const struct issues *issues, struct store_conn *db, const char *task, struct job *stop)
{
    struct store_bulk *bulk = store_bulk_new(
        db,
        "INSERT INTO task_row_error (task_id, severity, sheet, row_no, heading, column_letter, caption, field, code, "
        "message, raw, cells, pn_norm, suggestion, args) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        15, 0);
    int rc = bulk ? 0 : -1;
    for (uint32_t i = 0; i < issues->n && rc == 0; i++) {
        if (stop && i % LOOK_ROWS == 0)
            rc = run_go_on(stop, db);
        if (rc == 0)
            rc = add_issue(issues, i, bulk, task);
    }
    if (rc == 0)
        rc = store_bulk_flush(bulk);
    store_bulk_free(&bulk);
    return rc;
}

int run_save_issues(struct store_conn *db, const store_uuid id, struct issues *issues, struct job *stop)
{
    struct run_uuid task = run_uuid(id);
    if (issues->n == 0)
        return 0;
    issues_sort(issues);
    return save_headings(issues, db, task.s) == 0 ? save_list(issues, db, task.s, stop) : -1;
}
