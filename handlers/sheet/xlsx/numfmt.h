/* What a number format shows: a date, a time of day, a padded code, a percentage, a currency. And dates from serial numbers. */
#ifndef PF_SHEET_XLSX_NUMFMT_H
#define PF_SHEET_XLSX_NUMFMT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct numfmt {
    bool date; /* shows a date or a time of day (elapsed time is a number) */
    bool day;  /* for a date format: it shows a day, month or year */
    bool percent;
    uint8_t zero_pad; /* a run of n zeros, else 0 */
    uint8_t currency; /* "[$€-407]", "\"р.\"": grid_cell.currency */
};

/* Reads a format code; only its first section counts. */
struct numfmt numfmt_of_code(const char *code, size_t n);
/* Returns the built-in format of a number that the file does not define. */
struct numfmt numfmt_builtin(uint32_t id);

enum { DATE_TEXT_MAX = 32 };

/* Writes a serial number of one of the two date systems as ISO 8601 text into `to` (DATE_TEXT_MAX bytes). Returns its
 * length, or 0 if it is not a date (negative, 29 February 1900, beyond 9999-12-31): then it stays a number. */
size_t date_of_serial(double serial, bool date1904, bool shows_day, char *to);
/* Writes the ISO 8601 text of a date cell in our form (no time zone, no zero milliseconds). Returns its length; 0 if
 * it is not a date. */
size_t date_of_iso(const char *text, size_t n, char *to);

#endif
