/* The XML form of .mxl through expat: a table of the known elements at their places; everything else is skipped. */
#include "handlers/sheet/mxl/xml.h"

#include "handlers/sheet/grid/expat_calls.h"
#include "handlers/sheet/mxl/mxl.h"
#include "handlers/sheet/mxl/token.h"
#include "handlers/sheet/mxl/xml_memory.h"

#include <stdlib.h>
#include <string.h>

#define SHEET_NS  "http://v8.1c.ru/8.2/data/spreadsheet"
#define CORE_NS   "http://v8.1c.ru/8.1/data/core"
#define SEPARATOR ' ' /* a URI has no blanks */

#define MAX_DEPTH    32
#define MAX_PENDING  ((uint64_t)4 << 20) /* bytes of one tag or comment, which expat keeps in memory */
#define MAX_LANGUAGE 64
#define MAX_SETS     256
#define ID_BYTES     36

enum place {
    OUTSIDE,
    DOCUMENT,
    LANGUAGES,
    CURRENT_LANGUAGE,
    ROWS_ITEM,
    ROW_INDEX,
    ROW_INDEX_TO,
    ROW,
    COLUMNS_ID,
    CELL,
    COLUMN,
    CONTENT,
    PARAMETER,
    TEXT,
    TEXT_ITEM,
    TEXT_LANGUAGE,
    TEXT_CONTENT,
    MERGE,
    MERGE_ROW,
    MERGE_COLUMN,
    MERGE_HEIGHT,
    MERGE_WIDTH
};

static const struct step {
    enum place from;
    const char *name;
    enum place to;
} steps[] = {
    {OUTSIDE, SHEET_NS " document", DOCUMENT},
    {OUTSIDE, SHEET_NS " SpreadsheetDocument", DOCUMENT},
    {DOCUMENT, SHEET_NS " languageSettings", LANGUAGES},
    {LANGUAGES, SHEET_NS " currentLanguage", CURRENT_LANGUAGE},
    {DOCUMENT, SHEET_NS " rowsItem", ROWS_ITEM},
    {ROWS_ITEM, SHEET_NS " index", ROW_INDEX},
    {ROWS_ITEM, SHEET_NS " indexTo", ROW_INDEX_TO},
    {ROWS_ITEM, SHEET_NS " row", ROW},
    {ROW, SHEET_NS " columnsID", COLUMNS_ID},
    {ROW, SHEET_NS " c", CELL},
    {CELL, SHEET_NS " i", COLUMN},
    {CELL, SHEET_NS " c", CONTENT},
    {CONTENT, SHEET_NS " parameter", PARAMETER},
    {CONTENT, SHEET_NS " tl", TEXT},
    {TEXT, CORE_NS " item", TEXT_ITEM},
    {TEXT_ITEM, CORE_NS " lang", TEXT_LANGUAGE},
    {TEXT_ITEM, CORE_NS " content", TEXT_CONTENT},
    {DOCUMENT, SHEET_NS " merge", MERGE},
    {MERGE, SHEET_NS " r", MERGE_ROW},
    {MERGE, SHEET_NS " c", MERGE_COLUMN},
    {MERGE, SHEET_NS " h", MERGE_HEIGHT},
    {MERGE, SHEET_NS " w", MERGE_WIDTH},
};

struct xml {
    XML_Parser parser;
    struct mxl_in *in;
    struct mxl_out *out;
    uint64_t start; /* offset of the XML in the file */
    bool deliver;
    bool ended; /* a failure or the sink has ended this pass */

    enum place path[MAX_DEPTH];
    unsigned depth;   /* places entered */
    unsigned unknown; /* elements open inside an unknown one */

    char *text; /* MXL_MAX_STRING bytes: the text of the current leaf */
    size_t len;

    char language[MAX_LANGUAGE]; /* of the document */
    size_t language_len;
    char item_language[MAX_LANGUAGE];
    size_t item_language_len;
    size_t item_len; /* of the content, still in `text` */

    char ids[MAX_SETS][ID_BYTES]; /* of the column sets that rows are bound to, except the main one */
    uint16_t n_ids, grid;         /* of the row: 0 is the main set, 1 is ids[0] */
    int64_t row, row_to, last_row, column, last_column;
    size_t best_len;
    int best_rank;
    bool parameter;
    int64_t merge[4]; /* row, column, rows more, columns more */
    uint64_t bytes;   /* text delivered: repeated rows must not turn a small file into endless output */
};

static void stop(struct xml *x)
{
    x->ended = true;
    XML_StopParser(x->parser, XML_FALSE);
}

/* Returns the offset in the file of the current token. */
static uint64_t offset(const struct xml *x)
{
    int64_t at = expat_offset(x->parser);

    return x->start + (at < 0 ? 0 : (uint64_t)at);
}

static void fail(struct xml *x, const char *cls, const char *text)
{
    mxl_fail_at(x->in, offset(x), cls, text);
    stop(x);
}

/* Stops expat after a failure or when the sink has ended the reading. */
static void check(struct xml *x, int rc)
{
    if (rc)
        stop(x);
}

static enum place here(const struct xml *x)
{
    return x->depth ? x->path[x->depth - 1] : OUTSIDE;
}

static void begin_cell(struct xml *x)
{
    x->column = x->last_column + 1;
    x->best_len = 0;
    x->best_rank = 0;
    x->parameter = false;
}

static void enter(struct xml *x, enum place place)
{
    x->path[x->depth++] = place;
    x->len = 0;
    if (place == ROWS_ITEM) {
        x->row = x->row_to = -1;
        x->last_column = -1;
        x->grid = 0;
        mxl_out_row_begin(x->out);
    } else if (place == CELL) {
        begin_cell(x);
    } else if (place == TEXT_ITEM) {
        x->item_language_len = x->item_len = 0;
    } else if (place == TEXT_LANGUAGE && x->item_len > 0) {
        fail(x, "mxl-malformed", "The .mxl file is damaged: a text stands before its language.");
    } else if (place == MERGE) {
        memset(x->merge, 0, sizeof x->merge);
        x->merge[0] = x->merge[1] = -1;
    }
}

static void XMLCALL on_start(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
    struct xml *x = ctx;

    (void)attributes;
    if (x->ended)
        return;
    if (x->depth + x->unknown >= MAX_DEPTH) {
        fail(x, "mxl-limit", "The XML of the .mxl file has too many levels of elements.");
        return;
    }
    for (size_t i = 0; !x->unknown && i < sizeof steps / sizeof *steps; i++)
        if (steps[i].from == here(x) && strcmp(steps[i].name, name) == 0) {
            enter(x, steps[i].to);
            return;
        }
    if (x->depth == 0)
        fail(x, "not-mxl", "This is an XML file, but no 1C spreadsheet document. Save the report as .xlsx or .mxl.");
    x->unknown++;
}

/* An area of whole rows or columns has -1 where it has no bound. */
static bool is_unbound(const struct xml *x)
{
    return x->len == 2 && memcmp(x->text, "-1", 2) == 0;
}

/* Returns the text of the leaf as a number of at most 18 digits. */
static int64_t leaf_number(struct xml *x, int64_t limit)
{
    int64_t v = 0;

    for (size_t i = 0; i < x->len; i++) {
        if (x->text[i] < '0' || x->text[i] > '9' || x->len > 18) {
            fail(x, "mxl-malformed", "The .mxl file is damaged: a row or column number was expected.");
            return 0;
        }
        v = v * 10 + (x->text[i] - '0');
    }
    if (x->len == 0)
        fail(x, "mxl-malformed", "The .mxl file is damaged: a row or column number is missing.");
    else if (v >= limit)
        fail(x, "mxl-limit", "The .mxl file holds a row or column number over the limit.");
    return v;
}

static void keep_language(struct xml *x, char to[MAX_LANGUAGE], size_t *len)
{
    if (x->len > MAX_LANGUAGE) {
        fail(x, "mxl-malformed", "The .mxl file is damaged: a language code is too long.");
        return;
    }
    memcpy(to, x->text, x->len);
    *len = x->len;
}

/* Widths are not read: every set is a grid of its own. */
static void keep_set(struct xml *x)
{
    uint16_t i = 0;

    if (!mxl_is_guid(x->text, x->len)) {
        fail(x, "mxl-malformed", "The .mxl file is damaged: a column set has no identifier.");
        return;
    }
    while (i < x->n_ids && memcmp(x->ids[i], x->text, ID_BYTES) != 0)
        i++;
    if (i == MAX_SETS) {
        fail(x, "mxl-limit", "The .mxl file has too many column sets.");
        return;
    }
    if (i == x->n_ids)
        memcpy(x->ids[x->n_ids++], x->text, ID_BYTES);
    x->grid = (uint16_t)(i + 1);
}

/* As in the brace form: the document's language first, then "#", then any; "" names a parameter. */
static int item_rank(const struct xml *x)
{
    if (x->item_language_len == 0)
        return 0;
    if (x->item_language_len == x->language_len && memcmp(x->item_language, x->language, x->language_len) == 0)
        return 3;
    return x->item_language_len == 1 && x->item_language[0] == '#' ? 2 : 1;
}

static void end_item(struct xml *x)
{
    int rank = item_rank(x);
    char *at;

    x->parameter = x->parameter || (x->item_language_len == 0 && x->item_len > 0);
    if (rank <= x->best_rank)
        return;
    if (mxl_out_text(x->out, &at)) {
        stop(x);
        return;
    }
    memcpy(at, x->text, x->item_len);
    x->best_len = x->item_len;
    x->best_rank = rank;
}

static void end_cell(struct xml *x)
{
    if (x->column <= x->last_column)
        fail(x, "mxl-malformed", "The .mxl file is damaged: columns are not in order.");
    else if (x->column >= (int64_t)GRID_MAX_COLUMN)
        fail(x, "mxl-limit", "The .mxl file holds a column number over the limit.");
    if (x->ended)
        return;
    x->last_column = x->column;
    x->out->parameters += x->best_len == 0 && x->parameter;
    x->out->texts += x->best_len > 0;
    if (x->best_len > 0)
        check(x, mxl_out_cell(x->out, (uint32_t)x->column, GRID_TEXT, x->best_len));
}

static void deliver_rows(struct xml *x)
{
    for (int64_t row = x->row; row <= x->row_to; row++)
        if (mxl_out_row_end(x->out, (uint32_t)row, x->grid)) {
            stop(x);
            return;
        }
}

/* index..indexTo: a repeated row. An empty row is not repeated. */
static void end_rows(struct xml *x)
{
    if (x->row <= x->last_row || (x->row_to >= 0 && x->row_to < x->row)) {
        fail(x, "mxl-malformed", "The .mxl file is damaged: rows are not in order.");
        return;
    }
    int64_t last = x->row_to < 0 ? x->row : x->row_to;
    x->row_to = x->out->n_cells ? last : x->row;
    x->last_row = last;
    uint64_t times = (uint64_t)(x->row_to - x->row) + 1;
    if (x->deliver) {
        deliver_rows(x);
        return;
    }
    x->bytes += times * x->out->used;
    if (x->bytes > x->out->limits->max_inflated)
        fail(x, "mxl-limit", "Repeated rows of the .mxl file hold too much text.");
    else
        check(x, mxl_out_count(x->out, times, times * x->out->n_cells));
}

static void end_merge(struct xml *x)
{
    const int64_t *m = x->merge;

    if (!x->deliver && m[0] >= 0 && m[1] >= 0)
        check(x, mxl_out_merge(x->out, m[0], m[1], m[0] + m[2], m[1] + m[3]));
}

static void leave(struct xml *x, enum place place)
{
    switch (place) {
    case CURRENT_LANGUAGE:
        keep_language(x, x->language, &x->language_len);
        break;
    case ROW_INDEX:
        x->row = leaf_number(x, GRID_MAX_ROW);
        break;
    case ROW_INDEX_TO:
        x->row_to = leaf_number(x, GRID_MAX_ROW);
        break;
    case COLUMN:
        x->column = leaf_number(x, GRID_MAX_COLUMN);
        break;
    case PARAMETER:
        x->parameter = true;
        break;
    case COLUMNS_ID:
        keep_set(x);
        break;
    case TEXT_LANGUAGE:
        keep_language(x, x->item_language, &x->item_language_len);
        break;
    case TEXT_CONTENT:
        x->item_len = x->len;
        break;
    case TEXT_ITEM:
        end_item(x);
        break;
    case CELL:
        end_cell(x);
        break;
    case ROWS_ITEM:
        end_rows(x);
        break;
    case MERGE_ROW:
    case MERGE_HEIGHT:
        x->merge[place == MERGE_ROW ? 0 : 2] = is_unbound(x) ? -1 : leaf_number(x, GRID_MAX_ROW);
        break;
    case MERGE_COLUMN:
    case MERGE_WIDTH:
        x->merge[place == MERGE_COLUMN ? 1 : 3] = is_unbound(x) ? -1 : leaf_number(x, GRID_MAX_COLUMN);
        break;
    case MERGE:
        end_merge(x);
        break;
    default:
        break;
    }
}

static void XMLCALL on_end(void *ctx, const XML_Char *name)
{
    struct xml *x = ctx;

    (void)name;
    if (x->ended)
        return;
    if (x->unknown) {
        x->unknown--;
        return;
    }
    leave(x, x->path[--x->depth]);
}

static bool is_leaf(enum place place)
{
    return place == CURRENT_LANGUAGE || place == ROW_INDEX || place == ROW_INDEX_TO || place == COLUMN ||
           place == COLUMNS_ID || place == TEXT_LANGUAGE || place == TEXT_CONTENT || place >= MERGE_ROW;
}

static void XMLCALL on_text(void *ctx, const XML_Char *s, int len)
{
    struct xml *x = ctx;
    size_t n = (size_t)len;

    if (x->ended || x->unknown || !is_leaf(here(x)))
        return;
    if (n > MXL_MAX_STRING - x->len) {
        fail(x, "mxl-limit", "A text of the .mxl file is longer than 1 MiB.");
        return;
    }
    memcpy(x->text + x->len, s, n);
    x->len += n;
}

/* Entities make an XML bomb possible, and no spreadsheet document declares any. */
static void XMLCALL on_doctype(void *ctx, const XML_Char *name, const XML_Char *system, const XML_Char *pub, int subset)
{
    (void)name, (void)system, (void)pub, (void)subset;
    fail(ctx, "xml-dtd",
         "The XML of the .mxl file has a document type declaration, which no 1C document has. Save the report as "
         ".xlsx.");
}

static int complaint(struct xml *x)
{
    enum XML_Error code = XML_GetErrorCode(x->parser);
    bool cut = code == XML_ERROR_NO_ELEMENTS || code == XML_ERROR_UNCLOSED_TOKEN || code == XML_ERROR_PARTIAL_CHAR ||
               code == XML_ERROR_UNCLOSED_CDATA_SECTION;

    if (code == XML_ERROR_NO_MEMORY)
        return mxl_fail_at(x->in, offset(x), "mxl-limit",
                           "The XML of the .mxl file has too many names or too long tags.");
    if (cut && mxl_in_left(x->in) == 0)
        return mxl_fail_at(x->in, offset(x), "mxl-truncated",
                           "The XML of the .mxl file ends in the middle: it was cut off. Save or upload it again.");
    return mxl_fail_at(x->in, offset(x), "mxl-malformed", "The XML of the .mxl file is damaged.");
}

static int feed(struct xml *x)
{
    struct mxl_in *in = x->in;

    while (mxl_in_left(in) > 0) {
        if (mxl_in_peek(in) < 0)
            return mxl_in_truncated(in);
        size_t n = (size_t)(in->end - in->p);
        const char *bytes = (const char *)in->p;
        in->p = in->end;
        if (XML_Parse(x->parser, bytes, (int)n, mxl_in_left(in) == 0) == XML_STATUS_ERROR)
            return x->ended ? -1 : complaint(x);
        if (mxl_in_left(in) > 0 && mxl_in_offset(in) - offset(x) > MAX_PENDING)
            return mxl_fail(in, "mxl-limit", "One tag of the .mxl file's XML takes more than 4 MiB.");
    }
    return 0;
}

static int pass(struct xml *x)
{
    static const XML_Char separator[] = {SEPARATOR, 0};

    x->parser = XML_ParserCreate_MM(NULL, &mxl_xml_memory, separator);
    if (!x->parser)
        abort();
    /* Without a salt expat opens /dev/urandom, which the sandbox forbids. The address of the heap is secret enough. */
    expat_set_salt(x->parser, (uintptr_t)x->parser);
    XML_SetUserData(x->parser, x);
    XML_SetElementHandler(x->parser, on_start, on_end);
    XML_SetCharacterDataHandler(x->parser, on_text);
    XML_SetStartDoctypeDeclHandler(x->parser, on_doctype);
    x->ended = false;
    x->depth = x->unknown = 0;
    x->last_row = -1;
    mxl_in_seek(x->in, x->start);
    int rc = feed(x);
    XML_ParserFree(x->parser);
    return rc;
}

static int both_passes(struct xml *x)
{
    if (pass(x))
        return -1;
    if (mxl_out_is_form(x->out))
        return mxl_fail(x->in, "mxl-template",
                        "This .mxl file is a form without data: its cells only name parameters. Save a filled report.");
    x->deliver = true;
    return mxl_out_sheet(x->out) || pass(x) || mxl_out_end(x->out) ? -1 : 0;
}

int mxl_xml_read(struct mxl_in *in, struct mxl_out *out, uint64_t start)
{
    struct xml x = {.in = in, .out = out, .start = start, .text = mxl_room_new(MXL_MAX_STRING)};
    int rc = both_passes(&x);

    mxl_room_free(&x.text, MXL_MAX_STRING);
    return rc;
}
