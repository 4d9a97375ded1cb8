/* CSV by RFC 4180, in UTF-8; the first line shows the separator. A file is read as CSV only if the caller asks for
 * it: nothing in a CSV file says what it is. */
#include "base/bytes.h"
#include "base/utf8.h"
#include "handlers/sheet/grid/row.h"

#include <stdlib.h>

enum { BLOCK = 64 << 10 };

enum state {
    FIELD_BEGIN, /* no character of the field was read */
    PLAIN,
    QUOTED,
    QUOTE_CLOSED, /* behind a quote in a quoted field: the end of the field, or the first half of a doubled quote */
};

struct csv {
    const struct sheet_limits *limits;
    const struct grid_sink *sink;
    struct sheet_error *err;
    struct row_buffer row;
    struct bytes field;
    enum state state;
    char separator;
    bool cr;         /* the last character was a CR that ended a line */
    bool started;    /* the current record has at least one character */
    uint64_t line;   /* physical, from 1 */
    uint64_t opened; /* line of the last opening quote */
    uint32_t record, column, rows;
};

static int malformed(struct csv *csv, uint64_t line, const char *what)
{
    return sheet_refuse(csv->err, "csv-malformed", "Line %llu of the CSV file: %s.", (unsigned long long)line, what);
}

/* Is the field a text that a spreadsheet would run as a formula, with the apostrophe in front that our own CSV files
 * have for that reason (handlers/read/csvout.h)? It is no part of the text. */
static bool is_guarded(const char *text, size_t n)
{
    static const char *const begins[] = {"=", "+", "-", "@", "\t", "\r", "\n", "\uFF1D", "\uFF0B", "\uFF0D", "\uFF20"};
    size_t at = 0;

    while (at < n && text[at] == '\'')
        at++;
    if (at == 0)
        return false;
    while (at < n && text[at] == ' ')
        at++;
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
        size_t len = strlen(begins[i]);
        if (n - at >= len && memcmp(text + at, begins[i], len) == 0)
            return true;
    }
    return false;
}

static int end_field(struct csv *csv)
{
    size_t guard = is_guarded(csv->field.data, csv->field.len), n = csv->field.len - guard;

    csv->state = FIELD_BEGIN;
    if (csv->column >= GRID_MAX_COLUMN)
        return malformed(csv, csv->line, "more than 16384 columns");
    uint32_t column = csv->column++;
    if (n == 0)
        return 0;
    char *to = row_text(&csv->row, n);
    memcpy(to, csv->field.data + guard, n);
    csv->row.text_len += n;
    csv->field.len = 0;
    struct grid_cell cell = {.column = column, .kind = GRID_TEXT, .len = (uint32_t)n, .text = to};
    return row_add(&csv->row, &cell, csv->err);
}

static int hand_out(struct csv *csv)
{
    struct grid_row row = {.row = csv->record, .n_cells = csv->row.n, .cells = csv->row.cells};

    if (++csv->rows > csv->limits->max_rows)
        return sheet_refuse(csv->err, "limit-rows", "The file has more than %u rows. Split it and send the parts.",
                            csv->limits->max_rows);
    return csv->sink->row(csv->sink->ctx, &row);
}

static int end_record(struct csv *csv)
{
    int rc = end_field(csv);

    if (rc == 0 && csv->row.n > 0)
        rc = hand_out(csv);
    row_clear(&csv->row);
    csv->column = 0;
    csv->record++;
    csv->started = false;
    return rc;
}

static int add(struct csv *csv, const char *text, size_t n)
{
    bytes_add(&csv->field, text, n);
    if (csv->field.len > csv->limits->max_text && utf8_units(csv->field.data, csv->field.len) > csv->limits->max_text)
        return malformed(csv, csv->state == QUOTED ? csv->opened : csv->line,
                         "a field of more than 32767 characters; is a quotation mark missing?");
    return 0;
}

static int in_quotes(struct csv *csv, char c)
{
    if (c == '"') {
        csv->state = QUOTE_CLOSED;
        return 0;
    }
    return add(csv, &c, 1);
}

static int unquoted(struct csv *csv, char c)
{
    if (c == csv->separator)
        return end_field(csv);
    if (c == '\n' || c == '\r')
        return end_record(csv);
    if (csv->state == QUOTE_CLOSED && c != '"')
        return malformed(csv, csv->line, "text behind a closing quotation mark");
    if (c == '"' && csv->state == PLAIN)
        return malformed(csv, csv->line, "a quotation mark within a field that is not quoted");
    if (c == '"') { /* an opening quote, or the second half of a doubled one */
        bool doubled = csv->state == QUOTE_CLOSED;
        csv->opened = doubled ? csv->opened : csv->line;
        csv->state = QUOTED;
        return doubled ? add(csv, &c, 1) : 0;
    }
    csv->state = PLAIN;
    return add(csv, &c, 1);
}

static int take(struct csv *csv, char c)
{
    bool second = c == '\n' && csv->cr; /* the LF of a CR LF */

    csv->cr = c == '\r';
    csv->line += c == '\n' ? !second : c == '\r';
    if (csv->state == QUOTED) {
        csv->started = true;
        return in_quotes(csv, c);
    }
    if (second)
        return 0;
    csv->started = true;
    /* The line was counted at its end, but the character that ends it belongs to it. */
    csv->line -= c == '\n' || c == '\r';
    int rc = unquoted(csv, c);
    csv->line += c == '\n' || c == '\r';
    return rc;
}

/* Returns the separator that is most frequent outside of quotes in the first line; 0 if there is none: one column. */
static char separator_of(const char *text, size_t n)
{
    static const char known[] = {';', ',', '\t'};
    size_t counts[3] = {0}, best = 0;
    bool quoted = false;

    for (size_t i = 0; i < n && (quoted || (text[i] != '\n' && text[i] != '\r')); i++) {
        quoted ^= text[i] == '"';
        for (size_t k = 0; k < 3; k++)
            counts[k] += !quoted && text[i] == known[k];
    }
    for (size_t k = 1; k < 3; k++)
        if (counts[k] > counts[best])
            best = k;
    return counts[best] > 0 ? known[best] : 0;
}

/* Returns how many bytes from `text` on are ordinary characters of the field. */
static size_t ordinary(const struct csv *csv, const char *text, size_t n)
{
    size_t i = 0;

    if (csv->state != PLAIN && csv->state != QUOTED)
        return 0;
    while (i < n && text[i] != '"' && text[i] != '\n' && text[i] != '\r' &&
           (text[i] != csv->separator || csv->state == QUOTED))
        i++;
    return i;
}

static int take_block(struct csv *csv, const char *text, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t run = ordinary(csv, text + i, n - i);
        int rc = run > 0 ? add(csv, text + i, run) : take(csv, text[i]);
        if (rc != 0)
            return rc;
        if (run > 0)
            csv->cr = false;
        i += run > 0 ? run : 1;
    }
    return 0;
}

static uint64_t lines(const char *text, size_t n)
{
    uint64_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += text[i] == '\n';
    return count;
}

static int bad_text(struct csv *csv, const char *text, size_t good, size_t at)
{
    uint64_t line = csv->line + lines(text, good);

    if (at == 0 && good == 0 && ((unsigned char)text[0] == 0xff || (unsigned char)text[0] == 0xfe))
        return malformed(csv, 1, "the file is in UTF-16; save it as CSV UTF-8");
    return malformed(csv, line, "text that is not UTF-8; save the file as CSV UTF-8");
}

static int finish(struct csv *csv)
{
    if (csv->state == QUOTED)
        return malformed(csv, csv->opened, "a quotation mark is never closed");
    int rc = csv->started ? end_record(csv) : 0;
    return rc == 0 ? csv->sink->sheet_end(csv->sink->ctx) : rc;
}

static int read_blocks(struct csv *csv, const struct sheet_input *input, char *block)
{
    size_t kept = 0;

    for (uint64_t at = 0; at < input->length;) {
        size_t n = input->length - at < BLOCK ? (size_t)(input->length - at) : BLOCK;
        if (input_read(input, at, block + kept, n, csv->err) < 0)
            return -1;
        size_t all = kept + n, from = 0;
        bool cut, first = at == 0;
        at += n;
        size_t good = utf8_check((const unsigned char *)block, all, &cut);
        if (good < all && (!cut || at == input->length))
            return bad_text(csv, block, good, at - n);
        if (first) {
            from = all >= 3 && memcmp(block, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
            csv->separator = separator_of(block + from, good - from);
        }
        int rc = take_block(csv, block + from, good - from);
        if (rc != 0)
            return rc;
        kept = all - good;
        memmove(block, block + good, kept);
    }
    return finish(csv);
}

int csv_read(const struct sheet_input *input, const struct sheet_limits *limits, const struct grid_sink *sink,
             struct sheet_error *err)
{
    *err = (struct sheet_error){0};
    if (input->length == 0)
        return sheet_refuse(err, "empty-file", "The file is empty. Send it again.");
    struct csv csv = {.limits = limits, .sink = sink, .err = err, .line = 1};
    const struct grid_sheet sheet = {.name = ""};
    int rc = sink->sheet(sink->ctx, &sheet);
    if (rc == 0) {
        char *block = xalloc(BLOCK + 4);
        row_clear(&csv.row);
        rc = read_blocks(&csv, input, block);
        free(block);
        row_free(&csv.row);
        bytes_free(&csv.field);
    }
    return rc == GRID_STOP || rc == GRID_SKIP_SHEET ? 0 : rc;
}
