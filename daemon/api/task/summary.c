/* GET /api/tasks/summary: how many tasks of each type, by status. Live ones are counted in shared memory, finished ones
 * by the database's counters: the cost depends only on the number of types. */
#include "daemon/api/task/tasks.h"

#include "daemon/worker/db_answer.h"
#include "handlers/task_type.h"
#include "shm/table.h"

#include <string.h>

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

static void put_summary(struct json_out *out, const struct tallies *tallies)
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
    json_object_end(out);
}

static int read_summary(struct store_conn *conn, struct db_answer *answer)
{
    struct tallies tallies;
    memset(&tallies, 0, sizeof tallies);
    if (journal_counts(conn, add_count, &tallies) != 0)
        return -1;
    for (unsigned i = 0; i < task_type_count(); i++)
        tallies.by_type[i].running = shm_table_live(answer->process->segment, (uint8_t)i);
    put_summary(&answer->json, &tallies);
    answer->cache = "no-store";
    return 0;
}

void resource_task_summary(struct http_request *request)
{
    struct worker *worker = request->app;
    db_answer_from(request, worker->db, read_summary, NULL, NULL);
}
