/* What stands above the heading of a price list: its currency, its VAT, its day and how long it holds.
 *
 * A date counts if the words before it say so. A currency and VAT count in a text that is about prices, not in one about
 * rates of exchange. */
#include "handlers/heading/datetext.h"

#include "handlers/values/hints.h"

#include <stdio.h>
#include <string.h>

#define LIST(list) list, sizeof(list) / sizeof(list)[0]

/* Does a word of the text begin so? */
static bool has_word_like(struct text_part text, const char *stem)
{
    size_t n = strlen(stem);

    for (size_t i = 0; i + n <= text.n; i++)
        if ((i == 0 || strchr(" (,;/-", text.s[i - 1])) && memcmp(text.s + i, stem, n) == 0)
            return true;
    return false;
}

static bool has_one_like(struct text_part text, const char *const *stems, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (has_word_like(text, stems[i]))
            return true;
    return false;
}

/* ---- Days ------------------------------------------------------------------------------------------------------ */

/* The sentence before a date: in its cell, or from the start of the cell before if the date begins its own. It starts
 * behind a semicolon; with `cut` behind the date before, too. */
static struct text_part sentence_before(const struct row_text *row, unsigned i, bool cut)
{
    const struct found_date *date = &row->date[i];
    size_t from = date->cell;

    for (unsigned k = row->n_cells; from == date->start && k > 0; k--)
        if (row->cell[k - 1] < date->cell) {
            from = row->cell[k - 1];
            break;
        }
    if (cut && i > 0 && row->date[i - 1].end > from)
        from = row->date[i - 1].end;
    for (size_t k = date->start; k > from; k--)
        if (row->text[k - 1] == ';') {
            from = k;
            break;
        }
    return row_text_part(row, from, date->start);
}

/* Is it the day of printing, of a rate, or of another paper? */
static bool is_of_something_else(struct text_part text)
{
    static const char *const stems[] = {"сформирован", "печат",     "распечат", "напечат",   "создан",   "выгружен",
                                        "выгрузк",     "курс",      "договор",  "контракт",  "соглашен", "счет",
                                        "заказ",       "накладн",   "print",    "generated", "created",  "rate",
                                        "contract",    "agreement", "invoice",  "order"};

    return has_one_like(text, LIST(stems));
}

static bool says_day(struct text_part text)
{
    static const char *const phrases[] = {"на",
                                          "от",
                                          "as of",
                                          "as at",
                                          "dated",
                                          "price list",
                                          "price-list",
                                          "pricelist",
                                          "прайс-лист",
                                          "прайс лист",
                                          "прайс",
                                          "действует с",
                                          "действуют с",
                                          "действителен с",
                                          "действительны с",
                                          "цены с",
                                          "дата",
                                          "дата прайса",
                                          "дата прайс-листа",
                                          "на дату",
                                          "date",
                                          "effective from",
                                          "effective",
                                          "valid from",
                                          "prices from"};

    return text_ends_with_one(text, LIST(phrases)) && !is_of_something_else(text);
}

/* "действует до D", "срок … до D", "valid until D". */
static bool says_end(const struct row_text *row, unsigned i)
{
    static const char *const last[] = {"до", "until", "till", "through", "thru", "to", "до конца дня", "по"};
    static const char *const valid[] = {"действ", "срок", "valid", "expir"};
    static const char *const others[] = {"поставк", "доставк", "оплат", "отгрузк", "гарант", "deliver", "payment"};
    struct text_part text = sentence_before(row, i, false);
    static const char *const expires[] = {"expires", "expires on", "expiry date", "срок действия"};
    bool says = text_ends_with_one(text, LIST(last)) || text_ends_with_one(text, LIST(expires));

    return says && has_one_like(text, LIST(valid)) && !has_one_like(text, LIST(others)) && !is_of_something_else(text);
}

/* Are dates i and i + 1 a period: "D1 - D2", "с D1 по D2", "from D1 to D2"? */
static bool starts_period(const struct row_text *row, unsigned i)
{
    static const char *const between[] = {"по", "до", "to", "until", "till", "through"};
    static const char *const from[] = {"с", "from", "со"};

    if (i + 1 >= row->n_dates)
        return false;
    struct text_part first = sentence_before(row, i, true),
                     gap = row_text_part(row, row->date[i].end, row->date[i + 1].start);
    while (gap.n > 0 && memcmp(gap.s, "г", sizeof "г" - 1) == 0) /* "с 01.04.2025 г. по 30.04.2025" */
        gap = row_text_part(row, (size_t)(gap.s - row->text) + sizeof "г" - 1, row->date[i + 1].start);
    if (is_of_something_else(first))
        return false;
    if (gap.n == 1 && gap.s[0] == '-')
        return true;
    for (size_t k = 0; k < sizeof between / sizeof between[0]; k++)
        if (gap.n == strlen(between[k]) && memcmp(gap.s, between[k], gap.n) == 0)
            return text_ends_with_one(first, LIST(from));
    return false;
}

static void take_day(const struct table_head_input *input, struct value_date date, uint32_t row, uint32_t column,
                     struct table_above *above)
{
    struct value_date latest = input->ask ? input->ask->latest : (struct value_date){0};

    if (latest.year && value_date_compare(date, latest) > 0) {
        if (above->future.year)
            return;
        above->future = date;
        above->future_row = row;
        above->future_column = column;
    } else if (above->quoted_on.year == 0 || value_date_compare(date, above->quoted_on) > 0) {
        above->quoted_on = date;
    }
}

static void take_end(struct value_date date, struct table_above *above)
{
    if (above->valid_until.year == 0 || value_date_compare(date, above->valid_until) < 0)
        above->valid_until = date;
}

static void read_dates(const struct table_head_input *input, const struct grid_row *grid, const struct row_text *row,
                       struct table_above *above)
{
    bool ends = false; /* the date ends the period that the one before it starts */

    for (unsigned i = 0; i < row->n_dates; i++) {
        bool starts = !ends && starts_period(row, i);
        if (ends || says_end(row, i))
            take_end(row->date[i].date, above);
        else if (starts || says_day(sentence_before(row, i, true)))
            take_day(input, row->date[i].date, grid->row, row->date[i].column, above);
        ends = starts;
    }
}

/* ---- Currency and VAT ------------------------------------------------------------------------------------------ */

/* The next word at or after *at; n 0 = there is none. */
static struct text_part next_word(struct text_part text, size_t *at)
{
    static const char joints[] = " (),;/[]";

    while (*at < text.n && strchr(joints, text.s[*at]))
        (*at)++;
    size_t start = *at;
    while (*at < text.n && !strchr(joints, text.s[*at]))
        (*at)++;
    return (struct text_part){text.s + start, *at - start};
}

static bool is_word(struct text_part word, const char *text)
{
    return word.n == strlen(text) && memcmp(word.s, text, word.n) == 0;
}

static bool is_one_of(struct text_part word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_word(word, words[i]))
            return true;
    return false;
}

static bool begins(struct text_part word, const char *stem)
{
    return word.n >= strlen(stem) && memcmp(word.s, stem, strlen(stem)) == 0;
}

/* цена, цены … прайс, прайс-лист, валюта, price, currency */
static bool is_about_price(struct text_part word)
{
    static const char *const words[] = {"цена", "цены", "цен", "цене", "цену", "ценой", "ценам", "ценами", "ценах"};

    return is_one_of(word, LIST(words)) || begins(word, "прайс") || begins(word, "прейскурант") ||
           begins(word, "валют") || begins(word, "price") || begins(word, "currenc");
}

static bool is_price_text(struct text_part text)
{
    bool price = false;
    struct text_part before = {"", 0};

    for (size_t at = 0; at < text.n;) {
        struct text_part word = next_word(text, &at);
        price |= is_about_price(word);
        bool rate = is_word(word, "rate") || is_word(word, "rates");
        if (begins(word, "курс") || (rate && !is_word(before, "vat")))
            return false;
        before = word;
    }
    return price;
}

/* "рублях": one of these with an ending of up to three letters. */
static const char *inflected(struct text_part word)
{
    static const struct {
        const char *stem, *currency;
    } known[] = {{"рубл", "RUB"}, {"доллар", "USD"}, {"юан", "CNY"}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (begins(word, known[i].stem) && word.n <= strlen(known[i].stem) + 3 * sizeof "я" - 3)
            return known[i].currency;
    return "";
}

/* The currency that a whole word means; "" if it means none. `before` is the word before it. Firms are called "Евро…",
 * so that word needs one before it. */
static const char *currency_of(struct text_part word, struct text_part before)
{
    static const char *const behind[] = {"в", "in", "цена", "цены", "валюта", "прайс", "price", "prices", "currency"};
    static const char *const euro[] = {"евро", "euro", "euros"};
    char text[32];
    size_t length;

    if (word.n == 0 || word.n >= sizeof text || is_word(word, "р"))
        return "";
    if (is_one_of(word, LIST(euro)))
        return is_one_of(before, LIST(behind)) ? "EUR" : "";
    if (is_word(word, "dollar"))
        return "USD";
    if (is_word(before, "у") && is_word(word, "е"))
        return "?";
    if (begins(before, "условн") && begins(word, "единиц"))
        return "?";
    memcpy(text, word.s, word.n);
    text[word.n] = '\0';
    const char *currency = hint_currency_at(text, &length);
    return length == word.n ? currency : inflected(word);
}

static void take_currency(const char *currency, struct table_above *above)
{
    if (currency[0] == '\0')
        return;
    bool other = above->currency[0] != '\0' && strcmp(above->currency, currency) != 0;
    snprintf(above->currency, sizeof above->currency, "%s", other ? "?" : currency);
}

/* What the texts say of VAT so far. */
struct vat_said {
    bool with, without;
    int rate; /* -1 = not said */
};

static void read_money(struct text_part text, struct table_above *above, struct vat_said *vat)
{
    struct text_part before = {"", 0};

    for (size_t at = 0; at < text.n;) {
        struct text_part word = next_word(text, &at);
        struct label_hints hints;
        label_hints_none(&hints);
        take_currency(currency_of(word, before), above);
        if (hint_strip_vat(text.s, at, &hints) != at && hints.vat >= 0) {
            vat->with |= hints.vat == 1;
            vat->without |= hints.vat == 0;
            vat->rate = hints.vat_rate >= 0 ? hints.vat_rate : vat->rate;
        }
        before = word;
    }
}

/* Is there nothing but a currency or VAT? */
static bool is_value(struct text_part text)
{
    struct label_hints hints;

    label_hints_none(&hints);
    return text.n > 0 && hint_only(text.s, text.n, true, &hints);
}

/* Each cell for itself, or with its value in the next one: "Валюта:" | "USD". */
static void read_cells(const struct row_text *row, struct table_above *above, struct vat_said *vat)
{
    for (unsigned i = 0; i < row->n_cells; i++) {
        size_t end = i + 1 < row->n_cells ? row->cell[i + 1] : row->n;
        size_t next_end = i + 2 < row->n_cells ? row->cell[i + 2] : row->n;
        struct text_part text = row_text_part(row, row->cell[i], end), next = row_text_part(row, end, next_end);
        if (!is_price_text(text))
            continue;
        struct text_part both = row_text_part(row, row->cell[i], next_end);
        read_money(is_value(next) ? both : text, above, vat);
    }
}

struct table_above table_heading_above(const struct table_head_input *input, const struct table_heading *heading)
{
    struct table_above above = {.vat = -1, .vat_rate = -1, .future_row = ARENA_NONE, .future_column = ARENA_NONE};
    struct vat_said vat = {.rate = -1};
    struct row_text row;

    for (uint32_t i = 0; i < input->n_rows; i++) {
        if (input->rows[i]->row >= heading->row)
            continue;
        row_text_read(input->rows[i], &row);
        read_dates(input, input->rows[i], &row, &above);
        read_cells(&row, &above, &vat);
    }
    for (unsigned i = 0; i < heading->n_prices; i++)
        if (heading->price[i].hints.date.year)
            take_day(input, heading->price[i].hints.date, heading->row, heading->price[i].column, &above);
    if (vat.with != vat.without) {
        above.vat = vat.with;
        above.vat_rate = vat.with ? vat.rate : -1;
    }
    return above;
}
