/* Amounts of a data row: quantity, unit, cost in the base currency; and the row as a whole. */
#include "handlers/stock/line.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define QTY_LIMIT         ((dec128)1000000000000000) /* 10^12 at three digits: DECIMAL(15,3) */
#define COST_LIMIT        ((dec128)100000000000000)  /* 10^10 at four digits: DECIMAL(14,4) */
#define NAME_CHARACTERS   255
#define NUMBER_CHARACTERS 128

/* 0, or -EINVAL, -ERANGE. A missing cell is a missing number. */
static int read_number(const struct stock_context *context, const struct grid_cell *cell, unsigned scale,
                       struct value_number *out)
{
    memset(out, 0, sizeof *out);
    out->missing = true;
    if (!cell || cell_empty(cell))
        return 0;
    if (cell->kind == GRID_NUMBER)
        return value_number_cell(cell->text, cell->len, scale, out);
    if (cell->kind == GRID_TEXT)
        return value_number_text(cell->text, cell->len, scale, context->params->locale, out);
    return -EINVAL;
}

/* ---- Quantity -------------------------------------------------------------------------------------------------- */

static dec128 magnitude(dec128 value)
{
    return value < 0 ? -value : value;
}

/* A reserve that cannot be read counts as 0, because the stock itself is known. */
static dec128 read_reserved(const struct stock_context *context, const struct table_row *row, stock_warnings *warnings)
{
    struct value_number reserved;
    int rc = read_number(context, row->field[FIELD_RESERVED], QTY_SCALE, &reserved);
    if (rc == 0 && reserved.missing)
        return 0;
    if (rc != 0 || reserved.value < 0 || reserved.value >= QTY_LIMIT) {
        stock_warn(warnings, W_RESERVED);
        return 0;
    }
    return reserved.value;
}

/* The quantity in the file's unit. */
static enum stock_code read_quantity(const struct stock_context *context, const struct table_row *row, dec128 reserved,
                                     dec128 *out, stock_warnings *warnings)
{
    struct value_number qty;
    int rc = read_number(context, row->field[FIELD_QTY], QTY_SCALE, &qty);
    bool from_free = rc == 0 && qty.missing;
    if (from_free)
        rc = read_number(context, row->field[FIELD_FREE], QTY_SCALE, &qty);
    if (rc != 0)
        return rc == -ERANGE ? E_QTY_RANGE : E_QTY_NUM;
    if (qty.missing)
        return E_QTY_MISSING;
    if (qty.approx)
        stock_warn(warnings, W_QTY_APPROX);
    if (qty.lost)
        stock_warn(warnings, W_QTY_ROUNDED);
    *out = qty.value + (from_free ? reserved : 0);
    if (magnitude(*out) >= QTY_LIMIT)
        return E_QTY_RANGE;
    if (*out >= 0)
        return CODE_NONE;
    stock_warn(warnings, W_QTY_NEGATIVE);
    return context->params->negative == NEGATIVE_REJECT ? E_QTY_NEGATIVE : CODE_NONE;
}

/* ---- Unit ------------------------------------------------------------------------------------------------------ */

/* The unit in which the item is stored, and how many of these one unit of the file is (thousandths). */
static enum stock_code read_unit(const struct stock_context *context, const struct table_row *row,
                                 const struct stock_ident *ident, enum unit *unit, int64_t *multiplier)
{
    const struct catalog_map *catalog = context->catalog;
    const struct grid_cell *cell = row->field[FIELD_UNIT];
    struct cell_span text = cell_span(cell);
    struct value_unit value = {UNIT_NONE, 1, false};
    char code[24];
    if (cell && cell->kind == GRID_NUMBER && text.n < cell->zero_pad && cell->zero_pad < sizeof code) {
        int n = snprintf(code, sizeof code, "%0*d%.*s", (int)(cell->zero_pad - text.n), 0, (int)text.n, text.s);
        text = (struct cell_span){code, (size_t)n}; /* 006 kept as the number 6 */
    }
    if (text.n && value_unit_text(text.s, text.n, &value) != 0)
        return E_UNIT;
    *multiplier = (int64_t)value.factor * 1000;
    if (value.pack) {
        *multiplier = ident->entry == ARENA_NONE ? 0 : catalog->entries[ident->entry].pack_qty;
        value.unit = UNIT_PCS;
        if (*multiplier == 0)
            return E_UNIT_PACK;
    }
    enum unit own = ident->component == ARENA_NONE ? UNIT_NONE : (enum unit)catalog->components[ident->component].unit;
    if (own == UNIT_NONE)
        own = value.unit == UNIT_NONE ? UNIT_PCS : value.unit;
    if (value.unit != UNIT_NONE && (value.unit == UNIT_M) != (own == UNIT_M))
        return E_UNIT_MISMATCH;
    *unit = own;
    return CODE_NONE;
}

/* value × multiplier, both in thousandths. */
static dec128 scale_quantity(dec128 value, int64_t multiplier, bool *lost)
{
    dec128 product = value * multiplier;
    *lost = product % 1000 != 0;
    return dec_div_round(product, 1000, ROUND_HALF_UP);
}

static enum stock_code scale_amounts(const struct stock_context *context, dec128 qty, dec128 reserved,
                                     int64_t multiplier, struct stock_amounts *amounts, stock_warnings *warnings)
{
    bool lost, ignored;
    qty = scale_quantity(qty, multiplier, &lost);
    reserved = scale_quantity(reserved, multiplier, &ignored);
    if (magnitude(qty) >= QTY_LIMIT || reserved >= QTY_LIMIT)
        return E_QTY_RANGE;
    if (lost)
        stock_warn(warnings, W_QTY_ROUNDED);
    if (qty < 0 && context->params->negative == NEGATIVE_ZERO)
        qty = 0;
    if (reserved > (qty > 0 ? qty : 0))
        stock_warn(warnings, W_RESERVED); /* kept: the free quantity is never below 0 */
    amounts->qty = (int64_t)qty;
    amounts->reserved = (int64_t)reserved;
    return CODE_NONE;
}

/* ---- Cost ------------------------------------------------------------------------------------------------------ */

bool stock_currency(struct cell_span text, char currency[4])
{
    static const struct {
        const char *word, *code;
    } words[] = {{"руб", "RUB"},  {"рубль", "RUB"},  {"рубли", "RUB"},    {"рублей", "RUB"},     {"р", "RUB"},
                 {"₽", "RUB"},  {"rur", "RUB"},    {"643", "RUB"},      {"810", "RUB"},        {"$", "USD"},
                 {"долл", "USD"}, {"доллар", "USD"}, {"долл сша", "USD"}, {"доллар сша", "USD"}, {"840", "USD"},
                 {"€", "EUR"},    {"евро", "EUR"},   {"978", "EUR"},      {"¥", "CNY"},          {"юань", "CNY"},
                 {"юани", "CNY"}, {"156", "CNY"}};
    char label[64];
    size_t n = label_normalise(text.s, text.n, label, sizeof label);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(label, words[i].word) == 0) {
            memcpy(currency, words[i].code, 4);
            return true;
        }
    if (n != 3)
        return false;
    for (size_t i = 0; i < 3; i++) {
        if (label[i] < 'a' || label[i] > 'z')
            return false;
        currency[i] = (char)(label[i] - 'a' + 'A');
    }
    currency[3] = '\0';
    return true;
}

/* The first of these that names a currency: the row's column, the number's suffix, the heading; else the base
 * currency. */
static bool row_currency(const struct stock_context *context, const struct table_row *row, const char *suffix,
                         const char *heading, char currency[4])
{
    struct cell_span text = cell_span(row->field[FIELD_CURRENCY]);
    if (text.n)
        return stock_currency(text, currency);
    memcpy(currency, *suffix ? suffix : *heading ? heading : context->catalog->base_currency, 4);
    return true;
}

static bool find_rate(struct stock_context *context, const char *currency, int64_t *rate, uint32_t *nominal)
{
    for (unsigned i = 0; i < context->n_rates; i++)
        if (memcmp(context->rate[i].currency, currency, 4) == 0) {
            *rate = context->rate[i].rate;
            *nominal = context->rate[i].nominal;
            return context->rate[i].known;
        }
    bool known = catalog_map_rate(context->catalog, currency, context->stock_date, rate, nominal);
    if (context->n_rates < STOCK_RATES_CACHED) {
        memcpy(context->rate[context->n_rates].currency, currency, 4);
        context->rate[context->n_rates].known = known;
        context->rate[context->n_rates].rate = *rate;
        context->rate[context->n_rates++].nominal = *nominal;
    }
    return known;
}

/* A fraction in lowest terms, so that products of many factors stay inside 128 bits; `over` if they do not. */
struct fraction {
    dec128 up, down;
    bool over;
};

static dec128 common_divisor(dec128 a, dec128 b)
{
    while (b) {
        dec128 rest = a % b;
        a = b;
        b = rest;
    }
    return a ? a : 1;
}

static void multiply(struct fraction *f, dec128 up, dec128 down)
{
    dec128 g = common_divisor(up, down);
    up /= g;
    down /= g;
    g = common_divisor(f->up, down);
    f->up /= g;
    down /= g;
    g = common_divisor(up, f->down);
    up /= g;
    f->down /= g;
    f->over |= __builtin_mul_overflow(f->up, up, &f->up) || __builtin_mul_overflow(f->down, down, &f->down);
}

/* Half of the range stays free: rounding doubles the remainder. */
static bool too_wide(const struct fraction *f)
{
    dec128 limit = (dec128)1 << 125;
    return f->over || f->up >= limit || f->down >= limit;
}

/* The cost as the file gives it. */
struct file_cost {
    struct value_number number;
    enum stock_field field; /* FIELD_UNIT_COST, FIELD_TOTAL_COST; FIELD_NONE = missing */
};

static enum stock_code read_cost(const struct stock_context *context, const struct table_row *row,
                                 struct file_cost *cost)
{
    static const enum stock_field order[] = {FIELD_UNIT_COST, FIELD_TOTAL_COST};
    cost->field = FIELD_NONE;
    for (size_t i = 0; i < 2; i++) {
        if (read_number(context, row->field[order[i]], PRICE_SCALE, &cost->number) != 0)
            return E_COST_NUM;
        if (cost->number.missing)
            continue;
        cost->field = order[i];
        return CODE_NONE;
    }
    return CODE_NONE;
}

/* round4(cost × rate ÷ nominal ÷ (1 + VAT if included) ÷ factor), and ÷ quantity when the file gives a total. */
static enum stock_code convert_cost(struct stock_context *context, const struct table_row *row,
                                    const struct file_cost *cost, dec128 qty, int64_t multiplier, int64_t *out)
{
    const struct label_hints *hints = &context->heading->hints[cost->field];
    struct fraction f = {magnitude(cost->number.value), 1, false};
    char currency[4];
    int64_t rate;
    uint32_t nominal;
    if (!row_currency(context, row, cost->number.currency, hints->currency, currency))
        return E_CURRENCY;
    if (!find_rate(context, currency, &rate, &nominal))
        return E_NO_RATE;
    multiply(&f, rate, (dec128)1000000 * nominal);
    if (hints->vat == 1 || (hints->vat < 0 && context->params->cost_vat_included))
        multiply(&f, 10000, 10000 + context->params->vat_rate);
    multiply(&f, 1000, multiplier);
    if (cost->field == FIELD_TOTAL_COST)
        multiply(&f, 1000, magnitude(qty));
    if (too_wide(&f))
        return E_COST_NUM;
    dec128 price = dec_div_round(f.up, f.down, ROUND_HALF_UP);
    if (price >= COST_LIMIT)
        return E_COST_NUM;
    *out = (int64_t)price;
    return CODE_NONE;
}

static enum stock_code measure_cost(struct stock_context *context, const struct table_row *row, dec128 qty,
                                    int64_t multiplier, int64_t *out, stock_warnings *warnings)
{
    struct file_cost cost;
    *out = -1;
    enum stock_code code = read_cost(context, row, &cost);
    if (code != CODE_NONE)
        return code;
    bool total = cost.field == FIELD_TOTAL_COST;
    if (cost.field == FIELD_NONE || (total && qty == 0 && cost.number.value != 0)) {
        if (table_heading_has(context->heading, FIELD_UNIT_COST) ||
            table_heading_has(context->heading, FIELD_TOTAL_COST))
            stock_warn(warnings, W_COST_MISSING);
        return CODE_NONE;
    }
    bool negative = (cost.number.value < 0) != (total && qty < 0);
    if (negative && cost.number.value != 0)
        return E_COST_NEGATIVE;
    int64_t price = 0;
    if (cost.number.value != 0)
        code = convert_cost(context, row, &cost, qty, multiplier, &price);
    if (code == CODE_NONE && price == 0)
        stock_warn(warnings, W_COST_ZERO);
    *out = price == 0 ? -1 : price;
    return code;
}

enum stock_code stock_measure(struct stock_context *context, const struct table_row *row,
                              const struct stock_ident *ident, struct stock_amounts *amounts, stock_warnings *warnings)
{
    dec128 qty = 0, reserved = read_reserved(context, row, warnings);
    int64_t multiplier = 1000;
    enum stock_code code = read_quantity(context, row, reserved, &qty, warnings);
    if (code == CODE_NONE)
        code = read_unit(context, row, ident, &amounts->unit, &multiplier);
    if (code == CODE_NONE)
        code = scale_amounts(context, qty, reserved, multiplier, amounts, warnings);
    if (code == CODE_NONE)
        code = measure_cost(context, row, qty, multiplier, &amounts->cost, warnings);
    return code;
}

/* ---- The row as a whole ---------------------------------------------------------------------------------------- */

static struct value_date read_date(const struct stock_context *context, const struct table_row *row,
                                   stock_warnings *warnings)
{
    const struct grid_cell *cell = row->field[FIELD_RECEIVED_ON];
    struct value_date date = {0, 0, 0};
    if (!cell || cell_empty(cell))
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
    stock_warn(warnings, W_DATE);
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

enum stock_code stock_line_read(struct stock_context *context, const struct table_row *row, struct stock_ident *ident,
                                struct stock_line *line, stock_warnings *warnings)
{
    struct stock_amounts amounts = {0, 0, -1, UNIT_PCS};
    struct cell_span name = cell_span(row->field[FIELD_NAME]);
    enum stock_code code = stock_identify(context, row, ident, warnings);
    if (code == CODE_NONE && !utf8_valid(name.s, name.n))
        code = E_ENCODING;
    if (code == CODE_NONE)
        code = stock_measure(context, row, ident, &amounts, warnings);
    if (code != CODE_NONE)
        return code;
    *line = (struct stock_line){.row = row->row->row, .pn_norm = ident->pn_norm, .vendor_norm = ident->vendor_norm};
    line->part_number = ident->part_number.s;
    line->part_number_len = cut_characters(ident->part_number, NUMBER_CHARACTERS);
    line->name = name.s;
    line->name_len = cut_characters(name, NAME_CHARACTERS);
    line->component = ident->component;
    bool mapped = ident->entry != ARENA_NONE && context->catalog->entries[ident->entry].component == ident->component;
    line->lot_qty = mapped ? context->catalog->entries[ident->entry].lot_qty : 1000;
    line->qty = amounts.qty;
    line->reserved = amounts.reserved;
    line->cost = amounts.cost;
    line->unit = amounts.unit;
    line->received_on = read_date(context, row, warnings);
    if (line->component == ARENA_NONE)
        stock_warn(warnings, W_UNMATCHED);
    return CODE_NONE;
}
