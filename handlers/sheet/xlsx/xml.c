/* The tokeniser: tags, attributes and text, where most of the time is spent. */
#include "handlers/sheet/xlsx/xml.h"

#include "handlers/sheet/xlsx/xml_scan.h"

#include <stdlib.h>

enum { BUFFER_SIZE = 64 << 10 };

unsigned char xml_classes[256];

static void fill_classes(void)
{
    for (int c = 1; c < 256; c++) {
        unsigned char k = 0;
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' || c >= 0x80;
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
            k |= C_SPACE;
        if (letter)
            k |= C_FIRST;
        if (letter || (c >= '0' && c <= '9') || c == '-' || c == '.')
            k |= C_NAME;
        if (c != '<' && c != '&' && c != '\r' && c != ']')
            k |= C_TEXT;
        if (c != '<' && c != '&' && c != '\r' && c != '\n' && c != '\t' && c != '"' && c != '\'')
            k |= C_VALUE;
        xml_classes[c] = k;
    }
}

struct xml *xml_new(xml_read_fn *read, void *ctx, struct sheet_error *err)
{
    if (xml_classes['a'] == 0)
        fill_classes();
    struct xml *x = xalloc(sizeof *x);
    memset(x, 0, offsetof(struct xml, attrs));
    x->source = (struct xml_source){.read = read, .ctx = ctx};
    x->err = err;
    x->cap = BUFFER_SIZE;
    x->buf = xalloc(x->cap + XML_SLACK);
    memset(x->buf, 0, XML_SLACK);
    return x;
}

void xml_free(struct xml **xml)
{
    if (!*xml)
        return;
    xml_source_fini(&(*xml)->source);
    bytes_free(&(*xml)->open);
    free((*xml)->buf);
    free(*xml);
    *xml = NULL;
}

static int malformed(struct xml *x, const char *what)
{
    sheet_refuse(x->err, "xml-malformed", "The workbook is damaged (%s). Save it again as .xlsx.", what);
    return XML_FAILED;
}

static int limited(struct xml *x, const char *what)
{
    sheet_refuse(x->err, "xml-limit",
                 "The workbook goes beyond a limit (%s). Copy its table into a new workbook and send that.", what);
    return XML_FAILED;
}

/* Makes room behind the token that begins at x->at, by moving it to the front. */
static void make_room(struct xml *x)
{
    size_t kept = x->end - x->at;

    memmove(x->buf, x->buf + x->at, kept);
    x->at = 0;
    x->end = kept;
    if (kept > x->cap / 2) {
        x->cap *= 2;
        x->buf = xrealloc(x->buf, x->cap + XML_SLACK);
    }
}

/* Reads more behind the token that begins at x->at: at least half of its present length, so that scanning it again
 * each time costs in proportion to its length; but not much beyond the limit of a token. Returns 0, or XML_FAILED. */
static int refill(struct xml *x)
{
    size_t kept = x->end - x->at, most = XML_TOKEN_MAX + BUFFER_SIZE;

    if (x->ended)
        return malformed(x, "its XML ends early");
    if (kept > XML_TOKEN_MAX)
        return limited(x, "a tag of more than 4 MiB");
    make_room(x);
    if (most > x->cap)
        most = x->cap;
    while (x->end <= kept + kept / 2 && most - x->end >= XML_SOURCE_MIN && !x->ended) {
        ssize_t n = xml_source_read(&x->source, x->buf + x->end, most - x->end, x->err);
        if (n < 0)
            return XML_FAILED;
        x->ended = n == 0;
        x->end += (size_t)n;
    }
    memset(x->buf + x->end, 0, XML_SLACK);
    return 0;
}

/* ---- Attributes ------------------------------------------------------------------------------------------------- */

const char *xml_scan_reference(struct xml *x, const char *p)
{
    uint32_t code;
    size_t n = xml_reference(p, &code);

    if (n > 0)
        return p + n;
    for (p++; is(*p, C_NAME) || *p == '#';)
        p++;
    return halt(x, p);
}

/* Scans the rest of a value that is not plain; p is behind its opening quote. Returns the closing quote. */
static const char *scan_value(struct xml *x, const char *p, char quote)
{
    for (;;) {
        p = skip_value(p);
        if (*p == quote)
            return p;
        if (*p == '"' || *p == '\'') {
            p++;
        } else if (*p == '&') {
            x->values_coded = true;
            p = xml_scan_reference(x, p);
            if (!p)
                return NULL;
        } else if (is(*p, C_SPACE)) {
            x->values_coded = true;
            p++;
        } else {
            return halt(x, p);
        }
    }
}

/* Scans the name and '=' of an attribute, with any blanks. Returns behind the opening quote. */
static const char *scan_name(struct xml *x, const char *p, struct xml_attr *attr)
{
    attr->name = p;
    if (!is(*p, C_FIRST))
        return halt(x, p);
    while (is(*p, C_NAME))
        p++;
    attr->name_len = (uint32_t)(p - attr->name);
    while (is(*p, C_SPACE))
        p++;
    if (*p != '=')
        return halt(x, p);
    p++;
    while (is(*p, C_SPACE))
        p++;
    return *p == '"' || *p == '\'' ? p + 1 : halt(x, p);
}

/* Most attributes of cells are x="plain". */
static inline const char *scan_attr(struct xml *x, const char *p, struct xml_attr *attr)
{
    if (is(p[0], C_FIRST) && p[1] == '=' && p[2] == '"') {
        attr->name = p;
        attr->name_len = 1;
        p += 3;
    } else {
        p = scan_name(x, p, attr);
        if (!p)
            return NULL;
    }
    const char *from = p;
    p = skip_value(p);
    if (*p != from[-1]) {
        p = scan_value(x, from, from[-1]);
        if (!p)
            return NULL;
    }
    attr->value = from;
    attr->len = (uint32_t)(p - from);
    return p + 1;
}

const char *xml_scan_attr(struct xml *x, const char *p, uint32_t i)
{
    return scan_attr(x, p, &x->attrs[i]);
}

static inline bool repeated(const struct xml_attr *attrs, uint32_t n)
{
    const struct xml_attr *last = &attrs[n];

    for (uint32_t i = 0; i < n; i++)
        if (attrs[i].name[0] == last->name[0] && attrs[i].name_len == last->name_len &&
            memcmp(attrs[i].name, last->name, last->name_len) == 0)
            return true;
    return false;
}

/* p is behind the element name. Returns behind the tag, with x->empty and x->n_attrs set. */
static inline const char *scan_attrs(struct xml *x, const char *p)
{
    uint32_t n = 0;

    for (;;) {
        bool spaced = is(*p, C_SPACE);
        while (is(*p, C_SPACE))
            p++;
        if (*p == '>' || *p == '/')
            break;
        if (n == XML_ATTRS_MAX && *p != 0) {
            x->halted = limited(x, "more than 256 attributes");
            return NULL;
        }
        if (!spaced || n == XML_ATTRS_MAX)
            return halt(x, p);
        p = scan_attr(x, p, &x->attrs[n]);
        if (!p)
            return NULL;
        if (repeated(x->attrs, n)) {
            x->halted = STEP_BAD;
            return NULL;
        }
        n++;
    }
    x->n_attrs = n;
    x->empty = *p == '/';
    if (x->empty && *++p != '>') {
        x->empty = false;
        return halt(x, p);
    }
    return p + 1;
}

/* The tag is complete and is not scanned again: its values may be changed in place. */
static void decode_values(struct xml *x)
{
    for (uint32_t i = 0; i < x->n_attrs; i++) {
        struct xml_attr *attr = &x->attrs[i];
        attr->len = (uint32_t)xml_value_decode(x->buf + (attr->value - x->buf), attr->len);
    }
    x->values_coded = false;
}

/* ---- Tags ------------------------------------------------------------------------------------------------------- */

static inline void set_name(struct xml_token *token, const char *name, size_t n)
{
    token->name = name;
    token->name_len = n;
    if (n > 1)
        token->name = xml_local(name, n, &token->name_len);
}

static int may_open(struct xml *x)
{
    if (x->depth == 0 && x->rooted)
        return malformed(x, "a second root element");
    if (x->depth == XML_DEPTH_MAX)
        return limited(x, "more than 64 levels of elements");
    x->rooted = true;
    return XML_START;
}

static void push(struct xml *x, const char *name, size_t n)
{
    struct bytes *open = &x->open;

    x->starts[x->depth++] = (uint32_t)open->len;
    if (open->cap - open->len < n)
        bytes_reserve(open, n);
    for (size_t i = 0; i < n; i++) /* most names have one character: faster than a call */
        open->data[open->len + i] = name[i];
    open->len += n;
}

static void pop(struct xml *x)
{
    x->open.len = x->starts[--x->depth];
}

/* Scans plain text and the end tag of the element that has just begun, if both are complete at p. Returns behind
 * them, or NULL: then they come as tokens of their own. */
static inline const char *scan_leaf(struct xml_token *token, const char *p, const char *name, size_t n)
{
    const char *from = p;

    p = skip_text(p);
    if (p[0] != '<' || p[1] != '/')
        return NULL;
    const char *end = p + 2;
    for (size_t i = 0; i < n; i++)
        if (end[i] != name[i])
            return NULL;
    if (end[n] != '>')
        return NULL;
    token->text = from;
    token->len = (size_t)(p - from);
    token->coded = false;
    return end + n + 1;
}

/* Scans the end tag of the innermost open element, if it is complete at p and has no blanks. Returns behind it, or
 * NULL. */
static inline const char *scan_outer_end(const struct xml *x, const char *p)
{
    if (x->depth == 0 || p[0] != '<' || p[1] != '/')
        return NULL;
    uint32_t from = x->starts[x->depth - 1];
    size_t n = x->open.len - from;
    const char *open = x->open.data + from;
    for (size_t i = 0; i < n; i++)
        if (p[2 + i] != open[i])
            return NULL;
    return p[2 + n] == '>' ? p + 3 + n : NULL;
}

/* `name` is behind the '<' of a start tag. */
static inline int start_tag(struct xml *x, struct xml_token *token, const char *name)
{
    const char *p = name;

    if (!is(*p, C_FIRST))
        return halt(x, p), x->halted;
    while (is(*p, C_NAME))
        p++;
    size_t n = (size_t)(p - name);
    x->n_attrs = 0;
    p = *p == '>' ? p + 1 : scan_attrs(x, p);
    if (!p)
        return x->halted;
    if ((x->depth == 0 || x->depth == XML_DEPTH_MAX || !x->rooted) && may_open(x) == XML_FAILED)
        return XML_FAILED;
    if (x->values_coded)
        decode_values(x);
    token->attrs = x->attrs;
    token->n_attrs = x->n_attrs;
    set_name(token, name, n);
    const char *behind = x->empty ? NULL : scan_leaf(token, p, name, n);
    if (!behind) {
        push(x, name, n);
        x->at = (size_t)(p - x->buf);
        return XML_START;
    }
    const char *outer = scan_outer_end(x, behind);
    token->closed = outer != NULL;
    if (outer)
        pop(x);
    x->at = (size_t)((outer ? outer : behind) - x->buf);
    return XML_LEAF;
}

/* `name` is behind the "</". */
static inline int end_tag(struct xml *x, struct xml_token *token, const char *name)
{
    const char *p = name;

    if (x->depth == 0)
        return STEP_BAD;
    uint32_t from = x->starts[x->depth - 1];
    size_t n = x->open.len - from;
    const char *open = x->open.data + from;
    for (size_t i = 0; i < n; i++, p++)
        if (*p != open[i])
            return halt(x, p), x->halted;
    while (is(*p, C_SPACE))
        p++;
    if (*p != '>')
        return halt(x, p), x->halted;
    set_name(token, name, n);
    pop(x);
    x->at = (size_t)(p + 1 - x->buf);
    return XML_END;
}

/* ---- Text ------------------------------------------------------------------------------------------------------- */

/* Does "]]>" begin at p, which is not allowed in text? Returns behind the ']' if not. */
static const char *scan_bracket(struct xml *x, const char *p)
{
    if (p[1] == 0 || (p[1] == ']' && p[2] == 0))
        return halt(x, p[1] == 0 ? p + 1 : p + 2);
    return p[1] == ']' && p[2] == '>' ? halt(x, p) : p + 1;
}

/* A line end has one character or two, so the character behind it must be loaded. */
static const char *scan_return(struct xml *x, const char *p)
{
    return p[1] != 0 ? p + 1 : halt(x, p + 1);
}

/* Scans text from p up to the next tag (x->halted is 0) or up to where the end of the data leaves it undecided. */
static const char *scan_text(struct xml *x, const char *p)
{
    x->halted = 0;
    for (;;) {
        p = skip_text(p);
        if (*p == '<')
            return p;
        const char *next = *p == '&'    ? xml_scan_reference(x, p)
                           : *p == '\r' ? scan_return(x, p)
                           : *p == ']'  ? scan_bracket(x, p)
                                        : halt(x, p);
        x->coded |= *p == '&' || *p == '\r';
        if (!next)
            return p;
        p = next;
    }
}

static bool blanks_only(const char *p, const char *end)
{
    while (p < end && is(*p, C_SPACE))
        p++;
    return p == end;
}

/* A run of text that the end of the data cuts is delivered in pieces, so that no run is too long for the buffer. */
static int text_run(struct xml *x, struct xml_token *token)
{
    const char *from = x->buf + x->at;

    x->coded = false;
    const char *p = scan_text(x, from);
    if (x->halted == STEP_BAD || p == from)
        return x->halted;
    token->text = from;
    token->len = (size_t)(p - from);
    token->coded = x->coded;
    x->at = (size_t)(p - x->buf);
    if (!blanks_only(from, p)) /* blanks between elements are not text; a bomb made of them shows by its ratio */
        x->run += token->len;
    return x->run > XML_TOKEN_MAX ? limited(x, "a text of more than 4 MiB") : XML_TEXT;
}

/* Outside of the root element only blanks are allowed. */
static int outer_blanks(struct xml *x)
{
    const char *p = x->buf + x->at;

    while (is(*p, C_SPACE))
        p++;
    x->at = (size_t)(p - x->buf);
    return *p == '<' || p == x->buf + x->end ? STEP_NOTHING : STEP_BAD;
}

static inline int step(struct xml *x, struct xml_token *token)
{
    const char *p = x->buf + x->at;

    if (*p != '<')
        return x->depth == 0 ? outer_blanks(x) : text_run(x, token);
    x->run = 0;
    switch (p[1]) {
    case '/':
        return end_tag(x, token, p + 2);
    case '!':
        return xml_special(x, token);
    case '?':
        return xml_instruction(x);
    default:
        return start_tag(x, token, p + 1);
    }
}

static enum xml_event finish(struct xml *x)
{
    if (x->depth != 0 || !x->rooted)
        return malformed(x, "its XML ends early");
    return XML_DONE;
}

enum xml_event xml_next(struct xml *x, struct xml_token *token)
{
    if (x->empty) {
        x->empty = false;
        pop(x);
        return XML_END; /* token->name is still that of the start tag */
    }
    for (;;) {
        if (x->at == x->end && x->ended)
            return finish(x);
        int s = x->at == x->end ? STEP_MORE : step(x, token);
        if (s > 0 || s == XML_FAILED) {
            x->begun = true;
            return (enum xml_event)s;
        }
        if (s == STEP_BAD)
            return malformed(x, "its XML is not well-formed");
        if (s == STEP_MORE && refill(x) < 0)
            return XML_FAILED;
        x->begun |= s == STEP_NOTHING;
    }
}
