/* Starting tasks over HTTP. */
#include "daemon/api/task/tasks.h"

#include "daemon/accept/start.h"
#include "handlers/task_type.h"

#include <stdio.h>
#include <string.h>

static void reject_member(struct param_faults *faults, yajl_val body)
{
    for (size_t i = 0; i < YAJL_GET_OBJECT(body)->len; i++) {
        const char *key = YAJL_GET_OBJECT(body)->keys[i];
        char pointer[96];
        if (strcmp(key, "type") == 0 || strcmp(key, "params") == 0)
            continue;
        snprintf(pointer, sizeof pointer, "/%.90s", key);
        param_faults_add(faults, pointer, "unknown", "unknown member; known members: type, params");
    }
}

void resource_task_reject_type(struct param_faults *faults, const char *name)
{
    char known[400] = "";
    size_t used = 0;
    for (unsigned i = 0; i < task_type_count() && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "", task_type_at(i)->name);
    param_faults_add(faults, "/type", "choice", "unknown task type «%.60s»; known task types: %s", name, known);
}

static int type_from(struct param_faults *faults, yajl_val body)
{
    const char *name = json_member_string(body, "type", NULL);
    if (!name) {
        param_faults_add(faults, "/type", "required", "name the task type, for example \"recalculate\"");
        return -1;
    }
    int type = task_type_number(name);
    if (type < 0)
        resource_task_reject_type(faults, name);
    else if (task_type_at((unsigned)type)->takes_file)
        param_faults_add(faults, "/type", "file", "%s needs a file: use its own path", name);
    return type;
}

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
    } else {
        reject_member(&faults, body);
        type = type_from(&faults, body);
    }
    start_from_json(request, type, json_member(body, "params"), "/params", &faults);
    yajl_tree_free(body);
}
