/* The date of the stock above a heading.
 *
 * The cells of a row are put together to one normalised text, so that a phrase may end in one cell and its date stand
 * in the next ("Период:" | "01.02.2026 - 28.02.2026"). A date counts if the words before it say so. */
#include "base/utf8.h"
#include "handlers/heading/head.h"

#include <string.h>

enum { TEXT_BYTES = 2048, DATES = 16, CELLS = TABLE_COLUMNS };

/* A date in the text of a row. */
struct found_date {
    struct value_date date;
    size_t start, end; /* in the text */
    uint32_t column;
    bool lone; /* nothing else is in its cell */
};

struct row_text {
    char text[TEXT_BYTES];
    size_t n;
    struct found_date date[DATES];
    unsigned n_dates;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t month_at(const char *s, size_t n, int *month)
{
    static const char *const names[][3] = {
        {"января", "january", "jan"},  {"февраля", "february", "feb"}, {"марта", "march", "mar"},
        {"апреля", "april", "apr"},    {"мая", "may", "may"},          {"июня", "june", "jun"},
        {"июля", "july", "jul"},       {"августа", "august", "aug"},   {"сентября", "september", "sep"},
        {"октября", "october", "oct"}, {"ноября", "november", "nov"},  {"декабря", "december", "dec"},
    };

    for (int m = 0; m < 12; m++)
        for (unsigned k = 0; k < 3; k++) {
            size_t len = strlen(names[m][k]);
            if (len >= n || memcmp(s, names[m][k], len) != 0 || s[len] != ' ')
                continue;
            *month = m + 1;
            return len;
        }
    return 0;
}

static size_t number_at(const char *s, size_t n, size_t most, int *value)
{
    size_t i = 0;

    for (*value = 0; i < n && is_digit(s[i]); i++)
        *value = i < most ? *value * 10 + (s[i] - '0') : 0;
    return i > most ? 0 : i;
}

/* "3 марта 2026", "march 3, 2026", "3 mar 2026". */
static size_t named_date(const char *s, size_t n, struct value_date *date)
{
    size_t day = number_at(s, n, 2, &date->day), at = day ? day + 1 : 0;
    size_t month = at < n ? month_at(s + at, n - at, &date->month) : 0;

    if (month == 0 || (day && s[day] != ' '))
        return 0;
    at += month + 1;
    if (day == 0) {
        day = number_at(s + at, n - at, 2, &date->day);
        at += day;
        at += at < n && s[at] == ',';
        if (day == 0 || at >= n || s[at] != ' ')
            return 0;
        at++;
    }
    size_t year = number_at(s + at, n - at, 4, &date->year);
    return year == 4 && value_date_valid(*date) ? at + year : 0;
}

/* Length of a date at the start of s, or 0: D.M.YYYY, D.M.YY, YYYY-MM-DD, or with the name of the month. */
static size_t date_at(const char *s, size_t n, struct value_date *date)
{
    for (size_t len = n < 10 ? n : 10; len >= 6; len--)
        if ((len == n || !is_digit(s[len])) && value_date_text(s, len, date) == 0 && is_digit(s[len - 1]))
            return len;
    return named_date(s, n, date);
}

static void find_dates(struct row_text *row, size_t from, uint32_t column)
{
    for (size_t i = from, len; i < row->n && row->n_dates < DATES; i += len) {
        struct found_date *to = &row->date[row->n_dates];
        char last = i == from ? ' ' : row->text[i - 1];
        bool starts = is_digit(row->text[i]) ? !is_digit(last) && last != '.' : strchr(" (,", last) != NULL;
        len = starts ? date_at(row->text + i, row->n - i, &to->date) : 0;
        if (len == 0) {
            len = 1;
            continue;
        }
        to->start = i;
        to->end = i + len;
        to->column = column;
        to->lone = i == from && to->end == row->n;
        row->n_dates++;
    }
}

static void add_cell(struct row_text *row, const struct grid_cell *cell)
{
    struct cell_span text = cell_span(cell);

    if (cell->kind == GRID_DATE && text.n > 10)
        text.n = 10;
    if (text.n == 0 || row->n + 2 >= sizeof row->text)
        return;
    if (row->n > 0)
        row->text[row->n++] = ' ';
    size_t from = row->n;
    row->n += label_normalise(text.s, text.n, row->text + from, sizeof row->text - from);
    if (cell->kind == GRID_TEXT || cell->kind == GRID_DATE)
        find_dates(row, from, cell->column);
}

static void read_row(const struct grid_row *grid, struct row_text *row)
{
    row->n = 0;
    row->n_dates = 0;
    row->text[0] = '\0';
    for (uint32_t i = 0; i < grid->n_cells && grid->cells[i].column < TABLE_COLUMNS; i++)
        add_cell(row, &grid->cells[i]);
}

/* ---- Phrases --------------------------------------------------------------------------------------------------- */

/* What stands before a date: from the date before it, without blanks at its end. */
struct before {
    const char *s;
    size_t n;
};

static struct before before_date(const struct row_text *row, unsigned i)
{
    size_t from = i > 0 ? row->date[i - 1].end : 0, end = row->date[i].start;

    while (end > from && row->text[end - 1] == ' ')
        end--;
    while (from < end && row->text[from] == ' ')
        from++;
    return (struct before){row->text + from, end - from};
}

/* Does the text end with this phrase, as whole words? */
static bool ends_with(struct before text, const char *phrase)
{
    size_t n = strlen(phrase);

    if (text.n < n || memcmp(text.s + text.n - n, phrase, n) != 0)
        return false;
    return text.n == n || strchr(" (,;/", text.s[text.n - n - 1]);
}

static bool ends_with_one(struct before text, const char *const *phrases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ends_with(text, phrases[i]))
            return true;
    return false;
}

static bool contains(struct before text, const char *word)
{
    size_t n = strlen(word);

    for (size_t i = 0; i + n <= text.n; i++)
        if (memcmp(text.s + i, word, n) == 0)
            return true;
    return false;
}

/* Is it the day when the report was made or printed, or the day of a rate? */
static bool is_of_something_else(struct before text)
{
    static const char *const words[] = {"сформирован", "печат",   "создан", "выгружен", "выгрузк", "print",
                                        "generated",   "created", "курс",   "rate",     "действ"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (contains(text, words[i]))
            return true;
    return false;
}

/* These say that the stock is of that day, whatever stands before them. */
static bool says_stock(struct before text)
{
    static const char *const phrases[] = {
        "состоянию на",         "состоянию на конец дня", "остатки на",  "остаток на",
        "остатков на",          "остатки на конец дня",   "stock as of", "stock as at",
        "остатков на конец дня"};

    return ends_with_one(text, phrases, sizeof phrases / sizeof phrases[0]);
}

static bool says_day(struct before text)
{
    static const char *const phrases[] = {"на",    "на конец дня",   "на конец",      "as of",
                                          "as at", "дата окончания", "конец периода", "дата окончания периода"};

    return ends_with_one(text, phrases, sizeof phrases / sizeof phrases[0]) && !is_of_something_else(text);
}

/* The end of "D1 - D2", "с D1 по D2", "from D1 to D2": what stands between the dates and before the first one. */
static bool ends_period(const struct row_text *row, unsigned i)
{
    static const char *const openings[] = {
        "период", "период с", "за", "за период", "за период с", "period", "for", "for the period", "за период от"};
    static const char *const from[] = {"с", "from"};

    if (i == 0)
        return false;
    struct before between = before_date(row, i), first = before_date(row, i - 1);
    bool dash = between.n == 1 && between.s[0] == '-';
    bool to = (between.n == strlen("по") && memcmp(between.s, "по", between.n) == 0) ||
              (between.n == 2 && memcmp(between.s, "to", 2) == 0);
    if (is_of_something_else(first))
        return false;
    if (ends_with_one(first, openings, sizeof openings / sizeof openings[0]))
        return dash || to;
    return to && ends_with_one(first, from, sizeof from / sizeof from[0]);
}

/* A period of one day: "Период: D". */
static bool is_period_of_a_day(const struct row_text *row, unsigned i)
{
    struct before text = before_date(row, i);
    bool alone = row->text[row->date[i].end] == '\0';

    return alone && (ends_with(text, "период") || ends_with(text, "period")) && !is_of_something_else(text);
}

/* A cell with a date and nothing else, beside "дата". */
static bool is_beside_word(const struct row_text *row, unsigned i)
{
    static const char *const words[] = {"дата", "на дату",    "дата остатков", "дата остатка",
                                        "date", "stock date", "as of date"};

    struct before text = before_date(row, i);
    return row->date[i].lone && ends_with_one(text, words, sizeof words / sizeof words[0]) &&
           !is_of_something_else(text);
}

static bool counts(const struct row_text *row, unsigned i)
{
    struct before text = before_date(row, i);

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
        read_row(input->rows[i], &row);
        for (unsigned k = 0; k < row.n_dates; k++)
            if (counts(&row, k))
                take(&dates, input->ask, row.date[k].date, input->rows[i]->row, row.date[k].column);
    }
    if (table_heading_has(heading, quantity) && heading->hints[quantity].date.year)
        take(&dates, input->ask, heading->hints[quantity].date, heading->row, heading->column[quantity]);
    return dates;
}
