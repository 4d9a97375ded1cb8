/* Reading the texts above a heading. */
#include "handlers/heading/datetext.h"

#include "base/utf8.h"

#include <string.h>

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
    for (size_t i = from, len; i < row->n && row->n_dates < ROW_TEXT_DATES; i += len) {
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
        to->cell = from;
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
    if (row->n_cells < TABLE_COLUMNS)
        row->cell[row->n_cells++] = from;
    row->n += label_normalise(text.s, text.n, row->text + from, sizeof row->text - from);
    if (cell->kind == GRID_TEXT || cell->kind == GRID_DATE)
        find_dates(row, from, cell->column);
}

void row_text_read(const struct grid_row *grid, struct row_text *row)
{
    row->n = 0;
    row->n_cells = 0;
    row->n_dates = 0;
    row->text[0] = '\0';
    for (uint32_t i = 0; i < grid->n_cells && grid->cells[i].column < TABLE_COLUMNS; i++)
        add_cell(row, &grid->cells[i]);
}

struct text_part row_text_part(const struct row_text *row, size_t from, size_t end)
{
    while (end > from && row->text[end - 1] == ' ')
        end--;
    while (from < end && row->text[from] == ' ')
        from++;
    return (struct text_part){row->text + from, end - from};
}

struct text_part row_text_before(const struct row_text *row, unsigned i)
{
    return row_text_part(row, i > 0 ? row->date[i - 1].end : 0, row->date[i].start);
}

bool text_ends_with(struct text_part text, const char *phrase)
{
    size_t n = strlen(phrase);

    if (text.n < n || memcmp(text.s + text.n - n, phrase, n) != 0)
        return false;
    return text.n == n || strchr(" (,;/", text.s[text.n - n - 1]);
}

bool text_ends_with_one(struct text_part text, const char *const *phrases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text_ends_with(text, phrases[i]))
            return true;
    return false;
}

bool text_contains(struct text_part text, const char *word)
{
    size_t n = strlen(word);

    for (size_t i = 0; i + n <= text.n; i++)
        if (memcmp(text.s + i, word, n) == 0)
            return true;
    return false;
}
