/* Price lists as files over HTTP. */
#include "daemon/api/pricelist_files.h"

#include "base/log.h"
#include "handlers/pricelist/export.h"
#include "handlers/pricelist/workbook.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct file_request {
    char id[sizeof((struct http_request *)0)->args[0]]; /* a path segment, decoded */
    struct csv_options csv;
    struct workbook_options workbook;
};

int pricelist_unknown(struct db_answer *answer)
{
    return db_answer_problem(answer, "not-found", "%s", PRICELIST_UNKNOWN);
}

/* The spool is full or broken. */
int pricelist_not_written(struct db_answer *answer, int error)
{
    bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
    struct log_about about = db_answer_about(answer);
    log_about(LOG_LEVEL_WARN, &about, "a long answer was not written: %s", strerror(error));
    return db_answer_problem(answer, full ? "insufficient-storage" : "spool-unavailable", NULL);
}

/* The hash of a list stands for its content and `form` for how it looks, so the tag is known before a row is read. */
static bool client_has(struct db_answer *answer, const struct pricelist_head *head, const char *form)
{
    char tag[sizeof answer->etag];
    snprintf(tag, sizeof tag, "\"%s-%s\"", head->sha256, form);
    return db_answer_not_modified(answer, tag);
}

static void describe_file(struct db_answer *answer, const struct pricelist_head *head, const char *type,
                          const char *ending)
{
    answer->type = type;
    snprintf(answer->disposition, sizeof answer->disposition, "attachment; filename=\"pricelist-%s-%s.%s\"",
             head->source, head->version, ending);
}

/* Returns 1 with the list in *head; 0 if the answer is complete, -1 with conn->error. */
static int find(struct store_conn *conn, struct db_answer *answer, struct pricelist_head *head)
{
    const struct file_request *asked = answer->arg;
    if (store_begin_snapshot(conn) != 0)
        return -1;
    int rc = pricelist_find(conn, asked->id, head, NULL);
    return rc == 0 ? pricelist_unknown(answer) : rc;
}

/* The result of a writer: 0, 1 with sink->error, or -1. */
static int written(struct db_answer *answer, const struct file_sink *sink, int rc)
{
    if (rc == 1)
        return pricelist_not_written(answer, sink->error);
    answer->file_len = sink->len;
    return rc;
}

static int write_csv(struct store_conn *conn, struct db_answer *answer)
{
    const struct file_request *asked = answer->arg;
    struct pricelist_head head = {0};
    char form[CSV_OPTIONS_TEXT];
    int rc = find(conn, answer, &head);
    if (rc != 1 || client_has(answer, &head, csv_options_text(&asked->csv, form)))
        return rc < 0 ? -1 : 0;
    struct file_sink sink = {.fd = db_answer_file(answer)};
    if (sink.fd < 0)
        return 0;
    describe_file(answer, &head, "text/csv; charset=utf-8", "csv");
    return written(answer, &sink, pricelist_export(conn, &head, &asked->csv, &sink));
}

static int write_xlsx(struct store_conn *conn, struct db_answer *answer)
{
    const struct file_request *asked = answer->arg;
    struct pricelist_head head = {0};
    char form[WORKBOOK_FORM];
    int rc = find(conn, answer, &head);
    if (rc != 1)
        return rc;
    if (workbook_is_too_long(&head))
        return db_answer_problem(answer, "conflict", "the list has %llu items, more than a sheet has rows; export CSV",
                                 (unsigned long long)head.items);
    if (client_has(answer, &head, workbook_form(&asked->workbook, form)))
        return 0;
    struct file_sink sink = {.fd = db_answer_file(answer)};
    if (sink.fd < 0)
        return 0;
    describe_file(answer, &head, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx");
    return written(answer, &sink, pricelist_workbook(conn, &head, &asked->workbook, answer->spool_dir_fd, &sink));
}

/* Returns NULL after answering with every fault; else *params are to be read and freed. */
static struct file_request *file_request(struct http_request *request, const struct param_spec *specs, yajl_val *params)
{
    *params = db_answer_params(request, specs);
    if (!*params)
        return NULL;
    struct file_request *asked = calloc(1, sizeof *asked);
    if (!asked)
        abort();
    memcpy(asked->id, request->args[0], sizeof asked->id);
    return asked;
}

void resource_pricelist_csv(struct http_request *request)
{
    struct worker *worker = request->app;
    yajl_val params;
    struct file_request *asked = file_request(request, csv_params, &params);
    if (!asked)
        return;
    csv_options_read(&asked->csv, params);
    yajl_tree_free(params);
    db_answer_from(request, worker->exports, write_csv, asked, free);
}

void resource_pricelist_xlsx(struct http_request *request)
{
    struct worker *worker = request->app;
    yajl_val params;
    struct file_request *asked = file_request(request, workbook_params, &params);
    if (!asked)
        return;
    workbook_options_read(&asked->workbook, params);
    yajl_tree_free(params);
    db_answer_from(request, worker->exports, write_xlsx, asked, free);
}
