/* Counting: a load, an addition and a store each, in this process's own row. */
#include "daemon/process/metrics.h"

#include "shm/counters.h"

const int64_t metrics_bounds_ms[METRICS_BOUNDS] = {10,   25,    50,    100,   250,    500,    1000,   2500,
                                                   5000, 10000, 30000, 60000, 300000, 900000, 3600000};

enum { CODE_OTHER = METRICS_CODES - 2, CODE_GONE };

static const int codes[CODE_OTHER] = {200, 201, 202, 204, 304, 400, 401, 403, 404, 405, 409,
                                      410, 413, 415, 417, 422, 429, 431, 500, 503, 505, 507};
const char *const metrics_code_names[METRICS_CODES] = {"200", "201", "202", "204", "304", "400", "401",   "403",
                                                       "404", "405", "409", "410", "413", "415", "417",   "422",
                                                       "429", "431", "500", "503", "505", "507", "other", "gone"};

const char *const metrics_cause_names[METRICS_CAUSES] = {
    [METRICS_IN_ORDER] = "done", [METRICS_RECYCLED] = "recycled",         [METRICS_SHORTAGE] = "shortage",
    [METRICS_CONFIG] = "config", [METRICS_SEGMENT_LOST] = "segment_lost", [METRICS_EXITED] = "exit",
    [METRICS_KILLED] = "killed", [METRICS_SIGNALLED] = "signal"};

static struct counters_row mine;

void metrics_attach(const struct process *process)
{
    mine = counters_own(process->segment, process->self);
}

/* The usual answers come first in the list: a poll stops at its first or fifth entry. */
static unsigned code_number(int status)
{
    unsigned i = 0;
    if (status == 0)
        return CODE_GONE;
    while (i < CODE_OTHER && codes[i] != status)
        i++;
    return i;
}

void metrics_answered(unsigned route, int status)
{
    counters_add(&mine, METRICS_REQUESTS + route * METRICS_CODES + code_number(status), 1);
}

void metrics_add(enum metrics_word word, uint64_t by)
{
    counters_add(&mine, (uint32_t)word, by);
}

void metrics_set(enum metrics_word word, uint64_t value)
{
    counters_set(&mine, (uint32_t)word, value);
}

unsigned metrics_weakness(const struct process *process)
{
    struct proc_ref janitor = proctab_find(process->segment, PROC_JANITOR, 0);
    uint64_t word = janitor.generation ? counters_read(process->segment, janitor.slot, METRICS_DURABILITY) : 0;
    return word ? (unsigned)word - 1 : 0;
}

/* Wall clocks that were set back make negative times: they count as none. */
static void observe(uint32_t histogram, int64_t ms)
{
    uint32_t bucket = 0;
    if (ms < 0)
        ms = 0;
    while (bucket < METRICS_BOUNDS && ms > metrics_bounds_ms[bucket])
        bucket++;
    counters_add(&mine, histogram + bucket, 1);
    counters_add(&mine, histogram + METRICS_BOUNDS + 1, (uint64_t)ms);
}

static uint32_t type_word(unsigned type, enum metrics_type_word word)
{
    return METRICS_WORDS(type) + (uint32_t)word;
}

void metrics_task_started(unsigned type, int64_t delay_ms)
{
    observe(type_word(type, METRICS_DELAY), delay_ms);
}

void metrics_task_finished(unsigned type, enum task_outcome outcome, int64_t ran_ms)
{
    counters_add(&mine, type_word(type, METRICS_FINISHED) + (uint32_t)outcome, 1);
    if (ran_ms >= 0)
        observe(type_word(type, METRICS_DURATION), ran_ms);
}
