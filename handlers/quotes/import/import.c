/* The task quotes_import: the run from lease to ending. */
#include "base/utf8.h"
#include "handlers/catalog/load.h"
#include "handlers/catalog/relink.h"
#include "handlers/history/base.h"
#include "handlers/quotes/import/history.h"
#include "handlers/quotes/import/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void tell_counts(struct quote_run *run)
{
    run_count_rows(run->job, run->file.rows_total, run->file.rows_rejected, run->whole);
}

static int on_tick(void *ctx, uint64_t rows)
{
    struct quote_run *run = ctx;
    tell_counts(run);
    return run_tell_row(run->job, &run->lease, rows, 100000);
}

/* The remark goes to the task's log. */
static void on_remark(void *ctx, const char *text)
{
    struct quote_run *run = ctx;
    job_progress(run->job, 4, text);
}

/* ---- Steps ----------------------------------------------------------------------------------------------------- */

/* One import at a time of one party. */
static void lease(yajl_val params, char name[TASK_LEASE_MAX])
{
    quote_lease_name(json_member_string(params, "kind", ""), json_member_string(params, "party", ""), name);
}

static enum run_step take_lease(struct quote_run *run)
{
    char name[TASK_LEASE_MAX];
    lease(run->job->params, name);
    return run_lease_take(&run->lease, run->job, name, quote_book.waiting);
}

static int on_party(const struct store_value *v, unsigned n, void *ctx)
{
    struct quote_run *run = ctx;
    (void)n;
    run->party_id = (uint32_t)column_u64(&v[0]);
    return 0;
}

static int on_before(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(uint64_t *)ctx = column_u64(&v[0]);
    return 0;
}

static enum run_step find_base(struct quote_run *run)
{
    struct store_value party = STORE_U(run->party_id);
    if (store_query(run->job->db,
                    "SELECT COUNT(*) FROM price_quote FORCE INDEX (ix_party) WHERE party_id = ? AND status = 'active'",
                    &party, 1, on_before, &run->before) != 0)
        return run_database_away(run->job);
    return history_base_find(run->job, &quote_book, run->party_id, &run->last_import, &run->failure);
}

static enum run_step prepare(struct quote_run *run)
{
    struct store_conn *db = run->job->db;
    struct store_value v[] = {STORE_S(run->params.kind), STORE_S(run->params.party)};
    run->job->phase = PHASE_READING;
    job_progress(run->job, 2, "reading the catalogue");
    if (relink_mark(db, &run->catalog_mark) != 0 || catalog_load(db, &run->catalog) != 0 ||
        store_query(db, "SELECT id FROM party WHERE kind = ? AND code = ?", v, 2, on_party, run) != 0)
        return run_database_away(run->job);
    if (run->party_id == 0)
        return run_fail(&run->failure, "E_PARTY", "The party does not exist any more.");
    if (pn_normalise(run->params.party, strlen(run->params.party), run->own, NULL) != PN_OK)
        run->own[0] = '\0'; /* a code of signs alone: its own numbers wait as "=100245" */
    return find_base(run);
}

static enum run_step read_file(struct quote_run *run)
{
    struct sheet_error err = {.cls = ""};
    quote_file_init(&run->file, &run->params, &run->catalog, run->own);
    run->file.tick = on_tick;
    run->file.remark = on_remark;
    run->file.line = run->params.dry_run ? quote_preview_line : NULL;
    run->file.ctx = run;
    struct grid_sink file = quote_file_sink(&run->file), sink = table_fixes_sink(&run->fixes, &file);
    int rc = job_read_file(run->job, run->format, &sink, &err);
    if (rc != 0)
        return run_reading_failed(run->job, rc, TABLE_STOPPED, &err, &run->failure);
    run->whole = true;
    tell_counts(run);
    bool sound = quote_file_finish(&run->file) == 0;
    if (run_fixes_used(&run->fixes, sound ? "" : run->file.table.failure, &run->failure) == STEP_FAIL)
        return STEP_FAIL;
    if (sound)
        return STEP_ON;
    run->failure.told = run->file.table.told;
    return run_fail(&run->failure, run->file.table.failure, run->file.table.failure_text);
}

static enum run_step compare(struct quote_run *run)
{
    run->record = (struct quote_record){.job = run->job,
                                        .list = &run->file.list,
                                        .mentions = &run->file.mentions,
                                        .params = &run->params,
                                        .catalog = &run->catalog,
                                        .own = run->own,
                                        .party_id = run->party_id,
                                        .quoted_on = run->file.quoted_on,
                                        .valid_until = run->file.valid_until};
    run->job->phase = PHASE_COMPARING;
    job_progress(run->job, 85, "comparing with the party's quotes");
    if (quote_record_read(&run->record) != 0)
        return run_database_away(run->job);
    quote_run_count(run);
    if (run->params.dry_run && quote_find_profile(run, run->job->db) != 0)
        return run_database_away(run->job);
    if (run->params.dry_run)
        json_array_end(&run->preview);
    if (job_cancelled(run->job))
        return STEP_STOP;
    enum run_step step = quote_tell_jumps(run);
    return step == STEP_ON ? quote_run_guard(run) : step;
}

static enum run_step all_steps(struct quote_run *run)
{
    enum run_step step = store_ensure(run->job->db) == 0
                             ? run_find_format(run->job, sheet_sniff_file, &run->format, &run->failure)
                             : run_database_away(run->job);
    if (step == STEP_ON && !run->params.dry_run)
        step = take_lease(run);
    if (step == STEP_ON)
        step = prepare(run);
    if (step == STEP_ON)
        step = read_file(run);
    if (step == STEP_ON)
        step = compare(run);
    return step;
}

static enum job_verdict run_import(struct job *job)
{
    struct quote_run *run = calloc(1, sizeof *run); /* too large for the stack */
    if (!run)
        abort();
    run->job = job;
    quote_params_read(job, &run->params);
    table_fixes_init(&run->fixes, json_member(job->params, "fixes"));
    catalog_map_init(&run->catalog, job->settings->base_currency, job->settings->rate_max_age_days);
    json_out_init(&run->preview);
    json_array(&run->preview);
    enum run_step step = all_steps(run);
    tell_counts(run);
    enum job_verdict verdict = run_end(job, step, &run->failure, quote_save, quote_save_failed, run);
    run_lease_drop(&run->lease);
    json_out_fini(&run->preview);
    quote_record_fini(&run->record);
    quote_file_fini(&run->file);
    table_fixes_fini(&run->fixes);
    catalog_map_fini(&run->catalog);
    free(run);
    return verdict;
}

TASK_TYPE(quotes_import) = {
    .name = "quotes_import",
    .title = "Price list import",
    .params = quotes_import_params,
    .takes_file = true,
    .file_format = SHEET_UNKNOWN,
    .concurrency = 0,
    .equal = TASK_EQUAL_QUEUE,
    .time_limit_s = 1800,
    .memory_limit = 1024u << 20,
    .precheck = quotes_import_precheck,
    .result = quote_result_members,
    .lease = lease,
    .run = run_import,
};
