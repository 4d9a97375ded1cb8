/* The tokeniser: one pass over a buffer that ends in a NUL, which the source never lets through, so that the inner
 * loops need no other check for the end of the data. A token that the end cuts is begun again when more has been read.
 */
#include "handlers/sheet/xml.h"

#include "handlers/sheet/xml_source.h"

#include <stdlib.h>

enum { BUFFER_SIZE = 64 << 10 };

/* What a byte may be. */
enum {
    C_SPACE = 1,
    C_NAME = 2,   /* within a name */
    C_FIRST = 4,  /* first of a name */
    C_TEXT = 8,   /* ordinary in text */
    C_VALUE = 16, /* ordinary in an attribute value, whatever its quotes */
};
static unsigned char classes[256];

struct xml {
    struct xml_source source;
    struct sheet_error *err;
    char *buf;
    size_t at, end, cap; /* the next token begins at buf[at]; buf[end] is NUL */
    bool ended;          /* the source has no more */
    bool begun;          /* something was read: no XML declaration may come */
    bool rooted;         /* the root element has begun */
    bool empty;          /* the last start tag was an empty element: its end is due */
    unsigned depth;
    uint32_t starts[XML_DEPTH_MAX + 1]; /* where the names of the open elements begin in `open` */
    struct bytes open;
    struct xml_attr attrs[XML_ATTRS_MAX];
};

/* What a scan over a possibly cut token found. */
enum scan { SCAN_OK, SCAN_MORE, SCAN_BAD };

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
        classes[c] = k;
    }
}

static inline bool is(char c, int kind)
{
    return (classes[(unsigned char)c] & kind) != 0;
}

struct xml *xml_new(xml_read_fn *read, void *ctx, struct sheet_error *err)
{
    if (classes['a'] == 0)
        fill_classes();
    struct xml *x = xalloc(sizeof *x);
    memset(x, 0, offsetof(struct xml, attrs));
    x->source = (struct xml_source){.read = read, .ctx = ctx};
    x->err = err;
    x->cap = BUFFER_SIZE;
    x->buf = xalloc(x->cap + 1);
    x->buf[0] = 0;
    return x;
}

void xml_free(struct xml **xml)
{
    if (*xml == NULL)
        return;
    xml_source_fini(&(*xml)->source);
    bytes_free(&(*xml)->open);
    free((*xml)->buf);
    free(*xml);
    *xml = NULL;
}

static enum xml_event malformed(struct xml *x, const char *what)
{
    sheet_refuse(x->err, "xml-malformed", "The workbook is damaged (%s). Save it again as .xlsx.", what);
    return XML_FAILED;
}

static enum xml_event limited(struct xml *x, const char *what)
{
    sheet_refuse(x->err, "xml-limit", "The workbook goes beyond a limit (%s). It is no ordinary spreadsheet.", what);
    return XML_FAILED;
}

/* Read more behind the token that begins at x->at. Returns false when the parse ends here: *event says how. */
static bool refill(struct xml *x, enum xml_event *event)
{
    size_t kept = x->end - x->at;
    if (x->ended)
        return *event = malformed(x, "it ends within a tag"), false;
    if (kept > XML_TOKEN_MAX)
        return *event = limited(x, "a text or tag of more than 4 MiB"), false;
    memmove(x->buf, x->buf + x->at, kept);
    x->at = 0;
    x->end = kept;
    if (kept > x->cap / 2) { /* doubling keeps the work of beginning a long token anew proportional to its length */
        x->cap *= 2;
        x->buf = xrealloc(x->buf, x->cap + 1);
    }
    size_t room = x->cap - kept, most = XML_TOKEN_MAX + BUFFER_SIZE - kept; /* never much beyond the limit */
    ssize_t n = xml_source_read(&x->source, x->buf + kept, room < most ? room : most, x->err);
    if (n < 0)
        return *event = XML_FAILED, false;
    x->ended = n == 0;
    x->end += (size_t)n;
    x->buf[x->end] = 0;
    return true;
}

/* At a byte that does not belong: the end of the data asks for more, anything else is an error. */
static inline enum scan stop(const struct xml *x, const char *p)
{
    return p == x->buf + x->end ? SCAN_MORE : SCAN_BAD;
}

/* Does the literal stand at p? SCAN_MORE when the data ends within it. */
static enum scan expect(const struct xml *x, const char *p, const char *literal)
{
    for (; *literal != 0; p++, literal++)
        if (*p != *literal)
            return stop(x, p);
    return SCAN_OK;
}

/* p at '&'. */
static enum scan scan_reference(const struct xml *x, const char **p)
{
    uint32_t code;
    size_t n = xml_reference(*p, &code);
    if (n == 0) {
        const char *q = *p + 1;
        while (is(*q, C_NAME) || *q == '#')
            q++;
        return stop(x, q);
    }
    *p += n;
    return SCAN_OK;
}

/* p behind the opening quote; on SCAN_OK behind the closing one. */
static enum scan scan_value(const struct xml *x, const char **pp, char quote, struct xml_attr *attr)
{
    const char *p = *pp;
    attr->value = p;
    attr->coded = false;
    for (;;) {
        while (is(*p, C_VALUE))
            p++;
        if (*p == quote)
            break;
        if (*p == '"' || *p == '\'') {
            p++;
        } else if (*p == '&') {
            attr->coded = true;
            enum scan s = scan_reference(x, &p);
            if (s != SCAN_OK)
                return s;
        } else if (is(*p, C_SPACE)) {
            attr->coded = true;
            p++;
        } else {
            return stop(x, p);
        }
    }
    attr->len = (uint32_t)(p - attr->value);
    *pp = p + 1;
    return SCAN_OK;
}

static enum scan scan_attr(const struct xml *x, const char **pp, struct xml_attr *attr)
{
    const char *p = *pp;
    attr->name = p;
    if (!is(*p, C_FIRST))
        return stop(x, p);
    while (is(*p, C_NAME))
        p++;
    attr->name_len = (uint32_t)(p - attr->name);
    while (is(*p, C_SPACE))
        p++;
    if (*p != '=')
        return stop(x, p);
    p++;
    while (is(*p, C_SPACE))
        p++;
    if (*p != '"' && *p != '\'')
        return stop(x, p);
    *pp = p + 1;
    return scan_value(x, pp, *p, attr);
}

static bool repeated(const struct xml_attr *attrs, uint32_t n)
{
    const struct xml_attr *last = &attrs[n];
    for (uint32_t i = 0; i < n; i++)
        if (attrs[i].name_len == last->name_len && memcmp(attrs[i].name, last->name, last->name_len) == 0)
            return true;
    return false;
}

/* p behind the element name; on SCAN_OK behind the tag, with x->empty set. */
static enum scan scan_attrs(struct xml *x, const char **pp, uint32_t *n_attrs)
{
    const char *p = *pp;
    uint32_t n = 0;
    for (;;) {
        bool spaced = is(*p, C_SPACE);
        while (is(*p, C_SPACE))
            p++;
        if (*p == '>' || *p == '/')
            break;
        if (!spaced || n == XML_ATTRS_MAX)
            return n == XML_ATTRS_MAX && *p != 0 ? SCAN_BAD : stop(x, p);
        enum scan s = scan_attr(x, &p, &x->attrs[n]);
        if (s != SCAN_OK)
            return s;
        if (repeated(x->attrs, n))
            return SCAN_BAD;
        n++;
    }
    x->empty = *p == '/';
    if (x->empty && *++p != '>')
        return stop(x, p);
    *n_attrs = n;
    *pp = p + 1;
    return SCAN_OK;
}

static void set_name(struct xml_token *token, const char *name, size_t n)
{
    token->name = xml_local(name, n, &token->name_len);
}

static enum xml_event push(struct xml *x, const char *name, size_t n)
{
    if (x->depth == 0 && x->rooted)
        return malformed(x, "a second root element");
    if (x->depth == XML_DEPTH_MAX)
        return limited(x, "more than 64 levels of elements");
    x->rooted = true;
    x->starts[x->depth++] = (uint32_t)x->open.len;
    bytes_add(&x->open, name, n);
    return XML_START;
}

static void pop(struct xml *x)
{
    x->open.len = x->starts[--x->depth];
}

/* x->at at '<' of a start tag. */
static enum scan start_tag(struct xml *x, struct xml_token *token, enum xml_event *event)
{
    const char *name = x->buf + x->at + 1, *p = name;
    if (!is(*p, C_FIRST))
        return stop(x, p);
    while (is(*p, C_NAME))
        p++;
    size_t n = (size_t)(p - name);
    enum scan s = scan_attrs(x, &p, &token->n_attrs);
    if (s != SCAN_OK)
        return s;
    token->attrs = x->attrs;
    set_name(token, name, n);
    *event = push(x, name, n);
    x->at = (size_t)(p - x->buf);
    return SCAN_OK;
}

/* x->at at "</". */
static enum scan end_tag(struct xml *x, struct xml_token *token, enum xml_event *event)
{
    const char *name = x->buf + x->at + 2, *p = name;
    if (x->depth == 0)
        return SCAN_BAD;
    uint32_t from = x->starts[x->depth - 1];
    size_t n = x->open.len - from;
    const char *open = x->open.data + from;
    for (size_t i = 0; i < n; i++, p++)
        if (*p != open[i])
            return stop(x, p);
    while (is(*p, C_SPACE))
        p++;
    if (*p != '>')
        return stop(x, p);
    set_name(token, name, n);
    pop(x);
    x->at = (size_t)(p + 1 - x->buf);
    *event = XML_END;
    return SCAN_OK;
}

/* Behind `from`, the place of the literal's end; scans again from the start of the token when cut. */
static const char *find(const struct xml *x, const char *from, const char *literal)
{
    size_t n = strlen(literal);
    const char *end = x->buf + x->end;
    const char *hit = from <= end ? memmem(from, (size_t)(end - from), literal, n) : NULL;
    return hit != NULL ? hit + n : NULL;
}

static enum scan skip_comment(struct xml *x)
{
    const char *p = find(x, x->buf + x->at + 4, "--");
    if (p == NULL || *p == 0)
        return SCAN_MORE;
    if (*p != '>')
        return SCAN_BAD;
    x->at = (size_t)(p + 1 - x->buf);
    return SCAN_OK;
}

static enum scan cdata(struct xml *x, struct xml_token *token, enum xml_event *event)
{
    const char *from = x->buf + x->at + 9, *p = find(x, from, "]]>");
    if (x->depth == 0)
        return SCAN_BAD;
    if (p == NULL)
        return SCAN_MORE;
    token->text = from;
    token->len = (size_t)(p - 3 - from);
    token->coded = false;
    if (memchr(from, '\r', token->len) != NULL) { /* CDATA knows line ends but no references: normalised in place */
        size_t to = 0;
        char *text = x->buf + (from - x->buf);
        for (size_t i = 0; i < token->len; i++)
            if (text[i] != '\r' || i + 1 == token->len || text[i + 1] != '\n')
                text[to++] = text[i] == '\r' ? '\n' : text[i];
        token->len = to;
    }
    x->at = (size_t)(p - x->buf);
    *event = XML_TEXT;
    return SCAN_OK;
}

static bool word(const struct xml_attr *attr, const char *text)
{
    return attr->len == strlen(text) && strncasecmp(attr->value, text, attr->len) == 0;
}

static bool encoding_fits(const struct xml *x, const struct xml_attr *attr)
{
    if (x->source.encoding == XML_ENC_UTF8)
        return word(attr, "utf-8") || word(attr, "us-ascii");
    return word(attr, "utf-16") || word(attr, x->source.encoding == XML_ENC_UTF16LE ? "utf-16le" : "utf-16be");
}

static bool attr_is(const struct xml_attr *attr, const char *name)
{
    return attr->name_len == strlen(name) && memcmp(attr->name, name, attr->name_len) == 0;
}

/* version, then encoding and standalone where they are given, in this order. */
static bool declaration_valid(const struct xml *x, uint32_t n)
{
    const struct xml_attr *a = x->attrs;
    uint32_t i = 0;
    if (n == 0 || !attr_is(&a[i++], "version") || !word(&a[0], "1.0"))
        return false;
    if (i < n && attr_is(&a[i], "encoding") && !encoding_fits(x, &a[i++]))
        return false;
    if (i < n && attr_is(&a[i], "standalone") && (word(&a[i], "yes") || word(&a[i], "no")))
        i++;
    return i == n;
}

/* p behind "<?xml" and in front of a blank. */
static enum scan declaration(struct xml *x, const char *p)
{
    uint32_t n = 0;
    for (;;) {
        bool spaced = is(*p, C_SPACE);
        while (is(*p, C_SPACE))
            p++;
        if (*p == '?')
            break;
        if (!spaced || n == 3)
            return stop(x, p);
        enum scan s = scan_attr(x, &p, &x->attrs[n]);
        if (s != SCAN_OK)
            return s;
        n++;
    }
    if (p[1] != '>')
        return stop(x, p + 1);
    if (!declaration_valid(x, n))
        return SCAN_BAD;
    x->at = (size_t)(p + 2 - x->buf);
    return SCAN_OK;
}

/* x->at at "<?". A target of "xml" in any case is the declaration, and that only at the very beginning. */
static enum scan skip_instruction(struct xml *x)
{
    const char *name = x->buf + x->at + 2, *p = name;
    if (!is(*p, C_FIRST))
        return stop(x, p);
    while (is(*p, C_NAME))
        p++;
    if (*p == 0)
        return SCAN_MORE;
    if (!is(*p, C_SPACE) && *p != '?')
        return SCAN_BAD;
    if (p - name == 3 && strncasecmp(name, "xml", 3) == 0)
        return x->begun || strncmp(name, "xml", 3) != 0 ? SCAN_BAD : declaration(x, p);
    const char *end = find(x, p, "?>");
    if (end == NULL)
        return SCAN_MORE;
    if (*p == '?' && end != p + 2)
        return SCAN_BAD;
    x->at = (size_t)(end - x->buf);
    return SCAN_OK;
}

/* x->at at "<!". *event stays XML_DONE for what carries no token. */
static enum scan special(struct xml *x, struct xml_token *token, enum xml_event *event)
{
    const char *p = x->buf + x->at + 2;
    if (*p == '-') {
        enum scan s = expect(x, p, "--");
        return s == SCAN_OK ? skip_comment(x) : s;
    }
    if (*p == '[') {
        enum scan s = expect(x, p, "[CDATA[");
        return s == SCAN_OK ? cdata(x, token, event) : s;
    }
    enum scan s = expect(x, p, "DOCTYPE");
    if (s == SCAN_OK) {
        sheet_refuse(x->err, "xml-dtd",
                     "The workbook holds a document type declaration, which no spreadsheet program writes.");
        *event = XML_FAILED;
    }
    return s;
}

/* Is the ']' at p the begin of a "]]>", which must not stand in text? */
static enum scan bracket(const struct xml *x, const char *p)
{
    if (p[1] == 0 || (p[1] == ']' && p[2] == 0))
        return stop(x, p[1] == 0 ? p + 1 : p + 2);
    return p[1] == ']' && p[2] == '>' ? SCAN_BAD : SCAN_OK;
}

/* Text from p on up to the next tag, or to what the end of the data leaves undecided. Returns where it stopped; *s is
 * SCAN_OK at a tag. */
static const char *scan_text(const struct xml *x, const char *p, bool *coded, enum scan *s)
{
    *s = SCAN_OK;
    for (;;) {
        while (is(*p, C_TEXT))
            p++;
        const char *from = p;
        if (*p == '<')
            return p;
        if (*p == '&') {
            *coded = true;
            *s = scan_reference(x, &p);
        } else if (*p == '\r') { /* what follows decides whether it is one line end or two */
            *coded = true;
            *s = p[1] == 0 ? SCAN_MORE : SCAN_OK;
            p++;
        } else if (*p == ']') {
            *s = bracket(x, p);
            p++;
        } else {
            *s = stop(x, p);
        }
        if (*s != SCAN_OK)
            return from;
    }
}

/* A run of text is handed out in pieces when the end of the data cuts it, so that no run is too long for the buffer. */
static enum scan text_run(struct xml *x, struct xml_token *token, enum xml_event *event)
{
    const char *from = x->buf + x->at;
    enum scan s;
    token->coded = false;
    const char *p = scan_text(x, from, &token->coded, &s);
    if (s == SCAN_BAD || (s == SCAN_MORE && p == from))
        return s;
    token->text = from;
    token->len = (size_t)(p - from);
    x->at = (size_t)(p - x->buf);
    *event = XML_TEXT;
    return SCAN_OK;
}

/* Between the elements of the highest level there are blanks only. */
static enum scan outer_blanks(struct xml *x)
{
    const char *p = x->buf + x->at;
    while (is(*p, C_SPACE))
        p++;
    x->at = (size_t)(p - x->buf);
    return *p == '<' || p == x->buf + x->end ? SCAN_OK : SCAN_BAD;
}

static enum scan markup(struct xml *x, struct xml_token *token, enum xml_event *event)
{
    switch (x->buf[x->at + 1]) {
    case '/':
        return end_tag(x, token, event);
    case '!':
        return special(x, token, event);
    case '?':
        return skip_instruction(x);
    default:
        return start_tag(x, token, event);
    }
}

static enum scan one(struct xml *x, struct xml_token *token, enum xml_event *event)
{
    if (x->buf[x->at] == '<')
        return markup(x, token, event);
    return x->depth == 0 ? outer_blanks(x) : text_run(x, token, event);
}

static enum xml_event finish(struct xml *x)
{
    if (x->depth != 0 || !x->rooted)
        return malformed(x, "its XML ends early");
    return XML_DONE;
}

enum xml_event xml_next(struct xml *x, struct xml_token *token)
{
    enum xml_event event = XML_DONE;
    if (x->empty) {
        x->empty = false;
        pop(x);
        return XML_END; /* token->name is still that of the start */
    }
    for (;;) {
        if (x->at == x->end) {
            if (x->ended)
                return finish(x);
            if (!refill(x, &event))
                return event;
            continue;
        }
        enum scan s = one(x, token, &event);
        if (s == SCAN_BAD)
            return malformed(x, "its XML is not well-formed");
        if (s == SCAN_MORE && x->ended)
            return malformed(x, "its XML ends early");
        if (s == SCAN_MORE && !refill(x, &event))
            return event;
        if (s == SCAN_OK) {
            x->begun = true;
            if (event != XML_DONE)
                return event;
        }
    }
}
