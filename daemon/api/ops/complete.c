/* GET /api/complete/{kind}?q=: names for the completion of a shell. Task types and tasks come from this process and the
 * shared memory, the others from the database. */
#include "handlers/read/complete.h"
#include "base/hex.h"
#include "daemon/api/ops/ops.h"
#include "daemon/task/words.h"
#include "daemon/worker/db_answer.h"
#include "handlers/task_type.h"
#include "shm/table.h"

#include <stdlib.h>
#include <string.h>

struct completing {
    char kind[sizeof((struct http_request *)0)->args[0]], q[COMPLETE_TEXT + 1];
};

static bool begins(const char *text, const char *q)
{
    return strncmp(text, q, strlen(q)) == 0;
}

static void write_types(const char *q, FILE *out)
{
    for (unsigned i = 0; i < task_type_count(); i++)
        if (begins(task_type_at(i)->name, q))
            complete_line(out, task_type_at(i)->name, task_type_at(i)->title);
}

struct task_walk {
    struct shm_segment *segment;
    const char *q;
    FILE *out;
    unsigned n;
};

static bool write_task(const struct shm_task *head, struct shm_handle handle, void *ctx)
{
    struct task_walk *walk = ctx;
    struct shm_task task;
    uint64_t version;
    char id[HEX_UUID_SIZE], message[TASK_MESSAGE_MAX], text[TASK_MESSAGE_MAX + 80];
    hex_uuid(head->id, id);
    if (!begins(id, walk->q) || shm_table_read(walk->segment, handle, &task, &version) != 0 ||
        task.type >= task_type_count())
        return true;
    taskwords_message(&task, message);
    snprintf(text, sizeof text, "%s, %u %%: %s", task_type_at(task.type)->name, task.progress, message);
    complete_line(walk->out, id, text);
    return ++walk->n < COMPLETE_MAX;
}

static int complete(struct store_conn *conn, struct db_answer *answer)
{
    const struct completing *asked = answer->arg;
    FILE *out = open_memstream(&answer->text, &answer->text_len);
    if (!out)
        abort();
    int rc = complete_read(conn, asked->kind, asked->q, out);
    if (fclose(out) != 0)
        abort(); /* no memory */
    answer->type = "text/plain; charset=utf-8";
    return rc;
}

static void reply_lines(struct http_request *request, const struct completing *asked)
{
    const struct worker *worker = request->app;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (!out)
        abort();
    struct task_walk walk = {worker->process->segment, asked->q, out, 0};
    if (strcmp(asked->kind, "types") == 0)
        write_types(asked->q, out);
    else
        shm_table_each_head(worker->process->segment, write_task, &walk);
    if (fclose(out) != 0)
        abort(); /* no memory */
    http_reply_header(request, "Cache-Control", "no-store");
    http_reply(request, 200, "text/plain; charset=utf-8", text, len);
    free(text);
}

void resource_complete(struct http_request *request)
{
    static const struct param_spec specs[] = {
        {.name = "q", .kind = PARAM_STRING, .max = COMPLETE_TEXT, .help = "What is typed already."},
        {.name = NULL},
    };
    struct worker *worker = request->app;
    const char *kind = request->args[0];
    bool ours = strcmp(kind, "types") == 0 || strcmp(kind, "tasks") == 0;
    yajl_val params = db_answer_params(request, specs);
    if (!params)
        return;
    if (!ours && !complete_known(kind)) {
        yajl_tree_free(params);
        http_reply_problem(request, "not-found", "nothing of this kind is completed", NULL);
        return;
    }
    struct completing *asked = calloc(1, sizeof *asked);
    if (!asked)
        abort();
    memcpy(asked->kind, kind, sizeof asked->kind);
    snprintf(asked->q, sizeof asked->q, "%s", json_member_string(params, "q", ""));
    yajl_tree_free(params);
    if (!ours) {
        db_answer_from(request, worker->reads, complete, asked, free);
        return;
    }
    reply_lines(request, asked);
    free(asked);
}
