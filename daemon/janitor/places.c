/* The places of waiting tasks, counted and compared with those in their slots. */
#include "daemon/janitor/places.h"

#include "base/clock.h"
#include "base/grow.h"
#include "daemon/process/process.h"
#include "daemon/task/state.h"

#include <stdlib.h>

#define REFRESH_MS 500
#define REST       50 /* times what a refresh took: at most two hundredths of a core, however long the queue is */

struct waiting_task {
    uint64_t order;
    struct shm_handle handle;
    uint32_t known;
    bool counts_only; /* it waits for a further attempt and shows why */
};

struct queue {
    struct waiting_task *tasks;
    uint32_t n, room;
};

static bool collect(const struct shm_task *task, struct shm_handle handle, uint64_t version, void *ctx)
{
    struct queue *queue = ctx;
    (void)version;
    queue->tasks = grow(queue->tasks, &queue->room, queue->n + 1, sizeof *queue->tasks);
    struct waiting_task *waiting = &queue->tasks[queue->n++];
    *waiting = (struct waiting_task){task->order, handle, task->ahead, task->attempt > 0};
    return true;
}

static int by_order(const void *a, const void *b)
{
    uint64_t left = ((const struct waiting_task *)a)->order, right = ((const struct waiting_task *)b)->order;
    return (left > right) - (left < right);
}

static bool wrong(uint32_t known, uint32_t ahead)
{
    uint64_t by = known > ahead ? known - ahead : ahead - known;
    return known == TASK_NOT_PLACED || by * 10 > ahead;
}

void places_refresh(struct shm_segment *segment)
{
    static int64_t due_ms;
    struct queue queue = {NULL, 0, 0};
    int64_t begun_ms = clock_mono_ms();
    if (begun_ms < due_ms)
        return;
    shm_table_each_in(segment, TASK_IN(TASK_READY), collect, &queue);
    if (queue.n)
        qsort(queue.tasks, queue.n, sizeof *queue.tasks, by_order);
    for (size_t i = 0; i < queue.n; i++)
        if (!queue.tasks[i].counts_only && wrong(queue.tasks[i].known, (uint32_t)i))
            taskstate_place(segment, queue.tasks[i].handle, (uint32_t)i);
    free(queue.tasks);
    due_ms = begun_ms + REFRESH_MS + REST * (clock_mono_ms() - begun_ms);
}
