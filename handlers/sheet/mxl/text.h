/* Small text functions of the .mxl reader, without state. */
#ifndef PF_SHEET_MXL_TEXT_H
#define PF_SHEET_MXL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* [-]digits[.digits][e[+-]digits] */
bool mxl_is_number(const char *text, size_t len);

/* Turns "20250131143005" into "2025-01-31T14:30:05", without the time if it is midnight. Returns the length; 0 if it
 * is not a date. */
size_t mxl_date_text(const char *text, size_t len, char out[20]);

#endif
