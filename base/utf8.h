/* UTF-8, strictly: no surrogates, no overlong forms, nothing above U+10FFFF. Pure functions, any process. */
#ifndef PF_BASE_UTF8_H
#define PF_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_BAD UINT32_MAX

/* Returns the code point at `text` (n >= 1 bytes), and its length in *len. If the bytes are malformed, returns
 * UTF8_BAD; *len is then the length of the longest broken start of a character, at least 1, so that a reader can put
 * one U+FFFD in its place. */
uint32_t utf8_decode(const char *text, size_t n, size_t *len);
/* Writes the valid code point cp into `out`, which has room for 4 bytes. Returns the length. */
size_t utf8_encode(uint32_t cp, char *out);
bool utf8_valid(const char *text, size_t n); /* NUL is valid */
/* Returns the number of UTF-16 units of a valid text: spreadsheet programs count these. */
size_t utf8_units(const char *text, size_t n);
/* Returns the number of characters of a valid text. */
size_t utf8_count(const char *text, size_t n);
/* Returns the longest length <= max that does not cut a character of the valid text. */
size_t utf8_cut(const char *text, size_t n, size_t max);
/* White space: ASCII, no-break, typographic and ideographic spaces, line and paragraph separators. */
bool utf8_is_space(uint32_t cp);
/* Takes white space off both ends: moves *text and *n. */
void utf8_trim(const char **text, size_t *n);
/* Returns the lower case of a letter of the alphabets that headings and units use: ASCII, Latin-1, Greek, Cyrillic.
 * Does not depend on the locale. */
uint32_t utf8_lower(uint32_t cp);

#endif
