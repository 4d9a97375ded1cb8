/* Items as they were: kept by an import, put back by an undo.
 *
 * stock_undo has, for each import, the items that it changed or deleted, as they were before (existed = 1). Items that an
 * import inserted bear its number and are added only when it is undone (existed = 0). An undo writes both kinds, so
 * that it can be undone in the same way. Rows keep their ids. */
#include "handlers/stock/restore.h"

#include "handlers/catalog/relink.h"
#include "handlers/history/undo.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
#define VALUES(t)                                                                                                      \
    t ".pn_norm, " t ".vendor_norm, " t ".part_number, " t ".name, " t ".component_id, " t ".lot_qty, " t ".qty, "     \
    t ".reserved, " t ".unit, " t ".unit_cost, " t ".received_on, " t ".stock_import_id"
#define INTO_UNDO                                                                                                      \
    "INSERT INTO stock_undo (import_id, stock_id, existed, pn_norm, vendor_norm, part_number, name, component_id, "    \
    "lot_qty, qty, reserved, unit, unit_cost, received_on, stock_import_id) "
/* clang-format on */

static const char keep_staged[] =
    INTO_UNDO "SELECT ?, t.id, 1, " VALUES("t") " FROM stock_stage s STRAIGHT_JOIN stock_item t FORCE INDEX (PRIMARY) "
                                                "ON t.id = s.stock_id WHERE t.warehouse_id = ?";

int stock_keep_staged(struct store_conn *db, uint64_t import_id, uint32_t warehouse_id)
{
    struct store_value v[] = {STORE_U(import_id), STORE_U(warehouse_id)};
    return store_run(db, keep_staged, v, 2, NULL, NULL);
}

/* ---- Putting back ---------------------------------------------------------------------------------------------- */

/* Only of an import: what an undo inserts, it has kept. */
static const char name_inserted[] =
    INTO_UNDO "SELECT ?, t.id, 0, " VALUES("t") " FROM stock_item t FORCE INDEX (ix_imp) LEFT JOIN stock_undo u FORCE "
                                                "INDEX (PRIMARY) ON u.import_id = ? AND u.stock_id = t.id WHERE "
                                                "t.stock_import_id = ? AND t.warehouse_id = ? AND u.stock_id IS NULL";
static const char keep_present[] =
    INTO_UNDO "SELECT ?, t.id, 1, " VALUES("t") " FROM stock_undo u FORCE INDEX (PRIMARY) STRAIGHT_JOIN stock_item t "
                                                "FORCE INDEX (PRIMARY) ON t.id = u.stock_id WHERE u.import_id = ?";
static const char keep_absent[] = INTO_UNDO "SELECT ?, u.stock_id, 0, " VALUES(
    "u") " FROM stock_undo u FORCE INDEX (PRIMARY) LEFT JOIN stock_item t FORCE INDEX (PRIMARY) ON t.id = "
         "u.stock_id WHERE u.import_id = ? AND u.existed = 1 AND t.id IS NULL";
static const char take_out[] = "DELETE t FROM stock_undo u FORCE INDEX (PRIMARY) STRAIGHT_JOIN stock_item t FORCE "
                               "INDEX (PRIMARY) ON t.id = u.stock_id WHERE u.import_id = ? AND u.existed = 0";
static const char put_back[] =
    "UPDATE stock_undo u FORCE INDEX (PRIMARY) STRAIGHT_JOIN stock_item t FORCE INDEX (PRIMARY) ON t.id = u.stock_id "
    "SET t.pn_norm = u.pn_norm, t.vendor_norm = u.vendor_norm, t.part_number = u.part_number, t.name = u.name, "
    "t.component_id = u.component_id, t.lot_qty = u.lot_qty, t.qty = u.qty, t.reserved = u.reserved, t.unit = u.unit, "
    "t.unit_cost = u.unit_cost, t.received_on = u.received_on, t.stock_import_id = u.stock_import_id "
    "WHERE u.import_id = ? AND u.existed = 1";
static const char find_taken[] =
    "SELECT u.part_number FROM stock_undo u FORCE INDEX (PRIMARY) STRAIGHT_JOIN stock_item t FORCE INDEX (uq_stock) ON "
    "t.warehouse_id = ? AND t.pn_norm = u.pn_norm AND t.vendor_norm = u.vendor_norm WHERE u.import_id = ? AND "
    "u.existed = 0 LIMIT 1";
static const char bring_back[] =
    "INSERT INTO stock_item (id, warehouse_id, pn_norm, vendor_norm, part_number, name, component_id, lot_qty, qty, "
    "reserved, unit, unit_cost, received_on, stock_import_id) SELECT u.stock_id, ?, " VALUES(
        "u") " FROM stock_undo u FORCE INDEX (PRIMARY) WHERE u.import_id = ? AND u.existed = 0";
static const char find_known[] = "SELECT 1 FROM stock_undo u FORCE INDEX (PRIMARY) WHERE u.import_id = ? AND u.existed "
                                 "= 1 AND u.component_id IS NULL "
                                 "AND (EXISTS (SELECT 1 FROM part_number_map m FORCE INDEX (uq_map) WHERE m.pn_norm = "
                                 "u.pn_norm) OR EXISTS (SELECT 1 "
                                 "FROM component c FORCE INDEX (uq_lot_norm) WHERE c.lot_norm = u.pn_norm)) LIMIT 1";
static const char set_warehouse[] = "UPDATE warehouse SET stock_date = ?, stock_import_id = NULLIF(?, 0) WHERE id = ?";
static const char set_counts[] = "UPDATE stock_import SET inserted = ?, updated = ?, deleted = ? WHERE id = ?";

/* Keeps everything as it is now, for undoing the undo. `present` are the items that are there. */
static int keep_now(struct undo_run *run, struct store_conn *db, uint64_t *present)
{
    struct store_value old = STORE_U(run->record.id), undo = STORE_U(run->undo_id);
    struct store_value inserted[] = {old, old, old, STORE_U(run->record.owner_id)}, both[] = {undo, old};
    if (run->record.root == run->record.id && store_run(db, name_inserted, inserted, 4, NULL, NULL) != 0)
        return -1;
    if (run_go_on(run->job, db) != 0 || store_run(db, keep_present, both, 2, present, NULL) != 0 ||
        run_go_on(run->job, db) != 0)
        return -1;
    return store_run(db, keep_absent, both, 2, NULL, NULL);
}

struct taken {
    const char *warehouse;
    struct job_ending *ending;
};

static int on_taken(const struct store_value *v, unsigned n, void *ctx)
{
    struct taken *taken = ctx;
    struct fault_told told = {.facts = ""};
    (void)n;
    told_fact(&told, "part_number", "%s", v[0].text);
    told_fact(&told, "warehouse", "%s", taken->warehouse);
    job_ending_fail(taken->ending, "E_NUMBER_TAKEN",
                    "Part number «%s» would stand twice in the warehouse: another item took its place when it was "
                    "mapped to a lot. Import the earlier file again instead.",
                    v[0].text);
    job_ending_told(taken->ending, &told);
    return JOB_EFFECT_REJECT;
}

/* An item without a lot takes the key of its entry in the map; an item that this import deleted may have had that key. */
static int exchange(struct undo_run *run, struct store_conn *db, struct job_ending *ending)
{
    struct taken taken = {run->record.owner, ending};
    struct store_value old = STORE_U(run->record.id);
    struct store_value back[] = {STORE_U(run->record.owner_id), STORE_U(run->undo_id)};
    if (run_go_on(run->job, db) != 0 || store_run(db, take_out, &old, 1, &run->deleted, NULL) != 0 ||
        run_go_on(run->job, db) != 0 || store_run(db, put_back, &old, 1, NULL, NULL) != 0 ||
        run_go_on(run->job, db) != 0)
        return -1;
    int rc = store_query(db, find_taken, back, 2, on_taken, &taken);
    return rc == 0 ? store_run(db, bring_back, back, 2, &run->inserted, NULL) : rc;
}

static int set_records(struct undo_run *run, struct store_conn *db)
{
    const struct import_record *record = &run->record;
    struct store_value warehouse[] = {*record->day ? STORE_S(record->day) : STORE_N, STORE_U(record->state_before),
                                      STORE_U(record->owner_id)};
    struct store_value counts[] = {STORE_U(run->inserted), STORE_U(run->updated), STORE_U(run->deleted),
                                   STORE_U(run->undo_id)};
    return store_run(db, set_warehouse, warehouse, 3, NULL, NULL) == 0
               ? store_run(db, set_counts, counts, 4, NULL, NULL)
               : -1;
}

static int on_known(const struct store_value *v, unsigned n, void *ctx)
{
    (void)v;
    (void)n;
    *(bool *)ctx = true;
    return 0;
}

/* The map may know numbers now that it did not know when the items were kept. Items that were not touched have been
 * linked by what changed the map. */
static int link_known(struct undo_run *run, struct store_conn *db)
{
    struct store_value old = STORE_U(run->record.id);
    struct relinked linked;
    bool known = false;
    if (store_query(db, find_known, &old, 1, on_known, &known) != 0)
        return -1;
    return known ? relink_all(db, run->job, &linked) : 0;
}

int stock_take_back(struct undo_run *run, struct store_conn *db, struct job_ending *ending)
{
    uint64_t present = 0;
    if (keep_now(run, db, &present) != 0)
        return -1;
    int rc = exchange(run, db, ending);
    if (rc != 0)
        return rc;
    run->updated = present - run->deleted;
    return set_records(run, db) == 0 ? link_known(run, db) : -1;
}

/* ---- The result ------------------------------------------------------------------------------------------------ */

const struct result_spec stock_undo_members[] = {
    UNDO_RESULT,
    {.name = "warehouse", .kind = RESULT_TEXT, .help = "Its code."},
    {.name = "stock_date", .kind = RESULT_DATE, .nullable = true, .help = "Of the stock as it is now."},
    {.name = "inserted", .kind = RESULT_COUNT, .help = "Items that are there again."},
    {.name = "updated", .kind = RESULT_COUNT, .help = "Items that have their earlier values again."},
    {.name = "deleted", .kind = RESULT_COUNT, .help = "Items that are there no more."},
    {.name = NULL},
};

void stock_tell_undone(const struct undo_run *run, struct job_ending *ending)
{
    struct json_out out;
    json_out_init(&out);
    json_object(&out);
    undo_put_result(&out, run);
    json_put_string(&out, "warehouse", run->record.owner);
    json_put_string(&out, "stock_date", *run->record.day ? run->record.day : NULL);
    json_put_int(&out, "inserted", (int64_t)run->inserted);
    json_put_int(&out, "updated", (int64_t)run->updated);
    json_put_int(&out, "deleted", (int64_t)run->deleted);
    json_object_end(&out);
    ending->result = json_out_copy(&out);
    json_out_fini(&out);
    snprintf(ending->message, sizeof ending->message,
             "%" PRIu64 " items are there again, %" PRIu64 " as before, %" PRIu64 " taken out", run->inserted,
             run->updated, run->deleted);
}
