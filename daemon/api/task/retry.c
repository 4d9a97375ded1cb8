/* Starting a finished task again, with its parameters and its kept file, and with what was to follow it. */
#include "base/hex.h"
#include "daemon/accept/accept.h"
#include "daemon/accept/original.h"
#include "daemon/api/task/actions.h"
#include "daemon/api/task/tasks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARAMS_DEPTH 16

/* The parameters are checked again: another version of the daemon may have accepted them. NULL with faults. */
static char *checked(const struct task_type *type, const char *text, struct param_faults *faults)
{
    char why[120];
    yajl_val params = json_parse(text, strlen(text), PARAMS_DEPTH, why, sizeof why);
    char *out = params_from_json(type->params, params, faults);
    yajl_tree_free(params);
    return out;
}

/* Its chain goes on behind the retry. Returns false if a type is no longer known. */
static bool take_left(const struct original *original, struct follow_ups *then, struct param_faults *faults)
{
    for (unsigned i = 0; i < original->n_left; i++) {
        char pointer[32];
        unsigned before = faults->n;
        int number = task_type_number(original->left[i].type);
        if (number < 0)
            return false;
        const struct task_type *type = task_type_at((unsigned)number);
        char *params = checked(type, original->left[i].params, faults);
        snprintf(pointer, sizeof pointer, "/then/%u/params", i);
        param_faults_prefix(faults, before, pointer);
        if (params)
            follow_ups_add(then, type, params);
    }
    return true;
}

static void refuse_retry(struct http_request *request, struct accept_start *start, struct param_faults *faults)
{
    free(start->params);
    follow_ups_fini(&start->then);
    if (faults->n)
        http_reply_problem(request, "invalid-parameters", NULL, faults);
    else
        http_reply_problem(request, "conflict", "This version has no such task type any more.", NULL);
}

static void start_again(const struct original *original)
{
    const struct journal_row *row = &original->row;
    struct param_faults faults = {.n = 0};
    struct accept_start start = {.type = task_type_number(row->type), .retry_of = original->id};
    bool known = start.type >= 0;
    if (known) {
        start.params = checked(task_type_at((unsigned)start.type), row->params, &faults);
        known = take_left(original, &start.then, &faults);
    }
    if (!known || faults.n) {
        refuse_retry(original->request, &start, &faults);
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
