/* A row with prices as a whole: currency, VAT, what the prices are for, quantities. */
#include "handlers/quotes/import/line.h"

#include "base/utf8.h"
#include "handlers/quotes/import/per.h"
#include "handlers/stock/line/amounts.h"
#include "handlers/values/quote_words.h"

#include <stdio.h>
#include <string.h>

#define NUMBER_CHARACTERS 128
#define QTY_LIMIT         ((dec128)1000000000000000) /* 10^12 at three digits: DECIMAL(15,3) */

/* ---- Cells ------------------------------------------------------------------------------------------------------ */

void quote_cells_read(struct quote_context *context, const struct table_row *row, struct quote_cells *cells)
{
    const struct table_heading *heading = context->stock.heading;
    cells->n_read = 0;
    cells->faulty = false;
    for (unsigned i = 0; i < heading->n_prices; i++) {
        const struct grid_cell *cell = table_row_cell(row->row, heading->price[i].column);
        cells->read[i] = price_cell_read(cell, context->params->shared.locale, &cells->cell[i]);
        cells->n_read += cells->read[i] == PRICE_READ;
        cells->faulty |= cells->read[i] != PRICE_READ && cells->read[i] != PRICE_NONE;
    }
}

static void tell_cells(struct quote_context *context, const struct table_row *row, const struct quote_cells *cells,
                       struct stock_verdict *verdict)
{
    const struct table_heading *heading = context->stock.heading;
    static const enum stock_code codes[] = {[PRICE_BAD] = E_PRICE_NUM,
                                            [PRICE_FORMULA] = E_PRICE_FORMULA,
                                            [PRICE_NEGATIVE] = E_PRICE_NEGATIVE,
                                            [PRICE_RANGE] = E_PRICE_RANGE};
    for (unsigned i = 0; i < heading->n_prices; i++) {
        if (cells->cell[i].style != STYLE_NONE)
            stock_style_note_price(&context->stock, row, table_row_cell(row->row, heading->price[i].column),
                                   (enum number_style)cells->cell[i].style);
        if (cells->read[i] > PRICE_READ)
            stock_fault_at(verdict, codes[cells->read[i]], FIELD_PRICE, heading->price[i].column);
        else if (cells->read[i] == PRICE_READ && cells->cell[i].lost)
            stock_fault_at(verdict, W_PRICE_ROUNDED, FIELD_PRICE, heading->price[i].column);
    }
}

/* ---- Currency and VAT ------------------------------------------------------------------------------------------- */

/* "B3" into buf. */
static const char *cell_name(const struct table_row *row, uint32_t column, char *buf, size_t size)
{
    char letter[4];
    snprintf(buf, size, "%s%u", table_column_letter(column, letter), row->row->row + 1);
    return buf;
}

/* The row's column of currencies. Returns false if it is filled with something else; `out` is "" if it is empty. */
static bool column_currency(const struct table_row *row, char out[4])
{
    const struct grid_cell *cell = row->field[FIELD_CURRENCY];
    struct cell_span text = cell_span(cell);
    char label[64];
    memset(out, 0, 4);
    if (text.n == 0)
        return !cell || cell->kind != GRID_FORMULA;
    if (stock_currency(text, out) || strcmp(out, "?") == 0)
        return true;
    label_normalise(text.s, text.n, label, sizeof label);
    const char *currency = quote_currency_word(label);
    snprintf(out, 4, "%s", currency ? currency : "");
    return currency != NULL;
}

/* What the parameter may say: the base currency and those with a rate, as many as there is room for. Worked out once a
 * file. */
static void tell_currencies(struct quote_context *context, struct stock_verdict *verdict)
{
    const struct catalog_map *catalog = context->stock.catalog;
    char *list = context->currencies;
    size_t used = strlen(list), size = sizeof context->currencies;
    if (used == 0) {
        used = (size_t)snprintf(list, size, "%s", catalog->base_currency);
        for (uint32_t i = 0; i < catalog->n_rates && used + 5 < size; i++)
            if (!strstr(list, catalog->rates[i].currency))
                used += (size_t)snprintf(list + used, size - used, " %s", catalog->rates[i].currency);
    }
    stock_fault_fact(verdict, E_CURRENCY, "currencies", "%s", list);
}

/* The first that says one: the row's column, the cell, its caption, the text above; then the parameter, the base
 * currency. Conventional units say that there is one, not which: the parameter decides. */
static bool find_currency(struct quote_context *context, const struct table_row *row, const struct table_price *price,
                          const struct price_cell *cell, struct quote_offer *offer, struct stock_verdict *verdict)
{
    const char *asked = context->params->currency;
    char own[4], at[16];
    if (!column_currency(row, own)) {
        stock_fault_add(verdict, E_CURRENCY, FIELD_CURRENCY);
        return false;
    }
    bool lost = context->currency_lost[0] != '\0'; /* told once a file */
    bool both = own[0] && own[0] != '?' && cell->currency[0] && cell->currency[0] != '?';
    if (!lost && both && strcmp(own, cell->currency) != 0)
        snprintf(context->currency_lost, sizeof context->currency_lost,
                 "cell %s says %s, but the column of currencies says %s, which was taken",
                 cell_name(row, price->column, at, sizeof at), cell->currency, own);
    const char *said = own[0]                     ? own
                       : cell->currency[0]        ? cell->currency
                       : price->hints.currency[0] ? price->hints.currency
                                                  : context->above.currency;
    if (said[0] == '?' && asked[0] == '\0') {
        stock_fault_at(verdict, E_CURRENCY, own[0] ? FIELD_CURRENCY : FIELD_PRICE,
                       own[0] ? row->field[FIELD_CURRENCY]->column : price->column);
        tell_currencies(context, verdict);
        return false;
    }
    bool open = said[0] == '\0' || said[0] == '?';
    offer->currency_open = open && asked[0] == '\0';
    if (!lost && !open && asked[0] && strcmp(said, asked) != 0)
        snprintf(context->currency_lost, sizeof context->currency_lost,
                 "the request says %s, but the file says %s, which was taken", asked, said);
    snprintf(offer->currency, sizeof offer->currency, "%s",
             !open      ? said
             : asked[0] ? asked
                        : context->stock.catalog->base_currency);
    return true;
}

/* Who says what about VAT. */
struct vat_word {
    int vat, rate;
    char who[24];
};

static bool differs(const struct vat_word *a, const struct vat_word *b)
{
    return a->vat != b->vat || (a->vat == 1 && a->rate >= 0 && b->rate >= 0 && a->rate != b->rate);
}

static const char *vat_words(const struct vat_word *word)
{
    return word->vat ? "with VAT" : "without VAT";
}

static void vat_lost(struct quote_context *context, const struct vat_word *taken, const struct vat_word *lost)
{
    if (context->vat_lost[0] == '\0')
        snprintf(context->vat_lost, sizeof context->vat_lost, "%s says %s, but %s says %s, which was taken", lost->who,
                 vat_words(lost), taken->who, vat_words(taken));
}

/* The first that says it: the caption, the parameter, the cell; else the text above. The rate is where the word
 * stands. */
static void find_vat(struct quote_context *context, const struct table_row *row, const struct table_price *price,
                     const struct price_cell *cell, struct quote_offer *offer)
{
    const struct quote_params *params = context->params;
    struct vat_word words[] = {{price->hints.vat, price->hints.vat_rate, "the caption"},
                               {params->vat_included, -1, "the request"},
                               {cell->vat, cell->vat_rate, "cell "}};
    const struct vat_word *taken = NULL;
    cell_name(row, price->column, words[2].who + 5, sizeof words[2].who - 5);
    for (size_t i = 0; i < 3; i++) {
        if (words[i].vat < 0)
            continue;
        if (!taken)
            taken = &words[i];
        else if (differs(taken, &words[i]))
            vat_lost(context, taken, &words[i]);
    }
    int vat = taken ? taken->vat : context->above.vat, rate = taken ? taken->rate : context->above.vat_rate;
    offer->vat_included = vat == 1;
    offer->vat_rate = (uint16_t)(vat != 1 ? 0 : rate >= 0 ? rate : params->vat_rate);
}

/* ---- Quantities ------------------------------------------------------------------------------------------------- */

/* What the row says about one quantity. */
struct said {
    bool anything; /* the cell is filled */
    bool approx;
    int64_t value; /* as it is written, thousandths; -1 = no number, or a negative one */
};

static struct said read_count(struct quote_context *context, const struct table_row *row, enum stock_field field)
{
    struct value_number number;
    enum number_read rc = stock_number_take(&context->stock, row, field, QTY_SCALE, &number);
    bool counts = rc == NUMBER_READ && number.value >= 0 && number.value < QTY_LIMIT;
    return (struct said){rc != NUMBER_MISSING, counts && number.approx, counts ? (int64_t)number.value : -1};
}

/* In pieces, `size` thousandths in one of its units; -1 = not known. */
static int64_t in_pieces(int64_t value, int64_t size)
{
    if (value < 0 || size == 0)
        return -1;
    dec128 pieces = dec_div_round((dec128)value * size, 1000, ROUND_HALF_UP);
    return pieces < QTY_LIMIT ? (int64_t)pieces : -1;
}

/* What is free, else what there is without what is reserved. A word that says no number makes it unknown. */
static void read_quantity(struct quote_context *context, const struct table_row *row, const struct quote_units *units,
                          struct quote_line *line, struct stock_verdict *verdict)
{
    struct said free = read_count(context, row, FIELD_FREE), qty = read_count(context, row, FIELD_QTY);
    struct said reserved = read_count(context, row, FIELD_RESERVED), *counted = free.anything ? &free : &qty;
    enum stock_field field = free.anything ? FIELD_FREE : FIELD_QTY;
    if (!free.anything && reserved.anything && qty.value >= 0)
        qty.value = reserved.value < 0 ? -1 : qty.value > reserved.value ? qty.value - reserved.value : 0;
    line->qty = in_pieces(counted->value, quote_units_pieces(context, units, field));
    line->qty_unknown = counted->anything && line->qty < 0;
    if (line->qty >= 0 && counted->approx)
        stock_fault_add(verdict, W_QTY_APPROX, field);
}

/* ---- Offers ----------------------------------------------------------------------------------------------------- */

static bool read_offer(struct quote_context *context, const struct table_row *row, unsigned i,
                       const struct quote_cells *cells, struct quote_units *units, struct quote_offer *offer,
                       struct stock_verdict *verdict)
{
    const struct table_price *price = &context->stock.heading->price[i];
    *offer = (struct quote_offer){.price = cells->cell[i].value ? cells->cell[i].value : 1,
                                  .column = (uint8_t)price->column};
    bool ok = find_currency(context, row, price, &cells->cell[i], offer, verdict);
    find_vat(context, row, price, &cells->cell[i], offer);
    ok &= quote_per_apply(context, row, price, &cells->cell[i], units, offer, verdict);
    return ok;
}

/* Of a price that is refused for its size, too, all is told that is wrong around it; it is none of the offers. */
static void read_offers(struct quote_context *context, const struct table_row *row, const struct quote_cells *cells,
                        struct quote_units *units, struct quote_line *line, struct stock_verdict *verdict)
{
    line->n = 0;
    for (unsigned i = 0; i < context->stock.heading->n_prices; i++) {
        enum price_read read = cells->read[i];
        if (read != PRICE_READ && read != PRICE_NEGATIVE && read != PRICE_RANGE)
            continue;
        bool ok = read_offer(context, row, i, cells, units, &line->offer[line->n], verdict);
        line->n += ok && read == PRICE_READ;
    }
}

/* Is the first price of one lot above the second? Prices of one currency and VAT only. */
static bool dearer(const struct quote_offer *a, const struct quote_offer *b)
{
    return (dec128)a->price * b->price_per > (dec128)b->price * a->price_per;
}

static bool comparable(const struct quote_offer *a, const struct quote_offer *b)
{
    return strcmp(a->currency, b->currency) == 0 && a->vat_included == b->vat_included && a->vat_rate == b->vat_rate;
}

static bool same_price(const struct quote_offer *a, const struct quote_offer *b)
{
    return a->price == b->price && a->price_per == b->price_per && comparable(a, b);
}

/* Offers of one row against each other: two prices from one quantity on, and more that costs more, which is told in the
 * first column of prices. */
static void compare_offers(const struct quote_line *line, uint32_t first, struct stock_verdict *verdict)
{
    for (unsigned i = 0; i < line->n; i++)
        for (unsigned k = 0; k < line->n; k++) {
            const struct quote_offer *a = &line->offer[i], *b = &line->offer[k];
            if (i < k && a->min_qty == b->min_qty && !same_price(a, b))
                stock_fault_addf_at(verdict, E_DUP, FIELD_PRICE, b->column, "the same row");
            if (a->min_qty < b->min_qty && comparable(a, b) && dearer(b, a) && !stock_verdict_has(verdict, W_TIER)) {
                char from[48], to[48];
                dec_format(a->min_qty, QTY_SCALE, true, from, sizeof from);
                dec_format(b->min_qty, QTY_SCALE, true, to, sizeof to);
                stock_fault_addf_at(verdict, W_TIER, FIELD_PRICE, first, "from %s on it is dearer than from %s on", to,
                                    from);
                stock_fault_fact(verdict, W_TIER, "from", "%s", from);
                stock_fault_fact(verdict, W_TIER, "to", "%s", to);
            }
        }
}

/* Tiers ascend, however the columns stand. */
static void sort_offers(struct quote_line *line)
{
    for (unsigned i = 1; i < line->n; i++)
        for (unsigned k = i; k > 0 && line->offer[k].min_qty < line->offer[k - 1].min_qty; k--) {
            struct quote_offer offer = line->offer[k];
            line->offer[k] = line->offer[k - 1];
            line->offer[k - 1] = offer;
        }
}

/* ---- The row as a whole ----------------------------------------------------------------------------------------- */

bool quote_line_is_lot(const struct quote_context *context, const struct stock_ident *ident)
{
    return ident->from == FIELD_LOT && ident->component != ARENA_NONE &&
           catalog_map_lot(context->stock.catalog, ident->pn_norm) == ident->component;
}

static struct cell_span number_text(const struct stock_ident *ident)
{
    struct cell_span text = stock_ident_text(ident);
    size_t i = 0, characters = NUMBER_CHARACTERS;
    for (; i < text.n; i++)
        if (text.s[i] == '\0' || (((unsigned char)text.s[i] & 0xc0) != 0x80 && characters-- == 0))
            break;
    return (struct cell_span){text.s, i};
}

static void fill_line(struct quote_context *context, const struct table_row *row, const struct stock_ident *ident,
                      struct quote_line *line)
{
    bool lot = quote_line_is_lot(context, ident);
    line->row = row->row->row;
    line->key = ident->from == FIELD_CODE ? KEY_CODE : lot ? KEY_LOT : KEY_PN;
    line->vendor[0] = '\0';
    if (line->key != KEY_CODE)
        stock_vendor_read(row, line->vendor);
    line->norm = ident->pn_norm;
    line->pn_norm = lot ? "" : ident->pn_norm;
    line->part_number = lot ? (struct cell_span){"", 0} : number_text(ident);
    line->component = ident->component;
}

/* A code that waits, but is somebody's part number: perhaps the column is one of part numbers. */
static void tell_unmatched(const struct quote_context *context, const struct stock_ident *ident,
                           struct stock_verdict *verdict)
{
    struct catalog_found found;
    const char *code = ident->from == FIELD_CODE ? ident->pn_norm + strlen(context->stock.own) + 1 : "";
    if (*code && catalog_map_find(context->stock.catalog, code, "", &found) != CATALOG_UNKNOWN)
        stock_fault_addf(verdict, W_UNMATCHED, FIELD_CODE, "it is known as a part number: send columns.part_number");
    else
        stock_fault_add(verdict, W_UNMATCHED, (enum stock_field)ident->from);
}

bool quote_line_read(struct quote_context *context, const struct table_row *row, const struct stock_ident *ident,
                     const struct quote_cells *cells, struct quote_line *line, struct stock_verdict *verdict)
{
    const struct table_heading *heading = context->stock.heading;
    struct quote_units units;
    struct cell_span name = cell_span(row->field[FIELD_NAME]);
    if (!utf8_valid(name.s, name.n))
        stock_fault_add(verdict, E_ENCODING, FIELD_NAME);
    tell_cells(context, row, cells, verdict);
    quote_units_read(context, row, ident, &units);
    if (!units.row_known)
        stock_fault_add(verdict, E_UNIT, FIELD_UNIT);
    read_offers(context, row, cells, &units, line, verdict);
    read_quantity(context, row, &units, line, verdict);
    if (line->n > 1) {
        compare_offers(line, heading->price[0].column, verdict);
        sort_offers(line);
    }
    if (verdict->refused)
        return false;
    if (ident->component == ARENA_NONE)
        tell_unmatched(context, ident, verdict);
    fill_line(context, row, ident, line);
    return true;
}
