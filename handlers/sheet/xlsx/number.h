/* Numbers as a worksheet stores them, without any locale.
 *
 * A number of a spreadsheet is an IEEE double. Its text in the file may be the shortest one or have 17 digits
 * ("1234.5599999999999"). The reader delivers the shortest decimal that reads back as the same double, written as
 * ECMAScript writes numbers: without an exponent from 1e-6 up to below 1e21, otherwise with one. */
#ifndef PF_SHEET_XLSX_NUMBER_H
#define PF_SHEET_XLSX_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NUMBER_TEXT_MAX = 32 };

/* The parts of a decimal: ±0.d1d2…dn × 10^point, where d1 and dn are not 0; n = 0 is zero. */
struct number {
    bool negative;
    bool cut;   /* there were more than 19 significant digits; the others are not in `digits` */
    uint32_t n; /* significant digits, at most 19 */
    uint64_t digits;
    int32_t point;
};

/* Parses a number; blanks around it are allowed. Returns false for anything else (also "NaN", "1,5", "0x1"). */
bool number_parse(const char *text, size_t len, struct number *number);
/* Returns the nearest double; infinite if it is out of range. `text` is the text that was parsed; it is used in hard
 * cases only. */
double number_double(const struct number *number, const char *text, size_t len);
/* Writes the shortest text of the double that the number stands for into `to` (NUMBER_TEXT_MAX bytes). Returns its
 * length, or 0 if the number is out of the range of a double. */
size_t number_shortest(const struct number *number, const char *text, size_t len, char *to);

#endif
