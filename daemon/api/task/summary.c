/* GET /api/tasks/summary: how many tasks of each type, by status. Live ones are counted in shared memory, finished ones
 * by the database's counters: the cost depends only on the number of types. Beside them how much waits for a person. */
#include "daemon/api/task/tasks.h"

#include "base/clock.h"
#include "daemon/worker/db_answer.h"
#include "handlers/prices/held.h"
#include "handlers/read/stock.h"
#include "handlers/task_type.h"
#include "shm/table.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define ATTENTION_MAX     1000
#define ATTENTION_KEPT_MS 5000

/* What waits for a person. The counts are for badges: they stop at ATTENTION_MAX, and are a few seconds old at most, so
 * that many who ask cost no more than one. */
struct attention {
    unsigned held, unmatched;
};

static struct {
    pthread_mutex_t mutex;
    struct attention counts;
    int64_t counted_ms; /* CLOCK_MONOTONIC; 0 = never */
} kept = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static int look_at_attention(struct store_conn *conn, struct attention *out)
{
    int rc = 0;
    if (pthread_mutex_lock(&kept.mutex) != 0)
        abort();
    if (kept.counted_ms == 0 || clock_mono_ms() - kept.counted_ms >= ATTENTION_KEPT_MS) {
        rc = held_count(conn, ATTENTION_MAX, &kept.counts.held);
        if (rc == 0)
            rc = unmatched_count(conn, ATTENTION_MAX, &kept.counts.unmatched);
        kept.counted_ms = rc == 0 ? clock_mono_ms() : 0;
    }
    *out = kept.counts;
    if (pthread_mutex_unlock(&kept.mutex) != 0)
        abort();
    return rc;
}

struct tally {
    int64_t running, completed, error;
};

struct tallies {
    struct tally by_type[TASK_TYPES_MAX], others; /* others: types of an earlier version */
};

static int add_count(const char *type, enum journal_status status, int64_t n, void *ctx)
{
    struct tallies *tallies = ctx;
    int number = task_type_number(type);
    struct tally *tally = number < 0 ? &tallies->others : &tallies->by_type[number];
    if (status == JOURNAL_SUCCEEDED)
        tally->completed += n;
    else
        tally->error += n;
    return 0;
}

static void put_tally(struct json_out *out, const char *name, const struct tally *tally)
{
    json_key(out, name);
    json_object(out);
    json_put_int(out, "running", tally->running);
    json_put_int(out, "completed", tally->completed);
    json_put_int(out, "error", tally->error);
    json_object_end(out);
}

static void put_attention(struct json_out *out, const struct attention *attention)
{
    json_key(out, "attention");
    json_object(out);
    json_put_int(out, "held_prices", attention->held);
    json_put_int(out, "unmatched_numbers", attention->unmatched);
    json_put_int(out, "at_most", ATTENTION_MAX);
    json_object_end(out);
}

static void put_summary(struct json_out *out, const struct tallies *tallies, const struct attention *attention)
{
    struct tally total = tallies->others;
    json_object(out);
    json_key(out, "types");
    json_object(out);
    for (unsigned i = 0; i < task_type_count(); i++) {
        const struct tally *tally = &tallies->by_type[i];
        put_tally(out, task_type_at(i)->name, tally);
        total.running += tally->running;
        total.completed += tally->completed;
        total.error += tally->error;
    }
    json_object_end(out);
    put_tally(out, "total", &total);
    put_attention(out, attention);
    json_object_end(out);
}

static int read_summary(struct store_conn *conn, struct db_answer *answer)
{
    struct tallies tallies;
    struct attention attention;
    memset(&tallies, 0, sizeof tallies);
    if (journal_counts(conn, add_count, &tallies) != 0 || look_at_attention(conn, &attention) != 0)
        return -1;
    for (unsigned i = 0; i < task_type_count(); i++)
        tallies.by_type[i].running = shm_table_live(answer->process->segment, (uint8_t)i);
    put_summary(&answer->json, &tallies, &attention);
    answer->cache = "no-store";
    return 0;
}

void resource_task_summary(struct http_request *request)
{
    struct worker *worker = request->app;
    db_answer_from(request, worker->reads, read_summary, NULL, NULL);
}
