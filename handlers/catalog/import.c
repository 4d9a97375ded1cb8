/* The task catalog_import: a CSV or .xlsx file into one table of the catalogue, in one transaction. */
#include "base/json.h"
#include "handlers/catalog/file.h"
#include "handlers/catalog/load.h"
#include "handlers/catalog/relink.h"
#include "handlers/catalog/sql.h"
#include "handlers/heading/head.h"
#include "handlers/task_type.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEASE "catalog"

static const struct param_spec catalog_import_params[] = {
    {.name = "table",
     .kind = PARAM_CHOICE,
     .required = true,
     .choices = catalog_table_names,
     .help = "Which table the file fills."},
    {.name = "sheet",
     .kind = PARAM_STRING,
     .max = 124,
     .help = "Name of the sheet to read; default: the only visible one with a heading."},
    {.name = "dry_run",
     .kind = PARAM_BOOL,
     .otherwise = "false",
     .help = "Read and compare everything, write nothing."},
    {.name = NULL},
};

struct catalog_run {
    struct job *job;
    const struct catalog_table *table;
    struct catalog_known known;
    struct catalog_file file;
    struct catalog_stage stage;
    enum sheet_format format;
    bool dry_run;
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
    struct grid_sink sink = catalog_file_sink(&run->file);
    int rc = job_read_file(run->job, run->format, &sink, &err);
    if (rc != 0)
        return run_reading_failed(run->job, rc, CATALOG_SINK_STOPPED, &err, &run->failure);
    run->whole = true;
    tell_counts(run);
    if (catalog_file_finish(&run->file) != 0)
        return run_fail_as(&run->failure, &run->file.failure);
    if (catalog_stage_flush(&run->stage) != 0)
        return run_database_away(run->job);
    return job_cancelled(run->job) ? STEP_STOP : STEP_ON;
}

/* ---- Result ---------------------------------------------------------------------------------------------------- */

/* clang-format off */
static const struct result_spec ignored_members[] = {
    {.name = "column", .kind = RESULT_TEXT, .help = "Its letter."},
    {.name = "caption", .kind = RESULT_TEXT},
    {.name = "why", .kind = RESULT_TEXT, .help = "Why it is not read."},
    {.name = NULL},
};

static const struct result_spec sheet_members[] = {
    {.name = "name", .kind = RESULT_TEXT},
    {.name = "rows", .kind = RESULT_COUNT, .optional = true, .help = "Rows below the heading, if it has one."},
    {.name = "read", .kind = RESULT_BOOL},
    {.name = "why", .kind = RESULT_TEXT, .optional = true, .help = "Why it was not read."},
    {.name = NULL},
};

static const struct result_spec file_members[] = {
    {.name = "name", .kind = RESULT_TEXT},
    {.name = "format", .kind = RESULT_TEXT, .help = "As recognised by its content."},
    {.name = "sheet", .kind = RESULT_TEXT, .help = "The sheet that was read; empty for CSV."},
    {.name = "header_row", .kind = RESULT_ID, .help = "Row of the heading, from 1."},
    {.name = "columns", .kind = RESULT_COUNTS, .help = "Column of the file by column of the table, from 1."},
    {.name = "ignored", .kind = RESULT_LIST, .members = ignored_members, .help = "Columns that are not read."},
    {.name = "sheets", .kind = RESULT_LIST, .members = sheet_members, .help = "Every sheet of the file."},
    {.name = NULL},
};

static const struct result_spec result_members[] = {
    {.name = "table", .kind = RESULT_CHOICE, .choices = catalog_table_names},
    {.name = "dry_run", .kind = RESULT_BOOL, .optional = true, .help = "True: nothing was written."},
    {.name = "file", .kind = RESULT_OBJECT, .optional = true, .members = file_members, .help = "Absent, as dry_run and errors_truncated, in results of earlier versions."},
    {.name = "rows_total", .kind = RESULT_COUNT, .help = "Rows of the file; accepted and rejected ones."},
    {.name = "rows_accepted", .kind = RESULT_COUNT, .optional = true, .help = "Inserted, updated and unchanged ones. Absent, as rows_rejected, in results of earlier versions."},
    {.name = "rows_rejected", .kind = RESULT_COUNT, .optional = true},
    {.name = "inserted", .kind = RESULT_COUNT},
    {.name = "updated", .kind = RESULT_COUNT},
    {.name = "unchanged", .kind = RESULT_COUNT},
    {.name = "rejected", .kind = RESULT_COUNT, .deprecated = true, .help = "Now rows_rejected."},
    {.name = "errors", .kind = RESULT_ISSUES, .help = "Rejected rows by code; a row counts under each of its codes."},
    {.name = "errors_truncated", .kind = RESULT_BOOL, .optional = true, .help = "True: not every error is kept with its text."},
    {.name = "relinked", .kind = RESULT_COUNT, .optional = true, .help = "Rows of stock and quotes that have a lot now; absent after a dry run."},
    RESULT_REJECTS,
    {.name = NULL},
};
/* clang-format on */

static void put_ignored(const struct catalog_file *file, struct json_out *out)
{
    char letter[4];
    json_key(out, "ignored");
    json_array(out);
    for (uint32_t i = 0; i < TABLE_COLUMNS; i++) {
        if (file->head.why[i] == COLUMN_READ)
            continue;
        json_object(out);
        json_put_string(out, "column", table_column_letter(i, letter));
        json_put_string(out, "caption", file->head.caption[i]);
        json_put_string(out, "why", catalog_unread_text((enum catalog_unread)file->head.why[i]));
        json_object_end(out);
    }
    json_array_end(out);
}

static void put_sheets(const struct catalog_file *file, struct json_out *out)
{
    json_key(out, "sheets");
    json_array(out);
    for (uint32_t i = 0; i < file->n_sheets && i < CATALOG_SHEETS_KEPT; i++) {
        const struct catalog_sheet *sheet = &file->sheets[i];
        json_object(out);
        json_put_string(out, "name", sheet->name);
        if (sheet->why == CATALOG_READ)
            json_put_int(out, "rows", sheet->rows);
        json_put_bool(out, "read", sheet->why == CATALOG_READ);
        if (sheet->why != CATALOG_READ)
            json_put_string(out, "why", catalog_sheet_why(sheet->why));
        json_object_end(out);
    }
    json_array_end(out);
}

static void put_file(const struct catalog_run *run, struct json_out *out)
{
    const struct catalog_file *file = &run->file;
    json_key(out, "file");
    json_object(out);
    json_put_string(out, "name", run->job->file->name);
    json_put_string(out, "format", sheet_format_name(run->format));
    json_put_string(out, "sheet", file->sheets[file->read_sheet < CATALOG_SHEETS_KEPT ? file->read_sheet - 1 : 0].name);
    json_put_int(out, "header_row", file->head.row + 1);
    json_key(out, "columns");
    json_object(out);
    for (size_t i = 0; run->table->columns[i].name; i++)
        if (file->head.present[i])
            json_put_int(out, run->table->columns[i].name, file->head.file_column[i] + 1);
    json_object_end(out);
    put_ignored(file, out);
    put_sheets(file, out);
    json_object_end(out);
}

static char *result_json(const struct catalog_run *run)
{
    struct json_out out;
    json_out_init(&out);
    json_object(&out);
    json_put_string(&out, "table", run->table->name);
    json_put_bool(&out, "dry_run", run->dry_run);
    put_file(run, &out);
    json_put_int(&out, "rows_total", run->file.rows_total);
    json_put_int(&out, "rows_accepted", run->file.rows_total - run->file.rejected);
    json_put_int(&out, "rows_rejected", run->file.rejected);
    json_put_int(&out, "inserted", (int64_t)run->inserted);
    json_put_int(&out, "updated", (int64_t)run->updated);
    json_put_int(&out, "unchanged", (int64_t)(run->staged + run->file.repeated - run->inserted - run->updated));
    json_put_int(&out, "rejected", run->file.rejected);
    json_key(&out, "errors");
    json_object(&out);
    for (unsigned i = 0; i < run->file.n_counts; i++)
        json_put_int(&out, run->file.counts[i].code, (int64_t)run->file.counts[i].n);
    json_object_end(&out);
    json_put_bool(&out, "errors_truncated", run->file.all_issues > run->file.issues.n);
    if (!run->dry_run)
        json_put_int(&out, "relinked", (int64_t)(run->relinked.stock + run->relinked.quotes));
    if (run->file.rejected)
        run_put_rejects(&out, run->job->id);
    json_object_end(&out);
    char *text = json_out_copy(&out);
    json_out_fini(&out);
    return text;
}

/* ---- Ending ---------------------------------------------------------------------------------------------------- */

static void tell(const struct catalog_run *run, struct job_ending *ending)
{
    struct task_counts *counts = &run->job->counts;
    task_count(counts, COUNT_CREATED, run->inserted);
    task_count(counts, COUNT_UPDATED, run->updated);
    task_count(counts, COUNT_UNCHANGED, run->staged + run->file.repeated - run->inserted - run->updated);
    job_ending_fini(ending);
    ending->result = result_json(run);
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
    if (run_lease_check(&run->lease, db) != 0 || catalog_stage_update(&run->stage, &run->updated) != 0 ||
        run_go_on(job, db) != 0 || catalog_stage_insert(&run->stage, &run->inserted) != 0 || run_go_on(job, db) != 0 ||
        relink(run, db) != 0 || run_go_on(job, db) != 0)
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
    (void)ending;
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
    catalog_file_init(&run.file, run.table, &run.known);
    run.file.wanted = json_member_string(job->params, "sheet", "");
    run.file.base_currency = job->settings->base_currency;
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
    .lease = lease,
    .run = run_import,
};
