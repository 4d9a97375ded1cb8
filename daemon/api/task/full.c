/* ?view=full of one task: the slot as it is, then the journal's row by a read on the database thread.
 *
 * The slot is read first: the journal decides how a task ends and the slot follows, so a row that is read after a slot
 * is never behind it. The tag has the slot's number and a digest of the text, because what only the journal knows changes
 * without the slot. */
#include "base/clock.h"
#include "daemon/api/task/read.h"
#include "daemon/api/task/tasks.h"
#include "daemon/http/etag.h"
#include "daemon/task/end_texts.h"
#include "daemon/task/full_json.h"
#include "daemon/task/spool.h"
#include "daemon/task/state.h"
#include "daemon/worker/db_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FULL_DEADLINE_MS 2000 /* then the slot answers alone */

struct full_get {
    struct db_call call;
    struct http_request *request;
    struct task_reading reading;
    bool in_table;
    struct shm_task slot;
    /* What the journal says. */
    bool found, gone;
    bool left; /* the client, meanwhile */
    struct taskfull view;
};

static void full_free(struct full_get *get)
{
    free(get->view.text);
    free(get);
}

/* ---- Answering ---- */

static void full_tag(const struct full_get *get, char *tag, size_t size)
{
    const struct worker *worker = get->request->app;
    unsigned long long digest = etag_digest(get->view.text, get->view.len);
    char id[37];
    if (get->in_table) {
        snprintf(tag, size, "W/\"%llx.%llx.full.%llx\"", (unsigned long long)shm_segment_boot(worker->process->segment),
                 (unsigned long long)get->slot.visible, digest);
        return;
    }
    uuid_unparse_lower(get->reading.id, id);
    snprintf(tag, size, "W/\"j.%s.full.%llx\"", id, digest);
}

static void reply_view(struct full_get *get)
{
    char tag[120];
    full_tag(get, tag, sizeof tag);
    struct task_shown shown = {tag, get->view.final, get->view.outcome, get->view.text, get->view.len};
    if (!get->in_table && !shown.final)
        get->reading.applied = false; /* lives on another node: it cannot wait here */
    else if (taskread_wait(get->request, &get->reading, &shown, get->slot.visible))
        return;
    taskread_reply(get->request, &get->reading, &shown);
}

/* The database is away, or has no time. */
static void reply_slot(struct full_get *get)
{
    struct taskfull_source source = {.slot = get->in_table ? &get->slot : NULL};
    if (taskfull_make(&source, &get->view))
        reply_view(get);
    else
        http_reply_problem_retry(get->request, "database-unavailable", NULL, 2);
}

static void full_done(struct db_call *call)
{
    struct full_get *get = call->ctx;
    get->request->gone = NULL;
    get->request->user = NULL;
    if (get->left)
        http_reply_empty(get->request, 204); /* to nobody: ends the request */
    else if (call->result != 0)
        reply_slot(get);
    else if (get->found)
        reply_view(get);
    else if (get->gone)
        http_reply_problem(get->request, "task-expired", NULL, NULL);
    else
        resource_task_not_found(get->request);
    full_free(get);
}

/* ---- Database thread ---- */

/* Until when the task's file is kept, if it is there. */
static int64_t file_until(const struct config *config, int spool_fd, const struct journal_row *row)
{
    int64_t until_ms = ending_file_until(config, row);
    int fd = until_ms ? spool_open(spool_fd, row->id) : -1;
    if (fd < 0)
        return 0;
    close(fd);
    return until_ms;
}

int taskread_full_text(struct store_conn *conn, const struct config *config, int spool_fd, const struct shm_task *slot,
                       const struct journal_row *row, struct taskfull *out)
{
    struct chain chain;
    struct taskfull_source source = {slot, row, file_until(config, spool_fd, row), row->is_chained ? &chain : NULL};
    if (row->is_chained && chain_read(conn, row->chain, &chain) != 0)
        return -1;
    if (!taskfull_make(&source, out))
        abort(); /* cannot be: a row is enough */
    return 0;
}

static int read_once(struct store_conn *conn, struct full_get *get)
{
    const struct worker *worker = get->request->app;
    struct journal_row row;
    int rc = journal_read(conn, get->reading.id, &row);
    if (rc < 0)
        return -1;
    get->found = rc == 1;
    if (!get->found) {
        int gone = journal_gone(conn, get->reading.id);
        get->gone = gone == 1;
        return gone < 0 ? -1 : 0;
    }
    const struct shm_task *slot = get->in_table ? &get->slot : NULL;
    rc = taskread_full_text(conn, worker->process->config, worker->spool_fd, slot, &row, &get->view);
    journal_row_fini(&row);
    return rc;
}

/* A live task that was not in the table may have come there meanwhile, and only the table has its progress. Then its row
 * is read again, because it must not be behind the slot. */
static int read_both(struct store_conn *conn, struct full_get *get)
{
    const struct worker *worker = get->request->app;
    int rc = read_once(conn, get);
    if (rc != 0 || get->in_table || !get->found || get->view.final ||
        !taskread_slot(worker->process->segment, get->reading.id, &get->slot))
        return rc;
    get->in_table = true;
    free(get->view.text);
    get->view.text = NULL;
    return read_once(conn, get);
}

static int full_work(struct store_conn *conn, void *ctx)
{
    int rc = read_both(conn, ctx);
    if (rc == 0 || conn->error.cls != STORE_GONE || store_ensure(conn) != 0)
        return rc;
    return read_both(conn, ctx); /* the server was restarted under it */
}

/* ---- Loop ---- */

/* A request that began to wait after its client left would stay until its time is up. */
static void full_left(struct http_request *request)
{
    struct full_get *get = request->user;
    get->left = true;
}

bool taskread_slot(struct shm_segment *segment, const uuid_t id, struct shm_task *slot)
{
    struct shm_handle handle;
    uint64_t version;
    return taskstate_check(shm_table_find(segment, id, &handle)) == 0 &&
           shm_table_read(segment, handle, slot, &version) == 0 && memcmp(slot->id, id, sizeof slot->id) == 0;
}

void taskread_full(struct http_request *request, const struct task_reading *reading)
{
    struct worker *worker = request->app;
    struct full_get *get = calloc(1, sizeof *get);
    int64_t age;
    if (!get)
        abort();
    get->request = request;
    get->reading = *reading;
    get->in_table = taskread_slot(worker->process->segment, get->reading.id, &get->slot);
    get->call = (struct db_call){
        .work = full_work, .done = full_done, .ctx = get, .deadline_ms = clock_mono_ms() + FULL_DEADLINE_MS};
    request->user = get;
    request->gone = full_left;
    if ((get->in_table && !dbthread_healthy(worker->db, &age)) || dbthread_submit(worker->db, &get->call) != 0) {
        get->call.result = -1;
        full_done(&get->call);
    }
}
