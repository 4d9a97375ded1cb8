/* Writing and deleting one mapping over HTTP. */
#include "daemon/api/part_numbers.h"

#include "daemon/accept/start.h"
#include "daemon/worker/db_answer.h"
#include "handlers/catalog/part_numbers.h"

#include <stdlib.h>

struct changing {
    struct mapping mapping;
    struct param_faults faults; /* found before the database was asked */
};

static struct changing *changing_new(struct http_request *request, const struct param_spec *specs, yajl_val object)
{
    struct changing *changing = calloc(1, sizeof *changing);
    if (!changing)
        abort();
    mapping_take(&changing->mapping, specs, object, request->params, request->n_params, &changing->faults);
    http_client_address(request, changing->mapping.by);
    return changing;
}

static int put(struct store_conn *conn, struct db_answer *answer)
{
    const struct changing *changing = answer->arg;
    struct param_faults faults = changing->faults; /* the work may be called twice */
    if (mapping_put(conn, &changing->mapping, &faults, &answer->json) != 0)
        return -1;
    return faults.n ? db_answer_refuse(answer, &faults) : 0;
}

static int take_out(struct store_conn *conn, struct db_answer *answer)
{
    const struct changing *changing = answer->arg;
    return mapping_delete(conn, &changing->mapping, &answer->json);
}

static void refuse(struct http_request *request, struct changing *changing)
{
    http_reply_problem(request, "invalid-parameters", NULL, &changing->faults);
    free(changing);
}

void resource_part_number_put(struct http_request *request)
{
    struct worker *worker = request->app;
    yajl_val body;
    if (!start_body(request, false, &body))
        return;
    struct changing *changing = changing_new(request, part_number_params, body);
    yajl_tree_free(body);
    if (changing->faults.n && !changing->mapping.lot_code[0])
        refuse(request, changing);
    else /* with other faults too: the lot is looked up, so that the client hears of all of them at once */
        db_answer_from(request, worker->reads, put, changing, free);
}

void resource_part_number_delete(struct http_request *request)
{
    struct worker *worker = request->app;
    struct changing *changing = changing_new(request, part_number_key_params, NULL);
    if (changing->faults.n)
        refuse(request, changing);
    else
        db_answer_from(request, worker->reads, take_out, changing, free);
}
