/* Which process logs an outage, and when. */
#include "daemon/process/outage.h"

#include "base/clock.h"
#include "base/log.h"
#include "daemon/process/metrics.h"
#include "shm/counters.h"
#include "store/rights.h"

#include <string.h>

static struct {
    int64_t since_ms;  /* CLOCK_MONOTONIC; 0 = the database can be used */
    const char *words; /* of what was told last, or NULL: another process told */
    bool began;        /* this process's row may hold what its predecessor wrote */
} outage;

bool outage_is(const struct store_error *error)
{
    return error->cls == STORE_GONE || error->cls == STORE_UNUSABLE || error->cls == STORE_NO_SPACE ||
           error->cls == STORE_CONFIG;
}

/* The earliest beginning that another living process has seen, 0 when all the others can use the database. */
static int64_t seen_by_others(const struct process *process)
{
    int64_t earliest = 0;

    for (uint32_t slot = 0; slot < proctab_size(process->segment); slot++) {
        struct proc_info info;
        if (slot == process->self.slot || !proctab_read(process->segment, slot, &info) || info.state != PROC_ACTIVE)
            continue;
        int64_t since = (int64_t)counters_read(process->segment, slot, METRICS_OUTAGE_SINCE);
        if (since != 0 && (earliest == 0 || since < earliest))
            earliest = since;
    }
    return earliest;
}

static void tell_gone(const struct process *process, const struct store_error *error)
{
    char remedy[500];
    bool known = store_remedy(error, process->config->db_name, remedy, sizeof remedy);

    outage.words = store_error_words(error);
    log_error("database gone: %s (error %u: %s)%s%s", outage.words, error->number, error->text,
              known ? "; what to do: " : "", known ? remedy : "");
}

static void note_gone(const struct process *process, const struct store_error *error)
{
    if (outage.since_ms == 0) {
        int64_t earlier = seen_by_others(process);
        outage.since_ms = earlier != 0 ? earlier : clock_mono_ms();
        metrics_set(METRICS_OUTAGE_SINCE, (uint64_t)outage.since_ms);
        if (earlier == 0)
            tell_gone(process, error);
    } else if (outage.words && strcmp(outage.words, store_error_words(error)) != 0) {
        tell_gone(process, error); /* the cause is another one now */
    }
}

static void note_back(const struct process *process)
{
    if (outage.since_ms == 0)
        return;
    int64_t away = clock_mono_ms() - outage.since_ms;
    outage.since_ms = 0;
    outage.words = NULL;
    metrics_set(METRICS_OUTAGE_SINCE, 0);
    if (seen_by_others(process) == 0)
        log_info("database back after %lld.%03lld s", (long long)(away / 1000), (long long)(away % 1000));
}

void outage_note(const struct process *process, const struct store_error *error)
{
    if (!outage.began)
        metrics_set(METRICS_OUTAGE_SINCE, 0);
    outage.began = true;
    if (error)
        note_gone(process, error);
    else
        note_back(process);
}
