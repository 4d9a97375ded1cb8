/* The text of a CSV file, whatever its encoding: UTF-8 with or without a byte order mark, Windows-1251, or UTF-16 with
 * one ("Unicode text" of spreadsheet programs). Internal to the CSV reader. */
#ifndef PF_SHEET_CSV_ENCODING_H
#define PF_SHEET_CSV_ENCODING_H

#include "handlers/sheet/grid/reader.h"

#include <sys/types.h>

enum csv_encoding { CSV_UTF8, CSV_CP1251, CSV_UTF16LE, CSV_UTF16BE };

/* Reads the whole file once. A file that is not UTF-8 somewhere is Windows-1251 as a whole, if that gives words.
 * Returns 0, or -1 with *err: class "csv-malformed" and the line. */
int csv_find_encoding(const struct sheet_input *input, enum csv_encoding *encoding, struct sheet_error *err);

/* Bytes above 0x7f of a text that is not UTF-8, seen as Windows-1251 (letters.c). Zero it, give it one block after the
 * other, then ask. */
struct csv_letters {
    uint64_t letters, lower, upper;
    uint64_t odd;             /* signs that no text has */
    uint64_t pairs;           /* places that UTF-8 would explain too */
    uint64_t same, mixed;     /* letters beside another letter of that half, and beside a Latin one */
    uint64_t rising, falling; /* capitals behind small letters, small letters behind capitals */
    unsigned char last;
};
void csv_letters_add(struct csv_letters *letters, const unsigned char *text, size_t n);
bool csv_letters_make_words(const struct csv_letters *letters);

/* The text in UTF-8, block by block. */
struct csv_source {
    const struct sheet_input *input;
    struct sheet_error *err;
    enum csv_encoding encoding;
    uint64_t at;
    unsigned char *raw;
    char *text;
};
void csv_source_init(struct csv_source *source, const struct sheet_input *input, enum csv_encoding encoding,
                     struct sheet_error *err);
void csv_source_fini(struct csv_source *source);
/* The next whole characters, without the byte order mark, in *text. Returns their bytes, 0 at the end, or -1 with the
 * error. */
ssize_t csv_source_read(struct csv_source *source, const char **text);

/* Turns whole units of UTF-16 into UTF-8; `to` has room for 3 bytes for each unit. Returns the bytes written; stops, and
 * sets *bad, at a unit that makes no character. *used gets the units taken: a pair that is cut at the end is left. */
size_t csv_from_utf16(const unsigned char *from, size_t units, bool little, char *to, size_t *used, bool *bad);

#endif
