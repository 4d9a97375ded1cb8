/* Rows and headings as JSON. */
#include "handlers/table/rowcells.h"

#include "base/arena.h"
#include "base/utf8.h"

#include <stdlib.h>

#define CAPTION_CHARACTERS 255
#define EXPONENT_MAX       400 /* a binary number has at most 309 digits before the point, 324 zeros behind it */

/* ---- Text ------------------------------------------------------------------------------------------------------ */

static void put_s(struct bytes *out, const char *text)
{
    bytes_add(out, text, strlen(text));
}

static void put_character(struct bytes *out, uint32_t cp)
{
    static const char digits[] = "0123456789abcdef";
    char text[8];
    if (cp == '"' || cp == '\\') {
        text[0] = '\\';
        text[1] = (char)cp;
        bytes_add(out, text, 2);
    } else if (cp < 0x20) {
        memcpy(text, "\\u00", 4);
        text[4] = digits[cp >> 4];
        text[5] = digits[cp & 15];
        bytes_add(out, text, 6);
    } else {
        bytes_add(out, text, utf8_encode(cp, text));
    }
}

/* How many bytes from text[i] on stand for themselves. */
static size_t plain_run(const char *text, size_t i, size_t n)
{
    size_t from = i;
    while (i < n && (unsigned char)text[i] >= 0x20 && (unsigned char)text[i] < 0x7f && text[i] != '"' &&
           text[i] != '\\')
        i++;
    return i - from;
}

/* At most `characters`. Bad bytes and NUL become U+FFFD. */
static void put_text(struct bytes *out, const char *text, size_t n, size_t characters)
{
    bytes_add(out, "\"", 1);
    for (size_t i = 0, len; i < n && characters > 0; i += len, characters--) {
        size_t run = plain_run(text, i, characters < n - i ? i + characters : n);
        bytes_add(out, text + i, run);
        i += run;
        characters -= run;
        if (i == n || characters == 0)
            break;
        uint32_t cp = utf8_decode(text + i, n - i, &len);
        put_character(out, cp == UTF8_BAD || cp == 0 ? 0xfffd : cp);
    }
    bytes_add(out, "\"", 1);
}

/* ---- Cells ----------------------------------------------------------------------------------------------------- */

static bool is_digits(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return n > 0;
}

static void put_zeros(struct bytes *out, int n)
{
    for (; n > 0; n--)
        bytes_add(out, "0", 1);
}

/* Digits without their point, which stands behind the first `point` of them. */
static void put_shifted(struct bytes *out, const char *digits, int n, int point)
{
    if (point <= 0) {
        put_s(out, "0.");
        put_zeros(out, -point);
        bytes_add(out, digits, (size_t)n);
    } else if (point >= n) {
        bytes_add(out, digits, (size_t)n);
        put_zeros(out, point - n);
    } else {
        bytes_add(out, digits, (size_t)point);
        put_s(out, ".");
        bytes_add(out, digits + point, (size_t)(n - point));
    }
}

/* "1.5e+21" as plain digits. Returns false if the text is not of this form. */
static bool put_exponent(struct bytes *out, const char *text, size_t n, const char *e)
{
    char digits[32];
    int count = 0, point = -1;
    long exponent = strtol(e + 1, NULL, 10);
    size_t i = n > 0 && text[0] == '-';
    for (size_t at = i; at < (size_t)(e - text); at++) {
        if (text[at] == '.' && point < 0)
            point = count;
        else if (text[at] >= '0' && text[at] <= '9' && count < (int)sizeof digits)
            digits[count++] = text[at];
        else
            return false;
    }
    if (count == 0 || exponent > EXPONENT_MAX || exponent < -EXPONENT_MAX)
        return false;
    if (i)
        put_s(out, "-");
    put_shifted(out, digits, count, (point < 0 ? count : point) + (int)exponent);
    return true;
}

/* Is it a number that JSON may hold as it is: "-12.5", no leading zeros? */
static bool is_plain(const char *text, size_t n)
{
    if (n > 0 && text[0] == '-')
        text++, n--;
    const char *point = memchr(text, '.', n);
    size_t whole = point ? (size_t)(point - text) : n;
    if (!is_digits(text, whole) || (whole > 1 && text[0] == '0'))
        return false;
    return !point || is_digits(point + 1, n - whole - 1);
}

static void put_padded(struct bytes *out, const struct grid_cell *cell)
{
    bytes_add(out, "\"", 1);
    put_zeros(out, (int)cell->zero_pad - (int)cell->len);
    bytes_add(out, cell->text, cell->len);
    bytes_add(out, "\"", 1);
}

static void put_number(struct bytes *out, const struct grid_cell *cell)
{
    char text[64];
    size_t n = cell->len < sizeof text - 1 ? cell->len : sizeof text - 1;
    memcpy(text, cell->text, n);
    text[n] = '\0';
    const char *e = strpbrk(text, "eE");
    if (cell->zero_pad > 1 && is_digits(text, n))
        put_padded(out, cell);
    else if (is_plain(text, n))
        bytes_add(out, text, n);
    else if (!e || !put_exponent(out, text, n, e))
        put_text(out, cell->text, cell->len, SIZE_MAX);
}

static void put_date(struct bytes *out, const struct grid_cell *cell)
{
    static const char midnight[] = "T00:00:00";
    size_t n = cell->len, whole = strlen("2026-02-05");
    if (n >= whole + strlen(midnight) && memcmp(cell->text + whole, midnight, strlen(midnight)) == 0)
        n = whole;
    put_text(out, cell->text, n, SIZE_MAX);
}

static void put_cell(struct bytes *out, const struct grid_cell *cell)
{
    if (cell->len == 0)
        put_s(out, "null");
    else if (cell->kind == GRID_NUMBER)
        put_number(out, cell);
    else if (cell->kind == GRID_DATE)
        put_date(out, cell);
    else
        put_text(out, cell->text, cell->len, SIZE_MAX);
}

static void put_cut(struct bytes *out, const char *text, size_t n, size_t most)
{
    put_text(out, text, n > most ? utf8_cut(text, n, most) : n, SIZE_MAX);
    if (n <= most)
        return;
    out->len--; /* the quotation mark */
    put_s(out, "…\"");
}

void table_cell_text(const struct grid_cell *cell, size_t most, struct bytes *out)
{
    struct bytes plain = {0};
    bool calculated = cell && (cell->kind == GRID_NUMBER || cell->kind == GRID_DATE) && cell->len > 0;
    if (calculated)
        put_cell(&plain, cell);
    if (calculated && plain.len <= most) {
        bool text = plain.data[0] == '"';
        bytes_add(out, "\"", !text);
        bytes_add(out, plain.data, plain.len);
        bytes_add(out, "\"", !text);
    } else {
        put_cut(out, cell ? cell->text : "", cell ? cell->len : 0, most);
    }
    bytes_free(&plain);
}

/* ---- Rows ------------------------------------------------------------------------------------------------------ */

/* The text that a merge gave to the field of this column, or NULL. */
static const struct grid_cell *filled(const struct table_row *row, const uint32_t *column_of, uint32_t column)
{
    for (unsigned field = FIELD_NONE + 1; field < FIELD_COUNT; field++)
        if (column_of[field] == column && !cell_empty(row->field[field]))
            return row->field[field];
    return NULL;
}

static uint32_t width_of(const struct table_row *row, const uint32_t *column_of)
{
    const struct grid_row *grid = row->row;
    uint32_t width = grid->n_cells ? grid->cells[grid->n_cells - 1].column + 1 : 0;
    for (unsigned field = FIELD_NONE + 1; column_of && field < FIELD_COUNT; field++)
        if (column_of[field] != ARENA_NONE && column_of[field] >= width && !cell_empty(row->field[field]))
            width = column_of[field] + 1;
    return width;
}

static void row_cells(const struct table_row *row, const uint32_t *column_of, uint32_t columns, struct bytes *out)
{
    const struct grid_row *grid = row->row;
    uint32_t width = width_of(row, column_of);
    if (columns && width > columns)
        width = columns;
    out->len = 0;
    put_s(out, "[");
    for (uint32_t column = 0, i = 0; column < width && out->len <= ROW_CELLS_MAX; column++) {
        const struct grid_cell *own = i < grid->n_cells && grid->cells[i].column == column ? &grid->cells[i++] : NULL;
        if (column_of && cell_empty(own))
            own = filled(row, column_of, column);
        if (column)
            put_s(out, ",");
        own ? put_cell(out, own) : put_s(out, "null");
    }
    put_s(out, "]");
    if (out->len > ROW_CELLS_MAX) {
        out->len = 0;
        put_s(out, "[]");
    }
}

void table_row_cells(const struct grid_row *row, uint32_t columns, struct bytes *out)
{
    struct table_row whole = {.row = row};
    row_cells(&whole, NULL, columns, out);
}

void table_row_cells_filled(const struct table_row *row, const uint32_t *column, uint32_t columns, struct bytes *out)
{
    row_cells(row, column, columns, out);
}

/* ---- Headings -------------------------------------------------------------------------------------------------- */

struct captions {
    const struct grid_row *const *rows;
    uint32_t n_rows, width, n_merges;
    const struct grid_merge *merges;
};

static struct cell_span own_caption(const struct captions *c, uint32_t at, uint32_t column)
{
    return cell_span(table_row_cell(c->rows[at], column));
}

/* The merged caption that covers this cell from the left, if its area ends above the last row. */
static struct cell_span merged_caption(const struct captions *c, uint32_t at, uint32_t column)
{
    uint32_t row = c->rows[at]->row, last = c->rows[c->n_rows - 1]->row;
    for (uint32_t i = 0; i < c->n_merges; i++) {
        const struct grid_merge *m = &c->merges[i];
        if (m->row == row && m->last_row < last && m->column < column && m->last_column >= column)
            return own_caption(c, at, m->column);
    }
    return (struct cell_span){"", 0};
}

static struct cell_span caption(const struct captions *c, uint32_t at, uint32_t column)
{
    struct cell_span own = own_caption(c, at, column);
    return own.n ? own : merged_caption(c, at, column);
}

/* What keeps a caption to the left from reaching this gap. */
static struct cell_span stopper(const struct captions *c, uint32_t at, uint32_t column)
{
    for (uint32_t below = at + 1; below < c->n_rows; below++) {
        struct cell_span text = caption(c, below, column);
        if (text.n)
            return text;
    }
    return (struct cell_span){"#", 1};
}

static void put_captions(const struct captions *c, uint32_t at, struct bytes *out)
{
    bool reaches = false;
    put_s(out, at ? ",[" : "[");
    for (uint32_t column = 0; column < c->width && out->len <= CAPTIONS_MAX; column++) {
        struct cell_span text = caption(c, at, column);
        if (text.n == 0 && reaches && c->n_merges && at + 1 < c->n_rows)
            text = stopper(c, at, column);
        reaches = reaches || text.n > 0;
        if (column)
            put_s(out, ",");
        text.n ? put_text(out, text.s, text.n, CAPTION_CHARACTERS) : put_s(out, "null");
    }
    put_s(out, "]");
}

static bool is_in_heading(const struct captions *c, const struct grid_merge *merge)
{
    return merge->row <= c->rows[c->n_rows - 1]->row && merge->last_row >= c->rows[0]->row;
}

/* The width that the captions and the merges over them take. */
static void measure(struct captions *c, uint32_t columns)
{
    bool merged = false;
    for (uint32_t i = 0; i < c->n_rows; i++) {
        const struct grid_row *row = c->rows[i];
        if (row->n_cells && row->cells[row->n_cells - 1].column >= c->width)
            c->width = row->cells[row->n_cells - 1].column + 1;
    }
    for (uint32_t i = 0; i < c->n_merges; i++) {
        if (!is_in_heading(c, &c->merges[i]))
            continue;
        merged = true;
        if (c->merges[i].last_column >= c->width && c->merges[i].last_column < GRID_MAX_COLUMN)
            c->width = c->merges[i].last_column + 1;
    }
    if (columns && c->width > columns)
        c->width = columns;
    if (!merged)
        c->n_merges = 0;
}

void table_heading_captions(const struct grid_row *const *rows, uint32_t n_rows, const struct grid_merge *merges,
                            uint32_t n_merges, uint32_t columns, struct bytes *out)
{
    struct captions c = {.rows = rows, .n_rows = n_rows, .merges = merges, .n_merges = n_merges};
    out->len = 0;
    put_s(out, "[");
    if (n_rows > 0)
        measure(&c, columns);
    for (uint32_t i = 0; i < n_rows; i++)
        put_captions(&c, i, out);
    put_s(out, "]");
    if (out->len > CAPTIONS_MAX) {
        out->len = 0;
        put_s(out, "[[]]");
    }
}
