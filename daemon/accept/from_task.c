/* An import of the file that an earlier task had. Only who started that task may take its file; the parameters are those
 * of this request alone. The new task has the file under a name of its own, so that nothing takes it away. */
#include "base/hex.h"
#include "daemon/accept/accept.h"
#include "daemon/accept/original.h"
#include "daemon/accept/upload.h"
#include "daemon/auth/identity.h"

#include <string.h>

/* The upload's other faults are told beside this one. */
static void name_fault(struct upload *upload, enum upload_origin what)
{
    upload->from_task = true;
    upload->origin_is = what;
}

static bool is_ours(const struct original *original)
{
    char who[IDENTITY_MAX];
    client_identity(original->request, who);
    return strcmp(who, original->row.requested_by) == 0;
}

static void take_file(struct original *original)
{
    struct upload *upload = original->with;
    struct http_request *request = original->request;
    struct worker *worker = request->app;
    int type = task_type_number(upload->type->name);
    bool unknown = original->call.result == 0 && !original->found && !original->gone;
    bool over = unknown || original_is_over(original);
    if (unknown) {
        name_fault(upload, ORIGIN_UNKNOWN);
    } else if (over && original->row.file.name[0] == '\0') {
        name_fault(upload, ORIGIN_WITHOUT_FILE);
    } else if (over && !is_ours(original)) {
        http_reply_problem(
            request, "forbidden",
            "This file came from another client. Send the file itself, or ask with the token that it was sent with.",
            NULL);
        over = false;
    } else if (over) {
        upload_take_kept(upload, original->id, &original->row.file, worker->spool_fd);
    }
    if (over)
        accept_examined(request, type, upload);
    else
        upload_free(upload);
    original_free(original);
}

void accept_from_task(struct http_request *request, int type, struct upload *upload, const char *from_task)
{
    store_uuid id;
    if (hex_uuid_read(from_task, id) != 0) {
        name_fault(upload, ORIGIN_NO_ID);
        accept_examined(request, type, upload);
    } else if (!original_read(request, id, take_file, upload)) {
        upload_free(upload);
    }
}
