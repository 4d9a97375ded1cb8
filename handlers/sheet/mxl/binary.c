/* The walk through a 1C 7.7 document, section by section to its last byte. */
#include "handlers/sheet/mxl/binary.h"

#include "base/bytes.h"
#include "handlers/sheet/grid/code_page.h"

#include <stdlib.h>

#define HEADER_BYTES 13 /* signature, zeros, version */
#define FONT_BYTES   60 /* LOGFONT */

#define HAS_TEXT     UINT32_C(0x80000000)
#define HAS_DETAIL   UINT32_C(0x40000000)
#define HAS_INPUT    UINT32_C(0x00200000)
#define CONTENT_TYPE 27 /* offset in a cell: 0 text, 1 expression, 2 template, 3 fixed template */

struct binary {
    struct mxl_in *in;
    struct mxl_out *out;
    const uint16_t *page;
    unsigned version;
    size_t fixed; /* bytes of a cell's fixed part */
    bool deliver;
};

static uint32_t le(const unsigned char *b, size_t n)
{
    uint32_t v = 0;

    while (n > 0)
        v = v << 8 | b[--n];
    return v;
}

static int number(struct mxl_in *in, size_t bytes, uint32_t *value)
{
    unsigned char b[4];

    if (mxl_in_copy(in, b, bytes))
        return -1;
    *value = le(b, bytes);
    return 0;
}

/* Reads a count of records that have at least `least` bytes each. A count that does not fit into the rest of the file
 * is refused before it is used. */
static int count(struct mxl_in *in, size_t least, uint32_t *n)
{
    if (number(in, 2, n) || (*n == 0xffff && number(in, 4, n)))
        return -1;
    return (uint64_t)*n * least <= mxl_in_left(in) ? 0 : mxl_in_truncated(in);
}

static int string_length(struct mxl_in *in, uint32_t *len)
{
    if (number(in, 1, len) || (*len == 0xff && number(in, 2, len)))
        return -1;
    if (*len == 0xfffe)
        return mxl_fail(in, "mxl-version",
                        "This 7.7 .mxl file holds UTF-16 texts, which no known 1C writes. Save it as .xlsx.");
    return *len == 0xffff ? number(in, 4, len) : 0;
}

static int skip_string(struct mxl_in *in)
{
    uint32_t len;

    return string_length(in, &len) || mxl_in_skip(in, len) ? -1 : 0;
}

/* Reads a text and decodes it into `to` (MXL_MAX_STRING bytes). */
static int string(struct binary *doc, char *to, size_t *out_len)
{
    struct mxl_in *in = doc->in;
    uint32_t len;
    size_t n = 0;

    if (string_length(in, &len))
        return -1;
    if (len > mxl_in_left(in))
        return mxl_in_truncated(in);
    for (; len > 0; len--) {
        int c = mxl_in_peek(in);
        if (c < 0)
            return mxl_in_truncated(in);
        if (n + 3 > MXL_MAX_STRING)
            return mxl_fail(in, "mxl-limit", "A text of the .mxl file is longer than 1 MiB.");
        n += code_page_put(doc->page, (unsigned char)c, to + n);
        in->p++;
    }
    *out_len = n;
    return 0;
}

/* Skips the parts of a cell that are not visible. */
static int skip_hidden(struct mxl_in *in, uint32_t flags)
{
    uint32_t n;

    if ((flags & HAS_DETAIL) && skip_string(in))
        return -1;
    if ((flags & HAS_INPUT) && (count(in, 1, &n) || mxl_in_skip(in, n)))
        return -1;
    return 0;
}

/* Skips a cell that is not in the grid: sheet defaults, page headers, formats of columns and rows, drawings. */
static int skip_cell(struct binary *doc)
{
    unsigned char fixed[32];

    if (mxl_in_copy(doc->in, fixed, doc->fixed))
        return -1;
    uint32_t flags = le(fixed, 4);
    return ((flags & HAS_TEXT) && skip_string(doc->in)) || skip_hidden(doc->in, flags) ? -1 : 0;
}

static int grid_cell(struct binary *doc, uint32_t column)
{
    unsigned char fixed[32];
    size_t len = 0;
    char *at;

    if (mxl_out_text(doc->out, &at) || mxl_in_copy(doc->in, fixed, doc->fixed))
        return -1;
    uint32_t flags = le(fixed, 4);
    if (((flags & HAS_TEXT) && string(doc, at, &len)) || skip_hidden(doc->in, flags))
        return -1;
    if (len == 0)
        return 0;
    bool shown = fixed[CONTENT_TYPE] == 0;
    doc->out->texts += shown;
    doc->out->parameters += !shown;
    return mxl_out_cell(doc->out, column, shown ? GRID_TEXT : GRID_ERROR, len);
}

/* Reads the numbers of a keyed block, into `into` unless it is NULL, and checks that they ascend and stay below
 * `limit`. */
static int keys(struct mxl_in *in, uint32_t n, uint32_t limit, uint32_t *into)
{
    int64_t last = -1;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t key;
        if (number(in, 4, &key))
            return -1;
        if (key > INT32_MAX || key <= last)
            return mxl_fail(in, "mxl-malformed", "The .mxl file is damaged: rows or columns are not in order.");
        if (key >= limit)
            return mxl_fail(in, "mxl-limit", "The .mxl file holds a row or column number over the limit.");
        last = key;
        into[i] = key;
    }
    return 0;
}

static int same_count(struct mxl_in *in, uint32_t n)
{
    uint32_t again;

    if (count(in, 0, &again))
        return -1;
    return again == n ? 0 : mxl_fail(in, "mxl-malformed", "The .mxl file is damaged: two counts of one block differ.");
}

/* Reads a keyed block of the grid up to its records. Returns its numbers, to be freed, or NULL after a failure. */
static uint32_t *keyed(struct mxl_in *in, size_t least, uint32_t limit, uint32_t *n)
{
    if (count(in, 4 + least, n))
        return NULL;
    if (*n > limit) {
        mxl_fail(in, "mxl-limit", "The .mxl file has too many rows or columns.");
        return NULL;
    }
    uint32_t *numbers = xalloc(*n * sizeof *numbers);
    if (keys(in, *n, limit, numbers) || same_count(in, *n)) {
        free(numbers);
        return NULL;
    }
    return numbers;
}

/* Skips a keyed block with its records. */
static int skip_keyed(struct binary *doc, size_t least, int (*record)(struct binary *))
{
    uint32_t n;

    if (count(doc->in, 4 + least, &n) || mxl_in_skip(doc->in, (uint64_t)n * 4) || same_count(doc->in, n))
        return -1;
    for (uint32_t i = 0; i < n; i++)
        if (record(doc))
            return -1;
    return 0;
}

static int font_record(struct binary *doc)
{
    return mxl_in_skip(doc->in, FONT_BYTES);
}

static int string_record(struct binary *doc)
{
    return skip_string(doc->in);
}

static int row_cells(struct binary *doc, uint32_t row, const uint32_t *columns, uint32_t n)
{
    if (!doc->deliver && mxl_out_count(doc->out, 1, n))
        return -1;
    for (uint32_t i = 0; i < n; i++)
        if (grid_cell(doc, columns[i]))
            return -1;
    return doc->deliver ? mxl_out_row_end(doc->out, row, 0) : 0;
}

/* Reads a row: its format, then a keyed block of cells. */
static int one_row(struct binary *doc, uint32_t row)
{
    uint32_t n;

    mxl_out_row_begin(doc->out);
    if (skip_cell(doc))
        return -1;
    uint32_t *columns = keyed(doc->in, doc->fixed, GRID_MAX_COLUMN, &n);
    if (!columns)
        return -1;
    int rc = row_cells(doc, row, columns, n);
    free(columns);
    return rc;
}

static int rows(struct binary *doc)
{
    uint32_t n;
    uint32_t *numbers = keyed(doc->in, doc->fixed, GRID_MAX_ROW, &n);
    int rc = numbers ? 0 : -1;

    for (uint32_t i = 0; rc == 0 && i < n; i++)
        rc = one_row(doc, numbers[i]);
    free(numbers);
    return rc;
}

/* Reads from the start of the document to the first byte of the row block. */
static int head(struct binary *doc)
{
    struct mxl_in *in = doc->in;

    mxl_in_seek(in, 0);
    if (mxl_in_skip(in, HEADER_BYTES +
                            3 * 4)) /* counts of columns and rows are hints and often wrong; last object number */
        return -1;
    if (skip_cell(doc) || skip_keyed(doc, FONT_BYTES, font_record) || skip_keyed(doc, 1, string_record))
        return -1;
    for (int i = 0; i < 2; i++) /* page header and footer */
        if (skip_cell(doc))
            return -1;
    return skip_keyed(doc, doc->fixed, skip_cell);
}

/* kind 5: 4 bytes, size, picture */
static int picture(struct mxl_in *in)
{
    uint32_t size;

    return mxl_in_skip(in, 4) || number(in, 4, &size) || mxl_in_skip(in, size) ? -1 : 0;
}

/* kind 4: an MFC class tag, the class's name when it is the first of its kind, 18 bytes, size, OLE object */
static int ole_object(struct mxl_in *in)
{
    uint32_t tag, len, size;

    if (number(in, 2, &tag))
        return -1;
    if (tag == 0xffff && (mxl_in_skip(in, 2) || number(in, 2, &len) || mxl_in_skip(in, len)))
        return -1;
    return mxl_in_skip(in, 18) || number(in, 4, &size) || mxl_in_skip(in, size) ? -1 : 0;
}

static int drawings(struct binary *doc)
{
    struct mxl_in *in = doc->in;
    uint32_t n, kind;

    if (count(in, doc->fixed + 40, &n))
        return -1;
    for (uint32_t i = 0; i < n; i++) {
        if (skip_cell(doc) || number(in, 4, &kind) || mxl_in_skip(in, 36))
            return -1;
        if ((kind == 5 && picture(in)) || (kind == 4 && ole_object(in)))
            return -1;
    }
    return 0;
}

/* c1, r1, c2, r2. Areas of whole rows or columns have -1 and concern no heading. */
static int merges(struct binary *doc)
{
    uint32_t n, v[4];

    if (count(doc->in, sizeof v, &n))
        return -1;
    for (uint32_t i = 0; i < n; i++) {
        bool whole = false;
        for (int k = 0; k < 4; k++) {
            if (number(doc->in, 4, &v[k]))
                return -1;
            whole = whole || v[k] > INT32_MAX;
        }
        if (!whole && mxl_out_merge(doc->out, v[1], v[0], v[3], v[2]))
            return -1;
    }
    return 0;
}

/* Skips n records: a string, and numbers of `before` bytes in front of it and `behind` bytes behind it. */
static int named_records(struct mxl_in *in, uint32_t n, size_t before, size_t behind)
{
    for (uint32_t i = 0; i < n; i++)
        if (mxl_in_skip(in, before) || skip_string(in) || mxl_in_skip(in, behind))
            return -1;
    return 0;
}

static int sections_breaks_names(struct binary *doc)
{
    struct mxl_in *in = doc->in;
    uint32_t n;

    for (int i = 0; i < 2; i++)
        if (count(in, 13, &n) || named_records(in, n, 12, 0))
            return -1;
    for (int i = 0; i < 2; i++)
        if (count(in, 4, &n) || mxl_in_skip(in, (uint64_t)n * 4))
            return -1;
    /* Of version 2 only one empty document is known. Its last two bytes are zero: they are taken for the same count,
     * in a shorter form, which may be missing. */
    if (doc->version == 2 && mxl_in_left(in) == 0)
        return 0;
    if (number(in, doc->version == 2 ? 2 : 4, &n))
        return -1;
    return (uint64_t)n * 29 > mxl_in_left(in) ? mxl_in_truncated(in) : named_records(in, n, 0, 28);
}

static int whole_file(struct binary *doc)
{
    if (head(doc) || rows(doc) || drawings(doc) || merges(doc) || sections_breaks_names(doc))
        return -1;
    if (mxl_in_left(doc->in) > 0)
        return mxl_fail(doc->in, "mxl-malformed", "The .mxl file has more data behind its end.");
    return 0;
}

static int deliver(struct binary *doc)
{
    doc->deliver = true;
    doc->out->texts = doc->out->parameters = 0;
    if (head(doc) || mxl_out_sheet(doc->out) || rows(doc))
        return -1;
    return mxl_out_end(doc->out);
}

int mxl_binary_read(struct mxl_in *in, struct mxl_out *out, unsigned version, const uint16_t *page)
{
    struct binary doc = {.in = in, .out = out, .page = page, .version = version};

    doc.fixed = version == 2 ? 28 : version == 6 ? 30 : 32;
    if (whole_file(&doc))
        return -1;
    if (mxl_out_is_form(out))
        return mxl_fail(in, "mxl-template",
                        "This 7.7 .mxl file is a form without data: its cells are expressions. Save a filled report.");
    return deliver(&doc);
}
