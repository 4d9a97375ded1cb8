/* Files of other programs: none is read here, but the user is told what he sent and what to do. All by the first bytes,
 * at least 32 and up to 512 of them if the file has so many. */
#ifndef PF_SHEET_FOREIGN_H
#define PF_SHEET_FOREIGN_H

#include "handlers/sheet/sheet.h"

/* Is it something that is no text, and unmistakable? Then it is refused as "not-zip". */
bool foreign_refuse_binary(const unsigned char *head, size_t n, struct sheet_error *err);

/* Refuse everything else: as "html", "xml-2003" or "not-zip". `head` begins behind a byte order mark and blanks; of
 * UTF-16 it is what narrowing has left. */
void foreign_refuse_text(const unsigned char *head, size_t n, bool utf16, struct sheet_error *err);

#endif
