/* Starting tasks over HTTP. */
#include "daemon/api/task/tasks.h"

#include "daemon/accept/follow.h"
#include "daemon/accept/start.h"

void resource_task_post(struct http_request *request)
{
    struct param_faults faults;
    int type = -1;
    yajl_val body;
    faults.n = 0; /* the rest need not be zero */
    if (!start_body(request, false, &body))
        return;
    if (!YAJL_IS_OBJECT(body)) {
        param_faults_add(&faults, "", "type", "must be an object with type and params");
        param_faults_expect(&faults, "object");
    } else {
        type = follow_type(body, true, &faults);
    }
    start_from_json(request, type, json_member(body, "params"), json_member(body, "then"), "/params", &faults);
    yajl_tree_free(body);
}
