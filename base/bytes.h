/* Small things that every reader needs: little-endian fields, allocation that cannot fail, growing buffers, UTF-8. */
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

/* Sizes given here are bounded by the caller; when memory runs out all the same, the process ends: a parser after
 * saying so in a way of its own (on_no_memory; NULL = abort()), and of half a table nothing counts. */
extern void (*on_no_memory)(void);
_Noreturn void no_memory(void);
void *xalloc(size_t n);
void *xrealloc(void *p, size_t n);

/* Bytes that grow. `len` is free to be set back to 0 to use it again. */
struct bytes {
    char *data;
    size_t len, cap;
};

/* Room for n more bytes behind len; the data may move. */
void bytes_reserve(struct bytes *b, size_t n);
void bytes_free(struct bytes *b);

static inline void bytes_add(struct bytes *b, const char *data, size_t n)
{
    if (b->cap - b->len < n)
        bytes_reserve(b, n);
    if (n > 0)
        memcpy(b->data + b->len, data, n);
    b->len += n;
}

static inline void bytes_add_char(struct bytes *b, char c)
{
    bytes_add(b, &c, 1);
}

/* Encode a code point (a surrogate or 0 becomes U+FFFD) to at most 4 bytes. Returns their number. */
size_t utf8_put(char *to, uint32_t code);

static inline void bytes_add_code(struct bytes *b, uint32_t code)
{
    bytes_reserve(b, 4);
    b->len += utf8_put(b->data + b->len, code);
}

/* Where text stops being what XML 1.0 allows in UTF-8: no overlong forms, surrogates, U+FFFE, U+FFFF or
 * control characters but tab, LF, CR. Returns n when all is right; a sequence cut by the end is reported by *cut = true
 * and the place of its first byte. */
size_t utf8_check(const unsigned char *text, size_t n, bool *cut);

#endif
