/* Files of other programs. They are not read, but the user is told what the file is and what to do. All functions
 * look at the first bytes of the file: at least 32, and up to 512 if the file has so many. */
#ifndef PF_SHEET_FOREIGN_H
#define PF_SHEET_FOREIGN_H

#include "handlers/sheet/sheet.h"

/* Is it binary, with a clear signature? Then it is refused as "not-zip", and true is returned. */
bool foreign_refuse_binary(const unsigned char *head, size_t n, struct sheet_error *err);

/* Is it none of the texts of other programs (HTML, XML, JSON)? `head` as below. */
bool foreign_is_plain(const unsigned char *head, size_t n);

/* Refuses everything else: as "html", "xml-2003" or "not-zip". `head` begins behind a byte order mark and blanks; for
 * UTF-16 it holds the characters that are ASCII. */
void foreign_refuse_text(const unsigned char *head, size_t n, bool utf16, struct sheet_error *err);

#endif
