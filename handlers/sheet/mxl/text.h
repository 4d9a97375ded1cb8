/* Small text functions of the .mxl reader, without state. */
#ifndef PF_SHEET_MXL_TEXT_H
#define PF_SHEET_MXL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns the upper half of a single-byte code page: 866, 1250, 1251, 1252, 1253, 1254 or 1257; 0 = 1251. NULL for
 * other numbers. */
const uint16_t *mxl_code_page(unsigned number);

/* Writes the UTF-8 of one byte, at most 3 bytes, and returns its length. A byte that is undefined in the page becomes
 * U+FFFD. */
size_t mxl_from_code_page(const uint16_t *page, unsigned char byte, char out[4]);

/* [-]digits[.digits][e[+-]digits] */
bool mxl_is_number(const char *text, size_t len);

/* Turns "20250131143005" into "2025-01-31T14:30:05", without the time if it is midnight. Returns the length; 0 if it
 * is not a date. */
size_t mxl_date_text(const char *text, size_t len, char out[20]);

#endif
