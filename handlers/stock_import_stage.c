/* Staging table of the stock import, and the statements that carry it over. */
#include "handlers/stock_import_stage.h"

#include <stdio.h>
#include <string.h>

#define BATCH_ROWS 2000
#define TEXT_BYTES 48

#define COLUMNS                                                                                                        \
    "item, kind, stock_id, pn_norm, vendor_norm, part_number, name, component_id, lot_qty, qty, reserved, unit, "      \
    "unit_cost, "                                                                                                      \
    "received_on"
#define N_COLUMNS 14

static const char create_stage[] =
    "CREATE TEMPORARY TABLE stock_stage (item INT UNSIGNED PRIMARY KEY, kind TINYINT UNSIGNED NOT NULL, "
    "stock_id BIGINT UNSIGNED NULL, pn_norm VARCHAR(64) COLLATE utf8mb4_nopad_bin NULL, "
    "vendor_norm VARCHAR(64) COLLATE utf8mb4_nopad_bin NULL, part_number VARCHAR(128) NULL, name VARCHAR(255) NULL, "
    "component_id INT UNSIGNED NULL, lot_qty DECIMAL(12,3) NOT NULL DEFAULT 1, qty DECIMAL(15,3) NOT NULL DEFAULT 0, "
    "reserved DECIMAL(15,3) NOT NULL DEFAULT 0, unit ENUM('pcs','set','m') NOT NULL DEFAULT 'pcs', "
    "unit_cost DECIMAL(14,4) NULL, received_on DATE NULL) "
    "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_as_ci";

static const char insert_line[] = "INSERT INTO stock_stage (" COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

/* With duplicates = last a later line takes the place of an earlier one. */
static const char replace_line[] =
    "INSERT INTO stock_stage (" COLUMNS
    ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON DUPLICATE KEY UPDATE kind = VALUES(kind), "
    "part_number = VALUES(part_number), name = VALUES(name), component_id = VALUES(component_id), lot_qty = "
    "VALUES(lot_qty), "
    "qty = VALUES(qty), reserved = VALUES(reserved), unit = VALUES(unit), unit_cost = VALUES(unit_cost), "
    "received_on = VALUES(received_on)";

#define N_NUMBERS 10
static const char correct_numbers[] =
    "INSERT INTO stock_stage (item, kind, stock_id, component_id, lot_qty, qty, reserved, unit, unit_cost, "
    "received_on) "
    "VALUES (?,?,?,?,?,?,?,?,?,?) ON DUPLICATE KEY UPDATE kind = VALUES(kind), qty = VALUES(qty), "
    "reserved = VALUES(reserved), unit_cost = VALUES(unit_cost), received_on = VALUES(received_on)";

int stock_stage_init(struct stock_stage *stage, struct store_conn *db, const struct stock_catalog *catalog,
                     struct stock_items *items, const struct stock_params *params)
{
    *stage = (struct stock_stage){.db = db, .catalog = catalog, .items = items, .mode = params->mode};
    if (store_exec(db, "DROP TEMPORARY TABLE IF EXISTS stock_stage", NULL) != 0 ||
        store_exec(db, create_stage, NULL) != 0)
        return -1;
    stage->server_thread = db->server_thread;
    stage->lines =
        store_bulk_new(db, params->duplicates == DUPLICATES_LAST ? replace_line : insert_line, N_COLUMNS, BATCH_ROWS);
    stage->numbers = store_bulk_new(db, correct_numbers, N_NUMBERS, BATCH_ROWS);
    return stage->lines && stage->numbers ? 0 : -1;
}

void stock_stage_fini(struct stock_stage *stage)
{
    store_bulk_free(&stage->lines);
    store_bulk_free(&stage->numbers);
    if (stage->db && stock_stage_alive(stage) && !stage->db->in_transaction)
        store_exec(stage->db, "DROP TEMPORARY TABLE IF EXISTS stock_stage", NULL);
    stage->db = NULL;
}

bool stock_stage_alive(const struct stock_stage *stage)
{
    return stage->server_thread != 0 && stage->db->mysql && stage->db->server_thread == stage->server_thread;
}

/* ---- Filling --------------------------------------------------------------------------------------------------- */

/* Texts of one row's numbers; values point into it. */
struct number_texts {
    char lot_qty[TEXT_BYTES], qty[TEXT_BYTES], reserved[TEXT_BYTES], cost[TEXT_BYTES], date[16];
};

static struct store_value decimal(int64_t value, unsigned scale, char *text)
{
    size_t n = dec_format(value, scale, false, text, TEXT_BYTES);
    return STORE_SN(text, n);
}

/* component_id, lot_qty, qty, reserved, unit, unit_cost, received_on: seven values from `v` on. */
static void number_values(const struct stock_stage *stage, const struct stock_item *item, struct number_texts *texts,
                          struct store_value *v)
{
    const char *unit = unit_name((enum unit)item->unit);
    v[0] = item->component == MEM_NONE ? STORE_N : STORE_U(stage->catalog->components[item->component].id);
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

static struct store_value stock_id(const struct stock_item *item)
{
    return item->old_id ? STORE_U(item->old_id) : STORE_N;
}

int stock_stage_line(struct stock_stage *stage, const struct stock_line *line, uint32_t number, enum stock_added added)
{
    struct stock_item *item = &stage->items->item[number];
    enum stock_change change = stock_item_change(stage->items, item, stage->mode);
    struct number_texts texts;
    struct store_value v[N_COLUMNS];
    if (added != ADDED_NEW && added != ADDED_REPLACED)
        return 0;
    if (change == CHANGE_NONE && !item->staged)
        return 0;
    item->staged = true;
    v[0] = STORE_U(number);
    v[1] = STORE_U(change);
    v[2] = stock_id(item);
    v[3] = STORE_S(line->pn_norm);
    v[4] = STORE_S(line->vendor_norm);
    v[5] = STORE_SN(line->part_number, line->part_number_len);
    v[6] = STORE_SN(line->name, line->name_len);
    number_values(stage, item, &texts, &v[7]);
    return store_bulk_add(stage->lines, v);
}

static int stage_numbers(struct stock_stage *stage, uint32_t number, enum stock_change change)
{
    const struct stock_item *item = &stage->items->item[number];
    struct number_texts texts;
    struct store_value v[N_NUMBERS];
    v[0] = STORE_U(number);
    v[1] = STORE_U(change);
    v[2] = stock_id(item);
    number_values(stage, item, &texts, &v[3]);
    if (change == CHANGE_DELETE)
        v[7] = STORE_S("pcs");
    return store_bulk_add(stage->numbers, v);
}

/* A merged item whose first line equalled the present one has no texts in the stage: they are the same as in stock. */
static int correct_item(struct stock_stage *stage, uint32_t number)
{
    const struct stock_item *item = &stage->items->item[number];
    enum stock_change change = stock_item_change(stage->items, item, stage->mode);
    if (change == CHANGE_DELETE || (item->sum != MEM_NONE && (item->staged || change != CHANGE_NONE)))
        return stage_numbers(stage, number, change);
    return 0;
}

int stock_stage_finish(struct stock_stage *stage)
{
    if (store_bulk_flush(stage->lines) != 0)
        return -1;
    for (uint32_t i = 0; i < stage->items->n; i++)
        if (correct_item(stage, i) != 0)
            return -1;
    return store_bulk_flush(stage->numbers);
}

/* ---- Carrying over --------------------------------------------------------------------------------------------- */

/* The kinds in the statements are enum stock_change. STRAIGHT_JOIN: left to itself the optimiser may scan the stage
 * once for each row of the stock. */
_Static_assert(CHANGE_INSERT == 1 && CHANGE_UPDATE == 2 && CHANGE_TEXTS == 3 && CHANGE_DELETE == 4,
               "as in the statements");

static const char update_items[] =
    "UPDATE stock_stage s STRAIGHT_JOIN stock_item t ON t.id = s.stock_id SET "
    "t.part_number = COALESCE(s.part_number, t.part_number), t.name = COALESCE(s.name, t.name), "
    "t.component_id = s.component_id, t.lot_qty = s.lot_qty, t.qty = s.qty, t.reserved = s.reserved, t.unit = s.unit, "
    "t.unit_cost = s.unit_cost, t.received_on = s.received_on, t.stock_import_id = ? "
    "WHERE s.kind = 2 AND t.warehouse_id = ?";

static const char update_texts[] =
    "UPDATE stock_stage s STRAIGHT_JOIN stock_item t ON t.id = s.stock_id "
    "SET t.part_number = s.part_number, t.name = s.name WHERE s.kind = 3 AND t.warehouse_id = ?";

static const char delete_items[] = "DELETE t FROM stock_stage s STRAIGHT_JOIN stock_item t ON t.id = s.stock_id "
                                   "WHERE s.kind = 4 AND t.warehouse_id = ?";

static const char insert_items[] = "INSERT INTO stock_item (warehouse_id, pn_norm, vendor_norm, part_number, name, "
                                   "component_id, lot_qty, qty, reserved, unit, "
                                   "unit_cost, received_on, stock_import_id) SELECT ?, pn_norm, vendor_norm, "
                                   "part_number, name, component_id, lot_qty, qty, "
                                   "reserved, unit, unit_cost, received_on, ? FROM stock_stage WHERE kind = 1";

int stock_stage_write(struct stock_stage *stage, uint32_t warehouse_id, uint64_t import_id,
                      struct stock_written *written)
{
    struct store_value warehouse = STORE_U(warehouse_id), import = STORE_U(import_id);
    struct store_value update[] = {import, warehouse}, insert[] = {warehouse, import};
    if (store_run(stage->db, delete_items, &warehouse, 1, &written->deleted, NULL) != 0 ||
        store_run(stage->db, update_items, update, 2, &written->updated, NULL) != 0 ||
        store_run(stage->db, update_texts, &warehouse, 1, NULL, NULL) != 0)
        return -1;
    return store_run(stage->db, insert_items, insert, 2, &written->inserted, NULL);
}
