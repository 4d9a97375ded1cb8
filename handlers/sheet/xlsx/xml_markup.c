/* Markup that is rare in a worksheet: comments, CDATA, instructions, the XML declaration, and document types, which
 * are refused. */
#include "handlers/sheet/xlsx/xml.h"

#include "handlers/sheet/xlsx/xml_scan.h"

#include <strings.h>

/* Returns behind the first `literal` at or after `from`, or NULL. */
static const char *find(const struct xml *x, const char *from, const char *literal)
{
    size_t n = strlen(literal);
    const char *end = x->buf + x->end;
    const char *hit = from <= end ? memmem(from, (size_t)(end - from), literal, n) : NULL;

    return hit ? hit + n : NULL;
}

/* Is the literal at p? Returns behind it. */
static const char *expect(struct xml *x, const char *p, const char *literal)
{
    for (; *literal != 0; p++, literal++)
        if (*p != *literal)
            return halt(x, p);
    return p;
}

static int passed(struct xml *x, const char *p)
{
    x->at = (size_t)(p - x->buf);
    return STEP_NOTHING;
}

/* `from` is behind "<!--". */
static int comment(struct xml *x, const char *from)
{
    const char *p = find(x, from, "--");

    if (!p || *p == 0)
        return STEP_MORE;
    return *p == '>' ? passed(x, p + 1) : STEP_BAD;
}

/* In CDATA line ends are normalised, references are not decoded. Returns the new length. */
static size_t normalise(char *text, size_t n)
{
    size_t to = 0;

    for (size_t i = 0; i < n; i++)
        if (text[i] != '\r' || i + 1 == n || text[i + 1] != '\n')
            text[to++] = text[i] == '\r' ? '\n' : text[i];
    return to;
}

/* `from` is behind "<![CDATA[". */
static int cdata(struct xml *x, const char *from, struct xml_token *token)
{
    if (x->depth == 0)
        return STEP_BAD;
    const char *p = find(x, from, "]]>");
    if (!p)
        return STEP_MORE;
    token->text = from;
    token->len = normalise(x->buf + (from - x->buf), (size_t)(p - 3 - from));
    token->coded = false;
    x->at = (size_t)(p - x->buf);
    return XML_TEXT;
}

int xml_special(struct xml *x, struct xml_token *token)
{
    const char *p = x->buf + x->at + 2;

    if (*p == '-') {
        p = expect(x, p, "--");
        return p ? comment(x, p) : x->halted;
    }
    if (*p == '[') {
        p = expect(x, p, "[CDATA[");
        return p ? cdata(x, p, token) : x->halted;
    }
    if (!expect(x, p, "DOCTYPE"))
        return x->halted;
    sheet_refuse(x->err, "xml-dtd",
                 "The workbook holds a document type declaration, which no spreadsheet program writes. Open it and "
                 "save it again as .xlsx.");
    return XML_FAILED;
}

static bool word(const struct xml_attr *attr, const char *text)
{
    return attr->len == strlen(text) && strncasecmp(attr->value, text, attr->len) == 0;
}

static bool named(const struct xml_attr *attr, const char *name)
{
    return attr->name_len == strlen(name) && memcmp(attr->name, name, attr->name_len) == 0;
}

static bool encoding_fits(const struct xml *x, const struct xml_attr *attr)
{
    if (x->source.encoding == XML_ENC_UTF8)
        return word(attr, "utf-8") || word(attr, "us-ascii");
    return word(attr, "utf-16") || word(attr, x->source.encoding == XML_ENC_UTF16LE ? "utf-16le" : "utf-16be");
}

/* Every version is read by the rules of 1.0, as expat does. */
static bool version_valid(const struct xml_attr *attr)
{
    for (uint32_t i = 0; i < attr->len; i++)
        if (!is(attr->value[i], C_NAME) || (unsigned char)attr->value[i] >= 0x80)
            return false;
    return named(attr, "version");
}

/* version, then encoding and standalone if they are given, in this order. */
static bool declaration_valid(const struct xml *x, uint32_t n)
{
    const struct xml_attr *a = x->attrs;
    uint32_t i = 1;

    if (n == 0 || !version_valid(&a[0]))
        return false;
    if (i < n && named(&a[i], "encoding") && !encoding_fits(x, &a[i++]))
        return false;
    if (i < n && named(&a[i], "standalone") && (word(&a[i], "yes") || word(&a[i], "no")))
        i++;
    return i == n;
}

/* p behind "<?xml". */
static int declaration(struct xml *x, const char *p)
{
    uint32_t n = 0;

    for (;;) {
        bool spaced = is(*p, C_SPACE);
        while (is(*p, C_SPACE))
            p++;
        if (*p == '?')
            break;
        p = spaced && n < 3 ? xml_scan_attr(x, p, n) : halt(x, p);
        if (!p)
            return x->halted;
        n++;
    }
    if (p[1] != '>')
        return halt(x, p + 1), x->halted;
    return declaration_valid(x, n) ? passed(x, p + 2) : STEP_BAD;
}

/* A target of "xml", in upper or lower case, is the declaration; it is allowed only at the very beginning. */
int xml_instruction(struct xml *x)
{
    const char *name = x->buf + x->at + 2, *p = name;

    if (!is(*p, C_FIRST))
        return halt(x, p), x->halted;
    while (is(*p, C_NAME))
        p++;
    if (!is(*p, C_SPACE) && *p != '?')
        return halt(x, p), x->halted;
    if (p - name == 3 && strncasecmp(name, "xml", 3) == 0)
        return x->begun || strncmp(name, "xml", 3) != 0 ? STEP_BAD : declaration(x, p);
    if (*p == '?')
        return p[1] == '>' ? passed(x, p + 2) : (halt(x, p + 1), x->halted);
    p = find(x, p, "?>");
    return p ? passed(x, p) : STEP_MORE;
}
