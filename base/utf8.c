/* Strict UTF-8. The well-formed byte ranges are table 3-7 of the Unicode standard: only the second byte has special
 * limits. */
#include "base/utf8.h"

#include <string.h>

/* Returns the length of the character that starts with `lead` and the limits of its second byte; 0 if no character
 * starts with it. */
static unsigned sequence(unsigned char lead, unsigned char *low, unsigned char *high)
{
    *low = 0x80;
    *high = 0xBF;
    if (lead < 0x80)
        return 1;
    if (lead < 0xC2 || lead > 0xF4)
        return 0;
    if (lead == 0xE0)
        *low = 0xA0;
    if (lead == 0xED)
        *high = 0x9F;
    if (lead == 0xF0)
        *low = 0x90;
    if (lead == 0xF4)
        *high = 0x8F;
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

uint32_t utf8_decode(const char *text, size_t n, size_t *len)
{
    static const unsigned char lead_bits[5] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    const unsigned char *p = (const unsigned char *)text;
    unsigned char low, high;
    unsigned need = sequence(p[0], &low, &high);

    *len = 1;
    if (need == 0)
        return UTF8_BAD;
    uint32_t cp = p[0] & lead_bits[need];
    for (unsigned i = 1; i < need; i++) {
        if (i >= n || p[i] < low || p[i] > high)
            return UTF8_BAD;
        cp = cp << 6 | (p[i] & 0x3F);
        *len = i + 1;
        low = 0x80;
        high = 0xBF;
    }
    return cp;
}

size_t utf8_encode(uint32_t cp, char *out)
{
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xC0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3F));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (char)(0xE0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
        out[2] = (char)(0x80 | (cp & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | cp >> 18);
    out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
    out[3] = (char)(0x80 | (cp & 0x3F));
    return 4;
}

/* Returns the offset where ASCII ends, or one a little before it. */
static size_t skip_ascii(const char *text, size_t i, size_t n)
{
    for (uint64_t word; n - i >= sizeof word; i += sizeof word) {
        memcpy(&word, text + i, sizeof word);
        if (word & 0x8080808080808080u)
            break;
    }
    while (i < n && (unsigned char)text[i] < 0x80)
        i++;
    return i;
}

/* Passes over runs of two-byte characters, which Cyrillic text consists of. */
static size_t skip_pairs(const char *text, size_t i, size_t n)
{
    while (n - i >= 2 && (unsigned char)text[i] >= 0xC2 && (unsigned char)text[i] < 0xE0 &&
           ((unsigned char)text[i + 1] & 0xC0) == 0x80)
        i += 2;
    return i;
}

bool utf8_valid(const char *text, size_t n)
{
    for (size_t i = 0, len; i < n; i += len) {
        i = skip_pairs(text, skip_ascii(text, i, n), n);
        if (i == n)
            break;
        if (utf8_decode(text + i, n - i, &len) == UTF8_BAD)
            return false;
    }
    return true;
}

size_t utf8_units(const char *text, size_t n)
{
    size_t units = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        units += (c & 0xC0) != 0x80;
        units += c >= 0xF0;
    }
    return units;
}

size_t utf8_count(const char *text, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

size_t utf8_cut(const char *text, size_t n, size_t max)
{
    if (n <= max)
        return n;
    while (max > 0 && ((unsigned char)text[max] & 0xC0) == 0x80)
        max--;
    return max;
}

bool utf8_is_space(uint32_t cp)
{
    if (cp <= 0x20)
        return cp == ' ' || (cp >= '\t' && cp <= '\r');
    switch (cp) {
    case 0x85:
    case 0xA0:
    case 0x1680:
    case 0x2028:
    case 0x2029:
    case 0x202F:
    case 0x205F:
    case 0x3000:
        return true;
    default:
        return cp >= 0x2000 && cp <= 0x200A;
    }
}

/* Returns whether the byte is an ASCII character other than white space, or begins a Cyrillic letter: nearly every text
 * begins and ends with such a byte. */
static bool is_solid(char c)
{
    unsigned char u = (unsigned char)c;
    return (u > 0x20 && u < 0x7F) || u == 0xD0 || u == 0xD1;
}

void utf8_trim(const char **text, size_t *n)
{
    size_t len;

    while (*n > 0 && !is_solid((*text)[0]) && utf8_is_space(utf8_decode(*text, *n, &len))) {
        *text += len;
        *n -= len;
    }
    while (*n > 0 && !is_solid((*text)[*n - 1])) {
        size_t start = *n - 1;
        while (start > 0 && *n - start < 4 && ((unsigned char)(*text)[start] & 0xC0) == 0x80)
            start--;
        uint32_t cp = utf8_decode(*text + start, *n - start, &len);
        if (len != *n - start || !utf8_is_space(cp))
            return;
        *n = start;
    }
}

uint32_t utf8_lower(uint32_t cp)
{
    if (cp < 0x80)
        return cp >= 'A' && cp <= 'Z' ? cp + 0x20 : cp;
    if (cp >= 0xC0 && cp <= 0xDE)
        return cp == 0xD7 ? cp : cp + 0x20;
    if (cp >= 0x391 && cp <= 0x3A9)
        return cp == 0x3A2 ? cp : cp + 0x20;
    if (cp >= 0x400 && cp <= 0x40F)
        return cp + 0x50;
    return cp >= 0x410 && cp <= 0x42F ? cp + 0x20 : cp;
}
