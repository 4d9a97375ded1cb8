/* The task catalog_import: a CSV or .xlsx file into one table of the catalogue, in one transaction. */
#include "handlers/catalog/load.h"
#include "handlers/catalog/params.h"
#include "handlers/catalog/relink.h"
#include "handlers/catalog/run.h"
#include "handlers/task_type.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEASE "catalog"

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
    return catalog_stage_init(&run->stage, run->job->db, run->table, run->file.head.present);
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
    tell_counts(run);
    return run_tell_row(run->job, &run->lease, rows, 20000);
}

static enum run_step find_format(struct catalog_run *run)
{
    enum run_step step = run_find_format(run->job, sheet_sniff_text, &run->format, &run->failure);
    return run->format != SHEET_MXL ? step : run_fail(&run->failure, "E_FILE_FORMAT", SHEET_NO_MXL);
}
static enum run_step read_file(struct catalog_run *run)
{
    struct sheet_error err = {.cls = ""};
    run->file.heading = on_heading;
    run->file.row = on_row;
    run->file.tick = on_tick;
    run->file.ctx = run;
    struct grid_sink file = catalog_file_sink(&run->file), sink = table_fixes_sink(&run->fixes, &file);
    int rc = job_read_file(run->job, run->format, &sink, &err);
    if (rc != 0)
        return run_reading_failed(run->job, rc, CATALOG_SINK_STOPPED, &err, &run->failure);
    run->whole = true;
    tell_counts(run);
    bool sound = catalog_file_finish(&run->file) == 0;
    if (run_fixes_used(&run->fixes, sound ? "" : run->file.failure.code, &run->failure) == STEP_FAIL)
        return STEP_FAIL;
    if (!sound)
        return run_fail_as(&run->failure, &run->file.failure);
    if (catalog_stage_flush(&run->stage) != 0 || (run->dry_run && catalog_find_profile(run, run->job->db) != 0))
        return run_database_away(run->job);
    return job_cancelled(run->job) ? STEP_STOP : STEP_ON;
}

/* ---- Ending ---------------------------------------------------------------------------------------------------- */

static void tell(const struct catalog_run *run, struct job_ending *ending)
{
    struct task_counts *counts = &run->job->counts;
    task_count(counts, COUNT_CREATED, run->inserted);
    task_count(counts, COUNT_UPDATED, run->updated);
    task_count(counts, COUNT_UNCHANGED, run->staged + run->file.repeated - run->inserted - run->updated);
    job_ending_fini(ending);
    ending->result = catalog_result_json(run);
    ending->outcome = run->file.rejected ? OUTCOME_PARTIAL : OUTCOME_SUCCEEDED;
    int n = snprintf(ending->message, sizeof ending->message, "%s%u of %u rows accepted",
                     run->dry_run ? "dry run: " : "", run->file.rows_total - run->file.rejected, run->file.rows_total);
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

static int write_rows(struct catalog_run *run, struct store_conn *db)
{
    struct job *job = run->job;
    const struct table_shown shown = catalog_run_shown(run);
    if (run_lease_check(&run->lease, db) != 0 || catalog_stage_update(&run->stage, &run->updated) != 0 ||
        run_go_on(job, db) != 0 || catalog_stage_insert(&run->stage, &run->inserted) != 0 || run_go_on(job, db) != 0 ||
        relink(run, db) != 0 || run_go_on(job, db) != 0 || profile_used(db, "catalog_import", job->params, &shown) != 0)
        return -1;
    return 0;
}

static int save(struct job *job, struct store_conn *db, struct job_ending *ending, void *ctx)
{
    struct catalog_run *run = ctx;
    run->inserted = run->updated = 0;
    run->relinked = (struct relinked){0, 0};
    if (!catalog_stage_alive(&run->stage))
        return store_fail(db, STORE_STOPPED, "the staging table went with the connection");
    int rc = run->dry_run ? catalog_stage_count(&run->stage, &run->updated, &run->inserted) : write_rows(run, db);
    if (rc != 0 || run_save_issues(db, job->id, &run->file.issues, job) != 0 ||
        (!run->dry_run && run_lease_end(&run->lease, db) != 0))
        return -1;
    tell(run, ending);
    return 0;
}

static int save_failed(struct job *job, struct store_conn *db, struct job_ending *ending, void *ctx)
{
    struct catalog_run *run = ctx;
    const struct table_shown shown = catalog_run_shown(run);
    if (catalog_find_profile(run, db) != 0)
        return -1;
    run_tell_mapping(ending, &shown, &run->fitting);
    return run_save_issues(db, job->id, &run->file.issues, NULL);
}

static void lease(yajl_val params, char name[TASK_LEASE_MAX])
{
    (void)params;
    snprintf(name, TASK_LEASE_MAX, "%s", LEASE);
}

static enum run_step all_steps(struct catalog_run *run)
{
    if (!run->table)
        return run_fail(&run->failure, "E_TABLE", "There is no such catalogue table.");
    if (store_ensure(run->job->db) != 0)
        return run_database_away(run->job);
    enum run_step step = find_format(run);
    if (step == STEP_ON && !run->dry_run)
        step = run_lease_take(&run->lease, run->job, LEASE, "waiting for another catalogue import");
    if (step == STEP_ON)
        step = load_known(run);
    return step == STEP_ON ? read_file(run) : step;
}

static enum job_verdict run_import(struct job *job)
{
    struct catalog_run run = {.job = job, .table = catalog_table(json_member_string(job->params, "table", ""))};
    catalog_map_init(&run.known.stock, job->settings->base_currency, job->settings->rate_max_age_days);
    run.dry_run = json_member_bool(job->params, "dry_run", false);
    for (size_t i = 0; run.table && run.table->columns[i].name; i++)
        run.fields[i] = run.table->columns[i].name;
    catalog_file_init(&run.file, run.table, &run.known);
    run.file.wanted = json_member_string(job->params, "sheet", "");
    catalog_params_ask(job->params, run.table, &run.file.ask);
    run.file.ask.base_currency = job->settings->base_currency;
    table_fixes_init(&run.fixes, json_member(job->params, "fixes"));
    enum run_step step = all_steps(&run);
    tell_counts(&run);
    enum job_verdict verdict = run_end(job, step, &run.failure, save, save_failed, &run);
    if (run.stage.db)
        catalog_stage_fini(&run.stage);
    run_lease_drop(&run.lease);
    catalog_file_fini(&run.file);
    table_fixes_fini(&run.fixes);
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
    .precheck = catalog_import_precheck,
    .result = catalog_result_members,
    .lease = lease,
    .run = run_import,
};
