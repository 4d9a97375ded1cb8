/* Heading search over the first rows of a sheet, and the report's date above it. */
#include "handlers/table/head.h"

#include "base/utf8.h"
#include "handlers/pricing/labels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A row alone (lower NULL) or two rows that make one heading. */
struct candidate {
    const struct grid_row *upper, *lower;
    unsigned n_fields;
    unsigned n_qty;
    uint32_t qty_at[2]; /* the first of them */
    bool used_merge;    /* a caption over several columns names one of the fields */
    uint8_t field_at[TABLE_COLUMNS];
    struct label_hints hints[TABLE_COLUMNS];
};

void table_heading_fini(struct table_heading *heading)
{
    arena_fini(&heading->text);
    memset(heading, 0, sizeof *heading);
}

/* The caption of the upper row over a column: the cell's own, or that of the merged area it lies in. */
struct caption {
    struct cell_span text;
    bool merged; /* over more than one column */
    bool first;  /* the column is the first of the area */
};

static struct caption caption_over(const struct table_head_input *input, const struct grid_row *upper, uint32_t column)
{
    struct caption c = {cell_words(table_row_cell(upper, column)), false, true};
    for (uint32_t i = 0; i < input->n_merges; i++) {
        const struct grid_merge *m = &input->merges[i];
        if (m->row != upper->row || column < m->column || column > m->last_column || m->column == m->last_column)
            continue;
        c.merged = true;
        c.first = column == m->column;
        if (!c.first)
            c.text = cell_words(table_row_cell(upper, m->column));
        break;
    }
    return c;
}

static bool is_amount(enum stock_field field)
{
    return field == FIELD_QTY || field == FIELD_FREE || field == FIELD_RESERVED || field == FIELD_UNIT_COST ||
           field == FIELD_TOTAL_COST;
}

static size_t join(struct cell_span top, struct cell_span bottom, char *out, size_t size)
{
    if (top.n + bottom.n + 1 > size)
        return 0;
    memcpy(out, top.s, top.n);
    out[top.n] = ' ';
    memcpy(out + top.n + 1, bottom.s, bottom.n);
    return top.n + 1 + bottom.n;
}

/* Adds what the upper label says and the lower one does not. */
static void add_hints(struct label_hints *hints, const struct label_hints *upper)
{
    if (hints->currency[0] == '\0')
        memcpy(hints->currency, upper->currency, sizeof hints->currency);
    if (hints->vat < 0)
        hints->vat = upper->vat;
}

static bool label_is_closing(const char *text, size_t n, struct label_hints *hints)
{
    struct label label;
    label_read(text, n, &label);
    *hints = label.hints;
    return label.closing;
}

/* Field of a column that has a text in both rows. */
static enum stock_field pair_field(struct cell_span top, struct cell_span bottom, struct label_hints *hints)
{
    char joined[LABEL_BYTES];
    struct label_hints upper;
    if (label_is_closing(top.s, top.n, &upper)) {
        enum stock_field field = label_field(bottom.s, bottom.n, hints);
        add_hints(hints, &upper);
        if (is_amount(field))
            return field;
    }
    /* Turnover reports also nest the other way round: "Количество" over opening, receipt, issue, closing. The first of
     * them is the opening balance, not the stock. */
    if (label_is_closing(bottom.s, bottom.n, &upper) && label_field(top.s, top.n, hints) == FIELD_QTY)
        return FIELD_QTY;
    size_t n = join(top, bottom, joined, sizeof joined);
    return n ? label_field(joined, n, hints) : FIELD_NONE;
}

static enum stock_field column_field(const struct table_head_input *input, struct candidate *c, uint32_t column)
{
    struct label_hints *hints = &c->hints[column];
    if (!c->lower) {
        struct cell_span text = cell_words(table_row_cell(c->upper, column));
        return text.n ? label_field(text.s, text.n, hints) : FIELD_NONE;
    }
    struct caption top = caption_over(input, c->upper, column);
    struct cell_span bottom = cell_words(table_row_cell(c->lower, column));
    if (bottom.n == 0)
        return top.text.n && top.first ? label_field(top.text.s, top.text.n, hints) : FIELD_NONE;
    enum stock_field field = top.text.n ? pair_field(top.text, bottom, hints) : label_field(bottom.s, bottom.n, hints);
    if (field != FIELD_NONE && top.merged && top.text.n)
        c->used_merge = true;
    return field;
}

static void read_candidate(const struct table_head_input *input, struct candidate *c)
{
    bool seen[FIELD_COUNT] = {false};
    for (uint32_t column = 0; column < TABLE_COLUMNS; column++) {
        enum stock_field field = column_field(input, c, column);
        if (field == FIELD_QTY && c->n_qty++ < 2)
            c->qty_at[c->n_qty - 1] = column;
        if (field != FIELD_NONE && seen[field])
            field = FIELD_NONE; /* the leftmost column of a field wins */
        c->field_at[column] = (uint8_t)field;
        if (field == FIELD_NONE)
            continue;
        seen[field] = true;
        c->n_fields++;
    }
    bool named = seen[FIELD_PART_NUMBER] || seen[FIELD_LOT] || seen[FIELD_CODE] || seen[FIELD_NAME];
    if (!named || !(seen[FIELD_QTY] || seen[FIELD_FREE]))
        c->n_fields = 0;
}

/* The best candidate has the most fields; then it is a pair whose merged caption is used; then a single row; then the
 * topmost, which came first. */
static bool is_better(const struct candidate *c, const struct candidate *best)
{
    if (c->n_fields != best->n_fields)
        return c->n_fields > best->n_fields;
    int rank = c->lower && c->used_merge ? 2 : !c->lower;
    int best_rank = best->lower && best->used_merge ? 2 : !best->lower;
    return rank > best_rank;
}

/* Only a row with words and without numbers can be the lower half of a heading. */
static bool can_be_lower(const struct grid_row *row)
{
    bool words = false;
    for (uint32_t i = 0; i < row->n_cells; i++) {
        const struct grid_cell *cell = &row->cells[i];
        if (cell->kind == GRID_NUMBER || cell->kind == GRID_DATE)
            return false;
        words |= cell_words(cell).n > 0;
    }
    return words;
}

static void consider(const struct table_head_input *input, const struct grid_row *upper, const struct grid_row *lower,
                     struct candidate *best)
{
    struct candidate c = {.upper = upper, .lower = lower};
    read_candidate(input, &c);
    if (c.n_fields > 0 && is_better(&c, best))
        *best = c;
}

static uint32_t keep_label(struct table_heading *heading, struct cell_span text)
{
    char label[LABEL_BYTES];
    size_t n = text.n ? label_normalise(text.s, text.n, label, sizeof label) : 0;
    return n ? arena_add(&heading->text, label, n) : 0;
}

static void keep_labels(const struct table_head_input *input, const struct candidate *c, struct table_heading *out)
{
    char joined[LABEL_BYTES];
    arena_add(&out->text, "", 0); /* offset 0 means none */
    for (uint32_t column = 0; column < TABLE_COLUMNS; column++) {
        struct table_column *at = &out->at[column];
        struct cell_span top = cell_words(table_row_cell(c->upper, column));
        at->label[0] = keep_label(out, top);
        at->caption = top.n ? arena_add(&out->text, top.s, top.n) : 0;
        if (!c->lower)
            continue;
        struct cell_span over = caption_over(input, c->upper, column).text;
        struct cell_span bottom = cell_words(table_row_cell(c->lower, column));
        at->label[1] = keep_label(out, bottom);
        if (bottom.n)
            at->caption = arena_add(&out->text, bottom.s, bottom.n);
        if (over.n && bottom.n)
            at->label[TABLE_HEADING_MAX] =
                keep_label(out, (struct cell_span){joined, join(over, bottom, joined, sizeof joined)});
    }
}

/* A caption may be merged over several columns: in the row that names the field, which is the lower one if it has a
 * text there. */
static uint32_t last_under(const struct table_head_input *input, const struct candidate *c, uint32_t column)
{
    bool lower = c->lower && cell_words(table_row_cell(c->lower, column)).n > 0;
    uint32_t row = lower ? c->lower->row : c->upper->row;
    for (uint32_t i = 0; i < input->n_merges; i++) {
        const struct grid_merge *m = &input->merges[i];
        if (m->row <= row && m->last_row >= row && m->column == column && m->last_column < TABLE_COLUMNS)
            return m->last_column;
    }
    return column;
}

static void take(const struct table_head_input *input, const struct candidate *c, struct table_heading *out)
{
    memset(out, 0, sizeof *out);
    out->row = c->upper->row;
    out->rows = c->lower ? 2 : 1;
    out->grid = c->upper->grid;
    for (unsigned field = 0; field < FIELD_COUNT; field++)
        out->column[field] = ARENA_NONE;
    for (uint32_t column = 0; column < TABLE_COLUMNS; column++) {
        uint8_t field = c->field_at[column];
        out->at[column].field = field;
        out->at[column].last = (uint8_t)last_under(input, c, column);
        if (field == FIELD_NONE)
            continue;
        out->column[field] = column;
        out->hints[field] = c->hints[column];
    }
    keep_labels(input, c, out);
}

static enum table_head_result search(const struct table_head_input *input, uint32_t last, struct table_heading *out,
                                     char *why, size_t size)
{
    struct candidate best = {.n_fields = 0};
    for (uint32_t i = 0; i < last; i++) {
        const struct grid_row *row = input->rows[i];
        consider(input, row, NULL, &best);
        if (i + 1 == input->n_rows)
            break;
        const struct grid_row *next = input->rows[i + 1];
        if (next->row == row->row + 1 && next->grid == row->grid && can_be_lower(next))
            consider(input, row, next, &best);
    }
    if (best.n_fields == 0) {
        *out = (struct table_heading){0};
        snprintf(why, size,
                 "No heading with a quantity and a part number, lot, code or name in the first %d rows. Name the "
                 "columns, \"Артикул\" and \"Количество\" for example, and send the file again.",
                 TABLE_HEAD_ROWS);
        return HEAD_NONE;
    }
    if (best.n_qty > 1) {
        *out = (struct table_heading){.row = best.upper->row};
        snprintf(why, size, "Columns %u and %u below row %u are both quantities; leave the one that counts the stock.",
                 best.qty_at[0] + 1, best.qty_at[1] + 1, best.upper->row + 1);
        return HEAD_AMBIGUOUS;
    }
    take(input, &best, out);
    return HEAD_FOUND;
}

enum table_head_result table_heading_find(const struct table_head_input *input, struct table_heading *out, char *why,
                                          size_t size)
{
    return search(input, input->n_rows, out, why, size);
}

enum table_head_result table_heading_here(const struct table_head_input *input, struct table_heading *out, char *why,
                                          size_t size)
{
    return search(input, input->n_rows > 0, out, why, size);
}

const char *table_unread_text(enum table_unread why)
{
    static const char *const texts[] = {
        [READ_OK] = "",
        [UNREAD_FOREIGN] = "not the present stock",
        [UNREAD_PLACE] = "another warehouse",
        [UNREAD_SUM] = "the sum of several warehouses",
        [UNREAD_SELLING] = "a selling price",
        [UNREAD_LOST] = "another column was taken",
        [UNREAD_UNKNOWN] = "not understood",
    };
    return texts[why];
}

const char *table_heading_caption(const struct table_heading *heading, uint32_t column)
{
    return column < TABLE_COLUMNS && heading->at[column].caption
               ? arena_text(&heading->text, heading->at[column].caption)
               : "";
}

const char *table_column_letter(uint32_t column, char buf[4])
{
    char letters[4];
    unsigned n = 0, at = 0;
    for (uint32_t rest = column + 1; rest > 0 && n < 3; rest = (rest - 1) / 26)
        letters[n++] = (char)('A' + (rest - 1) % 26);
    while (n > 0)
        buf[at++] = letters[--n];
    buf[at] = '\0';
    return buf;
}

bool table_heading_same(const struct table_heading *a, const struct table_heading *b)
{
    return memcmp(a->column, b->column, sizeof a->column) == 0;
}

bool table_row_labels(const struct grid_row *row)
{
    unsigned labels = 0;
    for (uint32_t i = 0; i < row->n_cells && labels < 2; i++) {
        struct cell_span words = cell_words(&row->cells[i]);
        if (row->cells[i].kind == GRID_NUMBER || row->cells[i].kind == GRID_DATE)
            return false;
        labels += words.n && label_field(words.s, words.n, NULL) != FIELD_NONE;
    }
    return labels >= 2;
}

/* Most cells differ from the label in the first letter; then the whole text need not be normalised. */
static bool may_be_label(struct cell_span words, const char *label)
{
    size_t len;
    uint32_t first = utf8_lower(utf8_decode(words.s, words.n, &len)),
             own = utf8_lower(utf8_decode(label, strlen(label), &len));
    bool letter = (first >= 'a' && first <= 'z') || (first >= 0x430 && first <= 0x44f);
    return !letter || first == own;
}

static bool repeats_label(const struct table_heading *heading, const struct grid_cell *cell)
{
    char label[LABEL_BYTES];
    bool ready = false;
    struct cell_span words = cell_words(cell);
    for (unsigned i = 0; i <= TABLE_HEADING_MAX && words.n > 0 && words.n < sizeof label; i++) {
        const char *own = arena_text(&heading->text, heading->at[cell->column].label[i]);
        if (*own == '\0' || !may_be_label(words, own))
            continue;
        if (!ready)
            label_normalise(words.s, words.n, label, sizeof label);
        ready = true;
        if (strcmp(label, own) == 0)
            return true;
    }
    return false;
}

bool table_row_repeats(const struct table_heading *heading, const struct grid_row *row)
{
    unsigned repeated = 0;
    for (uint32_t i = 0; i < row->n_cells && row->cells[i].column < TABLE_COLUMNS && repeated < 2; i++)
        repeated += repeats_label(heading, &row->cells[i]);
    return repeated >= 2;
}

/* ---- The report's date ----------------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t digits(const char *s, size_t n)
{
    size_t i = 0;
    while (i < n && is_digit(s[i]))
        i++;
    return i;
}

/* Length of a date at the start of s, or 0: D.M.YYYY, D.M.YY or YYYY-MM-DD, not part of a longer run of numbers. */
static size_t date_length(const char *s, size_t n, bool *two_digits)
{
    size_t a = digits(s, n);
    if ((a != 4 && a != 1 && a != 2) || a >= n)
        return 0;
    char sign = a == 4 ? '-' : '.';
    if (s[a] != sign)
        return 0;
    size_t b = digits(s + a + 1, n - a - 1), at = a + 1 + b;
    if (b < 1 || b > 2 || at >= n || s[at] != sign)
        return 0;
    size_t c = digits(s + at + 1, n - at - 1), end = at + 1 + c;
    if (a != 4 && end + 1 < n && s[end] == '.' && is_digit(s[end + 1]))
        return 0; /* a version: 3.0.150.22 */
    *two_digits = a != 4 && c == 2;
    return *two_digits || c == (a == 4 ? 2u : 4u) ? end : 0;
}

/* In running text "8.3.27" may be a version or a day, so dates with a year of two digits count only if there are no
 * others. */
struct latest_date {
    struct value_date full, two_digits;
};

static void later(struct value_date *latest, struct value_date date)
{
    if (value_date_valid(date) && (latest->year == 0 || value_date_compare(date, *latest) > 0))
        *latest = date;
}

static void scan_dates(struct cell_span text, struct latest_date *latest)
{
    for (size_t i = 0; i < text.n; i++) {
        struct value_date date;
        bool two_digits = false;
        bool starts = is_digit(text.s[i]) && (i == 0 || (!is_digit(text.s[i - 1]) && text.s[i - 1] != '.'));
        size_t n = starts ? date_length(text.s + i, text.n - i, &two_digits) : 0;
        if (n && value_date_text(text.s + i, n, &date) == 0)
            later(two_digits ? &latest->two_digits : &latest->full, date);
    }
}

/* Does the cell say when the report was made or printed? That is not the date of the stock. */
static bool tells_printing(const struct grid_cell *cell)
{
    char label[LABEL_BYTES * 4];
    struct cell_span text = cell_words(cell);
    label_normalise(text.s, text.n, label, sizeof label);
    return strstr(label, "сформирован") || strstr(label, "печат");
}

static void scan_row(const struct grid_row *row, struct latest_date *latest)
{
    bool printing = false;
    for (uint32_t i = 0; i < row->n_cells; i++) {
        const struct grid_cell *cell = &row->cells[i];
        struct value_date date;
        bool tells = cell->kind == GRID_TEXT && tells_printing(cell);
        printing |= tells;
        if (cell->kind == GRID_TEXT && !tells)
            scan_dates(cell_words(cell), latest);
        else if (cell->kind == GRID_DATE && !printing &&
                 value_date_text(cell->text, cell->len < 10 ? cell->len : 10, &date) == 0)
            later(&latest->full, date);
    }
}

struct table_dates table_heading_dates(const struct table_head_input *input, const struct table_heading *heading)
{
    struct latest_date latest = {{0, 0, 0}, {0, 0, 0}};
    for (uint32_t i = 0; i < input->n_rows; i++)
        if (input->rows[i]->row < heading->row)
            scan_row(input->rows[i], &latest);
    return (struct table_dates){.date = latest.full.year ? latest.full : latest.two_digits};
}
