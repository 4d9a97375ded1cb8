/* UTF-8, strictly: no surrogates, no overlong forms, nothing above U+10FFFF. Pure functions, any process. */
#ifndef PF_BASE_UTF8_H
#define PF_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_BAD UINT32_MAX

/* The code point at `text` (n >= 1 bytes) with its length in *len. Malformed: UTF8_BAD, and *len = the bytes to pass
 * over (the longest broken start of a character, at least 1), so that a reader can put one U+FFFD in their place. */
uint32_t utf8_decode(const char *text, size_t n, size_t *len);
/* Write cp into out (room for 4 bytes). Returns the length. cp is a valid code point. */
size_t utf8_encode(uint32_t cp, char *out);
bool utf8_valid(const char *text, size_t n); /* NUL is a character like any other */
/* UTF-16 units of valid text: what spreadsheet programs count. */
size_t utf8_units(const char *text, size_t n);
/* Characters of a valid text. */
size_t utf8_count(const char *text, size_t n);
/* The longest length <= max that does not cut a character of the valid text. */
size_t utf8_cut(const char *text, size_t n, size_t max);
/* White space as people see it: ASCII, no-break, typographic, ideographic, line and paragraph separators. */
bool utf8_is_space(uint32_t cp);
/* Take white space off both ends: moves *text and *n. */
void utf8_trim(const char **text, size_t *n);
/* Lower case of the alphabets that headings and units use: ASCII, Latin-1, Greek, Cyrillic. A table, not the locale. */
uint32_t utf8_lower(uint32_t cp);

#endif
