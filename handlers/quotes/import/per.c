/* Packs, thousands, metres: from what the file's price is for to lots. */
#include "handlers/quotes/import/per.h"

#include "handlers/stock/line/amounts.h"

#include <string.h>

#define PER_MAX   100000                     /* price_per */
#define QTY_LIMIT ((dec128)1000000000000000) /* 10^12 at three digits */

/* ---- Units of the row ------------------------------------------------------------------------------------------- */

/* The row's own pack size; 0 = it says none that can be read. */
static int64_t row_pack(struct quote_context *context, const struct table_row *row)
{
    struct value_number number;
    enum number_read rc = stock_number_take(&context->stock, row, FIELD_PACK_QTY, QTY_SCALE, &number);
    return rc == NUMBER_READ && number.value > 0 && number.value < QTY_LIMIT ? (int64_t)number.value : 0;
}

static enum stock_field counted_field(const struct table_heading *heading)
{
    return table_heading_has(heading, FIELD_FREE) ? FIELD_FREE : FIELD_QTY;
}

void quote_units_read(struct quote_context *context, const struct table_row *row, const struct stock_ident *ident,
                      struct quote_units *units)
{
    const struct catalog_map *catalog = context->stock.catalog;
    const struct table_heading *heading = context->stock.heading;
    const struct catalog_entry *entry = ident->entry == ARENA_NONE ? NULL : &catalog->entries[ident->entry];
    const struct grid_cell *cell = row->field[FIELD_UNIT];
    struct cell_span text = cell_span(cell);
    *units = (struct quote_units){.row = {UNIT_NONE, 1, false}, .row_known = true, .settled = ident->settled};
    bool said = text.n > 0 || (cell && cell->kind == GRID_FORMULA);
    if (said)
        units->row_known = text.n > 0 && stock_unit_read(cell, &units->row) == 0;
    units->qty = units->row;
    if (!said && heading->hints[counted_field(heading)].unit.unit != UNIT_NONE)
        units->qty = heading->hints[counted_field(heading)].unit;
    int64_t pack = row_pack(context, row);
    units->pack = pack > 0 ? pack : entry ? entry->pack_qty : 0;
    bool mapped = entry && entry->component == ident->component;
    units->lot_qty = mapped ? entry->lot_qty : 1000;
    units->own = ident->component == ARENA_NONE ? UNIT_NONE : (enum unit)catalog->components[ident->component].unit;
}

int64_t quote_units_pieces(const struct quote_units *units, struct value_unit unit)
{
    if (!units->row_known)
        return 0;
    return unit.pack ? units->pack : (int64_t)unit.factor * 1000;
}

/* ---- What the price is for -------------------------------------------------------------------------------------- */

/* How many pieces the price is for, and in which unit. */
struct per {
    enum unit unit; /* UNIT_NONE = not said */
    bool pack;
    int64_t pieces; /* thousandths; 0 = a pack of unknown size */
    bool of_row;    /* the unit column says it */
};

static struct per per_of(const struct quote_units *units, struct quote_per said)
{
    static const enum unit unit_of[] = {UNIT_NONE, UNIT_PCS, UNIT_PCS, UNIT_SET, UNIT_M};
    struct per per = {.unit = unit_of[said.unit], .pack = said.unit == QUOTE_PACK};
    per.pieces = (per.pack ? units->pack : 1000) * (int64_t)said.count;
    return per;
}

/* The first that says it: the caption, the cell, the unit column. */
static bool find_per(const struct table_price *price, const struct price_cell *cell, const struct quote_units *units,
                     struct per *per)
{
    if (quote_per_said(price->per) || quote_per_said(cell->per)) {
        *per = per_of(units, quote_per_said(price->per) ? price->per : cell->per);
        return true;
    }
    if (!units->row_known)
        return false;
    *per = (struct per){units->row.unit, units->row.pack, quote_units_pieces(units, units->row), true};
    return true;
}

static void fault_in(struct stock_verdict *verdict, enum stock_code code, const struct per *per,
                     const struct table_price *price)
{
    if (per->of_row)
        stock_fault_add(verdict, code, FIELD_UNIT);
    else
        stock_fault_at(verdict, code, FIELD_PRICE, price->column);
}

/* pieces × lots in a piece: whole and small, or the price is divided by it. Returns false if no price is left. */
static bool divide(struct quote_offer *offer, int64_t pieces, int64_t lot_qty)
{
    dec128 lots = (dec128)pieces * lot_qty; /* millionths */
    if (lots % 1000000 == 0 && lots / 1000000 <= PER_MAX) {
        offer->price_per = (uint32_t)(lots / 1000000);
        return true;
    }
    dec128 price = dec_div_round((dec128)offer->price * 1000000, lots, ROUND_HALF_UP);
    offer->price_per = 1;
    if (price < 1 || price >= PRICE_CELL_LIMIT)
        return false;
    offer->price = (int64_t)price;
    return true;
}

/* ---- The smallest quantity -------------------------------------------------------------------------------------- */

enum min_from { MIN_TIER, MIN_CELL, MIN_PARAMETER };

/* The column's tier, else the row's cell if it can be read, else the parameter. */
static int64_t find_min(struct quote_context *context, const struct table_row *row, const struct table_price *price,
                        enum min_from *from)
{
    struct value_number number;
    *from = MIN_TIER;
    if (price->min_qty > 0)
        return price->min_qty;
    *from = MIN_CELL;
    enum number_read rc = stock_number_take(&context->stock, row, FIELD_MIN_QTY, QTY_SCALE, &number);
    if (rc == NUMBER_READ && number.value > 0 && number.value < QTY_LIMIT)
        return (int64_t)number.value;
    *from = MIN_PARAMETER;
    return context->params->min_qty;
}

/* Pieces in one of the units in which it is counted, thousandths; 0 = a pack of unknown size. `own`: the unit in the
 * caption of the column of smallest quantities. */
static int64_t min_pieces(const struct table_price *price, const struct quote_units *units, enum min_from from,
                          struct value_unit own)
{
    if (from == MIN_TIER && price->tier_unit != QUOTE_UNIT_NONE)
        return per_of(units, (struct quote_per){price->tier_unit, 1}).pieces;
    if (from == MIN_CELL && own.unit != UNIT_NONE)
        return own.pack ? units->pack : (int64_t)own.factor * 1000;
    if (quote_per_said(price->per))
        return per_of(units, (struct quote_per){price->per.unit, 1}).pieces;
    return units->row_known ? quote_units_pieces(units, units->row) : 1000;
}

static bool apply_min(struct quote_context *context, const struct table_row *row, const struct table_price *price,
                      const struct quote_units *units, struct quote_offer *offer, struct stock_verdict *verdict)
{
    enum min_from from;
    int64_t least = find_min(context, row, price, &from), pieces = 1000;
    if (least > 1000)
        pieces = min_pieces(price, units, from, context->stock.heading->hints[FIELD_MIN_QTY].unit);
    dec128 product = dec_div_round((dec128)least * pieces, 1000, ROUND_HALF_UP);
    if (pieces == 0 || product >= QTY_LIMIT) {
        if (units->settled || pieces != 0)
            stock_fault_at(verdict, pieces == 0 ? E_UNIT_PACK : E_PRICE_RANGE, FIELD_PRICE, price->column);
        return false;
    }
    offer->min_qty = (int64_t)(product < 1 ? 1 : product);
    return true;
}

bool quote_per_apply(struct quote_context *context, const struct table_row *row, const struct table_price *price,
                     const struct price_cell *cell, const struct quote_units *units, struct quote_offer *offer,
                     struct stock_verdict *verdict)
{
    struct per per;
    if (!find_per(price, cell, units, &per))
        return false;
    if (per.unit != UNIT_NONE && units->own != UNIT_NONE && (per.unit == UNIT_M) != (units->own == UNIT_M))
        fault_in(verdict, E_UNIT_MISMATCH, &per, price);
    if (per.pieces == 0) {
        if (units->settled)
            fault_in(verdict, E_UNIT_PACK, &per, price);
        return false;
    }
    if (!divide(offer, per.pieces, units->lot_qty)) {
        stock_fault_at(verdict, E_PRICE_RANGE, FIELD_PRICE, price->column);
        return false;
    }
    return apply_min(context, row, price, units, offer, verdict);
}
