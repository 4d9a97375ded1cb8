/* The task catalog_import: a CSV file into one table of the catalogue, in one transaction. */
#include "base/json.h"
#include "handlers/catalog/file.h"
#include "handlers/catalog/load.h"
#include "handlers/catalog/relink.h"
#include "handlers/catalog/sql.h"
#include "handlers/task_type.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct param_spec catalog_import_params[] = {
    {.name = "table",
     .kind = PARAM_CHOICE,
     .required = true,
     .choices = catalog_table_names,
     .help = "Which table the file fills."},
    {.name = NULL},
};

struct catalog_run {
    struct job *job;
    const struct catalog_table *table;
    struct catalog_known known;
    struct catalog_file file;
    struct catalog_stage stage;
    bool whole; /* the file has been read to its end */
    struct run_lease lease;
    struct run_failure failure;
    uint64_t mark; /* relink_mark() when the catalogue was read */
    uint64_t staged, inserted, updated;
    struct relinked relinked;
};

/* ---- Reading --------------------------------------------------------------------------------------------------- */

static int on_party(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    catalog_known_add_party(ctx, (uint32_t)strtoul(v[0].text, NULL, 10), v[1].text, v[2].text);
    return 0;
}

/* Tables without references do not need the catalogue. */
static enum run_step load_known(struct catalog_run *run)
{
    struct store_conn *db = run->job->db;
    if (!run->table->derive)
        return STEP_ON;
    if (relink_mark(db, &run->mark) != 0 || catalog_load(db, &run->known.stock) != 0 ||
        store_query(db, "SELECT id, kind, code FROM party", NULL, 0, on_party, &run->known) != 0)
        return run_database_away(run->job);
    return STEP_ON;
}

static int on_heading(void *ctx)
{
    struct catalog_run *run = ctx;
    return catalog_stage_init(&run->stage, run->job->db, run->table, run->file.present);
}

static int on_row(void *ctx, uint32_t row, const struct catalog_row *values)
{
    struct catalog_run *run = ctx;
    run->staged++;
    return catalog_stage_row(&run->stage, row, values);
}

/* How many rows a file has is known when it has been read to its end. */
static void tell_counts(struct catalog_run *run)
{
    run_count_rows(run->job, run->file.rows_total, run->file.rejected, run->whole);
}

static int on_tick(void *ctx, uint64_t rows)
{
    struct catalog_run *run = ctx;
    char text[64];
    tell_counts(run);
    snprintf(text, sizeof text, "row %llu", (unsigned long long)rows);
    job_progress(run->job, 5 + (unsigned)(75 * rows / (rows + 20000)), text);
    return job_cancelled(run->job) ? -1 : run_lease_tick(&run->lease);
}

static enum run_step read_file(struct catalog_run *run)
{
    struct sheet_error err = {.cls = ""};
    run->file.heading = on_heading;
    run->file.row = on_row;
    run->file.tick = on_tick;
    run->file.ctx = run;
    struct grid_sink sink = catalog_file_sink(&run->file);
    int rc = job_read_file(run->job, SHEET_CSV, &sink, &err);
    if (rc != 0)
        return run_reading_failed(run->job, rc, CATALOG_SINK_STOPPED, &err, &run->failure);
    run->whole = true;
    tell_counts(run);
    if (catalog_file_finish(&run->file) != 0)
        return run_fail(&run->failure, run->file.failure.code, run->file.failure.text);
    if (catalog_stage_flush(&run->stage) != 0)
        return run_database_away(run->job);
    return job_cancelled(run->job) ? STEP_STOP : STEP_ON;
}

/* ---- Ending ---------------------------------------------------------------------------------------------------- */

/* The names of the columns in the order of the file, as table_heading_captions() writes them. */
static uint32_t keep_heading(const struct catalog_run *run, struct issues *issues)
{
    const struct catalog_file *file = &run->file;
    struct json_out out;
    size_t n;
    json_out_init(&out);
    json_array(&out);
    json_array(&out);
    for (uint32_t i = 0; i < file->n_file_columns; i++)
        json_string(&out, file->table->columns[file->column_at[i]].name);
    json_array_end(&out);
    json_array_end(&out);
    const char *text = json_out_text(&out, &n);
    uint32_t number = issues_heading(issues, NULL, text, n);
    json_out_fini(&out);
    return number;
}

static int save_issues(struct catalog_run *run, struct store_conn *db)
{
    const struct catalog_file *file = &run->file;
    struct issues issues = {.n = 0};
    uint32_t heading = file->n_issues ? keep_heading(run, &issues) : 0;
    for (uint32_t i = 0; i < file->n_issues; i++) {
        const struct catalog_issue *issue = &file->issues[i];
        struct issue_at at = {.row = issue->row, .column = ARENA_NONE, .heading = heading};
        at.cells = arena_text(&file->text, issue->cells);
        at.cells_n = strlen(at.cells);
        issues_keep(&issues, true, 0, issue->code, issue->field, issue->message, &at);
    }
    int rc = run_save_issues(db, run->job->id, &issues);
    issues_fini(&issues);
    return rc;
}

/* clang-format off */
static const struct result_spec result_members[] = {
    {.name = "table", .kind = RESULT_CHOICE, .choices = catalog_table_names},
    {.name = "rows_total", .kind = RESULT_COUNT, .help = "Rows of the file; the next four add up to it."},
    {.name = "inserted", .kind = RESULT_COUNT},
    {.name = "updated", .kind = RESULT_COUNT},
    {.name = "unchanged", .kind = RESULT_COUNT},
    {.name = "rejected", .kind = RESULT_COUNT},
    {.name = "errors", .kind = RESULT_ISSUES, .help = "Rejected rows by code."},
    {.name = "relinked", .kind = RESULT_COUNT, .help = "Rows of stock and quotes that have a lot now."},
    RESULT_REJECTS,
    {.name = NULL},
};
/* clang-format on */

static char *result_json(const struct catalog_run *run)
{
    struct json_out out;
    json_out_init(&out);
    json_object(&out);
    json_put_string(&out, "table", run->table->name);
    json_put_int(&out, "rows_total", run->file.rows_total);
    json_put_int(&out, "inserted", (int64_t)run->inserted);
    json_put_int(&out, "updated", (int64_t)run->updated);
    json_put_int(&out, "unchanged", (int64_t)(run->staged + run->file.repeated - run->inserted - run->updated));
    json_put_int(&out, "rejected", run->file.rejected);
    json_key(&out, "errors");
    json_object(&out);
    for (unsigned i = 0; i < run->file.n_counts; i++)
        json_put_int(&out, run->file.counts[i].code, (int64_t)run->file.counts[i].n);
    json_object_end(&out);
    json_put_int(&out, "relinked", (int64_t)(run->relinked.stock + run->relinked.quotes));
    if (run->file.rejected)
        run_put_rejects(&out, run->job->id);
    json_object_end(&out);
    char *text = json_out_copy(&out);
    json_out_fini(&out);
    return text;
}

static void tell(const struct catalog_run *run, struct job_ending *ending)
{
    struct task_counts *counts = &run->job->counts;
    task_count(counts, COUNT_CREATED, run->inserted);
    task_count(counts, COUNT_UPDATED, run->updated);
    task_count(counts, COUNT_UNCHANGED, run->staged + run->file.repeated - run->inserted - run->updated);
    job_ending_fini(ending);
    ending->result = result_json(run);
    ending->outcome = run->file.rejected ? OUTCOME_PARTIAL : OUTCOME_SUCCEEDED;
    int n = snprintf(ending->message, sizeof ending->message, "%u of %u rows accepted",
                     run->file.rows_total - run->file.rejected, run->file.rows_total);
    if (run->file.rejected)
        snprintf(ending->message + n, sizeof ending->message - (size_t)n, ", %u rejected", run->file.rejected);
}

/* Quotes look up their lots while they are read, so a mapping that was added by hand since then has not linked them. */
static int relink(struct catalog_run *run, struct store_conn *db)
{
    uint64_t mark = run->mark;
    if (run->table->derive && !run->table->relinks && relink_mark(db, &mark) != 0)
        return -1;
    return run->table->relinks || mark != run->mark ? relink_all(db, run->job, &run->relinked) : 0;
}

static int save(struct job *job, struct store_conn *db, struct job_ending *ending, void *ctx)
{
    struct catalog_run *run = ctx;
    run->inserted = run->updated = 0;
    run->relinked = (struct relinked){0, 0};
    if (!catalog_stage_alive(&run->stage))
        return store_fail(db, STORE_STOPPED, "the staging table went with the connection");
    if (run_lease_check(&run->lease, db) != 0 || catalog_stage_update(&run->stage, &run->updated) != 0 ||
        run_go_on(job, db) != 0 || catalog_stage_insert(&run->stage, &run->inserted) != 0 || run_go_on(job, db) != 0 ||
        relink(run, db) != 0 || run_go_on(job, db) != 0 || save_issues(run, db) != 0 ||
        run_lease_end(&run->lease, db) != 0)
        return -1;
    tell(run, ending);
    return 0;
}

static int save_failed(struct job *job, struct store_conn *db, struct job_ending *ending, void *ctx)
{
    (void)job;
    (void)ending;
    return save_issues(ctx, db);
}

static enum run_step all_steps(struct catalog_run *run)
{
    if (!run->table)
        return run_fail(&run->failure, "E_TABLE", "There is no such catalogue table.");
    if (store_ensure(run->job->db) != 0)
        return run_database_away(run->job);
    enum run_step step = run_lease_take(&run->lease, run->job, "catalog", "waiting for another catalogue import");
    if (step == STEP_ON)
        step = load_known(run);
    return step == STEP_ON ? read_file(run) : step;
}

static enum job_verdict run_import(struct job *job)
{
    struct catalog_run run = {.job = job, .table = catalog_table(json_member_string(job->params, "table", ""))};
    catalog_map_init(&run.known.stock, job->settings->base_currency, job->settings->rate_max_age_days);
    catalog_file_init(&run.file, run.table, &run.known);
    enum run_step step = all_steps(&run);
    tell_counts(&run);
    enum job_verdict verdict = run_end(job, step, &run.failure, save, save_failed, &run);
    if (run.stage.db)
        catalog_stage_fini(&run.stage);
    run_lease_drop(&run.lease);
    catalog_file_fini(&run.file);
    catalog_known_fini(&run.known);
    return verdict;
}

TASK_TYPE(catalog_import) = {
    .name = "catalog_import",
    .title = "Catalogue import",
    .params = catalog_import_params,
    .takes_file = true,
    .file_format = SHEET_CSV,
    .concurrency = 1,
    .equal = TASK_EQUAL_QUEUE,
    .time_limit_s = 1800,
    .memory_limit = 1024u << 20,
    .result = result_members,
    .run = run_import,
};
