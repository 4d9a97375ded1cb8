/* What the test suite compares with the outside: routes, problems, the API document. Printed by priceforged-test. */
#include "tests/system/describe.h"

#include "base/json.h"
#include "daemon/api/openapi/openapi.h"
#include "daemon/worker/worker.h"
#include "handlers/task_type.h"

#include <stdio.h>
#include <string.h>

static void put_routes(struct json_out *out)
{
    static const char *const methods[] = {
        [HTTP_GET] = "get", [HTTP_POST] = "post", [HTTP_PUT] = "put", [HTTP_PATCH] = "patch", [HTTP_DELETE] = "delete"};
    static const char *const scopes[] = {[SCOPE_NONE] = "none", [SCOPE_READ] = "read",     [SCOPE_START] = "start",
                                         [SCOPE_EDIT] = "edit", [SCOPE_CANCEL] = "cancel", [SCOPE_ADMIN] = "admin"};

    json_key(out, "routes");
    json_array(out);
    for (const struct http_route *route = worker_routes; route->handle; route++) {
        json_object(out);
        json_put_string(out, "method", methods[route->method]);
        json_put_string(out, "path", route->pattern);
        json_put_string(out, "scope", scopes[route->scope & ~ROUTE_CONDITIONAL]);
        json_put_string(out, "accept", route->accept);
        json_put_bool(out, "body", route->body != BODY_NONE);
        json_object_end(out);
    }
    json_array_end(out);
}

static void put_problems(struct json_out *out)
{
    json_key(out, "problems");
    json_object(out);
    for (size_t i = 0; http_problem_at(i); i++)
        json_put_int(out, http_problem_at(i)->slug, http_problem_at(i)->status);
    json_object_end(out);
}

static void put_types(struct json_out *out)
{
    json_key(out, "types");
    json_array(out);
    for (unsigned i = 0; i < task_type_count(); i++)
        json_string(out, task_type_at(i)->name);
    json_array_end(out);
}

bool describe(int argc, char **argv)
{
    struct json_out out;

    if (argc == 2 && strcmp(argv[1], "--openapi") == 0) {
        fputs(openapi_text(NULL), stdout);
        return true;
    }
    if (argc != 2 || strcmp(argv[1], "--describe") != 0)
        return false;
    json_out_init(&out);
    json_object(&out);
    put_routes(&out);
    put_problems(&out);
    put_types(&out);
    json_object_end(&out);
    puts(json_out_text(&out, NULL));
    json_out_fini(&out);
    return true;
}
