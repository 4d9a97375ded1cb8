/* The run of an undo: find, wait for the lease, find again, put back. */
#include "handlers/history/undo.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
const struct param_spec undo_params[] = {
    {.name = "import_id", .kind = PARAM_INT, .required = true, .min = 1, .max = INT64_MAX, .help = "Number of the import to take back: the latest one."},
    {.name = NULL},
};
/* clang-format on */
const char *const undo_effects[] = {"undo", "redo", NULL};

void undo_put_result(struct json_out *out, const struct undo_run *run)
{
    json_put_int(out, "import_id", (int64_t)run->undo_id);
    json_put_int(out, "undone", (int64_t)run->record.id);
    json_put_string(out, "effect", undo_effects[run->record.takes_back ? 0 : 1]);
}

int undo_precheck(struct store_conn *db, const struct import_book *book, yajl_val params, struct param_faults *faults)
{
    struct import_record record;
    uint64_t id = (uint64_t)json_member_int(params, "import_id", 0);
    int rc = history_record(db, book, id, &record);
    if (rc < 0)
        return -1;
    if (rc == 0) {
        param_faults_add(faults, "/import_id", "unknown", "%s", book->none);
        param_faults_fact(faults, "value", "%" PRIu64, id);
        return PRECHECK_NOT_FOUND;
    }
    if (!*record.why)
        return 0;
    param_faults_add(faults, "/import_id", "conflict", "%s", record.why);
    return PRECHECK_CONFLICT;
}

/* ---- The effect ------------------------------------------------------------------------------------------------ */

static int record_undo(struct undo_run *run, struct store_conn *db)
{
    struct run_uuid task = run_uuid(run->job->id);
    struct history_asker asker;
    if (history_asker(db, task.s, &asker) != 0)
        return -1;
    struct store_value v[] = {STORE_S(task.s),
                              STORE_S(undo_effects[run->record.takes_back ? 0 : 1]),
                              STORE_U(run->record.root),
                              STORE_U(run->job->settings->undo_days),
                              history_asker_value(&asker),
                              STORE_U(run->record.id)};
    if (store_run(db, run->book->record_undo, v, 6, NULL, &run->undo_id) != 0)
        return -1;
    struct store_value taken[] = {STORE_U(run->undo_id), STORE_U(run->record.id)};
    return store_run(db, run->book->record_taken, taken, 2, NULL, NULL);
}

static int save(struct job *job, struct store_conn *db, struct job_ending *ending, void *ctx)
{
    struct undo_run *run = ctx;
    run->inserted = run->updated = run->deleted = 0;
    if (run_lease_check(&run->lease, db) != 0 || record_undo(run, db) != 0 || run_go_on(job, db) != 0)
        return -1;
    int rc = run->book->take_back(run, db, ending);
    if (rc == 0)
        rc = run_lease_end(&run->lease, db);
    if (rc != 0)
        return rc;
    job_ending_fini(ending);
    run->book->tell(run, ending);
    ending->outcome = OUTCOME_SUCCEEDED;
    task_count(&job->counts, COUNT_UPDATED, run->inserted + run->updated + run->deleted);
    return 0;
}

/* ---- The run --------------------------------------------------------------------------------------------------- */

/* Twice: before the lease, to know its name, and under it. */
static enum run_step find(struct undo_run *run)
{
    uint64_t id = (uint64_t)json_member_int(run->job->params, "import_id", 0);
    int rc = history_record(run->job->db, run->book, id, &run->record);
    if (rc < 0)
        return run_database_away(run->job);
    if (rc == 0)
        return run_fail(&run->failure, "E_NO_IMPORT", "The import is not in the history any more.");
    if (!*run->record.why)
        return STEP_ON;
    told_fact(&run->failure.told, "import", "%" PRIu64, id);
    told_fact(&run->failure.told, "owner", "%s", run->record.owner);
    return run_fail(&run->failure, "E_NOT_LATEST", run->record.why);
}

static enum run_step all_steps(struct undo_run *run)
{
    char name[65];
    enum run_step step = store_ensure(run->job->db) == 0 ? find(run) : run_database_away(run->job);
    if (step != STEP_ON)
        return step;
    run->book->lease_name(run->record.kind, run->record.owner, name);
    step = run_lease_take(&run->lease, run->job, name, run->book->waiting);
    return step == STEP_ON ? find(run) : step;
}

enum job_verdict undo_run_task(struct job *job, const struct import_book *book)
{
    struct undo_run run = {.job = job, .book = book};
    enum run_step step = all_steps(&run);
    enum job_verdict verdict = run_end(job, step, &run.failure, save, NULL, &run);
    run_lease_drop(&run.lease);
    return verdict;
}
