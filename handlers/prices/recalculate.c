/* The task recalculate: parameters, look-ups at submission, and the run: one transaction, chunk after chunk. */
#include "handlers/prices/run.h"

#include "base/arena.h"
#include "base/grow.h"
#include "handlers/quotes/params.h"
#include "handlers/task_type.h"
#include "store/lease.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIME_LIMIT_S 3600
#define LEASE        "recalc"

static const char *const no_quotes[] = {"keep", "clear", NULL};
static const char *const audits[] = {"changes", "all", NULL};

/* clang-format off */
static const struct param_spec recalculate_params[] = {
    {.name = "as_of", .kind = PARAM_DATE, .help = "The day the prices are computed for; default: today."},
    QUOTE_PARAMS("weighted_avg", recalculate_methods, "90"),
    PRICE_PARAMS,
    {.name = "on_no_quotes", .kind = PARAM_CHOICE, .otherwise = "\"keep\"", .choices = no_quotes, .help = "What becomes of a price without quotes: kept as stale, or cleared."},
    {.name = "min_change_pct", .kind = PARAM_DECIMAL, .otherwise = "\"0\"", .min = 0, .max = INT64_C(100000000), .scale = 2, .help = "Smaller changes, in per cent, leave the price as it is."},
    {.name = "max_change_pct", .kind = PARAM_DECIMAL, .otherwise = "\"0\"", .min = 0, .max = INT64_C(100000000), .scale = 2, .help = "Larger changes, in per cent, are held until someone approves them; 0 = off."},
    {.name = "lot_codes", .kind = PARAM_STRINGS, .help = "Only these components."},
    {.name = "categories", .kind = PARAM_STRINGS, .help = "Only components of these categories."},
    {.name = "audit", .kind = PARAM_CHOICE, .otherwise = "\"changes\"", .choices = audits, .help = "all: also record components whose price did not change."},
    {.name = "dry_run", .kind = PARAM_BOOL, .otherwise = "false", .help = "Compute and report; change nothing."},
    {.name = "quotes_of", .kind = PARAM_STRINGS, .max = LOOK_LOTS, .help = "Components, by their lot codes, whose quotes a dry run shows in its result."},
    {.name = NULL},
};
/* clang-format on */

#define LOT_UNKNOWN                                                                                                    \
    "SELECT j.item FROM JSON_TABLE(?, '$[*]' COLUMNS (item VARCHAR(255) PATH '$')) j LEFT JOIN component c FORCE "     \
    "INDEX (uq_lot) ON c.lot_code = CONVERT(j.item USING utf8mb4) COLLATE utf8mb4_nopad_bin WHERE c.id IS NULL LIMIT " \
    "5"

static int precheck(struct store_conn *db, yajl_val params, struct param_faults *faults)
{
    int bad = price_check_weights(params, faults);
    int rc = price_check_known(db, params, "lot_codes", LOT_UNKNOWN, "lot-code", faults);
    if (rc >= 0) {
        bad |= rc;
        rc = price_check_known(db, params, "categories",
                               "SELECT j.item FROM JSON_TABLE(?, '$[*]' COLUMNS (item VARCHAR(255) PATH '$')) j "
                               "LEFT JOIN component c FORCE INDEX (ix_cat) ON c.category = CONVERT(j.item USING "
                               "utf8mb4) COLLATE utf8mb4_uca1400_as_ci "
                               "WHERE c.id IS NULL LIMIT 5",
                               "category", faults);
    }
    if (rc < 0)
        return -1;
    bad |= rc;
    rc = price_check_known(db, params, "quotes_of", LOT_UNKNOWN, "lot-code", faults);
    if (price_param_has(params, "quotes_of") && !json_member_bool(params, "dry_run", false)) {
        param_faults_add(faults, "/quotes_of", "conflict", "goes only with dry_run=true");
        param_faults_fact(faults, "with", "dry_run");
        bad = 1;
    }
    return rc < 0 ? -1 : bad | rc;
}

static void read_params(struct recalc_run *run)
{
    yajl_val params = run->job->params;
    int32_t as_of = price_param_as_of(params, run->job->settings);
    price_param_rules(params, as_of, &run->rules, &run->time);
    recalc_rules_init(&run->decide);
    run->decide.method = price_param_method(params);
    run->decide.coefficient = price_param_decimal(params, "coefficient", COEF_SCALE, COEF_ONE);
    run->decide.step = price_param_decimal(params, "round_step", PRICE_SCALE, STEP_KOPECK);
    run->decide.mode = (enum round_mode)price_param_choice(params, "round_mode", recalculate_round_modes);
    run->decide.clear = price_param_choice(params, "on_no_quotes", no_quotes) == 1;
    run->decide.min_change_pct = price_param_decimal(params, "min_change_pct", 2, 0);
    run->decide.max_change_pct = price_param_decimal(params, "max_change_pct", 2, 0);
    run->audit_all = price_param_choice(params, "audit", audits) == 1;
    run->dry_run = json_member_bool(params, "dry_run", false);
    run->since = as_of - (int32_t)run->job->settings->quote_history_days;
    if (price_param_has(params, "lot_codes"))
        run->lot_codes = price_param_list(params, "lot_codes");
    if (price_param_has(params, "categories"))
        run->categories = price_param_list(params, "categories");
    run->scoped = run->lot_codes || run->categories;
    if (price_param_has(params, "quotes_of"))
        run->quotes_of = json_member(params, "quotes_of");
}

/* ---- Scope ----------------------------------------------------------------------------------------------------- */

static int on_scope(const struct store_value *v, unsigned n, void *ctx)
{
    struct recalc_run *run = ctx;
    (void)n;
    run->scope = grow(run->scope, &run->room_scope, run->n_scope + 1, sizeof *run->scope);
    run->scope[run->n_scope++] = (uint32_t)price_column_number(&v[0], 0);
    return 0;
}

/* With both limits, components that fit both. They are found by the keys of the lists, never by reading every
 * component. */
static int load_scope(struct recalc_run *run)
{
    struct store_value lots = STORE_S_OR_NULL(run->lot_codes), categories = STORE_S_OR_NULL(run->categories);
    struct store_value both[] = {lots, categories};
    run->n_scope = 0;
    if (run->lot_codes && run->categories)
        return store_query(
            run->db,
            "SELECT STRAIGHT_JOIN DISTINCT c.id FROM JSON_TABLE(?, '$[*]' COLUMNS (item VARCHAR(255) PATH '$')) j "
            "JOIN component c FORCE INDEX (uq_lot) ON c.lot_code = CONVERT(j.item USING utf8mb4) COLLATE "
            "utf8mb4_nopad_bin "
            "JOIN JSON_TABLE(?, '$[*]' COLUMNS (item VARCHAR(255) PATH '$')) k "
            "ON c.category = CONVERT(k.item USING utf8mb4) COLLATE utf8mb4_uca1400_as_ci ORDER BY c.id",
            both, 2, on_scope, run);
    if (run->lot_codes)
        return store_query(
            run->db,
            "SELECT STRAIGHT_JOIN DISTINCT c.id FROM JSON_TABLE(?, '$[*]' COLUMNS (item VARCHAR(255) PATH '$')) j "
            "JOIN component c FORCE INDEX (uq_lot) ON c.lot_code = CONVERT(j.item USING utf8mb4) COLLATE "
            "utf8mb4_nopad_bin ORDER BY c.id",
            &lots, 1, on_scope, run);
    return store_query(
        run->db,
        "SELECT STRAIGHT_JOIN DISTINCT c.id FROM JSON_TABLE(?, '$[*]' COLUMNS (item VARCHAR(255) PATH '$')) j "
        "JOIN component c FORCE INDEX (ix_cat) ON c.category = CONVERT(j.item USING utf8mb4) COLLATE "
        "utf8mb4_uca1400_as_ci ORDER BY c.id",
        &categories, 1, on_scope, run);
}

/* ---- Chunks ---------------------------------------------------------------------------------------------------- */

#define COMPONENT_COLUMNS                                                                                              \
    "c.id, c.lot_code, c.price_method, c.window_days, c.coefficient, c.manual_price, c.price, c.price_state + 0, "     \
    "TO_DAYS(c.price_as_of) "

static int on_component(const struct store_value *v, unsigned n, void *ctx)
{
    struct recalc_run *run = ctx;
    struct recalc_row *row = &run->rows[run->n_rows];
    (void)n;
    run->ids[run->n_rows++] = (uint32_t)price_column_number(&v[0], 0);
    snprintf(row->lot_code, sizeof row->lot_code, "%s", v[1].text);
    row->component = (struct recalc_component){
        .method = v[2].type == STORE_NULL ? METHOD_NONE : price_method_of(v[2].text),
        .window_days = v[3].type == STORE_NULL ? -1 : (int32_t)price_column_number(&v[3], 0),
        .coefficient = price_column_scaled(&v[4], COEF_ONE),
        .manual_price = price_column_scaled(&v[5], 0),
        .price = price_column_scaled(&v[6], 0),
        .state = (enum price_state)(price_column_number(&v[7], 1) - 1), /* an ENUM counts from 1 */
    };
    row->price_as_of = price_column_day(&v[8], QUOTE_NO_DATE);
    return 0;
}

static int load_listed(struct recalc_run *run, uint32_t from)
{
    uint32_t n = run->n_scope - from < RECALC_CHUNK ? run->n_scope - from : RECALC_CHUNK;
    char *list = price_ids_json(run->scope + from, n);
    struct store_value ids = STORE_S(list);
#define LISTED                                                                                                         \
    "SELECT STRAIGHT_JOIN " COMPONENT_COLUMNS "FROM JSON_TABLE(?, '$[*]' COLUMNS (id INT UNSIGNED PATH '$')) j JOIN "  \
    "component c FORCE INDEX (PRIMARY) ON c.id = j.id WHERE c.active = 1 ORDER BY c.id"
    int rc = run->dry_run ? store_query(run->db, LISTED, &ids, 1, on_component, run)
                          : store_query(run->db, LISTED " FOR UPDATE", &ids, 1, on_component, run);
    free(list);
    return rc;
}

/* The rows stay locked until the end, so that no change made meanwhile is overwritten unseen. */
static int load_next(struct recalc_run *run, uint32_t after)
{
    struct store_value v = STORE_U(after);
#define NEXT                                                                                                           \
    "SELECT " COMPONENT_COLUMNS                                                                                        \
    "FROM component c FORCE INDEX (PRIMARY) WHERE c.id > ? AND c.active = 1 ORDER BY c.id LIMIT " RECALC_CHUNK_TEXT
    return run->dry_run ? store_query(run->db, NEXT, &v, 1, on_component, run)
                        : store_query(run->db, NEXT " FOR UPDATE", &v, 1, on_component, run);
}

static bool wants_quotes(void *ctx, uint32_t index)
{
    struct recalc_run *run = ctx;
    return recalc_method(&run->decide, &run->rows[index].component) != METHOD_MANUAL;
}

static void on_quotes(void *ctx, uint32_t index, const struct quote *quotes, size_t n)
{
    struct recalc_run *run = ctx;
    const struct recalc_row *row = &run->rows[index];
    struct quote_rules rules = run->rules;
    struct quote_estimate estimate = {0};
    struct recalc_result result;
    enum price_method method = recalc_method(&run->decide, &row->component);
    if (row->component.window_days >= 0)
        rules.window_days = row->component.window_days;
    if (method != METHOD_MANUAL)
        estimate = quotes_judge(&rules, method, run->input.parties, &run->input.rates, quotes, n, &run->space);
    result = recalc_decide(&run->decide, &row->component, method == METHOD_MANUAL ? NULL : &estimate);
    size_t judged = method == METHOD_MANUAL || estimate.status == ESTIMATE_TOO_MANY ? 0 : n;
    recalc_count(run, row, &result, judged);
    if (run->dry_run)
        recalc_trial_note(&run->trial, row, &result);
    recalc_note(run, index, &result, quotes, judged);
}

static int on_page(void *ctx)
{
    return recalc_flush(ctx);
}

/* The number of components is not known beforehand, because inactive ones are skipped. */
static void tell_counts(struct recalc_run *run, bool whole)
{
    uint64_t done = run->totals.components;
    struct task_counts *counts = &run->job->counts;
    *counts = (struct task_counts){.known = 0};
    if (done == 0 && !whole)
        return;
    task_count(counts, COUNT_DONE, done);
    task_count(counts, COUNT_REJECTED, run->totals.outcome[RECALC_FAILED]);
    if (!whole)
        return;
    task_count(counts, COUNT_TOTAL, done);
    task_count(counts, COUNT_UPDATED, run->totals.outcome[RECALC_UPDATED]);
    task_count(counts, COUNT_UNCHANGED, run->totals.outcome[RECALC_UNCHANGED]);
}

static void tell_progress(struct recalc_run *run, uint32_t done, uint32_t total)
{
    char text[64];
    tell_counts(run, false);
    snprintf(text, sizeof text, "%" PRIu64 " components", run->totals.components);
    unsigned percent = total && done < total ? (unsigned)(98 * (uint64_t)done / total) : 98;
    run->percent = percent > run->percent ? percent : run->percent;
    run->job->phase = PHASE_CALCULATING;
    job_progress(run->job, run->percent, text);
}

static int do_chunk(struct recalc_run *run)
{
    if (run_go_on(run->job, run->db) != 0 || quote_reader_run(&run->reader, run->ids, run->n_rows, !run->scoped) != 0)
        return -1;
    return recalc_flush(run);
}

static int do_scope(struct recalc_run *run)
{
    int rc = load_scope(run);
    for (uint32_t from = 0; from < run->n_scope && rc == 0; from += RECALC_CHUNK) {
        run->n_rows = 0;
        rc = load_listed(run, from);
        if (rc == 0)
            rc = do_chunk(run);
        if (rc == 0)
            tell_progress(run, from + RECALC_CHUNK, run->n_scope);
    }
    return rc;
}

static int do_all(struct recalc_run *run)
{
    uint32_t after = 0;
    int rc;
    do {
        run->n_rows = 0;
        rc = load_next(run, after);
        if (rc == 0)
            rc = do_chunk(run);
        if (run->n_rows > 0)
            after = run->ids[run->n_rows - 1];
        if (rc == 0)
            tell_progress(run, after, run->max_id);
    } while (rc == 0 && run->n_rows == RECALC_CHUNK);
    return rc;
}

/* ---- The transaction ------------------------------------------------------------------------------------------- */

static int on_max_id(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(uint32_t *)ctx = (uint32_t)price_column_number(&v[0], 0);
    return 0;
}

static void try_fini(struct recalc_run *run)
{
    recalc_audit_fini(run);
    quote_reader_fini(&run->reader);
    quote_space_fini(&run->space);
    price_input_fini(&run->input);
    free(run->scope);
    free(run->quotes);
    price_failures_fini(&run->failures);
    free(run->looks.json);
    run->looks.json = NULL;
    run->scope = NULL;
    run->quotes = NULL;
    run->room_scope = run->room_quotes = 0;
}

/* Everything starts from zero, because a try may follow another one. */
static void try_init(struct recalc_run *run, struct store_conn *db)
{
    run->db = db;
    run->totals = (struct recalc_totals){0};
    memset(&run->trial, 0, sizeof run->trial);
    run->looks.n = run->looks.n_quotes = 0;
    run->n_scope = run->n_rows = run->n_changes = run->n_quotes = 0;
    run->write_change = run->write_quote = NULL;
    memset(run->n_touched, 0, sizeof run->n_touched);
    run->input = (struct price_input){0};
    quote_space_init(&run->space);
    quote_reader_init(&run->reader, db, &run->input, run->since);
    run->reader.component = on_quotes;
    run->reader.wants = wants_quotes;
    run->reader.page = on_page;
    run->reader.ctx = run;
}

/* The first read fixes the snapshot for all later reads. */
static int compute(struct recalc_run *run)
{
    const struct job_settings *settings = run->job->settings;
    if (price_input_load(&run->input, run->db, "supplier", settings->base_currency, settings->rate_max_age_days,
                         run->since, run->rules.as_of) != 0)
        return -1;
    if (recalc_audit_init(run) != 0 ||
        store_query(run->db, "SELECT MAX(id) FROM component", NULL, 0, on_max_id, &run->max_id) != 0)
        return -1;
    int rc = run->scoped ? do_scope(run) : do_all(run);
    if (rc == 0)
        rc = recalc_looks_json(run);
    if (rc == 0)
        tell_counts(run, true);
    return rc;
}

static int finish(struct recalc_run *run, struct job_ending *ending)
{
    if (price_failures_save(&run->failures, run->db, run->job->id) != 0)
        return -1;
    if (!run->dry_run && (run_lease_check(&run->lease, run->db) != 0 || run_lease_end(&run->lease, run->db) != 0))
        return -1;
    job_ending_fini(ending);
    ending->result = recalc_result_json(run);
    ending->outcome = run->totals.outcome[RECALC_FAILED] > 0 ? OUTCOME_PARTIAL : OUTCOME_SUCCEEDED;
    recalc_message(run, ending->message, sizeof ending->message);
    return 0;
}

static int effect(struct job *job, struct store_conn *db, struct job_ending *ending, void *ctx)
{
    struct recalc_run *run = ctx;
    (void)job;
    try_init(run, db);
    int rc = compute(run);
    if (rc == 0)
        rc = finish(run, ending);
    try_fini(run);
    return rc;
}

static void lease(yajl_val params, char name[TASK_LEASE_MAX])
{
    (void)params;
    snprintf(name, TASK_LEASE_MAX, "%s", LEASE);
}

static enum run_step begin(struct recalc_run *run)
{
    if (store_ensure(run->job->db) != 0)
        return run_database_away(run->job);
    return run->dry_run
               ? STEP_ON
               : run_lease_take_long(&run->lease, run->job, LEASE, "waiting for another recalculation", TIME_LIMIT_S);
}

static enum job_verdict run_recalculate(struct job *job)
{
    struct recalc_run *run = calloc(1, sizeof *run);
    if (!run)
        abort();
    run->job = job;
    read_params(run);
    enum job_verdict verdict = run_as_effect(job, begin(run), effect, run);
    run_lease_drop(&run->lease);
    free(run->lot_codes);
    free(run->categories);
    free(run);
    return verdict;
}

TASK_TYPE(recalculate) = {
    .name = "recalculate",
    .title = "Price recalculation",
    .params = recalculate_params,
    .file_format = SHEET_UNKNOWN,
    .concurrency = 1,
    .equal = TASK_EQUAL_JOIN,
    .time_limit_s = TIME_LIMIT_S,
    .memory_limit = 512u << 20,
    .precheck = precheck,
    .result = recalc_result_members,
    .lease = lease,
    .run = run_recalculate,
};
