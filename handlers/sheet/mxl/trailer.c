/* The part behind the grid in the brace form: column sets, drawings, row groups, merges, names, page and print
 * settings. */
#include "base/bytes.h"
#include "handlers/sheet/mxl/brace.h"

#include <stdlib.h>

#define MAX_COUNT 1000000 /* items of one section; a larger count is a damaged number */

/* k, (column, format) * k */
static int column_formats(struct mxl_brace *doc)
{
    int64_t n, column, format;

    if (mxl_integer_in(doc->in, 0, GRID_MAX_COLUMN, &n))
        return -1;
    for (int64_t i = 0; i < n; i++) {
        if (mxl_comma_integer(doc->in, 0, GRID_MAX_COLUMN - 1, &column) ||
            mxl_comma_integer(doc->in, 0, UINT32_MAX, &format))
            return -1;
        if (mxl_columns_add_width(&doc->columns, doc->in, (uint32_t)column, (uint32_t)format))
            return -1;
    }
    return mxl_skip_rest(doc->in, doc->scratch);
}

/* {count, 0|1, GUID, ...}: only its shape proves that the counts of rows and cells were right. */
static int column_set(struct mxl_brace *doc)
{
    struct mxl_in *in = doc->in;
    char guid[MXL_MAX_ATOM];
    size_t len;
    int64_t n;

    if (mxl_columns_add_set(&doc->columns, in) || mxl_open(in) || mxl_integer(in, &n) ||
        mxl_comma_skip(in, doc->scratch) || mxl_comma(in) || mxl_atom(in, guid, &len))
        return -1;
    if (!mxl_is_guid(guid, len))
        return mxl_fail(in, "mxl-malformed", "The .mxl file is damaged: the cells do not fit their counts.");
    int more = mxl_another(in);
    if (more == 0)
        return mxl_close(in);
    return more < 0 ? -1 : column_formats(doc);
}

static int column_sets(struct mxl_brace *doc)
{
    struct mxl_in *in = doc->in;
    int64_t height, n, row, set;

    if (mxl_comma(in) || column_set(doc) || mxl_comma(in) || mxl_integer(in, &height))
        return -1;
    if (mxl_comma_integer(in, 0, MXL_MAX_SETS - 1, &n))
        return -1;
    for (int64_t i = 0; i < n; i++)
        if (mxl_comma(in) || column_set(doc))
            return -1;
    if (mxl_comma_integer(in, 0, GRID_MAX_ROW, &n))
        return -1;
    for (int64_t i = 0; i < n; i++)
        if (mxl_comma_integer(in, 0, INT64_MAX, &row) || mxl_comma_integer(in, 0, INT64_MAX, &set) ||
            mxl_columns_bind(&doc->columns, in, row, set))
            return -1;
    return 0;
}

static int drawings(struct mxl_brace *doc)
{
    int64_t issued, n;

    if (mxl_comma(doc->in) || mxl_integer(doc->in, &issued) || mxl_comma_integer(doc->in, 0, MAX_COUNT, &n))
        return -1;
    for (int64_t i = 0; i < n; i++)
        if (mxl_comma_skip(doc->in, doc->scratch))
            return -1;
    return 0;
}

/* {first, last, level, name, folded, 0} and a number, n times. Levels are ignored: the number of groups around a row
 * says the same, and also holds for groups that overlap. */
static int row_groups(struct mxl_brace *doc)
{
    struct mxl_in *in = doc->in;
    int64_t n, first, last, end;

    if (mxl_comma_integer(in, 0, MXL_MAX_GROUPS, &n))
        return -1;
    for (int64_t i = 0; i < n; i++) {
        if (mxl_comma(in) || mxl_open(in) || mxl_integer(in, &first) || mxl_comma(in) || mxl_integer(in, &last) ||
            mxl_skip_rest(in, doc->scratch) || mxl_comma(in) || mxl_integer(in, &end))
            return -1;
        if (mxl_out_group(doc->out, first, last))
            return -1;
    }
    for (int i = 0; i < 3; i++)
        if (mxl_comma(in) || mxl_integer(in, &end))
            return -1;
    return 0;
}

/* {c1, r1, c2, r2, flag}: merged when flag is 0; 2 says "not merged here", 1 is unknown and rare. */
static int merge(struct mxl_brace *doc)
{
    struct mxl_in *in = doc->in;
    int64_t v[5];

    if (mxl_comma(in) || mxl_open(in) || mxl_integer(in, &v[0]))
        return -1;
    for (int i = 1; i < 5; i++)
        if (mxl_comma(in) || mxl_integer(in, &v[i]))
            return -1;
    if (mxl_skip_rest(in, doc->scratch))
        return -1;
    bool whole = v[0] < 0 || v[1] < 0; /* whole rows or columns: no heading cell */
    return v[4] == 0 && !whole ? mxl_out_merge(doc->out, v[1], v[0], v[3], v[2]) : 0;
}

static int merges(struct mxl_brace *doc)
{
    struct mxl_in *in = doc->in;
    int64_t n;

    if (mxl_comma(in) || mxl_open(in) || mxl_integer_in(in, 0, INT64_MAX, &n))
        return -1;
    for (int64_t i = 0; i < n; i++)
        if (merge(doc))
            return -1;
    return mxl_close(in);
}

/* Reads an atom as a whole number of at most nine digits. Returns -1 if it is something else. */
static int64_t plain_number(struct mxl_in *in)
{
    char atom[MXL_MAX_ATOM];
    size_t len;
    int64_t value = 0;

    if (mxl_atom(in, atom, &len))
        return -1;
    for (size_t i = 0; i < len; i++) {
        if (atom[i] < '0' || atom[i] > '9' || len > 9)
            return -1;
        value = value * 10 + (atom[i] - '0');
    }
    return value;
}

/* Merged rows, merged columns, named areas, document name, page settings, print area, ten numbers, and the number of
 * formats. Other builds may differ here; then *n is -1 and only the widths are lost. */
static int before_formats(struct mxl_brace *doc, int64_t *n)
{
    static const char shape[] = "{{{\"{{1234567890n";

    *n = -1;
    for (const char *s = shape; *s; s++) {
        int more = mxl_another(doc->in);
        if (more <= 0)
            return more;
        bool opens = mxl_ahead(doc->in) == '{', quoted = mxl_ahead(doc->in) == '"';
        if (opens != (*s == '{') || quoted != (*s == '"'))
            return mxl_skip_item(doc->in, doc->scratch);
        if (*s == 'n')
            *n = plain_number(doc->in);
        else if (mxl_skip_item(doc->in, doc->scratch))
            return -1;
    }
    return doc->in->failed ? -1 : 0;
}

/* Reads the format table, for its widths. */
static int formats(struct mxl_brace *doc)
{
    int64_t n;
    uint32_t *widths = NULL;

    if (before_formats(doc, &n))
        return -1;
    if (n < 0 || n > MXL_MAX_FORMATS) {
        mxl_columns_settle(&doc->columns, NULL, 0);
        return 0;
    }
    int rc = 0;
    widths = xalloc((size_t)n * sizeof *widths);
    for (int64_t i = 0; i < n && rc == 0; i++)
        rc = mxl_comma(doc->in) || mxl_brace_width(doc, &widths[i]) ? -1 : 0;
    if (rc == 0)
        mxl_columns_settle(&doc->columns, widths, (uint32_t)n);
    free(widths);
    return rc;
}

/* Blanks and NULs may follow the last brace. Anything else means that two files were glued together. */
static int end_of_file(struct mxl_in *in)
{
    int c;

    while ((c = mxl_ahead(in)) == 0)
        in->p++;
    if (c >= 0)
        return mxl_fail(in, "mxl-malformed", "The .mxl file has more data behind its end.");
    return in->failed ? -1 : 0;
}

int mxl_brace_trailer(struct mxl_brace *doc)
{
    if (column_sets(doc) || drawings(doc) || row_groups(doc) || merges(doc))
        return -1;
    /* Widths matter only if rows are bound to different sets. */
    if (doc->columns.n_bound > 0 && formats(doc))
        return -1;
    return mxl_skip_rest(doc->in, doc->scratch) || end_of_file(doc->in) ? -1 : 0;
}
