/* Part numbers that a spreadsheet rewrote.
 *
 * A spreadsheet takes for a number or a date what looks like one: "1230000000000000" becomes 1.23E+15, "3-10" becomes a
 * day, "4512" becomes 4512.0 when a program writes the column as numbers. What was written before cannot be told any
 * more, so such a number is refused and never matched. */
#ifndef PF_VALUES_REWRITTEN_H
#define PF_VALUES_REWRITTEN_H

#include "handlers/values/partnum.h"

#define PN_DIGITS 15            /* a double, and so a spreadsheet, keeps no more digits of a number */
#define PN_NUMBER (PN_MAX + 16) /* bytes of a number cell as text, terminated */

enum pn_form {
    PN_AS_WRITTEN = 0,
    PN_SCIENTIFIC, /* E_PN_SCI: "1.23E+15", more digits than a double keeps, a date ("01.мар", "Mar-25") */
    PN_MANGLED     /* E_PN_MANGLED: "4512.0", or a number cell with decimals; unless the map knows exactly this text */
};
/* Judges the text of a cell. White space at its ends must be gone. Cheap for ordinary numbers. */
enum pn_form pn_text_form(const char *text, size_t n);
/* Judges a number cell by its value. Writes it into `out` (PN_NUMBER bytes) as it would be written: whole, with zeros in
 * front up to `zero_pad` digits, the length of an all-zero format; or as it is. *length = bytes in `out`. */
enum pn_form pn_number_form(const char *text, size_t n, unsigned zero_pad, char *out, size_t *length);

/* Does the text name a day by a month's name: "01.мар", "3-Mar-25", "мар.25"? *day is 0 if it is not said. Not for
 * capitals alone ("MAR-25"), which no spreadsheet writes. */
bool pn_text_day(const char *text, size_t n, unsigned *day, unsigned *month, unsigned *year);
/* Finds the month whose normalised name (pn_normalise()) begins with these bytes, three letters at least. 0 = none. */
unsigned pn_month(const char *norm, size_t n);

#endif
