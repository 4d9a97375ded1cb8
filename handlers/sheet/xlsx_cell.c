/* From a cell as it stands in the worksheet to a cell of the grid. */
#include "handlers/sheet/xlsx_sheet.h"

#include "handlers/sheet/number.h"

static int refuse_index(struct worksheet *ws)
{
    return sheet_refuse(ws->err, "bad-shared-index",
                        "The workbook is damaged (a cell names a text that is not there). Save it again as .xlsx.");
}

static int add(struct worksheet *ws, enum grid_kind kind, const char *text, size_t len, const struct numfmt *fmt)
{
    struct grid_cell cell = {.column = ws->column, .kind = (uint8_t)kind, .len = (uint32_t)len, .text = text};
    if (fmt != NULL) {
        cell.zero_pad = fmt->zero_pad;
        cell.percent = fmt->percent;
    }
    return len > 0 ? row_add(&ws->row, &cell, ws->err) : 0;
}

/* Text of our own making, already in the row's buffer behind its end. */
static int add_own(struct worksheet *ws, enum grid_kind kind, const char *text, size_t len, const struct numfmt *fmt)
{
    ws->row.text_len += len;
    return add(ws, kind, text, len, fmt);
}

static int add_copy(struct worksheet *ws, enum grid_kind kind, const char *text, size_t len)
{
    char *to = row_text(&ws->row, len);
    if (len > 0)
        memcpy(to, text, len);
    return add_own(ws, kind, to, len, NULL);
}

static int add_text(struct worksheet *ws, const struct bytes *raw)
{
    const struct bytes *text = raw;
    if (raw->len > 0 && memchr(raw->data, '_', raw->len) != NULL) {
        ws->scratch.len = 0;
        text_unescape(raw->data, raw->len, &ws->scratch);
        text = &ws->scratch;
    }
    if (text_check(text->data, text->len, ws->job->limits, ws->err) < 0)
        return -1;
    return add_copy(ws, GRID_TEXT, text->data, text->len);
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void trimmed(const struct bytes *b, const char **text, size_t *n)
{
    const char *p = b->data, *end = p + b->len;
    while (p < end && blank(*p))
        p++;
    while (p < end && blank(end[-1]))
        end--;
    *text = p;
    *n = (size_t)(end - p);
}

static int add_shared(struct worksheet *ws)
{
    const char *p;
    size_t n, index = 0;
    trimmed(&ws->value, &p, &n);
    if (n == 0)
        return 0;
    if (n > 9)
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
    return add(ws, GRID_TEXT, text, len, NULL);
}

/* A value that does not fit its type is not lost: it is text. */
static int add_misfit(struct worksheet *ws)
{
    if (text_check(ws->value.data, ws->value.len, ws->job->limits, ws->err) < 0)
        return -1;
    return add_copy(ws, GRID_TEXT, ws->value.data, ws->value.len);
}

static int add_date(struct worksheet *ws, const struct number *number, bool shows_day)
{
    char *to = row_text(&ws->row, DATE_TEXT_MAX);
    double serial = number_double(number, ws->value.data, ws->value.len);
    size_t n = date_of_serial(serial, ws->job->date1904, shows_day, to);
    return n > 0 ? add_own(ws, GRID_DATE, to, n, NULL) : 0;
}

/* Most numbers are whole and short: they are their own shortest text. */
static bool plain_integer(const struct bytes *value)
{
    if (value->len == 0 || value->len > 15 || (value->data[0] == '0' && value->len > 1))
        return false;
    for (size_t i = 0; i < value->len; i++)
        if (value->data[i] < '0' || value->data[i] > '9')
            return false;
    return true;
}

static int add_parsed(struct worksheet *ws, const struct numfmt *fmt)
{
    struct number number;
    if (!number_parse(ws->value.data, ws->value.len, &number))
        return add_misfit(ws);
    uint32_t before = ws->row.n;
    if (fmt->date && (add_date(ws, &number, fmt->day) < 0 || ws->row.n > before))
        return ws->row.n > before ? 0 : -1;
    char *to = row_text(&ws->row, NUMBER_TEXT_MAX);
    size_t n = number_shortest(&number, ws->value.data, ws->value.len, to);
    return n > 0 ? add_own(ws, GRID_NUMBER, to, n, fmt) : add_misfit(ws);
}

static int add_number(struct worksheet *ws, const struct numfmt *fmt)
{
    if (ws->value.len == 0)
        return 0;
    if (fmt->date || !plain_integer(&ws->value))
        return add_parsed(ws, fmt);
    char *to = row_text(&ws->row, ws->value.len);
    memcpy(to, ws->value.data, ws->value.len);
    return add_own(ws, GRID_NUMBER, to, ws->value.len, fmt);
}

static bool is_word(const char *p, size_t n, const char *digit, const char *word)
{
    return (n == 1 && *p == *digit) || (n == strlen(word) && memcmp(p, word, n) == 0);
}

static int add_bool(struct worksheet *ws)
{
    const char *p;
    size_t n;
    trimmed(&ws->value, &p, &n);
    if (is_word(p, n, "1", "true"))
        return add(ws, GRID_BOOL, "true", 4, NULL);
    if (is_word(p, n, "0", "false"))
        return add(ws, GRID_BOOL, "false", 5, NULL);
    return add_misfit(ws);
}

static int add_iso_date(struct worksheet *ws)
{
    static const struct numfmt day = {.date = true, .day = true};
    const char *p;
    size_t n;
    trimmed(&ws->value, &p, &n);
    char *to = row_text(&ws->row, DATE_TEXT_MAX);
    size_t len = date_of_iso(p, n, to);
    if (len > 0)
        return add_own(ws, GRID_DATE, to, len, NULL);
    return n > 0 ? add_parsed(ws, &day) : 0; /* some writers put a serial there */
}

static int add_error(struct worksheet *ws)
{
    if (text_check(ws->value.data, ws->value.len, ws->job->limits, ws->err) < 0)
        return -1;
    return add_copy(ws, GRID_ERROR, ws->value.data, ws->value.len);
}

static const struct numfmt *format_of(const struct worksheet *ws)
{
    static const struct numfmt general;
    return ws->style < ws->job->styles->n ? &ws->job->styles->cells[ws->style] : &general;
}

int cell_finish(struct worksheet *ws)
{
    switch (ws->type) {
    case CELL_NUMBER:
        return ws->value.len == 0 && ws->has_inline ? add_text(ws, &ws->inlined) : add_number(ws, format_of(ws));
    case CELL_SHARED:
        return ws->value.len == 0 && ws->has_inline ? add_text(ws, &ws->inlined) : add_shared(ws);
    case CELL_INLINE:
        return add_text(ws, ws->has_inline ? &ws->inlined : &ws->value);
    case CELL_STRING:
        return add_text(ws, ws->value.len == 0 && ws->has_inline ? &ws->inlined : &ws->value);
    case CELL_BOOL:
        return add_bool(ws);
    case CELL_ERROR:
        return add_error(ws);
    case CELL_DATE:
        return add_iso_date(ws);
    }
    return 0;
}
