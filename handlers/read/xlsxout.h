/* Tables as a workbook of one sheet (.xlsx), written row by row by libxlsxwriter. Memory does not grow with the table:
 * rows wait in an unnamed file beside the workbook. Any thread; blocking.
 *
 *   - A text is a text, whatever it looks like: "00123", "1E5" and "=1+1" stay what they are.
 *   - The bytes depend on what is written and on xlsx_out_version() alone, so that a workbook has a strong entity tag. */
#ifndef PF_READ_XLSXOUT_H
#define PF_READ_XLSXOUT_H

#include <stdbool.h>
#include <stdint.h>

#define XLSX_ROWS_MAX 1048576 /* rows of a sheet, that of the headings among them: what Excel takes */

struct xlsx_out;

struct xlsx_table {
    int fd;            /* the workbook: an empty file, open for reading and writing; borrowed */
    int directory_fd;  /* where rows wait in files that have no name; borrowed */
    const char *sheet; /* its name: at most 31 characters, none of []:*?/\ */
    const char *title; /* of the document */
    int64_t made_s;    /* the document's time, seconds since 1970, not 0 */
    bool russian;      /* days are 05.02.2026, not 2026-02-05 */
    bool large;        /* the sheet may exceed 4 GiB: written in a form that Excel 2007 does not read */
};

/* Begins the workbook with the row of headings. Returns NULL, with errno, if no file can be made. */
struct xlsx_out *xlsx_out_new(const struct xlsx_table *table);
/* A heading with the width of its column in characters; the headings come first, then xlsx_out_end(). */
void xlsx_out_heading(struct xlsx_out *out, const char *text, unsigned width);
/* The next cell of the row. Texts are UTF-8, terminated; NULL and "" leave the cell empty. A number is value / 10^scale,
 * shown with `digits` digits behind the point; below 10^15 units it comes back as it was. A day is YYYY-MM-DD. */
void xlsx_out_text(struct xlsx_out *out, const char *text);
void xlsx_out_number(struct xlsx_out *out, int64_t value, unsigned scale, unsigned digits);
void xlsx_out_day(struct xlsx_out *out, const char *text);
void xlsx_out_end(struct xlsx_out *out);
/* Finishes the workbook and frees `out`. *len is its length. Returns 0, or -errno if it could not be written whole:
 * every part is read back. */
int xlsx_out_close(struct xlsx_out **out, uint64_t *len);
/* Gives it up. */
void xlsx_out_free(struct xlsx_out **out);

/* What writes it, for an entity tag: 1 to 40 characters of it. */
const char *xlsx_out_version(char text[48]);

#endif
