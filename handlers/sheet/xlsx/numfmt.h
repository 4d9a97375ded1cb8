/* What a number format makes of a number: a date, a time of day, a padded code, a percentage; and dates from
 * serials. */
#ifndef PF_SHEET_XLSX_NUMFMT_H
#define PF_SHEET_XLSX_NUMFMT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct numfmt {
    bool date; /* shows a date or a time of day (elapsed time is a number) */
    bool day;  /* of a date format: a day, month or year is shown */
    bool percent;
    uint8_t zero_pad; /* a run of n zeros, else 0 */
};

/* Of a format code; only its first section counts. */
struct numfmt numfmt_of_code(const char *code, size_t n);
/* Of a number that the file does not define itself. */
struct numfmt numfmt_builtin(uint32_t id);

enum { DATE_TEXT_MAX = 32 };

/* ISO 8601 text of a serial in one of the two date systems, into DATE_TEXT_MAX bytes. Returns its length, or 0 when the
 * serial is no date (negative, 29 February 1900, beyond 9999-12-31): it stays a number. */
size_t date_of_serial(double serial, bool date1904, bool shows_day, char *to);
/* ISO 8601 text of a date cell brought to our form (no zone, no zero milliseconds); 0 when it is none. */
size_t date_of_iso(const char *text, size_t n, char *to);

#endif
