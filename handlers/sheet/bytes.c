/* Allocation that cannot fail, growing buffers, and UTF-8 as XML allows it. */
#include "handlers/sheet/bytes.h"

#include <stdlib.h>

void *xalloc(size_t n)
{
    return xrealloc(NULL, n);
}

void *xrealloc(void *p, size_t n)
{
    void *to = realloc(p, n > 0 ? n : 1);
    if (to == NULL)
        abort();
    return to;
}

void bytes_reserve(struct bytes *b, size_t n)
{
    if (b->cap - b->len >= n)
        return;
    size_t cap = b->cap + b->cap / 2;
    if (cap < b->len + n)
        cap = b->len + n;
    if (cap < 256)
        cap = 256;
    b->data = xrealloc(b->data, cap);
    b->cap = cap;
}

void bytes_free(struct bytes *b)
{
    free(b->data);
    *b = (struct bytes){0};
}

size_t utf8_put(char *to, uint32_t code)
{
    if (code == 0 || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff)
        code = 0xfffd;
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        to[0] = (char)(0xc0 | code >> 6);
        to[1] = (char)(0x80 | (code & 63));
        return 2;
    }
    if (code < 0x10000) {
        to[0] = (char)(0xe0 | code >> 12);
        to[1] = (char)(0x80 | (code >> 6 & 63));
        to[2] = (char)(0x80 | (code & 63));
        return 3;
    }
    to[0] = (char)(0xf0 | code >> 18);
    to[1] = (char)(0x80 | (code >> 12 & 63));
    to[2] = (char)(0x80 | (code >> 6 & 63));
    to[3] = (char)(0x80 | (code & 63));
    return 4;
}

/* High bits are set where one of these 8 bytes may be other than 0x20 … 0x7f; 0 when all are. */
static inline uint64_t odd8(const unsigned char *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return ((v - 0x2020202020202020u) | v) & 0x8080808080808080u;
}

/* Where plain ASCII ends, or near it. */
static size_t skip_plain(const unsigned char *text, size_t i, size_t n)
{
    while (n - i >= 32 && (odd8(text + i) | odd8(text + i + 8) | odd8(text + i + 16) | odd8(text + i + 24)) == 0)
        i += 32;
    while (n - i >= 8 && odd8(text + i) == 0)
        i += 8;
    while (i < n && text[i] >= 0x20 && text[i] < 0x80)
        i++;
    return i;
}

/* Runs of two-byte characters, as Cyrillic text has them. */
static size_t skip_pairs(const unsigned char *text, size_t i, size_t n)
{
    while (n - i >= 2 && text[i] >= 0xc2 && text[i] < 0xe0 && (text[i + 1] & 0xc0) == 0x80)
        i += 2;
    return i;
}

static size_t sequence_length(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead < 0xe0)
        return 2;
    if (lead >= 0xe0 && lead < 0xf0)
        return 3;
    return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

static bool continuation(const unsigned char *p, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return false;
    return true;
}

static bool sequence_valid(const unsigned char *p, size_t n)
{
    if (!continuation(p, n))
        return false;
    if (n == 3) {
        if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0))
            return false;
        return !(p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe);
    }
    if (n == 4)
        return !((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90));
    return true;
}

size_t utf8_check(const unsigned char *text, size_t n, bool *cut)
{
    size_t i = 0;
    *cut = false;
    while (i < n) {
        i = skip_pairs(text, skip_plain(text, i, n), n);
        if (i == n)
            break;
        unsigned char c = text[i];
        if (c < 0x80) {
            if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
                return i;
            i++;
            continue;
        }
        size_t len = sequence_length(c);
        if (len == 0 || len > n - i) {
            *cut = len > n - i && continuation(text + i, n - i);
            return i;
        }
        if (!sequence_valid(text + i, len))
            return i;
        i += len;
    }
    return n;
}

bool bytes_utf8_valid(const unsigned char *text, size_t n)
{
    for (size_t i = 0; i < n;) {
        i = skip_pairs(text, skip_plain(text, i, n), n);
        if (i == n)
            break;
        size_t len = sequence_length(text[i]);
        bool nonchar = len == 3 && n - i >= 3 && text[i] == 0xef && text[i + 1] == 0xbf && (text[i + 2] & 0xfe) == 0xbe;
        if (len == 0 || len > n - i || text[i] == 0 || (!nonchar && !sequence_valid(text + i, len)))
            return false;
        i += len;
    }
    return true;
}

size_t utf8_units(const char *text, size_t n)
{
    size_t units = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        units += (c & 0xc0) != 0x80;
        units += c >= 0xf0;
    }
    return units;
}
