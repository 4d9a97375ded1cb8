/* The effect of a price list: its record, quotes that go, quotes that come; all in the transaction of the final state. */
#include "base/utf8.h"
#include "handlers/catalog/relink.h"
#include "handlers/history/base.h"
#include "handlers/quotes/import/history.h"
#include "handlers/quotes/import/run.h"
#include "handlers/run/mapping.h"
#include "store/bulk.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LOOK_ROWS  2000 /* rows between two looks at the cancel flag: a batch */
#define TEXT_BYTES 48

void quote_run_count(struct quote_run *run)
{
    const struct quote_list *list = &run->file.list;
    run->inserted = run->replaced = run->unchanged = run->matched = run->unmatched = 0;
    for (uint32_t i = 0; i < list->n; i++) {
        const struct quote_new *quote = &list->quote[i];
        run->inserted += quote->outcome == QUOTE_INSERTED;
        run->replaced += quote->outcome == QUOTE_REPLACED;
        run->unchanged += quote->outcome == QUOTE_UNCHANGED;
        run->matched += quote->component != ARENA_NONE;
    }
    run->unmatched = list->n - run->matched;
}

/* ---- Record ---------------------------------------------------------------------------------------------------- */

static struct store_value date_value(struct value_date date, char buf[11])
{
    if (date.year == 0)
        return STORE_N;
    value_date_format(date, buf);
    return STORE_S(buf);
}

static int record_import(struct quote_run *run, struct store_conn *db)
{
    struct run_uuid task = run_uuid(run->job->id);
    struct import_last last;
    const struct journal_file *file = run->job->file;
    char on[11], until[11];
    struct history_asker asker;
    if (history_last(db, &quote_book, run->party_id, &last) != 0 || history_asker(db, task.s, &asker) != 0)
        return -1;
    struct store_value v[] = {
        STORE_S(task.s),
        STORE_U(run->party_id),
        STORE_S(file && utf8_valid(file->name, strlen(file->name)) ? file->name : ""),
        STORE_B((const char *)run->job->file_sha256, 32),
        STORE_S(sheet_format_name(run->format)),
        date_value(run->file.quoted_on, on),
        date_value(run->file.valid_until, until),
        STORE_S(quote_supersedes[run->params.supersede]),
        STORE_U(run->file.rows_total),
        STORE_U(run->file.rows_rejected),
        STORE_U(run->file.no_price),
        STORE_U(run->file.quotes),
        STORE_U(run->inserted),
        STORE_U(run->replaced),
        STORE_U(run->unchanged),
        STORE_U(run->record.n_gone),
        STORE_U(last.state),
        STORE_U(run->job->settings->undo_days),
        history_asker_value(&asker),
    };
    if (store_run(db,
                  "INSERT INTO quote_import (task_id, party_id, effect, file_name, file_sha256, file_format, "
                  "quoted_on, valid_until, supersede, rows_total, rows_rejected, no_price, quotes_total, inserted, "
                  "replaced, unchanged, superseded, state_before, undo_until, requested_by) VALUES "
                  "(?,?,'import',?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,UTC_TIMESTAMP(3) + INTERVAL ? DAY," HISTORY_ASKER ")",
                  v, 19, NULL, &run->import_id) != 0)
        return -1;
    struct store_value id = STORE_U(run->import_id);
    return store_run(db, quote_book.record_state, &id, 1, NULL, NULL);
}

/* ---- Quotes that go -------------------------------------------------------------------------------------------- */

static const char drop_stage[] = "DROP TEMPORARY TABLE IF EXISTS quote_stage";
static const char create_stage[] = "CREATE TEMPORARY TABLE quote_stage (quote_id BIGINT UNSIGNED PRIMARY KEY, "
                                   "why VARCHAR(10) NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4";
static const char stage_row[] = "INSERT INTO quote_stage (quote_id, why) VALUES (?,?)";
static const char reject_staged[] =
    "UPDATE quote_stage s STRAIGHT_JOIN price_quote q FORCE INDEX (PRIMARY) ON q.id = s.quote_id "
    "SET q.status = 'rejected', q.rejected_by = ?, q.note = CONCAT(s.why, ' by import ', ?) "
    "WHERE q.party_id = ? AND q.status = 'active'";

static int go_on(struct quote_run *run, struct store_conn *db, uint32_t row)
{
    return row % LOOK_ROWS == 0 ? run_go_on(run->job, db) : 0;
}

static int stage_one(struct quote_run *run, struct store_conn *db, struct store_bulk *bulk, uint32_t i, uint64_t id,
                     const char *why)
{
    struct store_value v[] = {STORE_U(id), STORE_S(why)};
    return go_on(run, db, i) == 0 ? store_bulk_add(bulk, v) : -1;
}

static int stage_all(struct quote_run *run, struct store_conn *db, struct store_bulk *bulk)
{
    const struct quote_list *list = &run->file.list;
    int rc = 0;
    for (uint32_t i = 0; i < list->n && rc == 0; i++)
        if (list->quote[i].outcome == QUOTE_REPLACED)
            rc = stage_one(run, db, bulk, i, list->quote[i].old_id, "replaced");
    for (uint32_t i = 0; i < run->record.n_gone && rc == 0; i++)
        rc = stage_one(run, db, bulk, i, run->record.gone[i], "superseded");
    return rc == 0 ? store_bulk_flush(bulk) : rc;
}

/* The lease keeps other imports out from the reading of the party's quotes to this transaction. If a person rejected one
 * of them meanwhile, the numbers differ: start over from what there is now. */
static int reject_old(struct quote_run *run, struct store_conn *db)
{
    uint64_t wanted = (uint64_t)run->replaced + run->record.n_gone, done = 0;
    struct store_value v[] = {STORE_U(run->import_id), STORE_U(run->import_id), STORE_U(run->party_id)};
    if (wanted == 0)
        return 0;
    if (store_exec(db, drop_stage, NULL) != 0 || store_exec(db, create_stage, NULL) != 0)
        return -1;
    struct store_bulk *bulk = store_bulk_new(db, stage_row, 2, 0);
    int rc = bulk ? stage_all(run, db, bulk) : -1;
    store_bulk_free(&bulk);
    if (rc != 0 || store_run(db, reject_staged, v, 3, &done, NULL) != 0 || store_exec(db, drop_stage, NULL) != 0)
        return -1;
    return done == wanted ? 0 : store_fail(db, STORE_STOPPED, "the party's quotes were changed meanwhile");
}

/* ---- Quotes that come ------------------------------------------------------------------------------------------ */

#define N_INSERT 15
static const char insert_row[] =
    "INSERT INTO price_quote (party_id, component_id, part_number, pn_norm, price, price_per, currency, vat_included, "
    "vat_rate, min_qty, qty, quoted_on, valid_until, ext_ref, quote_import_id) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

static struct store_value decimal(int64_t value, unsigned scale, char *text)
{
    size_t n = dec_format(value, scale, false, text, TEXT_BYTES);
    return STORE_SN(text, n);
}

/* `common` has the values that all rows share. */
static int insert_quote(struct quote_run *run, struct store_bulk *bulk, const struct quote_new *quote,
                        const struct store_value common[2])
{
    const struct quote_list *list = &run->file.list;
    const struct quote_number *number = &list->number[quote->number];
    const char *text = quote_list_text(list, quote->part_number), *norm = quote_list_text(list, number->norm);
    char price[TEXT_BYTES], rate[TEXT_BYTES], least[TEXT_BYTES], qty[TEXT_BYTES], ref[QUOTE_REF_TEXT];
    quote_ref_text(quote, quote->ref_n + 1, ref);
    struct store_value v[N_INSERT] = {
        STORE_U(run->party_id),
        quote->component == ARENA_NONE ? STORE_N : STORE_U(run->catalog.components[quote->component].id),
        *text ? STORE_S(text) : STORE_N,
        STORE_S(norm),
        decimal(quote->price, PRICE_SCALE, price),
        STORE_U(quote->price_per),
        STORE_SN(quote->currency, 3),
        STORE_U(quote->vat_included),
        decimal(quote->vat_rate, VAT_SCALE, rate),
        decimal(quote->min_qty, QTY_SCALE, least),
        quote->qty < 0 ? STORE_N : decimal(quote->qty, QTY_SCALE, qty),
        common[0],
        common[1],
        STORE_S(ref),
        STORE_U(run->import_id),
    };
    return store_bulk_add(bulk, v);
}

/* Between 90 and 99 %. */
static void tell_saved(struct quote_run *run, uint32_t row)
{
    char text[64];
    if (row % LOOK_ROWS != 0)
        return;
    snprintf(text, sizeof text, "saving quote %u of %u", row, run->file.list.n);
    job_progress(run->job, 90 + (unsigned)((uint64_t)row * 9 / run->file.list.n), text);
}

static int insert_new(struct quote_run *run, struct store_conn *db)
{
    const struct quote_list *list = &run->file.list;
    char on[11], until[11];
    struct store_value common[] = {date_value(run->file.quoted_on, on), date_value(run->file.valid_until, until)};
    if (run->inserted + run->replaced == 0)
        return 0;
    struct store_bulk *bulk = store_bulk_new(db, insert_row, N_INSERT, 0);
    int rc = bulk ? 0 : -1;
    for (uint32_t i = 0; i < list->n && rc == 0; i++) {
        tell_saved(run, i);
        rc = go_on(run, db, i);
        if (rc == 0 && list->quote[i].outcome != QUOTE_UNCHANGED)
            rc = insert_quote(run, bulk, &list->quote[i], common);
    }
    if (rc == 0)
        rc = store_bulk_flush(bulk);
    store_bulk_free(&bulk);
    return rc;
}

/* ---- The effect ------------------------------------------------------------------------------------------------ */

/* A map row or lot that was added after this run read the catalogue has linked the quotes that had no lot then. Those
 * that this run has written must be linked as well. */
static int link_with_new_rows(struct quote_run *run, struct store_conn *db)
{
    uint64_t mark = 0;
    struct relinked done;
    if (relink_mark(db, &mark) != 0)
        return -1;
    return mark == run->catalog_mark ? 0 : relink_all(db, run->job, &done);
}

static int save_quotes(struct quote_run *run, struct store_conn *db)
{
    if (record_import(run, db) != 0 || reject_old(run, db) != 0 || insert_new(run, db) != 0 ||
        run_go_on(run->job, db) != 0 || link_with_new_rows(run, db) != 0)
        return -1;
    return run_lease_end(&run->lease, db);
}

static void tell(const struct quote_run *run, struct job_ending *ending)
{
    const struct quote_file *file = &run->file;
    struct task_counts *counts = &run->job->counts;
    job_ending_fini(ending);
    ending->result = quote_result_json(run);
    ending->outcome = file->rows_rejected ? OUTCOME_PARTIAL : OUTCOME_SUCCEEDED;
    task_count(counts, COUNT_CREATED, run->inserted);
    task_count(counts, COUNT_UPDATED, run->replaced);
    task_count(counts, COUNT_UNCHANGED, run->unchanged);
    int n = snprintf(ending->message, sizeof ending->message, "%s%u of %u rows accepted",
                     run->params.dry_run ? "dry run: " : "", quote_file_accepted(file), file->rows_total);
    if (file->no_price)
        n += snprintf(ending->message + n, sizeof ending->message - (size_t)n, ", %u without a price", file->no_price);
    if (file->rows_rejected)
        snprintf(ending->message + n, sizeof ending->message - (size_t)n, ", %u rejected", file->rows_rejected);
}

int quote_save(struct job *job, struct store_conn *db, struct job_ending *ending, void *ctx)
{
    struct quote_run *run = ctx;
    const struct table_shown shown = quote_run_shown(run);
    if (!run->params.dry_run && run_lease_check(&run->lease, db) != 0)
        return -1;
    int rc = history_base_check(job, db, &quote_book, run->party_id, ending);
    if (rc != 0)
        return rc;
    if (!run->params.dry_run &&
        (save_quotes(run, db) != 0 || profile_used(db, "quotes_import", job->params, &shown) != 0))
        return -1;
    if (run_save_issues(db, job->id, &run->file.issues.list, job) != 0)
        return -1;
    tell(run, ending);
    return 0;
}

int quote_save_failed(struct job *job, struct store_conn *db, struct job_ending *ending, void *ctx)
{
    struct quote_run *run = ctx;
    const struct table_shown shown = quote_run_shown(run);
    if (quote_find_profile(run, db) != 0)
        return -1;
    run_tell_mapping(ending, &shown, &run->fitting);
    return run_save_issues(db, job->id, &run->file.issues.list, NULL);
}
