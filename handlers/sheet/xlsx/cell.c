/* Turns a cell of the worksheet into a cell of the grid. */
#include "handlers/sheet/xlsx/sheet.h"

#include "handlers/sheet/xlsx/number.h"

static int refuse_index(struct worksheet *ws)
{
    return sheet_refuse(ws->err, "bad-shared-index",
                        "The workbook is damaged (a cell names a text that is not there). Save it again as .xlsx.");
}

static int add(struct worksheet *ws, enum grid_kind kind, const char *text, size_t len, const struct numfmt *fmt)
{
    struct grid_cell cell = {.column = ws->column, .kind = (uint8_t)kind, .len = (uint32_t)len, .text = text};

    if (fmt) {
        cell.zero_pad = fmt->zero_pad;
        cell.percent = fmt->percent;
        cell.currency = fmt->currency;
    }
    return len > 0 ? row_add(&ws->row, &cell, ws->err) : 0;
}

/* Adds a text that this program has made; it is already in the row's buffer, behind its end. */
static int add_own(struct worksheet *ws, enum grid_kind kind, const char *text, size_t len, const struct numfmt *fmt)
{
    ws->row.text_len += len;
    return add(ws, kind, text, len, fmt);
}

static int add_copy(struct worksheet *ws, enum grid_kind kind, const char *text, size_t len)
{
    char *to = row_text(&ws->row, len);

    memcpy(to, text, len);
    return add_own(ws, kind, to, len, NULL);
}

static int add_text(struct worksheet *ws, const char *text, size_t n)
{
    if (memchr(text, '_', n)) {
        ws->scratch.len = 0;
        text_unescape(text, n, &ws->scratch);
        text = ws->scratch.data;
        n = ws->scratch.len;
    }
    if (text_check(text, n, ws->job->limits, ws->err) < 0)
        return -1;
    return add_copy(ws, GRID_TEXT, text, n);
}

/* Adds an error, or a value that does not fit its type as text, so that it is not lost. */
static int add_stored(struct worksheet *ws, enum grid_kind kind, const char *text, size_t n)
{
    if (text_check(text, n, ws->job->limits, ws->err) < 0)
        return -1;
    return add_copy(ws, kind, text, n);
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void trim(const char **text, size_t *n)
{
    while (*n > 0 && blank(**text)) {
        ++*text;
        --*n;
    }
    while (*n > 0 && blank((*text)[*n - 1]))
        --*n;
}

static int add_shared(struct worksheet *ws, const char *p, size_t n)
{
    size_t index = 0;

    trim(&p, &n);
    if (n == 0)
        return 0;
    for (; n > 9; p++, n--)
        if (*p != '0')
            return refuse_index(ws);
    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return refuse_index(ws);
        index = index * 10 + (size_t)(p[i] - '0');
    }
    if (index >= ws->job->strings->n)
        return refuse_index(ws);
    uint32_t len;
    const char *text = strings_get(ws->job->strings, index, &len);
    __builtin_prefetch(text); /* the receiver of the row will read it: fetched while the row is being read */
    return add(ws, GRID_TEXT, text, len, NULL);
}

/* Most numbers are whole and short: their text is already the shortest. Returns -1 for all others. */
static int64_t plain_integer(const char *p, size_t n)
{
    int64_t v = 0;

    if (n > 15 || (p[0] == '0' && n > 1))
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return -1;
        v = v * 10 + (p[i] - '0');
    }
    return v;
}

/* Returns 1 if a date was added, 0 if the serial number is not a date. */
static int add_date(struct worksheet *ws, double serial, bool shows_day)
{
    char *to = row_text(&ws->row, DATE_TEXT_MAX);
    size_t n = date_of_serial(serial, ws->job->date1904, shows_day, to);

    if (n == 0)
        return 0;
    return add_own(ws, GRID_DATE, to, n, NULL) < 0 ? -1 : 1;
}

static int add_parsed(struct worksheet *ws, const char *text, size_t n, const struct numfmt *fmt)
{
    struct number number;

    if (!number_parse(text, n, &number))
        return add_stored(ws, GRID_TEXT, text, n);
    int dated = fmt->date ? add_date(ws, number_double(&number, text, n), fmt->day) : 0;
    if (dated != 0)
        return dated < 0 ? -1 : 0;
    char *to = row_text(&ws->row, NUMBER_TEXT_MAX);
    size_t len = number_shortest(&number, text, n, to);
    return len > 0 ? add_own(ws, GRID_NUMBER, to, len, fmt) : add_stored(ws, GRID_TEXT, text, n);
}

static int add_number(struct worksheet *ws, const char *text, size_t n, const struct numfmt *fmt)
{
    int64_t whole = plain_integer(text, n);

    if (whole < 0)
        return add_parsed(ws, text, n, fmt);
    int dated = fmt->date ? add_date(ws, (double)whole, fmt->day) : 0;
    if (dated != 0)
        return dated < 0 ? -1 : 0;
    char *to = row_text(&ws->row, n);
    memcpy(to, text, n);
    return add_own(ws, GRID_NUMBER, to, n, fmt);
}

static bool is_word(const char *p, size_t n, const char *digit, const char *word)
{
    return (n == 1 && *p == *digit) || (n == strlen(word) && memcmp(p, word, n) == 0);
}

static int add_bool(struct worksheet *ws, const char *text, size_t n)
{
    const char *p = text;
    size_t len = n;

    trim(&p, &len);
    if (is_word(p, len, "1", "true"))
        return add(ws, GRID_BOOL, "true", 4, NULL);
    if (is_word(p, len, "0", "false"))
        return add(ws, GRID_BOOL, "false", 5, NULL);
    return add_stored(ws, GRID_TEXT, text, n);
}

static int add_iso_date(struct worksheet *ws, const char *text, size_t n)
{
    static const struct numfmt day = {.date = true, .day = true};
    const char *p = text;
    size_t len = n;

    trim(&p, &len);
    char *to = row_text(&ws->row, DATE_TEXT_MAX);
    size_t made = date_of_iso(p, len, to);
    if (made > 0)
        return add_own(ws, GRID_DATE, to, made, NULL);
    return len > 0 ? add_parsed(ws, text, n, &day) : 0; /* some writers put a serial number there */
}

static const struct numfmt *format_of(const struct worksheet *ws)
{
    static const struct numfmt general;

    return ws->style < ws->job->styles->n ? &ws->job->styles->cells[ws->style] : &general;
}

int cell_value(struct worksheet *ws, const char *text, size_t n)
{
    if (n == 0)
        return 0; /* an empty v is like no v */
    switch (ws->type) {
    case CELL_NUMBER:
        return add_number(ws, text, n, format_of(ws));
    case CELL_SHARED:
        return add_shared(ws, text, n);
    case CELL_INLINE:
        return ws->has_inline ? 0 : add_text(ws, text, n);
    case CELL_STRING:
        return add_text(ws, text, n);
    case CELL_BOOL:
        return add_bool(ws, text, n);
    case CELL_ERROR:
        return add_stored(ws, GRID_ERROR, text, n);
    case CELL_DATE:
        return add_iso_date(ws, text, n);
    }
    return 0;
}

int cell_formula(struct worksheet *ws)
{
    struct grid_cell cell = {.column = ws->column, .kind = GRID_FORMULA, .text = ""};

    const struct grid_cell *last = ws->row.n > 0 ? &ws->row.cells[ws->row.n - 1] : NULL;

    if (last && last->column == ws->column && last->kind != GRID_FORMULA)
        return 0; /* there is a value beside the formula */
    if (ws->head.uncalculated < UINT16_MAX)
        ws->head.uncalculated++;
    return row_add(&ws->row, &cell, ws->err);
}

int cell_inline(struct worksheet *ws, const char *text, size_t n)
{
    ws->has_inline = true;
    return n > 0 ? add_text(ws, text, n) : 0;
}
