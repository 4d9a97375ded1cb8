/* Small things that every reader of files needs: little-endian fields, allocation that cannot fail, growing buffers,
 * and UTF-8 as XML allows it. Any process. */
#ifndef PF_BASE_BYTES_H
#define PF_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

static inline uint16_t get16(const unsigned char *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t get32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t get64(const unsigned char *p)
{
    return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static inline void put16(unsigned char *p, uint32_t v)
{
    p[0] = (unsigned char)v;
    p[1] = (unsigned char)(v >> 8);
}

static inline void put32(unsigned char *p, uint32_t v)
{
    put16(p, v & 0xffff);
    put16(p + 2, v >> 16);
}

static inline void put64(unsigned char *p, uint64_t v)
{
    put32(p, (uint32_t)v);
    put32(p + 4, (uint32_t)(v >> 32));
}

/* The caller bounds the sizes. If memory runs out nevertheless, the process ends: half a result is worth nothing. A
 * parser sets on_no_memory to report it first; NULL means abort() alone. */
extern void (*on_no_memory)(void);
_Noreturn void no_memory(void);
void *xalloc(size_t n);
void *xrealloc(void *p, size_t n);

/* A growing buffer. To use it again, set `len` to 0. */
struct bytes {
    char *data;
    size_t len, cap;
};

/* Makes room for n more bytes behind len; the data may move. */
void bytes_reserve(struct bytes *b, size_t n);
void bytes_free(struct bytes *b);

static inline void bytes_add(struct bytes *b, const char *data, size_t n)
{
    if (n == 0)
        return;
    if (!b->data || b->cap - b->len < n)
        bytes_reserve(b, n);
    memcpy(b->data + b->len, data, n);
    b->len += n;
}

static inline void bytes_add_char(struct bytes *b, char c)
{
    bytes_add(b, &c, 1);
}

/* Encodes a code point in at most 4 bytes; a surrogate or 0 becomes U+FFFD. Returns the number of bytes. */
size_t utf8_put(char *to, uint32_t code);

static inline void bytes_add_code(struct bytes *b, uint32_t code)
{
    bytes_reserve(b, 4);
    b->len += utf8_put(b->data + b->len, code);
}

/* Checks that a text is UTF-8 as XML 1.0 allows it: no overlong forms, surrogates, U+FFFE, U+FFFF, or control
 * characters except tab, LF and CR. Returns n, or the offset of the first bad byte. *cut = true: from that offset on
 * there is only the beginning of a character, cut off by the end of the text. */
size_t utf8_check(const unsigned char *text, size_t n, bool *cut);

#endif
