/* Starting a finished task again, with its parameters and its kept file. */
#include "base/hex.h"
#include "daemon/accept/accept.h"
#include "daemon/accept/original.h"
#include "daemon/api/task/actions.h"
#include "daemon/api/task/tasks.h"

#include <stdlib.h>
#include <string.h>

#define PARAMS_DEPTH 16

/* The parameters are checked again: another version of the daemon may have accepted them. */
static void start_again(const struct original *original)
{
    const struct journal_row *row = &original->row;
    struct param_faults faults = {.n = 0};
    struct accept_start start = {.type = task_type_number(row->type), .retry_of = original->id};
    char why[120];
    if (start.type < 0) {
        http_reply_problem(original->request, "conflict", "This version has no such task type any more.", NULL);
        return;
    }
    yajl_val params = json_parse(row->params, strlen(row->params), PARAMS_DEPTH, why, sizeof why);
    start.params = params_from_json(task_type_at((unsigned)start.type)->params, params, &faults);
    yajl_tree_free(params);
    if (faults.n) {
        free(start.params);
        http_reply_problem(original->request, "invalid-parameters", NULL, &faults);
        return;
    }
    if (row->file.name[0] != '\0')
        start.file = &row->file;
    accept_start(original->request, &start);
}

static void original_known(struct original *original)
{
    if (original_is_over(original))
        start_again(original);
    original_free(original);
}

void resource_task_retry(struct http_request *request)
{
    store_uuid id;
    if (hex_uuid_read(request->args[0], id) != 0)
        resource_task_not_found(request);
    else
        original_read(request, id, original_known, NULL);
}
