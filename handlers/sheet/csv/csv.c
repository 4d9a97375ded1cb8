/* CSV as spreadsheet programs and people write it: any of the encodings of encoding.h, any separator of csv.h, quotes by
 * RFC 4180.
 *
 * Tolerated is what can be read in one way only: a quotation mark within a field that is not quoted is itself, blanks
 * around quotes are dropped. Everything else is refused with its line: a text that is not what was meant would be lost
 * without a word. */
#include "handlers/sheet/csv/csv.h"

#include "base/bytes.h"
#include "base/utf8.h"
#include "handlers/sheet/csv/encoding.h"
#include "handlers/sheet/grid/row.h"

enum state {
    FIELD_BEGIN, /* no character of the field was read */
    PLAIN,
    QUOTED,
    QUOTE_CLOSED, /* behind a quote in a quoted field: the end of the field, or the first half of a doubled quote */
    QUOTE_BLANK   /* a blank was behind it: the end of the field */
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
    return sheet_refuse(csv->err, "csv-malformed",
                        "Line %llu of the CSV file: %s. Open it, correct the line and send it again.",
                        (unsigned long long)line, what);
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

/* Behind the closing quotation mark of a field, which has not ended yet. */
static int behind_quote(struct csv *csv, char c)
{
    if (c == ' ') {
        csv->state = QUOTE_BLANK;
        return 0;
    }
    if (c != '"' || csv->state == QUOTE_BLANK)
        return malformed(csv, csv->line, "text behind a closing quotation mark");
    csv->state = QUOTED; /* the second half of a doubled one */
    return add(csv, &c, 1);
}

static bool only_blanks(const struct bytes *field)
{
    for (size_t i = 0; i < field->len; i++)
        if (field->data[i] != ' ')
            return false;
    return true;
}

static int unquoted(struct csv *csv, char c)
{
    if (c == csv->separator && c != 0)
        return end_field(csv);
    if (c == '\n' || c == '\r')
        return end_record(csv);
    if (csv->state == QUOTE_CLOSED || csv->state == QUOTE_BLANK)
        return behind_quote(csv, c);
    if (c == '"' && only_blanks(&csv->field)) {
        csv->field.len = 0;
        csv->opened = csv->line;
        csv->state = QUOTED;
        return 0;
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

static int finish(struct csv *csv)
{
    if (csv->state == QUOTED)
        return malformed(csv, csv->opened, "a quotation mark is never closed");
    int rc = csv->started ? end_record(csv) : 0;
    return rc == 0 ? csv->sink->sheet_end(csv->sink->ctx) : rc;
}

/* The first lines tell the separator. A line that names it is a line of the file, but none of the table. */
static int begin(struct csv *csv, const char *text, size_t n, size_t *passed)
{
    struct csv_dialect dialect = csv_dialect_of(text, n);
    struct grid_sheet sheet = {.name = "", .separator = dialect.separator};

    *passed = dialect.told;
    csv->separator = dialect.separator;
    csv->record = dialect.told > 0;
    csv->line = 1 + csv->record;
    csv->cr = dialect.told > 0 && text[dialect.told - 1] == '\r';
    row_clear(&csv->row);
    return csv->sink->sheet(csv->sink->ctx, &sheet);
}

static int read_text(struct csv *csv, struct csv_source *source)
{
    const char *text = "";
    size_t passed = 0;
    ssize_t n = csv_source_read(source, &text);
    int rc = n < 0 ? -1 : begin(csv, text, (size_t)n, &passed);

    while (rc == 0 && n > 0) {
        rc = take_block(csv, text + passed, (size_t)n - passed);
        passed = 0;
        if (rc == 0 && (n = csv_source_read(source, &text)) < 0)
            return -1;
    }
    return rc == 0 ? finish(csv) : rc;
}

/* The sign with which old programs end a text is none of its characters. */
static int cut_end_mark(struct sheet_input *input, struct sheet_error *err)
{
    char last = 0;

    if (input_read(input, input->length - 1, &last, 1, err) < 0)
        return -1;
    input->length -= last == 0x1a && input->length > 1;
    return 0;
}

int csv_read(const struct sheet_input *input, const struct sheet_limits *limits, const struct grid_sink *sink,
             struct sheet_error *err)
{
    *err = (struct sheet_error){0};
    if (input->length == 0)
        return sheet_refuse(err, "empty-file", "The file is empty. Send it again.");
    struct csv csv = {.limits = limits, .sink = sink, .err = err};
    struct sheet_input whole = *input;
    struct csv_source source;
    enum csv_encoding encoding;
    if (cut_end_mark(&whole, err) < 0 || csv_find_encoding(&whole, &encoding, err) < 0)
        return -1;
    csv_source_init(&source, &whole, encoding, err);
    int rc = read_text(&csv, &source);
    csv_source_fini(&source);
    row_free(&csv.row);
    bytes_free(&csv.field);
    return rc == GRID_STOP || rc == GRID_SKIP_SHEET ? 0 : rc;
}
