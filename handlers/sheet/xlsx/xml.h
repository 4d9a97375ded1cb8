/* A strict, streaming XML tokeniser for worksheets and shared strings, where most of the reading time is spent.
 *
 *   - It pulls bytes from a callback, converts UTF-16, and returns one token at a time.
 *   - Everything that XML 1.0 demands is checked: nesting, quotes, unique attributes, references, UTF-8, forbidden
 *     characters, one root, nothing behind it. Exceptions: characters beyond ASCII are allowed anywhere in a name, and
 *     namespaces are not resolved; names come without their prefix.
 *   - A document type declaration is refused where it begins.
 *   - Limits: 64 levels, 4 MiB for one tag or one run of text, 256 attributes. */
#ifndef PF_SHEET_XLSX_XML_H
#define PF_SHEET_XLSX_XML_H

#include "base/bytes.h"
#include "handlers/sheet/grid/reader.h"

enum { XML_DEPTH_MAX = 64, XML_ATTRS_MAX = 256, XML_TOKEN_MAX = 4 << 20 };

enum xml_event {
    XML_FAILED = -1,
    XML_DONE = 0,
    XML_START,
    XML_END,
    XML_TEXT,
    XML_LEAF /* start, plain text and end of an element at once; not always used where it could be */
};

struct xml_attr {
    const char *name; /* with its prefix */
    uint32_t name_len;
    uint32_t len;
    const char *value; /* decoded */
};

/* The token that xml_next() found. Everything in it is valid until the next call. */
struct xml_token {
    const char *name; /* local name of the element: START, END, LEAF */
    size_t name_len;
    uint32_t n_attrs; /* START, LEAF */
    const struct xml_attr *attrs;
    const char *text; /* TEXT: a run of characters or a CDATA section, perhaps one of several; LEAF: the whole text */
    size_t len;
    bool coded;  /* the text has references or CR: see xml_text_add() */
    bool closed; /* LEAF: the end tag of the element around it followed at once and is consumed too */
};

/* Returns bytes read (0 = end of the part, checked), -1 with *err. */
typedef ssize_t xml_read_fn(void *ctx, unsigned char *buf, size_t size, struct sheet_error *err);

struct xml;

struct xml *xml_new(xml_read_fn *read, void *ctx, struct sheet_error *err);
void xml_free(struct xml **xml);
/* Returns the next token. XML_DONE comes once, when the document is complete and the source has ended without a
 * fault. */
enum xml_event xml_next(struct xml *xml, struct xml_token *token);

/* Is the local name `name` (a literal)? */
#define XML_IS(token, literal)                                                                                         \
    ((token)->name_len == sizeof(literal) - 1 && memcmp((token)->name, literal, sizeof(literal) - 1) == 0)

/* Appends the characters that a text token stands for. */
void xml_text_add(const struct xml_token *token, struct bytes *to);
/* Returns the attribute with this local name, or NULL. */
const struct xml_attr *xml_attr_find(const struct xml_token *token, const char *name, size_t n);
/* Returns true for "1" and "true", false for everything else: all writers use these. */
bool xml_attr_bool(const struct xml_attr *attr);

/* Returns the part of a name behind the last colon. */
const char *xml_local(const char *name, size_t n, size_t *local_len);

/* Returns the length of the reference at p ("&amp;", "&#x410;") and its character; 0 if it is not a reference. Does
 * not read beyond a NUL. */
size_t xml_reference(const char *p, uint32_t *code);

#endif
