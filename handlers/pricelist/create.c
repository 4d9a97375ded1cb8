/* The task pricelist_create: parameters, look-ups at submission, and the one transaction that makes a list. */
#include "handlers/pricelist/run.h"

#include "handlers/quotes/params.h"
#include "handlers/task_type.h"
#include "store/lease.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIME_LIMIT_S 3600

static const char *const sources[] = {"estimate", "warehouse", "competitor", NULL};
static const char *const fallbacks[] = {"skip", "estimate", NULL};

/* clang-format off */
static const struct param_spec pricelist_params[] = {
    {.name = "source", .kind = PARAM_CHOICE, .required = true, .choices = sources, .help = "Where the prices come from."},
    {.name = "as_of", .kind = PARAM_DATE, .help = "The day of the list; default: today."},
    {.name = "currency", .kind = PARAM_STRING, .min = 3, .max = 3, .help = "Currency of the list; default: the base currency."},
    PRICE_PARAMS,
    {.name = "categories", .kind = PARAM_STRINGS, .help = "Only components of these categories."},
    {.name = "note", .kind = PARAM_STRING, .max = 255, .help = "A note that is kept with the list."},
    {.name = "allow_empty", .kind = PARAM_BOOL, .otherwise = "false", .help = "Make the list even if it has no items."},
    {.name = "skip_if_unchanged", .kind = PARAM_BOOL, .otherwise = "false", .help = "Answer with the last list if the new one would be the same."},
    {.name = "dry_run", .kind = PARAM_BOOL, .otherwise = "false", .help = "Compute and report, write nothing."},
    {.name = "include_stale", .kind = PARAM_BOOL, .otherwise = "true", .help = "estimate: list stale prices too."},
    {.name = "max_price_age_days", .kind = PARAM_INT, .otherwise = "0", .min = 0, .max = 65535, .help = "estimate: leave out prices older than this; 0 = any age. Manual prices stay."},
    {.name = "warehouses", .kind = PARAM_STRINGS, .help = "warehouse: only the stock of these warehouses."},
    {.name = "include_zero_qty", .kind = PARAM_BOOL, .otherwise = "false", .help = "warehouse: also list components that are fully reserved."},
    {.name = "cost_fallback", .kind = PARAM_CHOICE, .otherwise = "\"skip\"", .choices = fallbacks, .help = "warehouse: what to do if no cost is known; estimate: use the estimated price."},
    QUOTE_PARAMS("min", pricelist_methods, "30"),
    {.name = NULL},
};
/* clang-format on */

static int check_currency(yajl_val params, struct param_faults *faults)
{
    const char *name = json_member_string(params, "currency", "RUB");
    if (strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(name))
        return 0;
    param_faults_add(faults, "/currency", "currency", "must be three capital letters, such as USD");
    param_faults_value(faults, name);
    return 1;
}

static int precheck(struct store_conn *db, yajl_val params, struct param_faults *faults)
{
    int bad = price_check_weights(params, faults) | check_currency(params, faults);
    int rc = price_check_known(db, params, "categories",
                               "SELECT j.item FROM JSON_TABLE(?, '$[*]' COLUMNS (item VARCHAR(255) PATH '$')) j "
                               "LEFT JOIN component c FORCE INDEX (ix_cat) ON c.category = CONVERT(j.item USING "
                               "utf8mb4) COLLATE utf8mb4_uca1400_as_ci "
                               "WHERE c.id IS NULL LIMIT 5",
                               "category", faults);
    if (rc >= 0) {
        bad |= rc;
        rc = price_check_known(db, params, "warehouses",
                               "SELECT j.item FROM JSON_TABLE(?, '$[*]' COLUMNS (item VARCHAR(255) PATH '$')) j "
                               "LEFT JOIN warehouse w FORCE INDEX (uq_wh) ON w.code = CONVERT(j.item USING utf8mb4) "
                               "COLLATE utf8mb4_nopad_bin "
                               "WHERE w.id IS NULL LIMIT 5",
                               "warehouse", faults);
    }
    return rc < 0 ? -1 : bad | rc;
}

static void read_params(struct list_run *run)
{
    yajl_val params = run->job->params;
    run->source = (enum list_source)price_param_choice(params, "source", sources);
    run->as_of = price_param_as_of(params, run->job->settings);
    snprintf(run->currency, sizeof run->currency, "%s",
             json_member_string(params, "currency", run->job->settings->base_currency));
    run->rule = (struct price_rule){
        .coefficient = price_param_decimal(params, "coefficient", COEF_SCALE, COEF_ONE),
        .coefficient_2 = COEF_ONE,
        .step = price_param_decimal(params, "round_step", PRICE_SCALE, STEP_KOPECK),
        .mode = (enum round_mode)price_param_choice(params, "round_mode", recalculate_round_modes),
    };
    run->estimate = (struct list_estimate_rules){
        .as_of = run->as_of,
        .include_stale = json_member_bool(params, "include_stale", true),
        .max_age_days = (int32_t)json_member_int(params, "max_price_age_days", 0),
    };
    run->include_zero_qty = json_member_bool(params, "include_zero_qty", false);
    run->cost_fallback = price_param_choice(params, "cost_fallback", fallbacks) == 1;
    run->method = price_param_method(params);
    price_param_rules(params, run->as_of, &run->rules, &run->time);
    run->since = run->as_of - (int32_t)run->job->settings->quote_history_days;
    run->allow_empty = json_member_bool(params, "allow_empty", false);
    run->skip_if_unchanged = json_member_bool(params, "skip_if_unchanged", false);
    run->dry_run = json_member_bool(params, "dry_run", false);
    run->note = json_member_string(params, "note", NULL);
    if (price_param_has(params, "categories"))
        run->categories = price_param_list(params, "categories");
    if (price_param_has(params, "warehouses"))
        run->warehouses = price_param_list(params, "warehouses");
}

/* ---- Items ----------------------------------------------------------------------------------------------------- */

static int put_row(struct list_run *run, const struct list_row *row)
{
    run->skipped[row->skip]++;
    if (row->skip == LIST_FAILED)
        price_failures_add(&run->failures, row->lot_code, row->failure);
    if (row->skip != LIST_IN)
        return 0;
    run->items++;
    listhash_add(&run->hash, row->lot_code, row->item.price, row->item.has_qty ? &row->item.qty : NULL);
    if (list_compare(run, row->lot_code, row->item.price) != 0)
        return -1;
    return run->dry_run ? 0 : list_items_add(run->write, run, row);
}

/* `total` is 0 if the number of components is not known yet. */
static void tell_counts(struct list_run *run, uint64_t total)
{
    struct task_counts *counts = &run->job->counts;
    *counts = (struct task_counts){.known = 0};
    if (run->seen == 0)
        return;
    task_count(counts, COUNT_DONE, run->seen);
    task_count(counts, COUNT_REJECTED, run->skipped[LIST_FAILED]);
    if (total > 0)
        task_count(counts, COUNT_TOTAL, total);
}

static int put_page(struct list_run *run)
{
    char text[64];
    if (run_go_on(run->job, run->db) != 0 || list_load_numbers(run) != 0)
        return -1;
    for (uint32_t i = 0; i < run->n_rows; i++)
        if (put_row(run, &run->rows[i]) != 0)
            return -1;
    run->seen += run->n_rows;
    tell_counts(run, run->categories ? 0 : run->total);
    snprintf(text, sizeof text, "%" PRIu64 " components", run->seen);
    unsigned percent = run->seen < run->total ? (unsigned)(98 * run->seen / run->total) : 98;
    run->percent = percent > run->percent ? percent : run->percent;
    run->job->phase = PHASE_CALCULATING;
    job_progress(run->job, run->percent, text);
    return 0;
}

static int put_items(struct list_run *run)
{
    do {
        if (list_next_page(run) != 0 || (run->n_rows > 0 && put_page(run) != 0))
            return -1;
    } while (run->n_rows == LIST_PAGE);
    tell_counts(run, run->seen);
    return list_compare(run, NULL, 0);
}

/* ---- The transaction ------------------------------------------------------------------------------------------- */

static int on_total(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(uint64_t *)ctx = price_column_number(&v[0], 0);
    return 0;
}

/* The first read fixes the snapshot for all later reads. */
static int prepare(struct list_run *run, struct job_ending *ending)
{
    const struct job_settings *settings = run->job->settings;
    /* The other sources need only the rate of the day. */
    int32_t since = run->source == LIST_COMPETITOR ? run->since : run->as_of;
    if (price_input_load(&run->input, run->db, "competitor", settings->base_currency, settings->rate_max_age_days,
                         since, run->as_of) != 0)
        return -1;
    uint16_t currency = rates_currency(&run->input.rates, run->currency);
    run->rule.rate = currency == CURRENCY_UNKNOWN ? NULL : rates_find(&run->input.rates, currency, run->as_of);
    if (currency != CURRENCY_BASE && !run->rule.rate) {
        job_ending_fail(ending, "E_NO_RATE", "There is no rate of %s for %s that is at most %u days old: load one.",
                        run->currency, price_date(run->as_of).s, settings->rate_max_age_days);
        return JOB_EFFECT_REJECT;
    }
    if (list_load_warehouses(run) != 0 ||
        store_query(run->db, "SELECT COUNT(*) FROM component", NULL, 0, on_total, &run->total) != 0)
        return -1;
    return list_find_previous(run);
}

/* Removes the new list and answers with the last one. */
static int answer_previous(struct list_run *run)
{
    if (!run->dry_run && store_exec(run->db, "ROLLBACK TO SAVEPOINT before_list", NULL) != 0)
        return -1;
    run->list_id = run->previous.id;
    memcpy(run->version, run->previous.version, sizeof run->version);
    return 0;
}

/* Why each component was left out: ": 24 no_stock, 2 inactive". */
static void say_why(const struct list_run *run, struct job_ending *ending)
{
    char why[200] = "";
    size_t used = 0;
    for (unsigned i = LIST_INACTIVE; i < LIST_SKIPS; i++)
        if (run->skipped[i] > 0)
            used += (size_t)snprintf(why + used, sizeof why - used, "%s%" PRIu64 " %s", used ? ", " : ": ",
                                     run->skipped[i], list_skip_name((enum list_skip)i));
    job_ending_fail(ending, "E_EMPTY_PRICELIST", "No component would be in the list; %" PRIu64 " were left out%s.",
                    run->seen, why);
}

static int build(struct list_run *run, struct job_ending *ending)
{
    int rc = 0;
    if (!run->dry_run && store_exec(run->db, "SAVEPOINT before_list", NULL) != 0)
        return -1;
    if (!run->dry_run)
        rc = list_save_header(run, ending);
    if (rc == 0)
        rc = put_items(run);
    if (rc != 0)
        return rc;
    listhash_final(&run->hash, run->sha256);
    if (run->items == 0 && !run->allow_empty) {
        say_why(run, ending);
        return JOB_EFFECT_REJECT;
    }
    if (run->skip_if_unchanged && run->previous.has_sha256 && memcmp(run->sha256, run->previous.sha256, 32) == 0)
        return answer_previous(run);
    if (run->dry_run)
        return 0;
    run->created = true;
    return list_save_ready(run);
}

static void try_init(struct list_run *run, struct store_conn *db)
{
    run->db = db;
    run->input = (struct price_input){0};
    quote_space_init(&run->space);
    quote_reader_init(&run->reader, db, &run->input, run->since);
    run->rows = calloc(LIST_PAGE, sizeof *run->rows);
    if (!run->rows)
        abort();
    run->after[0] = run->version[0] = '\0';
    run->write = NULL;
    listhash_init(&run->hash, run->currency);
    run->items = run->seen = run->total = 0;
    memset(run->skipped, 0, sizeof run->skipped);
    run->previous = (struct list_previous){0};
    run->list_id = 0;
    run->created = false;
}

static void try_fini(struct list_run *run)
{
    store_bulk_free(&run->write);
    listhash_fini(&run->hash);
    quote_reader_fini(&run->reader);
    quote_space_fini(&run->space);
    price_input_fini(&run->input);
    arena_fini(&run->texts);
    price_failures_fini(&run->failures);
    free(run->rows);
    free(run->warehouse_ids);
    list_walk_fini(&run->previous.walk);
    run->rows = NULL;
    run->warehouse_ids = NULL;
    run->room_warehouses = 0;
}

static int finish(struct list_run *run, struct job_ending *ending)
{
    if (price_failures_save(&run->failures, run->db, run->job->id) != 0)
        return -1;
    if (!run->dry_run && (run_lease_check(&run->lease, run->db) != 0 || run_lease_end(&run->lease, run->db) != 0))
        return -1;
    job_ending_fini(ending);
    ending->result = list_result_json(run);
    ending->outcome = run->skipped[LIST_FAILED] > 0 ? OUTCOME_PARTIAL : OUTCOME_SUCCEEDED;
    int n = snprintf(ending->message, sizeof ending->message, "%s%s%" PRIu64 " items", run->version,
                     run->version[0] ? ": " : "", run->items);
    if (run->skipped[LIST_FAILED] > 0)
        snprintf(ending->message + n, sizeof ending->message - (size_t)n, ", %" PRIu64 " failed",
                 run->skipped[LIST_FAILED]);
    return 0;
}

static int effect(struct job *job, struct store_conn *db, struct job_ending *ending, void *ctx)
{
    struct list_run *run = ctx;
    (void)job;
    try_init(run, db);
    int rc = prepare(run, ending);
    if (rc == 0)
        rc = build(run, ending);
    if (rc == 0)
        rc = finish(run, ending);
    try_fini(run);
    return rc;
}

static void lease(yajl_val params, char name[TASK_LEASE_MAX])
{
    snprintf(name, TASK_LEASE_MAX, "pricelist:%s", json_member_string(params, "source", ""));
}

static enum run_step begin(struct list_run *run)
{
    char name[TASK_LEASE_MAX];
    if (store_ensure(run->job->db) != 0)
        return run_database_away(run->job);
    if (run->dry_run)
        return STEP_ON;
    lease(run->job->params, name);
    return run_lease_take_long(&run->lease, run->job, name, "waiting for another list of this source", TIME_LIMIT_S);
}

static enum job_verdict run_pricelist(struct job *job)
{
    struct list_run *run = calloc(1, sizeof *run);
    if (!run)
        abort();
    run->job = job;
    read_params(run);
    enum job_verdict verdict = run_as_effect(job, begin(run), effect, run);
    run_lease_drop(&run->lease);
    free(run->categories);
    free(run->warehouses);
    free(run);
    return verdict;
}

TASK_TYPE(pricelist_create) = {
    .name = "pricelist_create",
    .title = "Price list",
    .params = pricelist_params,
    .file_format = SHEET_UNKNOWN,
    .concurrency = 0,
    .equal = TASK_EQUAL_QUEUE,
    .time_limit_s = TIME_LIMIT_S,
    .memory_limit = 512u << 20,
    .precheck = precheck,
    .result = list_result_members,
    .lease = lease,
    .run = run_pricelist,
};
