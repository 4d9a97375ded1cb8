/* Cell records of the brace form: {mask, format, parts}. */
#include "handlers/sheet/mxl/brace.h"
#include "handlers/sheet/mxl/text.h"

#include <string.h>

#define MAX_CELL_BYTES (UINT64_C(4) << 20)

enum { HAS_VALUE = 2, HAS_DETAIL = 4, HAS_DETAIL_NAME = 8, HAS_TEXT = 16 };

/* The text chosen so far, at the end of the arena. */
struct choice {
    enum grid_kind kind;
    size_t len;
    int rank; /* 0 none, 1 any language, 2 "#", 3 the document's language */
};

/* The name of a template's parameter has the language "" and therefore no rank. */
static int rank_of(const struct mxl_brace *doc, const char *code, size_t len)
{
    if (len == 0)
        return 0;
    if (len == doc->language_len && memcmp(code, doc->language, len) == 0)
        return 3;
    return len == 1 && code[0] == '#' ? 2 : 1;
}

/* {language, text}: replaces the chosen text if it is better. */
static int translation(struct mxl_brace *doc, char *at, struct choice *best, bool *parameter)
{
    struct mxl_in *in = doc->in;
    size_t len;

    if (mxl_open(in) || mxl_string(in, doc->scratch, &len))
        return -1;
    int rank = rank_of(doc, doc->scratch, len);
    bool named = len == 0;
    bool better = rank > best->rank;
    if (mxl_comma(in) || mxl_string(in, better ? at : doc->scratch, &len) || mxl_close(in))
        return -1;
    *parameter = *parameter || (named && len > 0);
    if (better)
        *best = (struct choice){GRID_TEXT, len, rank};
    return 0;
}

/* {1, n, {language, text} * n} */
static int localised(struct mxl_brace *doc, char *at, struct choice *best, bool *parameter)
{
    struct mxl_in *in = doc->in;
    int64_t version, n;

    if (mxl_open(in) || mxl_integer(in, &version) || mxl_comma_integer(in, 0, 4096, &n))
        return -1;
    if (version != 1)
        return mxl_fail(in, "mxl-malformed", "The .mxl file is damaged: a cell's text has an unknown shape.");
    for (int64_t i = 0; i < n; i++)
        if (mxl_comma(in) || translation(doc, at, best, parameter))
            return -1;
    return mxl_close(in);
}

/* Reads the items behind the tag of a value, for tags with a value that people see. */
static int tagged(struct mxl_brace *doc, char tag, char *at, struct choice *best)
{
    struct mxl_in *in = doc->in;
    char atom[MXL_MAX_ATOM];
    size_t len;

    if (mxl_comma(in))
        return -1;
    if (tag == 'S') {
        best->kind = GRID_TEXT;
        return mxl_string(in, at, &best->len);
    }
    if (mxl_atom(in, atom, &len))
        return -1;
    if (tag == 'D') {
        best->kind = GRID_DATE;
        best->len = mxl_date_text(atom, len, at);
        return best->len ? 0 : mxl_fail(in, "mxl-malformed", "A date in the .mxl file does not exist.");
    }
    if (tag == 'B') {
        if (len != 1 || (atom[0] != '0' && atom[0] != '1'))
            return mxl_fail(in, "mxl-malformed", "A yes/no value in the .mxl file is neither 0 nor 1.");
        best->kind = GRID_BOOL;
        best->len = atom[0] == '1' ? 4 : 5;
        memcpy(at, atom[0] == '1' ? "true" : "false", best->len);
        return 0;
    }
    if (!mxl_is_number(atom, len))
        return mxl_fail(in, "mxl-malformed", "A number in the .mxl file is not a number.");
    best->kind = GRID_NUMBER;
    best->len = len;
    memcpy(at, atom, len);
    return 0;
}

/* {tag, ...}. References, undefined values and unknown tags have no text of their own. */
static int typed_value(struct mxl_brace *doc, char *at, struct choice *best)
{
    struct mxl_in *in = doc->in;
    size_t len;

    if (mxl_open(in) || mxl_string(in, doc->scratch, &len))
        return -1;
    char tag = len == 1 ? doc->scratch[0] : 0;
    if (tag != 'S' && tag != 'N' && tag != 'D' && tag != 'B')
        return mxl_skip_rest(in, doc->scratch);
    return tagged(doc, tag, at, best) || mxl_close(in) ? -1 : 0;
}

static int group_part(struct mxl_brace *doc)
{
    if (mxl_comma(doc->in))
        return -1;
    return mxl_ahead(doc->in) == '{' ? 0 : mxl_open(doc->in); /* mxl_open() reports the fault */
}

/* Skips the parts between the format and the text; they are not visible. */
static int pass_details(struct mxl_brace *doc, int64_t mask)
{
    size_t len;

    if ((mask & HAS_DETAIL) && (group_part(doc) || mxl_skip_item(doc->in, doc->scratch)))
        return -1;
    if ((mask & HAS_DETAIL_NAME) && (mxl_comma(doc->in) || mxl_string(doc->in, doc->scratch, &len)))
        return -1;
    return 0;
}

static int parts(struct mxl_brace *doc, int64_t mask, char *at, struct choice *best, bool *parameter)
{
    if ((mask & HAS_VALUE) && (group_part(doc) || typed_value(doc, at, best)))
        return -1;
    if (pass_details(doc, mask))
        return -1;
    if (!(mask & HAS_TEXT))
        return 0;
    /* The text is written behind the value and replaces it unless it is empty. */
    struct choice text = {0};
    char *behind = at + best->len;
    if (group_part(doc) || localised(doc, behind, &text, parameter))
        return -1;
    if (text.len > 0) {
        memmove(at, behind, text.len);
        *best = text;
    }
    return 0;
}

int mxl_brace_cell(struct mxl_brace *doc, uint32_t column)
{
    struct mxl_in *in = doc->in;
    struct choice best = {0};
    bool parameter = false;
    int64_t mask, format;
    char *at;

    if (mxl_out_text(doc->out, &at) || mxl_open(in))
        return -1;
    uint64_t start = mxl_in_offset(in);
    if (mxl_integer_in(in, 0, INT64_MAX, &mask) || mxl_comma_integer(in, 0, INT64_MAX, &format) ||
        parts(doc, mask, at, &best, &parameter) || mxl_skip_rest(in, doc->scratch))
        return -1;
    if (mxl_in_offset(in) - start > MAX_CELL_BYTES)
        return mxl_fail_at(in, start, "mxl-limit", "One cell of the .mxl file takes more than 4 MiB.");
    if (best.len == 0) {
        doc->out->parameters += parameter;
        return 0;
    }
    doc->out->texts++;
    return mxl_out_cell(doc->out, column, best.kind, best.len);
}
