/* The date of the stock above a heading: a date counts if the words before it say so. */
#include "handlers/heading/datetext.h"

#include <string.h>

/* ---- Phrases --------------------------------------------------------------------------------------------------- */

/* Is it the day when the report was made or printed, or the day of a rate? */
static bool is_of_something_else(struct text_part text)
{
    static const char *const words[] = {"сформирован", "печат",   "создан", "выгружен", "выгрузк", "print",
                                        "generated",   "created", "курс",   "rate",     "действ"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (text_contains(text, words[i]))
            return true;
    return false;
}

/* These say that the stock is of that day, whatever stands before them. */
static bool says_stock(struct text_part text)
{
    static const char *const phrases[] = {
        "состоянию на",         "состоянию на конец дня", "остатки на",  "остаток на",
        "остатков на",          "остатки на конец дня",   "stock as of", "stock as at",
        "остатков на конец дня"};

    return text_ends_with_one(text, phrases, sizeof phrases / sizeof phrases[0]);
}

static bool says_day(struct text_part text)
{
    static const char *const phrases[] = {"на",    "на конец дня",   "на конец",      "as of",
                                          "as at", "дата окончания", "конец периода", "дата окончания периода"};

    return text_ends_with_one(text, phrases, sizeof phrases / sizeof phrases[0]) && !is_of_something_else(text);
}

/* The end of "D1 - D2", "с D1 по D2", "from D1 to D2": what stands between the dates and before the first one. */
static bool ends_period(const struct row_text *row, unsigned i)
{
    static const char *const openings[] = {
        "период", "период с", "за", "за период", "за период с", "period", "for", "for the period", "за период от"};
    static const char *const from[] = {"с", "from"};

    if (i == 0)
        return false;
    struct text_part between = row_text_before(row, i), first = row_text_before(row, i - 1);
    bool dash = between.n == 1 && between.s[0] == '-';
    bool to = (between.n == strlen("по") && memcmp(between.s, "по", between.n) == 0) ||
              (between.n == 2 && memcmp(between.s, "to", 2) == 0);
    if (is_of_something_else(first))
        return false;
    if (text_ends_with_one(first, openings, sizeof openings / sizeof openings[0]))
        return dash || to;
    return to && text_ends_with_one(first, from, sizeof from / sizeof from[0]);
}

/* A period of one day: "Период: D". */
static bool is_period_of_a_day(const struct row_text *row, unsigned i)
{
    struct text_part text = row_text_before(row, i);
    bool alone = row->text[row->date[i].end] == '\0';

    return alone && (text_ends_with(text, "период") || text_ends_with(text, "period")) && !is_of_something_else(text);
}

/* A cell with a date and nothing else, beside "дата". */
static bool is_beside_word(const struct row_text *row, unsigned i)
{
    static const char *const words[] = {"дата", "на дату",    "дата остатков", "дата остатка",
                                        "date", "stock date", "as of date"};

    struct text_part text = row_text_before(row, i);
    return row->date[i].lone && text_ends_with_one(text, words, sizeof words / sizeof words[0]) &&
           !is_of_something_else(text);
}

static bool counts(const struct row_text *row, unsigned i)
{
    struct text_part text = row_text_before(row, i);

    return says_stock(text) || says_day(text) || ends_period(row, i) || is_period_of_a_day(row, i) ||
           is_beside_word(row, i);
}

/* ---- The latest ------------------------------------------------------------------------------------------------ */

static bool is_later(struct value_date a, struct value_date b)
{
    return b.year == 0 || value_date_compare(a, b) > 0;
}

static void take(struct table_dates *dates, const struct table_ask *ask, struct value_date date, uint32_t row,
                 uint32_t column)
{
    if (ask && ask->latest.year && is_later(date, ask->latest)) {
        if (dates->future.year)
            return;
        dates->future = date;
        dates->future_row = row;
        dates->future_column = column;
    } else if (is_later(date, dates->date)) {
        dates->date = date;
    }
}

struct table_dates table_heading_dates(const struct table_head_input *input, const struct table_heading *heading)
{
    struct table_dates dates = {.future_row = ARENA_NONE, .future_column = ARENA_NONE};
    struct row_text row;
    enum stock_field quantity = table_heading_has(heading, FIELD_QTY) ? FIELD_QTY : FIELD_FREE;

    for (uint32_t i = 0; i < input->n_rows; i++) {
        if (input->rows[i]->row >= heading->row)
            continue;
        row_text_read(input->rows[i], &row);
        for (unsigned k = 0; k < row.n_dates; k++)
            if (counts(&row, k))
                take(&dates, input->ask, row.date[k].date, input->rows[i]->row, row.date[k].column);
    }
    if (table_heading_has(heading, quantity) && heading->hints[quantity].date.year)
        take(&dates, input->ask, heading->hints[quantity].date, heading->row, heading->column[quantity]);
    return dates;
}
