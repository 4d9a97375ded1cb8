/* A data row as a whole: quantity, unit, date and texts. The cost is in cost.c. */
#include "handlers/stock/line/line.h"

#include "base/utf8.h"
#include "handlers/stock/line/amounts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define QTY_LIMIT         ((dec128)1000000000000000) /* 10^12 at three digits: DECIMAL(15,3) */
#define NAME_CHARACTERS   255
#define NUMBER_CHARACTERS 128
#define UNIT_CODE         24

/* ---- Quantity -------------------------------------------------------------------------------------------------- */

/* A reserve that cannot be read counts as 0, because the stock itself is known. */
static dec128 read_reserved(struct stock_context *context, const struct table_row *row, struct stock_verdict *verdict)
{
    struct value_number reserved;
    enum number_read rc = stock_number_take(context, row, FIELD_RESERVED, QTY_SCALE, &reserved);
    if (rc == NUMBER_MISSING)
        return 0;
    if (rc != NUMBER_READ || reserved.value < 0 || reserved.value >= QTY_LIMIT) {
        stock_fault_add(verdict, W_RESERVED, FIELD_RESERVED);
        return 0;
    }
    if (reserved.approx)
        stock_fault_add(verdict, W_QTY_APPROX, FIELD_RESERVED);
    return reserved.value;
}

/* Is there no number at all, nor anything else? */
static bool is_missing(const struct stock_context *context, const struct table_row *row, enum stock_field field)
{
    struct value_number number;
    return stock_number_read(context, row, field, QTY_SCALE, &number) == NUMBER_MISSING;
}

/* The column that counts: the quantity, or what is free if the row has none. */
static enum stock_field counted_field(const struct stock_context *context, const struct table_row *row)
{
    if (!table_heading_has(context->heading, FIELD_QTY))
        return FIELD_FREE;
    if (!row->field[FIELD_FREE] || !is_missing(context, row, FIELD_QTY))
        return FIELD_QTY;
    return is_missing(context, row, FIELD_FREE) ? FIELD_QTY : FIELD_FREE;
}

static enum stock_code quantity_fault(enum number_read rc)
{
    static const enum stock_code codes[] = {[NUMBER_READ] = CODE_NONE,
                                            [NUMBER_MISSING] = E_QTY_MISSING,
                                            [NUMBER_BAD] = E_QTY_NUM,
                                            [NUMBER_RANGE] = E_QTY_RANGE,
                                            [NUMBER_FORMULA] = E_QTY_FORMULA};
    return codes[rc];
}

/* The quantity in the file's unit. */
static void read_quantity(struct stock_context *context, const struct table_row *row, struct stock_amounts *amounts,
                          struct stock_verdict *verdict)
{
    struct value_number qty;
    amounts->field = counted_field(context, row);
    enum number_read rc = stock_number_take(context, row, amounts->field, QTY_SCALE, &qty);
    if (rc != NUMBER_READ) {
        stock_fault_add(verdict, quantity_fault(rc), amounts->field);
        return;
    }
    if (qty.approx)
        stock_fault_add(verdict, W_QTY_APPROX, amounts->field);
    if (qty.lost)
        stock_fault_add(verdict, W_QTY_ROUNDED, amounts->field);
    amounts->written = qty.value + (amounts->field == FIELD_FREE ? amounts->reserved : 0);
    amounts->counted = dec_size(amounts->written) < QTY_LIMIT;
    if (!amounts->counted)
        stock_fault_add(verdict, E_QTY_RANGE, amounts->field);
    if (amounts->written >= 0)
        return;
    stock_fault_add(verdict, W_QTY_NEGATIVE, amounts->field);
    if (context->params->negative == NEGATIVE_REJECT)
        stock_fault_add(verdict, E_QTY_NEGATIVE, amounts->field);
}

int stock_row_quantity(const struct stock_context *context, const struct table_row *row, dec128 *out, bool *missing)
{
    struct value_number qty, reserved;
    enum stock_field field = counted_field(context, row);
    enum number_read rc = stock_number_read(context, row, field, QTY_SCALE, &qty);
    *missing = rc == NUMBER_MISSING;
    *out = 0;
    if (rc != NUMBER_READ)
        return *missing ? 0 : -EINVAL;
    *out = qty.value;
    if (field == FIELD_FREE && stock_number_read(context, row, FIELD_RESERVED, QTY_SCALE, &reserved) == NUMBER_READ)
        *out += reserved.value;
    return dec_size(*out) < QTY_LIMIT ? 0 : -EINVAL;
}

/* ---- Unit ------------------------------------------------------------------------------------------------------ */

/* The unit's text; a code that a spreadsheet took for a number gets its zeros back (006). `code` has UNIT_CODE bytes. */
static struct cell_span unit_text(const struct grid_cell *cell, char *code)
{
    struct cell_span text = cell_span(cell);
    if (!cell || cell->kind != GRID_NUMBER || text.n >= cell->zero_pad || cell->zero_pad >= UNIT_CODE)
        return text;
    int n = snprintf(code, UNIT_CODE, "%0*d%.*s", (int)(cell->zero_pad - text.n), 0, (int)text.n, text.s);
    return (struct cell_span){code, (size_t)n};
}

int stock_unit_read(const struct grid_cell *cell, struct value_unit *unit)
{
    char code[UNIT_CODE];
    struct cell_span text = unit_text(cell, code);
    return value_unit_text(text.s, text.n, unit);
}

/* The unit of the row's quantity: its own, else the one in the quantity's caption ("тыс. шт"), which says nothing about
 * the price. Returns false if it is unknown; a formula without a value is. */
static bool file_unit(const struct stock_context *context, const struct table_row *row, struct stock_amounts *amounts,
                      struct value_unit *unit)
{
    const struct grid_cell *cell = row->field[FIELD_UNIT];
    if (cell && cell->kind == GRID_FORMULA)
        return false;
    if (!cell_empty(cell))
        return stock_unit_read(cell, unit) == 0;
    *unit = context->heading->hints[amounts->field].unit;
    amounts->unit_of_caption = unit->unit != UNIT_NONE;
    if (!amounts->unit_of_caption)
        *unit = (struct value_unit){UNIT_NONE, 1, false};
    return true;
}

/* How many of the item's units one unit of the file is; 0 = not known. */
static int64_t unit_size(const struct stock_context *context, const struct stock_ident *ident, struct value_unit unit)
{
    if (!unit.pack)
        return (int64_t)unit.factor * 1000;
    return ident->entry == ARENA_NONE ? 0 : context->catalog->entries[ident->entry].pack_qty;
}

/* The unit in which the item is stored, and how the file's unit becomes it. */
static void read_unit(const struct stock_context *context, const struct table_row *row, const struct stock_ident *ident,
                      struct stock_amounts *amounts, struct stock_verdict *verdict)
{
    struct value_unit value;
    if (!file_unit(context, row, amounts, &value)) {
        stock_fault_add(verdict, E_UNIT, FIELD_UNIT);
        return;
    }
    enum stock_field field = amounts->unit_of_caption ? amounts->field : FIELD_UNIT;
    amounts->multiplier = unit_size(context, ident, value);
    amounts->price_multiplier = amounts->unit_of_caption ? 1000 : amounts->multiplier;
    if (amounts->multiplier == 0 && ident->settled)
        stock_fault_add(verdict, E_UNIT_PACK, field); /* else it follows from the number that is not known */
    enum unit own =
        ident->component == ARENA_NONE ? UNIT_NONE : (enum unit)context->catalog->components[ident->component].unit;
    if (own == UNIT_NONE)
        own = value.unit == UNIT_NONE ? UNIT_PCS : value.unit;
    if (value.unit != UNIT_NONE && (value.unit == UNIT_M) != (own == UNIT_M))
        stock_fault_add(verdict, E_UNIT_MISMATCH, field);
    amounts->unit = own;
}

/* value × multiplier, both in thousandths. */
static dec128 scale_quantity(dec128 value, int64_t multiplier, bool *lost)
{
    dec128 product = value * multiplier;
    *lost = product % 1000 != 0;
    return dec_div_round(product, 1000, ROUND_HALF_UP);
}

static void scale_amounts(const struct stock_context *context, struct stock_amounts *amounts,
                          struct stock_verdict *verdict)
{
    bool lost, ignored;
    dec128 qty = scale_quantity(amounts->written, amounts->multiplier, &lost);
    dec128 reserved = scale_quantity(amounts->reserved, amounts->multiplier, &ignored);
    if (dec_size(qty) >= QTY_LIMIT || reserved >= QTY_LIMIT) {
        stock_fault_add(verdict, E_QTY_RANGE, amounts->field);
        return;
    }
    if (lost)
        stock_fault_add(verdict, W_QTY_ROUNDED, amounts->field);
    if (qty < 0 && context->params->negative == NEGATIVE_ZERO)
        qty = 0;
    if (amounts->unit != UNIT_M && qty % 1000 != 0)
        stock_fault_add(verdict, W_QTY_FRACTION, amounts->field);
    if (reserved > (qty > 0 ? qty : 0))
        stock_fault_add(verdict, W_RESERVED, FIELD_RESERVED); /* kept: the free quantity is never below 0 */
    amounts->qty = (int64_t)qty;
    amounts->reserved = (int64_t)reserved;
}

/* ---- The row as a whole ---------------------------------------------------------------------------------------- */

static void measure(struct stock_context *context, const struct table_row *row, const struct stock_ident *ident,
                    struct stock_amounts *amounts, struct stock_verdict *verdict)
{
    amounts->reserved = (int64_t)read_reserved(context, row, verdict);
    read_quantity(context, row, amounts, verdict);
    read_unit(context, row, ident, amounts, verdict);
    if (amounts->counted && amounts->multiplier != 0)
        scale_amounts(context, amounts, verdict);
    stock_cost_read(context, row, amounts, verdict);
}

static struct value_date read_date(const struct stock_context *context, const struct table_row *row,
                                   struct stock_verdict *verdict)
{
    const struct grid_cell *cell = row->field[FIELD_RECEIVED_ON];
    struct value_date date = {0, 0, 0};
    if (!cell || (cell->kind != GRID_FORMULA && cell_empty(cell)))
        return date;
    int rc = -EINVAL;
    if (cell->kind == GRID_NUMBER)
        rc = value_date_serial(cell->text, cell->len, context->date1904, &date);
    else if (cell->kind == GRID_TEXT)
        rc = value_date_text(cell->text, cell->len, &date);
    else if (cell->kind == GRID_DATE)
        rc = value_date_text(cell->text, cell->len < 10 ? cell->len : 10, &date);
    if (rc == 0)
        return date;
    stock_fault_add(verdict, W_DATE, FIELD_RECEIVED_ON);
    return (struct value_date){0, 0, 0};
}

/* As many characters of valid text as a column holds, up to a NUL, which some programs leave in .mxl files. */
static size_t cut_characters(struct cell_span text, size_t characters)
{
    size_t i = 0;
    for (; i < text.n; i++)
        if (text.s[i] == '\0' || (((unsigned char)text.s[i] & 0xc0) != 0x80 && characters-- == 0))
            break;
    return i;
}

size_t stock_name_length(struct cell_span name)
{
    return cut_characters(name, NAME_CHARACTERS);
}

static void fill_line(const struct stock_context *context, const struct table_row *row, const struct stock_ident *ident,
                      const struct stock_amounts *amounts, struct stock_line *line)
{
    struct cell_span name = cell_span(row->field[FIELD_NAME]);
    *line = (struct stock_line){.row = row->row->row, .pn_norm = ident->pn_norm, .vendor_norm = ident->vendor_norm};
    struct cell_span number = stock_ident_text(ident);
    line->part_number = number.s;
    line->part_number_len = cut_characters(number, NUMBER_CHARACTERS);
    line->name = name.s;
    line->name_len = stock_name_length(name);
    line->component = ident->component;
    bool mapped = ident->entry != ARENA_NONE && context->catalog->entries[ident->entry].component == ident->component;
    line->lot_qty = mapped ? context->catalog->entries[ident->entry].lot_qty : 1000;
    line->qty = amounts->qty;
    line->reserved = amounts->reserved;
    line->cost = amounts->cost;
    line->unit = amounts->unit;
}

bool stock_line_read(struct stock_context *context, const struct table_row *row, const struct stock_ident *ident,
                     struct stock_line *line, struct stock_verdict *verdict)
{
    struct stock_amounts amounts = {.unit = UNIT_PCS, .cost = -1};
    struct cell_span name = cell_span(row->field[FIELD_NAME]);
    if (!utf8_valid(name.s, name.n))
        stock_fault_add(verdict, E_ENCODING, FIELD_NAME);
    measure(context, row, ident, &amounts, verdict);
    struct value_date date = read_date(context, row, verdict);
    if (verdict->refused)
        return false;
    if (ident->component == ARENA_NONE)
        stock_fault_add(verdict, W_UNMATCHED, (enum stock_field)ident->from);
    fill_line(context, row, ident, &amounts, line);
    line->received_on = date;
    return true;
}
