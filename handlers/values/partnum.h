/* Normalising part numbers: code points from left to right, by tables, without a locale. */
#ifndef PF_VALUES_PARTNUM_H
#define PF_VALUES_PARTNUM_H

#include <stdbool.h>
#include <stddef.h>

#define PN_MAX   64               /* characters of a normalised number */
#define PN_BYTES (PN_MAX * 4 + 1) /* bytes, terminated */

enum pn_status { PN_OK = 0, PN_EMPTY, PN_LONG, PN_ENCODING };

/* Normalises; `out` has PN_BYTES. *folded (may be NULL): look-alikes were changed to Latin letters. Idempotent. */
enum pn_status pn_normalise(const char *text, size_t n, char *out, bool *folded);
/* Makes the skeleton of a normalised number, for suggestions only, never for matching. `out` has PN_BYTES. */
void pn_skeleton(const char *norm, char *out);
const char *pn_status_code(enum pn_status status); /* "E_PN_EMPTY", "E_PN_LONG", "E_ENCODING"; "" for OK */

#endif
