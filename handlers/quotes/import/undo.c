/* The task quotes_undo: takes the latest import of a party back. Its quotes are rejected, and those that it rejected
 * are active again. It is an import in the history itself; undoing it makes the import's effect again. */
#include "handlers/quotes/import/history.h"
#include "handlers/quotes/import/params.h"
#include "handlers/run/run.h"
#include "handlers/task_type.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct param_spec quotes_undo_params[] = {
    {.name = "import_id",
     .kind = PARAM_INT,
     .required = true,
     .min = 1,
     .max = INT64_MAX,
     .help = "Number of the import to take back: the party's latest."},
    {.name = NULL},
};

/* ---- May it be undone? ------------------------------------------------------------------------------------------ */

/* Why not, in one sentence; "" = it may. */
static void why_not(const struct quote_import_row *row, char *why, size_t size)
{
    why[0] = '\0';
    if (row->later[0])
        snprintf(why, size, "only the latest import of %s can be undone; later than number %" PRIu64 " are: %s",
                 row->party, row->id, row->later);
    else if (row->too_old)
        snprintf(why, size, "import number %" PRIu64 " is older than " QUOTE_UNDO_DAYS " days", row->id);
}

static int precheck(struct store_conn *db, yajl_val params, struct param_faults *faults)
{
    struct quote_import_row row;
    uint64_t id = (uint64_t)json_member_int(params, "import_id", 0);
    char why[400];
    int rc = quote_import_row_find(db, id, &row);
    if (rc < 0)
        return -1;
    if (rc == 0) {
        param_faults_add(faults, "/import_id", "unknown", "no import of a price list has this number");
        return PRECHECK_NOT_FOUND;
    }
    why_not(&row, why, sizeof why);
    if (!*why)
        return 0;
    param_faults_add(faults, "/import_id", "conflict", "%s", why);
    return PRECHECK_CONFLICT;
}

/* ---- The effect ------------------------------------------------------------------------------------------------- */

struct undo_run {
    struct job *job;
    struct quote_import_row row;
    struct run_lease lease;
    struct run_failure failure;
    uint64_t undo_id;
    uint64_t rejected, restored; /* quotes */
};

/* Remembers which quotes come back, so that they can go again. */
static const char remember[] =
    "INSERT INTO quote_undo (undo_id, quote_id) SELECT ?, q.id FROM price_quote q FORCE INDEX (ix_rejected) "
    "WHERE q.rejected_by = ? AND q.status = 'rejected' AND NOT (q.quote_import_id <=> ?)";
static const char restore_others[] =
    "UPDATE price_quote q FORCE INDEX (ix_rejected) SET q.status = 'active', q.rejected_by = NULL, q.note = NULL "
    "WHERE q.rejected_by = ? AND q.status = 'rejected' AND NOT (q.quote_import_id <=> ?)";
static const char reject_own[] =
    "UPDATE price_quote q FORCE INDEX (ix_party) SET q.status = 'rejected', q.rejected_by = ?, "
    "q.note = CONCAT('undone by import ', ?) "
    "WHERE q.party_id = ? AND q.status = 'active' AND q.quoted_on = ? AND q.quote_import_id = ?";
static const char restore_own[] =
    "UPDATE price_quote q FORCE INDEX (ix_rejected) SET q.status = 'active', q.rejected_by = NULL, q.note = NULL "
    "WHERE q.rejected_by = ? AND q.status = 'rejected' AND q.quote_import_id = ?";
static const char reject_others[] =
    "UPDATE quote_undo u FORCE INDEX (PRIMARY) STRAIGHT_JOIN price_quote q FORCE INDEX (PRIMARY) ON q.id = u.quote_id "
    "SET q.status = 'rejected', q.rejected_by = ?, q.note = CONCAT('replaced by import ', ?) "
    "WHERE u.undo_id = ? AND q.status = 'active'";

/* The import's quotes go; those that it rejected come back. */
static int take_back(struct undo_run *run, struct store_conn *db)
{
    struct store_value root = STORE_U(run->row.root), undo = STORE_U(run->undo_id);
    struct store_value all[] = {undo, root, root}, others[] = {root, root};
    struct store_value own[] = {root, undo, STORE_U(run->row.party_id), STORE_S(run->row.quoted_on), root};
    if (store_run(db, remember, all, 3, NULL, NULL) != 0 || run_go_on(run->job, db) != 0 ||
        store_run(db, restore_others, others, 2, &run->restored, NULL) != 0 || run_go_on(run->job, db) != 0)
        return -1;
    return store_run(db, reject_own, own, 5, &run->rejected, NULL);
}

/* The other way round: as before the undo. */
static int make_again(struct undo_run *run, struct store_conn *db)
{
    struct store_value root = STORE_U(run->row.root), undo = STORE_U(run->row.id);
    struct store_value own[] = {root, root}, others[] = {root, root, undo};
    if (store_run(db, restore_own, own, 2, &run->restored, NULL) != 0 || run_go_on(run->job, db) != 0)
        return -1;
    return store_run(db, reject_others, others, 3, &run->rejected, NULL);
}

/* The record has the numbers that it changes: inserted are the quotes that are active again. */
static int record_undo(struct undo_run *run, struct store_conn *db)
{
    struct run_uuid task = run_uuid(run->job->id);
    struct store_value v[] = {STORE_S(task.s), STORE_S(run->row.takes_back ? "undo" : "redo"), STORE_U(run->row.root),
                              STORE_S(task.s), STORE_U(run->row.id)};
    struct store_value undone[2];
    if (store_run(
            db,
            "INSERT INTO quote_import (task_id, party_id, effect, of_import, file_name, file_sha256, file_format, "
            "quoted_on, valid_until, supersede, requested_by) SELECT ?, party_id, ?, ?, file_name, file_sha256, "
            "file_format, quoted_on, valid_until, supersede, "
            "(SELECT requested_by FROM task FORCE INDEX (PRIMARY) WHERE id = ?) "
            "FROM quote_import FORCE INDEX (PRIMARY) WHERE id = ?",
            v, 5, NULL, &run->undo_id) != 0)
        return -1;
    undone[0] = STORE_U(run->undo_id);
    undone[1] = STORE_U(run->row.id);
    return store_run(db, "UPDATE quote_import SET undone_by = ? WHERE id = ?", undone, 2, NULL, NULL);
}

static int record_counts(struct undo_run *run, struct store_conn *db)
{
    struct store_value v[] = {STORE_U(run->restored), STORE_U(run->rejected), STORE_U(run->undo_id)};
    return store_run(db, "UPDATE quote_import SET inserted = ?, superseded = ? WHERE id = ?", v, 3, NULL, NULL);
}

/* ---- The result ------------------------------------------------------------------------------------------------- */

static const char *const effects[] = {"undo", "redo", NULL};

/* clang-format off */
static const struct result_spec result_members[] = {
    {.name = "import_id", .kind = RESULT_ID, .help = "Number of this undo in the history."},
    {.name = "undone", .kind = RESULT_ID, .help = "Number of the import that was taken back."},
    {.name = "effect", .kind = RESULT_CHOICE, .choices = effects, .help = "redo: an undo was taken back."},
    {.name = "party", .kind = RESULT_TEXT, .help = "Its code."},
    {.name = "kind", .kind = RESULT_CHOICE, .choices = quote_kinds},
    {.name = "rejected", .kind = RESULT_COUNT, .help = "Quotes that are active no more."},
    {.name = "restored", .kind = RESULT_COUNT, .help = "Quotes that are active again."},
    {.name = NULL},
};
/* clang-format on */

static char *result_json(const struct undo_run *run)
{
    struct json_out out;
    json_out_init(&out);
    json_object(&out);
    json_put_int(&out, "import_id", (int64_t)run->undo_id);
    json_put_int(&out, "undone", (int64_t)run->row.id);
    json_put_string(&out, "effect", effects[run->row.takes_back ? 0 : 1]);
    json_put_string(&out, "party", run->row.party);
    json_put_string(&out, "kind", run->row.kind);
    json_put_int(&out, "rejected", (int64_t)run->rejected);
    json_put_int(&out, "restored", (int64_t)run->restored);
    json_object_end(&out);
    char *text = json_out_copy(&out);
    json_out_fini(&out);
    return text;
}

static int save(struct job *job, struct store_conn *db, struct job_ending *ending, void *ctx)
{
    struct undo_run *run = ctx;
    if (run_lease_check(&run->lease, db) != 0 || record_undo(run, db) != 0 || run_go_on(job, db) != 0 ||
        (run->row.takes_back ? take_back(run, db) : make_again(run, db)) != 0 || record_counts(run, db) != 0 ||
        run_lease_end(&run->lease, db) != 0)
        return -1;
    job_ending_fini(ending);
    ending->result = result_json(run);
    ending->outcome = OUTCOME_SUCCEEDED;
    task_count(&job->counts, COUNT_UPDATED, run->rejected + run->restored);
    snprintf(ending->message, sizeof ending->message, "%" PRIu64 " quotes rejected, %" PRIu64 " active again",
             run->rejected, run->restored);
    return 0;
}

/* ---- The run ---------------------------------------------------------------------------------------------------- */

/* Twice: before the lease, to know its name, and under it. */
static enum run_step find(struct undo_run *run)
{
    char why[400];
    uint64_t id = (uint64_t)json_member_int(run->job->params, "import_id", 0);
    int rc = quote_import_row_find(run->job->db, id, &run->row);
    if (rc < 0)
        return run_database_away(run->job);
    if (rc == 0)
        return run_fail(&run->failure, "E_NO_IMPORT", "The import is not in the history any more.");
    why_not(&run->row, why, sizeof why);
    return *why ? run_fail(&run->failure, "E_NOT_LATEST", why) : STEP_ON;
}

static enum run_step all_steps(struct undo_run *run)
{
    char name[65];
    enum run_step step = store_ensure(run->job->db) == 0 ? find(run) : run_database_away(run->job);
    if (step != STEP_ON)
        return step;
    quote_lease_name(run->row.kind, run->row.party, name);
    step = run_lease_take(&run->lease, run->job, name, "waiting for a price list of this party");
    return step == STEP_ON ? find(run) : step;
}

static enum job_verdict run_undo(struct job *job)
{
    struct undo_run run = {.job = job};
    enum run_step step = all_steps(&run);
    enum job_verdict verdict = run_end(job, step, &run.failure, save, NULL, &run);
    run_lease_drop(&run.lease);
    return verdict;
}

TASK_TYPE(quotes_undo) = {
    .name = "quotes_undo",
    .title = "Undo of a price list",
    .params = quotes_undo_params,
    .concurrency = 0,
    .equal = TASK_EQUAL_JOIN,
    .time_limit_s = 1800,
    .memory_limit = 256u << 20,
    .precheck = precheck,
    .result = result_members,
    .run = run_undo,
};
