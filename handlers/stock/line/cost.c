/* Amounts of a data row: the cost of one unit in the base currency. */
#include "handlers/stock/line/amounts.h"

#include "handlers/values/words.h"

#include <string.h>

#define COST_LIMIT ((dec128)100000000000000) /* 10^10 at four digits: DECIMAL(14,4) */

/* ---- Currency -------------------------------------------------------------------------------------------------- */

/* Words for the column of currencies beside those of currency_words, normalised. */
static const struct {
    const char *word, *code;
} more_words[] = {{"рубль", "RUB"},      {"рубли", "RUB"},  {"рублей", "RUB"},  {"643", "RUB"},  {"810", "RUB"},
                  {"долл", "USD"},       {"доллар", "USD"}, {"доллары", "USD"}, {"840", "USD"},  {"долл сша", "USD"},
                  {"доллар сша", "USD"}, {"евро", "EUR"},   {"978", "EUR"},     {"юани", "CNY"}, {"156", "CNY"}};

bool stock_currency(struct cell_span text, char currency[4])
{
    char label[64];
    size_t n = label_normalise(text.s, text.n, label, sizeof label);
    const struct currency_word *known =
        word_find(label, currency_words, currency_words_count, sizeof currency_words[0]);
    const char *code = known ? known->currency : NULL;
    for (size_t i = 0; i < sizeof more_words / sizeof more_words[0] && !code; i++)
        if (strcmp(label, more_words[i].word) == 0)
            code = more_words[i].code;
    if (code) {
        memcpy(currency, code, strlen(code) + 1);
        return *code != '?'; /* conventional units: only the sender knows what they are worth */
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
 * currency. *field = where it stands. */
static bool row_currency(const struct stock_context *context, const struct table_row *row, const char *suffix,
                         enum stock_field *field, char currency[4])
{
    const struct grid_cell *cell = row->field[FIELD_CURRENCY];
    const char *heading = context->heading->hints[*field].currency;
    struct cell_span text = cell_span(cell);
    if (text.n || (cell && cell->kind == GRID_FORMULA)) {
        *field = FIELD_CURRENCY;
        return stock_currency(text, currency);
    }
    memcpy(currency, *suffix ? suffix : *heading ? heading : context->catalog->base_currency, 4);
    return currency[0] != '?';
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
    if (up == down)
        return; /* nearly always: no VAT, no factor, the base currency */
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

/* ---- Cost ------------------------------------------------------------------------------------------------------ */

/* The cost as the file gives it. */
struct file_cost {
    struct value_number number;
    enum stock_field field; /* FIELD_UNIT_COST, FIELD_TOTAL_COST; FIELD_NONE = missing */
};

/* Returns false if it cannot be read. A formula without a value is told and counts as missing. */
static bool read_cost(struct stock_context *context, const struct table_row *row, struct file_cost *cost,
                      struct stock_verdict *verdict)
{
    static const enum stock_field order[] = {FIELD_UNIT_COST, FIELD_TOTAL_COST};
    cost->field = FIELD_NONE;
    for (size_t i = 0; i < 2 && cost->field == FIELD_NONE; i++) {
        enum number_read rc = stock_number_take(context, row, order[i], PRICE_SCALE, &cost->number);
        if (rc == NUMBER_FORMULA)
            stock_fault_add(verdict, W_COST_FORMULA, order[i]);
        if (rc == NUMBER_BAD || rc == NUMBER_RANGE) {
            stock_fault_add(verdict, E_COST_NUM, order[i]);
            return false;
        }
        if (rc == NUMBER_READ)
            cost->field = order[i];
    }
    if (cost->field != FIELD_NONE && cost->number.approx)
        stock_fault_add(verdict, W_QTY_APPROX, cost->field);
    return true;
}

/* Finds the rate of the cost's currency. */
static bool cost_rate(struct stock_context *context, const struct table_row *row, const struct file_cost *cost,
                      int64_t *rate, uint32_t *nominal, struct stock_verdict *verdict)
{
    enum stock_field field = cost->field;
    char currency[4], day[11];
    if (!row_currency(context, row, cost->number.currency, &field, currency)) {
        if (field == FIELD_CURRENCY)
            stock_fault_add(verdict, E_CURRENCY, field);
        else
            stock_fault_addf(verdict, E_CURRENCY, field, "conventional units, у.е.");
        return false;
    }
    if (find_rate(context, currency, rate, nominal))
        return true;
    value_date_format(context->stock_date, day);
    stock_fault_addf(verdict, E_NO_RATE, field, "%s on %s", currency, day);
    stock_fault_fact(verdict, E_NO_RATE, "currency", "%s", currency);
    stock_fault_fact(verdict, E_NO_RATE, "day", "%s", day);
    return false;
}

/* 1 + VAT in ten-thousandths, if it is included. What the caption says wins over the parameters. */
static dec128 vat_divisor(const struct stock_context *context, const struct label_hints *hints)
{
    bool included = hints->vat < 0 ? context->params->cost_vat_included : hints->vat == 1;
    int64_t rate = hints->vat_rate < 0 ? context->params->vat_rate : hints->vat_rate;
    return included ? 10000 + rate : 10000;
}

/* round4(cost × rate ÷ nominal ÷ (1 + VAT if included) ÷ factor), and ÷ quantity when the file gives a total. */
static void convert_cost(struct stock_context *context, const struct table_row *row, const struct file_cost *cost,
                         struct stock_amounts *amounts, struct stock_verdict *verdict)
{
    bool total = cost->field == FIELD_TOTAL_COST;
    int64_t multiplier = total ? amounts->multiplier : amounts->price_multiplier;
    struct fraction f = {dec_size(cost->number.value), 1, false};
    int64_t rate;
    uint32_t nominal;
    if (!cost_rate(context, row, cost, &rate, &nominal, verdict))
        return;
    if (multiplier == 0 || (total && amounts->written == 0))
        return;
    multiply(&f, rate, (dec128)1000000 * nominal);
    multiply(&f, 10000, vat_divisor(context, &context->heading->hints[cost->field]));
    multiply(&f, 1000, multiplier);
    if (total)
        multiply(&f, 1000, dec_size(amounts->written));
    dec128 price = too_wide(&f) ? COST_LIMIT : dec_div_round(f.up, f.down, ROUND_HALF_UP);
    if (price >= COST_LIMIT) {
        stock_fault_add(verdict, E_COST_NUM, cost->field);
        return;
    }
    amounts->cost = (int64_t)price;
}

/* The column that should have had the cost; FIELD_NONE if the file has no costs. */
static enum stock_field cost_column(const struct stock_context *context)
{
    if (table_heading_has(context->heading, FIELD_UNIT_COST))
        return FIELD_UNIT_COST;
    return table_heading_has(context->heading, FIELD_TOTAL_COST) ? FIELD_TOTAL_COST : FIELD_NONE;
}

/* Says what an unreadable currency would say when the cost is mended. */
static void check_currency(const struct table_row *row, struct stock_verdict *verdict)
{
    char currency[4];
    struct cell_span text = cell_span(row->field[FIELD_CURRENCY]);
    if (text.n && !stock_currency(text, currency))
        stock_fault_add(verdict, E_CURRENCY, FIELD_CURRENCY);
}

/* Is the cost of one piece below zero? A total of -5 for -2 pieces is not. */
static bool is_negative(const struct file_cost *cost, const struct stock_amounts *amounts)
{
    bool negative = cost->number.value < 0;
    if (cost->field == FIELD_UNIT_COST)
        return negative;
    return amounts->counted && cost->number.value != 0 && negative != (amounts->written < 0);
}

void stock_cost_read(struct stock_context *context, const struct table_row *row, struct stock_amounts *amounts,
                     struct stock_verdict *verdict)
{
    struct file_cost cost;
    amounts->cost = -1;
    if (!read_cost(context, row, &cost, verdict)) {
        check_currency(row, verdict);
        return;
    }
    bool nothing = cost.field == FIELD_TOTAL_COST && amounts->counted && amounts->written == 0;
    if (nothing && cost.number.value == 0)
        return; /* none of it costs nothing */
    if (cost.field == FIELD_NONE || nothing) {
        if (cost_column(context) != FIELD_NONE && !stock_verdict_has(verdict, W_COST_FORMULA))
            stock_fault_add(verdict, W_COST_MISSING, cost_column(context));
        return;
    }
    if (is_negative(&cost, amounts))
        stock_fault_add(verdict, E_COST_NEGATIVE, cost.field);
    if (cost.number.value != 0)
        convert_cost(context, row, &cost, amounts, verdict);
    if (amounts->cost <= 0 && !verdict->refused)
        stock_fault_add(verdict, W_COST_ZERO, cost.field);
    if (amounts->cost == 0)
        amounts->cost = -1;
}
