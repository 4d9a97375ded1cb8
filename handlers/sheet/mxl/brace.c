/* Head and rows of the brace form of .mxl. */
#include "handlers/sheet/mxl/brace.h"

#include "handlers/sheet/mxl/mxl.h"

#include <string.h>

enum { FORMAT_WIDTH = 7, FORMAT_HAS_WIDTH = 1 << FORMAT_WIDTH };

/* What a pass over the rows does. */
enum pass {
    LOCATE, /* count, and skip cells by their braces */
    CHECK,  /* read every cell and deliver nothing: finds the exact place of a fault that LOCATE noticed later */
    DELIVER
};

/* Reads 8, 1, build. The build is ignored: documents of unknown builds are judged by their shape. */
static int version(struct mxl_in *in)
{
    int64_t eight, one, build;
    uint64_t start = mxl_in_offset(in);

    if (mxl_open(in) || mxl_integer(in, &eight) || mxl_comma(in) || mxl_integer(in, &one) || mxl_comma(in) ||
        mxl_integer(in, &build))
        return -1;
    if (eight != 8 || one != 1 || build < 0)
        return mxl_fail_at(in, start, "mxl-version",
                           "This .mxl file was written by an unknown version of 1C. Save the report as .xlsx.");
    return 0;
}

/* {current language, ...} */
static int languages(struct mxl_brace *doc)
{
    struct mxl_in *in = doc->in;
    size_t len;

    if (mxl_comma(in) || mxl_open(in) || mxl_string(in, doc->scratch, &len))
        return -1;
    if (len > sizeof doc->language)
        return mxl_fail(in, "mxl-malformed", "The .mxl file is damaged: the language code is too long.");
    memcpy(doc->language, doc->scratch, len);
    doc->language_len = len;
    return mxl_skip_rest(in, doc->scratch);
}

/* The width is the eighth bit of the mask: it stands behind as many values as there are lower bits. */
int mxl_brace_width(struct mxl_brace *doc, uint32_t *width)
{
    struct mxl_in *in = doc->in;
    int64_t mask, value;

    *width = MXL_NO_WIDTH;
    if (mxl_open(in) || mxl_integer_in(in, 0, INT64_MAX, &mask))
        return -1;
    for (int bit = 0; bit < FORMAT_WIDTH && (mask & FORMAT_HAS_WIDTH); bit++)
        if ((mask >> bit & 1) && mxl_comma_skip(in, doc->scratch))
            return -1;
    if (mask & FORMAT_HAS_WIDTH) {
        if (mxl_comma_integer(in, 0, INT32_MAX, &value))
            return -1;
        *width = (uint32_t)value;
    }
    return mxl_skip_rest(in, doc->scratch);
}

/* Items 0 to 15 of the root: see the numbers in the comments. */
static int head(struct mxl_brace *doc, int64_t *rows)
{
    struct mxl_in *in = doc->in;
    int64_t any;

    if (version(in) || languages(doc))
        return -1;
    if (mxl_comma(in) || mxl_brace_width(doc, &doc->columns.default_width)) /* 4 default format */
        return -1;
    if (mxl_comma_skip(in, doc->scratch)) /* 5 line styles */
        return -1;
    if (mxl_comma(in) || mxl_integer(in, &any)) /* 6 */
        return -1;
    for (int i = 7; i <= 12; i++) { /* page headers and footers: cell records outside of the grid */
        if (mxl_comma(in) || (mxl_ahead(in) != '{' && mxl_open(in)) || mxl_skip_item(in, doc->scratch))
            return -1;
    }
    if (mxl_comma(in) || mxl_integer(in, &any) || mxl_comma(in) || mxl_integer(in, &any)) /* 13, 14 */
        return -1;
    return mxl_comma_integer(in, 0, GRID_MAX_ROW, rows);
}

/* Reads a row or column number, which must be greater than the one before. */
static int ascending(struct mxl_in *in, int64_t last, int64_t limit, int64_t *value)
{
    if (mxl_comma_integer(in, 0, limit - 1, value))
        return -1;
    return *value > last ? 0
                         : mxl_fail(in, "mxl-malformed", "The .mxl file is damaged: rows or columns are not in order.");
}

static int cells(struct mxl_brace *doc, enum pass pass, int64_t n)
{
    struct mxl_in *in = doc->in;
    int64_t column = -1;

    for (int64_t i = 0; i < n; i++) {
        if (ascending(in, column, GRID_MAX_COLUMN, &column) || mxl_comma(in))
            return -1;
        if (pass == LOCATE ? mxl_skip_group_fast(in) : mxl_brace_cell(doc, (uint32_t)column))
            return -1;
    }
    return 0;
}

static int walk(struct mxl_brace *doc, enum pass pass, int64_t n_rows)
{
    struct mxl_in *in = doc->in;
    int64_t row = -1, format, n;

    for (int64_t i = 0; i < n_rows; i++) {
        if (ascending(in, row, GRID_MAX_ROW, &row) || mxl_comma_integer(in, 0, INT64_MAX, &format) ||
            mxl_comma_integer(in, 0, GRID_MAX_COLUMN, &n))
            return -1;
        if (pass == LOCATE && mxl_out_count(doc->out, 1, (uint64_t)n))
            return -1;
        mxl_out_row_begin(doc->out);
        if (cells(doc, pass, n))
            return -1;
        if (pass == DELIVER && mxl_out_row_end(doc->out, (uint32_t)row, mxl_columns_grid(&doc->columns, (uint32_t)row)))
            return -1;
    }
    return 0;
}

/* A fault that stopped the fast pass lies at or before the place where it was noticed: a missing quote shows late.
 * Reads the same rows again with every check, to name the first fault. The place of an exceeded limit does not
 * matter. */
static int diagnose(struct mxl_brace *doc, uint64_t grid, int64_t n_rows)
{
    struct sheet_error first = *doc->in->err;

    if (strncmp(first.cls, "mxl-malformed", sizeof first.cls) != 0 &&
        strncmp(first.cls, "mxl-truncated", sizeof first.cls) != 0)
        return -1;
    doc->in->failed = false;
    mxl_in_seek(doc->in, grid);
    if (walk(doc, CHECK, n_rows) == 0) {
        *doc->in->err = first;
        doc->in->failed = true;
    }
    return -1;
}

static int deliver(struct mxl_brace *doc, uint64_t grid, int64_t n_rows, uint64_t grid_end)
{
    struct mxl_in *in = doc->in;

    mxl_in_seek(in, grid);
    doc->out->grids = doc->columns.grids;
    doc->out->n_grids = doc->columns.n_grids;
    if (mxl_out_sheet(doc->out) || walk(doc, DELIVER, n_rows))
        return -1;
    /* Both passes must agree where the grid ends; otherwise the braces of a cell do not fit its grammar. */
    if (mxl_in_offset(in) != grid_end)
        return mxl_fail(in, "mxl-malformed", "The .mxl file is damaged: its cells do not fit their counts.");
    if (mxl_out_is_form(doc->out))
        return mxl_fail(in, "mxl-template",
                        "This .mxl file is a form without data: its cells only name parameters. Save a filled report.");
    return mxl_out_end(doc->out);
}

static int both_passes(struct mxl_brace *doc, uint64_t body)
{
    struct mxl_in *in = doc->in;
    int64_t n_rows;

    mxl_in_seek(in, body);
    if (head(doc, &n_rows))
        return -1;
    uint64_t grid = mxl_in_offset(in);
    if (walk(doc, LOCATE, n_rows))
        return diagnose(doc, grid, n_rows);
    uint64_t grid_end = mxl_in_offset(in);
    if (mxl_brace_trailer(doc))
        return diagnose(doc, grid, n_rows);
    return deliver(doc, grid, n_rows, grid_end);
}

int mxl_brace_read(struct mxl_in *in, struct mxl_out *out, uint64_t body)
{
    struct mxl_brace doc = {.in = in, .out = out, .scratch = mxl_room_new(MXL_MAX_STRING)};
    int rc = both_passes(&doc, body);

    mxl_columns_fini(&doc.columns);
    mxl_room_free(&doc.scratch, MXL_MAX_STRING);
    return rc;
}
