/* Inserts, updates and deletions of a stock import. */
#include "handlers/stock/write.h"

#include "handlers/run/run.h"
#include "handlers/stock/restore.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES 48
#define LOOK_ROWS  2000 /* rows between two looks at the cancel flag: a batch */

static int go_on(const struct stock_target *target, uint32_t row)
{
    return row % LOOK_ROWS == 0 ? run_go_on(target->job, target->db) : 0;
}

/* Between 90 and 99 %: `row` of the `n` rows that are new have been sent. */
static void tell_saved(const struct stock_target *target, uint32_t row, uint32_t n)
{
    char text[64];
    if (row % LOOK_ROWS != 0)
        return;
    snprintf(text, sizeof text, "saving row %u of %u", row, n);
    job_progress(target->job, 90 + (unsigned)((uint64_t)row * 9 / n), text);
}

/* Texts of one item's numbers; the values point into it. */
struct number_texts {
    char lot_qty[TEXT_BYTES], qty[TEXT_BYTES], reserved[TEXT_BYTES], cost[TEXT_BYTES], date[16];
};
#define N_NUMBERS 7 /* component_id, lot_qty, qty, reserved, unit, unit_cost, received_on */

static struct store_value decimal(int64_t value, unsigned scale, char *text)
{
    size_t n = dec_format(value, scale, false, text, TEXT_BYTES);
    return STORE_SN(text, n);
}

static void number_values(const struct stock_items *items, const struct stock_item *item, struct number_texts *texts,
                          struct store_value v[N_NUMBERS])
{
    const char *unit = unit_name((enum unit)item->unit);
    v[0] = item->component == ARENA_NONE ? STORE_N : STORE_U(items->catalog->components[item->component].id);
    v[1] = decimal(item->lot_qty, QTY_SCALE, texts->lot_qty);
    v[2] = decimal(item->qty, QTY_SCALE, texts->qty);
    v[3] = decimal(item->reserved, QTY_SCALE, texts->reserved);
    v[4] = STORE_S(unit);
    v[5] = item->cost < 0 ? STORE_N : decimal(item->cost, PRICE_SCALE, texts->cost);
    v[6] = STORE_N;
    if (item->date) {
        int n = snprintf(texts->date, sizeof texts->date, "%04u-%02u-%02u", item->date / 10000, item->date / 100 % 100,
                         item->date % 100);
        v[6] = STORE_SN(texts->date, (size_t)n);
    }
}

/* part_number and name; NULL if they stay as they are. */
static void text_values(const struct stock_items *items, const struct stock_item *item, struct store_value v[2])
{
    v[0] = v[1] = STORE_N;
    if (item->texts == ARENA_NONE)
        return;
    const char *part_number = stock_item_part_number(items, item), *name = stock_item_name(items, item);
    v[0] = STORE_S(part_number);
    v[1] = STORE_S(name);
}

/* ---- New rows -------------------------------------------------------------------------------------------------- */

#define N_INSERT 13
static const char insert_row[] = "INSERT INTO stock_item (warehouse_id, stock_import_id, pn_norm, vendor_norm, "
                                 "part_number, name, component_id, lot_qty, "
                                 "qty, reserved, unit, unit_cost, received_on) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)";

static int insert_item(const struct stock_target *target, const struct stock_item *item, struct store_bulk *bulk)
{
    struct number_texts texts;
    struct store_value v[N_INSERT];
    const char *pn = stock_item_pn(target->items, item), *vendor = stock_item_vendor(target->items, item);
    v[0] = STORE_U(target->warehouse_id);
    v[1] = STORE_U(target->import_id);
    v[2] = STORE_S(pn);
    v[3] = STORE_S(vendor);
    text_values(target->items, item, &v[4]);
    number_values(target->items, item, &texts, &v[6]);
    return store_bulk_add(bulk, v);
}

/* ---- Changed rows ---------------------------------------------------------------------------------------------- */

/* Keyed by a counter: filling it costs no random access. It is this session's own and gone with it. */
static const char create_stage[] =
    "CREATE TEMPORARY TABLE stock_stage (item INT UNSIGNED PRIMARY KEY, kind TINYINT UNSIGNED NOT NULL, "
    "stock_id BIGINT UNSIGNED NOT NULL, part_number VARCHAR(128) NULL, name VARCHAR(255) NULL, "
    "component_id INT UNSIGNED NULL, lot_qty DECIMAL(12,3) NOT NULL, qty DECIMAL(15,3) NOT NULL, "
    "reserved DECIMAL(15,3) NOT NULL, unit ENUM('pcs','set','m') NOT NULL, unit_cost DECIMAL(14,4) NULL, "
    "received_on DATE NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_as_ci";
static const char drop_stage[] = "DROP TEMPORARY TABLE IF EXISTS stock_stage";

#define N_STAGE 12
static const char stage_row[] = "INSERT INTO stock_stage (item, kind, stock_id, part_number, name, component_id, "
                                "lot_qty, qty, reserved, unit, unit_cost, "
                                "received_on) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)";

/* The kinds in the statements are enum stock_change. STRAIGHT_JOIN: without it the optimiser may scan the stage once
 * for each row of the stock. */
_Static_assert(CHANGE_UPDATE == 2 && CHANGE_TEXTS == 3 && CHANGE_DELETE == 4, "as in the statements");
static const char update_items[] =
    "UPDATE stock_stage s STRAIGHT_JOIN stock_item t FORCE INDEX (PRIMARY) ON t.id = s.stock_id SET "
    "t.part_number = COALESCE(s.part_number, t.part_number), t.name = COALESCE(s.name, t.name), "
    "t.component_id = s.component_id, t.lot_qty = s.lot_qty, t.qty = s.qty, t.reserved = s.reserved, t.unit = s.unit, "
    "t.unit_cost = s.unit_cost, t.received_on = s.received_on, t.stock_import_id = ? "
    "WHERE s.kind = 2 AND t.warehouse_id = ?";
static const char update_texts[] =
    "UPDATE stock_stage s STRAIGHT_JOIN stock_item t FORCE INDEX (PRIMARY) ON t.id = s.stock_id "
    "SET t.part_number = s.part_number, t.name = s.name WHERE s.kind = 3 AND t.warehouse_id = ?";
static const char delete_items[] =
    "DELETE t FROM stock_stage s STRAIGHT_JOIN stock_item t FORCE INDEX (PRIMARY) ON t.id = s.stock_id "
    "WHERE s.kind = 4 AND t.warehouse_id = ?";

static int stage_item(const struct stock_target *target, uint32_t number, enum stock_change change,
                      struct store_bulk *bulk)
{
    const struct stock_item *item = &target->items->item[number];
    struct number_texts texts;
    struct store_value v[N_STAGE];
    v[0] = STORE_U(number);
    v[1] = STORE_U(change);
    v[2] = STORE_U(item->old_id);
    text_values(target->items, item, &v[3]);
    number_values(target->items, item, &texts, &v[5]);
    if (change == CHANGE_DELETE)
        v[9] = STORE_S("pcs"); /* not in the file: it has no unit */
    return store_bulk_add(bulk, v);
}

static int carry_over(const struct stock_target *target, struct stock_written *written)
{
    struct store_value warehouse = STORE_U(target->warehouse_id);
    struct store_value update[] = {STORE_U(target->import_id), warehouse};
    if (go_on(target, 0) != 0 || stock_keep_staged(target->db, target->import_id, target->warehouse_id) != 0 ||
        go_on(target, 0) != 0 || store_run(target->db, delete_items, &warehouse, 1, &written->deleted, NULL) != 0 ||
        go_on(target, 0) != 0 || store_run(target->db, update_items, update, 2, &written->updated, NULL) != 0 ||
        go_on(target, 0) != 0)
        return -1;
    return store_run(target->db, update_texts, &warehouse, 1, NULL, NULL);
}

/* ---- Both ------------------------------------------------------------------------------------------------------ */

/* An array of the items to insert, in the order of the unique key: rows that arrive sorted fill its pages from left to
 * right, which saves a quarter of the server's time against the order of the file. */
struct sorted_item {
    const char *pn, *vendor;
    const struct stock_item *item;
};

static int by_key(const void *a, const void *b)
{
    const struct sorted_item *x = a, *y = b;
    int rc = strcmp(x->pn, y->pn); /* bytes: as utf8mb4_nopad_bin sorts */
    return rc ? rc : strcmp(x->vendor, y->vendor);
}

static struct sorted_item *sort_new(const struct stock_target *target, uint32_t n)
{
    struct sorted_item *sorted = calloc(n ? n : 1, sizeof *sorted);
    if (!sorted)
        abort();
    uint32_t at = 0;
    for (uint32_t i = 0; i < target->items->n; i++) {
        const struct stock_item *item = &target->items->item[i];
        if (stock_item_change(target->items, item, target->mode) == CHANGE_INSERT)
            sorted[at++] =
                (struct sorted_item){stock_item_pn(target->items, item), stock_item_vendor(target->items, item), item};
    }
    assert(at == n);
    qsort(sorted, n, sizeof *sorted, by_key);
    return sorted;
}

static int stage_all(const struct stock_target *target, struct store_bulk *bulk)
{
    int rc = 0;
    for (uint32_t i = 0; i < target->items->n && rc == 0; i++) {
        enum stock_change change = stock_item_change(target->items, &target->items->item[i], target->mode);
        if (go_on(target, i) != 0)
            rc = -1;
        else if (change != CHANGE_INSERT && change != CHANGE_NONE)
            rc = stage_item(target, i, change, bulk);
    }
    return rc == 0 ? store_bulk_flush(bulk) : rc;
}

/* DDL for TEMPORARY tables does not commit the transaction. */
static int write_changes(const struct stock_target *target, struct stock_written *written)
{
    if (store_exec(target->db, drop_stage, NULL) != 0 || store_exec(target->db, create_stage, NULL) != 0)
        return -1;
    struct store_bulk *bulk = store_bulk_new(target->db, stage_row, N_STAGE, 0);
    int rc = bulk ? stage_all(target, bulk) : -1;
    store_bulk_free(&bulk);
    if (rc == 0)
        rc = carry_over(target, written);
    return rc == 0 ? store_exec(target->db, drop_stage, NULL) : -1;
}

static int write_new(const struct stock_target *target, uint32_t n, struct stock_written *written)
{
    struct store_bulk *bulk = store_bulk_new(target->db, insert_row, N_INSERT, 0);
    int rc = 0;
    if (!bulk)
        return -1;
    struct sorted_item *sorted = sort_new(target, n);
    for (uint32_t i = 0; i < n && rc == 0; i++) {
        tell_saved(target, i, n);
        rc = go_on(target, i) == 0 ? insert_item(target, sorted[i].item, bulk) : -1;
    }
    free(sorted);
    if (rc == 0)
        rc = store_bulk_flush(bulk);
    written->inserted = store_bulk_sent(bulk);
    store_bulk_free(&bulk);
    return rc;
}

int stock_write(const struct stock_target *target, const struct stock_totals *totals, struct stock_written *written)
{
    *written = (struct stock_written){0, 0, 0};
    if (totals->updated + totals->texts + totals->deleted > 0 && write_changes(target, written) != 0)
        return -1;
    return totals->inserted > 0 ? write_new(target, totals->inserted, written) : 0;
}
