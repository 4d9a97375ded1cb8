/* What a dry run reports besides its counters: the first rows as read, and the first changes as they would be made. */
#include "handlers/stock/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREVIEW_ROWS  20
#define CHANGES_SHOWN 100 /* of each kind */

static void put_decimal(struct json_out *out, const char *key, dec128 value, unsigned scale)
{
    char text[48];
    dec_format(value, scale, false, text, sizeof text);
    json_put_string(out, key, text);
}

/* The values that preview and changes have in common; cost -1, date "" = none. */
static void put_values(struct json_out *out, const struct stock_run *run, uint32_t component, int64_t qty,
                       int64_t reserved, enum unit unit, int64_t cost, const char *date)
{
    const char *lot =
        component == ARENA_NONE ? NULL : catalog_map_text(&run->catalog, run->catalog.components[component].lot_code);
    json_put_string(out, "lot_code", lot);
    put_decimal(out, "qty", qty, QTY_SCALE);
    put_decimal(out, "reserved", reserved, QTY_SCALE);
    json_put_string(out, "unit", unit_name(unit));
    if (cost >= 0)
        put_decimal(out, "unit_cost", cost, PRICE_SCALE);
    else
        json_put_string(out, "unit_cost", NULL);
    json_put_string(out, "received_on", *date ? date : NULL);
}

void stock_preview_line(struct stock_run *run, const struct stock_line *line)
{
    struct json_out *out = &run->preview;
    char date[11] = "";
    if (run->n_preview >= PREVIEW_ROWS)
        return;
    run->n_preview++;
    if (line->received_on.year)
        value_date_format(line->received_on, date);
    json_object(out);
    json_put_int(out, "row", line->row + 1);
    json_put_string(out, "pn_norm", line->pn_norm);
    json_put_string(out, "vendor_norm", line->vendor_norm);
    json_key(out, "part_number");
    json_string_n(out, line->part_number, line->part_number_len);
    json_key(out, "name");
    json_string_n(out, line->name, line->name_len);
    put_values(out, run, line->component, line->qty, line->reserved, line->unit, line->cost, date);
    json_object_end(out);
}

/* ---- Changes --------------------------------------------------------------------------------------------------- */

/* A row of stock_item as it is now. */
static const char *const column_names[] = {"part_number", "name", "lot_code",  "qty",
                                           "reserved",    "unit", "unit_cost", "received_on"};
#define N_COLUMNS (sizeof column_names / sizeof column_names[0])

static int on_stock_row(const struct store_value *v, unsigned n, void *ctx)
{
    struct json_out *out = ctx;
    for (unsigned i = 0; i < n && i < N_COLUMNS; i++) {
        json_key(out, column_names[i]);
        if (v[i].type == STORE_NULL)
            json_null(out);
        else
            json_string_n(out, v[i].text, v[i].len);
    }
    return 0;
}

static int put_old(struct stock_run *run, struct json_out *out, const struct stock_item *item)
{
    struct store_value id = STORE_U(item->old_id);
    return store_query(
        run->job->db,
        "SELECT t.part_number, t.name, c.lot_code, t.qty, t.reserved, t.unit, t.unit_cost, t.received_on "
        "FROM stock_item t LEFT JOIN component c ON c.id = t.component_id WHERE t.id = ?",
        &id, 1, on_stock_row, out);
}

static void put_new(struct stock_run *run, struct json_out *out, const struct stock_item *item)
{
    char date[16] = "";
    if (item->texts != ARENA_NONE) {
        json_put_string(out, "part_number", stock_item_part_number(&run->items, item));
        json_put_string(out, "name", stock_item_name(&run->items, item));
    }
    if (item->date)
        snprintf(date, sizeof date, "%04u-%02u-%02u", item->date / 10000, item->date / 100 % 100, item->date % 100);
    put_values(out, run, item->component, item->qty, item->reserved, (enum unit)item->unit, item->cost, date);
}

static int put_change(struct stock_run *run, struct json_out *out, const struct stock_item *item,
                      enum stock_change change)
{
    int rc = 0;
    json_object(out);
    json_put_string(out, "pn_norm", stock_item_pn(&run->items, item));
    json_put_string(out, "vendor_norm", stock_item_vendor(&run->items, item));
    if (change == CHANGE_INSERT) {
        put_new(run, out, item);
    } else if (change == CHANGE_DELETE) {
        rc = put_old(run, out, item);
    } else {
        json_key(out, "old");
        json_object(out);
        rc = put_old(run, out, item);
        json_object_end(out);
        json_key(out, "new");
        json_object(out);
        put_new(run, out, item);
        json_object_end(out);
    }
    json_object_end(out);
    return rc;
}

static int put_changes(struct stock_run *run, struct json_out *out, const char *key, enum stock_change wanted)
{
    int rc = 0;
    unsigned shown = 0;
    json_key(out, key);
    json_array(out);
    for (uint32_t i = 0; i < run->items.n && shown < CHANGES_SHOWN && rc == 0; i++) {
        const struct stock_item *item = &run->items.item[i];
        if (stock_item_change(&run->items, item, run->params.mode) != wanted)
            continue;
        rc = put_change(run, out, item, wanted);
        shown++;
    }
    json_array_end(out);
    return rc;
}

int stock_changes_json(struct stock_run *run)
{
    struct json_out out;
    json_out_init(&out);
    json_object(&out);
    int rc = put_changes(run, &out, "inserts", CHANGE_INSERT);
    if (rc == 0)
        rc = put_changes(run, &out, "updates", CHANGE_UPDATE);
    if (rc == 0)
        rc = put_changes(run, &out, "deletes", CHANGE_DELETE);
    json_object_end(&out);
    if (rc == 0)
        run->changes = json_out_copy(&out);
    json_out_fini(&out);
    return rc;
}
