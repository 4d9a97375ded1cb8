/* What a text file with separators is: its separator, and whether it is one at all.
 *
 * Nothing in a CSV file says what it is. Its encoding is told by the whole file (encoding.h), its separator by its
 * first lines. */
#ifndef PF_SHEET_CSV_CSV_H
#define PF_SHEET_CSV_CSV_H

#include "handlers/sheet/grid/reader.h"

struct csv_dialect {
    char separator; /* ',', ';', TAB, or what a first line "sep=…" says; 0 = none: one column */
    size_t told;    /* length of that first line with its end; 0 = there is none */
    /* Records that have the separator as often as most. Two of them make a table. */
    unsigned records;
};
/* By the first n bytes of the text, in UTF-8, without a byte order mark. The separator is the one that explains most
 * cells: titles and empty lines may stand first, and the other signs may stand in texts and numbers. */
struct csv_dialect csv_dialect_of(const char *text, size_t n);

enum csv_verdict {
    CSV_NO,
    CSV_YES,
    CSV_STRANGE /* a text in another encoding */
};
/* Is it a text, in an encoding that csv_read() knows? `head` is the beginning of the file, `whole` if that is all of it.
 * `separated`: and are there lines with separators, which make a table? */
enum csv_verdict csv_sniff(const unsigned char *head, size_t n, bool whole, bool separated);

#endif
