/* Tokeniser of the brace form of .mxl. Depth is a counter instead of recursion: deep nesting costs nothing. */
#include "handlers/sheet/mxl/token.h"

#include "base/hex.h"
#include "base/utf8.h"
#include "handlers/sheet/mxl/out.h"

#include <string.h>

enum { PLAIN = 0, BLANK = 1, MARK = 2 };

/* Is it a blank, or a character that ends an atom? */
static inline int kind_of(int c)
{
    switch (c) {
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        return BLANK;
    case ',':
    case '{':
    case '}':
    case '"':
        return MARK;
    default:
        return PLAIN;
    }
}

static int malformed(struct mxl_in *in, const char *text)
{
    /* At the end of the file the fault is that it ends. */
    return mxl_in_peek(in) < 0 ? mxl_in_truncated(in) : mxl_fail(in, "mxl-malformed", text);
}

int mxl_ahead(struct mxl_in *in)
{
    int c;

    while ((c = mxl_in_peek(in)) >= 0 && kind_of(c) == BLANK)
        in->p++;
    return c;
}

static inline int take(struct mxl_in *in, int mark, const char *complaint)
{
    if (mxl_ahead(in) != mark)
        return malformed(in, complaint);
    in->p++;
    return 0;
}

int mxl_open(struct mxl_in *in)
{
    return take(in, '{', "The .mxl file is damaged: \"{\" is missing.");
}

int mxl_close(struct mxl_in *in)
{
    return take(in, '}', "The .mxl file is damaged: \"}\" is missing.");
}

int mxl_comma(struct mxl_in *in)
{
    return take(in, ',', "The .mxl file is damaged: a comma is missing.");
}

int mxl_another(struct mxl_in *in)
{
    int c = mxl_ahead(in);

    if (c != ',' && c != '}')
        return malformed(in, "The .mxl file is damaged: a comma or \"}\" is missing.");
    if (c == '}')
        return 0;
    in->p++;
    return 1;
}

int mxl_atom(struct mxl_in *in, char atom[MXL_MAX_ATOM], size_t *len)
{
    size_t n = 0;

    for (int c = mxl_ahead(in); c >= 0 && kind_of(c) == PLAIN; c = mxl_in_peek(in)) {
        if (n == MXL_MAX_ATOM || c <= ' ' || c > '~')
            return malformed(in, "The .mxl file is damaged: a number or name was expected.");
        atom[n++] = (char)c;
        in->p++;
    }
    if (n == 0 || mxl_in_peek(in) < 0)
        return malformed(in, "The .mxl file is damaged: a value is missing.");
    *len = n;
    return 0;
}

int mxl_integer(struct mxl_in *in, int64_t *value)
{
    int c = mxl_ahead(in);
    bool negative = c == '-';

    if (negative) {
        in->p++;
        c = mxl_in_peek(in);
    }
    int64_t sum = 0;
    int digits = 0;
    for (; c >= '0' && c <= '9'; c = mxl_in_peek(in)) {
        if (++digits > 18)
            return mxl_fail(in, "mxl-limit", "The .mxl file holds a number of more than 18 digits.");
        sum = sum * 10 + (c - '0');
        in->p++;
    }
    if (digits == 0 || c < 0 || kind_of(c) == PLAIN)
        return malformed(in, "The .mxl file is damaged: a whole number was expected.");
    *value = negative ? -sum : sum;
    return 0;
}

int mxl_integer_in(struct mxl_in *in, int64_t low, int64_t high, int64_t *value)
{
    if (mxl_integer(in, value))
        return -1;
    if (*value < low)
        return mxl_fail(in, "mxl-malformed", "The .mxl file is damaged: a number is too small.");
    if (*value > high)
        return mxl_fail(in, "mxl-limit", "The .mxl file holds a number or count over the limit.");
    return 0;
}

static int too_long(struct mxl_in *in, uint64_t start)
{
    return mxl_fail_at(in, start, "mxl-limit",
                       "A text of the .mxl file is longer than 1 MiB: a closing quote may be missing.");
}

int mxl_string(struct mxl_in *in, char *to, size_t *len)
{
    if (take(in, '"', "The .mxl file is damaged: a text in quotes was expected."))
        return -1;
    uint64_t start = mxl_in_offset(in);
    size_t n = 0;
    for (;;) {
        if (mxl_in_peek(in) < 0)
            return mxl_in_truncated(in);
        size_t left = (size_t)(in->end - in->p);
        const unsigned char *quote = memchr(in->p, '"', left);
        size_t part = quote ? (size_t)(quote - in->p) : left;
        if (part > MXL_MAX_STRING - n)
            return too_long(in, start);
        memcpy(to + n, in->p, part);
        n += part;
        in->p += part;
        if (!quote)
            continue;
        in->p++;
        if (mxl_in_peek(in) != '"')
            break;
        if (n == MXL_MAX_STRING)
            return too_long(in, start);
        to[n++] = '"';
        in->p++;
    }
    *len = n;
    if (!utf8_valid(to, n))
        return mxl_fail_at(in, start, "mxl-malformed", "A text of the .mxl file is not valid UTF-8.");
    return 0;
}

/* Skips the bytes of an embedded picture: everything up to the brace that closes its group. */
static int skip_block(struct mxl_in *in)
{
    for (int c; (c = mxl_in_peek(in)) != '}'; in->p++) {
        bool fits = kind_of(c) == BLANK || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                    c == '+' || c == '/' || c == '=';
        if (!fits)
            return malformed(in, "The .mxl file is damaged inside a picture.");
    }
    return 0;
}

static int skip_simple(struct mxl_in *in, char *scratch)
{
    static const char block[] = "#base64:";
    size_t n = 0;
    int c = mxl_ahead(in);

    if (c == '"')
        return mxl_string(in, scratch, &n);
    for (; c >= 0 && kind_of(c) == PLAIN; c = mxl_in_peek(in)) {
        if (c < ' ' || n == MXL_MAX_ATOM)
            return malformed(in, "The .mxl file is damaged: an unknown value without quotes.");
        scratch[n++] = (char)c;
        in->p++;
        if (n == sizeof block - 1 && memcmp(scratch, block, n) == 0)
            return skip_block(in);
    }
    return n > 0 && c >= 0 ? 0 : malformed(in, "The .mxl file is damaged: a value is missing.");
}

/* Closes groups and takes one comma, until an item follows or depth is zero. */
static int after_item(struct mxl_in *in, int *depth)
{
    while (*depth > 0) {
        int more = mxl_another(in);
        if (more != 0)
            return more < 0 ? -1 : 0;
        in->p++;
        (*depth)--;
    }
    return 0;
}

static int skip_items(struct mxl_in *in, char *scratch, int depth)
{
    do {
        if (mxl_ahead(in) == '{') {
            in->p++;
            if (++depth > MXL_MAX_DEPTH)
                return mxl_fail(in, "mxl-limit", "The .mxl file has too many levels of groups.");
            continue;
        }
        if (skip_simple(in, scratch) || after_item(in, &depth))
            return -1;
    } while (depth > 0);
    return 0;
}

int mxl_skip_item(struct mxl_in *in, char *scratch)
{
    return skip_items(in, scratch, 0);
}

int mxl_skip_rest(struct mxl_in *in, char *scratch)
{
    int depth = 1;

    if (after_item(in, &depth))
        return -1;
    return depth == 0 ? 0 : skip_items(in, scratch, depth);
}

/* Behind an opening quote: goes on behind the closing one. A doubled quote looks like an end and a new beginning,
 * which gives the same result. */
static int pass_quote(struct mxl_in *in)
{
    for (;;) {
        if (mxl_in_peek(in) < 0)
            return mxl_in_truncated(in);
        const unsigned char *quote = memchr(in->p, '"', (size_t)(in->end - in->p));
        if (quote) {
            in->p = quote + 1;
            return 0;
        }
        in->p = in->end;
    }
}

int mxl_skip_group_fast(struct mxl_in *in)
{
    int64_t depth = 0;

    if (mxl_ahead(in) != '{')
        return mxl_open(in);
    do {
        const unsigned char *p = in->p, *end = in->end;
        while (p < end && *p != '"' && *p != '{' && *p != '}')
            p++;
        in->p = p;
        int c = mxl_in_peek(in);
        if (c < 0)
            return mxl_in_truncated(in);
        if (c != '"' && c != '{' && c != '}')
            continue; /* a new block */
        in->p++;
        depth += c == '{' ? 1 : c == '}' ? -1 : 0;
        if (c == '"' && pass_quote(in))
            return -1;
    } while (depth > 0);
    return 0;
}

int mxl_comma_integer(struct mxl_in *in, int64_t low, int64_t high, int64_t *value)
{
    return mxl_comma(in) || mxl_integer_in(in, low, high, value) ? -1 : 0;
}

int mxl_comma_skip(struct mxl_in *in, char *scratch)
{
    return mxl_comma(in) || mxl_skip_item(in, scratch) ? -1 : 0;
}

bool mxl_is_guid(const char *text, size_t len)
{
    if (len != 36)
        return false;
    for (size_t i = 0; i < len; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : hex_digit(text[i]) < 0)
            return false;
    }
    return true;
}
