/* The bounds, and an estimate of when there will be room. */
#include "daemon/accept/admission.h"

#include "base/clock.h"
#include "handlers/task_type.h"
#include "shm/table.h"

#define RETRY_UNKNOWN_S 5 /* no task of the type has ended yet */
#define RETRY_MAX_S     600
#define FRESH_MS        1000 /* so long a mean is used again */

static uint32_t type_bound(const struct config *config)
{
    return config->max_waiting ? config->max_waiting : config->slots - config->slots / 8;
}

const char *admission_refusal(const struct process *process, uint8_t type, uint32_t client)
{
    const struct config *config = process->config;
    if (shm_table_waiting(process->segment, type) >= type_bound(config))
        return "Too many tasks of this type are waiting; try again later.";
    if (config->max_waiting_client && shm_table_client_waiting(process->segment, client) >= config->max_waiting_client)
        return "Too many tasks of this client are waiting; try again later.";
    return NULL;
}

/* ---- How long tasks of a type took lately ---- */

struct spans {
    uint8_t type;
    uint64_t n, sum_ms;
};

static bool add_span(const struct shm_task *task, struct shm_handle handle, uint64_t version, void *ctx)
{
    struct spans *spans = ctx;
    (void)handle;
    (void)version;
    if (task->type == spans->type && task_state_final((enum task_state)task->state) && task->started_ms != 0 &&
        task->done_ms >= task->started_ms) {
        spans->n++;
        spans->sum_ms += (uint64_t)(task->done_ms - task->started_ms);
    }
    return true;
}

/* The finished tasks that are still in the table are the recent ones. A flood asks often, and the mean does not change
 * that fast: it is kept for a moment. */
static uint64_t mean_ms(struct shm_segment *segment, uint8_t type)
{
    static struct {
        int64_t made_ms;
        uint64_t mean_ms;
    } known[TASK_TYPES_MAX];
    int64_t now = clock_mono_ms();
    if (known[type].made_ms == 0 || now - known[type].made_ms > FRESH_MS) {
        struct spans spans = {.type = type};
        shm_table_each(segment, add_span, &spans);
        known[type].made_ms = now;
        known[type].mean_ms = spans.n ? spans.sum_ms / spans.n + 1 : 0;
    }
    return known[type].mean_ms;
}

unsigned admission_retry_after(const struct process *process, uint8_t type)
{
    uint64_t mean = mean_ms(process->segment, type), waiting = shm_table_waiting(process->segment, type);
    unsigned limit = task_type_at(type)->concurrency, runners = process->config->runners;
    uint64_t at_once = limit && limit < runners ? limit : runners;
    if (mean == 0)
        return RETRY_UNKNOWN_S;
    uint64_t seconds = (waiting / 8 + 1) * mean / at_once / 1000 + 1;
    return seconds < RETRY_MAX_S ? (unsigned)seconds : RETRY_MAX_S;
}
