/* Tasks of other nodes: read on a database thread, kept as text. Without the database the last text stays, with its time. */
#include "daemon/api/ops/elsewhere.h"

#include "base/clock.h"
#include "base/hex.h"
#include "daemon/task/poll_json.h"
#include "handlers/read/rowjson.h"

#include <stdlib.h>
#include <string.h>

#define READ_MS   2000
#define PATIENCE  2000 /* ms in the queue of the database thread */
#define TASKS_MAX "200"

/* Of this worker. */
static struct {
    char *tasks;      /* a JSON list; NULL = not read yet */
    int64_t read_ms;  /* when, wall time */
    int64_t asked_ms; /* when it was last asked for, CLOCK_MONOTONIC; 0 = never */
    uint64_t changes;
    bool asking;
} kept;

struct asking {
    struct db_call call;
    char node[HEX_UUID_SIZE];
    struct json_out out;
};

/* ---- Database thread --------------------------------------------------------------------------------------------- */

static int on_task(const struct store_value *v, unsigned n, void *ctx)
{
    struct json_out *out = ctx;
    (void)n;
    json_object(out);
    row_put_text(out, "id", &v[0]);
    row_put_text(out, "node", &v[1]);
    row_put_text(out, "type", &v[2]);
    json_put_bool(out, "waiting", strcmp(v[3].text, "queued") == 0);
    row_put_number(out, "attempt", &v[4]);
    row_put_moment(out, "created_at", &v[5]);
    row_put_moment(out, "started_at", &v[6]);
    json_object_end(out);
    return 0;
}

/* The text is made anew when the call is repeated. */
static int read_tasks(struct store_conn *conn, void *ctx)
{
    struct asking *asking = ctx;
    struct store_value node = STORE_S(asking->node);
    json_out_fini(&asking->out);
    json_out_init(&asking->out);
    json_array(&asking->out);
    int rc = store_query(conn,
                         "SELECT id, node, type, status, attempt, created_at, started_at FROM task FORCE INDEX "
                         "(ix_queue) WHERE status IN ('queued', 'running') AND node <> ? ORDER BY created_at, id "
                         "LIMIT " TASKS_MAX,
                         &node, 1, on_task, &asking->out);
    json_array_end(&asking->out);
    return rc;
}

/* ---- Loop -------------------------------------------------------------------------------------------------------- */

static void on_read(struct db_call *call)
{
    struct asking *asking = call->ctx;
    kept.asking = false;
    if (call->result == 0) {
        char *text = json_out_copy(&asking->out);
        kept.changes += strcmp(kept.tasks ? kept.tasks : "[]", text) != 0; /* an empty first list is no change */
        free(kept.tasks);
        kept.tasks = text;
        kept.read_ms = clock_wall_ms();
    }
    json_out_fini(&asking->out);
    free(asking);
}

void elsewhere_refresh(struct worker *worker)
{
    int64_t now = clock_mono_ms();
    if (kept.asking || (kept.asked_ms && now - kept.asked_ms < READ_MS))
        return;
    struct asking *asking = calloc(1, sizeof *asking);
    if (!asking)
        abort();
    hex_uuid(worker->process->node, asking->node);
    json_out_init(&asking->out);
    asking->call = (struct db_call){.work = read_tasks, .done = on_read, .ctx = asking, .deadline_ms = now + PATIENCE};
    kept.asked_ms = now;
    kept.asking = dbthread_submit(worker->reads, &asking->call) == 0;
    if (kept.asking)
        return;
    json_out_fini(&asking->out);
    free(asking);
}

uint64_t elsewhere_changes(void)
{
    return kept.changes;
}

void elsewhere_put(struct json_out *out)
{
    if (!kept.tasks) {
        json_null(out);
        return;
    }
    json_object(out);
    taskview_put_time(out, "read_at", kept.read_ms);
    json_key(out, "tasks");
    json_raw(out, kept.tasks, strlen(kept.tasks));
    json_object_end(out);
}
