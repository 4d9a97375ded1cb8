/* The effect of a stock import: guards, the difference, its record, row errors; all in the transaction of the final
 * state. */
#include "base/utf8.h"
#include "handlers/catalog/relink.h"
#include "handlers/history/base.h"
#include "handlers/run/mapping.h"
#include "handlers/stock/history.h"
#include "handlers/stock/load.h"
#include "handlers/stock/run.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DELETE_GUARD_ITEMS 20 /* smaller warehouses may be emptied without force */

/* ---- Guards ---------------------------------------------------------------------------------------------------- */

static int on_date(const struct store_value *v, unsigned n, void *ctx)
{
    struct value_date *date = ctx;
    (void)n;
    if (v[0].type != STORE_NULL)
        value_date_text(v[0].text, v[0].len, date);
    return 0;
}

static void tell_older(struct job_ending *ending, const char *warehouse, const char *has, const char *brings)
{
    struct fault_told told = {.facts = ""};
    told_fact(&told, "warehouse", "%s", warehouse);
    told_fact(&told, "recorded", "%s", has);
    told_fact(&told, "day", "%s", brings);
    told_choice(&told, "force", "true", "import the older state");
    told_choice(&told, "stock_date", has, "the file is the stock of the day on record");
    job_ending_told(ending, &told);
}

static void tell_deletes(struct job_ending *ending, const struct stock_run *run)
{
    struct fault_told told = {.facts = ""};
    told_fact(&told, "warehouse", "%s", run->params.warehouse);
    told_fact(&told, "deleted", "%u", run->totals.deleted);
    told_fact(&told, "items", "%u", run->totals.old);
    told_fact(&told, "percent", "%u", run->params.max_delete_pct);
    told_choice(&told, "force", "true", "delete them");
    told_choice(&told, "mode", "merge", "only add and update");
    job_ending_told(ending, &told);
}

/* This also locks the warehouse's row: two imports that both lost their lease without noticing still meet here. */
static int check_newer(struct stock_run *run, struct store_conn *db, struct job_ending *ending)
{
    struct store_value id = STORE_U(run->warehouse_id);
    struct value_date recorded = {0, 0, 0}, date = run->reader.context.stock_date;
    char has[11], brings[11];
    if (store_query(db, "SELECT stock_date FROM warehouse WHERE id = ? FOR UPDATE", &id, 1, on_date, &recorded) != 0)
        return -1;
    run->date_before = recorded;
    if (recorded.year == 0 || run->params.force || value_date_compare(recorded, date) <= 0)
        return 0;
    value_date_format(recorded, has);
    value_date_format(date, brings);
    job_ending_fail(
        ending, "E_STOCK_OLDER",
        "Warehouse %s has stock of %s, and the file is older: it is of %s. Send it with force to import it anyway.",
        run->params.warehouse, has, brings);
    tell_older(ending, run->params.warehouse, has, brings);
    return JOB_EFFECT_REJECT;
}

static int check_deletes(struct stock_run *run, struct job_ending *ending)
{
    const struct stock_totals *t = &run->totals;
    if (run->params.force || t->old < DELETE_GUARD_ITEMS ||
        (uint64_t)t->deleted * 100 <= (uint64_t)t->old * run->params.max_delete_pct)
        return 0;
    job_ending_fail(
        ending, "E_TOO_MANY_DELETES",
        "%u of the %u items of warehouse %s would be deleted, more than %u %%. Send it with force if that is right, "
        "or use mode merge.",
        t->deleted, t->old, run->params.warehouse, run->params.max_delete_pct);
    tell_deletes(ending, run);
    return JOB_EFFECT_REJECT;
}

/* ---- Record ---------------------------------------------------------------------------------------------------- */

static int record_import(struct stock_run *run, struct store_conn *db)
{
    struct run_uuid task = run_uuid(run->job->id);
    const struct journal_file *file = run->job->file;
    struct import_last last;
    char date[11], before[11];
    struct history_asker asker;
    if (history_last(db, &stock_book, run->warehouse_id, &last) != 0 || history_asker(db, task.s, &asker) != 0)
        return -1;
    value_date_format(run->reader.context.stock_date, date);
    if (run->date_before.year)
        value_date_format(run->date_before, before);
    struct store_value v[] = {
        STORE_S(task.s),
        STORE_U(run->warehouse_id),
        STORE_S(file && utf8_valid(file->name, strlen(file->name)) ? file->name : ""),
        STORE_B((const char *)run->job->file_sha256, 32),
        STORE_S(sheet_format_name(run->format)),
        STORE_S(run->params.mode == STOCK_REPLACE ? "replace" : "merge"),
        STORE_S(date),
        STORE_U(run->reader.rows_total),
        STORE_U(run->reader.rows_rejected),
        STORE_U(last.state),
        run->date_before.year ? STORE_S(before) : STORE_N,
        STORE_U(run->job->settings->undo_days),
        history_asker_value(&asker),
    };
    return store_run(
        db,
        "INSERT INTO stock_import (task_id, warehouse_id, file_name, file_sha256, file_format, mode, stock_date, "
        "rows_total, rows_rejected, state_before, date_before, undo_until, requested_by, inserted, updated, unchanged, "
        "deleted) VALUES (?,?,?,?,?,?,?,?,?,?,?,UTC_TIMESTAMP(3) + INTERVAL ? DAY," HISTORY_ASKER ",0,0,0,0)",
        v, 13, NULL, &run->import_id);
}

static int record_counts(struct stock_run *run, struct store_conn *db)
{
    char date[11];
    value_date_format(run->reader.context.stock_date, date);
    struct store_value counts[] = {STORE_U(run->totals.inserted), STORE_U(run->totals.updated),
                                   STORE_U(run->totals.unchanged), STORE_U(run->totals.deleted),
                                   STORE_U(run->import_id)};
    struct store_value warehouse[] = {STORE_S(date), STORE_U(run->import_id), STORE_U(run->warehouse_id)};
    if (store_run(db, "UPDATE stock_import SET inserted = ?, updated = ?, unchanged = ?, deleted = ? WHERE id = ?",
                  counts, 5, NULL, NULL) != 0 ||
        store_run(db, stock_book.record_state, &counts[4], 1, NULL, NULL) != 0)
        return -1;
    return store_run(db, "UPDATE warehouse SET stock_date = ?, stock_import_id = ? WHERE id = ?", warehouse, 3, NULL,
                     NULL);
}

/* ---- The effect ------------------------------------------------------------------------------------------------ */

/* The lease keeps other imports out from the reading of the present stock to this transaction, so the numbers of
 * written rows must be as computed. If they are not, somebody wrote by hand: start over from the present stock. */
static int write_difference(struct stock_run *run, struct store_conn *db)
{
    struct stock_written written = {0, 0, 0};
    struct stock_target target = {run->job, db, &run->items, run->params.mode, run->warehouse_id, run->import_id};
    if (stock_write(&target, &run->totals, &written) != 0)
        return -1;
    if (written.inserted == run->totals.inserted && written.updated == run->totals.updated &&
        written.deleted == run->totals.deleted)
        return 0;
    return store_fail(db, STORE_STOPPED, "the warehouse's stock was changed while it was being imported");
}

static void tell(const struct stock_run *run, struct job_ending *ending)
{
    const struct stock_reader *reader = &run->reader;
    struct task_counts *counts = &run->job->counts;
    job_ending_fini(ending);
    ending->result = stock_result_json(run);
    ending->outcome = reader->rows_rejected ? OUTCOME_PARTIAL : OUTCOME_SUCCEEDED;
    if (run->already_imported) {
        snprintf(ending->message, sizeof ending->message, "already imported as number %" PRIu64, run->import_id);
        return;
    }
    task_count(counts, COUNT_CREATED, run->totals.inserted);
    task_count(counts, COUNT_UPDATED, run->totals.updated);
    task_count(counts, COUNT_UNCHANGED, run->totals.unchanged);
    int n = snprintf(ending->message, sizeof ending->message, "%s%u of %u rows accepted",
                     run->params.dry_run ? "dry run: " : "", stock_reader_accepted(reader), reader->rows_total);
    if (reader->rows_rejected && n > 0 && (size_t)n < sizeof ending->message)
        snprintf(ending->message + n, sizeof ending->message - (size_t)n, ", %u rejected", reader->rows_rejected);
}

/* A map row or lot that was added after this run read the catalogue has linked the rows that had no lot then. The rows
 * that this run has written must be linked as well. */
static int link_with_new_rows(struct stock_run *run, struct store_conn *db)
{
    uint64_t mark = 0;
    struct relinked done;
    if (relink_mark(db, &mark) != 0)
        return -1;
    return mark == run->catalog_mark ? 0 : relink_all(db, run->job, &done);
}

static int save_stock(struct stock_run *run, struct store_conn *db)
{
    const struct table_shown shown = stock_run_shown(run);
    if (record_import(run, db) != 0 || write_difference(run, db) != 0 || run_go_on(run->job, db) != 0 ||
        link_with_new_rows(run, db) != 0 || record_counts(run, db) != 0 ||
        profile_used(db, "stock_import", run->job->params, &shown) != 0)
        return -1;
    return run_lease_end(&run->lease, db);
}

/* First the lease: it keeps others out from here on. A dry run has none. */
static int check_base(struct stock_run *run, struct store_conn *db, struct job_ending *ending)
{
    if (!run->params.dry_run && run_lease_check(&run->lease, db) != 0)
        return -1;
    return history_base_check(run->job, db, &stock_book, run->warehouse_id, ending);
}

int stock_save(struct job *job, struct store_conn *db, struct job_ending *ending, void *ctx)
{
    struct stock_run *run = ctx;
    (void)job;
    int rc = run->already_imported ? 0 : check_base(run, db, ending);
    if (rc == 0 && !run->already_imported)
        rc = check_newer(run, db, ending);
    if (rc == 0 && !run->already_imported)
        rc = check_deletes(run, ending);
    if (rc == 0 && !run->already_imported && !run->params.dry_run)
        rc = save_stock(run, db);
    if (rc == 0)
        rc = run_save_issues(db, run->job->id, &run->reader.issues.list, run->job);
    if (rc == 0)
        tell(run, ending);
    return rc;
}

int stock_save_failed(struct job *job, struct store_conn *db, struct job_ending *ending, void *ctx)
{
    struct stock_run *run = ctx;
    const struct table_shown shown = stock_run_shown(run);
    (void)job;
    if (stock_find_profile(run, db) != 0)
        return -1;
    run_tell_mapping(ending, &shown, &run->fitting);
    return run_save_issues(db, run->job->id, &run->reader.issues.list, NULL);
}
