/* The task quotes_undo: takes the latest import of a party back. Its quotes are rejected, and those that it rejected
 * are active again. It is an import in the history itself; undoing it makes the import's effect again. */
#include "handlers/history/undo.h"
#include "handlers/quotes/import/history.h"
#include "handlers/quotes/import/params.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- The effect ------------------------------------------------------------------------------------------------- */

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

/* The import's quotes go; those that it rejected come back: they count as inserted. */
static int take_back(struct undo_run *run, struct store_conn *db)
{
    struct store_value root = STORE_U(run->record.root), undo = STORE_U(run->undo_id);
    struct store_value all[] = {undo, root, root}, others[] = {root, root};
    struct store_value own[] = {root, undo, STORE_U(run->record.owner_id), STORE_S(run->record.day), root};
    if (store_run(db, remember, all, 3, NULL, NULL) != 0 || run_go_on(run->job, db) != 0 ||
        store_run(db, restore_others, others, 2, &run->inserted, NULL) != 0 || run_go_on(run->job, db) != 0)
        return -1;
    return store_run(db, reject_own, own, 5, &run->deleted, NULL);
}

/* The other way round: as before the undo. */
static int make_again(struct undo_run *run, struct store_conn *db)
{
    struct store_value root = STORE_U(run->record.root), undo = STORE_U(run->record.id);
    struct store_value own[] = {root, root}, others[] = {root, root, undo};
    if (store_run(db, restore_own, own, 2, &run->inserted, NULL) != 0 || run_go_on(run->job, db) != 0)
        return -1;
    return store_run(db, reject_others, others, 3, &run->deleted, NULL);
}

int quote_take_back(struct undo_run *run, struct store_conn *db, struct job_ending *ending)
{
    (void)ending;
    if ((run->record.takes_back ? take_back(run, db) : make_again(run, db)) != 0)
        return -1;
    struct store_value v[] = {STORE_U(run->inserted), STORE_U(run->deleted), STORE_U(run->undo_id)};
    return store_run(db, "UPDATE quote_import SET inserted = ?, superseded = ? WHERE id = ?", v, 3, NULL, NULL);
}

/* ---- The result ------------------------------------------------------------------------------------------------- */

static const struct result_spec result_members[] = {
    UNDO_RESULT,
    {.name = "party", .kind = RESULT_TEXT, .help = "Its code."},
    {.name = "kind", .kind = RESULT_CHOICE, .choices = quote_kinds},
    {.name = "rejected", .kind = RESULT_COUNT, .help = "Quotes that are active no more."},
    {.name = "restored", .kind = RESULT_COUNT, .help = "Quotes that are active again."},
    {.name = NULL},
};

void quote_tell_undone(const struct undo_run *run, struct job_ending *ending)
{
    struct json_out out;
    json_out_init(&out);
    json_object(&out);
    undo_put_result(&out, run);
    json_put_string(&out, "party", run->record.owner);
    json_put_string(&out, "kind", run->record.kind);
    json_put_int(&out, "rejected", (int64_t)run->deleted);
    json_put_int(&out, "restored", (int64_t)run->inserted);
    json_object_end(&out);
    ending->result = json_out_copy(&out);
    json_out_fini(&out);
    snprintf(ending->message, sizeof ending->message, "%" PRIu64 " quotes rejected, %" PRIu64 " active again",
             run->deleted, run->inserted);
}

/* ---- The task --------------------------------------------------------------------------------------------------- */

static int precheck(struct store_conn *db, yajl_val params, struct param_faults *faults)
{
    return undo_precheck(db, &quote_book, params, faults);
}

static enum job_verdict run_undo(struct job *job)
{
    return undo_run_task(job, &quote_book);
}

TASK_TYPE(quotes_undo) = {
    .name = "quotes_undo",
    .title = "Undo of a price list",
    .params = undo_params,
    .concurrency = 0,
    .equal = TASK_EQUAL_JOIN,
    .time_limit_s = 1800,
    .memory_limit = 256u << 20,
    .precheck = precheck,
    .result = result_members,
    .run = run_undo,
};
