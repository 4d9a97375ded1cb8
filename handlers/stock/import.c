/* The task stock_import: parameters, look-up at submission, and the run from lease to ending. */
#include "handlers/stock/run.h"

#include "base/facts.h"
#include "handlers/catalog/load.h"
#include "handlers/catalog/relink.h"
#include "handlers/history/base.h"
#include "handlers/profiles/use.h"
#include "handlers/stock/history.h"
#include "handlers/stock/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KNOWN_WAREHOUSES 10 /* a fault names the warehouses if there are no more */

static const char *const modes[] = {"replace", "merge", NULL};
static const char *const negatives[] = {"reject", "zero", "keep", NULL};
static const char *const duplicates[] = {"sum", "first", "last", "reject", NULL};
static const char *const locales[] = {"ru", "en", NULL};
static const char *const totals_checks[] = {"fail", "warn", "off", NULL};
const char *const stock_column_fields[] = {"part_number", "lot",       "code",     "name",        "vendor",
                                           "qty",         "free",      "reserved", "unit",        "unit_cost",
                                           "total_cost",  "warehouse", "currency", "received_on", NULL};
static const char *const seen_choices[] = {"run", "skip", NULL};

/* clang-format off */
static const struct param_spec stock_import_params[] = {
    {.name = "warehouse", .kind = PARAM_STRING, .required = true, .max = 32, .help = "Code of the warehouse whose stock the file holds."},
    {.name = "mode", .kind = PARAM_CHOICE, .otherwise = "\"replace\"", .choices = modes, .help = "replace also deletes what the file does not list; merge keeps it."},
    {.name = "stock_date", .kind = PARAM_DATE, .saved = SAVED_IF_NAMED, .help = "Date of the stock; default: the latest date above the heading, else today."},
    {.name = "dry_run", .kind = PARAM_BOOL, .saved = SAVED_IF_NAMED, .otherwise = "false", .help = "Read and compare everything, write nothing."},
    EXPECT_IMPORT_PARAM,
    {.name = "negative", .kind = PARAM_CHOICE, .otherwise = "\"reject\"", .choices = negatives, .help = "What to do with negative quantities."},
    {.name = "duplicates", .kind = PARAM_CHOICE, .otherwise = "\"sum\"", .choices = duplicates, .help = "What to do with a part number that is in the file more than once."},
    {.name = "number_locale", .kind = PARAM_CHOICE, .otherwise = "\"ru\"", .choices = locales, .help = "What 1,234 means: a little more than one (ru) or more than a thousand (en)."},
    {.name = "cost_vat_included", .kind = PARAM_BOOL, .otherwise = "false", .help = "Prices include VAT if the heading does not say."},
    {.name = "vat_rate", .kind = PARAM_DECIMAL, .min = 0, .max = 9999, .scale = VAT_SCALE, .help = "VAT in per cent; default: the configured rate."},
    {.name = "pn_from_name", .kind = PARAM_BOOL, .otherwise = "true", .help = "Look for known part numbers inside names."},
    {.name = "max_reject_pct", .kind = PARAM_INT, .otherwise = "50", .min = 0, .max = 100, .help = "Fail when more rows than this are rejected, in per cent."},
    {.name = "max_delete_pct", .kind = PARAM_INT, .otherwise = "50", .min = 0, .max = 100, .help = "Fail when more items than this would be deleted, in per cent (from 20 items on)."},
    {.name = "force", .kind = PARAM_BOOL, .saved = SAVED_IF_NAMED, .otherwise = "false", .help = "Accept older stock and many deletions."},
    {.name = "sheet", .kind = PARAM_STRING, .max = 124, .help = "Name of the sheet to read, or * for every visible sheet with a heading; default: the only one with a heading."},
    {.name = "header_row", .kind = PARAM_INT, .min = 1, .max = TABLE_HEAD_ROWS, .help = "Row in which the heading starts, from 1; default: it is searched for."},
    {.name = "header_rows", .kind = PARAM_INT, .min = 1, .max = TABLE_HEADING_MAX, .help = "How many rows the heading has; default: it is searched for."},
    {.name = "columns", .kind = PARAM_MAP, .max = 255, .choices = stock_column_fields, .help = "Which column is which field: a caption, or the letter of a column that has a caption; wins over the search."},
    {.name = "check_totals", .kind = PARAM_CHOICE, .otherwise = "\"fail\"", .choices = totals_checks, .help = "What to do if the rows do not add up to the report's own total."},
    TABLE_FIXES_PARAM,
    {.name = "profile", .kind = PARAM_STRING, .max = 256, .saved = NOT_SAVED, .help = "Name of saved parameters (/api/import-profiles); what else the request says wins over them."},
    {.name = "if_seen", .kind = PARAM_CHOICE, .otherwise = "\"run\"", .choices = seen_choices, .help = "skip: do nothing if this file was already imported into this warehouse in this mode."},
    {.name = NULL},
};
/* clang-format on */

/* ---- At submission --------------------------------------------------------------------------------------------- */

struct known_codes {
    const char *wanted;
    bool found;
    unsigned n;
    char list[400], lines[400];
};

static int on_code(const struct store_value *v, unsigned n, void *ctx)
{
    struct known_codes *known = ctx;
    size_t used = strlen(known->list);
    (void)n;
    known->found |= strcmp(v[0].text, known->wanted) == 0;
    if (known->n++ < KNOWN_WAREHOUSES)
        snprintf(known->list + used, sizeof known->list - used, "%s%s", used ? ", " : "", v[0].text);
    facts_add_value(known->lines, sizeof known->lines, v[0].text);
    return 0;
}

static int check_warehouse(struct store_conn *db, yajl_val params, struct param_faults *faults)
{
    struct known_codes known = {.wanted = json_member_string(params, "warehouse", "")};
    struct store_value code = STORE_S(known.wanted);
    /* The wanted one sorts first, so that it is among the few that are read. */
    if (store_query(db, "SELECT code FROM warehouse ORDER BY code = ? DESC, code LIMIT 11", &code, 1, on_code,
                    &known) != 0)
        return -1;
    if (known.found)
        return 0;
    if (known.n == 0)
        param_faults_add(faults, "/warehouse", "unknown-warehouse",
                         "there is no warehouse yet; import the catalogue first");
    else if (known.n <= KNOWN_WAREHOUSES)
        param_faults_add(faults, "/warehouse", "unknown-warehouse", "unknown warehouse «%s»; known warehouses: %s",
                         known.wanted, known.list);
    else
        param_faults_add(faults, "/warehouse", "unknown-warehouse", "unknown warehouse «%s»", known.wanted);
    param_faults_fact(faults, "value", "%s", known.wanted);
    param_faults_allow_all(faults, known.n <= KNOWN_WAREHOUSES ? known.lines : "");
    return 0;
}

static int precheck(struct store_conn *db, yajl_val params, struct param_faults *faults)
{
    const char *text = json_member_string(params, "stock_date", NULL);
    struct value_date date;
    if (check_warehouse(db, params, faults) != 0)
        return -1;
    if (text && value_date_text(text, strlen(text), &date) == 0)
        job_check_day(date, job_tomorrow(), "/stock_date", faults);
    return faults->n ? 1 : history_base_precheck(db, &stock_book, params, NULL, faults);
}

/* ---- Parameters ------------------------------------------------------------------------------------------------ */

static int choice(yajl_val params, const char *key, const char *const *choices)
{
    const char *text = json_member_string(params, key, choices[0]);
    for (int i = 0; choices[i]; i++)
        if (strcmp(choices[i], text) == 0)
            return i;
    return 0;
}

static int64_t vat_of(yajl_val params, const struct job_settings *settings)
{
    const char *text = json_member_string(params, "vat_rate", NULL);
    dec128 value = 0;
    bool lost;
    if (!text)
        text = settings->default_vat_rate;
    if (!text || dec_parse(text, strlen(text), VAT_SCALE, &value, &lost) != 0)
        return 0;
    return (int64_t)value;
}

static void read_columns(yajl_val columns, struct stock_params *out)
{
    for (unsigned field = FIELD_NONE + 1; columns && field < FIELD_STOCK_COUNT; field++) {
        const char *value = json_member_string(columns, stock_field_name((enum stock_field)field), NULL);
        if (value)
            out->choices[out->n_choices++] = (struct table_choice){(enum stock_field)field, value};
    }
}

static void read_params(const struct job *job, struct stock_params *out)
{
    yajl_val params = job->params;
    const char *date = json_member_string(params, "stock_date", NULL);
    *out = (struct stock_params){
        .mode = (enum stock_mode)choice(params, "mode", modes),
        .negative = (enum stock_negative)choice(params, "negative", negatives),
        .duplicates = (enum stock_duplicates)choice(params, "duplicates", duplicates),
        .locale = (enum number_locale)choice(params, "number_locale", locales),
        .dry_run = json_member_bool(params, "dry_run", false),
        .cost_vat_included = json_member_bool(params, "cost_vat_included", false),
        .vat_rate = vat_of(params, job->settings),
        .pn_from_name = json_member_bool(params, "pn_from_name", true),
        .max_reject_pct = (unsigned)json_member_int(params, "max_reject_pct", 50),
        .max_delete_pct = (unsigned)json_member_int(params, "max_delete_pct", 50),
        .force = json_member_bool(params, "force", false),
        .header_row = (uint32_t)json_member_int(params, "header_row", 0),
        .header_rows = (unsigned)json_member_int(params, "header_rows", 0),
        .check_totals = (enum stock_totals_check)choice(params, "check_totals", totals_checks),
        .skip_seen = choice(params, "if_seen", seen_choices) == 1,
        .today = job_today(job->settings),
    };
    snprintf(out->warehouse, sizeof out->warehouse, "%s", json_member_string(params, "warehouse", ""));
    snprintf(out->sheet, sizeof out->sheet, "%s", json_member_string(params, "sheet", ""));
    read_columns(json_member(params, "columns"), out);
    if (date && value_date_text(date, strlen(date), &out->stock_date) != 0)
        out->stock_date.year = 0;
}

/* ---- Steps ----------------------------------------------------------------------------------------------------- */

/* One import at a time into one warehouse. */
static void lease(yajl_val params, char name[TASK_LEASE_MAX])
{
    stock_lease_name("", json_member_string(params, "warehouse", ""), name);
}

static enum run_step take_lease(struct stock_run *run)
{
    char name[TASK_LEASE_MAX];
    lease(run->job->params, name);
    return run_lease_take(&run->lease, run->job, name, stock_book.waiting);
}

static int on_seen(const struct store_value *v, unsigned n, void *ctx)
{
    struct stock_run *run = ctx;
    (void)n;
    run->import_id = strtoull(v[0].text, NULL, 10);
    value_date_text(v[1].text, v[1].len, &run->recorded_date);
    run->already_imported = true;
    return 0;
}

static enum run_step look_for_seen(struct stock_run *run)
{
    struct store_value v[] = {STORE_U(run->warehouse_id), STORE_B((const char *)run->job->file_sha256, 32),
                              STORE_S(modes[run->params.mode])};
    if (!run->params.skip_seen || run->fixes.n > 0)
        return STEP_ON; /* with fixes it is another file */
    if (store_query(run->job->db,
                    "SELECT id, stock_date FROM stock_import FORCE INDEX (ix_seen) WHERE warehouse_id = ? AND "
                    "file_sha256 = ? AND mode = ? AND effect <> 'undo' AND undone_by IS NULL ORDER BY id DESC LIMIT 1",
                    v, 3, on_seen, run) != 0)
        return run_database_away(run->job);
    return run->already_imported ? STEP_SKIP : STEP_ON;
}

/* Only called in a dry run. */
static int on_line(void *ctx, const struct stock_line *line, uint32_t item, enum stock_added added)
{
    (void)item;
    (void)added;
    stock_preview_line(ctx, line);
    return 0;
}

static void tell_counts(struct stock_run *run)
{
    run_count_rows(run->job, run->reader.rows_total, run->reader.rows_rejected, run->whole);
}

static int on_tick(void *ctx, uint64_t rows)
{
    struct stock_run *run = ctx;
    tell_counts(run);
    return run_tell_row(run->job, &run->lease, rows, 100000);
}

/* The remark goes to the task's log. */
static void on_remark(void *ctx, const char *text)
{
    struct stock_run *run = ctx;
    job_progress(run->job, 4, text);
}

static enum run_step prepare(struct stock_run *run)
{
    struct store_conn *db = run->job->db;
    if (relink_mark(db, &run->catalog_mark) != 0 || catalog_load(db, &run->catalog) != 0)
        return run_database_away(run->job);
    uint32_t warehouse = catalog_map_warehouse(&run->catalog, run->params.warehouse);
    if (warehouse != ARENA_NONE) {
        run->warehouse_id = run->catalog.warehouses[warehouse].id;
        return history_base_find(run->job, &stock_book, run->warehouse_id, &run->last_import, &run->failure);
    }
    return run_fail(&run->failure, "E_WAREHOUSE", "The warehouse does not exist any more.");
}

static void forget_preview(struct stock_run *run)
{
    json_out_fini(&run->preview);
    json_out_init(&run->preview);
    json_array(&run->preview);
    run->n_preview = 0;
}

static enum run_step read_file(struct stock_run *run)
{
    struct job *job = run->job;
    struct sheet_error err = {.cls = ""};
    struct stock_reader_out out = {
        .line = run->params.dry_run ? on_line : NULL, .tick = on_tick, .remark = on_remark, .ctx = run};
    job->phase = PHASE_READING;
    job_progress(job, 2, "reading the present stock");
    if (stock_load_items(job, run->warehouse_id, &run->items) != 0)
        return run_database_away(run->job);
    stock_reader_init(&run->reader, &run->params, &run->catalog, &run->items, &out);
    struct grid_sink reader = stock_reader_sink(&run->reader), sink = table_fixes_sink(&run->fixes, &reader);
    int rc = job_read_file(job, run->format, &sink, &err);
    if (rc == STOCK_SINK_AGAIN) {
        stock_reader_again(&run->reader);
        forget_preview(run);
        rc = job_read_file(job, run->format, &sink, &err);
    }
    if (rc != 0)
        return run_reading_failed(job, rc, TABLE_STOPPED, &err, &run->failure);
    run->whole = true;
    tell_counts(run);
    bool sound = stock_reader_finish(&run->reader) == 0;
    if (run_fixes_used(&run->fixes, sound ? "" : run->reader.table.failure, &run->failure) == STEP_FAIL)
        return STEP_FAIL;
    if (sound)
        return STEP_ON;
    run->failure.told = run->reader.table.told;
    return run_fail(&run->failure, run->reader.table.failure, run->reader.table.failure_text);
}

static enum run_step compare(struct stock_run *run)
{
    if (job_cancelled(run->job))
        return STEP_STOP;
    run->job->phase = PHASE_COMPARING;
    job_progress(run->job, 85, "comparing");
    run->totals = stock_items_totals(&run->items, run->params.mode);
    if (!run->params.dry_run)
        return STEP_ON;
    json_array_end(&run->preview);
    bool read = stock_changes_json(run) == 0 && stock_find_profile(run, run->job->db) == 0;
    return read ? STEP_ON : run_database_away(run->job);
}

static enum run_step all_steps(struct stock_run *run)
{
    enum run_step step = store_ensure(run->job->db) == 0
                             ? run_find_format(run->job, sheet_sniff_file, &run->format, &run->failure)
                             : run_database_away(run->job);
    if (step == STEP_ON && !run->params.dry_run)
        step = take_lease(run);
    if (step == STEP_ON)
        step = prepare(run);
    if (step == STEP_ON)
        step = look_for_seen(run);
    if (step == STEP_ON)
        step = read_file(run);
    if (step == STEP_ON)
        step = compare(run);
    return step;
}

static enum job_verdict run_import(struct job *job)
{
    struct stock_run run = {.job = job};
    read_params(job, &run.params);
    table_fixes_init(&run.fixes, json_member(job->params, "fixes"));
    catalog_map_init(&run.catalog, job->settings->base_currency, job->settings->rate_max_age_days);
    stock_items_init(&run.items, &run.catalog);
    json_out_init(&run.preview);
    json_array(&run.preview);
    enum run_step step = all_steps(&run);
    tell_counts(&run);
    enum job_verdict verdict = run_end(job, step, &run.failure, stock_save, stock_save_failed, &run);
    run_lease_drop(&run.lease);
    json_out_fini(&run.preview);
    free(run.changes);
    stock_reader_fini(&run.reader);
    table_fixes_fini(&run.fixes);
    stock_items_fini(&run.items);
    catalog_map_fini(&run.catalog);
    return verdict;
}

TASK_TYPE(stock_import) = {
    .name = "stock_import",
    .title = "Stock import",
    .params = stock_import_params,
    .takes_file = true,
    .file_format = SHEET_UNKNOWN,
    .concurrency = 0,
    .equal = TASK_EQUAL_QUEUE,
    .time_limit_s = 1800,
    .memory_limit = 1024u << 20,
    .precheck = precheck,
    .result = stock_result_members,
    .lease = lease,
    .run = run_import,
};
