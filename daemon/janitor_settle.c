/* Settling: the journal decides what became of a task whose process died. */
#include "daemon/janitor.h"
#include "daemon/log.h"
#include "daemon/spool.h"
#include "daemon/taskstate.h"
#include "handlers/task_type.h"
#include "shm/wakeup.h"
#include "store/lease.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A commit of a killed worker may still be on its way through the server: a row that is not there yet gets this long before its
 * slot and file are given back. */
#define LATE_COMMIT_MS 2000
/* So many finished tasks are shown from memory after a start; older ones are answered from the journal. */
#define LOAD_FINISHED 256

/* ---- One task ---- */

static void show_end(struct janitor *janitor, struct shm_handle handle, const struct journal_row *row)
{
    struct journal_end end = {row->status, row->outcome, row->result, row->message, row->error_code, row->error_message,
                              row->done_ms};
    taskstate_finish(janitor->process->segment, handle, &end);
    spool_drop(janitor->spool_fd, row->id);
}

/* The last attempt is over: write that end. Returns 1, 0 when the row moved meanwhile, -1. The caller shows it. */
static int end_interrupted(struct janitor *janitor, const struct journal_row *row, const char *cause)
{
    char text[300];
    snprintf(text, sizeof text, "Interrupted in attempt %u of %u (%s); nothing was written.", row->attempt,
             janitor->process->config->max_attempts, cause);
    struct journal_end end = {.status = JOURNAL_FAILED, .outcome = OUTCOME_INTERRUPTED, .error_code = "interrupted",
                              .error_message = text, .done_ms = clock_wall_ms()};
    int rc = journal_finish(&janitor->db, row->id, janitor->process->node, JOURNAL_RUNNING, row->attempt, &end);
    if (rc != 1)
        return rc;
    log_task(LOG_LEVEL_WARN, row->id, "ended: interrupted (%s), no attempt left", cause);
    return lease_release_all(&janitor->db, row->id) < 0 ? -1 : 1;
}

static int next_attempt(struct janitor *janitor, struct shm_handle handle, const struct journal_row *row, const char *cause)
{
    char text[TASK_MESSAGE_MAX];
    int rc = journal_requeue(&janitor->db, row->id, janitor->process->node, row->attempt, false);
    if (rc != 1)
        return rc;
    snprintf(text, sizeof text, "interrupted (%.100s), attempt %u of %u follows", cause, row->attempt + 1,
             janitor->process->config->max_attempts);
    taskstate_requeue(janitor->process->segment, handle, text);
    wakeup_poke_kind(janitor->process->segment, PROC_RUNNER);
    return 1;
}

/* The owner of a RUNNING or CLAIMED slot is dead. Returns 0, or -1 when the database failed. */
static int settle_task(struct janitor *janitor, struct shm_handle handle, const uint8_t id[16], const char *cause)
{
    /* A commit may slip in between reading and moving the row, and an end that was written is shown by reading it: read again. */
    for (int again = 0; again < 3; again++) {
        struct journal_row row;
        int rc = journal_read(&janitor->db, id, &row);
        if (rc < 0)
            return -1;
        if (rc == 0) {
            struct journal_end gone = {.status = JOURNAL_FAILED, .outcome = OUTCOME_FAILED, .done_ms = clock_wall_ms(),
                                       .error_message = "The task's row is no longer in the database."};
            taskstate_finish(janitor->process->segment, handle, &gone);
            return 0;
        }
        bool settled = true;
        if (row.status == JOURNAL_QUEUED)
            taskstate_requeue(janitor->process->segment, handle, "waiting for a runner");
        else if (row.status != JOURNAL_RUNNING)
            show_end(janitor, handle, &row);
        else if (row.attempt < janitor->process->config->max_attempts)
            settled = (rc = next_attempt(janitor, handle, &row, cause)) == 1;
        else
            settled = (rc = end_interrupted(janitor, &row, cause)) < 0;
        journal_row_fini(&row);
        if (settled || rc < 0)
            return rc < 0 ? -1 : 0;
    }
    return 0;
}

/* A slot that a dead worker had reserved: was its row committed? Returns 0 (settled), 1 (wait a little), -1. */
static int settle_reserved(struct janitor *janitor, struct shm_handle handle, const uint8_t id[16], int64_t dead_ms)
{
    struct journal_row row;
    int rc = journal_read(&janitor->db, id, &row);
    if (rc < 0)
        return -1;
    if (rc == 1) {
        taskstate_load(janitor->process->segment, handle, &row);
        journal_row_fini(&row);
        wakeup_poke_kind(janitor->process->segment, PROC_RUNNER);
        return 0;
    }
    if (clock_mono_ms() - dead_ms < LATE_COMMIT_MS)
        return 1;
    taskstate_release(janitor->process->segment, handle);
    spool_drop(janitor->spool_fd, id);
    return 0;
}

/* ---- Dead processes ---- */

struct settling {
    struct janitor *janitor;
    struct proc_info info;
    int64_t dead_ms;
    bool waiting, failed;
};

static bool settle_slot(const struct shm_task *task, struct shm_handle handle, uint64_t version, void *ctx)
{
    struct settling *s = ctx;
    (void)version;
    if (task->owner.slot != s->info.ref.slot || task->owner.generation != s->info.ref.generation)
        return true;
    char cause[80];
    janitor_cause(s->info.wait_status, cause, sizeof cause);
    int rc = task->state == TASK_RESERVED ? settle_reserved(s->janitor, handle, task->id, s->dead_ms)
                                          : settle_task(s->janitor, handle, task->id, cause);
    s->waiting |= rc == 1;
    s->failed |= rc < 0;
    return rc >= 0;
}

int janitor_settle_dead(struct janitor *janitor)
{
    struct shm_segment *segment = janitor->process->segment;
    for (uint32_t slot = 0; slot < proctab_size(segment); slot++) {
        struct settling s = {.janitor = janitor};
        if (!proctab_read(segment, slot, &s.info) || s.info.state != PROC_DEAD) {
            janitor->dead_since_ms[slot] = 0;
            continue;
        }
        if (janitor->dead_since_ms[slot] == 0)
            janitor->dead_since_ms[slot] = clock_mono_ms();
        s.dead_ms = janitor->dead_since_ms[slot];
        shm_table_each(segment, settle_slot, &s);
        if (s.failed)
            return -1;
        if (!s.waiting) {
            janitor->dead_since_ms[slot] = 0;
            proctab_release(segment, s.info.ref);
        }
    }
    return 0;
}

/* ---- Filling the table ---- */

struct id_list {
    store_uuid *ids;
    size_t n, room;
};

static int collect_id(const store_uuid id, void *ctx)
{
    struct id_list *list = ctx;
    if (list->n == list->room) {
        list->room = list->room ? 2 * list->room : 64;
        list->ids = realloc(list->ids, list->room * sizeof *list->ids);
        if (!list->ids)
            abort();
    }
    memcpy(list->ids[list->n++], id, sizeof(store_uuid));
    return 0;
}

static int collect_row(const struct journal_row *row, void *ctx)
{
    return collect_id(row->id, ctx);
}

/* A row found running here belongs to a runner of an earlier life of the daemon. *row is read again afterwards. */
static int end_earlier_life(struct janitor *janitor, struct journal_row *row)
{
    store_uuid id;
    memcpy(id, row->id, sizeof id);
    int rc = row->attempt < janitor->process->config->max_attempts
                 ? journal_requeue(&janitor->db, id, janitor->process->node, row->attempt, false)
                 : end_interrupted(janitor, row, "the service was stopped by force");
    if (rc < 0)
        return -1;
    journal_row_fini(row);
    return journal_read(&janitor->db, id, row) == 1 ? 0 : -1;
}

/* Bring one journalled task into the table. Returns 0, 1 (the table is full), -1. */
static int bring_in(struct janitor *janitor, const store_uuid id)
{
    struct shm_segment *segment = janitor->process->segment;
    struct shm_handle handle;
    struct journal_row row;
    if (shm_table_find(segment, id, &handle) == 0)
        return 0;
    int found = journal_read(&janitor->db, id, &row);
    if (found != 1)
        return found;
    int type = task_type_number(row.type);
    int rc = type < 0 ? -ENOENT : taskstate_reserve(segment, janitor->process->self, id, (uint8_t)type, &handle);
    if (rc != 0) { /* EEXIST: a worker is accepting it; ENOENT: a type of another version */
        journal_row_fini(&row);
        return rc == -ENOSPC ? 1 : 0;
    }
    if (row.status == JOURNAL_RUNNING && end_earlier_life(janitor, &row) != 0) {
        taskstate_release(segment, handle);
        return -1;
    }
    taskstate_load(segment, handle, &row);
    journal_row_fini(&row);
    return 0;
}

static int bring_in_all(struct janitor *janitor, const struct id_list *list)
{
    int rc = 0;
    for (size_t i = 0; i < list->n && rc == 0; i++)
        rc = bring_in(janitor, list->ids[i]);
    return rc < 0 ? -1 : 0;
}

int janitor_load(struct janitor *janitor)
{
    const struct process *process = janitor->process;
    struct id_list live = {0}, done = {0};
    unsigned room = process->config->slots / 4 < LOAD_FINISHED ? process->config->slots / 4 : LOAD_FINISHED;
    int rc = journal_each_live(&janitor->db, process->node, collect_row, &live);
    if (rc == 0)
        rc = bring_in_all(janitor, &live);
    if (rc == 0)
        rc = journal_each_finished(&janitor->db, room, collect_row, &done);
    if (rc == 0)
        rc = bring_in_all(janitor, &done);
    if (rc == 0 && live.n)
        log_info("%zu unfinished tasks taken over from the journal", live.n);
    free(live.ids);
    free(done.ids);
    return rc == 0 ? 0 : -1;
}

int janitor_adopt(struct janitor *janitor)
{
    struct id_list queued = {0};
    int rc = journal_each_queued_id(&janitor->db, janitor->process->node, collect_id, &queued);
    size_t missing = 0;
    for (size_t i = 0; i < queued.n && rc == 0; i++) {
        struct shm_handle handle;
        if (shm_table_find(janitor->process->segment, queued.ids[i], &handle) == 0)
            continue;
        missing++;
        rc = bring_in(janitor, queued.ids[i]);
    }
    if (missing && rc == 0)
        wakeup_poke_kind(janitor->process->segment, PROC_RUNNER);
    free(queued.ids);
    return rc < 0 ? -1 : 0;
}

/* ---- Files without a task ---- */

static int sweep_file(const uint8_t id[16], void *ctx)
{
    struct janitor *janitor = ctx;
    struct journal_row row;
    int found = journal_read(&janitor->db, id, &row);
    if (found < 0)
        return -1;
    bool live = found == 1 && row.status <= JOURNAL_RUNNING;
    if (found == 1)
        journal_row_fini(&row);
    if (!live) {
        spool_drop(janitor->spool_fd, id);
        log_task(LOG_LEVEL_INFO, id, "spool file swept: its task is over or was never accepted");
    }
    return 0;
}

int janitor_sweep_spool(struct janitor *janitor)
{
    return spool_each(janitor->spool_fd, (time_t)(janitor->started_ms / 1000), sweep_file, janitor) == 0 ? 0 : -1;
}
