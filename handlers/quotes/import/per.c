/* Packs, thousands, metres: from what the file's price is for to lots. */
#include "handlers/quotes/import/per.h"

#include "handlers/stock/line/amounts.h"

#define PER_MAX   100000                     /* price_per */
#define QTY_LIMIT ((dec128)1000000000000000) /* 10^12 at three digits: DECIMAL(15,3) */

/* ---- Units of the row ------------------------------------------------------------------------------------------- */

/* The row's own pack size; 0 = it says none that can be read. */
static int64_t row_pack(struct quote_context *context, const struct table_row *row)
{
    struct value_number number;
    enum number_read rc = stock_number_take(&context->stock, row, FIELD_PACK_QTY, QTY_SCALE, &number);
    return rc == NUMBER_READ && number.value > 0 && number.value < QTY_LIMIT ? (int64_t)number.value : 0;
}

void quote_units_read(struct quote_context *context, const struct table_row *row, const struct stock_ident *ident,
                      struct quote_units *units)
{
    const struct catalog_map *catalog = context->stock.catalog;
    const struct catalog_entry *entry = ident->entry == ARENA_NONE ? NULL : &catalog->entries[ident->entry];
    const struct grid_cell *cell = row->field[FIELD_UNIT];
    *units = (struct quote_units){.row = {UNIT_NONE, 1, false}, .row_known = true, .settled = ident->settled};
    if (cell && cell->kind == GRID_FORMULA)
        units->row_known = false;
    else if (!cell_empty(cell))
        units->row_known = stock_unit_read(cell, &units->row) == 0;
    int64_t pack = row_pack(context, row);
    units->pack = pack > 0 ? pack : entry ? entry->pack_qty : 0;
    bool mapped = entry && entry->component == ident->component;
    units->lot_qty = mapped ? entry->lot_qty : 1000;
    units->own = ident->component == ARENA_NONE ? UNIT_NONE : (enum unit)catalog->components[ident->component].unit;
}

/* ---- Pieces ----------------------------------------------------------------------------------------------------- */

/* So many of a unit. */
struct measure {
    enum unit unit; /* UNIT_NONE = of whatever the item is counted in */
    bool pack;
    int64_t count;
};

static struct measure measure_of_per(struct quote_per per)
{
    static const enum unit units[] = {UNIT_NONE, UNIT_PCS, UNIT_PCS, UNIT_SET, UNIT_M};
    return (struct measure){units[per.unit], per.unit == QUOTE_PACK, per.count};
}

static struct measure measure_of_unit(struct value_unit unit)
{
    return (struct measure){unit.unit, unit.pack, unit.factor};
}

/* Metres are no pieces, nor sets. */
static bool mismatches(const struct quote_units *units, const struct measure *measure)
{
    return measure->unit != UNIT_NONE && units->own != UNIT_NONE && (measure->unit == UNIT_M) != (units->own == UNIT_M);
}

/* Thousandths; 0 = a pack of unknown size. */
static int64_t pieces_of(const struct quote_units *units, const struct measure *measure)
{
    return (measure->pack ? units->pack : 1000) * measure->count;
}

/* The same, or 0 after telling what is wrong in this column (ARENA_NONE = the field's). */
static int64_t take_pieces(const struct quote_units *units, const struct measure *measure, enum stock_field field,
                           uint32_t column, struct stock_verdict *verdict)
{
    int64_t pieces = pieces_of(units, measure);
    bool wrong = mismatches(units, measure);
    if (pieces == 0 && units->settled)
        stock_fault_at(verdict, E_UNIT_PACK, field, column);
    if (wrong)
        stock_fault_at(verdict, E_UNIT_MISMATCH, field, column);
    return wrong ? 0 : pieces;
}

int64_t quote_units_pieces(const struct quote_context *context, const struct quote_units *units, enum stock_field field)
{
    struct value_unit caption = context->stock.heading->hints[field].unit;
    struct measure measure = measure_of_unit(units->row.unit == UNIT_NONE ? caption : units->row);
    return units->row_known && !mismatches(units, &measure) ? pieces_of(units, &measure) : 0;
}

/* ---- What the price is for -------------------------------------------------------------------------------------- */

/* Pieces by the unit column; 0 after a fault. */
static int64_t pieces_of_row(const struct table_row *row, const struct quote_units *units,
                             struct stock_verdict *verdict)
{
    struct measure measure = measure_of_unit(units->row);
    const struct grid_cell *cell = row->field[FIELD_UNIT];
    if (!units->row_known || !cell) /* what is not known has been told */
        return units->row_known ? 1000 : 0;
    return take_pieces(units, &measure, FIELD_UNIT, cell->column, verdict);
}

/* The first that says it: the caption, the cell, the unit column. */
static int64_t find_per(const struct table_row *row, const struct table_price *price, const struct price_cell *cell,
                        const struct quote_units *units, struct stock_verdict *verdict)
{
    if (!quote_per_said(price->per) && !quote_per_said(cell->per))
        return pieces_of_row(row, units, verdict);
    struct measure measure = measure_of_per(quote_per_said(price->per) ? price->per : cell->per);
    return take_pieces(units, &measure, FIELD_PRICE, price->column, verdict);
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

/* The column's tier, else the row's cell if it can be read, else the parameter. */
enum min_from { MIN_TIER, MIN_CELL, MIN_PARAMETER };

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

/* Pieces in one of the units in which it is counted: its own caption's, else what the caption's price is for, else the
 * row's. 0 after a fault. */
static int64_t min_pieces(const struct quote_context *context, const struct table_row *row,
                          const struct table_price *price, const struct quote_units *units, enum min_from from,
                          struct stock_verdict *verdict)
{
    struct measure measure = measure_of_per((struct quote_per){price->tier_unit, 1});
    const struct label_hints *hints = &context->stock.heading->hints[FIELD_MIN_QTY];
    bool pieces = hints->pieces && hints->unit.unit == UNIT_NONE;
    struct value_unit caption = pieces ? (struct value_unit){UNIT_PCS, 1, false} : hints->unit;
    const struct grid_cell *cell = row->field[FIELD_MIN_QTY];
    if (from == MIN_TIER && price->tier_unit == QUOTE_PCS)
        return 1000;
    if (from == MIN_TIER && measure.unit != UNIT_NONE)
        return take_pieces(units, &measure, FIELD_PRICE, price->column, verdict);
    if (from == MIN_CELL && caption.unit != UNIT_NONE) {
        measure = measure_of_unit(caption);
        return take_pieces(units, &measure, FIELD_MIN_QTY, cell->column, verdict);
    }
    if (!quote_per_said(price->per))
        return pieces_of_row(row, units, verdict);
    measure = measure_of_per(price->per);
    return take_pieces(units, &measure, from == MIN_CELL ? FIELD_MIN_QTY : FIELD_PRICE,
                       from == MIN_CELL ? cell->column : price->column, verdict);
}

static bool apply_min(struct quote_context *context, const struct table_row *row, const struct table_price *price,
                      const struct quote_units *units, struct quote_offer *offer, struct stock_verdict *verdict)
{
    enum min_from from;
    int64_t least = find_min(context, row, price, &from), pieces = 1000;
    if (least > 1000)
        pieces = min_pieces(context, row, price, units, from, verdict);
    if (pieces == 0)
        return false;
    dec128 product = dec_div_round((dec128)least * pieces, 1000, ROUND_HALF_UP);
    offer->min_qty = (int64_t)product;
    if (product > 0 && product < QTY_LIMIT)
        return true;
    stock_fault_at(verdict, E_PRICE_RANGE, FIELD_PRICE, price->column);
    return false;
}

bool quote_per_apply(struct quote_context *context, const struct table_row *row, const struct table_price *price,
                     const struct price_cell *cell, const struct quote_units *units, struct quote_offer *offer,
                     struct stock_verdict *verdict)
{
    int64_t pieces = find_per(row, price, cell, units, verdict);
    bool least = apply_min(context, row, price, units, offer, verdict);
    if (pieces == 0)
        return false;
    if (divide(offer, pieces, units->lot_qty))
        return least;
    stock_fault_at(verdict, E_PRICE_RANGE, FIELD_PRICE, price->column);
    return false;
}
