/* Single-byte code pages: texts of 1C 7.7 and CSV files. Pure functions. */
#ifndef PF_SHEET_GRID_CODE_PAGE_H
#define PF_SHEET_GRID_CODE_PAGE_H

#include <stddef.h>
#include <stdint.h>

/* Returns the upper half of a single-byte code page: 866, 1250, 1251, 1252, 1253, 1254 or 1257; 0 = 1251. NULL for
 * other numbers. */
const uint16_t *code_page(unsigned number);

/* Writes the UTF-8 of one byte, at most 3 bytes, and returns its length. A byte that is undefined in the page becomes
 * U+FFFD. */
size_t code_page_put(const uint16_t *page, unsigned char byte, char out[4]);

#endif
