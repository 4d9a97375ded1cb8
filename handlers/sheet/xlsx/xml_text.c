/* References, line ends and attribute values: the characters that a token stands for. */
#include "handlers/sheet/xlsx/xml_scan.h"

#include "base/hex.h"

static const struct {
    const char *text;
    uint32_t len;
    char c;
} entities[] = {{"amp;", 4, '&'}, {"lt;", 3, '<'}, {"gt;", 3, '>'}, {"quot;", 5, '"'}, {"apos;", 5, '\''}};

static int digit(char c, bool hex)
{
    int value = hex_digit(c);

    return value < 10 || hex ? value : -1;
}

static bool allowed(uint32_t code)
{
    if (code < 0x20)
        return code == '\t' || code == '\n' || code == '\r';
    return code <= 0x10ffff && !(code >= 0xd800 && code < 0xe000) && code != 0xfffe && code != 0xffff;
}

/* p is behind "&#". */
static size_t numeric(const char *p, uint32_t *code)
{
    const char *from = p;
    bool hex = *p == 'x';

    p += hex;
    if (digit(*p, hex) < 0)
        return 0;
    uint32_t value = 0;
    for (; digit(*p, hex) >= 0; p++)
        if (value <= 0x10ffff)
            value = value * (hex ? 16 : 10) + (uint32_t)digit(*p, hex);
    if (*p != ';' || !allowed(value))
        return 0;
    *code = value;
    return (size_t)(p - from) + 3;
}

size_t xml_reference(const char *p, uint32_t *code)
{
    if (p[1] == '#')
        return numeric(p + 2, code);
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
        if (strncmp(p + 1, entities[i].text, entities[i].len) == 0) {
            *code = (unsigned char)entities[i].c;
            return entities[i].len + 1;
        }
    return 0;
}

/* The tokeniser has checked the text, so every '&' begins a reference that ends inside it. CR LF or CR becomes LF. */
static void decode(const char *p, size_t n, struct bytes *to)
{
    const char *end = p + n;

    while (p < end) {
        const char *from = p;
        while (p < end && *p != '&' && *p != '\r')
            p++;
        bytes_add(to, from, (size_t)(p - from));
        if (p == end)
            break;
        if (*p == '&') {
            uint32_t code = 0;
            p += xml_reference(p, &code);
            bytes_add_code(to, code);
        } else {
            bytes_add_char(to, '\n');
            p += p[0] == '\r' && p + 1 < end && p[1] == '\n' ? 2 : 1;
        }
    }
}

size_t xml_value_decode(char *value, size_t n)
{
    char *to = value;

    for (const char *p = value, *end = value + n; p < end;) {
        uint32_t code = 0;
        if (*p == '&') {
            p += xml_reference(p, &code);
            to += utf8_put(to, code);
        } else if (*p == '\r' || *p == '\n' || *p == '\t') {
            p += p[0] == '\r' && p + 1 < end && p[1] == '\n' ? 2 : 1;
            *to++ = ' ';
        } else {
            *to++ = *p++;
        }
    }
    return (size_t)(to - value);
}

void xml_text_add(const struct xml_token *token, struct bytes *to)
{
    if (token->coded)
        decode(token->text, token->len, to);
    else
        bytes_add(to, token->text, token->len);
}

const struct xml_attr *xml_attr_find(const struct xml_token *token, const char *name, size_t n)
{
    for (uint32_t i = 0; i < token->n_attrs; i++)
        if (token->attrs[i].name_len == n && memcmp(token->attrs[i].name, name, n) == 0)
            return &token->attrs[i];
    return NULL;
}

bool xml_attr_bool(const struct xml_attr *attr)
{
    return attr &&
           ((attr->len == 1 && attr->value[0] == '1') || (attr->len == 4 && strncmp(attr->value, "true", 4) == 0));
}

const char *xml_local(const char *name, size_t n, size_t *local_len)
{
    for (size_t i = n; i-- > 0;)
        if (name[i] == ':') {
            *local_len = n - i - 1;
            return name + i + 1;
        }
    *local_len = n;
    return name;
}
