/* The places of waiting tasks, counted and compared with what their messages say. */
#include "daemon/janitor/places.h"

#include "base/clock.h"
#include "daemon/process/process.h"
#include "daemon/task/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REFRESH_MS 500
#define REST       50 /* times what a refresh took: at most two hundredths of a core, however long the line is */
#define NOT_SAID   UINT32_MAX

struct waiting_task {
    uint64_t order;
    struct shm_handle handle;
    uint32_t said;
    bool counts_only; /* its message is not ours to write */
};

struct line {
    struct waiting_task *tasks;
    size_t n, room;
};

/* The number that the message tells now. */
static uint32_t said_in(const char *message)
{
    const size_t skip = sizeof TASKSTATE_WAITS - 1;
    if (strncmp(message, TASKSTATE_WAITS, skip) != 0 || message[skip] < '0' || message[skip] > '9')
        return NOT_SAID;
    return (uint32_t)strtoul(message + skip, NULL, 10);
}

static bool collect(const struct shm_task *task, struct shm_handle handle, uint64_t version, void *ctx)
{
    struct line *line = ctx;
    (void)version;
    if (line->n == line->room) {
        line->room = line->room ? 2 * line->room : 64;
        line->tasks = realloc(line->tasks, line->room * sizeof *line->tasks);
        if (!line->tasks)
            abort();
    }
    struct waiting_task *waiting = &line->tasks[line->n++];
    *waiting = (struct waiting_task){task->order, handle, said_in(task->message), task->attempt > 0};
    return true;
}

static int by_order(const void *a, const void *b)
{
    uint64_t left = ((const struct waiting_task *)a)->order, right = ((const struct waiting_task *)b)->order;
    return (left > right) - (left < right);
}

static bool wrong(uint32_t said, uint32_t ahead)
{
    uint64_t by = said > ahead ? said - ahead : ahead - said;
    return said == NOT_SAID || by * 10 > ahead;
}

void waiting_refresh(struct shm_segment *segment)
{
    static int64_t due_ms;
    struct line line = {NULL, 0, 0};
    int64_t begun_ms = clock_mono_ms();
    if (begun_ms < due_ms)
        return;
    shm_table_each_in(segment, TASK_IN(TASK_READY), collect, &line);
    if (line.n)
        qsort(line.tasks, line.n, sizeof *line.tasks, by_order);
    for (size_t i = 0; i < line.n; i++)
        if (!line.tasks[i].counts_only && wrong(line.tasks[i].said, (uint32_t)i))
            taskstate_waiting(segment, line.tasks[i].handle, (uint32_t)i);
    free(line.tasks);
    due_ms = begun_ms + REFRESH_MS + REST * (clock_mono_ms() - begun_ms);
}
