/* One worksheet, event by event: rows, cells, and the reasons for refusing it. */
#include "handlers/sheet/xlsx/sheet.h"

#include <stdlib.h>

struct worksheet *worksheet_new(const struct sheet_job *job, struct sheet_error *err)
{
    struct worksheet *ws = xalloc(sizeof *ws);

    *ws = (struct worksheet){.job = job, .err = err};
    row_clear(&ws->row);
    return ws;
}

void worksheet_free(struct worksheet **ws)
{
    if (!*ws)
        return;
    row_free(&(*ws)->row);
    bytes_free(&(*ws)->gathered);
    bytes_free(&(*ws)->scratch);
    grid_merges_free(&(*ws)->merges);
    free(*ws);
    *ws = NULL;
}

static int out_of_range(struct worksheet *ws)
{
    return sheet_refuse(ws->err, "bad-reference",
                        "A cell lies outside the largest possible sheet (1048576 rows, columns to XFD). " XLSX_COPY_IT);
}

/* ---- Rows ------------------------------------------------------------------------------------------------------- */

static int hand_out(struct worksheet *ws)
{
    const struct sheet_job *job = ws->job;

    row_finish(&ws->row);
    ws->head.n_cells = ws->row.n;
    ws->head.cells = ws->row.cells;
    if (++*job->rows > job->limits->max_rows)
        return sheet_refuse(ws->err, "limit-rows", "The file has more than %u rows. Split it and send the parts.",
                            job->limits->max_rows);
    *job->bytes += ws->row.total;
    if (*job->bytes > job->limits->max_inflated)
        return sheet_refuse(ws->err, "limit-text",
                            "The texts of the file take more than %llu MiB. Split it and send the parts.",
                            (unsigned long long)(job->limits->max_inflated >> 20));
    return job->sink->row(job->sink->ctx, &ws->head);
}

/* Delivers the held row. Empty rows are not delivered: files have hundreds of thousands of them. */
static int flush_row(struct worksheet *ws)
{
    int rc = ws->row_held && ws->row.n > 0 ? hand_out(ws) : 0;

    row_clear(&ws->row);
    ws->row_held = false;
    return rc;
}

/* The current row element is row `number`: either another element of the held row, or a new row. */
static int enter_row(struct worksheet *ws, uint32_t number)
{
    int rc = 0;

    if (number >= GRID_MAX_ROW)
        return out_of_range(ws);
    if (!ws->row_held || ws->row_number != number) {
        rc = flush_row(ws);
        ws->vague = false;
        ws->head = (struct grid_row){.row = number};
    }
    ws->row_held = ws->row_known = true;
    ws->row_number = number;
    ws->next_row = number + 1;
    ws->rows_seen++;
    ws->head.hidden |= ws->hidden;
    if (ws->outline > ws->head.outline)
        ws->head.outline = ws->outline;
    return rc;
}

/* A cell without a reference begins the row: its row is the next one, until one of its cells says otherwise. */
static int guess_row(struct worksheet *ws)
{
    int rc = enter_row(ws, ws->next_row);

    ws->row_known = false;
    ws->row_guessed = true;
    return rc;
}

/* Only one row has cells of a guessed row: they are held alone, so that their number can be corrected. */
static void correct_row(struct worksheet *ws, uint32_t number)
{
    ws->row_known = true;
    ws->row_number = ws->head.row = number;
    ws->next_row = number + 1;
}

/* Turns "17" into 16; -1 if it is not a row number. */
static int64_t row_attr(const struct xml_attr *attr)
{
    uint64_t v = 0;

    for (uint32_t i = 0; i < attr->len; i++) {
        char c = attr->value[i];
        if (c < '0' || c > '9')
            return -1;
        if (v <= GRID_MAX_ROW)
            v = v * 10 + (uint64_t)(c - '0');
    }
    return v >= 1 && v <= GRID_MAX_ROW ? (int64_t)v - 1 : -1;
}

static uint8_t outline_attr(const struct xml_attr *attr)
{
    if (!attr || attr->len != 1 || attr->value[0] < '0' || attr->value[0] > '9')
        return 0;
    return (uint8_t)(attr->value[0] - '0');
}

static int start_row(struct worksheet *ws, const struct xml_token *token)
{
    const struct xml_attr *r = NULL, *hidden = NULL, *outline = NULL;

    for (uint32_t i = 0; i < token->n_attrs; i++) {
        const struct xml_attr *a = &token->attrs[i];
        if (a->name_len == 1 && a->name[0] == 'r')
            r = a;
        else if (a->name_len == 6 && memcmp(a->name, "hidden", 6) == 0)
            hidden = a;
        else if (a->name_len == 12 && memcmp(a->name, "outlineLevel", 12) == 0)
            outline = a;
    }
    ws->place = AT_ROW;
    ws->next_column = 0;
    ws->hidden = xml_attr_bool(hidden);
    ws->outline = outline_attr(outline);
    ws->row_known = ws->row_guessed = false;
    if (!r || r->len == 0)
        return 0; /* the first cell with a reference may say it */
    int64_t number = row_attr(r);
    return number < 0 ? out_of_range(ws) : enter_row(ws, (uint32_t)number);
}

static int end_row(struct worksheet *ws)
{
    ws->place = AT_DATA;
    return ws->row_known || ws->row_guessed ? 0 : enter_row(ws, ws->next_row);
}

/* ---- Cells ------------------------------------------------------------------------------------------------------ */

static enum cell_type type_of(const struct xml_attr *t)
{
    if (t->len == 1)
        switch (t->value[0]) {
        case 's':
            return CELL_SHARED;
        case 'b':
            return CELL_BOOL;
        case 'e':
            return CELL_ERROR;
        case 'd':
            return CELL_DATE;
        default:
            return CELL_NUMBER;
        }
    if (t->len == 3 && memcmp(t->value, "str", 3) == 0)
        return CELL_STRING;
    return t->len == 9 && memcmp(t->value, "inlineStr", 9) == 0 ? CELL_INLINE : CELL_NUMBER;
}

static uint32_t style_of(const struct xml_attr *s)
{
    uint32_t v = 0;

    if (s->len == 0 || s->len > 9)
        return s->len == 0 ? 0 : UINT32_MAX;
    for (uint32_t i = 0; i < s->len; i++) {
        if (s->value[i] < '0' || s->value[i] > '9')
            return UINT32_MAX;
        v = v * 10 + (uint32_t)(s->value[i] - '0');
    }
    return v;
}

/* The number of the current row element is unknown: does this cell say it? */
static int place_row(struct worksheet *ws, bool named, uint32_t row)
{
    if (!ws->row_guessed)
        return named ? enter_row(ws, row) : guess_row(ws);
    if (named)
        correct_row(ws, row);
    return 0;
}

/* Is the reference unreadable, and its letters, if it begins with some, those of this column? Then it counts as a
 * missing one. A reference that is whole but outside of every sheet is not unreadable. */
static bool counts_as_missing(const struct xml_attr *r, uint32_t column)
{
    const char *p = r->value, *end = p + r->len;
    uint32_t letters = 0, c;

    p += p < end && *p == '$';
    for (; p < end && (c = ((uint32_t)(unsigned char)*p | 32) - 'a') < 26 && letters <= GRID_MAX_COLUMN; p++)
        letters = letters * 26 + c + 1;
    if (letters > 0 && letters != column + 1)
        return false;
    p += p < end && *p == '$';
    const char *digits = p;
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return letters == 0 || p == digits || p < end;
}

/* A reference of the held row is unreadable: from here on its cells must stand right of all before. */
static void be_strict(struct worksheet *ws)
{
    if (!ws->vague)
        ws->reach = 0;
    for (uint32_t i = 0; !ws->vague && i < ws->row.n; i++)
        if (ws->row.cells[i].kind != GRID_FORMULA && ws->row.cells[i].column >= ws->reach)
            ws->reach = ws->row.cells[i].column + 1;
    ws->vague = true;
}

/* Does the place of the cell fit those of its neighbours, one of which has an unreadable reference? */
static int check_order(struct worksheet *ws)
{
    if (ws->column < ws->reach)
        return sheet_refuse(ws->err, "bad-reference",
                            "The workbook is damaged (a cell's place cannot be read and contradicts the cells beside "
                            "it). Save it again as .xlsx.");
    ws->reach = ws->column + 1;
    return 0;
}

/* The place of a cell in a row with an unreadable reference, or out of range. Apart from place_cell(), which is run for
 * every cell. */
__attribute__((noinline)) static int place_odd_cell(struct worksheet *ws, const struct xml_attr *r)
{
    uint32_t row = 0, column = ws->next_column;
    bool named = r && r->len > 0 && reference_parse(r->value, r->len, &row, &column) == 0;
    bool vague = !named && r && r->len > 0;

    if (column >= GRID_MAX_COLUMN || (vague && !counts_as_missing(r, column)))
        return out_of_range(ws);
    ws->column = column;
    ws->next_column = column + 1;
    int rc = ws->row_known ? 0 : place_row(ws, named, row);
    if (vague)
        be_strict(ws);
    return rc == 0 && ws->vague ? check_order(ws) : rc;
}

/* Finds the position of the cell: by its reference or, if it has none that can be read, to the right of the cell
 * before. The row's own number overrides that of the reference. */
static int place_cell(struct worksheet *ws, const struct xml_attr *r)
{
    uint32_t row = 0, column = ws->next_column;
    bool named = r && r->len > 0;

    if ((named && reference_parse(r->value, r->len, &row, &column) < 0) || column >= GRID_MAX_COLUMN || ws->vague)
        return place_odd_cell(ws, r);
    ws->column = column;
    ws->next_column = column + 1;
    return ws->row_known ? 0 : place_row(ws, named, row);
}

static int start_cell(struct worksheet *ws, const struct xml_token *token)
{
    const struct xml_attr *r = NULL;

    ws->place = AT_CELL;
    ws->type = CELL_NUMBER;
    ws->style = 0;
    ws->has_inline = ws->uncalculated = false;
    for (const struct xml_attr *a = token->attrs, *end = a + token->n_attrs; a < end; a++) {
        if (a->name_len != 1)
            continue;
        switch (a->name[0]) {
        case 'r':
            r = a;
            break;
        case 's':
            ws->style = style_of(a);
            break;
        case 't':
            ws->type = type_of(a);
            break;
        default:
            break;
        }
    }
    return place_cell(ws, r);
}

/* ---- Structure -------------------------------------------------------------------------------------------------- */

static int skip(struct worksheet *ws, const struct xml_token *token)
{
    ws->skipped++;
    if (XML_IS(token, "v") || XML_IS(token, "t"))
        ws->values_seen = true;
    return 0;
}

static int start_in_cell(struct worksheet *ws, const struct xml_token *token)
{
    if (XML_IS(token, "v")) {
        ws->values_seen = true;
        ws->uncalculated = false;
        ws->gathered.len = 0;
        ws->place = AT_VALUE;
        return 0;
    }
    if (XML_IS(token, "f"))
        ws->uncalculated = true;
    if (!XML_IS(token, "is"))
        return skip(ws, token);
    ws->place = AT_INLINE;
    ws->gathered.len = 0;
    ws->nested = ws->phonetic = 0;
    return 0;
}

static int start_in_inline(struct worksheet *ws, const struct xml_token *token)
{
    ws->nested++;
    if (XML_IS(token, "t")) {
        ws->values_seen = true;
        if (ws->phonetic == 0)
            ws->place = AT_INLINE_TEXT;
    } else if (ws->phonetic == 0 && XML_IS(token, "rPh")) {
        ws->phonetic = ws->nested;
    }
    return 0;
}

static int start_in_sheet(struct worksheet *ws, const struct xml_token *token)
{
    if (XML_IS(token, "sheetData"))
        ws->place = AT_DATA;
    else if (XML_IS(token, "mergeCells"))
        ws->place = AT_MERGES;
    else
        return skip(ws, token);
    return 0;
}

static int start_merge(struct worksheet *ws, const struct xml_token *token)
{
    const struct xml_attr *ref = xml_attr_find(token, "ref", 3);

    if (XML_IS(token, "mergeCell") && ref && ws->job->told)
        merges_add(&ws->merges, ref->value, ref->len);
    return skip(ws, token);
}

static int on_start(struct worksheet *ws, const struct xml_token *token)
{
    if (ws->skipped > 0)
        return skip(ws, token);
    switch (ws->place) {
    case AT_CELL:
        return start_in_cell(ws, token);
    case AT_ROW:
        return XML_IS(token, "c") ? start_cell(ws, token) : skip(ws, token);
    case AT_DATA:
        return XML_IS(token, "row") ? start_row(ws, token) : skip(ws, token);
    case AT_INLINE:
        return start_in_inline(ws, token);
    case AT_SHEET:
        return start_in_sheet(ws, token);
    case AT_MERGES:
        return start_merge(ws, token);
    case AT_VALUE:
    case AT_INLINE_TEXT:
        return skip(ws, token);
    case AT_TOP:
        break;
    }
    ws->place = AT_SHEET;
    if (!XML_IS(token, "worksheet"))
        return sheet_refuse(ws->err, "not-spreadsheet", "A sheet of the workbook is not a table (%.*s). " XLSX_COPY_IT,
                            (int)(token->name_len < 40 ? token->name_len : 40), token->name);
    return 0;
}

static int end_in_inline(struct worksheet *ws)
{
    if (ws->nested == 0) {
        ws->place = AT_CELL;
        return cell_inline(ws, ws->gathered.data, ws->gathered.len);
    }
    if (ws->phonetic == ws->nested)
        ws->phonetic = 0;
    ws->nested--;
    ws->place = AT_INLINE;
    return 0;
}

static int on_end(struct worksheet *ws)
{
    if (ws->skipped > 0) {
        ws->skipped--;
        return 0;
    }
    switch (ws->place) {
    case AT_VALUE:
        ws->place = AT_CELL;
        return cell_value(ws, ws->gathered.data, ws->gathered.len);
    case AT_CELL:
        ws->place = AT_ROW;
        return ws->uncalculated ? cell_formula(ws) : 0;
    case AT_ROW:
        return end_row(ws);
    case AT_INLINE:
    case AT_INLINE_TEXT:
        return end_in_inline(ws);
    case AT_DATA:
    case AT_MERGES:
        ws->place = AT_SHEET;
        return 0;
    case AT_SHEET:
    case AT_TOP:
        ws->place = AT_TOP;
        return 0;
    }
    return 0;
}

static int on_text(struct worksheet *ws, const struct xml_token *token)
{
    if (ws->skipped > 0 || (ws->place != AT_VALUE && ws->place != AT_INLINE_TEXT))
        return 0;
    struct bytes *to = &ws->gathered;
    xml_text_add(token, to);
    if (to->len > text_raw_max(ws->job->limits))
        return text_check(to->data, to->len, ws->job->limits, ws->err);
    return 0;
}

static int on_leaf(struct worksheet *ws, const struct xml_token *token)
{
    int rc;

    if (ws->place == AT_CELL && ws->skipped == 0 && token->name_len == 1 && token->name[0] == 'v') {
        ws->values_seen = true;
        ws->uncalculated = false;
        if (token->len > text_raw_max(ws->job->limits))
            return text_check(token->text, token->len, ws->job->limits, ws->err);
        rc = cell_value(ws, token->text, token->len);
    } else {
        rc = on_start(ws, token);
        if (rc == 0)
            rc = on_text(ws, token);
        if (rc == 0)
            rc = on_end(ws);
    }
    return rc == 0 && token->closed ? on_end(ws) : rc;
}

int worksheet_event(struct worksheet *ws, enum xml_event event, const struct xml_token *token)
{
    switch (event) {
    case XML_START:
        return on_start(ws, token);
    case XML_END:
        return on_end(ws);
    case XML_TEXT:
        return on_text(ws, token);
    case XML_LEAF:
        return on_leaf(ws, token);
    case XML_DONE:
    case XML_FAILED:
        break;
    }
    return 0;
}

static bool same_merges(const struct grid_merges *a, const struct grid_merges *b)
{
    return a->n == b->n && (a->n == 0 || memcmp(a->list, b->list, a->n * sizeof *a->list) == 0);
}

int worksheet_end(struct worksheet *ws)
{
    int rc = flush_row(ws);

    if (rc != 0)
        return rc;
    /* Values but no rows: whatever this is, an empty list would be a wrong answer. */
    if (ws->values_seen && ws->rows_seen == 0)
        return sheet_refuse(ws->err, "xml-malformed",
                            "The workbook holds values outside of any row. Save it again as .xlsx.");
    grid_merges_sort(&ws->merges);
    if (ws->job->told && !same_merges(ws->job->told, &ws->merges))
        return sheet_refuse(ws->err, "xml-malformed",
                            "The workbook is damaged (merged cells in an odd place). " XLSX_COPY_IT);
    return 0;
}

static int read_events(struct worksheet *ws, struct xml *xml)
{
    struct xml_token token = {0};

    for (;;) {
        enum xml_event event = xml_next(xml, &token);
        if (event <= XML_DONE)
            return event == XML_DONE ? worksheet_end(ws) : -1;
        int rc = worksheet_event(ws, event, &token);
        if (rc != 0)
            return rc;
    }
}

int worksheet_read(struct zip *zip, const struct zip_entry *entry, const struct sheet_job *job, struct sheet_error *err)
{
    struct zip_part *part = zip_part_open(zip, entry, true, err);

    if (!part)
        return -1;
    struct xml *xml = xml_new(part_source, part, err);
    struct worksheet *ws = worksheet_new(job, err);
    int rc = read_events(ws, xml);
    worksheet_free(&ws);
    xml_free(&xml);
    if (rc < 0)
        zip_part_blame(part, err);
    zip_part_close(&part);
    return rc;
}
