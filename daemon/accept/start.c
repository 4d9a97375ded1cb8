/* Tasks from JSON. */
#include "daemon/accept/start.h"

#include "daemon/accept/accept.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JSON_DEPTH 16

bool start_body(struct http_request *request, bool may_be_empty, yajl_val *body)
{
    char why[120] = "the body is empty";
    *body = NULL;
    if (request->body_len == 0 && may_be_empty)
        return true;
    if (request->body_len > 0)
        *body = json_parse((const char *)request->body, request->body_len, JSON_DEPTH, why, sizeof why);
    if (!*body)
        http_reply_problem(request, "malformed-json", why, NULL);
    return *body != NULL;
}

bool start_body_is_empty(struct http_request *request)
{
    static const struct param_spec none[] = {{.name = NULL}};
    struct param_faults faults;
    yajl_val body;
    faults.n = 0;
    if (!start_body(request, true, &body))
        return false;
    free(params_from_json(none, YAJL_IS_NULL(body) ? NULL : body, &faults));
    yajl_tree_free(body);
    if (faults.n)
        http_reply_problem(request, "invalid-parameters", NULL, &faults);
    return faults.n == 0;
}

static char *params_from(int type, yajl_val object, const char *prefix, struct param_faults *faults)
{
    if (type < 0)
        return NULL;
    unsigned before = faults->n;
    char *params = params_from_json(task_type_at((unsigned)type)->params, YAJL_IS_NULL(object) ? NULL : object, faults);
    param_faults_prefix(faults, before, prefix);
    return params;
}

void start_from_json(struct http_request *request, int type, yajl_val object, yajl_val then, const char *prefix,
                     struct param_faults *faults)
{
    struct accept_start start = {.type = type, .pointer_prefix = prefix};
    start.params = params_from(type, object, prefix, faults);
    follow_ups_take(&start.then, then, faults);
    follow_ups_check(&start.then, start.params, faults);
    if (faults->n) {
        free(start.params);
        follow_ups_fini(&start.then);
        http_reply_problem(request, "invalid-parameters", NULL, faults);
        return;
    }
    assert(start.params);
    accept_start(request, &start);
}

void start_from_body(struct http_request *request, const char *type)
{
    struct param_faults faults;
    yajl_val body;
    faults.n = 0; /* the rest need not be zero */
    if (!start_body(request, true, &body))
        return;
    yajl_val then = follow_ups_detach(body);
    start_from_json(request, task_type_number(type), body, then, "", &faults);
    yajl_tree_free(then);
    yajl_tree_free(body);
}
