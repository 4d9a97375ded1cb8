/* Allocation that cannot fail, growing buffers, and UTF-8 as XML allows it. */
#include "base/bytes.h"

#include "base/utf8.h"

#include <stdlib.h>

void (*on_no_memory)(void);

void no_memory(void)
{
    if (on_no_memory)
        on_no_memory();
    abort();
}

void *xalloc(size_t n)
{
    return xrealloc(NULL, n);
}

void *xrealloc(void *p, size_t n)
{
    void *to = realloc(p, n > 0 ? n : 1);

    if (!to)
        no_memory();
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
    bool character = code != 0 && (code < 0xd800 || (code >= 0xe000 && code <= 0x10ffff));

    return utf8_encode(character ? code : 0xfffd, to);
}

/* The high bit of a byte is set in the result where that byte may be outside 0x20 … 0x7f; 0 if all are inside. */
static inline uint64_t odd8(const unsigned char *p)
{
    uint64_t v;

    memcpy(&v, p, 8);
    return ((v - 0x2020202020202020u) | v) & 0x8080808080808080u;
}

/* Returns the offset where plain ASCII ends, or one a little before it. */
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

/* Passes over runs of two-byte characters, which Cyrillic text consists of. */
static size_t skip_pairs(const unsigned char *text, size_t i, size_t n)
{
    while (n - i >= 2 && text[i] >= 0xc2 && text[i] < 0xe0 && (text[i + 1] & 0xc0) == 0x80)
        i += 2;
    return i;
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
        size_t len;
        uint32_t code = utf8_decode((const char *)text + i, n - i, &len);
        if (code == UTF8_BAD)
            *cut = len == n - i && c >= 0xc2 && c <= 0xf4;
        if (code == UTF8_BAD || code == 0xfffe || code == 0xffff)
            return i;
        i += len;
    }
    return n;
}
