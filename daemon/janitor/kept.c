/* Files in the spool whose task is over or was never there. SQL thread. */
#include "base/clock.h"
#include "base/grow.h"
#include "base/log.h"
#include "daemon/janitor/janitor.h"
#include "daemon/task/end_texts.h"
#include "daemon/task/log.h"
#include "daemon/task/spool.h"

#include <stdlib.h>
#include <string.h>

/* Kept files are swept this often, or as often as they are kept for. A sweep that asked the journal for many rests
 * longer: it takes a few hundredths of the database's time. */
#define SWEEP_KEPT_S 30
#define REST_MS      20 /* for each file that was asked for */

struct sought {
    const uint8_t *id;
    bool found;
};

static bool is_sought(const struct shm_task *task, struct shm_handle handle, uint64_t version, void *ctx)
{
    struct sought *sought = ctx;
    (void)handle;
    (void)version;
    if (memcmp(task->id, sought->id, sizeof task->id) == 0 && !task_state_final((enum task_state)task->state))
        sought->found = true;
    return !sought->found;
}

/* Is the task unfinished? A worker that is just journalling an upload has a RESERVED slot and no row yet: the table is
 * asked first. Returns 1, 0 with the row if there is one, or -1. */
static int is_live(struct janitor *janitor, const uint8_t id[16], bool *found, struct journal_row *row)
{
    struct sought sought = {.id = id};
    *found = false;
    shm_table_each_in(janitor->process->segment, TASKS_LIVE, is_sought, &sought);
    if (sought.found)
        return 1;
    int rc = journal_read_settled(&janitor->db, id, row);
    if (rc < 0)
        return -1;
    *found = rc == 1;
    if (*found && row->status <= JOURNAL_RUNNING) {
        journal_row_fini(row);
        return 1;
    }
    return 0;
}

/* `row`: that of its task, or NULL. */
static void drop(struct janitor *janitor, const uint8_t id[16], const struct journal_row *row, const char *why)
{
    struct log_about about = row ? taskabout_row(row) : (struct log_about){.task = id};
    about.duration_us = 0; /* the task's, not the file's */
    spool_drop(janitor->spool_fd, id);
    log_about(LOG_LEVEL_INFO, &about, "spool file swept: %s", why);
}

static int sweep_file(const struct spool_file *file, void *ctx)
{
    struct janitor *janitor = ctx;
    struct journal_row row;
    bool found, kept = false;
    janitor->sweep_asked++;
    int rc = is_live(janitor, file->id, &found, &row);
    if (rc != 0)
        return rc < 0 ? -1 : 0;
    if (found)
        kept = ending_file_until(janitor->process->config, &row) > clock_wall_ms();
    if (!kept)
        drop(janitor, file->id, found ? &row : NULL, "its task is over or was never accepted");
    if (found)
        journal_row_fini(&row);
    return 0;
}

/* ---- Too many bytes ------------------------------------------------------------------------------------------ */

struct kept_files {
    struct spool_file *file;
    uint32_t n, room;
    uint64_t bytes;
};

static int collect(const struct spool_file *file, void *ctx)
{
    struct kept_files *files = ctx;
    files->file = grow(files->file, &files->room, files->n + 1, sizeof *files->file);
    files->file[files->n++] = *file;
    files->bytes += file->bytes;
    return 0;
}

static int by_age(const void *left, const void *right)
{
    const struct spool_file *a = left, *b = right;
    return a->changed_ms < b->changed_ms ? -1 : a->changed_ms > b->changed_ms;
}

/* Returns 0 if the file must stay, 1 if it is gone, -1. */
static int give_up(struct janitor *janitor, const struct spool_file *file)
{
    struct journal_row row;
    bool found;
    int rc = is_live(janitor, file->id, &found, &row);
    if (rc != 0)
        return rc < 0 ? -1 : 0;
    drop(janitor, file->id, found ? &row : NULL, "the kept files have more than spool.keep_size");
    if (found)
        journal_row_fini(&row);
    return 1;
}

static int give_up_oldest(struct janitor *janitor, struct kept_files *files, uint64_t limit)
{
    int rc = 0;
    if (files->bytes <= limit)
        return 0;
    qsort(files->file, files->n, sizeof *files->file, by_age);
    for (uint32_t i = 0; i < files->n && files->bytes > limit && rc >= 0; i++) {
        rc = give_up(janitor, &files->file[i]);
        if (rc == 1)
            files->bytes -= files->file[i].bytes;
    }
    return rc < 0 ? -1 : 0;
}

/* Files that wait for their task count, too, but none of them is deleted. */
static int keep_within_size(struct janitor *janitor)
{
    uint64_t limit = janitor->process->config->keep_size;
    struct kept_files files = {NULL, 0, 0, 0};
    if (limit == 0)
        return 0;
    int rc = spool_each(janitor->spool_fd, SPOOL_ALL, collect, &files);
    if (rc == 0)
        rc = give_up_oldest(janitor, &files, limit);
    free(files.file);
    return rc;
}

/* ---- Sweeps -------------------------------------------------------------------------------------------------- */

int janitor_sweep_spool(struct janitor *janitor)
{
    janitor->spool_swept_ms = clock_mono_ms();
    janitor->sweep_asked = 0;
    return spool_each(janitor->spool_fd, (time_t)(janitor->started_ms / 1000), sweep_file, janitor) == 0 ? 0 : -1;
}

/* The shorter of the two times that is not 0; 0 if nothing is kept. */
static unsigned shortest_keep(const struct config *config)
{
    unsigned preview = config->keep_preview_s, failed = config->keep_failed_s;
    return preview == 0 || (failed != 0 && failed < preview) ? failed : preview;
}

/* Sweeps the files that arrived too long ago to be kept still. */
int janitor_sweep_kept(struct janitor *janitor)
{
    unsigned keep_s = shortest_keep(janitor->process->config);
    int64_t pause_ms = keep_s < SWEEP_KEPT_S ? 1000 * (int64_t)keep_s : 1000 * SWEEP_KEPT_S;
    int64_t rest_ms = REST_MS * (int64_t)janitor->sweep_asked;
    if (keep_s == 0 || clock_mono_ms() - janitor->spool_swept_ms < (pause_ms > rest_ms ? pause_ms : rest_ms))
        return 0;
    janitor->spool_swept_ms = clock_mono_ms();
    janitor->sweep_asked = 0;
    time_t before = (time_t)(clock_wall_ms() / 1000 - keep_s);
    if (spool_each(janitor->spool_fd, before, sweep_file, janitor) != 0)
        return -1;
    return keep_within_size(janitor) == 0 ? 0 : -1;
}
