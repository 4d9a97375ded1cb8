/* Texts for a terminal: cleaned, measured, cut, and numbers grouped. Pure functions. */
#ifndef PF_SHOW_TEXT_H
#define PF_SHOW_TEXT_H

#include "base/bytes.h"

#include <stdarg.h>
#include <stdint.h>

/* Adds a text of a file or a server: what is not UTF-8, control characters (line breaks and tabs become spaces), ESC and
 * marks that change the direction become U+FFFD. Without UTF-8 on the terminal other than ASCII becomes "?". */
void text_add(struct bytes *out, const char *text);
void text_addf(struct bytes *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A formatted text as it is, on the heap. */
char *text_format(const char *format, va_list args) __attribute__((format(printf, 1, 0)));
/* The same as a string on the heap, cut to `width` columns with "…" (0 = not cut). */
char *text_clean(const char *text, unsigned width);
/* Columns that a cleaned text takes. */
unsigned text_width(const char *text);

/* "1 234 567" with no-break spaces (plain ones without UTF-8), into buf. */
#define TEXT_COUNT_SIZE 64
const char *text_count(uint64_t count, char buf[TEXT_COUNT_SIZE]);
/* The same for a decimal as the server sends it; trailing zeros behind `digits` decimals are left out. */
const char *text_decimal(const char *decimal, unsigned digits, char buf[TEXT_COUNT_SIZE]);
/* "0:02", "1:03:20" */
const char *text_seconds(uint64_t seconds, char buf[TEXT_COUNT_SIZE]);
/* A moment of the server in the local zone: "15:30:48", or with the day if it is not today's. */
const char *text_moment(const char *moment, char buf[TEXT_COUNT_SIZE]);

#endif
