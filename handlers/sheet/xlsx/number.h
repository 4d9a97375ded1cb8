/* Numbers as a worksheet stores them, without any locale.
 *
 * A spreadsheet's number is an IEEE double; its text in the file may be the shortest one or have 17 digits
 * ("1234.5599999999999"). What is handed on is the shortest decimal that reads back as the same double, written as
 * ECMAScript writes numbers: plain from 1e-6 up to below 1e21, else with an exponent. */
#ifndef PF_SHEET_XLSX_NUMBER_H
#define PF_SHEET_XLSX_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NUMBER_TEXT_MAX = 32 };

/* A decimal taken apart: ±0.d1d2…dn × 10^point, with d1 and dn not 0; n = 0 is zero. */
struct number {
    bool negative;
    bool cut;   /* there were more than 19 significant digits; the rest is not in `digits` */
    uint32_t n; /* significant digits, at most 19 */
    uint64_t digits;
    int32_t point;
};

/* Take a number apart. Blanks around it are allowed. Returns false when the text is none (also "NaN", "1,5", "0x1"). */
bool number_parse(const char *text, size_t len, struct number *number);
/* The nearest double; infinite when it is out of range. `text` is what was parsed (looked at in hard cases only). */
double number_double(const struct number *number, const char *text, size_t len);
/* Shortest text of the double that the number stands for, into `to` of NUMBER_TEXT_MAX bytes. Returns its length, or 0
 * when the number is beyond the range of a double. */
size_t number_shortest(const struct number *number, const char *text, size_t len, char *to);

#endif
